//! `labkit report`: the write-up as one page to hand in.

use super::evidence::{self, Evidence};
use super::gate::Filters;
use super::{Context, UsageError, input};
use crate::capture::output::Draft;
use crate::capture::privilege;
use crate::conversation::Hindsight;
use crate::lab::answer::Report;
use crate::lab::check;
use crate::lab::check::answers::{self, Sheet};
use crate::lab::show::report::{Answers, Choice, Document, Head, Packets};
use crate::pump::{self, Outlets, PumpError};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
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
    /// Whose write-up it is
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The course that it is for
    #[arg(long, value_name = "TEXT")]
    course: Option<String>,
    /// A further line for the head, such as the date; may be given several times
    #[arg(long, value_name = "TEXT")]
    line: Vec<String>,
    /// Student's answers (Markdown, text, .docx or .odt), set beside what the captures prove
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Leave out what the answers are graded as
    #[arg(long, requires = "answers")]
    no_verdicts: bool,
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
    check_arguments(args)?;
    // Rights are given up before the first byte of a foreign file is read, be it a sheet or a capture.
    privilege::drop_to_caller(args.files.iter().chain(&args.answers).map(PathBuf::as_path));
    // A sheet that cannot be read is reported before a long capture is read.
    let sheet = args.answers.as_deref().map(|path| check::sheet(&context.lab, path)).transpose()?;
    let mut evidence = evidence::read(
        context,
        &args.files,
        &args.about,
        (&[], Some(&args.words)),
        evidence::Afterwards::Checks,
    )?;
    hash(&args.files, &mut evidence)?;
    let port = args.about.port(context);
    let head = grader(context, args, sheet.as_ref(), &mut evidence);
    let (report, origins) = (&evidence.report, &evidence.origins);
    let packets = match args.format {
        Format::Html => packets(&args.files, report, &evidence.hindsight)?,
        Format::Markdown => Packets::default(),
    };
    let document = Document { title: &context.lab.title, head, port, report, origins, packets };
    // The file is made only when its content is complete.
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
        draft.write_all(&page).with_context(|| format!("cannot write {}", args.output.display()))?;
        draft.commit()?;
    }
    evidence.end()
}

fn check_arguments(args: &ReportArgs) -> anyhow::Result<()> {
    if args.format == Format::Html && args.files.iter().any(|file| input::is_read_once(file)) {
        let why = "a page with packets reads a capture twice, which standard input and pipes cannot be; save it first, with `labkit replay - -w FILE`";
        return Err(UsageError(why.into()).into());
    }
    if args.files.iter().any(|file| input::same_file(file, &args.output)) {
        return Err(UsageError("-o names one of the captures; give it another file".into()).into());
    }
    Ok(())
}

/// Gives each capture the hash of its file.
fn hash(files: &[PathBuf], evidence: &mut Evidence) -> anyhow::Result<()> {
    for (file, origin) in files.iter().zip(&mut evidence.origins) {
        if !input::is_read_once(file) {
            origin.sha256 = Some(sha256(file).with_context(|| format!("cannot read {}", file.display()))?);
        }
    }
    Ok(())
}

/// The hash of a file's bytes, in hexadecimal.
fn sha256(file: &Path) -> io::Result<String> {
    let (mut file, mut hash, mut buffer) = (File::open(file)?, Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(buffer.get(..read).unwrap_or(&[]));
    }
}

/// The head of the write-up: author, the checks of its captures, and the graded answers.
fn grader(context: &Context, args: &ReportArgs, sheet: Option<&Sheet>, evidence: &mut Evidence) -> Head {
    let (lab, port) = (&context.lab, args.about.port(context));
    let mut checks = Vec::new();
    for (checked, origin) in std::mem::take(&mut evidence.checked).into_iter().zip(&evidence.origins) {
        let request = check::Request { lab, port, given: args.about.given(), name: &origin.name };
        let damage = origin.damage.as_ref().map(|why| why.replace('\n', " "));
        let (found, _) = check::judge(&request, checked.evidence, &checked.survey, &origin.info, damage);
        checks.push(found);
    }
    let answers = sheet.map(|sheet| Answers {
        questions: lab.questions.iter().map(|q| (q.id.clone(), q.text.clone())).collect(),
        graded: answers::grade(lab, port, &evidence.report, sheet, false),
        verdicts: !args.no_verdicts,
    });
    let (name, course) = (args.name.clone(), args.course.clone());
    Head { name, course, lines: args.line.clone(), checks, answers }
}

/// Reads the captures once more for their packets. Where not all fit, those that the report mentions come first.
fn packets(files: &[PathBuf], report: &Report, hindsight: &[Hindsight]) -> anyhow::Result<Packets> {
    let evidence = report.answers.iter().flat_map(|answer| &answer.evidence);
    let exchanges = report.exchanges.iter();
    let lab = exchanges.flat_map(|x| x.conversation.segments.iter().map(|s| (x.capture, s.frame)));
    let choice = Choice::new(files.len(), evidence.map(|proof| (proof.capture, proof.frame)), lab);
    let mut packets = Packets::new(choice);
    for (file, hindsight) in files.iter().zip(hindsight) {
        input::say_if_too_much(hindsight);
        let mut source = input::open(file)?;
        let mut outlets = Outlets { sink: Some(&mut packets), copy: None };
        match pump::pump_again(&mut source, &mut Filters::new(&[], None)?, None, &mut outlets, hindsight) {
            // Damage was reported when the file was read first.
            Ok(()) | Err(PumpError::Capture(_)) => packets.next_capture(),
            Err(error) => return Err(input::pump_error(error)),
        }
    }
    packets.end()?;
    Ok(packets)
}
