//! Conversations: both directions of a connection together. Numbering, TCP analysis and reassembly, as Wireshark
//! defines them.

mod clock;
mod defrag;
mod dns;
mod handling;
mod head;
pub mod hindsight;
mod key;
mod neighbours;
mod pdu;
mod ping;
mod promised;
mod quic;
mod reassembly;
mod resume;
mod ssdp;
mod store;
pub mod stream;
mod tcp;
mod udp;

pub use clock::Clock;
pub use head::Head;
pub use hindsight::Hindsight;
pub use key::Key;
pub use resume::{Seed, Transport};

use crate::dissect::protocols::tcp::TcpFacts;
use crate::dissect::{self, AppFacts, Buffers, Context, Decoded, Facts, Layer, Layers, Proto, Quoted, Work};
use crate::frame::{Frame, Outline};
use defrag::Defragmenter;
use hindsight::Sight;
use neighbours::Neighbours;
use ping::Pings;
use reassembly::{Payload, Reassembler};
use store::Store;
use tcp::{Segment, Stream};
use udp::Datagrams;

/// Follows all conversations of a capture. It takes the frames one by one, in their order.
#[derive(Default)]
pub struct Tracker {
    layers: Layers,
    buffers: Buffers,
    fragments: Defragmenter,
    clock: Clock,
    tcp: Store<Stream>,
    tcp_facts: TcpFacts,
    apps: Reassembler,
    app_facts: AppFacts,
    /// Whether the last segment mattered to an application, so that `app_facts` speaks of it.
    has_app_facts: bool,
    datagrams: Datagrams,
    quic: quic::Talks,
    pings: Pings,
    neighbours: Neighbours,
    dns: dns::Transactions,
    sight: Sight,
}

/// What is known about a frame before the tracker takes it.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    /// The frame.
    pub frame: Frame<'a>,
    /// Its layers, as [`dissect::decode`] found them.
    pub decoded: Decoded<'a>,
    /// Its TCP segment, as [`Head::of`] found it.
    pub head: Option<&'a Head>,
}

impl Tracker {
    /// A tracker that has seen no frame.
    pub fn new() -> Tracker {
        Tracker::default()
    }

    /// As [`Tracker::new`]; also notes what frames say about earlier ones.
    pub fn learning(hindsight: &Hindsight) -> Tracker {
        Tracker { sight: Sight::Learning(hindsight.clone()), ..Tracker::default() }
    }

    /// As [`Tracker::new`]; also adds to each frame what later frames say about it.
    pub fn looking_back(hindsight: &Hindsight) -> Tracker {
        let mut tracker = Tracker { sight: Sight::Back(hindsight.clone()), ..Tracker::default() };
        tracker.apps.again = hindsight.is_complete();
        tracker.quic.again = hindsight.is_complete();
        tracker
    }

    /// Whether it adds to frames what later frames say about them.
    pub fn looks_back(&self) -> bool {
        matches!(self.sight, Sight::Back(_))
    }

