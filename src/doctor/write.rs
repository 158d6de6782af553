//! Writes the findings as text and as JSON.

use super::{Finding, Question, Topic, Verdict, is_ready};
use crate::view::palette::{Hue, Palette};
use crate::view::wrap::wrap;
use anstyle::Style;
use serde::Serialize;
use std::io::{self, Write};

/// Width, in columns, of the verdict's word and the spaces around it.
const INDENT: usize = 13;
/// Width, in columns, of output that does not go to a terminal.
const WIDTH: usize = 100;

/// Writes the findings under the headings of their topics, wrapped at `width` columns. Commands are not wrapped, so
/// that they can be copied.
///
/// # Errors
/// When the output cannot be written.
pub fn text(
    findings: &[Finding],
    width: Option<usize>,
    palette: Option<Palette>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = width.unwrap_or(WIDTH).max(40);
    let mut topic = None;
    for finding in findings {
        if topic != Some(finding.topic) {
            writeln!(out, "{}{}", if topic.is_some() { "\n" } else { "" }, heading(finding.topic))?;
            topic = Some(finding.topic);
        }
        let word = word(finding.verdict);
        let style = palette.map_or(Style::new(), |palette| style(finding.verdict, palette));
        let blanks = " ".repeat(INDENT);
        let lines = wrap(&finding.says, width - INDENT);
        for (i, line) in lines.iter().enumerate() {
            match i {
                0 => writeln!(out, "  {style}{word:<10}{style:#} {line}")?,
                _ => writeln!(out, "{blanks}{line}")?,
            }
        }
        for remedy in &finding.remedies {
            writeln!(out, "{blanks}→ {remedy}")?;
        }
    }
    writeln!(out, "\n{}", closing(findings))
}

fn heading(topic: Topic) -> &'static str {
    match topic {
        Topic::Adapters => "Adapters and addresses",
        Topic::Rights => "Capture",
        Topic::Port => "Port",
        Topic::Firewall => "Firewall of this machine",
        Topic::Offload => "What captures will look like",
        Topic::Peer => "The other machine",
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Note => "note",
        Verdict::Undecided => "undecided",
        Verdict::Obstacle => "IN THE WAY",
    }
}

fn style(verdict: Verdict, palette: Palette) -> Style {
    match verdict {
        Verdict::Good => palette.style(Hue::Green),
        Verdict::Note => palette.style(Hue::Cyan),
        Verdict::Undecided => palette.style(Hue::Yellow),
        Verdict::Obstacle => palette.style(Hue::Red).bold(),
    }
}

fn closing(findings: &[Finding]) -> String {
    let count = |verdict| findings.iter().filter(|f| f.verdict == verdict).count();
    let undecided = match count(Verdict::Undecided) {
        0 => String::new(),
        1 => " One thing was not decided.".into(),
        n => format!(" {n} things were not decided."),
    };
    match count(Verdict::Obstacle) {
        0 => format!("Nothing that was found stands in the way.{undecided}"),
        1 => format!("One thing stands in the way.{undecided}"),
        n => format!("{n} things stand in the way.{undecided}"),
    }
}

/// Writes one object with all findings.
///
/// # Errors
/// When the output cannot be written.
pub fn json(question: &Question, findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Report<'a> {
        port: u16,
        peer: Option<String>,
        ready: bool,
        findings: &'a [Finding],
    }
    let peer = question.peer.map(|ip| ip.to_string());
    let report = Report { port: question.port, peer, ready: is_ready(findings), findings };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}
