//! Which ports, and whose they are.

use super::super::language::{Concept, Sentence, Unit, Word, one_of};
use super::super::{Finding, Mark};
use super::ideas::by_number;
use super::{Subject, exchange};
use crate::lab::definition::Role;
use crate::lab::definition::misconception::Sign;
use crate::lab::evidence::exchange::{Exchange, Side};
use std::collections::BTreeSet;
use std::slice;

/// Bounds of the ranges from which systems take ephemeral ports: not ports of a connection.
const RANGES: [u64; 5] = [1024, 32768, 49152, 60999, 65535];

/// A port that an answer names, with its owner as far as the text says.
#[derive(Clone, Debug)]
struct Named {
    port: u16,
    /// The machine that has it.
    machine: Option<Role>,
    /// Client or server.
    side: Option<Side>,
    /// Whether an arrow or "to" leads from one port to another here.
    directed: bool,
    /// Which exchange the sentence speaks of, from 0.
    exchange: Option<usize>,
    /// Said to be so always.
    always: bool,
    /// One of several ports of a machine: "host: 37818 and 65432".
    listed: bool,
}

impl Subject<'_> {
    pub(super) fn ports(&self) -> Finding {
        let ports = |side| self.report.exchanges.iter().map(|x| x.end(side).port).collect::<BTreeSet<u16>>();
        let (servers, clients) = (ports(Side::Server), ports(Side::Client));
        let named: Vec<Named> = self
            .reading
            .sentences
            .iter()
            // "The client is the one below 65432" gives a rule, and no port its owner.
            .filter(|s| port_places(s).len() > 1 || !by_number(s))
            .scan(None, |cue, s| Some(self.named_ports(s, &clients, cue)))
            .flatten()
            .collect();
        if named.is_empty() {
            return Finding::new(Mark::Partly, "it names no port number.").sign(Sign::NoPort);
        }
        if named.iter().any(|n| !servers.contains(&n.port) && !clients.contains(&n.port)) {
            let says = "it names a port that no connection of the capture has.";
            return Finding::new(Mark::Wrong, says).sign(Sign::UnknownPort);
        }
        if let Some(wrong) = self.wrong_owner(&named).or_else(|| self.backwards(&servers, &clients)) {
            let others: Vec<Named> =
                named.into_iter().filter(|n| self.wrong_owner(slice::from_ref(n)).is_none()).collect();
            if self.complete(&others, &servers, &clients).mark == Mark::Right
                && self.backwards(&servers, &clients).is_none()
            {
                let says = "one sentence gives the ports their owners, another contradicts it.";
                return Finding { mark: Mark::Partly, says: says.into(), ..wrong };
            }
            return wrong;
        }
        self.complete(&named, &servers, &clients)
    }

    /// Every arrow leads from a receiver's port to a sender's: whoever opened is taken for the other side.
    fn backwards(&self, servers: &BTreeSet<u16>, clients: &BTreeSet<u16>) -> Option<Finding> {
        let mut seen = false;
        for sentence in &self.reading.sentences {
            let places = port_places(sentence);
            for pair in places.windows(2) {
                let [(a, from), (b, to)] = pair else { continue };
                let between = sentence.words.get(a + 1..=*b).unwrap_or_default();
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

    /// Whether ports that are no one else's are all that the question asks for.
    fn complete(&self, named: &[Named], servers: &BTreeSet<u16>, clients: &BTreeSet<u16>) -> Finding {
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
        if !clients.iter().all(|p| owned(p, false)) || !servers.iter().all(|p| owned(p, true)) {
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

    fn wrong_owner(&self, named: &[Named]) -> Option<Finding> {
        let all = &self.report.exchanges;
        let of = |n: &Named| -> Vec<(usize, &Exchange, Side)> {
            let sides = [Side::Client, Side::Server];
            let ends = all.iter().enumerate().flat_map(|(i, x)| sides.map(|s| (i, x, s)));
            ends.filter(|(_, x, s)| x.end(*s).port == n.port).collect()
        };
        for n in named {
            let ends = of(n);
            if n.side.is_some_and(|side| ends.iter().all(|(.., s)| *s != side)) {
                let says =
                    "it takes the sender's port for the receiver's, or the receiver's for the sender's.";
                let mut finding = Finding::new(Mark::Wrong, says).sign(Sign::ListenerOutgoing);
                if n.machine
                    .is_some_and(|m| ends.iter().all(|(_, x, s)| self.role_of(x, *s).is_some_and(|r| r != m)))
                {
                    finding.signs.push(Sign::WrongOwner);
                }
                return Some(finding);
            }
            let Some(machine) = n.machine else { continue };
            let known = |(i, x, s): &(usize, &Exchange, Side)| Some((*i, self.role_of(x, *s)?));
            let owners: Vec<(usize, Role)> = ends.iter().filter_map(known).collect();
            let here = |(i, _): &&(usize, Role)| n.exchange.is_none_or(|e| e == *i || e >= all.len());
            let fits = owners.iter().filter(here).any(|(_, r)| *r == machine);
            if owners.len() == ends.len() && !fits && owners.iter().any(|o| here(&o)) {
                let says = "it gives a port to the machine that does not use it.";
                return Some(Finding::new(Mark::Wrong, says).sign(Sign::WrongOwner));
            }
        }
        None
    }

    /// The ports of a sentence with their owners. `cue` is the exchange that an earlier sentence named.
    fn named_ports(
        &self,
        sentence: &Sentence,
        clients: &BTreeSet<u16>,
        cue: &mut Option<usize>,
    ) -> Vec<Named> {
        let places: Vec<(usize, u16)> = port_places(sentence);
        if places.is_empty() {
            // A heading or a clause such as "Exchange 1:" holds for what follows.
            *cue = (0..sentence.words.len()).find_map(|i| exchange(sentence, i)).or(*cue);
            return Vec::new();
        }
        let swaps = sentence.has(Concept::Swap);
        let of_both = self.both_together(sentence, &places);
        let owner_first = self.owner_comes_first(sentence, &places);
        let mut all = Vec::new();
        for (n, (at, port)) in places.iter().enumerate() {
            let before = n.checked_sub(1).and_then(|p| places.get(p)).map(|(i, _)| *i);
            let next = places.get(n + 1).map_or(sentence.words.len(), |(i, _)| *i);
            let role = |w: &Word| self.role(w);
            let closed = before.map_or(0, |b| bracket_behind(sentence, b));
            let behind_comma = before.max(comma_before(sentence, *at));
            let own_side = behind(sentence, *at, next, owner_first, side_or_deed)
                .or_else(|| purpose(sentence, *at, next))
                .or_else(|| by_deed(sentence, *at).filter(|_| !swaps))
                .or_else(|| {
                    ahead(sentence, *at, behind_comma, false, |i, w| side(w).filter(|_| i >= closed))
                });
            let of_role = |i: usize, w: &Word| role(w).filter(|_| i >= closed);
            let near = behind(sentence, *at, next, owner_first, role)
                .or_else(|| ahead(sentence, *at, before, false, of_role));
            let far = || ahead(sentence, *at, before, true, |_, w| role(w)).filter(|_| own_side.is_none());
            // "The host reaches the guest's 65432 from its own 37818".
            let near = self.own_port(sentence, *at).or(near);
            let (listed, machine) = (near.is_none(), near.or_else(far).filter(|_| !of_both));
            all.push(Named {
                port: *port,
                machine,
                side: own_side.filter(|_| !swaps),
                directed: directed(sentence, *at, before, places.get(n + 1).map(|(i, _)| *i)),
                exchange: cue_at(sentence, *at).or(*cue),
                always: sentence.words.iter().any(|w| one_of(&w.text, "always immer siempre toujours"))
                    && machine.is_some(),
                listed: listed && machine.is_some(),
            });
        }
        self.by_client_port(&mut all, clients);
        all
    }

    /// Whose a port is that is called somebody's own: of the machine that the sentence begins with.
    fn own_port(&self, sentence: &Sentence, at: usize) -> Option<Role> {
        let before = sentence.words.get(at.saturating_sub(2)..at).unwrap_or_default();
        let own = before.iter().any(|w| one_of(&w.text, "own eigenen eigener eigenem propio propre"));
        sentence.words.iter().take(at).find_map(|w| self.role(w)).filter(|_| own)
    }

    /// The port of a client tells which exchange its sentence speaks of.
    fn by_client_port(&self, all: &mut [Named], clients: &BTreeSet<u16>) {
        let of = |port: u16| self.report.exchanges.iter().position(|x| x.end(Side::Client).port == port);
        let known: Vec<Option<usize>> =
            all.iter().map(|n| clients.contains(&n.port).then(|| of(n.port)).flatten()).collect();
        let distinct: BTreeSet<usize> = known.iter().flatten().copied().collect();
        // "Host: 37818 and 65432": the ports of a machine, in all exchanges.
        if all.iter().any(|n| n.listed) {
            all.iter_mut().for_each(|n| n.exchange = None);
            return;
        }
        for (i, named) in all.iter_mut().enumerate() {
            if known.get(i).is_some_and(Option::is_some) {
                named.exchange = None;
            } else if distinct.len() == 1 {
                named.exchange = distinct.first().copied();
            } else if distinct.len() > 1 {
                // The nearest client's port: the one before, in the manner in which the sentence goes.
                let nearest = known
                    .iter()
                    .take(i)
                    .rev()
                    .flatten()
                    .next()
                    .or_else(|| known.iter().skip(i).flatten().next());
                let pairs = all_in_pairs(&known);
                named.exchange = nearest.copied().filter(|_| pairs);
            }
        }
    }

    /// "The host and the guest both use …": ports of both, without a word on which is whose.
    fn both_together(&self, sentence: &Sentence, places: &[(usize, u16)]) -> bool {
        let first = places.first().map_or(0, |(i, _)| *i);
        let ahead = sentence.words.get(..first).unwrap_or_default();
        let named = |role| ahead.iter().any(|w| self.role(w) == Some(role));
        named(Role::Host)
            && named(Role::Guest)
            && ahead.iter().any(|w| w.is(Concept::Both) && w.text != "each")
    }

    /// Whether the sentence names an owner before its first port.
    fn owner_comes_first(&self, sentence: &Sentence, places: &[(usize, u16)]) -> bool {
        let first = places.first().map_or(0, |(i, _)| *i);
        let start = (0..first).rev().find(|i| exchange(sentence, *i).is_some()).unwrap_or(0);
        sentence
            .words
            .iter()
            .take(first)
            .skip(start)
            .any(|w| self.role(w).is_some() || w.concepts.any(&[Concept::Client, Concept::Server]))
    }
}

/// "Only 65432", "both use it": no second port. "In both exchanges" says nothing of that.
fn is_alone(sentence: &Sentence) -> bool {
    sentence.words.iter().enumerate().any(|(i, w)| {
        let of_exchanges = sentence.words.iter().skip(i + 1).take(3).any(|n| n.is(Concept::Exchange));
        w.is(Concept::Only) || w.is(Concept::Both) && !of_exchanges
    })
}

/// The side that a word names, or what it does: "65432 is used by whichever machine is receiving".
fn side_or_deed(word: &Word) -> Option<Side> {
    match word.text.as_str() {
        "receiving" | "listening" => Some(Side::Server),
        "sending" | "connecting" => Some(Side::Client),
        _ => side(word),
    }
}

/// The side that a word names.
fn side(word: &Word) -> Option<Side> {
    match (word.is(Concept::Client), word.is(Concept::Server)) {
        (true, false) => Some(Side::Client),
        (false, true) => Some(Side::Server),
        _ => None,
    }
}

/// Whether ports of clients and of servers take turns, so that each pair is one exchange.
fn all_in_pairs(known: &[Option<usize>]) -> bool {
    known.len().is_multiple_of(2)
        && known.chunks(2).all(|pair| pair.iter().filter(|p| p.is_some()).count() == 1)
}

/// The words that are ports.
fn port_places(sentence: &Sentence) -> Vec<(usize, u16)> {
    let bytes: Vec<usize> = sentence
        .amounts()
        .iter()
        .filter(|a| matches!(a.unit, Unit::Bytes | Unit::Packets))
        .map(|a| a.at)
        .collect();
    let is = |(i, w): (usize, &Word)| {
        let n =
            w.number.filter(|n| (1025..=65535).contains(n) && !RANGES.contains(n) && !bytes.contains(&i))?;
        Some((i, u16::try_from(n).ok()?))
    };
    sentence.words.iter().enumerate().filter_map(is).collect()
}

/// The exchange that the sentence names last before a word, or else first after it.
fn cue_at(sentence: &Sentence, at: usize) -> Option<usize> {
    let before = (0..at).rev().find_map(|i| exchange(sentence, i));
    before.or_else(|| (at..sentence.words.len()).find_map(|i| exchange(sentence, i)))
}

/// Words that may stand between a port and its owner: "37818 on the host", "65432 is the guest's".
fn links(word: &Word) -> bool {
    const LINKS: &str = "of at on in by for the is as a an its belongs used uses os where which was s my der des vom am auf beim dem den gehort ist als del de en el la es como du sur chez le l est comme von machine side por par belonging whichever whoever when system program";
    one_of(&word.text, LINKS)
}

/// The owner behind a port: "37818 (host)", "65432 of the guest".
fn behind<T>(
    sentence: &Sentence,
    at: usize,
    next: usize,
    owner_first: bool,
    of: impl Fn(&Word) -> Option<T>,
) -> Option<T> {
    let bracket = bracket_behind(sentence, at);
    // "(host to guest)" says where it goes, not whose the port is.
    let inside = sentence.words.get(at + 1..bracket.max(at + 1)).unwrap_or_default();
    if inside.iter().any(|w| w.is(Concept::Host)) && inside.iter().any(|w| w.is(Concept::Guest)) {
        return None;
    }
    for i in at + 1..next {
        let word = sentence.words.get(i)?;
        let within = i > at + 1 && i < bracket;
        let comma = !within && (word.gap.contains([',', '/', '|']) || word.is_after_arrow());
        if comma && word.text != "where" {
            return None;
        }
        // "37818 an Gast" leads to the guest; "65432 for the host's message" is of the message.
        let leads = word.text == "an" && sentence.words.get(i + 1).is_some_and(|w| of(w).is_some());
        let of_message = sentence.words.get(i + 1).is_some_and(|w| w.is(Concept::Message) && !w.is_apart());
        if leads || of_message && of(word).is_some() {
            return None;
        }
        if let Some(owner) = of(word) {
            let touches = i == at + 1 && !word.gap.contains('(');
            return (!touches || !owner_first).then_some(owner);
        }
        let neutral = word.concepts.any(&[
            Concept::Port,
            Concept::Host,
            Concept::Guest,
            Concept::Client,
            Concept::Server,
        ]);
        // "65432 belongs to the host and 37818 to the guest".
        let belongs = one_of(&word.text, "to a au al zum")
            && sentence
                .words
                .iter()
                .any(|w| one_of(&w.text, "belongs belong gehort gehoren pertenece appartient"));
        if !links(word) && !neutral && !within && !belongs && !word.gap.contains('(') {
            return None;
        }
    }
    None
}

/// Where the bracket ends that opens behind a port, as in "37818 (host, client)"; the port itself where none does.
fn bracket_behind(sentence: &Sentence, at: usize) -> usize {
    if sentence.words.get(at + 1).is_none_or(|w| w.gap.trim() != "(") {
        return at;
    }
    let closes = |i: &usize| sentence.words.get(*i).is_none_or(|w| w.gap.contains(')'));
    (at + 2..=sentence.words.len()).find(closes).unwrap_or(at)
}

/// "65432 to send", "37818 for receiving".
fn purpose(sentence: &Sentence, at: usize, next: usize) -> Option<Side> {
    let to = sentence.words.get(at + 1).filter(|w| one_of(&w.text, "to for zum para pour"))?;
    let verb = sentence.words.get(at + 2).filter(|_| at + 2 < next && !to.is_apart())?;
    match (verb.is(Concept::Send), verb.is(Concept::Receive)) {
        (true, false) => Some(Side::Client),
        (false, true) => Some(Side::Server),
        _ => None,
    }
}

/// "Sent from 65432", "angenommen auf 37818": what is done at a port tells its side.
fn by_deed(sentence: &Sentence, at: usize) -> Option<Side> {
    let before = sentence.words.get(at.saturating_sub(6)..at).unwrap_or_default();
    let port =
        |w: &&Word| w.is(Concept::Port) || one_of(&w.text, "the its their der dem den seinem le la el un");
    let preposition = before.iter().rev().find(|w| !port(w))?;
    let verb = before.iter().rev().skip(1).find(|w| w.concepts.any(&[Concept::Send, Concept::Receive]))?;
    let from = one_of(&preposition.text, "from von vom desde depuis");
    let on = one_of(&preposition.text, "on at auf an en sur");
    // An answer goes the other way.
    let answer = before.iter().any(|w| w.concepts.any(&[Concept::Swap, Concept::Confirm, Concept::Marker]));
    match (verb.is(Concept::Send), verb.is(Concept::Receive)) {
        (true, false) if from && !answer => Some(Side::Client),
        (false, true) if on && !answer => Some(Side::Server),
        _ => None,
    }
}

/// The owner before a port: "the host uses 37818". Across another port only where `across` allows it: "host: 37818
/// and 65432". What a "to" or an arrow leads to has its owner behind it. `of` is given each word with its place.
fn ahead<T>(
    sentence: &Sentence,
    at: usize,
    before: Option<usize>,
    across: bool,
    of: impl Fn(usize, &Word) -> Option<T>,
) -> Option<T> {
    for i in (0..=at).rev() {
        let word = sentence.words.get(i)?;
        if i < at
            && let Some(owner) = of(i, word)
        {
            // "65432 for the host's message, and 38200 …": whose message went to the port before.
            let of_message =
                sentence.words.get(i + 1).is_some_and(|w| w.is(Concept::Message) && !w.is_apart());
            return Some(owner).filter(|_| !(of_message && before.is_some_and(|b| b < i)));
        }
        let leads = i < at && one_of(&word.text, "to towards into an zu zum hacia vers al au");
        let known = i < at && word.is(Concept::Find) && !word.is(Concept::Port);
        if leads || known || word.is_after_arrow() || before == Some(i) && !across {
            return None;
        }
    }
    None
}

/// The last word before the comma that stands last before a word.
fn comma_before(sentence: &Sentence, at: usize) -> Option<usize> {
    let comma = (1..=at).rev().find(|i| sentence.words.get(*i).is_some_and(|w| w.gap.contains(',')))?;
    Some(comma - 1)
}

/// Whether an arrow or "to" leads from this port to the next one, or from the one before to this.
fn directed(sentence: &Sentence, at: usize, before: Option<usize>, next: Option<usize>) -> bool {
    let near = |at: usize, words: &[&str]| {
        (1..=3).any(|n| {
            at.checked_sub(n)
                .and_then(|i| sentence.words.get(i))
                .is_some_and(|w| words.contains(&w.text.as_str()))
        })
    };
    let leads = |from: usize, to: usize| {
        // "From port 37818, which its system had picked, to port 65432".
        if near(from, &["from", "von", "vom", "desde", "de", "depuis"])
            && near(to, &["to", "an", "zu", "al", "a", "vers", "au"])
        {
            return true;
        }
        // "src 37818 dst 65432"
        if near(from, &["src", "source", "quelle", "origen"])
            && near(to, &["dst", "dest", "destination", "ziel", "destino"])
        {
            return true;
        }
        let between = sentence.words.get(from + 1..=to).unwrap_or_default();
        between.iter().any(|w| w.is_after_arrow() || one_of(&w.text, "to an zu zum nach a al vers au"))
            && !between.iter().any(|w| w.gap.contains(','))
    };
    before.is_some_and(|b| leads(b, at)) || next.is_some_and(|n| leads(at, n))
}
