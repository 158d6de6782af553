//! The details of packets in blocks. Packets of the same shape are together, and what they have in common is stored
//! once.

use super::pack::Part;
use super::texts::{self, Text, Texts};
use crate::dissect::source_name;
use crate::field::At;
use crate::packet::Packet;
use serde::Serialize;
use std::collections::HashMap;
use std::io;
use std::ops::Range;

/// Packets in a block: few enough to unpack without delay, and enough to have much in common.
pub(super) const BLOCK: usize = 512;

/// One line of the details: its depth, the index of its field in the table of fields, its bytes and its text.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) depth: u8,
    pub(super) field: Option<usize>,
    pub(super) at: At,
    pub(super) text: String,
}

/// The details of one packet; its bytes are stored with the block.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) lines: Vec<Line>,
    /// Title and length of each run of bytes.
    pub(super) sources: Vec<(&'static str, usize)>,
    /// The range of each run's kept bytes among the bytes of the block.
    pub(super) runs: Vec<Range<usize>>,
}

/// Titles and lengths of a packet's runs of bytes: the frame, then reassembled and decoded ones.
pub(super) fn sources(packet: &Packet<'_>) -> Vec<(&'static str, usize)> {
    let ctx = &packet.context;
    let more = (1..).zip(ctx.buffers).map(|(n, bytes)| (source_name(ctx, n), bytes.len()));
    std::iter::once(("Frame", ctx.frame.bytes.len())).chain(more).collect()
}

/// Packets whose lines have the same depths and fields.
#[derive(Serialize)]
struct Group<'p> {
    /// Their indices in the block.
    packets: Vec<usize>,
    depths: Vec<u8>,
    fields: Vec<Option<usize>>,
    /// One column for each line.
    sources: Vec<Column<u8>>,
    starts: Vec<Column<u32>>,
    lengths: Vec<Column<u32>>,
    texts: Vec<Text>,
    /// The words in which texts differ.
    columns: Vec<texts::Column>,
    /// Titles and lengths of the bytes, packet by packet.
    bytes: Column<&'p [(&'static str, usize)]>,
}

/// The values at one place in all packets of a group: one value if they are equal, else a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Column<T> {
    Same(T),
    Each { each: Vec<T> },
}

impl<T: Copy + PartialEq> Column<T> {
    fn of(all: Vec<T>) -> Column<T> {
        match all.as_slice() {
            [first, rest @ ..] if rest.iter().all(|x| x == first) => Column::Same(*first),
            _ => Column::Each { each: all },
        }
    }
}

/// The details of a block as a part of the page.
pub(super) fn part(number: usize, pages: &[Page], bytes: &[u8]) -> io::Result<Part> {
    let mut groups: HashMap<Vec<(u8, Option<usize>)>, Vec<usize>> = HashMap::new();
    for (i, page) in pages.iter().enumerate() {
        let shape = page.lines.iter().map(|line| (line.depth, line.field)).collect();
        groups.entry(shape).or_default().push(i);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, packets)| packets.first().copied());
    let groups: Vec<Group<'_>> =
        groups.into_iter().map(|(shape, packets)| group(shape, packets, pages, bytes)).collect();
    Part::of_json(format!("details-{number}"), &groups)
}

fn group<'p>(
    shape: Vec<(u8, Option<usize>)>,
    packets: Vec<usize>,
    pages: &'p [Page],
    bytes: &[u8],
) -> Group<'p> {
    let members: Vec<&Page> = packets.iter().filter_map(|i| pages.get(*i)).collect();
    // All members have as many lines as the shape has.
    let lines = |at: usize| members.iter().filter_map(move |page| page.lines.get(at));
    let all = || 0..shape.len();
    let mut texts = Texts::new(&members, bytes);
    Group {
        sources: all().map(|i| Column::of(lines(i).map(|l| l.at.source).collect())).collect(),
        starts: all().map(|i| Column::of(lines(i).map(|l| l.at.start).collect())).collect(),
        lengths: all().map(|i| Column::of(lines(i).map(|l| l.at.len).collect())).collect(),
        texts: texts.all(shape.len()),
        columns: texts.columns,
        bytes: Column::of(members.iter().map(|page| page.sources.as_slice()).collect()),
        depths: shape.iter().map(|(depth, _)| *depth).collect(),
        fields: shape.iter().map(|(_, field)| *field).collect(),
        packets,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str, start: u32) -> Page {
        let line = |depth, text: &str, start| Line {
            depth,
            field: Some(7),
            at: At { source: 0, start, len: 2 },
            text: text.into(),
        };
        Page {
            lines: vec![line(0, "TCP", 34), line(1, text, start)],
            sources: vec![("Frame", 60)],
            runs: Vec::new(),
        }
    }

    #[test]
    fn packets_of_one_shape_share_what_they_have_in_common() {
        let pages = [page("Port: 80", 34), page("Port: 88", 36)];
        let group = group(vec![(0, Some(7)), (1, Some(7))], vec![0, 1], &pages, &[]);
        let json = serde_json::to_value(group).unwrap();
        assert_eq!(json["texts"], serde_json::json!(["TCP", ["Port: ", 0, ""]]));
        assert_eq!(json["columns"], serde_json::json!([{"d": [80, 8]}]));
        assert_eq!(json["starts"], serde_json::json!([34, {"each": [34, 36]}]));
        assert_eq!(json["lengths"], serde_json::json!([2, 2]));
        assert_eq!(json["bytes"], serde_json::json!([["Frame", 60]]));
    }
}
