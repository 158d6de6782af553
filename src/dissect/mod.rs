//! Dissectors: one file a protocol. Each says how its header is decoded, how it is summed up in the packet list, and
//! which fields it has. This file alone knows them all.
//!
//! Decoding never fails, panics or allocates, whatever the bytes: it goes as far as they allow and says where it
//! stopped ([`Layers::stop`]). Everything else reads the bytes again on demand; decoded packets are never stored.

pub mod app;
mod application;
pub(crate) mod arp;
mod buffers;
mod checksum;
mod data;
mod decoder;
mod dhcp;
mod direct;
pub mod dns;
mod ether_types;
mod ethernet;
mod expert;
mod extension;
mod facts;
mod fragments;
mod frame;
mod gre;
mod hardware;
mod http;
mod icmp;
mod icmpv6;
mod igmp;
mod ip_numbers;
mod ipsec;
mod ipv4;
mod ipv6;
mod layers;
mod llc;
mod media;
mod named;
mod nbns;
mod ntp;
mod null;
mod quic;
pub(crate) mod read;
mod show;
mod sll;
mod ssdp;
pub mod tcp;
#[cfg(test)]
mod testing;
pub mod text;
pub mod tls;
mod udp;
mod vlan;
pub(crate) mod walk;

pub use buffers::Buffers;
pub use decoder::{decode, decode_datagram};
pub use direct::{Direct, direct};
pub use facts::{
    AppFacts, ArpFacts, Datagram, Duplicate, Facts, FrameFacts, IcmpFacts, Reassembled, UdpFacts,
};
pub use http::HttpFacts;
pub use layers::{Decoded, Found, Fragment, Layer, Layers, Stop, Why};

pub(crate) use buffers::Work;
pub(crate) use decoder::{Decoder, Next, Span, decode_data};

use crate::field::{Field, Names, Visit};
use crate::frame::Frame;
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
    /// Transport Layer Security.
    Tls,
    /// Hypertext Transfer Protocol, version 1.x.
    Http,
    /// A body of lines of text.
    TextLines,
    /// A body of XML.
    Xml,
    /// A body of JSON.
    Json,
    /// A form's fields and values.
    UrlEncoded,
    /// A body of several parts.
    Multipart,
    /// Portable Network Graphics.
    Png,
    /// Graphics Interchange Format.
    Gif,
    /// JPEG.
    Jfif,
    /// A body of any other media type.
    Media,
    /// Bytes that no dissector claims.
    Data,
    /// Domain Name System.
    Dns,
    /// Multicast DNS.
    Mdns,
    /// Link-Local Multicast Name Resolution.
    Llmnr,
    /// Dynamic Host Configuration Protocol, and BOOTP.
    Dhcp,
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
        Proto::Tls => tls::column(ctx).into(),
        Proto::Arp => arp::column(ctx.layer_bytes(layer)).into(),
        Proto::Igmp => igmp::column(ctx, layer).into(),
        Proto::Dhcp => dhcp::column(ctx.layer_bytes(layer)).into(),
        Proto::Ethernet | Proto::Vlan | Proto::ServiceVlan | Proto::Sll => ethernet::column(ctx, layer),
        // Text that should have been JSON.
        Proto::TextLines if ctx.layers.before(layer).last().is_some_and(|l| l.proto == Proto::Json) => {
            Proto::Json.get().column.into()
        }
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
pub static PROTOCOLS: [&Protocol; 59] = [
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
    &tls::PROTOCOL,
    &http::PROTOCOL,
    &media::TEXT_LINES,
    &media::XML,
    &media::JSON,
    &media::URL_ENCODED,
    &media::MULTIPART,
    &media::PNG,
    &media::GIF,
    &media::JFIF,
    &media::MEDIA,
    &data::PROTOCOL,
    &dns::PROTOCOL,
    &dns::MDNS,
    &dns::LLMNR,
    &dhcp::PROTOCOL,
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
            own => own,
        }
    }
}

/// A set of protocols, for walks that need only some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProtoSet(u128);

impl ProtoSet {
    /// Every protocol.
    pub const ALL: ProtoSet = ProtoSet(u128::MAX);

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

    /// Whether layers of `proto` may have fields of a protocol in the set.
    pub fn wants(self, proto: Proto) -> bool {
        self.has(proto) || self.has(proto.fields_of())
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
        source_of(self.frame.bytes, self.buffers, source)
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

/// All bytes of a source, given those of the frame and the reassembled ones.
fn source_of<'a>(frame: &'a [u8], buffers: &'a [Vec<u8>], source: u8) -> &'a [u8] {
    match source {
        0 => frame,
        n => buffers.get(usize::from(n) - 1).map_or(&[], |b| b.as_slice()),
    }
}

/// The part of `bytes` from `start` to `end` that exists.
fn clip(bytes: &[u8], start: u32, end: u32) -> &[u8] {
    let end = bytes.len().min(end as usize);
    bytes.get(start as usize..end).unwrap_or(&[])
}

/// Names of the protocols of a packet, outermost first, as in `frame.protocols`.
pub fn protocol_path(layers: &Layers, out: &mut Line) {
    for (i, layer) in layers.all().iter().enumerate() {
        // Messages one after the other in the same bytes are one dissection.
        let again = |l: &Layer| l.proto == Proto::Http && l.source == layer.source && l.start < l.end;
        if layer.proto == Proto::Http && layers.before(layer).iter().any(again) {
            continue;
        }
        if i > 0 {
            out.push(b':');
        }
        out.text(layer.proto.get().field.name);
        if layers.is_twofold(i) {
            out.text(if layer.proto == Proto::Igmp { ":igmp" } else { ":ethertype" });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_field_has_a_name_of_its_own_under_that_of_its_protocol() {
        let mut seen = HashSet::new();
        for protocol in PROTOCOLS {
            let prefix = protocol.field.name.split('.').next().unwrap_or("");
            assert!(seen.insert(protocol.field.name), "{} twice", protocol.field.name);
            for field in protocol.fields {
                // Wireshark has the version of IPv6 under the name of IPv4's, so that one filter finds both.
                let shared = field.name == "ip.version" && prefix == "ipv6";
                assert!(seen.insert(field.name) || shared, "{} twice", field.name);
                // The names in certificates are fields of X.509, wherever a certificate stands.
                let own = field.name.starts_with(prefix)
                    || shared
                    || prefix == "tls" && field.name.starts_with("x509");
                assert!(own, "{} in {prefix}", field.name);
            }
        }
    }

    #[test]
    fn the_registry_has_the_order_of_its_names() {
        for (proto, name) in [
            (Proto::Frame, "frame"),
            (Proto::ServiceVlan, "ieee8021ad"),
            (Proto::Ipv6, "ipv6"),
            (Proto::FragmentHeader, "ipv6.fraghdr"),
            (Proto::Igmp, "igmp"),
            (Proto::Lldp, "lldp"),
            (Proto::UdpLite, "udplite"),
            (Proto::Tcp, "tcp"),
            (Proto::Data, "data"),
        ] {
            assert_eq!(proto.get().field.name, name);
        }
        assert!(PROTOCOLS.len() <= 128, "a set of protocols is a number of 128 bits");
    }
}
