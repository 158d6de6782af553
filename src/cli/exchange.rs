//! `labkit exchange`: each conversation of the lab as a table.

use super::{Context, evidence, input};
use crate::lab::show::tables;
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
    let evidence = args.source.read(context, None)?;
    let mut out = input::stdout();
    tables::write(&evidence.report, input::screen(false).width, &mut out)?;
    out.flush()?;
    evidence.end()
}
