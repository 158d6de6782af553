//! The packet list: a line a packet, with the columns one below the other.

use super::column::{COLUMNS, Column, Row};
use super::time::TimeFormat;
use crate::dissect::protocols::tcp::Flags;
use crate::packet::Packet;
use crate::pump::{Early, Sink};
use crate::text::{Line, Push};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use std::ops::ControlFlow;
use unicode_width::UnicodeWidthChar;

/// Where the list goes, and so how it looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Screen {
    /// Columns that lines are cut to, with a heading above; `None` in a pipe, where nothing is ever cut.
    pub width: Option<usize>,
    /// Whether lines are coloured.
    pub colour: bool,
    /// Whether each line is passed on at once, because somebody is watching.
    pub flush: bool,
}

/// Writes the packet list.
pub struct List<W> {
    out: W,
    time: TimeFormat,
    screen: Screen,
    line: Line,
    begun: bool,
}

impl<W: Write> List<W> {
    /// A list that goes to `out`.
    pub fn new(out: W, time: TimeFormat, screen: Screen) -> List<W> {
        List { out, time, screen, line: Line::with_capacity(512), begun: false }
    }

    fn heading(&mut self, width: usize) -> io::Result<()> {
        self.line.clear();
        for (i, column) in COLUMNS.iter().enumerate() {
            if i > 0 {
                self.line.push(b' ');
            }
            column.write_heading(&mut self.line);
        }
        fit(&mut self.line, width);
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }
}

impl<W: Write> List<W> {
    /// Writes the row of a packet, whose beginning may be written already.
    fn row(&mut self, packet: &Packet<'_>, beginning: Option<&[u8]>) -> io::Result<ControlFlow<()>> {
        if !std::mem::replace(&mut self.begun, true)
            && let Some(width) = self.screen.width
        {
            self.heading(width)?;
        }
        self.line.clear();
        write_row_with(packet, self.time, beginning, &mut self.line);
        if let Some(width) = self.screen.width {
            fit(&mut self.line, width);
        }
        let style = if self.screen.colour { style(packet) } else { None };
        match style {
            Some(style) => {
                write!(self.out, "{style}")?;
                self.out.write_all(&self.line)?;
                writeln!(self.out, "{style:#}")?;
            }
            None => {
                self.line.push(b'\n');
                self.out.write_all(&self.line)?;
            }
        }
        if self.screen.flush {
            self.out.flush()?;
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl<W: Write> Sink for List<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.row(packet, None)
    }

    fn early(&self) -> Option<Early> {
        let time = self.time;
        Some(Box::new(move |packet, out| write_beginning(packet, time, out)))
    }

    fn counts_conversations(&self) -> bool {
        false
    }

    fn packet_after(&mut self, packet: &Packet<'_>, early: &[u8]) -> io::Result<ControlFlow<()>> {
        // What was put together since may have addresses of its own.
        self.row(packet, Some(early).filter(|_| packet.context.buffers.is_empty()))
    }

    fn idle(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Appends the row of a packet, without an end of line.
pub fn write_row(packet: &Packet<'_>, time: TimeFormat, out: &mut Line) {
    write_row_with(packet, time, None, out);
}

fn write_row_with(packet: &Packet<'_>, time: TimeFormat, beginning: Option<&[u8]>, out: &mut Line) {
    match beginning {
        Some(written) => out.extend_from_slice(written),
        None => write_beginning(packet, time, out),
    }
    write_columns(columns().1, packet, time, out);
}

/// The columns at the beginning of a row that need nothing but the frame, and the others.
fn columns() -> (&'static [Column], &'static [Column]) {
    const OTHERS: usize = {
        let mut first = 0;
        while COLUMNS[first].of_frame {
            first += 1;
        }
        first
    };
    COLUMNS.split_at(OTHERS)
}

/// Appends the columns that need nothing but the frame.
fn write_beginning(packet: &Packet<'_>, time: TimeFormat, out: &mut Line) {
    write_columns(columns().0, packet, time, out);
}

/// Appends some columns, with a blank after each but the one that has what is left of the line.
fn write_columns(columns: &[Column], packet: &Packet<'_>, time: TimeFormat, out: &mut Line) {
    let row = Row::new(packet, time);
    for column in columns {
        column.write_padded(&row, out);
        if column.width > 0 {
            out.push(b' ');
        }
    }
}

/// Cuts a line to so many terminal columns; what was cut is marked by an ellipsis.
pub fn fit(line: &mut Line, width: usize) {
    if line.len() <= width {
        return;
    }
    let Ok(text) = std::str::from_utf8(line) else { return };
    let mut columns = 0;
    let mut keep = 0;
    for (at, c) in text.char_indices() {
        columns += c.width().unwrap_or(0);
        if columns < width {
            keep = at + c.len_utf8();
        }
        if columns > width {
            line.truncate(keep);
            line.text("…");
            return;
        }
    }
}

/// Colours by what matters to a student: trouble in red, the ends of a connection apart from its middle.
fn style(packet: &Packet<'_>) -> Option<Style> {
    let (_, header) = packet.tcp()?;
    let trouble = packet.context.facts.tcp.is_some_and(|f| f.findings.is_trouble());
    let colour = if trouble || header.flags.has(Flags::RST) {
        AnsiColor::Red
    } else if header.flags.has(Flags(Flags::SYN.0 | Flags::FIN.0)) {
        AnsiColor::Cyan
    } else if header.flags.has(Flags::PSH) {
        AnsiColor::Green
    } else {
        return None;
    };
    Some(colour.on_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(text: &str, width: usize) -> String {
        let mut line = text.as_bytes().to_vec();
        fit(&mut line, width);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_line_is_cut_by_columns_not_by_bytes() {
        assert_eq!(fitted("44150 → 65432", 13), "44150 → 65432");
        assert_eq!(fitted("44150 → 65432", 12), "44150 → 654…");
        assert_eq!(fitted("日本語", 5), "日本…");
        assert_eq!(fitted("日本語", 4), "日…");
    }
}
