//! A packet: a frame, its layers, and what the conversation adds; its columns and its fields.

use crate::dissect::protocols::tcp::{Header, write_findings};
use crate::dissect::{
    Address, Context, Flow, Layer, Proto, ProtoSet, Why, column, damage, is_part, is_unnamed,
};
use crate::field::Visit;
use crate::text::{Line, Push};
use std::borrow::Cow;

/// One packet while it is looked at; everything is borrowed from where it was read.
#[derive(Clone, Copy)]
pub struct Packet<'a> {
    /// The frame, its layers, and the facts around them.
    pub context: Context<'a>,
}

impl<'a> Packet<'a> {
    /// The layer that names the packet in the list: the innermost one that says something.
    fn speaker(&self) -> Option<&'a Layer> {
        let layers = self.context.layers;
        let own = layers.all().iter().rev().find(|l| !l.quoted && !self.is_silent(l));
        own.or_else(|| layers.top())
    }

    /// Whether too little of a layer is there for it to say anything: then the one around it speaks.
    fn is_silent(&self, layer: &Layer) -> bool {
        let len = self.context.layer_bytes(layer).len();
        match layer.proto {
            Proto::Data => true,
            Proto::Json => self.context.layers.has(Proto::DropboxDiscovery),
            // A tunnel says nothing itself.
            Proto::Http => layer.start == layer.end,
            // Nor does a record of which the rest comes later.
            Proto::Tls => layer.start == layer.end,
            Proto::Tcp | Proto::Udp | Proto::UdpLite | Proto::Sctp | Proto::Dccp | Proto::Gre => len < 4,
            Proto::Igmp => len == 0,
            _ => false,
        }
    }

    /// What stands in the Protocol column.
    pub fn protocol(&self) -> Cow<'static, str> {
        self.speaker().map_or(Cow::Borrowed(""), |l| column(&self.context, l))
    }

    /// What stands in the columns Source and Destination: the innermost addresses that are the packet's own. Where a
    /// header is cut between the two, the other one is that of the layer around it.
    pub fn addresses(&self) -> (Address, Address) {
        let (mut source, mut destination) = (Address::None, Address::None);
        for layer in self.context.layers.all().iter().rev().filter(|l| !l.quoted) {
            let (from, to) = (layer.proto.get().addresses)(&self.context, layer);
            source = if source == Address::None { from } else { source };
            destination = if destination == Address::None { to } else { destination };
            if source != Address::None && destination != Address::None {
                break;
            }
        }
        (source, destination)
    }

    /// Whether the capture ends within what follows the network layer in an Ethernet frame.
    fn has_cut_trailer(&self) -> bool {
        let captured = self.context.frame.bytes.len() as u32;
        match self.context.layers.all() {
            [link, rest @ ..] if link.proto == Proto::Ethernet => {
                let inner = rest.iter().find(|l| l.source == link.source && l.end < link.end && !l.quoted);
                inner.is_some_and(|l| l.end < captured && captured < link.end)
            }
            _ => false,
        }
    }

    /// Appends what stands in the Info column.
    pub fn info(&self, out: &mut Line) {
        let Some(layer) = self.speaker() else { return };
        if let Some(tcp) = self.context.facts.tcp.filter(|_| layer.proto != Proto::Tcp) {
            let before = out.len();
            write_findings(tcp, out);
            // TLS is a list, and what stands there already counts as its first part.
            if layer.proto == Proto::Tls && out.len() > before {
                out.text(", ");
            }
        }
        let layers = self.context.layers;
        match self.context.facts.app {
            Some(_) if layer.proto == Proto::Tcp && layers.has(Proto::Tls) => {
                out.text("[TCP segment of a reassembled PDU]");
            }
            Some(app) if layer.proto == Proto::Tcp && !app.begun.is_empty() => {
                self.context.facts.tcp.into_iter().for_each(|tcp| write_findings(tcp, out));
                out.decoded(&app.begun);
                out.text("  [TCP segment of a reassembled PDU]");
            }
            Some(app) if layer.proto != Proto::Tcp => {
                // Every message of the frame says its part.
                for layer in self.context.layers.all().iter().skip_while(|l| l.proto != Proto::Tcp).skip(1) {
                    (layer.proto.get().summary)(&self.context, layer, out);
                }
                if !app.begun.is_empty() {
                    out.decoded(&app.begun);
                    out.push(b' ');
                }
            }
            _ => (layer.proto.get().summary)(&self.context, layer, out),
        }
        match self.context.layers.stop.map(|s| s.why) {
            Some(Why::Cut) => out.text("[Packet size limited during capture]"),
            Some(Why::Malformed) => out.text("[Malformed Packet]"),
            Some(Why::TooDeep) => out.text("[Too many layers]"),
            None if self.has_cut_trailer() => out.text("[Packet size limited during capture]"),
            None => {}
        }
    }

    /// Visits the fields of the layers in `wanted`, outermost first, in the order of the details pane.
    pub fn walk(&self, wanted: ProtoSet, v: &mut dyn Visit) -> Flow {
        // Remarks stand anywhere.
        let wanted = if wanted.has(Proto::Expert) { ProtoSet::ALL } else { wanted };
        if wanted.has(Proto::Frame) {
            let frame = Layer { proto: Proto::Frame, source: 0, quoted: false, start: 0, payload: 0, end: 0 };
            (Proto::Frame.get().visit)(&self.context, &frame, v)?;
        }
        for (i, layer) in self.context.layers.all().iter().enumerate() {
            // A multipart body shows its parts where they stand.
            let elsewhere = wanted.wants(Proto::Multipart) && is_part(&self.context, layer);
            if wanted.wants(layer.proto) && !elsewhere {
                let depth = self.depth(i);
                (0..depth).for_each(|_| v.open());
                (layer.proto.get().visit)(&self.context, layer, v)?;
                (0..depth).for_each(|_| v.close());
            }
        }
        let stop = self.context.layers.stop;
        match stop.filter(|_| wanted.has(Proto::Malformed) || wanted.has(Proto::Short)) {
            Some(stop) => damage(stop, v),
            None => Flow::Continue(()),
        }
    }

    /// How deep a layer lies in the details: extension headers under their IPv6 header, what an ICMP message carries
    /// under the message.
    fn depth(&self, index: usize) -> usize {
        let before = self.context.layers.all().get(..index).unwrap_or(&[]);
        let Some(layer) = self.context.layers.all().get(index) else { return 0 };
        // What a quoted datagram carries stands beside the message.
        if before.iter().any(|l| l.quoted && l.proto == Proto::Udp) {
            return 0;
        }
        let quotes = before.iter().filter(|l| matches!(l.proto, Proto::Icmp | Proto::Icmpv6)).count();
        let own = match layer.proto {
            // A body of which nobody knows what it is.
            Proto::Json if before.last().is_some_and(|l| l.proto == Proto::DropboxDiscovery) => 1,
            Proto::Data if is_unnamed(&self.context, layer) => 1,
            Proto::HopByHop | Proto::Routing | Proto::FragmentHeader | Proto::DestinationOptions => 1,
            Proto::Ah
                if self.context.layers.around(layer, |_| true).is_some_and(|l| l.proto != Proto::Ipv4) =>
            {
                1
            }
            _ => 0,
        };
        quotes + own
    }

    /// The TCP segment of the packet, if it has one of its own: its layer and its header.
    pub fn tcp(&self) -> Option<(&'a Layer, Header)> {
        let layer = self.context.layers.find(Proto::Tcp)?;
        Some((layer, Header::read(self.context.layer_bytes(layer))?))
    }
}
