//! Ethernet II and IEEE 802.3 (`eth`).

use super::read::Read;
use super::text::{Line, Push};
use super::{Address, Context, Decoder, Flow, Layer, Next, Proto, Protocol, Span};
use crate::field::{At, Field, Kind, Names, Value, Visit, name_of};
use etherparse::Ethernet2HeaderSlice;

const DST: std::ops::Range<usize> = 0..6;
const SRC: std::ops::Range<usize> = 6..12;
const TYPE: std::ops::Range<usize> = 12..14;
const HEADER: u32 = 14;

/// Below this, the type field is a length (IEEE 802.3).
const FIRST_TYPE: u16 = 1536;

/// Frames shorter than this (without checksum) are padded.
const MINIMUM: usize = 60;

const LG: Names = &[
    (0, "Globally unique address (factory default)"),
    (1, "Locally administered address (this is NOT the factory default)"),
];
const IG: Names = &[(0, "Individual address (unicast)"), (1, "Group address (multicast/broadcast)")];

/// Names of EtherTypes, as the details pane and the Protocol column give them.
pub(super) const ETHER_TYPES: Names = &[
    (0x0800, "IPv4"),
    (0x0806, "ARP"),
    (0x8035, "RARP"),
    (0x8100, "802.1Q Virtual LAN"),
    (0x86dd, "IPv6"),
    (0x8847, "MPLS label switched packet"),
    (0x8863, "PPPoE Discovery"),
    (0x8864, "PPPoE Session"),
    (0x888e, "802.1X Authentication"),
    (0x88a8, "802.1ad Provider Bridge (Q-in-Q)"),
    (0x88cc, "802.1 Link Layer Discovery Protocol (LLDP)"),
];

crate::fields! {
    DESTINATION = Field::new("eth.dst", "Destination", Kind::Mac);
    DST_RESOLVED = Field::new("eth.dst_resolved", "Destination (resolved)", Kind::Text).hidden();
    DST_LG = Field::new("eth.dst.lg", "LG bit", Kind::Bool).mask(0x02_0000).names(LG).hidden();
    DST_IG = Field::new("eth.dst.ig", "IG bit", Kind::Bool).mask(0x01_0000).names(IG).hidden();
    SOURCE = Field::new("eth.src", "Source", Kind::Mac);
    SRC_RESOLVED = Field::new("eth.src_resolved", "Source (resolved)", Kind::Text).hidden();
    SRC_LG = Field::new("eth.src.lg", "LG bit", Kind::Bool).mask(0x02_0000).names(LG).hidden();
    SRC_IG = Field::new("eth.src.ig", "IG bit", Kind::Bool).mask(0x01_0000).names(IG).hidden();
    ADDR = Field::new("eth.addr", "Address", Kind::Mac);
    ADDR_RESOLVED = Field::new("eth.addr_resolved", "Address (resolved)", Kind::Text).hidden();
    ADDR_LG = Field::new("eth.lg", "LG bit", Kind::Bool).mask(0x02_0000).names(LG);
    ADDR_IG = Field::new("eth.ig", "IG bit", Kind::Bool).mask(0x01_0000).names(IG);
    ETHER_TYPE = Field::new("eth.type", "Type", Kind::Uint(16)).hex().names(ETHER_TYPES);
    LEN = Field::new("eth.len", "Length", Kind::Uint(16));
    PADDING = Field::new("eth.padding", "Padding", Kind::Bytes);
    TRAILER = Field::new("eth.trailer", "Trailer", Kind::Bytes);
}

pub(super) static PROTOCOL: Protocol = Protocol {
    field: Field::new("eth", "Ethernet", Kind::Protocol),
    column: "Ethernet",
    fields: FIELDS,
    visit,
    addresses,
    summary,
};

pub(super) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let Ok(header) = Ethernet2HeaderSlice::from_slice(d.get(span)) else {
        return d.broken(Proto::Ethernet, span);
    };
    let ty = header.ether_type().0;
    let Some(payload) = d.layer(Proto::Ethernet, span, HEADER) else { return Next::Done };
    if ty >= FIRST_TYPE {
        Next::EtherType(ty, payload)
    } else {
        Next::Data(Span { start: payload.start, end: payload.end.min(payload.start + u32::from(ty)) })
    }
}

