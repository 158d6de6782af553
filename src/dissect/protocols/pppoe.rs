//! PPP over Ethernet, session stage (`pppoes`, RFC 2516), and the PPP frame in it (`ppp`, RFC 1661), down to IP.

use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{At, Field, Kind, Names, Value, Visit};
use crate::text::{Line, Push};

/// Octets of version and type, code, session and length.
const HEADER: u32 = 6;
/// The code of a frame that carries data.
const SESSION_DATA: u8 = 0;
const IPV4: u16 = 0x0021;
const IPV6: u16 = 0x0057;

const CODES: Names = &[(SESSION_DATA as u64, "Session Data")];
/// Protocols of PPP (IANA, "PPP DLL Protocol Numbers").
const PROTOCOLS: Names = &[
    (IPV4 as u64, "Internet Protocol version 4"),
    (0x002d, "Van Jacobson Compressed TCP/IP"),
    (0x002f, "Van Jacobson Uncompressed TCP/IP"),
    (IPV6 as u64, "Internet Protocol version 6"),
    (0x8021, "Internet Protocol Control Protocol"),
    (0x8057, "IPv6 Control Protocol"),
    (0x80fd, "Compression Control Protocol"),
    (0xc021, "Link Control Protocol"),
    (0xc023, "Password Authentication Protocol"),
    (0xc223, "Challenge Handshake Authentication Protocol"),
];

crate::fields! {
    VERSION = Field::new("pppoe.version", "Version", Kind::Uint(8)).mask(0xf0);
    TYPE = Field::new("pppoe.type", "Type", Kind::Uint(8)).mask(0x0f);
    CODE = Field::new("pppoe.code", "Code", Kind::Uint(8)).hex().names(CODES);
    SESSION_ID = Field::new("pppoe.session_id", "Session ID", Kind::Uint(16)).hex();
    PAYLOAD_LENGTH = Field::new("pppoe.payload_length", "Payload Length", Kind::Uint(16));
}

/// The field of the PPP frame.
mod ppp {
    use super::PROTOCOLS;
    use crate::field::{Field, Kind};

    crate::fields! {
        PROTOCOL = Field::new("ppp.protocol", "Protocol", Kind::Uint(16)).hex().names(PROTOCOLS);
    }
}

pub(in crate::dissect) static SESSION: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary: |_, _, out| out.text("Session Data"),
    decode,
    ether_types: &[0x8864],
    ..Protocol::new("pppoes", "PPPoES", "PPP-over-Ethernet Session")
};

pub(in crate::dissect) static PPP: Protocol = Protocol {
    fields: ppp::FIELDS,
    visit: visit_ppp,
    summary: summary_ppp,
    decode: decode_ppp,
    ..Protocol::new("ppp", "PPP", "Point-to-Point Protocol")
};

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let (Some(code), Some(length)) = (bytes.u8(1), bytes.u16(4)) else {
        return d.broken(Proto::PppoeSession, span);
    };
    // Bytes after the payload are padding of a short Ethernet frame.
    let end = span.end.min(span.start + HEADER + u32::from(length));
    match d.layer(Proto::PppoeSession, Span { end, ..span }, HEADER) {
        Some(payload) if code == SESSION_DATA => decode_ppp(d, payload),
        Some(payload) => Next::Data(payload),
        None => Next::Done,
    }
}

fn decode_ppp(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let Some((protocol, len)) = protocol(d.get(span)) else { return d.broken(Proto::Ppp, span) };
    match (d.layer(Proto::Ppp, span, len), protocol) {
        (Some(payload), IPV4) => Next::Inner(0x0800, payload),
        (Some(payload), IPV6) => Next::Inner(0x86dd, payload),
        (Some(payload), _) => Next::Data(payload),
        (None, _) => Next::Done,
    }
}

/// The protocol of a PPP frame, and how many bytes the field takes: one if the sender has compressed it (RFC 1661,
/// section 6.5), which is when the first byte is odd.
fn protocol(bytes: &[u8]) -> Option<(u16, u32)> {
    match bytes.u8(0)? {
        first if first & 1 == 1 => Some((first.into(), 1)),
        _ => Some((bytes.u16(0)?, 2)),
    }
}

fn summary_ppp(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let Some((protocol, _)) = protocol(ctx.layer_bytes(layer)) else { return };
    match ppp::PROTOCOL.name_of(protocol.into()) {
        Some(name) => out.text(name),
        None => {
            out.text("Protocol 0x");
            out.text(&format!("{protocol:04x}"));
        }
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show(ctx, layer, v, |w| {
        w.uint(&VERSION, 0, 1)?;
        w.uint(&TYPE, 0, 1)?;
        w.uint(&CODE, 1, 1)?;
        w.uint(&SESSION_ID, 2, 2)?;
        w.uint(&PAYLOAD_LENGTH, 4, 2)?;
        Ok(())
    })
}

fn visit_ppp(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    v.field(&PPP.field, layer.header_at(), Value::Bytes(bytes))?;
    v.open();
    if let Some((protocol, len)) = protocol(bytes) {
        let at = At { source: layer.source, start: layer.start, len };
        v.field(&ppp::PROTOCOL, at, Value::Uint(protocol.into()))?;
    }
    v.close();
    Visited::Continue(())
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    const UDP: &str = "4500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f";

    fn session(ppp: &str, len: usize) -> (String, String) {
        let frame = format!("0200000000020200000000018864110000010{:03x}{ppp}", len);
        summary(LinkType::ETHERNET, &frame)
    }

    #[test]
    fn a_session_leads_to_ip_and_its_length_ends_before_the_padding() {
        let (path, info) = session(&format!("0021{UDP}0000000000"), 35);
        assert_eq!(
            (path.as_str(), info.as_str()),
            ("eth:ethertype:pppoes:ppp:ip:udp:data", "40000 → 40001 Len=5")
        );
    }

    #[test]
    fn a_protocol_of_one_byte_is_read() {
        let (path, _) = session(&format!("21{UDP}"), 34);
        assert_eq!(path, "eth:ethertype:pppoes:ppp:ip:udp:data");
    }

    #[test]
    fn what_is_not_ip_is_named() {
        let (path, info) = session("c02101010004", 6);
        assert_eq!(
            (path.as_str(), info.as_str()),
            ("eth:ethertype:pppoes:ppp:data", "Link Control Protocol")
        );
    }
}
