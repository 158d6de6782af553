//! The data of records: the walk over the parts in the table, and the types that the table cannot describe.

use super::fields::*;
use super::message::Record;
use super::name::Name;
use super::names::long_type;
use super::records::{Part, parts};
use super::{options, service};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::field::{Field, Value};
use crate::frame::Timestamp;
use std::fmt;
use std::net::Ipv6Addr;

/// Visits the data of a record.
pub(super) fn data(w: &mut Walk<'_, '_>, record: &Record) -> Step {
    if let Some(parts) = parts(record.ty) {
        return table(w, parts, record).map(|_| ());
    }
    let (at, end) = (record.data, record.end());
    match record.ty {
        11 => well_known(w, at, end),
        20 => isdn(w, at, end),
        29 => location(w, at, end),
        30 => next(w, at, end),
        35 => naptr(w, at),
        38 => a6(w, at),
        41 => options::visit(w, at, end),
        42 => service::apl(w, at, end),
        45 => ipsec_key(w, at, end),
        55 => host_identity(w, at, end),
        62 => csync(w, at, end),
        64 | 65 => service::binding(w, at, end),
        249 => tkey(w, at),
        250 => tsig(w, at),
        257 => service::caa(w, at, end),
        65281 | 65282 => wins(w, at, record.ty == 65281),
        ty => {
            let text = format!(
                "Dissector for DNS Type ({ty}) code not implemented, Contact Wireshark developers if you want this supported"
            );
            w.remark_beside(&UNDECODED_TYPE, at, record.len, Severity::Note, Group::Undecoded, &text)?;
            w.bytes(&DATA, at, record.len)
        }
    }
}

/// Visits the name at `at`, and returns how many octets it takes.
pub(super) fn name(w: &mut Walk<'_, '_>, field: &'static Field, at: usize) -> Step<usize> {
    let name = Name::read(w.bytes, at).ok_or(End::Short)?;
    let text = format_args!("{}: {name}", field.label);
    w.line(field, at, name.used, Value::Text(name.text()), text)?;
    Ok(name.used)
}

/// Visits a length and the string after it, and returns how many octets they take.
pub(super) fn counted(
    w: &mut Walk<'_, '_>,
    len: &'static Field,
    text: &'static Field,
    at: usize,
) -> Step<usize> {
    let n = w.num(len, at)? as usize;
    w.string(text, at + 1, n)?;
    Ok(1 + n)
}

/// A time, as seconds since 1970.
fn moment(w: &mut Walk<'_, '_>, field: &'static Field, at: usize) -> Step {
    let time = Timestamp::from_parts(w.u32(at)?.into(), 0);
    w.value(field, at, 4, Value::Time(time))
}

fn rest_of(at: usize, end: usize) -> Step<usize> {
    end.checked_sub(at).ok_or(End::Short)
}

fn table(w: &mut Walk<'_, '_>, parts: &[Part], record: &Record) -> Step<usize> {
    let (mut at, end) = (record.data, record.end());
    for part in parts {
        at += match part {
            Part::Num(field) => {
                w.num(field, at)?;
                w.read(field, at)?.1
            }
            Part::Secs(field) => w.secs(field, at).map(|_| 4)?,
            Part::Time(field) => moment(w, field, at).map(|()| 4)?,
            Part::Name(field) => name(w, field, at)?,
            Part::Ipv4(field) => w.ipv4(field, at).map(|_| 4)?,
            Part::Ipv6(field) => w.ipv6(field, at).map(|_| 16)?,
            Part::Mac(field) => {
                let mac = w.bytes.mac(at).ok_or(End::Short)?;
                w.value(field, at, 6, Value::Mac(mac))?;
                6
            }
            Part::Eight(field) => w.bytes(field, at, 8).map(|()| 8)?,
            Part::Str(len, text) => counted(w, len, text, at)?,
            Part::Strs(len, text) => {
                let start = at;
                while at < end {
                    at += counted(w, len, text, at)?;
                }
                at -= start;
                let used = at;
                at = start;
                used
            }
            Part::Blob(len, bytes) => {
                let n = w.num(len, at)? as usize;
                w.bytes(bytes, at + 1, n)?;
                1 + n
            }
            Part::Rest(field) => {
                let n = rest_of(at, end)?;
                w.bytes(field, at, n)?;
                n
            }
            Part::Text(field) => {
                let n = rest_of(at, end)?;
                w.string(field, at, n)?;
                n
            }
            Part::Types => types(w, at, end)?,
            Part::Flags(field, bits) => flags(w, field, bits, at)?,
            Part::Hashed => hashed(w, at)?,
            Part::KeyId(field) => {
                let key = w.get(record.data, record.len)?;
                w.value(field, at, 0, Value::Uint(key_id(key).into()))?;
                0
            }
        };
    }
    Ok(at)
}

