//! `labkit lab`: the lab on one machine.

mod recorded;
#[cfg(all(target_os = "linux", feature = "capture"))]
mod tried;

use super::Context;
use crate::lab::check::answers::template;
use crate::lab::definition::Lab;
use clap::{Args, Subcommand};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The lab on one machine: two hosts in network namespaces
#[derive(Args, Debug)]
pub(crate) struct LabArgs {
    #[command(subcommand)]
    command: LabCommand,
}

#[derive(Subcommand, Debug)]
enum LabCommand {
    /// The labs that are there
    List,
    /// What the lab is about: hosts, messages, questions
    Show {
        /// Write an empty sheet for the answers (Markdown) instead
        #[arg(long)]
        template: bool,
    },
    Run(Run),
    Up(Up),
    Set(Set),
    Exec(Exec),
    Down(Down),
    #[command(name = "__hold", hide = true)]
    Hold(Hold),
    #[command(name = "__relay", hide = true)]
    Relay(Relay),
    #[command(name = "__enter", hide = true)]
    Enter(Enter),
}

/// Run the whole lab: two hosts, capture, messages, tables, answers
///
/// Makes two hosts joined by a virtual cable, captures on the guest's adapter while the hosts exchange the lab's messages,
/// and leaves the capture. Needs no root where the system lets users have namespaces. Nothing of the network is left,
/// however it ends. Where namespaces are not to be had, a recorded run is shown.
///
/// With --with, a communicator of your own plays in labkit's place, on a terminal of its own: labkit chooses from its menu
/// and answers its prompts, as the handout words them or alike, and then checks the capture. Exit status: 0 all is as the
/// handout asks, 1 something is not.
#[derive(Args, Debug)]
struct Run {
    /// Folder for the capture; made if it is not there
    #[arg(long, short, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Replace a capture that is there already
    #[arg(long)]
    force: bool,
    /// A program to play in labkit's place, such as 'python3 communication.py'
    #[arg(long, value_name = "COMMAND", value_parser = words)]
    with: Option<Words>,
    /// On which host it plays: host, guest or both
    #[arg(long, value_enum, default_value = "both", requires = "with")]
    on: On,
}

/// The words of a command line.
#[derive(Clone, Debug)]
struct Words(Vec<String>);

/// The hosts on which a program runs.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum On {
    Host,
    Guest,
    Both,
}

/// Splits a command as a shell does, without its wildcards and variables.
fn words(text: &str) -> Result<Words, String> {
    match shlex::split(text) {
        Some(words) if !words.is_empty() => Ok(Words(words)),
        Some(_) => Err("no command; 'python3 communication.py' is one".into()),
        None => Err("a quote is not closed".into()),
    }
}

/// Put the two hosts up and leave them there
///
/// They stay until `lab down`, or until the machine is switched off. Needs no root where `lab run` needs none.
#[derive(Args, Debug)]
struct Up {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    faults: Faults,
}

/// Change what is wrong with the network of the hosts that `lab up` made
///
/// The faults that are named are there from now on, and no others: without any, the network is whole again.
#[derive(Args, Debug)]
struct Set {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    faults: Faults,
}

/// The share for a fault that is named without one.
const USUAL_SHARE: &str = "10%";

/// The faults of the network between the two hosts.
#[derive(Args, Debug)]
struct Faults {
    /// How long each frame takes, each way, as in 20ms
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Faults")]
    delay: Option<Duration>,
    /// The share of frames that are lost, as in 25% [without a share: 10%]
    #[arg(long, value_name = "SHARE", value_parser = share, num_args = 0..=1, default_missing_value = USUAL_SHARE, help_heading = "Faults")]
    loss: Option<f64>,
    /// The share of frames that arrive twice [without a share: 10%]
    #[arg(long, value_name = "SHARE", value_parser = share, num_args = 0..=1, default_missing_value = USUAL_SHARE, help_heading = "Faults")]
    duplicate: Option<f64>,
    /// The share of frames that the next one overtakes [without a share: 10%]
    #[arg(long, value_name = "SHARE", value_parser = share, num_args = 0..=1, default_missing_value = USUAL_SHARE, help_heading = "Faults")]
    reorder: Option<f64>,
    /// Seed of the random numbers, for the same faults each time
    #[arg(long, value_name = "N", help_heading = "Faults")]
    seed: Option<u64>,
    /// The largest packet of both adapters, in bytes
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(68..=65_535), help_heading = "Faults")]
    mtu: Option<u32>,
    /// Let no frame be larger than a cable carries: switches TSO, GSO and GRO off on both hosts (needs ethtool)
    #[arg(long, help_heading = "Faults")]
    no_offload: bool,
    /// The guest's firewall answers with an ICMP error (needs nft)
    #[arg(long, help_heading = "Faults", conflicts_with_all = ["drop", "reset"])]
    reject: bool,
    /// The guest's firewall throws away what comes to the lab's port (needs nft)
    #[arg(long, help_heading = "Faults", conflicts_with = "reset")]
    drop: bool,
    /// The guest's firewall answers with a RST (needs nft)
    #[arg(long, help_heading = "Faults")]
    reset: bool,
}

/// Relays frames between the hosts: for labkit's own use.
#[derive(Args, Debug)]
struct Relay {
    #[arg(long)]
    beside: Option<i32>,
    #[arg(long)]
    stay: Option<String>,
    #[arg(long)]
    tell: bool,
    #[arg(long)]
    weather: String,
}

