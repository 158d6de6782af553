//! Conversations: both directions of a connection. Numbering, TCP analysis and reassembly, as Wireshark defines them.

use crate::dissect::{self, Context, Facts, Layers};
use crate::frame::Frame;

/// Follows all conversations of a capture, frame by frame in order.
#[derive(Default)]
pub struct Tracker {
    layers: Layers,
    facts: Facts<'static>,
    buffers: Vec<Vec<u8>>,
}

impl Tracker {
    /// Nothing seen yet.
    pub fn new() -> Tracker {
        Tracker::default()
    }

    /// Takes the next frame; what it says lives until the next call.
    pub fn track<'a>(&'a mut self, frame: &'a Frame<'a>) -> Context<'a> {
        dissect::decode(frame, &mut self.layers);
        Context { frame, layers: &self.layers, buffers: &self.buffers, facts: &self.facts }
    }
}
