//! Bodies of several parts (`mime_multipart`): RFC 2046, section 5.1. Each part with content has a layer of its own,
//! which the details show inside the part.

use super::media::{self, Media};
use crate::dissect::buffers::Work;
use crate::dissect::reading::remark::{Group, Severity, remark_below};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Visited};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::text::{Line, Push, written};
use memchr::memmem;

crate::fields! {
    TYPE = Field::new("mime_multipart.type", "Type", Kind::Text).generated();
    PREAMBLE = Field::new("mime_multipart.preamble", "Preamble", Kind::Bytes);
    FIRST_BOUNDARY = Field::new("mime_multipart.first_boundary", "First boundary", Kind::Text);
    PART = Field::new("mime_multipart.part", "Encapsulated multipart part", Kind::Text);
    BOUNDARY = Field::new("mime_multipart.boundary", "Boundary", Kind::Text);
    LAST_BOUNDARY = Field::new("mime_multipart.last_boundary", "Last boundary", Kind::Text);
    TRAILER = Field::new("mime_multipart.trailer", "Trailer", Kind::Bytes);
    NO_BOUNDARY = Field::new("mime_multipart.no_required_parameter", "The multipart dissector could not find a required parameter.", Kind::Label);
    CONTENT_DESCRIPTION = Field::new("mime_multipart.header.content-description", "Content-Description", Kind::Text);
    CONTENT_DISPOSITION = Field::new("mime_multipart.header.content-disposition", "Content-Disposition", Kind::Text);
    CONTENT_ENCODING = Field::new("mime_multipart.header.content-encoding", "Content-Encoding", Kind::Text);
    CONTENT_ID = Field::new("mime_multipart.header.content-id", "Content-Id", Kind::Text);
    CONTENT_LANGUAGE = Field::new("mime_multipart.header.content-language", "Content-Language", Kind::Text);
    CONTENT_LENGTH = Field::new("mime_multipart.header.content-length", "Content-Length", Kind::Text);
    CONTENT_TRANSFER_ENCODING = Field::new("mime_multipart.header.content-transfer-encoding", "Content-Transfer-Encoding", Kind::Text);
    CONTENT_TYPE = Field::new("mime_multipart.header.content-type", "Content-Type", Kind::Text);
}

/// Header fields of a part that have fields of their own. The label of such a field is the name of the header field.
const HEADERS: [&Field; 8] = [
    &CONTENT_DESCRIPTION,
    &CONTENT_DISPOSITION,
    &CONTENT_ENCODING,
    &CONTENT_ID,
    &CONTENT_LANGUAGE,
    &CONTENT_LENGTH,
    &CONTENT_TRANSFER_ENCODING,
    &CONTENT_TYPE,
];

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    column_of: Some(media::column),
    shows: Some(is_part),
    media_types: &["multipart/"],
    decode_body: Some(decode),
    part_type: Some(type_of),
    ..Protocol::new("mime_multipart", "HTTP", "MIME Multipart Media Encapsulation")
};

/// The boundary of a multipart body, from its Content-Type; `None` if the Content-Type has none.
fn boundary(content_type: &[u8]) -> Option<&[u8]> {
    content_type.split(|b| *b == b';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.trim_ascii().split_at_checked("boundary=".len())?;
        let value = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
        name.eq_ignore_ascii_case(b"boundary=").then_some(value)
    })
}

