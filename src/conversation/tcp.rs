//! What one TCP conversation looks like so far, and what the next segment means in its light.
//!
//! The definitions are Wireshark's: numbers are relative to the first one seen, and each segment is judged when it
//! passes, never again later.

mod analysis;
mod ceiling;
mod segment;
mod side;

use super::store::Conversation;
use crate::direction::Direction;
use crate::dissect::protocols::tcp::{Closing, Findings, Flags, Header, Scale, SeqNo, TcpFacts};
use ceiling::Ceiling;
pub(super) use segment::{Options, Segment};
use side::{Sent, Side};
use thin_vec::ThinVec;

/// How many segments per direction are remembered until they are acknowledged. A sender that is never answered must
/// not fill the memory.
const MAX_UNACKED: usize = 1000;

/// What is known of a conversation once it is over, which Wireshark says of all its segments.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End {
    completeness: u8,
    first: u8,
    bases: [Option<SeqNo>; 2],
    scales: [Scale; 2],
    initial_rtt: Option<i64>,
}

impl End {
    /// Adds to a segment's facts what the whole conversation says of it; the segment may be the `first` one.
    pub(super) fn tell(&self, first: bool, direction: Direction, header: &Header, facts: &mut TcpFacts) {
        let (syn, ack) = (header.flags.has(Flags::SYN), header.flags.has(Flags::ACK));
        // What the first segment carries counts when it has come once more.
        facts.completeness = self.completeness | if first { 0 } else { self.first };
        if !syn {
            facts.scale = self.scales[direction];
        } else if ack && self.bases[direction].is_some_and(|base| base != header.seq) {
            // A later answer has another number.
            facts.findings |= Findings::REUSED_PORTS;
            facts.analysed = true;
        }
        if facts.analysed {
            facts.initial_rtt = self.initial_rtt;
        }
    }
}

const SYN_FIN: Flags = Flags(Flags::SYN.0 | Flags::FIN.0);
const SYN_FIN_RST: Flags = Flags(SYN_FIN.0 | Flags::RST.0);

/// Whether the ends have agreed on Accurate ECN (draft-ietf-tcpm-accurate-ecn, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AccurateEcn {
    No,
    Offered,
    Agreed,
}

/// One TCP conversation.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) index: u32,
    sides: [Side; 2],
    first_time: i64,
    last_time: i64,
    syn_time: Option<i64>,
    initial_rtt: Option<i64>,
    completeness: u8,
    begun: bool,
    /// What its first segment would add to the completeness if it did not count as the first.
    first: u8,
    accurate_ecn: AccurateEcn,
    /// The side whose FIN came first.
    closer: Option<Direction>,
}

impl Conversation for Stream {
    fn is_closed(&self) -> bool {
        self.completeness & (FIN | RST) != 0
    }

    fn last(&self) -> i64 {
        self.last_time
    }
}

impl Stream {
    pub(super) fn new(index: u32, time: i64) -> Stream {
        Stream {
            index,
            sides: [Side::default(), Side::default()],
            first_time: time,
            last_time: time,
            syn_time: None,
            initial_rtt: None,
            completeness: 0,
            begun: false,
            first: 0,
            accurate_ecn: AccurateEcn::No,
            closer: None,
        }
    }

    /// Notes what `s` adds to the completeness.
    fn complete(&mut self, s: &Segment) {
        let first = !std::mem::replace(&mut self.begun, true);
        if first {
            self.first = completes(s, false);
        }
        self.completeness |= completes(s, first);
    }

    /// What would be known of it if no further segment came.
    pub(super) fn end(&self) -> End {
        let [a, b] = &self.sides;
        End {
            completeness: self.completeness,
            first: self.first,
            bases: [a.base, b.base],
            scales: [a.scale, b.scale],
            initial_rtt: self.initial_rtt,
        }
    }

    /// Whether `segment` opens another connection between the same ports: a SYN with a number of its own.
    pub(super) fn is_reopened_by(&self, segment: &Segment, direction: Direction) -> bool {
        segment.is(Flags::SYN)
            && !segment.is(Flags::ACK)
            && self.sides[direction].base.is_some_and(|base| base != segment.header.seq)
    }

    /// Takes a segment that an ICMP error quotes: it was there, but is no part of what is analysed.
    pub(super) fn quoted(&mut self, s: &Segment, direction: Direction, reused: bool, facts: &mut TcpFacts) {
        self.start(s, reused, facts);
        self.handshake(s);
        let side = &self.sides[direction];
        facts.scale = side.scale;
        facts.analysed = reused || s.is(Flags::SYN) && side.next.is_some();
        self.complete(s);
    }

