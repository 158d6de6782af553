//! Extensions of hellos, of certificates and of other messages (IANA, "TLS ExtensionType Values").

use super::fields::*;
use super::groups::GROUPS as GROUP_NAMES;
use super::hello::{CLIENT_HELLO, SERVER_HELLO};
use super::names::{EXTENSIONS, HASHES, SIGNATURES};
use crate::dissect::Visited;
use crate::dissect::reading::cursor::Cursor;
use crate::field::{Field, name_of};
use crate::text::plural;

/// The length of the list of extensions and the extensions, if a message of type `kind` goes on with them.
pub(super) fn all(c: &mut Cursor<'_, '_>, kind: u8) -> Visited {
    if c.left() < 2 {
        return Visited::Continue(());
    }
    let len = c.num(&EXTENSIONS_LENGTH, 2)?;
    let outer = c.narrow(len);
    while c.left() >= 4 {
        one(c, kind)?;
    }
    c.widen(outer);
    Visited::Continue(())
}

fn one(c: &mut Cursor<'_, '_>, kind: u8) -> Visited {
    let (ty, len) = (
        c.value(2).unwrap_or(0),
        c.peek(4).get(2..4).map_or(0, |b| usize::from(b[0]) << 8 | usize::from(b[1])),
    );
    let name = name_of(EXTENSIONS, ty as u64).unwrap_or("Unknown type");
    if name == "Unknown type" {
        c.group(4 + len, format_args!("Extension: {name} {ty} (len={len})"))?;
    } else {
        c.group(4 + len, format_args!("Extension: {name} (len={len})"))?;
    }
    c.num(&EXTENSION_TYPE, 2)?;
    c.num(&EXTENSION_LEN, 2)?;
    let outer = c.narrow(len);
    body(c, ty, kind)?;
    let rest = c.left();
    if rest > 0 {
        c.bytes(&EXTENSION_DATA, rest)?;
    }
    c.widen(outer);
    c.close();
    Visited::Continue(())
}

fn body(c: &mut Cursor<'_, '_>, ty: usize, kind: u8) -> Visited {
    match ty {
        0 => server_name(c),
        1 => c.only(&MAX_FRAGMENT, 1),
        5 if kind == CLIENT_HELLO => status_request(c),
        10 => supported_groups(c),
        11 => point_formats(c),
        13 | 34 | 50 => signature_algorithms(c),
        15 => c.only(&HEARTBEAT_MODE, 1),
        16 => {
            let len = c.num(&ALPN_LEN, 2)?;
            names(c, len, &ALPN_LIST, [&ALPN_STR_LEN, &ALPN_STR])
        }
        17513 => {
            let len = c.num(&ALPS_LEN, 2)?;
            names(c, len, &ALPS_LIST, [&ALPS_STR_LEN, &ALPS_STR])
        }
        21 => c.bytes(&PADDING_DATA, c.left()),
        27 => {
            let len = c.num(&COMPRESS_LEN, 1)?;
            list(c, len, 2, &COMPRESS_ALG)
        }
        28 => c.only(&RECORD_SIZE_LIMIT, 2),
        35 => session_ticket(c),
        41 => pre_shared_key(c, kind),
        42 if c.left() >= 4 => c.only(&EARLY_DATA, 4),
        43 if kind == CLIENT_HELLO => {
            let len = c.num(&VERSIONS_LEN, 1)?;
            list(c, len, 2, &SUPPORTED_VERSION)
        }
        43 => c.only(&SUPPORTED_VERSION, 2),
        44 => {
            let len = c.num(&COOKIE_LEN, 2)?;
            c.bytes(&COOKIE, len)
        }
        45 => {
            let len = c.num(&PSK_MODES_LEN, 1)?;
            list(c, len, 1, &PSK_MODE)
        }
        // 40 is its number in drafts of TLS 1.3.
        40 | 51 => key_share(c, kind),
        65281 => renegotiation(c),
        13172 => next_protocols(c),
        // Known by name, and without a body.
        22 | 23 | 49 => Visited::Continue(()),
        _ if c.left() == 0 && is_unread(ty) => {
            let at = c.here(0);
            c.visitor().line(
                &EXTENSION_DATA,
                at,
                crate::field::Value::Bytes(&[]),
                format_args!("Data: <MISSING>"),
            )
        }
        _ => Visited::Continue(()),
    }
}

