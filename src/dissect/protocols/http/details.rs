//! The details of an HTTP message.

use super::body;
use super::fields::*;
use super::head::{self, Head, HeaderField, Part, Start};
use crate::dissect::facts::HttpFacts;
use crate::dissect::protocols::media;
use crate::dissect::reading::remark::{Group, Severity, remark, remark_below};
use crate::dissect::{Context, Layer, Proto, Visited};
use crate::field::{At, Value, Visit};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// How many bytes at the beginning of a continuation look like header fields.
pub(super) fn continued_head(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(line) = head::line(bytes, at) {
        let text = line.text.bytes;
        let named = memchr::memchr(b':', text).and_then(|colon| text.get(..colon));
        if !text.is_empty() && !named.is_some_and(|n| !n.is_empty() && head::is_token(n)) {
            break;
        }
        at += line.len;
        if text.is_empty() {
            break;
        }
    }
    at
}

/// Base64 that accepts nonzero bits after the last whole octet.
const DIGITS: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the parts of the walk need.
struct Message<'a, 'l> {
    bytes: &'a [u8],
    layer: &'l Layer,
    head: Head<'a>,
    facts: HttpFacts,
}

impl Message<'_, '_> {
    fn at(&self, offset: usize, len: usize) -> At {
        At { source: self.layer.source, start: self.layer.start + offset as u32, len: len as u32 }
    }
    fn part(&self, part: Part<'_>) -> At {
        self.at(part.at, part.bytes.len())
    }
}

pub(in crate::dissect) fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let whole = At { len: bytes.len() as u32, ..layer.header_at() };
    v.field(&layer.proto.get().field, whole, Value::Bytes(bytes))?;
    v.open();
    if let Some(tunnel) = ctx.facts.app.and_then(|app| app.tunnel.as_ref()) {
        v.field(&TUNNEL_HOST, At { len: 0, ..whole }, Value::Text(&tunnel.host))?;
        v.field(&TUNNEL_PORT, At { len: 0, ..whole }, Value::Uint(tunnel.port.into()))?;
    }
    let messages = ctx.layers.before(layer).iter().filter(|l| l.proto == Proto::Http && l.start < l.end);
    let known = ctx.facts.app.and_then(|app| app.http.get(messages.count())).or(ctx.facts.ssdp);
    let facts = known.cloned().unwrap_or_default();
    let head = Head::read(bytes).unwrap_or(Head { len: continued_head(bytes), ..Head::default() });
    let m = Message { bytes, layer, head, facts };
    first_line(&m, v)?;
    header_fields(&m, v)?;
    exchange(&m, v)?;
    if m.head.chunked && m.head.len < m.bytes.len() {
        chunks(&m, v)?;
    }
    file_data(ctx, &m, v)?;
    v.close();
    Visited::Continue(())
}

fn first_line(m: &Message<'_, '_>, v: &mut dyn Visit) -> Visited {
    let Some(start) = m.head.start else { return Visited::Continue(()) };
    let Some(line) = head::line(m.bytes, head::leading_crlf(m.bytes)) else { return Visited::Continue(()) };
    let whole = m.bytes.get(line.text.at..line.text.at + line.len).unwrap_or(&[]);
    let text = String::from_utf8_lossy(whole);
    v.text(m.at(line.text.at, line.len), format_args!("{text}"))?;
    v.open();
    remark(&CHAT, m.at(0, 0), Severity::Chat, Group::Sequence, &text, v)?;
    match start {
        Start::Request { method, uri, version } => {
            v.field(&METHOD, m.part(method), Value::Text(method.bytes))?;
            v.field(&URI, m.part(uri), Value::Text(uri.bytes))?;
            uri_parts(m, uri, v)?;
            v.field(&REQUEST_VERSION, m.part(version), Value::Text(version.bytes))?;
        }
        Start::Response { version, code, phrase } => {
            v.field(&RESPONSE_VERSION, m.part(version), Value::Text(version.bytes))?;
            if let Some(number) = head::code_of(code.bytes) {
                v.field(&CODE, m.part(code), Value::Uint(number.into()))?;
                let desc = status_name(number).unwrap_or("Unknown");
                v.field(&CODE_DESC, m.part(code), Value::Text(desc.as_bytes()))?;
            }
            if !phrase.bytes.is_empty() {
                v.field(&PHRASE, m.part(phrase), Value::Text(phrase.bytes))?;
            }
        }
    }
    v.close();
    Visited::Continue(())
}

