//! Parts of a segment's summary that do not depend on its conversation, so that they can be written before it is
//! known.

use super::{Header, lone_timestamps, write_timestamps};
use crate::dissect::protocol::{Early, Parts};
use crate::dissect::{Context, Layer};
use crate::text::{Line, Push};

/// How the row of a segment is written in two steps.
pub(super) const EARLY: Early = Early { write, finish: super::finish };

/// The parts of a summary that the first step has written.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    /// Ports and flags; of no use once both ends have agreed on Accurate ECN.
    pub(super) ports: &'a [u8],
    /// The timestamps, if they are the only option; else empty.
    pub(super) timestamps: &'a [u8],
}

impl<'a> Written<'a> {
    pub(super) fn of(parts: Parts<'a>) -> Option<Written<'a>> {
        let [ports, timestamps] = parts.lengths.map(usize::from);
        let (ports, rest) = parts.text.split_at_checked(ports)?;
        Some(Written { ports, timestamps: rest.get(..timestamps)? })
    }
}

/// Appends the parts of the segment's summary, and returns their lengths: at most 60 bytes for two ports and nine
/// flags, and 37 for the timestamps.
fn write(ctx: &Context<'_>, layer: &Layer, out: &mut Line) -> [u8; 2] {
    let bytes = ctx.layer_bytes(layer);
    let Some(header) = Header::read(bytes) else { return [0, 0] };
    let start = out.len();
    header.write_ports(false, out);
    let ports = out.len() - start;
    if let Some((val, ecr)) = lone_timestamps(bytes, &header) {
        write_timestamps(val, ecr, out);
    }
    [ports as u8, (out.len() - start - ports) as u8]
}

impl Header {
    pub(super) fn write_ports(&self, ace: bool, out: &mut Line) {
        out.num(self.srcport);
        out.text(" → ");
        out.num(self.dstport);
        out.text(" [");
        self.flags.write_counting(ace, out);
        out.text("]");
    }
}