fn flags(w: &mut Walk<'_, '_>, field: &'static Field, bits: &[&'static Field], at: usize) -> Step<usize> {
    w.num(field, at)?;
    w.open();
    for bit in bits {
        w.num(bit, at)?;
    }
    w.close();
    Ok(w.read(field, at)?.1)
}

/// The record types that exist at a name: blocks of 256 types, each with a bit map (RFC 4034, section 4.1.2).
fn types(w: &mut Walk<'_, '_>, start: usize, end: usize) -> Step<usize> {
    let mut at = start;
    while at < end {
        let (block, len) = (w.u8(at)?, usize::from(w.u8(at + 1)?));
        bitmap(w, at + 2, len, u16::from(block) << 8)?;
        at += 2 + len;
    }
    Ok(at - start)
}

/// One bit map; its first bit means the type `first`.
fn bitmap(w: &mut Walk<'_, '_>, at: usize, len: usize, first: u16) -> Step {
    for (i, byte) in w.get(at, len)?.iter().enumerate() {
        for bit in (0..8).filter(|bit| byte & 0x80 >> bit != 0) {
            let ty = first.wrapping_add(i as u16 * 8 + bit);
            let text = format_args!("RR type in bit map: {}", long_type(ty));
            w.line(&RESP_TYPE, at + i, 1, Value::Uint(ty.into()), text)?;
        }
    }
    Ok(())
}

/// A length, and the hash of the next name, shown in the base 32 of RFC 4648, section 7.
fn hashed(w: &mut Walk<'_, '_>, at: usize) -> Step<usize> {
    let len = w.num(&NSEC3_HASH_LENGTH, at)? as usize;
    let hash = w.get(at + 1, len)?;
    let mut text = [0u8; 408];
    let mut used = 0;
    for (digit, slot) in text.iter_mut().enumerate().take((len * 8).div_ceil(5)) {
        let bit = digit * 5;
        let pair = [hash.u8(bit / 8).unwrap_or(0), hash.u8(bit / 8 + 1).unwrap_or(0)];
        let five = u16::from_be_bytes(pair) >> (11 - bit % 8) & 31;
        *slot = b"0123456789abcdefghijklmnopqrstuv".get(usize::from(five)).copied().unwrap_or(b'0');
        used = digit + 1;
    }
    w.value(&NSEC3_HASH_VALUE, at + 1, len, Value::Text(text.get(..used).unwrap_or(&[])))?;
    Ok(1 + len)
}

/// The key tag of RFC 4034, appendix B, with its exception for algorithm 1.
fn key_id(rdata: &[u8]) -> u16 {
    if rdata.u8(3) == Some(1) {
        return rdata.len().checked_sub(3).and_then(|at| rdata.u16(at)).unwrap_or(0);
    }
    let odd = |i: usize| if i & 1 == 1 { 0 } else { 8 };
    let sum = rdata.iter().enumerate().fold(0u32, |n, (i, b)| n.wrapping_add(u32::from(*b) << odd(i)));
    (sum.wrapping_add(sum >> 16) & 0xffff) as u16
}

fn well_known(w: &mut Walk<'_, '_>, at: usize, end: usize) -> Step {
    w.ipv4(&WKS_ADDRESS, at)?;
    let protocol = w.u8(at + 4)?;
    let name = match protocol {
        6 => "TCP",
        17 => "UDP",
        _ => "Unknown",
    };
    let text = format_args!("Protocol: {name} ({protocol})");
    w.line(&WKS_PROTOCOL, at + 4, 1, Value::Uint(protocol.into()), text)?;
    for (i, pos) in (at + 5..end).enumerate() {
        let byte = w.u8(pos)?;
        if byte != 0 {
            let text = format_args!("Bits: 0x{byte:02x} ({})", Ports(byte, i * 8));
            w.line(&WKS_BITS, pos, 1, Value::Uint(byte.into()), text)?;
        }
    }
    Ok(())
}

