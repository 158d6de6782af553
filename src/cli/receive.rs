//! `labkit receive`: receives messages, and confirms them.

use super::Context;
use super::communicate::{Common, Receiving, console, shut_out};
use crate::communicator;
use std::process::ExitCode;

/// Receive messages, show and confirm them
///
/// A message is over when its sender closes, when it has all the characters that it may have, or when nothing more came
/// for --quiet-ms. Then it is confirmed with the end marker. Up to 256 senders are served at once, and each message is
/// printed as a whole; a sender that is turned away is named on standard error. Exit status: 0 all messages confirmed, 1 not all, or the
/// port could not be had.
#[derive(clap::Args, Debug)]
pub(crate) struct Receive {
    #[command(flatten)]
    receiving: Receiving,
    /// How many messages to receive; 0 goes on until Ctrl-C
    #[arg(long, short, value_name = "N", default_value_t = 1)]
    count: u64,
    #[command(flatten)]
    common: Common,
}

/// Receives messages; exit status 1 unless as many as were asked for came and all were confirmed.
pub(crate) fn run(context: &Context, receive: &Receive) -> anyhow::Result<ExitCode> {
    let settings = receive.common.settings(context, &receive.receiving);
    let listener = communicator::listen(&settings)?;
    let mut console = console(context, &settings)?;
    if let Some(what) = shut_out(&settings) {
        console.note(&what);
    }
    let wanted = (receive.count != 0).then_some(receive.count);
    let tally = communicator::receive(&mut console, &settings, &listener, wanted)?;
    // Without a limit, only Ctrl-C ends the wait, so that is no failure.
    let done = wanted.is_none_or(|wanted| tally.messages() >= wanted && tally.unconfirmed == 0);
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
