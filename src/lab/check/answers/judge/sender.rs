//! Grades which side, or which machine, an answer names as the sender of the end marker.

mod clause;
mod condition;

use super::super::language::{Concept, Sentence, Word, one_of};
use super::super::{Finding, Mark};
use super::ideas::{self, Reasoning};
use super::{Subject, exchange};
use crate::lab::definition::misconception::Sign;
use crate::lab::definition::{Analysis, Role};
use crate::lab::evidence::exchange::{Exchange, Side};
use clause::{
    does_it, explains, is_about_the_screen, is_object, is_of_the_addressee, is_of_the_sender, is_opposite,
    is_relative_clause, is_sent_by, is_supposed, is_the_part_of, is_typed, message_between, message_follows,
    sends, without_otherwise, without_screen_text,
};

/// What an answer names as the sender of the end marker.
#[derive(Debug, Default)]
struct Named {
    /// Whether it names the receiver of the message.
    receiver: bool,
    /// Whether it names the sender of the message, as sending the marker or alone.
    sender: bool,
    sender_alone: bool,
    /// The machines it names, each with its exchange, from 0; `None` where no exchange is named.
    machines: Vec<(Option<usize>, Role)>,
    /// The machine that it names for all exchanges.
    everywhere: Option<Role>,
    /// Whether it names one machine or the other, without deciding.
    either: bool,
    /// Whether it names something that is no machine of the lab, such as a router.
    outsider: bool,
}

impl Named {
    /// The verdict where the answer names the sender of the message.
    fn of_sender(&self, expected: &[Option<Role>], all_fit: bool) -> Finding {
        // The machines are those of the capture, so either they or the side is a slip.
        let covered = |(i, role): (usize, &Option<Role>)| {
            self.machines.iter().any(|(at, r)| *at == Some(i) && Some(*r) == *role)
        };
        if all_fit && expected.len() > 1 && expected.iter().enumerate().all(covered) {
            let says = "the machines are right, but the side that is named does not fit them.";
            return Finding::new(Mark::Partly, says);
        }
        let finding = Finding::new(Mark::Wrong, "the capture shows that the other side sends it.");
        finding.sign(Sign::SenderConfirms)
    }

    /// Adds the side that a word names by its part in the exchange.
    fn take(&mut self, claim: &Sentence, at: usize) {
        let Some(word) = claim.words.get(at) else { return };
        // "The one who was sent the message" is its receiver.
        let was = at.checked_sub(1).and_then(|b| claim.words.get(b)).is_some_and(|w| {
            one_of(&w.text, "was were is been got") && is_relative_clause(claim, at, Concept::Send)
        });
        if was || is_relative_clause(claim, at, Concept::Receive) {
            self.receiver = true;
        } else if is_object(claim, at) || is_the_part_of(claim, at) {
        } else if word.is(Concept::Server) {
            self.receiver = true;
        } else if word.is(Concept::Client) && !word.is(Concept::Open) {
            if is_opposite(claim, at) {
                self.receiver = true;
            } else if sends(claim, at) {
                self.sender = true;
            } else {
                self.sender_alone = true;
            }
        } else if is_typed(claim, at) && message_follows(claim, at)
            || is_relative_clause(claim, at, Concept::Send) && message_follows(claim, at)
            || is_relative_clause(claim, at, Concept::Send) && message_between(claim, at)
            || is_relative_clause(claim, at, Concept::Open) && (sends(claim, at) || is_sent_by(claim, at))
        {
            if is_opposite(claim, at) { self.receiver = true } else { self.sender = true }
        } else if word.is(Concept::Outsider) && (does_it(claim, at) || claim.words.len() <= 3) {
            self.outsider = true;
        }
    }
}

