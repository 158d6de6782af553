//! A packet: a frame, its layers, and what the conversation adds; with its columns and its fields.

use crate::dissect::{
    Address, Context, Layer, OLD_DATA, Parts, ProtoSet, Visited, Why, column, damage, depth,
};
use crate::field::Visit;
use crate::text::{Line, Push};
use std::borrow::Cow;
use std::ops::Deref;

/// One packet while it is looked at. Everything is borrowed from where it was read.
///
/// ```
/// use labkit::capture::Source;
/// use labkit::capture::reader::FileReader;
/// use labkit::conversation::Tracker;
/// use labkit::dissect::Address;
/// use labkit::packet::Packet;
/// use std::path::Path;
///
/// let mut source = FileReader::open(Path::new("captures/refused.pcapng"))?;
/// let mut tracker = Tracker::new();
/// let mut rows = Vec::new();
/// while let Some(frame) = source.next()? {
///     let packet = Packet { context: tracker.track(&frame) };
///     if let (Address::Ipv4(from), _) = packet.addresses() {
///         let mut info = Vec::new();
///         packet.info(&mut info);
///         rows.push(format!("{from} {} {}", packet.protocol(), String::from_utf8(info)?));
///     }
/// }
/// assert!(rows[0].contains(" TCP ") && rows[0].contains("[SYN]"), "{rows:?}");
/// assert!(rows[1].contains("[RST, ACK]"), "{rows:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Packet<'a> {
    /// The frame, its layers, and the facts about them.
    pub context: Context<'a>,
}

/// A packet has all methods of its context.
impl<'a> Deref for Packet<'a> {
    type Target = Context<'a>;

    fn deref(&self) -> &Context<'a> {
        &self.context
    }
}

impl<'a> Packet<'a> {
    /// The layer that speaks for the packet, which is to say that fills its columns Protocol and Info: the innermost one
    /// that has something to show.
    pub(crate) fn speaker(&self) -> Option<&'a Layer> {
        let layers = self.context.layers;
        let is_silent = |l: &Layer| (l.proto.get().silent)(&self.context, l);
        let own = layers.all().iter().rev().find(|l| !l.quoted && !is_silent(l));
        own.or_else(|| layers.top())
    }

    /// The text of the Protocol column.
    pub fn protocol(&self) -> Cow<'static, str> {
        self.protocol_of(self.speaker())
    }

    /// As [`Packet::protocol`], where the packet's [`Packet::speaker`] is known.
    pub(crate) fn protocol_of(&self, speaker: Option<&Layer>) -> Cow<'static, str> {
        speaker.map_or(Cow::Borrowed(""), |l| column(&self.context, l))
    }

    /// The addresses of the columns Source and Destination: the packet's own innermost addresses. If a header is cut
    /// between its two addresses, the second one comes from the layer around it.
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

    /// Whether the captured bytes end inside the frame's trailer, which follows the network layer.
    fn has_cut_trailer(&self) -> bool {
        let captured = self.context.frame.bytes.len() as u32;
        match self.context.layers.all() {
            [link, rest @ ..] if captured < link.end && link.proto.get().has_trailer => {
                let inner = rest.iter().find(|l| l.source == link.source && l.end < link.end && !l.quoted);
                inner.is_some_and(|l| l.end < captured)
            }
            _ => false,
        }
    }

    /// Appends the parts of the Info column that do not depend on the conversation, for [`Packet::info_of`], and
    /// returns the lengths of two of them. `None` if the protocol writes its column at once.
    pub fn info_early(&self, out: &mut Line) -> Option<[u8; 2]> {
        let layer = self.context.layers.all().last().filter(|layer| !layer.quoted)?;
        layer.proto.get().early.map(|early| (early.write)(&self.context, layer, out))
    }

    /// Appends the text of the Info column.
    pub fn info(&self, out: &mut Line) {
        self.info_of(self.speaker(), None, out);
    }

    /// As [`Packet::info`], where the packet's [`Packet::speaker`] is known, with the parts that
    /// [`Packet::info_early`] wrote before the conversation of this packet was known.
    pub(crate) fn info_of(&self, speaker: Option<&Layer>, parts: Option<Parts<'_>>, out: &mut Line) {
        let Some(layer) = speaker else { return };
        // The parts do not fit a layer that was reassembled after they were written.
        let early = parts.zip(layer.proto.get().early).filter(|_| layer.source == 0 && !layer.quoted);
        if let Some((parts, early)) = early {
            (early.finish)(&self.context, layer, parts, out);
        } else {
            let own = self.context.layers.all().iter().filter(|l| !l.quoted);
            let carry = own.rev().find_map(|l| l.proto.get().carry);
            carry.unwrap_or(layer.proto.get().summary)(&self.context, layer, out);
        }
        match self.context.layers.stop.map(|s| s.why) {
            Some(Why::Cut) => out.text("[Packet size limited during capture]"),
            Some(Why::Malformed) => out.text("[Malformed Packet]"),
            Some(Why::Unreassembled) => out.text("[BoundErrorUnreassembled Packet]"),
            Some(Why::OldData) => out.text(OLD_DATA),
            Some(Why::TooDeep) => out.text("[Too many layers]"),
            None if self.has_cut_trailer() => out.text("[Packet size limited during capture]"),
            None => {}
        }
    }

    /// Visits the fields of the layers in `wanted`, outermost first, in the order of the details pane.
    pub fn walk(&self, wanted: ProtoSet, v: &mut dyn Visit) -> Visited {
        let wanted = wanted.to_walk();
        if let Some(frame) = wanted.frame_layer() {
            (frame.proto.get().visit)(&self.context, &frame, v)?;
        }
        let all = self.context.layers.all();
        // A multipart body shows the layers of its parts inside itself.
        let shows = all.iter().find(|l| wanted.wants(l.proto) && l.proto.get().shows.is_some());
        for (i, layer) in all.iter().enumerate() {
            let elsewhere =
                shows.and_then(|by| by.proto.get().shows).is_some_and(|is| is(&self.context, layer));
            if wanted.wants(layer.proto) && !elsewhere {
                let depth = depth(&self.context, i);
                (0..depth).for_each(|_| v.open());
                (layer.proto.get().visit)(&self.context, layer, v)?;
                (0..depth).for_each(|_| v.close());
            }
        }
        let stop = self.context.layers.stop;
        match stop.filter(|_| wanted.has_damage()) {
            Some(stop) => damage(stop, v),
            None => Visited::Continue(()),
        }
    }
}
