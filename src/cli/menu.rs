//! `labkit menu`, and `labkit` alone.

use super::Context;
use super::communicate::{Common, Receiving, console, shut_out};
use crate::communicator;
use std::process::ExitCode;

/// The communicator's menu, as in the handout; `labkit` alone does the same
///
/// Send a message, receive one, or leave. Ctrl-C stops sending or receiving and comes back to the menu, and Ctrl-D comes
/// back from a prompt of sending. Ctrl-C at a prompt leaves, as Ctrl-D in the menu does.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct Menu {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    receiving: Receiving,
}

/// Runs the menu until its user leaves it.
pub(crate) fn run(context: &Context, menu: &Menu) -> anyhow::Result<ExitCode> {
    let settings = menu.common.settings(context, &menu.receiving);
    let firewall = || shut_out(&settings);
    communicator::menu(&mut console(context, &settings)?, &settings, &firewall)?;
    Ok(ExitCode::SUCCESS)
}
