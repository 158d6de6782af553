//! The values of all fields for the page's filter, one column for each field.

use super::BEGINNING;
use super::pack::Part;
use crate::dissect::{Context, Layer, ProtoSet, Visited};
use crate::field::{At, Field, Value, Visit};
use crate::packet::Packet;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::ops::ControlFlow;

/// A value of one packet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stored {
    /// Integers, booleans, and times in nanoseconds.
    Number(i64),
    /// Integers beyond 64 bits.
    Long(Box<i128>),
    /// A number that is in the frame's first bytes as it is: the number, its offset and its length.
    Wire(u64, u16, u8),
    Double(f64),
    /// An IPv4 address.
    Ipv4(u32),
    /// Bytes, text or an address that is in the packet's bytes: source, offset, length. For a protocol, its header.
    Place(At),
    /// Bytes that are nowhere in the packet.
    Bytes(Box<[u8]>),
    /// Present, without a value.
    Label,
    /// A protocol that the packet has, but not as a layer.
    Mark,
}

/// The values that one field has, packet by packet.
#[derive(Debug, Default)]
struct Column {
    packets: Vec<u32>,
    values: Vec<Stored>,
    /// For each value, which occurrence of its protocol it belongs to, and how many there are. Empty until a packet
    /// has several.
    layers: Vec<(u8, u8)>,
}

/// The columns of all fields that occur.
#[derive(Debug, Default)]
pub(super) struct Columns {
    columns: BTreeMap<&'static str, Column>,
}

