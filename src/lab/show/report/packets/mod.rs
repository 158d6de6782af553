//! The packets of a report, as compressed parts of the page: rows of the list, values of the fields, details, and
//! bytes.
//!
//! The page's script unpacks each part when it needs it: the rows at once, a field's column when a filter names the
//! field, the details of a block of packets when one of them is chosen.

mod pack;
mod pages;
mod rows;
mod table;
mod texts;
mod values;

pub(super) use pack::Part;

use super::words;
use crate::dissect::{ProtoSet, Visited};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::frame::FrameNo;
use crate::packet::Packet;
use crate::pump::Sink;
use crate::view::details::{self, DetailLine};
use pages::{BLOCK, Line, Page};
use rows::Rows;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::ops::ControlFlow;
use values::{Columns, Found, Stored};

/// The most packets that a report holds.
pub const MOST: usize = 10_000;
/// The most bytes that a report holds of each run of bytes of a packet (the frame, or a reassembled message): more
/// than the longest message of the lab has.
const WHOLE: usize = 16_384;
/// Once a report holds this many bytes, it keeps only [`BEGINNING`] of further packets that are no evidence.
const MOST_BYTES: usize = 2 << 20;
/// Bytes that are kept of a packet in part: its headers and the beginning of its payload.
pub(super) const BEGINNING: usize = 256;

/// Limits on one packet: the number of lines of details or values of fields, and the bytes in them.
#[derive(Clone, Copy)]
struct Share {
    lines: usize,
    bytes: usize,
}

/// The usual limit: more than any real packet has.
const LONGEST: Share = Share { lines: 5_000, bytes: 256 << 10 };
/// The limit for packets after a report holds [`MOST_TEXT`] or [`MOST_VALUES`].
const FEW: Share = Share { lines: 200, bytes: 16 << 10 };
/// Bytes in lines of details after which a report keeps only [`FEW`] of each further packet.
const MOST_TEXT: usize = 200 << 20;
/// Bytes of values, likewise; they stay in memory to the end.
const MOST_VALUES: usize = 64 << 20;
/// Bytes that a line takes besides its text.
const LINE: usize = size_of::<Line>();

/// Which packets of a large capture a report holds: those that are evidence, those of the lab's conversations, then
/// the rest from the start, [`MOST`] together.
#[derive(Debug, Default)]
pub struct Choice {
    /// For each capture, the frames that are chosen first.
    first: Vec<BTreeSet<u64>>,
    /// The frames that are evidence, each with the index of its capture.
    evidence: BTreeSet<(usize, u64)>,
    /// How many other frames there is room for.
    others: usize,
}

impl Choice {
    /// A choice that takes the frames of `evidence` first and those of `lab` next, each an index of the capture and a frame.
    pub fn new(
        captures: usize,
        evidence: impl Iterator<Item = (usize, FrameNo)>,
        lab: impl Iterator<Item = (usize, FrameNo)>,
    ) -> Choice {
        let (mut first, mut room) = (vec![BTreeSet::new(); captures], MOST);
        let evidence: Vec<(usize, FrameNo)> = evidence.collect();
        for (capture, frame) in evidence.iter().copied().chain(lab) {
            if room == 0 {
                break;
            }
            if first.get_mut(capture).is_some_and(|frames| frames.insert(frame.0)) {
                room -= 1;
            }
        }
        let evidence = evidence.into_iter().map(|(capture, frame)| (capture, frame.0)).collect();
        Choice { first, evidence, others: room }
    }

    fn takes(&mut self, capture: usize, frame: FrameNo) -> bool {
        if self.first.get(capture).is_some_and(|frames| frames.contains(&frame.0)) {
            return true;
        }
        let room = self.others > 0;
        self.others -= usize::from(room);
        room
    }
}

/// Gathers the packets of one capture after the other.
#[derive(Default)]
pub struct Packets {
    /// Packed parts of the page.
    pub(super) parts: Vec<Part>,
    /// Number of packets that are not among the rows.
    pub left_out: u64,
    /// Number of packets of which the page holds only the beginning.
    pub cut: u64,
    rows: Rows,
    columns: Columns,
    pages: Vec<Page>,
    bytes: Vec<u8>,
    /// Bytes in all blocks.
    held: usize,
    /// Bytes in the lines of details of all blocks.
    text: usize,
    /// Bytes of all values.
    values: usize,
    blocks: usize,
    capture: usize,
    choice: Choice,
    /// The index of each field in the table of fields.
    fields: HashMap<&'static str, usize>,
}

