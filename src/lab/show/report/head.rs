//! The head of a write-up, for the person who grades it: the author, the requirements that the captures meet, and the
//! answers at a glance.

use super::Document;
use crate::lab::answer::Report;
use crate::lab::check::answers::{ADDRESSES, FILTER, Graded, Mark, score};
use crate::lab::check::{Check, Verdict};
use crate::lab::definition::Role;
use crate::lab::evidence::exchange::Side;
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
    /// The lab's questions: label and text.
    pub questions: Vec<(String, String)>,
    /// Each answer with its verdict.
    pub graded: Vec<Graded>,
    /// Whether the verdicts are shown.
    pub verdicts: bool,
}

/// One line of the overview: a question, or another part of a student's sheet.
pub(super) struct Glance {
    /// The question's label, or the part's.
    pub(super) id: String,
    /// The first line of the answer; empty without one.
    pub(super) answer: String,
    /// The confidence of the answer, in words; empty without an answer.
    pub(super) confidence: String,
    /// The verdict on what the student wrote; `None` if verdicts are not shown or there is no answer.
    pub(super) mark: Option<Mark>,
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

    /// The text of a question that the sheet may answer; nothing for another part of it.
    pub(super) fn question(&self, id: &str) -> Option<&str> {
        let mut all = self.answers.iter().flat_map(|answers| &answers.questions);
        all.find(|(label, _)| label == id).map(|(_, text)| text.as_str())
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

    /// The student's answers that belong to no answer of the report: prose, addresses, the filter.
    pub(super) fn others(&self, report: &Report) -> Vec<&Graded> {
        let silent = prose::silence(report);
        let has_place = |g: &&Graded| {
            prose::answered(report).any(|a| a.id == g.id) || silent.iter().any(|(ids, _)| *ids == g.id)
        };
        self.answers.iter().flat_map(|answers| &answers.graded).filter(|g| !has_place(g)).collect()
    }
}

impl Document<'_> {
    /// A line for each question that has an answer of its own, and with verdicts one for each other part of the sheet.
    pub(super) fn glances(&self) -> Vec<Glance> {
        let mark = |id: &str| self.head.graded(id).filter(|_| self.head.has_verdicts()).map(|g| g.mark);
        let answered = prose::answered(self.report).map(|a| Glance {
            id: a.id.clone(),
            answer: a.answer.lines().next().unwrap_or("").to_owned(),
            confidence: a.sure.clone(),
            mark: mark(&a.id),
        });
        let mut all: Vec<Glance> = answered.collect();
        let graded = self.head.answers.iter().filter(|answers| answers.verdicts).flat_map(|a| &a.graded);
        for other in graded.filter(|g| !prose::answered(self.report).any(|a| a.id == g.id)) {
            let answer = self.shown_for(&other.id).unwrap_or_default();
            let confidence = String::new();
            all.push(Glance { id: other.id.clone(), answer, confidence, mark: Some(other.mark) });
        }
        all
    }

    /// What the captures show about a part of the sheet that is no question: the two addresses, and the filter for them.
    fn shown_for(&self, part: &str) -> Option<String> {
        match part {
            FILTER => self.filters().map(|(display, _)| display),
            ADDRESSES => {
                let x = self.report.exchanges.first()?;
                let roles = &self.report.roles;
                let mut ends = [Side::Client, Side::Server].map(|side| (roles.name(x, side), x.end(side).ip));
                ends.sort_by_key(|(name, _)| *name != Role::Host.name());
                let ends = ends.map(|(name, ip)| format!("{} {ip}", self.say(name)));
                Some(ends.join(", "))
            }
            _ => None,
        }
    }

    /// The heading of a part of a sheet.
    pub(super) fn part(&self, id: &str) -> String {
        self.say(heading(id))
    }

    /// The number of requirements with each verdict, such as `9 met, 1 not met`.
    pub(super) fn tally(&self, checks: &[Check]) -> String {
        let all = [Verdict::Met, Verdict::NotMet, Verdict::CannotTell];
        let counts = all.map(|v| (checks.iter().filter(|c| c.verdict == v).count(), v.name()));
        let said = counts.iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {}", self.say(name)));
        said.collect::<Vec<_>>().join(", ")
    }
}

fn heading(id: &str) -> &str {
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
