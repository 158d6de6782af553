//! Splits a text into sentences and words.

use super::corrected;
use super::joined;
use super::lexicon::{Concepts, Lexicon};
use super::number::{self, spelled};
use super::one_of;
use super::pasted::{self, Row};
use super::retracted;
use super::said::Said;
use crate::lab::definition::vocabulary::Concept;
use regex::Regex;
use std::net::Ipv4Addr;
use std::sync::LazyLock;

/// A word or number of a sentence.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Word {
    /// In lower case, without accents.
    pub(in super::super) text: String,
    /// The characters between it and the word before.
    pub(in super::super) gap: String,
    /// The concepts that it stands for.
    pub(in super::super) concepts: Concepts,
    /// Its value, where it is a cardinal number in digits or words.
    pub(in super::super) number: Option<u64>,
    /// Its value, where it is an ordinal number: `4th`.
    pub(in super::super) ordinal: Option<u64>,
    /// Whether the number may be an article or a pronoun instead: `one`, `ein`, `un`.
    pub(in super::super) article: bool,
    /// Its value, where it is an address.
    pub(in super::super) address: Option<Ipv4Addr>,
}

impl Word {
    /// Whether it stands for a concept.
    pub(in super::super) fn is(&self, concept: Concept) -> bool {
        self.concepts.has(concept)
    }

    /// Whether punctuation separates it from the word before: a comma, a colon, a bracket, a dash.
    pub(in super::super) fn is_apart(&self) -> bool {
        self.gap.contains([',', ':', '(', ')', '–', '—', '/', '|', '→', '=', '[', ']'])
            || self.gap.contains(" - ")
    }

    /// Whether an arrow is between it and the word before.
    pub(in super::super) fn is_after_arrow(&self) -> bool {
        ["→", "->", "=>", "-->", "⇒", "➔", "➜"].iter().any(|a| self.gap.contains(a)) || self.gap.trim() == ">"
    }
}

/// A sentence, or a line.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Sentence {
    /// Its words.
    pub(in super::super) words: Vec<Word>,
    /// Whether it begins a new line.
    pub(in super::super) new_line: bool,
}

/// A text, split into sentences with meanings.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Reading {
    /// Its sentences; questions are left out.
    pub(in super::super) sentences: Vec<Sentence>,
    /// Rows of a packet list that were copied into the text.
    pub(in super::super) rows: Vec<Row>,
}

static WORD: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[0-9]+(?:[.,'][0-9]+)*(?::[0-9]+)?(?:st|nd|rd|th|er|e|s|b|x)?\b|[0-9]+(?:[.,'][0-9]+)*|[\p{L}_][\p{L}\p{Nd}_]*(?:'\p{L}+)*",
    )
});
static MARKER: LazyLock<Regex> =
    LazyLock::new(|| regex(r"#?<+\s*(?i:end)\s*>+#?|\bEND\b(?:[ -](?i:marker|marke|packet)\b)?"));
/// A line that begins with an exchange, a reason or the like and an arrow: "step 3 -> guest".
static LISTED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?im)^\s*(?P<label>(?:step|exchange|round|message|msg|part|first|second|1st|2nd|why|reason|schritt|runde|grund|paso|etape|étape)\b[^\n>:=-]{0,16}?)\s*(?:-+>|=+>|→|⇒)\s*",
    )
});
/// Abbreviations; a full stop after one ends no sentence.
const SHORT: [&str; 25] = [
    "ex", "i.e", "e.g", "z.b", "d.h", "p.ej", "nr", "bzw", "ca", "approx", "resp", "vs", "etc", "fig", "ie",
    "eg", "g", "e", "h", "b", "ej", "usw", "eph", "const", "conn",
];

/// A regular expression that stands in the code. Panics if it is none.
pub(in super::super) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that a test uses")
}

