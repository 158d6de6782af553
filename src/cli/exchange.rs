//! `labkit exchange`: each conversation of the lab as a table.

use super::evidence::Afterwards;
use super::{Context, evidence, input};
use crate::lab::show::{narrow, tables};
use clap::Args;
use std::io::Write;
use std::process::ExitCode;

/// Each conversation of the lab as a table: phase, who, flags, numbers, payload, and what happens
#[derive(Args, Debug)]
pub(crate) struct Exchange {
    #[command(flatten)]
    source: evidence::Source,
}

pub(crate) fn run(context: &Context, args: &Exchange) -> anyhow::Result<ExitCode> {
    let evidence = args.source.read(context, None, Afterwards::Prints)?;
    let mut out = input::stdout();
    match input::width() {
        Some(width) if width < narrow::BELOW => narrow::write(&evidence.report, width, &mut out)?,
        width => tables::write(&evidence.report, width, &mut out)?,
    }
    out.flush()?;
    evidence.end()
}
