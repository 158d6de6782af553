//! One message of an application that spans several segments, while its segments come.

use super::stream::Assembler;
use crate::dissect::over_tcp::Need;
use crate::dissect::protocols::tcp::SeqNo;
use crate::dissect::{Overlap, Piece};

/// So many bytes of one message are kept; what is longer is followed to its end, but not kept.
const MOST_KEPT: i64 = 1 << 20;

/// So many bytes of one message may wait for an earlier segment that is late.
const MOST_EARLY: usize = 1 << 18;

/// So many bytes of one message are looked at in all, where each segment has them looked at again: a message of many tiny
/// segments would take time with the square of their number.
const MOST_MEASURED: u64 = 1 << 28;

/// So many pieces of one message are listed.
const MOST_PIECES: usize = 1 << 16;

/// How far a message may reach that ends when the sender closes its side.
const UNTIL_FIN: u32 = 0x0fff_fffe;

/// A message that has not come completely.
#[derive(Clone, Debug)]
pub(super) struct Pdu {
    /// Its number, which no other message has.
    pub(super) id: u64,
    start: SeqNo,
    /// Where it ends, or where it is measured again.
    next: SeqNo,
    need: Need,
    /// Bytes that were looked at since it began, repeats included.
    measured: u64,
    /// Its bytes, by their distance from its start.
    bytes: Assembler,
    /// A part of it is missing, or it was given up: it is never complete, but its bytes are still its own.
    broken: bool,
    /// What each segment has brought.
    pieces: Vec<Piece>,
}

/// What a segment has added to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// So many bytes of the segment belong to the message, which is not complete yet.
    Part(u32),
    /// So many bytes of the segment belong to the message, which is complete now or has to be measured again.
    Whole(u32),
}

impl Pdu {
    /// A message that begins at `start`, where `bytes` are, and needs more.
    pub(super) fn new(id: u64, frame: u64, start: SeqNo, bytes: &[u8], need: Need) -> Pdu {
        let (kept, pieces) = (Assembler::default(), Vec::new());
        let mut pdu = Pdu { id, start, next: start, need, measured: 0, bytes: kept, broken: false, pieces };
        pdu.keep(frame, 0, bytes);
        pdu.wait(need);
        pdu
    }

    /// Goes on until `need` is met.
    pub(super) fn wait(&mut self, need: Need) {
        let end = self.start + self.len();
        self.need = need;
        self.next = match need {
            Need::Bytes(n) => end + n.clamp(1, UNTIL_FIN),
            Need::Segment => end + 1,
            Need::Fin => end + UNTIL_FIN,
        };
        self.measured += u64::from(self.len());
        // What is measured again must be there.
        let lost = self.bytes.kept_until(0) < i64::from(self.len());
        self.broken |= need == Need::Segment && (lost || self.measured > MOST_MEASURED);
    }

    /// Whether the byte at `seq` is a part of it.
    pub(super) fn claims(&self, seq: SeqNo) -> bool {
        !seq.before(self.start) && seq.before(self.next)
    }

    /// The sequence numbers from its first byte to the one behind its last, once it is complete.
    pub(super) fn range(&self) -> (SeqNo, SeqNo) {
        (self.start, self.start + self.len())
    }

    /// Whether it goes on until the sender closes its side.
    pub(super) fn is_until_fin(&self) -> bool {
        self.need == Need::Fin
    }

    /// Whether it ends when the sender closes its side at `seq`, and has all its bytes.
    pub(super) fn ends_at_fin(&self, seq: SeqNo) -> bool {
        self.need == Need::Fin && !self.broken && seq == self.start + self.len()
    }

    /// Takes the bytes of a segment at `seq`, which it claims.
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

    /// Whether so many bytes that came before their time may wait for those before them. A message that is measured again
    /// with its next segment waits for no late one.
    fn can_wait(&self, more: usize) -> bool {
        matches!(self.need, Need::Bytes(_) | Need::Fin)
            && self.bytes.waiting(self.len().into()) + more <= MOST_EARLY
    }

    /// Keeps what is new in `bytes`.
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

    /// Says of the later one of two pieces with common bytes whether these are the same.
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

    /// Forgets its bytes.
    pub(super) fn give_up(&mut self) {
        self.broken = true;
        self.bytes.forget();
        self.pieces = Vec::new();
    }

    /// Notes that a frame without bytes has completed it.
    pub(super) fn close(&mut self, frame: u64) {
        self.pieces.push(Piece::new(frame, self.len(), 0));
    }

    /// How many bytes of memory it holds.
    pub(super) fn held(&self) -> usize {
        self.bytes.memory() + self.pieces.len() * size_of::<Piece>()
    }

    /// Its length up to the first gap, the bytes that are not kept included.
    pub(super) fn len(&self) -> u32 {
        self.bytes.carried().run(0) as u32
    }

    /// Its bytes, to be given back with [`Pdu::restore`].
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.bytes.take(0)
    }

    /// Its bytes again.
    pub(super) fn restore(&mut self, bytes: Vec<u8>) {
        self.bytes.put_back(0, bytes);
    }

    /// Its pieces in the order of their offsets, once it is complete.
    pub(super) fn into_pieces(mut self) -> Vec<Piece> {
        self.pieces.sort_by_key(|piece| piece.offset);
        self.pieces
    }
}
