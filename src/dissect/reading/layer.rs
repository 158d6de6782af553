//! A walk over the bytes of one layer: to show the layer, or to find out while decoding whether it is whole.

use super::walk::{End, Step, Walk};
use crate::dissect::protocol::visit_name;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Span, Visited};
use crate::field::{At, Field, Value, Visit};
use crate::text::Line;
use std::fmt;
use std::ops::ControlFlow;

/// Visits the line of a layer's protocol, and under it the fields that `fields` walks over.
pub(crate) fn show(
    ctx: &Context<'_>,
    layer: &Layer,
    v: &mut dyn Visit,
    fields: impl FnOnce(&mut Walk<'_, '_>) -> Step,
) -> Visited {
    visit_name(ctx, layer, v)?;
    under(ctx, layer, v, fields)
}

/// As [`show`], with `text` as the line of the protocol.
pub(crate) fn show_as(
    ctx: &Context<'_>,
    layer: &Layer,
    text: fmt::Arguments<'_>,
    v: &mut dyn Visit,
    fields: impl FnOnce(&mut Walk<'_, '_>) -> Step,
) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    v.line(&layer.proto.get().field, layer.header_at(), Value::Bytes(bytes), text)?;
    under(ctx, layer, v, fields)
}

/// Visits the fields that `fields` walks over in a layer, under the line before.
fn under(
    ctx: &Context<'_>,
    layer: &Layer,
    v: &mut dyn Visit,
    fields: impl FnOnce(&mut Walk<'_, '_>) -> Step,
) -> Visited {
    v.open();
    show_all(ctx, layer, v, fields)?;
    v.close();
    Visited::Continue(())
}

/// Visits the fields that `fields` walks over in a layer, where the first of them is the protocol's line.
pub(crate) fn show_all(
    ctx: &Context<'_>,
    layer: &Layer,
    v: &mut dyn Visit,
    fields: impl FnOnce(&mut Walk<'_, '_>) -> Step,
) -> Visited {
    let mut w = Walk::over(ctx.layer_bytes(layer), layer, v);
    let result = fields(&mut w);
    w.finish(result)
}

/// Walks over bytes only for the result; nothing is visited.
pub(crate) fn unseen<T>(bytes: &[u8], walk: impl FnOnce(&mut Walk<'_, '_>) -> T) -> T {
    walk(&mut Walk::new(bytes, 0, 0, &mut Blind))
}

/// A visitor that ignores all fields.
struct Blind;

impl Visit for Blind {
    fn field(&mut self, _: &'static Field, _: At, _: Value<'_>) -> Visited {
        ControlFlow::Continue(())
    }
}

/// Writes the row of the datagram around a layer: a message that is cut in its header is listed as one.
pub(crate) fn listed_as_datagram(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    if let Some(udp) = ctx.layers.around(layer, |proto| proto == Proto::Udp) {
        (Proto::Udp.get().summary)(ctx, udp, out);
    }
}

/// Adds the layer of a protocol that nothing follows; `walk` says whether its message is whole.
pub(crate) fn whole(
    d: &mut Decoder<'_, '_>,
    proto: Proto,
    span: Span,
    walk: impl FnOnce(&mut Walk<'_, '_>) -> Step,
) -> Next {
    let bytes = d.get(span);
    if unseen(bytes, walk) == Err(End::Short) {
        return d.broken(proto, span);
    }
    d.layer(proto, span, span.len());
    Next::Done
}
