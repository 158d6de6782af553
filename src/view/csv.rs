//! The packet list as comma-separated values (RFC 4180), with headings.

use super::column::{COLUMNS, Row};
use super::rows::RowFormat;
use crate::text::Line;

/// Cells with commas between them. Cells with quotes, commas or line ends are put in quotes.
pub struct Csv;

impl RowFormat for Csv {
    fn heading(&mut self, out: &mut Line) {
        for (i, column) in COLUMNS.iter().enumerate() {
            separate(i, out);
            out.extend_from_slice(column.heading.as_bytes());
        }
        out.push(b'\n');
    }

    fn row(&mut self, row: &Row<'_>, out: &mut Line) {
        for (i, column) in COLUMNS.iter().enumerate() {
            separate(i, out);
            let start = out.len();
            column.write(row, out);
            quote(out, start);
        }
    }
}

fn separate(index: usize, out: &mut Line) {
    if index > 0 {
        out.push(b',');
    }
}

/// Puts the cell that begins at `start` in quotes, if it needs them.
fn quote(out: &mut Line, start: usize) {
    let cell = &out[start..];
    if !cell.iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        return;
    }
    let cell = out.split_off(start);
    out.push(b'"');
    for byte in cell {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_break_out_of_its_row() {
        let mut line = b"1,a,\"b\"".to_vec();
        quote(&mut line, 2);
        assert_eq!(line, b"1,\"a,\"\"b\"\"\"");
        quote(&mut line, 0);
        assert_eq!(line, b"\"1,\"\"a,\"\"\"\"b\"\"\"\"\"\"\"");
        let mut plain = b"1,SYN".to_vec();
        quote(&mut plain, 2);
        assert_eq!(plain, b"1,SYN");
    }
}
