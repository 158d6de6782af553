//! Internet Protocol, version 6 (`ipv6`): RFC 8200, RFC 2474, RFC 6437.

mod extension;

pub(super) use extension::{DESTINATION, FRAGMENT, HOP_BY_HOP, ROUTING};

use super::ipv4::{DSCP_LONG, DSCP_SHORT, ECN_LONG, ECN_SHORT};
use crate::dissect::protocol::Readers;
use crate::dissect::protocols::ipv4::numbers::{self, PROTOS};
use crate::dissect::reading::checksum;
use crate::dissect::reading::layer::{show, show_as};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Address, Context, Decoder, Fragment, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Value, Visit, name_of};
use crate::text::{Line, Push, written};
use etherparse::Ipv6HeaderSlice;
use extension::option;
use std::net::{Ipv4Addr, Ipv6Addr};

mod at {
    //! Offsets in the header (RFC 8200, section 3).
    pub(in crate::dissect) const PLEN: usize = 4;
    pub(in crate::dissect) const NXT: usize = 6;
    pub(in crate::dissect) const HLIM: usize = 7;
    pub(in crate::dissect) const SRC: usize = 8;
    pub(in crate::dissect) const DST: usize = 24;
}
const HEADER: u32 = 40;
const HOP_BY_HOP_NUMBER: u8 = 0;
const TCP: u8 = 6;
const NO_NEXT: u8 = 59;

crate::fields! {
    VERSION = Field::new("ipv6.version", "Version", Kind::Uint(8)).mask(0xf0);
    TCLASS = Field::new("ipv6.tclass", "Traffic Class", Kind::Uint(32)).hex().mask(0x0ff0_0000);
    TCLASS_DSCP =
        Field::new("ipv6.tclass.dscp", "Differentiated Services Codepoint", Kind::Uint(32)).mask(0x0fc0_0000).names(DSCP_LONG);
    TCLASS_ECN =
        Field::new("ipv6.tclass.ecn", "Explicit Congestion Notification", Kind::Uint(32)).mask(0x0030_0000).names(ECN_LONG);
    FLOW = Field::new("ipv6.flow", "Flow Label", Kind::Uint(24)).hex().mask(0x0f_ffff);
    PLEN = Field::new("ipv6.plen", "Payload Length", Kind::Uint(16));
    PLEN_EXCEEDS =
        Field::new("ipv6.plen_exceeds_framing", "IPv6 payload length does not match expected framing length", Kind::Label);
    NXT = Field::new("ipv6.nxt", "Next Header", Kind::Uint(8)).names(PROTOS);
    HLIM = Field::new("ipv6.hlim", "Hop Limit", Kind::Uint(8));
    SRC = Field::new("ipv6.src", "Source Address", Kind::Ipv6);
    SRC_HOST = Field::new("ipv6.src_host", "Source Host", Kind::Text).hidden();
    DST = Field::new("ipv6.dst", "Destination Address", Kind::Ipv6);
    DST_HOST = Field::new("ipv6.dst_host", "Destination Host", Kind::Text).hidden();
    ADDR = Field::new("ipv6.addr", "Source or Destination Address", Kind::Ipv6).hidden();
    HOST = Field::new("ipv6.host", "Source or Destination Host", Kind::Text).hidden();
    SRC_SLAAC_MAC = Field::new("ipv6.src_slaac_mac", "Source SLAAC MAC", Kind::Mac).generated();
    DST_SLAAC_MAC = Field::new("ipv6.dst_slaac_mac", "Destination SLAAC MAC", Kind::Mac).generated();
    SLAAC_MAC = Field::new("ipv6.slaac_mac", "SLAAC MAC", Kind::Mac).hidden();
    SRC_6TO4 = Field::new("ipv6.src_6to4_gw_ipv4", "Source 6to4 Gateway IPv4", Kind::Ipv4).generated();
    SRC_6TO4_SLA = Field::new("ipv6.src_6to4_sla_id", "Source 6to4 SLA ID", Kind::Uint(16)).generated();
    DST_6TO4 = Field::new("ipv6.dst_6to4_gw_ipv4", "Destination 6to4 Gateway IPv4", Kind::Ipv4).generated();
    DST_6TO4_SLA = Field::new("ipv6.dst_6to4_sla_id", "Destination 6to4 SLA ID", Kind::Uint(16)).generated();
    GATEWAY_6TO4 = Field::new("ipv6.6to4_gw_ipv4", "6to4 Gateway IPv4", Kind::Ipv4).hidden();
    SLA_6TO4 = Field::new("ipv6.6to4_sla_id", "6to4 SLA ID", Kind::Uint(16)).hidden();
}

