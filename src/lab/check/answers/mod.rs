//! Compares students' answers with what their capture proves. A wrong answer gets the misconception that leads to it;
//! prose is not scored.
//!
//! `sheet` finds out which text answers which question, `language` reads sentences, and `judge` compares their claims
//! with the capture.

mod filter;
mod judge;
mod language;
mod places;
mod sheet;
mod write;

pub use sheet::{ADDRESSES, FILTER, FormatError, Section, Sheet, read, template};
pub use write::{Graded as Row, text};

use crate::lab::answer::Report;
use crate::lab::definition::misconception::{About, Amounts, Misconception, Sign, Task};
use crate::lab::definition::{Analysis, Lab, Question};
use judge::Subject;
use language::{Lexicon, Reading, Said};

/// The verdict on one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The answer says all that the question asks for, as the capture shows it, and does not contradict itself.
    Right,
    /// The answer is right in part: something is missing, or one sentence contradicts another.
    Partly,
    /// The facts that it names are right; the reason that it gives is wrong.
    ReasonWrong,
    /// The facts that it names are right; the reason that it gives was not understood.
    ReasonUnread,
    /// The answer says something else than the capture shows.
    Wrong,
    /// Nothing was written.
    Empty,
    /// No claim could be read out of it.
    Unread,
    /// The capture does not show it, so it is not graded.
    CannotTell,
    /// Prose, for a person to read.
    Prose,
}

impl Mark {
    /// All marks, in the order in which they are counted.
    pub const ALL: [Mark; 9] = [
        Mark::Right,
        Mark::Partly,
        Mark::ReasonWrong,
        Mark::ReasonUnread,
        Mark::Wrong,
        Mark::Empty,
        Mark::Unread,
        Mark::CannotTell,
        Mark::Prose,
    ];

    /// Its name, as in the text and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Mark::Right => "right",
            Mark::Partly => "partly",
            Mark::ReasonWrong => "number right, reason wrong",
            Mark::ReasonUnread => "number right, reason unread",
            Mark::Wrong => "wrong",
            Mark::Empty => "empty",
            Mark::Unread => "unread",
            Mark::CannotTell => "cannot tell",
            Mark::Prose => "prose",
        }
    }

    /// Whether the student has to do something about it.
    pub fn fails(self) -> bool {
        matches!(self, Mark::Wrong | Mark::Partly | Mark::ReasonWrong | Mark::Empty)
    }

    /// Whether the answer counts in the score; prose, and what the capture cannot tell, do not.
    pub fn is_scored(self) -> bool {
        !matches!(self, Mark::Prose | Mark::CannotTell | Mark::Unread)
    }
}

/// How many answers are right, and how many can be scored.
pub fn score(all: &[Graded]) -> (usize, usize) {
    let scored = all.iter().filter(|g| !g.prose && g.mark.is_scored()).count();
    (all.iter().filter(|g| g.mark == Mark::Right).count(), scored)
}

/// One answer, and the verdict on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graded {
    /// Label of the question, or [`ADDRESSES`] or [`FILTER`].
    pub id: String,
    /// The verdict.
    pub mark: Mark,
    /// Whether the question asks for prose; then no answer to it is scored, not even an empty one.
    pub prose: bool,
    /// The reason for the verdict, a sentence that does not give the answer away. What it quotes of the student's
    /// text is escaped.
    pub says: String,
    /// What the student wrote, without markup; empty where nothing was found. It is not escaped.
    pub wrote: String,
    /// Names of the misconceptions behind the answer, each with its hint.
    pub hints: Vec<(String, String)>,
    /// Points to look for where the answer is prose.
    pub points: Vec<String>,
    /// The right answer, where it was asked for and the student's is not right.
    pub answer: Option<String>,
}

/// The result of one comparison.
struct Finding {
    mark: Mark,
    says: String,
    /// Numbers in the answer that are wrong.
    wrong: Vec<u64>,
    amounts: Amounts,
    signs: Vec<Sign>,
}

impl Finding {
    fn new(mark: Mark, says: impl Into<String>) -> Finding {
        Finding { mark, says: says.into(), wrong: Vec::new(), amounts: Amounts::default(), signs: Vec::new() }
    }

    fn sign(mut self, sign: Sign) -> Finding {
        self.signs.push(sign);
        self
    }
}

/// Compares the answers of a sheet with the capture that `report` is about: a verdict for each task and question, in
/// order. `reveal` adds the right answers.
pub fn grade(lab: &Lab, port: u16, report: &Report, sheet: &Sheet, reveal: bool) -> Vec<Graded> {
    let (lexicon, said) = (lexicon(lab), Said::of(lab));
    let mut all = Vec::new();
    let empty = Section::default();
    for (id, task) in [(ADDRESSES, Task::Addresses), (FILTER, Task::Filter)] {
        let section = sheet.section(id).unwrap_or(&empty);
        let finding = match task {
            Task::Addresses => places::grade(report, section, &lexicon),
            Task::Filter => filter::grade(report, section),
        };
        let mut graded = graded(lab, id, Some(About::Task(task)), finding, &section.text);
        graded.says = lab.phrases.say(&graded.says);
        if reveal && graded.mark != Mark::Right {
            graded.answer = match task {
                Task::Addresses => places::answer(report),
                Task::Filter => filter::answer(report, port),
            };
        }
        all.push(graded);
    }
    let words = Words { lexicon, said };
    all.extend(
        lab.questions.iter().map(|question| answer(lab, (port, report), sheet, question, &words, reveal)),
    );
    all
}