/// The ports of one byte in a bit map of WKS: the byte, and the port of its first bit.
struct Ports(u8, usize);

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for bit in (0..8).filter(|bit| self.0 & 0x80 >> bit != 0) {
            write!(f, "{comma}{}", self.1 + bit)?;
            comma = ", ";
        }
        Ok(())
    }
}

fn isdn(w: &mut Walk<'_, '_>, at: usize, end: usize) -> Step {
    let used = counted(w, &IDSN_LENGTH, &IDSN_ADDRESS, at)?;
    if at + used < end {
        counted(w, &IDSN_SA_LENGTH, &IDSN_SA_ADDRESS, at + used)?;
    }
    Ok(())
}

/// The position of a host on earth (RFC 1876).
fn location(w: &mut Walk<'_, '_>, at: usize, end: usize) -> Step {
    if w.num(&LOC_VERSION, at)? != 0 {
        return w.bytes(&LOC_UNKNOWN_DATA, at, rest_of(at, end)?);
    }
    for (i, field) in [&LOC_SIZE, &LOC_HORIZONTAL_PRECISION, &LOC_VERTICAL_PRECISION].into_iter().enumerate()
    {
        let n = w.u8(at + 1 + i)?;
        let metres = f64::from(n >> 4) * 10f64.powi(i32::from(n & 15)) / 100.0;
        let text = format_args!("{}: {n} ({metres} m)", field.label);
        w.line(field, at + 1 + i, 1, Value::Uint(n.into()), text)?;
    }
    for (pos, field, sides) in [(4, &LOC_LATITUDE, ['N', 'S']), (8, &LOC_LONGITUDE, ['E', 'W'])] {
        let n = w.u32(at + pos)?;
        let side = if n >= 0x8000_0000 { sides[0] } else { sides[1] };
        let n_ms = n.abs_diff(0x8000_0000);
        let (deg, min, sec, ms) = (n_ms / 3_600_000, n_ms / 60_000 % 60, n_ms / 1000 % 60, n_ms % 1000);
        let text = format_args!("{}: {n} ({deg} deg {min} min {sec}.{ms:03} sec {side})", field.label);
        w.line(field, at + pos, 4, Value::Uint(n.into()), text)?;
    }
    let n = w.u32(at + 12)?;
    let metres = (f64::from(n) - 10_000_000.0) / 100.0;
    w.line(&LOC_ALTITUDE, at + 12, 4, Value::Uint(n.into()), format_args!("Altitude: {n} ({metres} m)"))
}

fn next(w: &mut Walk<'_, '_>, at: usize, end: usize) -> Step {
    let map = at + name(w, &NXT_NEXT_DOMAIN_NAME, at)?;
    bitmap(w, map, rest_of(map, end)?, 0)
}

/// A rule that rewrites a string into the next name to ask for (RFC 3403).
fn naptr(w: &mut Walk<'_, '_>, at: usize) -> Step {
    w.num(&NAPTR_ORDER, at)?;
    w.num(&NAPTR_PREFERENCE, at + 2)?;
    let mut pos = at + 4;
    pos += counted(w, &NAPTR_FLAGS_LENGTH, &NAPTR_FLAGS, pos)?;
    pos += counted(w, &NAPTR_SERVICE_LENGTH, &NAPTR_SERVICE, pos)?;
    pos += counted(w, &NAPTR_REGEX_LENGTH, &NAPTR_REGEX, pos)?;
    let replacement = Name::read(w.bytes, pos).ok_or(End::Short)?;
    let len = replacement.text().len() as u64;
    w.value(&NAPTR_REPLACEMENT_LENGTH, pos, replacement.used, Value::Uint(len))?;
    name(w, &NAPTR_REPLACEMENT, pos).map(|_| ())
}

