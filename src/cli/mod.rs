//! The command line: definitions and dispatch. Each command has its own file with its arguments and one `run`.

mod answer;
mod at_once;
mod capture_filter;
mod check;
#[cfg(feature = "capture")]
mod closing;
mod commentary;
mod communicate;
mod completions;
#[cfg(windows)]
#[path = "console/windows.rs"]
mod console;
#[cfg(not(windows))]
#[path = "console/elsewhere.rs"]
mod console;
mod conversations;
mod doctor;
mod evidence;
mod examples;
mod exchange;
mod filter;
mod flow;
mod follow;
mod gate;
mod guests;
mod help;
mod input;
mod interfaces;
mod lab;
#[cfg(feature = "capture")]
mod live_list;
mod man;
mod menu;
mod names;
mod predict;
mod probe;
mod progress;
mod receive;
mod replay;
mod report;
mod send;
mod show;
#[cfg(feature = "capture")]
mod sniff;
#[cfg(not(feature = "capture"))]
#[path = "sniff/elsewhere.rs"]
mod sniff;
mod statistics;
mod view;

use crate::lab::definition::Lab;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::cell::LazyCell;
use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Two hosts talk, labkit watches: communicator, packet list, lab and write-up in one program.
#[derive(Parser, Debug)]
#[command(name = "labkit", version, max_term_width = 100)]
struct Cli {
    /// Folder of another lab's definition (lab.toml) instead of the built-in one
    #[arg(long, global = true, value_name = "DIR")]
    lab: Option<PathBuf>,
    /// Read at most so many bytes of what a compressed capture unpacks to, such as 10G (usually 200 times its size)
    #[arg(long, global = true, value_name = "SIZE", value_parser = size)]
    max_unpacked: Option<u64>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Form of the output of a command that has text and JSON.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum TextOrJson {
    Text,
    Json,
}

#[derive(Subcommand, Debug)]
enum Command {
    Menu(menu::Menu),
    Send(send::Send),
    Receive(receive::Receive),
    Interfaces(interfaces::Interfaces),
    Sniff(sniff::Sniff),
    Replay(replay::Replay),
    Show(show::Show),
    View(view::View),
    Lab(lab::LabArgs),
    Predict(predict::Predict),
    Conversations(conversations::ConversationsArgs),
    Statistics(statistics::Statistics),
    Exchange(exchange::Exchange),
    Follow(follow::Follow),
    Flow(flow::Flow),
    Answer(answer::Answer),
    Report(report::ReportArgs),
    Check(check::CheckArgs),
    Filter(filter::FilterArgs),
    Doctor(doctor::Doctor),
    Probe(probe::Probe),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Prints on standard error why the command failed; a closed one is ignored.
pub fn complain(why: &str) {
    let _ = writeln!(anstream::stderr(), "{}", input::remark(why));
}

/// What every command gets besides its own arguments.
pub(crate) struct Context {
    /// The lab's definition. The built-in one is parsed at its first use, because that takes longer than listing a small
    /// capture.
    pub(crate) lab: LazyCell<Lab, Box<dyn FnOnce() -> Lab>>,
    /// The folder that the definition was read from; `None` for the built-in one.
    pub(crate) lab_dir: Option<PathBuf>,
}

/// A command line that clap accepts but that asks for something impossible: exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// The command line as clap knows it, with all of its help.
fn command() -> clap::Command {
    help::grouped(examples::added(Cli::command()))
}

/// The arguments, with a command inserted where only a capture file is named: `view` on a terminal, else `replay`.
fn with_command(command: &clap::Command, mut arguments: Vec<OsString>) -> Vec<OsString> {
    let mut at = 1;
    while let Some(argument) = arguments.get(at).map(|a| a.to_string_lossy().into_owned()) {
        if argument == "--lab" {
            at += 2;
            continue;
        }
        if argument.starts_with("--lab=") {
            at += 1;
            continue;
        }
        let is_command = argument == "help" || command.find_subcommand(&argument).is_some();
        if !is_command && !argument.starts_with('-') && std::path::Path::new(&argument).is_file() {
            let terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
            arguments.insert(at, if terminal { "view" } else { "replay" }.into());
        }
        break;
    }
    arguments
}

/// A number of bytes: `1500`, `64K`, `500M`, `10G`, each letter 1024 times the one before.
fn size(text: &str) -> Result<u64, String> {
    let (number, shift) =
        match text.trim_end_matches(['B', 'b']).split_at_checked(text.len().saturating_sub(1)) {
            Some((number, "K" | "k")) => (number, 10),
            Some((number, "M" | "m")) => (number, 20),
            Some((number, "G" | "g")) => (number, 30),
            _ => (text, 0),
        };
    let number: Option<u64> = number.parse().ok();
    let bytes = number.filter(|n| *n > 0).and_then(|n| n.checked_mul(1 << shift));
    bytes.ok_or_else(|| "a size is a number of bytes, or one with K, M or G, such as 500M or 10G".into())
}

/// A number of seconds above zero; decimals are allowed.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let parsed = text.parse().ok().and_then(|s: f64| Duration::try_from_secs_f64(s).ok());
    parsed
        .filter(|d| !d.is_zero())
        .ok_or_else(|| "a number of seconds above 0 is needed, as in 10 or 0.5".into())
}

/// Runs the command that the arguments name, and returns its exit status.
///
/// # Errors
/// The failure of the command; [`UsageError`] if its arguments are wrong.
pub fn run() -> anyhow::Result<ExitCode> {
    console::prepare();
    let plain = Cli::command();
    let args = guests::translate(with_command(&plain, std::env::args_os().collect()))?;
    let parse = |command: clap::Command| {
        command.try_get_matches_from(&args).and_then(|matches| Cli::from_arg_matches(&matches))
    };
    // Groups and examples are written only where clap has help or an error to show.
    let cli = parse(plain)
        .or_else(|_| parse(command()))
        .unwrap_or_else(|error| guests::explain(error, &args).exit());
    cli.max_unpacked.into_iter().for_each(crate::capture::unpack::set_most);
    let lab: Box<dyn FnOnce() -> Lab> = match &cli.lab {
        Some(dir) => {
            let lab = Lab::load(dir)?;
            Box::new(move || lab)
        }
        None => Box::new(Lab::built_in),
    };
    let context = Context { lab: LazyCell::new(lab), lab_dir: cli.lab };
    match cli.command.unwrap_or_else(|| Command::Menu(menu::Menu::default())) {
        Command::Menu(args) => menu::run(&context, &args),
        Command::Send(args) => send::run(&context, &args),
        Command::Receive(args) => receive::run(&context, &args),
        Command::Interfaces(args) => interfaces::run(&args),
        Command::Sniff(args) => sniff::run(&args, &context),
        Command::Replay(args) => replay::run(&context, &args),
        Command::Show(args) => show::run(&args),
        Command::View(args) => view::run(&args, &context),
        Command::Predict(args) => predict::run(&context, &args),
        Command::Lab(args) => lab::run(&context, &args),
        Command::Conversations(args) => conversations::run(&args),
        Command::Statistics(args) => statistics::run(&args),
        Command::Follow(args) => follow::run(&context, &args),
        Command::Report(args) => report::run(&context, &args),
        Command::Flow(args) => flow::run(&context, &args),
        Command::Exchange(args) => exchange::run(&context, &args),
        Command::Answer(args) => answer::run(&context, &args),
        Command::Check(args) => check::run(&context, &args),
        Command::Filter(args) => filter::run(&context, &args),
        Command::Doctor(args) => doctor::run(&context, &args),
        Command::Probe(args) => probe::run(&context, &args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_above_zero() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["0", "-1", "NaN", "inf", "1s", "1e30"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
