//! A lab's own phrases: sentences from the definition that replace labkit's sentences.

use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A part of a phrase that varies: a number, an address, a list of frames.
static BLANK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{([0-9])\}").expect("the pattern is a constant"));
/// Where a sentence ends and another begins.
static BETWEEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[.!?] +").expect("the pattern is a constant"));
/// Levels of phrases within phrases that are looked up.
const DEEPEST: usize = 6;

/// Phrases of labkit, each with this lab's replacement. `{1}`, `{2}` … are blanks for parts that vary.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Phrases {
    whole: BTreeMap<String, String>,
    /// Phrases with blanks, the longest first, so that the most specific one is found.
    varying: Vec<Varying>,
}

#[derive(Clone, Debug)]
struct Varying {
    pattern: Regex,
    /// The numbers of its blanks, in order.
    blanks: Vec<String>,
    instead: String,
}

impl TryFrom<BTreeMap<String, String>> for Phrases {
    type Error = String;

    fn try_from(all: BTreeMap<String, String>) -> Result<Phrases, String> {
        let mut phrases = Phrases::default();
        for (phrase, instead) in all {
            let blanks =
                |text: &str| BLANK.find_iter(text).map(|m| m.as_str().to_string()).collect::<Vec<_>>();
            let (ours, theirs) = (blanks(&phrase), blanks(&instead));
            if let Some(unknown) = theirs.iter().find(|blank| !ours.contains(blank)) {
                return Err(format!(
                    "in [phrases], \"{instead}\" has {unknown}, which \"{phrase}\" does not have"
                ));
            }
            if phrase.trim().is_empty() || instead.trim().is_empty() {
                return Err("in [phrases], a phrase and what is said instead must not be empty".into());
            }
            if ours.is_empty() {
                phrases.whole.insert(phrase, instead);
                continue;
            }
            let fixed: Vec<String> = BLANK.split(&phrase).map(regex::escape).collect();
            let pattern = Regex::new(&format!("^{}$", fixed.join("(.+?)"))).map_err(|e| e.to_string())?;
            phrases.varying.push(Varying { pattern, blanks: ours, instead });
        }
        phrases.varying.sort_by_key(|v| std::cmp::Reverse(v.pattern.as_str().len()));
        Ok(phrases)
    }
}

impl Phrases {
    /// Whether the lab has no phrases of its own.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.varying.is_empty()
    }

    /// The text in the lab's phrases. A line is replaced as a whole if there is a phrase for it, else sentence by
    /// sentence; the rest stays as it is. The number of lines does not change.
    pub fn say(&self, text: &str) -> String {
        if self.is_empty() {
            return text.to_string();
        }
        text.split('\n').map(|line| self.line(line)).collect::<Vec<_>>().join("\n")
    }

    fn line(&self, line: &str) -> String {
        if let Some(said) = self.phrase(line, DEEPEST) {
            return said;
        }
        let mut out = String::with_capacity(line.len());
        let mut from = 0;
        for found in BETWEEN.find_iter(line) {
            let sentence = line.get(from..found.start() + 1).unwrap_or_default();
            out.push_str(&self.phrase(sentence, DEEPEST).unwrap_or_else(|| sentence.into()));
            out.push_str(line.get(found.start() + 1..found.end()).unwrap_or_default());
            from = found.end();
        }
        let last = line.get(from..).unwrap_or_default();
        out.push_str(&self.phrase(last, DEEPEST).unwrap_or_else(|| last.into()));
        out
    }

    fn phrase(&self, text: &str, depth: usize) -> Option<String> {
        if let Some(said) = self.whole.get(text) {
            return Some(said.clone());
        }
        // A blank must not match across the end of a sentence.
        let within = |found: &regex::Captures<'_>| {
            found.iter().skip(1).flatten().all(|m| !BETWEEN.is_match(m.as_str()))
        };
        let found = self.varying.iter().find_map(|v| Some((v, v.pattern.captures(text).filter(within)?)));
        let (varying, parts) = found.filter(|_| depth > 0)?;
        let said = BLANK.replace_all(&varying.instead, |blank: &regex::Captures<'_>| {
            let n = varying.blanks.iter().position(|b| *b == blank[0]).map_or(0, |i| i + 1);
            let part = parts.get(n).map_or("", |m| m.as_str());
            // A list with brackets is tried first, since one phrase could match it from the first bracket to the
            // last.
            let listed = self.brackets(part, depth - 1).or_else(|| self.phrase(part, depth - 1));
            listed.or_else(|| self.list(part, depth - 1)).unwrap_or_else(|| part.into())
        });
        Some(said.into_owned())
    }

    /// Replaces a list whose parts all end with a bracket and have a phrase; `None` for other texts.
    fn brackets(&self, text: &str, depth: usize) -> Option<String> {
        let parts: Option<Vec<String>> =
            text.split("), ").map(|p| self.phrase(&format!("{})", p.trim_end_matches(')')), depth)).collect();
        parts.filter(|p| p.len() > 1 && text.ends_with(')')).map(|p| p.join(", "))
    }

    /// Replaces each part of a list such as "7 (host: ACK), 8 (host: FIN,ACK)"; `None` if the text has no comma.
    fn list(&self, text: &str, depth: usize) -> Option<String> {
        text.contains(", ").then(|| {
            let parts = text.split(", ");
            parts.map(|p| self.phrase(p, depth).unwrap_or_else(|| p.into())).collect::<Vec<_>>().join(", ")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(all: &[(&str, &str)]) -> Result<Phrases, String> {
        all.iter().map(|(a, b)| ((*a).to_string(), (*b).to_string())).collect::<BTreeMap<_, _>>().try_into()
    }

    #[test]
    fn sentences_are_replaced_and_what_varies_is_kept_or_replaced_as_well() {
        let german = phrases(&[
            ("{1} follow: {2}.", "Es folgen {1}: {2}."),
            ("the host", "der Host"),
            ("It is {1} (frame {2}).", "Es ist {1} (Rahmen {2})."),
            ("right", "richtig"),
        ])
        .unwrap();
        assert_eq!(
            german.say("4 follow: frames 7, 8. It is the host (frame 6)."),
            "Es folgen 4: frames 7, 8. Es ist der Host (Rahmen 6)."
        );
        assert_eq!(german.say("right"), "richtig");
        assert_eq!(
            german.say("nothing known\nIt is 192.168.56.1 (frame 6)."),
            "nothing known\nEs ist 192.168.56.1 (Rahmen 6)."
        );
    }

    #[test]
    fn each_part_of_a_list_is_a_phrase_of_its_own() {
        let german = phrases(&[
            ("{1} follow: {2}.", "{1} folgen: {2}."),
            ("frames {1}", "Rahmen {1}"),
            ("{1} (host: {2})", "{1} (Gastgeber: {2})"),
            ("{1} (guest: {2})", "{1} (Gast: {2})"),
        ])
        .unwrap();
        assert_eq!(
            german.say("3 follow: frames 7 (host: ACK), 8 (guest: FIN,ACK), 9 (host: ACK)."),
            "3 folgen: Rahmen 7 (Gastgeber: ACK), 8 (Gast: FIN,ACK), 9 (Gastgeber: ACK)."
        );
    }

    #[test]
    fn a_blank_that_the_phrase_does_not_have_is_refused() {
        assert!(phrases(&[("{1} packets", "{2} Pakete")]).unwrap_err().contains("has {2}"));
        assert!(phrases(&[("right", " ")]).is_err());
    }
}
