//! The summary at the end of a capture on a terminal: a few lines, so that the rows above stay in sight.

use super::evidence::{self, About, Afterwards};
use super::{Context, input};
use crate::lab::answer::Report;
use crate::lab::show::tables;
use crate::view::wrap;
use std::io::{self, Write};
use std::path::Path;

/// The most exchanges that are named.
const FEW: usize = 5;

/// Writes the outcomes of the exchanges in a capture file, and the commands that show more. Only the lab in
/// namespaces uses it.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub(crate) fn of_file(context: &Context, path: &Path) -> anyhow::Result<()> {
    let evidence =
        evidence::read(context, &[path.to_owned()], &About::default(), (&[], None), Afterwards::NeedsRights)?;
    summary(&evidence.report, Some(path), &mut input::stdout())?;
    evidence.end().map(|_| ())
}

/// Writes the outcome of each exchange, and the commands that show more, if there is a `file`.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn summary(report: &Report, file: Option<&Path>, out: &mut dyn Write) -> io::Result<()> {
    let width = input::width().unwrap_or(usize::MAX);
    let mut say = |text: &str| writeln!(out, "{}", wrap::lines(&report.phrases.say(text), width));
    for x in report.exchanges.iter().take(FEW) {
        say(&tables::title(x, report, ""))?;
    }
    if let more @ 1.. = report.exchanges.len().saturating_sub(FEW) {
        say(&format!("and {more} more"))?;
    }
    if let Some(file) = file {
        let file = file.display();
        say(&format!("Next: `labkit view {file}`, `labkit exchange {file}`, `labkit answer {file}`"))?;
    }
    out.flush()
}
