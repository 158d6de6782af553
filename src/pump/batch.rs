//! Frames on their way from the thread that decodes them to the thread that follows conversations: in batches, whose
//! memory is used again.

use super::{Draft, Drafted, Note};
use crate::capture::buffer::Buffer;
use crate::capture::{CaptureError, Source};
use crate::conversation::{Head, Sighting};
use crate::dissect::{Context, Decoded, Ending, Layer, Marks, Proto};
use crate::filter::{Judge, Verdict};
use crate::frame::{Frame, Origin, Outline};
use crate::packet::Packet;
use crate::text::Line;
use std::sync::Arc;

/// A batch with more buffers of the source than this is full, so that some are left to read into.
const BUFFERS: usize = 2;
/// Instead of the index of a buffer: the batch's own memory.
const OWN: u8 = u8::MAX;

/// Frames with their layers.
#[derive(Default)]
pub(super) struct Batch {
    /// The source's memory that has the bytes of the frames.
    buffers: Vec<Arc<Buffer>>,
    /// Copies of frames whose source lends no memory.
    own: Vec<u8>,
    layers: Vec<Layer>,
    heads: Vec<Head>,
    /// How decoding ended, for packets that are fragments or were not decoded to their ends.
    endings: Vec<Ending>,
    drafts: Line,
    frames: Vec<Entry>,
    origins: Vec<Owned>,
    /// The damage of the capture after these frames, if there is any.
    pub(super) damage: Option<CaptureError>,
}

/// One frame of a batch. It is small, because it moves from one processor to another; larger parts are in the lists
/// of the batch, in the order of the frames.
struct Entry {
    outline: Outline,
    /// Index of its origin.
    origin: u32,
    /// Offset of its bytes in their buffer, and their number.
    start: u32,
    captured: u32,
    /// How many bytes the sink's draft has written for it.
    drafted: u32,
    note: Note,
    marks: Marks,
    /// Index of its buffer, or [`OWN`].
    buffer: u8,
    /// How many layers it has.
    layers: u8,
    /// Whether it has a TCP segment.
    head: bool,
    /// Whether it has an [`Ending`].
    ending: bool,
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

    #[inline]
    fn is(&self, origin: &Origin<'_>) -> bool {
        let Origin { interface_name, interface_description, comment, section } = *origin;
        self.section == section
            && self.name.as_deref() == interface_name
            && self.description.as_deref() == interface_description
            && self.comment.as_deref() == comment
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
    /// Removes its frames, and releases the source's memory.
    pub(super) fn clear(&mut self) {
        self.buffers.clear();
        self.rewind();
    }

    /// Removes its frames, but keeps the buffer of the last one, in which the next one may be, too.
    pub(super) fn rewind(&mut self) {
        let surplus = self.buffers.len().saturating_sub(1);
        self.buffers.drain(..surplus);
        self.own.clear();
        self.layers.clear();
        self.heads.clear();
        self.endings.clear();
        self.drafts.clear();
        self.frames.clear();
        self.origins.clear();
        self.damage = None;
    }

    /// Whether it has `frames` frames, or more than [`BUFFERS`] buffers.
    pub(super) fn is_full(&self, frames: usize) -> bool {
        self.frames.len() >= frames || self.buffers.len() > BUFFERS
    }

    /// Makes room for `frames` frames at once: lists that grow step by step are copied each time.
    pub(super) fn reserve(&mut self, frames: usize) {
        self.frames.reserve(frames);
        self.heads.reserve(frames);
        // Most frames have three layers: Ethernet, IP, TCP.
        self.layers.reserve(3 * frames);
    }

    /// Adds the frame at which `source` is, with its layers.
    #[inline]
    pub(super) fn push<S: Source + ?Sized>(
        &mut self,
        source: &S,
        (context, outline): (Context<'_>, Outline),
        draft: Option<&dyn Draft>,
        judge: &mut Option<Judge>,
    ) {
        let Context { frame, layers, .. } = context;
        self.keep_origin(&frame.origin);
        let known = self.layers.len();
        let packet = Packet { context };
        // The datagram that a fragment completes is not known yet.
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
        let ending = layers.ending();
        self.endings.extend(ending);
        let (buffer, start) = self.keep(source, frame.bytes);
        self.frames.push(Entry {
            outline,
            origin: self.origins.len() as u32 - 1,
            start,
            captured: frame.bytes.len() as u32,
            drafted: (self.drafts.len() - before) as u32,
            note,
            marks: layers.marks(),
            buffer,
            layers: (self.layers.len() - known) as u8,
            head: head.is_some(),
            ending: ending.is_some(),
            verdict,
        });
    }

    /// Keeps the origin of a frame. Most frames have the same origin as the frame before.
    #[inline]
    fn keep_origin(&mut self, origin: &Origin<'_>) {
        if self.origins.last().is_none_or(|last| !last.is(origin)) {
            self.origins.push((*origin).into());
        }
    }

    /// Keeps the bytes of the frame at which `source` is. Returns the index of their buffer, and their offset in it.
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
        let (mut layers, mut drafts) = (&self.layers[..], &self.drafts[..]);
        let (mut heads, mut endings) = (self.heads.iter(), self.endings.iter());
        self.frames.iter().map(move |entry| Turn {
            batch: self,
            entry,
            layers: layers.split_off(..usize::from(entry.layers)).unwrap_or_default(),
            head: if entry.head { heads.next() } else { None },
            ending: if entry.ending { endings.next() } else { None },
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
    ending: Option<&'b Ending>,
    draft: &'b [u8],
}

impl<'b> Turn<'b> {
    /// Whether the frame is known not to pass, so that it counts for its conversation at most.
    pub(super) fn is_passed_by(&self) -> bool {
        match self.entry.verdict {
            Verdict::Foreign => true,
            Verdict::Fails => self.entry.head,
            Verdict::Passes | Verdict::Open => false,
        }
    }

    /// The verdict that the filter reached early.
    pub(super) fn verdict(&self) -> Verdict {
        self.entry.verdict
    }

    pub(super) fn outline(&self) -> &'b Outline {
        &self.entry.outline
    }

    /// Its TCP segment; `None` also for a segment whose conversation is not followed.
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
        Decoded { layers: self.layers, marks: self.entry.marks, ending: self.ending }
    }

    /// The frame with everything that is known about it.
    pub(super) fn sighting(&self) -> Sighting<'b> {
        Sighting { frame: self.frame(), decoded: self.decoded(), head: self.head }
    }

    /// What the sink's draft has written for it.
    pub(super) fn drafted(&self) -> Drafted<'b> {
        Drafted { text: self.draft, note: self.entry.note }
    }
}
