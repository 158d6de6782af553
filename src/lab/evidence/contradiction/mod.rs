//! Finds packets that other packets prove false, or that had no effect: traces of a forger.
//!
//! A system's TCP numbers never go back. Its later packets have sequence numbers above everything that it has sent,
//! and acknowledge no less than it has acknowledged. A packet with numbers above those of its alleged sender's later
//! packets was sent by another machine: the later packets deny it. Packets can overtake each other on the way, so a
//! packet counts as a denial only if it was certainly sent after the denied one.

mod sentences;
#[cfg(test)]
mod tests;
mod unlike;

use crate::conversation::stream::News;
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::{Exchange, Side};

pub use unlike::unlike;

/// Nanoseconds between two packets from which the second was certainly sent later, and did not overtake the first.
const LATER: i64 = 200_000_000;
/// The most packets that are kept as proof of one contradiction.
const MOST_PROOFS: usize = 6;
/// The most contradictions that are described of one conversation.
const MOST: usize = 32;

/// The kind of a contradiction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Payload that its alleged sender never sent.
    Data,
    /// A FIN that its alleged sender never sent.
    Fin,
    /// An acknowledgement that its alleged sender takes back.
    Ack,
    /// A reset that had no effect.
    Reset,
    /// A reset that its alleged sender never sent, and that ended the connection at the other side.
    DeniedReset,
    /// Bytes that differ from those of another packet with the same sequence numbers: one of the two is not genuine.
    OtherBytes,
    /// An acknowledgement of this many bytes that the other side never sent; a third machine sent them, and the
    /// capture does not hold them.
    Unsent(u64),
}

/// A packet that the others prove false or without effect.
#[derive(Clone, Debug)]
pub struct Contradiction {
    /// The packet's position in the connection.
    pub position: usize,
    /// What is wrong with it.
    pub what: What,
    /// Positions of packets that prove it.
    pub proofs: Vec<usize>,
    /// Positions of packets that show that the other side took it for genuine; empty if none does.
    pub taken: Vec<usize>,
    /// Why, in a sentence or two; filled by [`Exchange::explain`].
    pub why: String,
    /// What the forger tried, what that achieved, and which frames show it; filled by [`Exchange::explain`].
    pub story: String,
}

impl Contradiction {
    fn new(position: usize, what: What, mut proofs: Vec<usize>) -> Contradiction {
        proofs.truncate(MOST_PROOFS);
        Contradiction { position, what, proofs, taken: Vec::new(), why: String::new(), story: String::new() }
    }
}

/// Finds the contradictions in a conversation, in the order of the packets.
pub(super) fn find(x: &Exchange) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for side in [Side::Client, Side::Server] {
        let own = Own::new(x, side);
        found.extend(own.denied_numbers());
        found.extend(own.denied_acks());
        found.extend(own.other_bytes());
        found.extend(own.resets());
    }
    for side in [Side::Client, Side::Server] {
        found.extend(unsent(x, side, &found));
    }
    found.sort_by_key(|c: &Contradiction| c.position);
    found.dedup_by_key(|c| c.position);
    found.truncate(MOST);
    for c in &mut found {
        c.taken = taken(x, c);
    }
    found
}

/// The packets of one side: no resets, no copies.
struct Own<'a> {
    x: &'a Exchange,
    side: Side,
    list: Vec<&'a Segment>,
    /// How far the other side has acknowledged this one: the position of each of its packets, and the offset
    /// acknowledged by then.
    acked: Vec<(usize, i64)>,
}

