//! Session Traversal Utilities for NAT (`stun`): RFC 8489, with TURN (RFC 8656) and ICE (RFC 8445).

use crate::dissect::reading::layer::{show, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push, written};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const HEADER: usize = 20;
const COOKIE: u32 = 0x2112_a442;
/// Octets of an attribute's header: its type and its length.
const ATTRIBUTE: usize = 4;
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

const MAPPED: u16 = 0x0001;
const USERNAME: u16 = 0x0006;
const ERROR: u16 = 0x0009;
const CHANNEL_NUMBER: u16 = 0x000c;
const LIFETIME: u16 = 0x000d;
const XOR_PEER: u16 = 0x0012;
const DATA: u16 = 0x0013;
const REALM: u16 = 0x0014;
const NONCE: u16 = 0x0015;
const XOR_RELAYED: u16 = 0x0016;
const TRANSPORT: u16 = 0x0019;
const XOR_MAPPED: u16 = 0x0020;
const PRIORITY: u16 = 0x0024;
const SOFTWARE: u16 = 0x8022;
const ALTERNATE: u16 = 0x8023;
const ORIGIN: u16 = 0x802b;
const OTHER: u16 = 0x802c;
const ATTRIBUTES: Names = &[
    (MAPPED as u64, "MAPPED-ADDRESS"),
    (0x0003, "CHANGE_REQUEST"),
    (USERNAME as u64, "USERNAME"),
    (0x0008, "MESSAGE-INTEGRITY"),
    (ERROR as u64, "ERROR-CODE"),
    (0x000a, "UNKNOWN-ATTRIBUTES"),
    (CHANNEL_NUMBER as u64, "CHANNEL-NUMBER"),
    (LIFETIME as u64, "LIFETIME"),
    (XOR_PEER as u64, "XOR-PEER-ADDRESS"),
    (DATA as u64, "DATA"),
    (REALM as u64, "REALM"),
    (NONCE as u64, "NONCE"),
    (XOR_RELAYED as u64, "XOR-RELAYED-ADDRESS"),
    (0x0018, "EVEN-PORT"),
    (TRANSPORT as u64, "REQUESTED-TRANSPORT"),
    (0x001a, "DONT-FRAGMENT"),
    (XOR_MAPPED as u64, "XOR-MAPPED-ADDRESS"),
    (0x0022, "RESERVATION-TOKEN"),
    (PRIORITY as u64, "PRIORITY"),
    (0x0025, "USE-CANDIDATE"),
    (SOFTWARE as u64, "SOFTWARE"),
    (ALTERNATE as u64, "ALTERNATE-SERVER"),
    (0x8028, "FINGERPRINT"),
    (0x8029, "ICE-CONTROLLED"),
    (0x802a, "ICE-CONTROLLING"),
    (ORIGIN as u64, "RESPONSE-ORIGIN"),
    (OTHER as u64, "OTHER-ADDRESS"),
];
/// Error codes (RFC 8489, section 14.8; RFC 8656, section 19; RFC 8445, section 16.2).
const ERRORS: Names = &[
    (300, "Try Alternate"),
    (400, "Bad Request"),
    (401, "Unauthenticated"),
    (403, "Forbidden"),
    (405, "Mobility Forbidden"),
    (420, "Unknown Attribute"),
    (437, "Allocation Mismatch"),
    (438, "Stale Nonce"),
    (440, "Address Family not Supported"),
    (441, "Wrong Credentials"),
    (442, "Unsupported Transport Protocol"),
    (443, "Peer Address Family Mismatch"),
    (446, "Connection Already Exists"),
    (447, "Connection Timeout or Failure"),
    (486, "Allocation Quota Reached"),
    (487, "Role Conflict"),
    (500, "Server Error"),
    (508, "Insufficient Port Capacity"),
];
const TRANSPORTS: Names = &[(6, "TCP"), (17, "UDP")];
const FAMILIES: Names = &[(1, "IPv4"), (2, "IPv6")];

