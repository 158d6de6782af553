//! IPv6 extension headers (`ipv6.hopopts`, `ipv6.routing`, `ipv6.fraghdr`, `ipv6.dstopts`): RFC 8200, section 4.

use crate::dissect::protocols::ipv4::fragments;
use crate::dissect::protocols::ipv4::numbers::PROTOS;
use crate::dissect::protocols::ipv6;
use crate::dissect::reading::layer::{show, show_as};
use crate::dissect::reading::options::Options;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Decoder, Fragment, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Names, Value, Visit, name_of};
use crate::text::Line;
use std::net::Ipv6Addr;

const PAD1: u8 = 0;
const PADN: u8 = 1;
const ROUTER_ALERT: u8 = 5;
const JUMBO: u8 = 0xc2;
const HOME_ADDRESS: u8 = 0xc9;

const OPTIONS: Names = &[
    (0x00, "Pad1"),
    (0x01, "PadN"),
    (0x04, "Tunnel Encapsulation Limit"),
    (0x05, "Router Alert"),
    (0x07, "CALIPSO"),
    (0x08, "SMF_DPD"),
    (0x0f, "Performance and Diagnostic Metrics"),
    (0x1e, "Experimental (0x1E)"),
    (0x26, "Quick-Start"),
    (0x30, "Path MTU Option"),
    (0x31, "IOAM Option"),
    (0x3e, "Experimental (0x3E)"),
    (0x5e, "Experimental (0x5E)"),
    (0x63, "RPL Option"),
    (0x6d, "MPL Option"),
    (0x7e, "Experimental (0x7E)"),
    (0x8a, "Endpoint Identification"),
    (0x8b, "ILNP Nonce"),
    (0x8c, "Line-Identification Option"),
    (0x9e, "Experimental (0x9E)"),
    (0xbe, "Experimental (0xBE)"),
    (0xc2, "Jumbo Payload"),
    (0xc9, "Home Address"),
    (0xde, "Experimental (0xDE)"),
    (0xee, "IP_DFF"),
    (0xfe, "Experimental (0xFE)"),
];
const ACTIONS: Names = &[
    (0, "Skip and continue"),
    (1, "Discard"),
    (2, "Discard and send ICMP Parameter Problem"),
    (3, "Discard and send ICMP if not multicast"),
];
const ALERTS: Names = &[(0, "MLD"), (1, "RSVP"), (2, "Active Network")];
const ROUTINGS: Names = &[
    (0, "Source Route"),
    (1, "Nimrod"),
    (2, "Type 2 Routing"),
    (3, "RPL Source Route"),
    (4, "Segment Routing"),
    (5, "Compact Routing Header 16"),
    (6, "Compact Routing Header 32"),
    (253, "Experiment 1"),
    (254, "Experiment 2"),
];
const NO_YES: Names = &[(0, "No"), (1, "Yes")];

/// The fields of options, which belong to `ipv6`. Hop-by-hop and destination options share them.
pub(in crate::dissect) mod option {
    use super::{ACTIONS, ALERTS, NO_YES, OPTIONS};
    use crate::field::{Field, Kind};

    crate::fields! {
        OPT = Field::new("ipv6.opt", "IPv6 Option", Kind::Label);
        TYPE = Field::new("ipv6.opt.type", "Type", Kind::Uint(8)).hex().names(OPTIONS);
        ACTION = Field::new("ipv6.opt.type.action", "Action", Kind::Uint(8)).mask(0xc0).names(ACTIONS);
        CHANGE = Field::new("ipv6.opt.type.change", "May Change", Kind::Bool).mask(0x20).names(NO_YES);
        REST = Field::new("ipv6.opt.type.rest", "Low-Order Bits", Kind::Uint(8)).hex().mask(0x1f);
        LENGTH = Field::new("ipv6.opt.length", "Length", Kind::Uint(8));
        PAD1 = Field::new("ipv6.opt.pad1", "Pad1", Kind::Label);
        PADN = Field::new("ipv6.opt.padn", "PadN", Kind::Bytes).or_none();
        ALERT = Field::new("ipv6.opt.router_alert", "Router Alert", Kind::Uint(16)).names(ALERTS);
        JUMBO = Field::new("ipv6.opt.jumbo", "Payload Length", Kind::Uint(32));
        HOME = Field::new("ipv6.opt.mipv6.home_address", "MIPv6 Home Address", Kind::Ipv6);
        EXPERIMENTAL = Field::new("ipv6.opt.experimental", "Experimental Option", Kind::Bytes);
        UNKNOWN = Field::new("ipv6.opt.unknown", "Unknown Option Payload", Kind::Bytes);
    }
}

