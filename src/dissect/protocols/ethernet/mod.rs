//! Ethernet II and IEEE 802.3 (`eth`).

pub(super) mod types;

use crate::dissect::protocol::Readers;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity, remark, remark_below};
use crate::dissect::{Address, Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited, mac_names};
use crate::field::{At, Field, Kind, Names, Value, Visit};
use crate::text::{Hex, Line, Push, lazy, written};
use etherparse::Ethernet2HeaderSlice;
use types::{ETHER_TYPES, FIRST_TYPE};

const DST: std::ops::Range<usize> = 0..6;
const SRC: std::ops::Range<usize> = 6..12;
const TYPE: std::ops::Range<usize> = 12..14;
const HEADER: u32 = 14;

/// The first number that is too large for a length; numbers from here to the first EtherType are neither.
const LONGEST: u16 = 1501;

/// Frames shorter than this are padded; in bytes, without the checksum.
const MINIMUM: usize = 60;

const LG: Names = &[
    (0, "Globally unique address (factory default)"),
    (1, "Locally administered address (this is NOT the factory default)"),
];
const IG: Names = &[(0, "Individual address (unicast)"), (1, "Group address (multicast/broadcast)")];

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
    DST_OUI = Field::new("eth.dst.oui", "Destination OUI", Kind::Uint(24)).hidden();
    SRC_OUI = Field::new("eth.src.oui", "Source OUI", Kind::Uint(24)).hidden();
    ADDR_OUI = Field::new("eth.addr.oui", "Address OUI", Kind::Uint(24)).hidden();
    ADDR_RESOLVED = Field::new("eth.addr_resolved", "Address (resolved)", Kind::Text).hidden();
    ADDR_LG = Field::new("eth.lg", "LG bit", Kind::Bool).mask(0x02_0000).names(LG);
    ADDR_IG = Field::new("eth.ig", "IG bit", Kind::Bool).mask(0x01_0000).names(IG);
    ETHER_TYPE = Field::new("eth.type", "Type", Kind::Uint(16)).hex().names(ETHER_TYPES);
    LEN = Field::new("eth.len", "Length", Kind::Uint(16));
    PADDING = Field::new("eth.padding", "Padding", Kind::Bytes);
    TRAILER = Field::new("eth.trailer", "Trailer", Kind::Bytes);
    SRC_NOT_GROUP = Field::new("eth.src_not_group", "Source MAC must not be a group address: IEEE 802.3-2002, Section 3.2.3(b)", Kind::Label);
    PADDING_BAD = Field::new(
        "eth.padding_bad",
        "Didn't find padding of zeros, and an undecoded trailer exists. There may be padding of non-zeros.",
        Kind::Label
    );
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    addresses,
    summary,
    column_of: Some(|ctx, layer| types::column(layer, ether_type(ctx, layer))),
    has_trailer: true,
    in_frame: DIRECT,
    decode,
    link_types: &[1],
    ether_types: &[0x6558],
    ..Protocol::new("eth", "Ethernet", "Ethernet")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let Ok(header) = Ethernet2HeaderSlice::from_slice(d.get(span)) else {
        return d.broken(Proto::Ethernet, span);
    };
    let ty = header.ether_type().0;
    let Some(payload) = d.layer(Proto::Ethernet, span, HEADER) else { return Next::Done };
    match ty {
        FIRST_TYPE.. => Next::EtherType(ty, payload),
        LONGEST.. => Next::Data(payload),
        // 0 is no length, so it counts as EtherType 0.
        0 => Next::EtherType(0, payload),
        _ => Next::Llc(Span { start: payload.start, end: payload.end.min(payload.start + u32::from(ty)) }),
    }
}

/// The EtherType of the payload; `None` where the header has a length instead.
fn ether_type(ctx: &Context<'_>, layer: &Layer) -> Option<u16> {
    ctx.layer_bytes(layer).u16(TYPE.start).filter(types::is_type)
}

