//! The dialogue of a receiver, in which several peers take turns.

use super::prompt::Console;
use std::io;
use std::net::SocketAddrV4;

/// The dialogue, and the peer whose text is shown at the moment. The text of each peer begins with a line that names
/// the peer, so the texts of several do not mix.
pub(crate) struct Floor<'c> {
    console: &'c mut Console,
    /// The peer whose text was shown last; `None` after a line that is no peer's.
    owner: Option<u64>,
    /// Whether the last line has no newline yet.
    open_line: bool,
}

impl<'c> Floor<'c> {
    pub(crate) fn new(console: &'c mut Console) -> Floor<'c> {
        Floor { console, owner: None, open_line: false }
    }

    pub(crate) fn console(&mut self) -> &mut Console {
        self.console
    }

    /// Prints a line that belongs to no peer.
    pub(crate) fn say(&mut self, line: &str) -> io::Result<()> {
        self.end_line()?;
        self.owner = None;
        self.console.say(line)
    }

    /// Prints on standard error why something went wrong.
    pub(crate) fn note(&mut self, line: &str) -> io::Result<()> {
        self.end_line()?;
        self.console.note(line);
        Ok(())
    }

    /// Begins the text of this peer, with a line that names it unless its text was shown last.
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

    /// Prints a line of the dialogue between the text of the current peer.
    pub(super) fn label(&mut self, line: &str) -> io::Result<()> {
        self.end_line()?;
        self.console.say(line)
    }

    pub(super) fn end_line(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.open_line) { self.console.say("") } else { Ok(()) }
    }
}
