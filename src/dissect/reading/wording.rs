//! Values in words, and text from the network as text.

use crate::text::{Line, escape_char, plural};
use std::fmt;

/// A number of seconds in words: `1 day, 2 hours, 3 seconds`.
pub(crate) struct Secs(pub(crate) u64);

impl fmt::Display for Secs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        if n == 0 {
            return f.write_str("0 seconds");
        }
        let parts =
            [(n / 86400, "day"), (n / 3600 % 24, "hour"), (n / 60 % 60, "minute"), (n % 60, "second")];
        let mut comma = "";
        for (n, unit) in parts.into_iter().filter(|(n, _)| *n > 0) {
            write!(f, "{comma}{n} {unit}{}", plural(n))?;
            comma = ", ";
        }
        Ok(())
    }
}

/// Bytes from the network as text. Bytes that are not UTF-8 become U+FFFD. Control characters are not escaped.
pub(crate) struct Lossy<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Lossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            for _ in chunk.invalid() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

/// A formatter that appends to a line, and escapes every character that a terminal would act upon.
pub(crate) struct Escaped<'l>(pub(crate) &'l mut Line);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        s.chars().for_each(|c| escape_char(self.0, c));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_in_words_leave_out_what_is_zero() {
        assert_eq!(Secs(0).to_string(), "0 seconds");
        assert_eq!(Secs(61).to_string(), "1 minute, 1 second");
        assert_eq!(Secs(90_061).to_string(), "1 day, 1 hour, 1 minute, 1 second");
        assert_eq!(Secs(7200).to_string(), "2 hours");
    }
}
