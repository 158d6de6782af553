//! Extensions of hellos, of certificates and of other messages (IANA, "TLS ExtensionType Values").

use super::fields::*;
use super::groups::GROUPS as GROUP_NAMES;
use super::names::{CLIENT_HELLO, EXTENSIONS, HASHES, SERVER_HELLO, SIGNATURES};
use super::{parameters, sct};
use crate::dissect::reading::walk::{Step, Walk};
use crate::field::{Field, Value, name_of};
use crate::text::plural;

/// Visits the length of the list of extensions and the extensions; nothing if the message ends here. `kind` is the
/// type of the message.
pub(super) fn all(w: &mut Walk<'_, '_>, kind: u8) -> Step {
    if w.left() < 2 {
        return Ok(());
    }
    let len = w.take(&EXTENSIONS_LENGTH, 2)?;
    w.within(len, |w| {
        while w.left() >= 4 {
            one(w, kind)?;
        }
        Ok(())
    })
}

fn one(w: &mut Walk<'_, '_>, kind: u8) -> Step {
    let (ty, len) = (w.u16(0)?, usize::from(w.u16(2)?));
    let name = name_of(EXTENSIONS, ty.into()).unwrap_or("Unknown type");
    if name == "Unknown type" {
        w.group(4 + len, format_args!("Extension: {name} {ty} (len={len})"))?;
    } else {
        w.group(4 + len, format_args!("Extension: {name} (len={len})"))?;
    }
    w.take(&EXTENSION_TYPE, 2)?;
    w.take(&EXTENSION_LEN, 2)?;
    w.within(len, |w| {
        body(w, ty, kind)?;
        let rest = w.left();
        if rest > 0 {
            w.take_up_to(&EXTENSION_DATA, rest)?;
        }
        Ok(())
    })?;
    w.close();
    Ok(())
}

fn body(w: &mut Walk<'_, '_>, ty: u16, kind: u8) -> Step {
    match ty {
        0 => server_name(w),
        1 => w.take(&MAX_FRAGMENT, 1).map(drop),
        5 if kind == CLIENT_HELLO => status_request(w),
        10 => supported_groups(w),
        11 => point_formats(w),
        13 | 34 | 50 => signature_algorithms(w),
        15 => w.take(&HEARTBEAT_MODE, 1).map(drop),
        16 => {
            let len = w.take(&ALPN_LEN, 2)?;
            names(w, len, &ALPN_LIST, [&ALPN_STR_LEN, &ALPN_STR])
        }
        17513 => {
            let len = w.take(&ALPS_LEN, 2)?;
            names(w, len, &ALPS_LIST, [&ALPS_STR_LEN, &ALPS_STR])
        }
        18 if w.left() > 0 => sct::list(w),
        21 => w.take_up_to(&PADDING_DATA, w.left()),
        27 => {
            let len = w.take(&COMPRESS_LEN, 1)?;
            list(w, len, 2, &COMPRESS_ALG)
        }
        28 => w.take(&RECORD_SIZE_LIMIT, 2).map(drop),
        35 => session_ticket(w),
        41 => pre_shared_key(w, kind),
        42 if w.left() >= 4 => w.take(&EARLY_DATA, 4).map(drop),
        43 if kind == CLIENT_HELLO => {
            let len = w.take(&VERSIONS_LEN, 1)?;
            list(w, len, 2, &SUPPORTED_VERSION)
        }
        43 => w.take(&SUPPORTED_VERSION, 2).map(drop),
        44 => {
            let len = w.take(&COOKIE_LEN, 2)?;
            w.take_up_to(&COOKIE, len)
        }
        45 => {
            let len = w.take(&PSK_MODES_LEN, 1)?;
            list(w, len, 1, &PSK_MODE)
        }
        // 40 was the number of this extension in drafts of TLS 1.3.
        40 | 51 => key_share(w, kind),
        // Transport parameters of QUIC (RFC 9001, section 8.2, and its drafts).
        57 | 65445 => parameters::all(w),
        65281 => renegotiation(w),
        13172 => next_protocols(w),
        // Extensions without a body.
        22 | 23 | 49 => Ok(()),
        _ if w.left() == 0 && is_unread(ty) => w.bytes(&EXTENSION_DATA, 0, 0),
        _ => Ok(()),
    }
}

