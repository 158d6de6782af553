//! One segment, as the analysis of its conversation needs it.

use crate::dissect::protocols::tcp::{self, Flags, Header, SeqNo, TcpOption, lone_timestamps};
use crate::dissect::reading::read::Read;

/// The most blocks that fit into a SACK option (RFC 2018, section 3).
const MAX_BLOCKS: usize = 4;

/// One segment, as the analysis needs it.
#[derive(Clone, Copy, Debug)]
pub(in crate::conversation) struct Segment {
    pub(in crate::conversation) frame: u64,
    /// Nanoseconds since the epoch.
    pub(in crate::conversation) time: i64,
    pub(in crate::conversation) header: Header,
    /// Length of the payload on the wire, in bytes.
    pub(in crate::conversation) len: u32,
    pub(in crate::conversation) options: Options,
}

/// The options of a segment that the analysis needs.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::conversation) struct Options {
    /// Shift count of the window scale option; `None` without that option.
    pub(super) scale: Option<u8>,
    /// How many bytes the blocks of the SACK options cover.
    pub(super) sacked: u32,
}

impl Options {
    /// The options that follow `header` in the segment's `bytes`.
    pub(in crate::conversation) fn read(bytes: &[u8], header: &Header) -> Options {
        let mut found = Options::default();
        // The analysis does not use timestamps.
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

    /// The number after the segment; SYN and FIN take one sequence number each.
    pub(super) fn next(&self) -> SeqNo {
        self.header.seq + self.len + u32::from(self.is(Flags::SYN)) + u32::from(self.is(Flags::FIN))
    }
}
