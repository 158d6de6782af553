//! Bytes of a stream by their offsets, which may come in any order.

use super::Ranges;
use std::collections::VecDeque;

/// Bytes by their offsets: which of them frames have carried, which were captured, and those that are kept. The first
/// copy of a byte counts.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    carried: Ranges,
    captured: Ranges,
    /// The kept bytes, each piece with the offset of its first byte; sorted, without overlap. The bytes from the
    /// beginning of the stream to the first gap are one piece; after that, each segment is one.
    kept: VecDeque<(i64, Vec<u8>)>,
    /// The number of kept bytes.
    size: usize,
}

/// What was new among the bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// How many bytes no earlier segment carried.
    pub new: i64,
    /// How many bytes were captured for the first time and are kept.
    pub kept: usize,
}

impl Assembler {
    /// Adds a segment of `len` bytes at the offset `at`, whose first bytes were captured as `bytes`. Those of them
    /// that are new and lie before the offset `until` are kept.
    pub fn add(&mut self, at: i64, bytes: &[u8], len: u32, until: i64) -> Added {
        let new = self.carried.add(at, at + i64::from(len));
        let end = at + bytes.len() as i64;
        let mut kept = 0;
        // Most segments follow all bytes captured before, so that all their bytes are new.
        if self.captured.high().is_none_or(|high| high <= at) {
            kept = self.keep(at, bytes, (at, end.min(until)));
        } else {
            for (from, to) in self.captured.gaps(at, end) {
                kept += self.keep(at, bytes, (from, to.min(until)));
            }
        }
        self.captured.add(at, end);
        Added { new, kept }
    }

    /// Keeps those of `bytes` (which begin at `at`) that lie between two offsets, and returns how many they are.
    fn keep(&mut self, at: i64, bytes: &[u8], (from, to): (i64, i64)) -> usize {
        let place = |offset: i64| usize::try_from(offset - at).unwrap_or(0);
        let Some(new) = bytes.get(place(from)..place(to)).filter(|new| !new.is_empty()) else { return 0 };
        let low = self.carried.low();
        match self
            .kept
            .front_mut()
            .filter(|(start, bytes)| low == Some(*start) && end_of(*start, bytes) == from)
        {
            Some((_, first)) => {
                first.extend_from_slice(new);
                self.size += new.len();
                self.join();
            }
            None => self.put_back(from, new.to_vec()),
        }
        new.len()
    }

    /// Appends to the first piece the pieces that follow it without a gap.
    fn join(&mut self) {
        while let Some(end) = self.kept.front().map(|(start, bytes)| end_of(*start, bytes))
            && self.kept.get(1).is_some_and(|(start, _)| *start == end)
            && let Some((_, next)) = self.kept.remove(1)
            && let Some((_, first)) = self.kept.front_mut()
        {
            first.extend_from_slice(&next);
        }
    }

    /// The offsets of bytes that frames have carried.
    pub fn carried(&self) -> &Ranges {
        &self.carried
    }

    /// The offsets of bytes that were captured, kept or not.
    pub fn captured(&self) -> &Ranges {
        &self.captured
    }

    /// The offset at which the kept bytes from `from` on end, at the first gap; `from` if none is kept there.
    pub fn kept_until(&self, from: i64) -> i64 {
        self.pieces(from).fold(from, |end, bytes| end + bytes.len() as i64)
    }

