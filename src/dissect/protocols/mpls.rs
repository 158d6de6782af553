//! Multiprotocol Label Switching (`mpls`): RFC 3032.

use crate::dissect::reading::layer::show_as;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Value, Visit};
use crate::text::Push;

crate::fields! {
    LABEL = Field::new("mpls.label", "MPLS Label", Kind::Uint(32)).mask(0xffff_f000);
    EXP = Field::new("mpls.exp", "MPLS Experimental Bits", Kind::Uint(32)).mask(0xe00);
    BOTTOM = Field::new("mpls.bottom", "MPLS Bottom Of Label Stack", Kind::Uint(32)).mask(0x100);
    TTL = Field::new("mpls.ttl", "MPLS TTL", Kind::Uint(32)).mask(0xff);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    summary: |ctx, layer, out| {
        if ctx.payload(layer).is_empty() {
            out.text("MPLS Label Switched Packet");
        }
    },
    fields: FIELDS,
    visit,
    decode,
    repeats: true,
    ether_types: &[0x8847, 0x8848],
    ..Protocol::new("mpls", "MPLS", "MultiProtocol Label Switching Header")
};

/// Adds a layer for each label of the stack. The first bits after the stack say whether IP follows (RFC 4928).
fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let mut rest = span;
    loop {
        let Some(label) = d.get(rest).u32(0) else { return d.broken(Proto::Mpls, rest) };
        let Some(payload) = d.layer(Proto::Mpls, rest, 4) else { return Next::Done };
        if label & 0x100 != 0 {
            return match d.get(payload).u8(0).map(|b| b >> 4) {
                Some(4 | 6) => Next::Ip(payload),
                _ => Next::Data(payload),
            };
        }
        rest = payload;
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let Some(entry) = bytes.u32(0) else {
        return v.field(&PROTOCOL.field, layer.header_at(), Value::Bytes(bytes));
    };
    let (label, exp, bottom, ttl) = (entry >> 12, entry >> 9 & 7, entry >> 8 & 1, entry & 0xff);
    let text = format_args!("{}, Label: {label}, Exp: {exp}, S: {bottom}, TTL: {ttl}", PROTOCOL.field.label);
    show_as(ctx, layer, text, v, |w| {
        [&LABEL, &EXP, &BOTTOM, &TTL].into_iter().try_for_each(|field| w.uint(field, 0, 4))
    })
}
