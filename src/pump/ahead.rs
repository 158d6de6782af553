//! Two threads for a large file: one reads frames and finds their layers, the other follows conversations, decides
//! and shows. Between them go batches, whose memory is used again.

use super::Early;
use crate::capture::buffer::Buffer;
use crate::capture::{CaptureError, Source};
use crate::conversation::{Clock, Head};
use crate::dissect::protocols::tcp::{PartLengths, Parts};
use crate::dissect::{self, Context, Decoded, Facts, Found, Layer, Layers, Proto, Short};
use crate::filter::{Judge, Verdict};
use crate::frame::{Frame, Origin, Outline};
use crate::packet::Packet;
use crate::text::Line;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// Frames in a batch, at most: handing over costs little beside them, also where waking a thread is dear.
const FRAMES: usize = 2048;
/// Frames in the first one; each has more than the one before, so that the other thread soon has something to do.
const FIRST: usize = 128;
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
    heads: Vec<Head>,
    /// Of packets that are fragments, or could not be decoded to their ends.
    found: Vec<Found>,
    early: Line,
    frames: Vec<Entry>,
    origins: Vec<Owned>,
    /// After these frames the capture is damaged.
    pub(super) damage: Option<CaptureError>,
}

/// One frame of a batch, in few bytes: they go from one processor to the other. What has many of them stands in the
/// batch, in the order of the frames.
struct Entry {
    outline: Outline,
    /// Index of what the capture says beyond the bytes.
    origin: u32,
    /// Where its bytes begin in their buffer, and how many there are.
    start: u32,
    captured: u32,
    /// Bytes that the sink has written of it; behind them stand the parts of the segment's summary.
    early: u32,
    parts: Option<PartLengths>,
    found: Result<Short, u32>,
    /// Index of its buffer.
    buffer: u8,
    /// How many layers it has.
    layers: u8,
    /// Whether it has a TCP segment.
    head: bool,
    verdict: Verdict,
}

/// What is known of a frame before its turn.
pub(super) struct Known<'a> {
    /// Its layers.
    pub(super) decoded: Decoded<'a>,
    /// Its TCP segment.
    pub(super) head: Option<&'a Head>,
    /// What the gate has said of it.
    pub(super) verdict: Verdict,
    /// What the sink has written of it, unless it does not pass.
    pub(super) early: &'a [u8],
    /// Parts of its segment's summary, where the sink wants text.
    pub(super) parts: Option<Parts<'a>>,
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
        self.heads.clear();
        self.found.clear();
        self.early.clear();
        self.frames.clear();
        self.origins.clear();
        self.damage = None;
    }

    fn is_full(&self, frames: usize) -> bool {
        self.frames.len() >= frames || self.buffers.len() > BUFFERS
    }

    /// Keeps the bytes of the frame that `source` has moved to: the index of their buffer, and where they begin there.
    fn keep<S: Source + ?Sized>(&mut self, source: &S, bytes: &[u8]) -> (u8, u32) {
        let (buffer, start) = match source.place() {
            Some(place) if self.buffers.last().is_some_and(|last| Arc::ptr_eq(last, place.buffer)) => {
                return (self.buffers.len() as u8 - 1, place.range.start as u32);
            }
            Some(place) => (Arc::clone(place.buffer), place.range.start),
            None => (Arc::new(Buffer::new(bytes.to_vec())), 0),
        };
        self.buffers.push(buffer);
        (self.buffers.len() as u8 - 1, start as u32)
    }

    /// Adds the frame that `source` has moved to.
    fn push<S: Source + ?Sized>(
        &mut self,
        source: &S,
        (context, outline): (Context<'_>, Outline),
        early: Option<&Early>,
        gate: &mut Option<Judge>,
    ) {
        let Context { frame, layers, .. } = context;
        // Most frames come from the interface of the one before, without a comment.
        if self.origins.last().is_none_or(|last| last.borrow() != frame.origin) {
            self.origins.push(frame.origin.into());
        }
        let (known, start) = (self.layers.len(), self.early.len());
        let packet = Packet { context };
        // What a fragment completes is not known here.
        let gate = gate.as_mut().filter(|_| layers.fragment.is_none());
        let mut verdict = gate.map_or(Verdict::Open, |gate| gate.judge(&packet));
        let mut head = None;
        if verdict != Verdict::Foreign || layers.find(Proto::Tcp).is_none() {
            self.layers.extend_from_slice(layers.all());
            head = Head::of(&context);
            self.heads.extend(head);
            if verdict == Verdict::Foreign {
                verdict = Verdict::Fails;
            }
        }
        let (mut written, mut parts) = (0, None);
        if let Some(write) = early.filter(|_| matches!(verdict, Verdict::Passes | Verdict::Open)) {
            write(&packet, &mut self.early);
            written = self.early.len() - start;
            parts = head.as_ref().and_then(|head| head.write_parts(&context, &mut self.early));
        }
        let found = layers.found_in_short().ok_or(self.found.len() as u32);
        if found.is_err() {
            self.found.push(layers.found());
        }
        let (buffer, start) = self.keep(source, frame.bytes);
        self.frames.push(Entry {
            outline,
            origin: self.origins.len() as u32 - 1,
            start,
            captured: frame.bytes.len() as u32,
            early: written as u32,
            parts,
            found,
            buffer,
            layers: (self.layers.len() - known) as u8,
            head: head.is_some(),
            verdict,
        });
    }

    /// The frames in order.
    pub(super) fn turns(&self) -> impl Iterator<Item = Turn<'_>> {
        let (mut layers, mut heads, mut early) = (&self.layers[..], self.heads.iter(), &self.early[..]);
        self.frames.iter().map(move |entry| {
            let head = if entry.head { heads.next() } else { None };
            Turn {
                batch: self,
                entry,
                layers: layers.split_off(..usize::from(entry.layers)).unwrap_or_default(),
                head,
                early: early.split_off(..entry.early as usize).unwrap_or_default(),
                parts: head.zip(entry.parts).and_then(|(head, lengths)| head.parts(lengths, &mut early)),
            }
        })
    }
}

