//! `labkit follow`: what both ends of a conversation said.

use super::conversations::Proto;
use super::gate::Filters;
use super::{UsageError, input};
use crate::capture::output;
use crate::pump;
use crate::view::conversations::Transport;
use crate::view::follow::{self, Form, Writer};
use anyhow::bail;
use clap::Args;
use std::io::{BufWriter, Write};
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

pub(crate) fn run(args: &Follow) -> anyhow::Result<ExitCode> {
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
    let colour = file.is_none() && form != Form::Raw && input::colour_on_stdout();
    let out: Box<dyn Write> = match file {
        Some(path) => Box::new(BufWriter::new(output::create(path, args.force)?)),
        None => Box::new(input::stdout()),
    };
    let transport = Transport::from(args.proto);
    let mut sink = follow::Follow::new(Writer::new(out, form, colour), transport, args.stream);
    let done =
        pump::run(&mut source, &mut Filters::new(&[], None)?, None, &mut sink).map_err(input::pump_error);
    done?;
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
    Ok(ExitCode::SUCCESS)
}
