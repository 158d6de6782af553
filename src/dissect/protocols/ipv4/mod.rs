//! Internet Protocol, version 4 (`ip`): RFC 791, RFC 2474, RFC 3168.

mod details;
pub(super) mod fragments;
mod names;
pub(super) mod numbers;
mod options;

pub(in crate::dissect) use names::{
    CHECKSUM_STATES, DSCP_LONG, DSCP_SHORT, ECN_LONG, ECN_SHORT, SET, UNVERIFIED,
};

use crate::dissect::protocol::Readers;
use crate::dissect::reading::read::Read;
use crate::dissect::{Address, Context, Decoder, FALSE_TRUE, Fragment, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Value};
use crate::text::{Line, Push};
use etherparse::Ipv4HeaderSlice;
use numbers::PROTOS;
use std::net::Ipv4Addr;

mod at {
    //! Offsets in the header (RFC 791, figure 4).
    pub(in crate::dissect) const DSFIELD: usize = 1;
    pub(in crate::dissect) const LEN: usize = 2;
    pub(in crate::dissect) const ID: usize = 4;
    pub(in crate::dissect) const FLAGS: usize = 6;
    pub(in crate::dissect) const TTL: usize = 8;
    pub(in crate::dissect) const PROTO: usize = 9;
    pub(in crate::dissect) const CHECKSUM: usize = 10;
    pub(in crate::dissect) const SRC: usize = 12;
    pub(in crate::dissect) const DST: usize = 16;
    pub(in crate::dissect) const OPTIONS: usize = 20;
}

crate::fields! {
    /// IPv6 has this field, too.
    VERSION = Field::new("ip.version", "Version", Kind::Uint(8)).mask(0xf0);
    HDR_LEN = Field::new("ip.hdr_len", "Header Length", Kind::Uint(8)).mask(0x0f);
    DSFIELD = Field::new("ip.dsfield", "Differentiated Services Field", Kind::Uint(8)).hex();
    DSCP = Field::new("ip.dsfield.dscp", "Differentiated Services Codepoint", Kind::Uint(8)).mask(0xfc).names(DSCP_LONG);
    ECN = Field::new("ip.dsfield.ecn", "Explicit Congestion Notification", Kind::Uint(8)).mask(0x03).names(ECN_LONG);
    LEN = Field::new("ip.len", "Total Length", Kind::Uint(16));
    ID = Field::new("ip.id", "Identification", Kind::Uint(16)).hex_dec();
    FLAGS = Field::new("ip.flags", "Flags", Kind::Uint(8)).hex().mask(0xe0);
    FLAGS_RB = Field::new("ip.flags.rb", "Reserved bit", Kind::Bool).mask(0x80).names(SET);
    FLAGS_DF = Field::new("ip.flags.df", "Don't fragment", Kind::Bool).mask(0x40).names(SET);
    FLAGS_MF = Field::new("ip.flags.mf", "More fragments", Kind::Bool).mask(0x20).names(SET);
    FRAG_OFFSET = Field::new("ip.frag_offset", "Fragment Offset", Kind::Uint(16)).mask(0x1fff);
    TTL = Field::new("ip.ttl", "Time to Live", Kind::Uint(8));
    TTL_LOCAL = Field::new("ip.ttl.lncb", "Time To Live", Kind::Label);
    TTL_SMALL = Field::new("ip.ttl.too_small", "Time To Live", Kind::Label);
    PROTO = Field::new("ip.proto", "Protocol", Kind::Uint(8)).names(PROTOS);
    CHECKSUM = Field::new("ip.checksum", "Header Checksum", Kind::Uint(16)).hex();
    CHECKSUM_STATUS = Field::new("ip.checksum.status", "Header checksum status", Kind::Uint(8)).names(CHECKSUM_STATES).generated();
    SRC = Field::new("ip.src", "Source Address", Kind::Ipv4);
    DST = Field::new("ip.dst", "Destination Address", Kind::Ipv4);
    ADDR = Field::new("ip.addr", "Source or Destination Address", Kind::Ipv4).hidden();
    SRC_HOST = Field::new("ip.src_host", "Source Host", Kind::Text).hidden();
    DST_HOST = Field::new("ip.dst_host", "Destination Host", Kind::Text).hidden();
    HOST = Field::new("ip.host", "Source or Destination Host", Kind::Text).hidden();
    LENGTH_EXCEEDS = Field::new("ip.bogus_ip_length", "Bogus IP length", Kind::Label);
    FRAGMENTS = Field::new("ip.fragments", "IPv4 Fragments", Kind::Bytes);
    FRAGMENT = Field::new("ip.fragment", "IPv4 Fragment", Kind::FrameNo);
    FRAGMENT_OVERLAP = Field::new("ip.fragment.overlap", "Fragment overlap", Kind::Bool).names(FALSE_TRUE).generated();
    FRAGMENT_CONFLICT =
        Field::new("ip.fragment.overlap.conflict", "Conflicting data in fragment overlap", Kind::Bool).names(FALSE_TRUE).generated();
    FRAGMENT_ERROR = Field::new("ip.fragment.error", "Defragmentation error", Kind::FrameNo);
    FRAGMENT_COUNT = Field::new("ip.fragment.count", "Fragment count", Kind::Uint(32)).generated();
    REASSEMBLED_IN = Field::new("ip.reassembled_in", "Reassembled IPv4 in frame", Kind::FrameNo).generated();
    REASSEMBLED_LEN = Field::new("ip.reassembled.length", "Reassembled IPv4 length", Kind::Uint(32)).generated();
    REASSEMBLED_DATA = Field::new("ip.reassembled.data", "Reassembled IPv4 data", Kind::Bytes).generated();
}