    /// Takes a segment whose options were not captured in full: how much it carries is not known, so it is not analysed.
    pub(super) fn cut(&mut self, s: &Segment, direction: Direction, reused: bool, facts: &mut TcpFacts) {
        self.quoted(s, direction, reused, facts);
        self.set_bases(s, direction);
        facts.analysed = reused;
        let [fwd, rev] = direction.split(&mut self.sides);
        facts.seq_base = fwd.base.unwrap_or_default();
        facts.ack_base = rev.base.unwrap_or_default();
    }

    /// What the conversation was before `s`.
    fn start(&mut self, s: &Segment, reused: bool, facts: &mut TcpFacts) {
        *facts = TcpFacts {
            stream: self.index,
            completeness: self.completeness,
            time_relative: s.time - self.first_time,
            time_delta: s.time - self.last_time,
            ..TcpFacts::default()
        };
        self.last_time = s.time;
        if reused {
            facts.completeness = 1;
            facts.findings |= Findings::REUSED_PORTS;
        }
    }

    /// Takes the next segment; what the conversation says about it goes into `facts`, where it is needed.
    pub(super) fn segment(&mut self, s: &Segment, direction: Direction, reused: bool, facts: &mut TcpFacts) {
        self.start(s, reused, facts);
        if !reused && self.answers_anew(s, direction) {
            facts.findings |= Findings::REUSED_PORTS;
        }
        if s.is(Flags::FIN) {
            let first = *self.closer.get_or_insert(direction) == direction;
            facts.closing = Some(if first { Closing::Active } else { Closing::Passive });
        }
        if s.is(Flags::SYN) && s.is(Flags::ACK) {
            let [_, rev] = direction.split(&mut self.sides);
            let is_syn = |sent: &&Sent| rev.base == Some(sent.seq);
            // Room for more than the SYN.
            let data = rev.unacked.first().filter(is_syn).filter(|sent| sent.next - sent.seq > 1);
            facts.fast_open = data.map(|sent| sent.next == s.header.ack);
        }
        self.set_bases(s, direction);
        self.set_scale(s, direction);
        if s.is(Flags::SYN) {
            self.set_accurate_ecn(s);
        } else {
            facts.ace = self.accurate_ecn == AccurateEcn::Agreed;
        }
        self.handshake(s);
        self.analyse(s, direction, facts);
        self.remember(s, direction, facts);
        let [fwd, rev] = direction.split(&mut self.sides);
        facts.seq_base = fwd.base.unwrap_or_default();
        facts.ack_base = rev.base.unwrap_or_default();
        if s.is(Flags::SYN) {
            facts.scale = fwd.scale;
        } else if let Some(shift) = s.options.scale {
            // RFC 7323 allows this option in a SYN only. Fingerprinting tools send it here, too; it counts from the next
            // segment on.
            facts.scale = std::mem::replace(&mut fwd.scale, Scale::Shift(shift));
        } else {
            facts.scale = fwd.scale;
        }
        facts.analysed |= facts.acks.is_some() || facts.dup_ack.is_some() || !facts.findings.is_empty();
        if facts.analysed {
            facts.initial_rtt = self.initial_rtt;
        }
        self.complete(s);
        if self.is_closed() {
            self.shrink();
        }
    }

    /// Gives back what a conversation that is over does not need any more.
    fn shrink(&mut self) {
        for side in &mut self.sides {
            if side.unacked.is_empty() && side.unacked.capacity() > 0 {
                side.unacked = ThinVec::new();
            }
        }
    }

    /// A SYN,ACK whose number is not the one known for this side.
    fn answers_anew(&mut self, s: &Segment, direction: Direction) -> bool {
        let side = &mut self.sides[direction];
        let anew = s.is(Flags::SYN) && side.base.is_some_and(|base| base != s.header.seq);
        if anew {
            // What it has sent before stays known.
            side.base = Some(s.header.seq);
        }
        anew && s.is(Flags::ACK)
    }

    /// Numbers are relative to the SYN, or else to the first number seen, which then counts as 1.
    fn set_bases(&mut self, s: &Segment, direction: Direction) {
        let [fwd, rev] = direction.split(&mut self.sides);
        let (seq, ack) = (s.header.seq, s.header.ack);
        fwd.base.get_or_insert(if s.is(Flags::SYN) { seq } else { seq - 1 });
        if s.is(Flags::ACK) {
            rev.base.get_or_insert(ack - 1);
        }
    }

    /// Windows are scaled only if both SYNs offered it (RFC 7323, section 2.2).
    fn set_scale(&mut self, s: &Segment, direction: Direction) {
        if !s.is(Flags::SYN) {
            return;
        }
        let [fwd, rev] = direction.split(&mut self.sides);
        match (s.options.scale, fwd.scale) {
            (Some(shift), _) => fwd.scale = Scale::Shift(shift),
            // A SYN that comes again without the option takes nothing back.
            (None, Scale::Shift(_)) => return,
            (None, _) => fwd.scale = Scale::Unused,
        }
        let accepted = !s.is(Flags::ACK) || rev.scale != Scale::Unused;
        if fwd.scale == Scale::Unused || !accepted {
            fwd.scale = Scale::Unused;
            rev.scale = Scale::Unused;
        }
    }

