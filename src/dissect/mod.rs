//! Dissectors: one file a protocol. Each says how its header is decoded, how it is summed up in the packet list, and
//! which fields it has. This file alone knows them all.
//!
//! Decoding never fails, panics or allocates, whatever the bytes: it goes as far as they allow and says where it
//! stopped ([`Layers::stop`]). Everything else reads the bytes again on demand; decoded packets are never stored.

mod application;
mod data;
mod dhcp;
pub mod dns;
mod ethernet;
mod facts;
mod frame;
mod ipv4;
mod layers;
mod nbns;
mod ntp;
mod quic;
pub(crate) mod read;
mod ssdp;
pub mod tcp;
pub mod text;
mod udp;
mod vlan;
pub(crate) mod walk;

pub use facts::{Datagram, Facts, FrameFacts, UdpFacts};
pub use layers::{Fragment, Layer, Layers, Stop, Why};

use crate::field::{Field, Names, Visit};
use crate::frame::{Frame, LinkType};
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
    /// Internet Protocol, version 4.
    Ipv4,
    /// Transmission Control Protocol.
    Tcp,
    /// User Datagram Protocol.
    Udp,
    /// Bytes that no dissector claims.
    Data,
    /// Domain Name System.
    Dns,
    /// Multicast DNS.
    Mdns,
    /// Link-Local Multicast Name Resolution.
    Llmnr,
    /// Dynamic Host Configuration Protocol.
    Dhcp,
    /// Bootstrap Protocol.
    Bootp,
    /// NetBIOS Name Service.
    Nbns,
    /// Network Time Protocol.
    Ntp,
    /// Simple Service Discovery Protocol.
    Ssdp,
    /// QUIC.
    Quic,
}

/// What stands in the columns Source and Destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// Nothing known.
    None,
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

/// For protocols that have no addresses of their own.
fn no_addresses(_: &Context<'_>, _: &Layer) -> (Address, Address) {
    (Address::None, Address::None)
}

/// Names of the values of a plain boolean.
const FALSE_TRUE: Names = &[(0, "False"), (1, "True")];

/// The registry, in the order of [`Proto`].
pub static PROTOCOLS: [&Protocol; 16] = [
    &frame::PROTOCOL,
    &ethernet::PROTOCOL,
    &vlan::PROTOCOL,
    &ipv4::PROTOCOL,
    &tcp::PROTOCOL,
    &udp::PROTOCOL,
    &data::PROTOCOL,
    &dns::PROTOCOL,
    &dns::MDNS,
    &dns::LLMNR,
    &dhcp::PROTOCOL,
    &dhcp::BOOTP,
    &nbns::PROTOCOL,
    &ntp::PROTOCOL,
    &ssdp::PROTOCOL,
    &quic::PROTOCOL,
];

impl Proto {
    /// The protocol's dissector.
    pub fn get(self) -> &'static Protocol {
        PROTOCOLS[self as usize]
    }

    /// The protocol whose fields this one has: its own, except where several protocols speak one language.
    pub(crate) fn fields_of(self) -> Proto {
        match self {
            Proto::Mdns | Proto::Llmnr => Proto::Dns,
            Proto::Bootp => Proto::Dhcp,
            own => own,
        }
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
        let why = if self.bytes.len() < span.end as usize { Why::Cut } else { Why::Malformed };
        if self.layer(proto, span, span.len()).is_some() && self.layers.stop.is_none() {
            self.layers.stop = Some(Stop { proto, why });
        }
        Next::Done
    }

    fn run(&mut self, mut next: Next) {
        loop {
            next = match next {
                Next::EtherType(ty, span) => self.ether_type(ty, span),
                Next::IpProto(number, span) => self.ip_proto(number, span),
                Next::Udp(from, to, span) => application::udp(self, from, to, span),
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
            0x0800 => ipv4::decode(self, span),
            0x8100 | 0x88a8 | 0x9100 => vlan::decode(self, span),
            _ => Next::Data(span),
        }
    }

    fn ip_proto(&mut self, number: u8, span: Span) -> Next {
        match number {
            6 => tcp::decode(self, span),
            17 => udp::decode(self, span),
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
        _ => Next::Data(span),
    };
    decoder.run(next);
}

/// Goes on with a reassembled datagram, `bytes`, whose payload is the IP protocol `number`; its layers lie in `source`.
pub fn decode_datagram(bytes: &[u8], source: u8, number: u8, layers: &mut Layers) {
    layers.fragment = None;
    let span = Span { start: 0, end: bytes.len() as u32 };
    Decoder { bytes, source, quoted: false, layers }.run(Next::IpProto(number, span));
}

/// Names of the protocols of a packet, outermost first, as in `frame.protocols`.
pub fn protocol_path(layers: &Layers, out: &mut Line) {
    for (i, layer) in layers.all().iter().enumerate() {
        if i > 0 {
            out.push(b':');
        }
        // One protocol with two names in the list.
        let proto = if layer.proto == Proto::Bootp { Proto::Dhcp } else { layer.proto };
        out.text(proto.get().field.name);
        if matches!(layer.proto, Proto::Ethernet | Proto::Vlan) {
            out.text(":ethertype");
        }
    }
}