/// Whether the contents of an extension are unknown to labkit.
fn is_unread(ty: u16) -> bool {
    !matches!(ty, 5 | 18 | 42)
}

/// Visits the numbers in the next `len` bytes, each of them `each` bytes wide.
fn list(w: &mut Walk<'_, '_>, len: usize, each: usize, field: &'static Field) -> Step {
    w.within(len, |w| {
        while w.left() >= each {
            w.take(field, each)?;
        }
        Ok(())
    })
}

/// Server name (RFC 6066, section 3).
fn server_name(w: &mut Walk<'_, '_>) -> Step {
    if w.left() == 0 {
        return Ok(());
    }
    w.group(w.left(), format_args!("Server Name Indication extension"))?;
    let len = w.take(&SNI_LIST_LEN, 2)?;
    w.within(len, |w| {
        while w.left() > 0 {
            w.take(&SNI_TYPE, 1)?;
            let len = w.take(&SNI_LEN, 2)?;
            w.take_up_to(&SNI, len)?;
        }
        Ok(())
    })?;
    w.close();
    Ok(())
}

/// Certificate status request (RFC 6066, section 8).
fn status_request(w: &mut Walk<'_, '_>) -> Step {
    if w.left() == 0 {
        return Ok(());
    }
    w.take(&STATUS_TYPE, 1)?;
    let ids = w.take(&STATUS_IDS_LEN, 2)?;
    w.skip(ids);
    let extensions = w.take(&STATUS_EXTS_LEN, 2)?;
    w.skip(extensions);
    Ok(())
}

/// Supported groups (RFC 8422, section 5.1.1; RFC 8446, section 4.2.7).
fn supported_groups(w: &mut Walk<'_, '_>) -> Step {
    let len = w.take(&GROUPS_LENGTH, 2)?;
    let n = len / 2;
    w.heading(&GROUPS, len, format_args!("Supported Groups ({n} group{})", plural(n)))?;
    list(w, len, 2, &GROUP)?;
    w.close();
    Ok(())
}

/// Point formats of elliptic curves (RFC 8422, section 5.1.2).
fn point_formats(w: &mut Walk<'_, '_>) -> Step {
    let len = w.take(&POINT_FORMATS_LENGTH, 1)?;
    w.heading(&POINT_FORMATS, len, format_args!("Elliptic curves point formats ({len})"))?;
    list(w, len, 1, &POINT_FORMAT)?;
    w.close();
    Ok(())
}

/// A list of signature schemes with its length: RFC 5246, section 7.4.1.4.1, and RFC 8446, section 4.2.3.
pub(super) fn signature_algorithms(w: &mut Walk<'_, '_>) -> Step {
    let len = w.take(&SIG_ALGS_LEN, 2)?;
    let n = len / 2;
    w.heading(&SIG_ALGS, len, format_args!("Signature Hash Algorithms ({n} algorithm{})", plural(n)))?;
    w.within(len, |w| {
        while w.left() >= 2 {
            signature_algorithm(w)?;
        }
        Ok(())
    })?;
    w.close();
    Ok(())
}

/// Visits a signature scheme, and the hash and the algorithm that it is in TLS 1.2.
pub(super) fn signature_algorithm(w: &mut Walk<'_, '_>) -> Step {
    if w.left() < 2 {
        return Ok(());
    }
    let scheme = u64::from(w.u16(0)?);
    match (SIG_ALG.name_of(scheme), name_of(HASHES, scheme >> 8), name_of(SIGNATURES, scheme & 0xff)) {
        // These pairs have no name of their own in TLS 1.3.
        (None, Some(hash), Some(signature)) => {
            let text = format_args!("Signature Algorithm: {hash} {signature} (0x{scheme:04x})");
            w.uint_line(&SIG_ALG, 0, 2, text)?;
        }
        _ => w.uint(&SIG_ALG, 0, 2)?,
    }
    w.open();
    w.take(&SIG_HASH, 1)?;
    w.take(&SIG_SIG, 1)?;
    w.close();
    Ok(())
}

