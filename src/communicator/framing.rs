//! Framing: where a message ends, what counts as receipt, and how received bytes become text on a screen.
//!
//! The protocol has no length and no delimiter, so both sides decide while bytes arrive. Callers pass the bytes: this
//! module does not read or wait, and no bytes make it panic.

use std::str;

/// Splits bytes that arrive in pieces into UTF-8 text and other bytes. A character may be cut between two pieces.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The beginning of a character whose last bytes have not come yet; at most three bytes.
    pending: Vec<u8>,
}

impl Decoder {
    /// Passes to `each`, in order, the text that `bytes` complete as `Ok`, and bytes that are not UTF-8 as `Err`.
    pub(crate) fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Result<&str, &[u8]>)) {
        let joined;
        let mut rest: &[u8] = bytes;
        if !self.pending.is_empty() {
            self.pending.extend_from_slice(bytes);
            joined = std::mem::take(&mut self.pending);
            rest = &joined;
        }
        while !rest.is_empty() {
            let (text, problem) = match str::from_utf8(rest) {
                Ok(text) => (text, None),
                Err(error) => {
                    let text = rest.get(..error.valid_up_to()).unwrap_or_default();
                    (str::from_utf8(text).unwrap_or_default(), Some(error.error_len()))
                }
            };
            if !text.is_empty() {
                each(Ok(text));
            }
            rest = rest.get(text.len()..).unwrap_or_default();
            match problem {
                None => {}
                Some(Some(length)) => {
                    let (bad, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                    each(Err(bad));
                    rest = after;
                }
                Some(None) => {
                    self.pending = rest.to_vec();
                    return;
                }
            }
        }
    }

    /// Passes the bytes of a character that was never completed to `each`, as `Err`; nothing if there is none.
    pub(crate) fn finish(self, mut each: impl FnMut(Result<&str, &[u8]>)) {
        if !self.pending.is_empty() {
            each(Err(&self.pending));
        }
    }
}

/// Turns received bytes into text for a terminal: text, newlines and tabs stay; other characters and bytes are
/// escaped.
#[derive(Debug, Default)]
pub(crate) struct Visible {
    decoder: Decoder,
}

impl Visible {
    /// The text for the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len());
        self.decoder.push(bytes, |piece| show(piece, &mut text));
        text
    }

    /// The text for the bytes of a character that was cut off at the end; usually empty.
    pub(crate) fn finish(self) -> String {
        let mut text = String::new();
        self.decoder.finish(|piece| show(piece, &mut text));
        text
    }
}

/// All of `bytes` as [`Visible`] shows them.
pub(crate) fn visible(bytes: &[u8]) -> String {
    let mut stream = Visible::default();
    let mut text = stream.push(bytes);
    text.push_str(&stream.finish());
    text
}

fn show(piece: Result<&str, &[u8]>, text: &mut String) {
    match piece {
        Ok(good) => {
            for c in good.chars() {
                match c {
                    '\n' | '\t' => text.push(c),
                    _ if c.is_ascii_control() => push_hex(c as u8, text),
                    _ if c.is_control() || reorders(c) => text.extend(c.escape_unicode()),
                    _ => text.push(c),
                }
            }
        }
        Err(bad) => bad.iter().for_each(|&byte| push_hex(byte, text)),
    }
}

fn push_hex(byte: u8, text: &mut String) {
    text.push_str("\\x");
    text.extend([byte >> 4, byte & 15].iter().filter_map(|&n| char::from_digit(u32::from(n), 16)));
}

/// Whether a character breaks a line or changes the direction of text, and so could fake other text on a screen.
fn reorders(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Counts Unicode scalar values in bytes that arrive in pieces. Bytes that are not UTF-8 are not counted.
#[derive(Debug, Default)]
pub(crate) struct Characters {
    decoder: Decoder,
    /// Scalar values so far.
    pub(crate) count: usize,
    /// Whether anything so far was not UTF-8.
    pub(crate) damaged: bool,
}

impl Characters {
    /// Counts the characters that `bytes` complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let (count, damaged) = (&mut self.count, &mut self.damaged);
        self.decoder.push(bytes, |piece| match piece {
            Ok(text) => *count += text.chars().count(),
            Err(_) => *damaged = true,
        });
    }
}

