//! Writes the verdicts on answers.

use super::{Graded as Verdict, Mark, score};
use crate::lab::definition::phrases::Phrases;
use serde::Serialize;
use std::io::{self, Write};

/// Writes a paragraph for each answer: verdict, hints, points to look for.
///
/// # Errors
/// When `out` cannot be written.
pub fn text(all: &[Verdict], phrases: &Phrases, out: &mut dyn Write) -> io::Result<()> {
    for graded in all {
        writeln!(
            out,
            "{:<11}  {}: {}",
            phrases.say(graded.mark.name()),
            phrases.say(&graded.id),
            graded.says
        )?;
        for (_, hint) in &graded.hints {
            writeln!(out, "             → {hint}")?;
        }
        for point in &graded.points {
            writeln!(out, "             · {point}")?;
        }
        if let Some(answer) = &graded.answer {
            for line in answer.lines() {
                writeln!(out, "             = {line}")?;
            }
        }
    }
    let (right, scored) = score(all);
    let others = Mark::ALL.iter().filter(|m| **m != Mark::Right);
    let counts = others.map(|m| (all.iter().filter(|g| g.mark == *m).count(), m.name()));
    let said: Vec<String> =
        counts.filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {}", phrases.say(name))).collect();
    let others = if said.is_empty() { String::new() } else { format!("; {}", said.join(", ")) };
    writeln!(out, "\n{}", phrases.say(&format!("Answers: {right} of {scored} right{others}.")))
}

/// The verdict on an answer, as JSON has it.
#[derive(Serialize)]
pub struct Graded<'a> {
    id: &'a str,
    verdict: &'static str,
    says: &'a str,
    misconceptions: Vec<Hint<'a>>,
    points: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a str>,
}

#[derive(Serialize)]
struct Hint<'a> {
    id: &'a str,
    hint: &'a str,
}

impl<'a> From<&'a Verdict> for Graded<'a> {
    fn from(graded: &'a Verdict) -> Graded<'a> {
        Graded {
            id: &graded.id,
            verdict: graded.mark.name(),
            says: &graded.says,
            misconceptions: graded.hints.iter().map(|(id, hint)| Hint { id, hint }).collect(),
            points: &graded.points,
            answer: graded.answer.as_deref(),
        }
    }
}
