//! Students' sentences as words with meanings, in four languages.
//!
//! [`Reading::of`] splits a text into sentences, and sentences into words. A word has its concepts ([`Concept`]), its
//! value if it is a number, and the characters between it and the word before. Grading reads an answer's claims from
//! these words.

mod amount;
mod corrected;
mod frames;
mod joined;
mod lexicon;
mod number;
mod pasted;
mod retracted;
mod said;
mod text;

pub(super) use crate::lab::definition::vocabulary::Concept;
pub(super) use amount::{Amount, Unit};
pub(super) use lexicon::{BUILT_IN, Lexicon};
pub(super) use pasted::is_row;
pub(super) use said::Said;
pub(super) use text::{Reading, Sentence, Word, regex};

/// Whether `word` is in a list of words separated by single spaces.
pub(super) fn one_of(word: &str, words: &str) -> bool {
    words.split(' ').any(|w| w == word)
}

/// The text in lower case, without accents and with plain apostrophes, as the lexicon has its words.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => folded.push('a'),
            'ç' => folded.push('c'),
            'è' | 'é' | 'ê' | 'ë' => folded.push('e'),
            'ì' | 'í' | 'î' | 'ï' => folded.push('i'),
            'ñ' => folded.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => folded.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => folded.push('u'),
            'ß' => folded.push_str("ss"),
            'œ' => folded.push_str("oe"),
            '’' | '‘' | '´' | '`' => folded.push('\''),
            // Combining marks of decomposed letters.
            '\u{300}'..='\u{36f}' => {}
            '\u{a0}' | '\u{202f}' => folded.push(' '),
            c => folded.push(c),
        }
    }
    folded
}