/// Visits names, each with a length of one byte in front (RFC 7301, section 3.1).
fn names(
    w: &mut Walk<'_, '_>,
    len: usize,
    heading: &'static Field,
    [length, name]: [&'static Field; 2],
) -> Step {
    w.heading(heading, len, format_args!("{}", heading.label))?;
    w.within(len, |w| {
        while w.left() > 0 {
            let len = w.take(length, 1)?;
            w.take_up_to(name, len)?;
        }
        Ok(())
    })?;
    w.close();
    Ok(())
}

/// Session ticket (RFC 5077, section 3.2).
fn session_ticket(w: &mut Walk<'_, '_>) -> Step {
    let n = w.left();
    let text = format_args!("Data ({n} byte{})", plural(n));
    w.line(&EXTENSION_DATA, 0, n, Value::Bytes(w.bytes), text)?;
    w.skip(n);
    Ok(())
}

/// Pre-shared key (RFC 8446, section 4.2.11).
fn pre_shared_key(w: &mut Walk<'_, '_>, kind: u8) -> Step {
    w.group(w.left(), format_args!("Pre-Shared Key extension"))?;
    if kind == SERVER_HELLO {
        w.take(&PSK_SELECTED, 2)?;
        w.close();
        return Ok(());
    }
    let len = w.take(&PSK_IDENTITIES_LEN, 2)?;
    w.within(len, |w| {
        while w.left() >= 2 {
            let len = usize::from(w.u16(0)?);
            w.group(2 + len + 4, format_args!("PSK Identity (length: {len})"))?;
            w.take(&PSK_IDENTITY_LEN, 2)?;
            w.take_up_to(&PSK_IDENTITY, len)?;
            w.take(&PSK_AGE, 4)?;
            w.close();
        }
        Ok(())
    })?;
    let len = w.take(&PSK_BINDERS_LEN, 2)?;
    w.heading(&PSK_BINDERS, len, format_args!("PSK Binders"))?;
    w.close();
    w.skip(len);
    w.close();
    Ok(())
}

/// Key share (RFC 8446, section 4.2.8).
fn key_share(w: &mut Walk<'_, '_>, kind: u8) -> Step {
    w.group(w.left(), format_args!("Key Share extension"))?;
    match kind {
        // A server that asks for another Client Hello names a group only.
        SERVER_HELLO if w.left() == 2 => drop(w.take(&KEY_SHARE_SELECTED, 2)?),
        SERVER_HELLO => key_share_entry(w)?,
        _ => {
            let len = w.take(&KEY_SHARE_LEN, 2)?;
            w.within(len, |w| {
                while w.left() >= 4 {
                    key_share_entry(w)?;
                }
                Ok(())
            })?;
        }
    }
    w.close();
    Ok(())
}

fn key_share_entry(w: &mut Walk<'_, '_>) -> Step {
    let (group, len) = (w.u16(0)?, usize::from(w.u16(2)?));
    let name = name_of(GROUP_NAMES, group.into()).unwrap_or("Unknown");
    w.group(4 + len, format_args!("Key Share Entry: Group: {name}, Key Exchange length: {len}"))?;
    w.take(&KEY_SHARE_GROUP, 2)?;
    let len = w.take(&KEY_EXCHANGE_LEN, 2)?;
    w.take_up_to(&KEY_EXCHANGE, len)?;
    w.close();
    Ok(())
}

/// Renegotiation info (RFC 5746, section 3.2).
fn renegotiation(w: &mut Walk<'_, '_>) -> Step {
    w.group(w.left(), format_args!("Renegotiation Info extension"))?;
    let len = w.take(&RENEGOTIATION_LEN, 1)?;
    w.take_up_to(&RENEGOTIATION, len)?;
    w.close();
    Ok(())
}

/// Next Protocol Negotiation, the predecessor of ALPN.
fn next_protocols(w: &mut Walk<'_, '_>) -> Step {
    if w.left() == 0 {
        return Ok(());
    }
    w.group(w.left(), format_args!("Next Protocol Negotiation"))?;
    while w.left() > 0 {
        let len = w.take(&NPN_STR_LEN, 1)?;
        w.take_up_to(&NPN_STR, len)?;
    }
    w.close();
    Ok(())
}
