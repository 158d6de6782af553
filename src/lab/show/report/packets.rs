//! The packets of a report: rows of the list, and details with bytes in packed blocks.

use crate::dissect::protocols::tcp::Flags;
use crate::dissect::{Proto, protocol_path};
use crate::packet::Packet;
use crate::pump::Sink;
use crate::text::{Line, written};
use crate::view::column::{self, COLUMNS};
use crate::view::details;
use crate::view::time::TimeFormat;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::io::{self, Write as _};
use std::ops::ControlFlow;

/// Packets that a report holds, at most.
pub const MOST: usize = 10_000;
/// Packets that are packed together: few enough to be unpacked without delay.
const BLOCK: usize = 64;
/// How the Time column counts: seconds since the first frame.
const TIME: TimeFormat = TimeFormat::Seconds(6);
/// Bytes of a packet that are shown, of each source.
const SHOWN: usize = 4096;

/// A row of the list, with what the filter box asks for.
#[derive(Debug, serde::Serialize)]
pub struct Row {
    /// Index of the capture.
    pub capture: usize,
    /// What stands in the columns of the list.
    #[serde(flatten)]
    cells: Cells,
    /// How it is coloured.
    class: &'static str,
    /// As in `frame.protocols`.
    protocols: String,
    ports: Option<(u16, u16)>,
    stream: Option<u32>,
    flags: Option<u16>,
    payload: Option<u32>,
    analysis: bool,
}

/// What stands in each of [`COLUMNS`]; in JSON under the column's name, whole numbers as numbers.
#[derive(Debug)]
struct Cells(Vec<String>);

impl Serialize for Cells {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (column, text) in COLUMNS.iter().zip(&self.0) {
            match text.parse::<u64>().ok().filter(|_| column.is_number) {
                Some(number) => map.serialize_entry(column.name, &number)?,
                None => map.serialize_entry(column.name, text)?,
            }
        }
        map.end()
    }
}

/// Details and bytes of one packet.
#[derive(serde::Serialize)]
struct Page {
    /// Depth, source, first byte, number of bytes, name of the field, text.
    details: Vec<(usize, u8, u32, u32, &'static str, String)>,
    /// Title and bytes in hexadecimal of each source.
    bytes: Vec<(String, String)>,
}

/// Gathers the packets of one capture after the other.
#[derive(Default)]
pub struct Packets {
    /// The rows.
    pub rows: Vec<Row>,
    /// Blocks of pages: JSON, compressed with gzip, in Base64.
    pub blocks: Vec<String>,
    /// Packets that are not among the rows.
    pub left_out: u64,
    pages: Vec<Page>,
    capture: usize,
    /// Where not all packets fit, only those of this TCP port are taken.
    only: Option<u16>,
}

impl Packets {
    /// Packets of captures that have `frames` frames together and the lab's traffic on `port`.
    pub fn new(frames: u64, port: u16) -> Packets {
        Packets { only: (frames > MOST as u64).then_some(port), ..Packets::default() }
    }

    /// What comes next is of another capture.
    pub fn next_capture(&mut self) {
        self.capture += 1;
    }

    /// Packs the last pages.
    pub fn end(&mut self) -> io::Result<()> {
        if self.pages.is_empty() { Ok(()) } else { self.pack() }
    }

    fn pack(&mut self) -> io::Result<()> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&serde_json::to_vec(&self.pages)?)?;
        self.blocks.push(BASE64_STANDARD.encode(packed.finish()?));
        self.pages.clear();
        Ok(())
    }

    fn is_wanted(&self, packet: &Packet<'_>) -> bool {
        let of_lab = |port| packet.tcp().is_some_and(|(_, h)| h.srcport == port || h.dstport == port);
        self.rows.len() < MOST && self.only.is_none_or(of_lab)
    }
}

impl Sink for Packets {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        if !self.is_wanted(packet) {
            self.left_out += 1;
            return Ok(ControlFlow::Continue(()));
        }
        self.rows.push(row(self.capture, packet));
        self.pages.push(page(packet));
        if self.pages.len() == BLOCK {
            self.pack()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn row(capture: usize, packet: &Packet<'_>) -> Row {
    let context = &packet.context;
    let row = column::Row::new(packet, TIME);
    let tcp = packet.tcp();
    let ports = tcp.map(|(_, h)| (h.srcport, h.dstport)).or_else(|| {
        let layer = context.layers.find(Proto::Udp)?;
        let bytes = context.layer_bytes(layer).first_chunk::<4>()?;
        Some((u16::from_be_bytes([bytes[0], bytes[1]]), u16::from_be_bytes([bytes[2], bytes[3]])))
    });
    Row {
        capture,
        cells: Cells(COLUMNS.iter().map(|column| written(|out| column.write(&row, out))).collect()),
        class: class(packet),
        protocols: written(|out| protocol_path(context, out)),
        ports,
        stream: context.facts.tcp.map(|f| f.stream).or(context.facts.udp.map(|f| f.stream)),
        flags: tcp.map(|(_, h)| h.flags.0),
        payload: tcp.map(|(layer, _)| layer.payload_len()),
        analysis: context.facts.tcp.is_some_and(|f| f.findings.is_trouble()),
    }
}

/// The colour of a row, by the rules that Wireshark comes with.
fn class(packet: &Packet<'_>) -> &'static str {
    let layers = packet.context.layers;
    let has = |proto| layers.all().iter().any(|l| l.proto == proto && !l.quoted);
    if packet.context.facts.tcp.is_some_and(|f| f.findings.is_trouble()) {
        return "bad";
    }
    if has(Proto::Icmp) || has(Proto::Icmpv6) {
        return "icmp";
    }
    if let Some((layer, header)) = packet.tcp() {
        return match header.flags {
            flags if flags.has(Flags::RST) => "rst",
            _ if has(Proto::Http)
                || [header.srcport, header.dstport].contains(&80) && layer.payload_len() > 0 =>
            {
                "http"
            }
            flags if flags.has(Flags(Flags::SYN.0 | Flags::FIN.0)) => "syn",
            _ => "tcp",
        };
    }
    match () {
        () if has(Proto::Arp) => "arp",
        () if has(Proto::Udp) => "udp",
        () => "other",
    }
}

fn page(packet: &Packet<'_>) -> Page {
    let lines = details::lines(packet).into_iter();
    let details = lines
        .map(|l| (l.depth, l.at.source, l.at.start, l.at.len, l.field.map_or("", |f| f.name), l.text))
        .collect();
    let context = &packet.context;
    let sources = std::iter::once(context.frame.bytes).chain(context.buffers.iter().map(Vec::as_slice));
    let bytes = sources
        .enumerate()
        .map(|(i, bytes)| {
            let name = if i == 0 { "Frame" } else { "Reassembled" };
            let cut =
                if bytes.len() > SHOWN { format!(", the first {SHOWN} are shown") } else { String::new() };
            let shown = bytes.get(..SHOWN).unwrap_or(bytes);
            let hex = written(|out| shown.iter().for_each(|b| hex(*b, out)));
            (format!("{name} ({} bytes{cut})", bytes.len()), hex)
        })
        .collect();
    Page { details, bytes }
}

fn hex(byte: u8, out: &mut Line) {
    for nibble in [byte >> 4, byte & 15] {
        out.push(b"0123456789abcdef"[usize::from(nibble)]);
    }
}
