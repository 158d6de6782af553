//! The exchanges on a narrow screen: two or more lines for each packet, since the cells of a table would be too
//! narrow.

use super::{flow, tables};
use crate::lab::answer::Report;
use crate::view::flow::{Arrow, Ladder, Row};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr as _;

/// Screens with fewer columns than this get lines in place of tables.
pub const BELOW: usize = 110;
/// Columns of indentation before the text about a packet.
const INDENT: usize = 6;

/// Writes all exchanges for a screen of `width` columns. Only words longer than a line are broken.
///
/// # Errors
/// When the output cannot be written.
pub fn write(report: &Report, width: usize, out: &mut dyn Write) -> io::Result<()> {
    for (i, (x, ladder)) in report.exchanges.iter().zip(flow::ladders(report)).enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        paragraph(&ladder.title, 0, width, out)?;
        for row in &ladder.rows {
            match row {
                Row::Phase(name) => writeln!(out, "{name}")?,
                Row::LeftOut(text) => paragraph(text, INDENT, width, out)?,
                Row::Arrow(arrow) => packet(&ladder, arrow, width, out)?,
            }
        }
        for remark in tables::remarks(x, report) {
            paragraph(&remark, 0, width, out)?;
        }
    }
    let more = report.exchanges.len().saturating_sub(flow::ladders(report).len());
    if more > 0 {
        let more = format!("{more} more connections are not shown; --stream N shows one");
        writeln!(out, "\n{}", report.phrases.say(&more))?;
    }
    Ok(())
}

/// Writes a packet: number, time, sender and receiver, flags and numbers; below, the payload and what happens.
fn packet(ladder: &Ladder, arrow: &Arrow, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let [left, right] = &ladder.ends;
    let (from, to) = if arrow.rightwards { (left, right) } else { (right, left) };
    let time = arrow.time.map(crate::text::seconds).unwrap_or_default();
    let head = format!("{} → {} {}", from.name, to.name, arrow.label);
    let first = format!("{:>5} {time} {head}", arrow.frame);
    paragraph(first.trim_start(), INDENT - 1 - arrow.frame.to_string().len(), width, out)?;
    if !arrow.payload.is_empty() {
        paragraph(&arrow.payload, INDENT, width, out)?;
    }
    paragraph(&arrow.sentence, INDENT, width, out)
}

/// Writes a text, broken at its spaces; the first line begins at column `indent`, the others at least at [`INDENT`].
fn paragraph(text: &str, indent: usize, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut line = " ".repeat(indent);
    let mut begun = false;
    for word in text.split_whitespace() {
        if begun && line.width() + 1 + word.width() > width {
            writeln!(out, "{line}")?;
            line = " ".repeat(INDENT);
            begun = false;
        }
        if begun {
            line.push(' ');
        }
        line.push_str(word);
        begun = true;
    }
    writeln!(out, "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_broken() {
        let mut out = Vec::new();
        paragraph("The host acknowledges what it has received so far.", 2, 20, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "  The host\n      acknowledges\n      what it has\n      received so\n      far.\n"
        );
    }
}
