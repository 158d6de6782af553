//! IEEE 802.1Q tags (`vlan`).

use crate::dissect::protocols::ethernet::types::{self, ETHER_TYPES};
use crate::dissect::reading::layer::show_as;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Visit};
use crate::text::{Line, Push};
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
    DEI = Field::new("vlan.dei", "DEI", Kind::Bool).mask(0x1000).width(16).names(DEI_NAMES);
    ID = Field::new("vlan.id", "ID", Kind::Uint(16)).mask(0x0fff);
    ETYPE = Field::new("vlan.etype", "Type", Kind::Uint(16)).hex().names(ETHER_TYPES);
    LEN = Field::new("vlan.len", "Length", Kind::Uint(16));
}

/// The fields of the outer of two tags.
mod service {
    use super::{DEI_NAMES, PRIORITIES};
    use crate::field::{Field, Kind};

    crate::fields! {
        PRIORITY = Field::new("ieee8021ad.priority", "Priority", Kind::Uint(16)).mask(0xe000).names(PRIORITIES);
        DEI = Field::new("ieee8021ad.dei", "DEI", Kind::Bool).mask(0x1000).width(16).names(DEI_NAMES);
        ID = Field::new("ieee8021ad.id", "ID", Kind::Uint(16)).mask(0x0fff);
    }
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,

    summary,
    column_of: Some(|ctx, layer| types::column(layer, ether_type(ctx, layer))),
    decode: |d, span| decode(d, Proto::Vlan, span),
    ether_types: &[0x8100, 0x9100],
    ..Protocol::new("vlan", "VLAN", "802.1Q Virtual LAN")
};

pub(in crate::dissect) static SERVICE: Protocol = Protocol {
    fields: service::FIELDS,
    visit,

    summary,
    column_of: Some(|ctx, layer| types::column(layer, ether_type(ctx, layer))),
    decode: |d, span| decode(d, Proto::ServiceVlan, span),
    ether_types: &[0x88a8],
    ..Protocol::new("ieee8021ad", "802.1ad", "IEEE 802.1ad")
};

/// The EtherType of a tag's payload; `None` where the tag has a length instead.
fn ether_type(ctx: &Context<'_>, layer: &Layer) -> Option<u16> {
    ctx.layer_bytes(layer).u16(2).filter(types::is_type)
}

/// Decodes a tag as `proto`: [`Proto::Vlan`] or [`Proto::ServiceVlan`].
pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, proto: Proto, span: Span) -> Next {
    let Ok(header) = SingleVlanHeaderSlice::from_slice(d.get(span)) else {
        return d.broken(proto, span);
    };
    let ty = header.ether_type().0;
    match d.layer(proto, span, HEADER) {
        Some(payload) if ty >= 1536 => Next::EtherType(ty, payload),
        Some(payload) => Next::Llc(Span { end: payload.end.min(payload.start + u32::from(ty)), ..payload }),
        None => Next::Done,
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    if let Some(name) = types::name(ether_type(ctx, layer)) {
        out.text(name);
        return;
    }
    let Some(tci) = ctx.layer_bytes(layer).u16(0) else { return };
    out.text("PRI: ");
    out.num(tci >> 13);
    out.text("  DEI: ");
    out.num(tci >> 12 & 1);
    out.text("  ID: ");
    out.num(tci & 0xfff);
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let tci = bytes.u16(0).unwrap_or(0);
    let (pri, dei, id) = (tci >> 13, tci >> 12 & 1, tci & 0xfff);
    let label = layer.proto.get().field.label;
    let text = format_args!("{label}, PRI: {pri}, DEI: {dei}, ID: {id}");
    let fields: [&'static Field; 3] = match layer.proto {
        Proto::ServiceVlan => [&service::PRIORITY, &service::DEI, &service::ID],
        _ => [&PRIORITY, &DEI, &ID],
    };
    show_as(ctx, layer, text, v, |w| {
        for field in fields {
            w.uint(field, 0, 2)?;
        }
        let ty = w.u16(2)?;
        w.uint(if ty >= 1536 { &ETYPE } else { &LEN }, 2, 2)
    })
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    #[test]
    fn tags_may_be_stacked() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000188a80064810000c808004500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f"
            ),
            (
                "eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:ip:udp:data".into(),
                "40000 → 40001 Len=5".into()
            )
        );
    }

    #[test]
    fn an_unknown_payload_leaves_the_tag_to_speak() {
        assert_eq!(
            summary(LinkType::ETHERNET, "020000000002020000000001810000051234616263"),
            ("eth:ethertype:vlan:ethertype:data".into(), "PRI: 0  DEI: 0  ID: 5".into())
        );
        assert_eq!(
            summary(LinkType::ETHERNET, "0200000000020200000000018100000588b5787878787878787878"),
            ("eth:ethertype:vlan:ethertype:data".into(), "Local Experimental Ethertype 1".into())
        );
    }
}
