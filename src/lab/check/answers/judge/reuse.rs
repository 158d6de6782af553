//! Grades which ports stay the same and which change, as an answer says.

mod clause;
mod verbless;

use super::super::language::{Concept, Sentence, Word, one_of};
use super::super::{Finding, Mark};
use super::Subject;
use crate::lab::definition::misconception::Sign;
use crate::lab::evidence::exchange::Side;
use clause::{at_colon, by_deed, is_a_part, is_beside, is_consequence, is_doubted, verb, without_names};
use std::collections::BTreeSet;
use verbless::without_verb;

/// Which ports a clause is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Server,
    Client,
    /// All ports, in so many words.
    All,
    /// Ports in general, without saying which.
    Some,
    /// The ports that were not mentioned before.
    Others,
}

/// What a clause says about ports: that they stay the same, or that they change.
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
    /// The subjects of the last clause, for a next clause that leaves them out; `verb` likewise.
    whose: Vec<Whose>,
    verb: Option<Does>,
    /// Whether that verb was a denied "change".
    denied: bool,
    /// Whether that verb stands in the sentence that is read.
    fresh: bool,
    /// Subjects whose verb is still to come.
    pending: Vec<Whose>,
    /// The last side that was named in so many words.
    subject: Option<Whose>,
    /// The side in a clause such as "Only 65432 did", whose verb is the opposite of the other side's.
    contrasted: Option<Whose>,
    /// Whether it gives the receiver's number to the sender: "65432 of the sender".
    exchanged: bool,
    /// Whether the first word was "no"; the rest of the answer may still contradict it.
    says_no: bool,
}

impl Claims {
    fn says(&self, whose: Whose, does: Does) -> bool {
        self.all.contains(&(whose, does))
    }

    fn add(&mut self, whose: &[Whose], does: Does) {
        // "The other port, the client's, changes" names it twice.
        let named = match whose {
            [Whose::Others, rest @ ..] if !rest.is_empty() => rest,
            all => all,
        };
        for one in named {
            let one = match one {
                Whose::Others => self.complement(),
                one => *one,
            };
            self.all.push((one, does));
        }
    }

    /// Adds what a clause with a verb says.
    fn take(&mut self, part: &Sentence, whose: Vec<Whose>, does: Does, denied: bool) {
        // "the receiver's port 65432" names one port twice.
        let mut named = std::mem::take(&mut self.pending);
        named.extend(whose);
        if named.is_empty() {
            let they = part.words.iter().any(|w| w.text == "they");
            named = if self.whose.is_empty() || they { vec![Whose::Some] } else { self.whose.clone() };
        }
        // "They are not all the same" says nothing about all ports, only that some change.
        let not_all = denied && does == Does::Stay && part.any(&[Concept::All, Concept::Both]);
        if not_all && named == [Whose::All] {
            named = vec![Whose::Some];
        }
        self.denied = denied && does == Does::Change;
        let does = does.turned(denied);
        self.add(&named, does);
        // "Only the client's port changes" says that the other does not.
        if part.has(Concept::Only)
            && let [one @ (Whose::Client | Whose::Server)] = named.as_slice()
        {
            let rest = if *one == Whose::Server { Whose::Client } else { Whose::Server };
            self.all.push((rest, does.turned(true)));
        }
        (self.whose, self.verb, self.fresh) = (named, Some(does), true);
    }

