//! The packet list as JSON lines: one object for each packet, with a key for each column.

use super::column::{COLUMNS, Row};
use super::rows::RowFormat;
use super::time::TimeFormat;
use crate::text::{Line, Push};

/// The format of times: text with the seconds since the first frame and nine decimals, independent of the list's
/// options.
pub const TIME: TimeFormat = TimeFormat::Seconds(9);

/// Rows as JSON objects: columns of whole numbers are numbers, all others are text.
#[derive(Default)]
pub struct Jsonl {
    cell: Line,
}

impl RowFormat for Jsonl {
    fn row(&mut self, row: &Row<'_>, out: &mut Line) {
        for (i, column) in COLUMNS.iter().enumerate() {
            out.text(if i == 0 { "{\"" } else { ",\"" });
            out.text(column.name);
            out.text("\":");
            if column.is_number {
                column.write(row, out);
            } else {
                self.cell.clear();
                column.write(row, &mut self.cell);
                write_text(&self.cell, out);
            }
        }
        out.push(b'}');
    }
}

/// Appends a text as a JSON string.
fn write_text(cell: &[u8], out: &mut Line) {
    // Most cells have nothing to escape.
    if !cell.iter().any(|b| matches!(b, b'"' | b'\\' | 0..0x20 | 0x7f)) {
        out.push(b'"');
        out.extend_from_slice(cell);
        out.push(b'"');
        return;
    }
    // Writing to a vector cannot fail, and a string can always be written as JSON.
    let _ = serde_json::to_writer(out, &String::from_utf8_lossy(cell));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_break_out_of_its_object() {
        for text in ["", "SYN", "a \"b\" \\ c", "\u{1}\n", "→ é"] {
            let mut line = Line::new();
            write_text(text.as_bytes(), &mut line);
            assert_eq!(serde_json::from_slice::<String>(&line).unwrap(), text);
            assert!(line.iter().all(|b| *b >= 0x20));
        }
    }
}
