//! Sources of one packet besides its frame: bytes that were reassembled, decompressed, decrypted or decoded.

use super::Layers;
use super::facts::AppFacts;
use super::{Decoder, Span, source_of};
use crate::direction::Direction;
use std::mem;

/// The most sources that one packet may have; the number of a source has 8 bits.
const MOST: usize = 200;

/// The sources of one packet. The memory is used again for the next packet.
#[derive(Debug, Default)]
pub struct Buffers {
    all: Vec<Vec<u8>>,
    filled: usize,
}

impl Buffers {
    /// Forgets the sources of the last packet.
    pub fn clear(&mut self) {
        self.filled = 0;
    }

    /// The sources of this packet: source n is at index n - 1.
    pub fn filled(&self) -> &[Vec<u8>] {
        self.all.get(..self.filled).unwrap_or(&[])
    }

    /// An empty buffer to be filled and then given to [`Buffers::add`].
    pub fn spare(&mut self) -> Vec<u8> {
        let mut buffer = self.all.get_mut(self.filled).map(mem::take).unwrap_or_default();
        buffer.clear();
        buffer
    }

    /// Makes `buffer` the next source, and returns its number; `None` when there are too many.
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

    /// Lends the bytes at `index` of [`Buffers::filled`] while others are added; [`Buffers::give_back`] puts them
    /// back.
    pub(crate) fn lend(&mut self, index: u8) -> Vec<u8> {
        self.all.get_mut(usize::from(index)).map(mem::take).unwrap_or_default()
    }

    /// Puts the bytes that [`Buffers::lend`] lent back to their index.
    pub(crate) fn give_back(&mut self, index: u8, buffer: Vec<u8>) {
        if let Some(slot) = self.all.get_mut(usize::from(index)) {
            *slot = buffer;
        }
    }

    /// Removes the last source, and returns its buffer.
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
    /// The ports of the packet: the sender's, and the receiver's.
    pub(crate) ports: (u16, u16),
    /// The direction of the packet in its conversation.
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
