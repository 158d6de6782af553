//! The commands that need network namespaces, on Linux.

use super::{Context, Enter, Exec, Hold, Run, recorded};
use crate::capture::signals::Signals;
use crate::cli::{closing, input};
use crate::lab::definition::Role;
use crate::lab::stage::actors::Screen;
use crate::lab::stage::namespace;
use crate::lab::stage::network::{self, Network, NetworkError, down_command};
use crate::lab::stage::run::{self, Plan, RunError};
use anyhow::{Context as _, anyhow};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

pub(super) fn run(context: &Context, args: &Run) -> anyhow::Result<ExitCode> {
    let signals = Signals::install().context("cannot prepare for Ctrl-C")?;
    let lab_dir = context.lab_dir.as_deref().map(std::path::absolute).transpose()?;
    let plan = Plan { lab: &context.lab, lab_dir, out: args.out.clone(), force: args.force };
    let mut out = io::stdout().lock();
    let width = io::stdout().is_terminal().then(input::terminal_width).flatten();
    let screen = Screen { out: &mut out, width, colour: input::colour_on_stdout() };
    match run::run(&plan, screen, &signals) {
        Ok(capture) => {
            drop(out);
            if io::stdout().is_terminal() {
                writeln!(io::stdout())?;
                closing::of_file(context, &capture)?;
                return Ok(ExitCode::SUCCESS);
            }
            recorded::explain(&recorded::Capture::File(&capture), &context.lab, plan.lab_dir.as_deref())?;
            writeln!(io::stdout(), "\nThe capture is {}.", capture.display())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(RunError::Network(NetworkError::Unavailable(why))) => {
            drop(out);
            recorded::show(&why)
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn up(context: &Context, name: &str, no_offload: bool) -> anyhow::Result<()> {
    Network::leave(&context.lab.network, name).map_err(|error| match error {
        NetworkError::Unavailable(why) => anyhow!("cannot put the lab up: {why}"),
        other => other.into(),
    })?;
    if no_offload
        && let Err(error) =
            [Role::Host, Role::Guest].into_iter().try_for_each(|role| switch_offload_off(role, name))
    {
        // Half a lab is none: what was asked for is not there.
        network::remove(name)?;
        return Err(error);
    }
    let option = if name == network::DEFAULT_NAME { String::new() } else { format!("--name {name} ") };
    let mut out = io::stdout();
    writeln!(out, "The lab is up: {}.", Network::describe(&context.lab))?;
    writeln!(out, "Run a command there:  labkit lab exec {option}guest -- labkit receive")?;
    writeln!(out, "Take it down again:   {}", down_command(name))?;
    Ok(())
}

/// Makes the adapter of a standing host send and show segments as a cable carries them.
fn switch_offload_off(role: Role, name: &str) -> anyhow::Result<()> {
    let host = network::standing(role, name)?;
    let adapter = network::adapter(role);
    let mut command = host.command("ethtool");
    let done = command.args(["-K", adapter, "tso", "off", "gso", "off", "gro", "off"]).output();
    let done = done.with_context(|| format!("cannot switch offload off on the {}", role.name()))?;
    anyhow::ensure!(
        done.status.success(),
        "cannot switch offload off on the {}: ethtool failed: {}; install it, as in `sudo apt install ethtool`",
        role.name(),
        String::from_utf8_lossy(&done.stderr).trim()
    );
    Ok(())
}

pub(super) fn down(name: &str) -> anyhow::Result<()> {
    let said = if network::remove(name)? { "The lab is down." } else { "The lab was not up." };
    writeln!(io::stdout(), "{said}")?;
    Ok(())
}

pub(super) fn exec(args: &Exec) -> anyhow::Result<()> {
    let host = network::standing(role(&args.on), &args.which.name)?;
    become_command(host.pid, None, &args.command)
}

pub(super) fn hold(args: &Hold) -> anyhow::Result<()> {
    let hold = namespace::Hold {
        role: role(&args.role),
        beside: args.beside,
        stay: args.stay.is_some(),
        scratch: args.scratch.clone(),
    };
    Ok(namespace::hold(&hold)?)
}

pub(super) fn enter(args: &Enter) -> anyhow::Result<()> {
    become_command(args.pid, args.parent, &args.command)
}

fn become_command(pid: i32, parent: Option<i32>, command: &[String]) -> anyhow::Result<()> {
    let (program, arguments) = command.split_first().context("no command was given")?;
    let this = if program == "labkit" { "/proc/self/exe" } else { program };
    namespace::enter(pid, parent, this, arguments)
        .with_context(|| format!("cannot run `{program}` on the lab's host"))
}

fn role(name: &str) -> Role {
    if name == Role::Host.name() { Role::Host } else { Role::Guest }
}