impl Reading {
    /// Reads a text.
    pub(in super::super) fn of(text: &str, said: &Said, lexicon: &Lexicon) -> Reading {
        let (rows, text) = pasted::apart(text);
        let text = said.named(&text);
        let text = MARKER.replace_all(&text, |found: &regex::Captures<'_>| {
            if found[0].to_lowercase().ends_with("packet") {
                " endmarker packet ".into()
            } else {
                " endmarker ".to_string()
            }
        });
        let text = LISTED.replace_all(&text, "$label: ");
        let text = said.without_messages(&text.to_lowercase());
        let text = super::fold(&number::in_digits(&text));
        let mut reading = Reading { rows, ..Reading::default() };
        let mut open = Sentence::default();
        let mut end = 0;
        for found in WORD.find_iter(&text) {
            let gap = text.get(end..found.start()).unwrap_or_default();
            let names_frame = || is_numbered_frame(gap, &open.words, found.as_str(), text.get(found.end()..));
            if let Some(asks) = ends_sentence(gap, &open.words, found.as_str()).filter(|_| !names_frame()) {
                reading.close(std::mem::take(&mut open), asks);
                open.new_line = gap.contains('\n');
            }
            push(&mut open.words, found.as_str(), gap);
            end = found.end();
        }
        let asks = text.get(end..).unwrap_or_default().contains('?');
        reading.close(open, asks);
        for sentence in &mut reading.sentences {
            understand(&mut sentence.words, lexicon);
            joined::understand(&mut sentence.words);
        }
        let sentences = corrected::without(std::mem::take(&mut reading.sentences));
        reading.sentences = sentences.iter().flat_map(retracted::without).collect();
        reading
    }

    fn close(&mut self, sentence: Sentence, asks: bool) {
        if !sentence.words.is_empty() && !asks {
            self.sentences.push(sentence);
        }
    }

    /// All words, sentence by sentence.
    pub(in super::super) fn words(&self) -> impl Iterator<Item = &Word> {
        self.sentences.iter().flat_map(|s| &s.words)
    }

    /// Whether its words, whatever sentences they are in, have one of these phrases.
    pub(in super::super) fn says_phrase(&self, phrases: &[&str]) -> bool {
        have_phrase(self.words(), phrases)
    }

    /// Whether a word stands for a concept.
    pub(in super::super) fn has(&self, concept: Concept) -> bool {
        self.words().any(|w| w.is(concept))
    }
}

fn have_phrase<'a>(words: impl Iterator<Item = &'a Word>, phrases: &[&str]) -> bool {
    let words: Vec<&str> = words.map(|w| w.text.as_str()).collect();
    let text = format!(" {} ", words.join(" "));
    phrases.iter().any(|phrase| text.contains(&format!(" {phrase} ")))
}

/// Whether a sentence ends in `gap`, between two words: `Some(true)` after a question, `Some(false)` after another
/// sentence, `None` if none ends.
fn ends_sentence(gap: &str, words: &[Word], next: &str) -> Option<bool> {
    let before = words.last().map_or("", |w| w.text.as_str());
    // "Its reply to 'did you get it?'": the question is only quoted.
    if gap.contains(['"', '”', '“', '»', '\'']) && gap.contains('?') {
        return (gap.contains('.') || gap.contains('\n')).then_some(false);
    }
    if gap.contains('?') {
        return Some(true);
    }
    if gap.contains(['!', ';', '\n', '•', '…']) {
        return Some(false);
    }
    // "In communication.py".
    if gap == "." && one_of(next, "py pcap pcapng txt md docx odt") {
        return None;
    }
    let stop = gap.starts_with('.') || gap.contains(". ") || gap.contains(").") || gap.contains("\".");
    let short = SHORT.contains(&before) || before.len() == 1 && next.len() == 1;
    // "packet no. 4", but "No. 4 packets follow".
    let short = short || before == "no" && words.len() > 1 && next.starts_with(|c: char| c.is_ascii_digit());
    (stop && !short).then_some(false)
}

/// "No. 4 is where the message is": the full stop ends no sentence, since a verb that is about one packet follows.
fn is_numbered_frame(gap: &str, words: &[Word], next: &str, behind: Option<&str>) -> bool {
    const OF_ONE: &str = "is was has comes goes lies carries holds contains shows to and - ist war hat kommt liegt bis \
        und es tiene lleva est a et y";
    let no = matches!(words, [no] if no.text == "no") && gap.trim_end() == ".";
    // "No. 65432 is always the same" answers.
    let number = next.parse::<u16>().is_ok_and(|n| n < 1000);
    let verb = behind.and_then(|b| b.strip_prefix(' ')).and_then(|b| b.split_whitespace().next());
    // "No. 4 [PSH, ACK]", "No. 7 37818 → 65432": a row of the packet list.
    let row = |v: &str| v.starts_with('[') || v.starts_with(|c: char| c.is_ascii_digit()) || v == "(";
    no && number && verb.is_some_and(|v| one_of(v, OF_ONE) || row(v))
}

