//! Simple Service Discovery Protocol (`ssdp`): messages of HTTP in datagrams (UPnP Device Architecture, section 1).

use super::text::{Line, Push};
use super::walk::{Lossy, Walk};
use super::{Context, Decoder, Flow, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Value, Visit};

pub(super) static PROTOCOL: Protocol = Protocol {
    field: Field::new("ssdp", "Simple Service Discovery Protocol", Kind::Protocol),
    column: "SSDP",
    fields: &[],
    visit,
    addresses: super::no_addresses,
    summary,
};

/// Methods that a first line begins with; anything else continues something unknown.
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

pub(super) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    d.layer(Proto::Ssdp, span, span.len());
    Next::Done
}

/// The first line without its end, if it is one of HTTP and ends within the message.
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

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Flow {
    let bytes = ctx.layer_bytes(layer);
    let mut w = Walk::new(bytes, layer.source, layer.start, v);
    let result = (|| {
        let text = format_args!("{}", PROTOCOL.field.label);
        w.line(&PROTOCOL.field, 0, bytes.len(), Value::Bytes(bytes), text)?;
        w.open();
        if first_line(bytes).is_none() {
            let s = if bytes.len() == 1 { "" } else { "s" };
            w.text(0, bytes.len(), format_args!("Data ({} byte{s})", bytes.len()))?;
        } else {
            let mut at = 0;
            for line in bytes.split_inclusive(|b| *b == b'\n') {
                w.text(at, line.len(), format_args!("{}", Lossy(line)))?;
                at += line.len();
                // The head ends with an empty line; what follows is a body.
                if line.trim_ascii().is_empty() {
                    break;
                }
            }
        }
        w.close();
        Ok(())
    })();
    w.finish(result)
}
