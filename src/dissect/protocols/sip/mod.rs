//! Session Initiation Protocol (`sip`): RFC 3261, in datagrams; and the session descriptions that it carries (`sdp`).

mod sdp;

pub(in crate::dissect) use sdp::PROTOCOL as SDP;
pub(crate) use sdp::media;

use crate::dissect::reading::layer::show_as;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Value, Visit};
use crate::text::{Line, Push, plural, written};
use std::borrow::Cow;

const VERSION: &[u8] = b"SIP/2.0";
const METHODS: [&str; 14] = [
    "ACK",
    "BYE",
    "CANCEL",
    "DO",
    "INFO",
    "INVITE",
    "MESSAGE",
    "NOTIFY",
    "OPTIONS",
    "PRACK",
    "PUBLISH",
    "REFER",
    "REGISTER",
    "SUBSCRIBE",
];

crate::fields! {
    REQUEST_LINE = Field::new("sip.Request-Line", "Request-Line", Kind::Text);
    METHOD = Field::new("sip.Method", "Method", Kind::Text);
    URI = Field::new("sip.r-uri", "Request-URI", Kind::Text);
    STATUS_LINE = Field::new("sip.Status-Line", "Status-Line", Kind::Text);
    STATUS = Field::new("sip.Status-Code", "Status-Code", Kind::Uint(32));
    HEADERS = Field::new("sip.msg_hdr", "Message Header", Kind::Text);
    VIA = Field::new("sip.Via", "Via", Kind::Text);
    FROM = Field::new("sip.From", "From", Kind::Text);
    TO = Field::new("sip.To", "To", Kind::Text);
    CALL = Field::new("sip.Call-ID", "Call-ID", Kind::Text);
    SEQUENCE = Field::new("sip.CSeq", "CSeq", Kind::Text);
    SEQUENCE_NUMBER = Field::new("sip.CSeq.seq", "Sequence Number", Kind::Uint(32));
    SEQUENCE_METHOD = Field::new("sip.CSeq.method", "Method", Kind::Text);
    CONTACT = Field::new("sip.Contact", "Contact", Kind::Text);
    AGENT = Field::new("sip.User-Agent", "User-Agent", Kind::Text);
    EXPIRES = Field::new("sip.Expires", "Expires", Kind::Uint(32));
    CONTENT_TYPE = Field::new("sip.Content-Type", "Content-Type", Kind::Text);
    CONTENT_LENGTH = Field::new("sip.Content-Length", "Content-Length", Kind::Uint(32));
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    column_of: Some(|ctx, layer| {
        let described = ctx.layers.after(layer).iter().any(|l| l.proto == Proto::Sdp);
        Cow::Borrowed(if described { "SIP/SDP" } else { "SIP" })
    }),
    decode,
    udp_ports: &[5060],
    recognise: Some(|bytes, _, _| matches!(first_line(bytes), Some(First::Status { .. }))),
    ..Protocol::new("sip", "SIP", "Session Initiation Protocol")
};

/// The first line of a message.
#[derive(Clone, Copy)]
enum First<'a> {
    Request { method: &'a [u8], uri: &'a [u8] },
    Status { code: u32, reason: &'a [u8] },
}

/// The lines of a head up to the empty one: offset of each, and its text without the line end.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (start, line) = (at, rest.get(..end)?);
        at += end + 1;
        Some((start, line.strip_suffix(b"\r").unwrap_or(line)))
    })
    .take_while(|(_, line)| !line.is_empty())
}

fn first_line(bytes: &[u8]) -> Option<First<'_>> {
    let (_, line) = lines(bytes).next()?;
    if let Some(rest) = line.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix(b" ")) {
        let code = rest.get(..3).filter(|code| code.iter().all(u8::is_ascii_digit))?;
        let reason = rest.get(3..).and_then(|rest| rest.strip_prefix(b" "))?;
        return Some(First::Status { code: number(code)?, reason });
    }
    let rest = line.strip_suffix(VERSION)?.strip_suffix(b" ")?;
    let space = memchr::memchr(b' ', rest)?;
    Some(First::Request { method: rest.get(..space)?, uri: rest.get(space + 1..)? })
}

