//! `labkit report`: the write-up as one page to hand in.

use super::gate::Filters;
use super::{Context, UsageError, evidence, input};
use crate::capture::Source as _;
use crate::capture::output;
use crate::lab::report::{Document, Origin, Packets};
use crate::pump::{self, PumpError};
use clap::{Args, ValueEnum};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The write-up as one page: answers, exchanges, pictures, packets to click through
#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// Capture files (pcap or pcapng, also gzipped)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    about: evidence::About,
    /// File that is written; - is standard output
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// How it is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Words to look for in a capture of browsing, separated by commas; case matters, as in `contains`
    #[arg(long, value_name = "WORDS", value_delimiter = ',', value_parser = clap::builder::NonEmptyStringValueParser::new())]
    words: Vec<String>,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One page without anything from elsewhere, for a browser
    #[default]
    Html,
    /// The same without the packets, for a repository or a word processor
    Markdown,
}

pub(crate) fn run(context: &Context, args: &ReportArgs) -> anyhow::Result<ExitCode> {
    check(args)?;
    let (report, damage) = evidence::report_browsing(context, &args.files, &args.about, &args.words)?;
    let port = args.about.port(context);
    let frames = report.frames.iter().sum();
    let mut packets = Packets::new(frames, port);
    let mut origins = Vec::new();
    for (file, frames) in args.files.iter().zip(&report.frames) {
        let mut source = input::open(file)?;
        let mut damage = None;
        if args.format == Format::Html {
            match pump::run(&mut source, &mut Filters::new(&[], None)?, None, &mut packets) {
                Ok(()) => {}
                Err(PumpError::Capture(error)) => damage = Some(error.to_string()),
                Err(error) => return Err(input::pump_error(error)),
            }
        } else {
            // Counts of dropped frames stand at the end of a capture.
            damage = to_the_end(&mut source);
        }
        packets.next_capture();
        let name = file.display().to_string();
        origins.push(Origin { name, info: source.info().clone(), frames: *frames, damage });
    }
    packets.end()?;
    let document = Document { title: &context.lab.title, port, report: &report, origins: &origins, packets };
    // The file is made only when there is something to put into it.
    let mut page = Vec::new();
    match args.format {
        Format::Html => document.html(&mut page)?,
        Format::Markdown => document.markdown(&mut page)?,
    }
    if args.output.as_os_str() == "-" {
        let mut out = input::stdout();
        out.write_all(&page)?;
        out.flush()?;
    } else {
        output::create(&args.output, args.force)?.write_all(&page)?;
    }
    damage.map_or(Ok(ExitCode::SUCCESS), Err)
}

fn check(args: &ReportArgs) -> anyhow::Result<()> {
    if args.files.iter().any(|f| f.as_os_str() == "-") {
        let why = "report reads a capture twice, which standard input cannot be; save it first, with `labkit replay - -w FILE`";
        return Err(UsageError(why.into()).into());
    }
    let same = |a: &Path, b: &Path| {
        a == b || a.canonicalize().ok().is_some_and(|a| b.canonicalize().ok() == Some(a))
    };
    if args.files.iter().any(|file| same(file, &args.output)) {
        return Err(UsageError("-o names one of the captures; give it another file".into()).into());
    }
    Ok(())
}

fn to_the_end(source: &mut crate::capture::reader::FileReader) -> Option<String> {
    loop {
        match source.advance() {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => return Some(error.to_string()),
        }
    }
}