/// Adds a match of [`WORD`], as one word or split into several.
fn push(words: &mut Vec<Word>, found: &str, gap: &str) {
    if found.starts_with(|c: char| c.is_ascii_digit()) {
        words.extend(number::digits(found, gap));
        return;
    }
    let word = |text: &str, gap: &str| Word { text: text.into(), gap: gap.into(), ..Word::default() };
    let Some((head, tail)) = found.split_once('\'') else {
        // "They dont change": an English contraction without its apostrophe, not the French "dont".
        const HASTY: &str =
            "doesnt didnt isnt arent wasnt werent wont cant couldnt wouldnt shouldnt havent hasnt hadnt";
        let of_several = words.last().is_some_and(|w| {
            one_of(&w.text, "i you we they ports numbers ones packets these those who that both")
        });
        // "Dosnt", "dosent": the word is written as it is heard.
        let misspelt =
            found.starts_with("do") && found.ends_with("nt") && found.contains('s') && found.len() < 8;
        let hasty = one_of(found, HASTY) || misspelt || found == "dont" && of_several;
        let denied = found.strip_suffix("nt").filter(|_| hasty);
        words.push(word(if misspelt { "does" } else { denied.unwrap_or(found) }, gap));
        words.extend(denied.map(|_| word("not", " ")));
        return;
    };
    match tail {
        // isn't, can't
        "t" => {
            words.push(word(if head == "can" { head } else { head.trim_end_matches('n') }, gap));
            words.push(word("not", " "));
        }
        // l'hote, n'est
        _ if head.len() <= 2 && tail.len() > 1 => {
            let head = if head == "n" { "ne" } else { head };
            words.push(word(head, gap));
            words.push(word(tail, " "));
        }
        // host's, it's
        _ => words.push(word(head, gap)),
    }
}

