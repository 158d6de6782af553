//! `labkit answer`: the lab's questions, answered with evidence.

use super::evidence::Afterwards;
use super::{Context, UsageError, evidence, input};
use crate::capture::annotate::{Remarks, annotate};
use crate::lab::answer::Report;
use crate::lab::definition::{Lab, Question};
use crate::lab::show::{json, prose};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The lab's questions, answered from captures with rule, evidence and confidence
#[derive(Args, Debug)]
#[command(mut_arg("files", |files| files.required(false).required_unless_present("hint")))]
pub(crate) struct Answer {
    #[command(flatten)]
    source: evidence::Source,
    /// Only this question, such as Q6; several are separated by commas or given one by one
    #[arg(long, value_name = "Q", value_delimiter = ',')]
    question: Vec<String>,
    /// The rule behind each answer, and a line for each packet that it rests on
    #[arg(long)]
    evidence: bool,
    /// Hints instead of answers, from general to specific: the first N, or all; they need no capture
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, value_parser = clap::value_parser!(u8).range(1..), conflicts_with_all = ["evidence", "format", "words", "annotate"])]
    hint: Option<Option<u8>>,
    /// How the answers are written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Words to look for in a capture of browsing, separated by commas; case matters, as in `contains`
    #[arg(long, value_name = "WORDS", value_delimiter = ',', value_parser = clap::builder::NonEmptyStringValueParser::new())]
    words: Vec<String>,
    /// Copy the capture to OUT (pcapng), with a comment at each packet that is evidence, for Wireshark to show
    #[arg(long, value_name = "OUT")]
    annotate: Option<PathBuf>,
    /// Overwrite OUT
    #[arg(long, requires = "annotate")]
    force: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For the terminal
    #[default]
    Text,
    /// A heading for each question
    Markdown,
    /// One object: captures, exchanges, answers
    Json,
}

pub(crate) fn run(context: &Context, args: &Answer) -> anyhow::Result<ExitCode> {
    let questions = questions(&context.lab, &args.question)?;
    if let Some(most) = args.hint {
        let mut out = input::stdout();
        prose::hints(&context.lab.phrases, &questions, most.map(usize::from), input::width(), &mut out)?;
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    let annotated = args.annotate.as_deref().map(|to| Ok::<_, anyhow::Error>((input_of(args, to)?, to)));
    let annotated = annotated.transpose()?;
    let afterwards = if annotated.is_some() { Afterwards::OpensFiles } else { Afterwards::Prints };
    let mut evidence = args.source.read(context, Some(&args.words), afterwards)?;
    if !args.question.is_empty() {
        evidence.report.keep(&questions.iter().map(|q| q.id.as_str()).collect::<Vec<_>>());
    }
    let report = &evidence.report;
    let mut out = input::stdout();
    match args.format {
        Format::Text => prose::text(report, args.evidence, input::width(), &mut out)?,
        Format::Markdown => prose::markdown(report, &mut out)?,
        Format::Json => json::write(report, &mut out)?,
    }
    out.flush()?;
    if let Some((from, to)) = annotated {
        write_comments(report, from, to, args.force)?;
    }
    evidence.end()
}

/// The questions with these labels (`Q6`, `q6` or `6`), in the lab's order; all if there are none.
fn questions<'l>(lab: &'l Lab, labels: &[String]) -> anyhow::Result<Vec<&'l Question>> {
    let is = |q: &Question, label: &str| {
        q.id.eq_ignore_ascii_case(label) || q.id.trim_start_matches(['Q', 'q']) == label
    };
    if let Some(unknown) = labels.iter().find(|label| !lab.questions.iter().any(|q| is(q, label))) {
        let all: Vec<&str> = lab.questions.iter().map(|q| q.id.as_str()).collect();
        let why = format!("--question {unknown}: the lab has no such question; it has {}", all.join(", "));
        return Err(UsageError(why).into());
    }
    let wanted = |q: &&Question| labels.is_empty() || labels.iter().any(|label| is(q, label));
    Ok(lab.questions.iter().filter(wanted).collect())
}

/// The capture to annotate. An error if there are several, if it is standard input, or if it is also the output.
fn input_of<'a>(args: &'a Answer, to: &Path) -> anyhow::Result<&'a Path> {
    let from = args.source.single("--annotate")?;
    if to.as_os_str() == "-" {
        return Err(UsageError(
            "--annotate needs the name of a file, it cannot write to standard output".into(),
        )
        .into());
    }
    if input::same_file(from, to) {
        let why = format!("--annotate {} is the capture itself; take another name", to.display());
        return Err(UsageError(why).into());
    }
    Ok(from)
}

/// Copies the capture with a comment for each answer that rests on a packet.
fn write_comments(report: &Report, from: &Path, to: &Path, force: bool) -> anyhow::Result<()> {
    let mut remarks = Remarks::new();
    for answer in &report.answers {
        for proof in &answer.evidence {
            let of_frame = remarks.entry(proof.frame.0).or_default();
            let text = format!("labkit {}: {}", answer.id, proof.why);
            if !of_frame.contains(&text) {
                of_frame.push(text);
            }
        }
    }
    let done = annotate(from, to, force, &remarks)?;
    input::say(format_args!("{} comments at {} frames in {}", done.comments, done.frames, to.display()));
    if done.impossible > 0 {
        let n = done.impossible;
        input::say(format_args!("{n} frames are in simple packet blocks, which cannot have comments"));
    }
    Ok(())
}
