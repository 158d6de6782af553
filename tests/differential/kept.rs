//! Intended differences, from `kept.txt`: place, category, cause, labkit's text, tshark's text and the reason,
//! separated by tabs; in the middle four `*` matches any text.

use super::report::Difference;

/// Where a kept difference occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In `captures/`.
    Captures,
    /// In `captures/` and the recordings, read twice.
    Twice,
    /// In the folder `LABKIT_CORPUS`.
    Corpus,
}

/// The entries for one place, each with how often it occurred.
pub(crate) struct Kept {
    entries: Vec<(Entry, u64)>,
}

struct Entry {
    line: String,
    patterns: [String; 4],
}

impl Kept {
    /// Reads the entries for `place`.
    pub(crate) fn read(place: Place) -> Kept {
        let entries = super::list("differential/kept.txt").into_iter().filter_map(|line| {
            let parts: Vec<_> = line.split('\t').map(str::to_owned).collect();
            let [at, category, cause, ours, theirs, reason] = <[String; 6]>::try_from(parts)
                .unwrap_or_else(|_| panic!("kept.txt: six parts, separated by tabs: {line}"));
            assert!(!reason.is_empty(), "kept.txt: a reason is missing: {line}");
            let here = match at.as_str() {
                "captures" => Place::Captures,
                "twice" => Place::Twice,
                "corpus" => Place::Corpus,
                _ => panic!("kept.txt: the place is captures, twice or corpus: {line}"),
            };
            (here == place).then_some((Entry { line, patterns: [category, cause, ours, theirs] }, 0))
        });
        Kept { entries: entries.collect() }
    }

    /// Whether a difference is intended; counts it if it is.
    pub(crate) fn has(&mut self, d: &Difference) -> bool {
        let texts = [d.category, &d.cause, &d.ours, &d.theirs];
        let fits = |entry: &Entry| entry.patterns.iter().zip(texts).all(|(p, text)| matches(p, text));
        match self.entries.iter_mut().find(|(entry, _)| fits(entry)) {
            Some((_, times)) => {
                *times += 1;
                true
            }
            None => false,
        }
    }

    /// The entries that did not occur.
    pub(crate) fn stale(&self) -> Vec<String> {
        self.entries.iter().filter(|(_, times)| *times == 0).map(|(entry, _)| entry.line.clone()).collect()
    }
}

/// Whether `text` matches `pattern`, in which `*` matches any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(head) else { return false };
    if tail.is_empty() {
        return true;
    }
    rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| matches(tail, &rest[at..]))
}

#[test]
fn a_star_stands_for_any_text() {
    assert!(matches("a*c", "abbc") && matches("*", "") && matches("a*", "a") && matches("*c*", "abcd"));
    assert!(!matches("a*c", "abcd") && !matches("a", "ab"));
}
