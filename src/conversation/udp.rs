//! UDP conversations, and what the applications over UDP know from one datagram to the next.

use super::hindsight::Sight;
use super::key::{self, Key};
use super::promised::Promises;
use super::resume::Transport;
use super::store::{Conversation, Store};
use super::{dns, quic, ssdp};
use crate::direction::Direction;
use crate::dissect::protocols::{dtls, gquic, stun};
use crate::dissect::reading::read::Read;
use crate::dissect::{self, Buffers, Context, Facts, Layer, Layers, Proto, QuicFacts, UdpFacts};

/// One UDP conversation: its index, and the times of its first and its last datagram in nanoseconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct UdpStream {
    pub(super) index: u32,
    first: i64,
    last: i64,
    /// The protocol that was announced for one of its ends.
    promised: Option<Proto>,
    /// The version of DTLS that its ends use; 0 if unknown.
    dtls: u16,
    /// What is known of Google's QUIC in it, and the direction of what the server sends.
    gquic: Option<(gquic::Known, Direction)>,
    /// Whether a message of STUN was in it, so that its server may relay data through channels.
    stun: bool,
}

/// All UDP conversations.
#[derive(Default)]
pub(super) struct Datagrams {
    pub(super) streams: Store<UdpStream>,
    pub(super) ssdp: ssdp::Talks,
    promises: Promises,
}

/// What the conversation knows about a datagram's payload that the ports do not say.
#[derive(Default)]
pub(super) struct Verdict {
    /// The announced protocol, and the layer that it replaces.
    promised: Option<(Proto, Layer)>,
    /// The place of a layer that may be QUIC.
    quic: Option<quic::Place>,
    /// A layer of SSDP that turned out to be no message; it is removed with the layers inside it.
    foreign: Option<Layer>,
}

impl Verdict {
    /// Corrects the layers of a packet, and returns what is known about QUIC in it.
    pub(super) fn carry_out<'a>(
        self,
        quic: &'a mut quic::Talks,
        frame: &[u8],
        buffers: &mut Buffers,
        layers: &mut Layers,
    ) -> Option<&'a QuicFacts> {
        if let Some(at) = self.foreign.and_then(|layer| layers.all().iter().position(|l| *l == layer)) {
            layers.truncate(at);
        }
        if let Some((proto, data)) = self.promised {
            dissect::take_for(proto, frame, buffers.filled(), &data, layers);
        }
        let mut place = self.quic?;
        if place.layer.proto == Proto::Data {
            dissect::take_for(Proto::Quic, frame, buffers.filled(), &place.layer, layers);
            place.layer = layers.find(Proto::Quic).copied().unwrap_or(place.layer);
        }
        let facts = quic.datagram(place, frame, buffers, layers);
        if facts.is_none() {
            dissect::take_for(Proto::Data, frame, buffers.filled(), &place.layer, layers);
        }
        facts
    }
}

