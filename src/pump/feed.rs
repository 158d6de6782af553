//! The source of batches: a thread that reads ahead and decodes, or the caller's own thread, frame by frame.

use super::batch::Batch;
use super::{Draft, PumpError};
use crate::capture::Source;
use crate::capture::recycle::{Filling, Using, circle};
use crate::conversation::Clock;
use crate::dissect::{self, Context, Facts, Layers};
use crate::filter::Judge;
use std::thread::Scope;

/// How many frames a batch has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// In the first batch. Each batch has twice as many as the one before, so that the other thread soon has work.
    pub(super) first: usize,
    /// In the largest batch. With so many frames, passing a batch on costs little, even where it is expensive to wake
    /// a thread.
    pub(super) most: usize,
}

impl Default for Sizes {
    fn default() -> Sizes {
        Sizes { first: 128, most: 2048 }
    }
}

/// How many batches there are, ready or being filled.
const DEPTH: usize = 3;

/// What is done with a frame before its turn, besides decoding it.
pub(super) struct Preparation {
    /// Writes the sink's part for it.
    pub(super) draft: Option<Box<dyn Draft>>,
    /// Reaches the filter's early verdict about it.
    pub(super) judge: Option<Judge>,
}

/// Fills batches from a source.
struct Filler {
    preparation: Preparation,
    layers: Layers,
    clock: Clock,
}

impl Filler {
    fn new(preparation: Preparation) -> Filler {
        Filler { preparation, layers: Layers::default(), clock: Clock::default() }
    }

    /// Adds frames until the batch has `frames` of them, or the source has no more. Returns `false` after the last
    /// one.
    fn fill<S: Source + ?Sized>(&mut self, batch: &mut Batch, source: &mut S, frames: usize) -> bool {
        batch.reserve(frames);
        while !batch.is_full(frames) {
            let more = source.advance().unwrap_or_else(|error| {
                batch.damage = Some(error);
                false
            });
            let Some(frame) = source.frame().filter(|_| more) else { return false };
            let Preparation { draft, judge } = &mut self.preparation;
            // The frame is decoded before anything else looks at it, so that it can stay in registers.
            let outline = frame.outline();
            dissect::decode(&frame, &mut self.layers);
            let facts = Facts { frame: self.clock.tick(outline.no, outline.time), ..Facts::default() };
            let context = Context { frame: &frame, layers: &self.layers, buffers: &[], segment: None, facts };
            batch.push(source, (context, outline), draft.as_deref(), judge);
        }
        true
    }
}

/// Passes on batches, and takes them back.
pub(super) trait Feed<S: ?Sized> {
    /// The next batch; `None` after the last one.
    fn next(&mut self) -> Option<Box<Batch>>;

    /// Takes back a batch that was used.
    fn give_back(&mut self, batch: Box<Batch>);

    /// Whether the next batch is not ready yet.
    fn would_wait(&mut self) -> bool {
        false
    }

    /// The source, while it is at the last frame that was passed on; `None` if another thread has it.
    fn source(&self) -> Option<&S> {
        None
    }
}

/// Batches that another thread fills. Dropping them ends that thread.
pub(super) struct Threaded(Using<Box<Batch>, Box<Batch>>);

impl Threaded {
    /// Starts the thread. It has the source until the end of the source, its damage, or the drop of the batches.
    ///
    /// # Errors
    /// [`PumpError::Thread`] when no thread can be started.
    pub(super) fn start<'scope, S: Source + Send + ?Sized>(
        scope: &'scope Scope<'scope, '_>,
        source: &'scope mut S,
        preparation: Preparation,
        sizes: Sizes,
    ) -> Result<Threaded, PumpError> {
        let (filling, batches) = circle((0..DEPTH).map(|_| Box::default()), DEPTH);
        let thread = std::thread::Builder::new().name("decoder".into());
        let work = move || work(source, preparation, sizes, &filling);
        thread.spawn_scoped(scope, work).map_err(PumpError::Thread)?;
        Ok(Threaded(batches))
    }
}

fn work<S: Source + ?Sized>(
    source: &mut S,
    preparation: Preparation,
    Sizes { first, most }: Sizes,
    filling: &Filling<Box<Batch>, Box<Batch>>,
) {
    let mut filler = Filler::new(preparation);
    let mut frames = first;
    while let Some(mut batch) = filling.next_empty() {
        let more = filler.fill(&mut batch, source, frames);
        if !filling.deliver(batch) || !more {
            return;
        }
        frames = most.min(2 * frames);
    }
}

impl<S: ?Sized> Feed<S> for Threaded {
    fn next(&mut self) -> Option<Box<Batch>> {
        self.0.next_filled()
    }

    fn give_back(&mut self, mut batch: Box<Batch>) {
        batch.clear();
        self.0.home().give_back(batch);
    }
}

/// Batches of one frame, each filled on demand: for live captures, for copies (which need the source at the frame),
/// and for small files.
pub(super) struct Inline<'s, S: ?Sized> {
    source: &'s mut S,
    filler: Filler,
    batch: Option<Box<Batch>>,
    ended: bool,
}

impl<'s, S: Source + ?Sized> Inline<'s, S> {
    pub(super) fn new(source: &'s mut S, preparation: Preparation) -> Inline<'s, S> {
        Inline { source, filler: Filler::new(preparation), batch: Some(Box::default()), ended: false }
    }
}

impl<S: Source + ?Sized> Feed<S> for Inline<'_, S> {
    fn next(&mut self) -> Option<Box<Batch>> {
        let mut batch = self.batch.take().filter(|_| !self.ended)?;
        self.ended = !self.filler.fill(&mut batch, self.source, 1);
        Some(batch)
    }

    fn give_back(&mut self, mut batch: Box<Batch>) {
        batch.rewind();
        self.batch = Some(batch);
    }

    fn would_wait(&mut self) -> bool {
        self.source.would_wait()
    }

    fn source(&self) -> Option<&S> {
        Some(self.source)
    }
}
