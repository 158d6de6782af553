//! Writes the report of a probe as a table and as JSON.

use super::{Report, Tried, Verdict};
use crate::view::wrap::lines;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;
use std::io::{self, Write};

/// Width, in columns, of a table that does not go to a terminal.
const WIDTH: usize = 120;
/// The least width, in columns, at which a table is readable.
const NARROWEST: usize = 60;

/// Writes the table, the causes of trials that were not met, and what to look for in the program's own window.
///
/// # Errors
/// When the output cannot be written.
pub fn text(report: &Report, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let width = width.unwrap_or(WIDTH).max(NARROWEST);
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX)).set_header([
        "Trial",
        "It got",
        "What came back",
        "",
    ]);
    for trial in &report.trials {
        table.add_row([trial.id, &trial.sent, &trial.came_back, word(trial.verdict)]);
    }
    writeln!(out, "{table}")?;
    for (cause, trials) in causes(report) {
        writeln!(out)?;
        paragraph(&format!("{}: {cause}.", trials.join(", ")), width, out)?;
        let handout = report.trials.iter().find(|t| t.id == trials[0]).map_or("", |t| t.handout);
        paragraph(&format!("The handout: {handout}"), width, out)?;
    }
    writeln!(out, "\nIts own window must have shown, which cannot be seen from here:")?;
    for trial in &report.trials {
        paragraph(&format!("  {}: {}", trial.id, trial.look), width, out)?;
    }
    if let Some(why) = &report.stopped {
        writeln!(out)?;
        paragraph(&format!("Not all trials were made: {why}"), width, out)?;
    }
    writeln!(out, "\n{}", closing(report))
}

/// The causes, each once, with the trials that show them.
fn causes(report: &Report) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut causes: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    for trial in &report.trials {
        let Some(cause) = trial.cause else { continue };
        match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, trials)) => trials.push(trial.id),
            None => causes.push((cause, vec![trial.id])),
        }
    }
    causes
}

fn paragraph(text: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", lines(text, width))
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Remark => "met, but",
        Verdict::Unmet => "NOT MET",
    }
}

fn closing(report: &Report) -> String {
    let unmet = report.trials.iter().filter(|t| t.verdict == Verdict::Unmet).count();
    let what = match report.tried {
        Tried::Receiver => "receiver",
        Tried::Sender => "sender",
    };
    match (unmet, &report.stopped) {
        (0, None) => format!("The {what} met all {} trials, as far as the wire tells.", report.trials.len()),
        (0, Some(_)) => format!("The {what} met the {} trials that were made.", report.trials.len()),
        (n, _) => format!("The {what} did not meet {n} of {} trials.", report.trials.len()),
    }
}

/// Writes one object with all trials.
///
/// # Errors
/// When the output cannot be written.
pub fn json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Whole<'a> {
        met: bool,
        #[serde(flatten)]
        report: &'a Report,
    }
    serde_json::to_writer_pretty(&mut *out, &Whole { met: report.is_met(), report })?;
    writeln!(out)
}
