//! The values of all fields, a column a field: what the page's filter reads.

use super::pack::Part;
use crate::dissect::{Context, Layer, PROTOCOLS, Proto, ProtoSet, Visited, Why};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::filter;
use crate::packet::Packet;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::ops::ControlFlow;

/// A value of one packet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stored {
    /// Integers, booleans, and times in nanoseconds.
    Number(i128),
    Double(f64),
    /// An IPv4 address.
    Ipv4(u32),
    /// Bytes, text or an address that stands in the packet's bytes: source, offset, length. For a protocol its header.
    Place(At),
    /// Bytes that stand nowhere in the packet.
    Bytes(Vec<u8>),
    /// Present, without a value.
    Label,
    /// Of a protocol: there, but no layer.
    Mark,
}

/// The values that one field has, packet by packet.
#[derive(Debug, Default)]
struct Column {
    packets: Vec<u32>,
    values: Vec<Stored>,
    /// Which occurrence of its protocol each value is of, and of how many; filled only from the first packet on that
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
    /// Adds the values that a walk over a packet has `found`.
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

    /// The layers, which are the values of protocols.
    fn layers(&mut self, index: u32, ctx: &Context<'_>) {
        let all = ctx.layers.all();
        let name = |layer: &Layer| layer.proto.get().field.name;
        for (i, layer) in all.iter().enumerate() {
            let same = |layers: &[Layer]| layers.iter().filter(|l| name(l) == name(layer)).count() as u8;
            let nth = (same(all.get(..=i).unwrap_or(&[])), same(all));
            self.push(name(layer), index, Stored::Place(layer.header_at()), nth);
        }
        let damage = match ctx.layers.stop.map(|stop| stop.why) {
            Some(Why::Malformed | Why::OldData) => Proto::Malformed,
            Some(Why::Cut) => Proto::Short,
            _ => return,
        };
        self.push(damage.get().field.name, index, Stored::Mark, (1, 1));
    }

    /// A part for each column, and one for the table of all fields.
    pub(super) fn parts(&self) -> io::Result<Vec<Part>> {
        let mut parts = vec![Part::of_json("fields", &table())?];
        for (name, column) in &self.columns {
            parts.push(Part::of_bytes(format!("field-{name}"), column.json().as_bytes())?);
        }
        Ok(parts)
    }
}

impl Column {
    /// `p`: packets, each as its distance from the one before; `v`: values, integers as their distance from the one
    /// before; `n` and `o`: occurrence of the protocol, and of how many.
    fn json(&self) -> String {
        let mut out = String::from("{\"p\":[");
        let mut last = 0;
        for (i, packet) in self.packets.iter().enumerate() {
            let _ = write!(out, "{}{}", comma(i), packet - last);
            last = *packet;
        }
        out.push_str("],\"v\":[");
        let mut last = 0;
        for (i, value) in self.values.iter().enumerate() {
            out.push_str(comma(i));
            value.json(&mut last, &mut out);
        }
        out.push(']');
        for (name, of) in [('n', false), ('o', true)].iter().filter(|_| !self.layers.is_empty()) {
            let _ = write!(out, ",\"{name}\":[");
            for (i, layer) in self.layers.iter().enumerate() {
                let _ = write!(out, "{}{}", comma(i), if *of { layer.1 } else { layer.0 });
            }
            out.push(']');
        }
        out.push('}');
        out
    }
}

fn comma(i: usize) -> &'static str {
    if i == 0 { "" } else { "," }
}

/// Whole numbers that JavaScript's own numbers hold exactly.
const EXACT: i128 = 1 << 53;

