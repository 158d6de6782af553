//! Frames on their way from the thread that decodes them to the one that follows conversations: a batch of them, in
//! memory that is used again.

use super::{Draft, Drafted, Note};
use crate::capture::buffer::Buffer;
use crate::capture::{CaptureError, Source};
use crate::conversation::{Head, Sighting};
use crate::dissect::{Context, Decoded, Found, Layer, Proto, Short};
use crate::filter::{Judge, Verdict};
use crate::frame::{Frame, Origin, Outline};
use crate::packet::Packet;
use crate::text::Line;
use std::sync::Arc;

/// Buffers of the source that a batch holds, at most: what waits to be shown leaves some to be read into.
const BUFFERS: usize = 2;
/// Stands for the batch's own memory in place of the index of a buffer.
const OWN: u8 = u8::MAX;

/// Frames with their layers.
#[derive(Default)]
pub(super) struct Batch {
    /// The source's memory, in which the frames stand.
    buffers: Vec<Arc<Buffer>>,
    /// Copies of frames whose source lends no memory.
    own: Vec<u8>,
    layers: Vec<Layer>,
    heads: Vec<Head>,
    /// For packets that are fragments or could not be decoded to their ends: what else was found.
    found: Vec<Found>,
    drafts: Line,
    frames: Vec<Entry>,
    origins: Vec<Owned>,
    /// After these frames the capture is damaged.
    pub(super) damage: Option<CaptureError>,
}

/// One frame of a batch, in few bytes, because they go from one processor to the other. Larger parts stand in the lists
/// of the batch, in the order of the frames.
struct Entry {
    outline: Outline,
    /// Index of what the capture says beyond the bytes.
    origin: u32,
    /// Where its bytes begin in their buffer, and how many there are.
    start: u32,
    captured: u32,
    /// How many bytes the sink's draft has written of it.
    drafted: u32,
    note: Note,
    found: Result<Short, u32>,
    /// Index of its buffer, or [`OWN`].
    buffer: u8,
    /// How many layers it has.
    layers: u8,
    /// Whether it has a TCP segment.
    head: bool,
    verdict: Verdict,
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
    /// Forgets its frames and lets go of the source's memory.
    pub(super) fn clear(&mut self) {
        self.buffers.clear();
        self.rewind();
    }

    /// Forgets its frames, but holds the memory of the last one: the next one may stand there, too.
    pub(super) fn rewind(&mut self) {
        let surplus = self.buffers.len().saturating_sub(1);
        self.buffers.drain(..surplus);
        self.own.clear();
        self.layers.clear();
        self.heads.clear();
        self.found.clear();
        self.drafts.clear();
        self.frames.clear();
        self.origins.clear();
        self.damage = None;
    }

    /// Whether it has so many `frames`, or as many buffers as it may hold.
    pub(super) fn is_full(&self, frames: usize) -> bool {
        self.frames.len() >= frames || self.buffers.len() > BUFFERS
    }

    /// Adds the frame that `source` has moved to, with its layers.
    #[inline]
    pub(super) fn push<S: Source + ?Sized>(
        &mut self,
        source: &S,
        (context, outline): (Context<'_>, Outline),
        draft: Option<&dyn Draft>,
        judge: &mut Option<Judge>,
    ) {
        let Context { frame, layers, .. } = context;
        self.keep_origin(frame.origin);
        let known = self.layers.len();
        let packet = Packet { context };
        // The datagram that a fragment completes is not known here.
        let judge = judge.as_mut().filter(|_| layers.fragment.is_none());
        let mut verdict = judge.map_or(Verdict::Open, |judge| judge.judge(&packet));
        let mut head = None;
        if verdict != Verdict::Foreign || layers.find(Proto::Tcp).is_none() {
            self.layers.extend_from_slice(layers.all());
            head = Head::of(&context);
            self.heads.extend(head);
            if verdict == Verdict::Foreign {
                verdict = Verdict::Fails;
            }
        }
        let (before, mut note) = (self.drafts.len(), Note::default());
        if let Some(draft) = draft.filter(|_| matches!(verdict, Verdict::Passes | Verdict::Open)) {
            note = draft.write(&packet, head.as_ref(), &mut self.drafts);
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
            drafted: (self.drafts.len() - before) as u32,
            note,
            found,
            buffer,
            layers: (self.layers.len() - known) as u8,
            head: head.is_some(),
            verdict,
        });
    }