/// Gives the words of a sentence their meanings.
fn understand(words: &mut [Word], lexicon: &Lexicon) {
    let texts: Vec<String> = words.iter().map(|w| w.text.clone()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut at = 0;
    while let Some(word) = words.get_mut(at) {
        let rest = texts.get(at..).unwrap_or_default();
        match lexicon.phrase(rest) {
            Some((n, concepts)) => {
                word.concepts = concepts;
                // "As TCP demands": the words behind "as" keep their meanings.
                let because = word.text == "as" && concepts.has(Concept::Because);
                at += if because { 1 } else { n };
            }
            None => {
                word.concepts = lexicon.word_or_misspelt(&word.text);
                if let Some((value, article, ordinal)) = spelled(&word.text) {
                    if ordinal {
                        word.ordinal = Some(value);
                    } else {
                        (word.number, word.article) = (Some(value), article);
                    }
                }
                at += 1;
            }
        }
    }
}

impl Sentence {
    /// Index of the first word that stands for a concept.
    pub(in super::super) fn position(&self, concept: Concept) -> Option<usize> {
        self.words.iter().position(|w| w.is(concept))
    }

    /// Whether a word stands for a concept.
    pub(in super::super) fn has(&self, concept: Concept) -> bool {
        self.position(concept).is_some()
    }

    /// Whether it has one of these words, which are separated by spaces.
    pub(in super::super) fn says(&self, words: &str) -> bool {
        self.words.iter().any(|w| one_of(&w.text, words))
    }

    /// Whether it has the words of one of these phrases, one after the other.
    pub(in super::super) fn says_phrase(&self, phrases: &[&str]) -> bool {
        have_phrase(self.words.iter(), phrases)
    }

    /// Whether a word stands for one of several concepts.
    pub(in super::super) fn any(&self, concepts: &[Concept]) -> bool {
        self.words.iter().any(|w| w.concepts.any(concepts))
    }

    /// Whether one of the four words before the word at `at` denies it; punctuation ends the search.
    pub(in super::super) fn is_denied(&self, at: usize) -> bool {
        let mut i = at;
        for _ in 0..5 {
            let Some(word) = self.words.get(i) else { return false };
            if i != at && word.is(Concept::Not) {
                return true;
            }
            if word.is_apart() || i == 0 {
                break;
            }
            i -= 1;
        }
        false
    }

    /// The claim of the sentence, and the reason: the words from the first one such as "because" on. `None` if it
    /// gives no reason.
    pub(in super::super) fn reason(&self) -> (Sentence, Option<Sentence>) {
        let is = |(i, w): (usize, &Word)| {
            let since = w.text == "since"
                && self.words.iter().skip(i + 1).take(3).any(|n| {
                    n.concepts.any(&[Concept::Start, Concept::Message, Concept::Payload, Concept::Syn])
                        && !n.is(Concept::Connection)
                });
            // "Everything since the connection began".
            let begun = w.text == "since"
                && self.words.iter().skip(i + 1).take(2).any(|n| n.is(Concept::Connection))
                && self.words.iter().skip(i + 3).take(2).any(|n| n.is(Concept::Open) || n.text == "begun");
            let as_same =
                w.text == "as" && i > 0 && self.words.get(i - 1).is_some_and(|p| p.is(Concept::Stay));
            let denied = i > 0
                && self.words.get(i - 1).is_some_and(|p| {
                    // "It never changes because …" gives a reason.
                    p.is(Concept::Not)
                        && !p.is(Concept::NoAnswer)
                        && !one_of(&p.text, "never nunca nie niemals jamais")
                });
            // In "Da kommen noch vier" the word means "there", not "because".
            let there = w.text == "da"
                && self.words.get(i + 1).is_some_and(|n| {
                    n.is(Concept::After) || one_of(&n.text, "ist sind gibt wird werden war")
                });
            // In "So that one never changes" and "So that's the guest, and then the host" the word means "thus".
            let both = i == 0 && self.has(Concept::Host) && self.has(Concept::Guest);
            let thus = w.text == "so"
                && (both || self.words.get(i + 2).is_some_and(|n| n.text == "one" || n.number.is_some()))
                // "So that's what it is good for."
                || w.text == "so"
                    && self.words.get(i + 1).is_some_and(|n| n.text == "that")
                    && self.words.get(i + 2).is_some_and(|n| one_of(&n.text, "what why how where when"));
            // "Der Gast antwortet damit und umgekehrt".
            let with_it =
                w.text == "damit" && self.words.get(i + 1).is_some_and(|n| one_of(&n.text, "und auch"));
            // "As VirtualBox picks it" gives a reason, not a manner.
            let as_it_does = w.text == "as"
                && self.words.get(i + 1).is_some_and(|n| n.concepts.any(&[Concept::Outsider, Concept::Tcp]));
            // "Just as the message is" compares.
            let compares = w.text == "as"
                && i > 0
                && self.words.get(i - 1).is_some_and(|p| one_of(&p.text, "just exactly same much"));
            // "No. 6 has 192.168.56.101 as its source".
            let as_part = w.text == "as"
                && self.words.get(i + 1).is_some_and(|n| one_of(&n.text, "its the a source sender src"))
                && self
                    .words
                    .iter()
                    .take(i)
                    .rev()
                    .take(4)
                    .any(|p| one_of(&p.text, "has have had with shows show lists list uses use appears"));
            (w.is(Concept::Because) && !compares && !as_part || as_it_does)
                && !thus
                && !with_it
                && !since
                && !begun
                && !as_same
                && !denied
                && !there
        };
        // "He confirms with it, damit": a word for "because" at the end of the sentence gives no reason.
        let Some(at) = self.words.iter().enumerate().position(is).filter(|at| at + 1 < self.words.len())
        else {
            return (self.clone(), None);
        };
        let part = |words: &[Word]| Sentence { words: words.to_vec(), new_line: self.new_line };
        let (claim, reason) = self.words.split_at(at);
        // "Because it received the message, the guest sends it": the claim follows the comma.
        if claim.iter().all(|w| one_of(&w.text, "and but also und aber auch y pero et mais"))
            && let Some(comma) = reason.iter().skip(1).position(|w| w.gap.contains(','))
        {
            let (reason, claim) = reason.split_at(comma + 1);
            return (part(claim), Some(part(reason)));
        }
        (part(claim), Some(part(reason)))
    }

    /// The parts of the sentence; a new part begins with each word for which `divides` is true.
    pub(in super::super) fn parts(&self, divides: impl Fn(&Word) -> bool) -> Vec<Sentence> {
        let mut parts = vec![Sentence::default()];
        for word in &self.words {
            if divides(word) && parts.last().is_some_and(|p| !p.words.is_empty()) {
                parts.push(Sentence::default());
            }
            if let Some(part) = parts.last_mut() {
                part.words.push(word.clone());
            }
        }
        parts
    }
}
