//! Makes links of the frame numbers in sentences.

use super::Document;
use crate::frame::FrameNo;
use html_escape::encode_text;

/// The texts that may be between the numbers of several frames.
const BETWEEN: [&str; 4] = ["–", ", ", " and ", " to "];

impl Document<'_> {
    /// A sentence as HTML in which each number behind the word frame or frames is a link to its packet. The frames
    /// are those of the `capture`; without one, those of the only capture, or of the capture that the sentence names.
    pub(super) fn linked(&self, text: &str, capture: Option<usize>) -> String {
        let Some(capture) = capture.or_else(|| self.named(text)) else {
            return encode_text(text).into_owned();
        };
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = numbers(rest) {
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
                let next = BETWEEN.iter().find(|gap| from.strip_prefix(**gap).is_some_and(|f| digits(f) > 0));
                let Some((gap, following)) = next.and_then(|gap| from.split_at_checked(gap.len())) else {
                    break;
                };
                out.push_str(gap);
                from = following;
            }
            rest = from;
        }
        out.push_str(&encode_text(rest));
        out
    }

    fn named(&self, text: &str) -> Option<usize> {
        let mut named = self.origins.iter().enumerate().filter(|(_, o)| text.contains(&o.name));
        match (self.origins, named.next(), named.next()) {
            ([_], ..) => Some(0),
            (_, Some((capture, _)), None) => Some(capture),
            _ => None,
        }
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The offset of the first frame number in a text.
fn numbers(text: &str) -> Option<usize> {
    let words = text.match_indices("rame").filter_map(|(at, word)| {
        let behind = at + word.len();
        let rest = text.get(behind..)?;
        let gap = if rest.starts_with("s ") { 2 } else { 1 };
        let is_number = rest.get(..gap).is_some_and(|gap| gap.ends_with(' '));
        (is_number && digits(rest.get(gap..)?) > 0).then_some(behind + gap)
    });
    words.min()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn a_number_behind_the_word_is_found() {
        assert_eq!(numbers("SYN in frame 11, and"), Some(13));
        assert_eq!(numbers("Frames 1–3 (SYN)"), Some(7));
        for none in ["3 frames", "frame of 3", "", "frames 1500000 bytes".get(..7).unwrap_or("")] {
            assert_eq!(numbers(none), None, "{none}");
        }
    }
}