    /// Most frames come from the interface of the one before, without a comment.
    fn keep_origin(&mut self, origin: Origin<'_>) {
        if self.origins.last().is_none_or(|last| last.borrow() != origin) {
            self.origins.push(origin.into());
        }
    }

    /// Keeps the bytes of the frame that `source` has moved to: the index of their buffer, and where they begin there.
    #[inline]
    fn keep<S: Source + ?Sized>(&mut self, source: &S, bytes: &[u8]) -> (u8, u32) {
        let Some(place) = source.place() else {
            let start = self.own.len() as u32;
            self.own.extend_from_slice(bytes);
            return (OWN, start);
        };
        if self.buffers.last().is_none_or(|last| !Arc::ptr_eq(last, place.buffer)) {
            self.buffers.push(Arc::clone(place.buffer));
        }
        (self.buffers.len() as u8 - 1, place.range.start as u32)
    }

    /// The frames in order.
    pub(super) fn turns(&self) -> impl Iterator<Item = Turn<'_>> {
        let (mut layers, mut heads, mut drafts) = (&self.layers[..], self.heads.iter(), &self.drafts[..]);
        self.frames.iter().map(move |entry| Turn {
            batch: self,
            entry,
            layers: layers.split_off(..usize::from(entry.layers)).unwrap_or_default(),
            head: if entry.head { heads.next() } else { None },
            draft: drafts.split_off(..entry.drafted as usize).unwrap_or_default(),
        })
    }
}

/// A frame whose turn it is.
pub(super) struct Turn<'b> {
    batch: &'b Batch,
    entry: &'b Entry,
    layers: &'b [Layer],
    head: Option<&'b Head>,
    draft: &'b [u8],
}

impl<'b> Turn<'b> {
    /// Whether the frame is known not to pass: then it counts for its conversation at most.
    pub(super) fn is_passed_by(&self) -> bool {
        match self.entry.verdict {
            Verdict::Foreign => true,
            Verdict::Fails => self.entry.head,
            Verdict::Passes | Verdict::Open => false,
        }
    }

    /// The verdict that was known early.
    pub(super) fn verdict(&self) -> Verdict {
        self.entry.verdict
    }

    pub(super) fn outline(&self) -> &'b Outline {
        &self.entry.outline
    }

    /// Its TCP segment; `None` also where its conversation is not followed.
    pub(super) fn head(&self) -> Option<&'b Head> {
        self.head
    }

    pub(super) fn frame(&self) -> Frame<'b> {
        let (Batch { origins, buffers, own, .. }, e) = (self.batch, self.entry);
        let origin = origins.get(e.origin as usize).map(Owned::borrow).unwrap_or_default();
        let range = e.start as usize..(e.start + e.captured) as usize;
        let bytes = match buffers.get(usize::from(e.buffer)) {
            Some(buffer) => buffer.slice(range),
            None => own.get(range).unwrap_or_default(),
        };
        e.outline.frame(origin, bytes)
    }

    pub(super) fn decoded(&self) -> Decoded<'b> {
        let found = match self.entry.found {
            Ok(short) => short.into(),
            Err(at) => self.batch.found.get(at as usize).copied().unwrap_or_default(),
        };
        Decoded { layers: self.layers, found }
    }

    /// The frame with everything known of it.
    pub(super) fn sighting(&self) -> Sighting<'b> {
        Sighting { frame: self.frame(), decoded: self.decoded(), head: self.head }
    }

    /// What the sink's draft has written of it.
    pub(super) fn drafted(&self) -> Drafted<'b> {
        Drafted { text: self.draft, note: self.entry.note }
    }
}
