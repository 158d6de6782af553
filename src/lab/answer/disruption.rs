//! What an attacker who can make packets could have done to the connection. labkit only explains it and forges
//! nothing.

use super::draft::Draft;
use super::{Confidence, MOST, Material};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};

pub(super) const RULE: &str = "TCP takes a packet for genuine if addresses and ports are right and its sequence number lies where the receiver expects it; all of them stand in the packets. An RST must have exactly the expected number; one elsewhere in the window only draws a challenge ACK (RFC 5961). labkit explains this and forges nothing.";

impl Material<'_> {
    pub(super) fn disruption(&self) -> Draft {
        let marker = &self.lab.communicator.marker;
        let mut draft = Draft::new();
        draft.head = format!(
            "Nothing is authenticated or encrypted: an RST, data or {marker} with the right addresses, ports and Seq is taken for genuine. An attacker on the path reads them; one in the same network gets there with forged ARP answers; one elsewhere must guess a port and a 32-bit number. A flood of SYNs needs no numbers."
        );
        if self.distinct().all(both_fins_acknowledged) {
            draft.head.push_str(" All FINs are acknowledged: later forgeries come too late.");
        }
        if self.distinct().any(|x| !x.contradicted.is_empty()) {
            draft.head = format!(
                "It was tried here: this capture holds packets that the others contradict. {}",
                draft.head
            );
        }
        for x in self.distinct().take(MOST) {
            self.tried(x, &mut draft);
            let line = self.openings(x, &mut draft);
            draft.claim(format!("{}: {line}", self.title(x)), Confidence::Inferred);
        }
        self.limit(&mut draft, self.distinct().count());
        draft
    }

    /// Describes the forged packets in this capture, and what each achieved.
    fn tried(&self, x: &Exchange, draft: &mut Draft) {
        for c in &x.contradicted {
            let frame = x.at(c.position).map_or(0, |s| s.frame.0);
            draft.claim(
                format!("{}, frame {frame}: {} {}", self.title(x), c.story, c.why),
                Confidence::Proven,
            );
            self.prove(draft, x, c.position, "tcp.seq", "contradicted by the others");
            for p in c.proofs.iter().chain(&c.taken).take(8) {
                self.prove(draft, x, *p, "tcp.ack", format!("shows what became of frame {frame}"));
            }
        }
    }

    /// Says where a forged packet would have fitted: the expected sequence numbers and windows.
    fn openings(&self, x: &Exchange, draft: &mut Draft) -> String {
        let marker = &self.lab.communicator.marker;
        let mut line = format!("{} ↔ {}.", self.address(x, Side::Client), self.address(x, Side::Server));
        if x.outcome.never_opened() {
            let next = x.syn().and_then(|p| x.at(p)).map_or(0, |s| (s.seq + 1).0);
            let real = if x.outcome == Outcome::Refused { ", as the real one did" } else { "" };
            self.prove(draft, x, x.syn().unwrap_or(0), "tcp.seq_raw", "shows ports and sequence number");
            line.push_str(&format!(" An RST,ACK with Ack {next} ends the attempt{real}."));
            return line;
        }
        let (client, server) = (self.who(x, Side::Client), self.who(x, Side::Server));
        if let Some(ack) = x.handshake_ack().and_then(|p| x.at(p)) {
            line.push_str(&format!(
                " After the handshake the {server} expects Seq {}{}, the {client} {}{}.",
                ack.seq.0,
                opening_window(x, Side::Server),
                ack.ack.0,
                opening_window(x, Side::Client)
            ));
        }
        let message = x.message.last().copied().zip(x.message.last().and_then(|p| x.at(*p)));
        if let Some((p, s)) = message.filter(|(_, s)| s.is(Flags::ACK)) {
            self.prove(draft, x, p, "tcp.ack_raw", "shows the numbers that the next packets must have");
            line.push_str(&format!(
                " After frame {}, {marker} with Seq {}, Ack {} makes the {client} report success.",
                s.frame,
                s.ack.0,
                (s.seq + s.len).0
            ));
        }
        line.push_str(&self.at_the_end(x, draft));
        line
    }

    fn at_the_end(&self, x: &Exchange, draft: &mut Draft) -> String {
        if both_fins_acknowledged(x) {
            return match self.distinct().all(both_fins_acknowledged) {
                true => String::new(),
                false => " Both FINs are acknowledged: a later forgery comes too late.".into(),
            };
        }
        if !x.effective_rst().is_empty() {
            return " An RST ended the connection: a later forgery comes too late.".into();
        }
        if let Some(p) = x.count().checked_sub(1) {
            self.prove(
                draft,
                x,
                p,
                "tcp.ack_raw",
                "the last captured one: the numbers of the open connection",
            );
        }
        let expects = |side: Side| {
            let next = x.half(side.other()).next().map_or("an unknown number".into(), |n| n.0.to_string());
            let window = window(x, side).map_or(String::new(), |n| format!(" (window {n})"));
            format!("the {} expects {next}{window}", self.who(x, side))
        };
        format!(
            " At the end of the capture it is not closed: {}, {}.",
            expects(Side::Server),
            expects(Side::Client)
        )
    }
}

/// Whether the capture shows both FINs and an acknowledgement of each: the connection is closed.
pub(super) fn both_fins_acknowledged(x: &Exchange) -> bool {
    [Side::Client, Side::Server].into_iter().all(|side| x.half(side).fin_acked())
}

/// The window that `side` announced last, in bytes; `None` where the handshake that scales it is missing.
fn window(x: &Exchange, side: Side) -> Option<u32> {
    let all = x.conversation.segments.iter();
    scaled(x, side, all.rev().find(|s| x.side(s) == side && s.is(Flags::ACK))?)
}

/// The window that `side` announced in the handshake, as ` (window N)`; empty where it is unknown.
fn opening_window(x: &Exchange, side: Side) -> String {
    let all = x.handshake.iter().rev().filter_map(|p| x.at(*p));
    let found = all.filter(|s| x.side(s) == side).find_map(|s| scaled(x, side, s));
    found.map_or(String::new(), |n| format!(" (window {n})"))
}

/// The window of `s` in bytes: unscaled in a SYN, else scaled if both SYNs offer it (RFC 7323, section 2.2); `None`
/// where the handshake was not captured or is cut.
pub(super) fn scaled(x: &Exchange, side: Side, s: &Segment) -> Option<u32> {
    if s.is(Flags::SYN) {
        return Some(s.window.into());
    }
    let (ours, theirs) = (x.offer(side)?, x.offer(side.other())?);
    let shift = match (ours.scale, theirs.scale) {
        (Some(shift), Some(_)) => shift,
        // The options that were cut off may include a window scale.
        _ if ours.cut || theirs.cut => return None,
        _ => 0,
    };
    Some(u32::from(s.window) << shift.min(14))
}
