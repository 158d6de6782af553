//! One row per conversation: endpoints, packets and bytes each way, start, duration, outcome.

use crate::dissect::read::Read as _;
use crate::dissect::tcp::Flags;
use crate::dissect::text::{Line, Push};
use crate::dissect::{Address, Proto};
use crate::packet::Packet;
use crate::pump::Sink;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// Which conversations are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Those of TCP.
    Tcp,
    /// Those of UDP.
    Udp,
}

impl Transport {
    /// `TCP` or `UDP`.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
        }
    }
}

/// What is kept of a conversation. It does not grow with the packets.
#[derive(Clone, Copy, Debug)]
struct Record {
    /// Who sent the first packet, and to whom.
    ends: [(Address, u16); 2],
    /// Packets of either end.
    packets: [u64; 2],
    /// Bytes of the frames of either end, as on the wire.
    bytes: [u64; 2],
    /// Nanoseconds from the capture's first frame to this conversation's first and last.
    times: (i64, i64),
    /// All flags that either end has set.
    flags: [Flags; 2],
    /// Whether either end sent payload.
    payload: bool,
    /// A SYN without ACK was seen.
    opened: bool,
}

/// Collects conversations and writes them when the capture ends.
pub struct Conversations<W> {
    out: W,
    wanted: Vec<Transport>,
    tcp: Vec<Record>,
    udp: Vec<Record>,
}

impl<W: Write> Conversations<W> {
    /// Rows for the conversations of `wanted`, in this order.
    pub fn new(out: W, wanted: &[Transport]) -> Conversations<W> {
        Conversations { out, wanted: wanted.to_vec(), tcp: Vec::new(), udp: Vec::new() }
    }

    fn tcp(&mut self, packet: &Packet<'_>) -> Option<()> {
        let stream = packet.context.facts.tcp?.stream;
        let (layer, header) = packet.tcp()?;
        let ports = (header.srcport, header.dstport);
        let (record, direction) = record(&mut self.tcp, stream, ports, packet)?;
        let flags = record.flags.get_mut(direction)?;
        flags.0 |= header.flags.0;
        record.payload |= layer.payload_len() > 0;
        record.opened |= header.flags.has(Flags::SYN) && !header.flags.has(Flags::ACK);
        Some(())
    }

    fn udp(&mut self, packet: &Packet<'_>) -> Option<()> {
        let stream = packet.context.facts.udp?.stream;
        let layer = packet.context.layers.find(Proto::Udp)?;
        let bytes = packet.context.layer_bytes(layer);
        let ports = (bytes.u16(0)?, bytes.u16(2)?);
        record(&mut self.udp, stream, ports, packet).map(|_| ())
    }
}

/// Counts a packet; its conversation's record, and which end sent it.
fn record<'r>(
    records: &'r mut Vec<Record>,
    stream: u32,
    (src, dst): (u16, u16),
    packet: &Packet<'_>,
) -> Option<(&'r mut Record, usize)> {
    let now = packet.context.facts.frame.time_relative;
    let (source, destination) = packet.addresses();
    // Conversations are numbered from 0 without gaps, but a capture filter may have kept some away from here.
    while records.len() <= stream as usize {
        records.push(Record {
            ends: [(source, src), (destination, dst)],
            packets: [0; 2],
            bytes: [0; 2],
            times: (now, now),
            flags: [Flags::default(); 2],
            payload: false,
            opened: false,
        });
    }
    let record = records.get_mut(stream as usize)?;
    if record.packets == [0; 2] {
        record.ends = [(source, src), (destination, dst)];
        record.times = (now, now);
    }
    let direction = usize::from(record.ends[0] != (source, src));
    *record.packets.get_mut(direction)? += 1;
    *record.bytes.get_mut(direction)? += u64::from(packet.context.frame.wire_len);
    record.times = (record.times.0.min(now), record.times.1.max(now));
    Some((record, direction))
}

