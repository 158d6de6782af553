//! Phrases whose words are apart in the sentence: "legt … auf", "the side that was listening".

use super::one_of;
use super::text::Word;
use crate::lab::definition::vocabulary::Concept;

/// German separable verbs: forms of the verb, the prefix that ends the clause, and the meaning of both together.
const DIVIDED: [(&str, &str, Concept); 7] = [
    ("legt legen legte", "auf", Concept::Close),
    ("hangt hangen", "auf", Concept::Close),
    ("macht machen", "zu dicht", Concept::Close),
    ("baut bauen", "ab", Concept::Close),
    ("bricht brechen", "ab", Concept::Close),
    ("baut bauen", "auf", Concept::Open),
    ("kommt kommen kam", "an", Concept::Receive),
];

/// Gives the words of such phrases the meaning that they have together.
pub(super) fn understand(words: &mut [Word]) {
    let several = words.len() > 1;
    for at in 0..words.len() {
        relative(words, at);
        // The Spanish "and", where it is no answer of one letter.
        if let Some(word) = words.get_mut(at).filter(|w| several && w.text == "y") {
            word.concepts.remove(Concept::Yes);
        }
        if is_source_code(words, at)
            && let Some(word) = words.get_mut(at)
        {
            word.concepts.remove(Concept::Client);
        }
        // "The one who got it" has received it; "got it" alone confirms.
        let who =
            at.checked_sub(1).and_then(|i| words.get(i)).is_some_and(|w| one_of(&w.text, "who that which"));
        if let Some(word) = words.get_mut(at).filter(|w| who && w.text == "got it") {
            word.concepts.remove(Concept::Confirm);
            word.concepts.add(Concept::Receive);
        }
        divided(words, at);
        if is_place(words, at)
            && let Some(word) = words.get_mut(at)
        {
            word.concepts.remove(Concept::EndVerb);
        }
        if is_one_that_listens(words, at)
            && let Some(word) = words.get_mut(at)
        {
            word.concepts.add(Concept::Server);
        }
    }
}

/// "Der Port dessen, der sendet": the clause belongs to the word before its comma.
fn relative(words: &mut [Word], at: usize) {
    let heads = "dessen desjenigen derjenige derjenigen demjenigen denjenigen celui celle ceux quien aquel";
    let before = at.checked_sub(1).and_then(|i| words.get(i)).is_some_and(|w| one_of(&w.text, heads));
    if let Some(word) = words.get_mut(at).filter(|w| {
        before && w.gap.trim() == "," && one_of(&w.text, "der die das dem den welcher welche welches qui que")
    }) {
        word.gap = " ".into();
    }
}

/// "The program over there", "over the network": no end, as in "it is over".
fn is_place(words: &[Word], at: usize) -> bool {
    let is = |w: &Word| one_of(&w.text, "is was are were s be been get gets got all");
    let over = words.get(at).is_some_and(|w| w.text == "over");
    over && !at.checked_sub(1).and_then(|i| words.get(i)).is_some_and(is)
}

/// "Written in our source": the code, no side of a connection.
fn is_source_code(words: &[Word], at: usize) -> bool {
    let text = |i: Option<usize>| i.and_then(|i| words.get(i)).map_or("", |w| w.text.as_str());
    text(Some(at)) == "source"
        && (one_of(text(at.checked_sub(1)), "our my your in open")
            || one_of(text(at.checked_sub(2)), "in") && text(at.checked_sub(1)) == "the"
            || one_of(text(Some(at + 1)), "code file files"))
}

fn divided(words: &mut [Word], at: usize) {
    let Some(verb) = words.get(at).map(|w| w.text.clone()) else { return };
    for (verbs, parts, concept) in DIVIDED {
        if !one_of(&verb, verbs) {
            continue;
        }
        // The prefix must end its clause.
        let mut behind = words.iter().enumerate().skip(at + 1).take(8);
        let ends = behind.any(|(i, w)| {
            one_of(&w.text, parts)
                && words.get(i + 1).is_none_or(|n| n.is_apart() || one_of(&n.text, "und oder"))
        });
        if ends && let Some(word) = words.get_mut(at) {
            word.concepts.add(concept);
        }
    }
}

/// "The program that waits", "celui qui écoute", "wer lauscht".
fn is_one_that_listens(words: &[Word], at: usize) -> bool {
    const BETWEEN: &str = "that who which was is had is being der die das welche welcher qui est que el la lo esta \
        estaba always only just ist immer of them the two ones";
    if !words.get(at).is_some_and(|w| w.is(Concept::Party)) {
        return false;
    }
    // "The waiting side", "die lauschende Seite".
    let participle = |w: &Word| ["ing", "nde", "nden", "nder"].iter().any(|e| w.text.ends_with(e));
    if at.checked_sub(1).and_then(|i| words.get(i)).is_some_and(|w| w.is(Concept::Listen) && participle(w)) {
        return true;
    }
    for word in words.iter().skip(at + 1).take(4) {
        if word.is(Concept::Listen) {
            return true;
        }
        if !one_of(&word.text, BETWEEN) || word.is_apart() && !word.gap.contains(',') {
            return false;
        }
    }
    false
}
