//! Which ports stay and which change.

use super::super::language::{Concept, Sentence, Word};
use super::super::{Finding, Mark};
use super::Subject;
use crate::lab::definition::misconception::Sign;
use crate::lab::evidence::exchange::Side;
use std::collections::BTreeSet;

/// Whose port a clause speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Server,
    Client,
    /// All of them, said so.
    All,
    /// The ports, in general.
    Some,
    /// Those not spoken of before.
    Others,
}

/// What is said of ports: that they stay, or that they change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Stay,
    Change,
}

impl Does {
    fn turned(self, denied: bool) -> Does {
        match (self, denied) {
            (Does::Stay, true) => Does::Change,
            (Does::Change, true) => Does::Stay,
            (does, false) => does,
        }
    }
}

/// What an answer claims, clause by clause.
#[derive(Debug, Default)]
struct Claims {
    all: Vec<(Whose, Does)>,
    /// The subject and the verb of the last clause, for those that leave them out.
    whose: Vec<Whose>,
    verb: Option<Does>,
    /// Subjects whose verb has not come yet.
    pending: Vec<Whose>,
}

impl Claims {
    fn says(&self, whose: Whose, does: Does) -> bool {
        self.all.contains(&(whose, does))
    }

    fn add(&mut self, whose: &[Whose], does: Does) {
        for one in whose {
            let one = match one {
                Whose::Others => self.complement(),
                one => *one,
            };
            self.all.push((one, does));
        }
    }

    /// Whom "the other" means.
    fn complement(&self) -> Whose {
        match self.all.iter().rev().map(|(w, _)| *w).find(|w| matches!(w, Whose::Server | Whose::Client)) {
            Some(Whose::Server) => Whose::Client,
            Some(Whose::Client) => Whose::Server,
            _ => Whose::Some,
        }
    }
}

