//! Where a body ends, and what is in it: chunks, compression. RFC 9112, sections 6 and 7.

use super::head::{Head, Start, line};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::Read as _;

/// No body is unpacked to more than this.
const MOST_UNPACKED: u64 = 1 << 20;

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyLen {
    Bytes(u64),
    /// As many as are there, at most so many: a message that should have none is not waited for.
    Here(u64),
    Chunked,
    UntilFin,
}

/// How long the body after a head is. A response to HEAD and some others have none; as in Wireshark, what follows them
/// in the same segment is theirs as far as they announce it.
pub(super) fn body_len(head: &Head<'_>, answers_head: bool, answers_connect: bool) -> BodyLen {
    let response = matches!(head.start, Some(Start::Response { .. }));
    match head.code() {
        Some(100..=199 | 204 | 304) => return BodyLen::Here(head.content_length.unwrap_or(0)),
        Some(200..=299) if answers_connect => return BodyLen::Bytes(0),
        _ if response && answers_head && !head.chunked => {
            return BodyLen::Here(head.content_length.unwrap_or(u64::MAX));
        }
        _ => {}
    }
    match (head.chunked, head.content_length) {
        (true, _) => BodyLen::Chunked,
        (_, Some(len)) => BodyLen::Bytes(len),
        (_, None) if response => BodyLen::UntilFin,
        _ => BodyLen::Bytes(0),
    }
}

/// One chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Where its size begins.
    pub(super) start: usize,
    /// Where its data begins.
    pub(super) data: usize,
    /// Length of its data; 0 ends the body.
    pub(super) size: usize,
}

/// The chunk at `at`: `Err(true)` if it is not there yet, `Err(false)` if it is none.
pub(super) fn chunk(bytes: &[u8], at: usize) -> Result<Chunk, bool> {
    let Some(line) = line(bytes, at) else { return Err(bytes.len().saturating_sub(at) < 256) };
    let digits = line.text.bytes.split(|b| matches!(b, b';' | b' ' | b'\t')).next().unwrap_or(&[]);
    if digits.is_empty() || digits.len() > 8 {
        return Err(false);
    }
    let size = digits.iter().try_fold(0usize, |n, d| {
        let digit = char::from(*d).to_digit(16).ok_or(false)?;
        Ok::<usize, bool>(n << 4 | digit as usize)
    })?;
    Ok(Chunk { start: at, data: at + line.len, size })
}

/// Length of a chunked body that begins at `at`: `Err(true)` if its end is not there yet, `Err(false)` if it has none.
pub(super) fn chunked_len(bytes: &[u8], mut at: usize) -> Result<usize, bool> {
    let begin = at;
    loop {
        let chunk = chunk(bytes, at)?;
        if chunk.size > 0 {
            at = chunk.data + chunk.size + 2;
            if at > bytes.len() {
                return Err(true);
            }
            continue;
        }
        at = chunk.data;
        loop {
            let trailer = line(bytes, at).ok_or(true)?;
            at += trailer.len;
            if trailer.text.bytes.is_empty() {
                return Ok(at - begin);
            }
        }
    }
}

/// Appends the data of the chunks of `body`, as far as they go.
pub(super) fn dechunk(body: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Ok(chunk) = chunk(body, at) {
        if chunk.size == 0 {
            return;
        }
        let end = body.len().min(chunk.data + chunk.size);
        out.extend_from_slice(body.get(chunk.data..end).unwrap_or(&[]));
        at = chunk.data + chunk.size + 2;
    }
}

/// Appends what `body` holds under a content coding; false if it cannot be unpacked.
pub(super) fn unpack(coding: &[u8], body: &[u8], out: &mut Vec<u8>) -> bool {
    let is = |name: &str| coding.eq_ignore_ascii_case(name.as_bytes());
    if is("gzip") || is("x-gzip") {
        let _ = MultiGzDecoder::new(body).take(MOST_UNPACKED).read_to_end(out);
    } else if is("deflate") {
        let _ = ZlibDecoder::new(body).take(MOST_UNPACKED).read_to_end(out);
        if out.is_empty() {
            let _ = DeflateDecoder::new(body).take(MOST_UNPACKED).read_to_end(out);
        }
    }
    // What a cut body yields is better than nothing.
    !out.is_empty()
}
