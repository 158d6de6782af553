//! What a QUIC connection knows of the packets of a datagram.

use super::Reassembled;

/// What the connection says of a datagram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuicFacts {
    /// Number of the connection, in the order of their first packets (`quic.connection.number`); `None` as long as no
    /// Initial packet of a client was seen.
    pub connection: Option<u32>,
    /// How long the connection ID is that short headers of this direction carry, in bytes.
    pub short_id: u8,
    /// The Initial packets, in their order.
    pub initial: Vec<InitialFacts>,
    /// Parts of the handshake that were put together from several frames and end in this datagram.
    pub messages: Vec<Reassembled>,
}

/// What is known of an Initial packet once its protection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitialFacts {
    /// The first octet of its header.
    pub first: u8,
    /// The packet number.
    pub number: u64,
    /// The source that holds its payload; 0 where it could not be decrypted.
    pub source: u8,
}

impl QuicFacts {
    /// What the bytes of a source are called, if they are of QUIC.
    pub(in crate::dissect) fn source_name(&self, source: u8) -> Option<&'static str> {
        if self.initial.iter().any(|packet| packet.source == source) {
            return Some("Decrypted QUIC");
        }
        self.messages.iter().any(|message| message.source == source).then_some("Reassembled QUIC CRYPTO")
    }
}
