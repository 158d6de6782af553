//! The state of one TCP conversation, and what it says about the next segment.
//!
//! The definitions are Wireshark's: numbers are relative to the first one seen, and each segment is judged once, when
//! it is taken.

mod analysis;
mod segment;
mod side;

use super::store::Conversation;
use crate::direction::Direction;
use crate::dissect::protocols::tcp::{Closing, Findings, Flags, Header, Scale, SeqNo, TcpFacts};
pub(super) use segment::{Options, Segment};
use side::{Sent, Side};
use thin_vec::ThinVec;

/// The most segments per direction that are remembered until they are acknowledged. A sender without a reply must not
/// fill the memory.
const MAX_UNACKED: usize = 1000;

/// The state of a conversation at its end. Wireshark's window shows it with all its segments.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End {
    completeness: u8,
    first: u8,
    bases: [Option<SeqNo>; 2],
    scales: [Scale; 2],
    initial_rtt: Option<i64>,
}

impl End {
    /// Adds to a segment's facts what the state at the end says about it. `first` says whether it is the
    /// conversation's first segment.
    pub(super) fn tell(&self, first: bool, direction: Direction, header: &Header, facts: &mut TcpFacts) {
        let (syn, ack) = (header.flags.has(Flags::SYN), header.flags.has(Flags::ACK));
        // All segments but the first also show what the first one would add if it were a later one.
        facts.completeness = self.completeness | if first { 0 } else { self.first };
        if !syn {
            facts.scale = self.scales[direction];
        } else if ack && self.bases[direction].is_some_and(|base| base != header.seq) {
            // A later SYN,ACK has another number, so the ports were reused.
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

/// Whether both ends have agreed on Accurate ECN (draft-ietf-tcpm-accurate-ecn, section 3.1).
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
    /// What its first segment would add to the completeness if it were not the first.
    first: u8,
    accurate_ecn: AccurateEcn,
    /// The direction of the first FIN.
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

    /// Adds to the completeness what `s` contributes.
    fn complete(&mut self, s: &Segment) {
        let first = !std::mem::replace(&mut self.begun, true);
        if first {
            self.first = completes(s, false);
        }
        self.completeness |= completes(s, first);
    }

    /// The state of the conversation if no further segment comes.
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

    /// Whether `segment` opens another connection between the same ports: it is a SYN with another number.
    pub(super) fn is_reopened_by(&self, segment: &Segment, direction: Direction) -> bool {
        segment.is(Flags::SYN)
            && !segment.is(Flags::ACK)
            && self.sides[direction].base.is_some_and(|base| base != segment.header.seq)
    }

    /// Takes a segment that an ICMP error quotes. It counts as sent, but is not analysed.
    pub(super) fn quoted(&mut self, s: &Segment, direction: Direction, reused: bool, facts: &mut TcpFacts) {
        self.start(s, reused, facts);
        self.handshake(s);
        let side = &self.sides[direction];
        facts.scale = side.scale;
        facts.analysed = reused || s.is(Flags::SYN) && side.next.is_some();
        self.complete(s);
    }

    /// Takes a segment whose options are cut. The length of its payload is unknown, so it is not analysed.
    pub(super) fn cut(&mut self, s: &Segment, direction: Direction, reused: bool, facts: &mut TcpFacts) {
        self.quoted(s, direction, reused, facts);
        self.set_bases(s, direction);
        facts.analysed = reused;
        let [fwd, rev] = direction.split(&mut self.sides);
        facts.seq_base = fwd.base.unwrap_or_default();
        facts.ack_base = rev.base.unwrap_or_default();
    }

    /// Begins a segment's facts with the state of the conversation before `s`.
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

    /// Takes the next segment, and writes into `facts` what the conversation says about it.
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
            // The SYN takes one number; more of them mean that it has data.
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
            // RFC 7323 allows this option in a SYN only, but fingerprinting tools send it in other segments. It
            // counts from the next segment on.
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

    /// Frees the memory that a closed conversation does not need.
    fn shrink(&mut self) {
        for side in &mut self.sides {
            if side.unacked.is_empty() && side.unacked.capacity() > 0 {
                side.unacked = ThinVec::new();
            }
        }
    }

    /// Whether `s` is a SYN,ACK whose number is not the one known for its side; a SYN with another number becomes the
    /// base.
    fn answers_anew(&mut self, s: &Segment, direction: Direction) -> bool {
        let side = &mut self.sides[direction];
        let anew = s.is(Flags::SYN) && side.base.is_some_and(|base| base != s.header.seq);
        if anew {
            // The segments that this side sent before stay known.
            side.base = Some(s.header.seq);
        }
        anew && s.is(Flags::ACK)
    }

    /// Sets the base of relative numbers: the number of the SYN, or else the number before the first one seen, which
    /// is then shown as 1.
    fn set_bases(&mut self, s: &Segment, direction: Direction) {
        let [fwd, rev] = direction.split(&mut self.sides);
        let (seq, ack) = (s.header.seq, s.header.ack);
        fwd.base.get_or_insert(if s.is(Flags::SYN) { seq } else { seq - 1 });
        if s.is(Flags::ACK) {
            rev.base.get_or_insert(ack - 1);
        }
    }

    /// Sets the scaling of windows, which applies only if both SYNs have the option (RFC 7323, section 2.2).
    fn set_scale(&mut self, s: &Segment, direction: Direction) {
        if !s.is(Flags::SYN) {
            return;
        }
        let [fwd, rev] = direction.split(&mut self.sides);
        match (s.options.scale, fwd.scale) {
            (Some(shift), _) => fwd.scale = Scale::Shift(shift),
            // A repeated SYN without the option changes nothing.
            (None, Scale::Shift(_)) => return,
            (None, _) => fwd.scale = Scale::Unused,
        }
        let accepted = !s.is(Flags::ACK) || rev.scale != Scale::Unused;
        if fwd.scale == Scale::Unused || !accepted {
            fwd.scale = Scale::Unused;
            rev.scale = Scale::Unused;
        }
    }

    /// Notes whether Accurate ECN is agreed on: a SYN offers it with all three flags, and the answer accepts it with
    /// one of four combinations of them.
    fn set_accurate_ecn(&mut self, s: &Segment) {
        self.accurate_ecn = match (s.is(Flags::ACK), s.header.flags.ace(), self.accurate_ecn) {
            (false, 7, _) => AccurateEcn::Offered,
            (true, 2 | 3 | 4 | 6, AccurateEcn::Offered) => AccurateEcn::Agreed,
            _ => AccurateEcn::No,
        };
    }

    /// Measures the first round trip: from the last SYN to the ACK that ends the handshake.
    fn handshake(&mut self, s: &Segment) {
        match (s.is(Flags::SYN), s.is(Flags::ACK)) {
            // A time of 0 is none: packets made from text have it.
            (true, false) => self.syn_time = Some(s.time).filter(|time| *time != 0),
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
                // Most conversations have one unacknowledged segment at a time.
                fwd.unacked.reserve_exact(1);
            }
            fwd.unacked.push(Sent { frame: s.frame, time: s.time, seq: s.header.seq, next });
        }
        let before = fwd.next;
        if fwd.next.is_none_or(|highest| next.after(highest)) && !probe {
            (fwd.next, fwd.next_time, fwd.next_frame) = (Some(next), s.time, s.frame);
        }
        if !probe {
            fwd.extend(s.header.seq, before);
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
            // Selectively acknowledged bytes are subtracted, so the number may be zero or below.
            if bytes > 0 && bytes < 2_000_000_000 {
                (facts.bytes_in_flight, facts.push_bytes_sent) = (Some(bytes), Some(fwd.push_bytes));
            }
        }
    }
}

/// Bits of the completeness for data and for the ends of a conversation.
const DATA: u8 = 8;
const FIN: u8 = 16;
const RST: u8 = 32;

/// The bits of a conversation's completeness (`tcp.completeness`) that this segment adds. A SYN without ACK counts only
/// as the `first` segment, and as the first segment only a SYN without ACK counts.
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
        // The table takes two bytes for each slot when it is emptiest, and four for the number in it; the
        // unacknowledged segments are extra.
        let own = size_of::<(Key, Stream)>() + 2 * 5 + 2 * size_of::<Sent>();
        assert!(own <= 400, "{own}");
    }
}