/// What reading sentences needs: the known words, and the texts that the programs send.
struct Words {
    lexicon: Lexicon,
    said: Said,
}

/// Compares the answer to one question.
fn answer(
    lab: &Lab,
    (port, report): (u16, &Report),
    sheet: &Sheet,
    question: &Question,
    words: &Words,
    reveal: bool,
) -> Graded {
    let section = sheet.section(&question.id).filter(|s| !s.is_empty());
    let text = section.map_or("", |s| s.text.as_str());
    let reading = Reading::of(text, &words.said, &words.lexicon);
    let mut finding = match (section, question.analysis) {
        (None, _) => nothing(sheet, &question.id),
        (Some(_), None) => {
            Finding::new(Mark::Prose, "this question is not scored; the points below are what to look for.")
        }
        // The question in other words than the lab's, and nothing behind it.
        (Some(_), Some(_)) if is_only_asked(&reading, text) => {
            Finding::new(Mark::Empty, "only the question is written.")
        }
        (Some(_), Some(analysis)) => {
            let subject = Subject { port, report, id: &question.id, reading: &reading };
            judge::grade(analysis, &subject)
        }
    };
    // A sentence about another question is not held against this one.
    let is_open = !matches!(finding.mark, Mark::Right | Mark::Prose | Mark::CannotTell);
    let joint = section.is_some_and(|s| s.joint) && is_open;
    if joint {
        finding = Finding::new(Mark::Unread, "one text answers several questions; a person has to read it.");
    }
    let is_settled = joint || matches!(finding.mark, Mark::Empty | Mark::CannotTell | Mark::Right);
    if let (Some(analysis), false) = (question.analysis, is_settled) {
        finding.signs.extend(judge::signs(analysis, &reading));
    }
    let mut graded = graded(lab, &question.id, question.analysis.map(About::Question), finding, text);
    if joint {
        graded.hints.clear();
    }
    graded.says = lab.phrases.say(&graded.says);
    graded.prose =
        matches!(question.analysis, None | Some(Analysis::Syn | Analysis::Disruption | Analysis::Browsing));
    if section.is_some() {
        graded.points.clone_from(&question.points);
    }
    // Without an analysis there are no misconceptions; the definition's first hint takes their place.
    if let Some(hint) = question.hints.first().filter(|_| question.analysis.is_none()) {
        graded.hints.push((question.id.clone(), hint.clone()));
    }
    if reveal && graded.mark != Mark::Right {
        graded.answer = report.answers.iter().find(|a| a.id == question.id).map(|a| a.answer.clone());
    }
    graded
}

/// The built-in words, and those of the lab's definition.
fn lexicon(lab: &Lab) -> Lexicon {
    let more: Vec<(&str, &[String])> =
        lab.vocabulary.iter().map(|(name, words)| (name.as_str(), words.as_slice())).collect();
    Lexicon::with(&more)
}

/// Whether a text is a question and nothing else. "The guest?" is an answer all the same.
fn is_only_asked(reading: &Reading, text: &str) -> bool {
    let empty = reading.sentences.is_empty() && reading.rows.is_empty();
    empty && text.trim_end().ends_with('?') && text.split_whitespace().count() > 6
}

fn nothing(sheet: &Sheet, id: &str) -> Finding {
    let number: String = id.chars().filter(char::is_ascii_digit).collect();
    let number = if number.is_empty() { id.to_string() } else { number };
    let says = match sheet.has_labels {
        true => format!(
            "nothing is written for it (looked for a line that begins with {id}, Question {number} or {number}.)."
        ),
        false => format!("no heading found: no line begins with {id}, Question {number} or {number}."),
    };
    Finding::new(Mark::Empty, says)
}

fn graded(lab: &Lab, id: &str, about: Option<About>, finding: Finding, text: &str) -> Graded {
    let Finding { mut mark, mut says, wrong, amounts, signs, .. } = finding;
    let sentences: Vec<&str> = text.split(['.', '!', '?', ';', '\n']).collect();
    let stated = |m: &Misconception| sentences.iter().any(|s| m.is_said(s));
    let known: Vec<&Misconception> = lab.misconceptions.iter().filter(|m| Some(m.about) == about).collect();
    let shown = |m: &Misconception| {
        wrong.iter().any(|n| m.numbers.iter().any(|a| a.is(*n, &amounts)))
            || m.signs.iter().any(|s| signs.contains(s))
    };
    if matches!(mark, Mark::Right | Mark::ReasonUnread) && known.iter().any(|m| stated(m)) {
        mark = Mark::ReasonWrong;
        says = "what the capture shows is named, but the reason is not right.".into();
    }
    let names = !matches!(mark, Mark::CannotTell | Mark::Empty | Mark::Right);
    let mut hints: Vec<(String, String)> = Vec::new();
    for m in known.into_iter().filter(|m| names && (stated(m) || shown(m))) {
        if hints.iter().all(|(id, _)| *id != m.id) {
            hints.push((m.id.clone(), m.hint.clone()));
        }
    }
    Graded {
        id: id.into(),
        mark,
        prose: false,
        says,
        wrote: text.trim().into(),
        hints,
        points: Vec::new(),
        answer: None,
    }
}
