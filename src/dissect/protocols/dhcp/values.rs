//! Options whose values have several parts.

use super::client_address;
use super::fields::*;
use super::names::option_name;
use crate::dissect::protocols::dns::Name;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::reading::wording::Lossy;
use crate::field::{Field, Value, name_of};
use crate::text::Hex;
use std::net::Ipv4Addr;

/// Visits the value of an option: `len` octets at `at`, all of which exist.
pub(super) fn visit(w: &mut Walk<'_, '_>, code: u8, at: usize, len: usize) -> Step {
    match code {
        21 => pairs(w, [&POLICY_FILTER_IP, &POLICY_FILTER_SUBNET_MASK], at, len),
        33 => pairs(w, [&STATIC_ROUTE_IP, &STATIC_ROUTE_ROUTER], at, len),
        25 => numbers(w, &PATH_MTU_PLATEAU_TABLE_ITEM, at, len),
        93 => numbers(w, &CLIENT_SYSTEM_ARCHITECTURE, at, len),
        145 if len > 0 => {
            (at..at + len).try_for_each(|at| w.num(&FORCERENEW_NONCE_ALGORITHM, at).map(|_| ()))
        }
        43 => w.bytes(&VENDOR_VALUE, at, len),
        53 if len > 0 => w.num(&DHCP, at).map(|_| ()),
        55 if len > 0 => (at..at + len).try_for_each(|at| {
            let code = w.u8(at)?;
            let text = format_args!("Parameter Request List Item: ({code}) {}", option_name(code));
            w.line(&REQUEST_LIST_ITEM, at, 1, Value::Uint(code.into()), text)
        }),
        61 if len > 0 => client_id(w, at, len),
        77 if len > 0 => user_class(w, at, len),
        81 if len >= 3 => fully_qualified_name(w, at, len),
        82 if len > 0 => agent(w, at, len),
        90 if len >= 11 => authentication(w, at, len),
        94 if len == 3 => {
            w.num(&CLIENT_NETWORK_ID_MAJOR, at + 1)?;
            w.num(&CLIENT_NETWORK_ID_MINOR, at + 2).map(|_| ())
        }
        97 if len == 17 => uuid(w, at + 1),
        119 if len > 0 => domains(w, at, len),
        120 if len > 0 => sip_server(w, at, len),
        121 | 249 if len >= 5 => routes(w, at, at + len),
        124 if len >= 5 => {
            w.num(&VI_CLASS_ENTERPRISE, at)?;
            let n = w.num(&VI_CLASS_LENGTH, at + 4)? as usize;
            text(w, &VI_CLASS_DATA, at + 5, n)
        }
        125 if len >= 5 => {
            w.num(&VI_ENTERPRISE, at)?;
            w.num(&VI_LENGTH, at + 4).map(|_| ())
        }
        81 | 90 | 94 | 121 | 124 | 125 | 249 if len > 0 => Ok(()),
        _ => raw(w, at, len),
    }
}

/// A value of unknown shape, or of a wrong length.
pub(super) fn raw(w: &mut Walk<'_, '_>, at: usize, len: usize) -> Step {
    let bytes = w.get(at, len)?;
    if bytes.is_empty() {
        return w.text(at, 0, format_args!("Value: <MISSING>"));
    }
    w.text(at, len, format_args!("Value: {}", Hex::plain(bytes)))
}

/// Text up to the first zero byte.
pub(super) fn text(w: &mut Walk<'_, '_>, field: &'static Field, at: usize, len: usize) -> Step {
    let bytes = w.get(at, len)?;
    let text = bytes.split(|b| *b == 0).next().unwrap_or(bytes);
    w.line(field, at, len, Value::Text(text), format_args!("{}: {}", field.label, Lossy(text)))
}

