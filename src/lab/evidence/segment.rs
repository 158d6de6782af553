//! The record of one TCP segment, and how it is read from a packet.

use crate::conversation::stream::News;
use crate::direction::Direction;
use crate::dissect::protocols::tcp::{Flags, Header, SeqNo, TcpOption, options};
use crate::dissect::{Address, Proto};
use crate::frame::{FrameNo, Timestamp};
use crate::lab::evidence::segments::Tally;
use crate::packet::Packet;
use rustc_hash::FxHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

/// An address and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Address.
    pub ip: IpAddr,
    /// TCP port.
    pub port: u16,
}

/// Such as `192.168.56.1:44150`, `[fe80::1]:44150`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.ip, self.port).fmt(f)
    }
}

/// The record of one segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Its place in the conversation, from 0.
    pub position: usize,
    /// Counts of the segments before it in the conversation.
    pub before: Tally,
    /// Number of its frame.
    pub frame: FrameNo,
    /// The time at which it was captured; `None` if the file has none.
    pub time: Option<Timestamp>,
    /// Its direction: from the first of the conversation's two ends, or from the second.
    pub from: Direction,
    /// What is new in it: SYN, payload, FIN; or that it is a retransmission or a copy.
    pub news: News,
    /// TCP flags.
    pub flags: Flags,
    /// Raw sequence number.
    pub seq: SeqNo,
    /// Raw acknowledgement number; without meaning where the flag ACK is not set.
    pub ack: SeqNo,
    /// Window as in the header, not scaled.
    pub window: u16,
    /// Bytes of options in the header.
    pub options: u8,
    /// Bytes of payload on the wire, from the length fields of IP and TCP.
    pub len: u32,
    /// Offset of the payload in its direction's stream.
    pub offset: i64,
    /// Index of the recording interface.
    pub interface: u32,
    /// A hash of IP identification, TCP header and payload length, to find copies.
    pub fingerprint: u64,
    /// Other traits of its sender.
    pub traits: Traits,
}

/// Traits of a packet's sender besides TCP's numbers, to compare with the sender's other packets. `None` where the
/// packet does not have the field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// Time to live (IPv4) or hop limit (IPv6) of the header that carries the segment.
    pub ttl: Option<u8>,
    /// Identification of the IPv4 header.
    pub id: Option<u16>,
    /// Hardware address of the sender on this link, where the link layer has one.
    pub mac: Option<[u8; 6]>,
    /// TSval of the timestamps option (RFC 7323, section 3).
    pub tsval: Option<u32>,
    /// The first block of the SACK option (RFC 2018, section 3).
    pub sack: Option<(SeqNo, SeqNo)>,
}

impl Segment {
    /// Whether any of `flags` is set.
    pub fn is(&self, flags: Flags) -> bool {
        self.flags.has(flags)
    }

    /// Whether it brings the first new payload of its side.
    pub fn is_first_part(&self) -> bool {
        self.news.has(News::DATA) && self.before.parts[self.from] == 0
    }

    /// Whether it is a copy of an earlier frame.
    pub fn is_copy(&self) -> bool {
        self.news.has(News::COPY)
    }
}

/// The options of a SYN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Maximum segment size in bytes; `None` without the option.
    pub mss: Option<u16>,
    /// Shift count of the window scale; `None` without the option.
    pub scale: Option<u8>,
    /// Whether selective acknowledgement is permitted.
    pub sack: bool,
    /// Whether there is a timestamps option.
    pub timestamps: bool,
    /// Whether the snapshot length has cut some of the options off, so that absent ones may have been sent.
    pub cut: bool,
}

pub(super) fn read_offer(bytes: &[u8], header: &Header) -> Offer {
    let mut offer = Offer { cut: bytes.len() < usize::from(header.len), ..Offer::default() };
    for (_, _, option) in options(bytes, header) {
        match option {
            TcpOption::Mss(mss) => offer.mss = Some(mss),
            TcpOption::WindowScale(shift) => offer.scale = Some(shift.min(14)),
            TcpOption::SackPermitted => offer.sack = true,
            TcpOption::Timestamps(..) => offer.timestamps = true,
            _ => {}
        }
    }
    offer
}

/// Source and destination of a segment: the addresses of the IP layer that carries it, and its ports. `None` without
/// IP.
pub(super) fn endpoints(packet: &Packet<'_>, header: &Header) -> Option<(Endpoint, Endpoint)> {
    let ip = |address| match address {
        Address::Ipv4(ip) => Some(IpAddr::V4(ip)),
        Address::Ipv6(ip) => Some(IpAddr::V6(ip)),
        Address::None | Address::NotApplicable | Address::Mac(_) => None,
    };
    let (from, to) = packet.addresses();
    Some((Endpoint { ip: ip(from)?, port: header.srcport }, Endpoint { ip: ip(to)?, port: header.dstport }))
}

/// Identification of the IPv4 header; `None` for IPv6.
pub(super) fn identification(packet: &Packet<'_>) -> Option<u16> {
    let layer = packet.context.layers.rfind(Proto::Ipv4)?;
    let id = packet.context.layer_bytes(layer).get(4..6)?;
    Some(u16::from_be_bytes([*id.first()?, *id.get(1)?]))
}

/// A hash that is equal for equal packets, also when different adapters recorded them. Checksums are left out, since
/// a network card may fill them in later.
pub(super) fn fingerprint(packet: &Packet<'_>, bytes: &[u8], header: &Header, len: u32) -> u64 {
    let mut hasher = FxHasher::default();
    identification(packet).hash(&mut hasher);
    bytes.get(..16).hash(&mut hasher);
    bytes.get(18..usize::from(header.len)).hash(&mut hasher);
    len.hash(&mut hasher);
    hasher.finish()
}

/// Reads the traits of a packet's sender.
pub(super) fn traits(packet: &Packet<'_>, bytes: &[u8], header: &Header) -> Traits {
    let mut traits =
        Traits { ttl: ttl(packet), id: identification(packet), mac: mac(packet), ..Traits::default() };
    if header.len > 20 {
        for (_, _, option) in options(bytes, header) {
            match option {
                TcpOption::Timestamps(value, _) => traits.tsval = Some(value),
                TcpOption::Sack(blocks) => {
                    let edge =
                        |at: usize| blocks.get(at..)?.first_chunk().map(|b| SeqNo(u32::from_be_bytes(*b)));
                    traits.sack = edge(0).zip(edge(4));
                }
                _ => {}
            }
        }
    }
    traits
}

fn ttl(packet: &Packet<'_>) -> Option<u8> {
    let layers = packet.context.layers;
    let (layer, at) = match layers.rfind(Proto::Ipv4) {
        Some(layer) => (layer, 8),
        None => (layers.rfind(Proto::Ipv6)?, 7),
    };
    packet.context.layer_bytes(layer).get(at).copied()
}

fn mac(packet: &Packet<'_>) -> Option<[u8; 6]> {
    let layers = packet.context.layers.all();
    let link = layers.iter().rev().find(|l| matches!(l.proto, Proto::Ethernet | Proto::Sll))?;
    match (link.proto.get().addresses)(&packet.context, link).0 {
        Address::Mac(mac) => Some(mac),
        _ => None,
    }
}