crate::fields! {
    CHANNEL_ID = Field::new("stun.channel", "Channel Number", Kind::Uint(16)).hex();
    TYPE = Field::new("stun.type", "Message Type", Kind::Uint(16)).hex();
    TYPE_CLASS = Field::new("stun.type.class", "Message Class", Kind::Uint(16)).hex().mask(CLASS).names(CLASSES);
    TYPE_METHOD = Field::new("stun.type.method", "Message Method", Kind::Uint(16)).hex().mask(METHOD).names(METHODS);
    LENGTH = Field::new("stun.length", "Message Length", Kind::Uint(16));
    MAGIC = Field::new("stun.cookie", "Message Cookie", Kind::Bytes);
    ID = Field::new("stun.id", "Message Transaction ID", Kind::Bytes);
    ALL = Field::new("stun.attributes", "Attributes", Kind::Label);
    ATTRIBUTE_TYPE = Field::new("stun.att.type", "Attribute Type", Kind::Uint(16)).hex().names(ATTRIBUTES);
    ATTRIBUTE_LENGTH = Field::new("stun.att.length", "Attribute Length", Kind::Uint(16));
    FAMILY = Field::new("stun.att.family", "Protocol Family", Kind::Uint(8)).hex().names(FAMILIES);
    PORT = Field::new("stun.att.port", "Port", Kind::Uint(16));
    IPV4 = Field::new("stun.att.ipv4", "IP", Kind::Ipv4);
    IPV6 = Field::new("stun.att.ipv6", "IP", Kind::Ipv6);
    USER = Field::new("stun.att.username", "Username", Kind::Text);
    ERROR_CLASS = Field::new("stun.att.error.class", "Error Class", Kind::Uint(8)).mask(0x07);
    ERROR_CODE = Field::new("stun.att.error", "Error Code", Kind::Uint(8));
    REASON = Field::new("stun.att.error.reason", "Error Reason Phrase", Kind::Text);
    REALM_NAME = Field::new("stun.att.realm", "Realm", Kind::Text);
    NONCE_TEXT = Field::new("stun.att.nonce", "Nonce", Kind::Text);
    SOFTWARE_NAME = Field::new("stun.att.software", "Software", Kind::Text);
    PRIORITY_VALUE = Field::new("stun.att.priority", "Priority", Kind::Uint(32));
    SECONDS = Field::new("stun.att.lifetime", "Lifetime", Kind::Uint(32));
    TRANSPORT_ID = Field::new("stun.att.transp", "Transport", Kind::Uint(8)).hex().names(TRANSPORTS);
    CHANNEL_VALUE = Field::new("stun.att.channelnum", "Channel-Number", Kind::Uint(16)).hex();
    VALUE = Field::new("stun.value", "Value", Kind::Bytes);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
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

/// Type and value of each attribute of a message, up to the first that is incomplete.
fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes.get(HEADER..).unwrap_or(&[]);
    std::iter::from_fn(move || {
        let (kind, len) = (rest.u16(0)?, usize::from(rest.u16(2)?));
        let value = rest.get(ATTRIBUTE..ATTRIBUTE + len)?;
        rest = rest.get(ATTRIBUTE + len.next_multiple_of(4)..).unwrap_or(&[]);
        Some((kind, value))
    })
}

/// Address and port of an attribute. Some attributes have both masked by the cookie and the transaction ID of
/// `message` (RFC 8489, section 14.2).
fn address(kind: u16, value: &[u8], message: &[u8]) -> Option<(IpAddr, u16)> {
    let masked = matches!(kind, XOR_MAPPED | XOR_PEER | XOR_RELAYED);
    let mask: [u8; 16] = match masked {
        true => *message.get(4..)?.first_chunk()?,
        false => [0; 16],
    };
    let port = value.u16(2)? ^ mask.u16(0)?;
    let ip = match value.u8(1)? {
        1 => IpAddr::V4(Ipv4Addr::from(value.u32(4)? ^ mask.u32(0)?)),
        2 => IpAddr::V6(Ipv6Addr::from(u128::from(value.ipv6(4)?) ^ u128::from_be_bytes(mask))),
        _ => return None,
    };
    Some((ip, port))
}