impl Packets {
    /// An empty collection for the packets that `choice` takes.
    pub fn new(choice: Choice) -> Packets {
        let mut fields = HashMap::new();
        for (i, field) in table::all_fields().enumerate() {
            fields.entry(field.name).or_insert(i);
        }
        Packets { choice, fields, ..Packets::default() }
    }

    /// Tells that the next packets are of the next capture.
    pub fn next_capture(&mut self) {
        self.capture += 1;
    }

    /// How many packets it holds.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds no packets.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it holds a frame.
    pub fn has(&self, capture: usize, frame: FrameNo) -> bool {
        self.rows.has(capture, frame)
    }

    /// Packs all that was gathered.
    ///
    /// # Errors
    /// If compressing fails.
    pub fn end(&mut self) -> io::Result<()> {
        if !self.pages.is_empty() {
            self.pack()?;
        }
        self.parts.insert(0, self.rows.part()?);
        self.parts.push(table::part()?);
        self.parts.extend(self.columns.parts()?);
        self.columns = Columns::default();
        Ok(())
    }

    fn pack(&mut self) -> io::Result<()> {
        self.parts.push(pages::part(self.blocks, &self.pages, &self.bytes)?);
        self.parts.push(Part::of_bytes(format!("bytes-{}", self.blocks), &self.bytes)?);
        self.blocks += 1;
        self.pages.clear();
        self.bytes.clear();
        Ok(())
    }

    /// The lines of a packet's details, up to the limit `most`.
    fn details(&mut self, packet: &Packet<'_>, most: Share) -> Vec<Line> {
        let (all, mut is_whole) = details::lines_up_to(packet, most.lines);
        let (mut lines, mut bytes) = (Vec::new(), 0);
        for line in all {
            bytes += LINE + line.text.len();
            if bytes > most.bytes {
                is_whole = false;
                break;
            }
            lines.push(self.line(line));
        }
        if !is_whole {
            lines.push(more(packet));
        }
        self.text += bytes;
        lines
    }

    fn line(&self, line: DetailLine) -> Line {
        Line {
            depth: u8::try_from(line.depth).unwrap_or(u8::MAX),
            field: line.field.and_then(|field| self.fields.get(field.name).copied()),
            at: line.at,
            text: line.text,
        }
    }

    /// Keeps the bytes of a packet. Returns for each run how many were kept, and how many it has.
    fn take_bytes(&mut self, packet: &Packet<'_>) -> Vec<(usize, usize)> {
        let is_evidence = self.choice.evidence.contains(&(self.capture, packet.context.frame.no.0));
        let most = if self.held < MOST_BYTES || is_evidence { WHOLE } else { BEGINNING };
        let context = &packet.context;
        let sources = std::iter::once(context.frame.bytes).chain(context.buffers.iter().map(Vec::as_slice));
        let mut lengths = Vec::new();
        for bytes in sources {
            let kept = bytes.get(..most).unwrap_or(bytes);
            self.bytes.extend_from_slice(kept);
            self.held += kept.len();
            lengths.push((kept.len(), bytes.len()));
        }
        self.cut += u64::from(lengths.iter().any(|(kept, of)| kept < of));
        lengths
    }
}

