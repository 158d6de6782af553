//! The pane that follows a stream: the payload of both ends in order, with marks for missing bytes.

use super::{Kind, Line, Look, Pane};
use crate::conversation::Transport;
use crate::direction::Direction;
use crate::packet::Packet;
use crate::pump::{Gate, Sink};
use crate::text::{harmless, plural};
use crate::tui::origin::Origin;
use crate::view::bytes;
use crate::view::conversations::Transport as Kinds;
use crate::view::follow::{Follow, Listener};
use std::io;
use std::ops::ControlFlow;

/// The most lines that are shown of one conversation.
const MOST: usize = 200_000;

/// The stream that is followed, and how it is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Followed {
    /// Its conversation.
    pub(crate) of: (Transport, u32),
    /// Whether it is shown in hexadecimal; otherwise as text.
    pub(crate) hex: bool,
    /// The side that is shown alone; `None` shows both.
    pub(crate) only: Option<Direction>,
}

impl Followed {
    /// As text, both sides.
    pub(crate) fn new(of: (Transport, u32)) -> Followed {
        Followed { of, hex: false, only: None }
    }

    /// The same stream with the next choice of sides, in the order both, the side that began, the other side.
    pub(crate) fn next_side(self) -> Followed {
        let only = match self.only {
            None => Some(Direction::Forward),
            Some(Direction::Forward) => Some(Direction::Backward),
            Some(Direction::Backward) => None,
        };
        Followed { only, ..self }
    }
}

/// Makes the pane.
pub(crate) fn make(origin: &Origin, followed: Followed) -> Result<Pane, String> {
    let Followed { of, hex, only } = followed;
    let kind = match of.0 {
        Transport::Tcp => Kinds::Tcp,
        Transport::Udp => Kinds::Udp,
    };
    let pieces =
        Pieces { lines: Vec::new(), narrow: Vec::new(), hex, only, frame: 0, offsets: [0; 2], open: None };
    let mut sink = Traced(Follow::new(pieces, kind, of.1));
    super::read(origin, &mut sink)?;
    let Pieces { mut lines, narrow, .. } = sink.0.listener;
    if lines.is_empty() {
        let who = if only.is_some() { "This side" } else { "Neither end" };
        let what = if only.is_some() { "no" } else { "any" };
        lines.push(Line::new(format!("{who} sent {what} payload."), Look::Faint));
    }
    let form = if hex { "hexadecimal, x for text" } else { "text, x for hexadecimal" };
    let side = only.map(|only| format!(", {} alone", sign(only))).unwrap_or_default();
    let title = format!("Follow {} stream {}{side} ({form})", kind.name(), of.1);
    let mut pane = Pane::new(Kind::Follow, title, lines);
    pane.followed = Some(followed);
    Ok(if narrow.is_empty() { pane } else { pane.or(narrow) })
}

/// Tells the listener the number of the current frame.
struct Traced(Follow<Pieces>);

impl Sink for Traced {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let listener = &mut self.0.listener;
        listener.frame = packet.context.frame.no.0;
        if listener.lines.len() > MOST {
            listener.push(Line::new("There is more; labkit follow has all of it.", Look::Faint));
            return Ok(ControlFlow::Break(()));
        }
        self.0.packet(packet)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.finish()
    }
}

impl Gate for Traced {}

/// Turns payload into lines.
struct Pieces {
    lines: Vec<Line>,
    /// The lines for a narrow screen, where they differ: hexadecimal has fewer bytes in a row.
    narrow: Vec<Line>,
    hex: bool,
    only: Option<Direction>,
    /// The frame that brings the payload.
    frame: u64,
    offsets: [usize; 2],
    /// The side whose text the last line holds, if that line can go on.
    open: Option<Direction>,
}

impl Pieces {
    /// Adds a line that is no payload.
    fn push(&mut self, line: Line) {
        if self.hex {
            self.narrow.push(line.clone());
        }
        self.lines.push(line);
    }

    fn text(&mut self, direction: Direction, bytes: &[u8], look: Look) {
        let text = String::from_utf8_lossy(bytes).replace('\t', "    ");
        for (i, part) in text.split('\n').enumerate() {
            let part = harmless(part.strip_suffix('\r').unwrap_or(part));
            let goes_on = i == 0 && self.open == Some(direction);
            match self.lines.last_mut().filter(|last| goes_on && last.text.len() < 4096) {
                Some(last) => last.text.push_str(&part),
                // The signs are those of `labkit follow`.
                None => {
                    let sign = sign(direction);
                    self.lines.push(Line::new(format!("{sign} {part}"), look).to(self.frame));
                }
            }
            self.open = Some(direction);
        }
    }
}

impl Listener for Pieces {
    fn said(&mut self, direction: Direction, bytes: &[u8]) -> io::Result<()> {
        if self.only.is_some_and(|only| only != direction) {
            return Ok(());
        }
        let look = if direction == Direction::Forward { Look::One } else { Look::Other };
        if !self.hex {
            self.text(direction, bytes, look);
            return Ok(());
        }
        let from = self.offsets[direction];
        for (per_line, lines) in [(bytes::PER_LINE, &mut self.lines), (8, &mut self.narrow)] {
            let row =
                |(offset, chunk)| Line::new(row(direction, offset, chunk, per_line), look).to(self.frame);
            lines.extend((from..).step_by(per_line).zip(bytes.chunks(per_line)).map(row));
        }
        self.offsets[direction] += bytes.len();
        Ok(())
    }

    fn missing(&mut self, direction: Direction, bytes: u64) -> io::Result<()> {
        if self.only.is_some_and(|only| only != direction) {
            return Ok(());
        }
        self.open = None;
        let text = format!("[{bytes} byte{} missing in the capture]", plural(bytes));
        self.push(Line::new(text, Look::Wrong).to(self.frame));
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The sign before a line of text, which shows its side.
fn sign(direction: Direction) -> char {
    if direction == Direction::Forward { '>' } else { '<' }
}

/// Bytes in hexadecimal; those of the side that did not begin are indented.
fn row(direction: Direction, offset: usize, bytes: &[u8], per_line: usize) -> String {
    let indent = if direction == Direction::Forward { "" } else { "    " };
    let mut row = crate::text::Line::new();
    bytes::row(offset, bytes, per_line, &mut row);
    format!("{indent}{}", String::from_utf8_lossy(&row))
}
