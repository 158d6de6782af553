//! Bodies of messages by their media type: a name in the list, and lines of text for types that are text.

use crate::dissect::buffers::Work;
use crate::dissect::facts::Http2Facts;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Visited};
use crate::field::{At, Value, Visit};
use crate::text::{Line, Push};
use std::borrow::Cow;

/// How a body is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dissect) enum Media {
    /// Nothing is known about its type.
    Unknown,
    /// It is a layer of this protocol.
    Known(Proto),
}

/// Octets of a PNG before its first chunk.
const PNG_SIGNATURE: usize = 8;
/// Octets of a chunk besides its data: length, type and checksum.
const PNG_OVERHEAD: usize = 12;
/// The media type for bytes of unknown type.
const OCTETS: &[u8] = b"application/octet-stream";
/// Media types of bodies that are lines of text.
const TEXTS: &[&str] = &[
    "text/plain",
    "text/html",
    "text/css",
    "text/javascript",
    "text/richtext",
    "text/enriched",
    "application/x-javascript",
    "application/x-ns-proxy-autoconfig",
];
const XMLS: &[&str] = &[
    "text/xml",
    "application/xml",
    "image/svg+xml",
    "application/rss+xml",
    "application/atom+xml",
    "application/soap+xml",
    "text/vnd.wap.wml",
    "application/xml-dtd",
    "application/mathml+xml",
];
const JSONS: &[&str] = &[
    "application/json",
    "application/json-rpc",
    "application/jsonrequest",
    "application/problem+json",
    "application/merge-patch+json",
    "application/json-patch+json",
];

/// The media type without its parameters.
pub(in crate::dissect) fn essence(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|b| matches!(b, b';' | b' ' | b'\t' | b',')).unwrap_or(value.len());
    value.get(..end).unwrap_or(value)
}

impl Media {
    /// How to show a body with this Content-Type and these first bytes.
    pub(in crate::dissect) fn of(content_type: Option<&[u8]>, body: &[u8]) -> Media {
        let Some(value) = content_type.map(essence).filter(|v| !v.is_empty()) else { return Media::Unknown };
        if value.eq_ignore_ascii_case(OCTETS) {
            return Media::Unknown;
        }
        let is = |name: &&str| match name.ends_with('/') {
            true => value.get(..name.len()).is_some_and(|v| v.eq_ignore_ascii_case(name.as_bytes())),
            false => value.eq_ignore_ascii_case(name.as_bytes()),
        };
        let known = Proto::ALL.into_iter().find(|proto| proto.get().media_types.iter().any(is));
        let proto = known.unwrap_or(Proto::Media);
        let media = Media::Known(proto);
        if body.is_empty() { media } else { media.checked(body) }
    }

    /// Corrects the type by the first bytes. A body that begins like XML or an image is one, even if its Content-Type
    /// says otherwise; an image type whose body does not begin like that image becomes unknown media.
    pub(in crate::dissect) fn checked(self, body: &[u8]) -> Media {
        let content = match body {
            [b'<', b'?', b'x', b'm', b'l', ..] => Some(Proto::Xml),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Proto::Png),
            [0xff, 0xd8, 0xff, _, _, _, b'J', b'F', b'I', b'F', 0, ..] => Some(Proto::Jfif),
            _ => None,
        };
        if let (Media::Known(_), Some(proto)) = (self, content) {
            return Media::Known(proto);
        }
        let begins = match self {
            Media::Known(Proto::Png) => body.starts_with(b"\x89PNG\r\n\x1a\n"),
            // Wireshark demands 20 bytes, not only the signature.
            Media::Known(Proto::Gif) => {
                body.len() >= 20 && (body.starts_with(b"GIF87a") || body.starts_with(b"GIF89a"))
            }
            Media::Known(Proto::Jfif) => body.starts_with(&[0xff, 0xd8, 0xff]),
            _ => true,
        };
        if begins { self } else { Media::Known(Proto::Media) }
    }
}

/// Whether layers of `proto` are bodies of messages.
pub(in crate::dissect) fn is_body(proto: Proto) -> bool {
    matches!(proto, Proto::Data | Proto::Media) || !proto.get().media_types.is_empty()
}

/// Adds the layer of a body, given its Content-Type; for a body of several parts, also the layers of the parts.
pub(in crate::dissect) fn decode(
    work: &mut Work<'_>,
    source: u8,
    span: Span,
    media: Media,
    content_type: &[u8],
) {
    let proto = match media {
        Media::Known(proto) => proto,
        Media::Unknown => Proto::Data,
    };
    match proto.get().decode_body {
        Some(decode) => decode(work, source, span, content_type),
        None => {
            work.decoder(source).layer(proto, span, span.len());
        }
    }
}

/// Adds the layer of a JSON body, and a layer of text lines if the body is no valid JSON.
fn decode_json(work: &mut Work<'_>, source: u8, span: Span, _: &[u8]) {
    let valid = serde_json::from_slice::<serde::de::IgnoredAny>(work.get(source, span)).is_ok();
    let mut decoder = work.decoder(source);
    decoder.layer(Proto::Json, span, span.len());
    if !valid {
        decoder.layer(Proto::TextLines, span, span.len());
    }
}

