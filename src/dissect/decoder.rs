//! From one header to the next: which dissector a payload goes to, and how far decoding gets.

use super::{Layer, Layers, Proto, Stop, Why, Work, application, clip};
use crate::dissect::protocols::ipv6::extension;
use crate::dissect::protocols::{
    arp, data, ethernet, gre, icmp, icmpv6, igmp, ipsec, ipv4, ipv6, llc, named, null, sll, tcp, udp, vlan,
};
use crate::frame::{Frame, LinkType, Timestamp};

/// What comes after a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A payload named by its EtherType.
    EtherType(u16, Span),
    /// A payload named by its EtherType in a GRE header.
    Gre(u16, Span),
    /// An IEEE 802.2 payload.
    Llc(Span),
    /// An IP header whose version its first four bits say.
    Ip(Span),
    /// A payload named by its IP protocol number.
    IpProto(u8, Span),
    /// A UDP payload between two ports.
    Udp(u16, u16, Span),
    /// Nobody's bytes.
    Data(Span),
    /// Nothing more, or nothing that this packet alone can tell.
    Done,
}

/// A range of a source: from `start` to `end`; `end` may lie beyond the captured bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }
    /// The span without its first `n` bytes.
    pub(crate) fn skip(self, n: u32) -> Span {
        Span { start: self.start.saturating_add(n).min(self.end.max(self.start)), end: self.end }
    }
}

/// The state of one decoding: the bytes of a source and the layers found so far.
pub(crate) struct Decoder<'b, 'l> {
    /// All bytes of the source that were captured.
    pub(crate) bytes: &'b [u8],
    source: u8,
    /// Whether what follows is quoted in an ICMP error.
    pub(crate) quoted: bool,
    /// When the frame was captured, where that is known: some payloads are recognised by a time in them.
    pub(crate) time: Option<Timestamp>,
    pub(crate) layers: &'l mut Layers,
}

impl<'b, 'l> Decoder<'b, 'l> {
    /// A decoder over the bytes of a source, after the layers that are there.
    pub(crate) fn over(bytes: &'b [u8], source: u8, layers: &'l mut Layers) -> Decoder<'b, 'l> {
        Decoder { bytes, source, quoted: false, time: None, layers }
    }

