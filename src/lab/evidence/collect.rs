//! Gathers what the lab's answers rest on while a capture is read once: a compact record a segment of the lab's
//! port, the first bytes of each direction, and the ARP requests that nobody answered.

use crate::conversation::stream::{Carried, Half, News};
use crate::direction::Direction;
use crate::dissect::protocols::tcp::{Flags, Header, SeqNo, TcpOption, options};
use crate::dissect::{Address, Layer, Proto};
use crate::frame::{FrameNo, LinkType, Timestamp};
use crate::lab::evidence::segments::{Segments, Tally};
use crate::packet::Packet;
use crate::pump::Sink;
use rustc_hash::{FxHashMap, FxHasher};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::ControlFlow;

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

/// What is remembered of one segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Its place in the conversation, from 0.
    pub position: usize,
    /// How many of a kind the conversation has before it.
    pub before: Tally,
    /// Its frame.
    pub frame: FrameNo,
    /// When it was captured.
    pub time: Option<Timestamp>,
    /// From which of the conversation's two ends it comes.
    pub from: Direction,
    /// What it brought that was new.
    pub news: News,
    /// Flags.
    pub flags: Flags,
    /// Raw sequence number.
    pub seq: SeqNo,
    /// Raw acknowledgement number; means nothing without ACK.
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
    /// Equal for frames whose IP identification, TCP header and payload length are equal.
    pub fingerprint: u64,
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

/// What a SYN offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Maximum segment size, where the option is there.
    pub mss: Option<u16>,
    /// Window scale: the shift count.
    pub scale: Option<u8>,
    /// Selective acknowledgement permitted.
    pub sack: bool,
    /// Timestamps.
    pub timestamps: bool,
    /// The snapshot length has cut off some of the options: what is not here may have been offered.
    pub cut: bool,
}

/// A TCP conversation of the lab's port as it was captured.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// tshark's `tcp.stream`.
    pub stream: u32,
    /// The two ends; the sender of the first captured frame is the first.
    pub ends: [Endpoint; 2],
    /// Each end's stream.
    pub halves: [Half; 2],
    /// What each end's first SYN offers.
    pub offers: [Option<Offer>; 2],
    /// The segments, in the order of the capture.
    pub segments: Segments,
}

/// An ARP request that got no answer in the capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// Who asked.
    pub asker: Ipv4Addr,
    /// For which address.
    pub target: Ipv4Addr,
    /// The frames of the requests.
    pub frames: Vec<FrameNo>,
}

/// Segments that are kept of a conversation, by how many came before it. A lab has a handful of short conversations;
/// of a capture that is something else, the first ones are described.
const KEPT: [(usize, usize); 3] = [(64, 2048), (1024, 128), (MOST_CONVERSATIONS, 64)];
/// Bytes of a text that are kept and shown, at most.
const TEXT_LIMIT: usize = 16_384;
/// Bytes of all texts together that are kept.
const TEXTS: usize = 4 << 20;
/// Conversations that are described; of more it is counted how many there are.
pub const MOST_CONVERSATIONS: usize = 4096;
/// Requests remembered for each pair of addresses.
const ARP_FRAMES: usize = 16;
/// Pairs of addresses whose requests are remembered.
const ARP_PAIRS: usize = 1024;
/// Without an IP identification, two equal frames within this many nanoseconds are copies; sooner than any timer.
const COPY_WINDOW: i64 = 50_000_000;

/// Gathers the evidence of one capture; a [`Sink`] for every packet of it, in order.
#[derive(Default)]
pub struct Collector {
    port: u16,
    index: FxHashMap<u32, usize>,
    conversations: Vec<Conversation>,
    arp: Vec<Unresolved>,
    frames: u64,
    further: u64,
    newest: Option<u32>,
    only: Vec<u32>,
    /// Bytes of text that may still be kept.
    room: usize,
}

/// The evidence of one capture.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Conversations of the lab's port, in the order of their first frames.
    pub conversations: Vec<Conversation>,
    /// Unanswered ARP requests.
    pub unresolved: Vec<Unresolved>,
    /// Frames in the capture.
    pub frames: u64,
    /// Conversations of the lab's port beyond the first [`MOST_CONVERSATIONS`]: they are counted and no more.
    pub further: u64,
}

