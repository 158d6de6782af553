//! JA3 and JA3S: fingerprints of the software that sent a hello, as text (`tls.handshake.ja3_full`) and as its hash.
//! Values of GREASE (RFC 8701), which are there to be ignored, are left out.

use super::fields::{JA3, JA3_FULL, JA3S, JA3S_FULL};
use super::hello;
use super::names::{CLIENT_HELLO, SERVER_HELLO};
use crate::dissect::Visited;
use crate::dissect::reading::read::Read;
use crate::field::{At, Field, Value, Visit};
use crate::text::{Hex, Line, Push};
use md5::{Digest, Md5};

const SUPPORTED_GROUPS: u16 = 10;
const POINT_FORMATS: u16 = 11;

fn is_grease(n: u16) -> bool {
    n & 0x0f0f == 0x0a0a && n >> 8 == n & 0xff
}

/// Appends numbers, joined by `-`.
fn list(numbers: impl Iterator<Item = u16>, out: &mut Line) {
    let start = out.len();
    for n in numbers.filter(|n| !is_grease(*n)) {
        if out.len() > start {
            out.push(b'-');
        }
        out.num(n);
    }
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).filter_map(|pair| pair.u16(0))
}

/// Types and contents of the extensions.
fn extensions(mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (ty, len) = (rest.u16(0)?, usize::from(rest.u16(2)?));
        let body = rest.get(4..(4 + len).min(rest.len()))?;
        rest = rest.get(4 + len..).unwrap_or(&[]);
        Some((ty, body))
    })
}

fn text(kind: u8, body: &[u8]) -> Option<Line> {
    let (version, suites, rest) = hello::fingerprint(kind, body)?;
    let mut out = Line::new();
    out.num(version);
    out.push(b',');
    list(pairs(suites), &mut out);
    out.push(b',');
    list(extensions(rest).map(|(ty, _)| ty), &mut out);
    if kind == CLIENT_HELLO {
        let of = |wanted| extensions(rest).find(|(ty, _)| *ty == wanted).map_or(&[][..], |(_, body)| body);
        out.push(b',');
        list(pairs(of(SUPPORTED_GROUPS).get(2..).unwrap_or(&[])), &mut out);
        out.push(b',');
        list(of(POINT_FORMATS).get(1..).unwrap_or(&[]).iter().map(|b| u16::from(*b)), &mut out);
    }
    Some(out)
}

/// Visits the fingerprint of a Client Hello.
pub(super) fn client(body: &[u8], v: &mut dyn Visit) -> Visited {
    show(CLIENT_HELLO, body, [&JA3_FULL, &JA3], v)
}

/// Visits the fingerprint of a Server Hello.
pub(super) fn server(body: &[u8], v: &mut dyn Visit) -> Visited {
    show(SERVER_HELLO, body, [&JA3S_FULL, &JA3S], v)
}

fn show(kind: u8, body: &[u8], [full, short]: [&'static Field; 2], v: &mut dyn Visit) -> Visited {
    let Some(text) = text(kind, body) else { return Visited::Continue(()) };
    v.field(full, At::default(), Value::Text(&text))?;
    let digest = Hex::beginning(&Md5::digest(&text)).to_string();
    v.field(short, At::default(), Value::Text(digest.as_bytes()))
}