impl Datagrams {
    /// Takes the datagram in `layer`; its DNS messages share the transactions with those over TCP. Writes what is
    /// known about the datagram into `facts`. Returns how its layers have to change.
    pub(super) fn take<'a>(
        &'a mut self,
        context: &Context<'_>,
        layer: &Layer,
        time: i64,
        (queries, quic, sight): (&mut dns::Transactions, &quic::Talks, &Sight),
        facts: &mut Facts<'a>,
    ) -> Option<Verdict> {
        self.promises.learn(context);
        let (key, direction) = ends(context, layer)?;
        let (stream, udp) = take(&mut self.streams, key, time, layer.payload < layer.end)?;
        facts.udp = Some(udp);
        let (no, layers) = (context.frame.no.0, context.layers);
        let mut verdict = Verdict::default();
        if let Some(records) = layers.find(Proto::Dtls) {
            stream.dtls = dtls::version(stream.dtls, context.layer_bytes(records));
            facts.dtls = stream.dtls;
            match sight {
                Sight::Ahead => {}
                Sight::Learning(hindsight) => hindsight.write().note_dtls(udp.stream, stream.dtls),
                Sight::Back(hindsight) => {
                    facts.dtls = hindsight.read().dtls(udp.stream).unwrap_or(stream.dtls);
                }
            }
        }
        if layers.find(Proto::Stun).is_some() && !stream.stun {
            stream.stun = true;
            if let Sight::Learning(hindsight) = sight {
                hindsight.write().note_stun(udp.stream);
            }
        }
        verdict.promised = google(stream, context, layer, direction);
        facts.gquic =
            stream.gquic.map(|(known, server)| gquic::Known { from_server: server == direction, ..known });
        if let Some(data) = layers.find(Proto::Data).filter(|data| data.start == layer.payload) {
            stream.promised = stream.promised.or_else(|| self.promises.kept(context));
            // Later messages of STUN count as well, in a second pass.
            let has_stun = || match sight {
                Sight::Back(hindsight) => stream.stun || hindsight.read().has_stun(udp.stream),
                _ => stream.stun,
            };
            let is_channel = stun::is_channel(context.layer_bytes(data)) && has_stun();
            let kept = stream.promised.or(is_channel.then_some(Proto::Stun));
            verdict.promised = verdict.promised.or(kept.map(|proto| (proto, *data)));
        }
        if let Some(message) = layers.all().iter().find(|l| l.proto.fields_of() == Proto::Dns && !l.quoted) {
            let stream = (dns::Transport::Udp, udp.stream);
            facts.dns = queries.message(stream, no, time, context.layer_bytes(message));
            match (sight, &facts.dns) {
                (Sight::Learning(hindsight), Some(dns)) => hindsight.write().note_dns(no, dns),
                (Sight::Back(hindsight), None) => facts.dns = hindsight.read().query(no),
                _ => {}
            }
        }
        // In a conversation with QUIC, unknown bytes are QUIC, too.
        let unknown = quic.of(udp.stream).and_then(|_| layers.find(Proto::Data));
        if let Some(packet) = layers.find(Proto::Quic).or(unknown) {
            verdict.quic = Some(quic::Place { stream: udp.stream, direction, frame: no, layer: *packet });
        }
        if let Some(message) = layers.find(Proto::Ssdp) {
            let is_new = self.ssdp.session(udp.stream).is_none();
            let ssdp = self.ssdp.message(udp.stream, no, time, context.layer_bytes(message));
            verdict.foreign = (is_new && ssdp.is_none()).then_some(*message);
            let of = (Transport::Udp, udp.stream);
            facts.ssdp = ssdp.map(|http| {
                match sight {
                    Sight::Ahead => {}
                    Sight::Learning(hindsight) => hindsight.write().note_http(of, no, http),
                    Sight::Back(hindsight) => hindsight.read().tell_http(of, http),
                }
                &*http
            });
        }
        Some(verdict)
    }

    /// Takes a datagram that an ICMP error quotes; `None` if its header is cut.
    pub(super) fn quoted(&mut self, context: &Context<'_>, layer: &Layer, time: i64) -> Option<UdpFacts> {
        let (key, _) = ends(context, layer).filter(|_| context.layer_bytes(layer).len() >= 8)?;
        take(&mut self.streams, key, time, false).map(|(_, facts)| facts)
    }
}

/// The layer that is Google's QUIC because of an earlier packet of the conversation; `None` if it is known by itself, or
/// if there was no such packet. Such a conversation has nothing else.
fn google(
    stream: &mut UdpStream,
    context: &Context<'_>,
    layer: &Layer,
    direction: Direction,
) -> Option<(Proto, Layer)> {
    const HTTPS: u16 = 443;
    let inner = context.layers.all().iter().find(|l| l.start == layer.payload && l.start > layer.start)?;
    if stream.gquic.is_some() || inner.proto == Proto::Gquic {
        let known = gquic::learn(stream.gquic.map(|(known, _)| known), context.layer_bytes(inner))?;
        let is_server = context.layer_bytes(layer).u16(0) == Some(HTTPS);
        let begins = || if is_server { direction } else { direction.reverse() };
        stream.gquic = Some((known, stream.gquic.map_or_else(begins, |(_, server)| server)));
    }
    // Wireshark leaves two bytes to the datagram.
    let is_long = inner.end - inner.start > 2;
    (stream.gquic.is_some() && inner.proto != Proto::Gquic && is_long).then_some((Proto::Gquic, *inner))
}

/// The key of the datagram's conversation, and its direction.
fn ends(context: &Context<'_>, layer: &Layer) -> Option<(Key, Direction)> {
    let bytes = context.layer_bytes(layer);
    key::key(context, layer, bytes.u16(0)?, bytes.u16(2)?)
}

/// Gives a datagram to its conversation. A datagram without payload, or one that is quoted, changes nothing there.
fn take(
    streams: &mut Store<UdpStream>,
    key: Key,
    time: i64,
    speaks: bool,
) -> Option<(&mut UdpStream, UdpFacts)> {
    let new = |index| UdpStream {
        index,
        first: time,
        last: time,
        promised: None,
        dtls: 0,
        gquic: None,
        stun: false,
    };
    let stream = streams.get(&key, new)?;
    let mut facts = UdpFacts { stream: stream.index, times: None };
    if speaks {
        facts.times = Some((time - stream.first, time - stream.last));
        stream.last = time;
    }
    Some((stream, facts))
}

impl Conversation for UdpStream {
    fn is_closed(&self) -> bool {
        false
    }

    fn last(&self) -> i64 {
        self.last
    }
}