impl Collector {
    /// Gathers conversations of which one end has this TCP port.
    pub fn new(port: u16) -> Collector {
        Collector { port, room: TEXTS, ..Collector::default() }
    }

    /// Gathers of these conversations only, unless the list is empty: tshark's `tcp.stream`.
    #[must_use]
    pub fn only(self, streams: &[u32]) -> Collector {
        Collector { only: streams.to_vec(), ..self }
    }

    /// What was gathered.
    pub fn into_evidence(self) -> Evidence {
        let Collector { conversations, arp: unresolved, frames, further, .. } = self;
        Evidence { conversations, unresolved, frames, further }
    }

    fn segment(&mut self, packet: &Packet<'_>, layer: &Layer, header: &Header) {
        let Some(facts) = packet.context.facts.tcp else { return };
        let Some((from, to)) = endpoints(packet, header) else { return };
        let Some(at) = self.known(facts.stream).or_else(|| self.begin(facts.stream, from, to)) else {
            return;
        };
        if let Some(conversation) = self.conversations.get_mut(at) {
            let from = Direction::from_first(conversation.ends[0] == from);
            conversation.take(packet, layer, header, from, &mut self.room);
        }
    }

    fn known(&self, stream: u32) -> Option<usize> {
        self.index.get(&stream).copied()
    }

    /// Begins a conversation, if there is room for one more.
    fn begin(&mut self, stream: u32, from: Endpoint, to: Endpoint) -> Option<usize> {
        if !self.only.is_empty() && !self.only.contains(&stream) {
            return None;
        }
        let index = self.conversations.len();
        let Some((_, segments)) = KEPT.into_iter().find(|(below, _)| index < *below) else {
            // Streams are numbered as they begin, so a higher number than all before is one more.
            if self.newest.is_none_or(|newest| stream > newest) {
                self.newest = Some(stream);
                self.further += 1;
            }
            return None;
        };
        self.newest = Some(stream);
        self.index.insert(stream, index);
        self.conversations.push(Conversation {
            stream,
            ends: [from, to],
            halves: [Half::new(TEXT_LIMIT), Half::new(TEXT_LIMIT)],
            offers: [None, None],
            segments: Segments::new(segments),
        });
        Some(index)
    }

    fn arp(&mut self, packet: &Packet<'_>) {
        let Some((operation, sender, target)) = arp(packet) else { return };
        if operation == 2 {
            self.arp.retain(|u| (u.target, u.asker) != (sender, target));
        } else if operation == 1 && sender != target && !sender.is_unspecified() {
            let frame = packet.context.frame.no;
            let known = self.arp.iter().position(|u| (u.asker, u.target) == (sender, target));
            if let Some(known) = known.and_then(|at| self.arp.get_mut(at)) {
                if known.frames.len() < ARP_FRAMES {
                    known.frames.push(frame);
                }
            } else if self.arp.len() < ARP_PAIRS {
                self.arp.push(Unresolved { asker: sender, target, frames: vec![frame] });
            }
        }
    }
}

