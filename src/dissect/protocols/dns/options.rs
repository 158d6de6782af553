//! Lists of options: EDNS options in OPT records (RFC 6891), and the TLVs of stateful operations (RFC 8490).

use super::fields::*;
use super::names::{OPTIONS, extended_error};
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::field::{Field, Value, name_of};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An option, shown by its name.
struct Code(u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match name_of(OPTIONS, self.0.into()) {
            Some(name) => f.write_str(name),
            None => write!(f, "Unknown ({})", self.0),
        }
    }
}

/// Visits the options of an OPT record.
pub(super) fn visit(w: &mut Walk<'_, '_>, start: usize, end: usize) -> Step {
    let mut at = start;
    while at < end {
        let (code, len) = (w.u16(at)?, usize::from(w.u16(at + 2)?));
        w.line(&OPT, at, 4 + len, Value::None, format_args!("Option: {}", Code(code)))?;
        w.open();
        let text = format_args!("Option Code: {}{}", Code(code), Number(code));
        w.line(&OPT_CODE, at, 2, Value::Uint(code.into()), text)?;
        w.num(&OPT_LEN, at + 2)?;
        w.bytes(&OPT_DATA, at + 4, len)?;
        option(w, code, at + 4, len)?;
        w.close();
        at += 4 + len;
    }
    Ok(())
}

/// An option's number in parentheses, after its name; nothing for an option without a name, which is shown by its
/// number already.
struct Number(u16);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match name_of(OPTIONS, self.0.into()) {
            Some(_) => write!(f, " ({})", self.0),
            None => Ok(()),
        }
    }
}

fn option(w: &mut Walk<'_, '_>, code: u16, at: usize, len: usize) -> Step {
    match code {
        5 => each(w, &OPT_DAU, at, len),
        6 => each(w, &OPT_DHU, at, len),
        7 => each(w, &OPT_N3U, at, len),
        8 | 20730 => client_subnet(w, at, len),
        10 => {
            w.bytes(&OPT_COOKIE_CLIENT, at, 8)?;
            w.bytes(&OPT_COOKIE_SERVER, at + 8, len.checked_sub(8).ok_or(End::Short)?)
        }
        11 if len == 2 => w.num(&OPT_EDNS_TCP_KEEPALIVE_TIMEOUT, at).map(|_| ()),
        12 => w.bytes(&OPT_PADDING, at, len),
        13 => w.string(&OPT_CHAIN_FQDN, at, len).map(|_| ()),
        15 if len >= 2 => {
            let info = w.u16(at)?;
            let text = format_args!("Info Code: {} ({info})", extended_error(info));
            w.line(&OPT_EXT_ERROR_INFO_CODE, at, 2, Value::Uint(info.into()), text)?;
            if len > 2 {
                w.string(&OPT_EXT_ERROR_EXTRA_TEXT, at + 2, len - 2)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Visits each octet as a value of its own.
fn each(w: &mut Walk<'_, '_>, field: &'static Field, at: usize, len: usize) -> Step {
    (at..at + len).try_for_each(|at| w.num(field, at).map(|_| ()))
}

/// The network of the client that asked (RFC 7871). Its address has only as many octets as the prefix needs.
fn client_subnet(w: &mut Walk<'_, '_>, at: usize, len: usize) -> Step {
    let family = w.num(&OPT_CLIENT_FAMILY, at)?;
    w.num(&OPT_CLIENT_NETMASK, at + 2)?;
    w.num(&OPT_CLIENT_SCOPE, at + 3)?;
    let len = len.checked_sub(4).ok_or(End::Short)?;
    let bytes = w.get(at + 4, len)?;
    match family {
        1 => w.value(&OPT_CLIENT_ADDR4, at + 4, len, Value::Ipv4(Ipv4Addr::from(padded::<4>(bytes)))),
        2 => w.value(&OPT_CLIENT_ADDR6, at + 4, len, Value::Ipv6(Ipv6Addr::from(padded::<16>(bytes)))),
        _ => w.bytes(&OPT_CLIENT_ADDR, at + 4, len),
    }
}

/// The first `N` bytes, with zeros at the end where there are fewer.
pub(super) fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut octets = [0; N];
    for (octet, byte) in octets.iter_mut().zip(bytes) {
        *octet = *byte;
    }
    octets
}

/// Visits the options of a stateful operation, which has neither questions nor records.
pub(super) fn stateful(w: &mut Walk<'_, '_>) -> Step {
    let (mut at, end) = (super::HEADER, w.bytes.len());
    w.value(&DSO, at, end - at, Value::None)?;
    w.open();
    while at < end {
        let (ty, len) = (w.u16(at)?, usize::from(w.u16(at + 2)?));
        let name = stateful_type(ty);
        w.line(&DSO_TLV, at, 4 + len, Value::None, format_args!("DSO TLV: {name}"))?;
        w.open();
        w.line(&DSO_TLV_TYPE, at, 2, Value::Uint(ty.into()), format_args!("Type: {name} ({ty})"))?;
        w.num(&DSO_TLV_LENGTH, at + 2)?;
        match ty {
            1 => {
                w.num(&DSO_TLV_KEEPALIVE_INACTIVITY, at + 4)?;
                w.num(&DSO_TLV_KEEPALIVE_INTERVAL, at + 8)?;
            }
            2 => drop(w.num(&DSO_TLV_RETRYDELAY_RETRYDELAY, at + 4)?),
            3 => w.bytes(&DSO_TLV_ENCPAD_PADDING, at + 4, len)?,
            _ => w.bytes(&DSO_TLV_DATA, at + 4, len)?,
        }
        w.close();
        at += 4 + len;
    }
    w.close();
    Ok(())
}

fn stateful_type(ty: u16) -> &'static str {
    match ty {
        0 => "Reserved",
        1 => "Keep Alive",
        2 => "Retry Delay",
        3 => "Encryption Padding",
        4..=63 => "Unassigned, reserved for DSO session-management TLVs",
        64 => "Subscribe",
        65 => "Push",
        66 => "Unsubscribe",
        67 => "Reconfirm",
        68..=63487 => "Unassigned",
        63488..=64511 => "Reserved for Experimental/Local Use",
        64512.. => "Reserved for future expansion",
    }
}
