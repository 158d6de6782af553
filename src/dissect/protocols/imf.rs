//! Internet Message Format (`imf`; RFC 5322): the mails that SMTP carries.

use super::media::{self, Media};
use crate::dissect::reading::layer::show;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Visited, Work};
use crate::field::{Field, Kind, Value, Visit};
use crate::text::{Line, Push};
use memchr::{memchr, memmem};

crate::fields! {
    DATE = Field::new("imf.date", "Date", Kind::Text);
    FROM = Field::new("imf.from", "From", Kind::Text);
    SENDER = Field::new("imf.sender", "Sender", Kind::Text);
    REPLY_TO = Field::new("imf.reply_to", "Reply-To", Kind::Text);
    TO = Field::new("imf.to", "To", Kind::Text);
    CC = Field::new("imf.cc", "Cc", Kind::Text);
    BCC = Field::new("imf.bcc", "Bcc", Kind::Text);
    MESSAGE_ID = Field::new("imf.message_id", "Message-ID", Kind::Text);
    SUBJECT = Field::new("imf.subject", "Subject", Kind::Text);
    TEXT = Field::new("imf.message_text", "Message-Text", Kind::Label);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    content_type: Some(|ctx, layer| content_type(ctx.layer_bytes(layer))),
    ..Protocol::new("imf", "SMTP/IMF", "Internet Message Format")
};

const LINE_END: &[u8] = b"\r\n";

/// One header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header<'a> {
    name: &'a [u8],
    /// Offset of the value in the mail.
    at: usize,
    /// The value without blanks before it; it may go on in further lines.
    value: &'a [u8],
    /// What the Info column shows of the value. As in Wireshark, that is without its last line if the mail ends there.
    shown: &'a [u8],
}

impl Header<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The headers of a mail, up to the first line that is none.
struct Headers<'a> {
    mail: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        let rest = self.mail.get(self.at..)?;
        let name = rest.get(..memchr(b':', rest)?)?;
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let start = self.at + name.len() + 1;
        let mut line = start;
        let (shown, end) = loop {
            let after = self.mail.get(line..).and_then(|rest| memmem::find(rest, LINE_END));
            let next = after.map_or(self.mail.len(), |n| line + n + LINE_END.len());
            self.at = next;
            match self.mail.get(next) {
                Some(b' ' | b'\t') => line = next,
                Some(_) => break (next - LINE_END.len(), next - LINE_END.len()),
                None => break (line, next),
            }
        };
        let value = self.mail.get(start..end)?;
        let blanks = value.iter().take_while(|b| **b == b' ').count();
        let blanks = if blanks == value.len() { 0 } else { blanks };
        let shown = self.mail.get(start + blanks..shown).unwrap_or(&[]);
        Some(Header { name, at: start + blanks, value: value.get(blanks..)?, shown })
    }
}

fn headers(mail: &[u8]) -> Headers<'_> {
    Headers { mail, at: 0 }
}

/// Offset of the text. As in Wireshark, it comes after the first empty line behind a colon; without one, all of the
/// mail is text, unless it consists of headers alone.
fn text_at(mail: &[u8]) -> usize {
    let mut all = headers(mail);
    all.by_ref().for_each(drop);
    if all.at >= mail.len() {
        return mail.len();
    }
    let behind = |colon: usize| Some(colon + memmem::find(mail.get(colon..)?, b"\r\n\r\n")? + 4);
    memchr(b':', mail).and_then(behind).unwrap_or(0)
}

/// The Content-Type of a mail, with its parameters; `None` if it has none.
fn content_type(mail: &[u8]) -> Option<&[u8]> {
    headers(mail).find(|header| header.is("Content-Type")).map(|header| header.value)
}

/// The Content-Type of a mail whose text has a layer of its own; `None` if the type has no parameters, and the text is
/// shown as it is.
fn type_of_body(mail: &[u8]) -> Option<&[u8]> {
    content_type(mail).filter(|kind| kind.contains(&b';'))
}

