//! The rows of the list, a column after the other.

use super::pack::Part;
use crate::frame::FrameNo;
use crate::packet::Packet;
use crate::text::written;
use crate::view::colour::Rules;
use crate::view::column::{self, COLUMNS};
use crate::view::time::TimeFormat;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;

/// How the Time column counts: seconds since the first frame.
const TIME: TimeFormat = TimeFormat::Seconds(6);

/// What the list shows, and what the page needs to know of each packet before its details are unpacked.
#[derive(Debug, Default)]
pub(super) struct Rows {
    known: BTreeSet<(usize, u64)>,
    rules: Rules,
    data: Data,
}

#[derive(Debug, Default, Serialize)]
struct Data {
    /// Index of the capture.
    capture: Vec<usize>,
    /// What stands in each of [`COLUMNS`].
    cells: Vec<Vec<String>>,
    /// How the row is coloured: the class of its rule.
    class: Vec<&'static str>,
    /// Bytes that the page has of each run of bytes, and how many there were: two numbers a run.
    bytes: Vec<Vec<usize>>,
    /// Places of the packets whose values the page does not hold in full.
    partial: Vec<usize>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.data.capture.len()
    }

    pub(super) fn has(&self, capture: usize, frame: FrameNo) -> bool {
        self.known.contains(&(capture, frame.0))
    }

    /// Adds a packet; the page `has_all` values of its fields, or only the first.
    pub(super) fn add(
        &mut self,
        capture: usize,
        packet: &Packet<'_>,
        bytes: Vec<(usize, usize)>,
        has_all: bool,
    ) {
        let row = column::Row::new(packet, TIME);
        let data = &mut self.data;
        data.cells.resize_with(COLUMNS.len(), Vec::new);
        for (column, cells) in COLUMNS.iter().zip(&mut data.cells) {
            cells.push(written(|out| column.write(&row, out)));
        }
        if !has_all {
            data.partial.push(data.capture.len());
        }
        data.capture.push(capture);
        data.class.push(self.rules.class(packet));
        data.bytes.push(bytes.into_iter().flat_map(|(kept, of)| [kept, of]).collect());
        self.known.insert((capture, packet.context.frame.no.0));
    }

    pub(super) fn part(&self) -> io::Result<Part> {
        Part::of_json("rows", &self.data)
    }
}
