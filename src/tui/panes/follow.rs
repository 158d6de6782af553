//! What both ends of a conversation said, in order, with what is missing marked.

use super::{Kind, Line, Look, Pane};
use crate::conversation::Transport;
use crate::direction::Direction;
use crate::packet::Packet;
use crate::pump::{Gate, Sink};
use crate::text::harmless;
use crate::tui::origin::Origin;
use crate::view::bytes;
use crate::view::conversations::Transport as Kinds;
use crate::view::follow::{Follow, Listener};
use std::io;
use std::ops::ControlFlow;

/// Lines that are shown of one conversation.
const MOST: usize = 200_000;

/// Makes the pane, as text or in hexadecimal.
pub(crate) fn make(origin: &Origin, of: (Transport, u32), hex: bool) -> Result<Pane, String> {
    let kind = match of.0 {
        Transport::Tcp => Kinds::Tcp,
        Transport::Udp => Kinds::Udp,
    };
    let pieces = Pieces { lines: Vec::new(), hex, frame: 0, offsets: [0; 2], open: None };
    let mut sink = Traced(Follow::new(pieces, kind, of.1));
    super::read(origin, &mut sink)?;
    let mut lines = sink.0.listener.lines;
    if lines.is_empty() {
        lines.push(Line::new("Neither end sent any payload.", Look::Faint));
    }
    let form = if hex { "hexadecimal, x for text" } else { "text, x for hexadecimal" };
    Ok(Pane::new(Kind::Follow, format!("Follow {} stream {} ({form})", kind.name(), of.1), lines))
}

/// Tells the listener which frame is being looked at.
struct Traced(Follow<Pieces>);

impl Sink for Traced {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.0.listener.frame = packet.context.frame.no.0;
        if self.0.listener.lines.len() > MOST {
            self.0.listener.lines.push(Line::new("There is more; labkit follow has all of it.", Look::Faint));
            return Ok(ControlFlow::Break(()));
        }
        self.0.packet(packet)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.finish()
    }
}

impl Gate for Traced {}

/// Makes lines of what is said.
struct Pieces {
    lines: Vec<Line>,
    hex: bool,
    /// The frame that brings it.
    frame: u64,
    offsets: [usize; 2],
    /// Who speaks in the last line, if that goes on.
    open: Option<Direction>,
}

impl Pieces {
    fn text(&mut self, direction: Direction, bytes: &[u8], look: Look) {
        let text = String::from_utf8_lossy(bytes).replace('\t', "    ");
        for (i, part) in text.split('\n').enumerate() {
            let part = harmless(part.strip_suffix('\r').unwrap_or(part));
            let goes_on = i == 0 && self.open == Some(direction);
            match self.lines.last_mut().filter(|last| goes_on && last.text.len() < 4096) {
                Some(last) => last.text.push_str(&part),
                None => self.lines.push(Line::new(part, look).to(self.frame)),
            }
            self.open = Some(direction);
        }
    }
}

impl Listener for Pieces {
    fn said(&mut self, direction: Direction, bytes: &[u8]) -> io::Result<()> {
        let look = if direction == Direction::Forward { Look::One } else { Look::Other };
        if !self.hex {
            self.text(direction, bytes, look);
            return Ok(());
        }
        for chunk in bytes.chunks(16) {
            let mut row = crate::text::Line::new();
            bytes::row(self.offsets[direction], chunk, &mut row);
            self.offsets[direction] += chunk.len();
            let indent = if direction == Direction::Forward { "" } else { "    " };
            let text = format!("{indent}{}", String::from_utf8_lossy(&row));
            self.lines.push(Line::new(text, look).to(self.frame));
        }
        Ok(())
    }

    fn missing(&mut self, _: Direction, bytes: u64) -> io::Result<()> {
        self.open = None;
        let s = if bytes == 1 { "" } else { "s" };
        let text = format!("[{bytes} byte{s} missing in the capture]");
        self.lines.push(Line::new(text, Look::Wrong).to(self.frame));
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
