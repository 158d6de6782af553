//! What is written packet by packet appears while the next one is awaited.

use crate::packet::Packet;
use crate::pump::Sink;
use std::io;
use std::ops::ControlFlow;

/// A sink whose packets appear as soon as no further one is there, or `at_once` where the source does not know that.
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
