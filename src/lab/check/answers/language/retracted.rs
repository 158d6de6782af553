//! Removes what an answer says only to take it back: "at first we counted 4, but …", "one might think that …".

use super::one_of;
use super::text::{Sentence, Word};
use crate::lab::definition::vocabulary::Concept;

/// A sentence without what it takes back; `None` if nothing is left.
pub(super) fn without(sentence: &Sentence) -> Option<Sentence> {
    let sentence = &contrasted(sentence);
    let Some(at) = (0..sentence.words.len()).find(|i| is_taken_back(&sentence.words, *i)) else {
        return Some(sentence.clone());
    };
    let clause = (1..=at).rev().find(|i| sentence.words.get(*i).is_some_and(|w| w.gap.contains([',', '('])));
    // In "Not 1460 as I thought: 1448" and "I first had 4, so 3" the words after the mark are a claim of their own.
    let aside = (1..=at)
        .rev()
        .take(3)
        .any(|i| sentence.words.get(i).is_some_and(|w| one_of(&w.text, "as wie como comme like than que")));
    let resumes =
        (at..sentence.words.len()).find(|i| sentence.words.get(*i).is_some_and(is_but)).or_else(|| {
            let mark = |w: &Word| {
                w.gap.contains([':', '–', '—']) || w.gap.contains(" - ") || aside && w.gap.contains(',')
            };
            (at + 1..sentence.words.len()).find(|i| sentence.words.get(*i).is_some_and(mark)).map(|i| i - 1)
        });
    let mut words = sentence.words.get(..clause.unwrap_or(0)).unwrap_or_default().to_vec();
    // In "… but not 4" the denial stays; the rest is a claim of its own.
    words.extend(
        sentence.words.get(resumes.map_or(sentence.words.len(), |i| i + 1)..).unwrap_or_default().to_vec(),
    );
    (!words.is_empty()).then_some(Sentence { words, new_line: sentence.new_line })
}

/// Rewrites a contrast to what it affirms: "It is not the host that has it but the guest" to "it is the guest that
/// has it", "neither 4 nor 5 but 3" to "3".
fn contrasted(sentence: &Sentence) -> Sentence {
    let words = &sentence.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.text.as_str());
    let named = |w: &Word| {
        w.number.is_some_and(|_| !w.article)
            || w.concepts.any(&[Concept::Host, Concept::Guest, Concept::Client, Concept::Server])
    };
    let find = || {
        // "No, 4 come, but …" answers the question.
        let answers = |i: usize| text(i) == "no" && words.get(i + 1).is_some_and(Word::is_apart);
        let denies = |i: &usize| one_of(text(*i), "not neither nicht weder no ni pas") && !answers(*i);
        let not = (0..words.len()).find(denies)?;
        let but = (not + 2..words.len()).find(|i| one_of(text(*i), "but sondern sino mais"))?;
        let between = words.get(not + 1..but)?;
        // The denied words follow at once: "not the host", "nor 1460".
        let close = between.iter().take(2).any(named) && between.len() <= 12;
        (close && !between.iter().any(|w| w.gap.contains([';', ':']))).then_some((not, but))
    };
    let Some((not, but)) = find() else { return sentence.clone() };
    let which = |i: &usize| one_of(text(*i), "that who which die der das que qui");
    let rest = (not + 2..but).find(which).unwrap_or(but);
    let ends = |i: &usize| words.get(*i).is_some_and(|w| w.gap.contains([',', ';', ':', '(']));
    let end = (but + 2..words.len()).find(ends).unwrap_or(words.len());
    let part = |from: usize, to: usize| words.get(from..to).unwrap_or_default().to_vec();
    let new = [part(0, not), part(but + 1, end), part(rest, but), part(end, words.len())].concat();
    Sentence { words: new, new_line: sentence.new_line }
}

fn is_but(word: &Word) -> bool {
    one_of(&word.text, "but however yet aber jedoch doch sondern pero sino mais pourtant")
}

/// Whether "I wanted to", "ich wollte" precedes a verb.
fn person_far(words: &[Word], at: usize) -> bool {
    words.get(at.saturating_sub(4)..at).unwrap_or_default().windows(2).any(|w| {
        matches!(w, [person, wanted] if one_of(&person.text, "i we ich wir") && one_of(&wanted.text, "wanted meant wollte wollten"))
    })
}

/// Whether the word at `at` is the verb of a belief that the author has given up.
fn is_taken_back(words: &[Word], at: usize) -> bool {
    let Some(word) = words.get(at) else { return false };
    let near = |n: usize, of: &[&str]| {
        (1..=n).any(|n| {
            at.checked_sub(n).and_then(|i| words.get(i)).is_some_and(|w| of.contains(&w.text.as_str()))
        })
    };
    let person = near(
        3,
        &["i", "we", "you", "one", "they", "my", "our", "ich", "wir", "man", "yo", "je", "nous", "on"],
    );
    match word.text.as_str() {
        "thought" | "believed" | "expected" | "assumed" | "supposed" | "guessed" | "dachte" | "dachten"
        | "glaubte" | "glaubten" | "vermutet" | "vermuteten" | "erwartet" | "erwarteten" => {
            person && !near(1, &["as", "wie"])
        }
        "creia" | "creiamos" | "pensaba" | "pensabamos" | "esperaba" | "esperabamos" | "pensais"
        | "pensait" | "pensions" | "croyais" | "croyait" | "croyions" => true,
        "think" | "believe" | "expect" | "say" | "guess" | "assume" | "denken" | "meinen" | "glauben"
        | "pensar" | "creer" | "penser" | "croire" => {
            // "I would say that …" is a careful claim; "one would say" reports what others believe.
            let own = near(3, &["i", "we", "ich", "wir", "yo", "je", "nous"]);
            near(2, &["might", "could", "would", "may", "konnte", "podria", "pourrait"]) && !own
                || near(2, &["wrong", "mistake", "incorrect", "tempting", "falsch"])
        }
        // "I wanted to answer the host, but …".
        "answer" | "write" | "put" | "antworten" | "schreiben" => {
            person_far(words, at) && words.iter().skip(at).any(is_but)
        }
        "counted" | "had" | "got" | "wrote" | "count" | "said" | "answered" => {
            // "If you count from the first SYN" takes nothing back.
            let names = [Concept::Syn, Concept::Packet, Concept::Message, Concept::Handshake];
            let alone = |i: usize| words.get(i + 1).is_none_or(|next| !next.concepts.any(&names));
            let first = |i: usize| words.get(i).is_some_and(|w| w.text == "first") && alone(i);
            let soon = (at + 1..at + 4).any(first);
            person
                && (soon || near(4, &["first", "initially", "originally"]))
                && words.iter().take(at).all(|w| !w.is(Concept::Exchange))
        }
        _ => false,
    }
}
