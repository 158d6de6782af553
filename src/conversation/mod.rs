//! Conversations: both directions of a connection. Numbering, TCP analysis and reassembly, as Wireshark defines them.

mod defrag;
mod key;
mod pdu;
mod ping;
mod reassembly;
mod tcp;

pub use key::Key;

use crate::dissect::read::Read;
use crate::dissect::tcp::{Header, TcpFacts};
use crate::dissect::{self, AppFacts, Buffers, Context, Facts, FrameFacts, Layers, Proto, UdpFacts, Work};
use crate::frame::Frame;
use defrag::Defragmenter;
use ping::Pings;
use reassembly::{Payload, Reassembler};
use rustc_hash::FxHashMap;
use tcp::{Segment, Stream};

/// Follows all conversations of a capture, frame by frame in order.
#[derive(Default)]
pub struct Tracker {
    layers: Layers,
    buffers: Buffers,
    fragments: Defragmenter,
    clock: Clock,
    tcp: TcpStreams,
    tcp_facts: TcpFacts,
    apps: Reassembler,
    app_facts: AppFacts,
    udp: UdpStreams,
    pings: Pings,
}

/// The times that others are told relative to, nanoseconds since the epoch.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    first: Option<i64>,
    previous: i64,
    displayed: Option<i64>,
}

/// One UDP conversation: its index, and when its first and its last datagram came.
#[derive(Clone, Copy, Debug)]
struct UdpStream {
    index: u32,
    first: i64,
    last: i64,
}

impl Tracker {
    /// Nothing seen yet.
    pub fn new() -> Tracker {
        Tracker::default()
    }

    /// Takes the next frame; what it says lives until the next call.
    pub fn track<'a>(&'a mut self, frame: &'a Frame<'a>) -> Context<'a> {
        dissect::decode(frame, &mut self.layers);
        self.buffers.clear();
        let facts = Facts { frame: self.clock.tick(frame), ..Facts::default() };
        let whole = self.layers.fragment.is_some() && self.reassemble_datagram(frame);
        let time = frame.time.map_or(0, |t| t.nanos());
        let tcp = self.tcp_segment(frame, time);
        let buffers = self.buffers.filled();
        let mut context = Context { frame, layers: &self.layers, buffers, facts };
        if whole {
            context.facts.datagram = self.fragments.complete();
        }
        if tcp {
            context.facts.tcp = Some(&self.tcp_facts);
            context.facts.app = Some(&self.app_facts);
        } else if let Some(layer) = self.layers.find(Proto::Udp) {
            let bytes = context.layer_bytes(layer);
            let ports = bytes.u16(0).zip(bytes.u16(2));
            let key = ports.and_then(|(src, dst)| key::key(&context, layer, src, dst));
            context.facts.udp = key.map(|(key, _)| self.udp.datagram(key, time));
        } else if let Some(layer) = self.layers.find(Proto::Icmp).or(self.layers.find(Proto::Icmpv6)) {
            context.facts.icmp = self.pings.message(&context, layer, time);
        }
        context
    }

    /// Takes the packet's TCP segment, if it has one: what its conversation says about it, and its payload's layers.
    fn tcp_segment(&mut self, frame: &Frame<'_>, time: i64) -> bool {
        let Some(layer) = self.layers.find(Proto::Tcp).copied() else { return false };
        let buffers = self.buffers.filled();
        let context = Context { frame, layers: &self.layers, buffers, facts: Facts::default() };
        let bytes = context.layer_bytes(&layer);
        let Some(header) = Header::read(bytes).filter(|h| h.len >= 20) else { return false };
        let Some((key, direction)) = key::key(&context, &layer, header.srcport, header.dstport) else {
            return false;
        };
        let segment = Segment::new(frame.no.0, time, header, layer.payload_len(), bytes);
        self.tcp_facts = self.tcp.segment(key, &segment, direction);
        self.app_facts.clear();
        let payload = Payload {
            stream: self.tcp_facts.stream,
            direction,
            ports: (header.srcport, header.dstport),
            seq: header.seq,
            flags: header.flags,
            findings: self.tcp_facts.findings,
            layer,
        };
        let mut work = Work {
            frame: frame.bytes,
            buffers: &mut self.buffers,
            layers: &mut self.layers,
            facts: &mut self.app_facts,
            no: frame.no.0,
            time,
        };
        self.tcp_facts.part_of_pdu = self.apps.segment(&payload, &mut work);
        true
    }

    /// Adds a fragment to its datagram; if that is complete now, decodes it as the packet's next layers.
    fn reassemble_datagram(&mut self, frame: &Frame<'_>) -> bool {
        let Some(fragment) = self.layers.fragment else { return false };
        let Some(ip) = self.layers.all().get(usize::from(fragment.layer)).copied() else { return false };
        let slice = |start: u32, end: u32| {
            let end = frame.bytes.len().min(end as usize);
            frame.bytes.get(start as usize..end).unwrap_or(&[])
        };
        let mut out = self.buffers.spare();
        let piece = slice(fragment.start, fragment.end);
        let whole = ip.source == 0
            && self.fragments.add(frame.no.0, &ip, slice(ip.start, ip.end), &fragment, piece, &mut out);
        let source = if whole { self.buffers.add(out) } else { None };
        if let (Some(source), Some(out)) = (source, self.buffers.filled().last()) {
            dissect::decode_datagram(out, source, fragment.next, &mut self.layers);
        }
        whole
    }

    /// Says that the last packet was displayed; the next one's `frame.time_delta_displayed` counts from it.
    pub fn displayed(&mut self, frame: &Frame<'_>) {
        self.clock.displayed = frame.time.map(|t| t.nanos());
    }
}

impl Clock {
    fn tick(&mut self, frame: &Frame<'_>) -> FrameFacts {
        // A frame without a time, as a simple packet block has it, stands at the time of the one before.
        let now = frame.time.map_or(self.previous, |t| t.nanos());
        let first = *self.first.get_or_insert(now);
        let previous = if frame.no.0 == 1 { now } else { self.previous };
        self.previous = now;
        FrameFacts {
            time_relative: now.saturating_sub(first),
            time_delta: now.saturating_sub(previous),
            time_delta_displayed: self.displayed.map_or(0, |at| now.saturating_sub(at)),
        }
    }
}

/// All TCP conversations.
#[derive(Default)]
struct TcpStreams {
    by_key: FxHashMap<Key, u32>,
    streams: Vec<Stream>,
}

impl TcpStreams {
    fn segment(&mut self, key: Key, segment: &Segment, direction: usize) -> TcpFacts {
        let next = self.streams.len() as u32;
        let index = self.by_key.entry(key).or_insert(next);
        let reopened =
            self.streams.get(*index as usize).is_some_and(|s| s.is_reopened_by(segment, direction));
        if reopened {
            *index = next;
        }
        if *index == next {
            self.streams.push(Stream::new(next, segment.time));
        }
        match self.streams.get_mut(*index as usize) {
            Some(stream) => stream.segment(segment, direction, reopened),
            None => TcpFacts::default(),
        }
    }
}

/// All UDP conversations.
#[derive(Default)]
struct UdpStreams(FxHashMap<Key, UdpStream>);

impl UdpStreams {
    fn datagram(&mut self, key: Key, time: i64) -> UdpFacts {
        let index = self.0.len() as u32;
        let stream = self.0.entry(key).or_insert(UdpStream { index, first: time, last: time });
        let facts = UdpFacts {
            stream: stream.index,
            time_relative: time - stream.first,
            time_delta: time - stream.last,
        };
        stream.last = time;
        facts
    }
}