/// The address suffix of an A6 record (RFC 2874), and how many octets it takes.
fn a6_suffix(bytes: &[u8], at: usize) -> Option<(u8, Ipv6Addr, usize)> {
    let prefix = bytes.u8(at)?;
    let len = 16usize.saturating_sub(usize::from(prefix) / 8);
    let suffix = bytes.get(at + 1..at + 1 + len)?;
    let mut octets = [0; 16];
    octets.get_mut(16 - len..)?.copy_from_slice(suffix);
    Some((prefix, octets.into(), len))
}

fn a6(w: &mut Walk<'_, '_>, at: usize) -> Step {
    let prefix = w.num(&A6_PREFIX_LEN, at)?;
    let (_, suffix, len) = a6_suffix(w.bytes, at).ok_or(End::Short)?;
    if len > 0 {
        w.value(&A6_ADDRESS_SUFFIX, at + 1, len, Value::Ipv6(suffix))?;
    }
    if prefix > 0 {
        name(w, &A6_PREFIX_NAME, at + 1 + len)?;
    }
    Ok(())
}

/// The values that sum up an A6 record: prefix length, suffix, and the name that has the prefix.
pub(super) fn a6_gist(
    bytes: &[u8],
    record: &Record,
    before: &str,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let Some((prefix, suffix, len)) = a6_suffix(bytes, record.data) else { return Ok(()) };
    write!(f, "{before}{prefix} {suffix} ")?;
    let name = Name::read(bytes, record.data + 1 + len).filter(|_| prefix > 0);
    name.map_or(Ok(()), |name| write!(f, "{name}"))
}

/// What the class and the TTL of an OPT record mean (RFC 6891, section 6.1.2).
pub(super) fn opt_header(w: &mut Walk<'_, '_>, fixed: usize, mdns: bool) -> Step {
    let size = w.u16(fixed + 2)?;
    if mdns {
        let (a, b, c, d) = (size >> 12 & 7, size >> 8 & 15, size >> 4 & 15, size & 15);
        let size = size & 0x7fff;
        let text = format_args!(".{a:03b} {b:04b} {c:04b} {d:04b} = UDP payload size: 0x{size:04x}");
        w.line(&RR_UDP_PAYLOAD_SIZE, fixed + 2, 2, Value::Uint(size.into()), text)?;
        w.num(&RESP_CACHE_FLUSH, fixed + 2)?;
    } else {
        let text = format_args!("UDP payload size: {size}");
        w.line(&RR_UDP_PAYLOAD_SIZE, fixed + 2, 2, Value::Uint(size.into()), text)?;
    }
    w.num(&RESP_EXT_RCODE, fixed + 4)?;
    w.num(&RESP_EDNS0_VERSION, fixed + 5)?;
    w.num(&RESP_Z, fixed + 6)?;
    w.open();
    w.num(&RESP_Z_DO, fixed + 6)?;
    w.num(&RESP_Z_RESERVED, fixed + 6)?;
    w.close();
    Ok(())
}

/// A key for IPsec (RFC 4025).
fn ipsec_key(w: &mut Walk<'_, '_>, at: usize, end: usize) -> Step {
    w.num(&IPSECKEY_GATEWAY_PRECEDENCE, at)?;
    let gateway = w.num(&IPSECKEY_GATEWAY_TYPE, at + 1)?;
    w.num(&IPSECKEY_GATEWAY_ALGORITHM, at + 2)?;
    let key = at
        + 3
        + match gateway {
            1 => w.ipv4(&IPSECKEY_GATEWAY_IPV4, at + 3).map(|_| 4)?,
            2 => w.ipv6(&IPSECKEY_GATEWAY_IPV6, at + 3).map(|_| 16)?,
            3 => name(w, &IPSECKEY_GATEWAY_DNS, at + 3)?,
            _ => 0,
        };
    w.bytes(&IPSECKEY_PUBLIC_KEY, key, rest_of(key, end)?)
}

/// A host identity (RFC 8005).
fn host_identity(w: &mut Walk<'_, '_>, at: usize, end: usize) -> Step {
    let tag = w.num(&HIP_HIT_LENGTH, at)? as usize;
    w.num(&HIP_HIT_PK_ALGO, at + 1)?;
    let key = w.num(&HIP_PK_LENGTH, at + 2)? as usize;
    w.bytes(&HIP_HIT, at + 4, tag)?;
    w.bytes(&HIP_PK, at + 4 + tag, key)?;
    let mut pos = at + 4 + tag + key;
    while pos < end {
        pos += name(w, &HIP_RENDEZVOUS_SERVER, pos)?;
    }
    Ok(())
}

