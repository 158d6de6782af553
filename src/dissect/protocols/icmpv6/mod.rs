//! Internet Control Message Protocol for IPv6 (`icmpv6`): RFC 4443; neighbour discovery (RFC 4861), multicast listener
//! discovery (RFC 2710, RFC 3810), node information (RFC 4620).

mod details;
mod listener;
mod options;
mod renumbering;

use crate::dissect::protocols::icmp::write_match;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Names, name_of};
use crate::text::{Line, Push};
use options::Options;

mod at {
    //! Offsets in the message (RFC 4443, section 2.1).
    pub(in crate::dissect) const TYPE: usize = 0;
    pub(in crate::dissect) const CODE: usize = 1;
    pub(in crate::dissect) const CHECKSUM: usize = 2;
    pub(in crate::dissect) const BODY: usize = 4;
}
const HEADER: u32 = 8;

const UNREACHABLE: u8 = 1;
const TOO_BIG: u8 = 2;
const TIME_EXCEEDED: u8 = 3;
const PARAMETER: u8 = 4;
const ECHO: u8 = 128;
const ECHO_REPLY: u8 = 129;
const QUERY: u8 = 130;
const REPORT: u8 = 131;
const DONE: u8 = 132;
const ROUTER_SOLICITATION: u8 = 133;
const ROUTER_ADVERTISEMENT: u8 = 134;
const NEIGHBOUR_SOLICITATION: u8 = 135;
const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
const REDIRECT: u8 = 137;
const RENUMBERING: u8 = 138;
const NODE_QUERY: u8 = 139;
const NODE_REPLY: u8 = 140;
const REPORT_V2: u8 = 143;
const RPL: u8 = 155;
const EXTENDED_ECHO: u8 = 160;
const EXTENDED_REPLY: u8 = 161;

const TYPES: Names = &[
    (1, "Destination Unreachable"),
    (2, "Packet Too Big"),
    (3, "Time Exceeded"),
    (4, "Parameter Problem"),
    (100, "Private experimentation"),
    (101, "Private experimentation"),
    (127, "Reserved for expansion of ICMPv6 error messages"),
    (128, "Echo (ping) request"),
    (129, "Echo (ping) reply"),
    (130, "Multicast Listener Query"),
    (131, "Multicast Listener Report"),
    (132, "Multicast Listener Done"),
    (133, "Router Solicitation"),
    (134, "Router Advertisement"),
    (135, "Neighbor Solicitation"),
    (136, "Neighbor Advertisement"),
    (137, "Redirect"),
    (138, "Router Renumbering"),
    (139, "Node Information Query"),
    (140, "Node Information Reply"),
    (141, "Inverse Neighbor Discovery Solicitation"),
    (142, "Inverse Neighbor Discovery Advertisement"),
    (143, "Multicast Listener Report Message v2"),
    (144, "Home Agent Address Discovery Request"),
    (145, "Home Agent Address Discovery Reply"),
    (146, "Mobile Prefix Solicitation"),
    (147, "Mobile Prefix Advertisement"),
    (148, "Certification Path Solicitation"),
    (149, "Certification Path Advertisement"),
    (150, "Experimental Mobility"),
    (151, "Multicast Router Advertisement"),
    (152, "Multicast Router Solicitation"),
    (153, "Multicast Router Termination"),
    (154, "FMIPv6"),
    (155, "RPL Control"),
    (156, "Locator Update"),
    (157, "Duplicate Address Request"),
    (158, "Duplicate Address Confirmation"),
    (159, "MPL Control Message"),
    (160, "Extended Echo request"),
    (161, "Extended Echo reply"),
    (200, "Private experimentation"),
    (201, "Private experimentation"),
    (255, "Reserved for expansion of ICMPv6 informational messages"),
];

