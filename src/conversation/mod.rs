//! Conversations: both directions of a connection. Numbering, TCP analysis and reassembly, as Wireshark defines them.

mod defrag;
mod dns;
mod key;
mod ping;
mod store;
mod tcp;
mod tls;

pub use key::Key;

use crate::dissect::read::Read;
use crate::dissect::tcp::{Findings, Flags, Header, TcpFacts};
use crate::dissect::tls::TlsFacts;
use crate::dissect::{self, Context, Facts, FrameFacts, Layers, Proto, UdpFacts};
use crate::frame::Frame;
use defrag::Defragmenter;
use ping::Pings;
use store::{Conversation, Store};
use tcp::{Segment, Stream};
use tls::TlsStreams;

/// Follows all conversations of a capture, frame by frame in order.
#[derive(Default)]
pub struct Tracker {
    layers: Layers,
    /// Reassembled data of the packet at hand; the first `filled` are in use.
    buffers: Vec<Vec<u8>>,
    filled: usize,
    fragments: Defragmenter,
    clock: Clock,
    tcp: Store<Stream>,
    tcp_facts: TcpFacts,
    udp: Store<UdpStream>,
    pings: Pings,
    dns: dns::Transactions,
    tls: TlsStreams,
    tls_facts: TlsFacts,
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
        self.filled = 0;
        let mut facts = Facts { frame: self.clock.tick(frame), ..Facts::default() };
        let whole = self.layers.fragment.is_some() && self.reassemble_datagram(frame);
        let time = frame.time.map_or(0, |t| t.nanos());
        let buffers = self.buffers.get(..self.filled).unwrap_or(&[]);
        let context = Context { frame, layers: &self.layers, buffers, facts: Facts::default() };
        if whole {
            facts.datagram = self.fragments.complete();
        }
        let mut sent = None;
        let mut unclaimed = None;
        if let Some(layer) = self.layers.find(Proto::Tcp) {
            let bytes = context.layer_bytes(layer);
            let header = Header::read(bytes).filter(|h| h.len >= 20);
            let found = header.and_then(|h| Some((h, key::key(&context, layer, h.srcport, h.dstport)?)));
            if let Some((header, (key, direction))) = found {
                let segment = Segment::new(frame.no.0, time, header, layer.payload_len(), bytes);
                take_segment(&mut self.tcp, key, &segment, direction, &mut self.tcp_facts);
                facts.tcp = Some(&self.tcp_facts);
                let passes_by = passes_by(header.flags, self.tcp_facts.findings);
                unclaimed = Some(*layer).filter(|l| l.payload_len() > 0 && !passes_by);
                sent = tls::Sent::new(&header, layer, direction, &self.tcp_facts);
            }
        } else if let Some(layer) = self.layers.find(Proto::Udp) {
            let bytes = context.layer_bytes(layer);
            let ports = bytes.u16(0).zip(bytes.u16(2));
            let key = ports.and_then(|(src, dst)| key::key(&context, layer, src, dst));
            facts.udp = key.and_then(|(key, _)| take_datagram(&mut self.udp, key, time));
            let message = self.layers.all().iter().find(|l| l.proto.fields_of() == Proto::Dns && !l.quoted);
            if let Some((udp, message)) = facts.udp.zip(message) {
                let bytes = context.layer_bytes(message);
                let stream = (dns::Transport::Udp, udp.stream);
                facts.dns = self.dns.message(stream, frame.no.0, time, bytes);
            }
        } else if let Some(layer) = self.layers.find(Proto::Icmp).or(self.layers.find(Proto::Icmpv6)) {
            facts.icmp = self.pings.message(&context, layer, time);
        }
        let found = sent.and_then(|sent| {
            let buffers = tls::Buffers { all: &mut self.buffers, filled: &mut self.filled };
            self.tls.segment(frame, &sent, &mut self.layers, buffers)
        });
        if let Some(found) = found {
            self.tls_facts = found;
            facts.tls = Some(&self.tls_facts);
        } else if let Some(tcp) = unclaimed {
            let bytes = match tcp.source {
                0 => frame.bytes,
                n => self.buffers.get(usize::from(n) - 1).map_or(&[][..], Vec::as_slice),
            };
            dissect::decode_unclaimed(bytes, &tcp, &mut self.layers);
        }
        let buffers = self.buffers.get(..self.filled).unwrap_or(&[]);
        Context { frame, layers: &self.layers, buffers, facts }
    }

    /// Adds a fragment to its datagram; if that is complete now, decodes it as the packet's next layers.
    fn reassemble_datagram(&mut self, frame: &Frame<'_>) -> bool {
        let Some(fragment) = self.layers.fragment else { return false };
        let Some(ip) = self.layers.all().get(usize::from(fragment.layer)).copied() else { return false };
        let slice = |start: u32, end: u32| {
            let end = frame.bytes.len().min(end as usize);
            frame.bytes.get(start as usize..end).unwrap_or(&[])
        };
        if self.buffers.is_empty() {
            self.buffers.push(Vec::new());
        }
        let Some(out) = self.buffers.first_mut() else { return false };
        let piece = slice(fragment.start, fragment.end);
        let whole = ip.source == 0
            && self.fragments.add(frame.no.0, &ip, slice(ip.start, ip.end), &fragment, piece, out);
        if whole {
            self.filled = 1;
            dissect::decode_datagram(out, 1, fragment.next, &mut self.layers);
        }
        whole
    }

    /// How many conversations were forgotten, because a million others came after them.
    pub fn forgotten(&self) -> u64 {
        self.tcp.forgotten() + self.udp.forgotten()
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

/// Whether no application looks at the payload: it came before, it is late, or it is the reason for a reset.
fn passes_by(flags: Flags, findings: Findings) -> bool {
    let repeated = findings.has(Findings::RETRANSMISSION) && !findings.has(Findings::FAST_RETRANSMISSION);
    repeated || findings.has(Findings::OUT_OF_ORDER) || flags.has(Flags::RST)
}

/// Hands a segment to its conversation.
fn take_segment(
    streams: &mut Store<Stream>,
    key: Key,
    segment: &Segment,
    direction: usize,
    facts: &mut TcpFacts,
) {
    let next = streams.next();
    let Some(stream) = streams.get(key, |index| Stream::new(index, segment.time)) else { return };
    let reopened = stream.is_reopened_by(segment, direction);
    if reopened {
        *stream = Stream::new(next, segment.time);
    }
    stream.segment(segment, direction, reopened, facts);
    if reopened {
        streams.begin();
    }
}

/// Hands a datagram to its conversation.
fn take_datagram(streams: &mut Store<UdpStream>, key: Key, time: i64) -> Option<UdpFacts> {
    let stream = streams.get(key, |index| UdpStream { index, first: time, last: time })?;
    let facts =
        UdpFacts { stream: stream.index, time_relative: time - stream.first, time_delta: time - stream.last };
    stream.last = time;
    Some(facts)
}

impl Conversation for UdpStream {
    fn is_closed(&self) -> bool {
        false
    }

    fn last(&self) -> i64 {
        self.last
    }
}
