//! What a segment means after the segments before it: Wireshark's analysis of sequence numbers.

use super::{SYN_FIN, SYN_FIN_RST, Segment, Side, Stream};
use crate::direction::Direction;
use crate::dissect::protocols::tcp::{Findings, Flags, Scale, SeqNo, TcpFacts};

/// A repeat within this time (nanoseconds) after the third duplicate ACK is a fast retransmission.
const FAST: i64 = 20_000_000;

/// A late segment within this time (nanoseconds) after the highest one is out of order, if no round trip is known.
const REORDERING: i64 = 3_000_000;

impl Stream {
    /// Writes into `facts` what `s` means after what both sides have sent before it.
    pub(super) fn analyse(&mut self, s: &Segment, direction: Direction, facts: &mut TcpFacts) {
        let rtt = self.initial_rtt;
        let [fwd, rev] = direction.split(&mut self.sides);
        let known = fwd.next;
        let in_order = known == Some(s.header.seq);
        let quiet = !s.is(SYN_FIN_RST);
        let same_ack = fwd.lastack == Some(s.header.ack);
        let same_window = fwd.window == s.header.window;
        let f = &mut facts.findings;
        if s.len == 1 && in_order && rev.window == 0 && rev.lastack.is_some() {
            *f |= Findings::ZERO_WINDOW_PROBE;
        } else {
            if s.header.window == 0 && quiet {
                *f |= Findings::ZERO_WINDOW;
            }
            // A reset without a connection may leave a highest number of 0, which has no meaning.
            let highest = known.filter(|next| *next != SeqNo(0));
            if highest.is_some_and(|next| s.header.seq.after(next)) && !s.is(Flags::RST) {
                *f |= Findings::LOST_SEGMENT;
            }
            if s.len <= 1 && quiet && known.is_some_and(|next| s.header.seq == next - 1) {
                *f |= Findings::KEEP_ALIVE;
            }
            let bare = s.len == 0 && in_order && same_ack && quiet;
            if bare && s.header.window != 0 && !same_window {
                *f |= Findings::WINDOW_UPDATE;
            }
            if s.len > 0 && quiet && rev.is_full_at(s.next()) {
                *f |= Findings::WINDOW_FULL;
            }
            if bare && same_window && rev.findings.has(Findings::KEEP_ALIVE) && s.header.window != 0 {
                *f |= Findings::KEEP_ALIVE_ACK;
            } else if s.len == 0
                && in_order
                && quiet
                && s.header.window == 0
                && same_window
                && rev.findings.has(Findings::ZERO_WINDOW_PROBE)
                && same_ack
            {
                *f |= Findings::ZERO_WINDOW_PROBE_ACK;
            } else if bare && same_window && s.header.window != 0 {
                *f |= Findings::DUPLICATE_ACK;
                facts.dup_ack = Some((fwd.first_ack_frame, fwd.repeat_ack()));
            }
        }
        if !same_ack {
            fwd.first_ack_frame = s.frame;
            fwd.dup_acks = 0;
        }
        if s.is(Flags::ACK) && rev.can_not_have_sent(s.header.ack) {
            if rev.tells_missing() {
                *f |= Findings::ACK_LOST_SEGMENT;
            }
            facts.analysed = true;
        }
        // This SYN comes after the answer to it.
        facts.analysed |= s.is(Flags::SYN) && !s.is(Flags::ACK) && rev.next.is_some();
        let carries = s.len > 0 || s.is(SYN_FIN);
        if carries && !f.has(Findings::KEEP_ALIVE) {
            repeats(s, fwd, rev, rtt, facts);
        }
    }
}

impl Side {
    /// Whether a segment of the other side that ends at `next` fills the window that this side announced last.
    fn is_full_at(&self, next: SeqNo) -> bool {
        let shift = match self.scale {
            Scale::Unknown => return false,
            Scale::Shift(shift) if !self.window_of_syn => shift.min(14),
            _ => 0,
        };
        self.lastack.is_some_and(|ack| ack + (u32::from(self.window) << shift) == next)
    }
}

/// Notes what kind of repeat a segment is whose sequence numbers were seen before.
fn repeats(s: &Segment, fwd: &Side, rev: &Side, rtt: Option<i64>, facts: &mut TcpFacts) {
    let f = &mut facts.findings;
    let end = s.header.seq + s.len;
    // A segment without ACK has an acknowledgement number of 0.
    let spurious = s.len > 0 && rev.lastack.is_some_and(|ack| ack != SeqNo(0) && end.up_to(ack));
    // A segment that repeats one byte and adds new ones is no retransmission: it follows a window probe, or overtook
    // a FIN.
    let known = |next: &SeqNo| s.header.seq.before(*next) && (s.len <= 1 || s.header.seq != *next - 1);
    let Some(highest) = fwd.next.filter(known) else {
        // Bytes that are acknowledged were sent before, even if they were not captured.
        if spurious {
            *f |= Findings::SPURIOUS_RETRANSMISSION | Findings::RETRANSMISSION;
        }
        return;
    };
    let acked = rev.lastack.filter(|_| rev.dup_acks >= 2);
    let fast =
        acked.is_some_and(|ack| ack == s.header.seq && (0..FAST).contains(&(s.time - rev.lastack_time)));
    let reordering = rtt.filter(|rtt| *rtt != 0).unwrap_or(REORDERING);
    if fast {
        *f |= Findings::FAST_RETRANSMISSION | Findings::RETRANSMISSION;
    } else if spurious {
        *f |= Findings::SPURIOUS_RETRANSMISSION | Findings::RETRANSMISSION;
    } else if (0..reordering).contains(&(s.time - fwd.next_time)) && highest != s.next() {
        *f |= Findings::OUT_OF_ORDER;
    } else {
        *f |= Findings::RETRANSMISSION;
        let first = fwd.unacked.first();
        let (time, frame) = first.map_or((fwd.next_time, fwd.next_frame), |sent| (sent.time, sent.frame));
        facts.rto = Some((s.time - time, frame));
    }
}