impl Subject<'_> {
    pub(super) fn port_reuse(&self) -> Finding {
        let ports = |side| self.report.exchanges.iter().map(|x| x.end(side).port).collect::<BTreeSet<u16>>();
        let (servers, clients) = (ports(Side::Server), ports(Side::Client));
        if self.report.exchanges.len() < 2 {
            let why = "one connection proves nothing about the next, so this is not graded; capture both exchanges, or a second run.";
            return Finding::new(Mark::CannotTell, why);
        }
        if servers.len() != 1 || clients.len() < 2 {
            let why = "in this capture the ports do not behave as they usually do, so this is not graded.";
            return Finding::new(Mark::CannotTell, why);
        }
        verdict(&self.claims(&clients))
    }

    fn claims(&self, clients: &BTreeSet<u16>) -> Claims {
        let mut claims = Claims::default();
        for (n, sentence) in self.reading.sentences.iter().enumerate() {
            let (claim, reason) = sentence.reason();
            claims.pending.clear();
            let divides = |w: &Word| {
                w.gap.contains([',', '/', '|']) && !w.gap.contains("):")
                    || matches!(
                        w.text.as_str(),
                        "and"
                            | "but"
                            | "while"
                            | "whereas"
                            | "und"
                            | "aber"
                            | "wahrend"
                            | "y"
                            | "pero"
                            | "mientras"
                            | "et"
                            | "mais"
                            | "tandis"
                    )
            };
            let mut parts: Vec<Sentence> = claim.parts(divides).iter().flat_map(at_colon).collect();
            // The verb may stand behind the reason: "because …, it changes".
            parts.extend(
                reason
                    .iter()
                    .flat_map(|r| r.parts(divides))
                    .skip(1)
                    .filter(|p| p.any(&[Concept::Stay, Concept::Change])),
            );
            for (i, part) in parts.iter().enumerate() {
                self.clause(part, n == 0 && i == 0, clients, &mut claims);
            }
            // Subjects behind the verb: "what stays: 65432".
            if let Some(does) = claims.verb.filter(|_| !claims.pending.is_empty()) {
                let pending = std::mem::take(&mut claims.pending);
                claims.add(&pending, does);
            }
        }
        claims
    }

    /// Whose ports a clause names, and how many ports of clients.
    fn subjects(&self, part: &Sentence, clients: &BTreeSet<u16>) -> (Vec<Whose>, usize) {
        let (mut whose, mut numbers) = (Vec::new(), BTreeSet::new());
        for word in &part.words {
            // "The sender's port is 65432": the number says what the port is, not whose.
            let port = word
                .number
                .filter(|_| whose.is_empty() || !numbers.is_empty())
                .and_then(|n| u16::try_from(n).ok());
            let one = match port {
                Some(n) if n == self.port => Whose::Server,
                Some(n) if clients.contains(&n) || n > 1024 => {
                    numbers.insert(n);
                    Whose::Client
                }
                _ if word.is(Concept::Server) => Whose::Server,
                _ if word.is(Concept::Client) || word.is(Concept::Ephemeral) => Whose::Client,
                _ => continue,
            };
            if !whose.contains(&one) {
                whose.push(one);
            }
        }
        if whose.is_empty() {
            let all = part.words.iter().any(|w| {
                w.is(Concept::All) && w.text != "every"
                    || w.is(Concept::Both) && w.text != "each"
                    || matches!(
                        w.text.as_str(),
                        "neither" | "none" | "keiner" | "keine" | "ninguno" | "aucun"
                    )
            });
            let every_time = part.has(Concept::EveryTime) && !part.words.iter().any(|w| w.text == "all");
            if all && !every_time {
                whose.push(Whose::All);
            } else if part.words.iter().take_while(|w| !is_being(w)).any(|w| w.is(Concept::Other))
                && !part.has(Concept::They)
            {
                whose.push(Whose::Others);
            }
        }
        (whose, numbers.len())
    }

    fn clause(&self, part: &Sentence, is_first: bool, clients: &BTreeSet<u16>, claims: &mut Claims) {
        let (mut whose, numbers) = self.subjects(part, clients);
        let denied = part.words.iter().any(|w| w.is(Concept::Not));
        let said = |c: Concept| part.words.iter().any(|w| w.is(c));
        let verb = match (said(Concept::Stay), said(Concept::Change)) {
            // "stays the same, never changes": both say it, and one is denied.
            (true, true) if denied => Some((Does::Stay, false)),
            (true, _) => Some((Does::Stay, denied)),
            (false, true) => Some((Does::Change, denied)),
            _ if will_be_others(part) => Some((Does::Change, denied)),
            _ if said(Concept::Ephemeral) || said(Concept::Chosen) && !whose.is_empty() => {
                Some((Does::Change, denied))
            }
            _ if numbers > 1 => Some((Does::Change, false)),
            _ if said(Concept::EveryTime) && !whose.is_empty() => Some((Does::Stay, denied)),
            _ => None,
        };
        let answers = part.words.first().is_some_and(|w| w.is(Concept::NoAnswer) || w.is(Concept::Yes));
        if is_first && answers && whose.is_empty() {
            let yes = part.words.first().is_some_and(|w| w.is(Concept::Yes));
            if yes && verb.is_none_or(|(does, denied)| does.turned(denied) == Does::Stay) {
                claims.all.push((Whose::All, Does::Stay));
            } else if !yes {
                claims.all.push((Whose::Some, Does::Change));
            }
            if part.words.len() == 1 {
                return;
            }
            if !yes && verb.is_some() {
                return;
            }
        }
        if part.has(Concept::Except)
            && let [one] = whose.as_slice()
        {
            let does = verb.map_or(Does::Change, |(d, n)| d.turned(n));
            let (one, rest) = (*one, if *one == Whose::Server { Whose::Client } else { Whose::Server });
            claims.all.extend([(rest, does), (one, does.turned(true))]);
            return;
        }
        let Some((does, denied)) = verb else {
            without_verb(part, whose, claims);
            return;
        };
        // "the receiver's port 65432": two names of one.
        let mut named = std::mem::take(&mut claims.pending);
        named.extend(whose.iter().copied());
        whose = named;
        if whose.is_empty() {
            whose = if claims.whose.is_empty()
                || part.has(Concept::They) && part.words.iter().any(|w| w.text == "they")
            {
                vec![Whose::Some]
            } else {
                claims.whose.clone()
            };
        }
        // "They are not all the same": some are.
        let not_all = denied
            && does == Does::Stay
            && part.words.iter().any(|w| w.is(Concept::All) || w.is(Concept::Both));
        if not_all && whose == [Whose::All] {
            whose = vec![Whose::Some];
        }
        let does = does.turned(denied);
        claims.add(&whose, does);
        // "Only the client's port changes": the other does not.
        if part.has(Concept::Only)
            && let [one @ (Whose::Client | Whose::Server)] = whose.as_slice()
        {
            let rest = if *one == Whose::Server { Whose::Client } else { Whose::Server };
            claims.all.push((rest, does.turned(true)));
        }
        (claims.whose, claims.verb) = (whose, Some(does));
    }
}

