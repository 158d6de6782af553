//! Agreement in figures, and the disagreements by cause.

use super::kept::Kept;
use std::collections::BTreeMap;
use std::fmt;

/// A value in which the two programs differ.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// What was compared: a column, `fields`, `filters`, `details`, `bytes`.
    pub category: &'static str,
    /// The cause: a field, a filter, the label of a line.
    pub cause: String,
    /// The capture.
    pub file: String,
    /// The frame in `file`; 0 for the capture as a whole.
    pub frame: u64,
    /// labkit's text.
    pub ours: String,
    /// tshark's text.
    pub theirs: String,
}

/// The result of comparing some captures.
#[derive(Default, Debug)]
pub(crate) struct Report {
    file: String,
    /// Agreements and comparisons of each category.
    tally: BTreeMap<&'static str, (u64, u64)>,
    differences: Vec<Difference>,
}

/// Disagreements that `kept.txt` does not list.
pub(crate) struct Left(Vec<Difference>);

impl Report {
    /// An empty report on the capture of this name.
    pub(crate) fn of(file: String) -> Report {
        Report { file, ..Report::default() }
    }

    /// Counts `n` agreements.
    pub(crate) fn agree(&mut self, category: &'static str, n: u64) {
        let (same, all) = self.tally.entry(category).or_default();
        *same += n;
        *all += n;
    }

    /// Compares two texts, and counts an agreement or adds a disagreement.
    pub(crate) fn compare(
        &mut self,
        category: &'static str,
        cause: &str,
        frame: u64,
        ours: &str,
        theirs: &str,
    ) {
        if ours == theirs {
            return self.agree(category, 1);
        }
        self.tally.entry(category).or_default().1 += 1;
        self.differences.push(Difference {
            category,
            cause: cause.to_owned(),
            file: self.file.clone(),
            frame,
            ours: ours.to_owned(),
            theirs: theirs.to_owned(),
        });
    }

    /// Adds another capture's report.
    pub(crate) fn add(&mut self, other: Report) {
        for (category, (same, all)) in other.tally {
            let sum = self.tally.entry(category).or_default();
            sum.0 += same;
            sum.1 += all;
        }
        self.differences.extend(other.differences);
    }

    /// Removes the disagreements in some frames of a capture.
    pub(crate) fn pass_over(&mut self, file: &str, frames: std::ops::RangeInclusive<u64>) {
        self.differences.retain(|d| d.file != file || !frames.contains(&d.frame));
    }

    /// The disagreements that `kept` does not list.
    pub(crate) fn without(&self, kept: &mut Kept) -> Left {
        Left(self.differences.iter().filter(|d| !kept.has(d)).cloned().collect())
    }
}

/// `source  20/20` for each category.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (category, (same, all)) in &self.tally {
            let percent = 100.0 * *same as f64 / (*all).max(1) as f64;
            writeln!(f, "{category:<12} {same}/{all} ({percent:.2} %)")?;
        }
        Ok(())
    }
}

impl Left {
    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many disagreements there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Each cause with its disagreements, the most frequent first.
impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = std::env::var("LABKIT_SHOW").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
        let mut causes: BTreeMap<(&str, &str), Vec<&Difference>> = BTreeMap::new();
        for d in &self.0 {
            causes.entry((d.category, &d.cause)).or_default().push(d);
        }
        let mut causes: Vec<_> = causes.into_iter().collect();
        causes.sort_by_key(|((category, _), list)| (*category, std::cmp::Reverse(list.len())));
        for ((category, cause), list) in causes {
            writeln!(f, "{category}: {cause}: {}", list.len())?;
            for d in list.iter().take(shown) {
                writeln!(
                    f,
                    "    {} {}\n      labkit {}\n      tshark {}",
                    d.file, d.frame, d.ours, d.theirs
                )?;
            }
            if list.len() > shown {
                writeln!(f, "    and {} more", list.len() - shown)?;
            }
        }
        Ok(())
    }
}
