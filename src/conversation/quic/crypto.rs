//! The handshake bytes of one side: CRYPTO frames, which may come in any order, put together (RFC 9000, section
//! 19.6).

use crate::dissect::{Piece, Reassembled, Repeat};

/// The most bytes that wait for others. A handshake with more is given up.
const MOST: usize = 1 << 16;
/// Octets of a handshake message's type and length (RFC 8446, section 4).
const HEADER: usize = 4;

/// The handshake bytes that one side has sent, and how far they were read.
#[derive(Clone, Default)]
pub(super) struct Stream {
    /// Offset of the first message that is incomplete.
    start: u64,
    /// The bytes from that offset on, up to the first gap, and the frames that brought them.
    begun: Vec<u8>,
    pieces: Vec<Piece>,
    /// Parts after the first gap.
    late: Vec<Late>,
}

#[derive(Clone)]
struct Late {
    offset: u64,
    frame: u64,
    bytes: Vec<u8>,
}

/// What becomes of one part of the handshake.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// It is not shown: its bytes came before, or lie after a gap.
    Nothing,
    /// It is shown by itself: it consists of complete messages, or begins one while nothing waits after a gap.
    Itself,
    /// It completes messages that began in an earlier part: the bytes of these messages, and the pieces that they
    /// were put together from.
    Whole(Vec<u8>, Reassembled),
}

impl Stream {
    /// Takes a part that a frame has brought.
    pub(super) fn take(&mut self, offset: u64, bytes: &[u8], frame: u64) -> Read {
        let end = self.start + self.begun.len() as u64;
        if offset.saturating_add(bytes.len() as u64) <= end {
            return Read::Nothing;
        }
        if offset > end {
            self.wait(Late { offset, frame, bytes: bytes.to_vec() });
            return Read::Nothing;
        }
        let in_order = self.late.is_empty();
        let alone = self.begun.is_empty() && in_order;
        self.append(offset, bytes, frame);
        while let Some(at) = self.late.iter().position(|late| late.offset <= self.end()) {
            let late = self.late.swap_remove(at);
            self.append(late.offset, &late.bytes, late.frame);
        }
        self.read(alone, in_order)
    }

    /// Whether a part was brought before.
    pub(super) fn repeat(&self, offset: u64, len: usize) -> Repeat {
        match (offset < self.end(), offset.saturating_add(len as u64) <= self.end()) {
            (false, _) => Repeat::None,
            (true, true) => Repeat::Whole,
            (true, false) => Repeat::Part,
        }
    }

    fn end(&self) -> u64 {
        self.start + self.begun.len() as u64
    }

    /// Adds the new bytes of a part that leaves no gap.
    fn append(&mut self, offset: u64, bytes: &[u8], frame: u64) {
        let known = usize::try_from(self.end().saturating_sub(offset)).unwrap_or(usize::MAX);
        let Some(new) = bytes.get(known..).filter(|new| !new.is_empty()) else { return };
        self.pieces.push(Piece::new(frame, self.begun.len() as u32, new.len() as u32));
        self.begun.extend_from_slice(new);
    }

    fn wait(&mut self, late: Late) {
        let held = self.begun.len() + self.late.iter().map(|late| late.bytes.len()).sum::<usize>();
        if held + late.bytes.len() <= MOST && !self.late.iter().any(|other| other.offset == late.offset) {
            self.late.push(late);
        }
    }

    /// Reads the complete messages. `alone` says that all their bytes came in one part, `in_order` that nothing
    /// waited after a gap.
    fn read(&mut self, alone: bool, in_order: bool) -> Read {
        let whole = whole_messages(&self.begun);
        if whole == 0 {
            if self.begun.len() > MOST {
                *self = Stream { start: self.end(), ..Stream::default() };
            }
            return if in_order { Read::Itself } else { Read::Nothing };
        }
        let rest = self.begun.split_off(whole);
        let bytes = std::mem::replace(&mut self.begun, rest);
        let mut pieces = std::mem::take(&mut self.pieces);
        // The last piece also has the beginning of the next message, which therefore gets a piece of its own.
        if let Some(last) = pieces.last_mut().filter(|_| !self.begun.is_empty()) {
            self.pieces.push(Piece::new(last.frame, 0, self.begun.len() as u32));
            last.len = last.len.saturating_sub(self.begun.len() as u32);
        }
        self.start += whole as u64;
        if alone {
            return Read::Itself;
        }
        let len = bytes.len() as u32;
        Read::Whole(bytes, Reassembled { source: 0, pieces, len })
    }
}

/// How many bytes the complete messages at the beginning take.
fn whole_messages(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some([_, a, b, c]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<HEADER>()) {
        let end = at + HEADER + u32::from_be_bytes([0, *a, *b, *c]) as usize;
        if end > bytes.len() {
            break;
        }
        at = end;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: [u8; 10] = [1, 0, 0, 6, 10, 11, 12, 13, 14, 15];

    #[test]
    fn a_whole_message_stands_for_itself_once() {
        let mut stream = Stream::default();
        assert_eq!(stream.take(0, &MESSAGE, 1), Read::Itself);
        assert_eq!(stream.take(0, &MESSAGE, 2), Read::Nothing, "it is repeated");
        assert_eq!(stream.take(10, &MESSAGE, 3), Read::Itself);
    }

    #[test]
    fn parts_are_put_together_in_whatever_order_they_come() {
        let mut stream = Stream::default();
        assert_eq!(stream.take(7, &MESSAGE[7..], 1), Read::Nothing);
        assert_eq!(stream.take(0, &MESSAGE[..4], 2), Read::Nothing, "others wait for it");
        let Read::Whole(bytes, done) = stream.take(2, &MESSAGE[2..7], 3) else { panic!("it fills the gap") };
        assert_eq!(bytes, MESSAGE);
        let pieces = [Piece::new(2, 0, 4), Piece::new(3, 4, 3), Piece::new(1, 7, 3)];
        assert_eq!((done.pieces.as_slice(), done.len), (pieces.as_slice(), 10));
    }

    #[test]
    fn a_message_in_parts_is_whole_with_the_last_one() {
        let mut stream = Stream::default();
        assert_eq!(stream.take(0, &MESSAGE[..4], 1), Read::Itself);
        assert_eq!(stream.take(4, &MESSAGE[4..7], 2), Read::Itself);
        assert!(matches!(stream.take(7, &MESSAGE[7..], 3), Read::Whole(..)));
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let mut stream = Stream::default();
        let endless = [1, 0xff, 0xff, 0xff];
        assert_eq!(stream.take(0, &endless, 1), Read::Itself);
        for n in 0..70 {
            stream.take(4 + n * 1000, &[0; 1000], 2);
        }
        assert!(stream.begun.len() <= MOST);
        for n in 0..70 {
            stream.take(1_000_000 + n * 2000, &[0; 1000], 3);
        }
        assert!(stream.late.iter().map(|late| late.bytes.len()).sum::<usize>() <= MOST);
    }
}
