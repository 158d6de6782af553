//! UDP conversations, and what the applications over UDP say from one datagram to the next.

use super::hindsight::Sight;
use super::key::{self, Key};
use super::resume::Transport;
use super::store::{Conversation, Store};
use super::{dns, quic, ssdp};
use crate::direction::Direction;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Facts, Layer, Proto, UdpFacts};

/// One UDP conversation: its index, and when its first and its last datagram came.
#[derive(Clone, Copy, Debug)]
pub(super) struct UdpStream {
    pub(super) index: u32,
    first: i64,
    last: i64,
}

/// All UDP conversations.
#[derive(Default)]
pub(super) struct Datagrams {
    pub(super) streams: Store<UdpStream>,
    pub(super) ssdp: ssdp::Talks,
    pub(super) quic: quic::Talks,
}

impl Datagrams {
    /// Takes the datagram in `layer`, and DNS's messages in it together with those over TCP. What is known of it goes
    /// into `facts`. Returns the layer of QUIC if its conversation says that it is none.
    pub(super) fn take<'a>(
        &'a mut self,
        context: &Context<'_>,
        layer: &Layer,
        time: i64,
        (queries, sight): (&mut dns::Transactions, &Sight),
        facts: &mut Facts<'a>,
    ) -> Option<Layer> {
        let (key, direction) = ends(context, layer)?;
        let udp = take(&mut self.streams, key, time, layer.payload < layer.end)?;
        facts.udp = Some(udp);
        let (no, layers) = (context.frame.no.0, context.layers);
        if let Some(message) = layers.all().iter().find(|l| l.proto.fields_of() == Proto::Dns && !l.quoted) {
            let stream = (dns::Transport::Udp, udp.stream);
            facts.dns = queries.message(stream, no, time, context.layer_bytes(message));
            match (sight, &facts.dns) {
                (Sight::Learning(hindsight), Some(dns)) => hindsight.write().note_dns(no, dns),
                (Sight::Back(hindsight), None) => facts.dns = hindsight.read().query(no),
                _ => {}
            }
        }
        let mut foreign = None;
        if let Some(packet) = layers.find(Proto::Quic) {
            facts.quic = self.quic.datagram(udp.stream, direction, context.layer_bytes(packet));
            foreign = facts.quic.is_none().then_some(*packet);
        }
        if let Some(message) = layers.find(Proto::Ssdp) {
            let ssdp = self.ssdp.message(udp.stream, no, time, context.layer_bytes(message));
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
        foreign
    }

    /// Takes the beginning of a datagram that an ICMP error quotes, if the header is all there.
    pub(super) fn quoted(&mut self, context: &Context<'_>, layer: &Layer, time: i64) -> Option<UdpFacts> {
        let (key, _) = ends(context, layer).filter(|_| context.layer_bytes(layer).len() >= 8)?;
        take(&mut self.streams, key, time, false)
    }
}

/// Whose datagram the layer is, and which of both ends has sent it.
fn ends(context: &Context<'_>, layer: &Layer) -> Option<(Key, Direction)> {
    let bytes = context.layer_bytes(layer);
    key::key(context, layer, bytes.u16(0)?, bytes.u16(2)?)
}

/// Hands a datagram to its conversation. One without payload, or one that is quoted, counts for nothing but its index.
fn take(streams: &mut Store<UdpStream>, key: Key, time: i64, speaks: bool) -> Option<UdpFacts> {
    let stream = streams.get(&key, |index| UdpStream { index, first: time, last: time })?;
    let mut facts = UdpFacts { stream: stream.index, times: None };
    if speaks {
        facts.times = Some((time - stream.first, time - stream.last));
        stream.last = time;
    }
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
