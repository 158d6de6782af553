//! Makes links of the frame numbers in sentences.

use super::Document;
use crate::frame::FrameNo;
use html_escape::encode_text;

/// The texts that may be between the numbers of several frames.
const BETWEEN: [&str; 4] = ["–", ", ", " and ", " to "];

impl Document<'_> {
    /// A sentence as HTML in which each number behind the word frame or frames, or the lab's words for them, is a link
    /// to its packet. The frames are those of the `capture`; without one, those of the only capture, or of the capture
    /// that the sentence names.
    pub(super) fn linked(&self, text: &str, capture: Option<usize>) -> String {
        let Some(capture) = capture.or_else(|| self.named(text)) else {
            return encode_text(text).into_owned();
        };
        let (words, between) = (self.words_before(), BETWEEN.map(|gap| self.gap(gap)));
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = numbers(rest, &words) {
            let (before, mut from) = rest.split_at(start);
            out.push_str(&encode_text(before));
            loop {
                let (number, after) = from.split_at(digits(from));
                let link = number.parse().ok().and_then(|n| self.link(capture, FrameNo(n)));
                match link {
                    Some(link) => out.push_str(&format!("<a href=\"{link}\">{number}</a>")),
                    None => out.push_str(number),
                }
                from = after;
                let Some((gap, following)) = next(from, &between) else { break };
                out.push_str(&encode_text(gap));
                from = following;
            }
            rest = from;
        }
        out.push_str(&encode_text(rest));
        out
    }

    /// The capture that a sentence names; the only one, if there is one. A name may be a part of another one.
    fn named(&self, text: &str) -> Option<usize> {
        if let [_] = self.origins {
            return Some(0);
        }
        let named = self.origins.iter().enumerate().filter(|(_, o)| text.contains(&o.name));
        let (capture, longest) = named.max_by_key(|(_, o)| o.name.len())?;
        let rest = text.replace(&longest.name, "");
        self.origins.iter().all(|o| !rest.contains(&o.name)).then_some(capture)
    }

    /// What stands before the number of a frame, with the blank: ours, and the lab's.
    fn words_before(&self) -> Vec<String> {
        let mut words = Vec::new();
        for ours in ["frame 7", "frames 7"] {
            let said = self.say(ours);
            words.extend([ours, &said].iter().filter_map(|text| text.strip_suffix('7')).map(str::to_owned));
        }
        let capital = |word: &String| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>())
        };
        let capitals: Vec<String> = words.iter().filter_map(capital).collect();
        words.extend(capitals);
        words
    }

    /// What stands between two numbers, in the words of the lab.
    fn gap(&self, gap: &str) -> String {
        match gap.trim() {
            word if word.len() > 1 && gap.starts_with(' ') => format!(" {} ", self.say(word)),
            _ => gap.to_owned(),
        }
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// What stands between a number and the next one, and the text from there on: `, `, or a note in brackets before it.
fn next<'t>(text: &'t str, between: &[String]) -> Option<(&'t str, &'t str)> {
    let note = if text.starts_with(" (") { text.find(')').map_or(0, |end| end + 1) } else { 0 };
    let behind = text.get(note..)?;
    let gap = between.iter().find(|gap| behind.strip_prefix(gap.as_str()).is_some_and(|f| digits(f) > 0))?;
    text.split_at_checked(note + gap.len())
}

/// The offset of the first frame number in a text.
fn numbers(text: &str, words: &[String]) -> Option<usize> {
    let found =
        words.iter().flat_map(|word| text.match_indices(word.as_str()).map(|(at, _)| (at, word.len())));
    let is_word = |at: usize| !text.get(..at).is_some_and(|before| before.ends_with(char::is_alphanumeric));
    let ends = found.filter(|(at, _)| is_word(*at)).map(|(at, len)| at + len);
    ends.filter(|end| text.get(*end..).is_some_and(|rest| digits(rest) > 0)).min()
}

#[cfg(test)]
mod tests {
    use super::{next, numbers};

    #[test]
    fn a_number_behind_the_word_is_found() {
        let words = ["frame ", "frames ", "Frames ", "Rahmen "].map(str::to_owned);
        assert_eq!(numbers("SYN in frame 11, and", &words), Some(13));
        assert_eq!(numbers("Frames 1–3 (SYN)", &words), Some(7));
        assert_eq!(numbers("SYN in Rahmen 11", &words), Some(14));
        for none in
            ["3 frames", "frame of 3", "", "subframe 3", "frames 1500000 bytes".get(..7).unwrap_or("")]
        {
            assert_eq!(numbers(none, &words), None, "{none}");
        }
    }

    #[test]
    fn numbers_go_on_behind_a_note_in_brackets() {
        let between = [", ", "–"].map(str::to_owned);
        assert_eq!(
            next(" (host: ACK), 8 (host: FIN,ACK)", &between),
            Some((" (host: ACK), ", "8 (host: FIN,ACK)"))
        );
        assert_eq!(next("–3", &between), Some(("–", "3")));
        for none in [" (host: ACK).", " (host", ", then 8", ""] {
            assert_eq!(next(none, &between), None, "{none}");
        }
    }
}