    /// A SYN offers it with all three flags; the answer accepts it with one of four combinations of them.
    fn set_accurate_ecn(&mut self, s: &Segment) {
        self.accurate_ecn = match (s.is(Flags::ACK), s.header.flags.ace(), self.accurate_ecn) {
            (false, 7, _) => AccurateEcn::Offered,
            (true, 2 | 3 | 4 | 6, AccurateEcn::Offered) => AccurateEcn::Agreed,
            _ => AccurateEcn::No,
        };
    }

    /// The first round trip: from the last SYN to the ACK that ends the handshake.
    fn handshake(&mut self, s: &Segment) {
        match (s.is(Flags::SYN), s.is(Flags::ACK)) {
            (true, false) => self.syn_time = Some(s.time),
            (false, true) if self.initial_rtt.is_none() => {
                self.initial_rtt = self.syn_time.map(|syn| s.time - syn);
            }
            _ => {}
        }
    }

    fn remember(&mut self, s: &Segment, direction: Direction, facts: &mut TcpFacts) {
        let [fwd, rev] = direction.split(&mut self.sides);
        let next = s.next();
        let probe = facts.findings.has(Findings::ZERO_WINDOW_PROBE);
        if (s.len > 0 || s.is(SYN_FIN)) && fwd.unacked.len() < MAX_UNACKED {
            if fwd.unacked.capacity() == 0 {
                // Most conversations have one segment under way at a time.
                fwd.unacked.reserve_exact(1);
            }
            fwd.unacked.push(Sent { frame: s.frame, time: s.time, seq: s.header.seq, next });
        }
        let before = fwd.next;
        if fwd.next.is_none_or(|highest| next.after(highest)) && !probe {
            (fwd.next, fwd.next_time, fwd.next_frame) = (Some(next), s.time, s.frame);
        }
        if !probe {
            let news = fwd.lastack != Some(s.header.ack);
            let repeats = facts.findings.has(Findings::DUPLICATE_ACK);
            let now = fwd.next.unwrap_or(next);
            fwd.acknowledgeable = fwd.acknowledgeable.after(s.header.seq, before, now, news, repeats);
        }
        fwd.window = s.header.window;
        fwd.window_of_syn = s.is(Flags::SYN);
        (fwd.lastack, fwd.lastack_time) = (Some(s.header.ack), s.time);
        fwd.findings = facts.findings;
        fwd.sacked = s.options.sacked;
        fwd.flight_unknown |= facts.findings.has(Findings::LOST_SEGMENT);
        if s.is(Flags::ACK) {
            rev.flight_unknown = false;
        }
        facts.acks = rev.acknowledge(s);
        if s.len > 0 && !fwd.flight_unknown {
            let bytes = fwd.in_flight(rev).wrapping_sub(u32::from(s.is(SYN_FIN)));
            fwd.push_bytes = if fwd.pushed { s.len } else { fwd.push_bytes.saturating_add(s.len) };
            fwd.pushed = s.is(Flags::PSH);
            facts.analysed = true;
            // What has been acknowledged selectively makes it nothing, or less.
            if bytes > 0 && bytes < 2_000_000_000 {
                (facts.bytes_in_flight, facts.push_bytes_sent) = (Some(bytes), Some(fwd.push_bytes));
            }
        }
    }
}

/// Bits of the completeness that data and an end of the conversation leave.
const DATA: u8 = 8;
const FIN: u8 = 16;
const RST: u8 = 32;

/// The part of a conversation's completeness (`tcp.completeness`) that this segment adds. Its `first` one must be a SYN
/// to count, and no other one may be.
fn completes(s: &Segment, first: bool) -> u8 {
    let data = if s.len > 0 { DATA } else { 0 };
    let opens = s.is(Flags::SYN) && !s.is(Flags::ACK);
    if first || opens {
        return if first && opens { 1 | data } else { 0 };
    }
    let mut bits = if s.is(Flags::RST) { RST } else { 0 };
    if s.is(Flags::SYN) {
        bits |= 2 | data;
    } else if s.is(Flags::ACK) {
        bits |= if s.len > 0 { DATA } else { 4 };
        bits |= if s.is(Flags::FIN) { FIN } else { 0 };
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::key::Key;

    #[test]
    fn a_million_conversations_stay_within_400_bytes_each() {
        // Two bytes a slot for the table at its emptiest, four for the number in it, and what is under way.
        let own = size_of::<(Key, Stream)>() + 2 * 5 + 2 * size_of::<Sent>();
        assert!(own <= 400, "{own}");
    }
}
