//! `labkit answer` as text for the terminal and as Markdown.

use crate::lab::answer::{Answer, Proof, Report};
use std::io::{self, Write};

/// Pieces of evidence that are printed for one answer; JSON has all of them.
const SHOWN: usize = 24;
/// Columns of text that does not go to a terminal.
const WIDTH: usize = 100;

/// Writes the answers as text, wrapped at `width` columns if that is known.
///
/// # Errors
/// When the output cannot be written.
pub fn text(report: &Report, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let width = width.unwrap_or(WIDTH).clamp(40, 120);
    for a in &report.answers {
        paragraph(out, &format!("{}. ", a.id), "    ", &a.question, width)?;
        let mut lines = a.answer.lines();
        paragraph(out, "    Answer:     ", "    ", lines.next().unwrap_or(""), width)?;
        for line in lines {
            paragraph(out, "      - ", "        ", line, width)?;
        }
        paragraph(out, "    Rule:       ", "    ", a.rule, width)?;
        writeln!(out, "    Confidence: {}", a.confidence.name())?;
        if !a.evidence.is_empty() {
            writeln!(out, "    Evidence:")?;
        }
        for e in a.evidence.iter().take(SHOWN) {
            let lead = format!("      {}frame {}: ", place(report, e), e.frame);
            paragraph(out, &lead, "        ", &e.why, width)?;
        }
        rest(a, "      ", out)?;
        writeln!(out)?;
    }
    if !report.notes.is_empty() {
        writeln!(out, "Notes")?;
    }
    for note in &report.notes {
        paragraph(out, "  - ", "    ", note, width)?;
    }
    Ok(())
}

/// Writes the answers as Markdown, a heading a question.
///
/// # Errors
/// When the output cannot be written.
pub fn markdown(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for (i, a) in report.answers.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        writeln!(out, "## {}\n\n*{}*\n", a.id, escape(&a.question))?;
        let mut lines = a.answer.lines();
        writeln!(out, "{}\n", escape(lines.next().unwrap_or("")))?;
        let mut any = false;
        for line in lines {
            writeln!(out, "- {}", escape(line))?;
            any = true;
        }
        if any {
            writeln!(out)?;
        }
        writeln!(out, "**Rule.** {}\n\n**Confidence.** {}", escape(a.rule), a.confidence.name())?;
        if !a.evidence.is_empty() {
            writeln!(out, "\n**Evidence.**\n")?;
        }
        for e in a.evidence.iter().take(SHOWN) {
            writeln!(out, "- {}frame {}: {}", escape(&place(report, e)), e.frame, escape(&e.why))?;
        }
        rest(a, "- ", out)?;
    }
    if !report.notes.is_empty() {
        writeln!(out, "\n## Notes\n")?;
    }
    for note in &report.notes {
        writeln!(out, "- {}", escape(note))?;
    }
    Ok(())
}

fn rest(a: &Answer, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    match a.evidence.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        n => writeln!(out, "{indent}… and {n} more; --format json has all."),
    }
}

/// The capture's name, where there are several.
fn place(report: &Report, e: &Proof) -> String {
    match report.captures.as_slice() {
        [_] => String::new(),
        all => format!("{}, ", all.get(e.capture).map_or("?", String::as_str)),
    }
}

/// Text whose characters mean nothing to Markdown.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Writes `text` after `lead`, and the lines that it takes beyond the first after `indent`.
fn paragraph(out: &mut dyn Write, lead: &str, indent: &str, text: &str, width: usize) -> io::Result<()> {
    let mut line = lead.to_string();
    let mut empty = true;
    for word in text.split(' ') {
        let columns = line.chars().count() + 1 + word.chars().count();
        if !empty && columns > width {
            writeln!(out, "{line}")?;
            line = indent.to_string();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{line}")
}