impl<'a> Own<'a> {
    fn new(x: &'a Exchange, side: Side) -> Own<'a> {
        let all = x.conversation.segments.iter();
        let mut list = Vec::with_capacity(x.count());
        list.extend(all.clone().filter(|s| x.side(s) == side && !s.is(Flags::RST) && !s.is_copy()));
        let mut acked = Vec::with_capacity(x.count());
        for s in all.filter(|s| x.side(s) != side && s.is(Flags::ACK) && !s.is(Flags::RST)) {
            let highest = acked.last().map(|(_, at): &(usize, i64)| *at);
            acked.extend(x.half(side).offset_of(s.ack).max(highest).map(|at| (s.position, at)));
        }
        Own { x, side, list, acked }
    }

    fn after(&self, position: usize) -> impl DoubleEndedIterator<Item = &'a Segment> + Clone + '_ {
        let from = self.list.partition_point(|s| s.position <= position);
        self.list.get(from..).unwrap_or_default().iter().copied()
    }

    /// Offset in the other side's stream up to which a segment acknowledges it; `None` without an ACK.
    fn acked(&self, s: &Segment) -> Option<i64> {
        self.x.half(self.side.other()).offset_of(s.ack).filter(|_| s.is(Flags::ACK))
    }

    /// Whether the sender certainly sent `later` after `s`, provided that it sent both.
    fn is_later(&self, s: &Segment, later: &Segment) -> bool {
        let waited = s.time.zip(later.time).is_some_and(|(a, b)| b.since(a) >= LATER);
        let clock =
            s.traits.tsval.zip(later.traits.tsval).is_some_and(|(a, b)| (b.wrapping_sub(a) as i32) > 0);
        let more = self.acked(s).zip(self.acked(later)).is_some_and(|(a, b)| b > a);
        waited || clock || more
    }

    /// Payload and FINs whose numbers the same side denies later.
    fn denied_numbers(&self) -> Vec<Contradiction> {
        let mut found = Vec::new();
        // The highest number that a later packet of this side reaches.
        let mut reached: Option<i64> = None;
        for s in self.list.iter().rev().copied() {
            let next = next(s);
            let carries = s.len > 0 || s.is(Flags::FIN);
            if carries && reached.is_some_and(|r| r < next) {
                let proofs: Vec<usize> =
                    self.after(s.position).filter(|d| self.denies(s, d)).map(|d| d.position).collect();
                if !proofs.is_empty() {
                    let what = if s.len > 0 { What::Data } else { What::Fin };
                    found.push(Contradiction::new(s.position, what, proofs));
                    // A packet that is not genuine must not confirm earlier ones.
                    continue;
                }
            }
            reached = reached.max(Some(next));
        }
        found.extend(self.data_behind_fin());
        found
    }

    /// Whether `later`, of the same side, proves that this side never sent `s`. No later packet reaches the end of
    /// `s`.
    fn denies(&self, s: &Segment, later: &Segment) -> bool {
        if later.is(Flags::SYN) || next(later) >= next(s) {
            return false;
        }
        if later.is(Flags::FIN) {
            return true;
        }
        // A keep-alive and a probe of a closed window go one number back (RFC 9293, sections 3.8.4 and 3.8.6.1).
        let before = self.acked.partition_point(|(position, _)| *position < later.position);
        let acked = before.checked_sub(1).and_then(|at| self.acked.get(at));
        let probe = acked.is_some_and(|(_, a)| next(later) == a - 1) && !s.is(Flags::FIN);
        // A retransmission may hold only a part of what was sent before, so a packet with payload denies nothing.
        later.len == 0 && !probe && self.is_later(s, later)
    }

    /// FINs after which the same side sends more payload.
    fn data_behind_fin(&self) -> Vec<Contradiction> {
        let fins = self.list.iter().filter(|s| s.is(Flags::FIN));
        let denied = |s: &&&Segment| {
            let behind = self.after(s.position).filter(|d| d.len > 0 && fin_at(d) > fin_at(s));
            let proofs: Vec<usize> = behind.map(|d| d.position).collect();
            (!proofs.is_empty()).then(|| Contradiction::new(s.position, What::Fin, proofs))
        };
        fins.filter_map(|s| denied(&s)).collect()
    }

    /// Acknowledgements that the same side takes back.
    fn denied_acks(&self) -> Vec<Contradiction> {
        let mut found = Vec::new();
        let mut reached: Option<i64> = None;
        for s in self.list.iter().rev().copied() {
            let Some(ack) = self.acked(s) else { continue };
            if reached.is_some_and(|r| r < ack) {
                let proves = |d: &&Segment| {
                    self.acked(d).is_some_and(|a| a < ack) && (d.is(Flags::FIN) || self.is_later(s, d))
                };
                let proofs: Vec<usize> = self.after(s.position).filter(proves).map(|d| d.position).collect();
                if !proofs.is_empty() {
                    found.push(Contradiction::new(s.position, What::Ack, proofs));
                    continue;
                }
            }
            reached = reached.max(Some(ack));
        }
        found
    }

    /// Pairs of packets that carry different bytes for the same numbers.
    fn other_bytes(&self) -> Vec<Contradiction> {
        let differing = self.list.iter().filter(|s| s.news.has(News::DIFFERS));
        let pair = |s: &&&Segment| {
            let overlaps = |o: &&&Segment| o.len > 0 && o.offset < next(s) && s.offset < next(o);
            let before = self.list.iter().take_while(|o| o.position < s.position);
            let first = before.clone().find(overlaps)?;
            // The packet that differs more from its sender's other packets is the forged one.
            let forged = if unlike(self.x, s.position).len() > unlike(self.x, first.position).len() {
                s
            } else {
                first
            };
            let other = if forged.position == s.position { first } else { *s };
            Some(Contradiction::new(forged.position, What::OtherBytes, vec![other.position]))
        };
        differing.filter_map(|s| pair(&s)).collect()
    }

    /// Resets that had no effect, or that this side did not send.
    fn resets(&self) -> Vec<Contradiction> {
        let all = self.x.conversation.segments.iter();
        let resets = all.filter(|s| self.x.side(s) == self.side && s.is(Flags::RST) && !s.is_copy());
        resets.filter_map(|s| self.reset(s)).collect()
    }

    fn reset(&self, s: &Segment) -> Option<Contradiction> {
        let other = Own::new(self.x, self.side.other());
        // The number that the other side expects next: the one that it acknowledged last, or the end of what has
        // arrived since.
        let half = self.x.half(self.side);
        let known = other.list.iter().take_while(|o| o.position < s.position);
        let acked = known.clone().filter_map(|o| other.acked(o)).max();
        let sent = self.list.iter().take_while(|o| o.position < s.position).map(|o| next(o)).max();
        let at = half.offset_of(s.seq)?;
        let exact = acked.is_none() || acked == Some(at) || sent == Some(at);
        let challenge = other.after(s.position).find(|o| {
            o.len == 0 && !o.is(Flags::FIN) && !o.is(Flags::SYN) && other.acked(o) == acked && soon(s, o)
        });
        let goes_on: Vec<usize> =
            self.after(s.position).filter(|d| self.is_after_reset(s, d)).map(|d| d.position).collect();
        let mut answers =
            other.after(s.position).filter(|o| soon(s, o) || goes_on.iter().any(|p| *p < o.position));
        let reply = self
            .x
            .conversation
            .segments
            .iter()
            .find(|o| o.position > s.position && o.is(Flags::RST) && self.x.side(o) != self.side);
        match (challenge.filter(|_| !exact), goes_on.is_empty()) {
            (Some(challenge), _) => {
                let mut proofs = vec![challenge.position];
                proofs.extend(goes_on);
                Some(Contradiction::new(s.position, What::Reset, proofs))
            }
            (None, true) => None,
            (None, false) => {
                let alive = reply.is_none() && answers.next().is_some();
                let what = if alive { What::Reset } else { What::DeniedReset };
                Some(Contradiction::new(s.position, what, goes_on))
            }
        }
    }

    /// Whether this side certainly sent `later` after the reset `s`: enough time has passed, or `later` acknowledges
    /// what came since.
    fn is_after_reset(&self, s: &Segment, later: &Segment) -> bool {
        let waited = s.time.zip(later.time).is_some_and(|(a, b)| b.since(a) >= LATER);
        let others = self.x.conversation.segments.before(s.position);
        let before = others.filter(|o| self.x.side(o) != self.side && !o.is(Flags::RST)).map(next).max();
        waited || before.zip(self.acked(later)).is_some_and(|(b, a)| a > b)
    }
}

/// The first acknowledgement by `side` of bytes that no captured packet carries and that the other side never sent.
fn unsent(x: &Exchange, side: Side, known: &[Contradiction]) -> Option<Contradiction> {
    let (own, other) = (Own::new(x, side), Own::new(x, side.other()));
    let reached = other.list.iter().map(|s| next(s)).max()?;
    let first = own.list.iter().find(|s| own.acked(s).is_some_and(|a| a > reached))?;
    if known.iter().any(|c| c.position == first.position) {
        return None;
    }
    let acked = own.acked(first)?;
    let denies = |o: &&Segment| {
        let keep_alive = next(o) == acked - 1 && acked - reached == 1;
        let waited = first.time.zip(o.time).is_some_and(|(a, b)| b.since(a) >= LATER);
        next(o) < acked && (o.is(Flags::FIN) || o.len == 0 && !keep_alive && waited)
    };
    let proofs: Vec<usize> = other.after(first.position).filter(denies).map(|o| o.position).collect();
    let before = other.list.iter().take_while(|o| o.position < first.position).map(|o| next(o)).max();
    let bytes = u64::try_from(acked - before.unwrap_or(reached)).ok()?;
    (!proofs.is_empty()).then(|| Contradiction::new(first.position, What::Unsent(bytes), proofs))
}

/// Positions of the packets that show the effect of a contradicted one.
fn taken(x: &Exchange, c: &Contradiction) -> Vec<usize> {
    let Some(s) = x.at(c.position) else { return Vec::new() };
    let other = Own::new(x, x.side(s).other());
    match c.what {
        What::Data | What::Fin | What::OtherBytes => {
            let takes = |o: &&Segment| other.acked(o).is_some_and(|a| a >= next(s));
            other.after(c.position).filter(takes).map(|o| o.position).take(2).collect()
        }
        What::DeniedReset => {
            let all = x.conversation.segments.iter();
            let dead = |o: &&Segment| o.position > c.position && o.is(Flags::RST) && x.side(o) != x.side(s);
            all.filter(dead).map(|o| o.position).take(2).collect()
        }
        What::Unsent(_) => vec![c.position],
        What::Ack | What::Reset => Vec::new(),
    }
}

/// Offset behind a segment: after its payload, and its FIN.
fn next(s: &Segment) -> i64 {
    s.offset + i64::from(s.len) + i64::from(s.is(Flags::FIN))
}

/// Offset of the FIN of a segment that has one.
fn fin_at(s: &Segment) -> i64 {
    s.offset + i64::from(s.len)
}

fn soon(s: &Segment, later: &Segment) -> bool {
    s.time.zip(later.time).is_none_or(|(a, b)| b.since(a) < 1_000_000_000)
}