mod hop_by_hop {
    use super::PROTOS;
    use crate::field::{Field, Kind};

    crate::fields! {
        NXT = Field::new("ipv6.hopopts.nxt", "Next Header", Kind::Uint(8)).names(PROTOS);
        LEN = Field::new("ipv6.hopopts.len", "Length", Kind::Uint(8));
        LEN_OCT = Field::new("ipv6.hopopts.len_oct", "Length", Kind::Uint(16)).generated();
    }
}

mod destination {
    use super::PROTOS;
    use crate::field::{Field, Kind};

    crate::fields! {
        NXT = Field::new("ipv6.dstopts.nxt", "Next Header", Kind::Uint(8)).names(PROTOS);
        LEN = Field::new("ipv6.dstopts.len", "Length", Kind::Uint(8));
        LEN_OCT = Field::new("ipv6.dstopts.len_oct", "Length", Kind::Uint(16)).generated();
    }
}

mod route {
    use super::{PROTOS, ROUTINGS};
    use crate::field::{Field, Kind};

    crate::fields! {
        NXT = Field::new("ipv6.routing.nxt", "Next Header", Kind::Uint(8)).names(PROTOS);
        LEN = Field::new("ipv6.routing.len", "Length", Kind::Uint(8));
        LEN_OCT = Field::new("ipv6.routing.len_oct", "Length", Kind::Uint(16)).generated();
        TYPE = Field::new("ipv6.routing.type", "Type", Kind::Uint(8)).names(ROUTINGS);
        SEGLEFT = Field::new("ipv6.routing.segleft", "Segments Left", Kind::Uint(8));
        SRC_RESERVED = Field::new("ipv6.routing.src.reserved", "Reserved", Kind::Bytes);
        SRC_ADDR = Field::new("ipv6.routing.src.addr", "Address", Kind::Ipv6);
        HOME_RESERVED = Field::new("ipv6.routing.mipv6.reserved", "Reserved", Kind::Bytes);
        HOME = Field::new("ipv6.routing.mipv6.home_address", "Home Address", Kind::Ipv6);
        LAST_ENTRY = Field::new("ipv6.routing.srh.last_entry", "Last Entry", Kind::Uint(8));
        FLAGS = Field::new("ipv6.routing.srh.flags", "Flags", Kind::Uint(8)).hex();
        TAG = Field::new("ipv6.routing.srh.tag", "Tag", Kind::Bytes);
        SEGMENT = Field::new("ipv6.routing.srh.addr", "Address", Kind::Ipv6);
        UNKNOWN = Field::new("ipv6.routing.unknown_data", "Type-Specific Data", Kind::Bytes);
        DEPRECATED = Field::new("ipv6.routing.deprecated", "Routing header type is deprecated", Kind::Label);
        BAD_SEGLEFT = Field::new(
            "ipv6.routing.invalid_segleft",
            "IPv6 Type 2 Routing Header segments left field must equal 1",
            Kind::Label,
        );
        UNDECODED = Field::new("ipv6.routing.undecoded", "Undecoded IPv6 routing header field", Kind::Label);
    }
}

mod piece {
    use super::{NO_YES, PROTOS};
    use crate::dissect::FALSE_TRUE;
    use crate::field::{Field, Kind};

