//! `labkit completions`: a shell's completion of labkit's commands and options.

use super::input;
use clap::Args;
use clap_complete::Shell;
use std::io::Write as _;
use std::process::ExitCode;

/// Print the completion of commands and options for a shell
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Completions) -> anyhow::Result<ExitCode> {
    // The script goes to memory first, because the generator panics if its output fails, as a closed pipe does.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "labkit", &mut script);
    let mut out = input::stdout();
    out.write_all(&script)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
