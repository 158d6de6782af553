//! `labkit sniff` in builds without libpcap: fails, and names what to use instead.

use super::Context;
use crate::capture::NO_CAPTURE;
use crate::text::harmless;
use anyhow::bail;
use clap::Args;
use std::ffi::OsString;
use std::process::ExitCode;

/// Capture live: this build of labkit cannot, and says what can
#[derive(Args, Debug)]
pub(crate) struct Sniff {
    /// What `sniff` takes elsewhere
    #[arg(value_name = "ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

pub(crate) fn run(args: &Sniff, _: &Context) -> anyhow::Result<ExitCode> {
    let words = args.words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    bail!("cannot do `{}`: {NO_CAPTURE}", harmless(format!("sniff {words}").trim()))
}
