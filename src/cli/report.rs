//! `labkit report`: the write-up as one page to hand in.

use super::gate::Filters;
use super::{Context, UsageError, evidence, input};
use crate::capture::output::Draft;
use crate::lab::answer::Report;
use crate::lab::show::report::{Choice, Document, Packets};
use crate::pump::{self, PumpError};
use clap::{Args, ValueEnum};
use std::io::Write as _;
use std::path::PathBuf;
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
    let evidence = evidence::read(
        context,
        &args.files,
        &args.about,
        (&[], Some(&args.words)),
        evidence::Afterwards::OpensFiles,
    )?;
    let (report, origins) = (&evidence.report, &evidence.origins);
    let port = args.about.port(context);
    let packets = match args.format {
        Format::Html => packets(&args.files, report)?,
        Format::Markdown => Packets::default(),
    };
    let document = Document { title: &context.lab.title, port, report, origins, packets };
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
        let mut draft = Draft::create(&args.output, args.force)?;
        draft.write_all(&page)?;
        draft.commit()?;
    }
    evidence.end()
}

fn check(args: &ReportArgs) -> anyhow::Result<()> {
    if args.format == Format::Html && args.files.iter().any(|f| f.as_os_str() == "-") {
        let why = "a page with packets reads a capture twice, which standard input cannot be; save it first, with `labkit replay - -w FILE`";
        return Err(UsageError(why.into()).into());
    }
    if args.files.iter().any(|file| input::same_file(file, &args.output)) {
        return Err(UsageError("-o names one of the captures; give it another file".into()).into());
    }
    Ok(())
}

/// Reads the captures once more for their packets: those that the report speaks of come first.
fn packets(files: &[PathBuf], report: &Report) -> anyhow::Result<Packets> {
    let evidence = report.answers.iter().flat_map(|answer| &answer.evidence);
    let exchanges = report.exchanges.iter();
    let lab = exchanges.flat_map(|x| x.conversation.segments.iter().map(|s| (x.capture, s.frame)));
    let choice = Choice::new(files.len(), evidence.map(|proof| (proof.capture, proof.frame)), lab);
    let mut packets = Packets::new(choice);
    for file in files {
        let mut source = input::open(file)?;
        match pump::run(&mut source, &mut Filters::new(&[], None)?, None, &mut packets) {
            // Damage was said when the file was read first.
            Ok(()) | Err(PumpError::Capture(_)) => packets.next_capture(),
            Err(error) => return Err(input::pump_error(error)),
        }
    }
    packets.end()?;
    Ok(packets)
}
