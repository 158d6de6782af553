//! What stands above a write-up for the person who grades it: whose it is, what the captures fulfil, and how each
//! question was answered.

use crate::lab::answer::{Answer, Report};
use crate::lab::check::answers::{ADDRESSES, FILTER, Graded, score};
use crate::lab::check::{Check, Verdict};
use crate::lab::show::prose;
use crate::text::harmless;

/// Whose write-up it is, and how it was graded.
#[derive(Debug, Default)]
pub struct Head {
    /// The student.
    pub name: Option<String>,
    /// The course.
    pub course: Option<String>,
    /// Further lines.
    pub lines: Vec<String>,
    /// Of each capture the requirements of the lab.
    pub checks: Vec<Vec<Check>>,
    /// The student's own answers.
    pub answers: Option<Answers>,
}

/// The answers of a student beside what the captures prove.
#[derive(Debug)]
pub struct Answers {
    /// Each answer with its verdict.
    pub graded: Vec<Graded>,
    /// Whether the verdicts are shown.
    pub verdicts: bool,
}

/// One question in the overview.
pub(super) struct Glance<'r> {
    /// The question's label.
    pub(super) id: &'r str,
    /// The first line of the answer.
    pub(super) answer: &'r str,
    /// How sure it is.
    pub(super) confidence: &'r str,
    /// The verdict on the student's answer.
    pub(super) verdict: Option<&'static str>,
}

impl Head {
    /// Name, course and further lines, as far as they were given, ready to be shown.
    pub(super) fn who(&self) -> Vec<String> {
        let given = self.name.iter().chain(&self.course).chain(&self.lines);
        given.map(|line| harmless(line.trim())).filter(|line| !line.is_empty()).collect()
    }

    /// What the answer to a question was graded as.
    pub(super) fn graded(&self, id: &str) -> Option<&Graded> {
        self.answers.as_ref()?.graded.iter().find(|g| g.id == id)
    }

    /// Whether verdicts on answers are shown.
    pub(super) fn has_verdicts(&self) -> bool {
        self.answers.as_ref().is_some_and(|answers| answers.verdicts)
    }

    /// How many of the answers that can be scored are right.
    pub(super) fn score(&self) -> Option<String> {
        let answers = self.answers.as_ref().filter(|answers| answers.verdicts)?;
        let (right, scored) = score(&answers.graded);
        Some(super::words::score(right, scored))
    }

    /// A line for each question that has an answer of its own.
    pub(super) fn glances<'r>(&self, report: &'r Report) -> Vec<Glance<'r>> {
        let verdict = |a: &Answer| self.graded(&a.id).filter(|_| self.has_verdicts()).map(|g| g.mark.name());
        let glance = |a: &'r Answer| Glance {
            id: &a.id,
            answer: a.answer.lines().next().unwrap_or(""),
            confidence: &a.sure,
            verdict: verdict(a),
        };
        prose::told(report).map(glance).collect()
    }

    /// What the student wrote that belongs to no answer of the report: prose, addresses, the filter.
    pub(super) fn others(&self, report: &Report) -> Vec<&Graded> {
        let told = |g: &&Graded| !prose::told(report).any(|a| a.id == g.id);
        self.answers.iter().flat_map(|answers| &answers.graded).filter(told).collect()
    }
}

/// What a part of a sheet is called.
pub(super) fn heading(id: &str) -> &str {
    match id {
        ADDRESSES => super::words::ADDRESSES,
        FILTER => super::words::A_FILTER,
        id => id,
    }
}

/// What a student wrote, ready to be shown: lines.
pub(super) fn words(graded: &Graded) -> Vec<String> {
    let lines = graded.wrote.lines().map(|line| harmless(line.trim_end()));
    lines.skip_while(String::is_empty).collect()
}

/// How many requirements have which verdict: `9 met, 1 not met`.
pub(super) fn tally(checks: &[Check]) -> String {
    let all = [Verdict::Met, Verdict::NotMet, Verdict::CannotTell];
    let counts = all.map(|v| (checks.iter().filter(|c| c.verdict == v).count(), v.name()));
    let said: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {name}")).collect();
    said.join(", ")
}