impl Stored {
    fn json(&self, last: &mut i128, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self {
            Stored::Number(n) => {
                let step = n - *last;
                *last = *n;
                let quote = if step.abs() < EXACT { "" } else { "\"" };
                write!(out, "{quote}{step}{quote}")
            }
            Stored::Double(x) if x.is_finite() => write!(out, "{x:?}"),
            Stored::Double(_) => write!(out, "null"),
            Stored::Ipv4(ip) => write!(out, "{ip}"),
            Stored::Place(at) => write!(out, "{},{},{}", at.source, at.start, at.len),
            Stored::Label => write!(out, "0"),
            Stored::Mark => write!(out, "null"),
            Stored::Bytes(bytes) => {
                out.push('"');
                for byte in bytes {
                    let _ = write!(out, "{byte:02x}");
                }
                write!(out, "\"")
            }
        };
    }

    /// A value as a walk gives it; where it is bytes that stand at `at`, the place alone.
    pub(super) fn of(ctx: &Context<'_>, at: At, value: Value<'_>) -> Stored {
        let bytes = |bytes: &[u8]| {
            if ctx.source(at.source).get(at.range()) == Some(bytes) {
                Stored::Place(at)
            } else {
                Stored::Bytes(bytes.to_vec())
            }
        };
        match value {
            Value::None => Stored::Label,
            Value::Bool(b) => Stored::Number(b.into()),
            Value::Uint(n) => Stored::Number(n.into()),
            Value::Int(n) | Value::Duration(n) => Stored::Number(n.into()),
            Value::Time(t) => Stored::Number(t.nanos().into()),
            Value::Double(x) => Stored::Double(x),
            Value::Ipv4(ip) => Stored::Ipv4(ip.into()),
            Value::Ipv6(ip) => bytes(&ip.octets()),
            Value::Text(text) | Value::Bytes(text) => bytes(text),
            Value::Mac(mac) => bytes(&mac),
        }
    }
}

/// Whether a protocol has several layers in the packet.
fn repeated(ctx: &Context<'_>) -> bool {
    let all = ctx.layers.all();
    all.iter().enumerate().any(|(i, layer)| all.iter().take(i).any(|l| l.proto == layer.proto))
}

/// For each field the occurrences of its protocol that its values belong to, the last value first.
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
        // The visitor never breaks off.
        let _ = (layer.proto.get().visit)(&packet.context, layer, &mut Names(&mut found, nth));
    }
    found.values_mut().for_each(|all| all.reverse());
    found
}

/// What the page knows of all fields: the types in words, and of each field its name, its type and the names of values.
#[derive(serde::Serialize)]
struct Table {
    kinds: Vec<(String, String)>,
    fields: Vec<TableRow>,
}

#[derive(serde::Serialize)]
struct TableRow(&'static str, usize, &'static [(u64, &'static str)]);

fn table() -> Table {
    let mut kinds: Vec<(String, String)> = Vec::new();
    let mut fields = Vec::new();
    for field in all_fields() {
        let kind = (code(field.kind), field.kind.to_string());
        let index = kinds.iter().position(|k| *k == kind).unwrap_or_else(|| {
            kinds.push(kind);
            kinds.len() - 1
        });
        fields.push(TableRow(field.name, index, field.names));
    }
    Table { kinds, fields }
}

/// All fields, protocols among them, in the order in which the filter looks for a name.
pub(super) fn all_fields() -> impl Iterator<Item = &'static Field> {
    let of_protocols =
        PROTOCOLS.iter().flat_map(|p| std::iter::once(&p.field).chain(p.fields.iter().copied()));
    of_protocols.chain(filter::columns())
}

/// A type as the page's script knows it: a word, and for integers their bits.
fn code(kind: Kind) -> String {
    match kind {
        Kind::Protocol => "protocol".into(),
        Kind::Label => "label".into(),
        Kind::Bool => "bool".into(),
        Kind::Uint(bits) => format!("uint:{bits}"),
        Kind::FrameNo => "uint:32".into(),
        Kind::Int(bits) => format!("int:{bits}"),
        Kind::Double => "double".into(),
        Kind::Time => "time".into(),
        Kind::Duration => "duration".into(),
        Kind::Text => "text".into(),
        Kind::Bytes => "bytes".into(),
        Kind::Mac => "mac".into(),
        Kind::Ipv4 => "ipv4".into(),
        Kind::Ipv6 => "ipv6".into(),
    }
}
