//! Client Hello and Server Hello (RFC 5246, section 7.4.1; RFC 8446, section 4.1).

use super::fields::*;
use super::{extensions, ja3};
use crate::dissect::Visited;
use crate::dissect::reading::cursor::Cursor;
use crate::dissect::reading::read::Read;
use crate::field::Value;
use crate::frame::Timestamp;
use crate::text::{Hex, plural};
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// Types of the messages.
pub(super) const CLIENT_HELLO: u8 = 1;
pub(super) const SERVER_HELLO: u8 = 2;
pub(super) const SERVER_HELLO_DONE: u8 = 14;

/// The version of TLS 1.3.
const TLS13: u16 = 0x0304;

const RANDOM_LEN: usize = 32;

/// The random value of a Server Hello that asks for another Client Hello (RFC 8446, section 4.1.3).
const RETRY: [u8; RANDOM_LEN] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// Whether a message is a Server Hello that asks for another Client Hello.
pub(super) fn is_retry(kind: u8, body: &[u8]) -> bool {
    kind == SERVER_HELLO && body.get(2..2 + RANDOM_LEN) == Some(&RETRY)
}

/// Offset one past the session ID.
fn after_session(body: &[u8]) -> Option<usize> {
    let at = 2 + RANDOM_LEN;
    Some(at + 1 + usize::from(body.u8(at)?))
}

/// The extensions of a hello: `None` when the fields before them do not fit.
fn extensions_of(kind: u8, body: &[u8]) -> Option<&[u8]> {
    let at = after_session(body)?;
    let at = if kind == CLIENT_HELLO {
        let compressions = at + 2 + usize::from(body.u16(at)?);
        compressions + 1 + usize::from(body.u8(compressions)?)
    } else {
        at + 3
    };
    let rest = body.get(at..)?;
    Some(rest.get(2..).unwrap_or(&[]))
}

/// The extensions of a hello: the type of each, and the bytes from its contents on.
fn extensions_in(body: &[u8], kind: u8) -> Option<impl Iterator<Item = (u16, &[u8])>> {
    let mut rest = extensions_of(kind, body)?;
    Some(std::iter::from_fn(move || {
        let (ty, len) = (rest.u16(0)?, rest.u16(2)?);
        let contents = rest.get(4..).unwrap_or(&[]);
        rest = contents.get(usize::from(len)..).unwrap_or(&[]);
        Some((ty, contents))
    }))
}

/// Whether the fixed part of a hello fits into its message; other messages are taken as they come.
pub(super) fn fits(kind: u8, body: &[u8]) -> bool {
    !matches!(kind, CLIENT_HELLO | SERVER_HELLO) || extensions_of(kind, body).is_some()
}

/// The version that a Server Hello has chosen, drafts of TLS 1.3 counted as TLS 1.3 (RFC 8446, section 4.2.1), or that
/// a Client Hello takes for granted that sends data at once (section 4.2.10).
pub(super) fn chosen_version(kind: u8, body: &[u8]) -> Option<u16> {
    /// The extension that has the version since TLS 1.3.
    const SUPPORTED_VERSIONS: u16 = 43;
    const EARLY_DATA: u16 = 42;
    if kind == CLIENT_HELLO {
        return extensions_in(body, kind)?.any(|(ty, _)| ty == EARLY_DATA).then_some(TLS13);
    }
    if kind != SERVER_HELLO {
        return None;
    }
    let version = extensions_in(body, kind)?.filter(|(ty, _)| *ty == SUPPORTED_VERSIONS).last();
    match version.and_then(|(_, rest)| rest.u16(0)).or(body.u16(0))? {
        version @ 0x0300..=0x0304 => Some(version),
        0x7f00..=0x7fff | 0xfb17 | 0xfb1a => Some(TLS13),
        _ => None,
    }
}

/// The session ID of a hello, by its hash; `None` where it has none.
pub(super) fn session_of(kind: u8, body: &[u8]) -> Option<u64> {
    let id = body.get(2 + RANDOM_LEN + 1..after_session(body)?)?;
    (matches!(kind, CLIENT_HELLO | SERVER_HELLO) && !id.is_empty()).then(|| FxBuildHasher.hash_one(id))
}

