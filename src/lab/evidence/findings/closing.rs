//! Findings about waiting and closing.

use super::{Finding, Scene, seconds};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::{Outcome, Side};

/// Nanoseconds from which a sender that closes counts as having waited.
const WAITED: i64 = 1_000_000_000;
/// Nanoseconds from which a sender counts as waiting for ever; the handout's timeout is 30 seconds.
const FOR_EVER: i64 = 35_000_000_000;

impl Scene<'_> {
    /// The finding where the message is whole and acknowledged, and no receipt comes while the sender waits.
    pub(super) fn waits(&self) -> Option<Finding> {
        let x = self.x;
        let last = *x.message.last()?;
        let half = x.half(Side::Client);
        let behind = half.low() + i64::try_from(half.len()?).ok()?;
        let acks = |s: &&Segment| {
            x.side(s) == Side::Server
                && s.is(Flags::ACK)
                && !s.is(Flags::RST)
                && half.offset_of(s.ack).is_some_and(|a| a >= behind)
        };
        let acked = x.conversation.segments.iter().find(acks)?;
        let gives_up = [self.fin(Side::Client), self.reset(Side::Client)].into_iter().flatten().min();
        let early = |p: Option<usize>| p.is_some_and(|p| gives_up.is_none_or(|g| p < g));
        let answered = x.answer.first().copied();
        if early(answered)
            || early(self.fin(Side::Server))
            || early(self.reset(Side::Server))
            || !x.contradicted.is_empty()
        {
            return None;
        }
        match gives_up {
            None => Some(self.still_waits(last, acked)),
            Some(closes) => self.gave_up(last, acked, closes, answered),
        }
    }

    fn still_waits(&self, last: usize, acked: &Segment) -> Finding {
        let (client, server) = (self.client, self.server);
        let quiet = self.x.conversation.quiet.unwrap_or(0);
        let longer = if quiet >= WAITED {
            format!("For {} more nothing of this connection was captured.", seconds(quiet))
        } else {
            "The capture ends there; it may have been stopped too early.".into()
        };
        let no_timeout = if quiet >= FOR_EVER {
            format!(" The {client} waits for ever: its recv() needs a timeout, such as settimeout(30).")
        } else {
            String::new()
        };
        let says = format!(
            "The message is whole and acknowledged ({}), and neither a receipt nor a FIN follows. {longer} If nothing else was sent, both programs wait for each other (inferred): the {server}'s for the end of input, which comes only when the {client} closes, and the {client}'s for the receipt.{no_timeout} Look at the loop around recv() on the {server}: confirm when the message is complete, not when recv() returns no bytes.",
            self.frames(&[acked.position])
        );
        Finding::inferred("waits-for-end-of-input", vec![last, acked.position], says)
    }

    fn gave_up(
        &self,
        last: usize,
        acked: &Segment,
        closes: usize,
        answered: Option<usize>,
    ) -> Option<Finding> {
        let (client, server) = (self.client, self.server);
        let waited = self.between(last, closes).filter(|n| *n >= WAITED)?;
        let begin = format!(
            "The message is whole and acknowledged ({}). The {client} waits {} for the receipt, gives up and closes ({})",
            self.frames(&[acked.position]),
            seconds(waited),
            self.frames(&[closes])
        );
        let mut positions = vec![last, acked.position, closes];
        let says = match answered {
            Some(answer) => {
                positions.push(answer);
                format!(
                    "{begin}; only then does the {server} answer ({}). Its program reads until the end of input, which comes only when the {client} closes, so both wait for each other (inferred). Look at the loop around recv() on the {server}: confirm when the message is complete, not when recv() returns no bytes.",
                    self.frames(&[answer])
                )
            }
            None => format!(
                "{begin}. The {server}'s system has the message, its program never confirms it: it reads until the end of input and so waits as the {client} does, or it does not send the marker at all (inferred). Look at the loop around recv() on the {server}, and at the line behind it that sends the marker."
            ),
        };
        Some(Finding::inferred("waits-for-end-of-input", positions, says))
    }

    /// The finding where the server's program closes with bytes unread: its system then sends RST instead of FIN (RFC
    /// 9293, section 3.6.1; RFC 2525, section 2.17). Such a reset has an ACK, unlike one that only answers a packet
    /// (RFC 9293, section 3.5.2).
    pub(super) fn unread(&self) -> Option<Finding> {
        let x = self.x;
        let receipt = *x.marker.last()?;
        let reset = self.reset(Side::Server).filter(|p| *p > receipt)?;
        let s = x.at(reset)?;
        if !s.is(Flags::ACK) || self.fin(Side::Server).is_some() {
            return None;
        }
        let (client, server) = (self.client, self.server);
        let says = format!(
            "After {} the {server} ends the connection with RST instead of FIN ({}): its program closed with bytes unread, so its system sends RST (inferred). The {client} was told that all is well, though the {server}'s program cannot have shown all of what arrived. Look at the line with recv() on the {server}: one call returns what is there and no more than its argument, so read in a loop until the message is complete.",
            x.marker_text(),
            self.frames(&[reset])
        );
        Some(Finding::inferred("closed-unread", vec![reset], says))
    }

    /// The finding where one side does not close after the other has closed, or neither closes after the receipt.
    pub(super) fn never_closed(&self) -> Option<Finding> {
        let x = self.x;
        let both = [Side::Client, Side::Server]
            .iter()
            .all(|side| x.conversation.segments.iter().any(|s| x.side(s) == *side && s.is(Flags::ACK)));
        let opened = both && !x.outcome.never_opened() && x.half(Side::Client).has_data();
        if !opened || !x.effective_rst().is_empty() || !x.contradicted.is_empty() {
            return None;
        }
        let (client, server) = (self.fin(Side::Client), self.fin(Side::Server));
        let (silent, positions, so_far) = match (client, server) {
            (None, None) => {
                let done = vec![*x.confirming().last()?];
                let what = if x.marker.is_empty() { "the answer".into() } else { x.marker_text() };
                let so_far = format!("after {what} ({})", self.frames(&done));
                (None, done, so_far)
            }
            (Some(fin), None) => (Some(Side::Server), vec![fin], self.after_fin(Side::Client, fin)),
            (None, Some(fin)) => (Some(Side::Client), vec![fin], self.after_fin(Side::Server, fin)),
            (Some(_), Some(_)) => return None,
        };
        let quiet = x.conversation.quiet.unwrap_or(0);
        let last = x.count().checked_sub(1)?;
        let waited = self.between(*positions.first()?, last).unwrap_or(0) + quiet;
        let how_long = if waited >= WAITED {
            format!("for {} of the capture", seconds(waited))
        } else {
            "in this capture, which may have been stopped too early".into()
        };
        let (who, look) = match silent {
            Some(side) => (format!("the {} does not close", self.name(side)), self.name(side)),
            None => ("neither side closes".to_string(), self.client),
        };
        let says = format!(
            "{} {who} {how_long}: no FIN of {} follows. A program that keeps its socket open does that (inferred). Look for close() on the {look}, or use `with socket.socket() as s:`, which closes at its end.",
            capital(&so_far),
            silent.map_or("either side".into(), |side| format!("the {}", self.name(side)))
        );
        Some(Finding::inferred("never-closed", positions, says))
    }

    fn after_fin(&self, side: Side, fin: usize) -> String {
        format!("after the {}'s FIN ({})", self.name(side), self.frames(&[fin]))
    }

    pub(super) fn refuses(&self) -> Option<Finding> {
        let x = self.x;
        if x.outcome != Outcome::Refused {
            return None;
        }
        let port = x.end(Side::Server).port;
        let server = self.server;
        let says = format!(
            "An RST answers the SYN ({}): port {port} of the {server} refuses. No program listens there, or only on another address such as 127.0.0.1, or a firewall resets; the packets do not tell which. On the {server}, `ss -ltn` lists who listens: look at the line with bind(), which needs \"0.0.0.0\" or the {server}'s own address, and at the firewall.",
            self.frames(&x.rst)
        );
        Some(Finding::proven("refuses", x.rst.clone(), says))
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + chars.as_str())
}