/// Visits the path and the query of a request target; nothing for a target without a query.
fn uri_parts(m: &Message<'_, '_>, uri: Part<'_>, v: &mut dyn Visit) -> Visited {
    let Some(mark) = memchr::memchr(b'?', uri.bytes) else { return Visited::Continue(()) };
    let (path, query) = uri.bytes.split_at(mark);
    let query = query.get(1..).unwrap_or(&[]);
    v.open();
    v.field(&URI_PATH, m.at(uri.at, path.len()), Value::Text(path))?;
    v.field(&URI_QUERY, m.at(uri.at + mark + 1, query.len()), Value::Text(query))?;
    v.open();
    let mut at = uri.at + mark + 1;
    for parameter in query.split(|b| *b == b'&') {
        if !parameter.is_empty() {
            v.field(&URI_PARAMETER, m.at(at, parameter.len()), Value::Text(parameter))?;
        }
        at += parameter.len() + 1;
    }
    v.close();
    v.close();
    Visited::Continue(())
}

fn header_fields(m: &Message<'_, '_>, v: &mut dyn Visit) -> Visited {
    let lead = head::leading_crlf(m.bytes);
    let from = match m.head.start {
        Some(_) => lead + head::line(m.bytes, lead).map_or(0, |l| l.len),
        None => 0,
    };
    // Header fields of NOTIFY and its kin are not fields of a request.
    let request = super::is_request(&m.head).filter(|_| !m.head.notifies());
    let mut end = from;
    for field in head::header_fields(m.bytes, from, m.head.len) {
        end = field.whole.at + field.whole.bytes.len();
        one_header(m, &field, request, v)?;
    }
    match m.bytes.get(end..m.head.len) {
        Some(rest) if !rest.is_empty() => {
            let text = String::from_utf8_lossy(rest);
            v.text(m.at(end, rest.len()), format_args!("{text}"))
        }
        _ => Visited::Continue(()),
    }
}

fn one_header(
    m: &Message<'_, '_>,
    field: &HeaderField<'_>,
    request: Option<bool>,
    v: &mut dyn Visit,
) -> Visited {
    let (at, text) = (m.part(field.whole), String::from_utf8_lossy(field.whole.bytes));
    let line = match request {
        Some(false) => &RESPONSE_LINE,
        _ => &REQUEST_LINE,
    };
    let known = HEADERS.iter().find(|(name, _)| field.is(name)).map(|(_, f)| *f);
    let value = Value::Text(field.value.bytes);
    match known {
        Some(known) => v.line(known, at, value, format_args!("{text}"))?,
        None => v.text(at, format_args!("{text}"))?,
    }
    if !field.has_legal_name() {
        remark_below(&BAD_NAME, at, Severity::Warning, Group::Protocol, BAD_NAME.label, v)?;
    }
    if known == Some(&CONTENT_LENGTH_HEADER)
        && let Some(n) = head::number(field.value.bytes)
    {
        v.open();
        v.field(&CONTENT_LENGTH, at, Value::Uint(n))?;
        v.close();
    }
    if known == Some(&COOKIE) {
        cookies(m, field, v)?;
    }
    if known == Some(&AUTHORIZATION) || known == Some(&PROXY_AUTHORIZATION) {
        credentials(field, at, v)?;
    }
    match request {
        Some(_) => v.field(line, at, Value::Text(field.whole.bytes)),
        None => Visited::Continue(()),
    }
}

