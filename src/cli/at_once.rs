//! Output that is written packet by packet appears at once, also while the next packet is still awaited.

use crate::packet::Packet;
use crate::pump::Sink;
use std::io;
use std::ops::ControlFlow;

/// A sink that flushes its output when the source has no further packet at the moment; with `at_once` after each
/// packet, for sources that do not report that.
pub(crate) struct Prompt<S> {
    pub(crate) inner: S,
    pub(crate) at_once: bool,
}

impl<S: Sink> Sink for Prompt<S> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let more = self.inner.packet(packet)?;
        if self.at_once {
            self.inner.finish()?;
        }
        Ok(more)
    }

    fn idle(&mut self) -> io::Result<()> {
        self.inner.finish()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.inner.finish()
    }
}