    crate::fields! {
        NXT = Field::new("ipv6.fraghdr.nxt", "Next header", Kind::Uint(8)).names(PROTOS);
        RESERVED_OCTET = Field::new("ipv6.fraghdr.reserved_octet", "Reserved octet", Kind::Uint(8)).hex();
        OFFSET = Field::new("ipv6.fraghdr.offset", "Offset", Kind::Uint(16)).mask(0xfff8);
        RESERVED_BITS = Field::new("ipv6.fraghdr.reserved_bits", "Reserved bits", Kind::Uint(16)).mask(0x0006);
        MORE = Field::new("ipv6.fraghdr.more", "More Fragments", Kind::Bool).mask(0x0001).width(16).names(NO_YES);
        IDENT = Field::new("ipv6.fraghdr.ident", "Identification", Kind::Uint(32)).hex();
        FRAGMENTS = Field::new("ipv6.fragments", "IPv6 Fragments", Kind::Label);
        FRAGMENT = Field::new("ipv6.fragment", "IPv6 Fragment", Kind::FrameNo);
        OVERLAP = Field::new("ipv6.fragment.overlap", "Fragment overlap", Kind::Bool).names(FALSE_TRUE).generated();
        CONFLICT = Field::new("ipv6.fragment.overlap.conflict", "Conflicting data in fragment overlap", Kind::Bool).names(FALSE_TRUE).generated();
        ERROR = Field::new("ipv6.fragment.error", "Defragmentation error", Kind::FrameNo);
        FRAGMENT_COUNT = Field::new("ipv6.fragment.count", "Fragment count", Kind::Uint(32)).generated();
        REASSEMBLED_IN = Field::new("ipv6.reassembled.in", "Reassembled IPv6 in frame", Kind::FrameNo).generated();
        REASSEMBLED_LEN = Field::new("ipv6.reassembled.length", "Reassembled IPv6 length", Kind::Uint(32)).generated();
        REASSEMBLED_DATA = Field::new("ipv6.reassembled.data", "Reassembled IPv6 data", Kind::Bytes).generated();
    }
}

/// The row of an extension header. Its Info column is that of the whole chain; the details show it under the IPv6
/// header.
const fn header(name: &'static str, label: &'static str) -> Protocol {
    Protocol { summary, depth: |_, _| 1, ..Protocol::new(name, "IPv6", label) }
}

pub(in crate::dissect) static HOP_BY_HOP: Protocol = Protocol {
    fields: hop_by_hop::FIELDS,
    visit: visit_options,
    language: Some(Proto::Ipv6),
    decode: |d, span| chained(d, Proto::HopByHop, span),
    ip_protocols: &[0],
    ..header("ipv6.hopopts", "IPv6 Hop-by-Hop Option")
};
pub(in crate::dissect) static DESTINATION: Protocol = Protocol {
    fields: destination::FIELDS,
    visit: visit_options,
    language: Some(Proto::Ipv6),
    decode: |d, span| chained(d, Proto::DestinationOptions, span),
    ip_protocols: &[60],
    ..header("ipv6.dstopts", "Destination Options for IPv6")
};
pub(in crate::dissect) static ROUTING: Protocol = Protocol {
    fields: route::FIELDS,
    visit: visit_routing,
    decode: |d, span| chained(d, Proto::Routing, span),
    ip_protocols: &[43],
    ..header("ipv6.routing", "Routing Header for IPv6")
};
pub(in crate::dissect) static FRAGMENT: Protocol = Protocol {
    fields: piece::FIELDS,
    visit: visit_fragment,
    source_name: Some(|_, _, _| "Reassembled IPv6"),
    decode: fragment,
    ip_protocols: &[44],
    ..header("ipv6.fraghdr", "Fragment Header for IPv6")
};

/// Length of a header in octets; its length field counts units of eight octets after the first.
fn len_of(bytes: &[u8]) -> Option<usize> {
    Some((usize::from(bytes.u8(1)?) + 1) * 8)
}

fn chained(d: &mut Decoder<'_, '_>, proto: Proto, span: Span) -> Next {
    let bytes = d.get(span);
    match (bytes.u8(0), len_of(bytes)) {
        (Some(next), Some(len)) if len <= bytes.len() => match d.layer(proto, span, len as u32) {
            Some(payload) => ipv6::next(next, payload),
            None => Next::Done,
        },
        _ => d.broken(proto, span),
    }
}

/// Decodes a fragment header. Decoding ends here, unless the fragment is a whole datagram (RFC 6946).
fn fragment(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let (Some(next), Some(offset), Some(id)) = (bytes.u8(0), bytes.u16(2), bytes.u32(4)) else {
        return d.broken(Proto::FragmentHeader, span);
    };
    let ip = d.layers.all().iter().rposition(|l| l.proto == Proto::Ipv6).unwrap_or(0);
    let Some(payload) = d.layer(Proto::FragmentHeader, span, 8) else { return Next::Done };
    let more = offset & 1 == 1;
    let offset = u32::from(offset & 0xfff8);
    if offset == 0 && !more {
        return ipv6::next(next, payload);
    }
    if !d.quoted {
        // A length beyond the frame: the fragment is not there in full.
        let begin = d.layers.all().get(ip).map_or(0, |l| l.start);
        let len = d.bytes.get(begin as usize..).and_then(|b| b.u16(ipv6::at::PLEN)).map_or(0, u32::from);
        let (start, end) = (payload.start, payload.end.max(begin + ipv6::HEADER + len));
        d.layers.fragment = Some(Fragment { layer: ip as u8, next, id, offset, more, start, end });
    }
    Next::Data(payload)
}

