//! The attributes of a STUN message: their names, and their details.

use super::names::*;
use super::{HEADER, METHOD_ASSIGNMENTS};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::field::{Field, Kind, Value, name_of};
use crate::text::{Push, written};
use flate2::Crc;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Octets of an attribute's header: its type and its length.
const ATTRIBUTE: usize = 4;
/// What a fingerprint's checksum is combined with (RFC 8489, section 14.7).
const FINGERPRINT_MASK: u32 = 0x5354_554e;

crate::fields! {
    TYPE = Field::new("stun.att.type", "Attribute Type", Kind::Uint(16)).hex();
    COMPREHENDED = Field::new("stun.att.type.comprehension", "Attribute Type Comprehension", Kind::Uint(16)).hex().mask(0x8000).names(COMPREHENSION);
    ASSIGNED = Field::new("stun.att.type.assignment", "Attribute Type Assignment", Kind::Uint(16)).hex().mask(0x4000).names(METHOD_ASSIGNMENTS);
    LENGTH = Field::new("stun.att.length", "Attribute Length", Kind::Uint(16));
    RESERVED = Field::new("stun.att.reserved", "Reserved", Kind::Bytes);
    FAMILY = Field::new("stun.att.family", "Protocol Family", Kind::Uint(8)).hex().names(FAMILIES);
    PORT = Field::new("stun.att.port", "Port", Kind::Uint(16));
    PORT_MASKED = Field::new("stun.att.port-xord", "Port (XOR-d)", Kind::Bytes);
    IPV4 = Field::new("stun.att.ipv4", "IP", Kind::Ipv4);
    IPV4_MASKED = Field::new("stun.att.ipv4-xord", "IP (XOR-d)", Kind::Bytes);
    IPV6 = Field::new("stun.att.ipv6", "IP", Kind::Ipv6);
    IPV6_MASKED = Field::new("stun.att.ipv6-xord", "IP (XOR-d)", Kind::Bytes);
    CHANGE_IP = Field::new("stun.att.change-ip", "Change IP", Kind::Bool).mask(0x4).width(16).names(SET);
    CHANGE_PORT = Field::new("stun.att.change-port", "Change Port", Kind::Bool).mask(0x2).width(16).names(SET);
    USER = Field::new("stun.att.username", "Username", Kind::Text);
    SECRET = Field::new("stun.att.password", "Password", Kind::Bytes);
    HMAC = Field::new("stun.att.hmac", "HMAC-SHA1", Kind::Bytes);
    ERROR_CLASS = Field::new("stun.att.error.class", "Error Class", Kind::Uint(8)).mask(0x07);
    ERROR_CODE = Field::new("stun.att.error", "Error Code", Kind::Uint(8));
    REASON = Field::new("stun.att.error.reason", "Error Reason Phrase", Kind::Text);
    UNKNOWN_TYPE = Field::new("stun.att.unknown", "Unknown Attribute", Kind::Uint(16)).hex();
    REALM_NAME = Field::new("stun.att.realm", "Realm", Kind::Text);
    NONCE_TEXT = Field::new("stun.att.nonce", "Nonce", Kind::Text);
    RESERVE_NEXT = Field::new("stun.att.even-port.reserve-next", "Reserve next", Kind::Uint(8)).mask(0x80).names(RESERVES);
    TRANSPORT_ID = Field::new("stun.att.transp", "Transport", Kind::Uint(8)).hex().names(TRANSPORTS);
    PASSWORD_KIND = Field::new("stun.att.pw_alg", "Password Algorithm", Kind::Uint(16)).names(PASSWORDS);
    PASSWORD_LENGTH = Field::new("stun.att.pw_alg_len", "Password Algorithm Length", Kind::Uint(16));
    PASSWORD_DATA = Field::new("stun.att.pw_alg_data", "Password Algorithm Data", Kind::Bytes);
    TOKEN_VALUE = Field::new("stun.att.token", "Token", Kind::Bytes);
    PRIORITY_VALUE = Field::new("stun.att.priority", "Priority", Kind::Uint(32));
    PADDING_LENGTH = Field::new("stun.att.padding", "Padding", Kind::Uint(16));
    SECONDS = Field::new("stun.att.lifetime", "Lifetime", Kind::Uint(32));
    CACHED = Field::new("stun.att.cache-timeout", "Cache timeout", Kind::Uint(32));
    TIE_BREAKER = Field::new("stun.att.tie-breaker", "Tie breaker", Kind::Bytes);
    ICMP_TYPE = Field::new("stun.att.icmp.type", "ICMP type", Kind::Uint(8));
    ICMP_CODE = Field::new("stun.att.icmp.code", "ICMP code", Kind::Uint(8));
    SOFTWARE_NAME = Field::new("stun.att.software", "Software", Kind::Text);
    CHANNEL_VALUE = Field::new("stun.att.channelnum", "Channel-Number", Kind::Uint(16)).hex();
    MAGIC = Field::new("stun.att.magic_cookie", "Magic Cookie", Kind::Uint(32)).hex();
    RATE = Field::new("stun.port.bandwidth", "Bandwidth", Kind::Uint(32));
    UNKNOWN_8006 = Field::new("stun.att.unknown8006", "Unknown8006", Kind::Bytes);
    VERSION = Field::new("stun.att.ms.version", "MS Version", Kind::Uint(32)).names(MS_VERSIONS);
    ICE_VERSION = Field::new("stun.att.ms.version.ice", "MS ICE Version", Kind::Uint(32));
    CONNECTION = Field::new("stun.att.ms.connection_id", "Connection ID", Kind::Bytes);
    SEQUENCE = Field::new("stun.att.ms.sequence_number", "Sequence Number", Kind::Uint(32));
    STREAM = Field::new("stun.att.ms.stream_type", "Stream Type", Kind::Uint(16)).names(STREAMS);
    QUALITY = Field::new("stun.att.ms.service_quality", "Service Quality", Kind::Uint(16)).names(QUALITIES);
    FOUNDATION = Field::new("stun.att.ms.foundation", "Foundation", Kind::Text);
    SESSION = Field::new("stun.att.ms.multiplexed_turn_session_id", "MS Multiplexed TURN Session Id", Kind::Uint(64)).hex();
    DIALOG_ID = Field::new("stun.att.sip_dialog_id", "SIP Dialog ID", Kind::Bytes);
    CALL_ID = Field::new("stun.att.sip_call_id", "SIP Call ID", Kind::Bytes);
    NETWORK = Field::new("stun.att.google.network_id", "Google Network ID", Kind::Uint(16));
    COST = Field::new("stun.att.google.network_cost", "Google Network Cost", Kind::Uint(16)).names(COSTS);
    CRC = Field::new("stun.att.crc32", "CRC-32", Kind::Uint(32)).hex();
    CRC_STATUS = Field::new("stun.att.crc32.status", "CRC-32 Status", Kind::Uint(8)).names(STATES).generated();
    CRC_BAD = Field::new("stun.att.crc32.bad", "Bad Fingerprint", Kind::Label);
    UNKNOWN_KIND = Field::new("stun.unknown_attribute", "Attribute unknown", Kind::Label);
    VALUE = Field::new("stun.value", "Value", Kind::Bytes);
}