/// Names of the codes of a message; `None` for messages that have only one code.
fn codes(kind: u8) -> Option<Names> {
    Some(match kind {
        UNREACHABLE => &[
            (0, "no route to destination"),
            (1, "Administratively prohibited"),
            (2, "Beyond scope of source address"),
            (3, "Address unreachable"),
            (4, "Port unreachable"),
            (5, "Source address failed ingress/egress policy"),
            (6, "Reject route to destination"),
            (7, "Error in Source Routing Header"),
        ],
        TIME_EXCEEDED => &[(0, "hop limit exceeded in transit"), (1, "fragment reassembly time exceeded")],
        PARAMETER => &[
            (0, "erroneous header field encountered"),
            (1, "unrecognized Next Header type encountered"),
            (2, "unrecognized IPv6 option encountered"),
            (3, "IPv6 First Fragment has incomplete IPv6 Header Chain"),
        ],
        RENUMBERING => &[(0, "Command"), (1, "Result"), (255, "Sequence number reset")],
        NODE_QUERY => &[
            (0, "Query subject = IPv6 addresses"),
            (1, "Query subject = DNS name or empty"),
            (2, "Query subject = IPv4 addresses"),
        ],
        NODE_REPLY => &[(0, "Successful"), (1, "Refused"), (2, "Unknown query type")],
        RPL => &[
            (0, "DODAG Information Solicitation"),
            (1, "DODAG Information Object"),
            (2, "Destination Advertisement Object"),
            (3, "Destination Advertisement Object Acknowledgment"),
        ],
        150 | 154 => &[],
        EXTENDED_ECHO => &[(0, "No error")],
        EXTENDED_REPLY => &[
            (0, "No error"),
            (1, "Malformed Query"),
            (2, "No Such Interface"),
            (3, "No Such Table Entry"),
            (4, "Multiple Interfaces Satisfy Query"),
        ],
        _ => return None,
    })
}

/// Appends the name of a code in parentheses, for messages that have several codes.
fn write_code(kind: u8, code: u8, out: &mut Line) {
    let Some(codes) = codes(kind) else { return };
    out.text(" (");
    match name_of(codes, code.into()) {
        Some(name) => out.text(name),
        // The messages differ in what they say about undefined codes.
        None if kind == UNREACHABLE => out.text("Unknown"),
        None => {
            out.text("Unknown (");
            out.num(code);
            out.text(")");
        }
    }
    out.text(")");
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: &ALL,
    visit: details::visit,

    summary,
    nests: true,
    decode,
    ip_protocols: &[58],
    ..Protocol::new("icmpv6", "ICMPv6", "Internet Control Message Protocol v6")
};

const WITH_LISTENER: usize = details::FIELDS.len() + listener::FIELDS.len();
static WITHOUT_OPTIONS: [&Field; WITH_LISTENER] = crate::dissect::join(details::FIELDS, listener::FIELDS);
const WITH_OPTIONS: usize = WITH_LISTENER + options::FIELDS.len();
static WITHOUT_RENUMBERING: [&Field; WITH_OPTIONS] = crate::dissect::join(&WITHOUT_OPTIONS, options::FIELDS);
static ALL: [&Field; WITH_OPTIONS + renumbering::FIELDS.len()] =
    crate::dissect::join(&WITHOUT_RENUMBERING, renumbering::FIELDS);

/// Whether a message quotes the packet that caused it.
fn quotes(kind: u8) -> bool {
    matches!(kind, UNREACHABLE..=PARAMETER)
}

/// The least length of a message of this type in octets, and the offset of its options, if it has any.
fn shape(kind: u8) -> (usize, Option<usize>) {
    match kind {
        UNREACHABLE..=PARAMETER | ECHO | ECHO_REPLY => (8, None),
        QUERY | REPORT | DONE => (24, None),
        ROUTER_SOLICITATION | 141 | 142 => (8, Some(8)),
        ROUTER_ADVERTISEMENT => (16, Some(16)),
        NEIGHBOUR_SOLICITATION | NEIGHBOUR_ADVERTISEMENT => (24, Some(24)),
        REDIRECT => (40, Some(40)),
        NODE_QUERY | NODE_REPLY => (16, None),
        REPORT_V2 | EXTENDED_ECHO | EXTENDED_REPLY => (8, None),
        RENUMBERING => (16, None),
        _ => (4, None),
    }
}