/// Extensions of whose body nothing is known.
fn is_unread(ty: usize) -> bool {
    !matches!(ty, 5 | 18 | 42)
}

/// Numbers of `each` bytes in the next `len`.
fn list(c: &mut Cursor<'_, '_>, len: usize, each: usize, field: &'static Field) -> Visited {
    let outer = c.narrow(len);
    while c.left() >= each {
        c.num(field, each)?;
    }
    c.widen(outer);
    Visited::Continue(())
}

/// RFC 6066, section 3.
fn server_name(c: &mut Cursor<'_, '_>) -> Visited {
    if c.left() == 0 {
        return Visited::Continue(());
    }
    c.group(c.left(), format_args!("Server Name Indication extension"))?;
    let len = c.num(&SNI_LIST_LEN, 2)?;
    let outer = c.narrow(len);
    while c.left() > 0 {
        c.num(&SNI_TYPE, 1)?;
        let len = c.num(&SNI_LEN, 2)?;
        c.bytes(&SNI, len)?;
    }
    c.widen(outer);
    c.close();
    Visited::Continue(())
}

/// RFC 6066, section 8.
fn status_request(c: &mut Cursor<'_, '_>) -> Visited {
    if c.left() == 0 {
        return Visited::Continue(());
    }
    c.num(&STATUS_TYPE, 1)?;
    let ids = c.num(&STATUS_IDS_LEN, 2)?;
    c.skip(ids);
    let extensions = c.num(&STATUS_EXTS_LEN, 2)?;
    c.skip(extensions);
    Visited::Continue(())
}

/// RFC 8422, section 5.1.1, and RFC 8446, section 4.2.7.
fn supported_groups(c: &mut Cursor<'_, '_>) -> Visited {
    let len = c.num(&GROUPS_LENGTH, 2)?;
    let n = len / 2;
    c.heading(&GROUPS, len, format_args!("Supported Groups ({n} group{})", plural(n)))?;
    list(c, len, 2, &GROUP)?;
    c.close();
    Visited::Continue(())
}

/// RFC 8422, section 5.1.2.
fn point_formats(c: &mut Cursor<'_, '_>) -> Visited {
    let len = c.num(&POINT_FORMATS_LENGTH, 1)?;
    c.heading(&POINT_FORMATS, len, format_args!("Elliptic curves point formats ({len})"))?;
    list(c, len, 1, &POINT_FORMAT)?;
    c.close();
    Visited::Continue(())
}

/// A list of signature schemes with its length: RFC 5246, section 7.4.1.4.1, and RFC 8446, section 4.2.3.
pub(super) fn signature_algorithms(c: &mut Cursor<'_, '_>) -> Visited {
    let len = c.num(&SIG_ALGS_LEN, 2)?;
    let n = len / 2;
    c.heading(&SIG_ALGS, len, format_args!("Signature Hash Algorithms ({n} algorithm{})", plural(n)))?;
    let outer = c.narrow(len);
    while c.left() >= 2 {
        signature_algorithm(c)?;
    }
    c.widen(outer);
    c.close();
    Visited::Continue(())
}

/// A signature scheme, and its halves as TLS 1.2 reads them.
pub(super) fn signature_algorithm(c: &mut Cursor<'_, '_>) -> Visited {
    if c.left() < 2 {
        return Visited::Continue(());
    }
    let at = c.here(2);
    let scheme = c.value(2).unwrap_or(0) as u64;
    let value = crate::field::Value::Uint(scheme);
    match (SIG_ALG.name_of(scheme), name_of(HASHES, scheme >> 8), name_of(SIGNATURES, scheme & 0xff)) {
        // Pairs that have no name of their own since TLS 1.3.
        (None, Some(hash), Some(signature)) => {
            let text = format_args!("Signature Algorithm: {hash} {signature} (0x{scheme:04x})");
            c.visitor().line(&SIG_ALG, at, value, text)?;
        }
        _ => c.visitor().field(&SIG_ALG, at, value)?,
    }
    c.open();
    c.num(&SIG_HASH, 1)?;
    c.num(&SIG_SIG, 1)?;
    c.close();
    Visited::Continue(())
}