fn addresses(ctx: &Context<'_>, layer: &Layer) -> (Address, Address) {
    let bytes = ctx.layer_bytes(layer);
    let address = |at| bytes.mac(at).map_or(Address::None, Address::Mac);
    (address(SRC.start), address(DST.start))
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    match ctx.layer_bytes(layer).u16(TYPE.start) {
        Some(ty) if ty >= FIRST_TYPE => match name_of(ETHER_TYPES, ty.into()) {
            Some(name) => out.text(name),
            None => out.text("Ethernet II"),
        },
        _ => {}
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Flow {
    let bytes = ctx.layer_bytes(layer);
    let at = |r: &std::ops::Range<usize>| At {
        source: layer.source,
        start: layer.start + r.start as u32,
        len: r.len() as u32,
    };
    let (Some(dst), Some(src), Some(ty)) =
        (bytes.mac(DST.start), bytes.mac(SRC.start), bytes.u16(TYPE.start))
    else {
        return v.field(&PROTOCOL.field, layer.header_at(), Value::Bytes(bytes));
    };
    let kind = if ty >= FIRST_TYPE { "Ethernet II" } else { "IEEE 802.3 Ethernet" };
    let (s, d) = (Mac(src), Mac(dst));
    let heading = layer.header_at();
    v.line(&PROTOCOL.field, heading, Value::Bytes(bytes), format_args!("{kind}, Src: {s}, Dst: {d}"))?;
    v.open();
    address(v, at(&DST), dst, [&DESTINATION, &DST_RESOLVED, &DST_LG, &DST_IG])?;
    address(v, at(&SRC), src, [&SOURCE, &SRC_RESOLVED, &SRC_LG, &SRC_IG])?;
    if ty >= FIRST_TYPE {
        v.field(&ETHER_TYPE, at(&TYPE), Value::Uint(ty.into()))?;
    } else {
        v.field(&LEN, at(&TYPE), Value::Uint(ty.into()))?;
    }
    trailer(ctx, layer, v)?;
    v.close();
    Flow::Continue(())
}

/// One of the two addresses: its own field, and the same again as `eth.addr`.
fn address(v: &mut dyn Visit, at: At, mac: [u8; 6], fields: [&'static Field; 4]) -> Flow {
    let [own, resolved, lg, ig] = fields;
    let text = Mac(mac).to_string();
    let bits = At { len: 3, ..at };
    let (is_lg, is_ig) = (Value::Bool(mac[0] & 2 != 0), Value::Bool(mac[0] & 1 != 0));
    v.field(own, at, Value::Mac(mac))?;
    v.open();
    v.field(resolved, at, Value::Text(text.as_bytes()))?;
    v.field(&ADDR, at, Value::Mac(mac))?;
    v.field(&ADDR_RESOLVED, at, Value::Text(text.as_bytes()))?;
    v.field(lg, bits, is_lg)?;
    v.field(&ADDR_LG, bits, is_lg)?;
    v.field(ig, bits, is_ig)?;
    v.field(&ADDR_IG, bits, is_ig)?;
    v.close();
    Flow::Continue(())
}

/// What follows the end of the network layer: padding of short frames, or whatever a machine has added.
fn trailer(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Flow {
    let frame = ctx.source(layer.source);
    let inner = ctx.layers.all().iter().find(|l| l.source == layer.source && l.end < layer.end && !l.quoted);
    let Some(end) = inner.map(|l| l.end as usize).filter(|end| *end < frame.len()) else {
        return Flow::Continue(());
    };
    let (padding, rest) = frame.split_at(end).1.split_at(MINIMUM.saturating_sub(end).min(frame.len() - end));
    let mut start = end;
    for (field, bytes) in [(&PADDING, padding), (&TRAILER, rest)] {
        if !bytes.is_empty() {
            v.field(field, At { source: layer.source, ..At::new(start, bytes.len()) }, Value::Bytes(bytes))?;
        }
        start += bytes.len();
    }
    Flow::Continue(())
}

/// An Ethernet address as text.
pub(super) struct Mac(pub(super) [u8; 6]);

impl std::fmt::Display for Mac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}
