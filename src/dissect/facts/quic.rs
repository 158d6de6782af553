//! What a QUIC connection knows about the packets of one datagram.

use super::Reassembled;

/// What the connection knows about one datagram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuicFacts {
    /// Number of the connection, in the order of the connections' first packets (`quic.connection.number`); `None` as
    /// long as no client's Initial packet was seen.
    pub connection: Option<u32>,
    /// Whether its first packet belongs to no connection whose beginning was seen (`quic.connection.unknown`).
    pub unknown: bool,
    /// Length of the connection ID in short headers of this direction, in bytes.
    pub short_id: u8,
    /// The Initial packets of the datagram, in their order.
    pub initial: Vec<InitialFacts>,
    /// For each packet of the datagram: why it could not be decrypted, as Wireshark words it
    /// (`quic.decryption_failed`); `None` where it was decrypted, or is not encrypted, or the reason was given for an
    /// earlier packet of the connection.
    pub undecrypted: Vec<Option<&'static str>>,
    /// For each CRYPTO frame of the Initial packets, in their order.
    pub repeats: Vec<Repeat>,
    /// Handshake messages that were put together from several CRYPTO frames and end in this datagram.
    pub messages: Vec<Reassembled>,
}

/// Whether the data of a CRYPTO frame came before, as far as there was no gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    /// None of it, or none is known: it lies behind a gap.
    #[default]
    None,
    /// All of it (`quic.retransmission`).
    Whole,
    /// Its beginning (`quic.overlap`).
    Part,
}

/// What an Initial packet says once its protection is removed (RFC 9001, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitialFacts {
    /// The first octet of the header.
    pub first: u8,
    /// The packet number; `None` in a second pass over the capture if the payload could not be decrypted, since the
    /// number has no meaning then.
    pub number: Option<u64>,
    /// The number of the source that holds its payload; 0 where the payload could not be decrypted.
    pub source: u8,
}

impl QuicFacts {
    /// The name of a source in the bytes pane; `None` if the source is not of QUIC.
    pub(in crate::dissect) fn source_name(&self, source: u8) -> Option<&'static str> {
        if self.initial.iter().any(|packet| packet.source == source) {
            return Some("Decrypted QUIC");
        }
        self.messages.iter().any(|message| message.source == source).then_some("Reassembled QUIC CRYPTO")
    }
}