/// Whether a message is there in full, including its options and records.
fn is_whole(bytes: &[u8]) -> bool {
    let Some(kind) = bytes.u8(at::TYPE) else { return false };
    let (least, options) = shape(kind);
    if bytes.len() < least {
        return false;
    }
    match (kind, options) {
        (REPORT_V2, _) => listener::is_whole(bytes),
        (RENUMBERING, _) => renumbering::is_whole(bytes),
        (_, Some(start)) => Options::new(bytes.get(start..).unwrap_or(&[])).is_whole(),
        _ => true,
    }
}

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let Some(kind) = bytes.u8(at::TYPE) else { return d.broken(Proto::Icmpv6, span) };
    if !is_whole(bytes) {
        return d.broken(Proto::Icmpv6, span);
    }
    let has_data = quotes(kind) || matches!(kind, ECHO | ECHO_REPLY);
    let Some(payload) = d.layer(Proto::Icmpv6, span, if has_data { HEADER } else { span.len() }) else {
        return Next::Done;
    };
    match kind {
        _ if quotes(kind) && payload.len() == 0 => {
            d.stop(Proto::Icmpv6, span);
            Next::Done
        }
        _ if quotes(kind) => {
            d.quoted = true;
            Next::IpProto(41, payload)
        }
        REDIRECT => {
            let options = Options::new(bytes.get(40..).unwrap_or(&[]));
            match options.redirected() {
                Some((offset, len)) => {
                    d.quoted = true;
                    let start = span.start + 40 + offset as u32;
                    Next::IpProto(41, Span { start, end: start + len as u32 })
                }
                None => Next::Done,
            }
        }
        ECHO | ECHO_REPLY => Next::Data(payload),
        _ => Next::Done,
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let (Some(kind), Some(code)) = (bytes.u8(at::TYPE), bytes.u8(at::CODE)) else {
        // The type alone is enough for a name.
        if let Some(kind) = bytes.u8(at::TYPE) {
            write_type(kind, out);
        }
        return;
    };
    write_type(kind, out);
    write_code(kind, code, out);
    if !is_whole(bytes) {
        if matches!(kind, NEIGHBOUR_SOLICITATION | NEIGHBOUR_ADVERTISEMENT) {
            write_target(bytes, kind, out);
        }
        return;
    }
    match kind {
        ECHO | ECHO_REPLY => write_echo(ctx, layer, bytes, out),
        NEIGHBOUR_SOLICITATION | NEIGHBOUR_ADVERTISEMENT => {
            write_target(bytes, kind, out);
            write_link_address(bytes, kind, out);
        }
        ROUTER_SOLICITATION | ROUTER_ADVERTISEMENT | REDIRECT => write_link_address(bytes, kind, out),
        _ => {}
    }
}

fn write_type(kind: u8, out: &mut Line) {
    match name_of(TYPES, kind.into()) {
        Some(name) => out.text(name),
        None => {
            out.text("Unknown (");
            out.num(kind);
            out.text(")");
        }
    }
}

fn write_echo(ctx: &Context<'_>, layer: &Layer, bytes: &[u8], out: &mut Line) {
    let (Some(id), Some(seq)) = (bytes.u16(4), bytes.u16(6)) else { return };
    out.text(" id=");
    out.hex(id.into(), 4);
    out.text(", seq=");
    out.num(seq);
    let ip = ctx.layers.around(layer, |p| matches!(p, Proto::Ipv4 | Proto::Ipv6));
    let limit = ip.filter(|ip| ip.proto == Proto::Ipv6).and_then(|ip| ctx.layer_bytes(ip).u8(7));
    if let Some(limit) = limit {
        out.text(", hop limit=");
        out.num(limit);
    }
    write_match(ctx, layer, out);
}

