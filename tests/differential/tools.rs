//! Running the two programs.

use crate::programs::tool;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Standard output of a command, in lines. The exit status is ignored: both programs read a damaged capture up to the
/// damage and then fail.
fn lines(command: &mut Command) -> Vec<String> {
    let output =
        command.env("TZ", "UTC").stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let text = String::from_utf8_lossy(&output.stdout);
    text.split('\n').map(|line| line.trim_end_matches('\r').to_owned()).collect()
}

/// How often both programs go through a capture before they show it in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passes {
    /// Once: each packet is shown as it is read.
    One,
    /// Twice (`-2`): each packet is shown with what later packets say about it.
    Two,
}

impl Passes {
    fn args(self) -> &'static [&'static str] {
        match self {
            Passes::One => &[],
            Passes::Two => &["-2"],
        }
    }
}

/// `tshark -n -r FILE …`.
pub(crate) fn tshark(file: &Path, passes: Passes, args: &[String]) -> Vec<String> {
    lines(tool("tshark").arg("-n").args(passes.args()).arg("-r").arg(file).args(args))
}

/// `labkit replay FILE …`.
pub(crate) fn labkit(file: &Path, passes: Passes, args: &[String]) -> Vec<String> {
    let mut labkit = Command::new(env!("CARGO_BIN_EXE_labkit"));
    lines(labkit.arg("replay").arg(file).args(passes.args()).args(args))
}

/// Rows of tab-separated cells, of which the first is the number of the frame.
pub(crate) fn rows(lines: &[String], columns: usize) -> BTreeMap<u64, Vec<&str>> {
    let cells = lines.iter().map(|line| line.split('\t').collect::<Vec<_>>());
    let whole = cells.filter(|cells| cells.len() == columns);
    whole.filter_map(|cells| Some((cells.first()?.parse().ok()?, cells))).collect()
}
