//! The index of an open capture: 24 bytes for each frame, and after some frames the state of their conversation. With
//! both, any frame can be decoded exactly as after reading all frames before it.
//!
//! A frame depends on earlier ones through its conversation, and through the frames that it answers or completes. The
//! index knows each frame's predecessor in its conversation. At most some hundred frames have to be tracked again,
//! because the state of the conversation itself is kept from time to time ([`Seed`]).

pub(crate) mod build;
pub(crate) mod look;

use crate::capture::Info;
use crate::conversation::{Hindsight, Seed, Transport};
use crate::frame::FrameNo;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Entries in one allocation: growing the index moves no entries.
const CHUNK: usize = 1 << 16;

/// One frame in the index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Time of capture, in nanoseconds since 1970; a frame without a time has that of the frame before.
    time: i64,
    /// The lower 32 bits of the offset in bytes of its block in the file; `high` are the upper 16.
    low: u32,
    high: u16,
    flags: u16,
    /// Number of the frame before it in its conversation; 0 if there is none.
    before: u32,
    /// Number of its conversation (`tcp.stream`, `udp.stream`).
    stream: u32,
}

const TCP: u16 = 1;
const UDP: u16 = 1 << 1;
/// A [`Seed`] was taken after this frame.
const SEED: u16 = 1 << 2;
/// The frame depends on further frames, listed in [`Index`].
const MORE: u16 = 1 << 3;
/// The frame has no time in the capture.
const UNTIMED: u16 = 1 << 4;

impl Entry {
    fn new(position: u64, time: i64) -> Entry {
        Entry { time, low: position as u32, high: (position >> 32) as u16, ..Entry::default() }
    }

    /// Offset in bytes of its block in the file.
    pub(crate) fn position(&self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }

    /// Time of capture, in nanoseconds since 1970.
    pub(crate) fn time(&self) -> i64 {
        self.time
    }

    /// The time from which the next displayed frame counts (`frame.time_delta_displayed`); `None` without a time.
    pub(crate) fn displayed(&self) -> Option<i64> {
        (!self.has(UNTIMED)).then_some(self.time)
    }

    /// Its conversation; `None` if it has none.
    pub(crate) fn conversation(&self) -> Option<(Transport, u32)> {
        match self.flags & (TCP | UDP) {
            0 => None,
            TCP => Some((Transport::Tcp, self.stream)),
            _ => Some((Transport::Udp, self.stream)),
        }
    }

    fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }
}

/// The index of a capture, as far as it has been read.
#[derive(Default)]
pub(crate) struct Index {
    chunks: Vec<Vec<Entry>>,
    /// Pairs of a frame and a frame outside of its conversation that it depends on; sorted.
    more: Vec<(u32, u32)>,
    /// Pairs of a frame and the state of its conversation after it; sorted.
    seeds: Vec<(u32, Seed)>,
    /// What frames say about earlier ones.
    hindsight: Hindsight,
    /// The capture's own description.
    info: Info,
    /// How often `info` has changed.
    changes: u32,
    /// `Some` once the capture was read to its end; the inner value is the damage, if that ended the reading.
    end: Option<Option<String>>,
}

impl Index {
    /// Number of frames so far.
    pub(crate) fn len(&self) -> u32 {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len()) as u32
    }

    /// The entry of frame number `no`, from 1.
    pub(crate) fn entry(&self, no: u32) -> Option<Entry> {
        let at = no.checked_sub(1)? as usize;
        self.chunks.get(at / CHUNK)?.get(at % CHUNK).copied()
    }

    /// Whether the capture was read to its end.
    pub(crate) fn is_complete(&self) -> bool {
        self.end.is_some()
    }

    /// The damage behind the last frame; `None` if there is none, or reading goes on.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.end.as_ref()?.as_deref()
    }

    /// The capture's own description.
    pub(crate) fn info(&self) -> &Info {
        &self.info
    }

    /// Offset in bytes of the last frame's block in the file.
    pub(crate) fn position(&self) -> u64 {
        self.entry(self.len()).map_or(0, |entry| entry.position())
    }

    /// What frames say about earlier ones, which is complete once the capture was read to its end.
    pub(crate) fn hindsight(&self) -> &Hindsight {
        &self.hindsight
    }

    /// The frame before `no` in its conversation; `None` if there is none.
    pub(crate) fn previous_of_conversation(&self, no: u32) -> Option<u32> {
        let own = self.entry(no)?;
        let before = self.entry(own.before)?;
        (before.conversation() == own.conversation()).then_some(own.before)
    }

    /// The frame after `no` in its conversation; `None` if there is none yet.
    pub(crate) fn next_of_conversation(&self, no: u32) -> Option<u32> {
        let wanted = self.entry(no)?.conversation()?;
        self.find(no + 1, |entry| entry.conversation() == Some(wanted))
    }

    fn find(&self, from: u32, wanted: impl Fn(&Entry) -> bool) -> Option<u32> {
        let first = from.checked_sub(1)? as usize;
        let chunks = self.chunks.iter().skip(first / CHUNK);
        let entries = (first / CHUNK * CHUNK..).zip(chunks.flatten()).skip(first % CHUNK);
        entries.into_iter().find(|(_, entry)| wanted(entry)).map(|(at, _)| at as u32 + 1)
    }

    fn push(&mut self, entry: Entry) {
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK.min(256 << self.chunks.len().min(8))));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(entry);
        }
    }

    /// The frames outside of its conversation that a frame depends on.
    fn more(&self, no: u32) -> impl Iterator<Item = u32> {
        let from = self.more.partition_point(|(frame, _)| *frame < no);
        self.more.iter().skip(from).take_while(move |(frame, _)| *frame == no).map(|(_, on)| *on)
    }

    fn seed(&self, no: u32) -> Option<&Seed> {
        let at = self.seeds.binary_search_by_key(&no, |(frame, _)| *frame).ok()?;
        self.seeds.get(at).map(|(_, seed)| seed)
    }
}

/// An index that one thread fills while others read it.
#[derive(Default)]
pub(crate) struct Shared {
    index: RwLock<Index>,
}

impl Shared {
    /// Locks it for reading; waits at most while some thousand entries are added. A thread that holds a reading lock
    /// may take a second one, even while another thread waits to write. Two such locks in one statement are easily
    /// written, and with the standard library's lock both threads would wait for ever.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read_recursive()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write()
    }
}

/// A frame number of the index, as the type that the capture uses.
pub(crate) fn frame_no(no: u32) -> FrameNo {
    FrameNo(no.into())
}

#[cfg(test)]
mod tests;
