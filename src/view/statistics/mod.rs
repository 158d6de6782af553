//! Sums over a capture: protocols within each other, addresses, and packets over time. Each is a sink that counts, and
//! writes a table when the capture ends.

pub mod endpoints;
pub mod hierarchy;
pub mod intervals;

use std::io::{self, Write};

/// Packets, and the bytes of their frames as they were on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Sum {
    /// Counts one packet.
    pub fn add(&mut self, bytes: u64) {
        self.packets += 1;
        self.bytes += bytes;
    }

    /// Counts what another sum has counted.
    fn and(self, other: Sum) -> Sum {
        Sum { packets: self.packets + other.packets, bytes: self.bytes + other.bytes }
    }
}

/// Writes rows under a heading, each column as wide as its widest cell: the first to the left, the others, which are
/// numbers, to the right. Cells of further columns than the heading has stand behind, to the left.
fn grid(heading: &[&str], rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let mut widths: Vec<usize> = heading.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let heading: Vec<String> = heading.iter().map(|&cell| cell.to_owned()).collect();
    for row in std::iter::once(&heading).chain(rows) {
        let mut line = String::new();
        for (i, cell) in row.iter().enumerate() {
            let width = widths.get(i).copied().unwrap_or(0);
            match i {
                0 => line.push_str(&format!("{cell:<width$}")),
                _ => line.push_str(&format!("  {cell:>width$}")),
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
