//! Values as text: plain, for field columns, and with their names, for the details pane.

use super::time;
use crate::dissect::mac_names;
use crate::field::{Base, Field, Kind, Value};
use crate::text::{Line, Push};
use std::io::Write as _;

/// The most bytes of a value that the details pane shows.
const MOST_BYTES: usize = 36;

/// Appends a value as `-e` prints it: numbers without names, booleans as 1 and 0, bytes as hexadecimal digits.
pub fn bare(field: &Field, value: Value<'_>, out: &mut Line) {
    match value {
        Value::None => out.text("1"),
        Value::Bool(b) => out.text(if b { "1" } else { "0" }),
        Value::Uint(n) => number(field, n, out),
        Value::Int(n) => out.num(n),
        Value::Double(x) => {
            let _ = write!(out, "{x}");
        }
        Value::Time(t) => time::moment(t, out),
        Value::Duration(nanos) => out.seconds(nanos, 9),
        Value::Text(text) => decoded(field, text, out),
        Value::Bytes([]) => out.text(if field.base == Base::OrNone { "<none>" } else { "<MISSING>" }),
        Value::Bytes(bytes) => hex_digits(field, bytes, out),
        Value::Mac(mac) => out.mac(mac),
        Value::Ipv4(ip) => out.ipv4(ip),
        Value::Ipv6(ip) => out.ipv6(ip),
    }
}

/// Appends text as Wireshark decodes it: up to the first zero byte, in the character set of the field.
fn decoded(field: &Field, text: &[u8], out: &mut Line) {
    let text = text.split(|b| *b == 0).next().unwrap_or(text);
    if !field.ascii {
        return out.decoded(text);
    }
    for part in text.chunk_by(|a, b| a.is_ascii() == b.is_ascii()) {
        if part.is_ascii() {
            out.decoded(part);
        } else {
            part.iter().for_each(|_| out.text("\u{fffd}"));
        }
    }
}

fn number(field: &Field, n: u64, out: &mut Line) {
    number_of_width(field, n, hex_width(field.kind), out);
}

/// As a number in the details pane: as wide in hexadecimal as the bits that hold it.
fn shown_number(field: &Field, n: u64, out: &mut Line) {
    number_of_width(field, n, shown_width(field), out);
}

fn number_of_width(field: &Field, n: u64, width: usize, out: &mut Line) {
    match field.base {
        Base::Hex | Base::HexDec => out.hex(n, width),
        _ => out.num(n),
    }
}

/// How many hexadecimal digits a number of this kind is padded to.
fn hex_width(kind: Kind) -> usize {
    match kind {
        Kind::Uint(bits) | Kind::Int(bits) => usize::from(bits).div_ceil(4),
        _ => 1,
    }
}

/// Hexadecimal digits that a field's numbers are padded to in the details pane.
fn shown_width(field: &Field) -> usize {
    match field.mask {
        0 => hex_width(field.kind),
        mask => ((64 - (mask >> mask.trailing_zeros()).leading_zeros()) as usize).div_ceil(4),
    }
}

fn hex_digits(field: &Field, bytes: &[u8], out: &mut Line) {
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 && field.base == Base::Colons {
            out.push(b':');
        }
        for nibble in [byte >> 4, byte & 15] {
            out.push(b"0123456789abcdef"[usize::from(nibble)]);
        }
    }
}

/// Appends a value as the details pane shows it: with its name if it has one, in both bases if its field has two.
pub fn named(field: &Field, value: Value<'_>, out: &mut Line) {
    let bits = match value {
        Value::Uint(n) => Some(n),
        Value::Int(n) => u64::try_from(n).ok(),
        Value::Bool(b) => Some(u64::from(b)),
        _ => None,
    };
    let name = bits.and_then(|n| field.name_of(n));
    match (value, name) {
        (Value::None, _) => {}
        (Value::Mac(mac), _) => mac_names::write_both(mac, out),
        (Value::Bool(_), Some(name)) => out.text(name),
        (Value::Bool(b), None) => out.text(if b { "True" } else { "False" }),
        (Value::Uint(n), Some(name)) => {
            out.text(name);
            // A generated field with a name is a state, whose number is not shown.
            if !field.generated {
                out.text(" (");
                shown_number(field, n, out);
                out.text(")");
            }
        }
        (Value::Int(n), Some(name)) => {
            out.text(name);
            out.text(" (");
            out.num(n);
            out.text(")");
        }
        (Value::Uint(n), None) => both_bases(field, n, out),
        (Value::Bytes(bytes), _) if bytes.len() > MOST_BYTES => {
            hex_digits(field, bytes.get(..MOST_BYTES).unwrap_or(bytes), out);
            out.text("…");
        }
        (Value::Duration(nanos), _) => {
            out.seconds(nanos, 9);
            out.text(" seconds");
        }
        _ => bare(field, value, out),
    }
}

fn both_bases(field: &Field, n: u64, out: &mut Line) {
    if field.kind != Kind::FrameNo && !field.names.is_empty() && !field.generated {
        out.text("Unknown (");
        shown_number(field, n, out);
        out.text(")");
        return;
    }
    shown_number(field, n, out);
    match field.base {
        Base::HexDec => {
            out.text(" (");
            out.num(n);
            out.text(")");
        }
        Base::DecHex => {
            out.text(" (");
            out.hex(n, shown_width(field));
            out.text(")");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PORT: Field = Field::new("t.port", "Port", Kind::Uint(16));
    static SUM: Field = Field::new("t.sum", "Checksum", Kind::Uint(16)).hex();
    static ID: Field = Field::new("t.id", "Identification", Kind::Uint(16)).hex_dec();
    static TYPE: Field = Field::new("t.type", "Type", Kind::Uint(16)).hex().names(&[(0x0800, "IPv4")]);

    fn text(f: impl FnOnce(&mut Line)) -> String {
        let mut out = Line::new();
        f(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_bare_and_details_are_named() {
        assert_eq!(text(|o| bare(&PORT, Value::Uint(65432), o)), "65432");
        assert_eq!(text(|o| bare(&SUM, Value::Uint(24), o)), "0x0018");
        assert_eq!(text(|o| bare(&TYPE, Value::Uint(0x800), o)), "0x0800");
        assert_eq!(text(|o| named(&TYPE, Value::Uint(0x800), o)), "IPv4 (0x0800)");
        assert_eq!(text(|o| named(&TYPE, Value::Uint(0x801), o)), "Unknown (0x0801)");
        assert_eq!(text(|o| named(&ID, Value::Uint(2485), o)), "0x09b5 (2485)");
        assert_eq!(text(|o| bare(&PORT, Value::Bytes(&[0x48, 0x0a]), o)), "480a");
    }
}
