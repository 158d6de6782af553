//! Text broken between words, for a screen of a given width.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Breaks a text at its blanks into lines of at most `width` columns. A word that is wider than a line is broken at
/// the end of the line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let used = lines.last().map_or(0, |line| line.width());
        if used > 0 && used + 1 + word.width() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut().filter(|line| !line.is_empty()) {
            line.push(' ');
        }
        for c in word.chars() {
            if lines.last().is_some_and(|line| line.width() + c.width().unwrap_or(0) > width) {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
        }
    }
    lines
}

/// How many columns further than the beginning of a line its continuation is indented.
const HANG: usize = 2;

/// Breaks each line of a text that is too wide; the others stay as they are.
pub fn lines(text: &str, width: usize) -> String {
    let broken = text.lines().map(|line| {
        let lead = line.len() - line.trim_start().len();
        if line.width() <= width || width < lead + 2 * HANG {
            return line.to_owned();
        }
        // The first line is broken as if it were indented, too, so that all have the same width.
        let blanks = " ".repeat(lead + HANG);
        let rest = wrap(line, width - lead - HANG).join(&format!("\n{blanks}"));
        format!("{}{rest}", " ".repeat(lead))
    });
    broken.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_long_words_where_they_must() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("aaaaaaa b", 5), ["aaaaa", "aa b"]);
        assert_eq!(lines("short\n  these are more words", 14), "short\n  these are\n    more words");
    }
}
