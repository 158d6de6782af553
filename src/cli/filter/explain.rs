//! `labkit filter explain`: the dialect of a filter, its traps, and the packets of a capture that it keeps.

use super::super::capture_filter::capture_error;
use super::super::gate::{Filters, filled_in};
use super::super::{Context, UsageError, input};
use crate::capture::Source as _;
use crate::capture::bpf::{BpfError, FrameFilter};
use crate::filter::{Filter, Trap, between, capture_traps, to_capture, to_display, traps};
use crate::frame::{FrameNo, LinkType};
use crate::lab::answer::{self, Capture};
use crate::lab::evidence::collect::Collector;
use crate::lab::evidence::exchange::frames_text;
use crate::packet::Packet;
use crate::pump::{self, Gate as _, Sink};
use crate::text::{harmless, plural};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

/// Words that only capture filters have; a wrong filter with one is explained as a capture filter.
const TYPICAL: [&str; 6] = ["host", "net", "port", "portrange", "src", "dst"];

/// Which of the two languages a filter is in.
enum Dialect {
    Display,
    Capture,
}

/// Explains `text`, against the capture `on` where one is given.
pub(super) fn run(
    context: &Context,
    text: &str,
    on: Option<&Path>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if on.is_some_and(|path| path.as_os_str() == "-") {
        let why = "--on reads the capture twice; save standard input in a file first";
        return Err(UsageError(why.into()).into());
    }
    let text = &*filled_in(text)?;
    let dialect = dialect(text)?;
    let found = match dialect {
        Dialect::Display => {
            writeln!(out, "display filter:  {}", harmless(text))?;
            match to_capture(text) {
                Some(capture) => writeln!(out, "capture filter:  {capture}")?,
                None => writeln!(
                    out,
                    "capture filter:  labkit knows none that says the same; filter after capturing, with -Y"
                )?,
            }
            traps(text)
        }
        Dialect::Capture => {
            match to_display(text) {
                Some(display) => writeln!(out, "display filter:  {display}")?,
                None => writeln!(out, "display filter:  labkit knows no translation")?,
            }
            writeln!(out, "capture filter:  {}", harmless(text))?;
            capture_traps(text)
        }
    };
    for trap in &found {
        write_trap(text, trap, out)?;
    }
    if let Some(path) = on {
        on_capture(context, &dialect, text, path, out)?;
    }
    Ok(())
}

/// The dialect of `text`.
///
/// # Errors
/// If it is in neither dialect: the error of the dialect that it resembles.
fn dialect(text: &str) -> anyhow::Result<Dialect> {
    let error = match Filter::compile(text) {
        Ok(_) => return Ok(Dialect::Display),
        Err(error) => error,
    };
    match FrameFilter::new(text, LinkType::ETHERNET) {
        Ok(_) => Ok(Dialect::Capture),
        Err(capture) if text.split_whitespace().any(|word| TYPICAL.contains(&word)) => {
            Err(capture_error(&capture))
        }
        Err(_) => Err(UsageError(format!("this is no display filter: {error}")).into()),
    }
}

fn write_trap(text: &str, trap: &Trap, out: &mut dyn Write) -> io::Result<()> {
    let part = text.get(trap.at.clone()).unwrap_or(text);
    writeln!(out, "beware:  {}: {}", harmless(part), harmless(&trap.says))?;
    match &trap.instead {
        Some(instead) => writeln!(out, "         perhaps:  {}", harmless(instead)),
        None => Ok(()),
    }
}

/// Says which packets of a capture the filter keeps, and how that differs from the lab's own filter.
fn on_capture(
    context: &Context,
    dialect: &Dialect,
    text: &str,
    path: &Path,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let port = context.lab.communicator.port;
    let lab = lab_filter(context, port, path)?;
    let own = Filter::compile(&lab).map_err(|error| UsageError(error.to_string()))?;
    let filters = match dialect {
        Dialect::Display => Filters::new(&[], Some(text))?,
        Dialect::Capture => Filters::new(&[text.to_owned()], None)?,
    };
    let mut tally = Tally { own, filters, kept: Vec::new(), lab: Vec::new(), frames: 0, refused: None };
    let mut source = input::open(path)?;
    pump::run(&mut source, &mut pump::Open, None, &mut tally).map_err(input::pump_error)?;
    if let Some(refused) = tally.refused {
        return Err(capture_error(&refused));
    }
    let (all, kept) = (tally.frames, tally.kept.len());
    let s = plural(all);
    writeln!(out, "\non {}:  it keeps {kept} of {all} packet{s}", harmless(&path.display().to_string()))?;
    writeln!(out, "the lab's filter:  {lab}")?;
    let only = |a: &[FrameNo], b: &[FrameNo]| -> Vec<FrameNo> {
        a.iter().filter(|frame| b.binary_search(frame).is_err()).copied().collect()
    };
    let (more, fewer) = (only(&tally.kept, &tally.lab), only(&tally.lab, &tally.kept));
    if more.is_empty() && fewer.is_empty() {
        writeln!(out, "both keep the same packets")?;
    }
    if !more.is_empty() {
        writeln!(out, "it lets in {} that the lab's leaves out: {}", more.len(), frames_text(&more))?;
    }
    if !fewer.is_empty() {
        writeln!(out, "it leaves out {} that the lab's keeps: {}", fewer.len(), frames_text(&fewer))?;
    }
    Ok(())
}

/// The lab's own filter for a capture: between the two hosts of its first exchange, or by the lab's port without an
/// exchange.
fn lab_filter(context: &Context, port: u16, path: &Path) -> anyhow::Result<String> {
    let mut source = input::open(path)?;
    let mut collector = Collector::new(port);
    pump::run(&mut source, &mut pump::Open, None, &mut collector).map_err(input::pump_error)?;
    let names = source.info().names.clone();
    let capture = Capture { name: path.display().to_string(), evidence: collector.into_evidence(), names };
    let report = answer::report(&context.lab, port, vec![capture], (None, None));
    let ends = report.exchanges.first().map(|x| x.conversation.ends);
    let between = ends.and_then(|[a, b]| between(a.ip, b.ip, port));
    Ok(between.unwrap_or_else(|| format!("tcp.port == {port}")))
}

/// Notes which packets the two filters keep.
struct Tally {
    own: Filter,
    filters: Filters,
    kept: Vec<FrameNo>,
    lab: Vec<FrameNo>,
    frames: u64,
    refused: Option<BpfError>,
}

impl Sink for Tally {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let frame = packet.context.frame;
        self.frames += 1;
        if self.own.matches(packet) {
            self.lab.push(frame.no);
        }
        match self.filters.frame(frame) {
            Ok(true) if self.filters.packet(packet) => self.kept.push(frame.no),
            Ok(_) => {}
            Err(error) => {
                self.refused = Some(error);
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
