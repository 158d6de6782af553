//! A set of byte offsets in a stream.

/// The most ranges of one set. If there are more, the gap between the two lowest is closed, so that memory stays
/// bounded.
const MOST: usize = 4096;

/// A set of byte offsets, kept as sorted ranges that do not touch each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    ranges: Vec<(i64, i64)>,
    /// Offsets in the gaps that were closed to bound the memory.
    closed: i64,
}

impl Ranges {
    /// Adds the offsets from `start` to `end` (excluded), and returns how many of them were new.
    pub fn add(&mut self, start: i64, end: i64) -> i64 {
        if start >= end {
            return 0;
        }
        // Most segments follow the segment before.
        if let Some((_, high)) = self.ranges.last_mut().filter(|last| last.1 == start) {
            *high = end;
            return end - start;
        }
        let first = self.ranges.partition_point(|r| r.1 < start);
        let last = self.ranges.partition_point(|r| r.0 <= end);
        let Some(touched) = self.ranges.get(first..last).filter(|t| !t.is_empty()) else {
            self.ranges.insert(first, (start, end));
            self.bound();
            return end - start;
        };
        let old: i64 = touched.iter().map(|r| r.1 - r.0).sum();
        let low = touched.first().map_or(start, |r| r.0.min(start));
        let high = touched.last().map_or(end, |r| r.1.max(end));
        self.ranges.splice(first..last, [(low, high)]);
        high - low - old
    }

    fn bound(&mut self) {
        if self.ranges.len() > MOST
            && let [lowest, next, ..] = self.ranges.as_mut_slice()
        {
            self.closed += next.0 - lowest.1;
            next.0 = lowest.0;
            self.ranges.remove(0);
        }
    }

    /// The lowest offset.
    pub fn low(&self) -> Option<i64> {
        self.ranges.first().map(|r| r.0)
    }

    /// One past the highest offset.
    pub fn high(&self) -> Option<i64> {
        self.ranges.last().map(|r| r.1)
    }

    /// How many offsets there are.
    pub fn total(&self) -> i64 {
        self.ranges.iter().map(|r| r.1 - r.0).sum::<i64>() - self.closed
    }

    /// How many of the offsets from `start` to `end` (excluded) are not in the set.
    pub fn lacking(&self, start: i64, end: i64) -> i64 {
        let inside = |r: &(i64, i64)| (r.1.min(end) - r.0.max(start)).max(0);
        (end - start).max(0) - self.ranges.iter().map(inside).sum::<i64>() + self.closed
    }

    /// The ranges between `start` and `end` (excluded) that are not in the set.
    pub fn gaps(&self, start: i64, end: i64) -> Vec<(i64, i64)> {
        let mut at = start;
        let mut gaps = Vec::new();
        for &(low, high) in self.ranges.iter().skip(self.ranges.partition_point(|r| r.1 <= start)) {
            if low >= end {
                break;
            }
            if at < low {
                gaps.push((at, low));
            }
            at = at.max(high);
        }
        if at < end {
            gaps.push((at, end));
        }
        gaps
    }

    /// The end of the run of offsets that begins at `from`, one past its last offset; `from` if it is not in the set.
    pub fn run(&self, from: i64) -> i64 {
        let at = self.ranges.partition_point(|r| r.1 <= from);
        self.ranges.get(at).filter(|r| r.0 <= from).map_or(from, |r| r.1)
    }

    /// The lowest offset of the set at or after `from`; `None` if there is none.
    pub fn next(&self, from: i64) -> Option<i64> {
        let at = self.ranges.partition_point(|r| r.1 <= from);
        self.ranges.get(at).map(|r| r.0.max(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_what_is_not_in_the_set() {
        let mut r = Ranges::default();
        r.add(10, 20);
        r.add(30, 40);
        assert_eq!(r.gaps(0, 50), [(0, 10), (20, 30), (40, 50)]);
        assert_eq!(r.gaps(12, 18), []);
        assert_eq!(r.gaps(15, 35), [(20, 30)]);
    }

    #[test]
    fn many_gaps_stay_counted_in_bounded_memory() {
        let mut r = Ranges::default();
        for i in 0..10_000 {
            assert_eq!(r.add(i * 10, i * 10 + 4), 4);
        }
        assert_eq!((r.ranges.len(), r.total(), r.low(), r.high()), (MOST, 40_000, Some(0), Some(99_994)));
        assert_eq!(r.lacking(0, 99_994), 9_999 * 6);
    }

    #[test]
    fn ranges_merge_and_count_only_what_is_new() {
        let mut r = Ranges::default();
        assert_eq!(r.add(10, 20), 10);
        assert_eq!(r.add(30, 40), 10);
        assert_eq!(r.add(15, 35), 10);
        assert_eq!(r.add(0, 10), 10);
        assert_eq!(r.add(0, 40), 0);
        assert_eq!(r, Ranges { ranges: vec![(0, 40)], closed: 0 });
        assert_eq!((r.lacking(0, 50), r.run(39), r.run(40)), (10, 40, 40));
        assert_eq!(r.add(60, 70), 10);
        assert_eq!(
            (r.run(5), r.run(40), r.next(5), r.next(41), r.next(70)),
            (40, 40, Some(5), Some(60), None)
        );
        assert_eq!(r.add(45, 45), 0);
    }
}
