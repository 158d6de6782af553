//! The dialogue of a receiver, which several peers share.

use super::prompt::Console;
use std::io;
use std::net::SocketAddrV4;

/// The dialogue, and the peer that writes in it at the moment. What one peer sent stands together: the lines of another
/// begin with its name.
pub(crate) struct Floor<'c> {
    console: &'c mut Console,
    /// Whose lines the last ones were.
    owner: Option<u64>,
    /// Whether the last line has no end yet.
    open_line: bool,
}

impl<'c> Floor<'c> {
    pub(crate) fn new(console: &'c mut Console) -> Floor<'c> {
        Floor { console, owner: None, open_line: false }
    }

    pub(crate) fn console(&mut self) -> &mut Console {
        self.console
    }

    /// Says a line that is no peer's.
    pub(crate) fn say(&mut self, line: &str) -> io::Result<()> {
        self.end_line()?;
        self.owner = None;
        self.console.say(line)
    }

    /// Says on standard error why something went wrong.
    pub(crate) fn note(&mut self, line: &str) -> io::Result<()> {
        self.end_line()?;
        self.console.note(line);
        Ok(())
    }

    /// What follows is this peer's.
    pub(super) fn take(&mut self, peer: u64, from: SocketAddrV4) -> io::Result<()> {
        if self.owner != Some(peer) {
            self.say(&format!("Connected by ({})", from.ip()))?;
            self.owner = Some(peer);
        }
        Ok(())
    }

    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        if !text.is_empty() {
            self.open_line = !text.ends_with('\n');
            self.console.print(text)?;
        }
        Ok(())
    }

    /// A line of the dialogue within what this peer sends.
    pub(super) fn label(&mut self, line: &str) -> io::Result<()> {
        self.end_line()?;
        self.console.say(line)
    }

    pub(super) fn end_line(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.open_line) { self.console.say("") } else { Ok(()) }
    }
}
