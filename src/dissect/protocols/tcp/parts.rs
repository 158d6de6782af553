//! What a segment's summary says whatever its conversation: it can be written before that is known.

use super::{Header, lone_timestamps, write_timestamps};
use crate::text::{Line, Push};

/// Parts of a summary that are written already, and what the rest of it takes of the segment, whose bytes another
/// processor has.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The fixed header.
    pub header: Header,
    /// Ports and flags, as long as the ends have not agreed on Accurate ECN.
    pub ports: &'a [u8],
    /// The timestamps, where they are the only option; else empty.
    pub timestamps: &'a [u8],
}

/// How long these parts are that stand one after the other, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct PartLengths {
    ports: u8,
    timestamps: u8,
}

impl PartLengths {
    /// Takes the parts off the beginning of `written`; they are of the segment with this `header`.
    pub fn split_off<'a>(self, header: Header, written: &mut &'a [u8]) -> Option<Parts<'a>> {
        Some(Parts {
            header,
            ports: written.split_off(..usize::from(self.ports))?,
            timestamps: written.split_off(..usize::from(self.timestamps))?,
        })
    }
}

impl Header {
    /// Appends the parts of the summary of the segment in `bytes`.
    pub(crate) fn write_parts(&self, bytes: &[u8], out: &mut Line) -> PartLengths {
        let start = out.len();
        self.write_ports(false, out);
        let ports = out.len() - start;
        if let Some((val, ecr)) = lone_timestamps(bytes, self) {
            write_timestamps(val, ecr, out);
        }
        // Two ports and nine flags take 60 bytes at most, the timestamps 37.
        PartLengths { ports: ports as u8, timestamps: (out.len() - start - ports) as u8 }
    }

    pub(super) fn write_ports(&self, ace: bool, out: &mut Line) {
        out.num(self.srcport);
        out.text(" → ");
        out.num(self.dstport);
        out.text(" [");
        self.flags.write_counting(ace, out);
        out.text("]");
    }
}