/// A field's value in one packet.
pub(super) type Found = (&'static Field, Stored);

impl Columns {
    /// Adds the values that a walk over a packet `found`; `index` is the packet's row.
    pub(super) fn add(&mut self, index: u32, packet: &Packet<'_>, found: Vec<Found>) {
        let twice = repeated(&packet.context);
        let mut places = if twice { occurrences(packet) } else { BTreeMap::new() };
        for (field, value) in found {
            let layer = places.get_mut(field.name).and_then(|all| all.pop()).unwrap_or((1, 1));
            self.push(field.name, index, value, layer);
        }
        self.layers(index, &packet.context);
    }

    fn push(&mut self, name: &'static str, index: u32, value: Stored, layer: (u8, u8)) {
        let column = self.columns.entry(name).or_default();
        if layer != (1, 1) && column.layers.is_empty() {
            column.layers = vec![(1, 1); column.values.len()];
        }
        if layer != (1, 1) || !column.layers.is_empty() {
            column.layers.push(layer);
        }
        column.packets.push(index);
        column.values.push(value);
    }

    /// Adds the layers, as the values of the protocols' fields.
    fn layers(&mut self, index: u32, ctx: &Context<'_>) {
        let all = ctx.layers.all();
        let name = |layer: &Layer| layer.proto.get().field.name;
        for (i, layer) in all.iter().enumerate() {
            let same = |layers: &[Layer]| layers.iter().filter(|l| name(l) == name(layer)).count() as u8;
            let nth = (same(all.get(..=i).unwrap_or(&[])), same(all));
            self.push(name(layer), index, Stored::Place(layer.header_at()), nth);
        }
        let Some(damage) = ctx.layers.stop.and_then(|stop| stop.why.remark()) else { return };
        self.push(damage.get().field.name, index, Stored::Mark, (1, 1));
    }

    /// A part for each long column, and one for all short ones.
    pub(super) fn parts(&self) -> io::Result<Vec<Part>> {
        let (mut parts, mut few) = (Vec::new(), String::from("{"));
        let mut known: Vec<(&str, &Column)> = Vec::new();
        for (name, column) in &self.columns {
            let json = column.json(&known)?;
            if json.len() < SHORT {
                let _ = write!(few, "{}\"{name}\":{json}", if few.len() > 1 { "," } else { "" });
            } else {
                parts.push(Part::of_bytes(format!("field-{name}"), json.as_bytes())?);
                known.push((name, column));
            }
        }
        few.push('}');
        parts.push(Part::of_bytes("few", few.as_bytes())?);
        Ok(parts)
    }
}

/// The most characters of a column that shares a part with other short ones.
const SHORT: usize = 1024;
/// How many earlier columns are compared, to find one with the same numbers.
const NEAR: usize = 12;
/// The least characters of a packed column that make reading its values from the packets' bytes worth while.
const LONG: usize = 8 << 10;

impl Column {
    /// The column as JSON: as a relation to one of the `known` columns, as places in the packets' bytes, or by its
    /// values.
    fn json(&self, known: &[(&str, &Column)]) -> io::Result<String> {
        if let Some(numbers) = self.numbers().filter(|all| all.len() > SHORT) {
            let alike = known.iter().rev().filter(|(_, other)| other.packets == self.packets).take(NEAR);
            for (name, other) in alike {
                if let Some(relation) = other.numbers().and_then(|others| relation(&numbers, &others)) {
                    return Ok(format!("{{\"like\":\"{name}\",{relation}}}"));
                }
            }
        }
        let own = self.own();
        match self.wire() {
            Some(wire) if Part::of_bytes("", own.as_bytes())?.packed.len() > LONG => Ok(wire),
            _ => Ok(own),
        }
    }

    /// The values of a column of numbers; `None` for other columns.
    fn numbers(&self) -> Option<Vec<i128>> {
        self.layers.is_empty().then(|| self.values.iter().map(Stored::number).collect()).flatten()
    }

    /// The places of the values, if all are in the packets' bytes as they are; else `None`.
    fn wire(&self) -> Option<String> {
        let place = |value: &Stored| match value {
            Stored::Wire(_, start, len) => Some(format!("{start},{len}")),
            _ => None,
        };
        let mut places: Vec<String> = self.values.iter().map(place).collect::<Option<_>>()?;
        if places.windows(2).all(|pair| pair.first() == pair.last()) {
            places.truncate(1);
        }
        let mut out = String::from("{\"p\":[");
        self.write_packets(&mut out);
        out.push_str(&format!("],\"w\":[{}]", places.join(",")));
        self.write_layers(&mut out);
        out.push('}');
        Some(out)
    }

    /// `p`: packets, each as the difference from the one before; `v`: values, integers as the difference from the one
    /// before; `n` and `o`: occurrence of the protocol, and number of occurrences.
    fn own(&self) -> String {
        let mut out = String::from("{\"p\":[");
        self.write_packets(&mut out);
        out.push_str("],\"v\":[");
        let mut last = 0;
        for (i, value) in self.values.iter().enumerate() {
            out.push_str(comma(i));
            value.json(&mut last, &mut out);
        }
        out.push(']');
        self.write_layers(&mut out);
        out.push('}');
        out
    }

    fn write_packets(&self, out: &mut String) {
        let mut last = 0;
        for (i, packet) in self.packets.iter().enumerate() {
            let _ = write!(out, "{}{}", comma(i), packet - last);
            last = *packet;
        }
    }

    fn write_layers(&self, out: &mut String) {
        for (name, of) in [('n', false), ('o', true)].iter().filter(|_| !self.layers.is_empty()) {
            let _ = write!(out, ",\"{name}\":[");
            for (i, layer) in self.layers.iter().enumerate() {
                let _ = write!(out, "{}{}", comma(i), if *of { layer.1 } else { layer.0 });
            }
            out.push(']');
        }
    }
}

/// How numbers follow from others: by a constant difference, or each as the difference of two of the others. `None`
/// if they do not.
fn relation(numbers: &[i128], others: &[i128]) -> Option<String> {
    if numbers.len() != others.len() {
        return None;
    }
    let more = numbers.first()? - others.first()?;
    if numbers.iter().zip(others).all(|(n, other)| n - other == more) {
        return Some(format!("\"plus\":\"{more}\""));
    }
    let steps = others.windows(2).zip(numbers.iter().skip(1));
    let first = *numbers.first()?;
    let mut is_distance =
        steps.map(|(pair, n)| pair.get(1).zip(pair.first()).is_some_and(|(b, a)| b - a == *n));
    is_distance.all(|is| is).then(|| format!("\"first\":\"{first}\""))
}

fn comma(i: usize) -> &'static str {
    if i == 0 { "" } else { "," }
}

/// JavaScript's numbers hold integers below this exactly.
const EXACT: i128 = 1 << 53;

