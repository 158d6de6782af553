//! `labkit probe`: tries whether another program is a communicator as the handout asks for.

use super::communicate::{Receiving, address, seconds, settings};
use super::input;
use super::{Context, TextOrJson};
use crate::communicator::Interrupt;
use crate::probe::{Rules, receiver, sender, write};
use anyhow::Context as _;
use clap::Args;
use std::io::Write;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

/// Is the other side's program a communicator as the handout asks for
///
/// With IP, labkit sends to the receiver there: messages of all lengths, in halves, with the marker in them, cut off. With
/// --listen it receives from the sender there, and answers in all ways. A program that takes one message and ends must be
/// started again for each trial; labkit waits for it. Exit status: 0 all met, 1 not, 2 wrong arguments.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("whom").required(true).args(["ip", "listen"]))]
pub(crate) struct Probe {
    /// IPv4 address of the machine whose receiver is tried
    #[arg(value_name = "IP", value_parser = address)]
    ip: Option<Ipv4Addr>,
    /// Try the sender on the other machine: receive from it
    #[arg(long)]
    listen: bool,
    /// TCP port [default: the lab's, 65432]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Seconds in which a sender must have its receipt or give up [default: the lab's, 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Seconds that a receiver may take to confirm a message that is complete
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "3")]
    patience: Duration,
    /// Seconds to wait until the program is started, and started again
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "60")]
    wait: Duration,
    /// Form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: TextOrJson,
}

pub(crate) fn run(context: &Context, args: &Probe) -> anyhow::Result<ExitCode> {
    let settings = settings(context, args.port, args.timeout, &Receiving::default());
    let rules = Rules {
        port: settings.port,
        marker: &settings.marker,
        timeout: settings.timeout,
        patience: args.patience,
        wait: args.wait,
    };
    let interrupt = Interrupt::install().context("cannot prepare for Ctrl-C")?;
    let mut say = |line: &str| input::say(format_args!("{line}"));
    let report = match args.ip {
        Some(ip) => receiver::probe(ip, &rules, &interrupt, &mut say)?,
        None => sender::probe(&settings, &rules, &interrupt, &mut say)?,
    };
    let mut out = input::stdout();
    match args.format {
        TextOrJson::Text => write::text(&report, input::width(), &mut out)?,
        TextOrJson::Json => write::json(&report, &mut out)?,
    }
    out.flush()?;
    Ok(if report.is_met() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
