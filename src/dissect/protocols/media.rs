//! What a message carries, by its media type: named, and shown as text where it is text.

use super::{form, http, multipart};
use crate::dissect::buffers::Work;
use crate::dissect::{Context, Flow, Layer, Proto, Protocol, Span};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::text::{Line, Push};

/// What is done with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dissect) enum Media {
    /// Nothing is known about it.
    Unknown,
    /// It has a layer of this protocol.
    Known(Proto),
}

/// The media type of what is nothing but bytes.
const OCTETS: &[u8] = b"application/octet-stream";
/// Media types whose bodies are lines of text.
const TEXTS: [&str; 8] = [
    "text/plain",
    "text/html",
    "text/css",
    "text/javascript",
    "text/richtext",
    "text/enriched",
    "application/x-javascript",
    "application/x-ns-proxy-autoconfig",
];
const XMLS: [&str; 9] = [
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
const JSONS: [&str; 6] = [
    "application/json",
    "application/json-rpc",
    "application/jsonrequest",
    "application/problem+json",
    "application/merge-patch+json",
    "application/json-patch+json",
];

/// A media type without its parameters.
pub(in crate::dissect) fn essence(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|b| matches!(b, b';' | b' ' | b'\t' | b',')).unwrap_or(value.len());
    value.get(..end).unwrap_or(value)
}

impl Media {
    /// By the Content-Type and by the first bytes.
    pub(in crate::dissect) fn of(content_type: Option<&[u8]>, body: &[u8]) -> Media {
        let Some(value) = content_type.map(essence).filter(|v| !v.is_empty()) else { return Media::Unknown };
        let is = |name: &&str| value.eq_ignore_ascii_case(name.as_bytes());
        let proto = if TEXTS.iter().any(&is) {
            Proto::TextLines
        } else if XMLS.iter().any(&is) {
            Proto::Xml
        } else if JSONS.iter().any(&is) {
            Proto::Json
        } else if is(&"application/x-www-form-urlencoded") {
            Proto::UrlEncoded
        } else if value.get(..10).is_some_and(|v| v.eq_ignore_ascii_case(b"multipart/")) {
            Proto::Multipart
        } else if is(&"image/png") {
            Proto::Png
        } else if is(&"image/gif") {
            Proto::Gif
        } else if is(&"image/jpeg") || is(&"image/jpg") || is(&"image/pjpeg") {
            Proto::Jfif
        } else if value.eq_ignore_ascii_case(OCTETS) {
            return Media::Unknown;
        } else {
            Proto::Media
        };
        let media = Media::Known(proto);
        if body.is_empty() { media } else { media.checked(body) }
    }

    /// An image that does not begin like one is anything.
    pub(in crate::dissect) fn checked(self, body: &[u8]) -> Media {
        let begins = match self {
            Media::Known(Proto::Png) => body.starts_with(b"\x89PNG\r\n\x1a\n"),
            // Wireshark wants more of it than its first words.
            Media::Known(Proto::Gif) => {
                body.len() >= 20 && (body.starts_with(b"GIF87a") || body.starts_with(b"GIF89a"))
            }
            Media::Known(Proto::Jfif) => body.starts_with(&[0xff, 0xd8, 0xff]),
            _ => true,
        };
        if begins { self } else { Media::Known(Proto::Media) }
    }
}

/// Whether a layer is the body of a message.
pub(in crate::dissect) fn is_body(proto: Proto) -> bool {
    matches!(
        proto,
        Proto::Data
            | Proto::TextLines
            | Proto::Xml
            | Proto::Json
            | Proto::UrlEncoded
            | Proto::Multipart
            | Proto::Png
            | Proto::Gif
            | Proto::Jfif
            | Proto::Media
    )
}

/// Adds the layer of a body, given its Content-Type; those of its parts, if it is one of several.
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
    let valid = proto != Proto::Json
        || serde_json::from_slice::<serde::de::IgnoredAny>(work.get(source, span)).is_ok();
    let mut decoder = work.decoder(source);
    decoder.layer(proto, span, span.len());
    if !valid {
        decoder.layer(Proto::TextLines, span, span.len());
    }
    if proto == Proto::UrlEncoded && !form::is_sound(decoder.get(span)) {
        decoder.stop(proto, span);
    }
    if proto == Proto::Multipart {
        multipart::decode(work, source, span, content_type);
    }
}

