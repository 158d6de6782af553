//! What is said of ports and their owners, once they are read.

use super::super::super::language::{Concept, Sentence, Word};
use super::super::super::{Finding, Mark};
use super::Named;
use super::owner::port_places;
use crate::lab::definition::Role;
use crate::lab::definition::misconception::Sign;
use crate::lab::evidence::exchange::{Exchange, Side};
use std::collections::BTreeSet;

impl super::super::Subject<'_> {
    /// The verdict where every arrow leads from a receiver's port to a sender's: the answer takes the client for the
    /// server.
    pub(super) fn backwards(&self, servers: &BTreeSet<u16>, clients: &BTreeSet<u16>) -> Option<Finding> {
        let mut seen = false;
        for sentence in &self.reading.sentences {
            let places = port_places(sentence);
            for pair in places.windows(2) {
                let [(a, from), (b, to)] = pair else { continue };
                let between = sentence.words.get(a + 1..=*b).unwrap_or_default();
                // "What comes back is the other way round, 65432 → 37818".
                if sentence.has(Concept::Swap) {
                    continue;
                }
                if !between.iter().any(Word::is_after_arrow) || between.iter().any(|w| w.gap.contains(',')) {
                    continue;
                }
                if !(servers.contains(from) && clients.contains(to)) {
                    return None;
                }
                seen = true;
            }
        }
        let says = "it takes the sender's port for the receiver's, or the receiver's for the sender's.";
        seen.then(|| Finding::new(Mark::Wrong, says).sign(Sign::ListenerOutgoing))
    }

    /// The verdict where no port has a wrong owner: whether all ports and owners that the question asks for are
    /// named.
    pub(super) fn complete(
        &self,
        named: &[Named],
        servers: &BTreeSet<u16>,
        clients: &BTreeSet<u16>,
    ) -> Finding {
        let has = |port: &u16| named.iter().any(|n| n.port == *port);
        if !clients.iter().any(has) && self.reading.sentences.iter().any(is_alone) {
            return Finding::new(
                Mark::Wrong,
                "each connection has two ports, and only one of them is the same.",
            );
        }
        if !servers.iter().all(has) {
            return Finding::new(Mark::Partly, "the port on which the receiver listens is missing.");
        }
        if !clients.iter().all(has) {
            return Finding::new(
                Mark::Partly,
                "not every sender's port is named: there is one for each exchange.",
            );
        }
        let owned = |port: &u16, server: bool| {
            named
                .iter()
                .any(|n| n.port == *port && (n.machine.is_some() || n.directed || server && n.side.is_some()))
        };
        // "65432 is the receiver's, first the guest, then the host, and the other one is the sender's."
        let in_turn = (0..self.report.exchanges.len()).all(|x| {
            named.iter().any(|n| servers.contains(&n.port) && n.machine.is_some() && n.exchange == Some(x))
        }) && self
            .reading
            .sentences
            .iter()
            .any(|s| s.has(Concept::Other) && s.any(&[Concept::Client, Concept::Send]));
        if !(in_turn || clients.iter().all(|p| owned(p, false))) || !servers.iter().all(|p| owned(p, true)) {
            return Finding::new(Mark::Partly, "the ports are right; which machine has which is missing.");
        }
        if named.iter().any(|n| n.always && n.machine.is_some()) {
            return Finding::new(
                Mark::Partly,
                "one sentence gives a port to one machine always, which the other exchange contradicts.",
            );
        }
        Finding::new(Mark::Right, "all ports of the capture are named, with their owners.")
    }

    pub(super) fn wrong_owner(&self, named: &[Named]) -> Option<Finding> {
        let all = &self.report.exchanges;
        let of = |n: &Named| -> Vec<(usize, &Exchange, Side)> {
            let sides = [Side::Client, Side::Server];
            let ends = all.iter().enumerate().flat_map(|(i, x)| sides.map(|s| (i, x, s)));
            ends.filter(|(_, x, s)| x.end(*s).port == n.port).collect()
        };
        let mut found: Option<Finding> = None;
        let mut add = |says: &str, sign| {
            let finding = found.get_or_insert_with(|| Finding::new(Mark::Wrong, says));
            if !finding.signs.contains(&sign) {
                finding.signs.push(sign);
            }
        };
        for n in named {
            let ends = of(n);
            if n.side.is_some_and(|side| ends.iter().all(|(.., s)| *s != side)) {
                let says =
                    "it takes the sender's port for the receiver's, or the receiver's for the sender's.";
                add(says, Sign::ListenerOutgoing);
            }
            let Some(machine) = n.machine else { continue };
            let known = |(i, x, s): &(usize, &Exchange, Side)| Some((*i, self.role_of(x, *s)?));
            let owners: Vec<(usize, Role)> = ends.iter().filter_map(known).collect();
            let here = |(i, _): &&(usize, Role)| n.exchange.is_none_or(|e| e == *i || e >= all.len());
            let fits = owners.iter().filter(here).any(|(_, r)| *r == machine);
            if owners.len() == ends.len() && !fits && owners.iter().any(|o| here(&o)) {
                add("it gives a port to the machine that does not use it.", Sign::WrongOwner);
            }
        }
        found
    }
}

/// Whether a sentence says that there is one port only: "Only 65432", "both use it"; but not "in both exchanges".
fn is_alone(sentence: &Sentence) -> bool {
    sentence.words.iter().enumerate().any(|(i, w)| {
        let of_exchanges = sentence.words.iter().skip(i + 1).take(3).any(|n| n.is(Concept::Exchange));
        w.is(Concept::Only) || w.is(Concept::Both) && !of_exchanges
    })
}
