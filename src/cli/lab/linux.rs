//! The commands that need network namespaces, on Linux.

use super::{Context, Enter, Exec, Faults, Hold, On, Relay, Run, recorded, tried};
use crate::capture::signals::Signals;
use crate::cli::{closing, input};
use crate::lab::definition::Role;
use crate::lab::stage::actors::Screen;
use crate::lab::stage::cable::faults::{self as stage, Firewall, Weather};
use crate::lab::stage::disturb::{self, Way};
use crate::lab::stage::network::{self, Network, NetworkError, down_command};
use crate::lab::stage::run::{self, Done, Plan, RunError, Tryout};
use crate::lab::stage::{cable, namespace};
use crate::programs;
use crate::view::wrap::wrap;
use anyhow::{Context as _, anyhow};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(context: &Context, args: &Run) -> anyhow::Result<ExitCode> {
    let signals = Signals::install().context("cannot prepare for Ctrl-C")?;
    let lab_dir = context.lab_dir.as_deref().map(std::path::absolute).transpose()?;
    let with = args.with.as_ref().map(|words| Tryout { command: words.0.clone(), on: roles(args.on) });
    if let Some(program) = with.as_ref().and_then(|with| with.command.first()) {
        anyhow::ensure!(
            Path::new(program).is_file() && program.contains('/') || programs::find(program).is_some(),
            "cannot play with `{program}`: there is no such program here; write it as in a shell, such as --with 'python3 \
             communication.py'"
        );
    }
    let plan = Plan { lab: &context.lab, lab_dir, out: args.out.clone(), force: args.force, with };
    let mut out = io::stdout().lock();
    let width = io::stdout().is_terminal().then(input::terminal_width).flatten();
    let screen = Screen { out: &mut out, width, colour: input::colour_on_stdout() };
    match run::run(&plan, screen, &signals) {
        Ok(Done { capture, seen }) if plan.with.is_some() => {
            drop(out);
            tried::report(&capture, &seen, &plan)
        }
        Ok(Done { capture, .. }) => {
            drop(out);
            if io::stdout().is_terminal() {
                writeln!(io::stdout())?;
                closing::of_file(context, &capture)?;
                return Ok(ExitCode::SUCCESS);
            }
            recorded::explain(&recorded::Capture::File(&capture), &context.lab, plan.lab_dir.as_deref())?;
            let where_it_is = context.lab.phrases.say(&format!("The capture is {}.", capture.display()));
            writeln!(io::stdout(), "\n{where_it_is}")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(RunError::Network(NetworkError::Unavailable(why))) => {
            drop(out);
            recorded::show(&why)
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn up(context: &Context, name: &str, faults: &Faults) -> anyhow::Result<()> {
    let faults = asked_for(faults);
    Network::leave(&context.lab.network, name).map_err(|error| match error {
        NetworkError::Unavailable(why) => anyhow!("cannot put the lab up: {why}"),
        other => other.into(),
    })?;
    if faults != stage::Faults::default()
        && let Err(error) = put_on(context, name, &faults)
    {
        // A lab without the faults that were asked for is taken down.
        network::remove(name)?;
        return Err(error.into());
    }
    let mut out = io::stdout();
    let say = |text: &str| context.lab.phrases.say(text);
    let said = format!("The lab is up: {}.", Network::describe(&context.lab));
    let width = io::stdout().is_terminal().then(input::terminal_width).flatten().unwrap_or(usize::MAX);
    wrap(&say(&said), width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    tell_faults(&faults, &mut out)?;
    let option = name_option(name);
    let lab = match context.lab_dir.as_deref().map(std::path::absolute).transpose()? {
        Some(dir) => format!(" --lab {}", dir.display()),
        None => String::new(),
    };
    writeln!(out, "{}  labkit lab exec{option} guest -- labkit receive{lab}", say("Run a command there:"))?;
    writeln!(out, "{}   labkit lab exec{option} guest -- labkit view{lab}", say("Watch it meanwhile:"))?;
    writeln!(out, "{}   labkit lab set{option}{lab} --delay 20ms --loss 10%", say("Change its network:"))?;
    writeln!(out, "{}   {}", say("Take it down again:"), down_command(name))?;
    Ok(())
}

pub(super) fn set(context: &Context, name: &str, faults: &Faults) -> anyhow::Result<()> {
    let faults = asked_for(faults);
    let way = put_on(context, name, &faults)?;
    let mut out = io::stdout();
    if faults == stage::Faults::default() {
        writeln!(out, "{}", context.lab.phrases.say("The network of the lab is whole."))?;
    }
    tell_faults(&faults, &mut out)?;
    if way == Way::LaidAnew {
        let why = "the kernel has no netem for this, so the cable was laid anew, through a relay: captures on the \
                   adapters have ended, start them again";
        input::say(format_args!("{why}"));
    }
    Ok(())
}

fn put_on(context: &Context, name: &str, faults: &stage::Faults) -> Result<Way, NetworkError> {
    disturb::apply(name, &context.lab.network, context.lab.communicator.port, faults)
}

/// The faults that the options ask for.
fn asked_for(args: &Faults) -> stage::Faults {
    let weather = Weather {
        delay: args.delay.unwrap_or_default(),
        loss: args.loss.unwrap_or_default(),
        duplicate: args.duplicate.unwrap_or_default(),
        reorder: args.reorder.unwrap_or_default(),
        seed: args.seed,
    };
    let all = [(args.reject, Firewall::Reject), (args.drop, Firewall::Drop), (args.reset, Firewall::Reset)];
    let firewall = all.into_iter().find(|(asked, _)| *asked).map(|(_, firewall)| firewall);
    stage::Faults { weather, mtu: args.mtu, no_offload: args.no_offload, firewall }
}

fn tell_faults(faults: &stage::Faults, out: &mut dyn Write) -> io::Result<()> {
    let words = faults.words();
    if words.is_empty() { Ok(()) } else { writeln!(out, "Faults: {}.", words.join("; ")) }
}

/// The option that names a lab; empty for the default name.
fn name_option(name: &str) -> String {
    if name == network::DEFAULT_NAME { String::new() } else { format!(" --name {name}") }
}

pub(super) fn relay(args: &Relay) -> anyhow::Result<()> {
    let weather = Weather::parse(&args.weather).context("this is no weather")?;
    if args.tell {
        return Ok(cable::relay::tell(weather)?);
    }
    let beside = args.beside.context("beside which host?")?;
    if namespace::between(beside)? {
        cable::relay::run(weather)?;
    }
    Ok(())
}

pub(super) fn down(name: &str) -> anyhow::Result<()> {
    let said = if network::remove(name)? { "The lab is down." } else { "The lab was not up." };
    writeln!(io::stdout(), "{said}")?;
    Ok(())
}

pub(super) fn exec(args: &Exec) -> anyhow::Result<()> {
    let host = network::standing(role(&args.on), &args.which.name)?;
    become_command(host.pid, None, &args.command, &format!("the lab's {}", args.on))
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
    become_command(args.pid, args.parent, &args.command, "the lab's host")
}

fn become_command(pid: i32, parent: Option<i32>, command: &[String], place: &str) -> anyhow::Result<()> {
    let (program, arguments) = command.split_first().context("no command was given")?;
    let this = if program == "labkit" { "/proc/self/exe" } else { program };
    namespace::enter(pid, parent, this, arguments)
        .with_context(|| format!("cannot run `{program}` on {place}"))
}

fn roles(on: On) -> Vec<Role> {
    match on {
        On::Host => vec![Role::Host],
        On::Guest => vec![Role::Guest],
        On::Both => vec![Role::Host, Role::Guest],
    }
}

fn role(name: &str) -> Role {
    if name == Role::Host.name() { Role::Host } else { Role::Guest }
}
