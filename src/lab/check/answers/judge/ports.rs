//! Grades which ports an answer names, and to which machine and side it gives each.

mod apart;
mod owner;
mod verdict;

use super::super::language::{Concept, Sentence, Word, one_of};
use super::super::{Finding, Mark};
use super::ideas::by_number;
use super::{Subject, exchange};
use crate::lab::definition::Role;
use crate::lab::definition::misconception::Sign;
use crate::lab::evidence::exchange::Side;
use owner::{
    ahead, before_bracket, behind, bracket_behind, by_deed, comma_before, deed_behind, directed, port_places,
    purpose, side, side_or_deed,
};
use std::collections::BTreeSet;
use std::slice;

/// A port that an answer names, with its owner as far as the text says.
#[derive(Clone, Debug)]
struct Named {
    port: u16,
    /// The machine that the text gives the port to.
    machine: Option<Role>,
    /// The side that the text gives the port to.
    side: Option<Side>,
    /// Whether an arrow or "to" leads from one port to another here.
    directed: bool,
    /// Which exchange the sentence speaks of, from 0.
    exchange: Option<usize>,
    /// Whether the text says that this is always so.
    always: bool,
    /// Whether it is one of several ports in a list for one machine: "host: 37818 and 65432".
    listed: bool,
}

impl Named {
    /// A port with its machine, and nothing else said.
    fn of(port: u16, machine: Option<Role>) -> Named {
        Named { port, machine, side: None, directed: false, exchange: None, always: false, listed: false }
    }
}

/// What a sentence without a port says about the ports in the sentences after it.
#[derive(Clone, Copy, Debug, Default)]
struct Cue {
    /// The exchange that it is about, from 0.
    exchange: Option<usize>,
    /// The machine that opens the connection or sends, according to it.
    opener: Option<Role>,
    /// The port that was named last, where its sentence names no other.
    port: Option<u16>,
    /// The machine that the sentence before speaks of first: what "it" means.
    subject: Option<Role>,
}

impl Cue {
    /// Updates the cue from a sentence. Where the sentence names no port, its exchange and its `opener` hold for the
    /// sentences after it, too.
    fn take(&mut self, sentence: &Sentence, without_port: bool, opener: impl Fn() -> Option<Role>) {
        let exchange = (0..sentence.words.len()).find_map(|i| exchange(sentence, i));
        let another = exchange.is_some_and(|n| self.exchange != Some(n));
        if another {
            self.opener = None;
        }
        // A heading or a clause such as "Exchange 1:" holds for what follows.
        if without_port {
            self.exchange = exchange.or(self.exchange);
            self.opener = opener().or(self.opener);
        }
    }

    /// The machine on that side of the connection; `None` without an opener.
    fn owner(&self, side: Side) -> Option<Role> {
        self.opener.map(|opener| if side == Side::Client { opener } else { opener.other() })
    }
}

/// Where in its sentence a port is; all places are indices of words.
struct Place {
    at: usize,
    /// The port before it; `None` for the first.
    before: Option<usize>,
    /// The port after it, or the end of the sentence.
    next: usize,
    /// Whether the sentence names owners before their ports.
    owner_first: bool,
}

impl Place {
    /// The side that the words around the port give it.
    fn side(&self, sentence: &Sentence, swaps: bool) -> Option<Side> {
        let Place { at, before, next, owner_first } = *self;
        let closed = before.map_or(0, |b| bracket_behind(sentence, b));
        let behind_comma = before.max(comma_before(sentence, at));
        let deed = || by_deed(sentence, at).or_else(|| deed_behind(sentence, at, next)).filter(|_| !swaps);
        behind(sentence, at, next, owner_first, side_or_deed)
            .or_else(|| purpose(sentence, at, next))
            .or_else(deed)
            .or_else(|| ahead(sentence, at, behind_comma, false, |i, w| side(w).filter(|_| i >= closed)))
    }
}

