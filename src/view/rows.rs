//! The packet list for other programs and for write-ups: JSON lines, CSV, Markdown, and a table.

use super::time::TimeFormat;
use crate::packet::Packet;
use crate::pump::Sink;
use crate::text::{Line, Push};
use std::io::{self, Write};
use std::ops::ControlFlow;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values (RFC 4180), with a heading.
    Csv,
    /// A Markdown table.
    Markdown,
}

const HEADINGS: [&str; 7] = ["No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"];

/// Writes packets as rows of a format that programs read.
pub struct Rows<W> {
    out: W,
    format: RowFormat,
    time: TimeFormat,
    flush: bool,
    line: Line,
    cell: Line,
    begun: bool,
}

impl<W: Write> Rows<W> {
    /// Rows that go to `out`; `flush` passes each on at once.
    pub fn new(out: W, format: RowFormat, time: TimeFormat, flush: bool) -> Rows<W> {
        Rows { out, format, time, flush, line: Line::new(), cell: Line::new(), begun: false }
    }

    fn heading(&mut self) -> io::Result<()> {
        match self.format {
            RowFormat::Jsonl => Ok(()),
            RowFormat::Csv => writeln!(self.out, "{}", HEADINGS.join(",")),
            RowFormat::Markdown => {
                writeln!(self.out, "| {} |", HEADINGS.join(" | "))?;
                writeln!(self.out, "|--:|--:|---|---|---|--:|---|")
            }
        }
    }

    fn json(&mut self, packet: &Packet<'_>) {
        let (source, destination) = packet.addresses();
        self.line.text("{\"number\":");
        self.line.num(packet.context.frame.no.0);
        self.line.text(",\"time\":\"");
        self.line.seconds(packet.context.facts.frame.time_relative, 9);
        self.line.text("\",\"source\":\"");
        source.write(&mut self.line);
        self.line.text("\",\"destination\":\"");
        destination.write(&mut self.line);
        self.line.text("\",\"protocol\":\"");
        self.line.text(&packet.protocol());
        self.line.text("\",\"length\":");
        self.line.num(packet.context.frame.wire_len);
        self.line.text(",\"info\":");
        self.cell.clear();
        packet.info(&mut self.cell);
        let info = String::from_utf8_lossy(&self.cell);
        // A vector takes everything, and a string is always valid JSON.
        let _ = serde_json::to_writer(&mut self.line, &info);
        self.line.push(b'}');
    }

    fn cells(&mut self, packet: &Packet<'_>) {
        let (source, destination) = packet.addresses();
        for column in 0..HEADINGS.len() {
            self.cell.clear();
            match column {
                0 => self.cell.num(packet.context.frame.no.0),
                1 => self.time.write(packet, &mut self.cell),
                2 => source.write(&mut self.cell),
                3 => destination.write(&mut self.cell),
                4 => self.cell.text(&packet.protocol()),
                5 => self.cell.num(packet.context.frame.wire_len),
                _ => packet.info(&mut self.cell),
            }
            match self.format {
                RowFormat::Markdown => {
                    self.line.text(if column == 0 { "| " } else { " | " });
                    markdown_cell(&self.cell, &mut self.line);
                }
                _ => {
                    if column > 0 {
                        self.line.push(b',');
                    }
                    csv_cell(&self.cell, &mut self.line);
                }
            }
        }
        if self.format == RowFormat::Markdown {
            self.line.text(" |");
        }
    }
}

impl<W: Write> Sink for Rows<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        if !std::mem::replace(&mut self.begun, true) {
            self.heading()?;
        }
        self.line.clear();
        match self.format {
            RowFormat::Jsonl => self.json(packet),
            RowFormat::Csv | RowFormat::Markdown => self.cells(packet),
        }
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        if self.flush {
            self.out.flush()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn counts_conversations(&self) -> bool {
        false
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Appends a cell of a CSV file, in quotes where it needs them (RFC 4180).
pub fn csv_cell(cell: &[u8], out: &mut Line) {
    if !cell.iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(cell);
        return;
    }
    out.push(b'"');
    for byte in cell {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// Appends a cell of a Markdown table: whatever Markdown or HTML would act upon is escaped.
pub fn markdown_cell(cell: &[u8], out: &mut Line) {
    for byte in cell {
        match byte {
            b'<' => out.text("&lt;"),
            b'>' => out.text("&gt;"),
            b'&' => out.text("&amp;"),
            b'|' | b'\\' | b'`' | b'*' | b'_' | b'[' | b']' | b'#' | b'~' | b'$' => {
                out.push(b'\\');
                out.push(*byte);
            }
            _ => out.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_break_out_of_its_row() {
        let mut csv = Line::new();
        csv_cell(b"a,\"b\"", &mut csv);
        assert_eq!(csv, b"\"a,\"\"b\"\"\"");
        let mut markdown = Line::new();
        markdown_cell(b"<script>|[SYN]", &mut markdown);
        assert_eq!(markdown, b"&lt;script&gt;\\|\\[SYN\\]");
    }
}