/// Adds the layer of a PNG. Its chunks state their length (RFC 2083, section 3.2); a last one that is not complete is
/// damage.
fn decode_png(work: &mut Work<'_>, source: u8, span: Span, _: &[u8]) {
    let mut rest = work.get(source, span).get(PNG_SIGNATURE..).unwrap_or(&[]);
    while let Some(len) = rest.u32(0)
        && let Some(after) = rest.get((len as usize).saturating_add(PNG_OVERHEAD)..)
    {
        rest = after;
    }
    let whole = rest.is_empty();
    let mut decoder = work.decoder(source);
    if decoder.layer(Proto::Png, span, span.len()).is_some() && !whole {
        decoder.stop(Proto::Png, span);
    }
}

/// The Content-Type of the message around a body, with its parameters; `None` if it has none.
fn content_type_of_message<'a>(ctx: &Context<'a>, layer: &Layer) -> Option<&'a [u8]> {
    let around = ctx.layers.before(layer).iter().rev();
    let (message, of) = around.map(|l| (l, l.proto.get().content_type)).find(|(_, of)| of.is_some())?;
    of?(ctx, message)
}

/// The Content-Type of a body, with its parameters: of its own part if it is in a multipart body, else of the message
/// around it; empty if there is none.
pub(in crate::dissect) fn content_type(ctx: &Context<'_>, layer: &Layer) -> Line {
    let outer = content_type_of_message(ctx, layer).unwrap_or(&[]);
    let of_part = ctx.layers.before(layer).iter().find_map(|l| l.proto.get().part_type);
    of_part.and_then(|of| of(ctx, layer, outer)).unwrap_or_else(|| outer.to_vec())
}

/// Whether a layer is a body whose Content-Type is missing, or names no type.
pub(in crate::dissect) fn is_unnamed(ctx: &Context<'_>, layer: &Layer) -> bool {
    let before = ctx.layers.before(layer).last().map(|l| l.proto);
    before == Some(Proto::Ssdp)
        || before == Some(Proto::Http)
            && !essence(content_type_of_message(ctx, layer).unwrap_or(&[])).eq_ignore_ascii_case(OCTETS)
}

/// The media type of a body, in small letters, as Wireshark names it.
pub(in crate::dissect) fn kind(ctx: &Context<'_>, layer: &Layer) -> String {
    name(&content_type(ctx, layer))
}

/// The media type in a Content-Type, in small letters.
pub(in crate::dissect) fn name(content_type: &[u8]) -> String {
    String::from_utf8_lossy(essence(content_type)).to_ascii_lowercase()
}

/// The text of the Protocol column: after HTTP, the types of the parts of a multipart body, such as JSON or XML.
pub(in crate::dissect) fn column(ctx: &Context<'_>, layer: &Layer) -> Cow<'static, str> {
    if ctx.layers.has(Proto::Http2) {
        return in_http2(layer.proto);
    }
    if ctx.layers.has(Proto::Imf) {
        return Cow::Borrowed(Proto::Imf.get().column);
    }
    if !ctx.layers.has(Proto::Multipart) || !ctx.layers.has(Proto::Http) {
        return Cow::Borrowed(layer.proto.get().column);
    }
    let bodies = ctx.layers.all().iter().filter(|l| l.proto != Proto::TextLines);
    let parts = bodies.filter_map(|l| l.proto.get().column.strip_prefix("HTTP"));
    Cow::Owned(parts.fold("HTTP".to_owned(), |column, part| column + part))
}

/// The column of a body that a frame of HTTP/2 carries.
fn in_http2(body: Proto) -> Cow<'static, str> {
    match body {
        Proto::Json => Cow::Borrowed("HTTP2/JSON"),
        Proto::Xml => Cow::Borrowed("HTTP2/XML"),
        _ => Cow::Borrowed("HTTP2"),
    }
}

