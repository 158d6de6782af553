//! The packet list as a Markdown table.

use super::column::{Align, COLUMNS, Row};
use super::rows::RowFormat;
use crate::text::{Line, Push};

/// A table with a heading; numbers and times are aligned at the right.
#[derive(Default)]
pub struct Markdown {
    cell: Line,
}

impl RowFormat for Markdown {
    fn heading(&mut self, out: &mut Line) {
        for column in COLUMNS {
            out.text("| ");
            out.text(column.heading);
            out.push(b' ');
        }
        out.text("|\n");
        for column in COLUMNS {
            out.text(match column.align {
                Align::Left => "|---",
                Align::Right => "|--:",
            });
        }
        out.text("|\n");
    }

    fn row(&mut self, row: &Row<'_>, out: &mut Line) {
        for column in COLUMNS {
            out.text("| ");
            self.cell.clear();
            column.write(row, &mut self.cell);
            escape(&self.cell, out);
            out.push(b' ');
        }
        out.push(b'|');
    }
}

/// Appends a cell, with all characters escaped that Markdown or HTML would act upon.
fn escape(cell: &[u8], out: &mut Line) {
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
        let mut line = Line::new();
        escape(b"<script>|[SYN]", &mut line);
        assert_eq!(line, b"&lt;script&gt;\\|\\[SYN\\]");
    }
}
