//! The details of packets in blocks: packets of the same shape together, and what they have in common once.

use super::pack::Part;
use crate::dissect::source_name;
use crate::field::At;
use crate::packet::Packet;
use serde::Serialize;
use std::collections::HashMap;
use std::io;

/// Packets that are packed together: few enough to be unpacked without delay, enough to have much in common.
pub(super) const BLOCK: usize = 256;

/// One line of the details: its depth, its field's place in the table of fields, its bytes and its text.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) depth: u8,
    pub(super) field: Option<usize>,
    pub(super) at: At,
    pub(super) text: String,
}

/// What the panes show of one packet, its bytes apart.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) lines: Vec<Line>,
    /// Title and length of each run of bytes.
    pub(super) sources: Vec<(&'static str, usize)>,
}

/// Titles and lengths of the bytes of a packet: the frame, then what was put together.
pub(super) fn sources(packet: &Packet<'_>) -> Vec<(&'static str, usize)> {
    let ctx = &packet.context;
    let more = (1..).zip(ctx.buffers).map(|(n, bytes)| (source_name(ctx, n), bytes.len()));
    std::iter::once(("Frame", ctx.frame.bytes.len())).chain(more).collect()
}

/// Packets whose lines are of the same depths and fields.
#[derive(Serialize)]
struct Group<'p> {
    /// Their places in the block.
    packets: Vec<usize>,
    depths: Vec<u8>,
    fields: Vec<Option<usize>>,
    /// A column a line.
    sources: Vec<Column<u8>>,
    starts: Vec<Column<u32>>,
    lengths: Vec<Column<u32>>,
    texts: Vec<Texts<'p>>,
    /// Titles and lengths of the bytes, packet by packet.
    bytes: Column<&'p [(&'static str, usize)]>,
}

/// What stands at one place of all packets of a group.
#[derive(Serialize)]
#[serde(untagged)]
enum Column<T> {
    Same(T),
    Each { each: Vec<T> },
}

/// The texts of one line.
#[derive(Serialize)]
#[serde(untagged)]
enum Texts<'p> {
    Same(&'p str),
    /// What all begin with, and the rest of each.
    Each {
        begin: &'p str,
        each: Vec<&'p str>,
    },
}

impl<T: Copy + PartialEq> Column<T> {
    fn of(all: Vec<T>) -> Column<T> {
        match all.as_slice() {
            [first, rest @ ..] if rest.iter().all(|x| x == first) => Column::Same(*first),
            _ => Column::Each { each: all },
        }
    }
}

impl<'p> Texts<'p> {
    fn of(all: Vec<&'p str>) -> Texts<'p> {
        let first = all.first().copied().unwrap_or("");
        let common = all.iter().fold(first, |common, text| {
            let same = common.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
            crate::text::beginning(common, same)
        });
        if all.iter().all(|text| text.len() == common.len()) {
            return Texts::Same(first);
        }
        let each = all.into_iter().map(|text| text.get(common.len()..).unwrap_or("")).collect();
        Texts::Each { begin: common, each }
    }
}

/// The pages of a block as a part of the document.
pub(super) fn part(number: usize, pages: &[Page]) -> io::Result<Part> {
    let mut groups: HashMap<Vec<(u8, Option<usize>)>, Vec<usize>> = HashMap::new();
    for (i, page) in pages.iter().enumerate() {
        let shape = page.lines.iter().map(|line| (line.depth, line.field)).collect();
        groups.entry(shape).or_default().push(i);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, packets)| packets.first().copied());
    let groups: Vec<Group<'_>> =
        groups.into_iter().map(|(shape, packets)| group(shape, packets, pages)).collect();
    Part::of_json(format!("details-{number}"), &groups)
}

fn group(shape: Vec<(u8, Option<usize>)>, packets: Vec<usize>, pages: &[Page]) -> Group<'_> {
    let members: Vec<&Page> = packets.iter().filter_map(|i| pages.get(*i)).collect();
    // All have as many lines as the shape says.
    let lines = |at: usize| members.iter().filter_map(move |page| page.lines.get(at));
    let all = || 0..shape.len();
    Group {
        sources: all().map(|i| Column::of(lines(i).map(|l| l.at.source).collect())).collect(),
        starts: all().map(|i| Column::of(lines(i).map(|l| l.at.start).collect())).collect(),
        lengths: all().map(|i| Column::of(lines(i).map(|l| l.at.len).collect())).collect(),
        texts: all().map(|i| Texts::of(lines(i).map(|l| l.text.as_str()).collect())).collect(),
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
        Page { lines: vec![line(0, "TCP", 34), line(1, text, start)], sources: vec![("Frame", 60)] }
    }

    #[test]
    fn packets_of_one_shape_share_what_they_have_in_common() {
        let pages = [page("Port: 80", 34), page("Port: 88", 36)];
        let group = group(vec![(0, Some(7)), (1, Some(7))], vec![0, 1], &pages);
        let json = serde_json::to_value(group).unwrap();
        assert_eq!(json["texts"], serde_json::json!(["TCP", {"begin": "Port: 8", "each": ["0", "8"]}]));
        assert_eq!(json["starts"], serde_json::json!([34, {"each": [34, 36]}]));
        assert_eq!(json["lengths"], serde_json::json!([2, 2]));
        assert_eq!(json["bytes"], serde_json::json!([["Frame", 60]]));
    }

    #[test]
    fn a_common_beginning_never_ends_within_a_character() {
        let texts = Texts::of(vec!["ä", "ö"]);
        assert_eq!(
            serde_json::to_value(texts).unwrap(),
            serde_json::json!({"begin": "", "each": ["ä", "ö"]})
        );
        let texts = Texts::of(vec!["ab", "ab", "abc"]);
        assert_eq!(
            serde_json::to_value(texts).unwrap(),
            serde_json::json!({"begin": "ab", "each": ["", "", "c"]})
        );
    }
}
