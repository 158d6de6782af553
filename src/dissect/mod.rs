//! Dissectors: one file a protocol. Each says how its header is decoded, how it is summed up in the packet list, and
//! which fields it has. The registry alone knows them all.
//!
//! Decoding never fails, panics or allocates, whatever the bytes: it goes as far as they allow and says where it
//! stopped ([`Layers::stop`]). Everything else reads the bytes again on demand; decoded packets are never stored.

pub mod app;
mod application;
mod buffers;
mod decoder;
mod direct;
mod expert;
mod facts;
mod layers;
pub mod protocols;
pub(crate) mod reading;
mod registry;
#[cfg(test)]
mod testing;

pub use buffers::Buffers;
pub use decoder::{decode, decode_datagram};
pub use direct::{Direct, direct, stands_in_frame};
pub use facts::{
    AppFacts, ArpFacts, Datagram, Duplicate, Facts, FrameFacts, IcmpFacts, Quoted, Reassembled, UdpFacts,
};
pub use layers::{Decoded, Found, Fragment, Layer, Layers, Short, Stop, Why};
pub use protocols::http::{HttpFacts, Tunnel};
pub(crate) use protocols::http::{Session as HttpSession, datagram as http_datagram};
pub use protocols::media::is_unnamed;
pub use protocols::multipart::is_part;
pub use registry::{PROTOCOLS, Proto, ProtoSet};

pub(crate) use buffers::Work;
pub(crate) use decoder::{Decoder, Next, Span, decode_data};
pub(crate) use expert::damage;

use crate::field::{Field, Names, Visit};
use crate::frame::Frame;
use crate::text::{Line, Push};
use protocols::{arp, dhcp, ethernet, http, igmp, media, tls};
use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

/// Answer of a visit: whether it goes on.
pub type Flow = ControlFlow<()>;

/// What stands in the columns Source and Destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// Nothing known.
    None,
    /// The link layer has no addresses, and nothing inside has any.
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
            Address::Mac(mac) => out.mac(mac),
            Address::Ipv4(ip) => out.ipv4(ip),
            Address::Ipv6(ip) => out.ipv6(ip),
        }
    }
}

/// What a protocol file provides.
pub struct Protocol {
    /// The protocol as a field: its name in the display filter and its long name.
    pub field: Field,
    /// Its name in the Protocol column.
    pub column: &'static str,
    /// Its fields.
    pub fields: &'static [&'static Field],
    /// Visits the protocol's own line and its fields, in the order of the details pane.
    pub visit: fn(&Context<'_>, &Layer, &mut dyn Visit) -> Flow,
    /// The addresses that a layer of this protocol puts into the columns Source and Destination.
    pub addresses: fn(&Context<'_>, &Layer) -> (Address, Address),
    /// Writes what stands in the Info column.
    pub summary: fn(&Context<'_>, &Layer, &mut Line),
}

/// What stands in the Protocol column for a layer: some protocols have several names there.
pub fn column(ctx: &Context<'_>, layer: &Layer) -> Cow<'static, str> {
    match layer.proto {
        Proto::Tls => tls::column(ctx).into(),
        Proto::Arp => arp::column(ctx.layer_bytes(layer)).into(),
        Proto::Igmp => igmp::column(ctx, layer).into(),
        Proto::Dhcp => dhcp::column(ctx, layer).into(),
        Proto::Ethernet | Proto::Vlan | Proto::ServiceVlan | Proto::Sll => ethernet::column(ctx, layer),
        // Text that should have been JSON.
        Proto::TextLines if ctx.layers.before(layer).last().is_some_and(|l| l.proto == Proto::Json) => {
            Proto::Json.get().column.into()
        }
        _ if ctx.layers.has(Proto::Multipart) && ctx.layers.has(Proto::Http) => media::column(ctx).into(),
        proto => proto.get().column.into(),
    }
}

/// For protocols that have no addresses of their own.
fn no_addresses(_: &Context<'_>, _: &Layer) -> (Address, Address) {
    (Address::None, Address::None)
}

/// Both lists of fields as one.
const fn join<const N: usize>(a: &[&'static Field], b: &[&'static Field]) -> [&'static Field; N] {
    let mut all = [a[0]; N];
    let mut i = 0;
    while i < N {
        all[i] = if i < a.len() { a[i] } else { b[i - a.len()] };
        i += 1;
    }
    all
}

/// For link layers without addresses.
fn not_applicable(_: &Context<'_>, layer: &Layer) -> (Address, Address) {
    let whole = layer.proto != Proto::Null || layer.payload < layer.end || layer.payload - layer.start == 4;
    let address = if whole { Address::NotApplicable } else { Address::None };
    (address, address)
}

/// Names of the values of a plain boolean.
const FALSE_TRUE: Names = &[(0, "False"), (1, "True")];

/// All there is to know about one packet while it is looked at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The frame with its bytes.
    pub frame: &'a Frame<'a>,
    /// Its layers.
    pub layers: &'a Layers,
    /// Reassembled data that layers with a source above 0 lie in: source n is `buffers[n - 1]`.
    pub buffers: &'a [Vec<u8>],
    /// What the capture and the conversation add.
    pub facts: Facts<'a>,
}

impl<'a> Context<'a> {
    /// All bytes of a source: 0 is the frame.
    pub fn source(&self, source: u8) -> &'a [u8] {
        source_of(self.frame.bytes, self.buffers, source)
    }

    /// The bytes from the beginning of a layer to its end, as far as they were captured.
    pub fn layer_bytes(&self, layer: &Layer) -> &'a [u8] {
        clip(self.source(layer.source), layer.start, layer.end)
    }

    /// The payload of a layer, as far as it was captured.
    pub fn payload(&self, layer: &Layer) -> &'a [u8] {
        clip(self.source(layer.source), layer.payload, layer.end)
    }
}

