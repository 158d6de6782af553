//! Generic Routing Encapsulation (`gre`): RFC 2784, RFC 2890.

use crate::dissect::reading::checksum;
use crate::dissect::reading::layer::show_as;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Visit, name_of};
use crate::text::{Line, Push};

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
/// Acknowledgement number present; only version 1 (PPTP) has this flag.
const ACK: u16 = 0x0080;

const YES_NO: Names = &[(0, "No"), (1, "Yes")];
const VERSIONS: Names = &[(0, "GRE"), (1, "Enhanced GRE")];
/// Names of payloads: EtherTypes, and numbers that only GRE uses.
pub(in crate::dissect) const PROTOCOLS: Names = &[
    (0x0000, "Possible GRE keepalive packet"),
    (0x00fe, "OSI"),
    (0x0800, "IP"),
    (0x0806, "ARP"),
    (0x2000, "CDP (Cisco)"),
    (0x2001, "NHRP"),
    (0x22eb, "ERSPAN III"),
    (0x6400, "MIKROTIK EoIP"),
    (0x6558, "Transparent Ethernet bridging"),
    (0x6559, "Frame Relay"),
    (0x8137, "IPX"),
    (0x86dd, "IPv6"),
    (0x880b, "PPP"),
    (0x883e, "WCCP"),
    (0x8847, "MPLS label switched packet"),
    (0x8881, "CDMA2000 A10 Unstructured byte stream"),
    (0x88be, "ERSPAN"),
    (0x88d2, "CDMA2000 A10 3GPP2 Packet"),
    (0x8909, "CiscoMetaData"),
    (0x894f, "Network Service Header"),
    (0xb7ea, "Huawei GRE bonding"),
    (0xfeae, "AIROHIVE AP AP"),
];

crate::fields! {
    FLAGS = Field::new("gre.flags_and_version", "Flags and Version", Kind::Uint(16)).hex();
    FLAGS_CHECKSUM = Field::new("gre.flags.checksum", "Checksum Bit", Kind::Bool).mask(0x8000).width(16).names(YES_NO);
    FLAGS_ROUTING = Field::new("gre.flags.routing", "Routing Bit", Kind::Bool).mask(0x4000).width(16).names(YES_NO);
    FLAGS_KEY = Field::new("gre.flags.key", "Key Bit", Kind::Bool).mask(0x2000).width(16).names(YES_NO);
    FLAGS_SEQUENCE =
        Field::new("gre.flags.sequence_number", "Sequence Number Bit", Kind::Bool).mask(0x1000).width(16).names(YES_NO);
    FLAGS_STRICT =
        Field::new("gre.flags.strict_source_route", "Strict Source Route Bit", Kind::Bool).mask(0x0800).width(16).names(YES_NO);
    FLAGS_RECURSION = Field::new("gre.flags.recursion_control", "Recursion control", Kind::Uint(16)).mask(0x0700);
    FLAGS_ACK = Field::new("gre.flags.ack", "Acknowledgment", Kind::Bool).mask(0x0080).width(16).names(YES_NO);
    FLAGS_RESERVED = Field::new("gre.flags.reserved", "Flags (Reserved)", Kind::Uint(16)).mask(0x00f8);
    FLAGS_VERSION = Field::new("gre.flags.version", "Version", Kind::Uint(16)).mask(0x0007).names(VERSIONS);
    PROTO = Field::new("gre.proto", "Protocol Type", Kind::Uint(16)).hex().names(PROTOCOLS);
    SUM = Field::new("gre.checksum", "Checksum", Kind::Uint(16)).hex();
    SUM_BAD = Field::new("gre.checksum.incorrect", "Incorrect GRE Checksum", Kind::Label);
    SUM_STATUS = Field::new("gre.checksum.status", "Checksum Status", Kind::Uint(8)).names(super::ipv4::CHECKSUM_STATES).generated();
    OFFSET = Field::new("gre.offset", "Offset", Kind::Uint(16));
    KEY_FIELD = Field::new("gre.key", "Key", Kind::Uint(32)).hex();
    PAYLOAD_LENGTH = Field::new("gre.key.payload_length", "Payload Length", Kind::Uint(16));
    CALL_ID = Field::new("gre.key.call_id", "Call ID", Kind::Uint(16));
    SEQUENCE_NUMBER = Field::new("gre.sequence_number", "Sequence Number", Kind::Uint(32));
    ACK_NUMBER = Field::new("gre.ack_number", "Acknowledgment Number", Kind::Uint(32));
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,

    summary,
    silent: |ctx, layer| ctx.layer_bytes(layer).len() < 4,
    decode,
    ip_protocols: &[47],
    ..Protocol::new("gre", "GRE", "Generic Routing Encapsulation")
};

