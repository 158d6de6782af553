//! Bytes without a dissector (`data`).

use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::text::plural;

crate::fields! {
    DATA = Field::new("data.data", "Data", Kind::Bytes);
    TEXT = Field::new("data.text", "Text", Kind::Text).hidden();
    LEN = Field::new("data.len", "Length", Kind::Uint(32)).generated();
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    silent: |_, _| true,
    second_name: "http",
    // The details show a body without a Content-Type under its message.
    depth: |ctx, layer| usize::from(super::media::is_unnamed(ctx, layer)),
    decode,
    ..Protocol::new("data", "Data", "Data")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    if !d.get(span).is_empty() {
        d.layer(Proto::Data, span, span.len());
    }
    Next::Done
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let at = At { source: layer.source, start: layer.start, len: bytes.len() as u32 };
    v.line(
        &PROTOCOL.field,
        at,
        Value::Bytes(bytes),
        format_args!("Data ({} byte{})", bytes.len(), plural(bytes.len())),
    )?;
    v.open();
    v.field(&DATA, at, Value::Bytes(bytes))?;
    v.field(&LEN, At { len: 0, ..at }, Value::Uint(bytes.len() as u64))?;
    v.close();
    Visited::Continue(())
}
