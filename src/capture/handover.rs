//! Hands copies of frames from the capturing thread to the showing thread. The capturing thread never waits: when the
//! other side falls behind, the handover omits frames and counts them.

use super::{CaptureError, Info, Interface, Source};
use crate::frame::{Frame, Origin, Outline};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};

/// Bytes of frames in a batch. Frames travel in batches, so that handing one over costs no more than a copy.
const BATCH_BYTES: usize = 256 << 10;
/// The most memory, in bytes, for frames on their way.
const MOST_BYTES: usize = 32 << 20;
/// Empty batches that are kept to be filled again.
const SPARE: usize = 8;

#[derive(Default)]
struct Batch {
    frames: Vec<Entry>,
    bytes: Vec<u8>,
}

/// A frame, and the end of its bytes in the batch.
struct Entry {
    outline: Outline,
    end: usize,
}

impl Batch {
    fn push(&mut self, frame: &Frame<'_>) {
        self.bytes.extend_from_slice(frame.bytes);
        self.frames.push(Entry { outline: frame.outline(), end: self.bytes.len() });
    }

    fn is_full(&self) -> bool {
        self.bytes.len() + self.frames.len() * size_of::<Entry>() >= BATCH_BYTES
    }

    /// Bytes of memory that it occupies, filled or not.
    fn cost(&self) -> usize {
        self.bytes.capacity() + self.frames.capacity() * size_of::<Entry>() + size_of::<Batch>()
    }

    fn clear(&mut self) {
        self.frames.clear();
        self.bytes.clear();
    }
}

/// The state that both ends share.
#[derive(Default)]
struct Shared {
    /// Memory of the batches on their way, in bytes.
    on_the_way: AtomicUsize,
    /// Frames that came out.
    taken: AtomicU64,
}

/// The sending end of a handover.
pub struct Feed {
    batch: Batch,
    full: Sender<Batch>,
    empty: Receiver<Batch>,
    shared: Arc<Shared>,
    pushed: u64,
    abandoned: bool,
}

/// How many frames went in and came out.
pub struct Tally {
    pushed: u64,
    shared: Arc<Shared>,
}

impl Tally {
    /// Frames that went in and have not come out: omitted, or still on their way.
    pub fn missing(&self) -> u64 {
        self.pushed.saturating_sub(self.shared.taken.load(Ordering::Relaxed))
    }
}

/// The receiving end of a handover.
pub struct Outlet {
    full: Receiver<Batch>,
    empty: SyncSender<Batch>,
    shared: Arc<Shared>,
    batch: Batch,
    /// Frames of the batch that were handed out; the last of them is the current one.
    handed: usize,
    info: Info,
}

/// A new handover for the frames of these adapters; both its ends.
pub fn handover(interfaces: Vec<Interface>) -> (Feed, Outlet) {
    let (full, full_out) = channel();
    let (empty_in, empty) = sync_channel(SPARE);
    let shared = Arc::new(Shared::default());
    let info = Info { interfaces, ..Info::default() };
    let batch = Batch::default();
    let outlet = Outlet { full: full_out, empty: empty_in, shared: shared.clone(), batch, handed: 0, info };
    (Feed { batch: Batch::default(), full, empty, shared, pushed: 0, abandoned: false }, outlet)
}

impl Feed {
    /// Copies a frame, or omits it if the other side is too far behind. Never waits.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.pushed += 1;
        if self.shared.on_the_way.load(Ordering::Relaxed) < MOST_BYTES {
            self.batch.push(frame);
            if self.batch.is_full() {
                self.send();
            }
        }
    }

    /// Delivers what was pushed so far. Never waits.
    pub fn send(&mut self) {
        if self.batch.frames.is_empty() {
            return;
        }
        let next = self.empty.try_recv().unwrap_or_default();
        let batch = std::mem::replace(&mut self.batch, next);
        self.shared.on_the_way.fetch_add(batch.cost(), Ordering::Relaxed);
        self.abandoned = self.full.send(batch).is_err();
    }

    /// Whether the receiving end was dropped.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned
    }

    /// Ends the handover; the other side can still take the frames that were pushed.
    pub fn close(mut self) -> Tally {
        self.send();
        Tally { pushed: self.pushed, shared: self.shared.clone() }
    }
}

impl Source for Outlet {
    /// Waits for the next frame; `false` if the other end is closed and all frames were taken. Never fails.
    fn advance(&mut self) -> Result<bool, CaptureError> {
        while self.handed >= self.batch.frames.len() {
            match self.full.recv() {
                Ok(batch) => self.take(batch),
                Err(_) => {
                    self.batch.clear();
                    return Ok(false);
                }
            }
        }
        self.handed += 1;
        self.shared.taken.fetch_add(1, Ordering::Relaxed);
        Ok(true)
    }

