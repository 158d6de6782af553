//! A part of a text with marks below it, as errors about filters show it.

use std::fmt;
use std::ops::Range;

/// The most characters that are shown before the part and after it, and the most marks. A width in a format string
/// ends at 65,535.
const AROUND: usize = 1000;

/// Two lines, each indented by four blanks: the text, and marks below its part `at`, at least one. Of a long text,
/// only the surroundings of the part are shown.
pub(crate) struct Marked<'a> {
    /// The text.
    pub(crate) text: &'a str,
    /// The part, in bytes of the text.
    pub(crate) at: Range<usize>,
}

impl fmt::Display for Marked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |part: Option<&str>| part.unwrap_or("").chars().count();
        let place = count(self.text.get(..self.at.start).or(Some(self.text)));
        let width = count(self.text.get(self.at.clone())).clamp(1, AROUND);
        let left_out = place.saturating_sub(AROUND);
        let shown = place - left_out + width + AROUND;
        let begin = if left_out > 0 { "…" } else { "" };
        let end = if left_out + shown < count(Some(self.text)) { "…" } else { "" };
        // Control characters would shift the marks, or change the terminal.
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        let text: String = self.text.chars().skip(left_out).take(shown).map(clean).collect();
        let skip = place - left_out + count(Some(begin));
        write!(f, "    {begin}{text}{end}\n    {:skip$}{:^<width$}", "", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, at: Range<usize>) -> String {
        Marked { text, at }.to_string()
    }

    #[test]
    fn the_mark_stands_below_the_part() {
        assert_eq!(marked("ä == b", 6..7), "    ä == b\n         ^");
        assert_eq!(marked("tcp ==", 6..6), "    tcp ==\n          ^");
        assert_eq!(marked("a\x1bb", 2..3), "    a b\n      ^");
        assert_eq!(marked("ab", 9..12), "    ab\n      ^", "what is not there is missing at the end");
    }

    #[test]
    fn of_a_long_text_there_is_what_stands_around_the_part() {
        let text = format!("{}wrong{}", "a".repeat(70_000), "b".repeat(70_000));
        let said = marked(&text, 70_000..70_005);
        let (line, mark) = said.split_once('\n').expect("two lines");
        assert_eq!(line, format!("    …{}wrong{}…", "a".repeat(AROUND), "b".repeat(AROUND)));
        assert_eq!(mark, format!("{}^^^^^", " ".repeat(4 + 1 + AROUND)));
        assert_eq!(
            marked(&text, 0..140_005).lines().next().map(|l| l.chars().count()),
            Some(4 + 2 * AROUND + 1)
        );
    }
}