/// The state of an incoming message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More may come: only silence or a close by the sender ends the message.
    Open,
    /// It has all the characters that a message may have.
    Complete,
    /// It takes more bytes than any message may.
    TooLong,
}

/// A message that is being received.
#[derive(Debug)]
pub(crate) struct Incoming {
    bytes: Vec<u8>,
    characters: Characters,
    max_chars: usize,
    max_bytes: usize,
}

impl Incoming {
    /// An empty message of at most `max_chars` scalar values and `max_bytes` bytes.
    pub(crate) fn new(max_chars: usize, max_bytes: usize) -> Incoming {
        Incoming { bytes: Vec::new(), characters: Characters::default(), max_chars, max_bytes }
    }

    /// Whether no byte has come yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many bytes have come.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Takes the next bytes. The caller must stop after a result other than [`Progress::Open`], so that memory is
    /// bounded by `max_bytes` and one read.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Progress {
        self.bytes.extend_from_slice(bytes);
        self.characters.push(bytes);
        if self.bytes.len() > self.max_bytes {
            Progress::TooLong
        } else if self.characters.count >= self.max_chars {
            Progress::Complete
        } else {
            Progress::Open
        }
    }

    /// The message, and the bytes behind its last allowed character or byte.
    pub(crate) fn into_parts(self) -> (Vec<u8>, Vec<u8>) {
        let mut message = self.bytes;
        let mut end = 0;
        let mut left = self.max_chars;
        let mut advance = |piece: Result<&str, &[u8]>| match piece {
            _ if left == 0 => {}
            Ok(text) => {
                end += text.char_indices().nth(left).map_or(text.len(), |(at, _)| at);
                left = left.saturating_sub(text.chars().count());
            }
            Err(bad) => end += bad.len(),
        };
        let mut decoder = Decoder::default();
        decoder.push(&message, &mut advance);
        decoder.finish(&mut advance);
        let rest = message.split_off(end.min(self.max_bytes).min(message.len()));
        (message, rest)
    }
}

/// What the receiver's answer so far means to the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The bytes are a beginning of the marker; more must come.
    Pending,
    /// The bytes are the marker: the message is confirmed.
    Confirmed,
    /// The bytes cannot become the marker.
    Wrong,
}

/// The answer to a message, compared with the marker while it arrives.
#[derive(Debug)]
pub(crate) struct Receipt<'m> {
    marker: &'m [u8],
    got: Vec<u8>,
}