/// One item of a multipart body; offsets count from the beginning of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item<'a> {
    Preamble(Part<'a>),
    /// The delimiter before the first part.
    First(Part<'a>),
    /// A part, and the offset of its content in the body. The offset is `None` for a part without a delimiter after
    /// it, whose content cannot be told from its header.
    Part(Part<'a>, Option<usize>),
    /// The delimiter between two parts.
    Between(Part<'a>),
    /// The delimiter behind the last part.
    Last(Part<'a>),
    Trailer(Part<'a>),
}

/// Some bytes, and their offset in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part<'a> {
    at: usize,
    bytes: &'a [u8],
}

impl<'a> Part<'a> {
    fn of(bytes: &'a [u8], from: usize, to: usize) -> Part<'a> {
        Part { at: from, bytes: bytes.get(from..to).unwrap_or(&[]) }
    }
}

/// The next delimiter from `from` on: where its line begins (including the line end before it), where the next line
/// begins, and whether it is the last delimiter.
fn delimiter(bytes: &[u8], from: usize, boundary: &[u8]) -> Option<(usize, usize, bool)> {
    let dashed = [b"--", boundary].concat();
    let mut at = from;
    loop {
        at += memmem::find(bytes.get(at..)?, &dashed)?;
        let end = at + dashed.len();
        let last = bytes.get(end..end + 2) == Some(b"--");
        let end = end + if last { 2 } else { 0 };
        let begins = at == 0 || bytes.get(at.saturating_sub(2)..at) == Some(b"\r\n") && at >= from + 2;
        let line = memchr::memchr(b'\n', bytes.get(end..)?).map(|i| end + i + 1);
        if begins && let Some(next) = line.or(last.then_some(bytes.len())) {
            return Some((if at == 0 { 0 } else { at - 2 }, next, last));
        }
        at += 1;
    }
}

/// The items of a multipart body in order.
fn items<'a>(bytes: &'a [u8], boundary: &[u8]) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    let Some((start, mut at, mut last)) = delimiter(bytes, 0, boundary) else { return items };
    // The line end before the first delimiter belongs to the preamble.
    let first = if start > 0 { start + 2 } else { 0 };
    if first > 0 {
        items.push(Item::Preamble(Part::of(bytes, 0, first)));
    }
    items.push(Item::First(Part::of(bytes, first, at)));
    while !last {
        let Some((start, next, is_last)) = delimiter(bytes, at, boundary) else {
            items.push(Item::Part(Part::of(bytes, at, bytes.len()), None));
            return items;
        };
        let part = Part::of(bytes, at, start);
        items.push(Item::Part(part, Some(at + head_len(part.bytes))));
        let line = Part::of(bytes, start, next);
        items.push(if is_last { Item::Last(line) } else { Item::Between(line) });
        (at, last) = (next, is_last);
    }
    if at < bytes.len() {
        items.push(Item::Trailer(Part::of(bytes, at, bytes.len())));
    }
    items
}

/// The header fields of a part, each with its continuation lines; the last one includes the empty line after it.
fn header_fields(bytes: &[u8]) -> impl Iterator<Item = Part<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let line = |from: usize| Some(from + memmem::find(bytes.get(from..)?, b"\r\n")? + 2);
        let begin = at;
        let mut end = line(at)?;
        if !bytes.get(begin..end)?.contains(&b':') {
            return None;
        }
        while let Some(b' ' | b'\t') = bytes.get(end) {
            end = line(end)?;
        }
        let done = bytes.get(end..end + 2) == Some(b"\r\n");
        at = if done { bytes.len() } else { end };
        Some(Part::of(bytes, begin, if done { end + 2 } else { end }))
    })
}

/// Length of a part's header fields, including the empty line after them.
fn head_len(part: &[u8]) -> usize {
    header_fields(part).last().map_or(0, |field| field.at + field.bytes.len())
}

/// Name and value of a header field. The value is unfolded, and has no blanks around its separators.
fn name_and_value(field: &[u8]) -> (&[u8], Line) {
    let colon = memchr::memchr(b':', field).unwrap_or(0);
    let (name, value) = field.split_at(colon);
    let mut compact = Line::new();
    let separates = |b: u8| matches!(b, b';' | b',' | b'=');
    let words = value.get(1..).unwrap_or(&[]).split(u8::is_ascii_whitespace).filter(|w| !w.is_empty());
    for word in words {
        let joined =
            compact.last().is_none_or(|b| separates(*b)) || word.first().is_some_and(|b| separates(*b));
        if !joined {
            compact.push(b' ');
        }
        compact.extend_from_slice(word);
    }
    (name, compact)
}