static PIECES: fragments::Names = fragments::Names {
    ip: "IPv4",
    all: &FRAGMENTS,
    one: &FRAGMENT,
    error: &FRAGMENT_ERROR,
    elsewhere: &REASSEMBLED_IN,
    overlap: [&FRAGMENT_OVERLAP, &FRAGMENT_CONFLICT],
    count: &FRAGMENT_COUNT,
    len: &REASSEMBLED_LEN,
    data: &REASSEMBLED_DATA,
};

/// The fields of the header and of the options.
static ALL: [&Field; FIELDS.len() + options::FIELDS.len()] = crate::dissect::join(FIELDS, options::FIELDS);

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: &ALL,
    visit: details::visit,
    addresses,
    summary,
    source_name: Some(|_, _, _| "Reassembled IPv4"),
    in_frame: DIRECT,
    decode,
    link_types: &[228],
    ether_types: &[0x0800],
    ip_protocols: &[4],
    ..Protocol::new("ip", "IPv4", "Internet Protocol Version 4")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    if problem(bytes).is_some() {
        // Lengths of a header that contradicts itself cannot be trusted, so nothing after it is decoded.
        d.layer(Proto::Ipv4, span, span.len());
        return Next::Done;
    }
    let Ok(header) = Ipv4HeaderSlice::from_slice(bytes) else {
        return d.broken(Proto::Ipv4, span);
    };
    let header_len = header.slice().len() as u32;
    // Segmentation offload leaves a length of 0; the packet then takes the rest of the frame.
    let claimed = match u32::from(header.total_len()) {
        0 => span.len(),
        n => n.max(header_len),
    };
    let total = claimed.min(span.len().max(header_len));
    let span = Span { start: span.start, end: span.start + total };
    let index = d.layers.all().len() as u8;
    let Some(payload) = d.layer(Proto::Ipv4, span, header_len) else { return Next::Done };
    let offset = u32::from(header.fragments_offset().value()) * 8;
    let (next, more) = (header.protocol().0, header.more_fragments());
    if !more && offset == 0 {
        return if payload.len() == 0 { Next::Done } else { Next::IpProto(next, payload) };
    }
    // A fragment that is not there in full can never be put together with others.
    let is_cut = d.bytes.len() < span.end as usize || total < claimed;
    if !d.quoted {
        d.layers.fragment = Some(Fragment {
            layer: index,
            next,
            id: header.identification().into(),
            offset,
            more,
            start: payload.start,
            end: payload.end + (claimed - total),
        });
    }
    if is_cut && offset == 0 && payload.len() > 0 {
        d.first_only = true;
        return Next::IpProto(next, payload);
    }
    // A quoted first fragment could be decoded, as no others will come, but tshark does not decode it either.
    Next::Data(payload)
}

