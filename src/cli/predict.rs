//! `labkit predict`: the packets that a message will take, and beside them those that the lab then recorded.

#[cfg(all(target_os = "linux", feature = "capture"))]
mod played;

use super::{Context, input};
use crate::lab::predict::{KINDS, Setting, recorded};
use clap::Args;
use std::io::Write;
use std::process::ExitCode;

/// The packets that a message of so many bytes will take; with --run, beside what the lab then records
#[derive(Args, Debug)]
pub(crate) struct Predict {
    /// Bytes of the message [default: those of the lab's first message]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16_384))]
    message_bytes: Option<u32>,
    /// Bytes of the message, without the option's name
    #[arg(value_name = "N", conflicts_with = "message_bytes", value_parser = clap::value_parser!(u32).range(1..=16_384))]
    bytes: Option<u32>,
    /// The largest packet of both adapters, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 1500, value_parser = clap::value_parser!(u32).range(68..=65_535))]
    mtu: u32,
    /// Both systems do without TCP's timestamps
    #[arg(long)]
    no_timestamps: bool,
    /// No adapter cuts segments: a capture shows what is on the cable (with --run: needs ethtool)
    #[arg(long)]
    no_offload: bool,
    /// Play it in the lab on this machine, and compare
    #[arg(long)]
    run: bool,
}

pub(crate) fn run(context: &Context, args: &Predict) -> anyhow::Result<ExitCode> {
    let first = context.lab.steps.first().map_or(28, |step| step.message.len() as u32);
    let setting = Setting {
        message: args.message_bytes.or(args.bytes).unwrap_or(first),
        receipt: context.lab.communicator.marker.len() as u32,
        mtu: args.mtu,
        timestamps: !args.no_timestamps,
        offload: !args.no_offload,
    };
    let counts = match args.run {
        true => Some(played(context, &setting)?),
        false => None,
    };
    let mut out = input::stdout();
    let Setting { message, mtu, .. } = setting;
    let timestamps = if setting.timestamps { "timestamps" } else { "no timestamps" };
    let offload = if setting.offload { "offload" } else { "no offload" };
    writeln!(out, "A message of {message} bytes over TCP and IPv4, MTU {mtu}, {timestamps}, {offload}:\n")?;
    let heading = if counts.is_some() { "  recorded" } else { "" };
    writeln!(out, "{:<27}predicted{heading}  why", "")?;
    let mut right = true;
    for (i, kind) in KINDS.into_iter().enumerate() {
        let (count, why) = kind.predicted(&setting);
        let seen = counts.and_then(|counts| counts.get(i).copied());
        right &= seen.is_none_or(|n| count.holds(n));
        let seen = seen.map_or_else(String::new, |n| mark(n, count.holds(n)));
        writeln!(out, "{:<27}{:>9}{seen}  {why}", kind.name(), count.to_string())?;
    }
    let all = counts.map(|counts| counts.iter().sum::<u32>());
    let total = setting.total();
    let seen = all.map_or_else(String::new, |n| mark(n, total.holds(n)));
    writeln!(out, "{:<27}{:>9}{seen}", "all", total.to_string())?;
    writeln!(out, "\nThe longest frame of the message has {} bytes on a cable.", setting.frame())?;
    if let Some(all) = all {
        let said = if right { "as predicted" } else { "not as predicted: the marked rows differ" };
        writeln!(out, "Recorded on the guest: {all} packets, {said}.")?;
    }
    out.flush()?;
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A recorded number, marked with `!` if it was not predicted.
fn mark(n: u32, holds: bool) -> String {
    format!("  {:>7}{}", n, if holds { " " } else { "!" })
}

/// Runs the exchange in the lab on this machine, and counts its packets by kind.
#[cfg(all(target_os = "linux", feature = "capture"))]
fn played(context: &Context, setting: &Setting) -> anyhow::Result<[u32; 7]> {
    Ok(recorded(&played::play(context, setting)?))
}

#[cfg(not(all(target_os = "linux", feature = "capture")))]
fn played(_: &Context, _: &Setting) -> anyhow::Result<[u32; 7]> {
    let _ = recorded;
    anyhow::bail!("cannot play it here: {}", crate::lab::NO_STAGE)
}