impl Sink for Collector {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.frames += 1;
        match packet.tcp() {
            Some((layer, header)) if header.srcport == self.port || header.dstport == self.port => {
                self.segment(packet, layer, &header);
            }
            Some(_) => {}
            None => self.arp(packet),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Conversation {
    fn take(
        &mut self,
        packet: &Packet<'_>,
        layer: &Layer,
        header: &Header,
        from: Direction,
        room: &mut usize,
    ) {
        let ctx = &packet.context;
        let bytes = ctx.layer_bytes(layer);
        // From the length fields, also where the snapshot length has cut the options away.
        let len = layer.end.saturating_sub(layer.start).saturating_sub(header.len.into());
        let mut s = Segment {
            position: 0,
            before: Tally::default(),
            frame: ctx.frame.no,
            time: ctx.frame.time,
            from,
            news: News::default(),
            flags: header.flags,
            seq: header.seq,
            ack: header.ack,
            window: header.window,
            options: header.len.saturating_sub(20),
            len,
            offset: 0,
            interface: ctx.frame.interface,
            fingerprint: fingerprint(packet, bytes, header, len),
        };
        // What a reset says about numbers is not to be trusted: it answers what should not have come.
        if !s.is(Flags::RST) {
            self.advance(&mut s, (ctx.payload(layer), room), bytes, header);
        }
        if self.copies(&s, identification(packet).is_some_and(|id| id != 0)) {
            s.news = s.news.with(News::COPY);
        }
        self.segments.push(s);
    }

    /// Adds a segment to its stream; of its payload as much is kept as there is room for.
    fn advance(
        &mut self,
        s: &mut Segment,
        (payload, room): (&[u8], &mut usize),
        bytes: &[u8],
        header: &Header,
    ) {
        let [own, other] = s.from.split(&mut self.halves);
        let (syn, fin) = (s.is(Flags::SYN), s.is(Flags::FIN));
        (s.news, s.offset) = own.take(&Carried { seq: s.seq, syn, fin, len: s.len, payload }, room);
        if s.is(Flags::ACK) {
            if syn {
                other.begins_at(s.ack);
            }
            other.acknowledged(s.ack);
        }
        if syn {
            self.offers[s.from].get_or_insert_with(|| read_offer(bytes, header));
        }
    }

    /// Whether a frame that looks the same was recorded shortly before.
    fn copies(&self, s: &Segment, identified: bool) -> bool {
        // The copies of one packet come close together; how close depends on how many adapters record.
        let mut spoken = false;
        self.segments.iter().rev().take(64).any(|o| {
            if o.from != s.from {
                spoken |= o.interface == s.interface;
                return false;
            }
            let apart = s.time.zip(o.time).map_or(0, |(now, then)| now.since(then).abs());
            // What answers a packet of the other side was sent anew, such as the SYN,ACK to a repeated SYN.
            let tells = s.interface != o.interface || !spoken && (s.len > 0 || s.is(Flags::SYN));
            o.fingerprint == s.fingerprint && (identified || tells && apart < COPY_WINDOW)
        })
    }
}

fn read_offer(bytes: &[u8], header: &Header) -> Offer {
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

/// The addresses of the IP layer that carries the segment, with its ports.
fn endpoints(packet: &Packet<'_>, header: &Header) -> Option<(Endpoint, Endpoint)> {
    let ip = |address| match address {
        Address::Ipv4(ip) => Some(IpAddr::V4(ip)),
        Address::Ipv6(ip) => Some(IpAddr::V6(ip)),
        Address::None | Address::NotApplicable | Address::Mac(_) => None,
    };
    let (from, to) = packet.addresses();
    Some((Endpoint { ip: ip(from)?, port: header.srcport }, Endpoint { ip: ip(to)?, port: header.dstport }))
}

/// The identification of the IPv4 header.
fn identification(packet: &Packet<'_>) -> Option<u16> {
    let layer = packet.context.layers.rfind(Proto::Ipv4)?;
    let id = packet.context.layer_bytes(layer).get(4..6)?;
    Some(u16::from_be_bytes([*id.first()?, *id.get(1)?]))
}

/// Equal for equal packets wherever they were recorded. Checksums are left out: a network card may fill them in later.
fn fingerprint(packet: &Packet<'_>, bytes: &[u8], header: &Header, len: u32) -> u64 {
    let mut hasher = FxHasher::default();
    identification(packet).hash(&mut hasher);
    bytes.get(..16).hash(&mut hasher);
    bytes.get(18..usize::from(header.len)).hash(&mut hasher);
    len.hash(&mut hasher);
    hasher.finish()
}

/// Operation, sender and target of an ARP packet for IPv4 over Ethernet (RFC 826).
fn arp(packet: &Packet<'_>) -> Option<(u16, Ipv4Addr, Ipv4Addr)> {
    let ctx = &packet.context;
    if ctx.frame.link != LinkType::ETHERNET {
        return None;
    }
    let layer = ctx.layers.find(Proto::Ethernet)?;
    let b = ctx.layer_bytes(layer).get(12..42)?;
    let (kind, rest) = b.split_at_checked(2)?;
    if kind != [0x08, 0x06] || rest.get(..6)? != [0, 1, 8, 0, 6, 4] {
        return None;
    }
    let ip = |at: usize| rest.get(at..)?.first_chunk::<4>().map(|o| Ipv4Addr::from(*o));
    let operation = rest.get(6..)?.first_chunk::<2>().map(|o| u16::from_be_bytes(*o))?;
    Some((operation, ip(14)?, ip(24)?))
}
