//! From one header to the next: which dissector a payload goes to, and how far decoding gets.

use super::{Layer, Layers, Proto, Stop, Why, Work, clip, over_udp, source_of};
use crate::frame::{Frame, LinkType, Timestamp};

/// What comes after a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A payload named by its EtherType.
    EtherType(u16, Span),
    /// As `EtherType`, where `frame.protocols` does not say `ethertype`: in GRE, PPP and VXLAN.
    Inner(u16, Span),
    /// An IEEE 802.2 payload.
    Llc(Span),
    /// An IP header; its first four bits are its version.
    Ip(Span),
    /// A payload named by its IP protocol number.
    IpProto(u8, Span),
    /// A UDP payload between two ports.
    Udp(u16, u16, Span),
    /// Bytes without a dissector.
    Data(Span),
    /// Nothing follows, or the conversation has to say what follows.
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
    /// The link type of the frame; [`LinkType::RAW`] where the bytes are no frame.
    pub(crate) link: LinkType,
    /// Whether what follows is quoted in an ICMP error.
    pub(crate) quoted: bool,
    /// Whether what follows is the first fragment of a datagram that cannot be put together.
    pub(crate) first_only: bool,
    /// When the frame was captured, where that is known: some payloads are recognised by a time in them.
    pub(crate) time: Option<Timestamp>,
    pub(crate) layers: &'l mut Layers,
}

impl<'b, 'l> Decoder<'b, 'l> {
    /// A decoder over the bytes of a source, after the layers that are there.
    pub(crate) fn over(bytes: &'b [u8], source: u8, layers: &'l mut Layers) -> Decoder<'b, 'l> {
        Decoder { bytes, source, link: LinkType::RAW, quoted: false, first_only: false, time: None, layers }
    }

    /// The captured bytes of `span`.
    pub(crate) fn get(&self, span: Span) -> &'b [u8] {
        clip(self.bytes, span.start, span.end)
    }

    /// Adds a layer whose header takes the first `header` bytes of `span`, and returns the span of its payload;
    /// `None` when the packet nests too deep.
    pub(crate) fn layer(&mut self, proto: Proto, span: Span, header: u32) -> Option<Span> {
        // A range of bytes that were not captured would point beyond the frame.
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

    /// Adds a layer whose header the snapshot length has cut; on the wire the header takes `header` bytes. Decoding
    /// ends here. The layer ends earlier by what is missing from its header, so that its payload has the length that
    /// it had on the wire.
    pub(crate) fn cut_layer(&mut self, proto: Proto, span: Span, header: u32) {
        let missing = header.min(span.len()).saturating_sub(self.get(span).len() as u32);
        let shorter = Span { end: span.end - missing, ..span };
        if self.layer(proto, shorter, header).is_some() {
            self.stop(proto, span);
        }
    }

    /// Adds a layer whose header is damaged or cut. It has no payload, and decoding ends here.
    pub(crate) fn broken(&mut self, proto: Proto, span: Span) -> Next {
        if self.layer(proto, span, span.len()).is_some() {
            self.stop(proto, span);
        }
        Next::Done
    }

    /// Notes that the layer of `proto` in `span`, which was added before, could not be read to its end.
    pub(crate) fn stop(&mut self, proto: Proto, span: Span) {
        let why = match self.first_only {
            _ if self.bytes.len() < span.end as usize => Why::Cut,
            true => Why::Unreassembled,
            false => Why::Malformed,
        };
        // An ICMP error quotes only the beginning of a packet, so missing bytes are no damage there.
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
                Next::Inner(ty, span) => self.ether_type(ty, span),
                Next::Llc(span) => self.hand(Proto::Llc, span),
                Next::Ip(span) => self.ip(span),
                Next::IpProto(number, span) => match Proto::of_ip_protocol(number) {
                    Some(Proto::Ipv4) => self.ip(span),
                    proto => self.hand(proto.unwrap_or(Proto::Data), span),
                },
                Next::Udp(from, to, span) => over_udp::decode(self, from, to, span),
                Next::Data(span) => self.hand(Proto::Data, span),
                Next::Done => return,
            };
            if self.layers.stop.is_some() {
                return;
            }
        }
    }

    /// Has the dissector of `proto` decode the bytes.
    fn hand(&mut self, proto: Proto, span: Span) -> Next {
        (proto.get().decode)(self, span)
    }

    fn ether_type(&mut self, ty: u16, span: Span) -> Next {
        match Proto::of_ether_type(ty) {
            Some(Proto::Ipv4) => self.ip(span),
            Some(Proto::Ipv6) if self.get(span).first().is_some_and(|b| b >> 4 != 6) => Next::Data(span),
            Some(proto) => self.hand(proto, span),
            None => Next::Data(span),
        }
    }

    /// IPv6 where the first four bits say so, else IPv4.
    fn ip(&mut self, span: Span) -> Next {
        match self.get(span).first().map(|b| b >> 4) {
            Some(6) => self.hand(Proto::Ipv6, span),
            _ => self.hand(Proto::Ipv4, span),
        }
    }
}

/// Decodes a frame as far as the frame alone allows: down to the payload of TCP, whose messages only the conversation
/// can tell apart, or to a fragment of a datagram.
pub fn decode(frame: &Frame<'_>, layers: &mut Layers) {
    layers.clear();
    let span = Span { start: 0, end: frame.wire_len.max(frame.bytes.len() as u32) };
    let mut decoder = Decoder {
        bytes: frame.bytes,
        source: 0,
        link: frame.link,
        quoted: false,
        first_only: false,
        time: frame.time,
        layers,
    };
    let next = match Proto::of_link_type(frame.link.0) {
        Some(Proto::Ipv4) => decoder.ip(span),
        Some(proto) => decoder.hand(proto, span),
        None => Next::Data(span),
    };
    decoder.run(next);
}

/// Goes on with a reassembled datagram, `bytes`, whose payload is the IP protocol `number`; its layers lie in `source`.
pub fn decode_datagram(bytes: &[u8], source: u8, number: u8, layers: &mut Layers) {
    layers.fragment = None;
    if let [rest @ .., last] = layers.all()
        && last.proto == Proto::Data
    {
        // The layer of plain data stood for the fragment, which is a part of the datagram now.
        layers.truncate(rest.len());
    }
    let span = Span { start: 0, end: bytes.len() as u32 };
    Decoder::over(bytes, source, layers).run(Next::IpProto(number, span));
}

/// Decodes a layer once more as `proto`, and drops the layers inside it. Its bytes lie in the frame or in one of the
/// `buffers`. The conversation knows better than the ports what they are: another protocol, or bytes without a
/// dissector ([`Proto::Data`]).
pub(crate) fn take_for(proto: Proto, frame: &[u8], buffers: &[Vec<u8>], layer: &Layer, layers: &mut Layers) {
    let Some(at) = layers.all().iter().position(|l| l == layer) else { return };
    layers.truncate(at);
    layers.stop = None;
    let span = Span { start: layer.start, end: layer.end };
    let mut decoder = Decoder::over(source_of(frame, buffers, layer.source), layer.source, layers);
    let next = decoder.hand(proto, span);
    decoder.run(next);
}

/// Adds a layer of plain data: the bytes in `span` of a source, which no dissector takes.
pub(crate) fn decode_data(work: &mut Work<'_>, source: u8, span: Span) {
    work.decoder(source).hand(Proto::Data, span);
}
