//! Dissectors: one file a protocol. Each says how its header is decoded, how it is summed up in the packet list, and
//! which fields it has. This file alone knows them all.
//!
//! Decoding never fails, panics or allocates, whatever the bytes: it goes as far as they allow and says where it
//! stopped ([`Layers::stop`]). Everything else reads the bytes again on demand; decoded packets are never stored.

mod arp;
mod checksum;
mod data;
mod ether_types;
mod ethernet;
mod extension;
mod facts;
mod frame;
mod gre;
mod hardware;
mod icmp;
mod icmpv6;
mod igmp;
mod ip_numbers;
mod ipsec;
mod ipv4;
mod ipv6;
mod layers;
mod llc;
mod named;
mod null;
pub(crate) mod read;
mod show;
mod sll;
pub mod tcp;
#[cfg(test)]
mod testing;
pub mod text;
mod udp;
mod vlan;

pub use facts::{Datagram, Facts, FrameFacts, IcmpFacts, UdpFacts};
pub use layers::{Fragment, Layer, Layers, Stop, Why};

use crate::field::{Field, Names, Visit};
use crate::frame::{Frame, LinkType};
use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;
use text::{Line, Push};

/// Answer of a visit: whether it goes on.
pub type Flow = ControlFlow<()>;

/// Every protocol that has a dissector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Proto {
    /// What the capture says about the frame itself.
    Frame,
    /// Ethernet II and IEEE 802.3.
    Ethernet,
    /// IEEE 802.1Q.
    Vlan,
    /// IEEE 802.1ad: the outer tag of two.
    ServiceVlan,
    /// Linux cooked capture, versions 1 and 2.
    Sll,
    /// BSD and OpenBSD loopback.
    Null,
    /// Frames that begin with an IP header.
    Raw,
    /// IEEE 802.2 Logical Link Control.
    Llc,
    /// Address Resolution Protocol and its relatives.
    Arp,
    /// Internet Protocol, version 4.
    Ipv4,
    /// Internet Protocol, version 6.
    Ipv6,
    /// IPv6 hop-by-hop options.
    HopByHop,
    /// IPv6 routing header.
    Routing,
    /// IPv6 fragment header.
    FragmentHeader,
    /// IPv6 destination options.
    DestinationOptions,
    /// IP Authentication Header.
    Ah,
    /// IP Encapsulating Security Payload.
    Esp,
    /// Internet Control Message Protocol.
    Icmp,
    /// Internet Control Message Protocol for IPv6.
    Icmpv6,
    /// Internet Group Management Protocol.
    Igmp,
    /// Generic Routing Encapsulation.
    Gre,
    /// Multiprotocol Label Switching; known by name.
    Mpls,
    /// Spanning Tree Protocol; known by name.
    Stp,
    /// Cisco Discovery Protocol; known by name.
    Cdp,
    /// Link Layer Discovery Protocol; known by name.
    Lldp,
    /// IEEE 802.1X; known by name.
    Eapol,
    /// Ethernet configuration test; known by name.
    Loop,
    /// PPP over Ethernet, discovery; known by name.
    PppoeDiscovery,
    /// PPP over Ethernet, session; known by name.
    PppoeSession,
    /// Datagram Congestion Control Protocol; known by name.
    Dccp,
    /// Resource Reservation Protocol; known by name.
    Rsvp,
    /// Enhanced Interior Gateway Routing Protocol; known by name.
    Eigrp,
    /// Open Shortest Path First; known by name.
    Ospf,
    /// Protocol Independent Multicast; known by name.
    Pim,
    /// Virtual Router Redundancy Protocol; known by name.
    Vrrp,
    /// Stream Control Transmission Protocol; known by name.
    Sctp,
    /// Lightweight User Datagram Protocol; known by name.
    UdpLite,
    /// Transmission Control Protocol.
    Tcp,
    /// User Datagram Protocol.
    Udp,
    /// Bytes that no dissector claims.
    Data,
}

/// What stands in the columns Source and Destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// Nothing known.
    None,
    /// The link layer has no addresses, and nothing inside has any.
    NotApplicable,
    /// Ethernet address.
    Mac([u8; 6]),
    /// IPv4 address.
    Ipv4(Ipv4Addr),
    /// IPv6 address.
    Ipv6(Ipv6Addr),
}

impl Address {
    /// Appends the address as text.
    pub fn write(self, out: &mut Line) {
        match self {
            Address::None => {}
            Address::NotApplicable => out.text("N/A"),
            Address::Mac(mac) => out.mac(mac),
            Address::Ipv4(ip) => out.ipv4(ip),
            Address::Ipv6(ip) => out.ipv6(ip),
        }
    }
}