pub(super) const ALL: &[&Field] = FIELDS;

/// Type and value of each attribute of a message, up to the first that is incomplete.
pub(super) fn of(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes.get(HEADER..).unwrap_or(&[]);
    std::iter::from_fn(move || {
        let (kind, len) = (rest.u16(0)?, usize::from(rest.u16(2)?));
        let value = rest.get(ATTRIBUTE..ATTRIBUTE + len)?;
        rest = rest.get(ATTRIBUTE + len.next_multiple_of(4)..).unwrap_or(&[]);
        Some((kind, value))
    })
}

pub(super) fn name(kind: u16) -> Option<&'static str> {
    name_of(ATTRIBUTES, kind.into())
}

/// Whether an attribute holds an address that is masked by the cookie and the transaction ID (RFC 8489, section 14.2).
fn is_masked(kind: u16) -> bool {
    const SITES: std::ops::RangeInclusive<u16> = REMOTE_SITE..=LOCAL_RELAY;
    matches!(kind, XOR_MAPPED | XOR_MAPPED_OLD | XOR_PEER | XOR_RELAYED | XOR_RESPONSE | XOR_REFLECTED)
        || SITES.contains(&kind)
}

/// Whether an attribute of RFC 3489 is in use no more.
pub(super) fn is_deprecated(kind: u16) -> bool {
    matches!(kind, RESPONSE | SOURCE | CHANGED | REFLECTED | DESTINATION)
}

