//! The list of conversations, one row for each: endpoints, packets and bytes in each direction, start, duration,
//! outcome.

use super::wrap::wrap;
use crate::direction::Direction;
use crate::dissect::protocols::tcp::Flags;
use crate::dissect::reading::read::Read as _;
use crate::dissect::{Address, Proto};
use crate::packet::Packet;
use crate::pump::Sink;
use crate::text::{Push as _, seconds, written};
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::ops::ControlFlow;

/// Which kind of conversations is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Conversations of TCP.
    Tcp,
    /// Conversations of UDP.
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

/// What is kept of one conversation. Its size does not grow with the number of packets.
#[derive(Clone, Debug)]
struct Record {
    /// Sender and receiver of the first packet.
    ends: Ends,
    /// Packets that each end sent.
    packets: [u32; 2],
    /// Bytes of the frames that each end sent, as on the wire.
    bytes: [u64; 2],
    /// Nanoseconds from the capture's first frame to the conversation's first and last.
    times: (i64, i64),
    /// All flags that each end has set.
    flags: [Flags; 2],
    /// Whether any end sent payload.
    payload: bool,
    /// Whether a SYN without ACK was seen.
    opened: bool,
}

/// The most conversations of each kind that get a row. The list says how many others there are.
const MOST: usize = 1_000_000;
/// How many records are allocated together, so that growing moves none of them.
const CHUNK: usize = 4096;

/// The records of one kind, by the number of their stream.
struct Records {
    chunks: Vec<Vec<Record>>,
    most: usize,
    /// How many conversations have no record.
    further: u64,
}

impl Default for Records {
    fn default() -> Records {
        Records { chunks: Vec::new(), most: MOST, further: 0 }
    }
}

impl Records {
    /// The record of a stream, which is blank at first; `None` if there are too many.
    fn at(&mut self, stream: u32) -> Option<&mut Record> {
        let stream = stream as usize;
        if stream >= self.most {
            self.further = self.further.max((stream - self.most) as u64 + 1);
            return None;
        }
        // Streams are numbered from 0 without gaps, but a display filter may leave some out here.
        while self.chunks.len() <= stream / CHUNK {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let chunk = self.chunks.get_mut(stream / CHUNK)?;
        if chunk.len() <= stream % CHUNK {
            chunk.resize(stream % CHUNK + 1, Record::BLANK);
        }
        chunk.get_mut(stream % CHUNK)
    }

    /// The records with at least one packet, each with the number of its stream.
    fn seen(&self) -> impl Iterator<Item = (usize, &Record)> {
        let all = self.chunks.iter().enumerate();
        let all = all.flat_map(|(i, chunk)| chunk.iter().enumerate().map(move |(j, r)| (i * CHUNK + j, r)));
        all.filter(|(_, r)| r.packets != [0; 2])
    }
}

/// Two addresses with their ports; those of IPv4 take little memory.
#[derive(Clone, Debug)]
enum Ends {
    V4([(Ipv4Addr, u16); 2]),
    Other(Box<[(Address, u16); 2]>),
}

impl Ends {
    fn new(ends: [(Address, u16); 2]) -> Ends {
        match ends {
            [(Address::Ipv4(a), from), (Address::Ipv4(b), to)] => Ends::V4([(a, from), (b, to)]),
            _ => Ends::Other(Box::new(ends)),
        }
    }

    fn all(&self) -> [(Address, u16); 2] {
        match self {
            Ends::V4(ends) => ends.map(|(ip, port)| (Address::Ipv4(ip), port)),
            Ends::Other(ends) => **ends,
        }
    }
}

/// The conversations of the wanted kinds.
pub struct All {
    wanted: Vec<Transport>,
    tcp: Records,
    udp: Records,
}

/// A sink that collects conversations, and writes them at the end of the capture.
pub struct Conversations<W> {
    out: W,
    /// Width of the screen in columns; `None` if there is none.
    width: Option<usize>,
    /// The conversations collected so far.
    pub all: All,
}

impl<W: Write> Conversations<W> {
    /// Collects the conversations of the kinds in `wanted`, and writes the kinds in this order.
    pub fn new(out: W, wanted: &[Transport]) -> Conversations<W> {
        let all = All { wanted: wanted.to_vec(), tcp: Records::default(), udp: Records::default() };
        Conversations { out, width: None, all }
    }

    /// Sets the width of the screen. If the table is wider, each conversation becomes several lines instead, broken
    /// between words.
    #[must_use]
    pub fn fitted(mut self, width: Option<usize>) -> Conversations<W> {
        self.width = width;
        self
    }
}

impl All {
    fn records(&self, transport: Transport) -> &Records {
        if transport == Transport::Tcp { &self.tcp } else { &self.udp }
    }

    /// Passes on the cells of each conversation. They are made anew each time, so that the texts of all conversations
    /// need not be kept at once.
    fn rows(&self, out: &mut dyn FnMut([String; 11]) -> io::Result<()>) -> io::Result<()> {
        for transport in &self.wanted {
            for (stream, record) in self.records(*transport).seen() {
                out(record.cells(stream, *transport))?;
            }
        }
        Ok(())
    }

    fn widths(&self) -> io::Result<[usize; 11]> {
        let mut widths = HEADING.map(|cell| cell.chars().count());
        self.rows(&mut |cells| {
            for (width, cell) in widths.iter_mut().zip(&cells) {
                *width = (*width).max(cell.chars().count());
            }
            Ok(())
        })?;
        Ok(widths)
    }

    /// Writes a table with a row for each conversation; nothing if there are none.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let (widths, mut any) = (self.widths()?, false);
        self.rows(&mut |cells| {
            if !std::mem::replace(&mut any, true) {
                row(out, &HEADING.map(str::to_owned), &widths)?;
            }
            row(out, &cells, &widths)
        })?;
        self.further(out)
    }

