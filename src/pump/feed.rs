//! Where batches come from: a thread that reads ahead and decodes, or the caller's own, frame by frame.

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
    /// The first one. Each has twice as many as the one before, so that the other thread soon has something to do.
    pub(super) first: usize,
    /// The largest batch: beside so many frames, handing over costs little, even where waking a thread is expensive.
    pub(super) most: usize,
}

impl Default for Sizes {
    fn default() -> Sizes {
        Sizes { first: 128, most: 2048 }
    }
}

/// Batches that are ready or being filled.
const DEPTH: usize = 3;

/// What is done with a frame before its turn, besides finding its layers.
pub(super) struct Preparation {
    /// Writes the sink's part of it.
    pub(super) draft: Option<Box<dyn Draft>>,
    /// Judges it.
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

    /// Adds frames until the batch has so many, or the source has no more; `false` after the last one.
    fn fill<S: Source + ?Sized>(&mut self, batch: &mut Batch, source: &mut S, frames: usize) -> bool {
        while !batch.is_full(frames) {
            let more = source.advance().unwrap_or_else(|error| {
                batch.damage = Some(error);
                false
            });
            let Some(frame) = source.frame().filter(|_| more) else { return false };
            let Preparation { draft, judge } = &mut self.preparation;
            // Decoded before anything else looks at the frame, so that it goes from register to register.
            let outline = frame.outline();
            dissect::decode(&frame, &mut self.layers);
            let facts = Facts { frame: self.clock.tick(outline.no, outline.time), ..Facts::default() };
            let context = Context { frame: &frame, layers: &self.layers, buffers: &[], segment: None, facts };
            batch.push(source, (context, outline), draft.as_deref(), judge);
        }
        true
    }
}

/// Hands out batches, and takes them back.
pub(super) trait Feed<S: ?Sized> {
    /// The next batch; `None` after the last one.
    fn next(&mut self) -> Option<Box<Batch>>;

    /// Takes back a batch that is done with.
    fn give_back(&mut self, batch: Box<Batch>);

    /// Whether the next batch has to be waited for.
    fn would_wait(&mut self) -> bool {
        false
    }

    /// The source, while it stands at the last frame that was handed out.
    fn source(&self) -> Option<&S> {
        None
    }
}

/// Batches that another thread fills. Dropping them ends its work.
pub(super) struct Threaded(Using<Box<Batch>, Box<Batch>>);

impl Threaded {
    /// Starts the thread, which has the source until its end, its damage, or until the batches are dropped.
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

/// Batches of one frame, each filled when it is asked for: for what is captured live, for copies, which take from the
/// source what no batch holds, and for small files.
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
