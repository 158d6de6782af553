//! Reads numbers: digits with separators, addresses, and number words in four languages.

use super::text::Word;
use std::net::Ipv4Addr;
use std::sync::LazyLock;
use text2num::{Language, replace_numbers_in_text};

/// The largest number that is read. A larger one counts nothing in an answer, and sums and differences of these cannot
/// overflow.
const LARGEST: u64 = 1 << 40;

struct Languages {
    english: Language,
    german: Language,
    spanish: Language,
    french: Language,
}

static LANGUAGES: LazyLock<Languages> = LazyLock::new(|| Languages {
    english: Language::english(),
    german: Language::german(),
    spanish: Language::spanish(),
    french: Language::french(),
});

/// The text with long number words ("one thousand four hundred and forty-nine") in digits. Short number words stay,
/// since some mean something else in another language; [`spelled`] reads them.
pub(super) fn in_digits(text: &str) -> String {
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    let languages = &*LANGUAGES;
    let mut text = text.to_string();
    for (language, words) in [
        (&languages.english, &["hundred", "thousand"][..]),
        (&languages.german, &["hundert", "tausend"]),
        (&languages.spanish, &["cientos", "mil "]),
        (&languages.french, &["cent", "mille"]),
    ] {
        if has(words) && words.iter().any(|w| text.contains(w)) {
            text = replace_numbers_in_text(&text, language, 30.0);
        }
    }
    text
}

/// The value of digits, at most [`LARGEST`]; `None` if the text is no number.
fn value(digits: &str) -> Option<u64> {
    digits.parse().ok().map(|value: u64| value.min(LARGEST))
}

/// The words in a run of digits: a number, an address with its port, or several numbers. `gap` is the text before it.
pub(super) fn digits(found: &str, gap: &str) -> Vec<Word> {
    let word = |text: &str| Word { text: text.into(), gap: gap.into(), ..Word::default() };
    let (body, port) = found.split_once(':').map_or((found, None), |(a, b)| (a, Some(b)));
    if let Ok(address) = body.parse::<Ipv4Addr>() {
        let mut all = vec![Word { address: Some(address), ..word(body) }];
        all.extend(port.map(|p| Word { number: value(p), gap: ":".into(), ..word(p) }));
        return all;
    }
    if let Some(port) = port {
        return vec![
            Word { number: value(body), ..word(body) },
            Word { number: value(port), gap: ":".into(), ..word(port) },
        ];
    }
    let number = body.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = body.strip_prefix(number).unwrap_or_default();
    if matches!(suffix, "st" | "nd" | "rd" | "th" | "er" | "e") {
        return vec![Word { ordinal: value(number), ..word(body) }];
    }
    // "40,000s" is no number, nor is "10x".
    if matches!(suffix, "s" | "x") {
        return vec![word(body)];
    }
    let mut all = values(number, gap);
    if suffix == "b" {
        all.push(Word { text: "bytes".into(), gap: " ".into(), ..Word::default() });
    }
    all
}

/// The numbers in digits with separators: grouped thousands are one number, other lists are several, decimals none.
fn values(text: &str, gap: &str) -> Vec<Word> {
    let word = |text: &str, number: Option<u64>, gap: &str| Word {
        text: text.into(),
        gap: gap.into(),
        number,
        ..Word::default()
    };
    let parts: Vec<&str> = text.split(['.', ',', '\'']).collect();
    let largest = |digits: &str| Some(value(digits).unwrap_or(LARGEST));
    let [first, rest @ ..] = parts.as_slice() else { return Vec::new() };
    if rest.is_empty() {
        return vec![word(text, largest(text), gap)];
    }
    // "192.168.122." is the beginning of an address.
    if text.contains('.') && rest.len() > 1 {
        return vec![word(text, None, gap)];
    }
    if first.len() <= 3 && rest.iter().all(|p| p.len() == 3) {
        return vec![word(text, largest(&parts.concat()), gap)];
    }
    if text.contains(',')
        && !text.contains('.')
        && (rest.len() > 1 || first.len() > 3 || rest.iter().all(|p| p.len() > 3))
    {
        return parts
            .iter()
            .enumerate()
            .map(|(i, p)| word(p, largest(p), if i == 0 { gap } else { "," }))
            .collect();
    }
    vec![word(text, None, gap)]
}

/// The value of a number word up to twenty, whether it may be an article, and whether it is an ordinal. `None` for
/// other words.
pub(super) fn spelled(word: &str) -> Option<(u64, bool, bool)> {
    const WORDS: [&str; 21] = [
        "zero null cero",
        "one eins ein eine einen einem einer eines uno un una une",
        "two zwei dos deux",
        "three tree drei tres trois",
        "four vier cuatro quatre",
        "five funf fuenf cinco cinq",
        "six sechs seis",
        "seven sieben siete sept",
        "eight acht ocho huit",
        "nine neun nueve neuf",
        "ten zehn diez dix",
        "eleven elf onze",
        "twelve zwolf doce douze",
        "thirteen dreizehn trece treize",
        "fourteen vierzehn catorce quatorze",
        "fifteen funfzehn quince quinze",
        "sixteen sechzehn dieciseis seize",
        "seventeen siebzehn diecisiete",
        "eighteen achtzehn dieciocho",
        "nineteen neunzehn diecinueve",
        "twenty zwanzig veinte vingt",
    ];
    const ORDINALS: [(&str, u64); 6] = [
        ("third dritte dritter drittes dritten tercer tercero tercera troisieme", 3),
        ("fourth vierte vierter viertes vierten cuarto cuarta quatrieme", 4),
        ("fifth funfte funfter funftes funften quinto quinta cinquieme", 5),
        ("sixth sechste sechster sechstes sechsten sexto sexta sixieme", 6),
        ("seventh siebte siebter siebtes siebten septimo septieme", 7),
        ("tenth zehnte zehnter zehntes decimo dixieme", 10),
    ];
    if let Some(value) = WORDS.iter().position(|w| w.split(' ').any(|w| w == word)) {
        return Some((value as u64, value == 1, false));
    }
    ORDINALS.iter().find(|(words, _)| words.split(' ').any(|w| w == word)).map(|(_, n)| (*n, false, true))
}
