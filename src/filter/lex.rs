//! The tokens of a display filter: words, numbers, strings and signs.

use super::error::FilterError;
use std::ops::Range;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word without quotes: the name of a field, a number, an address or a constant.
    Word(String),
    /// A quoted string, with its escapes resolved.
    Text(Vec<u8>),
    /// A character constant.
    Char(u8),
    /// The text between `[` and `]`.
    Slice(String),
    /// An operator or bracket.
    Sign(&'static str),
}

/// A token and its place in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) at: Range<usize>,
}

/// All signs, the longest first, so that `===` is not read as `==` and `=`.
const SIGNS: [&str; 28] = [
    "===", "!==", "==", "!=", "~=", ">=", "<=", "&&", "||", "^^", "..", "(", ")", "{", "}", ",", ";", "!",
    "~", "<", ">", "&", "+", "-", "*", "/", "%", "#",
];

/// Splits a filter into its tokens.
pub(super) fn lex(input: &str) -> Result<Vec<Spanned>, FilterError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = input[at..].chars().next() {
        let start = at;
        let token = match c {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '"' => Token::Text(quoted(input, &mut at, false)?),
            'r' | 'R' if input[at + 1..].starts_with('"') => {
                at += 1;
                Token::Text(quoted(input, &mut at, true)?)
            }
            '\'' => Token::Char(character(input, &mut at)?),
            '[' => Token::Slice(slice(input, &mut at)?),
            c if is_word(c) && !input[at..].starts_with("..") => Token::Word(word(input, &mut at)),
            _ => match SIGNS.iter().find(|s| input[at..].starts_with(**s)) {
                Some(sign) => {
                    at += sign.len();
                    Token::Sign(sign)
                }
                None => return Err(stranger(input, at, c)),
            },
        };
        tokens.push(Spanned { token, at: start..at });
    }
    Ok(tokens)
}

fn stranger(input: &str, at: usize, c: char) -> FilterError {
    let error = FilterError::new(at..at + c.len_utf8(), format!("{c:?} has no place here"));
    match c {
        '=' => error.hint("A comparison is written ==.").replace(input, "=="),
        '|' => error.hint("“or” is written || or or.").replace(input, "||"),
        '“' | '”' | '„' | '‘' | '’' => {
            error.hint("Strings stand in plain double quotes, \"…\".").replace(input, "\"")
        }
        _ => error,
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':') || !c.is_ascii()
}

/// Reads a run of word characters. It includes dashes between them, as in `3e-ae-27-11-fe-36`, and a slash between an
/// address and a digit, as in `10.0.0.0/8`. It ends at two full stops, as in `1..5`.
fn word(input: &str, at: &mut usize) -> String {
    let start = *at;
    let bytes = input.as_bytes();
    if begins_with_dashed_mac(&bytes[start..]) {
        *at += DASHED_MAC;
        return input[start..*at].to_owned();
    }
    let next_is_word = |i: usize| input.get(i..).and_then(|r| r.chars().next()).is_some_and(is_word);
    while let Some(c) = input[*at..].chars().next() {
        let so_far = &input[start..*at];
        let inside = match c {
            '.' => bytes.get(*at + 1) != Some(&b'.'),
            '-' => next_is_word(*at + 1) && !so_far.is_empty() && !so_far.bytes().all(|b| b.is_ascii_digit()),
            '/' => {
                so_far.contains(['.', ':'])
                    && so_far.starts_with(|c: char| c.is_ascii_hexdigit() || c == ':')
                    && bytes.get(*at + 1).is_some_and(u8::is_ascii_digit)
            }
            c => is_word(c),
        };
        if !inside {
            break;
        }
        *at += c.len_utf8();
    }
    // A single full stop becomes a token, so that lexing goes on.
    if *at == start {
        *at += 1;
    }
    input[start..*at].to_owned()
}

/// Length of an Ethernet address with dashes, in bytes.
const DASHED_MAC: usize = 17;

/// Whether the bytes begin with an Ethernet address such as `00-11-22-33-44-55`, whose dashes are no minus signs.
fn begins_with_dashed_mac(bytes: &[u8]) -> bool {
    let dash_or_digit = |(i, b): (usize, &u8)| if i % 3 == 2 { *b == b'-' } else { b.is_ascii_hexdigit() };
    let ends = bytes.get(DASHED_MAC).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'-');
    ends && bytes.get(..DASHED_MAC).is_some_and(|mac| mac.iter().enumerate().all(dash_or_digit))
}

fn quoted(input: &str, at: &mut usize, raw: bool) -> Result<Vec<u8>, FilterError> {
    let start = *at;
    *at += 1;
    let mut text = Vec::new();
    loop {
        let Some(c) = input[*at..].chars().next() else {
            return Err(FilterError::new(start..input.len(), "the string has no end")
                .hint("Close it with a double quote.")
                .replace(input, &format!("{}\"", &input[start..])));
        };
        match c {
            '"' => {
                *at += 1;
                return Ok(text);
            }
            '\\' if raw && input[*at + 1..].starts_with('"') => {
                text.extend_from_slice(b"\\\"");
                *at += 2;
            }
            '\\' if !raw => text.extend_from_slice(&escape(input, at)?),
            c => {
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                *at += c.len_utf8();
            }
        }
    }
}

