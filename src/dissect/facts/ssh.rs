//! What an SSH connection knows about one message.

/// The state of the connection before the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SshFacts {
    /// Whether both sides have sent their version lines.
    pub known: bool,
    /// Whether the sender's packets are encrypted.
    pub encrypted: bool,
    /// How many packets the sender has sent before this one.
    pub number: u32,
    /// The key exchange that both sides agreed on.
    pub kex: KeyExchange,
}

/// The family of key exchange algorithms that both sides agreed on. It decides what message numbers 30 to 34 mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyExchange {
    /// The sides have not agreed yet, or their messages were not captured.
    #[default]
    Unknown,
    /// Diffie-Hellman with a fixed group (RFC 4253, section 8).
    Group,
    /// Diffie-Hellman with a group that the server chooses (RFC 4419).
    GroupExchange,
    /// Diffie-Hellman over elliptic curves (RFC 5656, RFC 8731).
    Curve,
}
