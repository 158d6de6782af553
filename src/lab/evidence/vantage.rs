//! One connection in two captures: which packets are in both or only in one, and how the clocks differ.

use crate::lab::evidence::exchange::{Exchange, Side};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// A packet of the connection, by its position in each capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Position in the first capture; `None` if it is not there.
    pub first: Option<usize>,
    /// Position in the second capture; `None` if it is not there.
    pub second: Option<usize>,
    /// The side that sent it.
    pub side: Side,
    /// Nanoseconds from its time in the first capture to its time in the second; `None` if one of them is missing.
    pub apart: Option<i64>,
    /// Whether no other packet looks the same, so that the match is certain.
    alone: bool,
}

/// What the times of common packets say about the two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// Nanoseconds by which the second clock is ahead, if packets take equally long in both directions.
    pub offset: i64,
    /// Nanoseconds that packets take between the two places; `None` where the times vary by more.
    pub travel: Option<i64>,
    /// The side nearer to the first capture; `None` where the times do not tell.
    pub nearer: Option<Side>,
}

/// One connection in two captures, made at two places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vantage {
    /// Index of the first exchange in the report.
    pub first: usize,
    /// Index of the second exchange in the report.
    pub second: usize,
    /// The packets, in the order of the first capture; packets of the second alone follow the packet that they follow
    /// there.
    pub pairs: Vec<Pair>,
    /// The clocks; `None` unless both captures have a packet in each direction.
    pub clocks: Option<Clocks>,
}

impl Vantage {
    /// Matches the packets of two exchanges that are the same connection, given with their indices in the report.
    /// `None` where one of them is too long for all its packets to be kept.
    pub fn of((first, a): (usize, &Exchange), (second, b): (usize, &Exchange)) -> Option<Vantage> {
        if [a, b].iter().any(|x| x.conversation.segments.left_out() > 0) {
            return None;
        }
        let pairs = pairs(a, b);
        let clocks = clocks(&pairs);
        Some(Vantage { first, second, pairs, clocks })
    }

    /// Positions of the packets in both captures: in the first, and in the second.
    pub fn common(&self) -> Vec<(usize, usize)> {
        self.pairs.iter().filter_map(|p| p.first.zip(p.second)).collect()
    }

    /// Positions of the packets that only the first capture has, or only the second.
    pub fn only(&self, in_first: bool) -> Vec<usize> {
        let alone = |p: &Pair| match (p.first, p.second, in_first) {
            (Some(at), None, true) | (None, Some(at), false) => Some(at),
            _ => None,
        };
        self.pairs.iter().filter_map(alone).collect()
    }
}

fn pairs(a: &Exchange, b: &Exchange) -> Vec<Pair> {
    let mut there: FxHashMap<u64, (VecDeque<usize>, usize)> = FxHashMap::default();
    for s in b.conversation.segments.iter() {
        let (places, count) = there.entry(s.fingerprint).or_default();
        places.push_back(s.position);
        *count += 1;
    }
    let mut here: FxHashMap<u64, usize> = FxHashMap::default();
    a.conversation.segments.iter().for_each(|s| *here.entry(s.fingerprint).or_default() += 1);
    // Each packet with its place in the list: the packet of the first capture that it follows.
    let mut all = Vec::new();
    let mut behind: FxHashMap<usize, usize> = FxHashMap::default();
    for s in a.conversation.segments.iter() {
        let found = there.get_mut(&s.fingerprint);
        let alone = here.get(&s.fingerprint) == Some(&1) && found.as_ref().is_some_and(|f| f.1 == 1);
        let second = found.and_then(|(places, _)| places.pop_front());
        let other = second.and_then(|at| b.at(at));
        let apart = other.and_then(|o| Some(o.time?.since(s.time?)));
        behind.extend(second.map(|at| (at, s.position + 1)));
        let pair = Pair { first: Some(s.position), second, side: a.side(s), apart, alone };
        all.push(((s.position + 1, 0), pair));
    }
    let mut place = 0;
    for s in b.conversation.segments.iter() {
        match behind.get(&s.position) {
            Some(at) => place = *at,
            None => {
                let (second, side) = (Some(s.position), b.side(s));
                let pair = Pair { first: None, second, side, apart: None, alone: false };
                all.push(((place, s.position + 1), pair));
            }
        }
    }
    all.sort_by_key(|(key, _)| *key);
    all.into_iter().map(|(_, pair)| pair).collect()
}

/// The clocks' offset is half the sum of the time differences in both directions, as in NTP (RFC 5905, section 8):
/// the delay adds to the one and reduces the other. The fastest packets are the most exact.
fn clocks(pairs: &[Pair]) -> Option<Clocks> {
    let range = |side: Side| {
        let apart = pairs.iter().filter(|p| p.side == side && p.alone).filter_map(|p| p.apart);
        let (low, high) = apart.fold((i64::MAX, i64::MIN), |(l, h), n| (l.min(n), h.max(n)));
        (low <= high).then_some((low, high))
    };
    let (client, server) = (range(Side::Client)?, range(Side::Server)?);
    let (near, fast, slow) = if client.0 > server.1 {
        (Some(Side::Client), client.0, server.1)
    } else if server.0 > client.1 {
        (Some(Side::Server), server.0, client.1)
    } else {
        (None, middle(client.0, client.1), middle(server.0, server.1))
    };
    let travel = near.map(|_| fast.saturating_sub(slow) / 2);
    Some(Clocks { offset: middle(fast, slow), travel, nearer: near })
}

fn middle(a: i64, b: i64) -> i64 {
    ((i128::from(a) + i128::from(b)) / 2) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(side: Side, apart: i64) -> Pair {
        Pair { first: Some(0), second: Some(0), side, apart: Some(apart), alone: true }
    }

    #[test]
    fn the_offset_is_what_both_directions_share() {
        // The second clock is 1000 ahead; the way takes 30, once 45.
        let at_client = [
            pair(Side::Client, 1030),
            pair(Side::Client, 1045),
            pair(Side::Server, 970),
            pair(Side::Server, 955),
        ];
        let found = clocks(&at_client).unwrap();
        assert_eq!(found, Clocks { offset: 1000, travel: Some(30), nearer: Some(Side::Client) });
        let at_server = [pair(Side::Client, 970), pair(Side::Server, 1030)];
        let found = clocks(&at_server).unwrap();
        assert_eq!(found, Clocks { offset: 1000, travel: Some(30), nearer: Some(Side::Server) });
    }

    #[test]
    fn times_that_vary_too_much_do_not_say_where_the_captures_were_made() {
        let varied = [pair(Side::Client, 10), pair(Side::Client, 30), pair(Side::Server, 20)];
        assert_eq!(clocks(&varied), Some(Clocks { offset: 20, travel: None, nearer: None }));
        assert_eq!(clocks(&varied[..2]), None);
        let huge = [pair(Side::Client, i64::MAX), pair(Side::Server, i64::MIN)];
        assert!(clocks(&huge).is_some());
    }
}
