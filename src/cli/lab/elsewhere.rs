//! What the commands that need network namespaces do where there are none.

use super::{Context, Enter, Exec, Faults, Hold, Relay, Run, recorded};
use anyhow::bail;
use std::process::ExitCode;

const WHY: &str = "only Linux has network namespaces";

pub(super) fn run(_: &Context, _: &Run) -> anyhow::Result<ExitCode> {
    recorded::show(WHY)
}

pub(super) fn set(_: &Context, _: &str, _: &Faults) -> anyhow::Result<()> {
    bail!("cannot change the lab's network: {WHY}")
}

pub(super) fn relay(_: &Relay) -> anyhow::Result<()> {
    bail!(WHY)
}

pub(super) fn up(_: &Context, _: &str, _: &Faults) -> anyhow::Result<()> {
    bail!("cannot put the lab up: {WHY}")
}

pub(super) fn down(_: &str) -> anyhow::Result<()> {
    bail!("cannot take the lab down: {WHY}")
}

pub(super) fn exec(_: &Exec) -> anyhow::Result<()> {
    bail!("cannot reach the lab's hosts: {WHY}")
}

pub(super) fn hold(_: &Hold) -> anyhow::Result<()> {
    bail!(WHY)
}

pub(super) fn enter(_: &Enter) -> anyhow::Result<()> {
    bail!(WHY)
}
