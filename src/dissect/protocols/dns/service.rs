//! Records about services, certificates and addresses: SVCB and HTTPS (RFC 9460), CAA (RFC 8659), APL (RFC 3123).

use super::fields::*;
use super::names::SVC_KEYS;
use super::options::padded;
use super::rdata::name;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::reading::wording::Lossy;
use crate::field::{Value, name_of};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Visits a binding of a service: priority, target and parameters.
pub(super) fn binding(w: &mut Walk<'_, '_>, start: usize, end: usize) -> Step {
    w.num(&SVCB_SVCPRIORITY, start)?;
    let mut at = start + 2 + name(w, &SVCB_TARGETNAME, start + 2)?;
    while at < end {
        let (key, len) = (w.u16(at)?, usize::from(w.u16(at + 2)?));
        let value = w.bytes.get(at + 4..at + 4 + len).unwrap_or(&[]);
        let text = format_args!("SvcParam: {}", Param { key, value });
        w.line(&SVCB_SVCPARAM, at, 4 + len, Value::None, text)?;
        w.open();
        w.num(&SVCB_SVCPARAM_KEY, at)?;
        w.num(&SVCB_SVCPARAM_VALUE_LENGTH, at + 2)?;
        parameter(w, key, at + 4, len)?;
        w.close();
        at += 4 + len;
    }
    Ok(())
}

fn parameter(w: &mut Walk<'_, '_>, key: u16, at: usize, len: usize) -> Step {
    let end = at + len;
    match key {
        0 => (at..end).step_by(2).try_for_each(|at| w.num(&SVCB_SVCPARAM_MANDATORY_KEY, at).map(|_| ())),
        1 => {
            let mut at = at;
            while at < end {
                let len = w.num(&SVCB_SVCPARAM_ALPN_LENGTH, at)? as usize;
                w.string(&SVCB_SVCPARAM_ALPN, at + 1, len)?;
                at += 1 + len;
            }
            Ok(())
        }
        2 => Ok(()),
        3 => w.num(&SVCB_SVCPARAM_PORT, at).map(|_| ()),
        4 => (at..end).step_by(4).try_for_each(|at| w.ipv4(&SVCB_SVCPARAM_IPV4HINT_IP, at)),
        6 => (at..end).step_by(16).try_for_each(|at| w.ipv6(&SVCB_SVCPARAM_IPV6HINT_IP, at)),
        5 | 32769 => {
            let field = if key == 5 { &SVCB_SVCPARAM_ECHCONFIG } else { &SVCB_SVCPARAM_ODOHCONFIG };
            let bytes = w.get(at, len)?;
            let text = format_args!("{}: {}", field.label, Base64(bytes));
            w.line(field, at, len, Value::Bytes(bytes), text)
        }
        _ => w.bytes(&SVCB_SVCPARAM_VALUE, at, len),
    }
}

/// A parameter, shown as in a zone file: `alpn=h2,h3`.
struct Param<'a> {
    key: u16,
    value: &'a [u8],
}

impl fmt::Display for Param<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value;
        key(self.key, f)?;
        if self.key == 2 {
            return Ok(());
        }
        f.write_str("=")?;
        let mut comma = "";
        let mut next = |f: &mut fmt::Formatter<'_>| f.write_str(std::mem::replace(&mut comma, ","));
        match self.key {
            0 => value.chunks_exact(2).try_for_each(|k| {
                next(f)?;
                key(k.u16(0).unwrap_or(0), f)
            }),
            1 => {
                let mut at = 0;
                while let Some(text) =
                    value.u8(at).and_then(|len| value.get(at + 1..at + 1 + usize::from(len)))
                {
                    next(f)?;
                    Lossy(text).fmt(f)?;
                    at += 1 + text.len();
                }
                Ok(())
            }
            3 => value.u16(0).map_or(Ok(()), |port| port.fmt(f)),
            4 => value.chunks_exact(4).filter_map(|c| c.ipv4(0)).try_for_each(|ip| {
                next(f)?;
                ip.fmt(f)
            }),
            6 => value.chunks_exact(16).filter_map(|c| c.ipv6(0)).try_for_each(|ip| {
                next(f)?;
                ip.fmt(f)
            }),
            5 | 32769 => Base64(value).fmt(f),
            _ => Lossy(value).fmt(f),
        }
    }
}

fn key(key: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match name_of(SVC_KEYS, key.into()) {
        Some(name) => f.write_str(name),
        None => write!(f, "key{key}"),
    }
}

/// Bytes in base 64 (RFC 4648, section 4).
struct Base64<'a>(&'a [u8]);

impl fmt::Display for Base64<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for chunk in self.0.chunks(3) {
            let [a, b, c] = padded::<3>(chunk);
            let bits = u32::from_be_bytes([0, a, b, c]);
            for place in 0..4 {
                let digit = (bits >> (18 - 6 * place) & 63) as usize;
                let char = if place <= chunk.len() { DIGITS[digit] } else { b'=' };
                fmt::Write::write_char(f, char::from(char))?;
            }
        }
        Ok(())
    }
}

/// Visits a CAA record: which authorities may issue certificates for a name.
pub(super) fn caa(w: &mut Walk<'_, '_>, at: usize, end: usize) -> Step {
    w.num(&CAA_FLAGS, at)?;
    w.open();
    w.num(&CAA_FLAGS_ISSUER_CRITICAL, at)?;
    w.close();
    let len = usize::from(w.u8(at + 1)?);
    let tag = w.get(at + 2, len)?;
    let field = match tag {
        b"issue" => &CAA_ISSUE,
        b"issuewild" => &CAA_ISSUEWILD,
        b"iodef" => &CAA_IODEF,
        _ => &CAA_UNKNOWN,
    };
    let value_at = at + 2 + len;
    let value_len = end.checked_sub(value_at).ok_or(End::Short)?;
    w.string(field, value_at, value_len)?;
    w.open();
    w.num(&CAA_TAG_LENGTH, at + 1)?;
    w.string(&CAA_TAG, at + 2, len)?;
    w.string(&CAA_VALUE, value_at, value_len)?;
    w.close();
    Ok(())
}

/// Visits an APL record: a list of address prefixes.
pub(super) fn apl(w: &mut Walk<'_, '_>, start: usize, end: usize) -> Step {
    let mut at = start;
    while at < end {
        let family = w.num(&APL_ADDRESS_FAMILY, at)?;
        w.num(&APL_CODED_PREFIX, at + 2)?;
        w.num(&APL_NEGATION, at + 3)?;
        let len = w.num(&APL_AFDLENGTH, at + 3)? as usize;
        let bytes = w.get(at + 4, len)?;
        match family {
            1 => w.value(&APL_AFDPART_IPV4, at + 4, len, Value::Ipv4(Ipv4Addr::from(padded::<4>(bytes))))?,
            2 => w.value(&APL_AFDPART_IPV6, at + 4, len, Value::Ipv6(Ipv6Addr::from(padded::<16>(bytes))))?,
            _ => w.bytes(&APL_AFDPART_DATA, at + 4, len)?,
        }
        at += 4 + len;
    }
    Ok(())
}
