//! The values of a packet while a filter is evaluated, and how they compare.

use super::tree::{Op, SliceRange};
use crate::dissect::Context;
use crate::field::Value;
use memchr::memmem::Finder;
use regex::bytes::Regex;
use std::cmp::Ordering;

/// A value of one packet. Its bytes are in an arena that is reused from packet to packet, or in the packet itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item {
    /// Integers, booleans, and times in nanoseconds.
    Number(i128),
    Double(f64),
    Ipv4(u32),
    Ipv6(u128),
    /// Bytes or text: a range of the arena.
    Stored {
        start: usize,
        end: usize,
    },
    /// A protocol: its bytes from its header to the end of the data that contains it, and the length of its header.
    Layer {
        source: u8,
        start: u32,
        header: u32,
    },
    /// A field without a value that is present.
    Label,
}

/// Values, and the bytes to which they refer. Both are reused from packet to packet, so that no packet needs an
/// allocation.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    pub(super) items: Vec<Item>,
    pub(super) arena: Vec<u8>,
}

impl Items {
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.arena.clear();
    }

    /// Adds the value of a field, as a walk over the packet visits it.
    pub(super) fn push(&mut self, value: Value<'_>) {
        let item = match value {
            Value::None => Item::Label,
            Value::Bool(b) => Item::Number(b.into()),
            Value::Uint(n) => Item::Number(n.into()),
            Value::Int(n) | Value::Duration(n) => Item::Number(n.into()),
            Value::Time(t) => Item::Number(t.nanos().into()),
            Value::Double(x) => Item::Double(x),
            Value::Ipv4(ip) => Item::Ipv4(ip.into()),
            Value::Ipv6(ip) => Item::Ipv6(ip.into()),
            Value::Text(bytes) | Value::Bytes(bytes) => return self.store(bytes),
            Value::Mac(mac) => return self.store(&mac),
        };
        self.items.push(item);
    }

    /// Adds a value in the form for comparisons.
    pub(super) fn add(&mut self, value: Seen<'_>) {
        let item = match value {
            Seen::Number(n) => Item::Number(n),
            Seen::Double(x) => Item::Double(x),
            Seen::Ipv4(ip, _) => Item::Ipv4(ip),
            Seen::Ipv6(ip, _) => Item::Ipv6(ip),
            Seen::Bytes(bytes) => return self.store(bytes),
        };
        self.items.push(item);
    }

    /// Adds bytes or text.
    pub(super) fn store(&mut self, bytes: &[u8]) {
        let start = self.arena.len();
        self.arena.extend_from_slice(bytes);
        self.items.push(Item::Stored { start, end: self.arena.len() });
    }

    /// The value of an item, in the form for comparisons.
    pub(super) fn get<'a>(&'a self, item: &Item, ctx: &Context<'a>) -> Seen<'a> {
        match *item {
            Item::Number(n) => Seen::Number(n),
            Item::Double(x) => Seen::Double(x),
            Item::Ipv4(ip) => Seen::Ipv4(ip, 32),
            Item::Ipv6(ip) => Seen::Ipv6(ip, 128),
            Item::Stored { start, end } => Seen::Bytes(self.arena.get(start..end).unwrap_or(&[])),
            Item::Layer { source, start, .. } => {
                Seen::Bytes(ctx.source(source).get(start as usize..).unwrap_or(&[]))
            }
            Item::Label => Seen::Number(0),
        }
    }
}

/// A value in the form for comparisons.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Seen<'a> {
    Number(i128),
    Double(f64),
    /// An address, and how many of its leading bits count.
    Ipv4(u32, u8),
    Ipv6(u128, u8),
    Bytes(&'a [u8]),
}

