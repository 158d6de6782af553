//! Protocols that labkit knows by name only: the packet list names them, and the details have no fields for them.

use crate::dissect::{Decoder, Next, Proto, Protocol, Span};

/// Octets of the two ports in a transport header. A shorter header names no ports, so that the layer around it speaks
/// for the packet.
const PORTS: usize = 4;

/// Declares a row whose layer takes all bytes.
macro_rules! named {
    ($row:ident, $proto:ident, $name:literal, $column:literal, $label:literal $(, $key:ident: $value:expr)*) => {
        pub(in crate::dissect) static $row: Protocol = Protocol {
            decode: |d, span| decode(d, Proto::$proto, span),
            $($key: $value,)*
            ..Protocol::new($name, $column, $label)
        };
    };
}

named!(PPPOE_DISCOVERY, PppoeDiscovery, "pppoed", "PPPoED", "PPP-over-Ethernet Discovery", ether_types: &[0x8863]);
named!(
    DCCP, Dccp, "dccp", "DCCP", "Datagram Congestion Control Protocol",
    ip_protocols: &[33], silent: |ctx, layer| ctx.layer_bytes(layer).len() < PORTS
);
named!(RSVP, Rsvp, "rsvp", "RSVP", "Resource ReserVation Protocol (RSVP)", ip_protocols: &[46]);
named!(EIGRP, Eigrp, "eigrp", "EIGRP", "Enhanced Interior Gateway Routing Protocol", ip_protocols: &[88]);
named!(PIM, Pim, "pim", "PIM", "Protocol Independent Multicast", ip_protocols: &[103]);
named!(VRRP, Vrrp, "vrrp", "VRRP", "Virtual Router Redundancy Protocol", ip_protocols: &[112]);
named!(
    SCTP, Sctp, "sctp", "SCTP", "Stream Control Transmission Protocol",
    ip_protocols: &[132], silent: |ctx, layer| ctx.layer_bytes(layer).len() < PORTS
);
named!(
    UDP_LITE, UdpLite, "udplite", "UDP-Lite", "Lightweight User Datagram Protocol",
    ip_protocols: &[136], silent: |ctx, layer| ctx.layer_bytes(layer).len() < PORTS
);

fn decode(d: &mut Decoder<'_, '_>, proto: Proto, span: Span) -> Next {
    if span.len() == 0 {
        return d.broken(proto, Span { end: span.end + 1, ..span });
    }
    d.layer(proto, span, span.len());
    Next::Done
}
