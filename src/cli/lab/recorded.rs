//! Shows the exchange and the answers of a capture; and a recorded run, for systems that cannot make their own.

use crate::lab::definition::{Lab, Role};
use anyhow::{Context as _, bail};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

/// A run of the lab, recorded with `labkit sniff`.
const RECORDED: &[u8] = include_bytes!("../../../captures/capture1.pcapng");

/// A capture to show; on systems that cannot run the lab, always the recorded one.
#[cfg_attr(not(all(target_os = "linux", feature = "capture")), allow(dead_code))]
pub(super) enum Capture<'a> {
    /// In a file.
    File(&'a Path),
    /// Compiled in.
    Recorded,
}

/// Shows the recorded run, and `why` there is no live one.
pub(super) fn show(why: &str) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout();
    writeln!(
        out,
        "RECORDED, not live, and nothing is written: this system cannot make the two hosts: {why}."
    )?;
    writeln!(out, "\n── The packets, as recorded on the guest's adapter")?;
    labkit(&["replay"], &Capture::Recorded, None)?;
    explain(&Capture::Recorded, &Lab::built_in(), None)?;
    writeln!(out, "\nAll this was RECORDED earlier, not here.")?;
    Ok(ExitCode::SUCCESS)
}

/// Shows the exchange of a capture and the answers to the lab's questions.
pub(super) fn explain(capture: &Capture<'_>, lab: &Lab, lab_dir: Option<&Path>) -> anyhow::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "\n── The exchange")?;
    let roles =
        [Role::Host, Role::Guest].map(|role| [format!("--{}", role.name()), lab.address(role).to_string()]);
    let roles: Vec<&str> = roles.iter().flatten().map(String::as_str).collect();
    labkit(&["exchange"], capture, lab_dir)?;
    writeln!(out, "\n── The answers")?;
    labkit(&[&["answer"], roles.as_slice()].concat(), capture, lab_dir)
}

/// Runs one of labkit's own commands on a capture, with output to our standard output; fails unless it succeeds.
fn labkit(arguments: &[&str], capture: &Capture<'_>, lab_dir: Option<&Path>) -> anyhow::Result<()> {
    let what = arguments.first().copied().unwrap_or_default();
    let status = run(arguments, capture, lab_dir)?;
    if !status.success() {
        bail!("`labkit {what}` failed on the capture ({status})");
    }
    Ok(())
}

/// Runs one of labkit's own commands on a capture, and returns its exit status.
pub(super) fn run(
    arguments: &[&str],
    capture: &Capture<'_>,
    lab_dir: Option<&Path>,
) -> anyhow::Result<ExitStatus> {
    let what = arguments.first().copied().unwrap_or_default();
    let mut command = Command::new(std::env::current_exe().context("cannot find labkit's own program")?);
    command.args(arguments);
    if let Some(dir) = lab_dir {
        command.arg("--lab").arg(dir);
    }
    let status = match capture {
        Capture::File(path) => command.arg(path).stdin(Stdio::null()).status(),
        Capture::Recorded => with_input(command.arg("-"), RECORDED),
    };
    status.with_context(|| format!("cannot run `labkit {what}`"))
}

fn with_input(command: &mut Command, input: &[u8]) -> io::Result<ExitStatus> {
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    // The command need not read everything; its status decides.
    let _ = child.stdin.take().map(|mut pipe| pipe.write_all(input));
    child.wait()
}