/// The Content-Type of a body, with its parameters: that of its part of a multipart body, or of the message around it;
/// empty if there is none.
pub(in crate::dissect) fn content_type(ctx: &Context<'_>, layer: &Layer) -> Line {
    let outer = http::content_type(ctx, layer).unwrap_or(&[]);
    multipart::type_of(ctx, layer, outer).unwrap_or_else(|| outer.to_vec())
}

/// Whether a layer is a body of which no Content-Type says what it is.
pub fn is_unnamed(ctx: &Context<'_>, layer: &Layer) -> bool {
    let before = ctx.layers.before(layer).last().map(|l| l.proto);
    before == Some(Proto::Ssdp)
        || before == Some(Proto::Http)
            && !essence(http::content_type(ctx, layer).unwrap_or(&[])).eq_ignore_ascii_case(OCTETS)
}

/// The media type of a body as Wireshark names it: in small letters.
pub(in crate::dissect) fn kind(ctx: &Context<'_>, layer: &Layer) -> String {
    name(&content_type(ctx, layer))
}

/// The media type of a Content-Type, in small letters.
pub(in crate::dissect) fn name(content_type: &[u8]) -> String {
    String::from_utf8_lossy(essence(content_type)).to_ascii_lowercase()
}

/// What stands in the Protocol column of a message that carries JSON or XML, in several parts perhaps.
pub(in crate::dissect) fn column(ctx: &Context<'_>) -> String {
    let bodies = ctx.layers.all().iter().filter(|l| l.proto != Proto::TextLines);
    bodies.fold("HTTP".to_owned(), |column, l| match l.proto.get().column.strip_prefix("HTTP") {
        Some(more) => column + more,
        None => column,
    })
}

macro_rules! body {
    ($id:ident, $name:literal, $label:literal, $column:literal) => {
        pub(in crate::dissect) static $id: Protocol = Protocol {
            field: Field::new($name, $label, Kind::Protocol),
            column: $column,
            fields: &[],
            visit,
            addresses: crate::dissect::no_addresses,
            summary,
        };
    };
}

body!(TEXT_LINES, "data-text-lines", "Line-based text data", "HTTP");
body!(XML, "xml", "eXtensible Markup Language", "HTTP/XML");
body!(JSON, "json", "JavaScript Object Notation", "HTTP/JSON");
body!(PNG, "png", "Portable Network Graphics", "HTTP");
body!(GIF, "image-gif", "Compuserve GIF", "HTTP");
body!(JFIF, "image-jfif", "JPEG File Interchange Format", "HTTP");
body!(MEDIA, "media", "Media Type", "HTTP");

fn write_type(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    out.decoded(kind(ctx, layer).as_bytes());
}

pub(in crate::dissect) fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
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

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Flow {
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
            Flow::Continue(())
        }
        Proto::Json if kind.is_empty() => v.field(field, at, Value::Bytes(bytes)),
        Proto::Json => v.line(field, at, Value::Bytes(bytes), format_args!("{label}: {kind}")),
        Proto::Media => {
            v.field(field, at, Value::Bytes(bytes))?;
            v.open();
            v.text(at, format_args!("Media type: {kind} ({} bytes)", bytes.len()))?;
            v.close();
            Flow::Continue(())
        }
        Proto::Gif => {
            let version = String::from_utf8_lossy(bytes.get(..6).unwrap_or(bytes));
            v.line(field, at, Value::Bytes(bytes), format_args!("{label}, Version: {version}"))
        }
        _ => v.field(field, at, Value::Bytes(bytes)),
    }
}

/// The lines of a text with their ends: CR, LF or both.
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

fn text_lines(bytes: &[u8], at: At, v: &mut dyn Visit) -> Flow {
    let mut start = at.start;
    for line in lines(bytes) {
        let at = At { start, len: line.len() as u32, ..at };
        v.text(at, format_args!("{}", String::from_utf8_lossy(line)))?;
        start += at.len;
    }
    Flow::Continue(())
}
