//! `labkit sniff`: capture live, list as it comes, save.

mod files;
mod plan;
mod said;

use super::capture_filter::capture_error;
use super::gate::display_filter;
use super::live_list::{Form, LiveList};
use super::names::Names;
use super::replay::TimeArg;
use super::{Context, closing, input};
use crate::capture::CaptureError;
use crate::capture::adapters::News;
use crate::capture::live::{LiveError, SNAPLEN};
use crate::capture::privilege;
use crate::capture::record::{End, Limits, Outcome, Recording, Watcher};
use crate::capture::ring;
use crate::capture::sandbox;
use crate::capture::signals::Signals;
use crate::capture::store::Store;
use crate::filter::Filter;
use crate::lab::answer::{self, Capture};
use crate::lab::evidence::collect::Collector;
use crate::lab::show::tables;
use crate::packet::Packet;
use crate::pump::{Gate, Sink};
use anyhow::Context as _;
use clap::Args;
use files::FileLimit;
use plan::Plan;
use said::{Hint, say_summary};
use std::io::{self, IsTerminal, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::JoinHandle;
use std::time::Duration;

/// Capture live, list the packets as they come, save them
#[derive(Args, Debug)]
pub(crate) struct Sniff {
    /// Adapter to capture on, also several times; `any` for all of them. Without it: the one that leads to the hosts given, else the default one
    #[arg(short, long, value_name = "IF")]
    interface: Vec<String>,
    /// Address of the host: only the lab's traffic with it is captured
    #[arg(long, value_name = "IP")]
    host: Option<IpAddr>,
    /// Address of the guest
    #[arg(long, value_name = "IP")]
    guest: Option<IpAddr>,
    /// Capture what explains a failure, too: ARP and ICMP between host and guest, and ICMP errors that either of them gets
    #[arg(long)]
    context: bool,
    /// Save to this file: pcapng, or classic pcap where the name ends in .pcap; - is standard output
    #[arg(short, long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Write one file after the other, each with number and time in its name, and go on to the next one after
    /// filesize:KB, duration:SECONDS or packets:N; files:N keeps the latest N of them. May be given several times
    #[arg(short = 'b', long = "ring-buffer", value_name = "KEY:VALUE", value_parser = files::ring)]
    ring: Vec<FileLimit>,
    /// Stop when the file has filesize:KB, or after files:N of -b
    #[arg(short = 'a', long, value_name = "KEY:VALUE", value_parser = files::autostop)]
    autostop: Vec<FileLimit>,
    /// Keep at most so many bytes of each frame
    #[arg(short, long, value_name = "BYTES", default_value_t = SNAPLEN, hide_default_value = true,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(SNAPLEN)))]
    snapshot_length: u32,
    /// Do not ask the adapter for frames that are meant for other machines
    #[arg(short = 'p', long)]
    no_promiscuous: bool,
    /// Stop after so many captured frames
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Stop after so many seconds
    #[arg(long, value_name = "S", value_parser = super::seconds)]
    seconds: Option<Duration>,
    /// List only packets that match this display filter; the file gets all of them
    #[arg(short = 'Y', long, value_name = "FILTER", allow_hyphen_values = true)]
    display_filter: Option<String>,
    /// Show the details of each packet
    #[arg(short = 'V', long)]
    details: bool,
    /// Show the bytes of each packet
    #[arg(short = 'x', long)]
    bytes: bool,
    /// What the Time column counts from
    #[arg(short = 't', long, value_enum, default_value_t, value_name = "FORMAT")]
    time: TimeArg,
    /// List no packets
    #[arg(short, long)]
    quiet: bool,
    /// Do not print the lab's exchange at the end
    #[arg(long)]
    no_exchange: bool,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
    /// Do not confine the capture to the system calls that it needs (seccomp)
    #[arg(long)]
    no_sandbox: bool,
    /// Make the files of -b for the process at the other end of standard input, and keep so many
    #[arg(long, hide = true, requires = "write")]
    keeper: Option<u32>,
    /// Capture filter (BPF), as in `tcp port 65432`
    #[arg(value_name = "BPF")]
    bpf: Vec<String>,
    #[command(flatten)]
    names: Names,
}

impl Sniff {
    /// How packets are listed; `None` with `--quiet`.
    fn form(&self) -> Option<Form> {
        let form = Form { time: self.time.into(), details: self.details, bytes: self.bytes };
        (!self.quiet).then_some(form)
    }
}

pub(crate) fn run(args: &Sniff, context: &Context) -> anyhow::Result<ExitCode> {
    if let (Some(most), Some(pattern)) = (args.keeper, &args.write) {
        ring::keep(pattern, Some(most).filter(|most| *most > 0), args.force)?;
        return Ok(ExitCode::SUCCESS);
    }
    args.names.choose();
    let plan = Plan::new(args, context.lab.communicator.port)?;
    let display = args.display_filter.as_deref().map(display_filter).transpose()?;
    // From here on, Ctrl-C ends the capture in order, also before the first frame.
    let signals = Signals::install().context("cannot prepare for Ctrl-C")?;
    let mut adapters = plan.open(args).map_err(explain)?;
    let interfaces = adapters.interfaces();
    let mut store = plan.path.map(|path| plan.create(path, args.force, interfaces.clone())).transpose()?;
    privilege::drop_rights();
    confine(args.no_sandbox);
    input::say(format_args!("{}", plan.announcement(&interfaces)));

    let gate = Watch { collector: Collector::new(context.lab.communicator.port), display };
    let mut list = match plan.stdout_is_ours {
        true => Some(LiveList::start(interfaces, gate, args.form()).context("cannot start the packet list")?),
        false => None,
    };
    let (feed, thread) = list.as_mut().map(LiveList::parts).unzip();
    let limits = Limits { frames: args.count, time: args.seconds };
    let mut recording = Recording { adapters: &mut adapters, store: store.as_mut(), feed, limits };
    let outcome = recording.run(&signals, &mut Following { hint: Hint::new(&plan), list: thread });

    // The file is completed first, since the screen may be slow.
    let finished = store.as_mut().map_or(Ok(()), |store| finish(store, &outcome));
    let shown = list.map(|list| list.finish(&signals, matches!(outcome.end, End::Signal))).transpose();
    say_summary(&outcome, store.as_ref(), &plan);
    let missing = shown.as_ref().ok().and_then(Option::as_ref).map_or(0, |shown| shown.missing);
    if missing > 0 {
        let rest = if plan.has_file() { "; the file has them" } else { "" };
        input::say(format_args!("{missing} rows not shown: the screen was too slow{rest}"));
    }
    match outcome.end {
        End::Live(error) => return Err(error.into()),
        End::File(error) => return Err(error.into()),
        End::Limit | End::Signal | End::Abandoned => finished?,
    }
    if let Some(watch) = shown?.and_then(|shown| shown.gate).filter(|_| !args.no_exchange) {
        let file = store.as_ref().filter(|_| plan.has_file()).map(|store| store.files().0);
        tell_exchange(watch, missing, &plan, file, args, context)?;
    }
    Ok(if adapters.has_lost_one() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Prints remarks while a capture runs.
struct Following<'a, T> {
    hint: Hint<'a>,
    list: Option<&'a JoinHandle<T>>,
}

impl<T> Watcher for Following<'_, T> {
    fn tick(&mut self, frames: u64) -> bool {
        self.hint.tick(frames);
        self.list.is_none_or(|list| !list.is_finished())
    }

    fn news(&mut self, news: News) {
        said::say_news(&news);
    }
}

/// Confines the process to the system calls that a capture needs; prints why if the kernel cannot do that.
fn confine(without: bool) {
    if !without && let Err(reason) = sandbox::confine() {
        input::say(format_args!("{reason}"));
    }
}

/// Gathers the evidence for the exchange table from every packet of a live capture, and applies the display filter.
struct Watch {
    collector: Collector,
    display: Option<Filter>,
}

impl Gate for Watch {
    fn packet(&mut self, packet: &Packet<'_>) -> bool {
        // The collector never fails and never ends the reading.
        let _ = self.collector.packet(packet);
        self.display.as_mut().is_none_or(|filter| filter.matches(packet))
    }
}

/// Prints the lab's exchanges, if there are any: a table, or on a terminal the outcome of each.
fn tell_exchange(
    watch: Watch,
    missing: u64,
    plan: &Plan<'_>,
    file: Option<&Path>,
    args: &Sniff,
    context: &Context,
) -> anyhow::Result<()> {
    let evidence = watch.collector.into_evidence();
    if evidence.conversations.is_empty() {
        return Ok(());
    }
    if missing > 0 {
        let how = match file {
            Some(path) => format!("; `labkit exchange {}` shows the exchange", path.display()),
            None => String::new(),
        };
        input::say(format_args!("no exchange table, because not all packets were looked at{how}"));
        return Ok(());
    }
    let name = file.map_or_else(|| plan.interfaces.join(", "), |path| path.display().to_string());
    let capture = Capture { name, evidence, names: plan.names.clone() };
    let port = context.lab.communicator.port;
    let report = answer::report(&context.lab, port, vec![capture], (args.host, args.guest));
    let mut out = input::stdout();
    writeln!(out)?;
    if !io::stdout().is_terminal() {
        tables::write(&report, input::screen(false).width, &mut out)?;
        return Ok(out.flush()?);
    }
    // On a terminal, a short summary leaves the rows and counts above in sight.
    Ok(closing::summary(&report, file, &mut out)?)
}

/// Completes the file, unless writing it has failed already.
fn finish(store: &mut Store, outcome: &Outcome) -> Result<(), CaptureError> {
    if matches!(outcome.end, End::File(_)) { Ok(()) } else { store.end() }
}

/// Turns a wrong filter into an error of the command line.
fn explain(error: LiveError) -> anyhow::Error {
    match error {
        LiveError::Filter(e) => capture_error(&e),
        other => other.into(),
    }
}