impl Record {
    /// How the conversation went, as far as the capture shows it.
    fn outcome(&self, transport: Transport) -> &'static str {
        let [a, b] = self.flags;
        let answered = self.packets[0] > 0 && self.packets[1] > 0;
        match transport {
            Transport::Udp if answered => "both ways",
            Transport::Udp => "one way",
            Transport::Tcp => match () {
                () if self.opened && !answered && !a.has(Flags::RST) => "unanswered",
                () if self.opened && b.has(Flags::RST) && !b.has(Flags::SYN) && !self.payload => "refused",
                () if a.has(Flags::RST) || b.has(Flags::RST) => "reset",
                () if a.has(Flags::FIN) && b.has(Flags::FIN) => "closed",
                () if a.has(Flags::FIN) || b.has(Flags::FIN) => "half closed",
                () => "open",
            },
        }
    }

    /// The cells of its row.
    fn cells(&self, stream: usize, transport: Transport) -> [String; 11] {
        let [a, b] = self.ends.map(endpoint);
        let (start, end) = self.times;
        [
            stream.to_string(),
            transport.name().to_owned(),
            a,
            b,
            self.packets[0].to_string(),
            self.bytes[0].to_string(),
            self.packets[1].to_string(),
            self.bytes[1].to_string(),
            seconds(start),
            seconds(end - start),
            self.outcome(transport).to_owned(),
        ]
    }
}

fn endpoint((address, port): (Address, u16)) -> String {
    let mut text = Line::new();
    address.write(&mut text);
    text.push(b':');
    text.num(port);
    String::from_utf8_lossy(&text).into_owned()
}

fn seconds(nanos: i64) -> String {
    let mut text = Line::new();
    text.seconds(nanos, 6);
    String::from_utf8_lossy(&text).into_owned()
}

const HEADING: [&str; 11] =
    ["Stream", "Proto", "A", "B", "A→B", "Bytes", "B→A", "Bytes", "Start", "Duration", "Outcome"];

/// Which columns are numbers, which stand to the right.
const RIGHT: [bool; 11] = [true, false, false, false, true, true, true, true, true, true, false];

impl<W: Write> Sink for Conversations<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        // Packets of neither kind are passed over.
        let _ = self.tcp(packet).or_else(|| self.udp(packet));
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        let rows = |out: &mut dyn FnMut([String; 11]) -> io::Result<()>| -> io::Result<()> {
            for transport in &self.wanted {
                let records = if *transport == Transport::Tcp { &self.tcp } else { &self.udp };
                let seen = records.iter().enumerate().filter(|(_, r)| r.packets != [0; 2]);
                for (stream, record) in seen {
                    out(record.cells(stream, *transport))?;
                }
            }
            Ok(())
        };
        // The cells are made twice, so that their texts need not be kept for all conversations at once.
        let mut widths = HEADING.map(|cell| cell.chars().count());
        rows(&mut |cells| {
            for (width, cell) in widths.iter_mut().zip(&cells) {
                *width = (*width).max(cell.chars().count());
            }
            Ok(())
        })?;
        let (out, mut any) = (&mut self.out, false);
        let mut write = |cells: [String; 11]| -> io::Result<()> {
            if !std::mem::replace(&mut any, true) {
                row(out, &HEADING.map(str::to_owned), &widths)?;
            }
            row(out, &cells, &widths)
        };
        rows(&mut write)?;
        self.out.flush()
    }
}

fn row(out: &mut dyn Write, cells: &[String; 11], widths: &[usize; 11]) -> io::Result<()> {
    let mut line = String::new();
    for ((cell, width), right) in cells.iter().zip(widths).zip(RIGHT) {
        let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
        line.push_str(if line.is_empty() { "" } else { "  " });
        if right {
            line.push_str(&blanks);
        }
        line.push_str(cell);
        if !right {
            line.push_str(&blanks);
        }
    }
    writeln!(out, "{}", line.trim_end())
}
