//! The longest message that one packet can carry.

use super::disruption::scaled;
use super::draft::{Draft, count, same};
use super::{Confidence, MOST, Material, Part, lacks};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::{Exchange, Room, Side};

pub(super) const RULE: &str = "Payload of one packet = the smaller MSS of the two SYNs − the options that each data segment carries; one byte more needs a second packet. That is an upper bound: Linux sends at most half of the largest window that the receiver has offered in one segment, and where the capture shows a message that was cut below the bound, the cut decides. Bytes count, not characters, and the size of recv's buffer has nothing to do with it.";

/// The field that shows that an option is not there: the length of the header.
const NO_OPTION: &str = "tcp.hdr_len";

/// The most payload that one packet of the client carries, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Bytes; one more needs a second packet.
    pub bytes: u32,
    /// What MSS and options allow; never less than `bytes`.
    pub room: Room,
    /// Why `bytes` is less than the room; `None` where it is not.
    pub cut: Option<Cut>,
}

/// Why the sender's system cuts a message below what MSS and options allow. Positions count packets in the
/// connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The capture shows a message that was cut at half of the largest window offered; position of the packet that
    /// ends there.
    Seen(usize),
    /// The capture shows a message that the system cut, but not why; position of the packet that ends there.
    Unexplained(usize),
    /// No message was cut, but Linux would cut one at half of the largest window offered.
    Expected,
}

/// The most payload that one packet of the client carries; `None` unless both SYNs were captured.
pub fn limit(x: &Exchange) -> Option<Limit> {
    let room = x.segment_room()?;
    let half = half_window(x).filter(|half| *half < room.payload);
    let of = |bytes, cut| Limit { bytes, room, cut };
    let Some(s) = first_part(x).filter(|s| s.len < room.payload) else {
        return Some(half.map_or(of(room.payload, None), |half| of(half, Some(Cut::Expected))));
    };
    Some(match half {
        Some(half) if half == s.len => of(half, Some(Cut::Seen(s.position))),
        // PSH marks the end of what a program wrote at once; a segment without it was cut by the system.
        _ if !s.is(Flags::PSH) => of(s.len, Some(Cut::Unexplained(s.position))),
        Some(half) => of(half, Some(Cut::Expected)),
        None => of(room.payload, None),
    })
}

/// The largest segment of the message that is followed by the next byte in another segment.
fn first_part(x: &Exchange) -> Option<&Segment> {
    let parts: Vec<&Segment> = x.message.iter().filter_map(|p| x.at(*p)).collect();
    let continued = parts.windows(2).filter_map(|w| match w {
        [a, b] if b.seq == a.seq + a.len => Some(*a),
        _ => None,
    });
    continued.max_by_key(|s| s.len)
}

/// Half of the largest window that the server had offered when the message began, in bytes.
fn half_window(x: &Exchange) -> Option<u32> {
    let until = x.message.first().copied().unwrap_or(usize::MAX);
    let offered = x.conversation.segments.iter().take_while(|s| s.position < until);
    let offered = offered.filter(|s| x.side(s) == Side::Server && s.is(Flags::ACK));
    Some(offered.filter_map(|s| scaled(x, Side::Server, s)).max()? / 2)
}

