//! The packet list: one line for each packet, in aligned columns.

use super::colour::Rules;
use super::column::{COLUMNS, Row};
use super::narrow;
use super::palette::Palette;
use super::time::TimeFormat;
use crate::conversation::Head;
use crate::dissect::Parts;
use crate::packet::Packet;
use crate::pump::{Draft, Drafted, Needs, Note, Sink};
use crate::text::{Line, Push, written};
use std::io::{self, Write};
use std::ops::ControlFlow;
use unicode_width::UnicodeWidthChar;

/// The destination of the list, which decides how it looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Screen {
    /// Width of the terminal in columns: lines are cut to it, and there is a heading. `None` for a pipe, where lines
    /// are never cut.
    pub width: Option<usize>,
    /// The colours of the terminal; `None` without colour.
    pub palette: Option<Palette>,
    /// Whether each line is passed on at once, because a person is watching.
    pub flush: bool,
    /// Whether rows that are too wide continue in the next line instead of being cut.
    pub wrap: bool,
}

/// Writes the packet list.
pub struct List<W> {
    out: W,
    time: TimeFormat,
    screen: Screen,
    /// The rules that colour rows; `None` without colour.
    rules: Option<Rules>,
    line: Line,
    begun: bool,
}

impl<W: Write> List<W> {
    /// A list that goes to `out`.
    pub fn new(out: W, time: TimeFormat, screen: Screen) -> List<W> {
        let rules = screen.palette.map(|_| Rules::default());
        List { out, time, screen, rules, line: Line::with_capacity(512), begun: false }
    }

    /// Replaces the rules that colour rows.
    #[must_use]
    pub fn coloured_by(mut self, rules: Rules) -> List<W> {
        self.rules = self.screen.palette.map(|_| rules);
        self
    }

    /// The current width of the terminal in columns, which may have changed since the last row; `None` for a pipe.
    fn width(&self) -> Option<usize> {
        let before = self.screen.width?;
        Some(terminal_size::terminal_size().map_or(before, |(now, _)| usize::from(now.0)))
    }

    fn heading(&mut self, width: usize) -> io::Result<()> {
        self.line.clear();
        if self.is_narrow(width) {
            narrow::heading(width, &mut self.line);
        } else {
            for (i, column) in COLUMNS.iter().enumerate() {
                if i > 0 {
                    self.line.push(b' ');
                }
                let start = self.line.len();
                column.write_heading(&mut self.line);
                if column.is_address() && !self.screen.wrap {
                    self.line.fill(start, address_room(width));
                }
            }
        }
        fit(&mut self.line, width);
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }
}

impl<W: Write> List<W> {
    fn is_narrow(&self, width: usize) -> bool {
        width < narrow::BELOW && !self.screen.wrap
    }

    /// Writes the row of a packet; `early` has the parts of it that were written before.
    fn row(&mut self, packet: &Packet<'_>, early: Option<Early<'_>>) -> io::Result<ControlFlow<()>> {
        let width = self.width();
        // It is written once: next to the format of the times, which is read at once, a write for each row costs more
        // than the column that follows.
        if !self.begun {
            self.begun = true;
            width.map_or(Ok(()), |width| self.heading(width))?;
        }
        self.line.clear();
        match width {
            Some(width) if self.is_narrow(width) => narrow::row(packet, self.time, width, &mut self.line),
            Some(width) if !self.screen.wrap => write_in_line(packet, self.time, width, &mut self.line),
            _ => write_row_with(packet, self.time, early, &mut self.line),
        }
        match width {
            Some(width) if self.screen.wrap => {
                let whole = narrow::wrapped(&String::from_utf8_lossy(&self.line), width);
                self.line = whole.into_bytes();
            }
            Some(width) => fit(&mut self.line, width),
            None => {}
        }
        let style = self.screen.palette.and_then(|palette| self.rules.as_mut()?.style(packet, palette));
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
    fn needs(&self) -> Needs {
        // A rule's filter may use the numbers of conversations.
        let draft = RowDraft { time: self.time };
        // On a terminal the form of a row depends on the width, which may change at any time.
        let draft = self.screen.width.is_none().then(|| Box::new(draft) as Box<dyn Draft>);
        Needs { streams: self.rules.is_some(), draft }
    }

    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.row(packet, None)
    }

