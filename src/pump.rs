//! The one loop: source, dissect, conversation, filter, sink.

use crate::capture::bpf::BpfError;
use crate::capture::copy::Copier;
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
    ///
    /// # Errors
    /// When the capture filter does not fit the frame's link type; the run ends.
    fn frame(&mut self, _frame: &Frame<'_>) -> Result<bool, BpfError> {
        Ok(true)
    }

    /// Whether a dissected packet passes.
    fn packet(&mut self, _packet: &Packet<'_>) -> bool {
        true
    }

    /// Whether [`Gate::packet`] decides anything; if not, frames that are only copied need no dissecting.
    fn looks_inside(&self) -> bool {
        true
    }

    /// Called at the end if so many conversations were forgotten to make room for newer ones: what they said later
    /// was judged as if they had begun then.
    fn forgotten(&mut self, _conversations: u64) {}
}

/// Lets everything pass.
pub struct Open;

impl Gate for Open {
    fn looks_inside(&self) -> bool {
        false
    }
}

/// Writes the frames that pass into another capture; a [`Copier`], whatever it writes to.
pub trait Copy<S: Source + ?Sized> {
    /// Writes the frame that `source` has moved to.
    ///
    /// # Errors
    /// When the frame does not fit the output's format, or the output cannot be written.
    fn frame(&mut self, source: &S) -> Result<(), CaptureError>;
}

impl<S: Source + ?Sized, W: io::Write> Copy<S> for Copier<W> {
    fn frame(&mut self, source: &S) -> Result<(), CaptureError> {
        Copier::frame(self, source)
    }
}

/// Where the packets that pass go: to a sink, into a copy, or both.
pub struct Outlets<'o, S: Source + ?Sized> {
    /// Shows or analyses them.
    pub sink: Option<&'o mut dyn Sink>,
    /// Saves them.
    pub copy: Option<&'o mut dyn Copy<S>>,
}

/// Why a run ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum PumpError {
    /// The capture could not be read any further; everything before was handed on.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The capture filter does not fit the capture.
    #[error(transparent)]
    Filter(#[from] BpfError),
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
    pump(source, gate, limit, &mut Outlets { sink: Some(sink), copy: None })
}

/// As [`run`], with a copy of the frames that pass; frames are not dissected unless somebody looks inside.
///
/// # Errors
/// As [`run`]; [`PumpError::Capture`] also when the copy cannot be written.
pub fn pump<S: Source + ?Sized>(
    source: &mut S,
    gate: &mut dyn Gate,
    limit: Option<u64>,
    outlets: &mut Outlets<'_, S>,
) -> Result<(), PumpError> {
    let mut tracker = Tracker::new();
    let dissect = outlets.sink.is_some() || gate.looks_inside();
    let mut left = limit.unwrap_or(u64::MAX);
    let damage = loop {
        if left == 0 {
            break None;
        }
        if let Some(sink) = outlets.sink.as_mut().filter(|_| source.would_wait()) {
            sink.idle()?;
        }
        match source.advance() {
            Ok(true) => {}
            Ok(false) => break None,
            Err(error) => break Some(error),
        }
        let Some(frame) = source.frame() else { break None };
        let wanted = gate.frame(&frame)?;
        let mut more = ControlFlow::Continue(());
        if dissect {
            let packet = Packet { context: tracker.track(&frame) };
            if !wanted || !gate.packet(&packet) {
                continue;
            }
            if let Some(sink) = &mut outlets.sink {
                more = sink.packet(&packet)?;
            }
            tracker.displayed(&frame);
        } else if !wanted {
            continue;
        }
        if let Some(copy) = &mut outlets.copy {
            copy.frame(source)?;
        }
        left -= 1;
        if more.is_break() {
            break None;
        }
    };
    if let Some(sink) = &mut outlets.sink {
        sink.finish()?;
    }
    if tracker.forgotten() > 0 {
        gate.forgotten(tracker.forgotten());
    }
    damage.map_or(Ok(()), |error| Err(error.into()))
}
