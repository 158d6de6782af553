//! Reads pcap and pcapng files, plain or compressed with gzip, from any [`Read`].
//!
//! Frames are borrowed from the buffer, and nothing is allocated for a frame. No input makes it panic or loop, and a
//! false length makes it allocate at most [`LARGEST_BLOCK`].

mod content;

use super::Source;
use super::blocks::{self, Comments, Cursor, Order, padding};
use super::buffer::Place;
use super::classic;
use super::error::CaptureError;
use super::info::{Info, Interface, Section};
use super::input::Input;
use super::open;
use super::resolution::Clock;
use crate::frame::{Frame, FrameNo, LinkType, Origin, Timestamp};
use std::borrow::Cow;
use std::io::{self, Read, Seek};
use std::ops::Range;

/// The largest block, in bytes, that is read into memory. Real frames have at most 262,144 bytes.
pub const LARGEST_BLOCK: usize = 16 << 20;

/// A reader of a file or of standard input; see [`FileReader::open`].
pub type FileReader = Reader<Box<dyn Read + Send>>;

/// Reads a capture from `R`, frame by frame; see [`Source`].
pub struct Reader<R> {
    input: Input<R>,
    file: String,
    layout: Layout,
    info: Info,
    /// Index of the section that is being read.
    section: usize,
    /// The properties of each interface that its frames need, in the order of `info.interfaces`.
    ways: Vec<Way>,
    /// Number of frames handed out so far.
    count: u64,
    current: Option<Current>,
    /// The frame's first comment, if it has one.
    comment: Option<String>,
    ended: bool,
}

#[derive(Clone, Copy)]
enum Layout {
    Classic(classic::Layout),
    Blocks(Order),
}

/// The properties of an interface that its frames need.
#[derive(Clone, Copy)]
struct Way {
    link: LinkType,
    clock: Clock,
    precision: u8,
    snaplen: u32,
}

impl Way {
    fn of(interface: &Interface) -> Self {
        Way {
            link: interface.link,
            clock: Clock::new(interface.resolution, interface.offset),
            precision: interface.resolution.precision(),
            snaplen: interface.snaplen,
        }
    }
}

/// The current frame; ranges are offsets in the buffer.
#[derive(Clone)]
struct Current {
    time: Option<Timestamp>,
    wire_len: u32,
    /// Index among all interfaces.
    interface: usize,
    /// Index within the section. It is as wide as its neighbours: a word that is written in halves and read whole
    /// stalls the processor.
    id: usize,
    bytes: Range<usize>,
    options: Range<usize>,
    offset: u64,
}

/// The kind of a block that was read.
#[derive(Clone, Copy)]
enum Step {
    /// A frame, which is the current one now.
    Frame,
    Other,
    End,
}

impl<R: Read> Reader<R> {
    /// Reads the capture in `reader`; `file` is its name in messages.
    ///
    /// # Errors
    /// If it cannot be read, or is no capture file.
    pub fn new(reader: R, file: impl Into<String>) -> Result<Self, CaptureError> {
        Reader::over(Input::new(reader), file, false)
    }

    /// As [`Reader::new`]; `compressed` is whether the file was compressed with gzip.
    pub(super) fn over(
        input: Input<R>,
        file: impl Into<String>,
        compressed: bool,
    ) -> Result<Self, CaptureError> {
        let mut this = Reader {
            input,
            file: file.into(),
            layout: Layout::Blocks(Order::Little),
            info: Info { compressed, ..Info::default() },
            section: 0,
            ways: Vec::new(),
            count: 0,
            current: None,
            comment: None,
            ended: false,
        };
        this.begin()?;
        Ok(this)
    }

    /// Adopts the sections and interfaces that another reader of the same file has found, so that frames can be read
    /// again in any order.
    pub(super) fn learn(&mut self, info: &Info) {
        self.info = info.clone();
        self.ways = info.interfaces.iter().map(Way::of).collect();
    }

    /// Recognises the file's format from its first bytes.
    fn begin(&mut self) -> Result<(), CaptureError> {
        let enough = self.need(4)?;
        let window = self.input.window();
        if window.is_empty() {
            return Err(CaptureError::Empty { file: self.file.clone() });
        }
        let magic = window.first_chunk::<4>().filter(|_| enough).copied();
        if magic == Some(blocks::SECTION_HEADER.to_le_bytes()) {
            return Ok(());
        }
        if magic.and_then(classic::recognise).is_none() {
            self.need(512)?;
            let found = open::describe(self.input.window());
            return Err(CaptureError::NotCapture { file: self.file.clone(), found });
        }
        if !self.need(classic::HEADER)? {
            return Err(self.cut(classic::HEADER));
        }
        let header = self.input.take(classic::HEADER);
        if let Some((layout, interface)) = classic::Layout::parse(self.input.slice(header)) {
            self.layout = Layout::Classic(layout);
            self.info.format = layout.format;
            self.info.sections.push(Section::default());
            self.add_interface(interface);
        }
        Ok(())
    }

