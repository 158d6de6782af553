//! What an answer says only to take it back: "at first we counted 4, but …", "one might think that …".

use super::one_of;
use super::text::{Sentence, Word};
use crate::lab::definition::vocabulary::Concept;

/// A sentence without what it takes back; `None` where nothing else is in it.
pub(super) fn without(sentence: &Sentence) -> Option<Sentence> {
    let Some(at) = (0..sentence.words.len()).find(|i| is_taken_back(&sentence.words, *i)) else {
        return Some(sentence.clone());
    };
    let clause = (1..=at).rev().find(|i| sentence.words.get(*i).is_some_and(|w| w.gap.contains([',', '('])));
    let resumes = (at..sentence.words.len()).find(|i| sentence.words.get(*i).is_some_and(is_but));
    let mut words = sentence.words.get(..clause.unwrap_or(0)).unwrap_or_default().to_vec();
    // "… but not 4" still denies; the rest stands for itself.
    words.extend(
        sentence.words.get(resumes.map_or(sentence.words.len(), |i| i + 1)..).unwrap_or_default().to_vec(),
    );
    (!words.is_empty()).then_some(Sentence { words, new_line: sentence.new_line })
}

fn is_but(word: &Word) -> bool {
    one_of(&word.text, "but however yet aber jedoch doch sondern pero sino mais pourtant")
}

/// Whether the word is the verb of a belief that is not held any more.
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
            // "I would say that …" is careful; "one would say" is about others.
            let own = near(3, &["i", "we", "ich", "wir", "yo", "je", "nous"]);
            near(2, &["might", "could", "would", "may", "konnte", "podria", "pourrait"]) && !own
                || near(2, &["wrong", "mistake", "incorrect", "tempting", "falsch"])
        }
        "counted" | "had" | "got" | "wrote" | "put" | "count" => {
            person
                && near(4, &["first", "initially", "originally"])
                && words.iter().take(at).all(|w| !w.is(Concept::Exchange))
        }
        _ => false,
    }
}
