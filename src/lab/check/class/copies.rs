//! Finds copies among hand-ins: the same recording, even if it was edited, and the same text.

use crate::lab::answer::Report;
use crate::lab::evidence::exchange::Exchange;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::Hasher as _;

/// TCP segments that two recordings must share to count as the same; by chance they share none.
const SHARED: usize = 2;
/// Words in a run, the unit in which texts are compared.
const RUN: usize = 4;
/// Runs that a text must have to be compared: shorter ones can be alike by chance.
const FEWEST_RUNS: usize = 40;
/// Share of equal runs above which two texts are near copies, in percent.
const NEAR: usize = 60;

/// Fingerprints of a hand-in.
#[derive(Clone, Debug, Default)]
pub(super) struct Prints {
    /// Hash of the bytes of the capture's file.
    pub(super) bytes: Option<u64>,
    /// Hash of all its packets, in order.
    pub(super) packets: Option<u64>,
    /// Hashes of its segments' raw sequence and acknowledgement numbers and lengths, which stay the same where times,
    /// addresses, order or frame numbers are changed.
    segments: FxHashSet<u64>,
    /// Hashes of the runs of [`RUN`] words in the answers.
    runs: FxHashSet<u64>,
    text: Option<u64>,
}

impl Prints {
    /// Adds the capture's segments.
    pub(super) fn capture(&mut self, report: &Report) {
        self.segments.extend(report.exchanges.iter().flat_map(segments));
    }

    /// Adds the answers' words.
    pub(super) fn answers(&mut self, words: &[String]) {
        self.runs.extend(words.windows(RUN).map(hash));
        self.text = (self.runs.len() >= FEWEST_RUNS).then(|| hash(words));
    }
}

fn hash<T: std::hash::Hash + ?Sized>(what: &T) -> u64 {
    let mut hasher = FxHasher::default();
    what.hash(&mut hasher);
    hasher.finish()
}

/// Hashes of the segments of a connection that have both numbers, that is, the flag ACK.
fn segments(x: &Exchange) -> Vec<u64> {
    let known = x.conversation.segments.iter().filter(|s| s.is(crate::dissect::protocols::tcp::Flags::ACK));
    known.map(|s| hash(&(s.seq, s.ack, s.len))).collect()
}

/// Hand-ins that have something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What all of them share: `same file`, `same packets`, `same recording`, `same text` or `nearly the same text`.
    pub kind: &'static str,
    /// Their names.
    pub members: Vec<String>,
}

/// The groups of hand-ins with something in common, those of captures first.
pub(super) fn groups(all: &[(String, Prints)]) -> Vec<Group> {
    let mut captures = Sets::new(all.len());
    captures.join_equal(all, |p| p.bytes);
    captures.join_equal(all, |p| p.packets);
    captures.join_sharing(all, |p| &p.segments, |shared, _, _| shared >= SHARED);
    let mut texts = Sets::new(all.len());
    texts.join_equal(all, |p| p.text);
    texts.join_sharing(
        all,
        |p| &p.runs,
        |shared, a, b| a.min(b) >= FEWEST_RUNS && shared * 100 >= NEAR * a.max(b),
    );
    let same = |of: &dyn Fn(&Prints) -> Option<u64>, members: &[usize]| {
        let mut values = members.iter().filter_map(|i| all.get(*i)).map(|(_, p)| of(p));
        let first = values.next().flatten();
        first.is_some() && values.all(|v| v == first)
    };
    let named = |kind, members: &[usize]| Group {
        kind,
        members: members.iter().filter_map(|i| all.get(*i)).map(|(name, _)| name.clone()).collect(),
    };
    let mut found: Vec<Group> = Vec::new();
    for members in captures.groups() {
        let kind = match (same(&|p| p.bytes, &members), same(&|p| p.packets, &members)) {
            (true, _) => "same file",
            (_, true) => "same packets",
            _ => "same recording",
        };
        found.push(named(kind, &members));
    }
    for members in texts.groups() {
        let kind = if same(&|p| p.text, &members) { "same text" } else { "nearly the same text" };
        found.push(named(kind, &members));
    }
    found
}

/// Disjoint sets of hand-ins.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Sets {
        Sets((0..count).collect())
    }

    fn top(&self, mut i: usize) -> usize {
        while let Some(up) = self.0.get(i).filter(|up| **up != i) {
            i = *up;
        }
        i
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.top(a), self.top(b));
        if let Some(up) = self.0.get_mut(a.max(b)) {
            *up = a.min(b);
        }
    }

    fn join_equal(&mut self, all: &[(String, Prints)], of: impl Fn(&Prints) -> Option<u64>) {
        let mut first: FxHashMap<u64, usize> = FxHashMap::default();
        for (i, (_, prints)) in all.iter().enumerate() {
            if let Some(value) = of(prints) {
                let with = *first.entry(value).or_insert(i);
                self.join(with, i);
            }
        }
    }

    /// Joins hand-ins that share enough values; `enough` gets how many they share, and how many each has.
    fn join_sharing(
        &mut self,
        all: &[(String, Prints)],
        of: impl Fn(&Prints) -> &FxHashSet<u64>,
        enough: impl Fn(usize, usize, usize) -> bool,
    ) {
        let mut holders: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
        for (i, (_, prints)) in all.iter().enumerate() {
            let mut shared: FxHashMap<usize, usize> = FxHashMap::default();
            for value in of(prints) {
                let known = holders.entry(*value).or_default();
                known.iter().for_each(|j| *shared.entry(*j).or_default() += 1);
                known.push(i);
            }
            let own = of(prints).len();
            for (j, count) in shared {
                let other = all.get(j).map_or(0, |(_, p)| of(p).len());
                if enough(count, other, own) {
                    self.join(j, i);
                }
            }
        }
    }

    /// The sets of two or more, in the order of their first members.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut all: Vec<Vec<usize>> = vec![Vec::new(); self.0.len()];
        for i in 0..self.0.len() {
            if let Some(set) = all.get_mut(self.top(i)) {
                set.push(i);
            }
        }
        all.retain(|set| set.len() > 1);
        all
    }
}
