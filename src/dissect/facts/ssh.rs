//! What an SSH connection knows of a message.

/// The state of the connection before the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SshFacts {
    /// Both sides have said their versions.
    pub known: bool,
    /// The sender's packets are encrypted.
    pub encrypted: bool,
    /// How many packets the sender has sent before.
    pub number: u32,
    /// How keys are exchanged.
    pub kex: KeyExchange,
}

/// The family of key exchange algorithms that both sides have agreed on, which names the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyExchange {
    /// They have not, or nothing is known of it.
    #[default]
    Unknown,
    /// Diffie-Hellman with a fixed group (RFC 4253, section 8).
    Group,
    /// Diffie-Hellman with a group that the server chooses (RFC 4419).
    GroupExchange,
    /// Diffie-Hellman over elliptic curves (RFC 5656, RFC 8731).
    Curve,
}
