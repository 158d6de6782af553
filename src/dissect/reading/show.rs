//! Showing the fields of a header that may be cut anywhere: what is there is visited, what is missing is passed over.

use super::read::Read;
use crate::dissect::{Layer, Visited};
use crate::field::{At, Field, Kind, Value, Visit};
use std::fmt;

/// The bytes of a header and the visitor that is shown its fields.
pub(in crate::dissect) struct Show<'a, 'v> {
    /// The bytes from which offsets count.
    pub(in crate::dissect) bytes: &'a [u8],
    base: At,
    /// The visitor that is shown the fields.
    pub(in crate::dissect) v: &'v mut dyn Visit,
}

impl<'a, 'v> Show<'a, 'v> {
    /// Shows fields of `layer`, whose bytes are `bytes`.
    pub(in crate::dissect) fn new(bytes: &'a [u8], layer: &Layer, v: &'v mut dyn Visit) -> Show<'a, 'v> {
        Show { bytes, base: layer.at(0, 0), v }
    }

    /// The range of `len` bytes at `offset`.
    pub(in crate::dissect) fn at(&self, offset: usize, len: usize) -> At {
        At { source: self.base.source, start: self.base.start + offset as u32, len: len as u32 }
    }

    /// The `len` (1 to 8) bytes at `offset` as a number in network byte order.
    pub(in crate::dissect) fn number(&self, offset: usize, len: usize) -> Option<u64> {
        let bytes = self.bytes.get(offset..offset.checked_add(len)?)?;
        Some(bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    /// The value of a number or a bit: `None` when its bytes are missing.
    fn value(&self, field: &Field, offset: usize, len: usize) -> Option<Value<'static>> {
        let raw = self.number(offset, len)?;
        Some(match (field.kind, field.mask) {
            (Kind::Bool, 0) => Value::Bool(raw != 0),
            (Kind::Bool, mask) => Value::Bool(raw & mask != 0),
            (_, 0) => Value::Uint(raw),
            (_, mask) => Value::Uint((raw & mask) >> mask.trailing_zeros()),
        })
    }

    /// A number or a bit in `len` bytes at `offset`; its mask is taken into account.
    pub(in crate::dissect) fn uint(&mut self, field: &'static Field, offset: usize, len: usize) -> Visited {
        match self.value(field, offset, len) {
            Some(value) => self.v.field(field, self.at(offset, len), value),
            None => Visited::Continue(()),
        }
    }

    /// As [`Show::uint`], where the line is `text`.
    pub(in crate::dissect) fn uint_line(
        &mut self,
        field: &'static Field,
        offset: usize,
        len: usize,
        text: fmt::Arguments<'_>,
    ) -> Visited {
        match self.value(field, offset, len) {
            Some(value) => self.v.line(field, self.at(offset, len), value, text),
            None => Visited::Continue(()),
        }
    }

    /// Several numbers or bits in the same `len` bytes at `offset`, one level deeper.
    pub(in crate::dissect) fn bits(
        &mut self,
        fields: &[&'static Field],
        offset: usize,
        len: usize,
    ) -> Visited {
        self.v.open();
        for field in fields {
            self.uint(field, offset, len)?;
        }
        self.v.close();
        Visited::Continue(())
    }

    /// `len` bytes at `offset`, or as many as there are.
    pub(in crate::dissect) fn raw(&mut self, field: &'static Field, offset: usize, len: usize) -> Visited {
        let end = offset.saturating_add(len).min(self.bytes.len());
        match self.bytes.get(offset..end) {
            Some(bytes) if !bytes.is_empty() => {
                let value = if field.kind == Kind::Text { Value::Text(bytes) } else { Value::Bytes(bytes) };
                self.v.field(field, self.at(offset, bytes.len()), value)
            }
            _ => Visited::Continue(()),
        }
    }

    /// A label over `len` bytes at `offset`.
    pub(in crate::dissect) fn label(&mut self, field: &'static Field, offset: usize, len: usize) -> Visited {
        if offset.saturating_add(len) > self.bytes.len() {
            return Visited::Continue(());
        }
        self.v.field(field, self.at(offset, len), Value::None)
    }

    /// An Ethernet address at `offset`.
    pub(in crate::dissect) fn mac(&mut self, field: &'static Field, offset: usize) -> Visited {
        match self.bytes.mac(offset) {
            Some(mac) => self.v.field(field, self.at(offset, 6), Value::Mac(mac)),
            None => Visited::Continue(()),
        }
    }

    /// An IPv4 address at `offset`.
    pub(in crate::dissect) fn ipv4(&mut self, field: &'static Field, offset: usize) -> Visited {
        match self.bytes.ipv4(offset) {
            Some(ip) => self.v.field(field, self.at(offset, 4), Value::Ipv4(ip)),
            None => Visited::Continue(()),
        }
    }

    /// An IPv6 address at `offset`.
    pub(in crate::dissect) fn ipv6(&mut self, field: &'static Field, offset: usize) -> Visited {
        match self.bytes.ipv6(offset) {
            Some(ip) => self.v.field(field, self.at(offset, 16), Value::Ipv6(ip)),
            None => Visited::Continue(()),
        }
    }
}
