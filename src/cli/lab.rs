//! `labkit lab`: the lab on one machine.

mod recorded;

use super::Context;
use crate::lab::check::answers::template;
use crate::lab::definition::Lab;
use clap::{Args, Subcommand};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

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
    Exec(Exec),
    Down(Down),
    #[command(name = "__hold", hide = true)]
    Hold(Hold),
    #[command(name = "__enter", hide = true)]
    Enter(Enter),
}

/// Run the whole lab: two hosts, capture, messages, tables, answers
///
/// Makes two hosts joined by a virtual cable, captures on the guest's adapter while the hosts exchange the lab's messages,
/// and leaves the capture. Needs no root where the system lets users have namespaces. Nothing of the network is left,
/// however it ends. Where namespaces are not to be had, a recorded run is shown.
#[derive(Args, Debug)]
struct Run {
    /// Folder for the capture; made if it is not there
    #[arg(long, short, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Replace a capture that is there already
    #[arg(long)]
    force: bool,
}

/// Put the two hosts up and leave them there
///
/// They stay until `lab down`, or until the machine is switched off. Needs no root where `lab run` needs none.
#[derive(Args, Debug)]
struct Up {
    #[command(flatten)]
    which: Which,
    /// Let no frame be larger than a cable carries: switches TSO, GSO and GRO off on both hosts (needs ethtool)
    #[arg(long)]
    no_offload: bool,
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
        LabCommand::Up(args) => system::up(context, &args.which.name, args.no_offload)?,
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
    writeln!(out, "{} ({})", lab.title, lab.id)?;
    writeln!(out)?;
    writeln!(out, "Host     {}/{}", n.host, n.prefix)?;
    writeln!(out, "Guest    {}/{}", n.guest, n.prefix)?;
    writeln!(out, "Port     {}, TCP", c.port)?;
    writeln!(out, "Receipt  {}, within {} s", c.marker, c.timeout_seconds)?;
    writeln!(out, "Message  {} characters at most", c.max_characters)?;
    writeln!(out, "Capture  {}", n.capture)?;
    writeln!(out)?;
    writeln!(out, "Steps")?;
    for (i, step) in lab.steps.iter().enumerate() {
        let (from, to) = (step.from.name(), step.from.other().name());
        writeln!(out, "  {}. {from} to {to}: {}", i + 1, step.message.escape_debug())?;
    }
    writeln!(out)?;
    writeln!(out, "Questions")?;
    for question in &lab.questions {
        writeln!(out, "  {}  {}", question.id, question.text.escape_debug())?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[path = "lab/linux.rs"]
mod system;

#[cfg(not(target_os = "linux"))]
#[path = "lab/elsewhere.rs"]
mod system;
