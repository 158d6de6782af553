//! Senders and receivers: packets and bytes of each address.

use super::{Sum, grid};
use crate::dissect::reading::read::Read as _;
use crate::dissect::{Address, Layer, Proto};
use crate::packet::Packet;
use crate::pump::{Needs, Sink};
use crate::text::{Push as _, written};
use rustc_hash::FxHashMap;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// The most addresses that get a row. The table says how many packets the other addresses have.
const MOST: usize = 1_000_000;

/// What counts as an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ethernet addresses.
    Ethernet,
    /// IPv4 and IPv6 addresses.
    Ip,
    /// Addresses with their TCP ports.
    Tcp,
    /// Addresses with their UDP ports.
    Udp,
}

impl Kind {
    fn heading(self) -> &'static str {
        match self {
            Kind::Ethernet => "Ethernet address",
            Kind::Ip => "IP address",
            Kind::Tcp => "TCP endpoint",
            Kind::Udp => "UDP endpoint",
        }
    }

    fn wants(self, proto: Proto) -> bool {
        match self {
            Kind::Ethernet => proto == Proto::Ethernet,
            Kind::Ip => matches!(proto, Proto::Ipv4 | Proto::Ipv6),
            Kind::Tcp => proto == Proto::Tcp,
            Kind::Udp => proto == Proto::Udp,
        }
    }
}

/// An address, with a port where the kind has ports.
type End = (Address, Option<u16>);

/// What an endpoint sent and received.
#[derive(Clone, Copy, Debug, Default)]
struct Both {
    sent: Sum,
    received: Sum,
}

/// A sink that counts endpoints, and writes them at the end of the capture, those with the most packets first.
pub struct Endpoints<W> {
    out: W,
    kind: Kind,
    most: usize,
    found: FxHashMap<End, Both>,
    /// How many packets belong to endpoints without a row.
    further: u64,
}

impl<W: Write> Endpoints<W> {
    /// Writes the endpoints of a kind to `out`.
    pub fn new(out: W, kind: Kind) -> Endpoints<W> {
        Endpoints { out, kind, most: MOST, found: FxHashMap::default(), further: 0 }
    }

    fn at(&mut self, end: End) -> Option<&mut Both> {
        if self.found.len() >= self.most && !self.found.contains_key(&end) {
            self.further += 1;
            return None;
        }
        Some(self.found.entry(end).or_default())
    }
}

/// Sender and receiver of a layer: its own addresses, or its ports with the addresses of the IP layer that carries
/// it.
fn ends(packet: &Packet<'_>, layer: &Layer, carrier: (Address, Address), kind: Kind) -> Option<[End; 2]> {
    let ctx = &packet.context;
    if matches!(kind, Kind::Tcp | Kind::Udp) {
        let bytes = ctx.layer_bytes(layer);
        return Some([(carrier.0, Some(bytes.u16(0)?)), (carrier.1, Some(bytes.u16(2)?))]);
    }
    let (from, to) = (layer.proto.get().addresses)(ctx, layer);
    Some([(from, None), (to, None)])
}

impl<W: Write> Sink for Endpoints<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let bytes = u64::from(packet.context.frame.wire_len);
        let mut carrier = (Address::None, Address::None);
        for layer in packet.context.layers.all().iter().filter(|layer| !layer.quoted) {
            if Kind::Ip.wants(layer.proto) {
                carrier = (layer.proto.get().addresses)(&packet.context, layer);
            }
            if !self.kind.wants(layer.proto) {
                continue;
            }
            if let Some([from, to]) = ends(packet, layer, carrier, self.kind) {
                self.at(from).into_iter().for_each(|both| both.sent.add(bytes));
                self.at(to).into_iter().for_each(|both| both.received.add(bytes));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn needs(&self) -> Needs {
        Needs { streams: false, ..Needs::default() }
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut all: Vec<(String, Both)> = self.found.iter().map(|(end, both)| (text(*end), *both)).collect();
        all.sort_by(|(a, x), (b, y)| {
            let packets = |both: &Both| both.sent.packets + both.received.packets;
            packets(y).cmp(&packets(x)).then_with(|| a.cmp(b))
        });
        let rows: Vec<Vec<String>> = all
            .into_iter()
            .map(|(name, Both { sent, received })| {
                let sums = [sent.and(received), sent, received];
                let cells = sums.iter().flat_map(|sum| [sum.packets.to_string(), sum.bytes.to_string()]);
                std::iter::once(name).chain(cells).collect()
            })
            .collect();
        let heading = [self.kind.heading(), "Packets", "Bytes", "Sent", "Bytes", "Received", "Bytes"];
        grid(&heading, &rows, &mut self.out)?;
        if self.further > 0 {
            writeln!(self.out, "… and {} packets of further endpoints, which have no row", self.further)?;
        }
        self.out.flush()
    }
}

fn text((address, port): End) -> String {
    written(|line| {
        address.write(line);
        if let Some(port) = port {
            line.push(b':');
            line.num(port);
        }
    })
}
