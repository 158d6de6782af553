//! `labkit send`: sends one message, and waits for the receipt.

use super::Context;
use super::communicate::{Common, Receiving, address, check_message, console};
use crate::communicator::{self, Asked, Outcome, ask_message, ask_recipient};
use anyhow::bail;
use std::net::Ipv4Addr;
use std::process::ExitCode;

/// Send one message and wait for the receipt
///
/// Connects to the receiver, sends the message, and waits for the receipt, which is the end marker and nothing else.
/// Asks for what is not given. Exit status: 0 confirmed, 1 not confirmed or not sent (standard error says why), 2 wrong
/// arguments.
#[derive(clap::Args, Debug)]
pub(crate) struct Send {
    /// IPv4 address of the receiver; asked for when missing
    #[arg(long, value_name = "IP", value_parser = address)]
    to: Option<Ipv4Addr>,
    /// The message's text, at most 4096 characters; asked for when missing
    #[arg(long, short, value_name = "TEXT", allow_hyphen_values = true)]
    message: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Sends one message; exit status 1 unless it was confirmed.
pub(crate) fn run(context: &Context, send: &Send) -> anyhow::Result<ExitCode> {
    let settings = send.common.settings(context, &Receiving::default());
    if let Some(message) = &send.message {
        check_message(&settings, message)?;
    }
    let mut console = console(context, &settings)?;
    let message = match &send.message {
        Some(message) => message.clone(),
        None => needed(ask_message(&mut console, &settings)?, "message", "--message TEXT")?,
    };
    let to = match send.to {
        Some(to) => to,
        None => needed(ask_recipient(&mut console)?, "recipient", "--to IP")?,
    };
    Ok(match communicator::send(&mut console, &settings, to, &message)? {
        Outcome::Confirmed => ExitCode::SUCCESS,
        Outcome::Unconfirmed(_) | Outcome::NotSent(_) => ExitCode::FAILURE,
    })
}

fn needed<T>(asked: Asked<T>, what: &str, flag: &str) -> anyhow::Result<T> {
    match asked {
        Asked::Given(answer) => Ok(answer),
        Asked::End => bail!("nothing was sent: the input ended before a {what} was given; {flag} gives one"),
        Asked::Interrupted => bail!("nothing was sent: stopped with Ctrl-C before a {what} was given"),
    }
}
