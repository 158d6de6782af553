//! How much payload one segment of the client can carry.

use super::{Exchange, Side};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::{Offer, Segment};

/// The room for payload in one segment, and where it comes from; all in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The smaller of the two maximum segment sizes; the default of RFC 9293 (section 3.7.1) for a SYN without the
    /// option.
    pub mss: u16,
    /// TCP options in each data segment.
    pub options: u8,
    /// Payload that fits beside the options.
    pub payload: u32,
}

impl Exchange {
    /// The most bytes of payload that one segment of the client can carry, and why: the smaller MSS and the bytes of
    /// options in each data segment. `None` unless both SYNs were captured.
    pub fn segment_room(&self) -> Option<Room> {
        self.room
    }

    pub(super) fn find_room(&self) -> Option<Room> {
        let (ours, theirs) = (self.offer(Side::Client)?, self.offer(Side::Server)?);
        let default = if self.end(Side::Client).ip.is_ipv4() { 536 } else { 1220 };
        let offered = |o: Offer| o.mss.or((!o.cut).then_some(default));
        let mss = offered(ours)?.min(offered(theirs)?);
        let data = self.message.iter().filter_map(|p| self.at(*p)).filter(|s| !s.is(Flags::SYN));
        let options = data.map(|s| s.options).min();
        let options = options.or_else(|| Some(self.at(self.handshake_ack()?)?.options));
        let options = options.or_else(|| self.any_options())?;
        Some(Room { mss, options, payload: u32::from(mss).saturating_sub(options.into()) })
    }

    /// Bytes of options in the client's segments after its SYN.
    fn any_options(&self) -> Option<u8> {
        let wanted = |s: &&Segment| self.side(s) == Side::Client && !s.is(Flags::SYN) && !s.is(Flags::RST);
        self.conversation.segments.iter().find(wanted).map(|s| s.options)
    }

    /// Positions of segments that carry more than one packet can, as with offloading: the network card cuts or merges
    /// them.
    pub fn offloaded(&self) -> Vec<usize> {
        let all = self.conversation.segments.iter();
        all.filter(|s| self.is_offloaded(s)).map(|s| s.position).collect()
    }

    /// Whether a segment carries more than one packet can.
    pub fn is_offloaded(&self, s: &Segment) -> bool {
        self.room.is_some_and(|room| s.len > u32::from(room.mss))
    }

    /// For a segment that carries more than one packet can: about how many segments it is on the wire. `None` for
    /// others.
    pub fn wire_segments(&self, s: &Segment) -> Option<u32> {
        let room = self.room.filter(|_| self.is_offloaded(s))?;
        Some(s.len.div_ceil(room.payload.max(1)))
    }
}
