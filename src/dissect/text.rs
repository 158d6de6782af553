//! Writing values as text, straight into a reused buffer: text is the cost of a packet list.

use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A line that is being written; UTF-8 always.
pub type Line = Vec<u8>;

/// The values that summaries and columns are made of.
pub trait Push {
    /// Text that is known to be harmless: ours, never the network's.
    fn text(&mut self, text: &str);
    /// A number in decimal.
    fn num(&mut self, n: impl itoa::Integer);
    /// A number in hexadecimal, with `0x` and at least `digits` digits.
    fn hex(&mut self, n: u64, digits: usize);
    /// A dotted quad.
    fn ipv4(&mut self, ip: Ipv4Addr);
    /// The canonical text of RFC 5952.
    fn ipv6(&mut self, ip: Ipv6Addr);
    /// Six octets in hexadecimal, separated by colons.
    fn mac(&mut self, mac: [u8; 6]);
    /// Text from the network, with everything that a terminal would act upon made visible.
    fn escaped(&mut self, bytes: &[u8]);
    /// Nanoseconds as seconds with `digits` decimals (0 to 9), cut, not rounded.
    fn seconds(&mut self, nanos: i64, digits: u8);
}

const HEX: &[u8; 16] = b"0123456789abcdef";

impl Push for Line {
    #[inline]
    fn text(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }

    #[inline]
    fn num(&mut self, n: impl itoa::Integer) {
        self.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
    }

    fn hex(&mut self, n: u64, digits: usize) {
        self.text("0x");
        let significant = (16 - (n.leading_zeros() as usize) / 4).max(1);
        for place in (0..digits.clamp(significant, 16)).rev() {
            self.push(HEX[(n >> (place * 4)) as usize & 15]);
        }
    }

    fn ipv4(&mut self, ip: Ipv4Addr) {
        for (i, octet) in ip.octets().into_iter().enumerate() {
            if i > 0 {
                self.push(b'.');
            }
            self.num(octet);
        }
    }

    fn ipv6(&mut self, ip: Ipv6Addr) {
        // Writing to a vector cannot fail.
        let _ = write!(self, "{ip}");
    }

    fn mac(&mut self, mac: [u8; 6]) {
        for (i, octet) in mac.into_iter().enumerate() {
            if i > 0 {
                self.push(b':');
            }
            self.push(HEX[usize::from(octet >> 4)]);
            self.push(HEX[usize::from(octet & 15)]);
        }
    }

    fn escaped(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                escape_char(self, c);
            }
            for byte in chunk.invalid() {
                escape_byte(self, *byte);
            }
        }
    }

    fn seconds(&mut self, nanos: i64, digits: u8) {
        if nanos < 0 {
            self.push(b'-');
        }
        let n = nanos.unsigned_abs();
        self.num(n / 1_000_000_000);
        if digits == 0 {
            return;
        }
        self.push(b'.');
        let mut fraction = [b'0'; 9];
        let mut rest = (n % 1_000_000_000) as u32;
        for place in fraction.iter_mut().rev() {
            *place = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.extend_from_slice(&fraction[..usize::from(digits.min(9))]);
    }
}

/// Writes one character of foreign text so that no terminal acts upon it: control characters, and the invisible
/// ones that change the direction of text or hide in it, become escapes.
pub fn escape_char(out: &mut Line, c: char) {
    match c {
        '\n' => out.text("\\n"),
        '\r' => out.text("\\r"),
        '\t' => out.text("\\t"),
        '\\' => out.text("\\\\"),
        c if (c as u32) < 0x80 && c.is_control() => escape_byte(out, c as u8),
        c if c.is_control() || is_invisible(c) => {
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        }
        c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Characters that reorder or hide text around them: bidirectional controls, zero-width and tag characters.
fn is_invisible(c: char) -> bool {
    matches!(c as u32, 0x061c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xe0000..=0xe007f)
}

fn escape_byte(out: &mut Line, byte: u8) {
    out.text("\\x");
    out.push(HEX[usize::from(byte >> 4)]);
    out.push(HEX[usize::from(byte & 15)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(f: impl FnOnce(&mut Line)) -> String {
        let mut line = Line::new();
        f(&mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn hexadecimal_keeps_its_leading_zeros_and_never_cuts() {
        assert_eq!(written(|l| l.hex(0x18, 4)), "0x0018");
        assert_eq!(written(|l| l.hex(0, 2)), "0x00");
        assert_eq!(written(|l| l.hex(0x12345, 4)), "0x12345");
        assert_eq!(written(|l| l.hex(u64::MAX, 4)), "0xffffffffffffffff");
    }

    #[test]
    fn seconds_below_zero_keep_their_sign() {
        assert_eq!(written(|l| l.seconds(-1_500, 9)), "-0.000001500");
        assert_eq!(written(|l| l.seconds(1_892_442_312, 6)), "1.892442");
        assert_eq!(written(|l| l.seconds(7_000_000_000, 0)), "7");
    }

    #[test]
    fn a_terminal_never_sees_an_escape_from_the_network() {
        let shown = written(|l| l.escaped(b"a\x1b[2Jb\xffc\r\n\xe2\x80\xaed\xc2\x9b"));
        assert_eq!(shown, "a\\x1b[2Jb\\xffc\\r\\n\\u{202e}d\\u{9b}");
    }
}
