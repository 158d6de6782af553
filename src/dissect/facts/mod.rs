//! What a frame alone does not say about itself. The capture and the conversation fill these facts in; the dissectors
//! show them.

mod dns;
mod http;
mod http2;
mod lines;
mod quic;
mod seq;
mod ssh;
mod tcp;
pub mod tls;

pub use dns::DnsFacts;
pub use http::{HttpFacts, Tunnel};
pub use http2::{HeaderField, HeaderItem, HeaderSays, Http2Body, Http2Facts, Wording};
pub use lines::{LineFacts, Stage};
pub use quic::{InitialFacts, QuicFacts, Repeat};
pub use seq::SeqNo;
pub use ssh::{KeyExchange, SshFacts};
pub use tcp::{Closing, Findings, Scale, TcpFacts};
pub use tls::TlsFacts;

use super::over_tcp::Agreed;
use super::protocols::gquic;
use crate::field::At;
use std::net::IpAddr;

/// Facts about one packet from outside its bytes. A fact is `None` where its source has nothing to say.
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
    /// For a packet of Google's QUIC: its version and its sender.
    pub gquic: Option<gquic::Known>,
    /// From the QUIC connection.
    pub quic: Option<&'a QuicFacts>,
    /// From the applications over TCP; `None` for a segment that matters to none of them.
    pub app: Option<&'a AppFacts>,
    /// From putting fragments together.
    pub datagram: Option<&'a Datagram>,
    /// For a fragment: the frame that completes its datagram (`ip.reassembled_in`); known only after a first pass
    /// over the capture.
    pub reassembled_in: Option<u64>,
}

/// The time of a frame in relation to other frames.
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
    /// Nanoseconds since the first datagram of the conversation (`udp.time_relative`), and since the previous one
    /// (`udp.time_delta`); `None` for a datagram without payload.
    pub times: Option<(i64, i64)>,
}

/// What is known about the conversation of a packet that an ICMP error quotes.
#[derive(Clone, Copy, Debug)]
pub enum Quoted<'a> {
    /// The quoted packet is a TCP segment whose header is there in full.
    Tcp(&'a TcpFacts),
    /// The quoted packet is a UDP datagram.
    Udp(UdpFacts),
}

/// How echo requests and echo replies belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcmpFacts {
    /// A reply.
    Reply {
        /// Frame of the request (`icmp.resp_to`, `icmpv6.resp_to`).
        request: u64,
        /// Nanoseconds since the request (`icmp.resptime` and `icmpv6.resptime`, which are in milliseconds).
        time: i64,
    },
    /// A request: the frame that answers it (`icmp.resp_in`, `icmpv6.resp_in`); known only after a first pass over
    /// the capture.
    AnsweredIn(u64),
    /// A request that no later frame answers (`icmp.no_resp`, `icmpv6.no_resp`).
    Unanswered,
    /// A request to several machines: no single answer is expected.
    ToMany {
        /// Whether it went to all machines of a network; otherwise it went to a multicast group.
        broadcast: bool,
    },
}

/// Addresses of an ARP packet that another machine has claimed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArpFacts {
    /// The claim to the sender's address.
    pub sender: Option<Duplicate>,
    /// The claim to the target's address.
    pub target: Option<Duplicate>,
}

/// An earlier claim to an IP address by another hardware address (`arp.duplicate-address-detected`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The hardware address in the earlier packet.
    pub mac: [u8; 6],
    /// The earlier frame (`arp.duplicate-address-frame`).
    pub frame: u64,
    /// Whole seconds since that frame (`arp.seconds-since-duplicate-address-frame`).
    pub seconds: u32,
}

/// A datagram that was reassembled from fragments. The facts of the frame that completed it hold it.
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

/// One piece of a datagram or message that was reassembled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The frame that brought it.
    pub frame: u64,
    /// Where it begins in the whole, in bytes.
    pub offset: u32,
    /// Its length in bytes.
    pub len: u32,
    /// Whether earlier pieces have some of the same bytes.
    pub overlap: Overlap,
}

impl Piece {
    /// A piece that overlaps no other.
    pub const fn new(frame: u64, offset: u32, len: u32) -> Piece {
        Piece { frame, offset, len, overlap: Overlap::None }
    }

    /// Whether `self` and `other` share at least one byte of the whole.
    pub const fn overlaps(&self, other: &Piece) -> bool {
        let (end, other_end) = (self.offset.saturating_add(self.len), other.offset.saturating_add(other.len));
        self.offset < other_end && other.offset < end
    }
}

/// Whether earlier pieces brought some of a piece's bytes already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// They brought none.
    #[default]
    None,
    /// They brought some, with the same content.
    Same,
    /// They brought some, with other content.
    Conflict,
}

/// What the applications over TCP say about one packet. The memory is used again for the next packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppFacts {
    /// For each HTTP message, in the order of its layers.
    pub http: Vec<HttpFacts>,
    /// For each frame of HTTP/2, in the order of its layers.
    pub http2: Vec<Http2Facts>,
    /// The state of the TLS connection, where the packet has TLS records.
    pub tls: Option<TlsFacts>,
    /// Handshake messages of TLS that end in this packet, each with the records that it was put together from.
    pub handshakes: Vec<Reassembled>,
    /// For each DNS message, in the order of its layers.
    pub dns: Vec<Option<DnsFacts>>,
    /// Messages that end in this packet and begin in an earlier one.
    pub reassembled: Vec<Reassembled>,
    /// The parts of the TCP payload that belong to messages of several segments, complete or not.
    pub segment_data: Vec<At>,
    /// Whether the payload repeats the beginning of a message that was reassembled before.
    pub stale: bool,
    /// The tunnel through which the packet goes, where HTTP's CONNECT opened one.
    pub tunnel: Option<Tunnel>,
    /// The state of the SSH connection, where the packet has messages of SSH.
    pub ssh: Option<SshFacts>,
    /// What is known about messages that consist of lines: FTP, IMAP, SMTP, POP.
    pub lines: LineFacts,
    /// For messages of MQTT: the protocol version that the client has named; 0 as long as it has named none.
    pub mqtt: u8,
    /// The first line of a message that is not complete in this packet, for the Info column; empty if there is none
    /// to show.
    pub begun: Vec<u8>,
    /// A fixed text for the Info column instead, where such a message has no line of its own.
    pub begun_text: Option<&'static str>,
    /// For each message of SMB 2, in the order of its layers: the name of the file that it is about; empty if
    /// unknown.
    pub smb_files: Vec<String>,
}

impl AppFacts {
    /// Adds what both ends of the connection agreed on by the end of a first pass.
    pub(crate) fn agreed(&mut self, agreed: &Agreed) {
        if let Some(tls) = self.tls.as_mut().filter(|_| agreed.tls.0 != 0) {
            (tls.session.version, tls.session.suite) = agreed.tls;
        }
        if let Some(ssh) = &mut self.ssh {
            ssh.known |= agreed.ssh;
        }
    }

    /// Forgets the facts of the last packet.
    pub(crate) fn clear(&mut self) {
        self.http.clear();
        self.http2.clear();
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

/// A message that was reassembled from several segments or records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reassembled {
    /// The number of the source that holds its bytes.
    pub source: u8,
    /// Its pieces, in the order of their offsets.
    pub pieces: Vec<Piece>,
    /// Length in bytes.
    pub len: u32,
}
