//! Applications over UDP. The lower port decides which protocol a payload is, then the higher port, then the content.

use super::{Decoder, Next, Proto, Span};

/// Decodes the payload of a UDP datagram between two ports.
pub(super) fn decode(d: &mut Decoder<'_, '_>, from: u16, to: u16, span: Span) -> Next {
    if span.len() == 0 {
        return Next::Done;
    }
    let proto = Proto::of_udp_port(from.min(to))
        .or_else(|| Proto::of_udp_port(from.max(to)))
        .or_else(|| Proto::of_datagram(d.get(span), from, to));
    match proto {
        Some(proto) => (proto.get().decode)(d, span),
        None => Next::Data(span),
    }
}