/// What is wrong with a header, the value at fault, and the value that it contradicts; `None` if nothing is.
fn problem(bytes: &[u8]) -> Option<(Problem, u32, u32)> {
    let first = bytes.u8(0)?;
    let (version, header) = (u32::from(first >> 4), u32::from(first & 15) * 4);
    if version != 4 {
        return Some((Problem::Version, version, 4));
    }
    if header < at::OPTIONS as u32 {
        return Some((Problem::HeaderLength, header, at::OPTIONS as u32));
    }
    let total = u32::from(bytes.u16(at::LEN)?);
    (total != 0 && total < header).then_some((Problem::Length, total, header))
}

/// Contradictions in a header.
enum Problem {
    Version,
    HeaderLength,
    Length,
}

fn addresses(ctx: &Context<'_>, layer: &Layer) -> (Address, Address) {
    let bytes = ctx.layer_bytes(layer);
    if problem(bytes).is_some() {
        return (Address::None, Address::None);
    }
    let address = |ip: Option<Ipv4Addr>| ip.map_or(Address::None, Address::Ipv4);
    // A source route in the options may name another destination, so without the options the destination is not
    // known.
    let header = bytes.get(..usize::from(bytes.u8(0).unwrap_or(0) & 15) * 4);
    let last = options::final_destination(header.and_then(|h| h.get(at::OPTIONS..)).unwrap_or(&[]));
    (address(bytes.ipv4(at::SRC)), address(last.or(header.and_then(|h| h.ipv4(at::DST)))))
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    if let Some((problem, found, expected)) = problem(bytes) {
        let (start, middle) = match problem {
            Problem::Version => ("Bogus IPv4 version (", ", must be "),
            Problem::HeaderLength => ("Bogus IP header length (", ", must be at least "),
            Problem::Length => ("Bogus IP length (", ", less than header length "),
        };
        out.text(start);
        out.num(found);
        out.text(middle);
        out.num(expected);
        out.text(")");
        return;
    }
    let (Some(flags), Some(proto)) = (bytes.u16(at::FLAGS), bytes.u8(at::PROTO)) else { return };
    let payload = ctx.layers.all().iter().skip_while(|l| *l != layer).nth(1);
    if bytes.len() < at::OPTIONS || payload.is_none_or(|l| l.proto != Proto::Data) {
        return;
    }
    let is_cut = |f: &Fragment| f.end as usize > ctx.source(layer.source).len();
    if flags & 0x3fff == 0 || flags & 0x1fff == 0 && ctx.layers.fragment.as_ref().is_some_and(is_cut) {
        out.text(numbers::name(proto));
        out.text(" (");
        out.num(proto);
        out.text(")");
        return;
    }
    out.text("Fragmented IP protocol (proto=");
    out.text(numbers::name(proto));
    out.text(" ");
    out.num(proto);
    out.text(", off=");
    out.num(u32::from(flags & 0x1fff) * 8);
    out.text(", ID=");
    let id = bytes.u16(at::ID).unwrap_or(0);
    for place in (0..4).rev() {
        out.push(b"0123456789abcdef"[usize::from(id >> (place * 4) & 15)]);
    }
    out.text(")");
    if let Some(frame) = ctx.facts.reassembled_in {
        out.text(" [Reassembled in #");
        out.num(frame);
        out.text("]");
    }
}