fn addresses(ctx: &Context<'_>, layer: &Layer) -> (Address, Address) {
    let bytes = ctx.layer_bytes(layer);
    let address = |at| bytes.mac(at).map_or(Address::None, Address::Mac);
    (address(SRC.start), address(DST.start))
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    match (ctx.layer_bytes(layer).u16(TYPE.start), types::name(ether_type(ctx, layer))) {
        (_, Some(name)) => out.text(name),
        (Some(0 | FIRST_TYPE..), None) => out.text("Ethernet II"),
        (Some(ty @ LONGEST..), None) => {
            out.text("Ethernet Unknown: Invalid length/type: ");
            out.hex(ty.into(), 4);
            out.text(" (");
            out.num(ty);
            out.text(")");
        }
        _ => {}
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
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
    let heading = layer.header_at();
    let text = lazy(|f| match ty {
        FIRST_TYPE.. => write!(f, "Ethernet II, Src: {}, Dst: {}", Named(src), Named(dst)),
        _ => f.write_str("IEEE 802.3 Ethernet "),
    });
    v.line(&PROTOCOL.field, heading, Value::Bytes(bytes), format_args!("{text}"))?;
    v.open();
    address(v, at(&DST), dst, [&DESTINATION, &DST_RESOLVED, &DST_OUI, &DST_LG, &DST_IG])?;
    address(v, at(&SRC), src, [&SOURCE, &SRC_RESOLVED, &SRC_OUI, &SRC_LG, &SRC_IG])?;
    if ty >= FIRST_TYPE {
        v.field(&ETHER_TYPE, at(&TYPE), Value::Uint(ty.into()))?;
    } else {
        v.field(&LEN, at(&TYPE), Value::Uint(ty.into()))?;
    }
    trailer(ctx, layer, v)?;
    v.close();
    Visited::Continue(())
}

/// Fields that are read without a walk.
pub(in crate::dissect) static DIRECT: Readers = &[
    (&SOURCE, |ctx, layer, out| both(ctx, layer, |_, src| out(Value::Mac(src)))),
    (&DESTINATION, |ctx, layer, out| both(ctx, layer, |dst, _| out(Value::Mac(dst)))),
    (&ADDR, |ctx, layer, out| {
        both(ctx, layer, |dst, src| {
            out(Value::Mac(dst));
            out(Value::Mac(src));
        })
    }),
];

fn both(ctx: &Context<'_>, layer: &Layer, mut give: impl FnMut([u8; 6], [u8; 6])) -> bool {
    let bytes = ctx.layer_bytes(layer);
    let (Some(dst), Some(src), Some(_)) = (bytes.mac(DST.start), bytes.mac(SRC.start), bytes.u16(TYPE.start))
    else {
        return false;
    };
    give(dst, src);
    true
}

/// Visits one of the two addresses: as its own field, and as `eth.addr`.
fn address(v: &mut dyn Visit, at: At, mac: [u8; 6], fields: [&'static Field; 5]) -> Visited {
    let [own, resolved, oui, lg, ig] = fields;
    let text = mac_names::name(mac).unwrap_or_else(|| Mac(mac).to_string());
    let bits = At { len: 3, ..at };
    let (is_lg, is_ig) = (Value::Bool(mac[0] & 2 != 0), Value::Bool(mac[0] & 1 != 0));
    v.field(own, at, Value::Mac(mac))?;
    v.open();
    v.field(resolved, at, Value::Text(text.as_bytes()))?;
    // The first three octets are the organisation's (OUI).
    let maker = Value::Uint(mac.iter().take(3).fold(0, |n, b| n << 8 | u64::from(*b)));
    v.field(oui, bits, maker)?;
    v.field(&ADDR, at, Value::Mac(mac))?;
    v.field(&ADDR_OUI, bits, maker)?;
    v.field(&ADDR_RESOLVED, at, Value::Text(text.as_bytes()))?;
    v.field(lg, bits, is_lg)?;
    v.field(&ADDR_LG, bits, is_lg)?;
    v.field(ig, bits, is_ig)?;
    v.field(&ADDR_IG, bits, is_ig)?;
    if std::ptr::eq(own, &SOURCE) && mac[0] & 1 != 0 {
        remark(&SRC_NOT_GROUP, at, Severity::Warning, Group::Protocol, SRC_NOT_GROUP.label, v)?;
    }
    v.close();
    Visited::Continue(())
}

/// Visits the bytes after the end of the network layer: padding of short frames, or a trailer that some machine
/// added.
fn trailer(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let frame = ctx.source(layer.source);
    let mut inside = ctx.layers.all().iter().filter(|l| l.source == layer.source && !l.quoted);
    // The network layer says where the packet ends; messages inside it may end before.
    let is_network = |l: &Layer| matches!(l.proto, Proto::Ipv4 | Proto::Ipv6);
    let inner = inside.find(|l| is_network(l) || l.end < layer.end);
    let Some(end) = inner.map(|l| l.end as usize).filter(|end| *end < frame.len()) else {
        return Visited::Continue(());
    };
    let after = frame.get(end..).unwrap_or(&[]);
    let missing = MINIMUM.saturating_sub(end);
    // Only zeros count as padding. Other bytes may be padding, too, but the frame does not say so.
    let padding = after.get(..missing).filter(|bytes| bytes.iter().all(|b| *b == 0)).unwrap_or(&[]);
    let rest = after.get(padding.len()..).unwrap_or(&[]);
    let at = |start: usize, len: usize| At { source: layer.source, ..At::new(start, len) };
    if !padding.is_empty() {
        v.field(&PADDING, at(end, padding.len()), Value::Bytes(padding))?;
    }
    if !rest.is_empty() {
        let at = at(end + padding.len(), rest.len());
        v.field(&TRAILER, at, Value::Bytes(rest))?;
        if missing > 0 && padding.is_empty() && after.len() >= missing {
            remark_below(&PADDING_BAD, at, Severity::Note, Group::Protocol, PADDING_BAD.label, v)?;
        }
    }
    Visited::Continue(())
}

/// An Ethernet address, with its name where names were chosen.
struct Named([u8; 6]);

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&written(|out| mac_names::write_both(self.0, out)))
    }
}

/// An Ethernet address as text.
pub(in crate::dissect) struct Mac(pub(super) [u8; 6]);

impl std::fmt::Display for Mac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Hex::colons(&self.0).fmt(f)
    }
}
