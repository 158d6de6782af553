//! The head of a write-up, for the person who grades it: the author, the requirements that the captures meet, and the
//! answers at a glance.

use crate::lab::answer::{Answer, Report};
use crate::lab::check::answers::{ADDRESSES, FILTER, Graded, score};
use crate::lab::check::{Check, Verdict};
use crate::lab::show::prose;
use crate::text::harmless;

/// The author of a write-up, and its grades.
#[derive(Debug, Default)]
pub struct Head {
    /// Name of the student; `None` if it was not given.
    pub name: Option<String>,
    /// Name of the course; `None` if it was not given.
    pub course: Option<String>,
    /// Further lines below the name.
    pub lines: Vec<String>,
    /// For each capture, the verdicts on the lab's requirements.
    pub checks: Vec<Vec<Check>>,
    /// The student's own answers; `None` without a sheet.
    pub answers: Option<Answers>,
}

/// A student's answers, and whether to show how they were graded.
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
    /// The confidence of the answer, in words.
    pub(super) confidence: &'r str,
    /// The verdict on the student's answer; `None` if verdicts are not shown or there is no answer.
    pub(super) verdict: Option<&'static str>,
}

impl Head {
    /// Name, course and further lines, as far as they were given, escaped for output.
    pub(super) fn who(&self) -> Vec<String> {
        let given = self.name.iter().chain(&self.course).chain(&self.lines);
        given.map(|line| harmless(line.trim())).filter(|line| !line.is_empty()).collect()
    }

    /// The student's answer to a question with its verdict; `None` if there is none.
    pub(super) fn graded(&self, id: &str) -> Option<&Graded> {
        self.answers.as_ref()?.graded.iter().find(|g| g.id == id)
    }

    /// Whether verdicts on answers are shown.
    pub(super) fn has_verdicts(&self) -> bool {
        self.answers.as_ref().is_some_and(|answers| answers.verdicts)
    }

    /// A sentence on how many answers are right and how many can be scored; `None` if verdicts are not shown.
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

    /// The student's answers that belong to no answer of the report: prose, addresses, the filter.
    pub(super) fn others(&self, report: &Report) -> Vec<&Graded> {
        let told = |g: &&Graded| !prose::told(report).any(|a| a.id == g.id);
        self.answers.iter().flat_map(|answers| &answers.graded).filter(told).collect()
    }
}

/// The heading of a part of a sheet.
pub(super) fn heading(id: &str) -> &str {
    match id {
        ADDRESSES => super::words::ADDRESSES,
        FILTER => super::words::A_FILTER,
        id => id,
    }
}

/// The lines that a student wrote, escaped for output.
pub(super) fn words(graded: &Graded) -> Vec<String> {
    let lines = graded.wrote.lines().map(|line| harmless(line.trim_end()));
    lines.skip_while(String::is_empty).collect()
}

/// The number of requirements with each verdict, such as `9 met, 1 not met`.
pub(super) fn tally(checks: &[Check]) -> String {
    let all = [Verdict::Met, Verdict::NotMet, Verdict::CannotTell];
    let counts = all.map(|v| (checks.iter().filter(|c| c.verdict == v).count(), v.name()));
    let said: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {name}")).collect();
    said.join(", ")
}