pub(super) fn is_address(kind: u16) -> bool {
    is_masked(kind)
        || is_deprecated(kind)
        || matches!(kind, MAPPED | MS_ALTERNATE | ALTERNATE | ORIGIN | OTHER | MS_MAPPED)
}

/// The 16 octets that mask an address of `message`; zeros for an attribute without a mask.
fn mask(kind: u16, message: &[u8]) -> [u8; 16] {
    let octets = message.get(4..).and_then(|m| m.first_chunk()).filter(|_| is_masked(kind));
    octets.copied().unwrap_or_default()
}

/// Address and port of an attribute.
pub(super) fn address(kind: u16, value: &[u8], message: &[u8]) -> Option<(IpAddr, u16)> {
    let mask = mask(kind, message);
    let port = value.u16(2)? ^ mask.u16(0)?;
    let ip = match value.u8(1)? {
        1 => IpAddr::V4(Ipv4Addr::from(value.u32(4)? ^ mask.u32(0)?)),
        2 => IpAddr::V6(Ipv6Addr::from(u128::from(value.ipv6(4)?) ^ u128::from_be_bytes(mask))),
        _ => return None,
    };
    Some((ip, port))
}

/// A text up to its first NUL.
pub(super) fn text(value: &[u8]) -> &[u8] {
    value.split(|b| *b == 0).next().unwrap_or_default()
}

/// The number in an error code; the octet of its class is taken whole, as Wireshark takes it.
pub(super) fn error_code(value: &[u8]) -> Option<u64> {
    Some(u64::from(value.u8(2)?) * 100 + u64::from(value.u8(3)?))
}

/// The name of a transport, padded where it is unknown, as Wireshark shows it.
pub(super) fn transport(value: &[u8]) -> String {
    let id = value.u8(0).unwrap_or(0);
    name_of(TRANSPORTS, id.into()).map_or_else(|| format!("Unknown (0x{id:8x})"), String::from)
}

fn ice_version(version: u64) -> &'static str {
    if version < 3 {
        "Supports only RFC3489bis-02 message formats"
    } else {
        "Supports RFC5389 message formats"
    }
}

/// The heading of an attribute, put together only where it is printed: the list walks over messages as well.
struct Heading<'a> {
    kind: u16,
    name: &'a str,
    value: &'a [u8],
    message: &'a [u8],
}

impl fmt::Display for Heading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&heading(self.kind, self.name, self.value, self.message))
    }
}

/// The heading of an attribute: its name, and its value where that is short.
fn heading(kind: u16, name: &str, value: &[u8], message: &[u8]) -> String {
    written(|out| {
        out.text(name);
        if is_deprecated(kind) {
            out.text(" (Deprecated)");
        }
        if is_address(kind)
            && let Some((ip, port)) = address(kind, value, message)
        {
            out.text(&format!(": {ip}:{port}"));
        }
        match (kind, value.u32(0)) {
            (USERNAME | REALM | NONCE, _) => {
                out.text(": ");
                out.decoded(text(value));
            }
            (ERROR, Some(_)) => {
                let code = error_code(value).unwrap_or(0);
                out.text(&format!(" {code} ({})", name_of(ERRORS, code).unwrap_or("*Unknown error code*")));
                if let Some(reason @ [_, ..]) = value.get(4..) {
                    out.text(": ");
                    out.decoded(text(reason));
                }
            }
            (CHANNEL_NUMBER, Some(_)) => out.text(&format!(": 0x{:x}", value.u16(0).unwrap_or(0))),
            (LIFETIME | BANDWIDTH, Some(n)) => out.text(&format!(" {n}")),
            (TRANSPORT, Some(_)) => out.text(&format!(": {}", transport(value))),
            (MS_VERSION, Some(n)) => match name_of(MS_VERSIONS, n.into()) {
                Some(name) => out.text(&format!(": {name}")),
                None => out.text(&format!(": Unknown (0x{n})")),
            },
            (MS_ICE, Some(n)) => out.text(&format!(": {}", ice_version(n.into()))),
            _ => {}
        }
    })
}

