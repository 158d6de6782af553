//! Reads captures as evidence, for `exchange`, `answer`, `flow` and `report`.

use super::gate::Filters;
use super::{Context, UsageError, input};
use crate::capture::Source as _;
use crate::capture::privilege;
use crate::conversation::Hindsight;
use crate::frame::Timestamp;
use crate::lab::answer::browsing::Browser;
use crate::lab::answer::{self, Capture, Report};
use crate::lab::check::{Survey, Surveyor};
use crate::lab::evidence::collect::{Collector, Evidence as LabEvidence};
use crate::lab::show::report::Origin;
use crate::packet::Packet;
use crate::pump::{self, PumpError, Sink};
use anyhow::bail;
use clap::Args;
use std::io;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The captures that are read, and what the user says about them.
#[derive(Args, Debug)]
pub(crate) struct Source {
    /// Capture files (pcap or pcapng, also gzipped); - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    about: About,
    /// Only this conversation, as `labkit conversations` numbers them; may be given several times
    #[arg(long, value_name = "N")]
    stream: Vec<u32>,
}

/// What the user says about the captures.
#[derive(Args, Debug, Default)]
pub(crate) struct About {
    /// Address of the host
    #[arg(long, value_name = "IP")]
    host: Option<IpAddr>,
    /// Address of the guest
    #[arg(long, value_name = "IP")]
    guest: Option<IpAddr>,
    /// TCP port of the receiver [default: the lab's]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
}

impl About {
    /// The receiver's TCP port: the given one, else the lab's.
    pub(crate) fn port(&self, context: &Context) -> u16 {
        self.port.unwrap_or(context.lab.communicator.port)
    }

    /// The addresses of host and guest, as far as they were given.
    pub(crate) fn given(&self) -> (Option<IpAddr>, Option<IpAddr>) {
        (self.host, self.guest)
    }

    /// Refuses one address for both machines.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if self.host.is_some() && self.host == self.guest {
            let why = "--host and --guest are the same address; they name two machines";
            return Err(UsageError(why.into()).into());
        }
        Ok(())
    }
}

impl Source {
    /// As [`read`], for these files. `afterwards` decides when the command gives up its rights.
    pub(crate) fn read(
        &self,
        context: &Context,
        words: Option<&[String]>,
        afterwards: Afterwards,
    ) -> anyhow::Result<Evidence> {
        read(context, &self.files, &self.about, (&self.stream, words), afterwards)
    }

    /// The one capture file, for a command that reads it a second time. `what` names the option or command in errors.
    ///
    /// # Errors
    /// If there are several files, or if it is standard input, which can be read only once.
    pub(crate) fn single(&self, what: &str) -> anyhow::Result<&Path> {
        match self.files.as_slice() {
            [file] if file.as_os_str() == "-" => Err(UsageError(format!(
                "{what} reads the capture twice; save standard input in a file first"
            ))
            .into()),
            [file] => Ok(file),
            _ => Err(UsageError(format!("{what} is for one capture; name one file")).into()),
        }
    }
}

/// The captures that were read, and the answers from them.
pub(crate) struct Evidence {
    /// The answers with their evidence.
    pub(crate) report: Report,
    /// Each capture: its name, and what it says about itself.
    pub(crate) origins: Vec<Origin>,
    /// For each capture, the facts that a check needs; empty unless the command [`Checks`](Afterwards::Checks).
    pub(crate) checked: Vec<Checked>,
    /// For each capture, what its packets say about earlier ones; empty unless the command [`Checks`](Afterwards::Checks).
    pub(crate) hindsight: Vec<Hindsight>,
    /// The first damage in a capture, if any; everything before it was used.
    pub(crate) damage: Option<anyhow::Error>,
}

impl Evidence {
    /// Ends a command that has shown everything: success, or the damage as the error, reported last.
    pub(crate) fn end(self) -> anyhow::Result<ExitCode> {
        self.damage.map_or(Ok(ExitCode::SUCCESS), Err)
    }
}

/// The facts that a check of one capture needs.
pub(crate) struct Checked {
    /// The evidence of this capture alone.
    pub(crate) evidence: LabEvidence,
    /// The counts of other traffic.
    pub(crate) survey: Survey,
}

/// What a command does after reading the captures, which decides the rights that it keeps.
#[cfg_attr(not(all(target_os = "linux", feature = "capture")), allow(dead_code))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterwards {
    /// It prints.
    Prints,
    /// It opens files, with the rights of the user who called sudo.
    OpensFiles,
    /// It keeps all rights, since the packets are labkit's own.
    NeedsRights,
    /// It opens files with the rights of the user who called sudo, checks the captures, and reads them once more for
    /// their packets. Others read what it writes, so that captures are named without their folders.
    Checks,
}

