//! What the conversation knows about the TLS records of a packet: the state of the connection before them.

use crate::direction::Direction;

/// What the conversation knows about the TLS layers of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TlsFacts {
    /// The state before the first record of the packet.
    pub session: Session,
    /// The direction in which it was sent.
    pub side: Direction,
    /// The source ([`Layer::source`](crate::dissect::Layer::source)) of the first handshake message that was put
    /// together from several records and ends in this packet; the others follow.
    pub first_message: u8,
}

/// What a connection has agreed on, as far as it was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// The version in use: 0x0300 for SSL 3.0 to 0x0304 for TLS 1.3; 0 as long as none is known.
    pub version: u16,
    /// The cipher suite that the server has chosen; 0 as long as it has not.
    pub suite: u16,
    /// The frame in which each side changed its cipher first; 0 if it has not.
    pub(in crate::dissect) changed: [u64; 2],
    /// The session that the client wants to resume, by the hash of its ID.
    pub(in crate::dissect) offered: Option<u64>,
    /// The server agrees to that, and no keys were negotiated since.
    pub(in crate::dissect) resumed: bool,
    /// The handshake message of each side that goes on in its next record.
    pub(in crate::dissect) partial: [Partial; 2],
}

/// A handshake message that has begun and goes on in the next record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::dissect) struct Partial {
    /// Bytes seen so far; 0 if there is no such message.
    pub(in crate::dissect) have: u32,
    pub(in crate::dissect) header: [u8; 4],
}
