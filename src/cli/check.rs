//! `labkit check`: is this capture what the lab asks for; and packing what is handed in.

use super::{Context, UsageError, evidence, input};
use crate::lab::check::answers::{self, Graded, Sheet};
use crate::lab::check::class::{self, Course, Student};
use crate::lab::check::{self, Check, Request};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Is a capture what the lab asks for: messages, receipts, handshakes, closes, nothing else; what to do if not
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Capture file (pcap or pcapng, also gzipped), - for standard input; or students' folders, each with program,
    /// capture and answers*.md
    #[arg(value_name = "FILE|DIR", required_unless_present = "pack")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    about: evidence::About,
    /// Student's answers (Markdown, a heading a question) to compare with the capture; `lab show --template` writes
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
    /// Archive to write, such as project2.tar.gz
    #[arg(short, long, value_name = "ARCHIVE", requires = "pack")]
    out: Option<PathBuf>,
    /// Pack also if something is missing, and overwrite an archive that is there
    #[arg(long, requires = "pack")]
    force: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// A line a requirement; for folders a table
    #[default]
    Text,
    /// One object: lab, capture, met, checks, answers; for folders: lab, students, misconceptions
    Json,
    /// A line a student, for a spreadsheet; for folders only
    Csv,
}

pub(crate) fn run(context: &Context, args: &CheckArgs) -> anyhow::Result<ExitCode> {
    if let (Some(dir), Some(out)) = (&args.pack, &args.out) {
        return pack(context, dir, out, args.force);
    }
    args.about.check()?;
    let file = match args.files.as_slice() {
        [file] if !file.is_dir() => file,
        folders => return class(context, args, folders),
    };
    let Examined { checks, answers } = examine(context, args, file)?;
    let mut out = input::stdout();
    match args.format {
        Format::Text => {
            check::text(&checks, &mut out)?;
            if let Some(answers) = &answers {
                writeln!(out)?;
                answers::text(answers, &mut out)?;
            }
        }
        Format::Json => {
            let name = file.display().to_string();
            check::json(&context.lab.id, &name, &checks, answers.as_deref(), &mut out)?;
        }
        Format::Csv => {
            let why = "--format csv is for students' folders; a single capture has text and json";
            return Err(UsageError(why.into()).into());
        }
    }
    out.flush()?;
    let wrong = answers.iter().flatten().any(|g| g.mark.fails());
    Ok(if wrong { ExitCode::FAILURE } else { status(&checks) })
}

/// Several students' folders, or one.
fn class(context: &Context, args: &CheckArgs, folders: &[PathBuf]) -> anyhow::Result<ExitCode> {
    if args.answers.is_some() {
        let why = "--answers goes with one capture; in a folder the answers are the file answers*.md";
        return Err(UsageError(why.into()).into());
    }
    if let Some(file) = folders.iter().find(|f| f.is_file() || f.as_os_str() == "-") {
        let name = check::shell(&file.display().to_string());
        let why = format!("{name} is no folder; check takes one capture, or folders, each a student's");
        return Err(UsageError(why).into());
    }
    let lab = &context.lab;
    let course = Course { lab, port: args.about.port(context), given: args.about.given() };
    let students = class::check(&course, folders);
    let mut out = input::stdout();
    match args.format {
        Format::Text => class::table(lab, &students, input::screen(false).width, &mut out)?,
        Format::Json => class::json(lab, &students, &mut out)?,
        Format::Csv => class::csv(lab, &students, &mut out)?,
    }
    out.flush()?;
    Ok(if students.iter().any(Student::fails) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// 1 if something is not met.
fn status(checks: &[Check]) -> ExitCode {
    if checks.iter().any(Check::fails) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn pack(context: &Context, dir: &Path, archive: &Path, force: bool) -> anyhow::Result<ExitCode> {
    let checks = check::contents(&context.lab, dir)?;
    let mut out = input::stdout();
    check::text(&checks, &mut out)?;
    out.flush()?;
    if !force && checks.iter().any(Check::fails) {
        input::say(format_args!(
            "nothing was packed, because something is missing; mend it, or pack what is there with --force"
        ));
        return Ok(ExitCode::FAILURE);
    }
    let packed = check::pack(dir, archive, force)?;
    input::say(format_args!(
        "{packed} files and folders packed into {}",
        check::shell(&archive.display().to_string())
    ));
    Ok(status(&checks))
}

/// What was found out about one capture.
struct Examined {
    checks: Vec<Check>,
    /// `None` without a sheet.
    answers: Option<Vec<Graded>>,
}

fn examine(context: &Context, args: &CheckArgs, file: &Path) -> anyhow::Result<Examined> {
    let lab = &context.lab;
    // A sheet that cannot be read is said before a long capture is read.
    let sheet = args.answers.as_deref().map(|path| check::sheet(lab, path)).transpose()?;
    let mut source = input::open(file)?;
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