impl<'m> Receipt<'m> {
    /// An empty answer, which should become `marker`.
    pub(crate) fn new(marker: &'m [u8]) -> Receipt<'m> {
        Receipt { marker, got: Vec::new() }
    }

    /// How many bytes the marker still needs. The caller reads no more: otherwise the verdict would depend on how the
    /// bytes were split into segments.
    pub(crate) fn missing(&self) -> usize {
        self.marker.len().saturating_sub(self.got.len())
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Verdict {
        self.got.extend_from_slice(bytes);
        if self.got == self.marker {
            Verdict::Confirmed
        } else if self.marker.starts_with(&self.got) {
            Verdict::Pending
        } else {
            Verdict::Wrong
        }
    }

    /// All bytes of the answer.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.got
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKER: &[u8] = b"#<<END>>#";

    #[test]
    fn a_receipt_split_anywhere_is_recognised_and_only_at_its_last_byte() {
        for cut in 1..MARKER.len() {
            let mut receipt = Receipt::new(MARKER);
            assert_eq!(receipt.push(&MARKER[..cut]), Verdict::Pending);
            assert_eq!(receipt.missing(), MARKER.len() - cut);
            assert_eq!(receipt.push(&MARKER[cut..]), Verdict::Confirmed);
            assert_eq!(receipt.missing(), 0);
        }
    }

    #[test]
    fn a_receipt_is_wrong_as_soon_as_it_cannot_become_the_marker() {
        for wrong in [&b"W"[..], b"#<<end", b"##<<END>", b"#<<END>>!", b"#<<END>>#x"] {
            assert_eq!(Receipt::new(MARKER).push(wrong), Verdict::Wrong, "{}", wrong.escape_ascii());
        }
    }

    #[test]
    fn characters_are_scalar_values_however_the_bytes_are_cut() {
        let text = "aé€😀".repeat(3);
        for size in 1..=text.len() {
            let mut characters = Characters::default();
            text.as_bytes().chunks(size).for_each(|piece| characters.push(piece));
            assert_eq!((characters.count, characters.damaged), (12, false), "pieces of {size}");
        }
    }

    #[test]
    fn a_message_is_complete_with_its_last_characters_last_byte() {
        let text = "€".repeat(4096);
        let (last, rest) = text.as_bytes().split_last().unwrap();
        let mut message = Incoming::new(4096, 16_384);
        assert_eq!(message.push(rest), Progress::Open);
        assert_eq!(message.push(&[*last]), Progress::Complete);
        assert_eq!(message.into_parts(), (text.into_bytes(), Vec::new()));
    }

    #[test]
    fn what_follows_the_last_allowed_character_is_not_part_of_the_message() {
        let mut message = Incoming::new(3, 12);
        assert_eq!(message.push("é\u{fe}€x\u{1f600}".as_bytes()), Progress::Complete);
        assert_eq!(message.into_parts(), ("é\u{fe}€".into(), "x😀".into()));
        let mut message = Incoming::new(2, 8);
        assert_eq!(message.push(b"\xff\xfea\xffb\xfdc"), Progress::Complete);
        assert_eq!(message.into_parts(), (b"\xff\xfea\xffb".to_vec(), b"\xfdc".to_vec()));
    }

    #[test]
    fn bytes_that_are_no_characters_run_into_the_limit_in_bytes() {
        let mut message = Incoming::new(4096, 16_384);
        assert_eq!(message.push(&[0xff; 16_384]), Progress::Open);
        assert_eq!(message.push(&[0xff]), Progress::TooLong);
        let (message, rest) = message.into_parts();
        assert_eq!((message.len(), rest.len()), (16_384, 1));
    }

    #[test]
    fn a_burst_past_the_limit_in_bytes_is_too_long_even_if_its_characters_are_many() {
        assert_eq!(Incoming::new(4096, 16_384).push(&[b'a'; 16_385]), Progress::TooLong);
    }

    #[test]
    fn nothing_from_the_network_can_drive_a_terminal() {
        assert_eq!(visible(b"a\tb\nc\r\x1b[2J\x07\x7f\0"), "a\tb\nc\\x0d\\x1b[2J\\x07\\x7f\\x00");
        assert_eq!(
            visible("\u{9b}2J \u{202e}txt\u{2028}é€😀".as_bytes()),
            "\\u{9b}2J \\u{202e}txt\\u{2028}é€😀"
        );
    }

    #[test]
    fn bytes_that_are_not_utf8_are_shown_as_numbers() {
        assert_eq!(
            visible(b"caf\xe9 \xe2\x82 \xf0\x9f\x98\x80 \xe2\x82"),
            "caf\\xe9 \\xe2\\x82 😀 \\xe2\\x82"
        );
        assert_eq!(visible(b"\xc0\xaf\xed\xa0\x80"), "\\xc0\\xaf\\xed\\xa0\\x80");
    }

    #[test]
    fn text_in_pieces_looks_like_text_at_once() {
        let bytes = b"x\xe2\x82\xac\xff\xf0\x9f\x98\x80\x1b\xe2\x82";
        for size in 1..=bytes.len() {
            let mut stream = Visible::default();
            let mut text: String = bytes.chunks(size).map(|piece| stream.push(piece)).collect();
            text.push_str(&stream.finish());
            assert_eq!(text, visible(bytes), "pieces of {size}");
        }
    }
}
