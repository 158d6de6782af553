//! What one side of a TCP conversation has sent.

use super::{Ceiling, Segment};
use crate::dissect::protocols::tcp::{Findings, Scale, SeqNo};
use thin_vec::ThinVec;

/// A segment that waits for its acknowledgement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) frame: u64,
    pub(super) time: i64,
    pub(super) seq: SeqNo,
    pub(super) next: SeqNo,
}

/// What one side has sent so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    pub(super) base: Option<SeqNo>,
    pub(super) scale: Scale,
    pub(super) window: u16,
    /// The window in its last segment came with a SYN, so it is not scaled.
    pub(super) window_of_syn: bool,
    /// Highest sequence number so far, one past the last byte.
    pub(super) next: Option<SeqNo>,
    /// The segment that it came with.
    pub(super) next_time: i64,
    pub(super) next_frame: u64,
    pub(super) acknowledgeable: Ceiling,
    /// The acknowledgement in its last segment.
    pub(super) lastack: Option<SeqNo>,
    /// When that came.
    pub(super) lastack_time: i64,
    pub(super) dup_acks: u32,
    pub(super) first_ack_frame: u64,
    pub(super) findings: Findings,
    pub(super) push_bytes: u32,
    /// A segment is missing, and the other side has sent nothing since, so how much is in flight is not known.
    pub(super) flight_unknown: bool,
    pub(super) pushed: bool,
    /// Bytes in the blocks of its last SACK option.
    pub(super) sacked: u32,
    // As long as a pointer: most conversations have nothing under way.
    pub(super) unacked: ThinVec<Sent>,
}

impl Side {
    /// Drops the segments that `s` acknowledges. If one ends exactly there: its frame, and nanoseconds since it.
    pub(super) fn acknowledge(&mut self, s: &Segment) -> Option<(u64, i64)> {
        if self.unacked.is_empty() {
            return None;
        }
        let ack = s.header.ack;
        let exact = self.unacked.iter().find(|sent| sent.next == ack);
        let found = exact.map(|sent| (sent.frame, s.time - sent.time));
        self.unacked.retain_mut(|sent| {
            if sent.next.after(ack) && sent.seq.before(ack) {
                sent.seq = ack;
            }
            sent.next.after(ack)
        });
        found
    }

    /// Bytes sent and neither acknowledged nor selectively acknowledged by `other`; modulo 2^32, when that says more.
    pub(super) fn in_flight(&self, other: &Side) -> u32 {
        // As Wireshark counts: what lies before the first number lies far behind all others.
        let base = self.base.unwrap_or_default();
        let low = self.unacked.iter().map(|sent| sent.seq - base).min().unwrap_or(0);
        let high = self.unacked.iter().map(|sent| sent.next - base).max().unwrap_or(0);
        high.wrapping_sub(low).wrapping_sub(other.sacked)
    }
}
