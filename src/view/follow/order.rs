//! One direction of a connection in order: repeats fall away, what comes early waits, gaps are told.

use crate::dissect::protocols::tcp::SeqNo;
use std::io;

/// Bytes that may wait for those before them; more, and the gap is given up.
const MOST_WAITING: usize = 4 << 20;

/// What is handed on.
pub(super) enum Piece<'a> {
    /// Bytes in order.
    Bytes(&'a [u8]),
    /// So many bytes are not in the capture.
    Missing(u64),
}

/// Where pieces go.
pub(super) type Out<'o> = dyn FnMut(Piece<'_>) -> io::Result<()> + 'o;

/// A segment that came before its time: where it begins, its captured bytes, and its length on the wire.
struct Early {
    seq: SeqNo,
    bytes: Vec<u8>,
    len: u32,
}

/// One direction.
#[derive(Default)]
pub(super) struct Order {
    /// The number of the next byte, once a segment has told it.
    next: Option<SeqNo>,
    early: Vec<Early>,
    waiting: usize,
}

impl Order {
    /// Takes a segment whose payload begins at `seq`; `len` is its length on the wire.
    pub(super) fn take(
        &mut self,
        seq: SeqNo,
        payload: &[u8],
        len: u32,
        syn: bool,
        out: &mut Out<'_>,
    ) -> io::Result<()> {
        let payload = payload.get(..len as usize).unwrap_or(payload);
        if len == 0 && !syn {
            return Ok(());
        }
        let next = *self.next.get_or_insert(seq);
        if seq.after(next) {
            if len > 0 {
                self.waiting += payload.len();
                self.early.push(Early { seq, bytes: payload.to_vec(), len });
            }
            while self.waiting > MOST_WAITING {
                self.give_up(out)?;
            }
            return Ok(());
        }
        self.pass(seq, payload, len, out)?;
        self.join(out)
    }

    /// The other side has everything before `ack`: what is missing before it never comes.
    pub(super) fn acknowledged(&mut self, ack: SeqNo, out: &mut Out<'_>) -> io::Result<()> {
        while self.early.iter().any(|e| e.seq.before(ack)) {
            self.give_up(out)?;
        }
        Ok(())
    }

    /// No more segments come.
    pub(super) fn end(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        while !self.early.is_empty() {
            self.give_up(out)?;
        }
        Ok(())
    }

    /// Hands on what of a segment is new; it begins at or before the next byte.
    fn pass(&mut self, seq: SeqNo, payload: &[u8], len: u32, out: &mut Out<'_>) -> io::Result<()> {
        let Some(next) = self.next else { return Ok(()) };
        let old = next - seq;
        if old >= len {
            return Ok(());
        }
        if let Some(new) = payload.get(old as usize..).filter(|b| !b.is_empty()) {
            out(Piece::Bytes(new))?;
        }
        // What the snapshot length has cut off is as good as not captured.
        let had = (payload.len() as u32).max(old);
        if had < len {
            out(Piece::Missing(u64::from(len - had)))?;
        }
        self.next = Some(seq + len);
        Ok(())
    }

    /// Hands on the early segments whose time has come.
    fn join(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        while let Some(next) = self.next
            && let Some(at) = self.early.iter().position(|e| e.seq.up_to(next))
        {
            let early = self.early.remove(at);
            self.waiting -= early.bytes.len();
            self.pass(early.seq, &early.bytes, early.len, out)?;
        }
        Ok(())
    }

    /// Tells the gap before the first early segment, and goes on behind it.
    fn give_up(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        let Some(next) = self.next else { return Ok(()) };
        let Some(gap) = self.early.iter().map(|e| e.seq - next).min() else { return Ok(()) };
        if gap > 0 {
            out(Piece::Missing(gap.into()))?;
            self.next = Some(next + gap);
        }
        self.join(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(run: impl FnOnce(&mut Order, &mut Out<'_>)) -> String {
        let mut text = String::new();
        run(&mut Order::default(), &mut |piece| {
            match piece {
                Piece::Bytes(bytes) => text.push_str(std::str::from_utf8(bytes).unwrap()),
                Piece::Missing(n) => text.push_str(&format!("[{n}]")),
            }
            Ok(())
        });
        text
    }

    fn take(order: &mut Order, seq: u32, text: &str, out: &mut Out<'_>) {
        order.take(SeqNo(seq), text.as_bytes(), text.len() as u32, false, out).unwrap();
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
            order.take(SeqNo(5), b"ab", 4, false, out).unwrap();
            take(order, 10, "x", out);
            order.end(out).unwrap();
        });
        assert_eq!(text, "ab[2][1]x");
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut handed = 0;
        let mut order = Order::default();
        let chunk = vec![0; 1 << 16];
        for n in 0..200u32 {
            let mut out = |piece: Piece<'_>| {
                handed += usize::from(matches!(piece, Piece::Bytes(_)));
                Ok(())
            };
            let seq = if n == 0 { 0 } else { 1_000_000 + (n << 17) };
            order.take(SeqNo(seq), &chunk, 1 << 16, false, &mut out).unwrap();
        }
        assert!(order.waiting <= MOST_WAITING && handed > 100);
    }
}
