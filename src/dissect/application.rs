//! Which application protocol a UDP payload is: by its ports, the lower one first; where they say nothing, by content.

use super::{Decoder, Next, Proto, Span};
use crate::dissect::protocols::{dhcp, dns, named, nbns, ntp, quic, ssdp};

/// The decoder of a payload, as far as a port tells.
fn by_port(port: u16) -> Option<Proto> {
    Some(match port {
        53 => Proto::Dns,
        67 | 68 | 4011 => Proto::Dhcp,
        123 => Proto::Ntp,
        137 => Proto::Nbns,
        1900 => Proto::Ssdp,
        5353 => Proto::Mdns,
        5355 => Proto::Llmnr,
        17500 => Proto::DropboxDiscovery,
        _ => return None,
    })
}

/// Decodes the payload of a UDP datagram between two ports.
pub(super) fn udp(d: &mut Decoder<'_, '_>, from: u16, to: u16, span: Span) -> Next {
    let bytes = d.get(span);
    if span.len() == 0 {
        return Next::Done;
    }
    let by_port = by_port(from.min(to)).or_else(|| by_port(from.max(to)));
    match by_port {
        Some(proto @ (Proto::Dns | Proto::Mdns | Proto::Llmnr)) => dns::decode(d, proto, span),
        Some(Proto::Dhcp) => dhcp::decode(d, span),
        Some(Proto::Ntp) => ntp::decode(d, span),
        Some(Proto::Nbns) => nbns::decode(d, span),
        Some(Proto::Ssdp) => ssdp::decode(d, span),
        Some(Proto::DropboxDiscovery) => named::dropbox(d, span),
        _ if quic::looks_like(bytes) || (from == 443 || to == 443) && quic::may_be(bytes) => {
            quic::decode(d, span)
        }
        _ if dns::looks_like(bytes) => dns::decode(d, Proto::Dns, span),
        _ => Next::Data(span),
    }
}
