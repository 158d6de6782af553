//! "If the host wrote it, the guest answers, and vice versa": the machine that sends the marker, by the machine that
//! sends the message.

use super::super::super::language::{Concept, Sentence, Word, one_of};
use super::super::Subject;
use crate::lab::definition::Role;
use crate::lab::evidence::exchange::Side;

/// Words that begin a condition.
const IF: &str = "if when whenever once wenn falls sobald si cuando quand lorsque";

impl Subject<'_> {
    /// The machines of a claim of conditions, each with its exchange; `None` if a part of it is none. `whole` is the
    /// sentence of the claim.
    pub(super) fn conditional(
        &self,
        claim: &Sentence,
        whole: &Sentence,
    ) -> Option<Vec<(Option<usize>, Role)>> {
        let begins = |i: usize| {
            claim.words.get(i).is_some_and(|w| one_of(&w.text, IF)) || i == 0 && is_verb_first(claim)
        };
        let starts: Vec<usize> = (0..claim.words.len()).filter(|i| begins(*i)).collect();
        let first = *starts.first()?;
        // "Depends on who sent the hello: if it was …": no machine before the first condition.
        if claim.words.iter().take(first).any(|w| self.role(w).is_some()) {
            return None;
        }
        let mut all = Vec::new();
        let ends = starts.iter().skip(1).copied().chain([claim.words.len()]);
        for (start, end) in starts.iter().copied().zip(ends) {
            let (client, sender) = self.pair(claim.words.get(start..end)?)?;
            all.push((self.exchange_of(client), sender));
            if starts.len() == 1 && says_vice_versa(whole) {
                all.push((self.exchange_of(client.other()), sender.other()));
            }
        }
        Some(all)
    }

    /// The machine that sends the message by a condition, and the one that sends the marker then.
    fn pair(&self, words: &[Word]) -> Option<(Role, Role)> {
        let roles: Vec<(usize, Role)> =
            words.iter().enumerate().filter_map(|(i, w)| Some((i, self.role(w)?))).collect();
        let [(a, from), (b, by)] = roles.as_slice() else { return None };
        let condition = words.get(..*b)?;
        let divided = words
            .get(a + 1..=*b)?
            .iter()
            .any(|w| w.is_apart() || one_of(&w.text, "then dann entonces alors the der die el l"));
        let writes = condition.iter().any(|w| {
            w.concepts.any(&[Concept::Send, Concept::Tell, Concept::Client, Concept::Open])
                || one_of(
                    &w.text,
                    "was wrote writes write written types typed geschrieben schreibt escribe escribio ecrit",
                )
        });
        let other =
            condition.iter().any(|w| w.concepts.any(&[Concept::Receive, Concept::Server, Concept::Not]));
        (from != by && divided && writes && !other).then_some((*from, *by))
    }

    /// The index of the exchange, among those with a marker, in which a machine sends the message.
    fn exchange_of(&self, client: Role) -> Option<usize> {
        let shown = self.report.exchanges.iter().filter(|x| !x.marker.is_empty());
        shown.map(|x| self.role_of(x, Side::Client)).position(|role| role == Some(client))
    }
}

/// "Hat der Host geschrieben, …", "schickt der Host, …": a condition in German without a word for it.
fn is_verb_first(claim: &Sentence) -> bool {
    let article = claim.words.get(1).is_some_and(|w| one_of(&w.text, "der die das"));
    article
        && claim.words.first().is_some_and(|w| {
            one_of(&w.text, "hat schickt sendet schreibt verschickt redet spricht ist fangt tippt")
        })
}

/// Whether a sentence ends with the same for exchanged roles.
fn says_vice_versa(claim: &Sentence) -> bool {
    claim.says("umgekehrt andersrum andersherum viceversa inversement reversed reverse")
        || claim.says_phrase(&[
            "vice versa",
            "other way round",
            "other way around",
            "al reves",
            "a la inversa",
            "l inverse",
        ])
}
