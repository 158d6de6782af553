//! The content of the blocks of a pcapng file.

use super::{Current, Reader, Step, Way};
use crate::capture::blocks::{self, Cursor, Fault, Order, padding};
use crate::capture::error::CaptureError;
use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;

/// The most interfaces, and the most sections, of one file.
const MOST_PARTS: usize = 65_536;
/// The most names that are kept; further ones are ignored.
const MOST_NAMES: usize = 65_536;

impl<R: Read> Reader<R> {
    /// Reads the body of a block.
    pub(super) fn content(
        &mut self,
        kind: u32,
        order: Order,
        body: Range<usize>,
        offset: u64,
    ) -> Result<Step, Fault> {
        match kind {
            blocks::ENHANCED_PACKET | blocks::PACKET => {
                self.packet(kind, order, body, offset).map(|()| Step::Frame)
            }
            blocks::SIMPLE_PACKET => self.simple(order, body, offset).map(|()| Step::Frame),
            _ => self.description(kind, order, body, offset).map(|()| Step::Other),
        }
    }

    /// An enhanced packet block, or the packet block that it replaced: both have 20 bytes before the data.
    fn packet(&mut self, kind: u32, order: Order, body: Range<usize>, offset: u64) -> Result<(), Fault> {
        let mut at = Cursor::new(order, self.input.slice(body.clone()));
        let id = if kind == blocks::PACKET {
            let (id, _drops) = (at.u16(), at.u16());
            id.map(u32::from)
        } else {
            at.u32()
        };
        let (Some(id), Some(units), Some(captured), Some(wire_len)) = (id, at.time(), at.u32(), at.u32())
        else {
            return Err("the block is too short for a frame's header".into());
        };
        let (interface, way) = self.way(id)?;
        let captured = captured as usize;
        if captured > at.len() {
            return Err(too_short(captured, at.len()));
        }
        let data = body.end - at.len();
        let bytes = data..data + captured;
        let options = (bytes.end + padding(captured)).min(body.end)..body.end;
        if !options.is_empty() {
            blocks::check_options(self.options(&options))?;
        }
        let time = Some(way.clock.time(units));
        // The frame is stored here at once: returning it first would cost a tenth of the reading time.
        self.current = Some(Current { time, wire_len, interface, id: id as usize, bytes, options, offset });
        Ok(())
    }

    /// A simple packet block: a frame of the section's first interface, without a time.
    fn simple(&mut self, order: Order, body: Range<usize>, offset: u64) -> Result<(), Fault> {
        let mut at = Cursor::new(order, self.input.slice(body.clone()));
        let Some(wire_len) = at.u32() else {
            return Err("the block is too short for a frame's header".into());
        };
        let (interface, way) = self.way(0)?;
        let captured = if way.snaplen == 0 { wire_len } else { wire_len.min(way.snaplen) } as usize;
        if captured > at.len() {
            return Err(too_short(captured, at.len()));
        }
        let data = body.end - at.len();
        let bytes = data..data + captured;
        self.current = Some(Current { time: None, wire_len, interface, id: 0, bytes, options: 0..0, offset });
        Ok(())
    }

    /// The interface with index `id` in the section: its index among all, and its properties. An error if the section
    /// has not described it.
    fn way(&self, id: u32) -> Result<(usize, &Way), Fault> {
        let first = self.first_interface() as usize;
        let index = first.saturating_add(id as usize);
        match self.ways.get(index) {
            Some(way) => Ok((index, way)),
            None => Err(Cow::Owned(format!(
                "a frame is of interface {id}, and the section has described {} so far",
                self.ways.len().saturating_sub(first)
            ))),
        }
    }

    /// Reads a block that describes the capture; unknown blocks are ignored.
    fn description(&mut self, kind: u32, order: Order, body: Range<usize>, offset: u64) -> Result<(), Fault> {
        let mut at = Cursor::new(order, self.input.slice(body));
        match kind {
            blocks::SECTION_HEADER => {
                at.u32();
                let mut section = blocks::section(at)?;
                section.offset = offset;
                section.first_interface = self.info.interfaces.len() as u32;
                self.section = self.info.sections.len();
                self.info.sections.push(section);
            }
            blocks::INTERFACE_DESCRIPTION => {
                let interface = blocks::interface(at)?;
                self.add_interface(interface);
            }
            blocks::NAME_RESOLUTION => {
                let room = MOST_NAMES.saturating_sub(self.info.names.len());
                let names = blocks::names(at)?;
                self.info.names.extend(names.into_iter().take(room));
            }
            blocks::INTERFACE_STATISTICS => {
                // Statistics of an interface that was not described are ignored, as in Wireshark.
                if let Some((index, way)) = at.u32().and_then(|id| self.way(id).ok()) {
                    let found = blocks::statistics(at, &way.clock)?;
                    if let Some(interface) = self.info.interfaces.get_mut(index) {
                        interface.statistics = Some(found);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Limits descriptions, so that a file of nothing else cannot fill the memory.
    pub(super) fn check_parts(&self) -> Result<(), CaptureError> {
        let what = if self.info.interfaces.len() > MOST_PARTS {
            "interfaces"
        } else if self.info.sections.len() > MOST_PARTS {
            "sections"
        } else {
            return Ok(());
        };
        let (file, offset) = (self.file.clone(), self.input.offset());
        Err(CaptureError::TooMany { file, what, most: MOST_PARTS, offset })
    }
}

fn too_short(needed: usize, there: usize) -> Fault {
    Cow::Owned(format!("a frame claims {needed} bytes, and its block has room for {there}"))
}