/// Names with a length of one byte each (RFC 7301, section 3.1).
fn names(
    c: &mut Cursor<'_, '_>,
    len: usize,
    heading: &'static Field,
    [length, name]: [&'static Field; 2],
) -> Visited {
    c.heading(heading, len, format_args!("{}", heading.label))?;
    let outer = c.narrow(len);
    while c.left() > 0 {
        let len = c.num(length, 1)?;
        c.bytes(name, len)?;
    }
    c.widen(outer);
    c.close();
    Visited::Continue(())
}

/// RFC 5077, section 3.2.
fn session_ticket(c: &mut Cursor<'_, '_>) -> Visited {
    let n = c.left();
    let (at, bytes) = (c.here(n), c.peek(n));
    let text = format_args!("Data ({n} byte{})", plural(n));
    c.visitor().line(&EXTENSION_DATA, at, crate::field::Value::Bytes(bytes), text)?;
    c.skip(n);
    Visited::Continue(())
}

/// RFC 8446, section 4.2.11.
fn pre_shared_key(c: &mut Cursor<'_, '_>, kind: u8) -> Visited {
    c.group(c.left(), format_args!("Pre-Shared Key extension"))?;
    if kind == SERVER_HELLO {
        c.num(&PSK_SELECTED, 2)?;
        c.close();
        return Visited::Continue(());
    }
    let len = c.num(&PSK_IDENTITIES_LEN, 2)?;
    let outer = c.narrow(len);
    while c.left() >= 2 {
        let len = c.value(2).unwrap_or(0);
        c.group(2 + len + 4, format_args!("PSK Identity (length: {len})"))?;
        c.num(&PSK_IDENTITY_LEN, 2)?;
        c.bytes(&PSK_IDENTITY, len)?;
        c.num(&PSK_AGE, 4)?;
        c.close();
    }
    c.widen(outer);
    let len = c.num(&PSK_BINDERS_LEN, 2)?;
    c.heading(&PSK_BINDERS, len, format_args!("PSK Binders"))?;
    c.close();
    c.skip(len);
    c.close();
    Visited::Continue(())
}

/// RFC 8446, section 4.2.8.
fn key_share(c: &mut Cursor<'_, '_>, kind: u8) -> Visited {
    c.group(c.left(), format_args!("Key Share extension"))?;
    match kind {
        // A server that asks for another hello names a group only.
        SERVER_HELLO if c.left() == 2 => drop(c.num(&KEY_SHARE_SELECTED, 2)?),
        SERVER_HELLO => key_share_entry(c)?,
        _ => {
            let len = c.num(&KEY_SHARE_LEN, 2)?;
            let outer = c.narrow(len);
            while c.left() >= 4 {
                key_share_entry(c)?;
            }
            c.widen(outer);
        }
    }
    c.close();
    Visited::Continue(())
}

fn key_share_entry(c: &mut Cursor<'_, '_>) -> Visited {
    let group = c.value(2).unwrap_or(0) as u64;
    let len = c.peek(4).get(2..4).map_or(0, |b| usize::from(b[0]) << 8 | usize::from(b[1]));
    let name = name_of(GROUP_NAMES, group).unwrap_or("Unknown");
    c.group(4 + len, format_args!("Key Share Entry: Group: {name}, Key Exchange length: {len}"))?;
    c.num(&KEY_SHARE_GROUP, 2)?;
    let len = c.num(&KEY_EXCHANGE_LEN, 2)?;
    c.bytes(&KEY_EXCHANGE, len)?;
    c.close();
    Visited::Continue(())
}

/// RFC 5746, section 3.2.
fn renegotiation(c: &mut Cursor<'_, '_>) -> Visited {
    c.group(c.left(), format_args!("Renegotiation Info extension"))?;
    let len = c.num(&RENEGOTIATION_LEN, 1)?;
    c.bytes(&RENEGOTIATION, len)?;
    c.close();
    Visited::Continue(())
}

/// Next Protocol Negotiation, the forerunner of ALPN.
fn next_protocols(c: &mut Cursor<'_, '_>) -> Visited {
    if c.left() == 0 {
        return Visited::Continue(());
    }
    c.group(c.left(), format_args!("Next Protocol Negotiation"))?;
    while c.left() > 0 {
        let len = c.num(&NPN_STR_LEN, 1)?;
        c.bytes(&NPN_STR, len)?;
    }
    c.close();
    Visited::Continue(())
}
