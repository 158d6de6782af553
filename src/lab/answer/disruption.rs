//! What somebody who can generate packets could have done: explanation only, nothing is forged.

use super::{Confidence, Draft, MOST, Material};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};

pub(super) const RULE: &str = "Nothing here is authenticated or encrypted. TCP takes a packet for genuine if addresses and ports are right and its sequence number lies where the receiver expects it; all of them stand in the packets. An RST must have exactly the expected number; one elsewhere in the window only draws a challenge ACK (RFC 5961).";

impl Material<'_> {
    pub(super) fn disruption(&self) -> Draft {
        let marker = &self.lab.communicator.marker;
        let mut draft = Draft::new();
        draft.sure(Confidence::Inferred);
        draft.head = format!(
            "Whoever is on the path can read everything and, with the numbers shown here, forge it: an RST that ends the connection, data that the receiver takes for the message, a {marker} that makes the sender believe that its message arrived. Forged ARP answers bring somebody on the same network onto the path, and a flood of SYNs can keep the receiver from answering. labkit explains this and forges nothing."
        );
        for x in self.distinct().take(MOST) {
            let line = self.openings(x, &mut draft);
            draft.lines.push(format!("{}: {line}", self.title(x)));
        }
        self.limit(&mut draft, self.distinct().count());
        draft
    }

    /// Where a forged packet would have fitted.
    fn openings(&self, x: &Exchange, draft: &mut Draft) -> String {
        let mut line = format!("{} ↔ {}.", self.address(x, Side::Client), self.address(x, Side::Server));
        if matches!(x.outcome, Outcome::Refused | Outcome::Unanswered) {
            let next = x.syn().and_then(|p| x.at(p)).map_or(0, |s| (s.seq + 1).0);
            let real = if x.outcome == Outcome::Refused { ", as the real one did" } else { "" };
            self.prove(draft, x, x.syn().unwrap_or(0), "shows ports and sequence number");
            line.push_str(&format!(
                " An RST,ACK that acknowledges {next} would have ended the attempt{real}."
            ));
            return line;
        }
        let (client, server) = (self.who(x, Side::Client), self.who(x, Side::Server));
        if let Some(ack) = x.handshake_ack().and_then(|p| x.at(p)) {
            line.push_str(&format!(
                " After the handshake the {server} expects {}{} next and the {client} expects {}{}: an RST with exactly that number, or data from it on, would have been taken for genuine.",
                ack.seq.0,
                opening_window(x, Side::Server),
                ack.ack.0,
                opening_window(x, Side::Client)
            ));
        }
        let message = x.message.last().copied().zip(x.message.last().and_then(|p| x.at(*p)));
        if let Some((p, s)) = message.filter(|(_, s)| s.is(Flags::ACK)) {
            self.prove(draft, x, p, "shows the numbers that the next packets must have");
            line.push_str(&format!(
                " After frame {} a forged {} with Seq {} and Ack {} would have made the {client} report success, though the {server} never confirmed.",
                s.frame,
                self.lab.communicator.marker,
                s.ack.0,
                (s.seq + s.len).0
            ));
        }
        line.push_str(&self.at_the_end(x, draft));
        line
    }

    fn at_the_end(&self, x: &Exchange, draft: &mut Draft) -> String {
        if x.is_closed() {
            return " At the end of the capture the connection is closed, and a forgery comes too late."
                .into();
        }
        if let Some(p) = x.count().checked_sub(1) {
            self.prove(draft, x, p, "the last captured one: the numbers of the open connection");
        }
        let expects = |side: Side| {
            let next = x.half(side.other()).next().map_or("an unknown number".into(), |n| n.0.to_string());
            let window = window(x, side).map_or("of unknown size".into(), |n| format!("{n} bytes"));
            format!("the {} expects {next} (window {window})", self.who(x, side))
        };
        format!(
            " At the end of the capture it is open: {}, {}.",
            expects(Side::Server),
            expects(Side::Client)
        )
    }
}

/// The window that `side` announced last, in bytes; `None` where the handshake that scales it is missing.
fn window(x: &Exchange, side: Side) -> Option<u32> {
    let all = x.conversation.segments.iter();
    scaled(x, side, all.rev().find(|s| x.side(s) == side && s.is(Flags::ACK))?)
}

/// The window that `side` announced in the handshake, in words.
fn opening_window(x: &Exchange, side: Side) -> String {
    let last = x.handshake.iter().rev().filter_map(|p| x.at(*p)).find(|s| x.side(s) == side);
    let window = last.and_then(|s| scaled(x, side, s));
    window.map_or(String::new(), |n| format!(" (window {n} bytes)"))
}

fn scaled(x: &Exchange, side: Side, s: &Segment) -> Option<u32> {
    let (ours, theirs) = (x.offer(side)?, x.offer(side.other())?);
    let shift = match (ours.scale, theirs.scale) {
        _ if s.is(Flags::SYN) => 0,
        (Some(shift), Some(_)) => shift,
        // What was cut off may have been a window scale.
        _ if ours.cut || theirs.cut => return None,
        _ => 0,
    };
    Some(u32::from(s.window) << shift.min(14))
}
