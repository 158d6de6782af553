//! One frame: its header, and what of its payload is data or a part of a header block (RFC 9113, sections 4.1 and 6).

use crate::dissect::reading::read::Read;
use crate::field::Names;
use std::ops::Range;

/// What a client begins a connection with (section 3.4).
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Octets of a frame's header.
pub(super) const HEADER: usize = 9;

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const PRIORITY: u8 = 2;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PUSH_PROMISE: u8 = 5;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;
/// RFC 7838, section 4.
pub(super) const ALTSVC: u8 = 10;
/// RFC 8336, section 2.
pub(super) const ORIGIN: u8 = 12;
/// RFC 9218, section 7.1.
pub(super) const PRIORITY_UPDATE: u8 = 16;

pub(super) const TYPES: Names = &[
    (DATA as u64, "DATA"),
    (HEADERS as u64, "HEADERS"),
    (PRIORITY as u64, "PRIORITY"),
    (RST_STREAM as u64, "RST_STREAM"),
    (SETTINGS as u64, "SETTINGS"),
    (PUSH_PROMISE as u64, "PUSH_PROMISE"),
    (PING as u64, "PING"),
    (GOAWAY as u64, "GOAWAY"),
    (WINDOW_UPDATE as u64, "WINDOW_UPDATE"),
    (CONTINUATION as u64, "CONTINUATION"),
    (ALTSVC as u64, "ALTSVC"),
    (11, "BLOCKED"),
    (ORIGIN as u64, "ORIGIN"),
    (PRIORITY_UPDATE as u64, "PRIORITY_UPDATE"),
];

pub(super) const END_STREAM: u8 = 0x01;
pub(super) const ACK: u8 = 0x01;
pub(super) const END_HEADERS: u8 = 0x04;
pub(super) const PADDED: u8 = 0x08;
pub(super) const WITH_PRIORITY: u8 = 0x20;

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Octets of the payload.
    pub(super) len: usize,
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
}

impl Frame {
    /// The header at the beginning of some bytes, if all of it is there.
    pub(super) fn read(bytes: &[u8]) -> Option<Frame> {
        let [a, b, c, kind, flags] = *bytes.first_chunk()?;
        let len = u32::from_be_bytes([0, a, b, c]) as usize;
        Some(Frame { len, kind, flags, stream: bytes.u32(5)? & 0x7fff_ffff })
    }

    pub(super) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Octets before what a padded frame carries: the length of its padding.
    pub(super) fn lead(self) -> usize {
        usize::from(matches!(self.kind, DATA | HEADERS | PUSH_PROMISE | CONTINUATION) && self.has(PADDED))
    }

    /// Where the data or the part of a header block lies that a frame carries, and how much padding follows it; `None` if
    /// it carries neither, or if it has more padding than room.
    pub(super) fn content(self, bytes: &[u8]) -> Option<(Range<usize>, usize)> {
        let fixed = match self.kind {
            DATA | CONTINUATION => 0,
            HEADERS if self.has(WITH_PRIORITY) => 5,
            HEADERS => 0,
            PUSH_PROMISE => 4,
            _ => return None,
        };
        let padding = if self.lead() > 0 { bytes.u8(HEADER)?.into() } else { 0 };
        let start = HEADER + self.lead() + fixed;
        let end = (HEADER + self.len).checked_sub(padding).filter(|end| *end >= start)?;
        Some((start..end, padding))
    }
}
