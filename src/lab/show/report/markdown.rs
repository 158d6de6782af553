//! The write-up as Markdown, for a repository or a word processor.

use super::head;
use super::{Document, EXCHANGES, words};
use crate::lab::answer::Report;
use crate::lab::check::answers::Mark;
use crate::lab::evidence::exchange::Exchange;
use crate::lab::show::{both, flow, prose, tables};
use crate::view::flow::{Ladder, text};
use std::io::{self, Write};

/// Width of a ladder, in columns, to fit a page of paper.
const LADDER: usize = 96;

pub(super) fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", prose::escape(document.title))?;
    for line in document.head.who() {
        writeln!(out, "{}  ", prose::escape(&line))?;
    }
    writeln!(out, "\n{}\n", prose::escape(&document.say(document.report.roles.explanation())))?;
    glance(document, out)?;
    prose::markdown(document.report, out)?;
    handed_in(document, out)?;
    exchanges(document, out)?;
    if let Some((display, capture)) = document.filters() {
        writeln!(
            out,
            "\n## {}\n\n- {}: `{display}`\n- {}: `{capture}`",
            document.say(words::heading("filters")),
            document.say(words::DISPLAY_FILTER),
            document.say(words::CAPTURE_FILTER)
        )?;
    }
    writeln!(out, "\n## {}", document.say(words::heading("captures")))?;
    for origin in document.origins {
        writeln!(out, "\n### {}\n", prose::escape(&origin.name))?;
        for (what, text) in origin.facts(&|text| document.say(text)) {
            writeln!(out, "- {what}: {}", prose::escape(&text))?;
        }
    }
    Ok(())
}

/// Writes a line for each question, and the requirements on each capture.
fn glance(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let head = &document.head;
    let (rows, verdicts) = (document.glances(), head.has_verdicts());
    if !rows.is_empty() {
        let mut headings =
            [words::QUESTION, words::SHOWS, words::CONFIDENCE].map(|h| document.say(h)).to_vec();
        headings.extend(verdicts.then(|| document.say(words::HANDED_IN)));
        let rule = vec!["---"; headings.len()];
        writeln!(out, "| {} |\n| {} |", headings.join(" | "), rule.join(" | "))?;
    }
    for row in &rows {
        let cells = [&document.part(&row.id), &row.answer, &row.confidence].map(|cell| prose::escape(cell));
        write!(out, "| {} |", cells.join(" | "))?;
        let verdict = |mark: Mark| document.say(mark.name());
        match verdicts {
            true => writeln!(out, " {} |", row.mark.map_or("–".into(), verdict))?,
            false => writeln!(out)?,
        }
    }
    if let Some(score) = head.score() {
        writeln!(out, "\n{}", document.say(&score))?;
    }
    for (checks, origin) in head.checks.iter().zip(document.origins).filter(|(checks, _)| !checks.is_empty())
    {
        writeln!(
            out,
            "\n{}: {}.\n",
            prose::escape(&origin.name),
            document.say(&words::of_what_the_lab_asks(&document.tally(checks)))
        )?;
        for c in checks {
            let todo = c.todo.as_deref().map_or(String::new(), |todo| format!(" {todo}"));
            let says = prose::escape(&format!("{}: {}{todo}", document.say(&c.id), c.says));
            writeln!(out, "- **{}** {says}", document.say(c.verdict.name()))?;
        }
    }
    writeln!(out)
}

/// Writes the student's own words, with verdicts, hints and points.
fn handed_in(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(answers) = &document.head.answers else { return Ok(()) };
    writeln!(out, "\n## {}", document.say(words::HANDED_IN))?;
    for graded in &answers.graded {
        writeln!(out, "\n### {}\n", prose::escape(&document.part(&graded.id)))?;
        let lines = head::words(graded);
        for line in &lines {
            writeln!(out, "> {}  ", prose::escape(line))?;
        }
        if lines.is_empty() {
            writeln!(out, "{}", document.say(words::NOTHING_WRITTEN))?;
        }
        if !answers.verdicts {
            continue;
        }
        writeln!(out, "\n**{}** {}", document.say(graded.mark.name()), prose::escape(&graded.says))?;
        for (_, hint) in &graded.hints {
            writeln!(out, "\n- {}: {}", document.say(words::MISCONCEPTION), prose::escape(hint))?;
        }
        for point in &graded.points {
            writeln!(out, "\n- {}: {}", document.say(words::TO_LOOK_FOR), prose::escape(point))?;
        }
    }
    Ok(())
}

/// Writes a ladder as a block of code, with a fence longer than any in it.
fn drawn(ladder: &Ladder, out: &mut dyn Write) -> io::Result<()> {
    let mut drawn = Vec::new();
    text::write(ladder, LADDER, false, &mut drawn)?;
    let drawn = String::from_utf8_lossy(&drawn);
    let longest = drawn.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(out, "\n{fence}text\n{}\n{fence}", drawn.trim_end())
}

/// Writes the exchanges. A connection that two captures hold is drawn once, as on the page.
fn exchanges(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = document.report;
    writeln!(out, "\n## {}", document.say(words::heading("exchanges")))?;
    if report.exchanges.is_empty() {
        writeln!(out, "\n{}", document.say(&words::no_traffic(document.port)))?;
    }
    let both = both::all(report);
    let is_drawn_elsewhere = |i: usize| both.iter().any(|b| i == b.left.max(b.right));
    let shown = || report.exchanges.iter().enumerate().filter(|(i, _)| !is_drawn_elsewhere(*i));
    for (i, x) in shown().take(EXCHANGES) {
        let title = tables::title(x, report, document.capture_of(x));
        writeln!(out, "\n### {}\n", prose::escape(&title))?;
        table(x, report, out)?;
        let pair = both.iter().find(|b| i == b.left.min(b.right));
        match pair {
            Some(pair) => drawn(&pair.ladder, out)?,
            None => drawn(&flow::ladder(x, report), out)?,
        }
        remarks(x, report, out)?;
        if let Some(other) = pair.and_then(|b| report.exchanges.get(b.left.max(b.right))) {
            let name = report.captures.get(other.capture).map_or("?", String::as_str);
            writeln!(out, "\n{}\n", prose::escape(&document.say(&words::same_connection(name))))?;
            table(other, report, out)?;
            remarks(other, report, out)?;
        }
    }
    if let Some(more) = shown().count().checked_sub(EXCHANGES).filter(|n| *n > 0) {
        writeln!(out, "\n{}", document.say(&words::without_table(more)))?;
    }
    Ok(())
}

/// Writes the table of an exchange's packets.
fn table(x: &Exchange, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    row(&tables::headings(report), out)?;
    row(&["---"; 10], out)?;
    for cells in tables::rows(x, report) {
        row(&cells.each_ref().map(|cell| prose::escape(cell)), out)?;
    }
    Ok(())
}

/// Writes the remarks on an exchange.
fn remarks(x: &Exchange, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for reason in tables::remarks(x, report) {
        writeln!(out, "\n{}", prose::escape(&reason))?;
    }
    Ok(())
}

fn row(cells: &[impl AsRef<str>; 10], out: &mut dyn Write) -> io::Result<()> {
    for cell in cells {
        write!(out, "| {} ", cell.as_ref())?;
    }
    writeln!(out, "|")
}