impl Sink for Packets {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let frame = packet.context.frame.no;
        if !self.choice.takes(self.capture, frame) {
            self.left_out += 1;
            return Ok(ControlFlow::Continue(()));
        }
        let most = if self.text < MOST_TEXT { LONGEST } else { FEW };
        let most_values = if self.values < MOST_VALUES { LONGEST } else { FEW };
        let mut reader = Reader { packet, found: Vec::new(), bytes: 0, most: most_values };
        let has_all_values = packet.walk(ProtoSet::ALL, &mut reader).is_continue();
        self.values += reader.bytes;
        let mut end = self.bytes.len();
        let (lengths, index) = (self.take_bytes(packet), self.rows.len() as u32);
        let run = |(kept, _): &(usize, usize)| {
            let start = end;
            end += kept;
            start..end
        };
        let runs = lengths.iter().map(run).collect();
        self.rows.add(self.capture, packet, lengths, has_all_values);
        self.columns.add(index, packet, reader.found);
        let lines = self.details(packet, most);
        self.pages.push(Page { lines, sources: pages::sources(packet), runs });
        if self.pages.len() == BLOCK {
            self.pack()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The line in place of those that the page does not hold.
fn more(packet: &Packet<'_>) -> Line {
    let text = words::more_lines(&packet.context.frame.no.to_string());
    Line { depth: 0, field: None, at: At::default(), text }
}

/// Collects the values of all fields up to a limit. Protocols are not among them, since the layers have these.
struct Reader<'p> {
    packet: &'p Packet<'p>,
    found: Vec<Found>,
    /// Bytes of the values that were found.
    bytes: usize,
    most: Share,
}

impl Visit for Reader<'_> {
    fn field(&mut self, field: &'static Field, at: At, value: Value<'_>) -> Visited {
        if self.found.len() == self.most.lines || self.bytes >= self.most.bytes {
            return ControlFlow::Break(());
        }
        if field.kind != Kind::Protocol {
            let value = Stored::of(&self.packet.context, at, value);
            self.bytes += size_of::<Found>() + value.beside();
            self.found.push((field, value));
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::reader::Reader;
    use crate::frame::LinkType;
    use crate::frames::{datagram, ethernet, pcap};
    use crate::pump;

    /// A DNS response with so many records, whose compressed names all point to one long name.
    fn amplified(records: u16) -> Vec<u8> {
        let name: Vec<u8> = [vec![63; 64], vec![63; 64], vec![63; 64], vec![0]].concat();
        let record = [0xc0, 0x0c, 0, 2, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 0x0c];
        let head = [&[0, 0, 0x81, 0x80, 0, 1][..], &records.to_be_bytes(), &[0; 4]].concat();
        [head, name, vec![0, 2, 0, 1], record.repeat(records.into())].concat()
    }

    #[test]
    fn values_of_a_packet_end_at_its_share_which_is_small_once_there_are_many() {
        let frame = ethernet(1, 2, &datagram(53, 40_000, &amplified(2_000)));
        let file = pcap(LinkType::ETHERNET, std::iter::once((0, frame)));
        let added = |before: usize| {
            let bytes: Box<dyn io::Read + Send> = Box::new(io::Cursor::new(file.clone()));
            let mut source = Reader::new(bytes, "amplified").expect("a capture");
            let mut packets = Packets::new(Choice::new(1, std::iter::empty(), std::iter::empty()));
            packets.values = before;
            pump::run(&mut source, &mut pump::Open, None, &mut packets).expect("it is gathered");
            assert_eq!(packets.len(), 1);
            packets.values - before
        };
        // The values would take more than twenty times the packet's size, since each has the long name.
        let first = added(0);
        assert!((LONGEST.bytes..LONGEST.bytes + 512).contains(&first), "{first}");
        let late = added(MOST_VALUES);
        assert!(late < FEW.bytes + 512, "{late}");
    }

    #[test]
    fn evidence_comes_first_then_the_lab_then_the_rest_from_the_start() {
        let frames = |from: u64, to: u64| (from..=to).map(|n| (0, FrameNo(n)));
        let most = MOST as u64;
        let mut choice = Choice::new(1, frames(50_000, 50_000), frames(40_000, 40_000 + most - 4));
        // The choice has one frame of evidence and all but three of the lab's, so it has room for two others.
        let taken: Vec<u64> = (1..60_000).filter(|n| choice.takes(0, FrameNo(*n))).collect();
        assert_eq!(taken.len(), MOST);
        assert_eq!(taken[..3], [1, 2, 40_000]);
        assert_eq!(taken.last(), Some(&50_000));
        // If the lab has more frames than there is room for, the first ones are taken.
        let mut choice = Choice::new(1, frames(50_000, 50_000), frames(20, 20 + most));
        let taken: Vec<u64> = (1..60_000).filter(|n| choice.takes(0, FrameNo(*n))).collect();
        assert_eq!((taken.len(), taken[0], taken[MOST - 2]), (MOST, 20, 20 + most - 2));
    }
}
