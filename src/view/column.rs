//! The columns of the packet list: their headings, their alignment and their contents. Every format loops over
//! [`COLUMNS`], so a new column is added here and nowhere else.

use super::time::TimeFormat;
use crate::dissect::{Address, Layer, Parts};
use crate::packet::Packet;
use crate::text::{Line, Push};
use std::cell::Cell;

/// One column of the packet list.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// The heading.
    pub heading: &'static str,
    /// Its key in JSON lines.
    pub name: &'static str,
    /// Its names as a field, `_ws.col.…`.
    pub fields: &'static [&'static str],
    /// The side at which its contents are aligned.
    pub align: Align,
    /// Whether its contents are whole numbers.
    pub is_number: bool,
    /// Whether its contents follow from the frame alone, unless the frame completes a datagram.
    pub of_frame: bool,
    /// Its least width in a list, in terminal columns; longer contents push the rest of the line to the right. 0 for
    /// the last column, which takes the rest of the line.
    pub width: usize,
    content: Content,
}

/// A side of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Contents begin at the left.
    Left,
    /// Contents end at the right.
    Right,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Number,
    Time,
    Source,
    Destination,
    Protocol,
    Length,
    Info,
}

/// The columns, from left to right.
pub const COLUMNS: &[Column] = &[
    Column {
        heading: "No.",
        name: "number",
        fields: &["_ws.col.No.", "_ws.col.number"],
        align: Align::Right,
        is_number: true,
        of_frame: true,
        width: 5,
        content: Content::Number,
    },
    Column {
        heading: "Time",
        name: "time",
        fields: &["_ws.col.Time"],
        align: Align::Right,
        is_number: false,
        of_frame: true,
        width: 13,
        content: Content::Time,
    },
    Column {
        heading: "Source",
        name: "source",
        fields: &["_ws.col.Source", "_ws.col.def_src"],
        align: Align::Left,
        is_number: false,
        of_frame: true,
        width: 15,
        content: Content::Source,
    },
    Column {
        heading: "Destination",
        name: "destination",
        fields: &["_ws.col.Destination", "_ws.col.def_dst"],
        align: Align::Left,
        is_number: false,
        of_frame: true,
        width: 15,
        content: Content::Destination,
    },
    Column {
        heading: "Protocol",
        name: "protocol",
        fields: &["_ws.col.Protocol", "_ws.col.protocol"],
        align: Align::Left,
        is_number: false,
        of_frame: false,
        width: 8,
        content: Content::Protocol,
    },
    Column {
        heading: "Length",
        name: "length",
        fields: &["_ws.col.Length"],
        align: Align::Right,
        is_number: true,
        of_frame: true,
        width: 6,
        content: Content::Length,
    },
    Column {
        heading: "Info",
        name: "info",
        fields: &["_ws.col.Info"],
        align: Align::Left,
        is_number: false,
        of_frame: false,
        width: 0,
        content: Content::Info,
    },
];

/// A packet as a row of columns.
pub struct Row<'p> {
    /// The packet.
    pub packet: &'p Packet<'p>,
    time: TimeFormat,
    /// Parts of the Info column that were written before.
    info: Option<Parts<'p>>,
    // Both address columns come from one look at the layers.
    addresses: Cell<Option<(Address, Address)>>,
    // The columns Protocol and Info speak of the same layer.
    speaker: Cell<Option<Option<&'p Layer>>>,
}

impl<'p> Row<'p> {
    /// The row of a packet; `time` says what its Time column counts.
    pub fn new(packet: &'p Packet<'p>, time: TimeFormat) -> Row<'p> {
        Row { packet, time, info: None, addresses: Cell::new(None), speaker: Cell::new(None) }
    }

    /// Adds the parts of the Info column that [`Packet::info_early`] wrote before.
    #[must_use]
    pub fn with_info(mut self, parts: Option<Parts<'p>>) -> Row<'p> {
        self.info = parts;
        self
    }

    #[inline]
    fn addresses(&self) -> (Address, Address) {
        self.addresses.get().unwrap_or_else(|| {
            let addresses = self.packet.addresses();
            self.addresses.set(Some(addresses));
            addresses
        })
    }

    #[inline]
    fn speaker(&self) -> Option<&'p Layer> {
        self.speaker.get().unwrap_or_else(|| {
            let speaker = self.packet.speaker();
            self.speaker.set(Some(speaker));
            speaker
        })
    }
}