impl Stored {
    fn json(&self, last: &mut i128, out: &mut String) {
        if let Some(n) = self.number() {
            let step = n - *last;
            *last = n;
            let quote = if step.abs() < EXACT { "" } else { "\"" };
            // Writing to a string cannot fail.
            let _ = write!(out, "{quote}{step}{quote}");
            return;
        }
        let _ = match self {
            // Written already.
            Stored::Number(_) | Stored::Long(_) | Stored::Wire(..) => Ok(()),
            Stored::Double(x) if x.is_finite() => write!(out, "{x:?}"),
            Stored::Double(_) => write!(out, "null"),
            Stored::Ipv4(ip) => write!(out, "{ip}"),
            Stored::Place(at) => write!(out, "{},{},{}", at.source, at.start, at.len),
            Stored::Label => write!(out, "0"),
            Stored::Mark => write!(out, "null"),
            Stored::Bytes(bytes) => {
                out.push('"');
                for byte in bytes.iter() {
                    let _ = write!(out, "{byte:02x}");
                }
                write!(out, "\"")
            }
        };
    }

    fn of_number(n: i128) -> Stored {
        i64::try_from(n).map_or_else(|_| Stored::Long(Box::new(n)), Stored::Number)
    }

    /// Bytes on the heap.
    pub(super) fn beside(&self) -> usize {
        match self {
            Stored::Bytes(bytes) => bytes.len(),
            Stored::Long(_) => size_of::<i128>(),
            _ => 0,
        }
    }

    /// Its number; `None` for other values.
    fn number(&self) -> Option<i128> {
        match self {
            Stored::Number(n) => Some((*n).into()),
            Stored::Long(n) => Some(**n),
            Stored::Wire(n, ..) => Some((*n).into()),
            _ => None,
        }
    }

    /// A value from a walk; if it is the bytes at `at`, only the place is stored.
    pub(super) fn of(ctx: &Context<'_>, at: At, value: Value<'_>) -> Stored {
        let bytes = |bytes: &[u8]| {
            if ctx.source(at.source).get(at.range()) == Some(bytes) {
                Stored::Place(at)
            } else {
                Stored::Bytes(bytes.into())
            }
        };
        match value {
            Value::None => Stored::Label,
            Value::Bool(b) => Stored::Number(b.into()),
            Value::Uint(n) if holds(ctx, at, n) => Stored::Wire(n, at.start as u16, at.len as u8),
            Value::Uint(n) => Stored::of_number(n.into()),
            Value::Int(n) | Value::Duration(n) => Stored::Number(n),
            Value::Time(t) => Stored::Number(t.nanos()),
            Value::Double(x) => Stored::Double(x),
            Value::Ipv4(ip) => Stored::Ipv4(ip.into()),
            Value::Ipv6(ip) => bytes(&ip.octets()),
            Value::Text(text) | Value::Bytes(text) => bytes(text),
            Value::Mac(mac) => bytes(&mac),
        }
    }
}

/// Whether `at` is among the bytes that every page holds, and its bytes are this number in network byte order.
fn holds(ctx: &Context<'_>, at: At, number: u64) -> bool {
    let range = at.range();
    let near = at.source == 0 && (1..=6).contains(&range.len()) && range.end <= BEGINNING;
    let bytes = ctx.source(0).get(range).filter(|_| near);
    bytes.is_some_and(|bytes| bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)) == number)
}

/// Whether a protocol has several layers in the packet.
fn repeated(ctx: &Context<'_>) -> bool {
    let all = ctx.layers.all();
    all.iter().enumerate().any(|(i, layer)| all.iter().take(i).any(|l| l.proto == layer.proto))
}

/// For each field, the occurrences of its protocol that its values belong to, from the last value to the first.
fn occurrences(packet: &Packet<'_>) -> BTreeMap<&'static str, Vec<(u8, u8)>> {
    struct Names<'a>(&'a mut BTreeMap<&'static str, Vec<(u8, u8)>>, (u8, u8));
    impl Visit for Names<'_> {
        fn field(&mut self, field: &'static Field, _: At, _: Value<'_>) -> Visited {
            self.0.entry(field.name).or_default().push(self.1);
            ControlFlow::Continue(())
        }
    }
    let mut found = BTreeMap::new();
    if let Some(frame) = ProtoSet::ALL.frame_layer() {
        let _ = (frame.proto.get().visit)(&packet.context, &frame, &mut Names(&mut found, (1, 1)));
    }
    let all = packet.context.layers.all();
    for (i, layer) in all.iter().enumerate() {
        let same = |layers: &[Layer]| layers.iter().filter(|l| l.proto == layer.proto).count() as u8;
        let nth = (same(all.get(..=i).unwrap_or(&[])), same(all));
        // The visitor never stops the walk.
        let _ = (layer.proto.get().visit)(&packet.context, layer, &mut Names(&mut found, nth));
    }
    found.values_mut().for_each(|all| all.reverse());
    found
}
