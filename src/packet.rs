//! A packet: a frame, its layers, and what the conversation adds; its columns and its fields.

use crate::dissect::tcp::{Header, write_findings};
use crate::dissect::text::{Line, Push};
use crate::dissect::{Address, Context, Flow, Layer, Proto, ProtoSet, Why};
use crate::field::Visit;

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
        let own = layers.all().iter().rev().find(|l| !l.quoted && l.proto != Proto::Data);
        own.or_else(|| layers.top())
    }

    /// What stands in the Protocol column.
    pub fn protocol(&self) -> &'static str {
        self.speaker().map_or("", |l| l.proto.get().column)
    }

    /// What stands in the columns Source and Destination: the innermost addresses that are the packet's own.
    pub fn addresses(&self) -> (Address, Address) {
        let own = self.context.layers.all().iter().rev().filter(|l| !l.quoted);
        own.map(|l| (l.proto.get().addresses)(&self.context, l))
            .find(|pair| *pair != (Address::None, Address::None))
            .unwrap_or((Address::None, Address::None))
    }

    /// Appends what stands in the Info column.
    pub fn info(&self, out: &mut Line) {
        let Some(layer) = self.speaker() else { return };
        if layer.proto != Proto::Tcp {
            if let Some(tcp) = self.context.facts.tcp {
                write_findings(tcp, out);
            }
        }
        (layer.proto.get().summary)(&self.context, layer, out);
        match self.context.layers.stop.map(|s| s.why) {
            Some(Why::Cut) => out.text("[Packet size limited during capture]"),
            Some(Why::Malformed) => out.text("[Malformed Packet]"),
            Some(Why::TooDeep) => out.text("[Too many layers]"),
            None => {}
        }
    }

    /// Visits the fields of the layers in `wanted`, outermost first, in the order of the details pane.
    pub fn walk(&self, wanted: ProtoSet, v: &mut dyn Visit) -> Flow {
        if wanted.has(Proto::Frame) {
            let frame = Layer { proto: Proto::Frame, source: 0, quoted: false, start: 0, payload: 0, end: 0 };
            (Proto::Frame.get().visit)(&self.context, &frame, v)?;
        }
        for layer in self.context.layers.all() {
            if wanted.has(layer.proto) || wanted.has(layer.proto.fields_of()) {
                (layer.proto.get().visit)(&self.context, layer, v)?;
            }
        }
        Flow::Continue(())
    }

    /// The TCP segment of the packet, if it has one of its own: its layer and its header.
    pub fn tcp(&self) -> Option<(&'a Layer, Header)> {
        let layer = self.context.layers.find(Proto::Tcp)?;
        Some((layer, Header::read(self.context.layer_bytes(layer))?))
    }
}