fn options_of(bytes: &[u8]) -> Options<'_> {
    let len = len_of(bytes).unwrap_or(0).min(bytes.len());
    Options::ipv6(bytes.get(..len).unwrap_or(&[]), 2)
}

/// The payload length of a jumbogram (RFC 2675), given the bytes of its hop-by-hop header.
pub(in crate::dissect) fn jumbo_len(bytes: &[u8]) -> Option<u32> {
    options_of(bytes).find(|(_, kind, data)| *kind == JUMBO && data.len() == 4)?.2.u32(0)
}

/// The home address of a mobile node (RFC 6275), given the bytes of a destination options header.
pub(in crate::dissect) fn home_address(bytes: &[u8]) -> Option<Ipv6Addr> {
    options_of(bytes).find(|(_, kind, data)| *kind == HOME_ADDRESS && data.len() == 16)?.2.ipv6(0)
}

/// The final destination of a packet with this routing header; `None` once the packet has reached it.
pub(in crate::dissect) fn final_destination(bytes: &[u8]) -> Option<Ipv6Addr> {
    let (kind, left) = (bytes.u8(2)?, bytes.u8(3)?);
    let last = len_of(bytes)?.checked_sub(16)?;
    match kind {
        _ if left == 0 => None,
        0 | 2 => bytes.ipv6(last),
        3 if bytes.u8(4)? == 0 => bytes.ipv6(last.checked_sub(usize::from(bytes.u8(5)? >> 4))?),
        // Segments are listed from last to first (RFC 8754).
        4 => bytes.ipv6(8),
        _ => None,
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    match ctx.layers.around(layer, |p| p == Proto::Ipv6) {
        Some(ip) => ipv6::chain(ctx, ip, out),
        None => ipv6::chain(ctx, layer, out),
    }
}

fn heading(w: &mut Walk<'_, '_>, fields: [&'static Field; 3]) -> Step {
    let [next, len, octets] = fields;
    w.uint(next, 0, 1)?;
    w.uint(len, 1, 1)?;
    if let Some(n) = len_of(w.bytes) {
        w.line(octets, 1, 1, Value::Uint(n as u64), format_args!("[Length: {n} bytes]"))?;
    }
    Ok(())
}

fn visit_options(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let fields = match layer.proto {
        Proto::HopByHop => [&hop_by_hop::NXT, &hop_by_hop::LEN, &hop_by_hop::LEN_OCT],
        _ => [&destination::NXT, &destination::LEN, &destination::LEN_OCT],
    };
    show(ctx, layer, v, |w| {
        heading(w, fields)?;
        for (at, kind, data) in options_of(w.bytes) {
            visit_option(w, at, kind, data)?;
        }
        Ok(())
    })
}

fn visit_option(w: &mut Walk<'_, '_>, at: usize, kind: u8, data: &[u8]) -> Step {
    let whole = if kind == PAD1 { 1 } else { data.len() + 2 };
    let name = name_of(OPTIONS, kind.into()).unwrap_or("Unknown IPv6 Option");
    w.line(&option::OPT, at, whole, Value::None, format_args!("{name}"))?;
    w.open();
    w.uint(&option::TYPE, at, 1)?;
    if kind == PAD1 {
        w.value(&option::PAD1, at, whole, Value::None)?;
        w.close();
        return Ok(());
    }
    w.bits(&[&option::ACTION, &option::CHANGE, &option::REST], at, 1)?;
    w.uint(&option::LENGTH, at + 1, 1)?;
    let value = at + 2;
    match (kind, data.len()) {
        (PADN, 0) => w.value(&option::PADN, value, 0, Value::Bytes(&[]))?,
        (PADN, len) => w.up_to(&option::PADN, value, len)?,
        (ROUTER_ALERT, 2) => w.uint(&option::ALERT, value, 2)?,
        (JUMBO, 4) => w.uint(&option::JUMBO, value, 4)?,
        (HOME_ADDRESS, 16) => w.ipv6(&option::HOME, value)?,
        (0x1e | 0x3e | 0x5e | 0x7e | 0x9e | 0xbe | 0xde | 0xfe, len) => {
            w.up_to(&option::EXPERIMENTAL, value, len)?;
        }
        (_, len) => w.up_to(&option::UNKNOWN, value, len)?,
    }
    w.close();
    Ok(())
}

fn visit_routing(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let kind = bytes.u8(2).unwrap_or(255);
    let known = name_of(ROUTINGS, kind.into());
    let name = known.map_or_else(|| format!("Unknown type {kind}"), String::from);
    let text = format_args!("Routing Header for IPv6 ({name})");
    let note = |w: &mut Walk<'_, '_>, field: &'static Field, at, severity, group| {
        w.remark(field, at, 0, severity, group, field.label)
    };
    show_as(ctx, layer, text, v, |w| {
        let end = len_of(bytes).unwrap_or(0);
        w.within(end, |w| {
            heading(w, [&route::NXT, &route::LEN, &route::LEN_OCT])?;
            w.uint(&route::TYPE, 2, 1)?;
            if kind == 0 {
                // RFC 5095.
                note(w, &route::DEPRECATED, 2, Severity::Note, Group::Deprecated)?;
            }
            w.uint(&route::SEGLEFT, 3, 1)?;
            if kind == 2 && bytes.u8(3) != Some(1) {
                note(w, &route::BAD_SEGLEFT, 3, Severity::Warning, Group::Protocol)?;
            }
            match kind {
                0 => {
                    w.up_to(&route::SRC_RESERVED, 4, 4)?;
                    addresses(w, &route::SRC_ADDR, 1)?;
                }
                2 => {
                    w.up_to(&route::HOME_RESERVED, 4, 4)?;
                    addresses(w, &route::HOME, 1)?;
                }
                4 => {
                    w.uint(&route::LAST_ENTRY, 4, 1)?;
                    w.uint(&route::FLAGS, 5, 1)?;
                    w.up_to(&route::TAG, 6, 2)?;
                    addresses(w, &route::SEGMENT, 0)?;
                }
                _ => {
                    w.up_to(&route::UNKNOWN, 4, end)?;
                    if known.is_none() || kind == 1 {
                        note(w, &route::UNDECODED, 4, Severity::Note, Group::Undecoded)?;
                    }
                }
            }
            Ok(())
        })
    })
}

/// Visits the addresses from offset 8 on, numbered from `first`.
fn addresses(w: &mut Walk<'_, '_>, field: &'static Field, first: usize) -> Step {
    for i in 0..w.bytes.len().saturating_sub(8) / 16 {
        let at = 8 + i * 16;
        if let Some(ip) = w.bytes.ipv6(at) {
            let n = first + i;
            w.line(field, at, 16, Value::Ipv6(ip), format_args!("Address[{n}]: {ip}"))?;
        }
    }
    Ok(())
}

static PIECES: fragments::Names = fragments::Names {
    ip: "IPv6",
    all: &piece::FRAGMENTS,
    one: &piece::FRAGMENT,
    error: &piece::ERROR,
    elsewhere: &piece::REASSEMBLED_IN,
    overlap: [&piece::OVERLAP, &piece::CONFLICT],
    count: &piece::FRAGMENT_COUNT,
    len: &piece::REASSEMBLED_LEN,
    data: &piece::REASSEMBLED_DATA,
};

fn visit_fragment(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show(ctx, layer, v, |w| {
        w.uint(&piece::NXT, 0, 1)?;
        w.uint(&piece::RESERVED_OCTET, 1, 1)?;
        let word = w.u16(2)?;
        let (units, octets) = (word >> 3, word & 0xfff8);
        let (h, m, l, b) = (units >> 9, units >> 5 & 15, units >> 1 & 15, units & 1);
        let text = format_args!("{h:04b} {m:04b} {l:04b} {b}... = Offset: {units} ({octets} bytes)");
        w.uint_line(&piece::OFFSET, 2, 2, text)?;
        w.uint(&piece::RESERVED_BITS, 2, 2)?;
        w.uint(&piece::MORE, 2, 2)?;
        w.uint(&piece::IDENT, 4, 4)
    })?;
    fragments::visit(ctx, layer, &PIECES, v)
}