/// What a protocol file provides.
pub struct Protocol {
    /// The protocol as a field: its name in the display filter and its long name.
    pub field: Field,
    /// Its name in the Protocol column.
    pub column: &'static str,
    /// Its fields.
    pub fields: &'static [&'static Field],
    /// Visits the protocol's own line and its fields, in the order of the details pane.
    pub visit: fn(&Context<'_>, &Layer, &mut dyn Visit) -> Flow,
    /// The addresses that a layer of this protocol puts into the columns Source and Destination.
    pub addresses: fn(&Context<'_>, &Layer) -> (Address, Address),
    /// Writes what stands in the Info column.
    pub summary: fn(&Context<'_>, &Layer, &mut Line),
}

/// What stands in the Protocol column for a layer: some protocols have several names there.
pub fn column(ctx: &Context<'_>, layer: &Layer) -> Cow<'static, str> {
    match layer.proto {
        Proto::Arp => arp::column(ctx.layer_bytes(layer)).into(),
        Proto::Igmp => igmp::column(ctx, layer).into(),
        Proto::Ethernet | Proto::Vlan | Proto::ServiceVlan | Proto::Sll => ethernet::column(ctx, layer),
        proto => proto.get().column.into(),
    }
}

/// For protocols that have no addresses of their own.
fn no_addresses(_: &Context<'_>, _: &Layer) -> (Address, Address) {
    (Address::None, Address::None)
}

/// Both lists of fields as one.
const fn join<const N: usize>(a: &[&'static Field], b: &[&'static Field]) -> [&'static Field; N] {
    let mut all = [a[0]; N];
    let mut i = 0;
    while i < N {
        all[i] = if i < a.len() { a[i] } else { b[i - a.len()] };
        i += 1;
    }
    all
}

/// For link layers without addresses.
fn not_applicable(_: &Context<'_>, layer: &Layer) -> (Address, Address) {
    let whole = layer.proto != Proto::Null || layer.payload < layer.end || layer.payload - layer.start == 4;
    let address = if whole { Address::NotApplicable } else { Address::None };
    (address, address)
}

/// Names of the values of a plain boolean.
const FALSE_TRUE: Names = &[(0, "False"), (1, "True")];

/// The registry, in the order of [`Proto`].
pub static PROTOCOLS: [&Protocol; 40] = [
    &frame::PROTOCOL,
    &ethernet::PROTOCOL,
    &vlan::PROTOCOL,
    &vlan::SERVICE,
    &sll::PROTOCOL,
    &null::PROTOCOL,
    &null::RAW,
    &llc::PROTOCOL,
    &arp::PROTOCOL,
    &ipv4::PROTOCOL,
    &ipv6::PROTOCOL,
    &extension::HOP_BY_HOP,
    &extension::ROUTING,
    &extension::FRAGMENT,
    &extension::DESTINATION,
    &ipsec::AH,
    &ipsec::ESP,
    &icmp::PROTOCOL,
    &icmpv6::PROTOCOL,
    &igmp::PROTOCOL,
    &gre::PROTOCOL,
    &named::MPLS,
    &named::STP,
    &named::CDP,
    &named::LLDP,
    &named::EAPOL,
    &named::LOOP,
    &named::PPPOE_DISCOVERY,
    &named::PPPOE_SESSION,
    &named::DCCP,
    &named::RSVP,
    &named::EIGRP,
    &named::OSPF,
    &named::PIM,
    &named::VRRP,
    &named::SCTP,
    &named::UDP_LITE,
    &tcp::PROTOCOL,
    &udp::PROTOCOL,
    &data::PROTOCOL,
];

impl Proto {
    /// The protocol's dissector.
    pub fn get(self) -> &'static Protocol {
        PROTOCOLS[self as usize]
    }
}

/// A set of protocols, for walks that need only some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProtoSet(u64);

impl ProtoSet {
    /// Every protocol.
    pub const ALL: ProtoSet = ProtoSet(u64::MAX);

    /// The set with `proto` in it, too.
    #[must_use]
    pub const fn with(self, proto: Proto) -> ProtoSet {
        ProtoSet(self.0 | 1 << proto as u8)
    }

    /// The set with the protocol at `index` of [`PROTOCOLS`] in it, too.
    #[must_use]
    pub const fn with_index(self, index: usize) -> ProtoSet {
        ProtoSet(self.0 | 1 << index)
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: ProtoSet) -> ProtoSet {
        ProtoSet(self.0 | other.0)
    }

    /// Whether `proto` is in the set.
    pub const fn has(self, proto: Proto) -> bool {
        self.0 & 1 << proto as u8 != 0
    }
}

/// All there is to know about one packet while it is looked at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The frame with its bytes.
    pub frame: &'a Frame<'a>,
    /// Its layers.
    pub layers: &'a Layers,
    /// Reassembled data that layers with a source above 0 lie in: source n is `buffers[n - 1]`.
    pub buffers: &'a [Vec<u8>],
    /// What the capture and the conversation add.
    pub facts: Facts<'a>,
}

impl<'a> Context<'a> {
    /// All bytes of a source: 0 is the frame.
    pub fn source(&self, source: u8) -> &'a [u8] {
        match source {
            0 => self.frame.bytes,
            n => self.buffers.get(usize::from(n) - 1).map_or(&[], |b| b.as_slice()),
        }
    }

    /// The bytes from the beginning of a layer to its end, as far as they were captured.
    pub fn layer_bytes(&self, layer: &Layer) -> &'a [u8] {
        clip(self.source(layer.source), layer.start, layer.end)
    }

    /// The payload of a layer, as far as it was captured.
    pub fn payload(&self, layer: &Layer) -> &'a [u8] {
        clip(self.source(layer.source), layer.payload, layer.end)
    }
}