    fn drafted(&mut self, packet: &Packet<'_>, drafted: Drafted<'_>) -> io::Result<ControlFlow<()>> {
        // A datagram that was reassembled in between may have other addresses.
        let early = Early::of(drafted).filter(|_| packet.context.buffers.is_empty());
        self.row(packet, early)
    }

    fn idle(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the columns that need only the frame, and parts of the Info column. The note has the length of each, in
/// bytes.
struct RowDraft {
    time: TimeFormat,
}

impl Draft for RowDraft {
    #[inline]
    fn write(&self, packet: &Packet<'_>, head: Option<&Head>, out: &mut Line) -> Note {
        let start = out.len();
        write_beginning(packet, self.time, out);
        let columns = (out.len() - start) as u16;
        let info = head.filter(|head| head.speaks()).and_then(|_| packet.info_early(out));
        let ([a, b], [c, d]) = (columns.to_ne_bytes(), info.unwrap_or_default());
        [a, b, c, d]
    }
}

/// The parts of a row that a [`RowDraft`] has written.
#[derive(Clone, Copy)]
struct Early<'a> {
    beginning: &'a [u8],
    /// The parts of the Info column; `None` if there are none.
    info: Option<Parts<'a>>,
}

impl<'a> Early<'a> {
    fn of(drafted: Drafted<'a>) -> Option<Early<'a>> {
        let [a, b, c, d] = drafted.note;
        let (beginning, text) = drafted.text.split_at_checked(u16::from_ne_bytes([a, b]).into())?;
        let info = Some(Parts { text, lengths: [c, d] }).filter(|parts| !parts.text.is_empty());
        // If the beginning is empty, no draft was made for this packet.
        Some(Early { beginning, info }).filter(|early| !early.beginning.is_empty())
    }
}

/// Appends the row of a packet, without a line end.
pub fn write_row(packet: &Packet<'_>, time: TimeFormat, out: &mut Line) {
    write_row_with(packet, time, None, out);
}

fn write_row_with(packet: &Packet<'_>, time: TimeFormat, early: Option<Early<'_>>, out: &mut Line) {
    match early {
        Some(early) => out.extend_from_slice(early.beginning),
        None => write_beginning(packet, time, out),
    }
    let row = Row::new(packet, time).with_info(early.and_then(|early| early.info));
    const { assert!(COLUMNS.len() == 7, "every column is written below") };
    write_column::<4>(&row, out);
    write_column::<5>(&row, out);
    write_column::<6>(&row, out);
}

/// Columns for an address on a terminal of this width. Wider addresses are shortened, so that the columns stay
/// aligned.
fn address_room(width: usize) -> usize {
    match width {
        0..130 => narrow::ADDRESS,
        // Room for a MAC address.
        130..170 => 17,
        // Room for most IPv6 addresses.
        _ => 26,
    }
}

/// Appends the row for a terminal of `width` columns.
fn write_in_line(packet: &Packet<'_>, time: TimeFormat, width: usize, out: &mut Line) {
    let row = Row::new(packet, time);
    for column in COLUMNS {
        let start = out.len();
        if column.is_address() {
            let room = address_room(width);
            let address = narrow::middle(&written(|out| column.write(&row, out)), room);
            out.text(&format!("{address:<room$}"));
        } else {
            column.write_padded(&row, out);
        }
        if column.width > 0 && out.len() > start {
            out.push(b' ');
        }
    }
}

/// Appends the columns that need only the frame.
fn write_beginning(packet: &Packet<'_>, time: TimeFormat, out: &mut Line) {
    let row = Row::new(packet, time);
    const { assert!(of_frame() == 4, "these columns, and no others, are written below") };
    write_column::<0>(&row, out);
    write_column::<1>(&row, out);
    write_column::<2>(&row, out);
    write_column::<3>(&row, out);
}

/// How many columns at the beginning of a row need only the frame.
const fn of_frame() -> usize {
    let mut first = 0;
    while COLUMNS[first].of_frame {
        first += 1;
    }
    first
}

/// Appends a column, followed by a blank unless it is the last. The index is a constant, so that the compiler leaves
/// out what only other columns need; writing text is the main cost of a packet list.
#[inline(always)]
fn write_column<const INDEX: usize>(row: &Row<'_>, out: &mut Line) {
    let column = const { &COLUMNS[INDEX] };
    column.write_padded(row, out);
    if column.width > 0 {
        out.push(b' ');
    }
}

/// Cuts a line to `width` terminal columns, with an ellipsis at the end if something is cut off.
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