/// All bytes of a source, given those of the frame and the reassembled ones.
fn source_of<'a>(frame: &'a [u8], buffers: &'a [Vec<u8>], source: u8) -> &'a [u8] {
    match source {
        0 => frame,
        n => buffers.get(usize::from(n) - 1).map_or(&[], |b| b.as_slice()),
    }
}

/// The part of `bytes` from `start` to `end` that exists.
fn clip(bytes: &[u8], start: u32, end: u32) -> &[u8] {
    let end = bytes.len().min(end as usize);
    bytes.get(start as usize..end).unwrap_or(&[])
}

/// What the bytes of a [`Layer::source`] other than the frame are called in the bytes pane: after the layer that carries
/// what lies in them.
pub fn source_name(ctx: &Context<'_>, source: u8) -> &'static str {
    if ctx.facts.app.is_some_and(|app| app.handshakes.iter().any(|h| h.source == source)) {
        return "Reassembled TLS Handshake";
    }
    let layers = ctx.layers.all();
    let first = layers.iter().position(|l| l.source == source);
    let carrier = layers.get(..first.unwrap_or(layers.len())).unwrap_or(layers);
    let Some(carrier) = carrier.iter().rev().find(|l| l.source < source) else { return "Reassembled TCP" };
    // Bytes without a layer are those of chunks that were unpacked then.
    let is_body = first.and_then(|i| layers.get(i)).is_none_or(|l| media::is_body(l.proto));
    match carrier.proto {
        Proto::Ipv4 => "Reassembled IPv4",
        Proto::FragmentHeader | Proto::Ipv6 => "Reassembled IPv6",
        Proto::Http if is_body && first.is_some() && http::is_packed(ctx, carrier) => {
            "Uncompressed entity body"
        }
        Proto::Http if is_body => "De-chunked entity body",
        _ => "Reassembled TCP",
    }
}

/// Names of the protocols of a packet, outermost first, as in `frame.protocols`.
pub fn protocol_path(ctx: &Context<'_>, out: &mut Line) {
    let layers = ctx.layers;
    for (i, layer) in layers.all().iter().enumerate() {
        // Messages one after the other in the same bytes are one dissection.
        let again = |l: &Layer| l.proto == layer.proto && l.source == layer.source && l.start < l.end;
        if matches!(layer.proto, Proto::Http | Proto::Dns) && layers.before(layer).iter().any(again) {
            continue;
        }
        if i > 0 {
            out.push(b':');
        }
        out.text(layer.proto.get().field.name);
        if layers.is_twofold(i) {
            out.text(if layer.proto == Proto::Igmp { ":igmp" } else { ":ethertype" });
        }
        if layer.proto == Proto::Tls {
            tls::write_parts(ctx, layer, out);
        }
    }
}
