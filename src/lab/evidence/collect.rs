//! Gathers the evidence for the lab's answers in one reading of a capture: a compact record for each segment of the
//! lab's port, the first bytes of each direction, and the ARP requests without an answer.

use crate::conversation::stream::{Carried, Half, News};
use crate::direction::Direction;
use crate::dissect::protocols::arp::{Lookup, lookup};
use crate::dissect::protocols::tcp::{Flags, Header};
use crate::dissect::{Layer, Proto};
use crate::frame::{FrameNo, Timestamp};
use crate::lab::evidence::errors::{IcmpError, quoted};
use crate::lab::evidence::segment::{endpoints, fingerprint, identification, read_offer, traits};
use crate::lab::evidence::segments::{Segments, Tally};
use crate::packet::Packet;
use crate::pump::Sink;
use rustc_hash::FxHashMap;
use std::io;
use std::net::Ipv4Addr;
use std::ops::ControlFlow;

pub use crate::lab::evidence::segment::{Endpoint, Offer, Segment, Traits};

/// A TCP conversation of the lab's port as it was captured.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// tshark's `tcp.stream`.
    pub stream: u32,
    /// The two ends; the first is the sender of the first captured frame.
    pub ends: [Endpoint; 2],
    /// Each end's stream.
    pub halves: [Half; 2],
    /// The options in each end's first SYN; `None` where no SYN was captured.
    pub offers: [Option<Offer>; 2],
    /// The segments, in the order of the capture.
    pub segments: Segments,
    /// The first ICMP errors that quote a segment of it; their frames are not among the segments.
    pub errors: Vec<IcmpError>,
    /// Nanoseconds from its last segment to the capture's last frame; `None` without times.
    pub quiet: Option<i64>,
}

/// An ARP request that got no answer in the capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The address that asked.
    pub asker: Ipv4Addr,
    /// The address that was asked for.
    pub target: Ipv4Addr,
    /// The frames of the requests.
    pub frames: Vec<FrameNo>,
}

/// The number of segments kept of a conversation: the pair `(n, kept)` holds for those of the first n conversations
/// that no earlier pair covers. A lab has a few short conversations, which are kept whole; other captures are kept in
/// part.
const KEPT: [(usize, usize); 3] = [(64, 2048), (1024, 128), (MOST_CONVERSATIONS, 64)];
/// The most bytes of one direction's text that are kept and shown.
pub const TEXT_LIMIT: usize = 16_384;
/// The most bytes that are kept of all texts together.
const TEXTS: usize = 4 << 20;
/// The most ICMP errors that are kept of one conversation.
const MOST_ERRORS: usize = 16;
/// Conversations that are described; further ones are only counted.
pub const MOST_CONVERSATIONS: usize = 4096;
/// The most ARP requests remembered for each pair of addresses.
const ARP_FRAMES: usize = 16;
/// The most pairs of addresses whose ARP requests are remembered.
const ARP_PAIRS: usize = 1024;
/// Two equal frames without an IP identification are copies if they are at most this many nanoseconds apart: less
/// than any retransmission timer.
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
    /// How many bytes of text may still be kept.
    room: usize,
    /// The time of the capture's last frame so far.
    last: Option<Timestamp>,
}

/// The evidence of one capture.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Conversations of the lab's port, in the order of their first frames.
    pub conversations: Vec<Conversation>,
    /// Unanswered ARP requests.
    pub unresolved: Vec<Unresolved>,
    /// Number of frames in the capture.
    pub frames: u64,
    /// Number of conversations of the lab's port beyond the first [`MOST_CONVERSATIONS`]; nothing else of them is
    /// kept.
    pub further: u64,
}

impl Collector {
    /// Gathers conversations with this TCP port at one end.
    pub fn new(port: u16) -> Collector {
        Collector { port, room: TEXTS, ..Collector::default() }
    }

    /// Restricts it to the conversations with these numbers (tshark's `tcp.stream`); an empty list restricts nothing.
    #[must_use]
    pub fn only(self, streams: &[u32]) -> Collector {
        Collector { only: streams.to_vec(), ..self }
    }

