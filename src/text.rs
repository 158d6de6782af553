//! Writes values as text directly into a reused buffer, because writing text is the main cost of a packet list.

pub(crate) mod marked;

use std::fmt;
use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A line that is being written; always UTF-8.
pub type Line = Vec<u8>;

/// Text that is formatted only if it is shown; a walk for a filter formats nothing.
pub(crate) struct Lazy<F>(F);

/// Text that `write` formats each time that it is shown.
pub(crate) fn lazy<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result>(write: F) -> Lazy<F> {
    Lazy(write)
}

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Lazy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

/// What `write` writes, as a string.
pub fn written(write: impl FnOnce(&mut Line)) -> String {
    let mut line = Line::new();
    write(&mut line);
    // A line is always UTF-8, so nothing is lost.
    String::from_utf8_lossy(&line).into_owned()
}

/// The ending of a noun that is counted: none for one, `s` for any other number.
pub fn plural<N: PartialEq + From<u8>>(n: N) -> &'static str {
    if n == N::from(1) { "" } else { "s" }
}

/// Bytes as hexadecimal digits, two for each byte.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a> {
    bytes: &'a [u8],
    between: &'static str,
    end: &'static str,
}

impl<'a> Hex<'a> {
    /// All digits in one row.
    pub const fn plain(bytes: &'a [u8]) -> Hex<'a> {
        Hex { bytes, between: "", end: "" }
    }

    /// With a colon between two bytes.
    pub const fn colons(bytes: &'a [u8]) -> Hex<'a> {
        Hex { bytes, between: ":", end: "" }
    }

    /// The first 36 bytes, with `…` after them if there are more.
    pub fn beginning(bytes: &'a [u8]) -> Hex<'a> {
        match bytes.split_at_checked(36) {
            Some((first, [_, ..])) => Hex { bytes: first, between: "", end: "…" },
            _ => Hex::plain(bytes),
        }
    }
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        for byte in self.bytes {
            write!(f, "{between}{byte:02x}")?;
            between = self.between;
        }
        f.write_str(self.end)
    }
}

/// Nanoseconds as seconds with six decimals.
pub fn seconds(nanos: i64) -> String {
    written(|line| line.seconds(nanos, 6))
}

/// Text that may contain bytes from the network, with all characters escaped that a terminal would act upon.
pub fn harmless(text: &str) -> String {
    written(|line| line.escaped(text.as_bytes()))
}

/// The most bytes of one line of the details, as in Wireshark.
pub const MOST_IN_LINE: usize = 239;

/// The beginning of a text, at most `most` bytes, without a partial character.
pub fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Appends the values that summaries and columns consist of.
pub trait Push {
    /// Text that is known to be harmless: labkit's own, never from the network.
    fn text(&mut self, text: &str);
    /// A number in decimal.
    fn num(&mut self, n: impl Integer);
    /// A number in decimal, right-aligned in a column of `width` (at most 20) bytes.
    fn num_right(&mut self, n: u64, width: usize);
    /// A number in hexadecimal, with `0x` and at least `digits` digits.
    fn hex(&mut self, n: u64, digits: usize);
    /// An IPv4 address as a dotted quad.
    fn ipv4(&mut self, ip: Ipv4Addr);
    /// An IPv6 address in the canonical form of RFC 5952.
    fn ipv6(&mut self, ip: Ipv6Addr);
    /// Six octets in hexadecimal, separated by colons.
    fn mac(&mut self, mac: [u8; 6]);
    /// Text from the network. All characters that a terminal would act upon, and all bytes that are not UTF-8, are
    /// escaped. A backslash stays single, as in Wireshark.
    fn escaped(&mut self, bytes: &[u8]);
    /// As [`Push::escaped`], but bytes that are not UTF-8 become U+FFFD, as in Wireshark.
    fn decoded(&mut self, bytes: &[u8]);
    /// Nanoseconds as seconds with `digits` decimals (0 to 9), cut, not rounded.
    fn seconds(&mut self, nanos: i64, digits: u8);
    /// The decimal point and `digits` decimals (0 to 9) of nanoseconds as seconds; the whole seconds are left out.
    fn fraction(&mut self, nanos: u64, digits: u8);
    /// Blanks up to `width` bytes after `start`, at most 16.
    fn fill(&mut self, start: usize, width: usize);
}

/// A number that [`Push::num`] can write.
pub trait Integer {
    /// Whether it is negative, and its absolute value.
    fn parts(self) -> (bool, u64);
}

macro_rules! integers {
    ($($unsigned:ty),*; $($signed:ty),*) => {
        $(impl Integer for $unsigned {
            #[inline]
            fn parts(self) -> (bool, u64) {
                (false, self as u64)
            }
        })*
        $(impl Integer for $signed {
            #[inline]
            fn parts(self) -> (bool, u64) {
                (self < 0, self.unsigned_abs() as u64)
            }
        })*
    };
}

integers!(u8, u16, u32, u64, usize; i32, i64);

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Digits of the longest 64-bit number.
const LONGEST: usize = 20;

/// The digits of all numbers below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// All octets in decimal, each followed by a point, and the length of that text.
static OCTETS: [([u8; 4], u8); 256] = {
    let mut octets = [([0; 4], 0); 256];
    let mut n = 0;
    while n < 256 {
        let [h, t, o] = [b'0' + (n / 100) as u8, b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];
        octets[n] = match n {
            0..10 => ([o, b'.', 0, 0], 2),
            10..100 => ([t, o, b'.', 0], 3),
            _ => ([h, t, o, b'.'], 4),
        };
        n += 1;
    }
    octets
};

/// Appends the first `len` of `bytes`. Copying all of them and cutting takes a few instructions; copying `len` of
/// them takes a function call.
#[inline]
fn push_front<const N: usize>(out: &mut Line, bytes: &[u8; N], len: usize) {
    let end = out.len() + len.min(N);
    out.extend_from_slice(bytes);
    out.truncate(end);
}

/// The four digits of a number below 10,000.
#[inline]
fn four(n: u32) -> [u8; 4] {
    let ([a, b], [c, d]) = (PAIRS[(n / 100 % 100) as usize], PAIRS[(n % 100) as usize]);
    [a, b, c, d]
}

/// Appends a number below 10,000 without leading zeros.
#[inline]
fn push_small(out: &mut Line, n: u32) {
    let zeros = u32::from(n < 10) + u32::from(n < 100) + u32::from(n < 1000);
    let digits = u32::from_be_bytes(four(n)) << (8 * zeros);
    push_front(out, &digits.to_be_bytes(), 4 - zeros as usize);
}

/// Appends a number in decimal.
#[inline]
fn push_number(out: &mut Line, n: u64) {
    if n < 10_000 { push_small(out, n as u32) } else { push_large(out, n) }
}

fn push_large(out: &mut Line, n: u64) {
    const EIGHT: u32 = 100_000_000;
    let last = |n: u32| {
        let ([a, b, c, d], [e, f, g, h]) = (four(n / 10_000), four(n % 10_000));
        [a, b, c, d, e, f, g, h]
    };
    match u32::try_from(n) {
        Ok(n) if n < EIGHT => {
            push_small(out, n / 10_000);
            out.extend_from_slice(&four(n % 10_000));
        }
        Ok(n) => {
            push_small(out, n / EIGHT);
            out.extend_from_slice(&last(n % EIGHT));
        }
        Err(_) => {
            push_number(out, n / u64::from(EIGHT));
            out.extend_from_slice(&last((n % u64::from(EIGHT)) as u32));
        }
    }
}

impl Push for Line {
    #[inline]
    fn text(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }

    #[inline]
    fn num(&mut self, n: impl Integer) {
        let (negative, n) = n.parts();
        if negative {
            self.push(b'-');
        }
        push_number(self, n);
    }

    #[inline]
    fn num_right(&mut self, n: u64, width: usize) {
        let digits = n.checked_ilog10().unwrap_or(0) as usize + 1;
        push_front(self, &[b' '; LONGEST], width.saturating_sub(digits));
        push_number(self, n);
    }

    fn hex(&mut self, n: u64, digits: usize) {
        self.text("0x");
        let significant = (16 - (n.leading_zeros() as usize) / 4).max(1);
        for place in (0..digits.clamp(significant, 16)).rev() {
            self.push(HEX[(n >> (place * 4)) as usize & 15]);
        }
    }

    fn ipv4(&mut self, ip: Ipv4Addr) {
        let mut text = [0; 16];
        let mut len = 0;
        for octet in ip.octets() {
            let (digits, n) = &OCTETS[usize::from(octet)];
            if let Some(room) = text.get_mut(len..).and_then(|t| t.first_chunk_mut()) {
                *room = *digits;
            }
            len += usize::from(*n);
        }
        // The last octet has no point after it.
        push_front(self, &text, len - 1);
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

    fn decoded(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            chunk.valid().chars().for_each(|c| escape_char(self, c));
            if !chunk.invalid().is_empty() {
                self.text("\u{fffd}");
            }
        }
    }

    fn seconds(&mut self, nanos: i64, digits: u8) {
        if nanos < 0 {
            self.push(b'-');
        }
        let n = nanos.unsigned_abs();
        self.num(n / 1_000_000_000);
        if digits > 0 {
            self.fraction(n, digits);
        }
    }

    fn fraction(&mut self, nanos: u64, digits: u8) {
        let mut fraction = [b'.'; 10];
        let mut rest = (nanos % 1_000_000_000) as u32;
        fraction[9] = b'0' + (rest % 10) as u8;
        rest /= 10;
        for place in fraction[1..9].rchunks_exact_mut(2) {
            place.copy_from_slice(&PAIRS[(rest % 100) as usize]);
            rest /= 100;
        }
        push_front(self, &fraction, usize::from(digits) + 1);
    }

    #[inline]
    fn fill(&mut self, start: usize, width: usize) {
        let end = start + width;
        if self.len() < end {
            self.extend_from_slice(&[b' '; 16]);
            self.truncate(end);
        }
    }
}

/// Writes one character of text from outside so that no terminal acts upon it: control characters, and invisible
/// characters that change the direction of text or hide in it, are escaped.
pub fn escape_char(out: &mut Line, c: char) {
    match c {
        '\n' => out.text("\\n"),
        '\r' => out.text("\\r"),
        '\t' => out.text("\\t"),
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

    #[test]
    fn hexadecimal_keeps_its_leading_zeros_and_never_cuts() {
        assert_eq!(written(|l| l.hex(0x18, 4)), "0x0018");
        assert_eq!(written(|l| l.hex(0, 2)), "0x00");
        assert_eq!(written(|l| l.hex(0x12345, 4)), "0x12345");
        assert_eq!(written(|l| l.hex(u64::MAX, 4)), "0xffffffffffffffff");
    }

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        let edges = (0..20).map(|e| 10u64.pow(e)).flat_map(|p| [p - 1, p, p + 1]);
        for n in edges.chain([u64::MAX, u64::MAX / 3]).chain(0..1100) {
            assert_eq!(written(|l| l.num(n)), n.to_string());
            assert_eq!(written(|l| l.num(n as i64)), (n as i64).to_string());
            for width in [0, 1, 5, 20] {
                assert_eq!(written(|l| l.num_right(n, width)), format!("{n:width$}"));
            }
        }
        assert_eq!(written(|l| l.num(i64::MIN)), i64::MIN.to_string());
        assert_eq!(written(|l| l.num(i32::MIN)), i32::MIN.to_string());
    }

    #[test]
    fn octets_are_those_of_the_standard_library() {
        for n in 0..=255u8 {
            let ip = Ipv4Addr::new(n, 255 - n, n / 2, n / 25);
            assert_eq!(written(|l| l.ipv4(ip)), ip.to_string());
        }
    }

    #[test]
    fn a_column_that_is_full_is_not_filled() {
        assert_eq!(written(|l| (l.text("ab"), l.fill(0, 5)).1), "ab   ");
        assert_eq!(written(|l| (l.text("abcdef"), l.fill(0, 5)).1), "abcdef");
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
        let shown = written(|l| l.decoded(b"a\x1b[2Jb\xff\xfe\\c\xe2\x80"));
        assert_eq!(shown, "a\\x1b[2Jb\u{fffd}\u{fffd}\\c\u{fffd}");
    }
}