/// The cipher suite that a Server Hello has chosen.
pub(super) fn chosen_suite(kind: u8, body: &[u8]) -> Option<u16> {
    if kind == SERVER_HELLO { body.u16(after_session(body)?) } else { None }
}

/// Shows the body of a Client Hello; `version` is what the connection has agreed on before.
pub(super) fn client(c: &mut Cursor<'_, '_>, version: u16) -> Visited {
    let body = c.peek(usize::MAX);
    c.num(&VERSION, 2)?;
    random(c, version != TLS13)?;
    session_id(c)?;
    let len = c.num(&SUITES_LENGTH, 2)?;
    let n = len / 2;
    if len > 0 {
        c.heading(&SUITES, len, format_args!("Cipher Suites ({n} suite{})", plural(n)))?;
        let outer = c.narrow(len);
        while c.left() >= 2 {
            c.num(&SUITE, 2)?;
        }
        c.widen(outer);
        c.close();
    }
    let n = c.num(&COMPRESSIONS_LENGTH, 1)?;
    if n > 0 {
        c.heading(&COMPRESSIONS, n, format_args!("Compression Methods ({n} method{})", plural(n)))?;
        let outer = c.narrow(n);
        while c.left() > 0 {
            c.num(&COMPRESSION, 1)?;
        }
        c.widen(outer);
        c.close();
    }
    extensions::all(c, CLIENT_HELLO)?;
    ja3::client(body, c.visitor())
}

/// Shows the body of a Server Hello.
pub(super) fn server(c: &mut Cursor<'_, '_>) -> Visited {
    let body = c.peek(usize::MAX);
    let old = chosen_version(SERVER_HELLO, body) != Some(TLS13);
    c.num(&VERSION, 2)?;
    random(c, old)?;
    session_id(c)?;
    c.num(&SUITE, 2)?;
    c.num(&COMPRESSION, 1)?;
    extensions::all(c, SERVER_HELLO)?;
    ja3::server(body, c.visitor())
}

/// The random value; before TLS 1.3, its first four bytes were meant to be the time.
fn random(c: &mut Cursor<'_, '_>, timed: bool) -> Visited {
    let seconds = c.value(4);
    let (at, bytes) = (c.here(RANDOM_LEN), c.peek(RANDOM_LEN));
    let retry = if bytes == RETRY { " (HelloRetryRequest magic)" } else { "" };
    if let (Some(seconds), RANDOM_LEN) = (seconds, bytes.len()) {
        let text = format_args!("Random: {}{retry}", Hex::beginning(bytes));
        c.visitor().line(&RANDOM, at, Value::Bytes(bytes), text)?;
        if timed {
            c.open();
            let time = Timestamp::from_nanos(seconds as i64 * 1_000_000_000);
            let at = c.here(4);
            c.visitor().field(&RANDOM_TIME, at, Value::Time(time))?;
            c.skip(4);
            c.bytes(&RANDOM_BYTES, RANDOM_LEN - 4)?;
            c.close();
            return Visited::Continue(());
        }
    }
    c.skip(RANDOM_LEN);
    Visited::Continue(())
}

fn session_id(c: &mut Cursor<'_, '_>) -> Visited {
    let len = c.num(&SESSION_ID_LENGTH, 1)?;
    c.bytes(&SESSION_ID, len)
}

/// The parts of a hello that its fingerprint is made of: version, the numbers in front of the extensions (cipher
/// suites of a client, the suite of a server), and the extensions.
pub(super) fn fingerprint(kind: u8, body: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let at = after_session(body)?;
    let suites = match kind {
        CLIENT_HELLO => body.get(at + 2..at + 2 + usize::from(body.u16(at)?))?,
        _ => body.get(at..at + 2)?,
    };
    Some((body.u16(0)?, suites, extensions_of(kind, body)?))
}