impl Column {
    /// The column with this field name (`_ws.col.…`); `None` if there is none.
    pub fn of_field(name: &str) -> Option<&'static Column> {
        COLUMNS.iter().find(|column| column.fields.contains(&name))
    }

    /// Whether it shows addresses, some of which are much wider than most.
    pub fn is_address(&self) -> bool {
        matches!(self.content, Content::Source | Content::Destination)
    }

    /// Appends the text of this column for `row`, which is safe for a terminal; nothing where the packet has none.
    #[inline(always)]
    pub fn write(&self, row: &Row<'_>, out: &mut Line) {
        let packet = row.packet;
        match self.content {
            Content::Number => out.num(packet.context.frame.no.0),
            Content::Time => row.time.write(packet, out),
            Content::Source => row.addresses().0.write(out),
            Content::Destination => row.addresses().1.write(out),
            Content::Protocol => out.text(&packet.protocol_of(row.speaker())),
            Content::Length => out.num(packet.context.frame.wire_len),
            Content::Info => packet.info_of(row.speaker(), row.info, out),
        }
    }

    /// As [`Column::write`], padded with blanks to the column's least width.
    #[inline(always)]
    pub fn write_padded(&self, row: &Row<'_>, out: &mut Line) {
        let packet = row.packet;
        let start = out.len();
        match self.content {
            // The number is written right-aligned at once, because nearly all lists have these columns.
            Content::Number => out.num_right(packet.context.frame.no.0, self.width),
            Content::Length => out.num_right(packet.context.frame.wire_len.into(), self.width),
            Content::Time if row.time.write_right(packet, self.width, out) => {}
            _ => {
                self.write(row, out);
                self.pad(start, out);
            }
        }
    }

    /// Pads what was written since `start` with blanks to the column's least width.
    #[inline(always)]
    fn pad(&self, start: usize, out: &mut Line) {
        match self.align {
            Align::Left => out.fill(start, self.width),
            Align::Right => push_right(out, start, self.width),
        }
    }

    /// Appends the heading, padded with blanks to the column's least width.
    pub fn write_heading(&self, out: &mut Line) {
        let start = out.len();
        out.text(self.heading);
        // Times are so wide that a right-aligned heading would be above their decimals.
        if self.is_number { self.pad(start, out) } else { out.fill(start, self.width) }
    }
}

/// Moves what was written since `start` to the right, so that it ends at `width`.
fn push_right(out: &mut Line, start: usize, width: usize) {
    const BLANKS: [u8; 16] = [b' '; 16];
    let missing = width.saturating_sub(out.len() - start).min(BLANKS.len());
    if missing > 0 {
        let end = out.len();
        out.extend_from_slice(&BLANKS[..missing]);
        out.copy_within(start..end, start + missing);
        out[start..start + missing].fill(b' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_number_wider_than_its_column_is_never_cut() {
        let mut line = b"x 1234567".to_vec();
        push_right(&mut line, 2, 5);
        assert_eq!(line, b"x 1234567");
        let mut line = b"x 12".to_vec();
        push_right(&mut line, 2, 5);
        assert_eq!(line, b"x    12");
    }

    #[test]
    fn every_name_stands_for_one_column_and_only_the_last_is_as_wide_as_it_needs_to_be() {
        let names: Vec<&str> =
            COLUMNS.iter().flat_map(|c| c.fields.iter().chain([&c.name])).copied().collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        for (i, column) in COLUMNS.iter().enumerate() {
            assert_eq!(column.width == 0, i + 1 == COLUMNS.len(), "{}", column.heading);
            assert!(column.width == 0 || column.heading.len() <= column.width, "{}", column.heading);
            assert!(column.fields.iter().all(|name| Column::of_field(name) == Some(column)));
        }
        assert_eq!(Column::of_field("_ws.col.Nothing"), None);
        // Filters know these names, too, except that of the Time column, whose contents depend on an option.
        let filters: BTreeSet<_> = crate::filter::columns().map(|field| field.name).collect();
        for name in COLUMNS.iter().filter(|c| c.content != Content::Time).flat_map(|c| c.fields) {
            assert!(filters.contains(name), "{name}");
        }
    }

    #[test]
    fn headings_stand_above_their_columns() {
        let mut line = Line::new();
        for column in COLUMNS {
            column.write_heading(&mut line);
            line.push(b' ');
        }
        let line = String::from_utf8(line).unwrap();
        let expected = "  No. Time          Source          Destination     Protocol Length Info ";
        assert_eq!(line, expected);
    }
}