    /// Decodes the next frame and takes it. The result is valid until the next call.
    pub fn track<'a>(&'a mut self, frame: &'a Frame<'a>) -> Context<'a> {
        dissect::decode(frame, &mut self.layers);
        self.take(frame, None)
    }

    /// Takes the next frame, which was decoded before. The result is valid until the next call.
    pub fn follow<'a>(&'a mut self, sighting: &'a Sighting<'a>) -> Context<'a> {
        self.layers.take(&sighting.decoded);
        self.take(&sighting.frame, Some(sighting.head))
    }

    /// Takes a frame that no sink will see. Its segment, if given, counts for its conversation, as in
    /// [`Tracker::follow`]; what has no influence on later frames is left out. `more` is called only if an
    /// application needs the whole frame.
    pub fn pass_by<'a>(
        &mut self,
        outline: &Outline,
        head: Option<&Head>,
        more: impl FnOnce() -> Sighting<'a>,
    ) {
        self.clock.tick(outline.no, outline.time);
        let Some(head) = head else { return };
        let time = outline.time.map_or(0, |t| t.nanos());
        let segment = head.segment(outline.no, time);
        take_segment(&mut self.tcp, head, &segment, false, &mut self.tcp_facts);
        if head.carries() && self.apps.listen(&self.payload(head)) {
            let sighting = more();
            self.buffers.clear();
            self.layers.take(&sighting.decoded);
            self.messages(&sighting.frame, time, head);
        }
    }

    /// Takes a frame whose layers are known. `head` is `Some` if it is also known whether they carry a segment.
    fn take<'a>(&'a mut self, frame: &'a Frame<'a>, head: Option<Option<&'a Head>>) -> Context<'a> {
        self.buffers.clear();
        let mut facts = Facts { frame: self.clock.tick(frame.no, frame.time), ..Facts::default() };
        let whole = self.layers.fragment.is_some() && self.reassemble_datagram(frame);
        let time = frame.time.map_or(0, |t| t.nanos());
        let tcp = match head {
            // The reassembled datagram has a segment of its own.
            Some(head) if !whole => head.map(|head| self.tcp_segment(frame, time, head)),
            _ => {
                let buffers = self.buffers.filled();
                let context =
                    Context { frame, layers: &self.layers, buffers, segment: None, facts: Facts::default() };
                Head::of(&context).map(|head| self.tcp_segment(frame, time, &head))
            }
        };
        let mut verdict = None;
        if whole {
            facts.datagram = self.fragments.complete();
        }
        match (&self.sight, facts.datagram) {
            (Sight::Learning(hindsight), Some(datagram)) => {
                hindsight.write().note_datagram(frame.no.0, datagram)
            }
            (Sight::Back(hindsight), None) => facts.reassembled_in = hindsight.read().datagram(frame.no.0),
            _ => {}
        }
        if tcp.is_some() {
            facts.tcp = Some(&self.tcp_facts);
            if self.has_app_facts {
                facts.app = Some(&self.app_facts);
                facts.tls = self.app_facts.tls.as_ref();
            }
        } else {
            let buffers = self.buffers.filled();
            let context =
                Context { frame, layers: &self.layers, buffers, segment: None, facts: Facts::default() };
            if let Some(layer) = self.layers.find(Proto::Udp) {
                let others = (&mut self.dns, &self.quic, &self.sight);
                verdict = self.datagrams.take(&context, layer, time, others, &mut facts);
            } else if let Some(layer) = self.layers.find(Proto::Icmp).or(self.layers.find(Proto::Icmpv6)) {
                facts.icmp = self.pings.take(&context, layer, time, &self.sight);
                let (tcp, udp) = (&mut self.tcp, &mut self.datagrams);
                facts.quoted = take_quoted(tcp, udp, &context, time, &mut self.tcp_facts, &self.sight);
            } else if let Some(layer) = self.layers.find(Proto::Arp) {
                facts.arp = self.neighbours.packet(context.layer_bytes(layer), frame.no.0, time);
            }
        }
        let segment = head.flatten().filter(|_| !whole).map(|head| &head.header);
        if let Some(verdict) = verdict {
            let (buffers, layers) = (&mut self.buffers, &mut self.layers);
            facts.quic = verdict.carry_out(&mut self.quic, frame.bytes, buffers, layers);
        }
        Context { frame, layers: &self.layers, buffers: self.buffers.filled(), segment, facts }
    }

    /// Takes the packet's TCP segment: notes what its conversation says about it, and adds the layers of its payload.
    /// Most segments are taken without a look at their bytes, which are in another processor's cache.
    fn tcp_segment(&mut self, frame: &Frame<'_>, time: i64, head: &Head) {
        take_segment(&mut self.tcp, head, &head.segment(frame.no, time), false, &mut self.tcp_facts);
        self.messages(frame, time, head);
        match &self.sight {
            Sight::Ahead => {}
            Sight::Learning(hindsight) => {
                let Some((_, stream)) = self.tcp.latest_entry() else { return };
                let mut notes = hindsight.write();
                notes.note_segment(frame.no.0, stream.end(), &self.tcp_facts, &self.app_facts);
                if self.app_facts.tls.is_some() || self.app_facts.ssh.is_some() {
                    notes.note_agreed(stream.index, self.apps.agreed(stream.index));
                }
            }
            Sight::Back(hindsight) => {
                hindsight.read().tell_segment(frame.no.0, head, &mut self.tcp_facts, &mut self.app_facts);
            }
        }
    }

    /// What the applications need to know about the segment that its conversation has just taken.
    fn payload(&self, head: &Head) -> Payload {
        let Head { layer, header, direction, app, .. } = *head;
        let TcpFacts { stream, findings, .. } = self.tcp_facts;
        Payload { stream, direction, app, seq: header.seq, flags: header.flags, findings, layer }
    }

    /// Divides the segment's payload into messages; a payload that matters to no application is data.
    fn messages(&mut self, frame: &Frame<'_>, time: i64, head: &Head) {
        if std::mem::take(&mut self.has_app_facts) {
            self.app_facts.clear();
        }
        self.tcp_facts.part_of_pdu = false;
        if !head.carries() {
            return;
        }
        let payload = self.payload(head);
        self.has_app_facts = self.apps.listen(&payload);
        let mut work = Work {
            frame: frame.bytes,
            buffers: &mut self.buffers,
            layers: &mut self.layers,
            facts: &mut self.app_facts,
            no: frame.no.0,
            time,
            ports: (head.header.srcport, head.header.dstport),
            direction: head.direction,
        };
        if !self.has_app_facts {
            return reassembly::show_as_data(&payload, &mut work);
        }
        self.tcp_facts.part_of_pdu = self.apps.segment(&payload, &mut work);
        if self.layers.has(Proto::Dns) {
            self.dns_messages(frame, time);
        }
    }

    /// Finds the queries that the DNS messages of a segment answer.
    fn dns_messages(&mut self, frame: &Frame<'_>, time: i64) {
        let context = Context {
            frame,
            layers: &self.layers,
            buffers: self.buffers.filled(),
            segment: None,
            facts: Facts::default(),
        };
        let stream = (dns::Transport::Tcp, self.tcp_facts.stream);
        for layer in self.layers.all().iter().filter(|l| l.proto == Proto::Dns && !l.quoted) {
            // The message comes after the two octets of its length.
            let message = context.layer_bytes(layer).get(2..).unwrap_or(&[]);
            self.app_facts.dns.push(self.dns.message(stream, frame.no.0, time, message));
        }
    }

    /// Adds a fragment to its datagram. If that completes the datagram, decodes it as the packet's next layers, and
    /// returns `true`.
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

    /// How many conversations were forgotten because there was no room for more than a million.
    pub fn forgotten(&self) -> u64 {
        self.tcp.forgotten() + self.datagrams.streams.forgotten()
    }

    /// Notes that the last packet was displayed; `frame.time_delta_displayed` of the next one counts from it.
    pub fn displayed(&mut self, frame: &Frame<'_>) {
        self.clock.display(frame.time);
    }
}