    /// Writes several lines for each conversation, at most `width` columns wide.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn lines(&self, width: usize, out: &mut dyn Write) -> io::Result<()> {
        self.rows(&mut |cells| lines(out, &cells, width))?;
        self.further(out)
    }

    /// Writes how many conversations have no row.
    fn further(&self, out: &mut dyn Write) -> io::Result<()> {
        for transport in &self.wanted {
            let (further, name) = (self.records(*transport).further, transport.name());
            if further > 0 {
                writeln!(out, "… and {further} more conversations over {name}, which have no row")?;
            }
        }
        Ok(())
    }

    fn tcp(&mut self, packet: &Packet<'_>) -> Option<()> {
        let stream = packet.context.facts.tcp?.stream;
        let (layer, header) = packet.tcp()?;
        let ports = (header.srcport, header.dstport);
        let (record, direction) = record(&mut self.tcp, stream, ports, packet)?;
        record.flags[direction].0 |= header.flags.0;
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

/// Counts a packet for its conversation. Returns the record of the conversation, and the direction of the packet.
fn record<'r>(
    records: &'r mut Records,
    stream: u32,
    (src, dst): (u16, u16),
    packet: &Packet<'_>,
) -> Option<(&'r mut Record, Direction)> {
    let now = packet.context.facts.frame.time_relative;
    let (source, destination) = packet.addresses();
    let record = records.at(stream)?;
    if record.packets == [0; 2] {
        record.ends = Ends::new([(source, src), (destination, dst)]);
        record.times = (now, now);
    }
    let [first, _] = record.ends.all();
    let direction = Direction::from_first(first == (source, src));
    let packets = &mut record.packets[direction];
    *packets = packets.saturating_add(1);
    record.bytes[direction] += u64::from(packet.context.frame.wire_len);
    record.times = (record.times.0.min(now), record.times.1.max(now));
    Some((record, direction))
}

impl Record {
    /// A record without packets.
    const BLANK: Record = Record {
        ends: Ends::V4([(Ipv4Addr::UNSPECIFIED, 0); 2]),
        packets: [0; 2],
        bytes: [0; 2],
        times: (0, 0),
        flags: [Flags(0); 2],
        payload: false,
        opened: false,
    };

    /// The outcome of the conversation, as far as the capture shows it.
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
        let [a, b] = self.ends.all().map(endpoint);
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
    written(|line| {
        address.write(line);
        line.push(b':');
        line.num(port);
    })
}

const HEADING: [&str; 11] =
    ["Stream", "Proto", "A", "B", "A→B", "Bytes", "B→A", "Bytes", "Start", "Duration", "Outcome"];

/// Whether each column is aligned at the right, because it has numbers.
const RIGHT: [bool; 11] = [true, false, false, false, true, true, true, true, true, true, false];

impl<W: Write> Sink for Conversations<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        // A packet of another kind is not counted.
        let _ = self.all.tcp(packet).or_else(|| self.all.udp(packet));
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        let widths = self.all.widths()?;
        let table = widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
        let narrow = self.width.filter(|width| *width < table);
        match narrow {
            Some(width) => self.all.lines(width, &mut self.out)?,
            None => self.all.table(&mut self.out)?,
        }
        self.out.flush()
    }
}

/// Writes a conversation as several lines; those after the first are indented.
fn lines(out: &mut dyn Write, cells: &[String; 11], width: usize) -> io::Result<()> {
    let [stream, proto, a, b, there, there_bytes, back, back_bytes, start, duration, outcome] = cells;
    let s = |count: &str| if count == "1" { "" } else { "s" };
    let text = format!(
        "{stream} {proto} {a} ↔ {b} {outcome}; \
         A→B {there} packet{}, {there_bytes} bytes; B→A {back} packet{}, {back_bytes} bytes; \
         from {start} s on, for {duration} s",
        s(there),
        s(back)
    );
    for (i, line) in wrap(&text, width.saturating_sub(INDENT)).iter().enumerate() {
        writeln!(out, "{:indent$}{line}", "", indent = if i == 0 { 0 } else { INDENT })?;
    }
    Ok(())
}

/// How many columns further lines of a conversation are indented.
const INDENT: usize = 4;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_kept_by_stream_and_those_past_the_most_are_counted() {
        let mut records = Records { most: CHUNK + 3, ..Records::default() };
        for stream in [5, CHUNK as u32 + 1, 2, CHUNK as u32 + 3, CHUNK as u32 + 7] {
            if let Some(record) = records.at(stream) {
                record.packets[0] += stream;
            }
        }
        let seen: Vec<(usize, u32)> = records.seen().map(|(stream, r)| (stream, r.packets[0])).collect();
        assert_eq!(seen, [(2, 2), (5, 5), (CHUNK + 1, CHUNK as u32 + 1)]);
        assert_eq!(records.further, 5);
    }

    #[test]
    fn on_a_narrow_screen_a_conversation_takes_some_lines_and_no_word_is_broken() {
        let mut records = Records::default();
        let record = records.at(0).unwrap();
        record.packets = [6, 1];
        record.flags = [Flags::FIN, Flags::FIN];
        let mut out = Vec::new();
        lines(&mut out, &record.cells(0, Transport::Tcp), 60).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "0 TCP 0.0.0.0:0 ↔ 0.0.0.0:0 closed; A→B 6 packets, 0\n    \
             bytes; B→A 1 packet, 0 bytes; from 0.000000 s on, for\n    \
             0.000000 s\n"
        );
    }
}
