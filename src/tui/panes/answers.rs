//! The pane with the answers to the lab's questions; each piece of evidence leads to its packet.

use super::{Kind, Line, Look, Pane};
use crate::lab::answer::Report;
use crate::text::harmless;

/// Makes the pane.
pub(crate) fn make(report: &Report) -> Pane {
    let mut lines = Vec::new();
    for answer in &report.answers {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::new(format!("{}  {}", answer.id, harmless(&answer.question)), Look::Head));
        lines.extend(answer.answer.lines().map(|line| Line::new(harmless(line), Look::Plain)));
        lines.push(Line::new(format!("({})", answer.confidence.name()), Look::Faint));
        for proof in &answer.evidence {
            let text = format!("{:>7}  {}", proof.frame, harmless(&proof.why));
            lines.push(Line::new(text, Look::One).to(proof.frame.0));
        }
    }
    lines.extend(report.notes.iter().map(|note| Line::new(harmless(note), Look::Faint)));
    Pane::new(Kind::Answers, "Answers, with the packets that prove them", lines)
}