/// Shows one attribute, which the walk stands at, and goes behind it. `covered` is that of the message.
pub(super) fn show(w: &mut Walk<'_, '_>, message: &[u8], covered: &mut Covered) -> Step {
    let (kind, len) = (w.u16(0)?, usize::from(w.u16(2)?));
    let value = w.get(ATTRIBUTE, len)?;
    let padding = len.next_multiple_of(4) - len;
    match name(kind) {
        Some(name) => {
            w.group(ATTRIBUTE + len + padding, format_args!("{}", Heading { kind, name, value, message }))?;
            let text = format_args!("Attribute Type: {name}");
            w.line(&TYPE, 0, 2, Value::Uint(kind.into()), text)?;
            w.open();
            w.uint(&COMPREHENDED, 0, 2)?;
            w.uint(&ASSIGNED, 0, 2)?;
            w.close();
            w.num(&LENGTH, 2)?;
            body(w, kind, value, message, covered)?;
        }
        None => {
            let text = format!("Unknown attribute 0x{kind:04x}");
            w.group(ATTRIBUTE + len + padding, format_args!("{text}"))?;
            w.remark_beside(&UNKNOWN_KIND, 0, 2, Severity::Warning, Group::Undecoded, &text)?;
            w.num(&LENGTH, 2)?;
            w.up_to(&VALUE, ATTRIBUTE, len)?;
        }
    }
    if padding > 0 {
        w.value(&PADDING_LENGTH, ATTRIBUTE + len, padding, Value::Uint(padding as u64))?;
    }
    w.close();
    w.skip(ATTRIBUTE + len + padding);
    Ok(())
}

