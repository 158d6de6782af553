//! The report on a run with a student's program: the exchange, the answers, the check of the capture, and the
//! observations on the program's terminal.

use super::recorded::{self, Capture};
use crate::lab::stage::run::{Observation, Plan};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// Shows the report; success if the check is passed and each observation is as it should be.
pub(super) fn report(capture: &Path, seen: &[Observation], plan: &Plan<'_>) -> anyhow::Result<ExitCode> {
    let lab_dir = plan.lab_dir.as_deref();
    let file = Capture::File(capture);
    recorded::explain(&file, plan.lab, lab_dir)?;
    writeln!(io::stdout(), "\n── The check of the capture")?;
    let checked = recorded::run(&["check"], &file, lab_dir)?;
    let mut out = io::stdout();
    writeln!(out, "\n── The program, on its terminal")?;
    for one in seen {
        write(one, &mut out)?;
    }
    writeln!(out, "\nThe capture is {}.", capture.display())?;
    let met = seen.iter().all(|o| o.met);
    Ok(if met && checked.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write(one: &Observation, out: &mut impl Write) -> io::Result<()> {
    let when = if one.step == 0 { "the end".into() } else { format!("step {}", one.step) };
    let word = if one.met { "met    " } else { "NOT MET" };
    writeln!(out, "{word}  {:<5}  {when:<7}  {}", one.role.name(), one.what)?;
    if !one.last.is_empty() {
        writeln!(out, "         its last lines:")?;
    }
    one.last.iter().try_for_each(|line| writeln!(out, "           {line}"))
}
