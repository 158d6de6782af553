//! Protocols of text lines (FTP, SMTP, POP, IMAP): a client sends commands, a server replies, and any station on the
//! path can read them, passwords included. This module has what they share: dividing bytes into lines, and lines into
//! words.

mod codes;
mod ftp;
mod imap;
mod pop;
mod smtp;

pub(in crate::dissect) use ftp::PROTOCOL as FTP;
pub(in crate::dissect) use imap::PROTOCOL as IMAP;
pub(in crate::dissect) use pop::PROTOCOL as POP;
pub(in crate::dissect) use smtp::PROTOCOL as SMTP;

use crate::dissect::over_tcp::{Application, Begun, Input, Measure, Need, Session};
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Proto, Protocol, Span, Work};

/// A row with what these protocols share: ports, how `measure` divides the stream, and how a message is decoded.
const fn row(
    ports: &'static [u16],
    measure: fn(&Input<'_>) -> Measure,
    decode: fn(&mut Work<'_>, u8, Span, &mut Session),
    named: Protocol,
) -> Protocol {
    Protocol {
        tcp_ports: ports,
        application: Some(Application { measure, decode, is_likely: None }),
        ..named
    }
}

/// One line of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TextLine<'a> {
    /// Offset of the line in the message.
    at: usize,
    /// Its text, without the line end.
    text: &'a [u8],
    /// Its length, with the line end.
    len: usize,
}

/// The lines of a message; the last one may lack its line end.
fn lines(bytes: &[u8]) -> impl Iterator<Item = TextLine<'_>> {
    let mut at = 0;
    bytes.split_inclusive(|b| *b == b'\n').map(move |whole| {
        let text = whole.strip_suffix(b"\n").unwrap_or(whole);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let line = TextLine { at, text, len: whole.len() };
        at += whole.len();
        line
    })
}

impl<'a> TextLine<'a> {
    /// Offset and text of the next word from `from` on; the text is empty if there is none.
    fn word(&self, from: usize) -> (usize, &'a [u8]) {
        let rest = self.text.get(from..).unwrap_or(&[]);
        let blanks = rest.iter().take_while(|b| **b == b' ').count();
        let word = rest.get(blanks..).unwrap_or(&[]);
        let end = word.iter().position(|b| *b == b' ').unwrap_or(word.len());
        (self.at + from + blanks, word.get(..end).unwrap_or(word))
    }

    /// Offset and text of what follows the blanks after the first `from` bytes; the text may be empty.
    fn rest(&self, from: usize) -> (usize, &'a [u8]) {
        let rest = self.text.get(from..).unwrap_or(&[]);
        let blanks = rest.iter().take_while(|b| **b == b' ').count();
        (self.at + from + blanks, rest.get(blanks..).unwrap_or(&[]))
    }

    /// The three digits at the beginning of the line, as a number; `None` if the line does not begin with three
    /// digits.
    fn code(&self) -> Option<u64> {
        let digits = self.text.first_chunk::<3>()?;
        let number = |n: u64, digit: &u8| digit.is_ascii_digit().then(|| n * 10 + u64::from(digit - b'0'));
        digits.iter().try_fold(0, number)
    }
}

/// Whether the segment around a layer goes to the server, which listens at `port`.
fn is_request(ctx: &Context<'_>, port: u16) -> bool {
    ctx.tcp().is_some_and(|(_, header)| header.dstport == port)
}

/// Takes each segment as one message. A segment that begins like a TLS record is not of the protocol: the two sides
/// have agreed to encrypt.
fn by_segment(input: &Input<'_>) -> Measure {
    if input.bytes.starts_with(&[22, 3]) {
        return Measure::Foreign;
    }
    Measure::Complete(input.bytes.len() as u32)
}

/// Ends a message at the end of a line; a segment without a line end waits for the next one.
fn by_line(input: &Input<'_>) -> Measure {
    match input.bytes.ends_with(b"\n") || input.bytes.starts_with(&[22, 3]) || !input.may_wait {
        true => by_segment(input),
        false => Measure::NeedMore(Need::Segment, Begun::Nothing),
    }
}

/// Adds a layer that takes all bytes of the message.
fn whole_layer(work: &mut Work<'_>, proto: Proto, source: u8, span: Span) {
    work.decoder(source).layer(proto, span, span.len());
}

/// Visits a heading with the whole line, including its line end.
fn heading(w: &mut Walk<'_, '_>, line: &TextLine<'_>) -> Step {
    let whole = w.get(line.at, line.len)?;
    w.text(line.at, line.len, format_args!("{}", String::from_utf8_lossy(whole)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_a_newline_or_the_message() {
        let found: Vec<_> = lines(b"one\r\ntwo\n\r\nrest").map(|l| (l.at, l.text, l.len)).collect();
        assert_eq!(found, [(0, &b"one"[..], 5), (5, b"two", 4), (9, b"", 2), (11, b"rest", 4)]);
        assert_eq!(lines(b"").count(), 0);
    }

    #[test]
    fn words_and_codes() {
        let line = lines(b"250  OK  then\r\n").next().unwrap();
        assert_eq!(
            (line.code(), line.word(3), line.rest(3)),
            (Some(250), (5, &b"OK"[..]), (5, &b"OK  then"[..]))
        );
        assert_eq!(line.word(13), (13, &b""[..]));
        assert_eq!(lines(b"25\r\n").next().unwrap().code(), None);
    }
}