/// Visits name and password of the Basic scheme (RFC 7617): Base64 encodes them, it does not encrypt them.
fn credentials(field: &HeaderField<'_>, at: At, v: &mut dyn Visit) -> Visited {
    let Some(coded) = field.value.bytes.strip_prefix(b"Basic ") else { return Visited::Continue(()) };
    let mut plain = Vec::new();
    // As in Wireshark, characters outside Base64 are skipped, and padding may come in the middle.
    for part in coded.split(|b| *b == b'=') {
        let mut digits: Vec<u8> = part.to_vec();
        digits.retain(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
        if digits.len() % 4 == 1 {
            digits.pop();
        }
        plain.extend(DIGITS.decode(digits).unwrap_or_default());
    }
    v.open();
    v.field(&CREDENTIALS, At { len: 0, ..at }, Value::Text(&plain))?;
    v.close();
    Visited::Continue(())
}

fn cookies(m: &Message<'_, '_>, field: &HeaderField<'_>, v: &mut dyn Visit) -> Visited {
    let mut at = field.value.at;
    v.open();
    for pair in field.value.bytes.split(|b| *b == b';') {
        let blanks = pair.iter().take_while(|b| **b == b' ').count();
        let text = pair.get(blanks..).unwrap_or(&[]);
        if !text.is_empty() {
            v.field(&COOKIE_PAIR, m.at(at + blanks, text.len()), Value::Text(text))?;
        }
        at += pair.len() + 1;
    }
    v.close();
    Visited::Continue(())
}

/// Visits how the message relates to the others of the conversation.
fn exchange(m: &Message<'_, '_>, v: &mut dyn Visit) -> Visited {
    let Some(request) = super::is_request(&m.head) else { return Visited::Continue(()) };
    let (at, f) = (m.at(0, 0), &m.facts);
    if request && !f.uri.is_empty() {
        v.field(&FULL_URI, at, Value::Text(&f.uri))?;
    }
    if m.head.notifies() {
        return v.field(&NOTIFICATION, at, Value::Bool(true));
    }
    let (kind, number, word) = match request {
        true => (&REQUEST, &REQUEST_NUMBER, "request"),
        false => (&RESPONSE, &RESPONSE_NUMBER, "response"),
    };
    v.field(kind, at, Value::Bool(true))?;
    let (n, of) = (f.number, f.of);
    v.line(number, at, Value::Uint(n.into()), format_args!("[HTTP {word} {n}/{of}]"))?;
    if let Some((_, time)) = f.request {
        v.field(&TIME, at, Value::Duration(time))?;
    }
    for (field, frame) in [
        (&PREV_REQUEST, f.prev_request),
        (&PREV_RESPONSE, f.prev_response),
        (&REQUEST_IN, f.request.map(|(frame, _)| frame)),
        (&RESPONSE_IN, f.response),
        (&NEXT_REQUEST, f.next_request),
        (&NEXT_RESPONSE, f.next_response),
    ] {
        if let Some(frame) = frame {
            v.field(field, at, Value::Uint(frame))?;
        }
    }
    if !request && !f.uri.is_empty() {
        v.field(&RESPONSE_FOR, at, Value::Text(&f.uri))?;
    }
    Visited::Continue(())
}

fn chunks(m: &Message<'_, '_>, v: &mut dyn Visit) -> Visited {
    let mut at = m.head.len;
    let whole = m.at(at, m.bytes.len().saturating_sub(at));
    // Wireshark says "response" for requests, too.
    v.text(whole, format_args!("HTTP chunked response"))?;
    v.open();
    while let Ok(chunk) = body::chunk(m.bytes, at) {
        let size = Value::Uint(chunk.size as u64);
        let digits = m.at(chunk.start, chunk.data - chunk.start);
        let octets = format_args!("Chunk size: {} octets", chunk.size);
        if chunk.size == 0 {
            v.text(digits, format_args!("End of chunked encoding"))?;
            v.open();
            v.line(&CHUNK_SIZE, digits, size, octets)?;
            v.close();
            trailers(m, chunk.data, v)?;
            break;
        }
        let end = m.bytes.len().min(chunk.data + chunk.size);
        let data = m.bytes.get(chunk.data..end).unwrap_or(&[]);
        let next = m.bytes.len().min(end + 2);
        v.text(m.at(chunk.start, next - chunk.start), format_args!("Data chunk ({} octets)", chunk.size))?;
        v.open();
        v.line(&CHUNK_SIZE, digits, size, octets)?;
        v.field(&CHUNK_DATA, m.at(chunk.data, data.len()), Value::Bytes(data))?;
        let boundary = m.bytes.get(end..next).unwrap_or(&[]);
        v.field(&CHUNK_BOUNDARY, m.at(end, boundary.len()), Value::Bytes(boundary))?;
        v.close();
        at = chunk.data + chunk.size + 2;
    }
    v.close();
    Visited::Continue(())
}

fn trailers(m: &Message<'_, '_>, mut at: usize, v: &mut dyn Visit) -> Visited {
    while let Some(line) = head::line(m.bytes, at) {
        let whole = m.bytes.get(at..at + line.len).unwrap_or(&[]);
        if line.text.bytes.is_empty() {
            return v.text(m.at(at, line.len), format_args!("\r\n"));
        }
        v.field(&TRAILER, m.at(at, line.len), Value::Text(whole))?;
        at += line.len;
    }
    Visited::Continue(())
}

/// Visits the body with chunks and compression undone.
fn file_data(ctx: &Context<'_>, m: &Message<'_, '_>, v: &mut dyn Visit) -> Visited {
    let after = ctx.layers.after(m.layer).first().filter(|l| media::is_body(l.proto));
    let Some(content) = after.map(|l| (l, ctx.layer_bytes(l))).filter(|(_, b)| !b.is_empty()) else {
        return Visited::Continue(());
    };
    let (layer, bytes) = content;
    if let Some(coding) = m.head.content_encoding.filter(|_| layer.source != m.layer.source) {
        let body = m.bytes.get(m.head.len..).unwrap_or(&[]);
        let packed = if m.head.chunked {
            let mut data = Vec::new();
            body::dechunk(body, &mut data);
            data.len()
        } else {
            body.len()
        };
        let name = String::from_utf8_lossy(coding);
        let text =
            format_args!("Content-encoded entity body ({name}): {packed} bytes -> {} bytes", bytes.len());
        v.text(m.at(m.head.len, packed), text)?;
    }
    let at = At { source: layer.source, start: layer.start, len: bytes.len() as u32 };
    whole_file(at, bytes, v)
}

/// Visits the whole content of a message, with chunks and compression undone.
pub(in crate::dissect) fn whole_file(at: At, bytes: &[u8], v: &mut dyn Visit) -> Visited {
    v.line(&FILE_DATA, at, Value::Text(bytes), format_args!("File Data: {} bytes", bytes.len()))
}