/// Shows the value of an attribute, as far as it is long enough.
fn body(w: &mut Walk<'_, '_>, kind: u16, value: &[u8], message: &[u8], covered: &mut Covered) -> Step {
    let (at, len) = (ATTRIBUTE, value.len());
    if is_address(kind) {
        return endpoint(w, kind, value, message);
    }
    match kind {
        USERNAME => w.value(&USER, at, len, Value::Text(text(value))),
        REALM => w.value(&REALM_NAME, at, len, Value::Text(text(value))),
        NONCE => w.value(&NONCE_TEXT, at, len, Value::Text(text(value))),
        SOFTWARE => w.value(&SOFTWARE_NAME, at, len, Value::Text(text(value))),
        MS_CANDIDATE if len > 3 => w.value(&FOUNDATION, at, 4, Value::Text(text(&value[..4]))),
        PASSWORD => w.up_to(&SECRET, at, len),
        INTEGRITY if len > 19 => w.up_to(&HMAC, at, len),
        TOKEN if len > 7 => w.bytes(&TOKEN_VALUE, at, 8),
        CONTROLLED | CONTROLLING if len > 7 => w.bytes(&TIE_BREAKER, at, 8),
        MS_8006 => w.up_to(&UNKNOWN_8006, at, len),
        DIALOG => w.up_to(&DIALOG_ID, at, len),
        CALL => w.up_to(&CALL_ID, at, len),
        ERROR => error(w, len),
        ALGORITHM | ALGORITHMS => passwords(w, len),
        UNKNOWN => (0..len.div_ceil(2)).try_for_each(|i| w.uint(&UNKNOWN_TYPE, at + 2 * i, 2)),
        PADDING => w.value(&PADDING_LENGTH, at, len, Value::Uint(len as u64)),
        FINGERPRINT if len > 3 => fingerprint(w, message, covered),
        CHANGE if len > 3 => {
            w.uint(&CHANGE_IP, at + 2, 2)?;
            w.uint(&CHANGE_PORT, at + 2, 2)
        }
        EVEN_PORT if len > 0 => w.uint(&RESERVE_NEXT, at, 1),
        TRANSPORT | FAMILY_WANTED if len > 0 => {
            w.num(if kind == TRANSPORT { &TRANSPORT_ID } else { &FAMILY }, at)?;
            if len > 3 { w.bytes(&RESERVED, at + 1, 3) } else { Ok(()) }
        }
        CHANNEL_NUMBER if len > 3 => {
            w.num(&CHANNEL_VALUE, at)?;
            w.bytes(&RESERVED, at + 2, 2)
        }
        ICMP | LEGACY_ICMP if len > 1 => {
            w.num(&ICMP_TYPE, at)?;
            w.num(&ICMP_CODE, at + 1).map(drop)
        }
        MS_ICE if len > 3 => {
            let version = w.number(at, 4)?;
            let text = format_args!("MS ICE Version: {} ({version})", ice_version(version));
            w.line(&ICE_VERSION, at, 4, Value::Uint(version), text)
        }
        MS_SEQUENCE if len > 23 => {
            w.bytes(&CONNECTION, at, 20)?;
            w.num(&SEQUENCE, at + 20).map(drop)
        }
        MS_QUALITY | GOOGLE_NETWORK if len > 3 => {
            let [first, second] = if kind == MS_QUALITY { [&STREAM, &QUALITY] } else { [&NETWORK, &COST] };
            w.num(first, at)?;
            w.num(second, at + 2).map(drop)
        }
        MS_SESSION if len > 7 => w.num(&SESSION, at).map(drop),
        _ => match number(kind) {
            Some(field) if len > 3 => w.num(field, at).map(drop),
            None if !has_form(kind) => w.up_to(&VALUE, at, len),
            _ => Ok(()),
        },
    }
}

/// The field of an attribute that is one number of four octets.
fn number(kind: u16) -> Option<&'static Field> {
    Some(match kind {
        LIFETIME => &SECONDS,
        COOKIE => &MAGIC,
        BANDWIDTH => &RATE,
        PRIORITY => &PRIORITY_VALUE,
        MS_VERSION => &VERSION,
        CACHE => &CACHED,
        _ => return None,
    })
}

/// Whether an attribute has a form of its own, of which nothing is shown where it is too short.
fn has_form(kind: u16) -> bool {
    matches!(
        kind,
        INTEGRITY
            | TOKEN
            | CONTROLLED
            | CONTROLLING
            | FINGERPRINT
            | CHANGE
            | EVEN_PORT
            | TRANSPORT
            | FAMILY_WANTED
            | CHANNEL_NUMBER
            | ICMP
            | LEGACY_ICMP
            | MS_ICE
            | MS_SEQUENCE
            | MS_QUALITY
            | GOOGLE_NETWORK
            | MS_SESSION
            | MS_CANDIDATE
    )
}

