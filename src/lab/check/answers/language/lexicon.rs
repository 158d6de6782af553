//! What words mean: a table of concepts with their words in four languages.

use crate::lab::definition::vocabulary::Concept;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("lexicon.txt");

/// Concepts that a word can stand for, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Concepts(u128);

impl Concepts {
    /// Whether the set holds a concept.
    pub(in super::super) fn has(self, concept: Concept) -> bool {
        self.0 & (1 << concept as u8) != 0
    }

    /// Whether the set holds one of several concepts.
    pub(in super::super) fn any(self, concepts: &[Concept]) -> bool {
        concepts.iter().any(|c| self.has(*c))
    }

    pub(super) fn add(&mut self, concept: Concept) {
        self.0 |= 1 << concept as u8;
    }

    pub(super) fn remove(&mut self, concept: Concept) {
        self.0 &= !(1 << concept as u8);
    }

    fn join(&mut self, other: Concepts) {
        self.0 |= other.0;
    }
}

/// The words that are known.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Lexicon {
    /// Words, and phrases with single spaces.
    whole: FxHashMap<String, Concepts>,
    /// Stems of words with their concepts, by the first letter.
    beginnings: FxHashMap<char, Vec<(String, Concepts)>>,
    /// The first word of each phrase, with the number of words of the longest phrase that it begins.
    phrases: FxHashMap<String, usize>,
    /// Words that are long enough to be known when they are misspelt, by first letter and length.
    long: FxHashMap<(char, usize), Vec<String>>,
}

/// Letters from which on a word is known when one of them is wrong: shorter ones have too many neighbours.
const LONG: usize = 7;

/// The built-in words.
pub(in super::super) static BUILT_IN: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon::default();
    for line in TABLE.lines().filter(|l| !l.starts_with('#')) {
        let Some((name, words)) = line.split_once(':') else { continue };
        if let Some(concept) = Concept::named(name.trim()) {
            words.split_whitespace().for_each(|word| lexicon.add(concept, word));
        }
    }
    lexicon
});

impl Lexicon {
    /// The built-in words and `more`, from a lab's definition: names of concepts with their words. An unknown name is
    /// ignored.
    pub(in super::super) fn with(more: &[(&str, &[String])]) -> Lexicon {
        let mut lexicon = BUILT_IN.clone();
        for (name, words) in more {
            let Some(concept) = Concept::named(name) else { continue };
            for word in *words {
                let word = super::fold(&word.to_lowercase()).split_whitespace().collect::<Vec<_>>().join("_");
                lexicon.add(concept, &word);
            }
        }
        lexicon
    }

    fn add(&mut self, concept: Concept, word: &str) {
        let word = word.replace('_', " ");
        if let Some(beginning) = word.strip_suffix('*') {
            let Some(letter) = beginning.chars().next() else { return };
            let mut concepts = Concepts::default();
            concepts.add(concept);
            self.beginnings.entry(letter).or_default().push((beginning.into(), concepts));
            return;
        }
        let parts = word.split(' ').count();
        if parts > 1 {
            let first = word.split(' ').next().unwrap_or_default().to_string();
            let longest = self.phrases.entry(first).or_default();
            *longest = (*longest).max(parts);
        }
        if parts == 1 && word.len() >= LONG && word.is_ascii() {
            let letter = word.chars().next().unwrap_or_default();
            self.long.entry((letter, word.len())).or_default().push(word.clone());
        }
        self.whole.entry(word).or_default().add(concept);
    }

    /// The concepts of a single word; empty if it is unknown.
    pub(in super::super) fn word(&self, word: &str) -> Concepts {
        let mut found = self.whole.get(word).copied().unwrap_or_default();
        let letter = word.chars().next().unwrap_or_default();
        for (beginning, concepts) in self.beginnings.get(&letter).into_iter().flatten() {
            if word.starts_with(beginning.as_str()) {
                found.join(*concepts);
            }
        }
        found
    }

    /// The same, and where the word is none that is known, those of the word that it is meant for: "pakcets", "conecting".
    pub(super) fn word_or_misspelt(&self, word: &str) -> Concepts {
        let known = self.word(word);
        if known != Concepts::default() || word.len() < LONG || !word.bytes().all(|b| b.is_ascii_lowercase())
        {
            return known;
        }
        let letter = word.chars().next().unwrap_or_default();
        let alike = |length: usize| self.long.get(&(letter, length)).into_iter().flatten();
        let near = alike(word.len()).chain(alike(word.len() - 1)).chain(alike(word.len() + 1));
        let meant = near.into_iter().find(|other| is_misspelt(word.as_bytes(), other.as_bytes()));
        meant.and_then(|other| self.whole.get(other)).copied().unwrap_or_default()
    }

    /// The longest phrase that `words` begin with: its number of words, two or more, and its concepts. `None` if
    /// there is none.
    pub(super) fn phrase(&self, words: &[&str]) -> Option<(usize, Concepts)> {
        let longest = *self.phrases.get(*words.first()?)?;
        (2..=longest.min(words.len())).rev().find_map(|n| {
            let phrase = words.get(..n)?.join(" ");
            Some((n, *self.whole.get(&phrase)?))
        })
    }
}

/// Whether two words differ by two letters that are swapped, or by one that is missing before the last: "machines" is
/// no slip for "machine".
fn is_misspelt(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (a.get(same..).unwrap_or_default(), b.get(same..).unwrap_or_default());
    match (rest_a, rest_b) {
        ([x, y, a @ ..], [u, v, b @ ..]) if rest_a.len() == rest_b.len() => x == v && y == u && a == b,
        ([_, a @ ..], b) if rest_a.len() == rest_b.len() + 1 && !b.is_empty() => a == b,
        (a, [_, b @ ..]) if rest_a.len() + 1 == rest_b.len() && !a.is_empty() => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_the_table_names_a_concept_and_each_concept_has_words() {
        for line in TABLE.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
            let name = line.split(':').next().unwrap();
            assert!(Concept::named(name).is_some(), "{name}");
        }
        for name in Concept::NAMES {
            assert!(TABLE.lines().any(|l| l.starts_with(&format!("{name}:"))), "{name} has no words");
        }
    }

    #[test]
    fn words_beginnings_and_phrases_are_found() {
        assert!(BUILT_IN.word("bestatigt").has(Concept::Confirm));
        assert!(BUILT_IN.word("retransmitted").has(Concept::Twice));
        let (n, concepts) = BUILT_IN.phrase(&["operating", "system", "picks"]).unwrap();
        assert!(n == 2 && concepts.has(Concept::Os));
    }

    #[test]
    fn a_long_word_with_a_slip_is_known_and_another_word_is_not() {
        for (slip, concept) in
            [("pakcets", Concept::Packet), ("conecting", Concept::Open), ("charachters", Concept::Character)]
        {
            assert!(BUILT_IN.word_or_misspelt(slip).has(concept), "{slip}");
        }
        for other in ["charged", "stated", "weather", "portion"] {
            assert_eq!(BUILT_IN.word_or_misspelt(other), Concepts::default(), "{other}");
        }
    }
}
