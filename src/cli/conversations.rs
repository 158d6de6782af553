//! `labkit conversations`: a row for each conversation.

use super::gate::Filters;
use super::input;
use crate::capture::privilege;
use crate::pump;
use crate::view::conversations::{Conversations, Transport};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// A row for each conversation: endpoints, packets and bytes each way, start, duration, outcome
#[derive(Args, Debug)]
pub(crate) struct ConversationsArgs {
    /// Capture file (pcap or pcapng, also gzipped); - is standard input
    file: PathBuf,
    /// List the conversations of this protocol only
    #[arg(long, value_enum, value_name = "PROTOCOL")]
    proto: Option<Proto>,
    /// Capture filter (BPF), as in `tcp port 65432`
    #[arg(value_name = "BPF")]
    bpf: Vec<String>,
}

/// The transport protocol of the conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Proto {
    /// Connections
    #[default]
    Tcp,
    /// Datagrams between the same two ports
    Udp,
}

impl From<Proto> for Transport {
    fn from(proto: Proto) -> Transport {
        match proto {
            Proto::Tcp => Transport::Tcp,
            Proto::Udp => Transport::Udp,
        }
    }
}

pub(crate) fn run(args: &ConversationsArgs) -> anyhow::Result<ExitCode> {
    let mut gate = Filters::new(&args.bpf, None)?;
    let mut source = input::open(&args.file)?;
    let wanted = match args.proto {
        Some(proto) => vec![proto.into()],
        None => vec![Transport::Tcp, Transport::Udp],
    };
    let mut sink = Conversations::new(input::stdout(), &wanted).fitted(input::width());
    privilege::drop_for_reading();
    pump::run(&mut source, &mut gate, None, &mut sink).map_err(input::pump_error)?;
    Ok(ExitCode::SUCCESS)
}
