//! Session Traversal Utilities for NAT (`stun`): RFC 8489, with TURN (RFC 8656) and ICE (RFC 8445).

mod attributes;
mod names;

use crate::dissect::reading::layer::{show, show_as, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push, written};
use attributes::{address, error_code, is_address, is_deprecated, text, transport};
use names::{BANDWIDTH, CHANNEL_NUMBER, ERROR, ERRORS, LIFETIME, NONCE, REALM, TRANSPORT, USERNAME};
use std::fmt::{self, Write as _};
use std::net::IpAddr;

const HEADER: usize = 20;
const COOKIE: u32 = 0x2112_a442;
/// Octets before the data in a channel message (RFC 8656, section 12.4).
const CHANNEL: usize = 4;
/// The bits of the message type that are its class, and those that are its method (RFC 8489, section 5).
const CLASS: u64 = 0x0110;
const METHOD: u64 = 0x3eef;

/// Names of classes, by the two bits of the class, which are not adjacent.
const CLASSES: Names =
    &[(0, "Request"), (0x01, "Indication"), (0x10, "Success Response"), (0x11, "Error Response")];
/// The greatest method that is taken for one: others are other protocols' bytes.
const LAST_METHOD: u64 = 0xff;
const METHODS: Names = &[
    (1, "Binding"),
    (2, "SharedSecret"),
    (3, "Allocate"),
    (4, "Refresh"),
    (6, "Send"),
    (7, "Data"),
    (8, "CreatePermission"),
    (9, "Channel-Bind"),
    (10, "Connect"),
    (11, "ConnectionBind"),
    (12, "ConnectionAttempt"),
    (0x80, "GooglePing"),
];

const METHOD_ASSIGNMENTS: Names = &[(0, "IETF Review"), (1, "Designated Expert")];
/// The only version whose messages have the cookie.
const VERSIONS: Names = &[(3, "RFC-5389/8489")];

crate::fields! {
    CHANNEL_ID = Field::new("stun.channel", "Channel Number", Kind::Uint(16)).hex();
    TYPE = Field::new("stun.type", "Message Type", Kind::Uint(16)).hex();
    TYPE_CLASS = Field::new("stun.type.class", "Message Class", Kind::Uint(16)).hex().mask(CLASS).names(CLASSES);
    TYPE_ASSIGNED = Field::new("stun.type.method-assignment", "Message Method Assignment", Kind::Uint(16)).hex().mask(0x2000).names(METHOD_ASSIGNMENTS);
    TYPE_METHOD = Field::new("stun.type.method", "Message Method", Kind::Uint(16)).hex().mask(METHOD).names(METHODS);
    LENGTH = Field::new("stun.length", "Message Length", Kind::Uint(16));
    MAGIC = Field::new("stun.cookie", "Message Cookie", Kind::Bytes);
    ID = Field::new("stun.id", "Message Transaction ID", Kind::Bytes);
    ALL = Field::new("stun.attributes", "Attributes", Kind::Label);
    VERSION = Field::new("stun.network_version", "STUN Network Version", Kind::Uint(8)).names(VERSIONS).generated();
}

/// The fields of messages and of their attributes.
static FIELDS_OF_ALL: [&Field; FIELDS.len() + attributes::ALL.len()] =
    crate::dissect::join(FIELDS, attributes::ALL);

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: &FIELDS_OF_ALL,
    visit: |ctx, layer, v| match is_channel(ctx.layer_bytes(layer)) {
        true => {
            let text = format_args!("Session Traversal Utilities for NAT, TURN ChannelData Message");
            show_as(ctx, layer, text, v, message)
        }
        false => show(ctx, layer, v, message),
    },
    summary,
    decode,
    udp_ports: &[3478],
    recognise: Some(|bytes, _, _| is_message(bytes, bytes.len())),
    ..Protocol::new("stun", "STUN", "Session Traversal Utilities for NAT")
};

/// Whether a datagram of `len` octets is a message, by its cookie and its length (RFC 8489, section 6.3).
fn is_message(bytes: &[u8], len: usize) -> bool {
    let kind = bytes.u16(0).is_some_and(|kind| kind & 0xc000 == 0 && method(kind.into()) <= LAST_METHOD);
    let whole = bytes.u16(2).is_some_and(|length| HEADER + usize::from(length) == len);
    kind && whole && bytes.u32(4) == Some(COOKIE)
}

/// Whether a datagram has the form of channel data; only TURN's port, or messages before it, make that certain.
pub(crate) fn is_channel(bytes: &[u8]) -> bool {
    let number = bytes.u16(0).is_some_and(|number| (0x4000..0x5000).contains(&number));
    number && bytes.u16(2).is_some_and(|len| usize::from(len) + CHANNEL <= bytes.len())
}

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    if is_message(bytes, span.len() as usize) {
        return whole(d, Proto::Stun, span, message);
    }
    if !is_channel(bytes) {
        return Next::Data(span);
    }
    match d.layer(Proto::Stun, span, CHANNEL as u32) {
        Some(data) if data.len() > 0 => Next::Data(data),
        _ => Next::Done,
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let Some(kind) = bytes.u16(0).map(u64::from) else { return };
    if is_channel(bytes) {
        return out.text("ChannelData TURN Message");
    }
    write_type(kind, out);
    for (kind, value) in attributes::of(bytes) {
        write_attribute(kind, value, bytes, out);
    }
}

/// The method in a message type, without the bits of the class in between.
fn method(kind: u64) -> u64 {
    kind & 0x000f | kind >> 1 & 0x0070 | kind >> 2 & 0x0f80
}

