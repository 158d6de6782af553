//! `labkit statistics`: protocol hierarchy, endpoints, packets and bytes over time.

use super::gate::Filters;
use super::input;
use crate::capture::privilege;
use crate::packet::Packet;
use crate::pump::{self, Needs, Sink};
use crate::view::statistics::endpoints::{Endpoints, Kind};
use crate::view::statistics::hierarchy::Hierarchy;
use crate::view::statistics::intervals::Intervals;
use clap::{Args, ValueEnum};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Sums over a capture: protocols within each other, addresses, packets and bytes over time
#[derive(Args, Debug)]
pub(crate) struct Statistics {
    /// Capture file (pcap or pcapng, also gzipped); - is standard input
    file: PathBuf,
    /// Which of the tables [default: all three]
    #[arg(value_enum)]
    what: Option<What>,
    /// Kind of endpoints
    #[arg(long, value_enum, default_value_t, value_name = "KIND")]
    of: Of,
    /// Seconds of an interval of `io` [default: such that there are at most 40]
    #[arg(long, value_name = "S", value_parser = super::seconds)]
    interval: Option<Duration>,
    /// Count only packets that match this display filter
    #[arg(short = 'Y', long, value_name = "FILTER", allow_hyphen_values = true)]
    display_filter: Option<String>,
    /// Capture filter (BPF), as in `tcp port 65432`
    #[arg(value_name = "BPF")]
    bpf: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Protocols, each under the one that carries it
    Hierarchy,
    /// Packets and bytes of each address
    Endpoints,
    /// Packets and bytes over time
    Io,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Of {
    /// Ethernet addresses
    Eth,
    /// IPv4 and IPv6 addresses
    #[default]
    Ip,
    /// Addresses with their TCP ports
    Tcp,
    /// Addresses with their UDP ports
    Udp,
}

pub(crate) fn run(args: &Statistics) -> anyhow::Result<ExitCode> {
    let mut gate = Filters::new(&args.bpf, args.display_filter.as_deref())?;
    let mut source = input::open(&args.file)?;
    let wants = |what| args.what.is_none_or(|wanted| wanted == what);
    let kind = match args.of {
        Of::Eth => Kind::Ethernet,
        Of::Ip => Kind::Ip,
        Of::Tcp => Kind::Tcp,
        Of::Udp => Kind::Udp,
    };
    let interval = args.interval.map(|length| i64::try_from(length.as_nanos()).unwrap_or(i64::MAX).max(1));
    let (mut hierarchy, mut endpoints, mut io) = (Vec::new(), Vec::new(), Vec::new());
    let mut sinks: Vec<Box<dyn Sink + '_>> = Vec::new();
    if wants(What::Hierarchy) {
        sinks.push(Box::new(Hierarchy::new(&mut hierarchy)));
    }
    if wants(What::Endpoints) {
        sinks.push(Box::new(Endpoints::new(&mut endpoints, kind)));
    }
    if wants(What::Io) {
        sinks.push(Box::new(Intervals::new(&mut io, interval)));
    }
    let mut all = All(sinks);
    privilege::drop_for_reading();
    let done = pump::run(&mut source, &mut gate, None, &mut all).map_err(input::pump_error);
    drop(all);
    let tables = [hierarchy, endpoints, io];
    let mut out = input::stdout();
    for (i, table) in tables.iter().filter(|table| !table.is_empty()).enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        out.write_all(table)?;
    }
    out.flush()?;
    done?;
    Ok(ExitCode::SUCCESS)
}

/// Several sinks in one reading.
struct All<'s>(Vec<Box<dyn Sink + 's>>);

impl Sink for All<'_> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        for sink in &mut self.0 {
            let _ = sink.packet(packet)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn needs(&self) -> Needs {
        Needs { streams: false, ..Needs::default() }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|sink| sink.finish())
    }
}
