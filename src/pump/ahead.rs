//! Two threads for a large file: one reads frames and finds their layers, the other follows conversations, decides
//! and shows. Between them go batches, whose memory is used again.

use super::{Early, EarlyGate};
use crate::capture::buffer::Buffer;
use crate::capture::{CaptureError, Source};
use crate::conversation::Head;
use crate::dissect::text::Line;
use crate::dissect::{self, Context, Decoded, Facts, Found, Layer, Layers};
use crate::frame::{Frame, Origin, Outline};
use crate::packet::Packet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// Frames in a batch, at most: handing over costs little beside them, also where waking a thread is dear.
const FRAMES: usize = 2048;
/// Buffers in a batch, at most: what waits to be shown leaves some to be read into.
const BUFFERS: usize = 2;
/// Batches that are ready or being filled.
const DEPTH: usize = 3;

/// Frames with their layers.
#[derive(Default)]
pub(super) struct Batch {
    /// The source's memory, in which the frames stand.
    buffers: Vec<Arc<Buffer>>,
    layers: Vec<Layer>,
    early: Line,
    frames: Vec<Entry>,
    origins: Vec<Owned>,
    /// After these frames the capture is damaged.
    pub(super) damage: Option<CaptureError>,
}

struct Entry {
    outline: Outline,
    /// Index of what the capture says beyond the bytes.
    origin: usize,
    /// Index of its buffer.
    buffer: usize,
    bytes: Range<usize>,
    layers: Range<usize>,
    found: Found,
    head: Option<Head>,
    passes: Option<bool>,
    early: Range<usize>,
}

/// What is known of a frame before its turn.
pub(super) struct Known<'a> {
    /// Its layers.
    pub(super) decoded: Decoded<'a>,
    /// Its TCP segment.
    pub(super) head: Option<&'a Head>,
    /// Whether it passes the gate, if that is decided.
    pub(super) passes: Option<bool>,
    /// What the sink has written of it, unless it does not pass.
    pub(super) early: &'a [u8],
}

/// An [`Origin`] that outlives its source.
#[derive(Default)]
struct Owned {
    name: Option<String>,
    description: Option<String>,
    comment: Option<String>,
    section: u32,
}

impl Owned {
    fn borrow(&self) -> Origin<'_> {
        Origin {
            interface_name: self.name.as_deref(),
            interface_description: self.description.as_deref(),
            comment: self.comment.as_deref(),
            section: self.section,
        }
    }
}

impl From<Origin<'_>> for Owned {
    fn from(o: Origin<'_>) -> Owned {
        Owned {
            name: o.interface_name.map(str::to_owned),
            description: o.interface_description.map(str::to_owned),
            comment: o.comment.map(str::to_owned),
            section: o.section,
        }
    }
}

impl Batch {
    fn clear(&mut self) {
        self.buffers.clear();
        self.layers.clear();
        self.early.clear();
        self.frames.clear();
        self.origins.clear();
        self.damage = None;
    }

    fn is_full(&self) -> bool {
        self.frames.len() >= FRAMES || self.buffers.len() > BUFFERS
    }

    /// Keeps the bytes of the frame that `source` has moved to: the index of their buffer, and where they stand there.
    fn keep<S: Source + ?Sized>(&mut self, source: &S, frame: &Frame<'_>) -> (usize, Range<usize>) {
        let (buffer, range) = match source.place() {
            Some(place) if self.buffers.last().is_some_and(|last| Arc::ptr_eq(last, place.buffer)) => {
                return (self.buffers.len() - 1, place.range);
            }
            Some(place) => (Arc::clone(place.buffer), place.range),
            None => (Arc::new(Buffer::new(frame.bytes.to_vec())), 0..frame.bytes.len()),
        };
        self.buffers.push(buffer);
        (self.buffers.len() - 1, range)
    }