/// The fields of the header and of the options, which have the same prefix.
static OWN: [&Field; FIELDS.len() + option::FIELDS.len()] = crate::dissect::join(FIELDS, option::FIELDS);

/// The same fields and the version, which is one field for both versions of IP.
static ALL: [&Field; OWN.len() + 1] = crate::dissect::join(&OWN, &[&super::ipv4::VERSION]);

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: &ALL,
    visit,
    addresses,
    summary: chain,
    source_name: Some(|_, _, _| "Reassembled IPv6"),
    in_frame: DIRECT,
    decode,
    link_types: &[229],
    ether_types: &[0x86dd],
    ip_protocols: &[41],
    ..Protocol::new("ipv6", "IPv6", "Internet Protocol Version 6")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let Ok(header) = Ipv6HeaderSlice::from_slice(d.get(span)) else {
        return d.broken(Proto::Ipv6, span);
    };
    let next_header = header.next_header().0;
    let rest = span.skip(HEADER);
    let len = match (u32::from(header.payload_length()), next_header) {
        // Segmentation offload leaves the length at 0, as in IPv4.
        (0, TCP) => rest.len(),
        (0, HOP_BY_HOP_NUMBER) => extension::jumbo_len(d.get(rest)).unwrap_or(0),
        (len, _) => len,
    };
    let span = Span { start: span.start, end: rest.start + len.min(rest.len()) };
    match d.layer(Proto::Ipv6, span, HEADER) {
        Some(payload) => next(next_header, payload),
        None => Next::Done,
    }
}

/// How to go on with the payload after a next-header field.
pub(in crate::dissect) fn next(number: u8, payload: Span) -> Next {
    if number == NO_NEXT { Next::Data(payload) } else { Next::IpProto(number, payload) }
}

/// The extension headers that follow `ip`.
fn extensions<'a>(ctx: &Context<'a>, ip: &Layer) -> impl Iterator<Item = &'a Layer> {
    let all = ctx.layers.all();
    let after = all.iter().position(|l| l == ip).map_or(all.len(), |i| i + 1);
    all.get(after..).unwrap_or(&[]).iter().take_while(|l| {
        matches!(
            l.proto,
            Proto::HopByHop | Proto::Routing | Proto::FragmentHeader | Proto::DestinationOptions | Proto::Ah
        )
    })
}

/// The addresses of the columns: those of the header, or the home address and the final destination.
fn addresses(ctx: &Context<'_>, layer: &Layer) -> (Address, Address) {
    let bytes = ctx.layer_bytes(layer);
    let (mut src, mut dst) = (bytes.ipv6(at::SRC), bytes.ipv6(at::DST));
    for header in extensions(ctx, layer).filter(|l| l.payload < l.end || l.payload > l.start) {
        let bytes = ctx.layer_bytes(header);
        match header.proto {
            Proto::Routing => dst = extension::final_destination(bytes).or(dst),
            Proto::DestinationOptions => src = extension::home_address(bytes).or(src),
            _ => {}
        }
    }
    let address = |ip: Option<Ipv6Addr>| ip.map_or(Address::None, Address::Ipv6);
    (address(src), address(dst))
}