/// The part of `bytes` from `start` to `end` that exists.
fn clip(bytes: &[u8], start: u32, end: u32) -> &[u8] {
    let end = bytes.len().min(end as usize);
    bytes.get(start as usize..end).unwrap_or(&[])
}

/// What comes after a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A payload named by its EtherType.
    EtherType(u16, Span),
    /// A payload named by its EtherType in a GRE header.
    Gre(u16, Span),
    /// An IEEE 802.2 payload.
    Llc(Span),
    /// An IP header whose version its first four bits say.
    Ip(Span),
    /// A payload named by its IP protocol number.
    IpProto(u8, Span),
    /// A UDP payload between two ports.
    Udp(u16, u16, Span),
    /// Nobody's bytes.
    Data(Span),
    /// Nothing more, or nothing that this packet alone can tell.
    Done,
}

/// A range of a source: from `start` to `end`; `end` may lie beyond the captured bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }
    /// The span without its first `n` bytes.
    pub(crate) fn skip(self, n: u32) -> Span {
        Span { start: self.start.saturating_add(n).min(self.end.max(self.start)), end: self.end }
    }
}

/// The state of one decoding: the bytes of a source and the layers found so far.
pub(crate) struct Decoder<'b, 'l> {
    /// All bytes of the source that were captured.
    pub(crate) bytes: &'b [u8],
    source: u8,
    /// Whether what follows is quoted in an ICMP error.
    pub(crate) quoted: bool,
    pub(crate) layers: &'l mut Layers,
}

