//! Reading a message from its beginning to its end, field by field, and showing each: vectors with their lengths in
//! front (RFC 8446, section 3.4), clipped to what is there.

use super::super::{Layer, Visited};
use crate::dissect::reading::show::Show;
use crate::field::{At, Field, Kind, Value, Visit};
use crate::text::Hex;
use std::fmt;
use std::ops::ControlFlow;

/// What is read and the place reached.
pub(in crate::dissect) struct Cursor<'a, 'v> {
    s: Show<'a, 'v>,
    at: usize,
    end: usize,
}

/// A number that was shown: 0 where its bytes are missing.
pub(in crate::dissect) type Shown = ControlFlow<(), usize>;

impl<'a, 'v> Cursor<'a, 'v> {
    /// Reads `bytes`, which lie at `start` of `source`.
    pub(in crate::dissect) fn new(
        bytes: &'a [u8],
        source: u8,
        start: usize,
        v: &'v mut dyn Visit,
    ) -> Cursor<'a, 'v> {
        let start = start as u32;
        let end = start.saturating_add(bytes.len() as u32);
        let proto = crate::dissect::Proto::Tls;
        let layer = Layer { proto, source, quoted: false, start, payload: start, end };
        Cursor { s: Show::new(bytes, &layer, v), at: 0, end: bytes.len() }
    }

    /// How many bytes are left.
    pub(in crate::dissect) fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// The next `n` bytes, or as many as are left.
    pub(in crate::dissect) fn peek(&self, n: usize) -> &'a [u8] {
        self.s.bytes.get(self.at..self.end.min(self.at.saturating_add(n))).unwrap_or(&[])
    }

    /// The number in the next `len` bytes.
    pub(in crate::dissect) fn value(&self, len: usize) -> Option<usize> {
        (len <= self.left()).then(|| self.s.number(self.at, len)).flatten().map(|n| n as usize)
    }

    /// Where the next `len` bytes lie.
    pub(in crate::dissect) fn here(&self, len: usize) -> At {
        self.s.at(self.at, len.min(self.left()))
    }

    /// Passes over `n` bytes.
    pub(in crate::dissect) fn skip(&mut self, n: usize) {
        self.at = self.end.min(self.at.saturating_add(n));
    }

    /// The visitor that is shown the fields.
    pub(in crate::dissect) fn visitor(&mut self) -> &mut dyn Visit {
        &mut *self.s.v
    }

    pub(in crate::dissect) fn open(&mut self) {
        self.s.v.open();
    }

    pub(in crate::dissect) fn close(&mut self) {
        self.s.v.close();
    }

    /// A number of `len` bytes.
    pub(in crate::dissect) fn num(&mut self, field: &'static Field, len: usize) -> Shown {
        let Some(n) = self.value(len) else {
            self.at = self.end;
            return Shown::Continue(0);
        };
        self.s.uint(field, self.at, len)?;
        self.at += len;
        Shown::Continue(n)
    }

    /// As [`Cursor::num`], without the number.
    pub(in crate::dissect) fn only(&mut self, field: &'static Field, len: usize) -> Visited {
        self.num(field, len)?;
        Visited::Continue(())
    }

    /// A number of `len` bytes, whose line is `text`.
    pub(in crate::dissect) fn num_line(
        &mut self,
        field: &'static Field,
        len: usize,
        text: fmt::Arguments<'_>,
    ) -> Visited {
        if self.value(len).is_some() {
            self.s.uint_line(field, self.at, len, text)?;
        }
        self.skip(len);
        Visited::Continue(())
    }

    /// `len` bytes; nothing where there are none.
    pub(in crate::dissect) fn bytes(&mut self, field: &'static Field, len: usize) -> Visited {
        let bytes = self.peek(len);
        let at = self.here(bytes.len());
        self.at += bytes.len();
        match (bytes, field.kind) {
            ([], _) => Visited::Continue(()),
            (text, Kind::Text) => self.s.v.field(field, at, Value::Text(text)),
            _ => self.s.v.line(
                field,
                at,
                Value::Bytes(bytes),
                format_args!("{}: {}", field.label, Hex::beginning(bytes)),
            ),
        }
    }

    /// A heading over the next `len` bytes; what follows belongs under it until [`Cursor::close`].
    pub(in crate::dissect) fn heading(
        &mut self,
        field: &'static Field,
        len: usize,
        text: fmt::Arguments<'_>,
    ) -> Visited {
        let at = self.here(len);
        self.s.v.line(field, at, Value::None, text)?;
        self.s.v.open();
        Visited::Continue(())
    }

    /// A heading that is no field.
    pub(in crate::dissect) fn group(&mut self, len: usize, text: fmt::Arguments<'_>) -> Visited {
        let at = self.here(len);
        self.s.v.text(at, text)?;
        self.s.v.open();
        Visited::Continue(())
    }

    /// Confines reading to the next `len` bytes; gives back what [`Cursor::widen`] needs.
    pub(in crate::dissect) fn narrow(&mut self, len: usize) -> usize {
        let outer = self.end;
        self.end = self.end.min(self.at.saturating_add(len));
        outer
    }

    /// Goes to the end of what [`Cursor::narrow`] confined, and back to the wider range.
    pub(in crate::dissect) fn widen(&mut self, outer: usize) {
        self.at = self.end;
        self.end = outer;
    }
}
