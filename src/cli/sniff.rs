//! `labkit sniff`: capture live, list as it comes, save.

use super::capture_filter::capture_error;
use super::gate::display_filter;
use super::live_list::{Form, LiveList};
use super::replay::TimeArg;
use super::{Context, UsageError, closing, input};
use crate::capture::CaptureError;
use crate::capture::info::Section;
use crate::capture::interfaces::{self, Interface, Kind, State};
use crate::capture::live::{Live, LiveError, Options, SNAPLEN, Statistics};
use crate::capture::privilege;
use crate::capture::record::{End, Limits, Outcome, Recording};
#[cfg(target_os = "linux")]
use crate::capture::sandbox;
use crate::capture::signals::Signals;
use crate::capture::writer::FileWriter;
use crate::filter::Filter;
use crate::lab::answer::{self, Capture};
use crate::lab::definition::Role;
use crate::lab::evidence::collect::Collector;
use crate::lab::show::tables;
use crate::packet::Packet;
use crate::pump::{Gate, Sink};
use anyhow::Context as _;
use clap::Args;
use std::io::{self, IsTerminal, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Capture live, list the packets as they come, save them
#[derive(Args, Debug)]
pub(crate) struct Sniff {
    /// Adapter to capture on; `any` for all of them. Without it: the one that leads to the hosts given, else the default one
    #[arg(short, long, value_name = "IF")]
    interface: Option<String>,
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
    #[arg(short = 'Y', long, value_name = "FILTER")]
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
    /// Capture filter (BPF), as in `tcp port 65432`
    #[arg(value_name = "BPF")]
    bpf: Vec<String>,
}

impl Sniff {
    /// How packets are written; `None` where they are not.
    fn form(&self) -> Option<Form> {
        let form = Form { time: self.time.into(), details: self.details, bytes: self.bytes };
        (!self.quiet).then_some(form)
    }
}

/// How long nothing may come before the user gets a hint.
const HINT: Duration = Duration::from_secs(5);

pub(crate) fn run(args: &Sniff, context: &Context) -> anyhow::Result<ExitCode> {
    let plan = Plan::new(args, context.lab.communicator.port)?;
    let display = args.display_filter.as_deref().map(display_filter).transpose()?;
    // From here on Ctrl-C ends the capture, however early it comes.
    let signals = Signals::install().context("cannot prepare for Ctrl-C")?;
    let options = Options {
        filter: plan.filter.as_deref(),
        snaplen: args.snapshot_length,
        promiscuous: !args.no_promiscuous,
    };
    let mut live = Live::open(&plan.interface, &options).map_err(explain)?;
    let mut file = plan.path.map(|path| plan.create(path, args.force, &live)).transpose()?;
    privilege::drop_rights();
    confine(args.no_sandbox);
    input::say(format_args!("{}", plan.announcement(&live)));

    let gate = Watch { collector: Collector::new(context.lab.communicator.port), display };
    let mut list = match plan.stdout_is_ours {
        true => Some(LiveList::start(&live, gate, args.form()).context("cannot start the packet list")?),
        false => None,
    };
    let (feed, thread) = list.as_mut().map(LiveList::parts).unzip();
    let limits = Limits { frames: args.count, time: args.seconds };
    let mut hint = Hint::new(&plan);
    let mut recording = Recording { live: &mut live, file: file.as_mut(), feed, limits };
    let outcome = recording.run(&signals, &mut |frames| {
        hint.tick(frames);
        thread.is_none_or(|thread| !thread.is_finished())
    });

    // The file comes first; only then may the screen take its time.
    let finished = file.map_or(Ok(()), |file| finish(file, &outcome));
    let shown = list.map(|list| list.finish(&signals, matches!(outcome.end, End::Signal))).transpose();
    say_summary(&outcome, &plan);
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
        tell_exchange(watch, missing, &plan, args, context)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Confines the process to the system calls that a capture needs; says why where the kernel cannot do that.
fn confine(without: bool) {
    #[cfg(target_os = "linux")]
    if !without && let Err(reason) = sandbox::confine() {
        input::say(format_args!("{reason}"));
    }
}

/// Sees every packet of a live capture, and gathers what the exchange table is made of.
struct Watch {
    collector: Collector,
    display: Option<Filter>,
}

impl Gate for Watch {
    fn packet(&mut self, packet: &Packet<'_>) -> bool {
        // Gathering never fails, and it goes on to the end.
        let _ = self.collector.packet(packet);
        self.display.as_mut().is_none_or(|filter| filter.matches(packet))
    }
}

/// Prints the lab's exchanges, if any were seen: a table, or on a terminal what became of each.
fn tell_exchange(
    watch: Watch,
    missing: u64,
    plan: &Plan<'_>,
    args: &Sniff,
    context: &Context,
) -> anyhow::Result<()> {
    let evidence = watch.collector.into_evidence();
    if evidence.conversations.is_empty() {
        return Ok(());
    }
    if missing > 0 {
        let how = match plan.path.filter(|_| plan.has_file()) {
            Some(path) => format!("; `labkit exchange {}` shows the exchange", path.display()),
            None => String::new(),
        };
        input::say(format_args!("no exchange table, because not all packets were looked at{how}"));
        return Ok(());
    }
    let name = plan.path.map_or_else(|| plan.interface.clone(), |path| path.display().to_string());
    let capture = Capture { name, evidence, names: plan.names.clone() };
    let port = context.lab.communicator.port;
    let report = answer::report(&context.lab, port, vec![capture], (args.host, args.guest));
    let mut out = input::stdout();
    writeln!(out)?;
    if !io::stdout().is_terminal() {
        tables::write(&report, input::screen(false).width, &mut out)?;
        return Ok(out.flush()?);
    }
    // On a screen the rows and the counts above stay in sight.
    Ok(closing::summary(&report, plan.path.filter(|_| plan.has_file()), &mut out)?)
}

/// Writes what is known at the end, unless the file has failed already.
fn finish(mut file: FileWriter, outcome: &Outcome) -> Result<(), CaptureError> {
    if !matches!(outcome.end, End::File(_)) {
        file.statistics(0, &outcome.for_file())?;
        file.finish()?;
    }
    Ok(())
}

/// What the arguments come to.
struct Plan<'a> {
    interface: String,
    /// Why this adapter, where none was named.
    why: Option<String>,
    filter: Option<String>,
    /// Where frames are saved.
    path: Option<&'a Path>,
    /// Who is who, where that was said.
    names: Vec<(IpAddr, String)>,
    /// Whether standard output is there for rows and tables, and not taken by the capture itself.
    stdout_is_ours: bool,
    /// Whether the roles limit the filter to TCP on the lab's port, so that ARP and ICMP are left out.
    without_context: bool,
}

impl<'a> Plan<'a> {
    fn new(args: &'a Sniff, port: u16) -> Result<Plan<'a>, UsageError> {
        if args.host.is_some() && args.host == args.guest {
            return Err(UsageError("--host and --guest name the same address; they are two machines".into()));
        }
        let roles_given = args.host.or(args.guest).is_some();
        if args.context && !roles_given {
            return Err(UsageError(
                "--context widens the filter that --host and --guest make; give the two addresses, too"
                    .into(),
            ));
        }
        let to_stdout = args.write.as_deref().is_some_and(is_stdout);
        if to_stdout && io::stdout().is_terminal() {
            return Err(UsageError(
                "-w - would write a capture to the terminal; redirect it, as in `labkit sniff -w - | tshark -r -`".into(),
            ));
        }
        let (interface, why) = match &args.interface {
            Some(name) => (name.clone(), None),
            None => {
                let (adapter, why) = choose(args.host, args.guest)?;
                (adapter.name, Some(why))
            }
        };
        let typed = args.bpf.join(" ");
        let filter = capture_filter((args.host, args.guest), port, args.context, &typed);
        let roles = [(args.host, Role::Host), (args.guest, Role::Guest)];
        let names = roles.iter().filter_map(|(ip, role)| Some(((*ip)?, role.name().to_owned()))).collect();
        let path = args.write.as_deref();
        let without_context = roles_given && !args.context;
        Ok(Plan { interface, why, filter, path, names, stdout_is_ours: !to_stdout, without_context })
    }

    /// Whether frames are saved to a file, not only passed on.
    fn has_file(&self) -> bool {
        self.path.is_some_and(|path| !is_stdout(path))
    }

    fn announcement(&self, live: &Live) -> String {
        let mut text = format!("capturing on {}", self.interface);
        if let Some(description) = &live.interface().description {
            text.push_str(&format!(" ({description})"));
        }
        if let Some(why) = &self.why {
            text.push_str(&format!(", because {why}"));
        }
        if let Some(filter) = &self.filter {
            text.push_str(&format!("; capture filter: {filter}"));
        }
        text.push_str("; Ctrl-C ends it");
        text
    }

    /// Makes the output file, with everything in it that is known before the first frame.
    fn create(&self, path: &Path, force: bool, live: &Live) -> Result<FileWriter, CaptureError> {
        let mut file = FileWriter::create(path, force, &Section::of_this_machine())?;
        file.interface(live.interface())?;
        file.names(&self.names)?;
        file.flush()?;
        Ok(file)
    }
}

fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The capture filter: the lab's traffic between the roles that are given, with `context` also what explains why there
/// is none, and all of it narrowed by what was typed.
fn capture_filter(
    (host, guest): (Option<IpAddr>, Option<IpAddr>),
    port: u16,
    context: bool,
    typed: &str,
) -> Option<String> {
    let given: Vec<IpAddr> = host.into_iter().chain(guest).collect();
    let typed = typed.trim();
    let Some(first) = given.first() else { return (!typed.is_empty()).then(|| typed.to_owned()) };
    let hosts = |word: &str| given.iter().map(|ip| format!("host {ip}")).collect::<Vec<_>>().join(word);
    let (both, either) = (hosts(" and "), hosts(" or "));
    // `and` and `or` bind alike in a capture filter, hence the parentheses.
    let lab = match (context, first) {
        (false, _) => format!("{both} and tcp port {port}"),
        // A router's error names the router as its sender, and the packet that failed only inside.
        (true, IpAddr::V4(_)) => format!(
            "(({both} and (tcp port {port} or arp or icmp)) or (icmp[icmptype] == icmp-unreach and ({either})))"
        ),
        // The search for a neighbour goes to a group, not to the neighbour's address.
        (true, IpAddr::V6(_)) => format!("(({both} and tcp port {port}) or (icmp6 and ({either})))"),
    };
    Some(if typed.is_empty() { lab } else { format!("{lab} and ({typed})") })
}

/// The adapter to capture on where none is named, and why it.
fn choose(host: Option<IpAddr>, guest: Option<IpAddr>) -> Result<(Interface, String), UsageError> {
    // One of the two may be this machine itself, which the loopback adapter leads to: the other one counts.
    let ways: Vec<(Interface, IpAddr)> =
        guest.into_iter().chain(host).filter_map(|ip| Some((interfaces::towards(ip)?, ip))).collect();
    let outside = ways.iter().find(|(adapter, _)| adapter.kind != Kind::Loopback);
    if let Some((adapter, ip)) = outside.or(ways.first()) {
        return Ok((adapter.clone(), format!("it leads to {ip}")));
    }
    if let Some(adapter) = interfaces::default_route() {
        return Ok((adapter, "the default route leads through it".into()));
    }
    let all = interfaces::list().unwrap_or_default();
    let up = |a: &&Interface| a.state == State::Up;
    let outside = all.iter().filter(up).find(|a| a.kind != Kind::Loopback);
    match outside.or_else(|| all.iter().find(up)) {
        Some(adapter) => Ok((adapter.clone(), "there is no default route, and it is up".into())),
        None => Err(UsageError(format!(
            "no adapter is up here; name one with -i. There are: {}",
            interfaces::names()
        ))),
    }
}

/// A wrong filter is the command line's fault.
fn explain(error: LiveError) -> anyhow::Error {
    match error {
        LiveError::Filter(e) => capture_error(&e),
        other => other.into(),
    }
}

/// Tells the user once that nothing has come.
struct Hint<'a> {
    plan: &'a Plan<'a>,
    at: Option<Instant>,
}

impl<'a> Hint<'a> {
    fn new(plan: &'a Plan<'a>) -> Hint<'a> {
        Hint { plan, at: Some(Instant::now() + HINT) }
    }

    fn tick(&mut self, frames: u64) {
        if frames > 0 {
            self.at = None;
        }
        if self.at.take_if(|at| Instant::now() >= *at).is_some() {
            let filter =
                self.plan.filter.as_deref().map(|f| format!(" that passes `{f}`")).unwrap_or_default();
            let context = match self.plan.without_context {
                true => "; --context shows ARP and ICMP too, which tell why no connection begins",
                false => "",
            };
            input::say(format_args!(
                "nothing{filter} on {} for {} s. Another adapter? `labkit interfaces` lists them; \
                 traffic to one's own address goes through lo{context}",
                self.plan.interface,
                HINT.as_secs()
            ));
        }
    }
}

