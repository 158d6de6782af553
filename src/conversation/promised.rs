//! Protocols between ports that name none, but that an earlier message has announced: RTP and RTCP where a
//! session description says so (RFC 8866), TFTP where a file was requested (RFC 1350, section 4).

use crate::dissect::protocols::sip;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Layer, Proto};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// The most ends that are remembered; a full table is emptied.
const MOST: usize = 1 << 14;

/// Ends (address and port) with an announced protocol.
#[derive(Default)]
pub(super) struct Promises {
    ends: FxHashMap<(IpAddr, u16), Proto>,
}

impl Promises {
    /// Notes what a datagram announces.
    pub(super) fn learn(&mut self, context: &Context<'_>) {
        let layers = context.layers;
        if let Some(description) = layers.find(Proto::Sdp) {
            for end in sip::media(context.layer_bytes(description)) {
                self.add(end, Proto::Rtp);
                // The reports about it have the next port (RFC 3605).
                if let Some(port) = end.1.checked_add(1) {
                    self.add((end.0, port), Proto::Rtcp);
                }
            }
        } else if layers.find(Proto::Tftp).is_some()
            && let Some((from, _)) = ends(context)
        {
            self.add(from, Proto::Tftp);
        }
    }

    fn add(&mut self, end: (IpAddr, u16), proto: Proto) {
        if self.ends.len() >= MOST {
            self.ends.clear();
        }
        self.ends.insert(end, proto);
    }

    /// The protocol that was announced for one of the ends of a datagram; `None` if there is none.
    pub(super) fn kept(&self, context: &Context<'_>) -> Option<Proto> {
        if self.ends.is_empty() {
            return None;
        }
        let (from, to) = ends(context)?;
        self.ends.get(&to).or_else(|| self.ends.get(&from)).copied()
    }
}

/// The ends of the packet's own datagram: the sender, and the receiver.
fn ends(context: &Context<'_>) -> Option<((IpAddr, u16), (IpAddr, u16))> {
    let udp = context.layers.find(Proto::Udp)?;
    let ip = context.layers.around(udp, |proto| matches!(proto, Proto::Ipv4 | Proto::Ipv6))?;
    let (from, to) = addresses(context, ip)?;
    let ports = context.layer_bytes(udp);
    Some(((from, ports.u16(0)?), (to, ports.u16(2)?)))
}

fn addresses(context: &Context<'_>, ip: &Layer) -> Option<(IpAddr, IpAddr)> {
    let header = context.layer_bytes(ip);
    Some(match ip.proto {
        Proto::Ipv4 => (header.ipv4(12)?.into(), header.ipv4(16)?.into()),
        _ => (header.ipv6(8)?.into(), header.ipv6(24)?.into()),
    })
}
