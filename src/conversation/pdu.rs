//! One message that spans segments, while it is put together.

use crate::dissect::app::Need;
use crate::dissect::protocols::tcp::SeqNo;

/// So many bytes of one message are kept; what is longer is followed to its end, but not kept.
const MOST_KEPT: usize = 1 << 20;

/// So many bytes of one message may wait for an earlier segment that is late.
const MOST_EARLY: usize = 1 << 18;

/// So many pieces of one message are listed.
const MOST_PIECES: usize = 1 << 16;

/// How far a message may reach that ends when the sender closes its side.
const UNTIL_FIN: u32 = 0x0fff_fffe;

/// A message of which a part has come.
#[derive(Debug)]
pub(super) struct Pdu {
    /// Tells it from all others.
    pub(super) id: u64,
    start: SeqNo,
    /// Where it ends, or where it is measured again.
    next: SeqNo,
    need: Need,
    bytes: Vec<u8>,
    /// How far it has come without a gap.
    reached: u32,
    /// A part of it is missing, or it was given up: it is never complete, but its bytes are still its own.
    broken: bool,
    pieces: Vec<(u64, u32, u32)>,
    /// What came before its time: the frame, the offset and the bytes.
    early: Vec<(u64, u32, Vec<u8>)>,
}

/// What a segment does for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// So many bytes belong to it, and it is not complete.
    Part(u32),
    /// So many bytes belong to it, and it is complete or has to be measured again.
    Whole(u32),
}

impl Pdu {
    /// A message that begins at `start`, where `bytes` are, and needs more.
    pub(super) fn new(id: u64, frame: u64, start: SeqNo, bytes: &[u8], need: Need) -> Pdu {
        let (kept, pieces) = (Vec::with_capacity(bytes.len()), Vec::new());
        let early = Vec::new();
        let mut pdu =
            Pdu { id, start, next: start, need, bytes: kept, reached: 0, broken: false, pieces, early };
        pdu.keep(frame, 0, bytes);
        pdu.wait(need);
        pdu
    }

    /// Goes on until `need` is met.
    pub(super) fn wait(&mut self, need: Need) {
        let end = self.start + self.reached;
        self.need = need;
        self.next = match need {
            Need::Bytes(n) => end + n.clamp(1, UNTIL_FIN),
            Need::Segment => end + 1,
            Need::Fin => end + UNTIL_FIN,
        };
        // What is measured again must be there.
        self.broken |= need == Need::Segment && (self.reached as usize) > self.bytes.len();
    }

    /// Whether bytes at `seq` are its own.
    pub(super) fn claims(&self, seq: SeqNo) -> bool {
        !seq.before(self.start) && seq.before(self.next)
    }

    /// Whether it ends when the sender closes its side at `seq`, and has all its bytes.
    pub(super) fn ends_at_fin(&self, seq: SeqNo) -> bool {
        self.need == Need::Fin && !self.broken && seq == self.start + self.reached
    }

    /// Takes the bytes of a segment at `seq`, which it claims.
    pub(super) fn add(&mut self, frame: u64, seq: SeqNo, bytes: &[u8], fin: bool) -> Added {
        let all = bytes.len() as u32;
        let room = self.next - seq;
        let len = if self.need == Need::Segment { all } else { all.min(room) };
        let last = len >= room || fin && self.need == Need::Fin;
        let offset = seq - self.start;
        let bytes = bytes.get(..len as usize).unwrap_or(bytes);
        if offset > self.reached {
            self.put_off(frame, offset, bytes);
            return Added::Part(len);
        }
        if self.broken {
            return Added::Part(len);
        }
        let was_late = !self.early.is_empty();
        self.keep(frame, offset, bytes);
        self.catch_up();
        let complete = match was_late {
            true => !(self.start + self.reached).before(self.next),
            false => last && !(self.start + self.reached).before(seq + len),
        };
        if complete { Added::Whole(len) } else { Added::Part(len) }
    }

    /// Keeps what came before its time. Only a message of known length waits for what is late.
    fn put_off(&mut self, frame: u64, offset: u32, bytes: &[u8]) {
        let waiting: usize = self.early.iter().map(|(.., bytes)| bytes.len()).sum();
        if !matches!(self.need, Need::Bytes(_)) || waiting + bytes.len() > MOST_EARLY {
            self.give_up();
        }
        if !self.broken {
            self.early.push((frame, offset, bytes.to_vec()));
        }
    }

    /// Appends what has waited for the bytes before it.
    fn catch_up(&mut self) {
        while let Some(at) = self.early.iter().position(|(_, offset, _)| *offset <= self.reached) {
            let (frame, offset, bytes) = self.early.swap_remove(at);
            self.keep(frame, offset, &bytes);
        }
    }

    /// Appends what is new in `bytes`: the first copy of a byte counts.
    fn keep(&mut self, frame: u64, offset: u32, bytes: &[u8]) {
        let known = self.reached.saturating_sub(offset) as usize;
        let new = bytes.get(known..).unwrap_or(&[]);
        if self.pieces.len() < MOST_PIECES {
            self.pieces.push((frame, offset, bytes.len() as u32));
        }
        if self.bytes.len() == self.reached as usize {
            let room = MOST_KEPT.saturating_sub(self.bytes.len());
            self.bytes.extend_from_slice(new.get(..room).unwrap_or(new));
        }
        self.reached = self.reached.saturating_add(new.len() as u32);
    }

    /// Forgets its bytes.
    pub(super) fn give_up(&mut self) {
        self.broken = true;
        self.bytes = Vec::new();
        self.pieces = Vec::new();
        self.early = Vec::new();
    }

    /// How many bytes of memory it holds.
    pub(super) fn held(&self) -> usize {
        let early: usize = self.early.iter().map(|(.., bytes)| bytes.len() + 40).sum();
        self.bytes.len() + self.pieces.len() * 16 + early
    }

    /// Its length so far, the bytes that are not kept included.
    pub(super) fn len(&self) -> u32 {
        self.reached
    }

    /// Its bytes, to be given back with [`Pdu::restore`].
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Its bytes again.
    pub(super) fn restore(&mut self, bytes: Vec<u8>) {
        self.bytes = bytes;
    }

    /// Its pieces, once it is complete.
    pub(super) fn into_pieces(self) -> Vec<(u64, u32, u32)> {
        self.pieces
    }
}
