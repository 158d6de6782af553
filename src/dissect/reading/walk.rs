//! The one reader of all dissectors: it reads a field of a message, passes it to a visitor and goes on.
//!
//! A [`Walk`] knows its bytes, where they lie in the packet, and the visitor. The details tree, the values of fields and
//! filters are visitors of the same walk, so a field has one offset, one length and one value for all of them. The same
//! walk, with a visitor that looks at nothing, tells the decoder whether a message is whole ([`whole`](super::layer::whole)).
//!
//! - **Missing bytes.** The first read beyond the end ends the walk with [`End::Short`]; the visitor keeps what it
//!   has seen. [`Walk::within`] confines this to a part: the walk goes on after the part. [`Walk::up_to`] takes as
//!   many bytes as there are. No bytes make a walk panic.
//! - **Offsets.** They count from the current place: the beginning, until [`Walk::skip`] or [`Walk::take`] moves it.
//!   Headers of a fixed form use offsets; lists of variable parts take one part after the other.
//! - **Levels.** [`show`](super::layer::show) and [`Walk::finish`] close the levels that are still open, however the
//!   walk ended.
//!
//! Numbers that are not visited are read with [`Read`], from any bytes. Headers that the decoder has read already
//! (Ethernet, IPv4, TCP, UDP) are shown from its result, because a second reading would slow the list down.

use super::wording::Secs;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity, remark, remark_below, remark_unseen};
use crate::dissect::{Layer, Visited};
use crate::field::{At, Field, Kind, Value, Visit};
use std::fmt;
use std::ops::ControlFlow;

/// Why a walk ended before its message did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The visitor wants to see no more.
    Enough,
    /// The message has fewer bytes than it says, or an impossible value.
    Short,
}

