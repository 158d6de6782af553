//! What the conversation knows about the TLS records of a packet: the state of the connection before them.

use crate::direction::Direction;

/// What the conversation knows about the TLS layers of one packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TlsFacts {
    /// The state before the first record of the packet.
    pub session: Session,
    /// The direction in which the packet was sent.
    pub side: Direction,
    /// The source ([`Layer::source`](crate::dissect::Layer::source)) of the first handshake message that was put
    /// together from several records and ends in this packet; the sources of further messages follow it.
    pub first_message: u8,
}

/// What both ends of a TLS connection agreed on, as far as it was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// The version in use: 0x0300 for SSL 3.0 to 0x0304 for TLS 1.3; 0 as long as none is known.
    pub version: u16,
    /// The cipher suite that the server chose; 0 as long as it chose none.
    pub suite: u16,
    /// The frame of each side's first ChangeCipherSpec; 0 as long as the side sent none.
    pub(in crate::dissect) changed: [u64; 2],
    /// A hash of the ID of the session that the client wants to resume.
    pub(in crate::dissect) offered: Option<u64>,
    /// Whether the server resumes that session, and no keys were negotiated since.
    pub(in crate::dissect) resumed: bool,
    /// For each side: its handshake message that goes on in its next record.
    pub(in crate::dissect) partial: [Partial; 2],
}

/// A handshake message that has begun and goes on in the next record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::dissect) struct Partial {
    /// Bytes seen so far; 0 if no message is incomplete.
    pub(in crate::dissect) have: u32,
    pub(in crate::dissect) header: [u8; 4],
}
