//! Grades which ports stay the same and which change, as an answer says.

use super::super::language::{Concept, Sentence, Word, one_of};
use super::super::{Finding, Mark};
use super::Subject;
use crate::lab::definition::misconception::Sign;
use crate::lab::evidence::exchange::Side;
use std::collections::BTreeSet;

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
    /// Subjects whose verb is still to come.
    pending: Vec<Whose>,
    /// The last side that was named in so many words.
    subject: Option<Whose>,
    /// The side in a clause such as "Only 65432 did", whose verb is the opposite of the other side's.
    contrasted: Option<Whose>,
    /// Whether the first word was "no"; the rest of the answer may still contradict it.
    says_no: bool,
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
        let does = does.turned(denied);
        self.add(&named, does);
        // "Only the client's port changes" says that the other does not.
        if part.has(Concept::Only)
            && let [one @ (Whose::Client | Whose::Server)] = named.as_slice()
        {
            let rest = if *one == Whose::Server { Whose::Client } else { Whose::Server };
            self.all.push((rest, does.turned(true)));
        }
        (self.whose, self.verb) = (named, Some(does));
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
        verdict(&self.claims(&clients))
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
            let divides = |w: &Word| {
                w.gap.contains([',', '/', '|']) && !w.gap.contains("):")
                    || one_of(
                        &w.text,
                        "and but while whereas und aber wahrend y pero mientras et mais tandis",
                    )
            };
            let mut parts: Vec<Sentence> = claim.parts(divides).iter().flat_map(at_colon).collect();
            // The verb may stand behind the reason: "because …, it changes".
            let other = |w: &Word| divides(w) || w.is(Concept::Other);
            parts.extend(
                reason
                    .iter()
                    .flat_map(|r| r.parts(other))
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

    fn clause(&self, part: &Sentence, is_first: bool, clients: &BTreeSet<u16>, claims: &mut Claims) {
        let (whose, numbers) = self.subjects(part, clients);
        if let Some(one) = whose.iter().find(|w| matches!(w, Whose::Server | Whose::Client)) {
            claims.subject = Some(*one);
        }
        if is_doubted(part) {
            return;
        }
        if is_a_part(part) && !whose.iter().any(|w| matches!(w, Whose::Server | Whose::Client)) {
            claims.add(&[Whose::Some], Does::Change);
            return;
        }
        let verb = verb(part, &whose, numbers);
        let answers = part.words.first().is_some_and(|w| w.is(Concept::NoAnswer) || w.is(Concept::Yes));
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

/// The side that a clause names by its activity: "El del que envía", "the one that accepts".
fn by_deed(part: &Sentence) -> Option<Whose> {
    let that = |w: &Word| {
        one_of(
            &w.text,
            "that who which whichever whoever wer der die dem den welchem welcher where wo donde que quien qui ou \
             lequel celui for zum para pour",
        )
    };
    let at = part.words.iter().position(that)?;
    let gets = |w: &Word| w.concepts.any(&[Concept::Receive, Concept::Listen]);
    let of = |w: &Word| match (w.concepts.any(&[Concept::Send, Concept::Open]), gets(w)) {
        (true, false) => Some(Whose::Client),
        // "The system takes a free one" receives nothing.
        (false, true) if !w.is(Concept::Chosen) && !part.has(Concept::Os) => Some(Whose::Server),
        _ => None,
    };
    part.words.iter().skip(at + 1).take(3).find_map(of)
}

/// Whether a clause expresses doubt and so claims nothing: "I can't say about the other", "not sure about the rest".
fn is_doubted(part: &Sentence) -> bool {
    let own = part.words.iter().any(|w| one_of(&w.text, "i we ich wir yo je nous can could kann puedo peux"));
    let knows = |w: &Word| {
        one_of(
            &w.text,
            "say tell know sure certain sagen weiss sicher decir se seguro dire sais sur certains",
        )
    };
    let not = part.words.iter().position(|w| w.is(Concept::Not) && !w.is(Concept::NoAnswer));
    own && not.is_some_and(|i| part.words.iter().skip(i + 1).take(3).any(knows))
}

/// Whether a clause is about a part of the ports only: "some stay", "not all of them".
fn is_a_part(part: &Sentence) -> bool {
    let some = part.words.iter().any(|w| {
        one_of(&w.text, "some manche einige etliche algunos algunas certains certaines partly partially teilweise half halb")
    });
    let not_all = part
        .words
        .windows(2)
        .any(|w| matches!(w, [not, all] if not.is(Concept::Not) && !not.is(Concept::NoAnswer) && all.is(Concept::All)));
    some || not_all
}

/// What a clause that names no owner is about: all ports, or the others; `None` if neither.
fn without_names(part: &Sentence) -> Option<Whose> {
    let next = |i: usize, is: &dyn Fn(&Word) -> bool| part.words.get(i + 1).is_some_and(is);
    let at = |is: &dyn Fn(&Word) -> bool| part.words.iter().position(is);
    // "What both programs have agreed on" speaks of programs, "every port" and "both ports" of ports.
    let is_party = |w: &Word| {
        w.concepts.any(&[
            Concept::Code,
            Concept::Os,
            Concept::Host,
            Concept::Guest,
            Concept::Client,
            Concept::Server,
        ]) || w.is(Concept::Whoever)
    };
    let is_port = |w: &Word| w.is(Concept::Port);
    let both = at(&|w| w.is(Concept::Both) || w.is(Concept::All));
    let of_programs = both.is_some_and(|i| next(i, &is_party));
    let every = at(&|w| one_of(&w.text, "every each jeder cada chaque both beide ambos ambas"));
    let every_port = every.is_some_and(|i| next(i, &is_port));
    let all = part.words.iter().any(|w| {
        w.is(Concept::All) && w.text != "every"
            || w.is(Concept::Both) && w.text != "each" && !of_programs
            || one_of(&w.text, "neither none keiner keine ninguno aucun")
    });
    let every_time = part.has(Concept::EveryTime) && !part.words.iter().any(|w| w.text == "all");
    if every_port || all && !every_time {
        return Some(Whose::All);
    }
    let second = at(&|w| w.is(Concept::Second))
        .is_some_and(|i| next(i, &is_port) || next(i, &|w| one_of(&w.text, "number one")));
    let others = part.words.iter().take_while(|w| !is_being(w)).any(|w| w.is(Concept::Other));
    (second || others && !part.has(Concept::They)).then_some(Whose::Others)
}

/// What a clause says about its ports, and whether a denial turns it round; `None` without a verb.
fn verb(part: &Sentence, whose: &[Whose], numbers: usize) -> Option<(Does, bool)> {
    // In "The other one no (it is ephemeral)" the no is an answer and does not deny the words after it.
    let answers = |i: usize| part.words.get(i + 1).is_none_or(Word::is_apart);
    let denied = part
        .words
        .iter()
        .enumerate()
        .any(|(i, w)| w.is(Concept::Not) && !(w.is(Concept::NoAnswer) && answers(i)));
    // In "The one that is hard coded doesn't …" the denial is about the verb, not about "hard coded".
    let not = part.position(Concept::Not);
    let set = part.words.iter().position(|w| w.concepts.any(&[Concept::Code]) && w.is(Concept::Stay));
    let denied = denied
        && !(set.is_some_and(|s| not.is_some_and(|n| s < n))
            && part.words.iter().filter(|w| w.is(Concept::Stay)).count() == 1
            && !part.has(Concept::Change));
    let said = |c: Concept| part.words.iter().any(|w| w.is(c));
    // "Always new" means that it changes, in spite of the "always".
    let stays = part.words.iter().any(|w| {
        w.is(Concept::Stay) && !(said(Concept::Change) && one_of(&w.text, "always immer siempre toujours"))
    });
    match (stays, said(Concept::Change)) {
        // "stays the same, never changes": both verbs say the same, since one is denied.
        (true, true) if denied => Some((Does::Stay, false)),
        (true, _) => Some((Does::Stay, denied)),
        (false, true) => Some((Does::Change, denied)),
        _ if will_be_others(part) => Some((Does::Change, denied)),
        // "Not chosen by us" does not say whether the port stays.
        _ if (said(Concept::Ephemeral) || said(Concept::Chosen) && !whose.is_empty()) && !denied => {
            Some((Does::Change, false))
        }
        _ if numbers > 1 => Some((Does::Change, false)),
        _ if said(Concept::EveryTime) && !whose.is_empty() => Some((Does::Stay, denied)),
        _ => None,
    }
}

/// Splits a clause at a colon if the part before it claims something: "they differ: the client's …", but not "stays:
/// 65432".
fn at_colon(part: &Sentence) -> Vec<Sentence> {
    let colon = (3..part.words.len()).find(|i| part.words.get(*i).is_some_and(|w| w.gap.contains(':')));
    let says =
        |i: &usize| part.words.iter().take(*i).any(|w| w.concepts.any(&[Concept::Stay, Concept::Change]));
    let Some(colon) = colon.filter(says) else { return vec![part.clone()] };
    let (before, after) = part.words.split_at(colon);
    [before, after].map(|words| Sentence { words: words.to_vec(), new_line: false }).into()
}

/// Whether a word for "others" follows a form of "to be": "They will be others".
fn will_be_others(part: &Sentence) -> bool {
    let a_different = part.words.windows(2).any(|w| {
        matches!(w, [a, other] if one_of(&a.text, "einem einen ein eine un une en a") && other.is(Concept::Other) && !one_of(&other.text, "rest others otros"))
    });
    a_different || part.words.iter().skip_while(|w| !is_being(w)).skip(1).any(|w| w.is(Concept::Other))
}

fn is_being(word: &Word) -> bool {
    one_of(&word.text, "be is are were ist sind es seran son est sera seront sont")
}

/// Adds the claim of a clause without a verb of its own, such as "the client port is not" or "65432 yes"; a bare
/// subject waits for its verb.
fn without_verb(part: &Sentence, whose: Vec<Whose>, claims: &mut Claims) {
    if whose.is_empty() {
        return;
    }
    let is = |c: Concept| part.words.iter().any(|w| w.is(c));
    let last = part.words.last();
    let auxiliary = last.is_some_and(|w| {
        one_of(&w.text, "is does do are not nicht no pas doesn isn tut ist never jamais nie nunca")
    });
    let did = last.is_some_and(|w| {
        one_of(&w.text, "did does do was were is are war waren ist sind era eran es son fue etait est")
    });
    match claims.verb {
        // "65432 is, the other one isn't": the words "the same" are to be added from the question.
        None if is_being_last(part) && !is(Concept::Only) => {
            let does = if is(Concept::Not) { Does::Change } else { Does::Stay };
            claims.take(part, whose, does, false);
        }
        None if did && is(Concept::Only) => claims.contrasted = whose.first().copied(),
        _ if is(Concept::Yes) => claims.add(&whose, Does::Stay),
        // "The server's port is fixed, the client's is not", "65432 never changes, the other does": the opposite of
        // the clause before.
        Some(verb) if auxiliary && claims.whose != whose => claims.add(&whose, verb.turned(true)),
        _ if last.is_some_and(|w| w.is(Concept::NoAnswer)) => claims.add(&whose, Does::Change),
        _ => claims.pending.extend(whose),
    }
}

/// Whether a clause ends with a form of "to be", denied or not.
fn is_being_last(part: &Sentence) -> bool {
    let not = |w: &&Word| one_of(&w.text, "not nicht");
    let last = part.words.iter().rev().find(|w| !not(w));
    last.is_some_and(|w| one_of(&w.text, "is are isn aren was were wasn weren ist sind war waren"))
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
