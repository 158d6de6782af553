//! `labkit exchange`: each conversation of the lab as a table.

use super::{Context, evidence, input};
use crate::lab::tables;
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
    let (report, damage) = args.source.report(context)?;
    let mut out = input::stdout();
    tables::write(&report, input::screen(false).width, &mut out)?;
    out.flush()?;
    damage.map_or(Ok(ExitCode::SUCCESS), Err)
}