/// The Content-Type of a part, empty if it has none.
fn content_type(part: &[u8]) -> Line {
    let fields = header_fields(part).map(|f| name_and_value(f.bytes));
    let mut types = fields.filter(|(name, _)| name.eq_ignore_ascii_case(b"content-type"));
    types.next().map_or(Line::new(), |(_, value)| value)
}

/// The Content-Type of a part, given the layer of the part; `outer` is the Content-Type of the message. `None` if the
/// layer is no part.
fn type_of(ctx: &Context<'_>, layer: &Layer, outer: &[u8]) -> Option<Line> {
    let mut kind = outer.to_vec();
    let mut found = None;
    for around in ctx.layers.before(layer).iter().filter(|l| contains(l, layer)) {
        let (bytes, start) = (ctx.layer_bytes(around), around.start as usize);
        let parts = items(bytes, boundary(&kind)?);
        // This part contains the layer: it is the layer itself, or a multipart body inside.
        let part = parts.iter().find_map(|item| match item {
            Item::Part(part, Some(_)) => {
                let range = start + part.at..start + part.at + part.bytes.len();
                range.contains(&(layer.start as usize)).then_some(part)
            }
            _ => None,
        })?;
        kind = content_type(part.bytes);
        found = Some(kind.clone());
    }
    found
}

fn contains(outer: &Layer, inner: &Layer) -> bool {
    outer.proto == Proto::Multipart
        && outer.source == inner.source
        && outer.start <= inner.start
        && inner.end <= outer.end
}

/// Whether a layer is a part of a multipart body, and so is shown there.
fn is_part(ctx: &Context<'_>, layer: &Layer) -> bool {
    ctx.layers.has(Proto::Multipart) && ctx.layers.before(layer).iter().any(|l| contains(l, layer))
}

/// Adds the layer of a multipart body, and the layers of its parts.
fn decode(work: &mut Work<'_>, source: u8, span: Span, kind: &[u8]) {
    work.decoder(source).layer(Proto::Multipart, span, span.len());
    let bytes = work.get(source, span);
    let Some(boundary) = boundary(kind) else {
        // Without a boundary, the parts cannot be told apart.
        return media::decode(work, source, span, Media::Unknown, &[]);
    };
    let mut parts = Vec::new();
    for item in items(bytes, boundary) {
        if let Item::Part(part, Some(start)) = item {
            let end = part.at + part.bytes.len();
            let body = bytes.get(start..end).unwrap_or(&[]);
            let kind = content_type(part.bytes);
            if !body.is_empty() {
                let at = Span { start: span.start + start as u32, end: span.start + end as u32 };
                parts.push((at, Media::of(Some(&kind), body), kind));
            }
        }
    }
    for (span, media, kind) in parts {
        if !work.layers.has_room(2) {
            return;
        }
        media::decode(work, source, span, media, &kind);
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let kind = media::content_type(ctx, layer);
    let Some(boundary) = boundary(&kind) else {
        let at = At { source: layer.source, start: layer.start, len: 0 };
        v.text(at, format_args!("{}", NO_BOUNDARY.label))?;
        remark_below(&NO_BOUNDARY, at, Severity::Error, Group::Protocol, NO_BOUNDARY.label, v)?;
        return content(ctx, layer, 0, v);
    };
    let name = media::name(&kind);
    let at = |part: Part<'_>| At {
        source: layer.source,
        start: layer.start + part.at as u32,
        len: part.bytes.len() as u32,
    };
    let whole = Part { at: 0, bytes };
    let shown = String::from_utf8_lossy(boundary);
    let text = format_args!("{}, Type: {name}, Boundary: \"{shown}\"", PROTOCOL.field.label);
    v.line(&PROTOCOL.field, at(whole), Value::Bytes(bytes), text)?;
    v.open();
    v.field(&TYPE, At { len: 0, ..at(whole) }, Value::Text(name.as_bytes()))?;
    for item in items(bytes, boundary) {
        match item {
            Item::Preamble(part) => v.field(&PREAMBLE, at(part), Value::Bytes(part.bytes))?,
            Item::First(part) => v.field(&FIRST_BOUNDARY, at(part), Value::Text(part.bytes))?,
            Item::Between(part) => v.field(&BOUNDARY, at(part), Value::Text(part.bytes))?,
            Item::Last(part) => v.field(&LAST_BOUNDARY, at(part), Value::Text(part.bytes))?,
            Item::Trailer(part) => v.field(&TRAILER, at(part), Value::Bytes(part.bytes))?,
            Item::Part(part, body) => {
                // A part without an end is shown without its content.
                let kind = body.map_or(String::new(), |_| media::name(&content_type(part.bytes)));
                let kind = if kind.is_empty() { kind } else { format!(" ({kind})") };
                v.line(&PART, at(part), Value::Text(b""), format_args!("{}: {kind}", PART.label))?;
                v.open();
                if let Some(start) = body {
                    header(part, layer, v)?;
                    content(ctx, layer, start, v)?;
                }
                v.close();
            }
        }
    }
    v.close();
    Visited::Continue(())
}