    /// Up to `len` kept bytes from `from` on; they end at the first gap.
    pub fn bytes(&self, from: i64, len: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(len.min(usize::try_from(self.kept_until(from) - from).unwrap_or(0)));
        for bytes in self.pieces(from) {
            let room = len - out.len();
            out.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
        out
    }

    /// The kept bytes from `from` on, up to the first gap, piece by piece.
    fn pieces(&self, from: i64) -> impl Iterator<Item = &[u8]> {
        let first = self.kept.partition_point(|(start, bytes)| end_of(*start, bytes) <= from);
        let mut next = from;
        self.kept.range(first..).map_while(move |(start, bytes)| {
            let own = bytes.get(usize::try_from(next - start).ok()?..)?;
            next += own.len() as i64;
            Some(own)
        })
    }

    /// The offset of the first kept byte at or after `from`; `None` if there is none.
    pub fn next_kept(&self, from: i64) -> Option<i64> {
        let next = self.kept.partition_point(|(start, bytes)| end_of(*start, bytes) <= from);
        self.kept.get(next).map(|(start, _)| from.max(*start))
    }

    /// How many kept bytes are at or after `from`.
    pub fn waiting(&self, from: i64) -> usize {
        let past = self.kept.iter().take_while(|(start, _)| *start < from);
        let before = |(start, bytes): &(i64, Vec<u8>)| {
            usize::try_from(from - start).map_or(0, |before| before.min(bytes.len()))
        };
        self.size - past.map(before).sum::<usize>()
    }

    /// Takes out the kept bytes at `from` that came in one segment, and drops the bytes before them. Empty if none is
    /// kept there.
    pub fn take_piece(&mut self, from: i64) -> Vec<u8> {
        while let Some((start, bytes)) = self.kept.front()
            && *start <= from
        {
            let (start, end) = (*start, end_of(*start, bytes));
            self.size -= bytes.len();
            let piece = self.kept.pop_front().map(|(_, bytes)| bytes).unwrap_or_default();
            if end > from {
                let old = usize::try_from(from - start).unwrap_or(0);
                return if old == 0 { piece } else { piece.get(old..).unwrap_or_default().to_vec() };
            }
        }
        Vec::new()
    }

    /// Takes out the kept bytes from `from` on, up to the first gap, and drops the bytes before them.
    pub fn take(&mut self, from: i64) -> Vec<u8> {
        let mut taken = self.take_piece(from);
        if self.kept.front().is_some_and(|(start, _)| *start == end_of(from, &taken)) {
            taken.reserve_exact(self.size);
        }
        loop {
            let piece = self.take_piece(end_of(from, &taken));
            if piece.is_empty() {
                return taken;
            }
            taken.extend_from_slice(&piece);
        }
    }

    /// Puts back the bytes that [`Assembler::take`] took out at `from`.
    pub fn put_back(&mut self, from: i64, bytes: Vec<u8>) {
        self.size += bytes.len();
        // Most segments come in order.
        if self.kept.back().is_none_or(|(start, _)| *start < from) {
            self.kept.push_back((from, bytes));
        } else {
            let next = self.kept.partition_point(|(start, _)| *start < from);
            self.kept.insert(next, (from, bytes));
        }
    }

    /// Drops the kept bytes. Which bytes were carried and captured stays known.
    pub fn forget(&mut self) {
        self.kept = VecDeque::new();
        self.size = 0;
    }

    /// How many bytes of memory the kept bytes take, with the list of their pieces.
    pub fn memory(&self) -> usize {
        self.size + self.kept.len() * size_of::<(i64, Vec<u8>)>()
    }
}

/// The offset behind the last byte of a piece.
fn end_of(start: i64, bytes: &[u8]) -> i64 {
    start + bytes.len() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn add(a: &mut Assembler, at: i64, text: &str) -> Added {
        a.add(at, text.as_bytes(), text.len() as u32, i64::MAX)
    }

    fn text(a: &Assembler, from: i64) -> String {
        String::from_utf8(a.bytes(from, 1000)).unwrap()
    }

    #[test]
    fn bytes_come_in_any_order_and_the_first_copy_counts() {
        let mut a = Assembler::default();
        assert_eq!(add(&mut a, 10, "kl"), Added { new: 2, kept: 2 });
        assert_eq!(add(&mut a, 4, "ef"), Added { new: 2, kept: 2 });
        assert_eq!(add(&mut a, 0, "abcdEFgh"), Added { new: 6, kept: 6 });
        assert_eq!((text(&a, 0), text(&a, 5), text(&a, 8)), ("abcdefgh".into(), "fgh".into(), "".into()));
        assert_eq!((a.kept_until(2), a.kept_until(9), a.kept_until(11)), (8, 9, 12));
        assert_eq!((a.next_kept(2), a.next_kept(9), a.next_kept(12)), (Some(2), Some(10), None));
        assert_eq!(add(&mut a, 3, "DEFGHijKLm"), Added { new: 3, kept: 3 });
        assert_eq!((text(&a, 0), a.bytes(1, 3)), ("abcdefghijklm".into(), b"bcd".to_vec()));
        assert_eq!(add(&mut a, 0, "abcdefghijklm"), Added { new: 0, kept: 0 });
    }

    #[test]
    fn what_is_taken_out_is_not_taken_again() {
        let mut a = Assembler::default();
        for (at, text) in [(6, "gh"), (0, "abcd"), (2, "cdef")] {
            add(&mut a, at, text);
        }
        assert_eq!((a.waiting(0), a.waiting(3)), (8, 5));
        assert_eq!((a.take(3), a.take(3)), (b"defgh".to_vec(), Vec::new()));
        assert_eq!((add(&mut a, 0, "abcdefgh").kept, a.memory()), (0, 0));
        a.put_back(3, b"defgh".to_vec());
        add(&mut a, 8, "i");
        assert_eq!(text(&a, 3), "defghi");
    }

    #[test]
    fn bytes_that_the_snapshot_length_cut_are_carried_and_not_captured() {
        let mut a = Assembler::default();
        assert_eq!(a.add(0, b"ab", 4, i64::MAX), Added { new: 4, kept: 2 });
        assert_eq!((a.carried().total(), a.captured().total()), (4, 2));
        assert_eq!(a.add(0, b"ABcd", 4, i64::MAX), Added { new: 0, kept: 2 });
        assert_eq!(text(&a, 0), "abcd");
    }

    #[test]
    fn what_lies_behind_the_bound_is_not_kept_but_known() {
        let mut a = Assembler::default();
        assert_eq!(a.add(0, b"abcdef", 6, 4), Added { new: 6, kept: 4 });
        assert_eq!(a.add(0, b"abcdef", 6, 9), Added { new: 0, kept: 0 });
        assert_eq!((text(&a, 0), a.captured().total()), ("abcd".into(), 6));
    }

    proptest! {
        /// Compares segments in any order, overlapping and cut, with an array that has a cell for each byte.
        #[test]
        fn it_knows_what_an_array_of_bytes_would_know(
            segments in proptest::collection::vec((0..40usize, 0..12usize, 0..4usize), 0..20),
            from in 0..50usize,
        ) {
            let (mut a, mut kept, mut carried) = (Assembler::default(), [None; 64], [false; 64]);
            for (i, (at, len, cut)) in segments.into_iter().enumerate() {
                let bytes = vec![i as u8; len.saturating_sub(cut)];
                let new = carried[at..at + len].iter().filter(|known| !**known).count();
                let free = kept[at..at + bytes.len()].iter().filter(|byte| byte.is_none()).count();
                let added = a.add(at as i64, &bytes, len as u32, i64::MAX);
                prop_assert_eq!(added, Added { new: new as i64, kept: free });
                carried[at..at + len].fill(true);
                kept[at..at + bytes.len()].iter_mut().for_each(|cell| *cell = cell.or(Some(i as u8)));
            }
            let run: Vec<u8> = kept[from..].iter().map_while(|cell| *cell).collect();
            let next = kept[from..].iter().position(Option::is_some).map(|n| (from + n) as i64);
            let (from, behind) = (from as i64, kept[from..].iter().flatten().count());
            prop_assert_eq!((a.bytes(from, 64), a.next_kept(from)), (run.clone(), next));
            prop_assert_eq!((a.kept_until(from), a.waiting(from)), (end_of(from, &run), behind));
            prop_assert_eq!(a.take(from), run.clone());
            prop_assert_eq!((a.waiting(0), a.next_kept(0).is_none_or(|at| at >= end_of(from, &run))), (behind - run.len(), true));
        }
    }
}
