//! The rows of the list, stored column by column.

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

/// The Time column: seconds since the first frame, with six digits.
const TIME: TimeFormat = TimeFormat::Seconds(6);

/// The cells of the list, and the facts about each packet that the page needs before it unpacks the details.
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
    /// The cells of each of [`COLUMNS`].
    cells: Vec<Vec<String>>,
    /// The class of the colouring rule of each row.
    class: Vec<&'static str>,
    /// Two numbers for each run of bytes of a packet: the bytes that the page holds, and the bytes that it has.
    bytes: Vec<Vec<usize>>,
    /// Indices of the packets whose values the page holds only in part.
    partial: Vec<usize>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.data.capture.len()
    }

    pub(super) fn has(&self, capture: usize, frame: FrameNo) -> bool {
        self.known.contains(&(capture, frame.0))
    }

    /// Adds a packet. `has_all` is whether the page holds all values of its fields, or only the first ones.
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
