//! The write-up as Markdown, for a repository or a word processor.

use super::{Document, EXCHANGES};
use crate::lab::show::{prose, tables};
use std::io::{self, Write};

pub(super) fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n\n{}\n", prose::escape(document.title), document.report.roles.explanation())?;
    prose::markdown(document.report, out)?;
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
