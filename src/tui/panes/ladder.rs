//! The pane with the ladder of the exchanges: an arrow for each packet, one end on the left, the other on the right.

use super::{Kind, Line, Look, Pane};
use crate::lab::answer::{self, Capture};
use crate::lab::definition::Lab;
use crate::lab::evidence::collect::Collector;
use crate::tui::origin::Origin;
use crate::tui::state::Exchanges;
use crate::view::flow::{Arrow, Ladder, Row};
use unicode_width::UnicodeWidthStr as _;

/// Reads a capture for the lab's exchanges.
pub(crate) fn exchanges(origin: &Origin, lab: &Lab) -> Result<answer::Report, String> {
    use crate::capture::Source as _;
    let port = lab.communicator.port;
    let mut collector = Collector::new(port);
    let source = super::read(origin, &mut collector)?;
    let names = source.info().names.iter().map(|(ip, name)| (*ip, name.clone())).collect();
    let capture = Capture { name: origin.name().to_owned(), evidence: collector.into_evidence(), names };
    Ok(answer::report(lab, port, vec![capture], (None, None)))
}

/// Makes the pane, with the cursor at the first packet from `no` on.
pub(crate) fn make(exchanges: &Exchanges, port: u16, no: u32) -> Pane {
    let mut lines: Vec<Line> = Vec::new();
    for ladder in &exchanges.ladders {
        add(ladder, &mut lines);
    }
    if lines.is_empty() {
        let text = format!("This capture holds no TCP traffic of the lab's port, {port}.");
        lines.push(Line::new(text, Look::Faint));
    }
    let mut pane = Pane::new(Kind::Ladder, "Ladder", lines);
    let at = pane.lines.iter().position(|line| line.frame.is_some_and(|frame| frame >= no));
    pane.scroll.cursor = at.unwrap_or(0);
    pane
}

fn add(ladder: &Ladder, lines: &mut Vec<Line>) {
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    lines.push(Line::new(&ladder.title, Look::Head));
    let [left, right] = &ladder.ends;
    let end = |end: &crate::view::flow::End| format!("{} {}", end.name, end.address);
    let (left, right) = (end(left), end(right));
    let gap = (INNER + 2).saturating_sub(left.width() + right.width()).max(1);
    lines.push(Line::new(format!("{:>5}  {left}{}{right}", "No.", " ".repeat(gap)), Look::Faint));
    for row in &ladder.rows {
        match row {
            Row::Phase(name) => lines.push(Line::new(format!("{:>5}  {name}", ""), Look::Faint)),
            Row::LeftOut(text) => lines.push(Line::new(format!("{:>5}  {text}", ""), Look::Faint)),
            Row::Arrow(arrow) => add_arrow(arrow, lines),
        }
    }
    lines.extend(ladder.notes.iter().map(|note| Line::new(note, Look::Faint)));
}

/// Columns between the two ends, so that a ladder fits into 60 columns.
const INNER: usize = 50;

fn add_arrow(arrow: &Arrow, lines: &mut Vec<Line>) {
    let mut label: String = arrow.label.chars().take(INNER - 8).collect();
    if label.len() < arrow.label.len() {
        label.push('…');
    }
    let rest = INNER.saturating_sub(label.chars().count() + 4);
    let (before, after) = ("─".repeat(rest / 2), "─".repeat(rest - rest / 2));
    let drawn = if arrow.rightwards {
        format!("├{before} {label} {after}▶")
    } else {
        format!("◀{before} {label} {after}┤")
    };
    let look = match (arrow.marks.is_empty(), arrow.rightwards) {
        (false, _) => Look::Wrong,
        (true, true) => Look::One,
        (true, false) => Look::Other,
    };
    lines.push(Line::new(format!("{:>5}  {drawn}", arrow.frame), look).to(arrow.frame));
    if !arrow.payload.is_empty() {
        lines.push(Line::new(format!("{:>5}  │ {}", "", arrow.payload), Look::Plain).to(arrow.frame));
    }
    for mark in &arrow.marks {
        lines.push(Line::new(format!("{:>5}  │ {}", "", mark.text), Look::Faint).to(arrow.frame));
    }
}