/// What the pseudo header of the IPv6 layer around `layer` adds to a checksum; 0 without one. Behind a routing header
/// its destination is the final one (RFC 8200, section 8.1).
pub(in crate::dissect) fn pseudo_header(ctx: &Context<'_>, layer: &Layer, next: u8) -> u32 {
    let Some(ip) = ctx.layers.around(layer, |p| p == Proto::Ipv6) else { return 0 };
    let header = ctx.layer_bytes(ip);
    let routing = extensions(ctx, ip).find(|l| l.proto == Proto::Routing);
    let end = routing.and_then(|l| extension::final_destination(ctx.layer_bytes(l))).map(|ip| ip.octets());
    let destination = match &end {
        Some(octets) => octets,
        None => header.get(at::DST..at::DST + 16).unwrap_or_default(),
    };
    let len = layer.end.saturating_sub(layer.start);
    let numbers = [(len >> 16) as u16, len as u16, next.into()].map(u16::to_be_bytes);
    let source = header.get(at::SRC..at::SRC + 16).unwrap_or_default();
    [numbers.as_flattened(), source, destination].into_iter().fold(0, checksum::add)
}

/// Writes the Info column for a chain of headers that ends without a protocol known to labkit.
pub(in crate::dissect) fn chain(ctx: &Context<'_>, ip: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(ip);
    if bytes.len() < HEADER as usize {
        if !bytes.is_empty() && !ctx.frame.is_cut() {
            out.text("Invalid IPv6 header (");
            out.num(bytes.len());
            out.text(" bytes, need exactly 40)");
        }
        return;
    }
    let start = out.len();
    let mut next = bytes.u8(at::NXT);
    let mut last = ip;
    for header in extensions(ctx, ip) {
        let bytes = ctx.layer_bytes(header);
        let text = match header.proto {
            Proto::HopByHop => "IPv6 hop-by-hop options",
            Proto::Routing => "IPv6 routing",
            Proto::DestinationOptions => "IPv6 destination options",
            Proto::FragmentHeader if bytes.len() >= 8 => {
                out.truncate(start);
                write_fragment(bytes, out);
                ""
            }
            _ => "",
        };
        if !text.is_empty() {
            separate(start, out);
            out.text(text);
        }
        next = bytes.u8(0);
        last = header;
    }
    let is_fragment = |f: Fragment| ctx.layers.all().get(usize::from(f.layer)) == Some(ip);
    if ctx.layers.stop.is_some() || ctx.layers.fragment.is_some_and(is_fragment) {
        return;
    }
    match next {
        Some(NO_NEXT) => {
            out.truncate(start);
            out.text("IPv6 no next header");
        }
        Some(number) if ends_with(ctx, last) => {
            separate(start, out);
            out.text("Unknown IP Protocol: ");
            out.text(numbers::name(number));
            out.text(" (");
            out.num(number);
            out.text(")");
        }
        _ => {}
    }
}

/// Whether only plain data follows this header.
fn ends_with(ctx: &Context<'_>, layer: &Layer) -> bool {
    let mut after = ctx.layers.all().iter().skip_while(|l| *l != layer).skip(1);
    after.all(|l| l.proto == Proto::Data)
}

fn separate(start: usize, out: &mut Line) {
    if out.len() > start {
        out.text(" , ");
    }
}

fn write_fragment(bytes: &[u8], out: &mut Line) {
    let (Some(next), Some(offset), Some(id)) = (bytes.u8(0), bytes.u16(2), bytes.u32(4)) else { return };
    out.text("IPv6 fragment (off=");
    out.num(offset & 0xfff8);
    out.text(if offset & 1 == 1 { " more=y ident=" } else { " more=n ident=" });
    out.hex(id.into(), 8);
    out.text(" nxt=");
    out.num(next);
    out.text(")");
}

/// Fields that are read without a walk.
pub(in crate::dissect) static DIRECT: Readers = &[
    (&SRC, |ctx, layer, out| plain(ctx, layer, |src, _| out(Value::Ipv6(src)))),
    (&DST, |ctx, layer, out| plain(ctx, layer, |_, dst| out(Value::Ipv6(dst)))),
    (&ADDR, |ctx, layer, out| {
        plain(ctx, layer, |src, dst| {
            out(Value::Ipv6(src));
            out(Value::Ipv6(dst));
        })
    }),
];

