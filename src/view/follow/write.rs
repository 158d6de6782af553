//! Writes a followed conversation: as text, in hexadecimal, or unchanged.

use super::Listener;
use crate::direction::Direction;
use crate::text::{Line, Push, escape_char};
use crate::view::bytes;
use crate::view::palette::{Hue, Palette};
use std::io::{self, Write};

/// How bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As text. Control characters except newlines and tabs are made visible.
    Text,
    /// In hexadecimal, sixteen bytes in a line. Offsets count for each direction by itself.
    Hex,
    /// Unchanged.
    Raw,
}

const HUES: [Hue; 2] = [Hue::Red, Hue::Blue];
const MARKS: [&str; 2] = ["> ", "< "];

/// A listener that writes a conversation. Colour tells the directions apart, or `>` and `<` if there is no colour.
pub struct Writer<W> {
    out: W,
    form: Form,
    palette: Option<Palette>,
    /// The direction of the line that is not finished; `None` if there is none.
    open: Option<Direction>,
    /// For each direction: the bytes of an incomplete character, or a carriage return that waits for its newline.
    rest: [Vec<u8>; 2],
    /// Offset of the next byte of each direction.
    offsets: [usize; 2],
    /// Number of missing bytes in [`Form::Raw`], which cannot mark them.
    pub lost: u64,
    line: Line,
}

impl<W: Write> Writer<W> {
    /// Writes to `out`.
    pub fn new(out: W, form: Form, palette: Option<Palette>) -> Writer<W> {
        Writer {
            out,
            form,
            palette,
            open: None,
            rest: Default::default(),
            offsets: [0; 2],
            lost: 0,
            line: Line::new(),
        }
    }

    /// Begins a line of `direction`, unless such a line is open.
    fn begin(&mut self, direction: Direction) {
        if self.open == Some(direction) {
            return;
        }
        self.finish_line();
        match self.palette {
            Some(palette) => self.line.text(&palette.style(HUES[direction]).render().to_string()),
            None => self.line.text(MARKS[direction]),
        }
        self.open = Some(direction);
    }

    fn finish_line(&mut self) {
        if self.open.take().is_some() {
            if self.palette.is_some() {
                self.line.text(&anstyle::Reset.render().to_string());
            }
            self.line.push(b'\n');
        }
    }

    fn text(&mut self, direction: Direction, new: &[u8], last: bool) {
        let mut bytes = std::mem::take(&mut self.rest[direction]);
        bytes.extend_from_slice(new);
        let keep = if last { 0 } else { unfinished(&bytes) };
        let (now, later) = bytes.split_at(bytes.len() - keep);
        for chunk in now.utf8_chunks() {
            let mut chars = chunk.valid().chars().peekable();
            while let Some(c) = chars.next() {
                self.begin(direction);
                match c {
                    '\n' => self.finish_line(),
                    '\r' if chars.peek() == Some(&'\n') => {}
                    '\t' => self.line.push(b'\t'),
                    // A backslash in the text stays single; the other characters that are escaped get one.
                    '\\' => self.line.push(b'\\'),
                    c => escape_char(&mut self.line, c),
                }
            }
            if !chunk.invalid().is_empty() {
                self.begin(direction);
                self.line.escaped(chunk.invalid());
            }
        }
        self.rest[direction] = later.to_vec();
    }

    fn hex(&mut self, direction: Direction, said: &[u8]) {
        for chunk in said.chunks(16) {
            self.begin(direction);
            let offset = &mut self.offsets[direction];
            bytes::row(*offset, chunk, bytes::PER_LINE, &mut self.line);
            *offset += chunk.len();
            self.finish_line();
        }
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.out.write_all(&self.line)?;
        self.line.clear();
        Ok(())
    }
}

/// How many bytes at the end wait for more: an incomplete character, or a carriage return.
fn unfinished(bytes: &[u8]) -> usize {
    if bytes.last() == Some(&b'\r') {
        return 1;
    }
    let start = bytes.len().saturating_sub(3);
    for (at, byte) in bytes.iter().enumerate().skip(start).rev() {
        let needs = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80..=0xbf => continue,
            _ => 0,
        };
        let has = bytes.len() - at;
        return if has < needs { has } else { 0 };
    }
    0
}

impl<W: Write> Listener for Writer<W> {
    fn said(&mut self, direction: Direction, bytes: &[u8]) -> io::Result<()> {
        match self.form {
            Form::Text => {
                // When this side sends bytes, the open line of the other side ends.
                if self.open == Some(direction.reverse()) && !bytes.is_empty() {
                    self.finish_line();
                }
                self.text(direction, bytes, false);
            }
            Form::Hex => self.hex(direction, bytes),
            Form::Raw => self.line.extend_from_slice(bytes),
        }
        self.pass_on()
    }

    fn missing(&mut self, direction: Direction, bytes: u64) -> io::Result<()> {
        self.lost += bytes;
        if self.form == Form::Raw {
            return Ok(());
        }
        self.text(direction, b"", true);
        self.finish_line();
        self.begin(direction);
        self.line.text("[");
        self.line.num(bytes);
        self.line.text(if bytes == 1 { " byte missing in capture]" } else { " bytes missing in capture]" });
        self.finish_line();
        self.offsets[direction] += usize::try_from(bytes).unwrap_or(0);
        self.pass_on()
    }

    fn end(&mut self) -> io::Result<()> {
        for direction in Direction::BOTH {
            self.text(direction, b"", true);
        }
        self.finish_line();
        self.pass_on()?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{Backward, Forward};

    fn written(form: Form, said: &[(Direction, &[u8])]) -> String {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, form, None);
        for (direction, bytes) in said {
            writer.said(*direction, bytes).unwrap();
        }
        writer.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_line_tells_who_speaks() {
        let text = written(
            Form::Text,
            &[
                (Forward, b"GET /\r"),
                (Forward, b"\nHost\n"),
                (Backward, b"200"),
                (Backward, b" OK"),
                (Forward, b"x"),
            ],
        );
        assert_eq!(text, "> GET /\n> Host\n< 200 OK\n> x\n");
    }

    #[test]
    fn a_character_cut_by_segments_is_whole_and_escapes_are_seen() {
        assert_eq!(
            written(Form::Text, &[(Forward, b"\xe2\x82"), (Forward, b"\xac\x1b[2J\t\xff")]),
            "> €\\x1b[2J\t\\xff\n"
        );
    }

    #[test]
    fn hexadecimal_counts_for_each_direction() {
        let text = written(Form::Hex, &[(Forward, b"ab"), (Backward, b"c"), (Forward, b"d")]);
        let offsets: Vec<_> = text.lines().map(|l| &l[..12]).collect();
        assert_eq!(offsets, ["> 00000000  ", "< 00000000  ", "> 00000002  "]);
    }
}
