//! The state of one side of a TCP conversation.

use super::Segment;
use crate::dissect::protocols::tcp::{Findings, Scale, SeqNo};
use thin_vec::ThinVec;

/// In place of a number of duplicate ACKs: the other side has acknowledged more than is known to be sent.
const EXCEEDED: u32 = u32::MAX;

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
    /// The number up to which its bytes can be acknowledged if the other side has received only what the capture
    /// shows: the end of the bytes without a gap. It is 0 before the first segment.
    pub(super) acknowledgeable: SeqNo,
    /// The acknowledgement number of its last segment.
    pub(super) lastack: Option<SeqNo>,
    /// The time of its last segment, in nanoseconds since the epoch.
    pub(super) lastack_time: i64,
    /// How many duplicate ACKs have followed its last new acknowledgement number, or [`EXCEEDED`].
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
    /// Counts a duplicate ACK of this side, and returns their number.
    pub(super) fn repeat_ack(&mut self) -> u32 {
        self.dup_acks = if self.dup_acks == EXCEEDED { 1 } else { self.dup_acks + 1 };
        self.dup_acks
    }

    /// Notes a segment at `seq` of this side, whose highest number was `before`, and is `next` now.
    pub(super) fn extend(&mut self, seq: SeqNo, before: Option<SeqNo>) {
        if before.is_none() || seq == self.acknowledgeable {
            self.acknowledgeable = self.next.unwrap_or_default();
        }
    }

    /// Whether `ack` exceeds what the other side can have received of this side's bytes.
    pub(super) fn can_not_have_sent(&self, ack: SeqNo) -> bool {
        // A reset without a connection may leave a number of 0, which has no meaning.
        self.acknowledgeable != SeqNo(0) && ack.after(self.acknowledgeable)
    }

    /// Notes such an acknowledgement, and returns whether it is told. It is told where bytes behind a gap are known.
    /// Otherwise it is told once, until this side acknowledges something new, and not at all while this side repeats
    /// an acknowledgement.
    pub(super) fn tells_missing(&mut self) -> bool {
        if self.next != Some(self.acknowledgeable) {
            self.acknowledgeable = self.next.unwrap_or_default();
            return true;
        }
        std::mem::replace(&mut self.dup_acks, EXCEEDED) == 0
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    /// A side that has sent the numbers up to 10.
    fn side() -> Side {
        let mut side = Side { next: Some(SeqNo(10)), ..Side::default() };
        side.extend(SeqNo(0), None);
        side
    }

    #[test]
    fn what_was_not_sent_is_told_once_until_something_new_is_acknowledged() {
        let mut side = side();
        assert!(!side.can_not_have_sent(SeqNo(10)) && side.can_not_have_sent(SeqNo(11)));
        assert!(side.tells_missing());
        assert!(!side.tells_missing());
        side.dup_acks = 0;
        assert!(side.tells_missing());
    }

    #[test]
    fn a_gap_is_told_even_where_an_acknowledgement_is_repeated() {
        let mut side = side();
        assert_eq!(side.repeat_ack(), 1);
        side.next = Some(SeqNo(30));
        side.extend(SeqNo(20), Some(SeqNo(10)));
        assert!(side.can_not_have_sent(SeqNo(30)) && side.tells_missing());
        assert!(!side.can_not_have_sent(SeqNo(30)));
        assert!(side.can_not_have_sent(SeqNo(31)) && !side.tells_missing());
    }

    #[test]
    fn duplicates_are_counted_from_one_behind_an_acknowledgement_of_too_much() {
        let mut side = side();
        assert!(side.tells_missing());
        assert_eq!((side.repeat_ack(), side.repeat_ack()), (1, 2));
    }
}