/// Fields that are read without a walk, from headers without options.
pub(in crate::dissect) static DIRECT: Readers = &[
    (&SRC, |ctx, layer, out| plain(ctx, layer, |b| b.ipv4(at::SRC).map(Value::Ipv4).map(out))),
    (&DST, |ctx, layer, out| plain(ctx, layer, |b| b.ipv4(at::DST).map(Value::Ipv4).map(out))),
    (&ADDR, |ctx, layer, out| {
        plain(ctx, layer, |b| {
            out(Value::Ipv4(b.ipv4(at::SRC)?));
            b.ipv4(at::DST).map(Value::Ipv4).map(out)
        })
    }),
    (&PROTO, |ctx, layer, out| plain(ctx, layer, |b| b.u8(at::PROTO).map(|n| out(Value::Uint(n.into()))))),
    (&TTL, |ctx, layer, out| plain(ctx, layer, |b| b.u8(at::TTL).map(|n| out(Value::Uint(n.into()))))),
    (&ID, |ctx, layer, out| plain(ctx, layer, |b| b.u16(at::ID).map(|n| out(Value::Uint(n.into()))))),
    (&LEN, |ctx, layer, out| plain(ctx, layer, |b| b.u16(at::LEN).map(|n| out(Value::Uint(n.into()))))),
];

/// Calls `read` on a header without options and contradictions that is there in full; `false` for any other.
fn plain(ctx: &Context<'_>, layer: &Layer, read: impl FnOnce(&[u8]) -> Option<()>) -> bool {
    let bytes = ctx.layer_bytes(layer);
    let Some(header) = bytes.get(..at::OPTIONS) else { return false };
    header.u8(0) == Some(0x45) && problem(header).is_none() && read(header).is_some()
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{cut, summary};
    use crate::frame::LinkType;

    #[test]
    fn a_header_that_contradicts_itself_is_named() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004400001400010000401166d60a0000010a0000029c409c41000d000068656c6c6f"
            ),
            ("eth:ethertype:ip".into(), "Bogus IP header length (16, must be at least 20)".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108001500002000010000401166d60a0000010a0000029c409c41000d000068656c6c6f"
            ),
            ("eth:ethertype:ip".into(), "Bogus IPv4 version (1, must be 4)".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500001300010000401166d60a0000010a0000029c409c41000d000068656c6c6f"
            ),
            ("eth:ethertype:ip".into(), "Bogus IP length (19, less than header length 20)".into())
        );
    }

    #[test]
    fn tunnels_lead_to_the_packet_inside() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500003500010000400466c20a0000010a0000024500002100010000401174c601010101020202029c409c41000d7d7a68656c6c6f"
            ),
            ("eth:ethertype:ip:ip:udp:data".into(), "40000 → 40001 Len=5".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500004900010000402966890a0000010a00000260000000000d114020010db800000000000000000000000120010db80000000000000000000000029c409c41000d280b68656c6c6f"
            ),
            ("eth:ethertype:ip:ipv6:udp:data".into(), "40000 → 40001 Len=5".into())
        );
    }

    #[test]
    fn a_fragment_is_data_until_it_is_put_together() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "02000000000202000000000108004500002100012000401146c90a0000010a0000029c409c41000d6f7d68656c6c6f"
            ),
            ("eth:ethertype:ip:data".into(), "Fragmented IP protocol (proto=UDP 17, off=0, ID=0001)".into())
        );
        assert_eq!(
            cut(
                LinkType::ETHERNET,
                "02000000000202000000000108004500002100012000401146c90a0000010a0000029c409c41000d6f7d68656c6c6f",
                44
            ),
            ("eth:ethertype:ip:udp:data".into(), "40000 → 40001 Len=5".into())
        );
    }
}
