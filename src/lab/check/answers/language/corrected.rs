//! What an answer corrects in the next breath: "6, no, 5", "3 … no wait, it's 4".

use super::one_of;
use super::text::{Sentence, Word};
use crate::lab::definition::vocabulary::Concept;

/// Words that begin a correction by themselves.
const BEGINS: &str = "wait scratch sorry correction oops whoops hold quatsch korrektur moment halt warte stimmt espera perdon \
    correccion attends pardon erratum";
/// What may follow such a word, or a "no" that corrects.
const GOES_ON: &str = "wait sorry actually that on nicht moment halt warte quatsch espera perdon mejor attends pardon plutot \
    rather i mean no nein non doch eher";

/// The sentences without what a later one corrects.
pub(super) fn without(sentences: Vec<Sentence>) -> Vec<Sentence> {
    let mut kept: Vec<Sentence> = Vec::new();
    for mut sentence in sentences {
        let opener = opener(&sentence);
        if opener > 0 {
            // "No wait." and the correction in the next sentence is the same.
            let single =
                kept.last().is_some_and(|last| last.words.iter().filter(|w| is_number(w)).count() < 2);
            if single {
                let last = kept.pop();
                sentence.new_line |= last.is_some_and(|l| l.new_line);
            }
            sentence.words.drain(..opener);
        }
        within(&mut sentence);
        if !sentence.words.is_empty() {
            kept.push(sentence);
        }
    }
    kept
}

/// How many words at the beginning say that a correction follows.
fn opener(sentence: &Sentence) -> usize {
    let text = |i: usize| sentence.words.get(i).map_or("", |w| w.text.as_str());
    let no = one_of(text(0), "no nein non");
    // "Or rather no, …".
    let rather = text(0) == "or" && one_of(text(1), "rather better actually no")
        || text(0) == "oder" && text(1) == "besser";
    if rather {
        return (1..sentence.words.len())
            .find(|i| !one_of(text(*i), "rather better actually besser"))
            .unwrap_or(0);
    }
    let begins = one_of(text(0), BEGINS) && !sentence.any(&[Concept::Listen, Concept::Receive])
        || one_of(text(0), "wait")
            && (sentence.words.len() == 1 || sentence.words.get(1).is_some_and(Word::is_apart))
        || no && one_of(text(1), BEGINS);
    if !begins {
        return 0;
    }
    let first = 1 + usize::from(no);
    (first..sentence.words.len()).find(|i| !one_of(text(*i), GOES_ON)).unwrap_or(sentence.words.len())
}

/// Takes "6, no," out of "6, no, 5", and "the guest, sorry," out of "the guest, sorry, the host".
fn within(sentence: &mut Sentence) {
    let words = &sentence.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.text.as_str());
    let apart = |i: usize| words.get(i).is_some_and(Word::is_apart);
    let find = || {
        (1..words.len()).find_map(|at| {
            let no = one_of(text(at), "no nein non");
            // "The packet (No. 4)" counts, it does not correct.
            let number = words.get(at + 1).is_some_and(|w| w.gap.starts_with('.'));
            let corrects = apart(at)
                && !number
                && (no || one_of(text(at), "wait sorry actually quatsch pardon perdon oops"));
            let end = (at + 1..words.len()).find(|i| !one_of(text(*i), GOES_ON))?;
            let closed = apart(end) || end > at + 1 || no && words.get(end).is_some_and(is_number);
            let from = (at.saturating_sub(3)..at).rev().find(|i| words.get(*i).is_some_and(is_named))?;
            let number = words.get(from).is_some_and(is_number);
            let again = words.iter().skip(end).any(|w| is_named(w) && is_number(w) == number);
            (corrects && closed && again).then_some(from..end)
        })
    };
    if let Some(taken) = find() {
        sentence.words.drain(taken);
    }
}

fn is_number(word: &Word) -> bool {
    word.number.is_some_and(|_| !word.article)
}

fn is_named(word: &Word) -> bool {
    is_number(word) || word.concepts.any(&[Concept::Host, Concept::Guest, Concept::Client, Concept::Server])
}