fn class(kind: u64) -> u64 {
    (kind & CLASS) >> CLASS.trailing_zeros()
}

fn write_type(kind: u64, out: &mut Line) {
    out.text(name_of(METHODS, method(kind)).unwrap_or("Unknown"));
    out.text(" ");
    out.text(name_of(CLASSES, class(kind)).unwrap_or(""));
}

fn write_attribute(kind: u16, value: &[u8], message: &[u8], out: &mut Line) {
    if is_address(kind) {
        if let Some((ip, port)) = address(kind, value, message).filter(|_| !is_deprecated(kind)) {
            out.text(" ");
            out.text(attributes::name(kind).unwrap_or(""));
            out.text(": ");
            match ip {
                IpAddr::V4(ip) => out.ipv4(ip),
                IpAddr::V6(ip) => out.ipv6(ip),
            }
            out.text(":");
            out.num(port);
        }
        return;
    }
    match (kind, value.u32(0)) {
        (USERNAME | REALM, _) => {
            out.text(if kind == USERNAME { " user: " } else { " realm: " });
            out.decoded(text(value));
        }
        (NONCE, _) => out.text(" with nonce"),
        (LIFETIME | BANDWIDTH, Some(n)) => {
            out.text(if kind == LIFETIME { " lifetime: " } else { " bandwidth: " });
            out.num(n);
        }
        (TRANSPORT, Some(_)) => {
            out.text(" ");
            out.text(&transport(value));
        }
        (CHANNEL_NUMBER, Some(n)) => {
            out.text(" ChannelNumber=");
            out.hex((n >> 16).into(), 1);
        }
        (ERROR, Some(_)) => {
            let code = error_code(value).unwrap_or(0);
            out.text(" error-code: ");
            out.num(code);
            out.text(" (");
            out.text(name_of(ERRORS, code).unwrap_or("*Unknown error code*"));
            out.text(")");
            if let Some(reason @ [_, ..]) = value.get(4..) {
                out.text(" ");
                out.decoded(text(reason));
            }
        }
        _ => {}
    }
}

/// The bits of a message type that a mask has, with dots for the others, in groups of four.
struct Pattern {
    kind: u64,
    mask: u64,
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..16).rev().try_for_each(|place| {
            let bit = match (self.mask >> place & 1, self.kind >> place & 1) {
                (0, _) => '.',
                (_, 0) => '0',
                _ => '1',
            };
            f.write_char(bit)?;
            if place % 4 == 0 && place > 0 { f.write_char(' ') } else { Ok(()) }
        })
    }
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    let whole = w.bytes;
    if is_channel(whole) {
        w.num(&CHANNEL_ID, 0)?;
        return w.num(&LENGTH, 2).map(drop);
    }
    let kind = u64::from(w.u16(0)?);
    let name = written(|line| write_type(kind, line));
    w.line(&TYPE, 0, 2, Value::Uint(kind), format_args!("Message Type: 0x{kind:04x} ({name})"))?;
    w.open();
    let (class, raw) = (class(kind), kind & METHOD);
    let name = name_of(CLASSES, class).unwrap_or("Unknown");
    let nth = class >> 3 | class & 1;
    let text =
        format_args!("{} = Message Class: 0x{class:02x} {name} ({nth})", Pattern { kind, mask: CLASS });
    w.line(&TYPE_CLASS, 0, 2, Value::Uint(class), text)?;
    let number = method(kind);
    let name = name_of(METHODS, number).unwrap_or("Unknown");
    let text = format_args!(
        "{} = Message Method: 0x{raw:04x} {name} (0x{number:03x})",
        Pattern { kind, mask: METHOD }
    );
    w.line(&TYPE_METHOD, 0, 2, Value::Uint(raw), text)?;
    w.uint(&TYPE_ASSIGNED, 0, 2)?;
    w.close();
    w.num(&LENGTH, 2)?;
    w.bytes(&MAGIC, 4, 4)?;
    w.bytes(&ID, 8, 12)?;
    w.skip(HEADER);
    if w.left() > 0 {
        let text = format_args!("[STUN Network Version: RFC-5389/8489 (3)]");
        w.line(&VERSION, 0, 0, Value::Uint(3), text)?;
        w.heading(&ALL, w.left(), format_args!("Attributes"))?;
        let mut covered = attributes::Covered::default();
        while w.left() > 0 {
            attributes::show(w, whole, &mut covered)?;
        }
        w.close();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{datagram, over_ipv4, summary};
    use crate::frame::LinkType;

    fn message(ports: &str, body: &str) -> (String, String) {
        summary(LinkType::ETHERNET, &over_ipv4("4011", "0a000002", &datagram(ports, body)))
    }

    #[test]
    fn a_masked_address_is_shown_as_it_is() {
        let answer = "0101 000c 2112a442 000102030405060708090a0b 0020 0008 0001 e243 2b12a443";
        let expected = "Binding Success Response XOR-MAPPED-ADDRESS: 10.0.0.1:50001";
        assert_eq!(message("9c409c41", answer), ("eth:ethertype:ip:udp:stun".into(), expected.into()));
    }

    #[test]
    fn only_the_cookie_and_the_length_make_a_message_on_other_ports() {
        let request = "0001 0000 2112a442 000102030405060708090a0b";
        assert_eq!(message("9c409c41", request).1, "Binding Request");
        assert_eq!(message("9c409c41", &format!("{request} 00")).0, "eth:ethertype:ip:udp:data");
        assert_eq!(message("9c400d96", "4000 0004 61626364").1, "ChannelData TURN Message");
        assert_eq!(message("9c409c41", "4000 0004 61626364").0, "eth:ethertype:ip:udp:data");
    }
}
