//! The packet list as a table with lines around it, for few packets.

use super::column::{Align, COLUMNS, Row};
use super::time::TimeFormat;
use crate::packet::Packet;
use crate::pump::{Needs, Sink};
use crate::text::written;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use std::io::{self, Write};
use std::ops::ControlFlow;

/// The most rows. A table is laid out as a whole, with every row in memory; a longer one would be of no use.
const MOST_ROWS: usize = 10_000;

/// A sink that collects packets, and writes them as one table.
pub struct PacketTable<W> {
    out: W,
    time: TimeFormat,
    table: Table,
    left_out: u64,
}

impl<W: Write> PacketTable<W> {
    /// A table that goes to `out`; `width` is its width in columns, if known.
    pub fn new(out: W, time: TimeFormat, width: Option<usize>) -> PacketTable<W> {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(COLUMNS.iter().map(|column| column.heading));
        match width.and_then(|w| u16::try_from(w).ok()) {
            Some(width) => table.set_width(width),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        for (i, column) in COLUMNS.iter().enumerate() {
            if let Some(laid_out) = table.column_mut(i).filter(|_| column.align == Align::Right) {
                laid_out.set_cell_alignment(CellAlignment::Right);
            }
        }
        PacketTable { out, time, table, left_out: 0 }
    }
}

impl<W: Write> Sink for PacketTable<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        if self.table.row_count() >= MOST_ROWS {
            self.left_out += 1;
            return Ok(ControlFlow::Continue(()));
        }
        let row = Row::new(packet, self.time);
        self.table.add_row(COLUMNS.iter().map(|column| Cell::new(written(|out| column.write(&row, out)))));
        Ok(ControlFlow::Continue(()))
    }

    fn needs(&self) -> Needs {
        Needs { streams: false, ..Needs::default() }
    }

    fn finish(&mut self) -> io::Result<()> {
        writeln!(self.out, "{}", self.table)?;
        if self.left_out > 0 {
            let rows = self.left_out;
            writeln!(self.out, "{rows} more packets: a table holds {MOST_ROWS}, the plain list holds all.")?;
        }
        self.out.flush()
    }
}
