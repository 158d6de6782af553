//! Protocols that are known by name alone: the packet list says what a frame is, the details have no fields of it.

use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Decoder, Flow, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Value, Visit};
use crate::text::{Line, Push};

/// A protocol of which only the name is known.
const fn named(name: &'static str, column: &'static str, label: &'static str) -> Protocol {
    Protocol {
        field: Field::new(name, label, Kind::Protocol),
        column,
        fields: &[],
        visit,
        addresses: crate::dissect::no_addresses,
        summary,
    }
}

pub(in crate::dissect) static STP: Protocol = named("stp", "STP", "Spanning Tree Protocol");
pub(in crate::dissect) static CDP: Protocol = named("cdp", "CDP", "Cisco Discovery Protocol");
pub(in crate::dissect) static LLDP: Protocol = named("lldp", "LLDP", "Link Layer Discovery Protocol");
pub(in crate::dissect) static EAPOL: Protocol = named("eapol", "EAPOL", "802.1X Authentication");
pub(in crate::dissect) static LOOP: Protocol =
    named("loop", "LOOP", "Configuration Test Protocol (loopback)");
pub(in crate::dissect) static PPPOE_DISCOVERY: Protocol =
    named("pppoed", "PPPoED", "PPP-over-Ethernet Discovery");
pub(in crate::dissect) static PPPOE_SESSION: Protocol =
    named("pppoes", "PPPoES", "PPP-over-Ethernet Session");
pub(in crate::dissect) static DCCP: Protocol = named("dccp", "DCCP", "Datagram Congestion Control Protocol");
pub(in crate::dissect) static RSVP: Protocol = named("rsvp", "RSVP", "Resource ReserVation Protocol (RSVP)");
pub(in crate::dissect) static EIGRP: Protocol =
    named("eigrp", "EIGRP", "Enhanced Interior Gateway Routing Protocol");
pub(in crate::dissect) static OSPF: Protocol = named("ospf", "OSPF", "Open Shortest Path First");
pub(in crate::dissect) static PIM: Protocol = named("pim", "PIM", "Protocol Independent Multicast");
pub(in crate::dissect) static VRRP: Protocol = named("vrrp", "VRRP", "Virtual Router Redundancy Protocol");
pub(in crate::dissect) static SCTP: Protocol = named("sctp", "SCTP", "Stream Control Transmission Protocol");
pub(in crate::dissect) static UDP_LITE: Protocol =
    named("udplite", "UDP-Lite", "Lightweight User Datagram Protocol");
pub(in crate::dissect) static DROPBOX_DISCOVERY: Protocol =
    named("db-lsp-disc", "DB-LSP-DISC/JSON", "Dropbox LAN sync Discovery Protocol");
pub(in crate::dissect) static MPLS: Protocol = named("mpls", "MPLS", "MultiProtocol Label Switching Header");

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, proto: Proto, span: Span) -> Next {
    if span.len() == 0 {
        return d.broken(proto, Span { end: span.end + 1, ..span });
    }
    d.layer(proto, span, span.len());
    Next::Done
}

/// Dropbox's search: JSON, or nobody knows what.
pub(in crate::dissect) fn dropbox(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    if serde_json::from_slice::<serde::de::IgnoredAny>(d.get(span)).is_err() {
        return Next::Data(span);
    }
    if let Some(json) = d.layer(Proto::DropboxDiscovery, span, 0) {
        d.layer(Proto::Json, json, json.len());
    }
    Next::Done
}

/// Passes over a stack of labels (RFC 3032); what follows says by its first bits whether it is IP (RFC 4928).
pub(in crate::dissect) fn mpls(d: &mut Decoder<'_, '_>, span: Span) -> Next {
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

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    if layer.proto == Proto::Mpls && ctx.payload(layer).is_empty() {
        out.text("MPLS Label Switched Packet");
    }
    if layer.proto == Proto::DropboxDiscovery {
        out.text("Dropbox LAN sync Discovery Protocol, JavaScript Object Notation");
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Flow {
    v.field(&layer.proto.get().field, layer.header_at(), Value::Bytes(ctx.layer_bytes(layer)))
}