/// The decimal number at the beginning of a text.
fn number(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(text.get(..digits)?).ok()?.parse().ok()
}

/// Name, offset of the value, and value of a header field. Short names are replaced by the long ones (RFC 3261,
/// section 7.3.3).
fn header(line: &[u8]) -> Option<(&[u8], usize, &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?.trim_ascii_end();
    let rest = line.get(colon + 1..)?;
    let value = rest.trim_ascii();
    let at = colon + 1 + (rest.len() - rest.trim_ascii_start().len());
    let name: &[u8] = match name {
        b"v" => b"Via",
        b"f" => b"From",
        b"t" => b"To",
        b"i" => b"Call-ID",
        b"m" => b"Contact",
        b"c" => b"Content-Type",
        b"l" => b"Content-Length",
        name => name,
    };
    Some((name, at, value))
}

/// The values of all header fields with the name `wanted`.
fn values<'a>(bytes: &'a [u8], wanted: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let fields = lines(bytes).skip(1).filter_map(|(_, line)| header(line));
    fields.filter(|(name, ..)| name.eq_ignore_ascii_case(wanted.as_bytes())).map(|(.., value)| value)
}

/// Octets of the head, including the empty line after it.
fn head_len(bytes: &[u8]) -> usize {
    let last = lines(bytes).last().map_or(0, |(at, line)| at + line.len());
    let rest = bytes.get(last..).unwrap_or(&[]);
    let ends = rest.iter().take(4).take_while(|b| matches!(b, b'\r' | b'\n')).count();
    last + ends
}

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    if first_line(bytes).is_none() {
        return Next::Data(span);
    }
    let head = head_len(bytes) as u32;
    let described =
        values(bytes, "Content-Type").any(|kind| kind.to_ascii_lowercase().starts_with(b"application/sdp"));
    let Some(body) = d.layer(Proto::Sip, span, head) else { return Next::Done };
    if described && body.len() > 0 {
        d.layer(Proto::Sdp, body, body.len());
    }
    Next::Done
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    match first_line(bytes) {
        Some(First::Request { method, uri }) => {
            let known = METHODS.iter().any(|known| known.as_bytes() == method);
            out.text(if known { "Request: " } else { "Unknown request: " });
            out.decoded(method);
            out.text(" ");
            out.decoded(uri);
            if method == b"REGISTER" {
                write_request_bindings(bytes, out);
            }
        }
        Some(First::Status { code, reason }) => {
            out.text("Status: ");
            out.num(code);
            out.text(" ");
            out.decoded(reason);
            let method =
                values(bytes, "CSeq").next().and_then(|value| value.split(|b| *b == b' ').next_back());
            if let Some(method) = method.filter(|_| code == 200) {
                out.text(" (");
                out.decoded(method);
                out.text(")");
                if method == b"REGISTER" {
                    write_bindings("  (", contacts(bytes).count(), out);
                }
            }
        }
        None => {}
    }
    out.text(" | ");
}

/// The contacts in all Contact fields of a message.
fn contacts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    values(bytes, "Contact").flat_map(|value| value.split(|b| *b == b','))
}

fn write_bindings(before: &str, count: usize, out: &mut Line) {
    out.text(before);
    out.num(count);
    out.text(" binding");
    out.text(plural(count));
    out.text(")");
}

