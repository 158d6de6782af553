//! Which side sends the marker, and what follows it.

use super::counts::counted;
use super::disruption::both_fins_acknowledged;
use super::draft::{Draft, count, same};
use super::{Confidence, MOST, Material, Part, lacks};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::contradiction::Contradiction;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};
use crate::lab::show::narrate;
use memchr::memmem;

pub(super) const SENDER_RULE: &str = "The receipt is the marker at the beginning of what the server sends, its bytes put in order: a sender's recv sees it first. A marker inside a message is no receipt, and a receipt may be split over packets.";
pub(super) const AFTER_RULE: &str = "List the connection's packets after the last one with a byte of the marker: its ACK, a FIN from each side, and their ACKs. FIN closes a direction of the connection; the marker only confirms the message.";

impl Material<'_> {
    pub(super) fn receipt_sender(&self) -> Draft {
        let marker = &self.lab.communicator.marker;
        let mut draft = Draft::new();
        for x in self.exchanges.iter().take(MOST) {
            let frames = self.marker(x);
            let sure = match (frames.is_empty(), x.client_is_proven) {
                _ if self.forgery(x).is_some() => Confidence::Proven,
                (true, _) => Confidence::CannotTell,
                (false, true) => Confidence::Proven,
                (false, false) => Confidence::Inferred,
            };
            draft.claim(format!("{}: {}", self.title(x), self.sender_in(x, marker)), sure);
            if frames.is_empty() {
                continue;
            }
            if let Some(p) = x.message.last() {
                let why = format!("ends the message of the {}", self.who(x, Side::Client));
                self.prove(&mut draft, x, *p, "tcp.payload", why);
            }
            let part = if frames.len() > 1 { "a part of " } else { "" };
            for p in frames.iter().take(4) {
                let why = format!("the {} sends {part}{marker}", self.who(x, Side::Server));
                self.prove(&mut draft, x, *p, "tcp.payload", why);
            }
        }
        self.limit(&mut draft, self.exchanges.len());
        draft.head = match draft.confidence {
            Confidence::CannotTell => format!(
                "Cannot tell: no connection here holds a message and then {marker}. By the lab's protocol the receiver of the message sends it."
            ),
            _ => format!(
                "The receiver of the message: {marker} says that its program has it, TCP's ACK only that its system has the bytes."
            ),
        };
        draft
    }

    fn sender_in(&self, x: &Exchange, marker: &str) -> String {
        let (client, server) = (self.who(x, Side::Client), self.who(x, Side::Server));
        let sent = x.half(Side::Client).text();
        let frames = self.marker(x);
        let mut line = match (frames, self.forgery(x)) {
            (_, Some(c)) => format!("not the {server}. {} {}", c.story, c.why),
            ([], None) => format!("{}.", self.no_marker(x)),
            _ => {
                let split = if frames.len() > 1 { ", split over several packets" } else { "" };
                format!(
                    "the {server} ({}{split}), which received the {client}'s message ({}).",
                    x.frames_text(frames),
                    x.frames_text(&x.message)
                )
            }
        };
        if sent.is_some_and(|text| memmem::find(&text, marker.as_bytes()).is_some()) {
            line.push_str(&format!(" The {client}'s message quotes {marker}, too; that confirms nothing."));
        }
        if !frames.is_empty() && !x.begins_with_marker {
            line.push_str(&format!(
                " By the lab's rule that is no receipt: the {client}'s recv sees something else first."
            ));
        }
        if let Some((p, arrived, total)) = x.early_receipt() {
            let frame = x.at(p).map_or(0, |s| s.frame.0);
            line.push_str(&format!(
                " Warning: frame {frame} confirms when {arrived} of {} had arrived, as its Ack number says; the sender was told too early that all is well.",
                count(total, "byte")
            ));
        }
        line
    }

    /// The contradiction that makes the receipt a forgery.
    pub(super) fn forgery<'x>(&self, x: &'x Exchange) -> Option<&'x Contradiction> {
        let forged = x.outcome == Outcome::Forged;
        let marker = x.contradicted.iter().find(|c| x.marker.contains(&c.position));
        marker.or(x.contradicted.first()).filter(|_| forged)
    }

    /// Positions of the packets that hold a byte of the marker.
    pub(super) fn marker<'x>(&self, x: &'x Exchange) -> &'x [usize] {
        &x.marker
    }

    /// Why there is no marker, as a clause.
    pub(super) fn no_marker(&self, x: &Exchange) -> String {
        let (server, marker) = (self.who(x, Side::Server), &self.lab.communicator.marker);
        let half = x.half(Side::Server);
        let frames = x.frames_text(&x.receipt);
        match half.text() {
            _ if !x.half(Side::Client).has_data() && !half.has_data() => {
                format!("no {marker}: {}", self.ending(x))
            }
            Some(_) if !half.has_data() && x.is_whole(Side::Server) => {
                format!("no {marker}: the {server} sent no payload; {}", self.ending(x))
            }
            Some(_) if !half.has_data() => {
                format!("no {marker} as far as the capture goes; {}", self.ending(x))
            }
            Some(text) if x.half(Side::Client).text().is_some_and(|sent| sent == text) => {
                format!("no {marker}: the {server} echoes the message ({frames})")
            }
            Some(_) => format!("no {marker}: the {server} sends something else ({frames})"),
            None => format!("cannot tell: {}", lacks(x, Part::Beginning)),
        }
    }

    /// How an exchange ended, as a clause.
    pub(super) fn ending(&self, x: &Exchange) -> &'static str {
        match x.outcome {
            Outcome::Confirmed => "the message was confirmed",
            Outcome::Forged => "the receipt was forged",
            Outcome::Rejected => "an ICMP error rejected the connection",
            Outcome::Refused => "the port refused the connection",
            Outcome::Unanswered => "the SYN was not answered",
            Outcome::Reset => "an RST ended the connection",
            Outcome::Unconfirmed => "the message was not confirmed",
            Outcome::Incomplete if x.fin.len() == 2 && !x.half(Side::Client).has_data() => {
                "the connection was closed without a byte"
            }
            Outcome::Incomplete => "the capture does not hold the whole exchange",
        }
    }

    pub(super) fn after_receipt(&self) -> Draft {
        let marker = &self.lab.communicator.marker;
        let mut draft = Draft::new();
        let mut followed = Vec::new();
        let mut orderly = true;
        for x in self.exchanges.iter().take(MOST) {
            let title = self.title(x);
            let Some(last) = self.marker(x).last() else {
                draft.claim(format!("{title}: {}.", self.no_marker(x)), Confidence::CannotTell);
                continue;
            };
            let after = x.packets_after_receipt();
            followed.extend(after.map(|n| n > 0));
            orderly &= after.is_none() || is_orderly(x, *last);
            self.prove(&mut draft, x, *last, "tcp.payload", format!("ends {marker}"));
            for p in (last + 1..x.count()).take(8) {
                let what = x.at(p).map(|s| narrate::name(x, s)).unwrap_or_default();
                self.prove(&mut draft, x, p, super::purpose(x, p), format!("after {marker}: {what}"));
            }
            let sure = if after.is_some() { Confidence::Proven } else { Confidence::CannotTell };
            draft.claim(format!("{title}: {}", self.after_in(x, *last)), sure);
        }
        self.limit(&mut draft, self.exchanges.len());
        draft.head = match same(&followed) {
            _ if followed.is_empty() => {
                format!("Cannot tell: no connection here was captured from its {marker} to its end.")
            }
            Some(true) if orderly => {
                format!("No: {marker} confirms the message. FINs close the connection, one from each side.")
            }
            Some(true) => format!("No: {marker} confirms the message and does not close the connection."),
            Some(false) => format!("Yes, in this capture: no packet follows {marker}."),
            None => "It differs from connection to connection.".into(),
        };
        draft
    }

    fn after_in(&self, x: &Exchange, last: usize) -> String {
        let after: Vec<usize> = (last + 1..x.count()).collect();
        let list = self.named(x, &after);
        if x.packets_after_receipt().is_none() {
            let missing = lacks(x, Part::End);
            return match after.len() {
                0 => format!("cannot tell: {missing}. No packet behind it was captured."),
                n => format!("cannot tell how many follow: {missing}. At least {n}: {list}."),
            };
        }
        match after.len() {
            0 => format!("no packet follows.{}", self.close(x, last)),
            1 => format!("1 packet follows: {list}.{}", self.close(x, last)),
            _ => {
                let counted = counted(x, last + 1..x.count());
                format!("{counted} follow: {list}.{}", self.close(x, last))
            }
        }
    }

    /// How the connection was closed, and whether the FINs can have another order in a capture at the other machine.
    fn close(&self, x: &Exchange, last: usize) -> String {
        let mut text = match self.forgery(x) {
            Some(_) => format!(" This {} is forged.", self.lab.communicator.marker),
            None => String::new(),
        };
        let fins: Vec<&Segment> = x.fin.iter().filter_map(|p| x.at(*p)).collect();
        match fins.as_slice() {
            [one, two] => {
                let first = self.who(x, x.side(one));
                text.push_str(&match acknowledges(two, one) {
                    true if one.position < last => format!(
                        " The {first} closes first, in frame {}, before {} was sent.",
                        one.frame, self.lab.communicator.marker
                    ),
                    true => format!(" The {first} closes first."),
                    false => format!(
                        " The FINs crossed, since neither acknowledges the other; a capture at the other machine may show them the other way round. The {first}'s is the first here."
                    ),
                });
                if !both_fins_acknowledged(x) {
                    text.push_str(" The ACK of the last FIN was not captured.");
                }
            }
            [one] => text.push_str(&format!(" Only the {} sent a FIN.", self.who(x, x.side(one)))),
            _ => {}
        }
        let resets = x.effective_rst();
        if let Some(rst) = resets.iter().filter_map(|p| x.at(*p)).find(|s| s.position > last) {
            text.push_str(&format!(
                " The RST of the {} (frame {}) ends the connection without an orderly close.",
                self.who(x, x.side(rst)),
                rst.frame
            ));
        }
        text
    }
}

/// Whether both FINs follow the marker and no reset does.
fn is_orderly(x: &Exchange, last: usize) -> bool {
    x.fin.len() == 2 && x.fin.iter().all(|p| *p > last) && x.effective_rst().is_empty()
}

/// Whether `later` acknowledges the FIN of `earlier`.
fn acknowledges(later: &Segment, earlier: &Segment) -> bool {
    later.is(Flags::ACK) && (earlier.seq + earlier.len + 1).up_to(later.ack)
}
