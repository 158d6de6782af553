//! One direction of a connection in order: repeats are left out, early segments wait, and gaps are reported.

use crate::conversation::stream::{Carried, Half};
use crate::dissect::protocols::tcp::SeqNo;
use std::io;

/// The most bytes that may wait behind a gap, before the gap is reported as missing.
const MOST_WAITING: usize = 4 << 20;

/// A part of the stream, in its order.
pub(super) enum Piece<'a> {
    /// Bytes in order.
    Bytes(&'a [u8]),
    /// This many bytes are not in the capture.
    Missing(u64),
}

/// Receives the pieces.
pub(super) type Out<'o> = dyn FnMut(Piece<'_>) -> io::Result<()> + 'o;

/// One direction of a connection.
pub(super) struct Order {
    half: Half,
    /// The offset of the next byte to pass on; `None` until a segment has said where the stream begins.
    next: Option<i64>,
}

impl Order {
    /// A direction without segments so far.
    pub(super) fn new() -> Order {
        Order { half: Half::new(usize::MAX), next: None }
    }

    /// Takes a segment, and passes on the bytes that now follow without a gap.
    pub(super) fn take(&mut self, segment: &Carried<'_>, out: &mut Out<'_>) -> io::Result<()> {
        if segment.len == 0 && !segment.syn {
            return Ok(());
        }
        let (_, at) = self.half.take(segment, &mut { usize::MAX });
        self.next.get_or_insert(at);
        self.pass(out)?;
        while self.half.assembler().waiting(self.next.unwrap_or(at)) > MOST_WAITING {
            self.give_up(out)?;
        }
        Ok(())
    }

    /// Notes that the other side has everything before `ack`, so that missing bytes before it will never come.
    pub(super) fn acknowledged(&mut self, ack: SeqNo, out: &mut Out<'_>) -> io::Result<()> {
        let acked = self.half.acknowledged(ack);
        while self.early().is_some_and(|early| early < acked) {
            self.give_up(out)?;
        }
        Ok(())
    }

    /// Reports all gaps that are left, because no more segments come.
    pub(super) fn end(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        while self.early().is_some() {
            self.give_up(out)?;
        }
        Ok(())
    }

    /// The offset of the first byte that waits behind a gap; `None` if none waits.
    fn early(&self) -> Option<i64> {
        self.half.assembler().carried().next(self.next?)
    }

    /// Passes on the bytes up to the first gap.
    fn pass(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        let Some(mut next) = self.next else { return Ok(()) };
        let end = self.half.assembler().carried().run(next);
        while next < end {
            let bytes = self.half.take_piece(next);
            let to = next + bytes.len() as i64;
            if !bytes.is_empty() {
                out(Piece::Bytes(&bytes))?;
            }
            // Bytes that the snapshot length has cut off count as missing.
            let cut = self.half.assembler().next_kept(to).unwrap_or(end).min(end) - to;
            if cut > 0 {
                out(Piece::Missing(cut.unsigned_abs()))?;
            }
            next = to + cut;
        }
        self.next = Some(next);
        Ok(())
    }

    /// Reports the gap before the first byte that waits, and goes on after it.
    fn give_up(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        if let Some((next, early)) = self.next.zip(self.early()) {
            if early > next {
                out(Piece::Missing(early.abs_diff(next)))?;
            }
            self.next = Some(early);
        }
        self.pass(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(run: impl FnOnce(&mut Order, &mut Out<'_>)) -> String {
        let mut text = String::new();
        run(&mut Order::new(), &mut |piece| {
            match piece {
                Piece::Bytes(bytes) => text.push_str(std::str::from_utf8(bytes).unwrap()),
                Piece::Missing(n) => text.push_str(&format!("[{n}]")),
            }
            Ok(())
        });
        text
    }

    fn data(seq: u32, payload: &[u8]) -> Carried<'_> {
        Carried { seq: SeqNo(seq), syn: false, fin: false, len: payload.len() as u32, payload }
    }

    fn take(order: &mut Order, seq: u32, text: &str, out: &mut Out<'_>) {
        order.take(&data(seq, text.as_bytes()), out).unwrap();
    }

    #[test]
    fn repeats_fall_away_and_early_segments_wait() {
        let text = said(|order, out| {
            take(order, u32::MAX - 1, "ab", out);
            take(order, 2, "ef", out);
            take(order, u32::MAX - 1, "abcd", out);
            take(order, 0, "cdef", out);
            take(order, 4, "g", out);
        });
        assert_eq!(text, "abcdefg");
    }

    #[test]
    fn a_gap_is_told_once_the_other_side_has_what_it_holds() {
        let text = said(|order, out| {
            take(order, 10, "ab", out);
            take(order, 15, "fg", out);
            order.acknowledged(SeqNo(12), out).unwrap();
            order.acknowledged(SeqNo(17), out).unwrap();
            take(order, 17, "h", out);
        });
        assert_eq!(text, "ab[3]fgh");
    }

    #[test]
    fn what_waits_in_the_end_is_told_and_cut_bytes_are_missing() {
        let text = said(|order, out| {
            order.take(&Carried { len: 4, ..data(5, b"ab") }, out).unwrap();
            take(order, 10, "x", out);
            order.end(out).unwrap();
        });
        assert_eq!(text, "ab[2][1]x");
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut handed = 0;
        let mut order = Order::new();
        let chunk = vec![0; 1 << 16];
        for n in 0..200u32 {
            let mut out = |piece: Piece<'_>| {
                handed += usize::from(matches!(piece, Piece::Bytes(_)));
                Ok(())
            };
            let seq = if n == 0 { 0 } else { 1_000_000 + (n << 17) };
            order.take(&data(seq, &chunk), &mut out).unwrap();
        }
        let waiting = order.half.assembler().waiting(order.next.unwrap());
        assert!(waiting <= MOST_WAITING && handed > 100);
    }
}
