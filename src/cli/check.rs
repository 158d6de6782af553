//! `labkit check`: checks captures and hand-ins against the lab's requirements, and packs a hand-in.

use super::progress::Bar;
use super::{Context, UsageError, evidence, input};
use crate::capture::output::Draft;
use crate::capture::privilege;
use crate::lab::check::answers::{self, Graded, Sheet};
use crate::lab::check::class::{self, Course, Student};
use crate::lab::check::{self, Check, Contents, Request};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Is a capture what the lab asks for: messages, receipts, handshakes, closes, nothing else; what to do if not
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Capture file (pcap or pcapng, also gzipped), - for standard input; or hand-ins, folders or archives (.tar.gz, .tgz,
    /// .zip), each with program, capture and answers; or a folder that holds them
    #[arg(value_name = "FILE|DIR", required_unless_present = "pack")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    about: evidence::About,
    /// Student's answers (Markdown, text, .docx or .odt) to compare with the capture; `lab show --template` writes
    /// an empty sheet
    #[arg(long, value_name = "FILE", conflicts_with = "pack")]
    answers: Option<PathBuf>,
    /// Give the right answer where the student's is not
    #[arg(long, requires = "answers")]
    reveal: bool,
    /// How the verdicts are written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Look whether a folder holds all that is handed in, and pack it
    #[arg(long, value_name = "DIR", requires = "out", conflicts_with_all = ["files", "host", "guest", "port", "format"])]
    pack: Option<PathBuf>,
    /// Archive to write, such as project2.tar.gz; with --format html the page, such as class.html
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Pack also if something is missing, and overwrite a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for each requirement; for folders a table
    #[default]
    Text,
    /// One object: lab, capture, met, checks, answers; for folders: lab, students, misconceptions
    Json,
    /// A line for each student, for a spreadsheet; for hand-ins only
    Csv,
    /// A page with students and questions; for hand-ins only
    Html,
}

pub(crate) fn run(context: &Context, args: &CheckArgs) -> anyhow::Result<ExitCode> {
    privilege::drop_to_caller(args.files.iter().chain(&args.answers).chain(&args.pack).map(PathBuf::as_path));
    if let (Some(dir), Some(out)) = (&args.pack, &args.out) {
        return pack(context, dir, out, args.force);
    }
    args.about.check()?;
    if args.force && args.out.is_none() {
        return Err(UsageError("--force goes with -o".into()).into());
    }
    let file = match args.files.as_slice() {
        [file] if !file.is_dir() && !class::is_archive(file) => file,
        folders => return class(context, args, folders),
    };
    let Examined { checks, answers } = examine(context, args, file)?;
    let mut out = input::stdout();
    match args.format {
        Format::Text => {
            check::text(&checks, &context.lab.phrases, &mut out)?;
            if let Some(answers) = &answers {
                writeln!(out)?;
                answers::text(answers, &context.lab.phrases, &mut out)?;
            }
        }
        Format::Json => {
            let name = file.display().to_string();
            check::json(&context.lab.id, &name, &checks, answers.as_deref(), &mut out)?;
        }
        Format::Csv | Format::Html => {
            let why = "--format csv and html are for students' hand-ins; a single capture has text and json";
            return Err(UsageError(why.into()).into());
        }
    }
    out.flush()?;
    let wrong = answers.iter().flatten().any(|g| g.mark.fails());
    Ok(if wrong { ExitCode::FAILURE } else { status(&checks) })
}

