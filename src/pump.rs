//! The main loop: source, dissectors, conversations, filter, sink.

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

/// A consumer of packets, which takes them one by one: a list, a table, an analysis.
pub trait Sink {
    /// What the sink needs to know about packets. Asked once, before the first packet.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Takes the next packet, in the order of the capture. `Break` ends the run without an error; [`Sink::finish`] is
    /// still called.
    ///
    /// # Errors
    /// When the output cannot be written; the run ends.
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>>;

    /// As [`Sink::packet`], with what the draft of [`Sink::needs`] has written for this packet.
    ///
    /// # Errors
    /// As [`Sink::packet`].
    fn drafted(&mut self, packet: &Packet<'_>, _drafted: Drafted<'_>) -> io::Result<ControlFlow<()>> {
        self.packet(packet)
    }

    /// Called when no further packet is there yet. Output that was buffered for speed is passed on.
    ///
    /// # Errors
    /// When the output cannot be written; the run ends.
    fn idle(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Called once after the last packet, even if the input turned out to be damaged.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn finish(&mut self) -> io::Result<()>;
}

/// A sink that takes every packet and writes nothing.
pub struct Nowhere;

impl Sink for Nowhere {
    fn packet(&mut self, _: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a sink needs to know about packets. What it does not need is not computed, for speed.
pub struct Needs {
    /// The numbers of conversations (`tcp.stream`). Without them, a conversation none of whose packets reaches the
    /// sink is neither followed nor counted.
    pub streams: bool,
    /// Writes a part of each packet before its turn; `None` if nothing can be written that early.
    pub draft: Option<Box<dyn Draft>>,
}

/// By default a sink needs everything, and has no draft.
impl Default for Needs {
    fn default() -> Needs {
        Needs { streams: true, draft: None }
    }
}

/// Writes those parts of a packet that do not depend on its conversation. It runs in another thread than the sink,
/// while the sink handles earlier packets.
pub trait Draft: Send {
    /// Appends text to `out`, and returns a note; the sink gets both. The packet has its frame, its layers and its
    /// times, except the time since the last displayed packet; `head` is its TCP segment, if it has one.
    fn write(&self, packet: &Packet<'_>, head: Option<&Head>, out: &mut Line) -> Note;
}

/// A few bytes that a [`Draft`] passes to its sink. The pump does not look at them.
pub type Note = [u8; 4];

/// What a [`Draft`] has written for a packet.
#[derive(Clone, Copy, Debug)]
pub struct Drafted<'a> {
    /// The text.
    pub text: &'a [u8],
    /// The note.
    pub note: Note,
}

/// Decides which packets reach the sink. Packets that are refused still count for their conversations.
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

    /// Called at the end, with the number of conversations that were forgotten to make room for newer ones, if there
    /// were any. Their later packets were analysed as the beginnings of new conversations.
    fn forgotten(&mut self, _conversations: u64) {}
}

/// What a gate looks at.
pub struct Looks {
    /// Whether [`Gate::frame`] has to be asked about frames.
    pub at_frames: bool,
    /// Whether [`Gate::packet`] has to be asked about packets. If not, frames that are only copied are not dissected.
    pub inside: bool,
    /// Decides before their turn about packets that are no fragments, as far as their frames and layers suffice;
    /// [`Gate::packet`] is not asked about those again.
    pub early: Option<Judge>,
}

/// By default a gate looks at frames and packets, each in its turn.
impl Default for Looks {
    fn default() -> Looks {
        Looks { at_frames: true, inside: true, early: None }
    }
}

/// A gate that lets everything pass.
pub struct Open;

impl Gate for Open {
    fn looks(&self) -> Looks {
        Looks { at_frames: false, inside: false, early: None }
    }
}

/// Writes the frames that pass into another capture. Implemented by [`Copier`] for any output.
pub trait Copy<S: Source + ?Sized> {
    /// Writes the frame at which `source` is.
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

/// The receivers of the packets that pass: a sink, a copy, or both.
pub struct Outlets<'o, S: Source + ?Sized> {
    /// Shows or analyses the packets.
    pub sink: Option<&'o mut dyn Sink>,
    /// Saves the frames.
    pub copy: Option<&'o mut dyn Copy<S>>,
}

/// The reason why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum PumpError {
    /// The capture could not be read any further; everything before was passed on.
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

/// Reads `source` to its end, or until the sink or `limit` packets are enough.
///
/// # Errors
/// [`PumpError::Capture`] on damaged input, after the sink has taken everything before the damage and was finished;
/// [`PumpError::Output`] when the sink cannot write.
pub fn run<S: Source + Send + ?Sized>(
    source: &mut S,
    gate: &mut dyn Gate,
    limit: Option<u64>,
    sink: &mut dyn Sink,
) -> Result<(), PumpError> {
    pump(source, gate, limit, &mut Outlets { sink: Some(sink), copy: None })
}

/// As [`run`], with a copy of the frames that pass. Without a sink, frames are dissected only if the gate looks at
/// packets.
///
/// # Errors
/// As [`run`]; [`PumpError::Capture`] also when the copy cannot be written.
pub fn pump<S: Source + Send + ?Sized>(
    source: &mut S,
    gate: &mut dyn Gate,
    limit: Option<u64>,
    outlets: &mut Outlets<'_, S>,
) -> Result<(), PumpError> {
    pump_with(source, gate, limit, outlets, &mut Tracker::new())
}

/// As [`pump`], with a tracker that the caller has made, and keeps.
///
/// # Errors
/// As [`pump`].
pub fn pump_with<S: Source + Send + ?Sized>(
    source: &mut S,
    gate: &mut dyn Gate,
    limit: Option<u64>,
    outlets: &mut Outlets<'_, S>,
    tracker: &mut Tracker,
) -> Result<(), PumpError> {
    // A copy needs the source at the frame that is copied, which batches do not allow.
    let sizes = (outlets.copy.is_none() && source.is_large()).then(Sizes::default);
    pump_in(source, gate, limit, outlets, sizes, tracker)
}

/// As [`pump`], where each packet is shown with what later packets say about it.
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
    pump_with(source, gate, limit, outlets, &mut Tracker::looking_back(hindsight))
}

/// Goes through `source`, as far as it can be read, and notes what its packets say about earlier ones.
///
/// # Errors
/// [`PumpError::Thread`], and no other: damage ends this pass without an error, because a second pass meets it again.
pub fn learn<S: Source + Send + ?Sized>(source: &mut S) -> Result<Hindsight, PumpError> {
    let hindsight = Hindsight::default();
    match run_and_learn(source, &mut Open, &mut Nowhere, &hindsight) {
        // The second pass meets the same damage, and reports it.
        Ok(()) | Err(PumpError::Capture(_)) => Ok(hindsight),
        Err(error) => Err(error),
    }
}

/// As [`run`] without a limit, and learns meanwhile what packets say about earlier ones: as far as the source can be
/// read. The sink takes all of them.
///
/// # Errors
/// As [`run`].
pub fn run_and_learn<S: Source + Send + ?Sized>(
    source: &mut S,
    gate: &mut dyn Gate,
    sink: &mut dyn Sink,
    hindsight: &Hindsight,
) -> Result<(), PumpError> {
    let mut outlets = Outlets { sink: Some(sink), copy: None };
    let sizes = source.is_large().then(Sizes::default);
    let result = pump_in(source, gate, None, &mut outlets, sizes, &mut Tracker::learning(hindsight));
    hindsight.complete();
    result
}

/// As [`pump`]. With `sizes`, a thread reads ahead and decodes batches of these sizes; without, the caller's thread
/// decodes frame by frame.
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
    // Hindsight is kept by the numbers of conversations.
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

/// The state of one run, for all its frames.
struct Run<'l, 'o, S: Source + ?Sized> {
    tracker: &'l mut Tracker,
    /// Whether the gate is asked about frames.
    at_frames: bool,
    /// How many packets may still pass.
    left: u64,
    gate: &'l mut dyn Gate,
    outlets: &'l mut Outlets<'o, S>,
}

impl<S: Source + ?Sized> Run<'_, '_, S> {
    /// Takes all frames, until the sink or the limit is reached. Returns the damage that ended the run, if any did.
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

    /// Copies frames without dissecting them. Batches would make this take half as long again.
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

    /// Takes the next frame. Returns whether it passes, and whether the sink wants more.
    #[inline]
    fn turn(&mut self, turn: &Turn<'_>) -> Result<(bool, ControlFlow<()>), PumpError> {
        // A capture filter has to be asked about every frame.
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
