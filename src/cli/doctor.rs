//! `labkit doctor`: looks for what stands in the way of the lab on this machine.

use super::communicate::address;
use super::input;
use super::{Context, TextOrJson};
use crate::doctor::{self, Question, write};
use anyhow::Context as _;
use clap::Args;
use std::io::Write;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

/// What stands in the way of the lab here, each with the command that mends it
///
/// Looks at adapters and addresses, the right to capture, the lab's port, the firewall, and settings that make captures
/// surprising; with --peer also at the way to the other machine, to which it opens one connection without a message.
/// Exit status: 0 nothing stands in the way, 1 something does, 2 wrong arguments.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// The other machine's IPv4 address: is it there, and does its port answer
    #[arg(long, value_name = "IP", value_parser = address)]
    peer: Option<Ipv4Addr>,
    /// TCP port [default: the lab's, 65432]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Seconds that the other machine may take to answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// Form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: TextOrJson,
}

pub(crate) fn run(context: &Context, args: &Doctor) -> anyhow::Result<ExitCode> {
    let question = Question {
        port: args.port.unwrap_or_else(|| context.lab.communicator.port),
        peer: args.peer,
        patience: Duration::from_secs(args.timeout),
    };
    let findings = doctor::examine(&question).context("cannot look at the adapters of this machine")?;
    let mut out = input::stdout();
    match args.format {
        TextOrJson::Text => write::text(&findings, input::width(), input::palette(), &mut out)?,
        TextOrJson::Json => write::json(&question, &findings, &mut out)?,
    }
    out.flush()?;
    Ok(if doctor::is_ready(&findings) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