impl Subject<'_> {
    pub(super) fn ports(&self) -> Finding {
        let ports = |side| self.report.exchanges.iter().map(|x| x.end(side).port).collect::<BTreeSet<u16>>();
        let (servers, clients) = (ports(Side::Server), ports(Side::Client));
        let named: Vec<Named> = self
            .reading
            .sentences
            .iter()
            // "The client is the one below 65432" states a rule and gives no port an owner.
            .filter(|s| port_places(s).len() > 1 || !by_number(s))
            .scan(Cue::default(), |cue, s| Some(self.named_ports(s, &clients, cue)))
            .flatten()
            .chain(self.copied())
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
            // What is said of the senders' ports tells the machines apart; the receiver's belongs to both of them.
            let owned = |port: &u16| others.iter().any(|n| n.port == *port && n.machine.is_some());
            if wrong.signs == [Sign::WrongOwner] && clients.iter().all(owned) {
                let says =
                    "the senders' ports have their owners; what is said of the receiver's does not fit them.";
                return Finding { mark: Mark::Partly, says: says.into(), ..wrong };
            }
            return wrong;
        }
        let finding = self.complete(&named, &servers, &clients);
        if finding.mark == Mark::Right
            && self.reading.sentences.iter().any(|s| self.answers_go_to_listener(s))
        {
            let says =
                "the ports are right; what is said of the replies is not: they go to the sender's port.";
            return Finding::new(Mark::Partly, says).sign(Sign::WrongOwner);
        }
        if finding.mark == Mark::Right && self.reading.sentences.iter().any(names_well_known) {
            let says = "another sentence names a port that no connection of the capture has.";
            return Finding::new(Mark::Partly, says).sign(Sign::UnknownPort);
        }
        finding
    }

    /// "The replies also go to port 65432".
    fn answers_go_to_listener(&self, sentence: &Sentence) -> bool {
        const REPLIES: &str = "reply replies answer answers response responses antwort antworten respuesta respuestas reponse \
            reponses";
        let replies = sentence.words.iter().position(|w| one_of(&w.text, REPLIES));
        replies.is_some_and(|at| {
            let behind = sentence.words.get(at + 1..).unwrap_or_default();
            let goes = behind.iter().take(3).any(|w| {
                one_of(&w.text, "go goes come comes travel arrive sent gehen kommen van llegan vont arrivent")
            });
            let places = port_places(sentence);
            let only = matches!(places.as_slice(), [(i, port)] if *port == self.port && *i > at);
            let to = behind.iter().any(|w| one_of(&w.text, "to at an a al vers"));
            goes && only
                && to
                && !behind.iter().any(|w| one_of(&w.text, "from von desde depuis") || w.is(Concept::Not))
        })
    }

    /// The ports of a sentence with their owners. `cue` holds what earlier sentences said, and is updated.
    fn named_ports(&self, sentence: &Sentence, clients: &BTreeSet<u16>, cue: &mut Cue) -> Vec<Named> {
        let resolved = self.with_subject(sentence);
        let sentence = resolved.as_ref().unwrap_or(sentence);
        let places: Vec<(usize, u16)> = port_places(sentence);
        cue.take(sentence, places.is_empty(), || self.opener(sentence));
        cue.opener = self.bound(sentence).or(cue.opener);
        let mut all: Vec<Named> = self.of_it(sentence, cue.port).into_iter().collect();
        cue.port = match places.as_slice() {
            [] => cue.port,
            [(_, port)] => Some(*port),
            _ => None,
        };
        let spread = self.spread(sentence, &places);
        let swaps = sentence.has(Concept::Swap);
        let of_both = self.both_together(sentence, &places);
        let owner_first = self.owner_comes_first(sentence, &places);
        for (n, (at, port)) in places.iter().enumerate() {
            if let Some(spread) = &spread {
                all.extend(spread.iter().filter(|(of, ..)| of == port).map(|(_, role, exchange)| Named {
                    exchange: *exchange,
                    ..Named::of(*port, Some(*role))
                }));
                all.push(Named::of(*port, None));
                continue;
            }
            let before = n.checked_sub(1).and_then(|p| places.get(p)).map(|(i, _)| *i);
            let behind = places.get(n + 1).map(|(i, _)| *i);
            let place = Place { at: *at, before, next: behind.unwrap_or(sentence.words.len()), owner_first };
            let side = place.side(sentence, swaps);
            let near = self
                .owner(sentence, &place, side, (n, places.len()))
                .or_else(|| self.behind_verb(sentence, &place))
                .or_else(|| self.on_line(sentence, &places))
                .or_else(|| self.of_pronoun(sentence, &place, cue.subject));
            let heads = self.heads(sentence);
            let far = || {
                let far = ahead(sentence, *at, before, true, |_, w| self.role(w));
                far.filter(|_| side.is_none() || heads)
            };
            let (alone, machine) = (near.is_none(), near.or_else(far).filter(|_| !of_both));
            let of_opener = || cue.owner(side?).filter(|_| !swaps && !of_both);
            let (listed, machine) = (alone && machine.is_some(), machine.or_else(of_opener));
            all.push(Named {
                port: *port,
                machine,
                side: side.filter(|_| !swaps),
                directed: directed(sentence, *at, before, behind),
                exchange: cue_at(sentence, *at).or(cue.exchange),
                always: machine.is_some() && self.is_always(sentence),
                listed,
            });
        }
        self.by_client_port(&mut all, clients);
        cue.subject = sentence.words.iter().find_map(|w| self.role(w)).or(cue.subject);
        if !places.is_empty() && (0..sentence.words.len()).any(|i| exchange(sentence, i).is_some()) {
            // It has spoken of another exchange than the heading before it.
            cue.exchange = None;
        }
        all
    }

    /// The machine that the words around a port give it. `nth` is the port's index among those of the sentence, and
    /// their number.
    fn owner(
        &self,
        sentence: &Sentence,
        place: &Place,
        side: Option<Side>,
        (n, ports): (usize, usize),
    ) -> Option<Role> {
        let role = |w: &Word| self.role(w);
        let Place { at, before, next, owner_first } = *place;
        // "The host reaches the guest's 65432 from its own 37818".
        if let Some(own) = self.own_port(sentence, at) {
            return Some(own);
        }
        if let Some((from, to)) = self
            .direction(sentence, at, before, side.is_some())
            .filter(|_| side.is_some() || ports.is_multiple_of(2))
        {
            let client = side.map_or(n.is_multiple_of(2), |side| side == Side::Client);
            return Some(if client { from } else { to });
        }
        let closed = before.map_or(0, |b| bracket_behind(sentence, b));
        before_bracket(sentence, at)
            .and_then(role)
            .or_else(|| behind(sentence, at, next, owner_first, role))
            .or_else(|| ahead(sentence, at, before, false, |i, w| role(w).filter(|_| i >= closed)))
    }

    /// The two machines of a heading before a port, such as "Host → guest:" or "From host to guest (frames 1 to
    /// 10):", in the order from, to. Where the port's side is known, a clause will do: "When the host sends to the
    /// guest, source port is …".
    fn direction(
        &self,
        sentence: &Sentence,
        at: usize,
        before: Option<usize>,
        side_is_known: bool,
    ) -> Option<(Role, Role)> {
        let roles: Vec<(usize, Role)> = sentence
            .words
            .iter()
            .enumerate()
            .take(at)
            .filter_map(|(i, w)| Some((i, self.role(w)?)))
            .collect();
        let [.., (a, from), (b, to)] = roles.as_slice() else { return None };
        let between = sentence.words.get(a + 1..=*b)?;
        let leads =
            between.iter().any(|w| w.is_after_arrow() || one_of(&w.text, "to an zu zum nach al a vers"));
        let first = port_places(sentence).into_iter().map(|(i, _)| i).find(|i| i > b)?;
        // "… (host to guest), src 38200": brackets behind a port are about that port, not about the next one.
        let bracketed = sentence.words.get(*a).is_some_and(|w| w.gap.contains('('));
        // "192.168.56.1 → 192.168.56.101 TCP 37818 → 65432".
        let second = port_places(sentence).into_iter().map(|(i, _)| i).find(|i| *i > first);
        let row = second.is_some_and(|i| i == first + 1 && sentence.words[i].is_after_arrow());
        let heads = row
            || side_is_known && !bracketed
            || sentence.words.get(b + 1..=first)?.iter().any(|w| w.gap.contains(':'));
        let near = between.len() < 4 && before.is_none_or(|p| p > *b);
        (from != to && leads && heads && near).then_some((*from, *to))
    }

    /// The machine that opens the connection or sends, according to a sentence: "the host opens it", "it is opened by
    /// the host".
    fn opener(&self, sentence: &Sentence) -> Option<Role> {
        let deed = sentence.words.iter().position(|w| w.concepts.any(&[Concept::Open, Concept::Send]))?;
        let role = |i: usize| sentence.words.get(i).and_then(|w| self.role(w));
        let by = |i: &usize| {
            (1..=2).any(|n| {
                i.checked_sub(n)
                    .and_then(|b| sentence.words.get(b))
                    .is_some_and(|w| one_of(&w.text, "by von vom por par"))
            })
        };
        let all: Vec<usize> = (0..sentence.words.len()).filter(|i| role(*i).is_some()).collect();
        let agent = all.iter().copied().find(by).or_else(|| all.first().copied().filter(|i| *i < deed))?;
        role(agent).filter(|_| !sentence.is_denied(deed) && !sentence.has(Concept::Swap))
    }

    /// Whether the sentence gives a port to one machine always, instead of to sender or receiver: "The host always
    /// uses …", "always the guest's".
    fn is_always(&self, sentence: &Sentence) -> bool {
        let always = |w: &Word| one_of(&w.text, "always immer siempre toujours");
        let role = |i: usize| sentence.words.get(i).is_some_and(|w| self.role(w).is_some());
        let near = |i: usize| (i.saturating_sub(2)..=i + 2).any(role);
        sentence.words.iter().enumerate().any(|(i, w)| always(w) && near(i))
    }

    /// The ports in rows copied out of the packet list, with their machines.
    fn copied(&self) -> Vec<Named> {
        let ends = self.reading.rows.iter().filter_map(|row| row.ends).flatten();
        let named = |(ip, port): (std::net::IpAddr, Option<u16>)| {
            Some(Named {
                port: port?,
                machine: self.report.roles.of(ip),
                side: None,
                directed: true,
                exchange: None,
                always: false,
                listed: false,
            })
        };
        ends.filter_map(named).collect()
    }

    /// The owner of a port called "its own": the first machine that the sentence names.
    fn own_port(&self, sentence: &Sentence, at: usize) -> Option<Role> {
        let before = sentence.words.get(at.saturating_sub(2)..at).unwrap_or_default();
        let own = before.iter().any(|w| one_of(&w.text, "own eigenen eigener eigenem propio propre"));
        sentence.words.iter().take(at).find_map(|w| self.role(w)).filter(|_| own)
    }

    /// Sets the exchange of ports by the client's port in the same sentence, since each exchange has another one.
    fn by_client_port(&self, all: &mut [Named], clients: &BTreeSet<u16>) {
        let of = |port: u16| self.report.exchanges.iter().position(|x| x.end(Side::Client).port == port);
        let known: Vec<Option<usize>> =
            all.iter().map(|n| clients.contains(&n.port).then(|| of(n.port)).flatten()).collect();
        let distinct: BTreeSet<usize> = known.iter().flatten().copied().collect();
        // "Host: 37818 and 65432" lists the ports of a machine in all exchanges.
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
                // The client's port that is named before this one, else after it; it decides only where ports come in
                // pairs.
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

    /// Whether a sentence names both machines and then ports without saying which is whose: "The host and the guest
    /// both use …".
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

/// "The greeting itself travels over port 80": a well-known port, which the lab does not use.
fn names_well_known(sentence: &Sentence) -> bool {
    let travels = |w: &[Word]| {
        matches!(w, [over, port, n] if one_of(&over.text, "over via through uber por par")
            && port.is(Concept::Port)
            && n.number.is_some_and(|n| n < 1024))
    };
    sentence.words.windows(3).enumerate().any(|(i, w)| travels(w) && !sentence.is_denied(i))
}

/// Whether ports of clients and servers come in pairs, so that each pair is one exchange.
fn all_in_pairs(known: &[Option<usize>]) -> bool {
    known.len().is_multiple_of(2)
        && known.chunks(2).all(|pair| pair.iter().filter(|p| p.is_some()).count() == 1)
}

/// The exchange that the sentence names nearest before a word, or else first after it.
fn cue_at(sentence: &Sentence, at: usize) -> Option<usize> {
    let before = (0..at).rev().find_map(|i| exchange(sentence, i));
    before.or_else(|| (at..sentence.words.len()).find_map(|i| exchange(sentence, i)))
}
