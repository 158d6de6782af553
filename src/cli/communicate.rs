//! The flags that the communicator's commands share; they override the lab's definition.

use super::{Context, UsageError};
use crate::communicator::{Console, Settings};
use crate::doctor;
use anyhow::Context as _;
use clap::Args;
use std::net::Ipv4Addr;
use std::time::Duration;

/// Flags of every command of the communicator.
#[derive(Args, Debug, Default)]
pub(crate) struct Common {
    /// TCP port, the same on both sides [default: the lab's, 65432]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Seconds from the first connection attempt to the receipt [default: the lab's, 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
}

/// Flags of the commands that receive.
#[derive(Args, Debug, Default)]
pub(crate) struct Receiving {
    /// Receive on this address of this machine only [default: on all]
    #[arg(long, value_name = "IP", value_parser = address)]
    bind: Option<Ipv4Addr>,
    /// Silence, in milliseconds, after which a message counts as complete [default: 300]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=600_000))]
    quiet_ms: Option<u64>,
}

impl Common {
    /// The lab's settings with what the flags override.
    pub(crate) fn settings(&self, context: &Context, receiving: &Receiving) -> Settings {
        settings(context, self.port, self.timeout, receiving)
    }
}

/// The lab's settings, with these in place of the lab's where they are given.
pub(crate) fn settings(
    context: &Context,
    port: Option<u16>,
    timeout: Option<Duration>,
    receiving: &Receiving,
) -> Settings {
    let lab = &context.lab.communicator;
    Settings {
        banner: lab.banner.clone(),
        port: port.unwrap_or(lab.port),
        bind: receiving.bind.unwrap_or(Ipv4Addr::UNSPECIFIED),
        marker: lab.marker.clone(),
        timeout: timeout.unwrap_or_else(|| lab.timeout()),
        quiet: Duration::from_millis(receiving.quiet_ms.unwrap_or(300)),
        max_chars: lab.max_characters,
        // A character of UTF-8 takes at most four bytes.
        max_bytes: lab.max_characters.saturating_mul(4),
    }
}

/// The dialogue on the standard streams.
pub(crate) fn console(context: &Context, settings: &Settings) -> anyhow::Result<Console> {
    let phrases = context.lab.phrases.clone();
    Console::standard(settings.max_bytes, Box::new(move |line| phrases.say(line)))
        .context("cannot talk to the terminal; is standard input open, and does it exist still?")
}

/// A sentence if this machine's firewall certainly keeps other machines from connecting to a receiver with these
/// settings; else `None`.
pub(crate) fn shut_out(settings: &Settings) -> Option<String> {
    if settings.bind.is_loopback() { None } else { doctor::firewall::shut(settings.port) }
}

/// Refuses a message on the command line that the protocol does not allow.
pub(crate) fn check_message(settings: &Settings, message: &str) -> Result<(), UsageError> {
    settings.check_length(message.chars().count()).map_err(|e| UsageError(format!("--message: {e}")))
}

/// An IPv4 address: four decimal numbers with dots.
pub(crate) fn address(text: &str) -> Result<Ipv4Addr, String> {
    text.trim()
        .parse()
        .map_err(|_| "not an IPv4 address, which is four numbers such as 192.168.56.101".into())
}

/// A number of seconds, at most a day.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("not a number of seconds above 0 and up to 86400".into()),
    }
}
