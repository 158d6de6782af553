//! Students' answers, compared with what their capture proves. What is wrong gets the misconception that leads to
//! it; prose is not graded.

mod filter;
mod places;
mod questions;
mod sheet;
mod words;
mod write;

pub use sheet::{ADDRESSES, FILTER, Section, read, template};
pub use write::{Graded as Row, text};

use crate::lab::answer::Report;
use crate::lab::definition::Lab;
use crate::lab::definition::misconception::{About, Amounts, Misconception, Sign, Task};

/// What is said about one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It says what the capture shows.
    Right,
    /// It says something else.
    Wrong,
    /// What it says is right, but not all that is asked for.
    Incomplete,
    /// Nothing was written.
    Empty,
    /// Neither right nor wrong could be read out of it.
    Unclear,
    /// The capture does not show it, so it is not graded.
    CannotTell,
    /// Prose: somebody has to read it.
    ByHand,
}

impl Mark {
    /// All marks, in the order in which they are counted.
    pub const ALL: [Mark; 7] = [
        Mark::Right,
        Mark::Wrong,
        Mark::Incomplete,
        Mark::Empty,
        Mark::Unclear,
        Mark::CannotTell,
        Mark::ByHand,
    ];

    /// The words for it, as in the text and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Mark::Right => "right",
            Mark::Wrong => "wrong",
            Mark::Incomplete => "incomplete",
            Mark::Empty => "empty",
            Mark::Unclear => "unclear",
            Mark::CannotTell => "cannot tell",
            Mark::ByHand => "read it",
        }
    }

    /// Whether the student has to do something about it.
    pub fn fails(self) -> bool {
        matches!(self, Mark::Wrong | Mark::Incomplete | Mark::Empty)
    }
}

/// One answer and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graded {
    /// Label of the question, or [`ADDRESSES`] or [`FILTER`].
    pub id: String,
    /// The verdict.
    pub mark: Mark,
    /// Why, in a sentence without the answer. Nothing in it comes from the student's text unescaped.
    pub says: String,
    /// Names of the misconceptions behind it, each with what is said about it.
    pub hints: Vec<(String, String)>,
    /// What to look for in its prose.
    pub points: Vec<String>,
    /// The answer itself, where it was asked for and not given.
    pub answer: Option<String>,
}

/// What one of the comparisons found.
struct Finding {
    mark: Mark,
    says: String,
    /// Numbers that are not right.
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

/// Compares answers with the capture that `report` is about. `reveal` adds the right answers.
pub fn grade(lab: &Lab, port: u16, report: &Report, sections: &[Section], reveal: bool) -> Vec<Graded> {
    let of = |id: &str| sections.iter().find(|s| s.id == id);
    let mut all = Vec::new();
    let tasks = [
        (ADDRESSES, Task::Addresses, places::grade as fn(&Report, &Section) -> Finding),
        (FILTER, Task::Filter, filter::grade),
    ];
    for (id, task, judge) in tasks {
        let empty = Section::default();
        let finding = judge(report, of(id).unwrap_or(&empty));
        let mut graded = graded(lab, id, About::Task(task), finding, of(id));
        if reveal && graded.mark != Mark::Right {
            graded.answer = match task {
                Task::Addresses => places::answer(report),
                Task::Filter => filter::answer(report, port),
            };
        }
        all.push(graded);
    }
    for question in &lab.questions {
        let section = of(&question.id).filter(|s| !s.is_empty());
        let finding = match section {
            None => Finding::new(Mark::Empty, "nothing is written below this heading."),
            Some(section) => questions::grade(question.analysis, port, report, &section.text),
        };
        let mut graded = graded(lab, &question.id, About::Question(question.analysis), finding, section);
        if section.is_some() {
            graded.points.clone_from(&question.points);
        }
        if reveal && graded.mark != Mark::Right {
            graded.answer = report.answers.iter().find(|a| a.id == question.id).map(|a| a.answer.clone());
        }
        all.push(graded);
    }
    all
}

fn graded(lab: &Lab, id: &str, about: About, finding: Finding, section: Option<&Section>) -> Graded {
    let Finding { mut mark, mut says, wrong, amounts, signs } = finding;
    let text = section.map_or("", |s| s.text.as_str());
    let sentences: Vec<&str> = text.split(['.', '!', '?', ';', '\n']).collect();
    let told = |m: &Misconception| sentences.iter().any(|s| m.is_said(s));
    let known: Vec<&Misconception> = lab.misconceptions.iter().filter(|m| m.about == about).collect();
    let shown = |m: &Misconception| {
        wrong.iter().any(|n| m.numbers.iter().any(|a| a.is(*n, &amounts)))
            || m.signs.iter().any(|s| signs.contains(s))
    };
    if matches!(mark, Mark::Right | Mark::Incomplete) && known.iter().any(|m| told(m)) {
        says = match mark {
            Mark::Right => "what the capture shows is named, but the explanation is not right.".into(),
            _ => format!("{says} And the explanation is not right."),
        };
        mark = Mark::Wrong;
    }
    let grades = !matches!(mark, Mark::CannotTell | Mark::Empty);
    let hints = known.into_iter().filter(|m| grades && (told(m) || shown(m)));
    Graded {
        id: id.into(),
        mark,
        says,
        hints: hints.map(|m| (m.id.clone(), m.hint.clone())).collect(),
        points: Vec::new(),
        answer: None,
    }
}