/// Checks one or several hand-ins.
fn class(context: &Context, args: &CheckArgs, paths: &[PathBuf]) -> anyhow::Result<ExitCode> {
    if args.answers.is_some() {
        let why = "--answers goes with one capture; in a hand-in the answers are the file answers.md, .txt, .docx or .odt";
        return Err(UsageError(why.into()).into());
    }
    let foreign = |f: &&PathBuf| f.is_file() && !class::is_archive(f) || f.as_os_str() == "-";
    if let Some(file) = paths.iter().find(foreign) {
        let name = check::shell(&file.display().to_string());
        let why = format!(
            "{name} is no folder and no archive; check takes one capture, or hand-ins, each a student's"
        );
        return Err(UsageError(why).into());
    }
    if args.out.is_some() && args.format != Format::Html {
        return Err(UsageError("-o goes with --format html, or with --pack".into()).into());
    }
    let lab = &context.lab;
    let course = Course { lab, port: args.about.port(context), given: args.about.given() };
    // An existing page is refused before the class is read.
    let mut page = args.out.as_deref().map(|path| Draft::create(path, args.force)).transpose()?;
    let paths = class::hand_ins(lab, paths);
    let mut bar = Bar::new(paths.len() as u64, "labkit: {wide_bar} {pos} of {len} hand-ins, {eta} left");
    let class = class::check(&course, &paths, |done| bar.iter_mut().for_each(|bar| bar.at(done as u64)));
    drop(bar);
    let mut out = input::stdout();
    match (args.format, args.out.as_deref().zip(page.as_mut())) {
        (Format::Text, _) => class::table(lab, &class, input::width(), &mut out)?,
        (Format::Json, _) => class::json(lab, &class, &mut out)?,
        (Format::Csv, _) => class::csv(lab, &class, &mut out)?,
        (Format::Html, None) => class::page(lab, &class, &mut out)?,
        (Format::Html, Some((path, page))) => {
            let mut file = BufWriter::new(page);
            let written = class::page(lab, &class, &mut file).and_then(|()| file.flush());
            written.with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    out.flush()?;
    if let Some(page) = page {
        page.commit()?;
    }
    Ok(if class.students.iter().any(Student::fails) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Exit status 1 if a requirement is not met, else 0.
fn status(checks: &[Check]) -> ExitCode {
    if checks.iter().any(Check::fails) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn pack(context: &Context, dir: &Path, archive: &Path, force: bool) -> anyhow::Result<ExitCode> {
    let course = Course { lab: &context.lab, port: context.lab.communicator.port, given: (None, None) };
    let Contents { checks, lost } = check::contents(&course, dir)?;
    let mut out = input::stdout();
    check::text(&checks, &context.lab.phrases, &mut out)?;
    out.flush()?;
    if !lost.is_empty() {
        input::say(format_args!("handed in like this, these are lost: {}", lost.join("; ")));
    }
    if !force && !lost.is_empty() {
        input::say(format_args!("nothing was packed; mend it, or pack what is there with --force"));
        return Ok(ExitCode::FAILURE);
    }
    let packed = check::pack(dir, archive, force)?;
    input::say(format_args!(
        "{packed} files and folders packed into {}",
        check::shell(&archive.display().to_string())
    ));
    Ok(if lost.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The result of checking one capture.
struct Examined {
    checks: Vec<Check>,
    /// `None` without a sheet.
    answers: Option<Vec<Graded>>,
}

fn examine(context: &Context, args: &CheckArgs, file: &Path) -> anyhow::Result<Examined> {
    let lab = &context.lab;
    // A sheet that cannot be read is reported before a long capture is read.
    let bytes = args.answers.as_deref().map(check::sheet_bytes).transpose()?;
    let mut source = input::open(file)?;
    privilege::drop_for_reading();
    let sheet = args.answers.as_deref().zip(bytes);
    let sheet = sheet.map(|(path, bytes)| check::sheet_of(lab, path, &bytes)).transpose()?;
    let request = Request {
        lab,
        port: args.about.port(context),
        given: args.about.given(),
        name: &file.display().to_string(),
    };
    let inspected = check::inspect(&mut source, &request).map_err(input::pump_error)?;
    let grade = |s: &Sheet| answers::grade(lab, request.port, &inspected.report, s, args.reveal);
    Ok(Examined { answers: sheet.as_ref().map(grade), checks: inspected.checks })
}
