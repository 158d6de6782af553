//! `labkit answer`: the lab's questions, answered with evidence.

use super::{Context, evidence, input};
use crate::lab::{json, prose};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::process::ExitCode;

/// The lab's questions, answered from captures with rule, evidence and confidence
#[derive(Args, Debug)]
pub(crate) struct Answer {
    #[command(flatten)]
    source: evidence::Source,
    /// How the answers are written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Words to look for in a capture of browsing, separated by commas; case matters, as in `contains`
    #[arg(long, value_name = "WORDS", value_delimiter = ',', value_parser = clap::builder::NonEmptyStringValueParser::new())]
    words: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For the terminal
    #[default]
    Text,
    /// A heading a question
    Markdown,
    /// One object: captures, exchanges, answers
    Json,
}

pub(crate) fn run(context: &Context, args: &Answer) -> anyhow::Result<ExitCode> {
    let (report, damage) = args.source.report_browsing(context, &args.words)?;
    let mut out = input::stdout();
    match args.format {
        Format::Text => prose::text(&report, input::screen(false).width, &mut out)?,
        Format::Markdown => prose::markdown(&report, &mut out)?,
        Format::Json => json::write(&report, &mut out)?,
    }
    out.flush()?;
    damage.map_or(Ok(ExitCode::SUCCESS), Err)
}
