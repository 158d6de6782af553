//! Reading and visiting in one: a walk over a message that ends where its bytes end.
//!
//! Application protocols are long lists of optional parts, any of which may be cut. A [`Walk`] reads a part, hands it
//! to the visitor and goes on; the first read beyond the end stops it with [`End::Short`]. The same walk, with a
//! visitor that looks at nothing, tells the decoder whether a message is whole ([`whole`]).

use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity, remark, remark_below};
use crate::dissect::{Decoder, Next, Proto, Span, Visited};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::text::{Line, escape_char, plural};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

/// Why a walk ended before its message did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The visitor has seen enough.
    Enough,
    /// The message has fewer bytes than it says, or bytes that cannot be.
    Short,
}

/// The answer of one step of a walk.
pub(crate) type Step<T = ()> = Result<T, End>;

/// A walk over the bytes of one message.
pub(crate) struct Walk<'a, 'v> {
    /// The message.
    pub(crate) bytes: &'a [u8],
    source: u8,
    start: u32,
    visitor: &'v mut dyn Visit,
    depth: u32,
}

impl<'a, 'v> Walk<'a, 'v> {
    /// A walk over `bytes`, which lie at `start` of `source`.
    pub(crate) fn new(bytes: &'a [u8], source: u8, start: u32, visitor: &'v mut dyn Visit) -> Walk<'a, 'v> {
        Walk { bytes, source, start, visitor, depth: 0 }
    }

    /// Leaves the first `n` bytes behind: offsets count from there on.
    pub(crate) fn skip(&mut self, n: usize) {
        self.bytes = self.bytes.get(n..).unwrap_or(&[]);
        self.start = self.start.saturating_add(n as u32);
    }

    /// The place of `len` bytes at `offset` of the message.
    pub(crate) fn at(&self, offset: usize, len: usize) -> At {
        At { source: self.source, start: self.start.saturating_add(offset as u32), len: len as u32 }
    }

    /// `len` bytes at `offset`.
    pub(crate) fn get(&self, offset: usize, len: usize) -> Step<&'a [u8]> {
        let end = offset.checked_add(len).ok_or(End::Short)?;
        self.bytes.get(offset..end).ok_or(End::Short)
    }

    /// One octet.
    pub(crate) fn u8(&self, offset: usize) -> Step<u8> {
        self.bytes.u8(offset).ok_or(End::Short)
    }

    /// Two octets.
    pub(crate) fn u16(&self, offset: usize) -> Step<u16> {
        self.bytes.u16(offset).ok_or(End::Short)
    }

    /// Four octets.
    pub(crate) fn u32(&self, offset: usize) -> Step<u32> {
        self.bytes.u32(offset).ok_or(End::Short)
    }

    /// Visits a field with this value.
    pub(crate) fn value(
        &mut self,
        field: &'static Field,
        offset: usize,
        len: usize,
        value: Value<'_>,
    ) -> Step {
        step(self.visitor.field(field, self.at(offset, len), value))
    }

    /// Visits a field with this value, shown as `text`.
    pub(crate) fn line(
        &mut self,
        field: &'static Field,
        offset: usize,
        len: usize,
        value: Value<'_>,
        text: fmt::Arguments<'_>,
    ) -> Step {
        step(self.visitor.line(field, self.at(offset, len), value, text))
    }

    /// A line that is no field.
    pub(crate) fn text(&mut self, offset: usize, len: usize, text: fmt::Arguments<'_>) -> Step {
        step(self.visitor.text(self.at(offset, len), text))
    }

    /// A remark about the last line.
    pub(crate) fn remark(
        &mut self,
        field: &'static Field,
        offset: usize,
        len: usize,
        severity: Severity,
        group: Group,
        message: &str,
    ) -> Step {
        step(remark_below(field, self.at(offset, len), severity, group, message, self.visitor))
    }

    /// A remark that stands beside the lines around it.
    pub(crate) fn remark_beside(
        &mut self,
        field: &'static Field,
        offset: usize,
        len: usize,
        severity: Severity,
        group: Group,
        message: &str,
    ) -> Step {
        step(remark(field, self.at(offset, len), severity, group, message, self.visitor))
    }

    /// What follows belongs under the last line.
    pub(crate) fn open(&mut self) {
        self.depth += 1;
        self.visitor.open();
    }

    /// Ends the innermost [`Walk::open`].
    pub(crate) fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.visitor.close();
    }

    /// Reads and visits a number or a boolean as wide as its field says (booleans: as its mask needs), and returns
    /// it, shifted down by its mask.
    pub(crate) fn num(&mut self, field: &'static Field, offset: usize) -> Step<u64> {
        let (value, len) = self.read(field, offset)?;
        let shown = if field.kind == Kind::Bool { Value::Bool(value != 0) } else { Value::Uint(value) };
        self.value(field, offset, len, shown)?;
        Ok(value)
    }

    /// Reads what [`Walk::num`] would visit: the value and its length in bytes.
    pub(crate) fn read(&self, field: &Field, offset: usize) -> Step<(u64, usize)> {
        let len = match (field.kind, field.width) {
            (Kind::Uint(bits), _) => usize::from(bits).div_ceil(8),
            (_, 0) => ((64 - field.mask.leading_zeros()) as usize).div_ceil(8).max(1),
            (_, bits) => usize::from(bits).div_ceil(8),
        };
        let raw = self.get(offset, len)?.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        let value = if field.mask == 0 { raw } else { (raw & field.mask) >> field.mask.trailing_zeros() };
        Ok((value, len))
    }

    /// A number of seconds, followed by the same in days, hours and so on.
    pub(crate) fn secs(&mut self, field: &'static Field, offset: usize) -> Step<u64> {
        let (n, len) = self.read(field, offset)?;
        let text = format_args!("{}: {n} ({})", field.label, Secs(n));
        self.line(field, offset, len, Value::Uint(n), text)?;
        Ok(n)
    }

    /// An IPv4 address.
    pub(crate) fn ipv4(&mut self, field: &'static Field, offset: usize) -> Step<Ipv4Addr> {
        let ip = self.bytes.ipv4(offset).ok_or(End::Short)?;
        self.value(field, offset, 4, Value::Ipv4(ip))?;
        Ok(ip)
    }

    /// An IPv6 address.
    pub(crate) fn ipv6(&mut self, field: &'static Field, offset: usize) -> Step<Ipv6Addr> {
        let ip = self.bytes.ipv6(offset).ok_or(End::Short)?;
        self.value(field, offset, 16, Value::Ipv6(ip))?;
        Ok(ip)
    }

    /// `len` bytes; without any, the line says so.
    pub(crate) fn bytes(&mut self, field: &'static Field, offset: usize, len: usize) -> Step {
        let bytes = self.get(offset, len)?;
        if bytes.is_empty() {
            return self.line(
                field,
                offset,
                0,
                Value::Bytes(bytes),
                format_args!("{}: <MISSING>", field.label),
            );
        }
        self.value(field, offset, len, Value::Bytes(bytes))
    }

    /// `len` bytes of text.
    pub(crate) fn string(&mut self, field: &'static Field, offset: usize, len: usize) -> Step<&'a [u8]> {
        let text = self.get(offset, len)?;
        self.value(field, offset, len, Value::Text(text))?;
        Ok(text)
    }

    /// Closes what is still open, however the walk ended, and says what its visitor answered.
    pub(crate) fn finish(mut self, result: Step) -> Visited {
        while self.depth > 0 {
            self.close();
        }
        match result {
            Err(End::Enough) => ControlFlow::Break(()),
            Ok(()) | Err(End::Short) => ControlFlow::Continue(()),
        }
    }
}

