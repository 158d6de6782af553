//! BSD and OpenBSD loopback (`null`), and frames that begin with an IP header (`raw`).

use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::{Address, Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Value, Visit};
use crate::frame::LinkType;
use crate::text::Push;

const HEADER: u32 = 4;

/// Address families: IPv4 is 2 in every BSD, but IPv6 has another number in each.
const FAMILIES: Names = &[
    (2, "IP"),
    (7, "OSI"),
    (16, "Appletalk"),
    (23, "Netware IPX/SPX"),
    (24, "IPv6"),
    (28, "IPv6"),
    (30, "IPv6"),
];

crate::fields! {
    FAMILY = Field::new("null.family", "Family", Kind::Uint(32)).names(FAMILIES);
    TYPE = Field::new("null.type", "Type", Kind::Uint(16)).hex().names(crate::dissect::protocols::ethernet::types::ETHER_TYPES);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    addresses: not_applicable,
    summary: |_, _, out| out.text("Null/Loopback"),
    decode,
    link_types: &[0, 108],
    ..Protocol::new("null", "N/A", "Null/Loopback")
};

pub(in crate::dissect) static RAW: Protocol = Protocol {
    visit: visit_raw,
    addresses: not_applicable,
    summary: |_, _, out| out.text("Raw packet data"),
    decode: raw,
    link_types: &[101],
    ..Protocol::new("raw", "N/A", "Raw packet data")
};

/// The address family. It is in the byte order of the machine that recorded the frame, which the file does not say;
/// families are small numbers, so the order that gives a small number is the right one.
fn family(bytes: &[u8], link: LinkType) -> Option<u32> {
    let family = bytes.u32(0)?;
    let swap = link != LinkType::LOOP && family > 0xffff;
    Some(if swap { family.swap_bytes() } else { family })
}

/// These link layers have no addresses, so the columns say `N/A`; a header that is cut leaves them empty.
fn not_applicable(_: &Context<'_>, layer: &Layer) -> (Address, Address) {
    let whole = layer.proto != Proto::Null || layer.payload < layer.end || layer.payload - layer.start == 4;
    let address = if whole { Address::NotApplicable } else { Address::None };
    (address, address)
}

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let link = d.link;
    let Some(family) = family(d.get(span), link) else { return d.broken(Proto::Null, span) };
    match d.layer(Proto::Null, span, HEADER) {
        None => Next::Done,
        Some(payload) => match family {
            2 | 24 | 28 | 30 => Next::Ip(payload),
            // Some systems write an EtherType instead of a family.
            0x0800 | 0x86dd if link != LinkType::LOOP => Next::Ip(payload),
            _ => Next::Data(payload),
        },
    }
}

fn raw(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let version = d.get(span).u8(0).map(|b| b >> 4);
    let Some(payload) = d.layer(Proto::Raw, span, 0) else { return Next::Done };
    match version {
        Some(4 | 6) => Next::Ip(payload),
        Some(_) => Next::Data(payload),
        None => {
            d.stop(Proto::Raw, Span { end: span.end.max(1), ..span });
            Next::Done
        }
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show(ctx, layer, v, |w| {
        let bytes = w.bytes;
        if let Some(family) = family(bytes, ctx.frame.link) {
            w.value(&FAMILY, 0, 4, Value::Uint(family.into()))?;
        }
        Ok(())
    })
}

fn visit_raw(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    v.field(&RAW.field, layer.header_at(), Value::Bytes(ctx.layer_bytes(layer)))
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    #[test]
    fn the_family_may_be_in_either_byte_order() {
        assert_eq!(
            summary(
                LinkType::NULL,
                "020000004500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f"
            ),
            ("null:ip:udp:data".into(), "40000 → 40001 Len=5".into())
        );
        assert_eq!(
            summary(
                LinkType::NULL,
                "000000024500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f"
            ),
            ("null:ip:udp:data".into(), "40000 → 40001 Len=5".into())
        );
        assert_eq!(
            summary(
                LinkType::NULL,
                "0000001e60000000000d114020010db800000000000000000000000120010db80000000000000000000000029c409c41000d280b68656c6c6f"
            ),
            ("null:ipv6:udp:data".into(), "40000 → 40001 Len=5".into())
        );
    }

    #[test]
    fn openbsd_has_one_byte_order() {
        assert_eq!(
            summary(
                LinkType::LOOP,
                "020000004500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f"
            ),
            ("null:data".into(), "Null/Loopback".into())
        );
        assert_eq!(
            summary(
                LinkType::LOOP,
                "000000024500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f"
            ),
            ("null:ip:udp:data".into(), "40000 → 40001 Len=5".into())
        );
    }
}
