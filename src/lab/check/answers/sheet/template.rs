//! Writes the empty sheet.

use crate::lab::definition::Lab;
use std::io::{self, Write};

/// Writes an empty sheet for the lab's questions.
///
/// # Errors
/// When `out` cannot be written.
pub fn template(lab: &Lab, out: &mut dyn Write) -> io::Result<()> {
    let say = |text: &str| line(&lab.phrases.say(text));
    writeln!(out, "# {}\n", say(&format!("{}: answers", lab.title)))?;
    writeln!(out, "<!-- {}", say("Write below each heading, and leave the headings as they are."))?;
    let compares = "labkit check {1} --answers answers.md compares what you wrote with your capture.";
    writeln!(out, "     {} -->\n", say(&compares.replace("{1}", &line(&lab.network.capture))))?;
    writeln!(
        out,
        "## {}\n\n{}:\n\n{}:\n",
        say("Addresses"),
        say("Host IP Address"),
        say("Guest IP Address")
    )?;
    writeln!(out, "## {}\n\n```text\n\n```", say("Filter"))?;
    for question in &lab.questions {
        writeln!(out, "\n## {}. {}", line(&question.id), line(&question.text))?;
    }
    Ok(())
}

/// A text on one line, with single spaces.
fn line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .escape_debug()
        .to_string()
        .replace("\\\"", "\"")
        .replace("\\'", "'")
}
