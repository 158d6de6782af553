//! Merges several captures in the order of time. Each frame keeps its interface, and gets a new number.

use super::buffer::Place;
use super::reader::FileReader;
use super::{CaptureError, Comments, Info, Interface, Source};
use crate::frame::{Frame, FrameNo, Timestamp};
use std::collections::VecDeque;

/// How many earlier frames a new one is compared with to find copies, as many as in `editcap -d`.
const RECENT: usize = 4;

/// A source that always takes the earliest frame of several captures. A frame without a time follows its predecessor
/// in its file at once. Of frames with equal times, those of the first file come first.
pub struct Merged {
    inputs: Vec<Input>,
    /// The input whose frame is the current one.
    current: Option<usize>,
    info: Info,
    count: u64,
    /// The latest frames, if copies are left out; else `None`.
    recent: Option<VecDeque<(u32, Vec<u8>)>>,
    /// Number of copies that were left out.
    copies: u64,
    /// The first damage, which is reported after the other captures have ended.
    damage: Option<CaptureError>,
}

struct Input {
    reader: FileReader,
    /// The time of its current frame; `None` at its end.
    at: Option<Timestamp>,
    /// For each of its interfaces, the index in [`Merged::info`].
    interfaces: Vec<usize>,
    /// Numbers of names and sections that were taken over.
    taken: (usize, usize),
}

impl Merged {
    /// The frames of these captures; with `without_copies`, without those whose bytes equal one of the four frames
    /// before.
    pub fn new(readers: Vec<FileReader>, without_copies: bool) -> Merged {
        let inputs = readers
            .into_iter()
            .map(|reader| Input { reader, at: None, interfaces: Vec::new(), taken: (0, 0) })
            .collect::<Vec<_>>();
        let mut merged = Merged {
            inputs,
            current: None,
            info: Info::default(),
            count: 0,
            recent: without_copies.then(VecDeque::new),
            copies: 0,
            damage: None,
        };
        for index in 0..merged.inputs.len() {
            merged.step(index);
        }
        merged
    }

    /// Number of copies that were left out.
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// Moves one input to its next frame, and takes over the descriptions that it has read on the way.
    fn step(&mut self, index: usize) {
        let Some(input) = self.inputs.get_mut(index) else { return };
        let before = input.at.unwrap_or_default();
        input.at = match input.reader.advance() {
            Ok(true) => Some(input.reader.frame().and_then(|frame| frame.time).unwrap_or(before)),
            Ok(false) => None,
            Err(error) => {
                let _ = self.damage.get_or_insert(error);
                None
            }
        };
        let from = input.reader.info();
        self.info.names.extend_from_slice(from.names.get(input.taken.0..).unwrap_or_default());
        self.info.sections.extend_from_slice(from.sections.get(input.taken.1..).unwrap_or_default());
        input.taken = (from.names.len(), from.sections.len());
        for (i, interface) in from.interfaces.iter().enumerate() {
            match input.interfaces.get(i).and_then(|place| self.info.interfaces.get_mut(*place)) {
                // The counters of an interface are at the end of a file.
                Some(known) => known.statistics = interface.statistics,
                None => {
                    let place = self.info.interfaces.len();
                    input.interfaces.push(place);
                    self.info.interfaces.push(Interface { index: place as u32, ..interface.clone() });
                }
            }
        }
    }

    /// Whether the current frame is a copy of a recent one; if not, remembers it.
    fn is_copy(&mut self) -> bool {
        let input = self.current.and_then(|index| self.inputs.get(index));
        let (Some(recent), Some(frame)) = (&mut self.recent, input.and_then(|input| input.reader.frame()))
        else {
            return false;
        };
        if recent.iter().any(|(len, bytes)| *len == frame.wire_len && bytes == frame.bytes) {
            return true;
        }
        if recent.len() == RECENT {
            recent.pop_front();
        }
        recent.push_back((frame.wire_len, frame.bytes.to_vec()));
        false
    }
}

impl Source for Merged {
    fn advance(&mut self) -> Result<bool, CaptureError> {
        loop {
            if let Some(index) = self.current.take() {
                self.step(index);
            }
            let times = self.inputs.iter().enumerate().filter_map(|(i, input)| Some((input.at?, i)));
            self.current = times.min().map(|(_, index)| index);
            if self.current.is_none() {
                return self.damage.take().map_or(Ok(false), Err);
            }
            if !self.is_copy() {
                self.count += 1;
                return Ok(true);
            }
            self.copies += 1;
        }
    }

    fn frame(&self) -> Option<Frame<'_>> {
        let frame = self.inputs.get(self.current?)?.reader.frame()?;
        let interface = self.interface().map_or(frame.interface, |interface| interface.index);
        Some(Frame { no: FrameNo(self.count), interface, ..frame })
    }

    fn frames(&self) -> u64 {
        self.count
    }

    fn place(&self) -> Option<Place<'_>> {
        self.inputs.get(self.current?)?.reader.place()
    }

    fn info(&self) -> &Info {
        &self.info
    }

    fn interface(&self) -> Option<&Interface> {
        let input = self.inputs.get(self.current?)?;
        let place = input.interfaces.get(input.reader.interface()?.index as usize)?;
        self.info.interfaces.get(*place)
    }

    fn comments(&self) -> Comments<'_> {
        let input = self.current.and_then(|index| self.inputs.get(index));
        input.map_or_else(Comments::default, |input| input.reader.comments())
    }
}