fn say_summary(outcome: &Outcome, plan: &Plan<'_>) {
    let Statistics { received, dropped, dropped_by_adapter } = outcome.statistics;
    let by_adapter = match dropped_by_adapter {
        0 => String::new(),
        n => format!(", {n} dropped by the adapter"),
    };
    let written = match plan.path {
        Some(path) if plan.has_file() => format!(", {} written to {}", outcome.written, path.display()),
        Some(_) => format!(", {} written", outcome.written),
        None => String::new(),
    };
    let s = if received == 1 { "" } else { "s" };
    input::say(format_args!("{received} frame{s} received, {dropped} dropped{by_adapter}{written}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 56, 1)));
    const B: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 56, 101)));

    #[test]
    fn roles_become_a_capture_filter_and_what_was_typed_narrows_it() {
        let filter = |roles, port, typed| capture_filter(roles, port, false, typed);
        let lab = "host 192.168.56.1 and host 192.168.56.101 and tcp port 65432";
        assert_eq!(filter((A, B), 65432, "").as_deref(), Some(lab));
        let both = format!("{lab} and (icmp or tcp)");
        assert_eq!(filter((A, B), 65432, "icmp or tcp"), Some(both));
        assert_eq!(filter((None, B), 7, "").as_deref(), Some("host 192.168.56.101 and tcp port 7"));
        assert_eq!(filter((None, None), 7, " arp ").as_deref(), Some("arp"));
        assert_eq!(filter((None, None), 7, " "), None);
    }

    #[test]
    fn context_lets_through_what_explains_a_failure_in_either_version_of_ip() {
        let six = |last| Some(IpAddr::V6(std::net::Ipv6Addr::new(0xfd00, 0x56, 0, 0, 0, 0, 0, last)));
        let both = "host 192.168.56.1 and host 192.168.56.101";
        let either = "host 192.168.56.1 or host 192.168.56.101";
        let want = format!(
            "(({both} and (tcp port 7 or arp or icmp)) or (icmp[icmptype] == icmp-unreach and ({either}))) and (less 99)"
        );
        assert_eq!(capture_filter((A, B), 7, true, "less 99"), Some(want));
        let either = "host fd00:56::1 or host fd00:56::2";
        let want =
            format!("((host fd00:56::1 and host fd00:56::2 and tcp port 7) or (icmp6 and ({either})))");
        assert_eq!(capture_filter((six(1), six(2)), 7, true, ""), Some(want));
    }
}