    /// The side that "the other" means.
    fn complement(&self) -> Whose {
        let last =
            || self.all.iter().rev().map(|(w, _)| *w).find(|w| matches!(w, Whose::Server | Whose::Client));
        match self.subject.or_else(last) {
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
        let finding = verdict(&self.claims(&clients));
        if finding.mark == Mark::Right && self.reading.sentences.iter().any(|s| is_other_range(s, &clients)) {
            let says = "what stays and what changes is right; the senders' ports lie outside the range that is named.";
            return Finding::new(Mark::Partly, says);
        }
        finding
    }

    fn claims(&self, clients: &BTreeSet<u16>) -> Claims {
        let mut claims = Claims::default();
        for (n, sentence) in self.reading.sentences.iter().enumerate() {
            // "Yes and no" claims neither.
            if sentence.words.len() <= 4 && sentence.has(Concept::Yes) && sentence.has(Concept::NoAnswer) {
                continue;
            }
            let (claim, reason) = sentence.reason();
            claims.pending.clear();
            claims.fresh = false;
            let divides = |w: &Word| {
                w.gap.contains([',', '/', '|']) && !w.gap.contains("):")
                    || one_of(
                        &w.text,
                        "and but while whereas und aber wahrend y pero mientras et mais tandis",
                    )
            };
            let mut parts: Vec<Sentence> =
                numbers_together(claim.parts(divides)).iter().flat_map(at_colon).collect();
            // The verb may stand behind the reason: "because …, it changes".
            let other = |w: &Word| divides(w) || w.is(Concept::Other);
            // "It has to be found, so it keeps its port": what follows is the claim.
            let follows = reason.as_ref().is_some_and(is_consequence);
            parts.extend(reason.iter().flat_map(|r| r.parts(other)).skip(usize::from(!follows)).filter(
                |p| {
                    p.any(&[Concept::Stay, Concept::Change])
                        || follows && p.any(&[Concept::Ephemeral, Concept::Chosen])
                },
            ));
            for (i, part) in parts.iter().enumerate() {
                if is_beside(part) {
                    // "If 65432 changed as well, …, so this one stays".
                    let (whose, _) = self.subjects(part, clients);
                    if let [one @ (Whose::Server | Whose::Client)] = whose.as_slice() {
                        claims.subject = Some(*one);
                    }
                    continue;
                }
                self.clause(part, n == 0 && i == 0, clients, &mut claims);
            }
            // Subjects behind the verb: "what stays: 65432".
            if let Some(does) = claims.verb.filter(|_| claims.fresh && !claims.pending.is_empty()) {
                let pending = std::mem::take(&mut claims.pending);
                claims.add(&pending, does);
            }
        }
        let rest = match claims.contrasted {
            Some(Whose::Server) => Whose::Client,
            _ => Whose::Server,
        };
        if let Some(one) = claims.contrasted
            && let Some((_, does)) = claims.all.iter().find(|(whose, _)| *whose == rest)
        {
            let does = does.turned(true);
            claims.all.push((one, does));
        }
        claims
    }

    /// Which ports a clause names, and how many different client ports are among them.
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
            whose.extend(by_deed(part).or_else(|| without_names(part)));
        }
        (whose, numbers.len())
    }

    /// "65432 of the sender".
    fn is_given_to_sender(&self, part: &Sentence) -> bool {
        part.words.iter().enumerate().any(|(i, w)| {
            let behind = || part.words.iter().skip(i + 1).take(3);
            w.number == Some(self.port.into())
                && behind().take(1).any(|w| one_of(&w.text, "of from von vom des del de du") && !w.is_apart())
                && behind().any(|w| w.is(Concept::Client))
        })
    }

    fn clause(&self, part: &Sentence, is_first: bool, clients: &BTreeSet<u16>, claims: &mut Claims) {
        let (whose, numbers) = self.subjects(part, clients);
        if let Some(one) = whose.iter().find(|w| matches!(w, Whose::Server | Whose::Client)) {
            claims.subject = Some(*one);
        }
        if is_doubted(part) {
            return;
        }
        claims.exchanged |= self.is_given_to_sender(part);
        if is_a_part(part) && !whose.iter().any(|w| matches!(w, Whose::Server | Whose::Client)) {
            claims.add(&[Whose::Some], Does::Change);
            return;
        }
        // "It is assigned dynamically": whose port was spoken of before.
        let it = part.words.first().is_some_and(|w| one_of(&w.text, "it its this er dieser este il"));
        // "Linux hands it a free one".
        let it = it
            || part.words.windows(2).any(|w| {
                matches!(w, [gives, it] if (gives.is(Concept::Chosen) || gives.is(Concept::Send)) && one_of(&it.text, "it ihm le lui"))
            });
        let known: Vec<Whose> = match whose.is_empty() {
            true if !claims.pending.is_empty() => claims.pending.clone(),
            true if it => claims.subject.into_iter().collect(),
            _ => whose.clone(),
        };
        // "None changes. 37818 and 38200 are those of the two machines": two numbers alone do not deny it.
        let numbers = if claims.says(Whose::All, Does::Stay) { 0 } else { numbers };
        let verb = verb(part, &known, numbers);
        let whose =
            if whose.is_empty() && it && claims.pending.is_empty() && verb.is_some() { known } else { whose };
        let answers = part.words.first().is_some_and(|w| w.is(Concept::NoAnswer) || w.is(Concept::Yes));
        // "They are not."
        if is_first
            && part.words.len() == 3
            && one_of(&part.words[0].text, "they these sie")
            && part.has(Concept::Not)
        {
            claims.says_no = true;
            return;
        }
        if is_first && answers && whose.is_empty() {
            let yes = part.words.first().is_some_and(|w| w.is(Concept::Yes));
            if yes && verb.is_none_or(|(does, denied)| does.turned(denied) == Does::Stay) {
                claims.all.push((Whose::All, Does::Stay));
            } else if !yes {
                claims.says_no = true;
            }
            if part.words.len() == 1 {
                return;
            }
            if !yes && verb.is_some() {
                return;
            }
        }
        // "As for the receiver, yes": the answer to the subject before it.
        if answers && whose.is_empty() && !claims.pending.is_empty() && !is_first && verb.is_none() {
            let yes = part.words.first().is_some_and(|w| w.is(Concept::Yes));
            let pending = std::mem::take(&mut claims.pending);
            claims.add(&pending, if yes { Does::Stay } else { Does::Change });
            return;
        }
        // "The host then had a port other than 37818."
        if part.says_phrase(&["port other than", "one other than"]) && whose == [Whose::Client] {
            claims.add(&whose, Does::Change);
            return;
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
        claims.take(part, whose, does, denied);
    }
}

