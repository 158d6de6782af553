//! The segments of one conversation, in bounded memory.

use crate::conversation::stream::News;
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::Segment;

/// The segments of one conversation in the order of the capture. A long conversation keeps its beginning, its end,
/// and the remarkable segments between: SYN, FIN and RST, retransmissions and copies, and the first and last payload
/// of each side. The others are counted, and each kept segment has the counts of those before it.
#[derive(Clone, Debug)]
pub struct Segments {
    kept: Vec<Segment>,
    most: usize,
    total: usize,
    tally: Tally,
    /// Position of each end's last segment, and of its last one with new payload.
    last: [[usize; 2]; 2],
}

/// Numbers of segments by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Segments with new payload, by the end that sent them.
    pub parts: [u32; 2],
    /// Segments with nothing new, without the copies.
    pub repeats: u32,
    /// Frames that are copies of earlier ones.
    pub copies: u32,
}

impl Segments {
    /// An empty list that keeps at most `most` segments, but never fewer than 64.
    pub fn new(most: usize) -> Segments {
        let last = [[usize::MAX; 2]; 2];
        Segments { kept: Vec::new(), most: most.max(64), total: 0, tally: Tally::default(), last }
    }

    /// Adds the next segment, and fills in its position and the counts before it.
    pub(super) fn push(&mut self, mut s: Segment) {
        if self.kept.len() == self.most {
            self.thin();
        }
        s.position = self.total;
        s.before = self.tally;
        let [last, last_part] = &mut self.last;
        last[s.from] = s.position;
        if s.news.has(News::DATA) {
            self.tally.parts[s.from] += 1;
            last_part[s.from] = s.position;
        }
        if s.is_copy() {
            self.tally.copies += 1;
        } else if s.news.has(News::REPEAT) {
            self.tally.repeats += 1;
        }
        self.total += 1;
        self.kept.push(s);
    }

    /// Drops segments to make room: half of `most` stays for the beginning, an eighth for the end, and an eighth for
    /// the remarkable segments between.
    fn thin(&mut self) {
        let (head, tail) = (self.most / 2, self.total - self.most / 8);
        let mut room = self.most / 8;
        let marks = self.last;
        self.kept.retain(|s| {
            let stands_out = s.is(Flags::SYN) || s.is(Flags::FIN) || s.is(Flags::RST) || s.is_first_part();
            let special = stands_out || s.news.has(News::REPEAT) || s.is_copy();
            if s.position < head || s.position >= tail || marks.iter().flatten().any(|m| *m == s.position) {
                return true;
            }
            let keep = special && room > 0;
            room -= usize::from(keep);
            keep
        });
    }

    /// The segment at a position; `None` if it was not kept.
    pub fn at(&self, position: usize) -> Option<&Segment> {
        // In a conversation that is kept whole, position and index are equal.
        let here = self.kept.get(position).filter(|s| s.position == position);
        here.or_else(|| {
            let index = self.kept.binary_search_by_key(&position, |s| s.position).ok()?;
            self.kept.get(index)
        })
    }

    /// Makes another segment the one with the first FIN of its direction, because the first FIN was not genuine.
    pub(super) fn move_fin(&mut self, from: usize, to: Option<usize>) {
        let mut fewer = 0;
        for s in &mut self.kept {
            s.before.repeats = s.before.repeats.saturating_sub(fewer);
            if s.position == from {
                s.news = s.news.without(News::FIN);
            }
            if Some(s.position) == to {
                fewer = u32::from(s.news.has(News::REPEAT));
                s.news = s.news.without(News::REPEAT).with(News::FIN);
            }
        }
        self.tally.repeats = self.tally.repeats.saturating_sub(fewer);
    }

    /// The kept segments.
    pub fn iter(&self) -> std::slice::Iter<'_, Segment> {
        self.kept.iter()
    }

    /// The kept segments before a position.
    pub fn before(&self, position: usize) -> std::slice::Iter<'_, Segment> {
        let end = self.kept.partition_point(|s| s.position < position);
        self.kept.get(..end).unwrap_or_default().iter()
    }

    /// Number of segments, kept or not.
    pub fn count(&self) -> usize {
        self.total
    }

    /// Number of segments that were not kept.
    pub fn left_out(&self) -> usize {
        self.total - self.kept.len()
    }

    /// The counts of all segments.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// The counts of the segments before the first kept one at or after a position; of all segments if there is none.
    pub fn tally_before(&self, position: usize) -> Tally {
        let at = self.kept.partition_point(|s| s.position < position);
        self.kept.get(at).map_or(self.tally, |s| s.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::evidence::handmade::Wire;

    /// A conversation of `parts` segments of payload, each acknowledged, and one retransmission.
    fn long(parts: u32, most: usize) -> Segments {
        let mut wire = Wire::new();
        wire.open();
        for i in 0..parts {
            wire.c("PA", 1 + i * 4, 1, b"abcd").s("A", 1, 5 + i * 4, b"");
            if i == parts / 2 {
                wire.c("PA", 1 + i * 4, 1, b"abcd");
            }
        }
        let end = parts * 4;
        wire.s("PA", 1, 1 + end, b"#<<END>>#").c("A", 1 + end, 10, b"").close(end);
        let all = wire.evidence().conversations.remove(0).segments;
        let mut some = Segments::new(most);
        all.iter().for_each(|s| some.push(*s));
        some
    }

    #[test]
    fn a_short_conversation_is_kept_whole() {
        let s = long(20, 64);
        assert_eq!((s.count(), s.left_out(), s.iter().count()), (49, 0, 49));
        assert!((0..49).all(|p| s.at(p).unwrap().position == p) && s.at(49).is_none());
    }

    #[test]
    fn of_a_long_one_the_ends_and_what_stands_out_are_kept_and_all_are_counted() {
        let s = long(600, 64);
        // Three to open, 1,200 and a repeat, receipt and ACK, three to close.
        assert_eq!((s.count(), s.tally().parts, s.tally().repeats), (1209, [600, 1], 1));
        assert!(s.iter().count() <= 64 && s.left_out() > 1100, "{}", s.left_out());
        assert!((0..32).chain(1203..1209).all(|p| s.at(p).is_some_and(|s| s.position == p)));
        let again = s.iter().find(|s| s.news.has(News::REPEAT)).unwrap();
        assert_eq!((again.position, again.before.parts), (605, [301, 0]));
        let receipt = s.at(1204).unwrap();
        assert_eq!((receipt.before.parts, receipt.before.repeats), ([600, 0], 1));
        assert_eq!(s.tally_before(1204), receipt.before);
        assert_eq!(s.before(40).count(), s.iter().filter(|s| s.position < 40).count());
    }

    #[test]
    fn what_stands_out_is_bounded_too() {
        let mut wire = Wire::new();
        wire.open();
        for _ in 0..2000 {
            wire.c("PA", 1, 1, b"again");
        }
        let all = wire.evidence().conversations.remove(0).segments;
        let mut some = Segments::new(64);
        all.iter().for_each(|s| some.push(*s));
        assert!(some.iter().count() <= 64);
        assert_eq!((some.count(), some.tally().repeats + some.tally().copies), (2003, 1999));
    }
}
