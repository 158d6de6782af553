//! The packet list row by row, for other programs and for documents. Each format is a [`RowFormat`] in a file of its
//! own.

use super::column::Row;
use super::time::TimeFormat;
use crate::packet::Packet;
use crate::pump::{Needs, Sink};
use crate::text::Line;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// A format for packets as rows.
pub trait RowFormat {
    /// Appends the heading, including its line ends; nothing for a format without one.
    fn heading(&mut self, _out: &mut Line) {}

    /// Appends a row, without its line end.
    fn row(&mut self, row: &Row<'_>, out: &mut Line);
}

/// A sink that writes packets as rows of one format.
pub struct Rows<W, F> {
    out: W,
    format: F,
    time: TimeFormat,
    flush: bool,
    line: Line,
    begun: bool,
}

impl<W: Write, F: RowFormat> Rows<W, F> {
    /// Rows that go to `out`; `flush` passes each row on at once.
    pub fn new(out: W, format: F, time: TimeFormat, flush: bool) -> Rows<W, F> {
        Rows { out, format, time, flush, line: Line::new(), begun: false }
    }
}

impl<W: Write, F: RowFormat> Sink for Rows<W, F> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.line.clear();
        if !std::mem::replace(&mut self.begun, true) {
            self.format.heading(&mut self.line);
        }
        self.format.row(&Row::new(packet, self.time), &mut self.line);
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        if self.flush {
            self.out.flush()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn needs(&self) -> Needs {
        Needs { streams: false, ..Needs::default() }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
