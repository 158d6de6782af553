//! What a session knows about one message of a protocol that consists of lines of text.

/// What the earlier messages of FTP, IMAP, SMTP or POP say about this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineFacts {
    /// The working directory of an FTP session after the message; empty as long as the session named none.
    pub directory: Vec<u8>,
    /// For a response of IMAP: the frame of the request that it answers, and nanoseconds since then.
    pub request: Option<(u64, i64)>,
    /// What the lines of the message are.
    pub stage: Stage,
}

/// What lines are: commands, answers, or content that an earlier command has announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Commands, or answers to them.
    #[default]
    Command,
    /// Lines of a mail, without its end.
    Mail,
    /// The last lines of a mail.
    MailEnd,
    /// The name, as the server asked for after AUTH LOGIN.
    Username,
    /// The password, as the server asked for next.
    Password,
    /// Name and password in one line, as AUTH PLAIN has them.
    Both,
}
