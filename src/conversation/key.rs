//! The conversation that a segment or datagram belongs to, and its direction in it.

use crate::direction::Direction;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Layer, Layers, Proto};
use std::hash::{Hash, Hasher};

/// The two ends of a conversation, the smaller one first, so that both directions have the same key.
///
/// All parts are 64-bit numbers. Most keys are looked up right after they were made, and reading memory in larger
/// pieces than it was just written in stalls the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Over IPv4, each end: its address, and its port in the lowest 16 bits. Over IPv6: the lower half of its
    /// address.
    ends: [u64; 2],
    /// Over IPv6: the upper halves of the addresses.
    upper: [u64; 2],
    /// The version of IP. Over IPv6, the ports in the bits above it, 16 bits each.
    version: u64,
}

impl Key {
    /// The key of two ends over IPv4, the smaller one first. Each end is its address, and its port in the lowest 16
    /// bits.
    pub(super) const fn v4(ends: [u64; 2]) -> Key {
        Key { ends, upper: [0; 2], version: 4 }
    }

    fn v6([(a, p), (b, q)]: [(u128, u16); 2]) -> Key {
        Key {
            ends: [a as u64, b as u64],
            upper: [(a >> 64) as u64, (b >> 64) as u64],
            version: u64::from(p) << 32 | u64::from(q) << 16 | 6,
        }
    }
}

/// Hashes only those parts that a key of its IP version uses.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ends.iter().for_each(|end| state.write_u64(*end));
        if self.version != 4 {
            self.upper.iter().for_each(|end| state.write_u64(*end));
            state.write_u64(self.version);
        }
    }
}

fn sorted<T: Ord + Copy>(from: T, to: T) -> ([T; 2], Direction) {
    if to < from { ([to, from], Direction::Backward) } else { ([from, to], Direction::Forward) }
}

/// The key of a segment between two ports, and its direction: from the smaller end is [`Direction::Forward`]. `None`
/// if there is no IP header before `upto`.
#[inline(always)]
pub(super) fn key(ctx: &Context<'_>, upto: &Layer, src: u16, dst: u16) -> Option<(Key, Direction)> {
    let ip = network_layer(ctx.layers, upto)?;
    let bytes = ctx.layer_bytes(ip);
    match ip.proto {
        Proto::Ipv4 => {
            let end = |address: u32, port: u16| u64::from(address) << 16 | u64::from(port);
            let (ends, direction) = sorted(end(bytes.u32(12)?, src), end(bytes.u32(16)?, dst));
            Some((Key::v4(ends), direction))
        }
        _ => {
            let (from, to) = (bytes.ipv6(8)?.to_bits(), bytes.ipv6(24)?.to_bits());
            let (ends, direction) = sorted((from, src), (to, dst));
            Some((Key::v6(ends), direction))
        }
    }
}

/// The IP layer that carries `upto`: the last IP layer before it.
fn network_layer<'l>(layers: &'l Layers, upto: &Layer) -> Option<&'l Layer> {
    let all = layers.all();
    let end = all.iter().position(|l| l == upto)?;
    all.get(..end)?.iter().rev().find(|l| matches!(l.proto, Proto::Ipv4 | Proto::Ipv6))
}