/// Reads the captures and answers the lab's questions. `streams` limits the answers to these conversations, unless it
/// is empty. With `words`, even an empty list, the captures are searched for browsing, too.
pub(crate) fn read(
    context: &Context,
    files: &[PathBuf],
    about: &About,
    (streams, words): (&[u32], Option<&[String]>),
    afterwards: Afterwards,
) -> anyhow::Result<Evidence> {
    about.check()?;
    if files.iter().filter(|f| f.as_os_str() == "-").count() > 1 {
        return Err(UsageError("standard input (-) can be read only once".into()).into());
    }
    let port = about.port(context);
    let mut damage = None;
    let (mut captures, mut origins, mut browsing) = (Vec::new(), Vec::new(), Vec::new());
    let (mut checked, mut hindsight) = (Vec::new(), Vec::new());
    let sources = files.iter().map(|file| input::open(file)).collect::<anyhow::Result<Vec<_>>>()?;
    match afterwards {
        Afterwards::Prints => privilege::drop_for_reading(),
        Afterwards::OpensFiles | Afterwards::Checks => {
            privilege::drop_to_caller(files.iter().map(PathBuf::as_path));
        }
        Afterwards::NeedsRights => {}
    }
    for ((file, name), mut source) in files.iter().zip(names(files, afterwards)).zip(sources) {
        let mut gate = Filters::new(&[], None)?;
        let gatherer = match afterwards {
            Afterwards::Checks => Gatherer::Surveyor(Box::new(Surveyor::new(port))),
            _ => Gatherer::Collector(Box::new(Collector::new(port).only(streams))),
        };
        let mut both = Both { gatherer, browser: words.map(Browser::new), span: None, cut: 0 };
        let result = if afterwards == Afterwards::Checks {
            let learned = Hindsight::default();
            let result = pump::run_and_learn(&mut source, &mut gate, &mut both, &learned);
            hindsight.push(learned);
            result
        } else {
            pump::run(&mut source, &mut gate, None, &mut both)
        };
        let damaged = match result {
            Ok(()) => None,
            Err(PumpError::Capture(error)) => Some(error),
            Err(error) => return Err(input::pump_error(error)),
        };
        let evidence = match both.gatherer {
            Gatherer::Collector(collector) => collector.into_evidence(),
            Gatherer::Surveyor(surveyor) => {
                let (evidence, survey) = surveyor.into_parts();
                checked.push(Checked { evidence: evidence.clone(), survey });
                evidence
            }
        };
        let info = source.info().clone();
        let names = info.names.clone();
        let path = file.display().to_string();
        let said = damaged.as_ref().map(|error| error.to_string().replace(&path, &name));
        origins.push(Origin {
            name: name.clone(),
            info,
            frames: evidence.frames,
            cut: both.cut,
            span: both.span,
            sha256: None,
            damage: said,
        });
        captures.push(Capture { name, evidence, names });
        browsing.extend(both.browser.map(Browser::into_found));
        damage = damage.or(damaged.map(anyhow::Error::from));
    }
    find_streams(streams, port, &captures)?;
    let mut report = answer::report(&context.lab, port, captures, about.given());
    if words.is_some() {
        report.browse(&context.lab, browsing);
    }
    Ok(Evidence { report, origins, checked, hindsight, damage })
}

/// What each capture is called: as the user named it, and in a document for others by the name of its file, without its
/// folders.
fn names(files: &[PathBuf], afterwards: Afterwards) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for file in files {
        let bare = file.file_name().filter(|_| afterwards == Afterwards::Checks);
        let name = bare.map_or_else(|| file.display().to_string(), |bare| bare.display().to_string());
        let is_same = |other: &&String| **other == name || other.starts_with(&format!("{name} ("));
        let same = if bare.is_some() { names.iter().filter(is_same).count() } else { 0 };
        names.push(if same > 0 { format!("{name} ({})", same + 1) } else { name });
    }
    names
}

/// Fails if a conversation that the user named is not in the captures.
fn find_streams(streams: &[u32], port: u16, captures: &[Capture]) -> anyhow::Result<()> {
    let has = |n: &u32| captures.iter().any(|c| c.evidence.conversations.iter().any(|x| x.stream == *n));
    let Some(missing) = streams.iter().find(|n| !has(n)) else { return Ok(()) };
    let names: Vec<_> = captures.iter().map(|c| c.name.as_str()).collect();
    bail!(
        "stream {missing}: no TCP conversation of port {port} has that number in {}; labkit conversations lists them",
        names.join(", ")
    )
}

/// The lab's evidence and that of browsing, gathered in one reading.
struct Both {
    gatherer: Gatherer,
    browser: Option<Browser>,
    span: Option<(Timestamp, Timestamp)>,
    cut: u64,
}

/// Gathers the evidence, or what a check needs besides it.
enum Gatherer {
    Collector(Box<Collector>),
    Surveyor(Box<Surveyor>),
}

impl Sink for Both {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let frame = packet.context.frame;
        self.cut += u64::from(frame.is_cut());
        if let Some(time) = frame.time {
            let (first, last) = self.span.unwrap_or((time, time));
            self.span = Some((first.min(time), last.max(time)));
        }
        if let Some(browser) = &mut self.browser {
            let _ = browser.packet(packet)?;
        }
        match &mut self.gatherer {
            Gatherer::Collector(collector) => collector.packet(packet),
            Gatherer::Surveyor(surveyor) => surveyor.packet(packet),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match &mut self.gatherer {
            Gatherer::Collector(collector) => collector.finish(),
            Gatherer::Surveyor(surveyor) => surveyor.finish(),
        }
    }
}
