//! The protocols: one file or folder for each, and the list of them all.
//!
//! A line of the list declares a file, and gives each row in it a name in [`Proto`]. A new protocol needs no other
//! change: `.github/CONTRIBUTING.md` has the recipe.

use super::Protocol;

/// Declares the modules, the names of their rows, and the array of the rows in the same order.
macro_rules! protocols {
    ($($vis:vis mod $module:ident { $($variant:ident = $row:ident $says:literal),+ $(,)? })+) => {
        $($vis mod $module;)+

        /// Every protocol that has a dissector.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Proto {
            $($(#[doc = $says] $variant,)+)+
        }

        impl Proto {
            /// All of them, in the order of [`PROTOCOLS`].
            pub const ALL: [Proto; COUNT] = [$($(Proto::$variant,)+)+];
        }

        /// How many protocols there are.
        pub(super) const COUNT: usize = [$($(stringify!($variant),)+)+].len();

        /// The rows, in the order of [`Proto`].
        pub static PROTOCOLS: [&Protocol; COUNT] = [$($(&$module::$row,)+)+];
    };
}

// A datagram between ports that name no protocol is tried with each protocol's `recognise`, in the order of this
// list.
protocols! {
    pub(super) mod frame { Frame = PROTOCOL "What the capture says about the frame itself." }
    pub(super) mod ethernet { Ethernet = PROTOCOL "Ethernet II and IEEE 802.3." }
    pub(super) mod vlan { Vlan = PROTOCOL "IEEE 802.1Q.", ServiceVlan = SERVICE "IEEE 802.1ad: the outer tag of two." }
    pub(super) mod sll { Sll = PROTOCOL "Linux cooked capture, versions 1 and 2." }
    pub(super) mod null { Null = PROTOCOL "BSD and OpenBSD loopback.", Raw = RAW "Frames that begin with an IP header." }
    pub(super) mod radiotap { Radiotap = PROTOCOL "What an adapter says of a wireless frame." }
    pub(super) mod wlan { Wlan = PROTOCOL "IEEE 802.11: wireless networks." }
    pub(super) mod llc { Llc = PROTOCOL "IEEE 802.2 Logical Link Control." }
    pub(crate) mod arp { Arp = PROTOCOL "Address Resolution Protocol and its relatives." }
    pub(super) mod ipv4 { Ipv4 = PROTOCOL "Internet Protocol, version 4." }
    pub(super) mod ipv6 {
        Ipv6 = PROTOCOL "Internet Protocol, version 6.",
        HopByHop = HOP_BY_HOP "IPv6 hop-by-hop options.",
        Routing = ROUTING "IPv6 routing header.",
        FragmentHeader = FRAGMENT "IPv6 fragment header.",
        DestinationOptions = DESTINATION "IPv6 destination options.",
    }
    pub(super) mod ipsec { Ah = AH "IP Authentication Header.", Esp = ESP "IP Encapsulating Security Payload." }
    pub(super) mod icmp { Icmp = PROTOCOL "Internet Control Message Protocol." }
    pub(super) mod icmpv6 { Icmpv6 = PROTOCOL "Internet Control Message Protocol for IPv6." }
    pub(super) mod igmp { Igmp = PROTOCOL "Internet Group Management Protocol." }
    pub(super) mod gre { Gre = PROTOCOL "Generic Routing Encapsulation." }
    pub(super) mod mpls { Mpls = PROTOCOL "Multiprotocol Label Switching; known by name." }
    pub(super) mod pppoe { PppoeSession = SESSION "PPP over Ethernet, session.", Ppp = PPP "Point-to-Point Protocol." }
    pub(super) mod stp { Stp = PROTOCOL "Spanning Tree Protocol." }
    pub(super) mod lldp { Lldp = PROTOCOL "Link Layer Discovery Protocol." }
    pub(super) mod cdp { Cdp = PROTOCOL "Cisco Discovery Protocol." }
    pub(super) mod ctp { Loop = PROTOCOL "Ethernet configuration test." }
    pub(super) mod eapol {
        Eapol = PROTOCOL "IEEE 802.1X: EAP over LANs.",
        Eap = EAP "Extensible Authentication Protocol.",
    }
    pub(super) mod ospf { Ospf = PROTOCOL "Open Shortest Path First." }
    pub(super) mod named {
        PppoeDiscovery = PPPOE_DISCOVERY "PPP over Ethernet, discovery; known by name.",
        Dccp = DCCP "Datagram Congestion Control Protocol; known by name.",
        Rsvp = RSVP "Resource Reservation Protocol; known by name.",
        Eigrp = EIGRP "Enhanced Interior Gateway Routing Protocol; known by name.",
        Pim = PIM "Protocol Independent Multicast; known by name.",
        Vrrp = VRRP "Virtual Router Redundancy Protocol; known by name.",
        Sctp = SCTP "Stream Control Transmission Protocol; known by name.",
        UdpLite = UDP_LITE "Lightweight User Datagram Protocol; known by name.",
    }
    pub mod tcp { Tcp = PROTOCOL "Transmission Control Protocol." }
    pub(super) mod udp { Udp = PROTOCOL "User Datagram Protocol." }
    pub mod tls { Tls = PROTOCOL "Transport Layer Security." }
    pub(crate) mod http { Http = PROTOCOL "Hypertext Transfer Protocol, version 1.x." }
    pub(super) mod http2 { Http2 = PROTOCOL "Hypertext Transfer Protocol, version 2, in clear." }
    pub(super) mod websocket { WebSocket = PROTOCOL "WebSocket." }
    pub(super) mod lines {
        Ftp = FTP "File Transfer Protocol: the connection of commands.",
        Smtp = SMTP "Simple Mail Transfer Protocol.",
        Pop = POP "Post Office Protocol, version 3.",
        Imap = IMAP "Internet Message Access Protocol.",
    }
    pub(super) mod imf { Imf = PROTOCOL "A mail." }
    pub(super) mod nbss { Nbss = PROTOCOL "NetBIOS Session Service." }
    pub(super) mod smb {
        Smb = FIRST "Server Message Block, version 1.",
        Smb2 = SECOND "Server Message Block, versions 2 and 3.",
    }
    pub(super) mod browser { Browser = PROTOCOL "Microsoft Windows Browser Protocol." }
    pub(super) mod mqtt { Mqtt = PROTOCOL "Message Queuing Telemetry Transport." }
    pub(super) mod telnet { Telnet = PROTOCOL "Telnet." }
    pub(super) mod ssh { Ssh = PROTOCOL "Secure Shell." }
    pub(super) mod media {
        TextLines = TEXT_LINES "A body of lines of text.",
        Xml = XML "A body of XML.",
        Json = JSON "A body of JSON.",
        Png = PNG "Portable Network Graphics.",
        Gif = GIF "Graphics Interchange Format.",
        Jfif = JFIF "JPEG.",
        Media = MEDIA "A body of any other media type.",
    }
    pub(super) mod ocsp { Ocsp = PROTOCOL "Online Certificate Status Protocol." }
    pub(super) mod form { UrlEncoded = PROTOCOL "A form's fields and values." }
    pub(super) mod multipart { Multipart = PROTOCOL "A body of several parts." }
    pub(super) mod data { Data = PROTOCOL "Bytes that no dissector claims." }
    pub mod dns {
        Dns = PROTOCOL "Domain Name System.",
        Mdns = MDNS "Multicast DNS.",
        Llmnr = LLMNR "Link-Local Multicast Name Resolution.",
    }
    pub mod quic { Quic = PROTOCOL "QUIC." }
    pub mod gquic { Gquic = PROTOCOL "Google's QUIC." }
    pub(super) mod wireguard { WireGuard = PROTOCOL "WireGuard." }
    pub(crate) mod stun { Stun = PROTOCOL "Session Traversal Utilities for NAT." }
    pub(super) mod dhcp { Dhcp = PROTOCOL "Dynamic Host Configuration Protocol, and BOOTP." }
    pub(super) mod nbns { Nbns = PROTOCOL "NetBIOS Name Service." }
    pub(super) mod nbdgm { Nbdgm = PROTOCOL "NetBIOS Datagram Service." }
    pub(crate) mod sip {
        Sip = PROTOCOL "Session Initiation Protocol.",
        Sdp = SDP "Session Description Protocol.",
    }
    pub(super) mod rtp { Rtp = PROTOCOL "Real-Time Transport Protocol." }
    pub(super) mod rtcp { Rtcp = PROTOCOL "RTP Control Protocol." }
    pub(crate) mod dtls { Dtls = PROTOCOL "Datagram Transport Layer Security." }
    pub(super) mod ntp { Ntp = PROTOCOL "Network Time Protocol." }
    pub(super) mod vxlan { Vxlan = PROTOCOL "Virtual eXtensible Local Area Network." }
    pub(super) mod geneve { Geneve = PROTOCOL "Generic Network Virtualization Encapsulation." }
    pub(super) mod echo { Echo = PROTOCOL "Echo." }
    pub(super) mod dhcpv6 { Dhcpv6 = PROTOCOL "Dynamic Host Configuration Protocol for IPv6." }
    pub(super) mod tftp { Tftp = PROTOCOL "Trivial File Transfer Protocol." }
    pub(super) mod syslog { Syslog = PROTOCOL "Syslog over UDP." }
    pub(super) mod rip { Rip = PROTOCOL "Routing Information Protocol." }
    pub(super) mod hsrp { Hsrp = PROTOCOL "Cisco Hot Standby Router Protocol." }
    pub(super) mod snmp { Snmp = PROTOCOL "Simple Network Management Protocol." }
    pub(super) mod ssdp { Ssdp = PROTOCOL "Simple Service Discovery Protocol." }
    pub(super) mod dropbox { DropboxDiscovery = PROTOCOL "Dropbox's search for others in the same network; known by name." }
    pub(super) mod expert {
        Expert = PROTOCOL "Remarks about a packet; no layer of its own.",
        Malformed = MALFORMED "A packet that contradicts itself; no layer of its own.",
        Unreassembled = UNREASSEMBLED "A first fragment whose datagram cannot be put together; no layer of its own.",
        Short = SHORT "A packet that the snapshot length has cut; no layer of its own.",
    }
}
