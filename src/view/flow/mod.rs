//! The ladder of a conversation: one end on the left, the other on the right, an arrow a segment. What is drawn is
//! made elsewhere; here it becomes text or SVG.

pub mod plot;
pub mod svg;
pub mod text;
mod xml;

use crate::text::seconds;

/// What stands below the ladders: where the calls come from.
pub const ABOUT_CALLS: &str =
    "The calls are those of programs like the lab's: a packet shows what a call causes, never the call.";

/// What is drawn of one conversation.
#[derive(Clone, Debug)]
pub struct Ladder {
    /// Who talked to whom, and how it ended.
    pub title: String,
    /// The two ends: left, right.
    pub ends: [End; 2],
    /// From top to bottom.
    pub rows: Vec<Row>,
    /// Sentences that stand below it.
    pub notes: Vec<String>,
    /// Name of a second capture, whose numbers and times stand on the right, by the clock of the first.
    pub second: Option<String>,
}

/// One end of a conversation.
#[derive(Clone, Debug)]
pub struct End {
    /// Such as `host`.
    pub name: String,
    /// Address and port.
    pub address: String,
}

/// One step down.
#[derive(Clone, Debug)]
pub enum Row {
    /// A phase begins; it lasts until the next one.
    Phase(&'static str),
    /// A segment.
    Arrow(Arrow),
    /// Segments that are not drawn, in words.
    LeftOut(String),
}

/// A segment on its way.
#[derive(Clone, Debug, Default)]
pub struct Arrow {
    /// Number of its frame; 0 where only the second capture has it.
    pub frame: u64,
    /// Nanoseconds since the conversation began; `None` where the capture holds no times.
    pub time: Option<i64>,
    /// From left to right.
    pub rightwards: bool,
    /// Flags, numbers and length.
    pub label: String,
    /// Its payload, escaped; empty where there is none.
    pub payload: String,
    /// The socket calls that it belongs to: on the left, on the right.
    pub calls: [Vec<&'static str>; 2],
    /// What is unusual about it.
    pub marks: Vec<Mark>,
    /// What happens, in a sentence.
    pub sentence: String,
    /// It does not arrive, as far as the captures tell.
    pub lost: bool,
    /// It left before the one above it had arrived.
    pub crosses: bool,
    /// Its frame in the second capture.
    pub there: Option<Sight>,
}

/// A segment as a second capture has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Number of its frame.
    pub frame: u64,
    /// Nanoseconds since the conversation began, by the clock of the first capture.
    pub time: Option<i64>,
}

/// Something unusual about a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its kind.
    pub kind: Kind,
    /// In words.
    pub text: String,
}

/// Kinds of what is unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sent before, or recorded before.
    Again,
    /// It or something before it is missing, or comes late.
    Lost,
    /// It and the one above it are on their ways at once.
    Crossing,
    /// More than one packet can carry.
    Offloaded,
}

impl Arrow {
    /// Whether it has a mark of a kind.
    pub fn is(&self, kind: Kind) -> bool {
        self.marks.iter().any(|m| m.kind == kind)
    }

    /// The time as seconds with six decimals; empty where there is none.
    fn seconds(&self) -> String {
        self.time.map(seconds).unwrap_or_default()
    }

    /// What the second capture says of it: number and time.
    fn seen_there(&self) -> Option<(String, String)> {
        let there = self.there?;
        Some((there.frame.to_string(), there.time.map(seconds).unwrap_or_default()))
    }
}

/// The longest beginning of `text` that is `width` columns wide at most, with `dots` where something is cut off.
fn fit(text: &str, width: usize, dots: &str) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(dots.width());
    let mut used = 0;
    let mut out: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect();
    out.push_str(dots);
    out
}

/// Breaks `text` between words into lines of `width` columns; a longer word is cut.
fn wrap(text: &str, width: usize, dots: &str) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fit(word, width, dots)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_columns_not_by_characters() {
        assert_eq!(fit("語語語語", 8, "…"), "語語語語");
        assert_eq!(fit("語語語語", 7, "…"), "語語語…");
        assert_eq!(fit("語語語語", 6, "…"), "語語…");
        assert_eq!(fit("abc", 0, "…"), "…");
    }

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        assert_eq!(wrap("aa bb cc", 5, "…"), ["aa bb", "cc"]);
        assert_eq!(wrap("aaaaaaa b", 5, "…"), ["aaaa…", "b"]);
    }
}