/// The visitor's answer as a step.
pub(crate) fn step(flow: Visited) -> Step {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(End::Enough),
    }
}

/// A visitor that looks at nothing.
pub(crate) struct Blind;

impl Visit for Blind {
    fn field(&mut self, _: &'static Field, _: At, _: Value<'_>) -> Visited {
        ControlFlow::Continue(())
    }
}

/// Adds the layer of a protocol that nothing follows; `walk` says whether its message is whole.
pub(crate) fn whole(
    d: &mut Decoder<'_, '_>,
    proto: Proto,
    span: Span,
    walk: impl FnOnce(&mut Walk<'_, '_>) -> Step,
) -> Next {
    let bytes = d.get(span);
    if walk(&mut Walk::new(bytes, 0, 0, &mut Blind)) == Err(End::Short) {
        return d.broken(proto, span);
    }
    d.layer(proto, span, span.len());
    Next::Done
}

/// A number of seconds in words: `1 day, 2 hours, 3 seconds`.
pub(crate) struct Secs(pub(crate) u64);

impl fmt::Display for Secs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        if n == 0 {
            return f.write_str("0 seconds");
        }
        let parts =
            [(n / 86400, "day"), (n / 3600 % 24, "hour"), (n / 60 % 60, "minute"), (n % 60, "second")];
        let mut comma = "";
        for (n, unit) in parts.into_iter().filter(|(n, _)| *n > 0) {
            write!(f, "{comma}{n} {unit}{}", plural(n))?;
            comma = ", ";
        }
        Ok(())
    }
}

/// Bytes from the network as text; what is not UTF-8 becomes U+FFFD. Not escaped.
pub(crate) struct Lossy<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Lossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            for _ in chunk.invalid() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

/// Formatting into a line: every character that a terminal would act upon is escaped.
pub(crate) struct Escaped<'l>(pub(crate) &'l mut Line);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        s.chars().for_each(|c| escape_char(self.0, c));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_in_words_leave_out_what_is_zero() {
        assert_eq!(Secs(0).to_string(), "0 seconds");
        assert_eq!(Secs(61).to_string(), "1 minute, 1 second");
        assert_eq!(Secs(90_061).to_string(), "1 day, 1 hour, 1 minute, 1 second");
        assert_eq!(Secs(7200).to_string(), "2 hours");
    }
}