/// Take the two hosts down, with all that runs on them
#[derive(Args, Debug)]
struct Down {
    #[command(flatten)]
    which: Which,
}

/// Which of the networks that `lab up` makes.
#[derive(Args, Debug)]
struct Which {
    /// Name of the lab's network, to have several at a time
    #[arg(long, value_name = "NAME", default_value = "lab")]
    name: String,
}

/// Run a command on one of the hosts that `lab up` made
///
/// `labkit` as the command is this labkit, wherever it is.
#[derive(Args, Debug)]
struct Exec {
    #[command(flatten)]
    which: Which,
    /// On which of the two: host or guest
    #[arg(value_name = "host|guest", value_parser = ["host", "guest"])]
    on: String,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Holds a host: for labkit's own use.
#[derive(Args, Debug)]
struct Hold {
    #[arg(value_parser = ["host", "guest"])]
    role: String,
    #[arg(long)]
    beside: Option<i32>,
    #[arg(long)]
    stay: Option<String>,
    #[arg(long)]
    scratch: Option<PathBuf>,
}

/// Becomes a command on a host: for labkit's own use.
#[derive(Args, Debug)]
struct Enter {
    #[arg(long)]
    pid: i32,
    #[arg(long)]
    parent: Option<i32>,
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

pub(crate) fn run(context: &Context, args: &LabArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        LabCommand::List => list(context, &mut io::stdout().lock())?,
        LabCommand::Show { template: true } => template(&context.lab, &mut io::stdout().lock())?,
        LabCommand::Show { template: false } => show(&context.lab, &mut io::stdout().lock())?,
        LabCommand::Run(args) => return system::run(context, args),
        LabCommand::Up(args) => system::up(context, &args.which.name, &args.faults)?,
        LabCommand::Set(args) => system::set(context, &args.which.name, &args.faults)?,
        LabCommand::Relay(args) => system::relay(args)?,
        LabCommand::Down(args) => system::down(&args.which.name)?,
        LabCommand::Exec(args) => system::exec(args)?,
        LabCommand::Hold(args) => system::hold(args)?,
        LabCommand::Enter(args) => system::enter(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(context: &Context, out: &mut impl Write) -> io::Result<()> {
    let built_in = Lab::built_in();
    writeln!(out, "{}  {} (built in)", built_in.id, built_in.title)?;
    if let Some(dir) = &context.lab_dir {
        writeln!(out, "{}  {} ({})", context.lab.id, context.lab.title, dir.display())?;
    }
    Ok(())
}

fn show(lab: &Lab, out: &mut impl Write) -> io::Result<()> {
    let c = &lab.communicator;
    let n = &lab.network;
    let say = |text: &str| lab.phrases.say(text);
    writeln!(out, "{} ({})", lab.title, lab.id)?;
    writeln!(out)?;
    let facts = [
        ("Host", format!("{}/{}", n.host, n.prefix)),
        ("Guest", format!("{}/{}", n.guest, n.prefix)),
        ("Port", format!("{}, TCP", c.port)),
        ("Receipt", say(&format!("{}, within {} s", c.marker, c.timeout_seconds))),
        ("Message", say(&format!("{} characters at most", c.max_characters))),
        ("Capture", n.capture.clone()),
    ]
    .map(|(what, is)| (say(what), is));
    let width = facts.iter().map(|(what, _)| what.chars().count()).max().unwrap_or_default();
    for (what, is) in &facts {
        writeln!(out, "{what:<width$}  {is}")?;
    }
    writeln!(out)?;
    writeln!(out, "{}", say("Steps"))?;
    for (i, step) in lab.steps.iter().enumerate() {
        let way = say(&format!("{} to {}", step.from.name(), step.from.other().name()));
        writeln!(out, "  {}. {way}: {}", i + 1, step.message.escape_debug())?;
    }
    writeln!(out)?;
    writeln!(out, "{}", say("Questions"))?;
    for question in &lab.questions {
        writeln!(out, "  {}  {}", question.id, question.text.escape_debug())?;
    }
    Ok(())
}

/// Reads a length of time: `20ms`, `1.5s`, `300us`.
fn duration(text: &str) -> Result<Duration, String> {
    const MOST: f64 = 10.0;
    let split = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = match unit {
        "s" => 1.0,
        "ms" => 1e-3,
        "us" | "µs" => 1e-6,
        _ => return Err("a time with its unit is needed, as in 20ms or 1.5s".into()),
    };
    let seconds = number.trim().parse::<f64>().ok().map(|n| n * unit).filter(|s| (0.0..=MOST).contains(s));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("a time from 0 to {MOST} s is needed, as in 20ms"))
}

/// Reads a share as a number from 0 to 1: `10%` or `10`.
fn share(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end().parse::<f64>().ok();
    let share = number.map(|percent| percent / 100.0).filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share from 0% to 100% is needed, as in 10%".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_shares_are_understood() {
        assert_eq!(duration("20ms"), Ok(Duration::from_millis(20)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("300us"), Ok(Duration::from_micros(300)));
        for wrong in ["20", "ms", "-1ms", "11s", "NaNms", "1m", ""] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!(share("10%"), Ok(0.1));
        assert_eq!(share("100"), Ok(1.0));
        for wrong in ["101%", "-1", "x", "", "NaN"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}

#[cfg(all(target_os = "linux", feature = "capture"))]
#[path = "lab/linux.rs"]
mod system;

#[cfg(not(all(target_os = "linux", feature = "capture")))]
#[path = "lab/elsewhere.rs"]
mod system;