/// Adds the layers of a mail: its own, and that of its text if it has one.
pub(in crate::dissect) fn decode(work: &mut Work<'_>, source: u8, span: Span) {
    work.decoder(source).layer(Proto::Imf, span, span.len());
    let mail = work.get(source, span);
    let Some(kind) = type_of_body(mail).map(<[u8]>::to_vec) else { return };
    let at = text_at(mail);
    let media = Media::of(Some(&kind), mail.get(at..).unwrap_or(&[]));
    media::decode(work, source, Span { start: span.start + at as u32, ..span }, media, &kind);
}

/// Whether the text of the mail has a layer of its own.
fn has_body(ctx: &Context<'_>, mail: &Layer) -> bool {
    type_of_body(ctx.layer_bytes(mail)).is_some()
}

/// Writes sender and subject, and the lines of the text.
fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let mail = ctx.layer_bytes(layer);
    let begin = out.len();
    for header in headers(mail) {
        for (name, words) in [("From", "from: "), ("Subject", "subject: ")] {
            if header.is(name) {
                out.text(words);
                out.decoded(header.shown);
                out.text(", ");
            }
        }
    }
    if has_body(ctx, layer) {
        return;
    }
    let text = mail.get(text_at(mail)..).unwrap_or(&[]);
    for line in text.split_inclusive(|b| *b == b'\n') {
        if out.len() > begin {
            out.text(", ");
        }
        let blank = |b: &u8| if matches!(b, b'\r' | b'\n' | b'\t') { b' ' } else { *b };
        out.decoded(&line.iter().map(blank).collect::<Vec<_>>());
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show(ctx, layer, v, |w| fields(w, !has_body(ctx, layer)))
}

fn fields(w: &mut Walk<'_, '_>, with_text: bool) -> Step {
    const KNOWN: [&Field; 9] = [&DATE, &FROM, &SENDER, &REPLY_TO, &TO, &CC, &BCC, &MESSAGE_ID, &SUBJECT];
    let mail = w.bytes;
    for header in headers(mail) {
        if let Some(field) = KNOWN.into_iter().find(|field| header.is(field.label)) {
            w.string(field, header.at, header.value.len())?;
        }
    }
    let at = text_at(mail);
    if !with_text {
        return Ok(());
    }
    w.line(&TEXT, at, mail.len() - at, Value::None, format_args!("{}", TEXT.label))?;
    w.open();
    let mut start = at;
    for line in mail.get(at..).unwrap_or(&[]).split_inclusive(|b| *b == b'\n') {
        w.text(start, line.len(), format_args!("{}", String::from_utf8_lossy(line)))?;
        start += line.len();
    }
    w.close();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(mail: &[u8]) -> Vec<(&[u8], &[u8])> {
        headers(mail).map(|header| (header.name, header.value)).collect()
    }

    #[test]
    fn a_header_ends_with_a_line_that_no_blank_continues() {
        let mail = b"From:   a \r\nSubject: one\r\n two\r\nno header\r\nTo: x\r\n\r\ntext";
        let found = values(mail);
        assert_eq!(found, [(&b"From"[..], &b"a "[..]), (b"Subject", b"one\r\n two")]);
        assert_eq!(&mail[text_at(mail)..], b"text");
    }

    #[test]
    fn a_mail_may_lack_headers_or_text() {
        for (mail, text) in [
            (&b"hello\r\n\r\nBob\r\n"[..], &b"hello\r\n\r\nBob\r\n"[..]),
            (b"12:30 is late\r\nBob\r\n", b"12:30 is late\r\nBob\r\n"),
            (b"Subject: s\r\n", b""),
            (b"", b""),
        ] {
            assert_eq!(&mail[text_at(mail)..], text);
        }
        let open = headers(b"Subject: s\r\n").next().expect("a header");
        assert_eq!((open.value, open.shown), (&b"s\r\n"[..], &b""[..]));
        assert_eq!(values(b"Subject: s\r\nTo: x\r\n")[0].1, b"s");
    }
}
