//! The one loop: source, dissect, conversation, filter, sink.

mod ahead;

use crate::capture::bpf::BpfError;
use crate::capture::copy::Copier;
use crate::capture::{CaptureError, Source};
use crate::conversation::Tracker;
use crate::filter::{Judge, Verdict};
use crate::frame::Frame;
use crate::packet::Packet;
use crate::text::Line;
use ahead::Known;
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

    /// What can be written of a packet before anybody knows its conversation, if that is something: it is written
    /// while an earlier packet is dealt with.
    fn early(&self) -> Option<Early> {
        None
    }

    /// Whether it shows of a packet how many conversations there were before (`tcp.stream`); if not, those that no
    /// packet for it belongs to are not followed.
    fn counts_conversations(&self) -> bool {
        true
    }

    /// As [`Sink::packet`], with what [`Sink::early`] has written for this packet.
    ///
    /// # Errors
    /// As [`Sink::packet`].
    fn packet_after(&mut self, packet: &Packet<'_>, _early: &[u8]) -> io::Result<ControlFlow<()>> {
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

/// Writes what can be written of a packet without its conversation: of the packet are known the frame, its layers, and
/// when it came, but not when the last packet was displayed.
pub type Early = Box<dyn Fn(&Packet<'_>, &mut Line) + Send>;

/// Decides which packets reach the sink. Packets that do not pass still count for their conversations.
pub trait Gate {
    /// Whether [`Gate::frame`] decides anything.
    fn looks_at_frames(&self) -> bool {
        true
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

    /// Whether [`Gate::packet`] decides anything; if not, frames that are only copied need no dissecting.
    fn looks_inside(&self) -> bool {
        true
    }

    /// What decides in place of [`Gate::packet`] about packets that are no fragments, as far as that takes no more than
    /// their frames and their layers: it decides while an earlier packet is dealt with.
    fn early(&self) -> Option<Judge> {
        None
    }

    /// Called at the end if so many conversations were forgotten to make room for newer ones: what they said later
    /// was judged as if they had begun then.
    fn forgotten(&mut self, _conversations: u64) {}
}

/// Lets everything pass.
pub struct Open;

impl Gate for Open {
    fn looks_at_frames(&self) -> bool {
        false
    }

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
    /// There is no second thread to be had for reading.
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

/// As [`run`], with a copy of the frames that pass; frames are not dissected unless somebody looks inside.
///
/// # Errors
/// As [`run`]; [`PumpError::Capture`] also when the copy cannot be written.
pub fn pump<S: Source + Send + ?Sized>(
    source: &mut S,
    gate: &mut dyn Gate,
    limit: Option<u64>,
    outlets: &mut Outlets<'_, S>,
) -> Result<(), PumpError> {
    let dissect = outlets.sink.is_some() || gate.looks_inside();
    let left = limit.unwrap_or(u64::MAX);
    let mut run = Run { tracker: Tracker::new(), dissect, left, gate, outlets };
    // A copy takes from the source what no batch holds.
    let damage = if dissect && run.outlets.copy.is_none() && source.is_large() {
        run.in_batches(source)?
    } else {
        run.one_by_one(source)?
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
    tracker: Tracker,
    dissect: bool,
    /// Packets that may still pass.
    left: u64,
    gate: &'l mut dyn Gate,
    outlets: &'l mut Outlets<'o, S>,
}

impl<S: Source + Send + ?Sized> Run<'_, '_, S> {
    /// Frame by frame as they come; the damage that ended it, if one did.
    fn one_by_one(&mut self, source: &mut S) -> Result<Option<CaptureError>, PumpError> {
        while self.left > 0 {
            if let Some(sink) = self.outlets.sink.as_mut().filter(|_| source.would_wait()) {
                sink.idle()?;
            }
            match source.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Ok(Some(error)),
            }
            let Some(frame) = source.frame() else { break };
            let (passes, more) = self.frame(&frame, None)?;
            if passes && let Some(copy) = &mut self.outlets.copy {
                copy.frame(source)?;
            }
            if more.is_break() {
                break;
            }
        }
        Ok(None)
    }

    /// The same, while another thread reads ahead and decodes.
    fn in_batches(&mut self, source: &mut S) -> Result<Option<CaptureError>, PumpError> {
        std::thread::scope(|scope| {
            let early = self.outlets.sink.as_ref().and_then(|sink| sink.early());
            let mut judge = self.gate.early();
            if self.outlets.sink.as_ref().is_none_or(|sink| sink.counts_conversations()) {
                judge.iter_mut().for_each(Judge::count_conversations);
            }
            let (filler, batches) = ahead::batches(early, judge);
            let name = std::thread::Builder::new().name("decoder".into());
            name.spawn_scoped(scope, move || filler.work(source)).map_err(PumpError::Thread)?;
            // A capture filter has a say in every frame.
            let hurries = !self.gate.looks_at_frames();
            while let Some(mut batch) = batches.next() {
                for turn in batch.turns() {
                    if self.left == 0 {
                        return Ok(None);
                    }
                    if hurries && turn.is_passed_by() {
                        self.tracker.pass_by(turn.outline(), turn.head(), || (turn.frame(), turn.decoded()));
                    } else if self.frame(&turn.frame(), Some(&turn.known()))?.1.is_break() {
                        return Ok(None);
                    }
                }
                if let Some(damage) = batch.damage.take() {
                    return Ok(Some(damage));
                }
                batches.give_back(batch);
            }
            Ok(None)
        })
    }

    /// Takes the next frame: whether it passes, and whether the sink wants more.
    fn frame(
        &mut self,
        frame: &Frame<'_>,
        known: Option<&Known<'_>>,
    ) -> Result<(bool, ControlFlow<()>), PumpError> {
        let wanted = self.gate.frame(frame)?;
        let mut more = ControlFlow::Continue(());
        let mut passes = wanted;
        if self.dissect {
            let mut context = match known {
                Some(known) => self.tracker.track_decoded(frame, &known.decoded, known.head),
                None => self.tracker.track(frame),
            };
            context.facts.written = known.and_then(|known| known.parts);
            let packet = Packet { context };
            passes = wanted
                && match known.map_or(Verdict::Open, |known| known.verdict) {
                    Verdict::Open => self.gate.packet(&packet),
                    verdict => verdict == Verdict::Passes,
                };
            if passes && let Some(sink) = &mut self.outlets.sink {
                more = match known {
                    Some(known) => sink.packet_after(&packet, known.early)?,
                    None => sink.packet(&packet)?,
                };
            }
            if passes {
                self.tracker.displayed(frame);
            }
        }
        self.left -= u64::from(passes);
        Ok((passes, more))
    }
}
