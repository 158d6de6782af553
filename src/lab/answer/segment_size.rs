//! How long a message may be before it needs a second packet.

use super::{Confidence, Draft, MOST, Material, count};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::exchange::{Exchange, Room, Side};

pub(super) const RULE: &str = "Payload of one packet = the smaller MSS of the two SYNs − the options that each data segment carries; one byte more needs a second packet. Bytes count, not characters, and the size of recv's buffer has nothing to do with it.";

/// An MSS above this is not Ethernet's.
const ETHERNET_MSS: u16 = 1500;

impl Material<'_> {
    pub(super) fn segment_size(&self) -> Draft {
        let mut draft = Draft::new();
        let mut rooms: Vec<Room> = Vec::new();
        for x in self.distinct().take(MOST) {
            let line = match x.segment_room() {
                Some(room) => {
                    let shown = !x.message.is_empty();
                    draft.sure(if shown { Confidence::Proven } else { Confidence::Inferred });
                    if !rooms.contains(&room) {
                        rooms.push(room);
                    }
                    self.prove_room(x, room, &mut draft);
                    self.room_of(x, room)
                }
                None => self.room_unknown(x),
            };
            draft.lines.push(format!("{}: {line}", self.title(x)));
        }
        self.limit(&mut draft, self.distinct().count());
        let max = self.lab.communicator.max_characters as u64;
        draft.head = match rooms.as_slice() {
            [] => {
                "Cannot tell: the MSS stands in the options of the two SYNs, and no connection here was captured with both and a packet of the client after them."
                    .into()
            }
            [room] => headline(*room, max),
            [first, ..] => {
                format!("It depends on the connection, see below. For the first: {}", headline(*first, max))
            }
        };
        draft
    }

    fn room_of(&self, x: &Exchange, room: Room) -> String {
        let mss = |side| match x.offer(side).and_then(|o| o.mss) {
            Some(n) => n.to_string(),
            None => "none (the default counts)".into(),
        };
        let mut line = format!(
            "MSS {} from the {} and {} from the {}; the smaller, {}, less {} of options leaves {} of payload.",
            mss(Side::Client),
            self.who(x, Side::Client),
            mss(Side::Server),
            self.who(x, Side::Server),
            room.mss,
            count(room.options, "byte"),
            count(room.payload, "byte")
        );
        if x.message.is_empty() {
            line.push_str(
                " No data was captured, so the options are those of the client's first packet after its SYN.",
            );
        }
        let lens = x.message.iter().filter_map(|p| x.at(*p)).map(|s| s.len);
        if x.message.len() > 1 && lens.clone().max() == Some(room.payload) {
            line.push_str(" The capture shows full segments of exactly that size.");
        }
        for s in x.offloaded().iter().take(4).filter_map(|p| x.at(*p)) {
            line.push_str(&format!(
                " Frame {} holds {}, more than one packet can: offloaded, about {} segments on the wire (the network card cuts it up after the capture).",
                s.frame,
                count(s.len, "byte"),
                x.wire_segments(s).unwrap_or(1)
            ));
        }
        if room.mss > ETHERNET_MSS {
            line.push_str(" An MSS above Ethernet's is that of loopback or of jumbo frames; the system may send smaller segments than it allows (on Linux's loopback 32,742 bytes were measured where the MSS is 65,495).");
        }
        line
    }

    fn room_unknown(&self, x: &Exchange) -> String {
        let most = x.message.iter().filter_map(|p| x.at(*p)).map(|s| s.len).max();
        let seen = most.map(|n| format!(" The largest payload that was captured has {}.", count(n, "byte")));
        let missing = x.missing().into_iter().next().unwrap_or_else(|| x.outcome.name().to_string());
        format!(
            "cannot tell, because the SYNs of both sides are needed, and a packet of the client after them ({missing}).{}",
            seen.unwrap_or_default()
        )
    }

    fn prove_room(&self, x: &Exchange, room: Room, draft: &mut Draft) {
        for p in &x.handshake {
            let Some(s) = x.at(*p).filter(|s| s.is(Flags::SYN)) else { continue };
            let mss = x.offer(x.side(s)).and_then(|o| o.mss);
            let what = mss.map_or("no MSS".to_string(), |n| format!("MSS {n}"));
            self.prove(draft, x, *p, format!("the {} offers {what}", self.who(x, x.side(s))));
        }
        if let Some(p) = x.message.first().copied().or_else(|| x.handshake_ack()) {
            self.prove(draft, x, p, format!("carries {} of options", count(room.options, "byte")));
        }
        for p in x.offloaded().iter().take(2) {
            self.prove(draft, x, *p, "more payload than one packet can carry: offloaded");
        }
    }
}

fn headline(room: Room, max: u64) -> String {
    let n = u64::from(room.payload).max(1);
    let packets = |bytes: u64| (max * bytes).div_ceil(n);
    format!(
        "{n} bytes fit into one packet ({} − {}), so a message of {} bytes needs two. In characters: {n} of ASCII, {} of two bytes each (é), {} of three (€). {max} characters take {}, {} or {} packets.",
        room.mss,
        room.options,
        n + 1,
        n / 2,
        n / 3,
        packets(1),
        packets(2),
        packets(3)
    )
}