/// Appends how many bindings a REGISTER adds, and how many it removes, which is to say lets expire at once (RFC 3261,
/// section 10.2).
fn write_request_bindings(bytes: &[u8], out: &mut Line) {
    let at_once = values(bytes, "Expires").next().and_then(number) == Some(0);
    let expires = |contact: &[u8]| {
        let at = memchr::memmem::find(contact, b";expires=")?;
        number(contact.get(at + b";expires=".len()..)?)
    };
    let all: Vec<_> = contacts(bytes).collect();
    match all.as_slice() {
        [] => out.text("  (fetch bindings)"),
        [b"*"] => out.text("  (remove all bindings)"),
        all => {
            let lapse = |contact: &&&[u8]| expires(contact) == Some(0);
            // As in Wireshark, a contact counts twice that lapses by itself and by the whole message.
            let by_message = |contact: &&&[u8]| at_once && expires(contact).unwrap_or(0) == 0;
            let removed = all.iter().filter(lapse).count() + all.iter().filter(by_message).count();
            let added = all.len().saturating_sub(removed);
            if removed > 0 {
                write_bindings("  (remove ", removed, out);
            }
            if added > 0 {
                write_bindings(if removed > 0 { " (add " } else { "  (" }, added, out);
            }
        }
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let what = written(|line| match first_line(ctx.layer_bytes(layer)) {
        Some(First::Request { method, .. }) => line.decoded(method),
        Some(First::Status { code, .. }) => line.num(code),
        None => {}
    });
    show_as(ctx, layer, format_args!("{} ({what})", PROTOCOL.field.label), v, message)
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    let bytes = w.bytes;
    let Some((first, (_, line))) = first_line(bytes).zip(lines(bytes).next()) else { return Ok(()) };
    match first {
        First::Request { method, uri } => {
            w.value(&REQUEST_LINE, 0, line.len(), Value::Text(line))?;
            w.open();
            w.value(&METHOD, 0, method.len(), Value::Text(method))?;
            w.value(&URI, method.len() + 1, uri.len(), Value::Text(uri))?;
            w.close();
        }
        First::Status { code, .. } => {
            w.value(&STATUS_LINE, 0, line.len(), Value::Text(line))?;
            w.open();
            w.value(&STATUS, VERSION.len() + 1, 3, Value::Uint(code.into()))?;
            w.close();
        }
    }
    let (start, end) = (lines(bytes).nth(1).map_or(bytes.len(), |(at, _)| at), head_len(bytes));
    let head = bytes.get(start..end).unwrap_or(&[]);
    w.line(&HEADERS, start, head.len(), Value::Text(head), format_args!("Message Header"))?;
    w.open();
    for (at, line) in lines(bytes).skip(1) {
        header_field(w, at, line)?;
    }
    w.close();
    Ok(())
}

fn header_field(w: &mut Walk<'_, '_>, at: usize, line: &[u8]) -> Step {
    let Some((name, value_at, value)) = header(line) else { return Ok(()) };
    let fields: [&'static Field; 10] =
        [&VIA, &FROM, &TO, &CALL, &SEQUENCE, &CONTACT, &AGENT, &EXPIRES, &CONTENT_TYPE, &CONTENT_LENGTH];
    let named = fields.into_iter().find(|field| field.label.as_bytes().eq_ignore_ascii_case(name));
    let Some(field) = named else {
        let shown = written(|out| out.decoded(line));
        return w.text(at, line.len(), format_args!("{shown}"));
    };
    if field.kind != Kind::Text {
        let number = number(value).unwrap_or(0);
        return w.value(field, at, line.len(), Value::Uint(number.into()));
    }
    w.value(field, at, line.len(), Value::Text(value))?;
    if field == &SEQUENCE {
        let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
        let method = value.get(digits..).unwrap_or(&[]).trim_ascii();
        w.open();
        w.value(&SEQUENCE_NUMBER, at + value_at, digits, Value::Uint(number(value).unwrap_or(0).into()))?;
        w.value(
            &SEQUENCE_METHOD,
            at + value_at + value.len() - method.len(),
            method.len(),
            Value::Text(method),
        )?;
        w.close();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_with_the_version_begin_a_message() {
        assert!(first_line(b"INVITE sip:x SIP/2.0\r\n").is_some());
        assert!(first_line(b"INVITE sip:x SIP/1.0\r\n").is_none());
        assert!(first_line(b"SIP/2.0 200\r\n\r\n").is_none(), "a reason must follow");
        assert!(first_line(b"SIP/2.0 abc OK\r\n").is_none());
    }

    #[test]
    fn header_fields_have_short_names() {
        let message = b"SIP/2.0 200 OK\r\nm: <sip:a>, <sip:b>\r\ni : 7@x\r\n\r\nbody: x\r\n";
        assert_eq!(contacts(message).count(), 2);
        assert_eq!(values(message, "call-id").next(), Some(b"7@x".as_slice()));
        assert_eq!(message.get(head_len(message)..), Some(b"body: x\r\n".as_slice()));
    }
}