impl Material<'_> {
    pub(super) fn segment_size(&self) -> Draft {
        let mut draft = Draft::new();
        let mut limits: Vec<Limit> = Vec::new();
        for x in self.distinct().take(MOST) {
            let title = self.title(x);
            let Some(limit) = limit(x) else {
                draft.claim(format!("{title}: {}", self.room_unknown(x)), Confidence::CannotTell);
                continue;
            };
            let sure = match limit.cut {
                Some(Cut::Expected | Cut::Unexplained(_)) => Confidence::Inferred,
                _ if x.message.is_empty() => Confidence::Inferred,
                _ => Confidence::Proven,
            };
            self.prove_room(x, limit, &mut draft);
            draft.claim(format!("{title}: {}", self.room_of(x, limit)), sure);
            limits.push(limit);
        }
        self.limit(&mut draft, self.distinct().count());
        let sizes: Vec<u32> = limits.iter().map(|l| l.bytes).collect();
        let max = self.lab.communicator.max_characters as u64;
        draft.head = match (limits.first(), same(&sizes)) {
            (None, _) => "Cannot tell: the MSS is in the options of the two SYNs, and no connection here was captured with both SYNs and a later packet of the client.".into(),
            (Some(first), Some(_)) => headline(first.bytes, max),
            (Some(first), None) => format!("It depends on the connection. In the first: {}", headline(first.bytes, max)),
        };
        draft
    }

    fn room_of(&self, x: &Exchange, limit: Limit) -> String {
        let room = limit.room;
        let mss = |side| match x.offer(side).and_then(|o| o.mss) {
            Some(n) => n.to_string(),
            None => "none (the default counts)".into(),
        };
        let (ours, theirs) = (mss(Side::Client), mss(Side::Server));
        let offered = match ours == theirs {
            true => format!("MSS {ours}"),
            false => format!(
                "MSS {}, the smaller of {ours} ({}) and {theirs} ({}),",
                room.mss,
                self.who(x, Side::Client),
                self.who(x, Side::Server)
            ),
        };
        let syns: Vec<usize> =
            x.handshake.iter().copied().filter(|p| x.at(*p).is_some_and(|s| s.is(Flags::SYN))).collect();
        let carrier = x.message.first().copied().or_else(|| x.handshake_ack());
        let at = carrier.map(|p| format!(" ({})", x.frames_text(&[p]))).unwrap_or_default();
        let mut line = format!(
            "{offered} ({}), {}{at}.",
            x.frames_text(&syns),
            match room.options {
                0 => "no options in the packets with data".into(),
                n => format!("less {} of options", count(n, "byte")),
            }
        );
        line.push_str(&self.cut_of(x, limit));
        for s in x.offloaded().iter().take(4).filter_map(|p| x.at(*p)) {
            line.push_str(&format!(
                " Frame {} holds {}: about {} on the wire (offload).",
                s.frame,
                count(s.len, "byte"),
                count(x.wire_segments(s).unwrap_or(1), "segment")
            ));
        }
        line
    }

    /// Says why the limit is less than the handshake allows; empty where it is not.
    fn cut_of(&self, x: &Exchange, limit: Limit) -> String {
        let server = self.who(x, Side::Server);
        match limit.cut {
            Some(Cut::Seen(p)) => format!(
                " But {} ends after {} bytes, half of the largest window that the {server} has offered: the sender's system cuts there.",
                x.frames_text(&[p]),
                limit.bytes
            ),
            Some(Cut::Unexplained(p)) => format!(
                " But {} ends after {} bytes, and the message goes on: the sender's system cuts there.",
                x.frames_text(&[p]),
                limit.bytes
            ),
            Some(Cut::Expected) => format!(
                " But Linux cuts at half of the largest window that the {server} has offered, {} bytes.",
                limit.bytes
            ),
            None => String::new(),
        }
    }

    fn room_unknown(&self, x: &Exchange) -> String {
        let most = x.message.iter().filter_map(|p| x.at(*p)).map(|s| s.len).max();
        let seen = most.map(|n| format!(" The largest payload captured has {}.", count(n, "byte")));
        format!("cannot tell: {}.{}", lacks(x, Part::Beginning), seen.unwrap_or_default())
    }

    fn prove_room(&self, x: &Exchange, limit: Limit, draft: &mut Draft) {
        for p in &x.handshake {
            let Some(s) = x.at(*p).filter(|s| s.is(Flags::SYN)) else { continue };
            let mss = x.offer(x.side(s)).and_then(|o| o.mss);
            let what = mss.map_or("no MSS".to_string(), |n| format!("MSS {n}"));
            let field = if mss.is_some() { "tcp.options.mss_val" } else { NO_OPTION };
            self.prove(draft, x, *p, field, format!("the {} offers {what}", self.who(x, x.side(s))));
        }
        if let Some(p) = x.message.first().copied().or_else(|| x.handshake_ack()) {
            let options = limit.room.options;
            let field = if options > 0 { "tcp.options" } else { NO_OPTION };
            self.prove(draft, x, p, field, format!("carries {} of options", count(options, "byte")));
        }
        if let Some(Cut::Seen(p) | Cut::Unexplained(p)) = limit.cut {
            self.prove(
                draft,
                x,
                p,
                "tcp.payload",
                format!("ends after {} bytes, and the message goes on", limit.bytes),
            );
        }
        for p in x.offloaded().iter().take(2) {
            self.prove(draft, x, *p, "tcp.payload", "more payload than one packet can carry: cut after it was captured (TSO, GSO), or merged before (GRO)");
        }
    }
}

/// Such as `1448 bytes fit into one packet, so a message of 1449 bytes needs two.`
fn headline(bytes: u32, max: u64) -> String {
    let n = u64::from(bytes).max(1);
    let packets = |width: u64| (max * width).div_ceil(n);
    let most = match [packets(1), packets(2), packets(3)] {
        [1, 1, 1] => format!("{max} characters, the most that a message has, fit into one packet."),
        [one, two, three] => {
            format!("{max} characters take {one}, {two} or {three} packets.")
        }
    };
    format!(
        "{n} bytes fit into one packet, {} need two: {n} characters of ASCII, {} of two bytes (é), {} of three (€). {most}",
        n + 1,
        n / 2,
        n / 3
    )
}