/// Length of the header with these flags; `None` with the flag for routing (RFC 1701), which is out of use.
fn header_len(flags: u16) -> Option<u32> {
    let optional = [CHECKSUM, KEY, SEQUENCE].into_iter().filter(|bit| flags & bit != 0).count() as u32;
    let ack = u32::from(flags & 7 == 1 && flags & ACK != 0);
    (flags & ROUTING == 0).then_some(4 + 4 * (optional + ack))
}

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let (Some(flags), Some(proto)) = (bytes.u16(0), bytes.u16(2)) else { return d.broken(Proto::Gre, span) };
    let Some(len) = header_len(flags).filter(|len| *len as usize <= bytes.len()) else {
        return d.broken(Proto::Gre, span);
    };
    match d.layer(Proto::Gre, span, len) {
        Some(payload) if payload.len() > 0 => Next::Inner(proto, payload),
        _ => Next::Done,
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let Some(proto) = ctx.layer_bytes(layer).u16(2) else { return };
    out.text("Encapsulated ");
    match name_of(PROTOCOLS, proto.into()) {
        Some(name) => out.text(name),
        None => {
            // Wireshark writes the digits of this number in capitals.
            out.text("0x");
            for place in (0..4).rev() {
                out.push(b"0123456789ABCDEF"[usize::from(proto >> (place * 4) & 15)]);
            }
            out.text(" (unknown)");
        }
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let (flags, proto) = (bytes.u16(0).unwrap_or(0), bytes.u16(2).unwrap_or(0));
    let name = name_of(PROTOCOLS, proto.into()).unwrap_or("unknown");
    let text = format_args!("Generic Routing Encapsulation ({name})");
    show_as(ctx, layer, text, v, |w| {
        let enhanced = flags & 7 == 1;
        w.uint(&FLAGS, 0, 2)?;
        w.bits(
            &[&FLAGS_CHECKSUM, &FLAGS_ROUTING, &FLAGS_KEY, &FLAGS_SEQUENCE, &FLAGS_STRICT, &FLAGS_RECURSION],
            0,
            2,
        )?;
        let rest: &[&'static Field] = if enhanced {
            &[&FLAGS_ACK, &FLAGS_RESERVED, &FLAGS_VERSION]
        } else {
            &[&FLAGS_RESERVED, &FLAGS_VERSION]
        };
        w.bits(rest, 0, 2)?;
        w.uint(&PROTO, 2, 2)?;
        optional(w, layer, flags)
    })
}

fn optional(w: &mut Walk<'_, '_>, layer: &Layer, flags: u16) -> Step {
    let mut at = 4;
    if flags & (CHECKSUM | ROUTING) != 0 {
        checksum::show(w, layer, [&SUM, &SUM_STATUS, &SUM_BAD], at, Some(0))?;
        w.uint(&OFFSET, at + 2, 2)?;
        at += 4;
    }
    if flags & KEY != 0 {
        if flags & 7 == 1 {
            w.uint(&PAYLOAD_LENGTH, at, 2)?;
            w.uint(&CALL_ID, at + 2, 2)?;
        } else {
            w.uint(&KEY_FIELD, at, 4)?;
        }
        at += 4;
    }
    if flags & SEQUENCE != 0 {
        w.uint(&SEQUENCE_NUMBER, at, 4)?;
        at += 4;
    }
    if flags & 7 == 1 && flags & ACK != 0 {
        w.uint(&ACK_NUMBER, at, 4)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    #[test]
    fn a_tunnel_leads_to_the_packet_inside() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500004100010000402f668b0a0000010a000002900008006e1e0000000000054500002100010000401174c601010101020202029c409c41000d7d7a68656c6c6f"
            ),
            ("eth:ethertype:ip:gre:ip:udp:data".into(), "40000 → 40001 Len=5".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500004700010000402f66850a0000010a0000020000655802000000000202000000000108004500002100010000401174c601010101020202029c409c41000d7d7a68656c6c6f"
            ),
            ("eth:ethertype:ip:gre:eth:ethertype:ip:udp:data".into(), "40000 → 40001 Len=5".into())
        );
    }

    #[test]
    fn an_unknown_payload_is_named_by_its_number() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500001b00010000402f66b10a0000010a000002000088b5616263"
            ),
            ("eth:ethertype:ip:gre:data".into(), "Encapsulated 0x88B5 (unknown)".into())
        );
    }
}
