//! Dissectors: one file or folder for each protocol. A dissector says how its header is decoded, what the packet list
//! shows, and which fields there are.
//!
//! - `protocol`, `registry`: the row that describes a protocol, and the tables made of all rows;
//! - `decoder`, `over_tcp`, `over_udp`: the way from one header to the next;
//! - `layers`, `facts`, `buffers`: what is known about a packet: its layers, facts that the conversation adds, and
//!   bytes put together from several frames;
//! - `mac_names`: names of hardware addresses, where they are asked for;
//! - `reading/`: reading bytes into fields, and remarks about them;
//! - `protocols/`: the protocols.
//!
//! Decoding never fails, panics or allocates, for any bytes: it goes as far as the bytes allow, and [`Layers::stop`]
//! says where it stopped. Decoded packets are never stored: the details pane, filters and the columns read the bytes
//! again.

mod buffers;
mod decoder;
pub mod facts;
mod layers;
pub mod mac_names;
pub mod over_tcp;
mod over_udp;
mod protocol;
pub mod protocols;
pub(crate) mod reading;
mod registry;
#[cfg(test)]
mod testing;

pub use buffers::Buffers;
pub use decoder::{decode, decode_datagram};
pub use facts::{
    AppFacts, ArpFacts, Datagram, Duplicate, Facts, FrameFacts, HttpFacts, IcmpFacts, InitialFacts, Overlap,
    Piece, QuicFacts, Quoted, Reassembled, Repeat, Tunnel, UdpFacts,
};
pub use layers::{Decoded, Ending, Fragment, Layer, Layers, Marks, Stop, Why};
pub use protocol::{Direct, Parts, Protocol};
pub use protocols::{PROTOCOLS, Proto};
pub use registry::{ProtoSet, direct, stands_in_frame};

pub(crate) use buffers::Work;
pub(crate) use decoder::{Decoder, Next, Span, decode_data, take_for};
pub(crate) use reading::remark::{OLD_DATA, damage};

use crate::field::{Field, Names};
use crate::frame::Frame;
use crate::text::{Line, Push};
use protocols::tcp::Header;
use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

/// Whether a visitor wants to see more: `Break` ends the visit.
pub type Visited = ControlFlow<()>;

/// An address as the columns Source and Destination show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// No layer has an address; the column is empty.
    None,
    /// The link layer has no addresses, and no layer inside has any: `N/A`.
    NotApplicable,
    /// Ethernet address.
    Mac([u8; 6]),
    /// IPv4 address.
    Ipv4(Ipv4Addr),
    /// IPv6 address.
    Ipv6(Ipv6Addr),
}

impl Address {
    /// Appends the address as text.
    pub fn write(self, out: &mut Line) {
        match self {
            Address::None => {}
            Address::NotApplicable => out.text("N/A"),
            Address::Mac(mac) => mac_names::write(mac, out),
            Address::Ipv4(ip) => out.ipv4(ip),
            Address::Ipv6(ip) => out.ipv6(ip),
        }
    }
}

/// The text of the Protocol column for a layer; some protocols have more than one name there.
pub fn column(ctx: &Context<'_>, layer: &Layer) -> Cow<'static, str> {
    let row = layer.proto.get();
    row.column_of.map_or(Cow::Borrowed(row.column), |of| of(ctx, layer))
}

/// The fields of both lists, in one array. `N` is the sum of their lengths.
const fn join<const N: usize>(a: &[&'static Field], b: &[&'static Field]) -> [&'static Field; N] {
    let mut all = [a[0]; N];
    let mut i = 0;
    while i < N {
        all[i] = if i < a.len() { a[i] } else { b[i - a.len()] };
        i += 1;
    }
    all
}

/// Names of the values of a plain boolean.
const FALSE_TRUE: Names = &[(0, "False"), (1, "True")];

/// Everything that is known about one packet while it is looked at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The frame with its bytes.
    pub frame: &'a Frame<'a>,
    /// Its layers.
    pub layers: &'a Layers,
    /// Data of the layers whose source is above 0: source n is `buffers[n - 1]`.
    pub buffers: &'a [Vec<u8>],
    /// The header of the packet's own TCP segment, if it was read before; that saves reading bytes which may be in
    /// another processor's cache.
    pub segment: Option<&'a Header>,
    /// What the capture and the conversation add.
    pub facts: Facts<'a>,
}

