//! What is kept of a capture while it is looked at: 24 bytes a frame, and at some frames what their conversation was
//! then. With both, any frame can be decoded again exactly as if all frames before it had just gone by.
//!
//! A frame depends on those before it through its conversation, and through what it answers or completes. The index
//! knows the previous frame of each conversation, so it knows which frames those are: at most some hundred, because
//! from time to time the conversation itself is kept ([`Seed`]).

pub(crate) mod build;
pub(crate) mod look;

use crate::capture::Info;
use crate::conversation::{Hindsight, Seed, Transport};
use crate::frame::FrameNo;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Entries that are allocated together: growing moves none of them.
const CHUNK: usize = 1 << 16;

/// One frame in the index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When it came, nanoseconds since the epoch; a frame without a time stands at that of the one before.
    time: i64,
    /// Where its block begins in the file: the lower 32 bits, and the upper 16.
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
/// It depends on further frames.
const MORE: u16 = 1 << 3;
/// The capture has no time for it.
const UNTIMED: u16 = 1 << 4;

impl Entry {
    fn new(position: u64, time: i64) -> Entry {
        Entry { time, low: position as u32, high: (position >> 32) as u16, ..Entry::default() }
    }

    /// Where its block begins in the file.
    pub(crate) fn position(&self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }

    /// When it came, nanoseconds since the epoch.
    pub(crate) fn time(&self) -> i64 {
        self.time
    }

    /// The time that frames displayed after it count from (`frame.time_delta_displayed`).
    pub(crate) fn displayed(&self) -> Option<i64> {
        (!self.has(UNTIMED)).then_some(self.time)
    }

    /// Its conversation, if it has one.
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
    /// Frame, and a frame that it depends on besides those of its conversation; sorted.
    more: Vec<(u32, u32)>,
    /// Frame, and what its conversation was after it; sorted.
    seeds: Vec<(u32, Seed)>,
    /// What frames say about those before them.
    hindsight: Hindsight,
    /// What the capture says about itself.
    info: Info,
    /// How often `info` has changed.
    changes: u32,
    /// Whether the capture was read to its end, and the damage that this end was, if it was one.
    end: Option<Option<String>>,
}

impl Index {
    /// Frames so far.
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

    /// Why nothing could be read behind the last frame, if that was for a damage.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.end.as_ref()?.as_deref()
    }

    /// What the capture says about itself.
    pub(crate) fn info(&self) -> &Info {
        &self.info
    }

    /// How far in the file the last frame stands, in bytes.
    pub(crate) fn position(&self) -> u64 {
        self.entry(self.len()).map_or(0, |entry| entry.position())
    }

    /// What frames say about those before them: known in full once the capture was read to its end.
    pub(crate) fn hindsight(&self) -> &Hindsight {
        &self.hindsight
    }

    /// The frame before `no` in its conversation.
    pub(crate) fn previous_of_conversation(&self, no: u32) -> Option<u32> {
        let own = self.entry(no)?;
        let before = self.entry(own.before)?;
        (before.conversation() == own.conversation()).then_some(own.before)
    }

    /// The frame after `no` in its conversation.
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

    /// What a frame depends on besides its conversation.
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
    /// Reads it; waits at most for as long as some thousand entries take to be added. A thread that reads may read once
    /// more, also while another waits to write: two readings in one statement are easily written, and with the standard
    /// library's lock both threads would wait for ever.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read_recursive()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write()
    }
}

/// A frame number of the index as the capture counts.
pub(crate) fn frame_no(no: u32) -> FrameNo {
    FrameNo(no.into())
}

#[cfg(test)]
mod tests;