/// Gives a segment to its conversation.
fn take_segment(
    streams: &mut Store<Stream>,
    head: &Head,
    segment: &Segment,
    quoted: bool,
    facts: &mut TcpFacts,
) {
    let (next, direction) = (streams.next(), head.direction);
    let Some(stream) = streams.get(&head.key, |index| Stream::new(index, segment.time)) else { return };
    let reopened = stream.is_reopened_by(segment, direction);
    if reopened {
        *stream = Stream::new(next, segment.time);
    }
    match quoted {
        true => stream.quoted(segment, direction, reopened, facts),
        false if head.cut => stream.cut(segment, direction, reopened, facts),
        false => stream.segment(segment, direction, reopened, facts),
    }
    if reopened {
        streams.begin();
    }
}

/// Gives the segment or datagram that an ICMP error quotes to its conversation; `None` if its header is cut.
fn take_quoted<'a>(
    tcp: &mut Store<Stream>,
    udp: &mut Datagrams,
    context: &Context<'_>,
    time: i64,
    facts: &'a mut TcpFacts,
    sight: &Sight,
) -> Option<Quoted<'a>> {
    let carries = |l: &&Layer| l.quoted && matches!(l.proto, Proto::Tcp | Proto::Udp);
    let layer = context.layers.all().iter().find(carries)?;
    if layer.proto == Proto::Tcp {
        let head = Head::at(context, layer)?;
        take_segment(tcp, &head, &head.segment(context.frame.no, time), true, facts);
        match sight {
            Sight::Ahead => {}
            Sight::Learning(hindsight) => {
                let end = tcp.latest_entry().map(|(_, stream)| stream.end()).unwrap_or_default();
                hindsight.write().note_end(context.frame.no.0, facts.stream, end);
            }
            Sight::Back(hindsight) => {
                hindsight.read().tell_tcp(context.frame.no.0, &head, facts);
                // In a second pass, a result without a finding does not count as analysed.
                facts.analysed &= !facts.findings.is_empty();
            }
        }
        return Some(Quoted::Tcp(facts));
    }
    udp.quoted(context, layer, time).map(Quoted::Udp)
}
