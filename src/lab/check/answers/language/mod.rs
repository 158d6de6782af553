//! Students' sentences as words with meanings, in four languages.
//!
//! [`Reading::of`] splits a text into sentences and these into words. A word knows its concepts ([`Concept`]), its
//! number if it is one, and what stands between it and the word before. What an answer claims is read from these.

mod amount;
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
pub(super) use text::{Reading, Sentence, Word};

/// Whether a word is one of a list, whose words have a space between them.
pub(super) fn one_of(word: &str, words: &str) -> bool {
    words.split(' ').any(|w| w == word)
}

/// Small letters without accents and with plain apostrophes, as the lexicon has them.
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