impl Seen<'_> {
    /// The value as a number, for arithmetic; up to 8 bytes count as one number in network byte order. `None` for
    /// other values.
    pub(super) fn number(self) -> Option<i128> {
        match self {
            Seen::Number(n) => Some(n),
            Seen::Double(x) => Some(x as i128),
            Seen::Bytes(bytes) if bytes.len() <= 8 => {
                Some(bytes.iter().fold(0, |n, byte| n << 8 | i128::from(*byte)))
            }
            Seen::Ipv4(ip, _) => Some(ip.into()),
            _ => None,
        }
    }

    /// Whether no bit of the value is set.
    pub(super) fn is_zero(self) -> bool {
        match self {
            Seen::Number(n) => n == 0,
            Seen::Double(x) => x == 0.0,
            Seen::Ipv4(ip, _) => ip == 0,
            Seen::Ipv6(ip, _) => ip == 0,
            Seen::Bytes(bytes) => bytes.iter().all(|byte| *byte == 0),
        }
    }

    fn order(self, other: Seen<'_>) -> Option<Ordering> {
        match (self, other) {
            (Seen::Number(a), Seen::Number(b)) => Some(a.cmp(&b)),
            (Seen::Double(a), Seen::Double(b)) => a.partial_cmp(&b),
            (Seen::Double(a), Seen::Number(b)) => a.partial_cmp(&(b as f64)),
            (Seen::Number(a), Seen::Double(b)) => (a as f64).partial_cmp(&b),
            (Seen::Bytes(a), Seen::Bytes(b)) => Some(a.cmp(b)),
            (Seen::Ipv4(a, m), Seen::Ipv4(b, n)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(m.min(n))).unwrap_or(0);
                Some((a & mask).cmp(&(b & mask)))
            }
            (Seen::Ipv6(a, m), Seen::Ipv6(b, n)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(m.min(n))).unwrap_or(0);
                Some((a & mask).cmp(&(b & mask)))
            }
            (Seen::Bytes(_), Seen::Number(_)) | (Seen::Number(_), Seen::Bytes(_)) => {
                Some(self.number()?.cmp(&other.number()?))
            }
            _ => None,
        }
    }

    /// Whether the comparison `op` with the other value holds.
    pub(super) fn compare(self, op: Op, other: Seen<'_>) -> bool {
        match (op, self, other) {
            (Op::Contains, Seen::Bytes(hay), Seen::Bytes(needle)) => {
                memchr::memmem::find(hay, needle).is_some()
            }
            (op, a, b) => op.allows(a.order(b)),
        }
    }
}

impl Op {
    /// Whether the comparison holds for two values in this order; `None` means that they have no order.
    fn allows(self, order: Option<Ordering>) -> bool {
        match self {
            Op::AnyEq | Op::AllEq => order == Some(Ordering::Equal),
            Op::AnyNe | Op::AllNe => order != Some(Ordering::Equal),
            Op::Gt => order == Some(Ordering::Greater),
            Op::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Op::Lt => order == Some(Ordering::Less),
            Op::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Op::Contains | Op::Matches => false,
        }
    }
}

/// A literal in the form for comparisons.
#[derive(Clone, Debug)]
pub(super) enum Literal {
    Number(i128),
    /// A number that no value of the type can be: one below zero for unsigned numbers. As in Wireshark, only `!=`
    /// holds.
    Beyond,
    Double(f64),
    Ipv4(u32, u8),
    Ipv6(u128, u8),
    Bytes(Vec<u8>),
    Needle(Box<Finder<'static>>),
    Pattern(Box<Regex>),
}

impl Literal {
    pub(super) fn seen(&self) -> Option<Seen<'_>> {
        match self {
            Literal::Number(n) => Some(Seen::Number(*n)),
            Literal::Double(x) => Some(Seen::Double(*x)),
            Literal::Ipv4(ip, bits) => Some(Seen::Ipv4(*ip, *bits)),
            Literal::Ipv6(ip, bits) => Some(Seen::Ipv6(*ip, *bits)),
            Literal::Bytes(bytes) => Some(Seen::Bytes(bytes)),
            Literal::Beyond | Literal::Needle(_) | Literal::Pattern(_) => None,
        }
    }

    /// Whether the comparison `op` of `value` with this literal holds.
    #[inline]
    pub(super) fn holds(&self, value: Seen<'_>, op: Op) -> bool {
        match (self, value) {
            // Most comparisons are between numbers.
            (Literal::Number(literal), Seen::Number(value)) => op.allows(Some(value.cmp(literal))),
            (Literal::Beyond, _) => op == Op::AllNe,
            (Literal::Needle(needle), Seen::Bytes(bytes)) => needle.find(bytes).is_some(),
            (Literal::Pattern(pattern), Seen::Bytes(bytes)) => pattern.is_match(bytes),
            _ => self.seen().is_some_and(|literal| value.compare(op, literal)),
        }
    }
}

/// Appends the parts of `bytes` in the ranges; `false` if a range lies outside.
pub(super) fn cut(bytes: &[u8], ranges: &[SliceRange], out: &mut Vec<u8>) -> bool {
    let len = bytes.len() as i64;
    let place = |i: i64| if i < 0 { len + i } else { i };
    ranges.iter().all(|range| {
        let (start, end) = match *range {
            SliceRange::From(start, None) => (place(start), len),
            SliceRange::From(start, Some(n)) if n >= 0 => (place(start), place(start).saturating_add(n)),
            // A negative length also counts from the end.
            SliceRange::From(start, Some(n)) => (place(start), len + n + 1),
            SliceRange::Between(first, last) => (place(first), place(last).saturating_add(1)),
        };
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        let part = range.and_then(|(start, end)| bytes.get(start..end)).filter(|part| !part.is_empty());
        part.inspect(|part| out.extend_from_slice(part)).is_some()
    })
}
