//! One segment, as far as the analysis of its conversation needs it.

use crate::dissect::protocols::tcp::{self, Flags, Header, SeqNo, TcpOption, lone_timestamps};
use crate::dissect::reading::read::Read;

/// Blocks that a SACK option has room for (RFC 2018, section 3).
const MAX_BLOCKS: usize = 4;

/// One segment as the analysis sees it.
#[derive(Clone, Copy, Debug)]
pub(in crate::conversation) struct Segment {
    pub(in crate::conversation) frame: u64,
    /// Nanoseconds since the epoch.
    pub(in crate::conversation) time: i64,
    pub(in crate::conversation) header: Header,
    /// Payload on the wire, in bytes.
    pub(in crate::conversation) len: u32,
    pub(in crate::conversation) options: Options,
}

/// What the analysis needs of a segment's options.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::conversation) struct Options {
    /// Shift count of the window.
    pub(super) scale: Option<u8>,
    /// Bytes in the blocks of its SACK options.
    pub(super) sacked: u32,
}

impl Options {
    /// The options that follow `header` in the segment's `bytes`.
    pub(in crate::conversation) fn read(bytes: &[u8], header: &Header) -> Options {
        let mut found = Options::default();
        // Timestamps hold nothing for the analysis.
        if header.len <= 20 || lone_timestamps(bytes, header).is_some() {
            return found;
        }
        for (_, _, option) in tcp::options(bytes, header) {
            match option {
                TcpOption::WindowScale(shift) => found.scale = Some(shift),
                TcpOption::Sack(blocks) => {
                    let edges = blocks.chunks_exact(8).map(|block| (block.u32(0), block.u32(4)));
                    for (left, right) in edges.filter_map(|(left, right)| left.zip(right)).take(MAX_BLOCKS) {
                        found.sacked = found.sacked.wrapping_add(right.wrapping_sub(left));
                    }
                }
                _ => {}
            }
        }
        found
    }
}

impl Segment {
    pub(super) fn is(&self, flags: Flags) -> bool {
        self.header.flags.has(flags)
    }

    /// SYN and FIN use up one sequence number each.
    pub(super) fn next(&self) -> SeqNo {
        self.header.seq + self.len + u32::from(self.is(Flags::SYN)) + u32::from(self.is(Flags::FIN))
    }
}