/// A clause that says something before its colon is one of its own: "they differ: the client's …", not "stays: 65432".
fn at_colon(part: &Sentence) -> Vec<Sentence> {
    let colon = (3..part.words.len()).find(|i| part.words.get(*i).is_some_and(|w| w.gap.contains(':')));
    let says =
        |i: &usize| part.words.iter().take(*i).any(|w| w.concepts.any(&[Concept::Stay, Concept::Change]));
    let Some(colon) = colon.filter(says) else { return vec![part.clone()] };
    let (before, after) = part.words.split_at(colon);
    [before, after].map(|words| Sentence { words: words.to_vec(), new_line: false }).into()
}

/// "They will be others": the word for others stands behind a form of "to be".
fn will_be_others(part: &Sentence) -> bool {
    part.words.iter().skip_while(|w| !is_being(w)).skip(1).any(|w| w.is(Concept::Other))
}

fn is_being(word: &Word) -> bool {
    matches!(
        word.text.as_str(),
        "be" | "is"
            | "are"
            | "were"
            | "ist"
            | "sind"
            | "es"
            | "seran"
            | "son"
            | "est"
            | "sera"
            | "seront"
            | "sont"
    )
}

/// A clause without a verb of its own: "the client port is not", "65432 yes", or a subject whose verb follows.
fn without_verb(part: &Sentence, whose: Vec<Whose>, claims: &mut Claims) {
    if whose.is_empty() {
        return;
    }
    let is = |c: Concept| part.words.iter().any(|w| w.is(c));
    let last = part.words.last();
    let auxiliary = last.is_some_and(|w| {
        matches!(
            w.text.as_str(),
            "is" | "does" | "do" | "are" | "not" | "nicht" | "no" | "pas" | "doesn" | "isn" | "tut" | "ist"
        )
    });
    match claims.verb {
        _ if is(Concept::Yes) => claims.add(&whose, Does::Stay),
        // "The server's port is fixed, the client's is not", "65432 never changes, the other does": the opposite.
        Some(verb) if auxiliary && claims.whose != whose => claims.add(&whose, verb.turned(true)),
        _ if last.is_some_and(|w| w.is(Concept::NoAnswer)) => claims.add(&whose, Does::Change),
        _ => claims.pending.extend(whose),
    }
}

fn verdict(claims: &Claims) -> Finding {
    let says = |whose, does| claims.says(whose, does);
    let (server_stays, client_changes) = (says(Whose::Server, Does::Stay), says(Whose::Client, Does::Change));
    let (server_changes, client_stays) = (says(Whose::Server, Does::Change), says(Whose::Client, Does::Stay));
    let (all_stay, all_change) = (says(Whose::All, Does::Stay), says(Whose::All, Does::Change));
    if server_stays && client_changes {
        if server_changes || client_stays || all_stay || all_change {
            return Finding::new(
                Mark::Partly,
                "one sentence is what the capture shows, another contradicts it.",
            );
        }
        return Finding::new(Mark::Right, "that is what the capture shows.");
    }
    if (server_changes || all_change) && !server_stays {
        return Finding::new(Mark::Wrong, "the capture shows otherwise for the port of the receiver.")
            .sign(Sign::ListenerChanges);
    }
    if (client_stays || all_stay) && !client_changes {
        return Finding::new(Mark::Wrong, "the connections of the capture differ.").sign(Sign::AllSame);
    }
    let changes = client_changes || says(Whose::Some, Does::Change);
    match (server_stays, changes) {
        (true, _) => Finding::new(Mark::Partly, "that a port stays is right; say also which one changes."),
        (_, true) => {
            Finding::new(Mark::Partly, "that something changes is right; say also whose port stays.")
        }
        _ if says(Whose::Some, Does::Stay) => {
            Finding::new(Mark::Wrong, "the connections of the capture differ.").sign(Sign::AllSame)
        }
        _ => {
            Finding::new(Mark::Unread, "neither that ports stay nor that they change can be read out of it.")
        }
    }
}
