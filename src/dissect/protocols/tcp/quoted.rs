//! Segments that are cut, or that an ICMP error quotes.

use super::Flags;
use super::at;
use super::details::{Segment, completeness, header_length, ports, rest};
use super::fields::*;
use super::remarks;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Layer, Proto, Visited};
use crate::field::{At, Value, Visit};

/// Visits a segment that an ICMP error quotes. Its numbers are not relative.
pub(super) fn visit(ctx: &Context<'_>, s: &Segment<'_>, v: &mut dyn Visit) -> Visited {
    let h = &s.header;
    let (seq, ack) = (h.seq.0, h.ack.0);
    let (title, note) = match h.flags.has(Flags::ACK) {
        true => (format!(", Ack: {ack}"), "    (relative ack number)"),
        false => (String::new(), ""),
    };
    let (src, dst) = (h.srcport, h.dstport);
    let text =
        format_args!("Transmission Control Protocol, Src Port: {src}, Dst Port: {dst}, Seq: {seq}{title}");
    v.line(&super::PROTOCOL.field, s.layer.header_at(), Value::Bytes(s.bytes), text)?;
    v.open();
    ports(s, v)?;
    let (seq_at, seq_value) = (s.at(at::SEQ, 4), Value::Uint(seq.into()));
    let by_icmpv6 = is_quoted_by_icmpv6(ctx, s.layer);
    if !by_icmpv6 {
        v.field(&SEQ, seq_at, seq_value)?;
    }
    if s.followed {
        v.field(&STREAM, s.at(0, 0), Value::Uint(s.facts.stream.into()))?;
        completeness(s, v)?;
    }
    if by_icmpv6 {
        v.line(
            &SEQ,
            seq_at,
            seq_value,
            format_args!("Sequence Number: {seq}    (relative sequence number)"),
        )?;
        v.field(&SEQ_RAW, seq_at, seq_value)?;
    }
    let number = Value::Uint(ack.into());
    v.line(&ACK, s.at(at::ACK, 4), number, format_args!("Acknowledgment Number: {ack}{note}"))?;
    remarks::acknowledgement(h, s.at(at::ACK, 4), v)?;
    v.field(&ACK_RAW, s.at(at::ACK, 4), number)?;
    header_length(s, v)?;
    rest(ctx, s, v)
}

/// Whether an ICMPv6 error quotes the segment. Wireshark then shows its sequence number as in any other segment,
/// whereas in an ICMP error the number comes first and without its relative form.
pub(super) fn is_quoted_by_icmpv6(ctx: &Context<'_>, layer: &Layer) -> bool {
    layer.quoted && ctx.layers.before(layer).iter().any(|l| l.proto == Proto::Icmpv6)
}

/// Visits a header that is cut, by an ICMP error that quotes it or by the snapshot length.
pub(super) fn cut(bytes: &[u8], layer: &Layer, v: &mut dyn Visit) -> Visited {
    let at = |offset: usize, len: u32| At { source: layer.source, start: layer.start + offset as u32, len };
    let title = match (bytes.u16(at::SRCPORT), bytes.u16(at::DSTPORT)) {
        (Some(src), Some(dst)) if layer.quoted => format!(", Src Port: {src}, Dst Port: {dst}"),
        _ => String::new(),
    };
    let text = format_args!("Transmission Control Protocol{title}");
    v.line(&super::PROTOCOL.field, layer.header_at(), Value::Bytes(bytes), text)?;
    v.open();
    for (field, offset) in [(&SRCPORT, at::SRCPORT), (&DSTPORT, at::DSTPORT)] {
        if let Some(port) = bytes.u16(offset) {
            v.field(field, at(offset, 2), Value::Uint(port.into()))?;
            v.field(&PORT, at(offset, 2), Value::Uint(port.into()))?;
        }
    }
    if let Some(seq) = bytes.u32(at::SEQ) {
        v.field(&SEQ, at(at::SEQ, 4), Value::Uint(seq.into()))?;
        if !layer.quoted {
            v.field(&SEQ_RAW, at(at::SEQ, 4), Value::Uint(seq.into()))?;
        }
    }
    v.close();
    Visited::Continue(())
}
