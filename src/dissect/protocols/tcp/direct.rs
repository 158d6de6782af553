//! Direct readers of the TCP fields that filters use most.

use super::fields::*;
use super::quoted::is_quoted_by_icmpv6;
use super::{Findings, Flags, Header, TcpFacts, scaled_window};
use crate::dissect::protocol::Readers;
use crate::dissect::{Context, Layer};
use crate::field::Value;

type Out<'o> = &'o mut dyn FnMut(Value<'_>);

/// Passes on a number of the header; `false` where the header is not there in full.
fn header(
    ctx: &Context<'_>,
    layer: &Layer,
    out: Out<'_>,
    number: impl Fn(&Header, &TcpFacts) -> u32,
) -> bool {
    let Some(header) = Header::read(ctx.layer_bytes(layer)) else { return false };
    let facts = ctx.facts.tcp.copied().unwrap_or_default();
    out(Value::Uint(number(&header, &facts).into()));
    true
}

fn flag(ctx: &Context<'_>, layer: &Layer, out: Out<'_>, flag: Flags) -> bool {
    let Some(header) = Header::read(ctx.layer_bytes(layer)) else { return false };
    out(Value::Bool(header.flags.has(flag)));
    true
}

fn ports(ctx: &Context<'_>, layer: &Layer, out: Out<'_>) -> bool {
    header(ctx, layer, out, |h, _| h.srcport.into()) && header(ctx, layer, out, |h, _| h.dstport.into())
}

/// Passes on a value that only the conversation knows; no value where there is no conversation.
fn facts(
    ctx: &Context<'_>,
    layer: &Layer,
    out: Out<'_>,
    value: impl Fn(&TcpFacts) -> Option<Value<'static>>,
) -> bool {
    if Header::read(ctx.layer_bytes(layer)).is_some()
        && let Some(value) = super::details::facts_of(ctx, layer).and_then(value)
    {
        out(value);
    }
    true
}

fn finding(ctx: &Context<'_>, layer: &Layer, out: Out<'_>, wanted: Findings) -> bool {
    facts(ctx, layer, out, |f| f.findings.has(wanted).then_some(Value::None))
}

/// Fields in the segment itself.
pub(in crate::dissect) static DIRECT: Readers = &[
    (&SRCPORT, |c, l, out| header(c, l, out, |h, _| h.srcport.into())),
    (&DSTPORT, |c, l, out| header(c, l, out, |h, _| h.dstport.into())),
    (&PORT, ports),
    (&LEN, |c, l, out| {
        let len = l.payload_len();
        // A quoted segment has no length field: most of its payload was not quoted.
        l.quoted || header(c, l, out, |_, _| len)
    }),
    (&SEQ_RAW, |c, l, out| {
        let has_one = !l.quoted || is_quoted_by_icmpv6(c, l);
        !has_one || header(c, l, out, |h, _| h.seq.0)
    }),
    (&ACK_RAW, |c, l, out| header(c, l, out, |h, _| h.ack.0)),
    (&FLAGS, |c, l, out| header(c, l, out, |h, _| h.flags.0.into())),
    (&FLAGS_URG, |c, l, out| flag(c, l, out, Flags::URG)),
    (&FLAGS_ACK, |c, l, out| flag(c, l, out, Flags::ACK)),
    (&FLAGS_PUSH, |c, l, out| flag(c, l, out, Flags::PSH)),
    (&FLAGS_RESET, |c, l, out| flag(c, l, out, Flags::RST)),
    (&FLAGS_SYN, |c, l, out| flag(c, l, out, Flags::SYN)),
    (&FLAGS_FIN, |c, l, out| flag(c, l, out, Flags::FIN)),
    (&WINDOW_VALUE, |c, l, out| header(c, l, out, |h, _| h.window.into())),
    (&PAYLOAD, |c, l, out| {
        let payload = c.payload(l);
        if Header::read(c.layer_bytes(l)).is_some() && !payload.is_empty() {
            out(Value::Bytes(payload));
        }
        true
    }),
];

/// Fields that only the conversation knows.
pub(in crate::dissect) static OF_CONVERSATION: Readers = &[
    (&STREAM, |c, l, out| facts(c, l, out, |f| Some(Value::Uint(f.stream.into())))),
    (&SEQ, |c, l, out| header(c, l, out, |h, f| h.seq - f.seq_base)),
    (&ACK, |c, l, out| {
        header(c, l, out, |h, f| if h.flags.has(Flags::ACK) { h.ack - f.ack_base } else { h.ack.0 })
    }),
    (&WINDOW, |c, l, out| header(c, l, out, scaled_window)),
    (&TIME_RELATIVE, |c, l, out| facts(c, l, out, |f| Some(Value::Duration(f.time_relative)))),
    (&TIME_DELTA, |c, l, out| facts(c, l, out, |f| Some(Value::Duration(f.time_delta)))),
    (&ANALYSIS_FLAGS, |c, l, out| facts(c, l, out, |f| (!f.findings.is_empty()).then_some(Value::None))),
    (&RETRANSMISSION, |c, l, out| finding(c, l, out, Findings::RETRANSMISSION)),
    (&OUT_OF_ORDER, |c, l, out| finding(c, l, out, Findings::OUT_OF_ORDER)),
    (&LOST_SEGMENT, |c, l, out| finding(c, l, out, Findings::LOST_SEGMENT)),
    (&ZERO_WINDOW, |c, l, out| finding(c, l, out, Findings::ZERO_WINDOW)),
];