fn plain(ctx: &Context<'_>, layer: &Layer, mut give: impl FnMut(Ipv6Addr, Ipv6Addr)) -> bool {
    let bytes = ctx.layer_bytes(layer);
    let (Some(src), Some(dst)) = (bytes.ipv6(at::SRC), bytes.ipv6(at::DST)) else { return false };
    give(src, dst);
    true
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    match (bytes.ipv6(at::SRC), bytes.ipv6(at::DST)) {
        (Some(src), Some(dst)) => {
            let text = format_args!("Internet Protocol Version 6, Src: {src}, Dst: {dst}");
            show_as(ctx, layer, text, v, |w| fields(w, layer))
        }
        _ => show(ctx, layer, v, |w| fields(w, layer)),
    }
}

fn fields(w: &mut Walk<'_, '_>, layer: &Layer) -> Step {
    w.uint(&VERSION, 0, 1)?;
    let version = Value::Uint((w.u8(0)? >> 4).into());
    w.unseen(&super::ipv4::VERSION, 0, 1, version)?;
    traffic_class(w)?;
    flow_label(w)?;
    w.uint(&PLEN, at::PLEN, 2)?;
    let (len, room) = (w.u16(at::PLEN)?, layer.end.saturating_sub(layer.start + HEADER));
    // An ICMPv6 error quotes only the beginning of a packet.
    if u32::from(len) > room && !layer.quoted {
        let text = format!("IPv6 payload length exceeds framing length ({room} bytes)");
        w.remark(&PLEN_EXCEEDS, at::PLEN, 2, Severity::Warning, Group::Protocol, &text)?;
    }
    w.uint(&NXT, at::NXT, 1)?;
    w.uint(&HLIM, at::HLIM, 1)?;
    address(w, at::SRC, [&SRC, &SRC_HOST])?;
    address(w, at::DST, [&DST, &DST_HOST])?;
    embedded(w, at::SRC, [&SRC_6TO4, &SRC_6TO4_SLA, &SRC_SLAAC_MAC])?;
    embedded(w, at::DST, [&DST_6TO4, &DST_6TO4_SLA, &DST_SLAAC_MAC])
}

fn flow_label(w: &mut Walk<'_, '_>) -> Step {
    let label = w.u32(0)? & 0x000f_ffff;
    let nibble = |n: u32| label >> (n * 4) & 15;
    let text = format_args!(
        ".... {:04b} {:04b} {:04b} {:04b} {:04b} = Flow Label: 0x{label:05x}",
        nibble(4),
        nibble(3),
        nibble(2),
        nibble(1),
        nibble(0)
    );
    w.uint_line(&FLOW, 1, 3, text)
}

fn traffic_class(w: &mut Walk<'_, '_>) -> Step {
    let class = w.number(0, 4)? >> 20 & 0xff;
    let dscp = name_of(DSCP_SHORT, class >> 2).unwrap_or("Unknown");
    let ecn = name_of(ECN_SHORT, class & 3).unwrap_or("Unknown");
    let (high, low) = (class >> 4, class & 15);
    let text = format_args!(
        ".... {high:04b} {low:04b} .... .... .... .... .... = Traffic Class: 0x{class:02x} (DSCP: {dscp}, ECN: {ecn})"
    );
    w.uint_line(&TCLASS, 0, 4, text)?;
    w.bits(&[&TCLASS_DSCP, &TCLASS_ECN], 0, 4)
}