/// Pairs of addresses; none if the length is no multiple of eight octets.
fn pairs(w: &mut Walk<'_, '_>, fields: [&'static Field; 2], at: usize, len: usize) -> Step {
    if len == 0 {
        return raw(w, at, len);
    }
    let [first, second] = fields;
    (at..at + len).step_by(8).filter(|_| len.is_multiple_of(8)).try_for_each(|at| {
        w.ipv4(first, at)?;
        w.ipv4(second, at + 4)
    })
}

/// Numbers of two octets.
fn numbers(w: &mut Walk<'_, '_>, field: &'static Field, at: usize, len: usize) -> Step {
    if len < 2 {
        return raw(w, at, len);
    }
    (at..at + len)
        .step_by(2)
        .filter(|_| len.is_multiple_of(2))
        .try_for_each(|at| w.num(field, at).map(|_| ()))
}

/// The client's identifier: a hardware address, a name, or an identifier as in DHCPv6 (RFC 4361).
fn client_id(w: &mut Walk<'_, '_>, at: usize, len: usize) -> Step {
    match w.u8(at)? {
        0 if len > 1 => {
            w.num(&CLIENT_ID_TYPE, at)?;
            text(w, &CLIENT_ID_UNDEF, at + 1, len - 1)
        }
        255 if len >= 7 => unique_id(w, at, len),
        ty @ 1..48 if len == 7 => {
            w.num(&HW_TYPE, at)?;
            client_address(w, ty, at + 1, 6)
        }
        _ => Ok(()),
    }
}

fn unique_id(w: &mut Walk<'_, '_>, at: usize, len: usize) -> Step {
    let iaid = w.get(at + 1, 4)?;
    line_of_hex(w, &CLIENT_ID_IAID, at + 1, iaid, "")?;
    let end = at + len;
    match w.num(&CLIENT_ID_DUID_TYPE, at + 5)? {
        1 if len >= 13 => {
            w.num(&CLIENT_ID_DUID_LLT_HW_TYPE, at + 7)?;
            w.num(&CLIENT_ID_TIME, at + 9)?;
            let address = w.get(at + 13, end - (at + 13))?;
            line_of_hex(w, &CLIENT_ID_LINK_LAYER_ADDRESS, at + 13, address, ":")
        }
        2 if len >= 11 => {
            w.num(&CLIENT_ID_ENTERPRISE_NUM, at + 7)?;
            w.bytes(&CLIENT_ID, at + 11, end - (at + 11))
        }
        3 if len >= 9 => {
            w.num(&CLIENT_ID_DUID_LL_HW_TYPE, at + 7)?;
            let address = w.get(at + 9, end - (at + 9))?;
            line_of_hex(w, &CLIENT_ID_LINK_LAYER_ADDRESS, at + 9, address, ":")
        }
        _ => Ok(()),
    }
}

/// Octets in hexadecimal as the text of a field.
fn line_of_hex(w: &mut Walk<'_, '_>, field: &'static Field, at: usize, bytes: &[u8], colon: &str) -> Step {
    let text = if colon.is_empty() { Hex::plain(bytes).to_string() } else { Hex::colons(bytes).to_string() };
    w.value(field, at, bytes.len(), Value::Text(text.as_bytes()))
}

/// The class of the user (RFC 3004). Some clients send plain text instead of classes with their lengths.
fn user_class(w: &mut Walk<'_, '_>, start: usize, len: usize) -> Step {
    let (mut at, end) = (start, start + len);
    let framed = {
        let mut pos = start;
        while pos < end && w.u8(pos)? > 0 {
            pos += 1 + usize::from(w.u8(pos)?);
        }
        pos == end
    };
    if !framed {
        return text(w, &USER_CLASS_TEXT, start, len);
    }
    let mut instance = 0u64;
    while at < end {
        let n = usize::from(w.u8(at)?);
        let text = format_args!("Instance of User Class: [{instance}]");
        w.line(&USER_CLASS, at, 1 + n, Value::Uint(instance), text)?;
        w.open();
        w.num(&USER_CLASS_LENGTH, at)?;
        w.bytes(&USER_CLASS_DATA, at + 1, n)?;
        w.close();
        at += 1 + n;
        instance += 1;
    }
    Ok(())
}

/// The client's name, and which side registers it in DNS (RFC 4702).
fn fully_qualified_name(w: &mut Walk<'_, '_>, at: usize, len: usize) -> Step {
    let flags = w.u8(at)?;
    let mut set = String::new();
    for (bit, name) in [(8, ", Server DDNS"), (4, ", Encoding"), (2, ", Server overrides"), (1, ", Server")] {
        if flags & bit != 0 {
            set.push_str(name);
        }
    }
    w.line(&FQDN_FLAGS, at, 1, Value::Uint(flags.into()), format_args!("Flags: 0x{flags:02x}{set}"))?;
    w.open();
    let mbz = flags >> 4;
    let reserved = format_args!("{mbz:04b} .... = Reserved flags: 0x{mbz:x}");
    w.line(&FQDN_MBZ, at, 1, Value::Uint(mbz.into()), reserved)?;
    for field in [&FQDN_N, &FQDN_E, &FQDN_O, &FQDN_S] {
        w.num(field, at)?;
    }
    w.close();
    w.num(&FQDN_RCODE1, at + 1)?;
    w.num(&FQDN_RCODE2, at + 2)?;
    if len == 3 {
        return Ok(());
    }
    if flags & 4 == 0 {
        return text(w, &FQDN_NAME, at + 3, len - 3);
    }
    // A name in DNS form may lack its final zero, where it is only the beginning of a name.
    match Name::read(w.get(at + 3, len - 3)?, 0) {
        Some(name) => {
            let text = format_args!("Client name: {name}");
            w.line(&FQDN_NAME, at + 3, len - 3, Value::Text(name.text()), text)
        }
        None => Ok(()),
    }
}

/// What a relay agent adds (RFC 3046).
fn agent(w: &mut Walk<'_, '_>, start: usize, len: usize) -> Step {
    let (mut at, end) = (start, start + len);
    while at + 1 < end {
        let (code, n) = (w.u8(at)?, usize::from(w.u8(at + 1)?));
        let name = name_of(AGENT_SUBOPTION.names, code.into()).unwrap_or("Unknown");
        let value = Value::Uint(code.into());
        let ip = w.bytes.ipv4(at + 2).filter(|_| matches!(code, 5 | 11) && n == 4 && at + 6 <= end);
        let text = format_args!("Option 82 Suboption: ({code}) {name}");
        match ip {
            Some(ip) => w.line(&AGENT_SUBOPTION, at, 2 + n, value, format_args!("{text} ({ip})"))?,
            None => w.line(&AGENT_SUBOPTION, at, 2 + n, value, text)?,
        }
        w.open();
        w.num(&SUBOPTION_LENGTH, at + 1)?;
        if at + 2 + n > end {
            w.close();
            return Ok(());
        }
        let field = match code {
            1 => &AGENT_AGENT_CIRCUIT_ID,
            2 => &AGENT_AGENT_REMOTE_ID,
            5 if n == 4 => &AGENT_LINK_SELECTION,
            6 => &AGENT_SUBSCRIBER_ID,
            7 => &AGENT_RADIUS_ATTRIBUTES,
            8 => &AGENT_AUTHENTICATION,
            11 if n == 4 => &AGENT_SERVER_ID_OVERRIDE,
            12 => &AGENT_RELAY_AGENT_ID,
            _ => &AGENT_VALUE,
        };
        match code {
            5 | 11 if n == 4 => w.ipv4(field, at + 2)?,
            6 => super::values::text(w, field, at + 2, n)?,
            _ => w.bytes(field, at + 2, n)?,
        }
        w.close();
        at += 2 + n;
    }
    Ok(())
}

/// Authentication of the sender (RFC 3118).
fn authentication(w: &mut Walk<'_, '_>, at: usize, len: usize) -> Step {
    let delayed = w.num(&AUTHENTICATION_PROTOCOL, at)? == 1;
    let algorithm = if delayed { &AUTHENTICATION_ALG_DELAY } else { &AUTHENTICATION_ALGORITHM };
    w.num(algorithm, at + 1)?;
    w.num(&AUTHENTICATION_RDM, at + 2)?;
    w.num(&AUTHENTICATION_RDM_REPLAY_DETECTION, at + 3)?;
    match (delayed, len) {
        (true, 31) => {
            w.num(&AUTHENTICATION_SECRET_ID, at + 11)?;
            w.bytes(&AUTHENTICATION_HMAC_MD5_HASH, at + 15, 16)
        }
        (false, 12..) => text(w, &AUTHENTICATION_INFORMATION, at + 11, len - 11),
        _ => Ok(()),
    }
}

/// An identifier of sixteen octets; its first three groups are little-endian.
fn uuid(w: &mut Walk<'_, '_>, at: usize) -> Step {
    let b = w.get(at, 16)?;
    let group = |range: std::ops::Range<usize>, swap: bool| {
        let mut bytes = b.get(range).unwrap_or(&[]).to_vec();
        if swap {
            bytes.reverse();
        }
        Hex::plain(&bytes).to_string()
    };
    let text =
        [group(0..4, true), group(4..6, true), group(6..8, true), group(8..10, false), group(10..16, false)];
    w.value(&CLIENT_ID_UUID, at, 16, Value::Text(text.join("-").as_bytes()))
}

/// Domains to search; names may point into each other (RFC 3397).
fn domains(w: &mut Walk<'_, '_>, at: usize, len: usize) -> Step {
    let list = w.get(at, len)?;
    let mut pos = 0;
    while pos < len {
        let name = Name::read(list, pos).ok_or(End::Short)?;
        let text = format_args!("FQDN: {name}");
        w.line(&DHCP_DNS_DOMAIN_SEARCH_LIST_FQDN, at + pos, name.used, Value::Text(name.text()), text)?;
        pos += name.used;
    }
    Ok(())
}

/// The SIP servers for outgoing calls (RFC 3361).
fn sip_server(w: &mut Walk<'_, '_>, at: usize, len: usize) -> Step {
    match w.num(&SIP_SERVER_ENCODING, at)? {
        0 => {
            let list = w.get(at + 1, len - 1)?;
            let mut pos = 0;
            while pos < list.len() {
                let name = Name::read(list, pos).ok_or(End::Short)?;
                let text = format_args!("SIP Server Name: {name}");
                w.line(&SIP_SERVER_NAME, at + 1 + pos, name.used, Value::Text(name.text()), text)?;
                pos += name.used;
            }
            Ok(())
        }
        1 if len % 4 == 1 => (at + 1..at + len).step_by(4).try_for_each(|at| w.ipv4(&SIP_SERVER_ADDRESS, at)),
        _ => Ok(()),
    }
}

/// Routes without classes, each with the width of its mask, as many octets of the subnet as the mask needs, and the
/// router (RFC 3442).
fn routes(w: &mut Walk<'_, '_>, start: usize, end: usize) -> Step {
    let mut at = start;
    while at < end {
        let width = w.u8(at)?;
        if width > 32 {
            return Ok(());
        }
        let octets = usize::from(width).div_ceil(8);
        let mut subnet = [0; 4];
        for (octet, byte) in subnet.iter_mut().zip(w.get(at + 1, octets)?) {
            *octet = *byte;
        }
        let len = 1 + octets + 4;
        if at + len > end {
            return Err(End::Short);
        }
        let router = w.bytes.ipv4(at + 1 + octets).unwrap_or(Ipv4Addr::UNSPECIFIED);
        let value = Value::Bytes(w.get(at, len)?);
        let subnet = Ipv4Addr::from(subnet);
        if width == 0 {
            w.line(&CLASSLESS_STATIC_ROUTE, at, len, value, format_args!(" default-{router}"))?;
        } else {
            let text = format_args!(" {subnet}/{width}-{router}");
            w.line(&CLASSLESS_STATIC_ROUTE, at, len, value, text)?;
        }
        at += len;
    }
    Ok(())
}