    fn add_interface(&mut self, mut interface: Interface) {
        let index = self.info.interfaces.len() as u32;
        let first = self.first_interface();
        interface.index = index;
        interface.id = index - first;
        interface.section = if self.info.format.is_classic() { 0 } else { self.info.sections.len() as u32 };
        self.ways.push(Way::of(&interface));
        self.info.interfaces.push(interface);
    }

    fn first_interface(&self) -> u32 {
        self.info.sections.get(self.section).map_or(0, |s| s.first_interface)
    }

    /// Moves to the next frame of a classic file.
    fn record(&mut self, layout: classic::Layout) -> Result<Step, CaptureError> {
        let head = layout.record_header();
        if !self.need(head)? {
            return if self.input.window().is_empty() { Ok(Step::End) } else { Err(self.cut(head)) };
        }
        let Some(record) = layout.record(self.input.window()) else { return Err(self.cut(head)) };
        let captured = record.captured as usize;
        if captured > LARGEST_BLOCK {
            return Err(self.damaged(format!("a frame claims {captured} bytes, which no frame has")));
        }
        if !self.need(head + captured)? {
            return Err(self.cut(head + captured));
        }
        let offset = self.input.offset();
        let whole = self.input.take(head + captured);
        self.current = Some(Current {
            time: Some(record.time),
            wire_len: record.wire_len,
            interface: 0,
            id: 0,
            bytes: whole.start + head..whole.end,
            options: 0..0,
            offset,
        });
        Ok(Step::Frame)
    }

    /// Takes the next block.
    fn block(&mut self, mut order: Order) -> Result<Step, CaptureError> {
        if !self.need(12)? {
            return if self.input.window().is_empty() { Ok(Step::End) } else { Err(self.cut(12)) };
        }
        let Some((head, _)) = self.input.window().split_first_chunk::<12>() else { return Err(self.cut(12)) };
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *head;
        let kind = order.u32([a, b, c, d]);
        if kind == blocks::SECTION_HEADER {
            let magic = [i, j, k, l];
            order = if magic == blocks::BYTE_ORDER_MAGIC.to_le_bytes() {
                Order::Little
            } else if magic == blocks::BYTE_ORDER_MAGIC.to_be_bytes() {
                Order::Big
            } else {
                return Err(self.damaged("a section begins without the byte-order magic".to_owned()));
            };
            self.layout = Layout::Blocks(order);
        }
        let len = order.u32([e, f, g, h]);
        if len < 12 {
            return Err(self.damaged(format!("a block claims a length of {len} bytes; the shortest has 12")));
        }
        // Lengths should be multiples of four; after one that is not, there is padding nevertheless.
        let whole = len as usize + padding(len as usize);
        if whole > LARGEST_BLOCK {
            return self.large(kind, len, order);
        }
        if !self.need(whole)? {
            return Err(self.cut(whole));
        }
        let offset = self.input.offset();
        let last = self.input.window().get(whole - 4..whole).and_then(|tail| tail.first_chunk());
        let last = last.map(|tail| order.u32(*tail));
        if last != Some(len) {
            return Err(self.lengths_differ(len, last.unwrap_or(0)));
        }
        let place = self.input.take(whole);
        let body = place.start + 8..place.end - 4;
        self.content(kind, order, body, offset).map_err(|fault| self.damaged_at(offset, fault.into_owned()))
    }

    /// Skips a block that is too large for memory; a section or a packet of that size is an error.
    fn large(&mut self, kind: u32, len: u32, order: Order) -> Result<Step, CaptureError> {
        if kind <= blocks::ENHANCED_PACKET || kind == blocks::SECTION_HEADER {
            return Err(
                self.damaged(format!("a block claims a length of {len} bytes, which none of its kind has"))
            );
        }
        let offset = self.input.offset();
        let rest = u64::from(len) + padding(len as usize) as u64 - 4;
        let there = self.input.skip(rest);
        if !there.map_err(|reason| self.unreadable(reason))? || !self.need(4)? {
            let reason = format!("a block claims a length of {len} bytes, and the file ends before that");
            return Err(self.damaged_at(offset, reason));
        }
        let tail = self.input.take(4);
        match self.input.slice(tail).first_chunk().map(|tail| order.u32(*tail)) {
            Some(last) if last == len => Ok(Step::Other),
            last => Err(self.lengths_differ(len, last.unwrap_or(0))),
        }
    }