/// Reads one escape, from its backslash on.
fn escape(input: &str, at: &mut usize) -> Result<Vec<u8>, FilterError> {
    let start = *at;
    let rest = &input[start + 1..];
    let Some(c) = rest.chars().next() else {
        return Err(FilterError::new(start..input.len(), "the string has no end")
            .hint("Close it with a double quote."));
    };
    let simple = match c {
        '\\' | '"' | '\'' => Some(c as u8),
        'a' => Some(7),
        'b' => Some(8),
        't' => Some(9),
        'n' => Some(10),
        'v' => Some(11),
        'f' => Some(12),
        'r' => Some(13),
        _ => None,
    };
    if let Some(byte) = simple {
        *at += 2;
        return Ok(vec![byte]);
    }
    let (digits, radix, skip) = match c {
        'x' => (hex_digits(&rest[1..], 2), 16, 2),
        'u' => (hex_digits(&rest[1..], 4), 16, 2),
        c if c.is_digit(8) => {
            (rest.len().min(3) - rest.chars().take(3).skip_while(|c| c.is_digit(8)).count(), 8, 1)
        }
        _ => (0, 8, 1),
    };
    let value = rest.get(skip - 1..skip - 1 + digits).and_then(|d| u32::from_str_radix(d, radix).ok());
    match value {
        Some(value) if c == 'u' => {
            *at += skip + digits;
            let c = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
            Ok(c.encode_utf8(&mut [0; 4]).as_bytes().to_vec())
        }
        Some(value) if value < 256 => {
            *at += skip + digits;
            Ok(vec![value as u8])
        }
        _ => {
            let end = start + 1 + c.len_utf8().min(rest.len());
            Err(FilterError::new(start..end, format!("\\{c} is no escape"))
                .hint("Double the backslash, or write a raw string: r\"…\"")
                .replace(input, &format!("\\\\{c}")))
        }
    }
}

fn hex_digits(text: &str, most: usize) -> usize {
    text.bytes().take(most).take_while(u8::is_ascii_hexdigit).count()
}

fn character(input: &str, at: &mut usize) -> Result<u8, FilterError> {
    let start = *at;
    *at += 1;
    let bytes = match input[*at..].chars().next() {
        Some('\\') => escape(input, at)?,
        Some(c) => {
            *at += c.len_utf8();
            c.to_string().into_bytes()
        }
        None => Vec::new(),
    };
    match bytes.as_slice() {
        [byte] if input[*at..].starts_with('\'') => {
            *at += 1;
            Ok(*byte)
        }
        _ => {
            let end = input[start + 1..].find('\'').map_or(input.len(), |i| start + i + 2);
            let inside = input[start + 1..end].trim_end_matches('\'');
            let error = FilterError::new(start..end, "single quotes hold one character");
            Err(error.hint("Strings stand in double quotes.").replace(input, &format!("\"{inside}\"")))
        }
    }
}

fn slice(input: &str, at: &mut usize) -> Result<String, FilterError> {
    let start = *at;
    let Some(len) = input[start..].find(']') else {
        return Err(FilterError::new(start..input.len(), "the slice has no end").hint("Close it with a ]."));
    };
    *at = start + len + 1;
    Ok(input[start + 1..start + len].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(input: &str) -> Vec<String> {
        lex(input)
            .unwrap()
            .into_iter()
            .map(|s| match s.token {
                Token::Word(w) => w,
                Token::Text(t) => format!("\"{}\"", String::from_utf8_lossy(&t)),
                Token::Char(c) => format!("'{}'", c as char),
                Token::Slice(s) => format!("[{s}]"),
                Token::Sign(s) => s.to_owned(),
            })
            .collect()
    }

    #[test]
    fn signs_dashes_and_strokes_belong_where_they_are_meant() {
        assert_eq!(
            words("tcp.port in {80,8000..8100}"),
            ["tcp.port", "in", "{", "80", ",", "8000", "..", "8100", "}"]
        );
        assert_eq!(words("eth.addr==3e-ae-27-11-fe-36"), ["eth.addr", "==", "3e-ae-27-11-fe-36"]);
        assert_eq!(words("eth.addr==00-11-22-33-44-55"), ["eth.addr", "==", "00-11-22-33-44-55"]);
        assert_eq!(words("00-11-22"), ["00", "-", "11", "-", "22"]);
        assert_eq!(words("ip.src==10.0.0.0/8"), ["ip.src", "==", "10.0.0.0/8"]);
        assert_eq!(words("tcp.len-1"), ["tcp.len-1"]);
        assert_eq!(words("5-1"), ["5", "-", "1"]);
        assert_eq!(words("tcp[13]&2"), ["tcp", "[13]", "&", "2"]);
        assert_eq!(
            words(r#"a contains "x\x41\"\\" or r"\d""#),
            ["a", "contains", "\"xA\"\\\"", "or", "\"\\d\""]
        );
    }

    #[test]
    fn what_cannot_be_read_is_marked() {
        assert_eq!(lex("ip.addr = 1").unwrap_err().corrected.unwrap(), "ip.addr == 1");
        assert_eq!(lex(r#"a matches "^www\.""#).unwrap_err().at, 15..17);
        assert!(lex("tcp contains \"abc").unwrap_err().corrected.unwrap().ends_with("abc\""));
        assert_eq!(lex("tcp contains 'youtube'").unwrap_err().corrected.unwrap(), "tcp contains \"youtube\"");
    }
}
