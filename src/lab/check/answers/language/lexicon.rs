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
}

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
}