fn is_address(kind: u16) -> bool {
    matches!(kind, MAPPED | XOR_MAPPED | XOR_PEER | XOR_RELAYED | ALTERNATE | ORIGIN | OTHER)
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let Some(kind) = bytes.u16(0).map(u64::from) else { return };
    if is_channel(bytes) {
        return out.text("ChannelData TURN Message");
    }
    write_type(kind, out);
    for (kind, value) in attributes(bytes) {
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
        if let Some((ip, port)) = address(kind, value, message) {
            out.text(" ");
            out.text(name_of(ATTRIBUTES, kind.into()).unwrap_or(""));
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
    match kind {
        USERNAME | REALM => {
            out.text(if kind == USERNAME { " user: " } else { " realm: " });
            out.decoded(value);
        }
        NONCE => out.text(" with nonce"),
        LIFETIME => {
            out.text(" lifetime: ");
            out.num(value.u32(0).unwrap_or(0));
        }
        TRANSPORT => {
            let known = value.u8(0).and_then(|transport| name_of(TRANSPORTS, transport.into()));
            if let Some(name) = known {
                out.text(" ");
                out.text(name);
            }
        }
        CHANNEL_NUMBER => {
            out.text(" ChannelNumber=");
            out.hex(value.u16(0).unwrap_or(0).into(), 4);
        }
        ERROR => {
            let code = u64::from(value.u8(2).unwrap_or(0) & 7) * 100 + u64::from(value.u8(3).unwrap_or(0));
            out.text(" error-code: ");
            out.num(code);
            out.text(" (");
            out.text(name_of(ERRORS, code).unwrap_or("*Unknown error code*"));
            out.text(")");
            if let Some(reason @ [_, ..]) = value.get(4..) {
                out.text(" ");
                out.decoded(reason);
            }
        }
        _ => {}
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
    w.value(&TYPE_CLASS, 0, 2, Value::Uint(class(kind)))?;
    w.value(&TYPE_METHOD, 0, 2, Value::Uint(kind & METHOD))?;
    w.close();
    w.num(&LENGTH, 2)?;
    w.bytes(&MAGIC, 4, 4)?;
    w.bytes(&ID, 8, 12)?;
    w.skip(HEADER);
    if w.left() > 0 {
        w.heading(&ALL, w.left(), format_args!("Attributes"))?;
        while w.left() > 0 {
            attribute(w, whole)?;
        }
        w.close();
    }
    Ok(())
}

fn attribute(w: &mut Walk<'_, '_>, message: &[u8]) -> Step {
    let (kind, len) = (w.u16(0)?, usize::from(w.u16(2)?));
    let value = w.get(ATTRIBUTE, len)?;
    match name_of(ATTRIBUTES, kind.into()) {
        Some(name) => {
            w.group(ATTRIBUTE + len, format_args!("{name}"))?;
            w.num(&ATTRIBUTE_TYPE, 0)?;
        }
        None => w.group(ATTRIBUTE + len, format_args!("Unknown attribute 0x{kind:04x}"))?,
    }
    w.num(&ATTRIBUTE_LENGTH, 2)?;
    let at = ATTRIBUTE;
    match kind {
        _ if is_address(kind) => {
            w.num(&FAMILY, at + 1)?;
            let (ip, port) = address(kind, value, message).ok_or(End::Short)?;
            w.value(&PORT, at + 2, 2, Value::Uint(port.into()))?;
            match ip {
                IpAddr::V4(ip) => w.value(&IPV4, at + 4, 4, Value::Ipv4(ip))?,
                IpAddr::V6(ip) => w.value(&IPV6, at + 4, 16, Value::Ipv6(ip))?,
            }
        }
        USERNAME => w.up_to(&USER, at, len)?,
        REALM => w.up_to(&REALM_NAME, at, len)?,
        NONCE => w.up_to(&NONCE_TEXT, at, len)?,
        SOFTWARE => w.up_to(&SOFTWARE_NAME, at, len)?,
        ERROR => {
            w.num(&ERROR_CLASS, at + 2)?;
            w.num(&ERROR_CODE, at + 3)?;
            w.up_to(&REASON, at + 4, len.saturating_sub(4))?;
        }
        LIFETIME => w.num(&SECONDS, at).map(drop)?,
        PRIORITY => w.num(&PRIORITY_VALUE, at).map(drop)?,
        TRANSPORT => w.num(&TRANSPORT_ID, at).map(drop)?,
        CHANNEL_NUMBER => w.num(&CHANNEL_VALUE, at).map(drop)?,
        DATA => w.up_to(&VALUE, at, len)?,
        _ => {}
    }
    w.close();
    w.skip(ATTRIBUTE + len.next_multiple_of(4));
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
