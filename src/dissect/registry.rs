//! The registry: every protocol that has a dissector, and sets of them.

use super::{Protocol, expert};
use crate::dissect::protocols::ipv6::extension;
use crate::dissect::protocols::{
    arp, data, dhcp, dns, ethernet, form, frame, gre, http, icmp, icmpv6, igmp, ipsec, ipv4, ipv6, llc,
    media, multipart, named, nbns, ntp, null, quic, sll, ssdp, tcp, tls, udp, vlan,
};

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
    /// Dropbox's search for others in the same network; known by name.
    DropboxDiscovery,
    /// QUIC.
    Quic,
    /// Remarks about a packet; no layer of its own.
    Expert,
    /// A packet that contradicts itself; no layer of its own.
    Malformed,
    /// A packet that the snapshot length has cut; no layer of its own.
    Short,
}

/// The registry, in the order of [`Proto`].
pub static PROTOCOLS: [&Protocol; 63] = [
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
    &form::PROTOCOL,
    &multipart::PROTOCOL,
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
    &named::DROPBOX_DISCOVERY,
    &quic::PROTOCOL,
    &expert::PROTOCOL,
    &expert::MALFORMED,
    &expert::SHORT,
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
            Proto::Ssdp => Proto::Http,
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
                // What stands in certificates has the names of its own formats, wherever a certificate stands.
                let formats = ["x509", "pkcs1.", "pkix1", "ber.", "ns_cert_exts.", "ns.cert.exts."];
                let own = field.name.starts_with(prefix)
                    || shared
                    || prefix == "tls" && formats.iter().any(|f| field.name.starts_with(f));
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
