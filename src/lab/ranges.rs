//! Which bytes of a stream a capture holds.

/// A set of byte offsets, kept as sorted ranges that do not touch each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(i64, i64)>);

impl Ranges {
    /// Adds the offsets from `start` to `end` (excluded); how many of them were new.
    pub fn add(&mut self, start: i64, end: i64) -> i64 {
        if start >= end {
            return 0;
        }
        let first = self.0.partition_point(|r| r.1 < start);
        let last = self.0.partition_point(|r| r.0 <= end);
        let Some(touched) = self.0.get(first..last).filter(|t| !t.is_empty()) else {
            self.0.insert(first, (start, end));
            return end - start;
        };
        let old: i64 = touched.iter().map(|r| r.1 - r.0).sum();
        let low = touched.first().map_or(start, |r| r.0.min(start));
        let high = touched.last().map_or(end, |r| r.1.max(end));
        self.0.splice(first..last, [(low, high)]);
        high - low - old
    }

    /// The lowest offset.
    pub fn low(&self) -> Option<i64> {
        self.0.first().map(|r| r.0)
    }

    /// One past the highest offset.
    pub fn high(&self) -> Option<i64> {
        self.0.last().map(|r| r.1)
    }

    /// How many offsets there are.
    pub fn total(&self) -> i64 {
        self.0.iter().map(|r| r.1 - r.0).sum()
    }

    /// How many of the offsets from `start` to `end` are not in the set.
    pub fn lacking(&self, start: i64, end: i64) -> i64 {
        let inside = |r: &(i64, i64)| (r.1.min(end) - r.0.max(start)).max(0);
        (end - start).max(0) - self.0.iter().map(inside).sum::<i64>()
    }

    /// The ranges between `start` and `end` that are not in the set.
    pub fn gaps(&self, start: i64, end: i64) -> Vec<(i64, i64)> {
        let mut at = start;
        let mut gaps = Vec::new();
        for &(low, high) in self.0.iter().skip(self.0.partition_point(|r| r.1 <= start)) {
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

    /// Whether `offset` is in the set.
    pub fn has(&self, offset: i64) -> bool {
        let at = self.0.partition_point(|r| r.1 <= offset);
        self.0.get(at).is_some_and(|r| r.0 <= offset)
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
    fn ranges_merge_and_count_only_what_is_new() {
        let mut r = Ranges::default();
        assert_eq!(r.add(10, 20), 10);
        assert_eq!(r.add(30, 40), 10);
        assert_eq!(r.add(15, 35), 10);
        assert_eq!(r.add(0, 10), 10);
        assert_eq!(r.add(0, 40), 0);
        assert_eq!(r, Ranges(vec![(0, 40)]));
        assert_eq!((r.lacking(0, 50), r.has(39), r.has(40)), (10, true, false));
        assert_eq!(r.add(45, 45), 0);
    }
}
