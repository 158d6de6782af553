//! One message of an application that spans several segments, as long as it is incomplete.

use super::stream::Assembler;
use crate::dissect::over_tcp::Need;
use crate::dissect::protocols::tcp::SeqNo;
use crate::dissect::{Overlap, Piece};

/// The most bytes of one message that are kept. A longer message is followed to its end without its further bytes.
const MOST_KEPT: i64 = 1 << 20;

/// The most bytes of one message that may wait for an earlier segment that is late.
const MOST_EARLY: usize = 1 << 18;

/// The most bytes of one message that are measured, repeats included. If every segment makes the message be measured
/// again, a message of many tiny segments takes time with the square of their number.
const MOST_MEASURED: u64 = 1 << 28;

/// The most pieces of one message that are listed.
const MOST_PIECES: usize = 1 << 16;

/// Length that is assumed for a message that ends when the sender closes its side, in bytes.
const UNTIL_FIN: u32 = 0x0fff_fffe;

/// A message that is incomplete.
#[derive(Clone, Debug)]
pub(super) struct Pdu {
    /// Its number; every message has another.
    pub(super) id: u64,
    start: SeqNo,
    /// The sequence number at which it ends, or at which it is measured again.
    next: SeqNo,
    need: Need,
    /// How many bytes were measured since it began, repeats included.
    measured: u64,
    /// Its bytes, by their offset in the message.
    bytes: Assembler,
    /// Whether a part of it is missing, or it was given up. It never becomes complete then, but still claims its
    /// bytes.
    broken: bool,
    /// The pieces that segments have brought.
    pieces: Vec<Piece>,
}

/// What a segment adds to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// This many bytes of the segment belong to the message, which is still incomplete.
    Part(u32),
    /// This many bytes of the segment belong to the message, which is complete now or has to be measured again.
    Whole(u32),
}

impl Pdu {
    /// A message that begins at `start` with `bytes`, and needs more.
    pub(super) fn new(id: u64, frame: u64, start: SeqNo, bytes: &[u8], need: Need) -> Pdu {
        let (kept, pieces) = (Assembler::default(), Vec::new());
        let mut pdu = Pdu { id, start, next: start, need, measured: 0, bytes: kept, broken: false, pieces };
        pdu.keep(frame, 0, bytes);
        pdu.wait(need);
        pdu
    }

    /// Makes it wait until `need` is met.
    pub(super) fn wait(&mut self, need: Need) {
        let end = self.start + self.len();
        self.need = need;
        self.next = match need {
            Need::Bytes(n) => end + n.clamp(1, UNTIL_FIN),
            Need::Segment => end + 1,
            Need::Fin => end + UNTIL_FIN,
        };
        self.measured += u64::from(self.len());
        // A message can be measured again only if all its bytes were kept.
        let lost = self.bytes.kept_until(0) < i64::from(self.len());
        self.broken |= need == Need::Segment && (lost || self.measured > MOST_MEASURED);
    }

    /// Whether the byte at `seq` belongs to it.
    pub(super) fn claims(&self, seq: SeqNo) -> bool {
        !seq.before(self.start) && seq.before(self.next)
    }

    /// The sequence numbers of its first byte and behind its last byte, once it is complete.
    pub(super) fn range(&self) -> (SeqNo, SeqNo) {
        (self.start, self.start + self.len())
    }

    /// Whether it goes on until the sender closes its side.
    pub(super) fn is_until_fin(&self) -> bool {
        self.need == Need::Fin
    }

    /// Whether it is complete when the sender closes its side at `seq`.
    pub(super) fn ends_at_fin(&self, seq: SeqNo) -> bool {
        self.need == Need::Fin && !self.broken && seq == self.start + self.len()
    }

    /// Adds the bytes of a segment at `seq`, which [`Pdu::claims`] accepts.
    pub(super) fn add(&mut self, frame: u64, seq: SeqNo, bytes: &[u8], fin: bool) -> Added {
        let all = bytes.len() as u32;
        let len = if self.need == Need::Segment { all } else { all.min(self.next - seq) };
        let bytes = bytes.get(..len as usize).unwrap_or(bytes);
        let offset = seq - self.start;
        let early = offset > self.len();
        if early && !self.can_wait(bytes.len()) {
            self.give_up();
        }
        if self.broken {
            return Added::Part(len);
        }
        self.keep(frame, offset, bytes);
        let closes = fin && self.is_until_fin() && self.bytes.carried().high() == Some(self.len().into());
        let complete = closes || !(self.start + self.len()).before(self.next);
        if complete { Added::Whole(len) } else { Added::Part(len) }
    }

    /// Whether `more` bytes may wait for an earlier segment. A message that is measured again at its next segment
    /// does not wait for a late one.
    fn can_wait(&self, more: usize) -> bool {
        matches!(self.need, Need::Bytes(_) | Need::Fin)
            && self.bytes.waiting(self.len().into()) + more <= MOST_EARLY
    }

    /// Keeps those of the `bytes` that are new.
    fn keep(&mut self, frame: u64, offset: u32, bytes: &[u8]) {
        let len = bytes.len() as u32;
        if self.pieces.len() < MOST_PIECES {
            let mut piece = Piece::new(frame, offset, len);
            if self.bytes.carried().high().is_some_and(|high| i64::from(offset) < high) {
                self.mark_overlap(&mut piece, bytes);
            }
            self.pieces.push(piece);
        }
        self.bytes.add(offset.into(), bytes, len, MOST_KEPT);
    }

    /// Notes at a piece, and at the earlier pieces that it overlaps, whether the common bytes are the same.
    fn mark_overlap(&mut self, new: &mut Piece, bytes: &[u8]) {
        let start = i64::from(new.offset);
        let end = start + bytes.len() as i64;
        let (mut at, mut overlap) = (start, Overlap::Same);
        while let Some(next) = self.bytes.next_kept(at).filter(|next| *next < end) {
            let old = self.bytes.bytes(next, usize::try_from(end - next).unwrap_or(0));
            let from = usize::try_from(next - start).unwrap_or(0);
            if bytes.get(from..from + old.len()) != Some(old.as_slice()) {
                overlap = Overlap::Conflict;
            }
            at = next + old.len().max(1) as i64;
        }
        for old in self.pieces.iter_mut() {
            if old.overlaps(new) {
                let later = if old.offset > new.offset { old } else { &mut *new };
                later.overlap = overlap;
            }
        }
    }

    /// Drops its bytes; it will never be complete.
    pub(super) fn give_up(&mut self) {
        self.broken = true;
        self.bytes.forget();
        self.pieces = Vec::new();
    }

    /// Notes that a frame without payload has completed it.
    pub(super) fn close(&mut self, frame: u64) {
        self.pieces.push(Piece::new(frame, self.len(), 0));
    }

    /// How many bytes of memory it takes.
    pub(super) fn held(&self) -> usize {
        self.bytes.memory() + self.pieces.len() * size_of::<Piece>()
    }

    /// Its length up to the first gap, in bytes, including bytes that are not kept.
    pub(super) fn len(&self) -> u32 {
        self.bytes.carried().run(0) as u32
    }

    /// Takes its bytes out; [`Pdu::restore`] puts them back.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.bytes.take(0)
    }

    /// Puts back the bytes that [`Pdu::take`] took out.
    pub(super) fn restore(&mut self, bytes: Vec<u8>) {
        self.bytes.put_back(0, bytes);
    }

    /// Its pieces in the order of their offsets, once it is complete.
    pub(super) fn into_pieces(mut self) -> Vec<Piece> {
        self.pieces.sort_by_key(|piece| piece.offset);
        self.pieces
    }
}