    /// The captured bytes of `span`.
    pub(crate) fn get(&self, span: Span) -> &'b [u8] {
        clip(self.bytes, span.start, span.end)
    }

    /// Adds a layer whose header takes the first `header` bytes of `span`; what remains for its payload.
    pub(crate) fn layer(&mut self, proto: Proto, span: Span, header: u32) -> Option<Span> {
        // What was not captured is nowhere to point at.
        let captured = self.get(span).len() as u32;
        let payload = span.skip(header.min(captured));
        self.layers.push(Layer {
            proto,
            source: self.source,
            quoted: self.quoted,
            start: span.start,
            payload: payload.start,
            end: span.end,
        })?;
        Some(payload)
    }

    /// Adds a layer whose header is damaged or cut: it has no payload, and decoding ends with it.
    pub(crate) fn broken(&mut self, proto: Proto, span: Span) -> Next {
        if self.layer(proto, span, span.len()).is_some() {
            self.stop(proto, span);
        }
        Next::Done
    }

    /// Says that the layer of `proto` in `span`, which is there already, could not be read to its end.
    pub(crate) fn stop(&mut self, proto: Proto, span: Span) {
        let why = if self.bytes.len() < span.end as usize { Why::Cut } else { Why::Malformed };
        // Who quotes a packet quotes its beginning: what is missing from it is no damage.
        if self.layers.stop.is_none() && !(self.quoted && why == Why::Malformed) {
            self.layers.stop = Some(Stop { proto, why });
        }
    }

    fn run(&mut self, mut next: Next) {
        loop {
            next = match next {
                Next::EtherType(ty, span) => {
                    self.layers.mark_twofold();
                    self.ether_type(ty, span)
                }
                Next::Gre(ty, span) => self.ether_type(ty, span),
                Next::Llc(span) => llc::decode(self, span),
                Next::Ip(span) => self.ip(span),
                Next::IpProto(number, span) => self.ip_proto(number, span),
                Next::Udp(from, to, span) => application::udp(self, from, to, span),
                Next::Data(span) => data::decode(self, span),
                Next::Done => return,
            };
            if self.layers.stop.is_some() {
                return;
            }
        }
    }

    fn ether_type(&mut self, ty: u16, span: Span) -> Next {
        match ty {
            0x0800 => self.ip(span),
            0x0806 | 0x8035 => arp::decode(self, span),
            0x6558 => ethernet::decode(self, span),
            0x8100 | 0x9100 => vlan::decode(self, Proto::Vlan, span),
            0x86dd if self.get(span).first().is_some_and(|b| b >> 4 != 6) => Next::Data(span),
            0x86dd => ipv6::decode(self, span),
            0x8847 | 0x8848 => named::mpls(self, span),
            0x8863 => named::decode(self, Proto::PppoeDiscovery, span),
            0x8864 => named::decode(self, Proto::PppoeSession, span),
            0x8870 => Next::Llc(span),
            0x888e => named::decode(self, Proto::Eapol, span),
            0x88a8 => vlan::decode(self, Proto::ServiceVlan, span),
            0x88cc => named::decode(self, Proto::Lldp, span),
            0x9000 => named::decode(self, Proto::Loop, span),
            _ => Next::Data(span),
        }
    }

    fn ip(&mut self, span: Span) -> Next {
        match self.get(span).first().map(|b| b >> 4) {
            Some(6) => ipv6::decode(self, span),
            _ => ipv4::decode(self, span),
        }
    }

    fn ip_proto(&mut self, number: u8, span: Span) -> Next {
        match number {
            0 => extension::options(self, Proto::HopByHop, span),
            1 => icmp::decode(self, span),
            2 => igmp::decode(self, span),
            4 => self.ip(span),
            6 => tcp::decode(self, span),
            17 => udp::decode(self, span),
            33 => named::decode(self, Proto::Dccp, span),
            41 => ipv6::decode(self, span),
            43 => extension::routing(self, span),
            44 => extension::fragment(self, span),
            46 => named::decode(self, Proto::Rsvp, span),
            47 => gre::decode(self, span),
            50 => ipsec::esp(self, span),
            51 => ipsec::ah(self, span),
            58 => icmpv6::decode(self, span),
            60 => extension::options(self, Proto::DestinationOptions, span),
            88 => named::decode(self, Proto::Eigrp, span),
            89 => named::decode(self, Proto::Ospf, span),
            103 => named::decode(self, Proto::Pim, span),
            112 => named::decode(self, Proto::Vrrp, span),
            132 => named::decode(self, Proto::Sctp, span),
            136 => named::decode(self, Proto::UdpLite, span),
            _ => Next::Data(span),
        }
    }
}

/// Decodes a frame as far as the frame alone allows: down to the payload of TCP, which only the conversation can
/// divide, or to the first fragment of a datagram.
pub fn decode(frame: &Frame<'_>, layers: &mut Layers) {
    layers.clear();
    let span = Span { start: 0, end: frame.wire_len.max(frame.bytes.len() as u32) };
    let mut decoder = Decoder { bytes: frame.bytes, source: 0, quoted: false, time: frame.time, layers };
    let next = match frame.link {
        LinkType::ETHERNET => ethernet::decode(&mut decoder, span),
        LinkType::LINUX_SLL => sll::decode(&mut decoder, span, sll::Version::One),
        LinkType::LINUX_SLL2 => sll::decode(&mut decoder, span, sll::Version::Two),
        LinkType::NULL => null::decode(&mut decoder, span, frame.link),
        LinkType::LOOP => null::decode(&mut decoder, span, frame.link),
        LinkType::RAW => null::raw(&mut decoder, span),
        LinkType::IPV4 => decoder.ip(span),
        LinkType::IPV6 => ipv6::decode(&mut decoder, span),
        _ => Next::Data(span),
    };
    decoder.run(next);
}

/// Goes on with a reassembled datagram, `bytes`, whose payload is the IP protocol `number`; its layers lie in `source`.
pub fn decode_datagram(bytes: &[u8], source: u8, number: u8, layers: &mut Layers) {
    layers.fragment = None;
    if let [rest @ .., last] = layers.all()
        && last.proto == Proto::Data
    {
        // The piece is no longer data of its own.
        layers.truncate(rest.len());
    }
    let span = Span { start: 0, end: bytes.len() as u32 };
    Decoder { bytes, source, quoted: false, time: None, layers }.run(Next::IpProto(number, span));
}

/// Adds the bytes in `span` of a source, which no dissector claims.
pub(crate) fn decode_data(work: &mut Work<'_>, source: u8, span: Span) {
    work.decoder(source).run(Next::Data(span));
}
