//! Packets one after the other with details, bytes, or both (`-V`, `-x`).

use super::list::write_row;
use super::time::TimeFormat;
use super::{bytes, details};
use crate::packet::Packet;
use crate::pump::Sink;
use crate::text::Line;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// Writes each packet with its details tree, its bytes, or both.
pub struct DetailPages<W> {
    out: W,
    details: bool,
    bytes: bool,
    colour: bool,
    page: Line,
}

impl<W: Write> DetailPages<W> {
    /// Pages that go to `out`. Without `details`, each begins with the packet's row of the list.
    pub fn new(out: W, details: bool, bytes: bool, colour: bool) -> DetailPages<W> {
        DetailPages { out, details, bytes, colour, page: Line::new() }
    }
}

impl<W: Write> Sink for DetailPages<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.page.clear();
        if self.details {
            details::write(packet, !self.bytes, &mut self.page);
        } else {
            write_row(packet, TimeFormat::Relative, &mut self.page);
            self.page.push(b'\n');
        }
        self.page.push(b'\n');
        if self.bytes {
            bytes::dump_all(packet, self.colour, &mut self.page);
        }
        self.out.write_all(&self.page)?;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