    fn frame(&self) -> Option<Frame<'_>> {
        let before = self.handed.checked_sub(2).and_then(|i| self.batch.frames.get(i));
        let (start, entry) = (before.map_or(0, |e| e.end), self.current()?);
        let origin = self.interface().map(origin).unwrap_or_default();
        Some(entry.outline.frame(origin, self.batch.bytes.get(start..entry.end)?))
    }

    fn info(&self) -> &Info {
        &self.info
    }

    fn interface(&self) -> Option<&Interface> {
        self.info.interfaces.get(self.current()?.outline.interface as usize)
    }

    fn would_wait(&mut self) -> bool {
        if self.handed < self.batch.frames.len() {
            return false;
        }
        match self.full.try_recv() {
            Ok(batch) => {
                self.take(batch);
                false
            }
            Err(TryRecvError::Empty) => true,
            Err(TryRecvError::Disconnected) => false,
        }
    }
}

/// The origin of frames in a live capture.
pub(super) fn origin(interface: &Interface) -> Origin<'_> {
    Origin {
        interface_name: interface.name.as_deref(),
        interface_description: interface.description.as_deref(),
        section: 1,
        ..Origin::default()
    }
}

impl Outlet {
    fn current(&self) -> Option<&Entry> {
        self.batch.frames.get(self.handed.checked_sub(1)?)
    }

    /// Makes this batch the current one, and gives the memory of the last one back.
    fn take(&mut self, batch: Batch) {
        self.shared.on_the_way.fetch_sub(batch.cost(), Ordering::Relaxed);
        let mut old = std::mem::replace(&mut self.batch, batch);
        self.handed = 0;
        old.clear();
        // The send fails if enough empty batches are waiting already; the memory is freed then.
        let _ = self.empty.try_send(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{FrameNo, LinkType, Timestamp};

    fn frame(no: u64, bytes: &[u8]) -> Frame<'_> {
        let wire_len = bytes.len() as u32 + 1;
        let (time, link) = (Some(Timestamp::from_nanos(no as i64)), LinkType::ETHERNET);
        Frame {
            no: FrameNo(no),
            time,
            precision: 9,
            link,
            wire_len,
            interface: 2,
            origin: Origin::default(),
            bytes,
        }
    }

    #[test]
    fn frames_arrive_whole_and_in_order() {
        let (mut feed, mut outlet) = handover(vec![Interface::new(LinkType::ETHERNET)]);
        for no in 1..=1000u64 {
            feed.push(&frame(no, &vec![no as u8; no as usize]));
            if no % 7 == 0 {
                feed.send();
            }
        }
        let tally = feed.close();
        for no in 1..=1000u64 {
            let got = outlet.next().unwrap().unwrap();
            assert_eq!((got.no, got.interface, got.wire_len), (FrameNo(no), 2, no as u32 + 1));
            assert_eq!(got.bytes, vec![no as u8; no as usize]);
        }
        assert!(outlet.next().unwrap().is_none());
        assert_eq!(tally.missing(), 0);
    }

    #[test]
    fn a_side_that_takes_nothing_costs_bounded_memory_and_every_frame_left_out_is_counted() {
        let (mut feed, mut outlet) = handover(vec![Interface::new(LinkType::ETHERNET)]);
        let (bytes, total) = (vec![0; 64 << 10], 2000);
        for no in 1..=total {
            feed.push(&frame(no, &bytes));
            feed.send();
        }
        let tally = feed.close();
        let mut taken = 0;
        while outlet.next().unwrap().is_some() {
            taken += 1;
        }
        assert_eq!(taken + tally.missing(), total);
        let kept = taken as usize * bytes.len();
        assert!(kept > MOST_BYTES / 4 && kept < MOST_BYTES + 2 * BATCH_BYTES, "{kept}");
    }

    #[test]
    fn many_small_hand_overs_do_not_use_up_the_room_of_a_blocked_screen() {
        let (mut feed, mut outlet) = handover(vec![Interface::new(LinkType::ETHERNET)]);
        for no in 1..=10_000 {
            feed.push(&frame(no, &[1]));
            feed.send();
        }
        let reader = std::thread::spawn(move || {
            let mut taken = 0;
            while outlet.next().unwrap().is_some() {
                taken += 1;
            }
            taken
        });
        let tally = feed.close();
        assert_eq!(reader.join().unwrap(), 10_000);
        assert_eq!(tally.missing(), 0);
    }

    #[test]
    fn a_reader_that_has_gone_is_noticed() {
        let (mut feed, outlet) = handover(vec![Interface::new(LinkType::ETHERNET)]);
        drop(outlet);
        feed.push(&frame(1, &[1]));
        feed.send();
        assert!(feed.is_abandoned());
        assert_eq!(feed.close().missing(), 1);
    }
}
