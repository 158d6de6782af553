//! Sums over a capture: protocols inside each other, addresses, and packets over time. Each is a sink that counts,
//! and writes a table at the end of the capture.

pub mod endpoints;
pub mod hierarchy;
pub mod intervals;

use std::io::{self, Write};

/// A number of packets, and the bytes of their frames on the wire.
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

    /// The sum of both.
    fn and(self, other: Sum) -> Sum {
        Sum { packets: self.packets + other.packets, bytes: self.bytes + other.bytes }
    }
}

/// Writes rows under a heading, each column as wide as its widest cell. The first column is aligned at the left, the
/// others at the right, because they are numbers. Cells beyond the last heading follow, aligned at the left.
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
