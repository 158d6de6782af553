//! The one loop: source, dissect, conversation, filter, sink.

use crate::packet::Packet;
use std::io;
use std::ops::ControlFlow;

/// Takes packets one by one: a list, a table, an analysis.
pub trait Sink {
    /// Called once a packet, in the order of the capture; `Break` ends the run without an error, and
    /// [`Sink::finish`] is still called.
    ///
    /// # Errors
    /// When the output cannot be written; the run ends.
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>>;

    /// Called once after the last packet, also when the input turned out to be damaged.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn finish(&mut self) -> io::Result<()>;
}
