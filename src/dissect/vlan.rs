//! IEEE 802.1Q tags (`vlan`).

use super::ethernet::ETHER_TYPES;
use super::read::Read;
use super::text::{Line, Push};
use super::{Context, Decoder, Flow, Layer, Next, Proto, Protocol, Span};
use crate::field::{At, Field, Kind, Names, Value, Visit};
use etherparse::SingleVlanHeaderSlice;

const HEADER: u32 = 4;
const PRIORITIES: Names = &[
    (0, "Best Effort (default)"),
    (1, "Background"),
    (2, "Excellent Effort"),
    (3, "Critical Applications"),
    (4, "Video, < 100ms latency and jitter"),
    (5, "Voice, < 10ms latency and jitter"),
    (6, "Internetwork Control"),
    (7, "Network Control"),
];
const DEI_NAMES: Names = &[(0, "Ineligible"), (1, "Eligible")];

crate::fields! {
    PRIORITY = Field::new("vlan.priority", "Priority", Kind::Uint(16)).mask(0xe000).names(PRIORITIES);
    DEI = Field::new("vlan.dei", "DEI", Kind::Bool).mask(0x1000).names(DEI_NAMES);
    ID = Field::new("vlan.id", "ID", Kind::Uint(16)).mask(0x0fff);
    ETYPE = Field::new("vlan.etype", "Type", Kind::Uint(16)).hex().names(ETHER_TYPES);
    LEN = Field::new("vlan.len", "Length", Kind::Uint(16));
}

pub(super) static PROTOCOL: Protocol = Protocol {
    field: Field::new("vlan", "802.1Q Virtual LAN", Kind::Protocol),
    column: "VLAN",
    fields: FIELDS,
    visit,
    addresses: super::no_addresses,
    summary,
};

pub(super) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let Ok(header) = SingleVlanHeaderSlice::from_slice(d.get(span)) else {
        return d.broken(Proto::Vlan, span);
    };
    let ty = header.ether_type().0;
    match d.layer(Proto::Vlan, span, HEADER) {
        Some(payload) if ty >= 1536 => Next::EtherType(ty, payload),
        Some(payload) => Next::Data(payload),
        None => Next::Done,
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let tci = ctx.layer_bytes(layer).u16(0).unwrap_or(0);
    out.text("PRI: ");
    out.num(tci >> 13);
    out.text(" DEI: ");
    out.num(tci >> 12 & 1);
    out.text(" ID: ");
    out.num(tci & 0xfff);
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Flow {
    let bytes = ctx.layer_bytes(layer);
    let (Some(tci), Some(ty)) = (bytes.u16(0), bytes.u16(2)) else {
        return v.field(&PROTOCOL.field, layer.header_at(), Value::Bytes(bytes));
    };
    let at = At { len: 2, ..layer.header_at() };
    let (pri, dei, id) = (tci >> 13, tci >> 12 & 1, tci & 0xfff);
    v.line(
        &PROTOCOL.field,
        layer.header_at(),
        Value::Bytes(bytes),
        format_args!("802.1Q Virtual LAN, PRI: {pri}, DEI: {dei}, ID: {id}"),
    )?;
    v.open();
    v.field(&PRIORITY, at, Value::Uint(pri.into()))?;
    v.field(&DEI, at, Value::Bool(dei == 1))?;
    v.field(&ID, at, Value::Uint(id.into()))?;
    let field = if ty >= 1536 { &ETYPE } else { &LEN };
    v.field(field, At { start: at.start + 2, ..at }, Value::Uint(ty.into()))?;
    v.close();
    Flow::Continue(())
}
