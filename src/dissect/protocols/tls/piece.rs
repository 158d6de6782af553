//! Handshake messages in a record: complete messages, and pieces of messages that span several records (RFC 8446,
//! section 5.1).

use super::names::HANDSHAKE_TYPES;
use super::session::Fragment;
use crate::dissect::facts::tls::Partial;
use crate::dissect::reading::read::Read;
use crate::field::name_of;

/// Length of a handshake message's header: its type, and its length in three bytes.
pub(super) const HEADER: usize = 4;

/// Types of messages.
pub(super) const SESSION_TICKET: u8 = 4;
pub(super) const ENCRYPTED_EXTENSIONS: u8 = 8;
pub(super) const CERTIFICATE: u8 = 11;
pub(super) const SERVER_KEY: u8 = 12;
pub(super) const CERTIFICATE_REQUEST: u8 = 13;
pub(super) const CERTIFICATE_VERIFY: u8 = 15;
pub(super) const CLIENT_KEY: u8 = 16;
pub(super) const FINISHED: u8 = 20;
pub(super) const CERTIFICATE_STATUS: u8 = 22;
pub(super) const KEY_UPDATE: u8 = 24;

/// From this length on, the first bytes of a record are not taken for the header of a message, but for encrypted
/// bytes.
const TOO_LONG: u32 = 0x1_0000;

impl Partial {
    pub(super) fn is_none(self) -> bool {
        self.have == 0
    }

    /// How many bytes are missing: of the message, or of its header as long as that is incomplete.
    fn missing(self) -> usize {
        let [_, a, b, c] = self.header;
        let whole = HEADER as u32 + u32::from_be_bytes([0, a, b, c]);
        let need = if self.have < HEADER as u32 { HEADER as u32 } else { whole };
        need.saturating_sub(self.have) as usize
    }

    /// The type of the message; `None` before its first byte.
    fn kind(self) -> Option<u8> {
        (self.have > 0).then_some(self.header[0])
    }

    /// Adds the next bytes of the message from `bytes`, and returns how many it added.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        // The first round completes the header, which says how many bytes the second round may add.
        for _ in 0..2 {
            let rest = bytes.get(taken..).unwrap_or(&[]);
            let n = self.missing().min(rest.len());
            for (slot, byte) in self.header.iter_mut().skip(self.have as usize).zip(rest.iter().take(n)) {
                *slot = *byte;
            }
            self.have += n as u32;
            taken += n;
        }
        taken
    }

    fn is_complete(self) -> bool {
        self.have >= HEADER as u32 && self.missing() == 0
    }
}

/// Which part of a message a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The piece is encrypted, so its messages are unknown.
    Encrypted,
    Whole,
    First,
    Middle,
    Last,
}

/// A piece of a record's body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    /// Offset in the body of the record.
    pub(super) at: usize,
    /// The bytes of the piece.
    pub(super) bytes: &'a [u8],
    /// Which part of its message it is.
    pub(super) part: Part,
    /// The type of the message; `None` where it is unknown.
    pub(super) kind: Option<u8>,
}

impl<'a> Piece<'a> {
    /// Type and body of a complete message; `None` for any other piece.
    pub(super) fn whole(&self) -> Option<(u8, &'a [u8])> {
        match self.part {
            Part::Whole => Some((self.kind?, self.bytes.get(HEADER..)?)),
            _ => None,
        }
    }

    /// The piece as a fragment; `None` for a complete message and for encrypted bytes.
    pub(super) fn fragment(self) -> Option<Fragment<'a>> {
        let (first, last) = match self.part {
            Part::First => (true, false),
            Part::Middle => (false, false),
            Part::Last => (false, true),
            Part::Whole | Part::Encrypted => return None,
        };
        Some(Fragment { first, last, bytes: self.bytes })
    }

    /// The name of the message's type; `None` where it is unknown.
    pub(super) fn name(&self) -> Option<&'static str> {
        name_of(HANDSHAKE_TYPES, self.kind?.into())
    }
}

/// The pieces of one record.
pub(super) struct Pieces<'a> {
    body: &'a [u8],
    at: usize,
    partial: Partial,
    encrypted: bool,
    /// Whether the snapshot length has cut the record.
    cut: bool,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(body: &'a [u8], partial: Partial, encrypted: bool, cut: bool) -> Pieces<'a> {
        Pieces { body, at: 0, partial, encrypted, cut }
    }

    /// The message that goes on in the next record.
    pub(super) fn left(&self) -> Partial {
        self.partial
    }

    /// Whether the bytes at the beginning of a record cannot be the header of a message.
    fn is_unreadable(&self, rest: &[u8]) -> bool {
        let Some(header) = rest.u32(0) else { return self.encrypted };
        let (kind, len) = (header >> 24, header & 0xff_ffff);
        // A header of zeros would be a Hello Request, which comes alone in its record. With more bytes after it, it
        // is the explicit nonce of an encrypted message.
        let is_nonce = kind == 0 && len == 0 && rest.len() > HEADER;
        self.encrypted || name_of(HANDSHAKE_TYPES, kind.into()).is_none() || len >= TOO_LONG || is_nonce
    }

    fn piece(&mut self, len: usize, part: Part, kind: Option<u8>) -> Option<Piece<'a>> {
        let at = self.at;
        let bytes = self.body.get(at..at + len)?;
        self.at += len;
        Some(Piece { at, bytes, part, kind })
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let rest = self.body.get(self.at..).filter(|r| !r.is_empty())?;
        if !self.partial.is_none() {
            let len = self.partial.take(rest);
            let kind = self.partial.kind();
            if self.partial.is_complete() {
                self.partial = Partial::default();
                return self.piece(len, Part::Last, kind);
            }
            return self.piece(len, Part::Middle, kind);
        }
        if self.at == 0 && self.is_unreadable(rest) {
            return self.piece(rest.len(), Part::Encrypted, None);
        }
        let mut message = Partial::default();
        let len = message.take(rest);
        if message.is_complete() || self.cut {
            return self.piece(len, Part::Whole, message.kind());
        }
        self.partial = message;
        self.piece(len, Part::First, message.kind())
    }
}
