//! `labkit follow`: the payload of both ends of a conversation, in order.

use super::conversations::Proto;
use super::gate::Filters;
use super::{Context, UsageError, input};
use crate::capture::{Source as _, output, privilege};
use crate::lab::answer::{self, Capture};
use crate::lab::evidence::collect::Collector;
use crate::lab::show::tables;
use crate::packet::Packet;
use crate::pump::{self, Sink};
use crate::view::conversations::Transport;
use crate::view::follow::{self, Form, Writer};
use anyhow::bail;
use clap::Args;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What both ends of a conversation said, in order
#[derive(Args, Debug)]
pub(crate) struct Follow {
    /// Capture file (pcap or pcapng, also gzipped); - is standard input
    file: PathBuf,
    /// Number of the conversation, as `labkit conversations` lists it (tcp.stream)
    stream: u32,
    /// Protocol of the conversation
    #[arg(long, value_enum, default_value_t, value_name = "PROTOCOL")]
    proto: Proto,
    /// In hexadecimal, sixteen bytes to a line
    #[arg(long, conflicts_with = "raw")]
    hex: bool,
    /// The bytes as they are; needs -o
    #[arg(long, requires = "output")]
    raw: bool,
    /// Write to this file; - is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(context: &Context, args: &Follow) -> anyhow::Result<ExitCode> {
    let form = match (args.hex, args.raw) {
        (true, _) => Form::Hex,
        (_, true) => Form::Raw,
        _ => Form::Text,
    };
    let file = args.output.as_deref().filter(|path| *path != Path::new("-"));
    if file.is_some_and(|path| path == args.file) {
        return Err(UsageError("-o names the capture itself; give it another file".into()).into());
    }
    let mut source = input::open(&args.file)?;
    let palette = input::palette().filter(|_| file.is_none() && form != Form::Raw);
    let out: Box<dyn Write> = match file {
        Some(path) => Box::new(BufWriter::new(output::create(path, args.force)?)),
        None => Box::new(input::stdout()),
    };
    let transport = Transport::from(args.proto);
    let follow = follow::Follow::new(Writer::new(out, form, palette), transport, args.stream);
    let mut both = Both { follow, collector: Collector::new(context.lab.communicator.port) };
    privilege::drop_for_reading();
    let done =
        pump::run(&mut source, &mut Filters::new(&[], None)?, None, &mut both).map_err(input::pump_error);
    done?;
    let Both { follow: sink, collector } = both;
    if !sink.found {
        let (name, stream) = (transport.name(), args.stream);
        bail!(
            "{} has no {name} conversation {stream}; `labkit conversations {0}` lists them",
            args.file.display()
        );
    }
    let lost = sink.listener.lost;
    if form == Form::Raw && lost > 0 {
        input::say(format_args!("{lost} bytes are missing in the capture; what was written has gaps"));
    }
    if form == Form::Text && matches!(transport, Transport::Tcp) {
        let (name, names) = (args.file.display().to_string(), source.info().names.clone());
        judge(context, Capture { name, evidence: collector.into_evidence(), names }, args.stream);
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the outcome of the exchange and remarks on it, if the conversation is one of the lab's.
fn judge(context: &Context, capture: Capture, stream: u32) {
    let report = answer::report(&context.lab, context.lab.communicator.port, vec![capture], (None, None));
    if let Some(x) = report.exchanges.iter().find(|x| x.conversation.stream == stream) {
        input::say(format_args!("{}", tables::title(x, &report, "")));
        tables::remarks(x, &report).iter().for_each(|remark| input::say(format_args!("{remark}")));
    }
}

/// The conversation that is followed, and the lab's evidence, gathered in one reading.
struct Both<W> {
    follow: follow::Follow<W>,
    collector: Collector,
}

impl<W> Sink for Both<W>
where
    follow::Follow<W>: Sink,
{
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let _ = self.collector.packet(packet)?;
        self.follow.packet(packet)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.follow.finish()
    }
}
