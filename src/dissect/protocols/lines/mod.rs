//! Protocols of lines (FTP, SMTP, POP, IMAP): a client sends commands, a server answers, and everybody on the cable can
//! read both, passwords included. This is what they share: cutting bytes into lines and lines into words.

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

/// What all of them have in their rows: ports, how `measure` divides their stream, and how a message is decoded.
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
    /// Where it begins.
    at: usize,
    /// Its text, without what ends it.
    text: &'a [u8],
    /// Its length, with what ends it.
    len: usize,
}

/// The lines of a message; the last one may lack its end.
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
    /// Offset and text of the word that begins at or behind `from`; empty behind the last.
    fn word(&self, from: usize) -> (usize, &'a [u8]) {
        let rest = self.text.get(from..).unwrap_or(&[]);
        let blanks = rest.iter().take_while(|b| **b == b' ').count();
        let word = rest.get(blanks..).unwrap_or(&[]);
        let end = word.iter().position(|b| *b == b' ').unwrap_or(word.len());
        (self.at + from + blanks, word.get(..end).unwrap_or(word))
    }

    /// Offset and text of what follows the blanks behind the first `from` bytes; empty if nothing does.
    fn rest(&self, from: usize) -> (usize, &'a [u8]) {
        let rest = self.text.get(from..).unwrap_or(&[]);
        let blanks = rest.iter().take_while(|b| **b == b' ').count();
        (self.at + from + blanks, rest.get(blanks..).unwrap_or(&[]))
    }

    /// The three digits that the line begins with, as a number.
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

/// Each segment is a message of its own. What begins as a record of TLS is one: both sides have agreed to encrypt.
fn by_segment(input: &Input<'_>) -> Measure {
    if input.bytes.starts_with(&[22, 3]) {
        return Measure::Foreign;
    }
    Measure::Complete(input.bytes.len() as u32)
}

/// A message ends with a line: what lacks its end waits for the next segment.
fn by_line(input: &Input<'_>) -> Measure {
    match input.bytes.ends_with(b"\n") || input.bytes.starts_with(&[22, 3]) || !input.may_wait {
        true => by_segment(input),
        false => Measure::NeedMore(Need::Segment, Begun::Nothing),
    }
}

/// Adds the layer of a message that takes all bytes.
fn whole_layer(work: &mut Work<'_>, proto: Proto, source: u8, span: Span) {
    work.decoder(source).layer(proto, span, span.len());
}

/// A heading with the whole line, its end included.
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
