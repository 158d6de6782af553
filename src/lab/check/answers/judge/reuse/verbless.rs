//! Clauses about ports that have no verb of their own: "the client's is not", "65432 yes".

use super::super::super::language::{Concept, Sentence, Word, one_of};
use super::{Claims, Does, Whose};

/// Adds the claim of a clause without a verb of its own, such as "the client port is not" or "65432 yes"; a bare
/// subject waits for its verb.
pub(super) fn without_verb(part: &Sentence, whose: Vec<Whose>, claims: &mut Claims) {
    if whose.is_empty() || uses_it(part) {
        return;
    }
    let is = |c: Concept| part.words.iter().any(|w| w.is(c));
    let last = part.words.last();
    let auxiliary = last.is_some_and(|w| {
        one_of(&w.text, "is does do are not nicht no pas doesn isn tut ist never jamais nie nunca")
    });
    // "65432 never did."
    let auxiliary = auxiliary || is(Concept::Not) && last.is_some_and(|w| one_of(&w.text, "did does do"));
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
        // "Only one of the two: 65432" answers "are they the same?".
        None if is(Concept::Only) && whose == [Whose::Server] => {
            claims.all.extend([(Whose::Server, Does::Stay), (Whose::Client, Does::Change)]);
        }
        // "65432 never changes. The sender's, yes": the verb of the clause before, without its denial.
        Some(_) if is(Concept::Yes) && claims.denied && claims.whose != whose => {
            claims.take(part, whose, Does::Change, false);
        }
        _ if is(Concept::Yes) => claims.add(&whose, Does::Stay),
        // "The server's port is fixed, the client's is not", "65432 never changes, the other does": the opposite of
        // the clause before.
        Some(verb) if (auxiliary || is_denied_alone(part)) && claims.whose != whose => {
            claims.add(&whose, verb.turned(true))
        }
        _ if last.is_some_and(|w| w.is(Concept::NoAnswer)) => claims.add(&whose, Does::Change),
        _ => claims.pending.extend(whose),
    }
}

/// "The sender connects to it": what is done with a port that was spoken of before.
fn uses_it(part: &Sentence) -> bool {
    let [.., verb, to, it] = part.words.as_slice() else { return false };
    verb.concepts.any(&[Concept::Open, Concept::Listen, Concept::Send, Concept::Find])
        && one_of(&to.text, "to on at for an auf en a")
        && one_of(&it.text, "it ihn ihm el lui")
}

/// "One isn't (the sender's)": a denial, and behind it no more than who is meant.
fn is_denied_alone(part: &Sentence) -> bool {
    let not = part.words.iter().position(|w| w.is(Concept::Not) && !w.is(Concept::NoAnswer));
    not.is_some_and(|i| part.words.get(i + 1).is_some_and(|w| w.gap.contains('(')))
}

/// Whether a clause ends with a form of "to be", denied or not.
fn is_being_last(part: &Sentence) -> bool {
    let not = |w: &&Word| one_of(&w.text, "not nicht");
    let last = part.words.iter().rev().find(|w| !not(w));
    last.is_some_and(|w| one_of(&w.text, "is are isn aren was were wasn weren ist sind war waren"))
}
