//! The state of one side of a TCP conversation.

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

/// The state of one side: what it has sent so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    pub(super) base: Option<SeqNo>,
    pub(super) scale: Scale,
    pub(super) window: u16,
    /// Whether the window of its last segment came with a SYN, and so is not scaled.
    pub(super) window_of_syn: bool,
    /// The highest sequence number so far, one past the last byte; `None` before the first segment.
    pub(super) next: Option<SeqNo>,
    /// Time and frame of the segment that set `next`.
    pub(super) next_time: i64,
    pub(super) next_frame: u64,
    pub(super) acknowledgeable: Ceiling,
    /// The acknowledgement number of its last segment.
    pub(super) lastack: Option<SeqNo>,
    /// The time of its last segment, in nanoseconds since the epoch.
    pub(super) lastack_time: i64,
    pub(super) dup_acks: u32,
    pub(super) first_ack_frame: u64,
    pub(super) findings: Findings,
    pub(super) push_bytes: u32,
    /// Whether a segment is missing, and the other side has sent nothing since, so that the bytes in flight are
    /// unknown.
    pub(super) flight_unknown: bool,
    pub(super) pushed: bool,
    /// How many bytes the blocks of its last SACK option cover.
    pub(super) sacked: u32,
    // A thin vector takes only a pointer; most conversations have no unacknowledged segment.
    pub(super) unacked: ThinVec<Sent>,
}

impl Side {
    /// Drops the segments that `s` acknowledges. If a segment ends exactly at that number, returns its frame, and the
    /// nanoseconds since it.
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

    /// How many bytes are sent but neither acknowledged nor selectively acknowledged by `other`. The result wraps at
    /// 2^32 if more were selectively acknowledged.
    pub(super) fn in_flight(&self, other: &Side) -> u32 {
        // As in Wireshark, relative numbers are compared, so that numbers before the base count as very high.
        let base = self.base.unwrap_or_default();
        let low = self.unacked.iter().map(|sent| sent.seq - base).min().unwrap_or(0);
        let high = self.unacked.iter().map(|sent| sent.next - base).max().unwrap_or(0);
        high.wrapping_sub(low).wrapping_sub(other.sacked)
    }
}