/// The result of one step of a walk.
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

    /// A walk over `bytes`, which lie at the beginning of `layer`.
    pub(crate) fn over(bytes: &'a [u8], layer: &Layer, visitor: &'v mut dyn Visit) -> Walk<'a, 'v> {
        Walk::new(bytes, layer.source, layer.start, visitor)
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len()
    }

    /// The next `n` bytes, or as many as are left.
    pub(crate) fn peek(&self, n: usize) -> &'a [u8] {
        self.bytes.get(..n).unwrap_or(self.bytes)
    }

    /// Leaves the first `n` bytes behind: offsets count from there on.
    pub(crate) fn skip(&mut self, n: usize) {
        let n = n.min(self.left());
        self.bytes = self.bytes.get(n..).unwrap_or(&[]);
        self.start = self.start.saturating_add(n as u32);
    }

    /// The visitor, for fields that are not read from the walk's bytes.
    pub(crate) fn visitor(&mut self) -> &mut dyn Visit {
        &mut *self.visitor
    }

    /// The range of `len` bytes at `offset`.
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

    /// The `len` (1 to 8) bytes at `offset` as a number.
    pub(crate) fn number(&self, offset: usize, len: usize) -> Step<u64> {
        Ok(self.get(offset, len)?.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    /// Visits a field with the given value.
    pub(crate) fn value(
        &mut self,
        field: &'static Field,
        offset: usize,
        len: usize,
        value: Value<'_>,
    ) -> Step {
        step(self.visitor.field(field, self.at(offset, len), value))
    }

    /// Visits a field with the given value; its line is `text`.
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

    /// Visits a field that the details pane leaves out, because another line has the same content.
    pub(crate) fn unseen(
        &mut self,
        field: &'static Field,
        offset: usize,
        len: usize,
        value: Value<'_>,
    ) -> Step {
        step(self.visitor.unseen(field, self.at(offset, len), value))
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

    /// A remark beside the last line, not under it.
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

    /// A remark that the details pane leaves out.
    pub(crate) fn remark_unseen(
        &mut self,
        field: &'static Field,
        offset: usize,
        len: usize,
        severity: Severity,
        group: Group,
        message: &str,
    ) -> Step {
        step(remark_unseen(field, self.at(offset, len), severity, group, message, self.visitor))
    }

    /// Begins a level: what follows belongs under the last line.
    pub(crate) fn open(&mut self) {
        self.depth += 1;
        self.visitor.open();
    }

    /// Ends the innermost [`Walk::open`].
    pub(crate) fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.visitor.close();
    }

    /// Reads and visits a number or a boolean, and returns it, shifted down by the field's mask. The field says how
    /// many bytes it takes; a boolean takes as many as its mask needs.
    pub(crate) fn num(&mut self, field: &'static Field, offset: usize) -> Step<u64> {
        let (value, len) = self.read(field, offset)?;
        self.value(field, offset, len, shown(field, value))?;
        Ok(value)
    }

    /// As [`Walk::num`], from `len` bytes; the number is not returned.
    pub(crate) fn uint(&mut self, field: &'static Field, offset: usize, len: usize) -> Step {
        let value = self.masked(field, offset, len)?;
        self.value(field, offset, len, shown(field, value))
    }

    /// Reads and visits a little-endian number of `len` (1 to 8) bytes, and returns it.
    pub(crate) fn num_le(&mut self, field: &'static Field, offset: usize, len: usize) -> Step<u64> {
        let value = self.get(offset, len)?.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
        self.value(field, offset, len, Value::Uint(value))?;
        Ok(value)
    }

    /// As [`Walk::uint`], with `text` as the line.
    pub(crate) fn uint_line(
        &mut self,
        field: &'static Field,
        offset: usize,
        len: usize,
        text: fmt::Arguments<'_>,
    ) -> Step {
        let value = self.masked(field, offset, len)?;
        self.line(field, offset, len, shown(field, value), text)
    }

    /// Several numbers or bits in the same `len` bytes, one level deeper.
    pub(crate) fn bits(&mut self, fields: &[&'static Field], offset: usize, len: usize) -> Step {
        self.open();
        for field in fields {
            self.uint(field, offset, len)?;
        }
        self.close();
        Ok(())
    }

    /// Reads what [`Walk::num`] would visit: the value and its length in bytes.
    pub(crate) fn read(&self, field: &Field, offset: usize) -> Step<(u64, usize)> {
        let len = width(field);
        Ok((self.masked(field, offset, len)?, len))
    }

    /// The number in `len` bytes, shifted down by the mask of its field.
    fn masked(&self, field: &Field, offset: usize, len: usize) -> Step<u64> {
        let raw = self.number(offset, len)?;
        Ok(if field.mask == 0 { raw } else { (raw & field.mask) >> field.mask.trailing_zeros() })
    }

    /// Reads and visits a number of seconds; the line adds the same in days, hours and so on.
    pub(crate) fn secs(&mut self, field: &'static Field, offset: usize) -> Step<u64> {
        let (n, len) = self.read(field, offset)?;
        let text = format_args!("{}: {n} ({})", field.label, Secs(n));
        self.line(field, offset, len, Value::Uint(n), text)?;
        Ok(n)
    }

    /// An Ethernet address.
    pub(crate) fn mac(&mut self, field: &'static Field, offset: usize) -> Step {
        let address = self.bytes.mac(offset).ok_or(End::Short)?;
        self.value(field, offset, 6, Value::Mac(address))
    }

    /// An IPv4 address.
    pub(crate) fn ipv4(&mut self, field: &'static Field, offset: usize) -> Step {
        let address = self.bytes.ipv4(offset).ok_or(End::Short)?;
        self.value(field, offset, 4, Value::Ipv4(address))
    }

    /// An IPv6 address.
    pub(crate) fn ipv6(&mut self, field: &'static Field, offset: usize) -> Step {
        let address = self.bytes.ipv6(offset).ok_or(End::Short)?;
        self.value(field, offset, 16, Value::Ipv6(address))
    }

    /// `len` bytes. Where `len` is 0, the line says so.
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

    /// `len` bytes, or as many as there are; the field says whether they are text. Nothing is visited where there are
    /// none.
    pub(crate) fn up_to(&mut self, field: &'static Field, offset: usize, len: usize) -> Step {
        let end = offset.saturating_add(len).min(self.bytes.len());
        match self.bytes.get(offset..end) {
            None | Some([]) => Ok(()),
            Some(text) if field.kind == Kind::Text => {
                self.value(field, offset, text.len(), Value::Text(text))
            }
            Some(bytes) => self.value(field, offset, bytes.len(), Value::Bytes(bytes)),
        }
    }

    /// A field without a value, over `len` bytes.
    pub(crate) fn label(&mut self, field: &'static Field, offset: usize, len: usize) -> Step {
        self.get(offset, len)?;
        self.value(field, offset, len, Value::None)
    }

    /// `len` bytes of text.
    pub(crate) fn string(&mut self, field: &'static Field, offset: usize, len: usize) -> Step<&'a [u8]> {
        let text = self.get(offset, len)?;
        self.value(field, offset, len, Value::Text(text))?;
        Ok(text)
    }

    /// Reads and visits a number of `len` bytes, mostly the length of what follows, and goes past it.
    pub(crate) fn take(&mut self, field: &'static Field, len: usize) -> Step<usize> {
        let value = self.masked(field, 0, len)?;
        self.value(field, 0, len, shown(field, value))?;
        self.skip(len);
        Ok(value as usize)
    }

    /// Visits the next `len` bytes, or as many as are left, and goes past them.
    pub(crate) fn take_up_to(&mut self, field: &'static Field, len: usize) -> Step {
        self.up_to(field, 0, len)?;
        self.skip(len);
        Ok(())
    }

    /// A heading over the next `len` bytes, or as many as are left; what follows belongs under it.
    pub(crate) fn heading(&mut self, field: &'static Field, len: usize, text: fmt::Arguments<'_>) -> Step {
        self.line(field, 0, len.min(self.left()), Value::None, text)?;
        self.open();
        Ok(())
    }

    /// As [`Walk::heading`], where the heading is plain text and no field.
    pub(crate) fn group(&mut self, len: usize, text: fmt::Arguments<'_>) -> Step {
        self.text(0, len.min(self.left()), text)?;
        self.open();
        Ok(())
    }

    /// Confines reading to the next `len` bytes, or as many as are left, and goes past them. A part that ends early
    /// does not end the walk; its open levels are closed.
    pub(crate) fn within(&mut self, len: usize, part: impl FnOnce(&mut Self) -> Step) -> Step {
        let (bytes, start, depth) = (self.bytes, self.start, self.depth);
        self.bytes = self.peek(len);
        let result = part(self);
        self.close_to(depth);
        (self.bytes, self.start) = (bytes, start);
        self.skip(len);
        match result {
            Err(End::Short) => Ok(()),
            result => result,
        }
    }

    /// Closes the levels below `depth`.
    fn close_to(&mut self, depth: u32) {
        while self.depth > depth {
            self.close();
        }
    }

    /// Closes the levels that are still open, however the walk ended, and returns the visitor's last answer.
    pub(crate) fn finish(mut self, result: Step) -> Visited {
        self.close_to(0);
        match result {
            Err(End::Enough) => ControlFlow::Break(()),
            Ok(()) | Err(End::Short) => ControlFlow::Continue(()),
        }
    }
}

/// How many bytes a number of this field takes; a boolean takes as many as its mask needs.
fn width(field: &Field) -> usize {
    match (field.kind, field.width) {
        (Kind::Uint(bits), _) => usize::from(bits).div_ceil(8),
        (_, 0) => ((64 - field.mask.leading_zeros()) as usize).div_ceil(8).max(1),
        (_, bits) => usize::from(bits).div_ceil(8),
    }
}

/// A number as the value of its field.
fn shown(field: &Field, value: u64) -> Value<'static> {
    if field.kind == Kind::Bool { Value::Bool(value != 0) } else { Value::Uint(value) }
}

/// The visitor's answer as the result of a step.
pub(crate) fn step(flow: Visited) -> Step {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(End::Enough),
    }
}

#[cfg(test)]
mod tests;
