//! EAP over LANs (`eapol`, IEEE 802.1X), with the keys of IEEE 802.11; and EAP itself (`eap`, RFC 3748).

mod eap;
mod key;

pub(in crate::dissect) use eap::PROTOCOL as EAP;

use crate::dissect::reading::layer::{show, unseen};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, join};
use crate::field::{Field, Kind, Names, name_of};
use crate::text::{Line, Push};

/// Octets of the header.
const HEADER: usize = 4;
const EAP_PACKET: u8 = 0;
const KEY: u8 = 3;
const TYPES: Names = &[
    (EAP_PACKET as u64, "EAP Packet"),
    (1, "Start"),
    (2, "Logoff"),
    (KEY as u64, "Key"),
    (4, "Encapsulated ASF Alert"),
    (5, "MKA"),
    (6, "Announcement (Generic)"),
    (7, "Announcement (Specific)"),
    (8, "Announcement Request"),
];
const VERSIONS: Names = &[(1, "802.1X-2001"), (2, "802.1X-2004"), (3, "802.1X-2010")];

crate::fields! {
    VERSION = Field::new("eapol.version", "Version", Kind::Uint(8)).names(VERSIONS);
    TYPE = Field::new("eapol.type", "Type", Kind::Uint(8)).names(TYPES);
    LEN = Field::new("eapol.len", "Length", Kind::Uint(16));
}

static ALL_FIELDS: [&Field; FIELDS.len() + key::FIELDS.len()] = join(FIELDS, key::FIELDS);

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: &ALL_FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    silent: |ctx, layer| ctx.layer_bytes(layer).u8(1) == Some(EAP_PACKET),
    decode,
    ether_types: &[0x888e],
    ..Protocol::new("eapol", "EAPOL", "802.1X Authentication")
};

/// Decodes the message up to its own length; bytes behind it are padding.
fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let (Some(kind), Some(len)) = (bytes.u8(1), bytes.u16(2)) else { return d.broken(Proto::Eapol, span) };
    let end = span.start.saturating_add(HEADER as u32 + u32::from(len));
    let span = Span { end: span.end.min(end), ..span };
    if kind == EAP_PACKET {
        return match d.layer(Proto::Eapol, span, HEADER as u32) {
            Some(packet) => eap::decode(d, packet),
            None => Next::Done,
        };
    }
    if unseen(d.get(span), message).is_err() {
        return d.broken(Proto::Eapol, span);
    }
    d.layer(Proto::Eapol, span, span.len());
    Next::Done
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let Some(kind) = bytes.u8(1) else { return };
    match name_of(TYPES, kind.into()) {
        Some(name) => out.text(name),
        None => {
            let digits = crate::text::written(|line| line.hex(kind.into(), 2));
            out.text("Unknown Type (0x");
            out.text(&digits.trim_start_matches("0x").to_uppercase());
            out.text(")");
        }
    }
    if kind == KEY {
        key::summary(bytes.get(HEADER..).unwrap_or(&[]), out);
    }
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    w.num(&VERSION, 0)?;
    let kind = w.num(&TYPE, 1)?;
    w.num(&LEN, 2)?;
    w.skip(HEADER);
    if kind == u64::from(KEY) { key::message(w) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    fn message(body: &str) -> (String, String) {
        summary(LinkType::ETHERNET, &format!("020000000002 020000000001 888e {body}"))
    }

    #[test]
    fn each_kind_of_packet_is_named() {
        assert_eq!(message("01010000"), ("eth:ethertype:eapol".into(), "Start".into()));
        assert_eq!(message("010b0000").1, "Unknown Type (0x0B)");
        assert_eq!(message("01000005 0101000501").1, "Request, Identity");
        assert_eq!(message("01000004 03040004").1, "Success");
        assert_eq!(message("01000005 01010005ff 0000000000").1, "Request, Experimental");
        assert_eq!(message("01000005 01").1, " Malformed");
    }

    #[test]
    fn the_steps_of_the_handshake_follow_from_its_flags() {
        let key = |information: &str, data: &str| {
            let (nonce, zeros) = ("11".repeat(32), "00".repeat(16 + 8 + 8 + 16));
            let body =
                format!("02 {information} 0010 0000000000000001 {nonce} {zeros} {data}").replace(' ', "");
            message(&format!("0203{:04x} {body}", body.len() / 2)).1
        };
        for (information, data, step) in [
            ("008a", "0000", "Key (Message 1 of 4)"),
            ("010a", "0002 3000", "Key (Message 2 of 4)"),
            ("13ca", "0002 dd00", "Key (Message 3 of 4)"),
            ("030a", "0000", "Key (Message 4 of 4)"),
            ("1382", "0000", "Key (Group Message 1 of 2)"),
            ("0302", "0000", "Key (Group Message 2 of 2)"),
        ] {
            assert_eq!(key(information, data), step);
        }
    }
}