    fn options(&self, place: &Range<usize>) -> Cursor<'_> {
        let order = if let Layout::Blocks(order) = self.layout { order } else { Order::Little };
        Cursor::new(order, self.input.slice(place.clone()))
    }

    fn has_options(&self) -> bool {
        self.current.as_ref().is_some_and(|c| !c.options.is_empty())
    }

    fn step(&mut self) -> Result<bool, CaptureError> {
        loop {
            let step = match self.layout {
                Layout::Blocks(order) => self.block(order)?,
                Layout::Classic(layout) => self.record(layout)?,
            };
            match step {
                Step::Frame => {
                    self.count += 1;
                    if self.has_options() || self.comment.is_some() {
                        self.comment = self.comments().next().map(Cow::into_owned);
                    }
                    return Ok(true);
                }
                Step::Other => self.check_parts()?,
                Step::End => return Ok(false),
            }
        }
    }

    #[inline]
    fn need(&mut self, n: usize) -> Result<bool, CaptureError> {
        self.input.need(n).map_err(|reason| self.unreadable(reason))
    }

    fn unreadable(&self, reason: io::Error) -> CaptureError {
        let offset = self.input.offset() + self.input.window().len() as u64;
        CaptureError::Read { file: self.file.clone(), offset, frames: self.count, reason }
    }

    #[cold]
    fn cut(&self, needed: usize) -> CaptureError {
        let what = if let Layout::Classic(_) = self.layout { "record" } else { "block" };
        let there = self.input.window().len();
        self.damaged(format!(
            "the file ends in the middle of a {what}, after {there} of at least {needed} bytes"
        ))
    }

    #[cold]
    fn lengths_differ(&self, first: u32, last: u32) -> CaptureError {
        self.damaged(format!("a block says {first} bytes at its beginning and {last} at its end"))
    }

    #[cold]
    fn damaged(&self, reason: String) -> CaptureError {
        self.damaged_at(self.input.offset(), reason)
    }

    #[cold]
    fn damaged_at(&self, offset: u64, reason: String) -> CaptureError {
        CaptureError::Damaged { file: self.file.clone(), offset, frames: self.count, reason }
    }
}

impl<R: Read> Reader<R> {
    /// Whether the next frame was read from the input already, so that the caller need not wait for it.
    pub fn holds_next(&self) -> bool {
        let mut rest = self.input.window();
        match self.layout {
            Layout::Classic(layout) => layout.record_len(rest).is_some_and(|whole| rest.len() >= whole),
            Layout::Blocks(order) => loop {
                let Some((head, _)) = rest.split_first_chunk::<8>() else { return false };
                let [a, b, c, d, e, f, g, h] = *head;
                let (kind, len) = (order.u32([a, b, c, d]), order.u32([e, f, g, h]) as usize);
                let Some((_, behind)) = rest.split_at_checked(len.max(8)) else { return false };
                if matches!(kind, blocks::PACKET | blocks::SIMPLE_PACKET | blocks::ENHANCED_PACKET) {
                    return true;
                }
                rest = behind;
            },
        }
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Moves to the frame whose block begins at `position`, the `no`th of the file.
    pub(super) fn move_to(&mut self, no: FrameNo, position: u64) -> Result<bool, CaptureError> {
        self.current = None;
        self.input.seek(position).map_err(|reason| self.unreadable(reason))?;
        if let Layout::Blocks(_) = self.layout {
            self.section = self.info.sections.partition_point(|s| s.offset <= position).saturating_sub(1);
            let big = self.info.sections.get(self.section).is_some_and(|s| s.big_endian);
            self.layout = Layout::Blocks(if big { Order::Big } else { Order::Little });
        }
        self.count = no.0.saturating_sub(1);
        self.step()
    }
}

impl<R: Read> Source for Reader<R> {
    fn advance(&mut self) -> Result<bool, CaptureError> {
        self.current = None;
        if self.ended {
            return Ok(false);
        }
        let step = self.step();
        self.ended = !matches!(step, Ok(true));
        step
    }

    fn frame(&self) -> Option<Frame<'_>> {
        let current = self.current.as_ref()?;
        let way = self.ways.get(current.interface)?;
        let interface = self.info.interfaces.get(current.interface);
        let origin = Origin {
            interface_name: interface.and_then(|i| i.name.as_deref()),
            interface_description: interface.and_then(|i| i.description.as_deref()),
            comment: self.comment.as_deref(),
            section: interface.map_or(0, |i| i.section),
        };
        Some(Frame {
            origin,
            no: FrameNo(self.count),
            time: current.time,
            precision: way.precision,
            link: way.link,
            wire_len: current.wire_len,
            interface: current.id as u32,
            bytes: self.input.slice(current.bytes.clone()),
        })
    }

    fn place(&self) -> Option<Place<'_>> {
        Some(self.input.place(self.current.as_ref()?.bytes.clone()))
    }

    fn info(&self) -> &Info {
        &self.info
    }

    fn interface(&self) -> Option<&Interface> {
        self.info.interfaces.get(self.current.as_ref()?.interface)
    }

    fn comments(&self) -> Comments<'_> {
        self.current.as_ref().map_or_else(Comments::default, |c| Comments::new(self.options(&c.options)))
    }

    fn position(&self) -> u64 {
        self.current.as_ref().map_or(0, |c| c.offset)
    }

    fn frames(&self) -> u64 {
        self.count
    }

    fn is_large(&self) -> bool {
        self.input.reads_ahead()
    }
}
