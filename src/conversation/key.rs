//! Which conversation a segment belongs to, and in which direction it goes.

use crate::dissect::read::Read;
use crate::dissect::{Context, Layer, Layers, Proto};
use std::hash::{Hash, Hasher};
use std::net::Ipv6Addr;

/// Both ends of a conversation, the smaller one first, so that both directions have the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Over IPv4: of either end, the address and below it in 16 bits the port.
    V4([u64; 2]),
    /// Over IPv6: address and port of either end.
    V6([(Ipv6Addr, u16); 2]),
}

/// Two or six numbers instead of one round for every octet.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Key::V4(ends) => ends.iter().for_each(|end| state.write_u64(*end)),
            Key::V6(ends) => {
                for (address, port) in ends {
                    let bits = address.to_bits();
                    state.write_u64((bits >> 64) as u64);
                    state.write_u64(bits as u64);
                    state.write_u16(*port);
                }
            }
        }
    }
}

/// Which way a segment goes: 0 from the smaller end of the key, 1 from the larger.
pub(super) type Direction = usize;

fn sorted<T: Ord + Copy>(from: T, to: T) -> ([T; 2], Direction) {
    if to < from { ([to, from], 1) } else { ([from, to], 0) }
}

/// The key of a segment between two ports, given the layers around it; `None` where no IP header goes before.
pub(super) fn key(ctx: &Context<'_>, upto: &Layer, src: u16, dst: u16) -> Option<(Key, Direction)> {
    let ip = network_layer(ctx.layers, upto)?;
    let bytes = ctx.layer_bytes(ip);
    match ip.proto {
        Proto::Ipv4 => {
            let end = |address: u32, port: u16| u64::from(address) << 16 | u64::from(port);
            let (ends, direction) = sorted(end(bytes.u32(12)?, src), end(bytes.u32(16)?, dst));
            Some((Key::V4(ends), direction))
        }
        _ => {
            let (ends, direction) = sorted((bytes.ipv6(8)?, src), (bytes.ipv6(24)?, dst));
            Some((Key::V6(ends), direction))
        }
    }
}

/// The IP layer that carries `upto`: the last one before it.
fn network_layer<'l>(layers: &'l Layers, upto: &Layer) -> Option<&'l Layer> {
    let all = layers.all();
    let end = all.iter().position(|l| l == upto)?;
    all.get(..end)?.iter().rev().find(|l| matches!(l.proto, Proto::Ipv4 | Proto::Ipv6))
}