fn header(part: Part<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    for field in header_fields(part.bytes) {
        let start = layer.start + (part.at + field.at) as u32;
        let at = At { source: layer.source, start, len: field.bytes.len() as u32 };
        let (name, value) = name_and_value(field.bytes);
        let text = written(|out| out.decoded(field.bytes));
        match HEADERS.iter().find(|f| f.label.as_bytes().eq_ignore_ascii_case(name)) {
            Some(known) => v.line(known, at, Value::Text(&value), format_args!("{text}"))?,
            None => v.text(at, format_args!("{text}"))?,
        }
    }
    Visited::Continue(())
}

/// Shows the layer of the part whose content begins at `start` of the multipart layer.
fn content(ctx: &Context<'_>, layer: &Layer, start: usize, v: &mut dyn Visit) -> Visited {
    let start = layer.start + start as u32;
    let inside = ctx.layers.after(layer).iter().filter(|l| l.source == layer.source);
    // Invalid JSON has a second layer, of text.
    for l in inside.filter(|l| l.start == start && l.end <= layer.end) {
        (l.proto.get().visit)(ctx, l, v)?;
        if l.proto != Proto::Json {
            break;
        }
    }
    Visited::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_is_a_parameter_with_or_without_quotes() {
        assert_eq!(boundary(b"multipart/form-data; Boundary=\"a b\"; x=y"), Some(&b"a b"[..]));
        assert_eq!(boundary(b"multipart/form-data;boundary=B"), Some(&b"B"[..]));
        assert_eq!(boundary(b"multipart/form-data"), None);
    }

    #[test]
    fn what_looks_like_a_boundary_within_a_line_is_content() {
        let body = b"--B\r\nA: b\r\n\r\nx --B y\r\n--B--\r\nend";
        let items = items(body, b"B");
        let Some(Item::Part(part, Some(start))) = items.get(1) else { panic!("{items:?}") };
        assert_eq!(&body[*start..part.at + part.bytes.len()], b"x --B y");
        assert_eq!(items.last(), Some(&Item::Trailer(Part { at: body.len() - 3, bytes: b"end" })));
    }

    #[test]
    fn any_bytes_are_divided_without_a_gap() {
        for body in [
            &b""[..],
            b"--B",
            b"--B\r\n",
            b"--B\r\n--B\r\n",
            b"\r\n--B--",
            b"--B\r\n\r\n--B\r\n:\r\n\r\n\r\n--B--",
        ] {
            let mut at = 0;
            for item in items(body, b"B") {
                let (Item::Preamble(p)
                | Item::First(p)
                | Item::Between(p)
                | Item::Last(p)
                | Item::Trailer(p)
                | Item::Part(p, _)) = item;
                assert_eq!(p.at, at, "{item:?} of {:?}", String::from_utf8_lossy(body));
                at += p.bytes.len();
            }
            assert!(at == body.len() || at == 0, "{:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn folded_values_are_made_one() {
        let (name, value) = name_and_value(b"Content-Type: text/plain;\r\n charset = x\r\n\r\n");
        assert_eq!((name, value.as_slice()), (&b"Content-Type"[..], &b"text/plain;charset=x"[..]));
    }
}