impl Subject<'_> {
    pub(super) fn receipt_sender(&self) -> Finding {
        let shown: Vec<&Exchange> = self.report.exchanges.iter().filter(|x| !x.marker.is_empty()).collect();
        if shown.is_empty() {
            return self.missing("a packet with the end marker");
        }
        let expected: Vec<Option<Role>> = shown.iter().map(|x| self.role_of(x, Side::Server)).collect();
        let named = self.named();
        let fits = |(at, role): &(Option<usize>, Role)| match at {
            Some(i) => expected.get(*i).is_none_or(|e| e.is_none_or(|e| e == *role)),
            None => expected.contains(&Some(*role)),
        };
        let all_fit = named.machines.iter().all(fits)
            && named.everywhere.is_none_or(|role| expected.iter().all(|e| e.is_none_or(|e| e == role)));
        if named.receiver {
            return match (named.sender, all_fit) {
                (true, _) => {
                    Finding::new(Mark::Partly, "it names both the receiver and the sender of the message.")
                        .sign(Sign::SenderConfirms)
                }
                (_, false) => Finding::new(
                    Mark::Partly,
                    "the receiver is right, but the machines that are named do not fit it.",
                ),
                _ => Finding::new(Mark::Right, "that is what the capture shows."),
            };
        }
        if named.sender || named.sender_alone && named.machines.is_empty() {
            return named.of_sender(&expected, all_fit);
        }
        if named.machines.is_empty() && named.everywhere.is_none() {
            return self.no_side(&named);
        }
        if expected.iter().any(Option::is_none) {
            let why = "the capture does not tell who is host and who is guest; give --host and --guest.";
            return Finding::new(Mark::CannotTell, why);
        }
        if !all_fit {
            let sign = if named.everywhere.is_some() { Sign::OneExchange } else { Sign::SenderConfirms };
            return Finding::new(Mark::Wrong, "the capture shows another machine.").sign(sign);
        }
        if named.either {
            return Finding::new(
                Mark::Partly,
                "it names both machines, but not which of them in which exchange.",
            );
        }
        self.one_or_all(&named, &expected)
    }

    /// The verdict where the answer names neither a machine nor a side.
    fn no_side(&self, named: &Named) -> Finding {
        // "In both runs" is about the exchanges.
        let of_machines = |w: &[Word]| {
            matches!(w, [both, next] if both.is(Concept::Both)
                && !next.is(Concept::Exchange) && !one_of(&next.text, "times runs cases rounds directions messages"))
        };
        let last = |s: &Sentence| s.words.last().is_some_and(|w| w.is(Concept::Both));
        let of_both = |s: &Sentence| (s.words.windows(2).any(of_machines) || last(s)) && s.has(Concept::Send);
        let of_one = |s: &Sentence| {
            s.words.windows(2).any(|w| matches!(w, [one, of] if one.number == Some(1) && of.text == "of"))
        };
        let of_none = |s: &Sentence| {
            let begin =
                |w: &Word| one_of(&w.text, "neither none nobody keiner niemand ninguno nadie aucun personne");
            s.words.iter().take(2).any(begin) && !s.has(Concept::Except)
        };
        let of_library = |s: &Sentence| {
            let named = |w: &Word| {
                one_of(
                    &w.text,
                    "library python module bibliothek modul biblioteca modulo bibliotheque interpreter",
                )
            };
            (0..s.words.len()).any(|i| s.words.get(i).is_some_and(named) && sends(s, i))
        };
        let none = self.reading.sentences.iter().any(|s| of_both(s) || of_none(s) || of_library(s));
        if named.outsider || none {
            return Finding::new(Mark::Wrong, "the capture shows one of the two machines as its sender.");
        }
        let purpose = |s: &Sentence| {
            s.words.first().is_some_and(|w| one_of(&w.text, "to because so um weil para porque pour"))
        };
        if self.reading.sentences.iter().all(purpose) && self.reading.has(Concept::Confirm) {
            return Finding::new(Mark::Partly, "why it is sent is said, but not who sends it.");
        }
        if self.reading.sentences.iter().any(of_one) {
            return Finding::new(
                Mark::Partly,
                "it does not say which of the machines, nor in which exchange.",
            );
        }
        Finding::new(Mark::Unread, "who sends it cannot be read out of the answer.")
    }

    /// The verdict where all named machines are right: whether they cover every exchange.
    fn one_or_all(&self, named: &Named, expected: &[Option<Role>]) -> Finding {
        let covered = |i: usize, role: Option<Role>| {
            named.everywhere.is_some()
                || named.machines.iter().any(|(at, r)| at.is_none_or(|at| at == i) && Some(*r) == role)
        };
        if expected.iter().enumerate().all(|(i, role)| covered(i, *role)) {
            return Finding::new(Mark::Right, "that is what the capture shows.");
        }
        let opens = |s: &Sentence| {
            let (_, reason) = s.reason();
            reason.is_some_and(|r| {
                let sent = r.words.windows(2).any(|w| {
                    let [it, sent] = w else { return false };
                    // "It is the one that sent the message."
                    let who = one_of(&it.text, "it they he that who which es er que qui")
                        || it.concepts.any(&[Concept::Host, Concept::Guest]);
                    who && (sent.is(Concept::Send)
                        || one_of(&sent.text, "wrote writes typed schrieb escribio"))
                });
                sent && r.has(Concept::Message) && !r.any(&[Concept::Receive, Concept::Confirm, Concept::Not])
                    || r.words
                        .iter()
                        .enumerate()
                        .any(|(i, w)| w.is(Concept::Open) && !w.is(Concept::Connection) && !r.is_denied(i))
            })
        };
        if self.reading.sentences.iter().any(opens) {
            let finding = Finding::new(Mark::Wrong, "the one that begins is not the one that sends it.");
            return finding.sign(Sign::SenderConfirms);
        }
        if ideas::reasoning(Analysis::ReceiptSender, self.reading) == Reasoning::Wrong {
            let says = "it names the machine for one exchange only, and the reason is not right.";
            return Finding::new(Mark::Wrong, says).sign(Sign::OneExchange);
        }
        let says = "it names the machine for one exchange only; the other exchange is missing.";
        Finding::new(Mark::Partly, says).sign(Sign::OneExchange)
    }

    fn named(&self) -> Named {
        let mut named = Named::default();
        for sentence in &self.reading.sentences {
            let (claim, _) = sentence.reason();
            if named.machines.len() == 1 && explains(&claim)
                || is_about_the_screen(&claim)
                || is_supposed(sentence)
            {
                continue;
            }
            let claim = without_otherwise(without_screen_text(claim));
            if let Some(machines) = self.conditional(&claim, sentence) {
                named.machines.extend(machines);
                continue;
            }
            named.sender |= is_of_the_sender(sentence);
            named.receiver |= is_of_the_addressee(&claim);
            self.read(&self.without_explanation(claim), &mut named);
        }
        // Machines that alternate without naming exchanges are taken in the order of the exchanges.
        let unplaced = named.machines.iter().all(|(at, _)| at.is_none());
        let alternate = named.machines.windows(2).all(|pair| matches!(pair, [(_, a), (_, b)] if a != b));
        if unplaced && alternate && named.machines.len() > 1 {
            named.machines.iter_mut().enumerate().for_each(|(i, (at, _))| *at = Some(i));
        }
        named
    }

    /// A claim without the part that only explains the one machine named before it: "The guest, it was the one who got
    /// the text".
    fn without_explanation(&self, claim: Sentence) -> Sentence {
        let parts = claim.parts(Word::is_apart);
        let mut kept = Sentence::default();
        for part in &parts {
            let machines = kept.words.iter().filter(|w| self.role(w).is_some()).count();
            if machines == 1 && explains(part) {
                continue;
            }
            kept.words.extend(part.words.iter().cloned());
        }
        Sentence { new_line: claim.new_line, ..kept }
    }

    fn read(&self, claim: &Sentence, named: &mut Named) {
        let mut machines: Vec<(Option<usize>, Role)> = Vec::new();
        let (mut carried, mut cue_first) = (None, None);
        for (i, word) in claim.words.iter().enumerate() {
            if let Some(k) = exchange(claim, i) {
                cue_first.get_or_insert(machines.is_empty());
                let next = self.leads_on(claim, i);
                match machines.iter_mut().rev().find(|(at, _)| at.is_none()) {
                    // "The guest, and the second time the host".
                    Some((at, _)) if cue_first == Some(false) && next && k == 1 => {
                        (*at, carried, cue_first) = (Some(0), Some(k), Some(true));
                    }
                    Some((at, _)) if cue_first == Some(false) => *at = Some(k),
                    _ => carried = Some(k),
                }
                continue;
            }
            // "First the guest, next the host".
            let next =
                word.text == "next" && claim.words.iter().skip(i + 1).take(2).any(|w| self.role(w).is_some());
            if word.is(Concept::Then) || next {
                machines.iter_mut().filter(|(at, _)| at.is_none()).for_each(|(at, _)| *at = Some(0));
                (carried, cue_first) = (Some(carried.map_or(1, |k| k + 1)), Some(true));
                continue;
            }
            // "L'expéditeur, lui, ne l'envoie jamais", "the sender never sends it".
            let behind = claim.words.iter().skip(i + 1).take(5).enumerate();
            let denies = |(n, w): (usize, &Word)| {
                n < 3 && one_of(&w.text, "ne not never nie nunca jamais") || w.text == "nicht"
            };
            let never = behind.take_while(|(n, w)| *n < 2 || !w.is_apart()).any(denies)
                && (word.is(Concept::Client) || self.role(word).is_some());
            if never && !claim.is_denied(i) {
                continue;
            }
            if claim.is_denied(i) {
                // "The one that is not the sender" is the receiver.
                let one = claim.words.first().is_some_and(|w| w.text == "the")
                    && claim.words.get(1).is_some_and(|w| one_of(&w.text, "one side machine"));
                named.receiver |= word.is(Concept::Client) && one;
                continue;
            }
            match self.role(word).filter(|_| !is_object(claim, i)) {
                Some(role) => machines.push((carried, role)),
                None => named.take(claim, i),
            }
        }
        self.place(claim, machines, named);
    }

    /// Whether a word for an exchange stands behind a mark or "and", and a machine behind it: it is about that one.
    fn leads_on(&self, claim: &Sentence, at: usize) -> bool {
        let is_machine = |w: &Word| self.role(w).is_some();
        let before = claim.words.get(..=at).unwrap_or_default().iter().rev();
        let since: Vec<&Word> = before.take_while(|w| !is_machine(w)).collect();
        let divided = since.iter().any(|w| w.gap.contains(',') || one_of(&w.text, "and und y et"));
        let behind = claim.words.get(at + 1..).unwrap_or_default().iter().take(5);
        divided && behind.take_while(|w| !w.gap.contains(',')).any(is_machine)
    }

    /// Adds the machines of a claim: one for all exchanges, one or the other, or each for its own exchange.
    fn place(&self, claim: &Sentence, machines: Vec<(Option<usize>, Role)>, named: &mut Named) {
        let roles: Vec<Role> = machines.iter().map(|(_, r)| *r).collect();
        let apart = roles.contains(&Role::Host) && roles.contains(&Role::Guest);
        let sometimes = claim.says("sometimes manchmal veces parfois tantot depends depending");
        if apart && (claim.has(Concept::Or) || sometimes) && machines.iter().all(|(at, _)| at.is_none()) {
            named.either = true;
        }
        let everywhere = claim.words.iter().enumerate().any(|(i, w)| {
            let next = claim.words.get(i + 1);
            w.is(Concept::Both) && next.is_some_and(|n| n.is(Concept::Exchange) || n.text == "times")
                || one_of(&w.text, "always immer siempre toujours")
                || w.is(Concept::EveryTime)
        });
        // "6 comes from the guest, 16 from the host, each time from …" does not mean one machine.
        let from = |i: usize| {
            (1..=2).any(|n| {
                i.checked_sub(n)
                    .and_then(|b| claim.words.get(b))
                    .is_some_and(|w| one_of(&w.text, "from von vom"))
            })
        };
        let one = machines.first().map(|(_, role)| *role);
        let other = claim.words.iter().enumerate().any(|(i, w)| {
            from(i) && !claim.is_denied(i) && self.role(w).is_some_and(|role| Some(role) != one)
        });
        // "Always the guest, in step 3 as well as in step 4".
        let cues: Vec<usize> = (0..claim.words.len()).filter_map(|i| exchange(claim, i)).collect();
        let in_all = cues.contains(&0) && cues.contains(&1);
        // "It's always the guest that does it, it's the VM that is the server": the part with "always" decides.
        let always = claim.parts(Word::is_apart).into_iter().find_map(|part| {
            let says = part.says("always immer siempre toujours");
            let mut roles = part.words.iter().filter_map(|w| self.role(w));
            let (first, more) = (roles.next(), roles.next());
            first.filter(|_| says && more.is_none() && part.words.len() > 2)
        });
        if let Some(role) = always.filter(|_| !other && machines.len() > 1) {
            named.everywhere = Some(role);
            return;
        }
        match machines.as_slice() {
            [(at, role)] if everywhere && !other && (at.is_none() || in_all) => {
                named.everywhere = Some(*role)
            }
            _ => named.machines.extend(machines),
        }
    }
}
