//! Client Hello and Server Hello (RFC 5246, section 7.4.1; RFC 8446, section 4.1).

use super::extensions;
use super::fields::*;
use super::names::{CLIENT_HELLO, SERVER_HELLO};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::field::Value;
use crate::frame::Timestamp;
use crate::text::{Hex, plural};
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// The number of TLS 1.3.
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

/// Offset of the first byte after the session ID.
fn after_session(body: &[u8]) -> Option<usize> {
    let at = 2 + RANDOM_LEN;
    Some(at + 1 + usize::from(body.u8(at)?))
}

/// The extensions of a hello; `None` when the fields before them do not fit.
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

/// Type of each extension of a hello, and the bytes from its contents on.
fn extensions_in(body: &[u8], kind: u8) -> Option<impl Iterator<Item = (u16, &[u8])>> {
    let mut rest = extensions_of(kind, body)?;
    Some(std::iter::from_fn(move || {
        let (ty, len) = (rest.u16(0)?, rest.u16(2)?);
        let contents = rest.get(4..).unwrap_or(&[]);
        rest = contents.get(usize::from(len)..).unwrap_or(&[]);
        Some((ty, contents))
    }))
}

/// Whether the fixed part of a hello fits into its message; `true` for any other message.
pub(super) fn fits(kind: u8, body: &[u8]) -> bool {
    !matches!(kind, CLIENT_HELLO | SERVER_HELLO) || extensions_of(kind, body).is_some()
}

/// The version that a Server Hello chooses, where drafts of TLS 1.3 count as TLS 1.3 (RFC 8446, section 4.2.1); or
/// TLS 1.3 for a Client Hello with early data, which needs that version (section 4.2.10).
pub(super) fn chosen_version(kind: u8, body: &[u8]) -> Option<u16> {
    /// The extension that has the version in TLS 1.3.
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

/// A hash of the session ID of a hello; `None` if it has no session ID.
pub(super) fn session_of(kind: u8, body: &[u8]) -> Option<u64> {
    let id = body.get(2 + RANDOM_LEN + 1..after_session(body)?)?;
    (matches!(kind, CLIENT_HELLO | SERVER_HELLO) && !id.is_empty()).then(|| FxBuildHasher.hash_one(id))
}

/// The cipher suite that a Server Hello chooses.
pub(super) fn chosen_suite(kind: u8, body: &[u8]) -> Option<u16> {
    if kind == SERVER_HELLO { body.u16(after_session(body)?) } else { None }
}

/// Visits the body of a Client Hello; `version` is what the connection agreed on before.
pub(super) fn client(w: &mut Walk<'_, '_>, version: u16) -> Step {
    w.take(&VERSION, 2)?;
    random(w, version != TLS13)?;
    session_id(w)?;
    let len = w.take(&SUITES_LENGTH, 2)?;
    let n = len / 2;
    if len > 0 {
        w.heading(&SUITES, len, format_args!("Cipher Suites ({n} suite{})", plural(n)))?;
        w.within(len, |w| {
            while w.left() >= 2 {
                w.take(&SUITE, 2)?;
            }
            Ok(())
        })?;
        w.close();
    }
    let n = w.take(&COMPRESSIONS_LENGTH, 1)?;
    if n > 0 {
        w.heading(&COMPRESSIONS, n, format_args!("Compression Methods ({n} method{})", plural(n)))?;
        w.within(n, |w| {
            while w.left() > 0 {
                w.take(&COMPRESSION, 1)?;
            }
            Ok(())
        })?;
        w.close();
    }
    extensions::all(w, CLIENT_HELLO)
}

/// Visits the body of a Server Hello.
pub(super) fn server(w: &mut Walk<'_, '_>) -> Step {
    let old = chosen_version(SERVER_HELLO, w.bytes) != Some(TLS13);
    w.take(&VERSION, 2)?;
    random(w, old)?;
    session_id(w)?;
    w.take(&SUITE, 2)?;
    w.take(&COMPRESSION, 1)?;
    extensions::all(w, SERVER_HELLO)
}

/// Visits the random value. Before TLS 1.3, its first four bytes were meant to be the time.
fn random(w: &mut Walk<'_, '_>, timed: bool) -> Step {
    let (seconds, bytes) = (w.u32(0)?, w.get(0, RANDOM_LEN)?);
    let retry = if bytes == RETRY { " (HelloRetryRequest magic)" } else { "" };
    let text = format_args!("Random: {}{retry}", Hex::beginning(bytes));
    w.line(&RANDOM, 0, RANDOM_LEN, Value::Bytes(bytes), text)?;
    if timed {
        w.open();
        let time = Timestamp::from_parts(seconds.into(), 0);
        w.value(&RANDOM_TIME, 0, 4, Value::Time(time))?;
        w.bytes(&RANDOM_BYTES, 4, RANDOM_LEN - 4)?;
        w.close();
    }
    w.skip(RANDOM_LEN);
    Ok(())
}

fn session_id(w: &mut Walk<'_, '_>) -> Step {
    let len = w.take(&SESSION_ID_LENGTH, 1)?;
    w.take_up_to(&SESSION_ID, len)
}

/// The parts of a hello for its fingerprint: version, cipher suites (of a server: the chosen suite), and extensions.
pub(super) fn fingerprint(kind: u8, body: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let at = after_session(body)?;
    let suites = match kind {
        CLIENT_HELLO => body.get(at + 2..at + 2 + usize::from(body.u16(at)?))?,
        _ => body.get(at..at + 2)?,
    };
    Some((body.u16(0)?, suites, extensions_of(kind, body)?))
}
