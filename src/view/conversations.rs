//! One row per conversation: endpoints, packets and bytes each way, start, duration, outcome.

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
#[derive(Clone, Debug)]
struct Record {
    /// Who sent the first packet, and to whom.
    ends: Ends,
    /// Packets of either end.
    packets: [u32; 2],
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

/// Conversations of each kind that get a row. Of the others the list says how many there are.
const MOST: usize = 1_000_000;
/// Records that are allocated together: growing moves none of them.
const CHUNK: usize = 4096;

/// The records of one kind, by the numbers of their streams.
struct Records {
    chunks: Vec<Vec<Record>>,
    most: usize,
    /// Number of conversations without a record.
    further: u64,
}

impl Default for Records {
    fn default() -> Records {
        Records { chunks: Vec::new(), most: MOST, further: 0 }
    }
}

impl Records {
    /// The record of a stream, a blank one if it has none yet; `None` past the most that are kept.
    fn at(&mut self, stream: u32) -> Option<&mut Record> {
        let stream = stream as usize;
        if stream >= self.most {
            self.further = self.further.max((stream - self.most) as u64 + 1);
            return None;
        }
        // Conversations are numbered from 0 without gaps, but a capture filter may have kept some away from here.
        while self.chunks.len() <= stream / CHUNK {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let chunk = self.chunks.get_mut(stream / CHUNK)?;
        if chunk.len() <= stream % CHUNK {
            chunk.resize(stream % CHUNK + 1, Record::BLANK);
        }
        chunk.get_mut(stream % CHUNK)
    }

    /// The records with at least one packet, with the numbers of their streams.
    fn seen(&self) -> impl Iterator<Item = (usize, &Record)> {
        let all = self.chunks.iter().enumerate();
        let all = all.flat_map(|(i, chunk)| chunk.iter().enumerate().map(move |(j, r)| (i * CHUNK + j, r)));
        all.filter(|(_, r)| r.packets != [0; 2])
    }
}

/// Two addresses with their ports, in little room where it is possible.
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

/// Conversations of some kinds.
pub struct All {
    wanted: Vec<Transport>,
    tcp: Records,
    udp: Records,
}

/// Collects conversations and writes them when the capture ends.
pub struct Conversations<W> {
    out: W,
    /// Columns of the screen.
    width: Option<usize>,
    /// What was collected.
    pub all: All,
}

impl<W: Write> Conversations<W> {
    /// Rows for the conversations of `wanted`, in this order.
    pub fn new(out: W, wanted: &[Transport]) -> Conversations<W> {
        let all = All { wanted: wanted.to_vec(), tcp: Records::default(), udp: Records::default() };
        Conversations { out, width: None, all }
    }

    /// The same for a screen of so many columns: what does not fit into them as a table becomes some lines a
    /// conversation, broken between words.
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

    /// Hands over the cells of each conversation. They are made anew each time, so that their texts need not be kept
    /// for all conversations at once.
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

    /// Writes a row a conversation below headings; nothing where there are none.
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

    /// Writes some lines a conversation, each `width` columns wide at most.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn lines(&self, width: usize, out: &mut dyn Write) -> io::Result<()> {
        self.rows(&mut |cells| lines(out, &cells, width))?;
        self.further(out)
    }

    /// Says how many conversations have no row.
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

/// Counts a packet; its conversation's record, and which end sent it.
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
    /// Nothing seen yet.
    const BLANK: Record = Record {
        ends: Ends::V4([(Ipv4Addr::UNSPECIFIED, 0); 2]),
        packets: [0; 2],
        bytes: [0; 2],
        times: (0, 0),
        flags: [Flags(0); 2],
        payload: false,
        opened: false,
    };

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

/// Which columns are numbers, which stand to the right.
const RIGHT: [bool; 11] = [true, false, false, false, true, true, true, true, true, true, false];

impl<W: Write> Sink for Conversations<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        // Packets of neither kind are passed over.
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

/// A conversation as some lines: the first says which one it is, the others what there is of it.
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

/// Columns that the further lines of a conversation are indented by.
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
