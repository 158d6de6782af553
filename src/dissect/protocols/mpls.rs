//! Multiprotocol Label Switching (`mpls`): RFC 3032. The labels are known by name alone.

use crate::dissect::reading::read::Read;
use crate::dissect::{Decoder, Next, Proto, Protocol, Span};
use crate::text::Push;

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    summary: |ctx, layer, out| {
        if ctx.payload(layer).is_empty() {
            out.text("MPLS Label Switched Packet");
        }
    },
    decode,
    ether_types: &[0x8847, 0x8848],
    ..Protocol::new("mpls", "MPLS", "MultiProtocol Label Switching Header")
};

/// Passes over the stack of labels; the first bits of what follows say whether it is IP (RFC 4928).
fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let mut rest = span;
    loop {
        let Some(label) = d.get(rest).u32(0) else { return d.broken(Proto::Mpls, rest) };
        let Some(payload) = d.layer(Proto::Mpls, rest, 4) else { return Next::Done };
        if label & 0x100 != 0 {
            return match d.get(payload).u8(0).map(|b| b >> 4) {
                Some(4 | 6) => Next::Ip(payload),
                _ => Next::Data(payload),
            };
        }
        rest = payload;
    }
}