impl<'a> Context<'a> {
    /// All bytes of a source; source 0 is the frame.
    pub fn source(&self, source: u8) -> &'a [u8] {
        source_of(self.frame.bytes, self.buffers, source)
    }

    /// The captured bytes of a layer, header and payload.
    pub fn layer_bytes(&self, layer: &Layer) -> &'a [u8] {
        clip(self.source(layer.source), layer.start, layer.end)
    }

    /// The captured bytes of a layer's payload.
    pub fn payload(&self, layer: &Layer) -> &'a [u8] {
        clip(self.source(layer.source), layer.payload, layer.end)
    }
}

/// All bytes of a source: `frame`, or one of the `buffers`; empty if there is no such source.
fn source_of<'a>(frame: &'a [u8], buffers: &'a [Vec<u8>], source: u8) -> &'a [u8] {
    match source {
        0 => frame,
        n => buffers.get(usize::from(n) - 1).map_or(&[], |b| b.as_slice()),
    }
}

/// The bytes from `start` to `end`, as far as they exist.
fn clip(bytes: &[u8], start: u32, end: u32) -> &[u8] {
    let end = bytes.len().min(end as usize);
    bytes.get(start as usize..end).unwrap_or(&[])
}

/// The name of a [`Layer::source`] other than the frame in the bytes pane. The layer that carries the data decides
/// it.
pub fn source_name(ctx: &Context<'_>, source: u8) -> &'static str {
    if ctx.facts.app.is_some_and(|app| app.handshakes.iter().any(|h| h.source == source)) {
        return "Reassembled TLS Handshake";
    }
    if let Some(name) = ctx.facts.quic.and_then(|quic| quic.source_name(source)) {
        return name;
    }
    let layers = ctx.layers.all();
    let first = layers.iter().position(|l| l.source == source);
    let carrier = layers.get(..first.unwrap_or(layers.len())).unwrap_or(layers);
    let carrier = carrier.iter().rev().find(|l| l.source < source);
    let named = carrier.and_then(|carrier| Some((carrier, carrier.proto.get().source_name?)));
    named.map_or("Reassembled TCP", |(carrier, name)| name(ctx, carrier, first.and_then(|i| layers.get(i))))
}

/// Names of the protocols of a packet, outermost first, as in `frame.protocols`.
pub fn protocol_path(ctx: &Context<'_>, out: &mut Line) {
    let layers = ctx.layers;
    for (i, layer) in layers.all().iter().enumerate() {
        let row = layer.proto.get();
        let again = |l: &Layer| l.proto == layer.proto && l.source == layer.source && l.start < l.end;
        let named = !(row.unnamed || row.repeats && layers.before(layer).iter().any(again));
        if named && i > 0 {
            out.push(b':');
        }
        if named {
            out.text(row.field.name);
        }
        if layers.is_twofold(i) {
            out.push(b':');
            out.text(row.second_name);
        }
        if let Some(write) = row.path.filter(|_| named) {
            write(ctx, layer, out);
        }
    }
}

/// How many levels deeper than the first layer the details show the layer at `index`: extension headers go under
/// their IPv6 header, quoted layers under the ICMP message that quotes them.
pub fn depth(ctx: &Context<'_>, index: usize) -> usize {
    let before = ctx.layers.all().get(..index).unwrap_or(&[]);
    let Some(layer) = ctx.layers.all().get(index) else { return 0 };
    if before.iter().any(|l| l.quoted && l.proto.get().unnests) {
        return 0;
    }
    let nests = before.iter().filter(|l| l.proto.get().nests).count();
    nests + (layer.proto.get().depth)(ctx, layer)
}