/// What a parent zone should copy from its child (RFC 7477).
fn csync(w: &mut Walk<'_, '_>, at: usize, end: usize) -> Step {
    w.num(&CSYNC_SOA, at)?;
    flags(w, &CSYNC_FLAGS, &[&CSYNC_FLAGS_IMMEDIATE, &CSYNC_FLAGS_SOAMINIMUM], at + 4)?;
    w.bytes(&CSYNC_TYPE_BITMAP, at + 6, rest_of(at + 6, end)?)?;
    types(w, at + 6, end).map(|_| ())
}

/// A secret key between two parties (RFC 2930).
fn tkey(w: &mut Walk<'_, '_>, start: usize) -> Step {
    let at = start + name(w, &TKEY_ALGO_NAME, start)?;
    moment(w, &TKEY_SIGNATURE_INCEPTION, at)?;
    moment(w, &TKEY_SIGNATURE_EXPIRATION, at + 4)?;
    w.num(&TKEY_MODE, at + 8)?;
    w.num(&TKEY_ERROR, at + 10)?;
    let key = w.num(&TKEY_KEY_SIZE, at + 12)? as usize;
    if key > 0 {
        w.bytes(&TKEY_KEY_DATA, at + 14, key)?;
    }
    let other = w.num(&TKEY_OTHER_SIZE, at + 14 + key)? as usize;
    if other > 0 {
        w.bytes(&TKEY_OTHER_DATA, at + 16 + key, other)?;
    }
    Ok(())
}

/// The signature of a message (RFC 8945).
fn tsig(w: &mut Walk<'_, '_>, start: usize) -> Step {
    let at = start + name(w, &TSIG_ALGORITHM_NAME, start)?;
    let secs = i64::from(w.u16(at)?) << 32 | i64::from(w.u32(at + 2)?);
    w.value(&TSIG_TIME_SIGNED, at, 6, Value::Time(Timestamp::from_parts(secs, 0)))?;
    w.num(&TSIG_FUDGE, at + 6)?;
    let mac = w.num(&TSIG_MAC_SIZE, at + 8)? as usize;
    w.get(at + 10, mac)?;
    w.value(&TSIG_MAC, at + 10, mac, Value::None)?;
    let algorithm = Name::read(w.bytes, start).ok_or(End::Short)?.to_string();
    if !algorithm.starts_with("gss") {
        let text = format!("No dissector for algorithm:{algorithm}");
        w.remark(&TSIG_NO_ALGORITHM, at + 10, mac, Severity::Warning, Group::Undecoded, &text)?;
    }
    let after = at + 10 + mac;
    w.num(&TSIG_ORIGINAL_ID, after)?;
    w.num(&TSIG_ERROR, after + 2)?;
    let other = w.num(&TSIG_OTHER_LEN, after + 4)? as usize;
    if other > 0 {
        w.bytes(&TSIG_OTHER_DATA, after + 6, other)?;
    }
    Ok(())
}

/// The WINS servers to ask (types 65281 and 65282, Microsoft).
fn wins(w: &mut Walk<'_, '_>, at: usize, forward: bool) -> Step {
    if !forward {
        w.num(&WINSR_LOCAL_FLAG, at)?;
        w.num(&WINSR_LOOKUP_TIMEOUT, at + 4)?;
        w.num(&WINSR_CACHE_TIMEOUT, at + 8)?;
        return name(w, &WINSR_NAME_RESULT_DOMAIN, at + 12).map(|_| ());
    }
    w.num(&WINS_LOCAL_FLAG, at)?;
    w.num(&WINS_LOOKUP_TIMEOUT, at + 4)?;
    w.num(&WINS_CACHE_TIMEOUT, at + 8)?;
    let servers = w.num(&WINS_NB_WINS_SERVERS, at + 12)? as usize;
    for server in 0..servers {
        w.ipv4(&WINS_WINS_SERVER, at + 16 + server * 4)?;
    }
    Ok(())
}
