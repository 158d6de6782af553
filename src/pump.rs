//! The one loop: source, dissect, conversation, filter, sink.

use crate::capture::{CaptureError, Source};
use crate::conversation::Tracker;
use crate::frame::Frame;
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

    /// Called when no further packet is there yet: what was held back for speed is passed on.
    ///
    /// # Errors
    /// When the output cannot be written; the run ends.
    fn idle(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Called once after the last packet, also when the input turned out to be damaged.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn finish(&mut self) -> io::Result<()>;
}

/// Decides which packets reach the sink. Packets that do not pass still count for their conversations.
pub trait Gate {
    /// Whether a frame passes, before it is dissected.
    fn frame(&mut self, _frame: &Frame<'_>) -> bool {
        true
    }
    /// Whether a dissected packet passes.
    fn packet(&mut self, _packet: &Packet<'_>) -> bool {
        true
    }
}

/// Lets everything pass.
pub struct Open;

impl Gate for Open {}

/// Why a run ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum PumpError {
    /// The capture could not be read any further; everything before was handed on.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The output could not be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// Reads `source` to its end, or until the sink or `limit` packets say that it is enough.
///
/// # Errors
/// [`PumpError::Capture`] on damaged input, after the sink has got everything before the damage and was finished;
/// [`PumpError::Output`] when the sink cannot write.
pub fn run<S: Source + ?Sized>(
    source: &mut S,
    gate: &mut dyn Gate,
    limit: Option<u64>,
    sink: &mut dyn Sink,
) -> Result<(), PumpError> {
    let mut tracker = Tracker::new();
    let mut left = limit.unwrap_or(u64::MAX);
    let damage = loop {
        if left == 0 {
            break None;
        }
        if source.would_wait() {
            sink.idle()?;
        }
        let frame = match source.next() {
            Ok(Some(frame)) => frame,
            Ok(None) => break None,
            Err(error) => break Some(error),
        };
        let wanted = gate.frame(&frame);
        let packet = Packet { context: tracker.track(&frame) };
        if !wanted || !gate.packet(&packet) {
            continue;
        }
        let flow = sink.packet(&packet)?;
        tracker.displayed(&frame);
        left -= 1;
        if flow.is_break() {
            break None;
        }
    };
    sink.finish()?;
    damage.map_or(Ok(()), |error| Err(error.into()))
}
