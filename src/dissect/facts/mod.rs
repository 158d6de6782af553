//! What one frame alone does not say: the capture and the conversation fill this in, the dissectors show it.

mod dns;
mod http;
mod lines;
mod quic;
mod seq;
mod ssh;
mod tcp;
pub mod tls;

pub use dns::DnsFacts;
pub use http::{HttpFacts, Tunnel};
pub use lines::{LineFacts, Stage};
pub use quic::{InitialFacts, QuicFacts};
pub use seq::SeqNo;
pub use ssh::{KeyExchange, SshFacts};
pub use tcp::{Closing, Findings, Scale, TcpFacts};
pub use tls::TlsFacts;

use super::over_tcp::Agreed;
use crate::field::At;
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
    /// From the conversation that an ICMP error is about.
    pub quoted: Option<Quoted<'a>>,
    /// From the DNS messages before this one.
    pub dns: Option<DnsFacts>,
    /// From matching replies with requests.
    pub icmp: Option<IcmpFacts>,
    /// From the ARP packets before this one.
    pub arp: Option<ArpFacts>,
    /// From the messages of SSDP before this one.
    pub ssdp: Option<&'a HttpFacts>,
    /// For a datagram of DTLS: the version that its ends use, 0 as long as none is known.
    pub dtls: u16,
    /// From the QUIC connection.
    pub quic: Option<&'a QuicFacts>,
    /// From the applications over TCP.
    pub app: Option<&'a AppFacts>,
    /// From putting fragments together.
    pub datagram: Option<&'a Datagram>,
    /// For a fragment: the frame that completes its datagram (`ip.reassembled_in`), where later frames were looked at
    /// before.
    pub reassembled_in: Option<u64>,
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
    /// Nanoseconds since its first datagram (`udp.time_relative`), and since its previous one (`udp.time_delta`), if it
    /// carries anything.
    pub times: Option<(i64, i64)>,
}

/// What is known of the conversation that an ICMP error quotes.
#[derive(Clone, Copy, Debug)]
pub enum Quoted<'a> {
    /// Of a TCP segment whose header is all there.
    Tcp(&'a TcpFacts),
    /// Of a UDP datagram.
    Udp(UdpFacts),
}

/// How echo requests and echo replies belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcmpFacts {
    /// A reply.
    Reply {
        /// Frame of the request (`icmp.resp_to`, `icmpv6.resp_to`).
        request: u64,
        /// Nanoseconds since then (`icmp.resptime` and `icmpv6.resptime`, there in milliseconds).
        time: i64,
    },
    /// A request: the frame that answers it (`icmp.resp_in`, `icmpv6.resp_in`), where later frames were looked at before.
    AnsweredIn(u64),
    /// A request that no later frame answers (`icmp.no_resp`, `icmpv6.no_resp`).
    Unanswered,
    /// A request to several machines: no single answer is expected.
    ToMany {
        /// To all of a network, not to a group.
        broadcast: bool,
    },
}

/// Which addresses of an ARP packet another machine has used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArpFacts {
    /// The sender's.
    pub sender: Option<Duplicate>,
    /// The target's.
    pub target: Option<Duplicate>,
}

/// An earlier use of an IP address (`arp.duplicate-address-detected`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The hardware address of its user.
    pub mac: [u8; 6],
    /// The frame that says so (`arp.duplicate-address-frame`).
    pub frame: u64,
    /// Whole seconds since then (`arp.seconds-since-duplicate-address-frame`).
    pub seconds: u32,
}

/// A datagram that was put together from fragments; it stands with the frame that completed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// Its pieces, in the order of their offsets.
    pub pieces: Vec<Piece>,
    /// Length of the whole payload, in bytes.
    pub len: u32,
}

/// One piece of something that was put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The frame that brought it.
    pub frame: u64,
    /// Where it begins in the whole, in bytes.
    pub offset: u32,
    /// Its length in bytes.
    pub len: u32,
    /// What it has in common with pieces before it.
    pub overlap: Overlap,
}

impl Piece {
    /// A piece that overlaps no other.
    pub const fn new(frame: u64, offset: u32, len: u32) -> Piece {
        Piece { frame, offset, len, overlap: Overlap::None }
    }

    /// Whether both have a byte of the same place.
    pub const fn overlaps(&self, other: &Piece) -> bool {
        let (end, other_end) = (self.offset.saturating_add(self.len), other.offset.saturating_add(other.len));
        self.offset < other_end && other.offset < end
    }
}

/// Whether bytes of a piece came more than once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// None did.
    #[default]
    None,
    /// Some did, and are the same.
    Same,
    /// Some did, and differ.
    Conflict,
}

/// What the applications over TCP say about a packet; used again for the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppFacts {
    /// For each HTTP message, in the order of its layers.
    pub http: Vec<HttpFacts>,
    /// For the TLS records.
    pub tls: Option<TlsFacts>,
    /// Handshake messages of TLS that ended in this packet, each with the records that it was put together from.
    pub handshakes: Vec<Reassembled>,
    /// For each DNS message, in the order of its layers.
    pub dns: Vec<Option<DnsFacts>>,
    /// Messages that ended in this packet and began in another.
    pub reassembled: Vec<Reassembled>,
    /// The parts of the payload that belong to such messages, complete or not.
    pub segment_data: Vec<At>,
    /// It repeats the beginning of a message that was put together before.
    pub stale: bool,
    /// The tunnel that HTTP has opened for it.
    pub tunnel: Option<Tunnel>,
    /// For messages of SSH.
    pub ssh: Option<SshFacts>,
    /// For messages of lines.
    pub lines: LineFacts,
    /// For messages of MQTT: the version that the client has named; 0 where it has not.
    pub mqtt: u8,
    /// The first line of a message that is not complete in this packet; empty if none is shown.
    pub begun: Vec<u8>,
    /// What stands in its place where the message says nothing itself.
    pub begun_text: Option<&'static str>,
    /// For each message of SMB 2, in the order of its layers: the file that it is about; empty if that is not known.
    pub smb_files: Vec<String>,
}

impl AppFacts {
    /// Adds what both ends have agreed on in the end.
    pub(crate) fn agreed(&mut self, agreed: &Agreed) {
        if let Some(tls) = self.tls.as_mut().filter(|_| agreed.tls.0 != 0) {
            (tls.session.version, tls.session.suite) = agreed.tls;
        }
        if let Some(ssh) = &mut self.ssh {
            ssh.known |= agreed.ssh;
        }
    }

    /// Forgets the last packet's.
    pub(crate) fn clear(&mut self) {
        self.http.clear();
        self.tls = None;
        self.handshakes.clear();
        self.dns.clear();
        self.reassembled.clear();
        self.segment_data.clear();
        self.stale = false;
        self.tunnel = None;
        self.begun.clear();
        self.begun_text = None;
        self.smb_files.clear();
        self.ssh = None;
        self.mqtt = 0;
        self.lines.directory.clear();
        self.lines.request = None;
        self.lines.stage = Stage::Command;
    }
}

/// A message that was put together from several segments or records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reassembled {
    /// The source that holds it.
    pub source: u8,
    /// Its pieces, in the order of their offsets.
    pub pieces: Vec<Piece>,
    /// Length in bytes.
    pub len: u32,
}
