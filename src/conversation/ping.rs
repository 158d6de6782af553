//! The echo request that an echo reply answers.

use super::hindsight::Sight;
use super::key::{self, Key};
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, IcmpFacts, Layer, Proto};
use rustc_hash::FxHashMap;

/// The most requests in each of the two tables.
const MOST: usize = 32_768;

/// Echo requests without a reply so far, each with its frame and its time in nanoseconds. There is a table of the
/// newest requests and one of older ones; when the newest are too many, they become the older ones, and the former
/// older ones are forgotten.
#[derive(Default)]
pub(super) struct Pings {
    newest: FxHashMap<Ping, (u64, i64)>,
    older: FxHashMap<Ping, (u64, i64)>,
}

/// What a request and its reply have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Ping {
    ends: Key,
    id: u16,
    seq: u16,
    /// The checksum without the type. Because a reply has the data of its request, both have the same.
    sum: u16,
}

impl Pings {
    /// Takes the message in `layer`. Returns the request of a reply and, after a first pass over the capture, the
    /// reply to a request.
    pub(super) fn take(
        &mut self,
        ctx: &Context<'_>,
        layer: &Layer,
        time: i64,
        sight: &Sight,
    ) -> Option<IcmpFacts> {
        let no = ctx.frame.no.0;
        match (sight, self.message(ctx, layer, time)) {
            (Sight::Learning(hindsight), Some(reply)) => {
                hindsight.write().note_echo(no, &reply);
                Some(reply)
            }
            (Sight::Back(hindsight), None) => hindsight.read().echo(no, unless_answered(ctx, layer)?),
            (_, known) => known,
        }
    }

    /// Notes a request; returns what is known about a reply.
    fn message(&mut self, ctx: &Context<'_>, layer: &Layer, time: i64) -> Option<IcmpFacts> {
        let bytes = ctx.layer_bytes(layer);
        let (kind, checksum) = (bytes.u8(0)?, bytes.u16(2)?);
        let (is_request, ours) = match (layer.proto, kind) {
            (Proto::Icmp, 8) => (true, 0x0800),
            (Proto::Icmp, 0) => (false, 0),
            (Proto::Icmpv6, 128) => (true, 0x8000),
            (Proto::Icmpv6, 129) => (false, 0x8100),
            _ => return None,
        };
        let (ends, _) = key::key(ctx, layer, 0, 0)?;
        let ping = Ping { ends, id: bytes.u16(4)?, seq: bytes.u16(6)?, sum: without(checksum, ours) };
        if is_request {
            // If the same request comes again, the reply belongs to the later one.
            if self.newest.len() >= MOST {
                self.older = std::mem::take(&mut self.newest);
            }
            self.newest.insert(ping, (ctx.frame.no.0, time));
            return None;
        }
        let older = self.older.remove(&ping);
        let (request, sent) = self.newest.remove(&ping).or(older)?;
        Some(IcmpFacts::Reply { request, time: time.saturating_sub(sent) })
    }
}

/// For an echo request: what to say about it if no frame of the whole capture answers it.
fn unless_answered(ctx: &Context<'_>, layer: &Layer) -> Option<IcmpFacts> {
    let bytes = ctx.layer_bytes(layer);
    let asks = matches!((layer.proto, bytes.u8(0)?), (Proto::Icmp, 8) | (Proto::Icmpv6, 128));
    let to_many = to_many(ctx, layer).map(|broadcast| IcmpFacts::ToMany { broadcast });
    (asks && bytes.u16(6).is_some()).then_some(to_many.unwrap_or(IcmpFacts::Unanswered))
}

/// For a message to several machines: whether it goes to all machines of a network, and not to a multicast group.
/// `None` for a message to a single machine.
fn to_many(ctx: &Context<'_>, layer: &Layer) -> Option<bool> {
    let ip = ctx.layers.around(layer, |p| matches!(p, Proto::Ipv4 | Proto::Ipv6))?;
    let bytes = ctx.layer_bytes(ip);
    match ip.proto {
        Proto::Ipv4 => {
            let to = bytes.ipv4(16)?;
            (to.is_multicast() || to.is_broadcast()).then(|| to.is_broadcast())
        }
        _ => bytes.ipv6(24)?.is_multicast().then_some(false),
    }
}

/// The one's complement sum behind a checksum, without `word` in it (RFC 1624).
fn without(checksum: u16, word: u16) -> u16 {
    let sum = u32::from(!checksum) + u32::from(!word);
    let sum = (sum & 0xffff) + (sum >> 16);
    // In one's complement, 0xffff is zero, too.
    if sum == 0xffff { 0 } else { sum as u16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_with_the_same_data_has_the_same_sum() {
        // These are the checksums of a request and its reply as Linux sends them.
        assert_eq!(without(0xe4e2, 0x0800), without(0xece2, 0));
        assert_eq!(without(0x5f7b, 0x8000), without(0x5e7b, 0x8100));
        assert_ne!(without(0xe4e2, 0x0800), without(0xece1, 0));
    }
}