/// Shows an address with its port, as they are sent and, if they are masked, without the mask.
fn endpoint(w: &mut Walk<'_, '_>, kind: u16, value: &[u8], message: &[u8]) -> Step {
    let (at, len, mask) = (ATTRIBUTE, value.len(), mask(kind, message));
    if len < 2 {
        return Ok(());
    }
    w.bytes(&RESERVED, at, 1)?;
    w.num(&FAMILY, at + 1)?;
    if len < 4 {
        return Ok(());
    }
    let masked = is_masked(kind);
    let port = u64::from(w.u16(at + 2)? ^ mask.u16(0).unwrap_or(0));
    if masked {
        w.bytes(&PORT_MASKED, at + 2, 2)?;
        w.line(&PORT, at + 2, 2, Value::Uint(port), format_args!("[Port: {port}]"))?;
    } else {
        w.value(&PORT, at + 2, 2, Value::Uint(port))?;
    }
    let Some((ip, _)) = address(kind, value, message) else { return Ok(()) };
    let (raw, field, ip_value, size): (_, _, _, usize) = match ip {
        IpAddr::V4(ip) => (&IPV4_MASKED, &IPV4, Value::Ipv4(ip), 4),
        IpAddr::V6(ip) => (&IPV6_MASKED, &IPV6, Value::Ipv6(ip), 16),
    };
    if !masked {
        return w.value(field, at + 4, size, ip_value);
    }
    w.bytes(raw, at + 4, size)?;
    w.line(field, at + 4, size, ip_value, format_args!("[IP: {ip}]"))
}

fn error(w: &mut Walk<'_, '_>, len: usize) -> Step {
    let at = ATTRIBUTE;
    if len > 1 {
        w.bytes(&RESERVED, at, 2)?;
    }
    if len > 2 {
        w.uint(&ERROR_CLASS, at + 2, 1)?;
    }
    if len > 3 {
        w.num(&ERROR_CODE, at + 3)?;
    }
    w.up_to(&REASON, at + 4, len.saturating_sub(4))
}

/// Shows the algorithms for passwords, each with its parameters (RFC 8489, sections 14.11 and 14.12).
fn passwords(w: &mut Walk<'_, '_>, len: usize) -> Step {
    let (mut at, end) = (ATTRIBUTE, ATTRIBUTE + len);
    while at < end {
        w.num(&PASSWORD_KIND, at)?;
        let size = usize::try_from(w.num(&PASSWORD_LENGTH, at + 2)?).map_err(|_| End::Short)?;
        if size > 0 {
            w.bytes(&PASSWORD_DATA, at + 4, size)?;
        }
        at += 4 + size.next_multiple_of(4);
    }
    Ok(())
}

/// The beginning of a message with its checksum (ITU-T V.42), which goes on from one fingerprint to the next, so that
/// many of them cost no more than one.
#[derive(Default)]
pub(super) struct Covered {
    crc: Crc,
    len: usize,
}

impl Covered {
    /// The checksum of the first `end` octets of `message`; `end` never falls.
    fn until(&mut self, message: &[u8], end: usize) -> u32 {
        self.crc.update(message.get(self.len..end).unwrap_or_default());
        self.len = end;
        self.crc.sum()
    }
}

/// Shows the checksum of the message before the attribute, and whether it is right (RFC 8489, section 14.7).
fn fingerprint(w: &mut Walk<'_, '_>, message: &[u8], covered: &mut Covered) -> Step {
    let found = w.number(ATTRIBUTE, 4)?;
    let right = u64::from(covered.until(message, message.len() - w.left()) ^ FINGERPRINT_MASK);
    let is_right = found == right;
    let value = Value::Uint(found);
    if is_right {
        w.line(&CRC, ATTRIBUTE, 4, value, format_args!("CRC-32: 0x{found:08x} [correct]"))?;
    } else {
        let text = format_args!("CRC-32: 0x{found:08x} incorrect, should be 0x{right:08x}");
        w.line(&CRC, ATTRIBUTE, 4, value, text)?;
        let text = format!("Bad Fingerprint [should be 0x{right:08x}]");
        w.remark(&CRC_BAD, ATTRIBUTE, 4, Severity::Warning, Group::Checksum, &text)?;
    }
    w.value(&CRC_STATUS, ATTRIBUTE, 0, Value::Uint(is_right.into()))
}

#[cfg(test)]
mod tests {
    use super::Covered;

    #[test]
    fn the_checksum_goes_on_from_one_fingerprint_to_the_next() {
        let mut covered = Covered::default();
        assert_eq!(covered.until(b"123456789", 0), 0);
        covered.until(b"123456789", 4);
        assert_eq!(covered.until(b"123456789", 9), 0xcbf4_3926, "the usual example");
    }
}