/// Appends the address that is asked for or announced, with the flags of an advertisement.
fn write_target(bytes: &[u8], kind: u8, out: &mut Line) {
    let (Some(flags), Some(target)) = (bytes.u8(at::BODY), bytes.ipv6(8)) else { return };
    if kind == NEIGHBOUR_SOLICITATION {
        out.text(" for ");
        out.ipv6(target);
        return;
    }
    out.text(" ");
    out.ipv6(target);
    out.text(" (");
    let mut first = true;
    for (bit, name) in [(0x80, "rtr"), (0x40, "sol"), (0x20, "ovr")] {
        if flags & bit != 0 {
            out.text(if first { "" } else { ", " });
            out.text(name);
            first = false;
        }
    }
    out.text(if first { "none)" } else { ")" });
}

/// Appends the link-layer address from the options.
fn write_link_address(bytes: &[u8], kind: u8, out: &mut Line) {
    let start = shape(kind).1.unwrap_or(bytes.len());
    for (_, option, data) in Options::new(bytes.get(start..).unwrap_or(&[])) {
        let Some(mac) = data.mac(0).filter(|_| data.len() == 6) else { continue };
        match option {
            options::SOURCE => out.text(" from "),
            options::TARGET => out.text(" is at "),
            _ => continue,
        }
        out.mac(mac);
    }
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{cut, summary};
    use crate::frame::LinkType;

    #[test]
    fn neighbours_are_asked_for_and_answer() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000186dd6000000000203afffe80000000000000020000fffe000001ff0200000000000000000001ff00000287004a5f0000000020010db80000000000000000000000020101020000000001"
            ),
            (
                "eth:ethertype:ipv6:icmpv6".into(),
                "Neighbor Solicitation for 2001:db8::2 from 02:00:00:00:00:01".into()
            )
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000186dd6000000000203aff20010db800000000000000000000000220010db800000000000000000000000188000a71e000000020010db80000000000000000000000020201020000000002"
            ),
            (
                "eth:ethertype:ipv6:icmpv6".into(),
                "Neighbor Advertisement 2001:db8::2 (rtr, sol, ovr) is at 02:00:00:00:00:02".into()
            )
        );
    }

    #[test]
    fn a_redirect_quotes_in_an_option() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000186dd6000000000683aff20010db800000000000000000000000220010db80000000000000000000000018900395700000000fe80000000000000000000000000000920010db80000000000000000000000770201020000000002040700000000000060000000000b114020010db800000000000000000000000120010db800000000000000000000007700050006000bdf80"
            ),
            ("eth:ethertype:ipv6:icmpv6:ipv6:udp".into(), "Redirect is at 02:00:00:00:00:02".into())
        );
    }

    #[test]
    fn a_list_that_ends_early_is_damage() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000186dd6000000000183afffe80000000000000020000fffe000001ff020000000000000000000000000001860073120008070800000000000000000105000000000000"
            ),
            ("eth:ethertype:ipv6:icmpv6".into(), "Router Advertisement Malformed".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000186dd6000000000303a01fe80000000000000020000fffe000001ff0200000000000000000000000000168f007a600000000106040001ff05000000000000000000000000000720010db800000000000000000000000761626364"
            ),
            ("eth:ethertype:ipv6:icmpv6".into(), "Multicast Listener Report Message v2 Malformed".into())
        );
        assert_eq!(
            cut(
                LinkType::ETHERNET,
                "02000000000202000000000186dd60000000000c3a4020010db800000000000000000000000120010db800000000000000000000000280005f7b0001000161626364",
                58
            ),
            ("eth:ethertype:ipv6:icmpv6".into(), "Echo (ping) request Cut".into())
        );
    }
}
