//! The commands of the lab in builds that cannot make its two hosts.

use super::{Context, Enter, Exec, Faults, Hold, Relay, Run, recorded};
use crate::lab::NO_STAGE;
use anyhow::bail;
use std::process::ExitCode;

pub(super) fn run(_: &Context, args: &Run) -> anyhow::Result<ExitCode> {
    if let Some(with) = &args.with {
        bail!("cannot play with `{}` here: {NO_STAGE}", with.0.join(" "));
    }
    recorded::show(NO_STAGE)
}

pub(super) fn set(_: &Context, _: &str, _: &Faults) -> anyhow::Result<()> {
    bail!("cannot change the lab's network: {NO_STAGE}")
}

pub(super) fn relay(_: &Relay) -> anyhow::Result<()> {
    bail!(NO_STAGE)
}

pub(super) fn up(_: &Context, _: &str, _: &Faults) -> anyhow::Result<()> {
    bail!("cannot put the lab up: {NO_STAGE}")
}

pub(super) fn down(_: &str) -> anyhow::Result<()> {
    bail!("cannot take the lab down: {NO_STAGE}")
}

pub(super) fn exec(_: &Exec) -> anyhow::Result<()> {
    bail!("cannot reach the lab's hosts: {NO_STAGE}")
}

pub(super) fn hold(_: &Hold) -> anyhow::Result<()> {
    bail!(NO_STAGE)
}

pub(super) fn enter(_: &Enter) -> anyhow::Result<()> {
    bail!(NO_STAGE)
}
