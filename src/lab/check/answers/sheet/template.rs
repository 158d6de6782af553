//! The empty sheet.

use crate::lab::definition::Lab;
use std::io::{self, Write};

/// Writes an empty sheet for the lab's questions.
///
/// # Errors
/// When `out` cannot be written.
pub fn template(lab: &Lab, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}: answers\n", line(&lab.title))?;
    writeln!(
        out,
        "<!-- Write below each heading, and leave the headings as they are.\n     labkit check {} --answers answers.md compares what you wrote with your capture. -->\n",
        line(&lab.network.capture)
    )?;
    writeln!(out, "## Addresses\n\nHost IP Address:\n\nGuest IP Address:\n")?;
    writeln!(out, "## Filter\n\n```text\n\n```")?;
    for question in &lab.questions {
        writeln!(out, "\n## {}. {}", line(&question.id), line(&question.text))?;
    }
    Ok(())
}

/// A text on one line.
fn line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .escape_debug()
        .to_string()
        .replace("\\\"", "\"")
        .replace("\\'", "'")
}
