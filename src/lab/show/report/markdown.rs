//! The write-up as Markdown, for a repository or a word processor.

use super::head::{heading, tally, words};
use super::{Document, EXCHANGES};
use crate::lab::definition::roles::Roles;
use crate::lab::evidence::exchange::Exchange;
use crate::lab::show::{flow, prose, tables};
use crate::view::flow::text;
use std::io::{self, Write};

/// Columns of a ladder: what a page of paper has.
const LADDER: usize = 96;

pub(super) fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", prose::escape(document.title))?;
    for line in document.head.who() {
        writeln!(out, "{}  ", prose::escape(&line))?;
    }
    writeln!(out, "\n{}\n", prose::escape(document.report.roles.explanation()))?;
    glance(document, out)?;
    prose::markdown(document.report, out)?;
    handed_in(document, out)?;
    exchanges(document, out)?;
    if let Some((display, capture)) = document.filters() {
        writeln!(out, "\n## Filters\n\n- display filter: `{display}`\n- capture filter: `{capture}`")?;
    }
    writeln!(out, "\n## Captures")?;
    for origin in document.origins {
        writeln!(out, "\n### {}\n", prose::escape(&origin.name))?;
        for (what, text) in origin.facts() {
            writeln!(out, "- {what}: {}", prose::escape(&text))?;
        }
    }
    Ok(())
}

/// A line a question, and what the lab asks of each capture.
fn glance(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let head = &document.head;
    let (rows, verdicts) = (head.glances(document.report), head.has_verdicts());
    if !rows.is_empty() {
        let more = if verdicts { [" Handed in |", " --- |"] } else { ["", ""] };
        writeln!(
            out,
            "| Question | What the capture shows | Confidence |{}\n| --- | --- | --- |{}",
            more[0], more[1]
        )?;
    }
    for row in &rows {
        write!(out, "| {} | {} | {} |", prose::escape(row.id), prose::escape(row.answer), row.confidence)?;
        writeln!(
            out,
            "{}",
            if verdicts { format!(" {} |", row.verdict.unwrap_or("–")) } else { String::new() }
        )?;
    }
    if let Some(score) = head.score() {
        writeln!(out, "\n{score}")?;
    }
    for (checks, origin) in head.checks.iter().zip(document.origins).filter(|(checks, _)| !checks.is_empty())
    {
        writeln!(out, "\n{}: {} of what the lab asks for.\n", prose::escape(&origin.name), tally(checks))?;
        for c in checks {
            let todo = c.todo.as_deref().map_or(String::new(), |todo| format!(" {todo}"));
            let says = prose::escape(&format!("{}: {}{todo}", c.id, c.says));
            writeln!(out, "- **{}** {says}", c.verdict.name())?;
        }
    }
    writeln!(out)
}

/// The student's own words, with what is said about them.
fn handed_in(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(answers) = &document.head.answers else { return Ok(()) };
    writeln!(out, "\n## Handed in")?;
    for graded in &answers.graded {
        writeln!(out, "\n### {}\n", prose::escape(heading(&graded.id)))?;
        let lines = words(graded);
        for line in &lines {
            writeln!(out, "> {}  ", prose::escape(line))?;
        }
        if lines.is_empty() {
            writeln!(out, "Nothing was written.")?;
        }
        if !answers.verdicts {
            continue;
        }
        writeln!(out, "\n**{}** {}", graded.mark.name(), prose::escape(&graded.says))?;
        for (_, hint) in &graded.hints {
            writeln!(out, "\n- Misconception: {}", prose::escape(hint))?;
        }
        for point in &graded.points {
            writeln!(out, "\n- To look for: {}", prose::escape(point))?;
        }
    }
    Ok(())
}

/// The ladder as a block of code, whose fence is longer than any in it.
fn ladder(x: &Exchange, roles: &Roles, out: &mut dyn Write) -> io::Result<()> {
    let mut drawn = Vec::new();
    text::write(&flow::ladder(x, roles), LADDER, false, &mut drawn)?;
    let drawn = String::from_utf8_lossy(&drawn);
    let longest = drawn.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(out, "\n{fence}text\n{}\n{fence}", drawn.trim_end())
}

fn exchanges(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = document.report;
    writeln!(out, "\n## Exchanges")?;
    if report.exchanges.is_empty() {
        writeln!(out, "\nNo TCP traffic of port {}.", document.port)?;
    }
    for x in document.exchanges() {
        let title = tables::title(x, &report.roles, document.capture_of(x));
        writeln!(out, "\n### {}\n", prose::escape(&title))?;
        row(&tables::HEADINGS, out)?;
        row(&["---"; 10], out)?;
        for cells in tables::rows(x, &report.roles) {
            row(&cells.each_ref().map(|cell| prose::escape(cell)), out)?;
        }
        ladder(x, &report.roles, out)?;
        for reason in tables::remarks(x, &report.roles) {
            writeln!(out, "\n{}", prose::escape(&reason))?;
        }
    }
    if let Some(more) = report.exchanges.len().checked_sub(EXCHANGES).filter(|n| *n > 0) {
        writeln!(out, "\n{more} more connections have no table here.")?;
    }
    Ok(())
}

fn row(cells: &[impl AsRef<str>; 10], out: &mut dyn Write) -> io::Result<()> {
    for cell in cells {
        write!(out, "| {} ", cell.as_ref())?;
    }
    writeln!(out, "|")
}