/// Visits one of the two addresses: as its own field, and as `ipv6.addr` and `ipv6.host`.
fn address(w: &mut Walk<'_, '_>, offset: usize, fields: [&'static Field; 2]) -> Step {
    let [own, host] = fields;
    let Some(ip) = w.bytes.ipv6(offset) else { return Ok(()) };
    let text = written(|line| line.ipv6(ip));
    for (field, value) in [
        (own, Value::Ipv6(ip)),
        (&ADDR, Value::Ipv6(ip)),
        (host, Value::Text(text.as_bytes())),
        (&HOST, Value::Text(text.as_bytes())),
    ] {
        w.value(field, offset, 16, value)?;
    }
    Ok(())
}

/// Visits what an address contains: the IPv4 address of a 6to4 gateway (RFC 3056), or the adapter's Ethernet address
/// (RFC 4291, appendix A).
fn embedded(w: &mut Walk<'_, '_>, offset: usize, fields: [&'static Field; 3]) -> Step {
    let [gateway, sla, mac] = fields;
    let Some(octets) = w.bytes.ipv6(offset).map(|ip| ip.octets()) else { return Ok(()) };
    if let [0x20, 0x02, a, b, c, d, e, f, ..] = octets {
        let ip = Value::Ipv4(Ipv4Addr::new(a, b, c, d));
        let id = Value::Uint(u16::from_be_bytes([e, f]).into());
        w.value(gateway, offset + 2, 4, ip)?;
        w.value(&GATEWAY_6TO4, offset + 2, 4, ip)?;
        w.value(sla, offset + 6, 2, id)?;
        return w.value(&SLA_6TO4, offset + 6, 2, id);
    }
    if let [.., a, b, c, 0xff, 0xfe, d, e, f] = octets
        && a & 2 != 0
    {
        let value = Value::Mac([a ^ 2, b, c, d, e, f]);
        w.value(mac, offset + 8, 8, value)?;
        return w.value(&SLAAC_MAC, offset + 8, 8, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{cut, summary};
    use crate::frame::LinkType;

    #[test]
    fn every_extension_header_is_passed() {
        assert_eq!(
            summary(LinkType::ETHERNET, "02000000000202000000000186dd600000000045004020010db800000000000000000000000120010db80000000000000000000000023c000502000001002b000104000000002c0200010000000020010db80000000000000000000000053c0000000000000111000104000000009c409c41000d280868656c6c6f"),
            ("eth:ethertype:ipv6:ipv6.hopopts:ipv6.dstopts:ipv6.routing:ipv6.fraghdr:ipv6.dstopts:udp:data".into(), "40000 → 40001 Len=5".into())
        );
    }

    #[test]
    fn a_fragment_is_not_taken_for_what_it_is_part_of() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000186dd6000000000152c4020010db800000000000000000000000120010db800000000000000000000000211000001000000079c409c41000d280b68656c6c6f"
            ),
            (
                "eth:ethertype:ipv6:ipv6.fraghdr:data".into(),
                "IPv6 fragment (off=0 more=y ident=0x00000007 nxt=17)".into()
            )
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000186dd6000000000152c4020010db800000000000000000000000120010db800000000000000000000000211000000000000079c409c41000d280b68656c6c6f"
            ),
            ("eth:ethertype:ipv6:ipv6.fraghdr:udp:data".into(), "40000 → 40001 Len=5".into())
        );
    }

    #[test]
    fn a_chain_that_is_cut_says_how_far_it_went() {
        assert_eq!(
            cut(
                LinkType::ETHERNET,
                "02000000000202000000000186dd600000000045004020010db800000000000000000000000120010db80000000000000000000000023c000502000001002b000104000000002c0200010000000020010db80000000000000000000000053c0000000000000111000104000000009c409c41000d280868656c6c6f",
                66
            ),
            (
                "eth:ethertype:ipv6:ipv6.hopopts:ipv6.dstopts".into(),
                "IPv6 hop-by-hop options , IPv6 destination options Cut".into()
            )
        );
    }

    #[test]
    fn no_next_header_is_an_end() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000186dd6000000000003b4020010db800000000000000000000000120010db8000000000000000000000002"
            ),
            ("eth:ethertype:ipv6".into(), "IPv6 no next header".into())
        );
    }

    #[test]
    fn a_short_header_says_how_short() {
        assert_eq!(
            summary(LinkType::ETHERNET, "02000000000202000000000186dd60000000000d1140"),
            ("eth:ethertype:ipv6".into(), "Invalid IPv6 header (8 bytes, need exactly 40) Malformed".into())
        );
    }
}