/// Text after invalid JSON is listed as JSON.
fn column_of_text(ctx: &Context<'_>, layer: &Layer) -> Cow<'static, str> {
    match ctx.layers.before(layer).last() {
        Some(json) if json.proto == Proto::Json && ctx.layers.has(Proto::Http2) => in_http2(Proto::Json),
        Some(json) if json.proto == Proto::Json => Cow::Borrowed(JSON.column),
        _ => column(ctx, layer),
    }
}

/// The row of a protocol for bodies.
const fn body(name: &'static str, column_name: &'static str, label: &'static str) -> Protocol {
    Protocol {
        visit,
        summary,
        column_of: Some(column),
        depth,
        second_name: "http",
        ..Protocol::new(name, column_name, label)
    }
}

pub(in crate::dissect) static TEXT_LINES: Protocol = Protocol {
    // In WebSocket, the layer of WebSocket speaks for the packet.
    silent: |ctx, layer| is_inside(ctx, layer),
    column_of: Some(column_of_text),
    media_types: TEXTS,
    ..body("data-text-lines", "HTTP", "Line-based text data")
};
pub(in crate::dissect) static XML: Protocol =
    Protocol { media_types: XMLS, ..body("xml", "HTTP/XML", "eXtensible Markup Language") };
pub(in crate::dissect) static JSON: Protocol = Protocol {
    // In another protocol's datagram, the layer of that protocol speaks for the packet, and the details show JSON
    // under it.
    silent: |ctx, layer| is_inside(ctx, layer),
    media_types: JSONS,
    decode_body: Some(decode_json),
    ..body("json", "HTTP/JSON", "JavaScript Object Notation")
};
pub(in crate::dissect) static PNG: Protocol = Protocol {
    media_types: &["image/png"],
    damage: Some("PNG"),
    decode_body: Some(decode_png),
    ..body("png", "HTTP", "Portable Network Graphics")
};
pub(in crate::dissect) static GIF: Protocol =
    Protocol { media_types: &["image/gif"], ..body("image-gif", "HTTP", "Compuserve GIF") };
pub(in crate::dissect) static JFIF: Protocol = Protocol {
    media_types: &["image/jpeg", "image/jpg", "image/pjpeg"],
    ..body("image-jfif", "HTTP", "JPEG File Interchange Format")
};
pub(in crate::dissect) static MEDIA: Protocol = body("media", "HTTP", "Media Type");

/// Whether a body is inside a layer that speaks for the packet: JSON in another protocol's datagram, or text in
/// WebSocket.
fn is_inside(ctx: &Context<'_>, layer: &Layer) -> bool {
    ctx.layers.before(layer).last().is_some_and(|l| l.proto.get().is_json || l.proto == Proto::WebSocket)
}

/// A body stands beside its message, but under a frame of HTTP/2, and there under what says how it was packed.
fn depth(ctx: &Context<'_>, layer: &Layer) -> usize {
    match ctx.layers.around(layer, |proto| proto == Proto::Http2) {
        Some(frame) => 1 + usize::from(ctx.http2(frame).is_some_and(Http2Facts::is_packed)),
        None => usize::from(is_inside(ctx, layer)),
    }
}

fn write_type(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    out.decoded(kind(ctx, layer).as_bytes());
}

pub(in crate::dissect) fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    if is_inside(ctx, layer) {
        return;
    }
    match layer.proto {
        Proto::Json => {
            out.text(", JavaScript Object Notation (");
            write_type(ctx, layer, out);
            out.text(")");
        }
        Proto::Xml | Proto::Data => {}
        Proto::TextLines if ctx.layers.before(layer).last().is_some_and(|l| l.proto == Proto::Json) => {}
        Proto::Png => out.text(" (PNG)"),
        Proto::Gif => {
            out.text(" (");
            out.decoded(ctx.layer_bytes(layer).get(..6).unwrap_or(b"GIF"));
            out.text(")");
        }
        Proto::Jfif => out.text(" (JPEG JFIF image)"),
        _ => {
            out.text(" (");
            write_type(ctx, layer, out);
            out.text(")");
        }
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let at = At { source: layer.source, start: layer.start, len: bytes.len() as u32 };
    let field = &layer.proto.get().field;
    let kind = kind(ctx, layer);
    let label = field.label;
    match layer.proto {
        Proto::TextLines => {
            let lines = lines(bytes).count();
            v.line(field, at, Value::Bytes(bytes), format_args!("{label}: {kind} ({lines} lines)"))?;
            v.open();
            text_lines(bytes, at, v)?;
            v.close();
            Visited::Continue(())
        }
        Proto::Json if kind.is_empty() => v.field(field, at, Value::Bytes(bytes)),
        Proto::Json => v.line(field, at, Value::Bytes(bytes), format_args!("{label}: {kind}")),
        Proto::Media => {
            v.field(field, at, Value::Bytes(bytes))?;
            v.open();
            v.text(at, format_args!("Media type: {kind} ({} bytes)", bytes.len()))?;
            v.close();
            Visited::Continue(())
        }
        Proto::Gif => {
            let version = String::from_utf8_lossy(bytes.get(..6).unwrap_or(bytes));
            v.line(field, at, Value::Bytes(bytes), format_args!("{label}, Version: {version}"))
        }
        _ => v.field(field, at, Value::Bytes(bytes)),
    }
}

/// The lines of a text, each with its line end: CR, LF or both.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let end = memchr::memchr2(b'\r', b'\n', rest).map_or(rest.len(), |at| at + 1);
        let both = rest.get(end.saturating_sub(1)..=end) == Some(b"\r\n");
        let (line, after) = rest.split_at_checked(end + usize::from(both))?;
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

fn text_lines(bytes: &[u8], at: At, v: &mut dyn Visit) -> Visited {
    let mut start = at.start;
    for line in lines(bytes) {
        let at = At { start, len: line.len() as u32, ..at };
        v.text(at, format_args!("{}", String::from_utf8_lossy(line)))?;
        start += at.len;
    }
    Visited::Continue(())
}