    fn push<S: Source + ?Sized>(
        &mut self,
        source: &S,
        frame: &Frame<'_>,
        layers: &Layers,
        early: Option<Early>,
        gate: &mut Option<EarlyGate>,
    ) {
        // Most frames come from the interface of the one before, without a comment.
        if self.origins.last().is_none_or(|last| last.borrow() != frame.origin) {
            self.origins.push(frame.origin.into());
        }
        let (first, text) = (self.layers.len(), self.early.len());
        let context = Context { frame, layers, buffers: &[], facts: Facts::default() };
        let (head, packet) = (Head::of(&context), Packet { context });
        // What a fragment completes is not known here.
        let gate = gate.as_mut().filter(|_| layers.fragment.is_none());
        let passes = gate.map(|passes| passes(&packet));
        if let Some(write) = early.filter(|_| passes != Some(false)) {
            write(&packet, &mut self.early);
        }
        let (buffer, bytes) = self.keep(source, frame);
        self.layers.extend_from_slice(layers.all());
        self.frames.push(Entry {
            outline: frame.outline(),
            origin: self.origins.len() - 1,
            buffer,
            bytes,
            layers: first..self.layers.len(),
            found: layers.found(),
            head,
            passes,
            early: text..self.early.len(),
        });
    }

    /// The frames in order, with what was decoded.
    pub(super) fn frames(&self) -> impl Iterator<Item = (Frame<'_>, Known<'_>)> {
        self.frames.iter().map(|e| {
            let origin = self.origins.get(e.origin).map(Owned::borrow).unwrap_or_default();
            let bytes = self.buffers.get(e.buffer).map_or(&[][..], |buffer| buffer.slice(e.bytes.clone()));
            let frame = e.outline.frame(origin, bytes);
            let layers = self.layers.get(e.layers.clone()).unwrap_or_default();
            let decoded = Decoded { layers, found: e.found };
            let early = self.early.get(e.early.clone()).unwrap_or_default();
            (frame, Known { decoded, head: e.head.as_ref(), passes: e.passes, early })
        })
    }
}

/// The end at which batches come out. Dropping it ends the other thread's work.
pub(super) struct Batches {
    ready: Receiver<Batch>,
    used: Sender<Batch>,
}

impl Batches {
    /// The next batch; `None` after the last one.
    pub(super) fn next(&self) -> Option<Batch> {
        self.ready.recv().ok()
    }

    /// Takes back a batch that is done with, to be filled again.
    pub(super) fn give_back(&self, mut batch: Batch) {
        batch.clear();
        // At the end there is nobody who would fill it.
        let _ = self.used.send(batch);
    }
}

/// The end at which batches are filled.
pub(super) struct Filler {
    empty: Receiver<Batch>,
    deliver: SyncSender<Batch>,
    early: Option<Early>,
    gate: Option<EarlyGate>,
}

/// Both ends; `early` writes what can be written of each frame, `gate` decides which ones pass.
pub(super) fn batches(early: Option<Early>, gate: Option<EarlyGate>) -> (Filler, Batches) {
    let (deliver, ready) = sync_channel(DEPTH);
    let (used, empty) = channel();
    for _ in 0..DEPTH {
        // The other end is still here.
        let _ = used.send(Batch::default());
    }
    (Filler { empty, deliver, early, gate }, Batches { ready, used })
}

impl Filler {
    /// Reads `source` to its end, to its damage, or until nobody wants any more.
    pub(super) fn work<S: Source + ?Sized>(mut self, source: &mut S) {
        let mut layers = Layers::default();
        while let Ok(mut batch) = self.empty.recv() {
            let mut more = true;
            while more && !batch.is_full() {
                more = source.advance().unwrap_or_else(|error| {
                    batch.damage = Some(error);
                    false
                });
                if let Some(frame) = source.frame().filter(|_| more) {
                    dissect::decode(&frame, &mut layers);
                    batch.push(source, &frame, &layers, self.early, &mut self.gate);
                }
            }
            if self.deliver.send(batch).is_err() || !more {
                return;
            }
        }
    }
}
