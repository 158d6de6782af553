//! Bytes of the packet at hand that are not in the frame as they are: put together, unpacked or decoded.

use super::Layers;
use super::facts::AppFacts;
use super::{Decoder, Span, source_of};
use crate::direction::Direction;
use std::mem;

/// Most sources that one packet may have: a source is an 8-bit number.
const MOST: usize = 200;

/// Reassembled data of one packet; the memory is used again for the next.
#[derive(Debug, Default)]
pub struct Buffers {
    all: Vec<Vec<u8>>,
    filled: usize,
}

impl Buffers {
    /// Forgets the last packet's.
    pub fn clear(&mut self) {
        self.filled = 0;
    }

    /// Those of this packet: source n is at n - 1.
    pub fn filled(&self) -> &[Vec<u8>] {
        self.all.get(..self.filled).unwrap_or(&[])
    }

    /// An empty buffer to be filled and then given to [`Buffers::add`].
    pub fn spare(&mut self) -> Vec<u8> {
        let mut buffer = self.all.get_mut(self.filled).map(mem::take).unwrap_or_default();
        buffer.clear();
        buffer
    }

    /// Makes `buffer` a source; `None` when there are too many.
    pub fn add(&mut self, buffer: Vec<u8>) -> Option<u8> {
        if self.filled >= MOST {
            return None;
        }
        match self.all.get_mut(self.filled) {
            Some(slot) => *slot = buffer,
            None => self.all.push(buffer),
        }
        self.filled += 1;
        u8::try_from(self.filled).ok()
    }

    /// Lends the bytes of a source, while others are added; [`Buffers::give_back`] puts them into their place again.
    pub(crate) fn lend(&mut self, index: u8) -> Vec<u8> {
        self.all.get_mut(usize::from(index)).map(mem::take).unwrap_or_default()
    }

    /// Takes back what [`Buffers::lend`] lent.
    pub(crate) fn give_back(&mut self, index: u8, buffer: Vec<u8>) {
        if let Some(slot) = self.all.get_mut(usize::from(index)) {
            *slot = buffer;
        }
    }

    /// Takes the last source back: it is none.
    pub fn take_back(&mut self) -> Vec<u8> {
        self.filled = self.filled.saturating_sub(1);
        self.all.get_mut(self.filled).map(mem::take).unwrap_or_default()
    }
}

/// What an application protocol works on: the bytes of one packet, the layers found so far, and when it came.
pub(crate) struct Work<'a> {
    /// The captured bytes of the frame.
    pub(crate) frame: &'a [u8],
    pub(crate) buffers: &'a mut Buffers,
    pub(crate) layers: &'a mut Layers,
    pub(crate) facts: &'a mut AppFacts,
    /// Number of the frame.
    pub(crate) no: u64,
    /// Nanoseconds since the epoch.
    pub(crate) time: i64,
    /// Its ports: the sender's, and the receiver's.
    pub(crate) ports: (u16, u16),
    /// Its direction in its conversation.
    pub(crate) direction: Direction,
}

impl Work<'_> {
    /// All bytes of a source.
    pub(crate) fn source(&self, source: u8) -> &[u8] {
        source_of(self.frame, self.buffers.filled(), source)
    }

    /// The bytes of a span of a source, as far as they are there.
    pub(crate) fn get(&self, source: u8, span: Span) -> &[u8] {
        super::clip(self.source(source), span.start, span.end)
    }

    /// A decoder over a source.
    pub(crate) fn decoder(&mut self, source: u8) -> Decoder<'_, '_> {
        Decoder::over(source_of(self.frame, self.buffers.filled(), source), source, self.layers)
    }
}
