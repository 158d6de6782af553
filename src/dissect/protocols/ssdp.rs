//! Simple Service Discovery Protocol (`ssdp`): messages of HTTP in datagrams (UPnP Device Architecture, section 1).
//! Its fields are those of HTTP.

use super::http;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{At, Value, Visit};
use crate::text::{Line, Push};

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    visit,

    summary,
    language: Some(Proto::Http),
    decode,
    udp_ports: &[1900],
    ..Protocol::new("ssdp", "SSDP", "Simple Service Discovery Protocol")
};

/// Beginnings of a first line; a datagram that begins otherwise is a continuation.
const METHODS: [&str; 12] = [
    "M-SEARCH ",
    "NOTIFY ",
    "SUBSCRIBE ",
    "UNSUBSCRIBE ",
    "GET ",
    "POST ",
    "HEAD ",
    "PUT ",
    "DELETE ",
    "OPTIONS ",
    "TRACE ",
    "HTTP/",
];

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    if first_line(d.get(span)).is_some() {
        d.layer(Proto::Ssdp, span, span.len());
        return Next::Done;
    }
    // Without a first line, the datagram is plain data.
    d.layer(Proto::Ssdp, span, 0).map_or(Next::Done, Next::Data)
}

/// The first line without its line end; `None` if it is no line of HTTP, or does not end within the message.
fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    let line = bytes.split(|b| *b == b'\n').next().filter(|line| line.len() < bytes.len())?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    METHODS.iter().any(|m| line.starts_with(m.as_bytes())).then_some(line)
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    match first_line(ctx.layer_bytes(layer)) {
        Some(line) => {
            out.decoded(line);
            out.text(" ");
        }
        None => out.text("Continuation"),
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    if first_line(bytes).is_some() {
        return http::visit(ctx, layer, v);
    }
    let at = At { len: bytes.len() as u32, ..layer.header_at() };
    v.field(&PROTOCOL.field, at, Value::Bytes(bytes))?;
    // As in Wireshark, a datagram whose first byte is printable counts as a file.
    if !matches!(bytes.first(), Some(b' '..=b'~')) {
        return Visited::Continue(());
    }
    v.open();
    http::whole_file(at, bytes, v)?;
    v.close();
    Visited::Continue(())
}