    /// What was gathered.
    pub fn into_evidence(self) -> Evidence {
        let Collector { mut conversations, arp: unresolved, frames, further, last, .. } = self;
        for c in &mut conversations {
            let own = c.segments.iter().next_back().and_then(|s| s.time);
            c.quiet = last.zip(own).map(|(last, own)| last.since(own));
        }
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

    /// Begins a conversation and returns its index; `None` if it is not wanted or is beyond the limit.
    fn begin(&mut self, stream: u32, from: Endpoint, to: Endpoint) -> Option<usize> {
        if !self.only.is_empty() && !self.only.contains(&stream) {
            return None;
        }
        let index = self.conversations.len();
        let Some((_, segments)) = KEPT.into_iter().find(|(below, _)| index < *below) else {
            // Streams are numbered in the order in which they begin, so a number above all earlier ones is a new
            // stream.
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
            errors: Vec::new(),
            quiet: None,
        });
        Some(index)
    }

    /// Adds an ICMP error to the newest conversation between the two ends that it quotes.
    fn error(&mut self, packet: &Packet<'_>) {
        let layers = packet.context.layers;
        if !layers.has(Proto::Icmp) && !layers.has(Proto::Icmpv6) {
            return;
        }
        let Some(error) = quoted(packet) else { return };
        let (from, to) = error.ends;
        let newest = self.conversations.iter_mut().rev();
        let mut about = newest.filter(|c| c.ends == [from, to] || c.ends == [to, from]);
        if let Some(c) = about.next().filter(|c| c.errors.len() < MOST_ERRORS) {
            c.errors.push(error);
        }
    }

    fn arp(&mut self, packet: &Packet<'_>) {
        let context = &packet.context;
        let Some(layer) = context.layers.find(Proto::Arp) else { return };
        match lookup(context.layer_bytes(layer)) {
            Some(Lookup::Reply(sender, target)) => {
                self.arp.retain(|u| (u.target, u.asker) != (sender, target));
            }
            Some(Lookup::Request(asker, target)) if asker != target && !asker.is_unspecified() => {
                self.asks(asker, target, context.frame.no);
            }
            _ => {}
        }
    }

    fn asks(&mut self, asker: Ipv4Addr, target: Ipv4Addr, frame: FrameNo) {
        let known = self.arp.iter().position(|u| (u.asker, u.target) == (asker, target));
        if let Some(known) = known.and_then(|at| self.arp.get_mut(at)) {
            if known.frames.len() < ARP_FRAMES {
                known.frames.push(frame);
            }
        } else if self.arp.len() < ARP_PAIRS {
            self.arp.push(Unresolved { asker, target, frames: vec![frame] });
        }
    }
}

impl Sink for Collector {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        self.frames += 1;
        self.last = packet.context.frame.time.max(self.last);
        match packet.tcp() {
            Some((layer, header)) if header.srcport == self.port || header.dstport == self.port => {
                self.segment(packet, layer, &header);
            }
            Some(_) => {}
            None if packet.context.layers.has(Proto::Arp) => self.arp(packet),
            None => self.error(packet),
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
        // The length comes from the length fields, so it is right even where the snapshot length has cut the options
        // off.
        let len = layer.payload_len();
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
            traits: traits(packet, bytes, header),
        };
        // A reset's numbers do not advance the stream: it answers a packet that should not have come.
        if !s.is(Flags::RST) {
            self.advance(&mut s, (ctx.payload(layer), room), bytes, header);
        }
        if self.copies(&s, identification(packet).is_some_and(|id| id != 0)) {
            s.news = s.news.with(News::COPY);
        }
        self.segments.push(s);
    }

    /// Adds a segment to its stream, and keeps as much of its payload as there is room for.
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
        // The copies of one packet come close together; the more adapters record, the more frames lie between them.
        let mut spoken = false;
        self.segments.iter().rev().take(64).any(|o| {
            if o.from != s.from {
                spoken |= o.interface == s.interface;
                return false;
            }
            // Nearly all comparisons end at this one.
            if o.fingerprint != s.fingerprint {
                return false;
            }
            let apart = s.time.zip(o.time).map_or(0, |(now, then)| now.since(then).abs());
            // A frame that follows one of the other side was sent again as an answer, such as the SYN,ACK to a
            // repeated SYN, and is no copy.
            let tells = s.interface != o.interface || !spoken && (s.len > 0 || s.is(Flags::SYN));
            identified || tells && apart < COPY_WINDOW
        })
    }
}