impl<'b> Decoder<'b, '_> {
    /// The captured bytes of `span`.
    pub(crate) fn get(&self, span: Span) -> &'b [u8] {
        clip(self.bytes, span.start, span.end)
    }

    /// Adds a layer whose header takes the first `header` bytes of `span`; what remains for its payload.
    pub(crate) fn layer(&mut self, proto: Proto, span: Span, header: u32) -> Option<Span> {
        let payload = span.skip(header);
        self.layers.push(Layer {
            proto,
            source: self.source,
            quoted: self.quoted,
            start: span.start,
            payload: payload.start,
            end: span.end,
        })?;
        Some(payload)
    }

    /// Adds a layer whose header is damaged or cut: it has no payload, and decoding ends with it.
    pub(crate) fn broken(&mut self, proto: Proto, span: Span) -> Next {
        let captured = self.get(span).len() as u32;
        if self.layer(proto, span, captured).is_some() {
            self.stop(proto, span);
        }
        Next::Done
    }

    /// Says that the layer of `proto` in `span`, which is there already, could not be read to its end.
    pub(crate) fn stop(&mut self, proto: Proto, span: Span) {
        let why = if self.bytes.len() < span.end as usize { Why::Cut } else { Why::Malformed };
        // Who quotes a packet quotes its beginning: what is missing from it is no damage.
        if self.layers.stop.is_none() && !(self.quoted && why == Why::Malformed) {
            self.layers.stop = Some(Stop { proto, why });
        }
    }

    fn run(&mut self, mut next: Next) {
        loop {
            next = match next {
                Next::EtherType(ty, span) => {
                    self.layers.mark_twofold();
                    self.ether_type(ty, span)
                }
                Next::Gre(ty, span) => self.ether_type(ty, span),
                Next::Llc(span) => llc::decode(self, span),
                Next::Ip(span) => self.ip(span),
                Next::IpProto(number, span) => self.ip_proto(number, span),
                Next::Udp(_from, _to, span) => Next::Data(span),
                Next::Data(span) => data::decode(self, span),
                Next::Done => return,
            };
            if self.layers.stop.is_some() {
                return;
            }
        }
    }

    fn ether_type(&mut self, ty: u16, span: Span) -> Next {
        match ty {
            0x0800 => self.ip(span),
            0x0806 | 0x8035 => arp::decode(self, span),
            0x6558 => ethernet::decode(self, span),
            0x8100 | 0x9100 => vlan::decode(self, Proto::Vlan, span),
            0x86dd if self.get(span).first().is_some_and(|b| b >> 4 != 6) => Next::Data(span),
            0x86dd => ipv6::decode(self, span),
            0x8847 | 0x8848 => named::mpls(self, span),
            0x8863 => named::decode(self, Proto::PppoeDiscovery, span),
            0x8864 => named::decode(self, Proto::PppoeSession, span),
            0x8870 => Next::Llc(span),
            0x888e => named::decode(self, Proto::Eapol, span),
            0x88a8 => vlan::decode(self, Proto::ServiceVlan, span),
            0x88cc => named::decode(self, Proto::Lldp, span),
            0x9000 => named::decode(self, Proto::Loop, span),
            _ => Next::Data(span),
        }
    }

    fn ip(&mut self, span: Span) -> Next {
        match self.get(span).first().map(|b| b >> 4) {
            Some(6) => ipv6::decode(self, span),
            _ => ipv4::decode(self, span),
        }
    }

    fn ip_proto(&mut self, number: u8, span: Span) -> Next {
        match number {
            0 => extension::options(self, Proto::HopByHop, span),
            1 => icmp::decode(self, span),
            2 => igmp::decode(self, span),
            4 => self.ip(span),
            6 => tcp::decode(self, span),
            17 => udp::decode(self, span),
            33 => named::decode(self, Proto::Dccp, span),
            41 => ipv6::decode(self, span),
            43 => extension::routing(self, span),
            44 => extension::fragment(self, span),
            46 => named::decode(self, Proto::Rsvp, span),
            47 => gre::decode(self, span),
            50 => ipsec::esp(self, span),
            51 => ipsec::ah(self, span),
            58 => icmpv6::decode(self, span),
            60 => extension::options(self, Proto::DestinationOptions, span),
            88 => named::decode(self, Proto::Eigrp, span),
            89 => named::decode(self, Proto::Ospf, span),
            103 => named::decode(self, Proto::Pim, span),
            112 => named::decode(self, Proto::Vrrp, span),
            132 => named::decode(self, Proto::Sctp, span),
            136 => named::decode(self, Proto::UdpLite, span),
            _ => Next::Data(span),
        }
    }
}

/// Decodes a frame as far as the frame alone allows: down to the payload of TCP, which only the conversation can
/// divide, or to the first fragment of a datagram.
pub fn decode(frame: &Frame<'_>, layers: &mut Layers) {
    layers.clear();
    let span = Span { start: 0, end: frame.wire_len.max(frame.bytes.len() as u32) };
    let mut decoder = Decoder { bytes: frame.bytes, source: 0, quoted: false, layers };
    let next = match frame.link {
        LinkType::ETHERNET => ethernet::decode(&mut decoder, span),
        LinkType::LINUX_SLL => sll::decode(&mut decoder, span, sll::Version::One),
        LinkType::LINUX_SLL2 => sll::decode(&mut decoder, span, sll::Version::Two),
        LinkType::NULL => null::decode(&mut decoder, span, frame.link),
        LinkType::LOOP => null::decode(&mut decoder, span, frame.link),
        LinkType::RAW => null::raw(&mut decoder, span),
        LinkType::IPV4 => decoder.ip(span),
        LinkType::IPV6 => ipv6::decode(&mut decoder, span),
        _ => Next::Data(span),
    };
    decoder.run(next);
}

/// Goes on with a reassembled datagram, `bytes`, whose payload is the IP protocol `number`; its layers lie in `source`.
pub fn decode_datagram(bytes: &[u8], source: u8, number: u8, layers: &mut Layers) {
    layers.fragment = None;
    if let [rest @ .., last] = layers.all()
        && last.proto == Proto::Data
    {
        // The piece is no longer data of its own.
        layers.truncate(rest.len());
    }
    let span = Span { start: 0, end: bytes.len() as u32 };
    Decoder { bytes, source, quoted: false, layers }.run(Next::IpProto(number, span));
}

/// Names of the protocols of a packet, outermost first, as in `frame.protocols`.
pub fn protocol_path(layers: &Layers, out: &mut Line) {
    for (i, layer) in layers.all().iter().enumerate() {
        if i > 0 {
            out.push(b':');
        }
        out.text(layer.proto.get().field.name);
        if layers.is_twofold(i) {
            out.text(if layer.proto == Proto::Igmp { ":igmp" } else { ":ethertype" });
        }
    }
}
