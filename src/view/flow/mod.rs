//! The ladder of a conversation: one end on the left, the other on the right, and an arrow for each segment. Callers
//! make the ladder; this module writes it as text or SVG.

pub mod plot;
pub mod svg;
pub mod text;
mod xml;

use crate::text::seconds;

/// The sentence below the ladders about the origin of the calls.
pub const ABOUT_CALLS: &str =
    "The calls are those of programs like the lab's: a packet shows what a call causes, never the call.";

/// The ladder of one conversation.
#[derive(Clone, Debug)]
pub struct Ladder {
    /// Both ends, and how the conversation ended.
    pub title: String,
    /// The left end, and the right end.
    pub ends: [End; 2],
    /// The rows from top to bottom.
    pub rows: Vec<Row>,
    /// Sentences below the ladder.
    pub notes: Vec<String>,
    /// Name of a second capture, whose frame numbers and times are on the right; the times are by the clock of the
    /// first capture. `None` if there is only one.
    pub second: Option<String>,
    /// What is written around all that.
    pub words: Words,
}

/// What the drawing of a ladder says by itself.
#[derive(Clone, Debug)]
pub struct Words {
    /// Above the columns: phases, numbers of frames, times.
    pub headings: [String; 3],
    /// Where a second capture has a segment: `{1}` stands for its frame there, `{2}` for the time.
    pub there: String,
}

impl Words {
    /// The words as `say` has them.
    pub fn new(say: impl Fn(&str) -> String) -> Words {
        let headings = ["Phase", "No.", "Time"].map(&say);
        Words { headings, there: say("= frame {1} of the other capture, {2}") }
    }
}

/// One end of a conversation.
#[derive(Clone, Debug)]
pub struct End {
    /// Its name, such as `host`.
    pub name: String,
    /// Address and port.
    pub address: String,
}

/// One row of the ladder.
#[derive(Clone, Debug)]
pub enum Row {
    /// The beginning of a phase, which lasts until the next one.
    Phase(String),
    /// A segment.
    Arrow(Arrow),
    /// A text about segments that are not drawn.
    LeftOut(String),
}

/// A segment.
#[derive(Clone, Debug, Default)]
pub struct Arrow {
    /// Number of its frame; 0 if only the second capture has it.
    pub frame: u64,
    /// Nanoseconds since the conversation began; `None` if the capture has no times.
    pub time: Option<i64>,
    /// Whether it goes from left to right.
    pub rightwards: bool,
    /// Flags, numbers and length.
    pub label: String,
    /// Its payload, escaped; empty if it has none.
    pub payload: String,
    /// The socket calls that it belongs to: at the left end, and at the right end.
    pub calls: [Vec<&'static str>; 2],
    /// Remarks on what is unusual about it.
    pub marks: Vec<Mark>,
    /// A sentence that says what happens.
    pub sentence: String,
    /// Whether it does not arrive, as far as the captures show.
    pub lost: bool,
    /// Whether it left before the segment above it had arrived.
    pub crosses: bool,
    /// Its frame in the second capture; `None` if that has none.
    pub there: Option<Sight>,
}

/// The frame of a segment in the second capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Number of its frame.
    pub frame: u64,
    /// Nanoseconds since the conversation began, by the clock of the first capture.
    pub time: Option<i64>,
}

/// A remark on something unusual about a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its kind.
    pub kind: Kind,
    /// The remark in words.
    pub text: String,
}

/// Kinds of remarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It was sent or recorded before.
    Again,
    /// It, or something before it, is missing or late.
    Lost,
    /// It crosses the segment above it on the way.
    Crossing,
    /// It is longer than one packet can be.
    Offloaded,
}

impl Arrow {
    /// Whether it has a remark of this kind.
    pub fn is(&self, kind: Kind) -> bool {
        self.marks.iter().any(|m| m.kind == kind)
    }

    /// The time as seconds with six decimals; empty if there is none.
    fn seconds(&self) -> String {
        self.time.map(seconds).unwrap_or_default()
    }

    /// Frame number and time in the second capture, as texts; `None` if that has no such frame.
    fn seen_there(&self) -> Option<(String, String)> {
        let there = self.there?;
        Some((there.frame.to_string(), there.time.map(seconds).unwrap_or_default()))
    }
}

/// The beginning of `text` that fits into `width` columns, with `dots` at the end if something is cut off.
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

/// Breaks `text` between words into lines of at most `width` columns; a longer word is cut.
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
