//! The frames in a packet of Google's QUIC that is not encrypted.

use super::header::{Header, width};
use crate::dissect::reading::walk::{End, Step};

/// Length of the hash before the frames, in bytes.
pub(super) const HASH: usize = 12;
/// The first version without private flags behind the hash, and with another layout of acknowledgements.
const NEWER: u16 = 34;
/// The error code of a connection that nobody used for a while.
const IDLE: u64 = 25;
/// The messages of the handshake that are sent in clear.
const MESSAGES: [(&[u8; 4], &str); 3] =
    [(b"CHLO", "Client Hello"), (b"SHLO", "Server Hello"), (b"REJ\0", "Rejection")];

/// A part of a frame: its length in bytes.
pub(super) type Len = usize;

/// A frame, with the lengths of its parts behind its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Padding {
        len: Len,
    },
    ResetStream,
    Close {
        error: u64,
        reason: Len,
    },
    GoAway {
        reason: Len,
    },
    WindowUpdate,
    Blocked,
    StopWaiting {
        entropy: bool,
        delta: Len,
    },
    Ping,
    Stream {
        id: Len,
        offset: Len,
        has_len: bool,
        data: Len,
    },
    /// Up to version 33: missing packets, and those that were revived.
    OldAck {
        largest: Len,
        missing: Len,
        times: usize,
        ranges: Option<(usize, usize)>,
    },
    /// Blocks of packets that were received.
    Ack {
        largest: Len,
        block: Len,
        blocks: Option<usize>,
        times: usize,
    },
}

/// Length of the private flags, of which old versions have one byte, or two where a packet belongs to a group.
pub(super) fn private_flags(header: &Header, behind_hash: &[u8]) -> usize {
    match behind_hash.first() {
        Some(flags) if header.version < NEWER => 1 + usize::from(flags & 2 != 0),
        _ => 0,
    }
}

impl Frame {
    /// The name of its type.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Frame::Padding { .. } => "PADDING",
            Frame::ResetStream => "RST_STREAM",
            Frame::Close { .. } => "CONNECTION_CLOSE",
            Frame::GoAway { .. } => "GOAWAY",
            Frame::WindowUpdate => "WINDOW_UPDATE",
            Frame::Blocked => "BLOCKED",
            Frame::StopWaiting { .. } => "STOP_WAITING",
            Frame::Ping => "PING",
            Frame::Stream { .. } => "STREAM (Special Frame Type)",
            Frame::OldAck { .. } | Frame::Ack { .. } => "ACK (Special Frame Type)",
        }
    }

    /// Reads the frame that `bytes` begin with, and its length; `None` if its type is unknown.
    pub(super) fn read(bytes: &[u8], header: &Header) -> Step<Option<(Frame, usize)>> {
        let kind = *bytes.first().ok_or(End::Short)?;
        let uint = |at, len| header.uint(bytes, at, len);
        let short = |at| Ok::<_, End>(uint(at, 2)? as usize);
        let delta = header.number.map_or(1, |(_, len, _)| len);
        let (frame, len) = match kind {
            0 => (Frame::Padding { len: bytes.len() }, bytes.len()),
            1 => (Frame::ResetStream, 17),
            2 => {
                let reason = short(5)?;
                (Frame::Close { error: uint(1, 4)?, reason }, 7 + reason)
            }
            3 => {
                let reason = short(9)?;
                (Frame::GoAway { reason }, 11 + reason)
            }
            4 => (Frame::WindowUpdate, 13),
            5 => (Frame::Blocked, 5),
            6 => {
                let entropy = header.version < NEWER;
                (Frame::StopWaiting { entropy, delta }, 1 + usize::from(entropy) + delta)
            }
            7 => (Frame::Ping, 1),
            0x80.. => Self::stream(kind, bytes, header)?,
            0x40.. if header.version < NEWER => Self::old_ack(kind, bytes)?,
            0x40.. => Self::ack(kind, bytes)?,
            _ => return Ok(None),
        };
        if len > bytes.len() {
            return Err(End::Short);
        }
        Ok(Some((frame, len)))
    }

    fn stream(kind: u8, bytes: &[u8], header: &Header) -> Step<(Frame, usize)> {
        let id = usize::from(kind & 3) + 1;
        let offset = match kind >> 2 & 7 {
            0 => 0,
            n => usize::from(n) + 1,
        };
        let has_len = kind & 0x20 != 0;
        let at = 1 + id + offset;
        let (data, start) = match has_len {
            true => (header.uint(bytes, at, 2)? as usize, at + 2),
            false => (bytes.len().checked_sub(at).ok_or(End::Short)?, at),
        };
        Ok((Frame::Stream { id, offset, has_len, data }, start + data))
    }

    fn old_ack(kind: u8, bytes: &[u8]) -> Step<(Frame, usize)> {
        let count = |at: usize| bytes.get(at).map(|n| usize::from(*n)).ok_or(End::Short);
        let (largest, missing) = (width(kind >> 2), width(kind));
        let mut at = 1 + 1 + largest + 2;
        let times = count(at)?;
        at += 1 + times_len(times);
        let mut ranges = None;
        if kind & 0x20 != 0 {
            let missed = count(at)?;
            at += 1 + missed * (missing + 1);
            let revived = count(at)?;
            at += 1 + revived * largest;
            ranges = Some((missed, revived));
        }
        Ok((Frame::OldAck { largest, missing, times, ranges }, at))
    }

    fn ack(kind: u8, bytes: &[u8]) -> Step<(Frame, usize)> {
        let count = |at: usize| bytes.get(at).map(|n| usize::from(*n)).ok_or(End::Short);
        let (largest, block) = (width(kind >> 2), width(kind));
        let mut at = 1 + largest + 2;
        let blocks = if kind & 0x20 != 0 { Some(count(at)?) } else { None };
        at += usize::from(blocks.is_some()) + block + blocks.unwrap_or(0) * (1 + block);
        let times = count(at)?;
        Ok((Frame::Ack { largest, block, blocks, times }, at + 1 + times_len(times)))
    }
}

/// Length of the list of times of arrival: the first has five bytes, the others have three.
fn times_len(times: usize) -> usize {
    if times == 0 { 0 } else { 5 + (times - 1) * 3 }
}

/// Whether the bytes behind a header are in clear: whether a message of the handshake, or a notice that an idle
/// connection is closed, can be reached in them.
pub(super) fn are_in_clear(bytes: &[u8], header: &Header) -> bool {
    let mut rest = bytes.get(HASH..).unwrap_or(&[]);
    rest = rest.get(private_flags(header, rest)..).unwrap_or(&[]);
    while !rest.is_empty() {
        let Ok(Some((frame, len))) = Frame::read(rest, header) else { return false };
        match frame {
            Frame::Padding { .. } => return false,
            Frame::Close { error: IDLE, .. } => return len == rest.len(),
            Frame::Stream { data, .. } => {
                let tag = rest.get(len - data..).unwrap_or(&[]);
                return message_in(tag).is_some();
            }
            _ => rest = rest.get(len..).unwrap_or(&[]),
        }
    }
    false
}

/// The name of the handshake's message that `bytes` begin with.
pub(super) fn message_in(bytes: &[u8]) -> Option<&'static str> {
    MESSAGES.iter().find(|(tag, _)| bytes.starts_with(*tag)).map(|(_, name)| *name)
}
