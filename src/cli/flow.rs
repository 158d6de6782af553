//! `labkit flow`: each conversation of the lab as a ladder.

use super::evidence::Afterwards;
use super::{Context, UsageError, evidence, input};
use crate::capture::output::Draft;
use crate::lab::answer::Report;
use crate::lab::show::flow;
use crate::view::flow::svg;
use anyhow::{Context as _, bail};
use clap::Args;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Columns of a ladder that does not go to a terminal.
const WIDTH: usize = 100;

/// Each conversation of the lab as a ladder: host left, guest right, an arrow for each segment, socket calls beside
#[derive(Args, Debug)]
pub(crate) struct Flow {
    /// Capture file (pcap or pcapng, also gzipped); - is standard input
    file: PathBuf,
    /// Only this conversation, as `labkit conversations` numbers them
    stream: Option<u32>,
    #[command(flatten)]
    about: evidence::About,
    /// Draw with ASCII characters alone
    #[arg(long, conflicts_with = "svg")]
    ascii: bool,
    /// Write a picture to this file instead, as SVG; - is standard output
    #[arg(long, value_name = "OUT")]
    svg: Option<PathBuf>,
    /// Overwrite an existing file
    #[arg(long, requires = "svg")]
    force: bool,
}

pub(crate) fn run(context: &Context, args: &Flow) -> anyhow::Result<ExitCode> {
    if args.svg.as_ref().is_some_and(|svg| input::same_file(svg, &args.file)) {
        return Err(UsageError("--svg names the capture itself; give it another file".into()).into());
    }
    let streams: Vec<u32> = args.stream.into_iter().collect();
    let afterwards = if args.svg.is_some() { Afterwards::OpensFiles } else { Afterwards::Prints };
    let files = std::slice::from_ref(&args.file);
    let evidence = evidence::read(context, files, &args.about, (&streams, None), afterwards)?;
    let report = &evidence.report;
    if report.exchanges.is_empty() {
        if let Some(error) = evidence.damage {
            return Err(error);
        }
        let (file, port) = (args.file.display(), args.about.port(context));
        let note = report.notes.first().map(|note| format!("\n{note}")).unwrap_or_default();
        bail!(
            "{file}: no TCP traffic of port {port} to draw; --port N draws that of another one, and `labkit conversations {file}` lists all{note}"
        );
    }
    match args.svg.as_deref() {
        None => terminal(report, args.ascii, &mut input::stdout())?,
        Some(path) if path == Path::new("-") => picture(report, &mut input::stdout())?,
        Some(path) => {
            let mut draft = Draft::create(path, args.force)?;
            let drawn = picture(report, &mut BufWriter::new(&mut draft));
            drawn.with_context(|| format!("cannot write {}", path.display()))?;
            draft.commit()?;
        }
    }
    evidence.end()
}

fn terminal(report: &Report, ascii: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let width = input::width().unwrap_or(WIDTH);
    flow::write(report, width, ascii, out)?;
    Ok(out.flush()?)
}

fn picture(report: &Report, out: &mut dyn Write) -> anyhow::Result<()> {
    svg::write(&flow::ladders(report), &flow::remarks(report), out)?;
    Ok(out.flush()?)
}
