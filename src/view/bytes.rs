//! The bytes pane as text: offsets, hexadecimal and characters, sixteen to a line.

use crate::dissect::source_name;
use crate::packet::Packet;
use crate::text::{Line, Push};
use anstyle::{AnsiColor, Style};
use std::ops::Range;

/// How many bytes one line shows.
pub const PER_LINE: usize = 16;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// The style of marked bytes.
const MARK: Style = Style::new()
    .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Black)))
    .bg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));

/// Appends a dump of `bytes`. Those in the range `marked` are coloured, or put in brackets if there is no colour.
pub fn dump(bytes: &[u8], marked: Option<&Range<usize>>, colour: bool, out: &mut Line) {
    // Each offset has as many digits as the last one needs.
    let digits = hex_digits(bytes.len().saturating_sub(1)).max(4);
    for (row, chunk) in bytes.chunks(PER_LINE).enumerate() {
        let offset = row * PER_LINE;
        write_offset(offset, digits, out);
        out.text("  ");
        for column in 0..PER_LINE {
            let is_marked = |c: usize| marked.is_some_and(|m| m.contains(&(offset + c)));
            match chunk.get(column) {
                Some(byte) => {
                    let pair = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                    mark(is_marked(column), colour, &pair, out);
                }
                None => out.text("  "),
            }
            // Without colour, brackets take the place of the blanks around marked bytes.
            let (here, next) = (is_marked(column), chunk.len() > column + 1 && is_marked(column + 1));
            out.push(match (colour, here, next) {
                (false, true, false) => b']',
                (false, false, true) => b'[',
                _ => b' ',
            });
        }
        out.text("  ");
        for (column, byte) in chunk.iter().enumerate() {
            let c = if (0x20..0x7f).contains(byte) { *byte } else { b'.' };
            let on = colour && marked.is_some_and(|m| m.contains(&(offset + column)));
            mark(on, colour, &[c], out);
        }
        out.push(b'\n');
    }
}

/// Appends the bytes of a packet. If it has reassembled data, each part has a title.
pub fn dump_all(packet: &Packet<'_>, colour: bool, out: &mut Line) {
    let context = &packet.context;
    let frame = context.frame.bytes;
    if !context.buffers.is_empty() {
        title("Frame", frame.len(), out);
    }
    dump(frame, None, colour, out);
    out.push(b'\n');
    for (source, bytes) in (1..).zip(context.buffers) {
        title(source_name(context, source), bytes.len(), out);
        dump(bytes, None, colour, out);
        out.push(b'\n');
    }
}

fn title(name: &str, len: usize, out: &mut Line) {
    out.text(name);
    out.text(" (");
    out.num(len);
    out.text(if len == 1 { " byte):\n" } else { " bytes):\n" });
}

/// Appends an offset in at least `digits` hexadecimal digits.
fn write_offset(offset: usize, digits: usize, out: &mut Line) {
    for place in (0..digits.max(hex_digits(offset))).rev() {
        out.push(HEX[offset >> (place * 4) & 15]);
    }
}

/// Appends one row of a dump: the offset, at most `per_line` bytes, and their characters.
pub fn row(offset: usize, bytes: &[u8], per_line: usize, out: &mut Line) {
    write_offset(offset, 8, out);
    out.text("  ");
    for column in 0..per_line {
        match bytes.get(column) {
            Some(byte) => out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
            None => out.text("  "),
        }
        out.push(b' ');
    }
    out.text("  ");
    out.extend(bytes.iter().take(per_line).map(|b| if (0x20..0x7f).contains(b) { *b } else { b'.' }));
}

fn hex_digits(offset: usize) -> usize {
    (usize::BITS - offset.leading_zeros()).div_ceil(4) as usize
}

fn mark(on: bool, colour: bool, text: &[u8], out: &mut Line) {
    if on && colour {
        out.text(&MARK.render().to_string());
        out.extend_from_slice(text);
        out.text(&MARK.render_reset().to_string());
    } else {
        out.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dumped(bytes: &[u8], marked: Option<Range<usize>>) -> String {
        let mut out = Line::new();
        dump(bytes, marked.as_ref(), false, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sixteen_to_a_line_with_their_characters() {
        let text = dumped(b"Hello guest operating", None);
        assert_eq!(
            text,
            "0000  48 65 6c 6c 6f 20 67 75 65 73 74 20 6f 70 65 72   Hello guest oper\n\
             0010  61 74 69 6e 67                                    ating\n"
        );
    }

    #[test]
    fn offsets_are_as_wide_as_the_last_one_needs() {
        assert!(dumped(&[0; 0x1_0000], None).starts_with("0000  00 "));
        assert!(dumped(&[0; 0x1_0001], None).starts_with("00000  00 "));
        assert!(dumped(&[], None).is_empty());
    }

    #[test]
    fn marked_bytes_stand_in_brackets_where_there_is_no_colour() {
        let text = dumped(b"abcdef", Some(1..3));
        assert!(text.starts_with("0000  61[62 63]64 65 66 "), "{text}");
    }
}
