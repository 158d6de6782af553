//! What a session knows of a message that consists of lines.

/// What the earlier messages of FTP, SMTP or POP say about this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineFacts {
    /// The directory that an FTP session works in after the message; empty as long as none was named.
    pub directory: Vec<u8>,
    /// The frame of the request of IMAP that the message answers, and nanoseconds since then.
    pub request: Option<(u64, i64)>,
    /// What the message is.
    pub stage: Stage,
}

/// What lines mean: commands and answers, or what those have announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Commands, or answers to them.
    #[default]
    Command,
    /// Lines of a mail.
    Mail,
    /// The name that AUTH LOGIN asks for.
    Username,
    /// The password that it asks for then.
    Password,
    /// What AUTH PLAIN asks for: both at once.
    Both,
}
