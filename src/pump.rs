//! The one loop: source, dissect, conversation, filter, sink.

mod batch;
mod feed;
#[cfg(test)]
mod tests;

use crate::capture::bpf::BpfError;
use crate::capture::copy::Copier;
use crate::capture::{CaptureError, Source};
use crate::conversation::{Head, Hindsight, Tracker};
use crate::filter::{Judge, Verdict};
use crate::frame::Frame;
use crate::packet::Packet;
use crate::text::Line;
use batch::Turn;
use feed::{Feed, Inline, Preparation, Sizes, Threaded};
use std::io;
use std::ops::ControlFlow;

/// Takes packets one by one: a list, a table, an analysis.
pub trait Sink {
    /// What the sink needs to know of packets. Asked once, before the first one.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Called once a packet, in the order of the capture; `Break` ends the run without an error, and
    /// [`Sink::finish`] is still called.
    ///
    /// # Errors
    /// When the output cannot be written; the run ends.
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>>;

    /// As [`Sink::packet`], with what the draft of [`Sink::needs`] has written of this packet.
    ///
    /// # Errors
    /// As [`Sink::packet`].
    fn drafted(&mut self, packet: &Packet<'_>, _drafted: Drafted<'_>) -> io::Result<ControlFlow<()>> {
        self.packet(packet)
    }

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

/// A sink that takes every packet and writes none.
pub struct Nowhere;

impl Sink for Nowhere {
    fn packet(&mut self, _: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a sink needs to know of packets. What it does not need is left out, for speed.
pub struct Needs {
    /// The numbers of conversations (`tcp.stream`). Without this, conversations to which no packet for the sink belongs
    /// are neither followed nor counted.
    pub streams: bool,
    /// Writes a part of each packet ahead of its turn; `None` where nothing can be written that early.
    pub draft: Option<Box<dyn Draft>>,
}

/// Everything, and no draft.
impl Default for Needs {
    fn default() -> Needs {
        Needs { streams: true, draft: None }
    }
}

/// Writes of a packet what does not depend on its conversation, in another thread than the sink's, while the sink has
/// an earlier packet.
pub trait Draft: Send {
    /// Appends text to `out`; the note comes back to the sink with it. Known of the packet are the frame, its layers, and
    /// when it came, but not when the last packet was displayed; and its TCP segment, where it has one.
    fn write(&self, packet: &Packet<'_>, head: Option<&Head>, out: &mut Line) -> Note;
}

/// A few bytes that a [`Draft`] sends to its sink. The pump does not look at them.
pub type Note = [u8; 4];

/// What a [`Draft`] has written of a packet.
#[derive(Clone, Copy, Debug)]
pub struct Drafted<'a> {
    /// The text.
    pub text: &'a [u8],
    /// The note.
    pub note: Note,
}

/// Decides which packets reach the sink. Packets that do not pass still count for their conversations.
pub trait Gate {
    /// What the gate looks at. Asked once, before the first frame.
    fn looks(&self) -> Looks {
        Looks::default()
    }

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

    /// Called at the end if conversations were forgotten to make room for newer ones, with their number. Their later
    /// packets were analysed as the beginnings of new conversations.
    fn forgotten(&mut self, _conversations: u64) {}
}

/// What a gate looks at.
pub struct Looks {
    /// Frames: [`Gate::frame`] decides something.
    pub at_frames: bool,
    /// Packets: [`Gate::packet`] decides something. Without this, frames that are only copied are not dissected.
    pub inside: bool,
    /// Decides in place of [`Gate::packet`] about packets that are no fragments, as far as that takes no more than their
    /// frames and their layers: it decides ahead of their turn.
    pub early: Option<Judge>,
}

/// The gate looks at frames and packets, each in its turn.
impl Default for Looks {
    fn default() -> Looks {
        Looks { at_frames: true, inside: true, early: None }
    }
}

/// Lets everything pass.
pub struct Open;

impl Gate for Open {
    fn looks(&self) -> Looks {
        Looks { at_frames: false, inside: false, early: None }
    }
}

/// Writes the frames that pass into another capture: a [`Copier`] with any output.
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
    /// No second thread could be started for reading.
    #[error(
        "cannot start a thread that reads the capture: {0}; end other programs, or raise the limit (ulimit -u)"
    )]
    Thread(io::Error),
    /// The output could not be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// Reads `source` to its end, or until the sink or `limit` packets say that it is enough.
///
/// # Errors
/// [`PumpError::Capture`] on damaged input, after the sink has got everything before the damage and was finished;
/// [`PumpError::Output`] when the sink cannot write.
pub fn run<S: Source + Send + ?Sized>(
    source: &mut S,
    gate: &mut dyn Gate,
    limit: Option<u64>,
    sink: &mut dyn Sink,
) -> Result<(), PumpError> {
    pump(source, gate, limit, &mut Outlets { sink: Some(sink), copy: None })
}

/// As [`run`], with a copy of the frames that pass; without a sink, frames are dissected only if the gate looks inside.
///
/// # Errors
/// As [`run`]; [`PumpError::Capture`] also when the copy cannot be written.
pub fn pump<S: Source + Send + ?Sized>(
    source: &mut S,
    gate: &mut dyn Gate,
    limit: Option<u64>,
    outlets: &mut Outlets<'_, S>,
) -> Result<(), PumpError> {
    // A copy takes from the source what no batch holds.
    let sizes = (outlets.copy.is_none() && source.is_large()).then(Sizes::default);
    pump_in(source, gate, limit, outlets, sizes, &mut Tracker::new())
}

/// As [`pump`], where each packet is shown with what later ones say about it.
///
/// # Errors
/// As [`pump`].
pub fn pump_again<S: Source + Send + ?Sized>(
    source: &mut S,
    gate: &mut dyn Gate,
    limit: Option<u64>,
    outlets: &mut Outlets<'_, S>,
    hindsight: &Hindsight,
) -> Result<(), PumpError> {
    let sizes = (outlets.copy.is_none() && source.is_large()).then(Sizes::default);
    pump_in(source, gate, limit, outlets, sizes, &mut Tracker::looking_back(hindsight))
}

/// Goes through `source` and learns what its packets say about earlier ones: as far as it can be read.
///
/// # Errors
/// [`PumpError::Thread`].
pub fn learn<S: Source + Send + ?Sized>(source: &mut S) -> Result<Hindsight, PumpError> {
    let hindsight = Hindsight::default();
    let mut tracker = Tracker::learning(&hindsight);
    let mut outlets = Outlets { sink: Some(&mut Nothing), copy: None };
    let sizes = source.is_large().then(Sizes::default);
    match pump_in(source, &mut Open, None, &mut outlets, sizes, &mut tracker) {
        // The second pass comes to the same damage, and says so.
        Ok(()) | Err(PumpError::Capture(_)) => {}
        Err(error) => return Err(error),
    }
    hindsight.complete();
    Ok(hindsight)
}

/// Takes packets and does nothing with them.
struct Nothing;

impl Sink for Nothing {
    fn packet(&mut self, _: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// As [`pump`], with a thread that reads ahead and decodes batches of such sizes; without them, frame by frame.
fn pump_in<S: Source + Send + ?Sized>(
    source: &mut S,
    gate: &mut dyn Gate,
    limit: Option<u64>,
    outlets: &mut Outlets<'_, S>,
    sizes: Option<Sizes>,
    tracker: &mut Tracker,
) -> Result<(), PumpError> {
    let nothing = Needs { streams: false, draft: None };
    let Needs { mut streams, draft } = outlets.sink.as_ref().map_or(nothing, |sink| sink.needs());
    // What is known of conversations goes by their numbers.
    streams |= tracker.looks_back();
    let Looks { at_frames, inside, early: mut judge } = gate.looks();
    if streams {
        judge.iter_mut().for_each(Judge::count_conversations);
    }
    let bare = outlets.sink.is_none() && !inside;
    let preparation = Preparation { draft, judge };
    let left = limit.unwrap_or(u64::MAX);
    let mut run = Run { tracker, at_frames, left, gate, outlets };
    let damage = match sizes {
        _ if bare => run.bare(source)?,
        Some(sizes) => std::thread::scope(|scope| {
            let mut feed = Threaded::start(scope, source, preparation, sizes)?;
            run.all(&mut feed)
        })?,
        None => run.all(&mut Inline::new(source, preparation))?,
    };
    if let Some(sink) = &mut run.outlets.sink {
        sink.finish()?;
    }
    let forgotten = run.tracker.forgotten();
    if forgotten > 0 {
        run.gate.forgotten(forgotten);
    }
    damage.map_or(Ok(()), |error| Err(error.into()))
}

/// What every frame goes through.
struct Run<'l, 'o, S: Source + ?Sized> {
    tracker: &'l mut Tracker,
    /// Whether the gate decides about frames.
    at_frames: bool,
    /// Packets that may still pass.
    left: u64,
    gate: &'l mut dyn Gate,
    outlets: &'l mut Outlets<'o, S>,
}

impl<S: Source + ?Sized> Run<'_, '_, S> {
    /// Takes all frames, until the sink or the limit says that it is enough; the damage that ended it, if one did.
    fn all(&mut self, feed: &mut dyn Feed<S>) -> Result<Option<CaptureError>, PumpError> {
        while self.left > 0 {
            if let Some(sink) = self.outlets.sink.as_mut().filter(|_| feed.would_wait()) {
                sink.idle()?;
            }
            let Some(mut batch) = feed.next() else { break };
            for turn in batch.turns() {
                let (passes, more) = self.turn(&turn)?;
                if passes && let Some((copy, source)) = self.outlets.copy.as_mut().zip(feed.source()) {
                    copy.frame(source)?;
                }
                if more.is_break() || self.left == 0 {
                    return Ok(None);
                }
            }
            if let Some(damage) = batch.damage.take() {
                return Ok(Some(damage));
            }
            feed.give_back(batch);
        }
        Ok(None)
    }

    /// Copies frames that are not dissected: a batch would cost half as much again as all the rest.
    fn bare(&mut self, source: &mut S) -> Result<Option<CaptureError>, PumpError> {
        while self.left > 0 {
            match source.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Ok(Some(error)),
            }
            let Some(frame) = source.frame() else { break };
            if !self.at_frames || self.gate.frame(&frame)? {
                if let Some(copy) = &mut self.outlets.copy {
                    copy.frame(source)?;
                }
                self.left -= 1;
            }
        }
        Ok(None)
    }

    /// Takes the next frame: whether it passes, and whether the sink wants more.
    #[inline]
    fn turn(&mut self, turn: &Turn<'_>) -> Result<(bool, ControlFlow<()>), PumpError> {
        // A capture filter decides about every frame.
        if turn.is_passed_by() && !self.at_frames {
            self.tracker.pass_by(turn.outline(), turn.head(), || turn.sighting());
            return Ok((false, ControlFlow::Continue(())));
        }
        let sighting = turn.sighting();
        let frame = &sighting.frame;
        let mut passes = !self.at_frames || self.gate.frame(frame)?;
        let mut more = ControlFlow::Continue(());
        let packet = Packet { context: self.tracker.follow(&sighting) };
        passes = passes
            && match turn.verdict() {
                Verdict::Open => self.gate.packet(&packet),
                verdict => verdict == Verdict::Passes,
            };
        if passes {
            if let Some(sink) = &mut self.outlets.sink {
                more = sink.drafted(&packet, turn.drafted())?;
            }
            self.tracker.displayed(frame);
        }
        self.left -= u64::from(passes);
        Ok((passes, more))
    }
}