/// A frame whose turn it is.
pub(super) struct Turn<'b> {
    batch: &'b Batch,
    entry: &'b Entry,
    layers: &'b [Layer],
    head: Option<&'b Head>,
    early: &'b [u8],
    parts: Option<Parts<'b>>,
}

impl<'b> Turn<'b> {
    /// Whether it is a segment that does not pass the gate.
    pub(super) fn is_passed_by(&self) -> bool {
        match self.entry.verdict {
            Verdict::Foreign => true,
            Verdict::Fails => self.entry.head,
            Verdict::Passes | Verdict::Open => false,
        }
    }

    pub(super) fn outline(&self) -> &'b Outline {
        &self.entry.outline
    }

    /// Its TCP segment, unless nobody is to know of it.
    pub(super) fn head(&self) -> Option<&'b Head> {
        self.head
    }

    pub(super) fn frame(&self) -> Frame<'b> {
        let (Batch { origins, buffers, .. }, e) = (self.batch, self.entry);
        let origin = origins.get(e.origin as usize).map(Owned::borrow).unwrap_or_default();
        let range = e.start as usize..(e.start + e.captured) as usize;
        let bytes = buffers.get(usize::from(e.buffer)).map_or(&[][..], |buffer| buffer.slice(range));
        e.outline.frame(origin, bytes)
    }

    pub(super) fn decoded(&self) -> Decoded<'b> {
        let found = match self.entry.found {
            Ok(short) => short.into(),
            Err(at) => self.batch.found.get(at as usize).copied().unwrap_or_default(),
        };
        Decoded { layers: self.layers, found }
    }

    pub(super) fn known(&self) -> Known<'b> {
        let Turn { head, early, parts, .. } = *self;
        Known { decoded: self.decoded(), head, verdict: self.entry.verdict, early, parts }
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
    gate: Option<Judge>,
}

/// Both ends; `early` writes what can be written of each frame, `gate` decides which ones pass.
pub(super) fn batches(early: Option<Early>, gate: Option<Judge>) -> (Filler, Batches) {
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
        let (mut layers, mut clock) = (Layers::default(), Clock::default());
        let mut frames = FIRST;
        while let Ok(mut batch) = self.empty.recv() {
            let mut more = true;
            while more && !batch.is_full(frames) {
                more = source.advance().unwrap_or_else(|error| {
                    batch.damage = Some(error);
                    false
                });
                if let Some(frame) = source.frame().filter(|_| more) {
                    // Before anybody else looks at the frame: it goes from register to register.
                    let outline = frame.outline();
                    dissect::decode(&frame, &mut layers);
                    let facts = Facts { frame: clock.tick(outline.no, outline.time), ..Facts::default() };
                    let context = Context { frame: &frame, layers: &layers, buffers: &[], facts };
                    batch.push(source, (context, outline), self.early.as_ref(), &mut self.gate);
                }
            }
            if self.deliver.send(batch).is_err() || !more {
                return;
            }
            frames = FRAMES.min(2 * frames);
        }
    }
}