/// "It is allocated from 49152 to 65535": IANA's range of dynamic ports, where the capture has none of it.
fn is_other_range(sentence: &Sentence, clients: &BTreeSet<u16>) -> bool {
    let at = |n: u64| sentence.words.iter().position(|w| w.number == Some(n));
    let (Some(low), Some(high)) = (at(49152), at(65535)) else { return false };
    let denied = sentence.is_denied(low) || sentence.has(Concept::Not);
    low < high && !denied && !clients.iter().any(|port| *port >= 49152)
}

/// Joins a part that is only a number to the part before it whose brackets it closes: "isn't (37818 and then 38200)".
fn numbers_together(parts: Vec<Sentence>) -> Vec<Sentence> {
    let mut joined: Vec<Sentence> = Vec::new();
    for part in parts {
        let gaps = |mark: char| move |s: &Sentence| s.words.iter().filter(|w| w.gap.contains(mark)).count();
        let open = joined.last().is_some_and(|last| gaps('(')(last) > gaps(')')(last));
        let bare = part.words.len() <= 3 && part.words.iter().any(|w| w.number.is_some());
        match joined.last_mut().filter(|_| open && bare) {
            Some(last) => last.words.extend(part.words),
            None => joined.push(part),
        }
    }
    joined
}

fn verdict(claims: &Claims) -> Finding {
    let says = |whose, does| claims.says(whose, does);
    let (server_stays, client_changes) = (says(Whose::Server, Does::Stay), says(Whose::Client, Does::Change));
    let (server_changes, client_stays) = (says(Whose::Server, Does::Change), says(Whose::Client, Does::Stay));
    let (all_stay, all_change) = (says(Whose::All, Does::Stay), says(Whose::All, Does::Change));
    // "65432 of the sender stays, the port of the receiver is new": number and owner do not fit each other, twice.
    if claims.exchanged && server_stays && server_changes {
        let says = "the numbers are right, but each port is given to the other side.";
        return Finding::new(Mark::Wrong, says).sign(Sign::ListenerChanges);
    }
    if server_stays && client_changes {
        if server_changes || client_stays || all_stay || all_change {
            return Finding::new(
                Mark::Partly,
                "one sentence is what the capture shows, another contradicts it.",
            );
        }
        return Finding::new(Mark::Right, "that is what the capture shows.");
    }
    // "65432 stays. The receiving computer gets a different one": the number is taken for the sender's.
    let of_sender = server_stays && server_changes && !client_changes;
    if (server_changes || all_change) && !server_stays || of_sender {
        return Finding::new(Mark::Wrong, "the capture shows otherwise for the port of the receiver.")
            .sign(Sign::ListenerChanges);
    }
    if (client_stays || all_stay) && !client_changes {
        return Finding::new(Mark::Wrong, "the connections of the capture differ.").sign(Sign::AllSame);
    }
    let some_stay = says(Whose::Some, Does::Stay);
    let changes = client_changes || says(Whose::Some, Does::Change) || claims.says_no && !some_stay;
    match (server_stays, changes) {
        (true, _) => Finding::new(Mark::Partly, "that a port stays is right; say also which one changes."),
        (_, true) => {
            Finding::new(Mark::Partly, "that something changes is right; say also whose port stays.")
        }
        _ if some_stay => {
            Finding::new(Mark::Wrong, "the connections of the capture differ.").sign(Sign::AllSame)
        }
        _ => {
            Finding::new(Mark::Unread, "neither that ports stay nor that they change can be read out of it.")
        }
    }
}
