//! Writes the verdicts on a capture.

use super::answers::{Graded, Row as AnswerRow};
use super::{Check, Verdict};
use crate::lab::definition::phrases::Phrases;
use serde::Serialize;
use std::io::{self, Write};

/// Writes a line for each requirement; what to do about it ends the line.
///
/// # Errors
/// When `out` cannot be written.
pub fn text(checks: &[Check], phrases: &Phrases, out: &mut dyn Write) -> io::Result<()> {
    for c in checks {
        write!(out, "{:<11}  {}: {}", phrases.say(c.verdict.name()), phrases.say(&c.id), c.says)?;
        if let Some(todo) = &c.todo {
            write!(out, " {} {todo}", phrases.say("To do:"))?;
        }
        writeln!(out)?;
    }
    let count = |v: Verdict| checks.iter().filter(|c| c.verdict == v).count();
    let (met, not, open) = (count(Verdict::Met), count(Verdict::NotMet), count(Verdict::CannotTell));
    let notes = match count(Verdict::Note) {
        0 => String::new(),
        1 => ", 1 note".into(),
        n => format!(", {n} notes"),
    };
    let counts = format!("{met} met, {not} not met, {open} cannot be told{notes}.");
    writeln!(out, "\n{}", phrases.say(&counts))
}

#[derive(Serialize)]
struct Document<'a> {
    lab: &'a str,
    capture: &'a str,
    met: bool,
    checks: Vec<Row<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<Vec<AnswerRow<'a>>>,
}

/// The verdict on a requirement, as JSON has it.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    id: &'a str,
    verdict: &'static str,
    says: &'a str,
    todo: Option<&'a str>,
}

impl<'a> Row<'a> {
    pub(super) fn new(c: &'a Check) -> Row<'a> {
        Row { id: &c.id, verdict: c.verdict.name(), says: &c.says, todo: c.todo.as_deref() }
    }
}

/// Writes one object: `lab`, `capture`, `met` (whether no requirement is "not met") and `checks`, each with `id`,
/// `verdict` (`met`, `not met`, `cannot tell`, `note`), `says` and `todo` (a sentence or null); where a sheet was
/// given, also `answers`, each with `id`, `verdict`, `says`, `misconceptions` and `points`.
///
/// # Errors
/// When `out` cannot be written.
pub fn json(
    lab: &str,
    capture: &str,
    checks: &[Check],
    answers: Option<&[Graded]>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let met = checks.iter().all(|c| c.verdict != Verdict::NotMet);
    let document = Document {
        lab,
        capture,
        met,
        checks: checks.iter().map(Row::new).collect(),
        answers: answers.map(|all| all.iter().map(AnswerRow::from).collect()),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}
