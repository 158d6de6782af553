//! Bodies of messages: where they end, and how chunks and compression are undone (RFC 9112, sections 6 and 7).

use super::head::{Head, Start, line};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::Read as _;

/// The most bytes to which a body is decompressed.
const MOST_UNPACKED: u64 = 1 << 20;

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyLen {
    Bytes(u64),
    /// As many bytes as are there, up to this number. A body that should not exist is not waited for.
    Here(u64),
    Chunked,
    UntilFin,
}

/// How long the body after a head is. A response to HEAD, for instance, has no body; as in Wireshark, bytes that
/// follow it in the same segment count as its body, up to the length that it announces.
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
    /// Offset of the line with its size.
    pub(super) start: usize,
    /// Offset of its data.
    pub(super) data: usize,
    /// Length of its data in bytes; 0 ends the body.
    pub(super) size: usize,
}

/// The chunk at `at`. `Err(true)` if it is incomplete, `Err(false)` if the bytes are no chunk.
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

/// Length of the chunked body that begins at `at`. `Err(true)` if its end is not there yet, `Err(false)` if the bytes
/// are no chunks.
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

/// Appends the data of the chunks of `body`, up to the first incomplete one.
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

/// Appends `body` with its content coding undone; returns `false` if nothing could be decompressed.
pub(in crate::dissect) fn unpack(coding: &[u8], body: &[u8], out: &mut Vec<u8>) -> bool {
    let is = |name: &str| coding.eq_ignore_ascii_case(name.as_bytes());
    if is("gzip") || is("x-gzip") {
        let _ = MultiGzDecoder::new(body).take(MOST_UNPACKED).read_to_end(out);
    } else if is("deflate") {
        let _ = ZlibDecoder::new(body).take(MOST_UNPACKED).read_to_end(out);
        if out.is_empty() {
            let _ = DeflateDecoder::new(body).take(MOST_UNPACKED).read_to_end(out);
        }
    }
    // The beginning of a cut body is decompressed as far as it goes.
    !out.is_empty()
}
