//! What one frame alone does not say: the capture and the conversation fill this in, the dissectors show it.

use super::dns::DnsFacts;
use super::tcp::TcpFacts;
use super::tls::TlsFacts;
use std::net::IpAddr;

/// Facts about one packet from outside its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// From the capture.
    pub frame: FrameFacts,
    /// From the TCP conversation.
    pub tcp: Option<&'a TcpFacts>,
    /// From the TLS connection.
    pub tls: Option<&'a TlsFacts>,
    /// From the UDP conversation.
    pub udp: Option<UdpFacts>,
    /// From the DNS messages before this one.
    pub dns: Option<DnsFacts>,
    /// From matching replies with requests.
    pub icmp: Option<IcmpFacts>,
    /// From putting fragments together.
    pub datagram: Option<&'a Datagram>,
}

/// When a frame came, in relation to others.
#[derive(Clone, Copy, Debug, Default)]
pub struct FrameFacts {
    /// Nanoseconds since the first frame (`frame.time_relative`).
    pub time_relative: i64,
    /// Nanoseconds since the previous captured frame (`frame.time_delta`).
    pub time_delta: i64,
    /// Nanoseconds since the previous displayed frame (`frame.time_delta_displayed`).
    pub time_delta_displayed: i64,
}

/// What the conversation knows about a UDP datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UdpFacts {
    /// Index of the conversation (`udp.stream`).
    pub stream: u32,
    /// Nanoseconds since its first datagram (`udp.time_relative`).
    pub time_relative: i64,
    /// Nanoseconds since its previous datagram (`udp.time_delta`).
    pub time_delta: i64,
}

/// Which echo request an echo reply answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpFacts {
    /// Frame of the request (`icmp.resp_to`, `icmpv6.resp_to`).
    pub request: u64,
    /// Nanoseconds since then (`icmp.resptime` and `icmpv6.resptime`, there in milliseconds).
    pub response_time: i64,
}

/// A datagram that was put together from fragments; it stands with the frame that completed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// Frame, offset and length in bytes of each piece, in the order of their arrival.
    pub pieces: Vec<(u64, u32, u32)>,
    /// Length of the whole payload, in bytes.
    pub len: u32,
}
