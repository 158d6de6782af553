//! How an exchange ended. All commands use this one judgement.

use super::{Exchange, Side};
use crate::conversation::stream::News;
use crate::direction::Direction;
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::{Conversation, Segment};
use crate::lab::evidence::contradiction::What;
use crate::lab::evidence::errors::IcmpError;

/// How an exchange ended, as far as the capture shows it. The first variant that fits applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is a receipt, but its alleged sender never sent it, as its later packets prove.
    Forged,
    /// The client sent bytes, and the server's bytes begin with the marker.
    Confirmed,
    /// An ICMP error quotes the SYN, and the connection never opened.
    Rejected,
    /// A reset answered the SYN.
    Refused,
    /// Only SYNs of the client were captured.
    Unanswered,
    /// A reset ended the connection before a receipt.
    Reset,
    /// The client sent a message, and both sides a FIN, but the server's bytes do not begin with the marker.
    Unconfirmed,
    /// Bytes are missing from the capture, or it does not show the end of the conversation.
    Incomplete,
}

impl Outcome {
    /// Its name in answers and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Forged => "forged",
            Outcome::Confirmed => "confirmed",
            Outcome::Rejected => "rejected",
            Outcome::Refused => "refused",
            Outcome::Unanswered => "unanswered",
            Outcome::Reset => "reset",
            Outcome::Unconfirmed => "unconfirmed",
            Outcome::Incomplete => "incomplete",
        }
    }

    /// Whether the connection never opened, and so carried no payload.
    pub fn never_opened(self) -> bool {
        matches!(self, Outcome::Rejected | Outcome::Refused | Outcome::Unanswered)
    }
}

impl Exchange {
    pub(super) fn find_outcome(&self, marker: &[u8]) -> Outcome {
        let (client, server) = (self.half(Side::Client), self.half(Side::Server));
        let all = &self.conversation.segments;
        if self.is_forged(marker) {
            Outcome::Forged
        } else if client.has_data() && self.begins_with_marker {
            Outcome::Confirmed
        } else if self.was_rejected() {
            Outcome::Rejected
        } else if self.was_refused() {
            Outcome::Refused
        } else if all.count() > 0 && all.iter().all(|s| s.is(Flags::SYN) && !s.is(Flags::ACK)) {
            Outcome::Unanswered
        } else if !self.effective_rst().is_empty() {
            Outcome::Reset
        } else if client.lack().bytes() || server.lack().bytes() {
            Outcome::Incomplete
        } else if client.has_data() && client.fin.is_some() && server.fin.is_some() {
            Outcome::Unconfirmed
        } else {
            Outcome::Incomplete
        }
    }

    /// Whether the server's packets deny the receipt. If the capture does not hold the receipt: whether the client
    /// acknowledged as many bytes as a receipt has, and the server never sent any.
    fn is_forged(&self, marker: &[u8]) -> bool {
        self.contradicted.iter().any(|c| {
            let server = self.at(c.position).is_some_and(|s| self.side(s) == Side::Server);
            match c.what {
                What::Data | What::OtherBytes => server && self.marker.contains(&c.position),
                What::Unsent(bytes) => !server && bytes >= marker.len() as u64,
                _ => false,
            }
        })
    }

    /// The first ICMP error about the SYN, else the first about another packet; `None` without any.
    pub fn error(&self) -> Option<&IcmpError> {
        let errors = &self.conversation.errors;
        errors.iter().find(|e| self.quotes_syn(e)).or(errors.first())
    }

    fn quotes_syn(&self, error: &IcmpError) -> bool {
        let from_client = error.ends.0 == self.end(Side::Client);
        let syn = self.syn().and_then(|p| self.at(p)).is_some_and(|s| s.seq == error.seq);
        let flags = error.flags.map(|f| f.has(Flags::SYN) && !f.has(Flags::ACK));
        from_client && flags.unwrap_or(syn)
    }

    fn was_rejected(&self) -> bool {
        let opened = self.conversation.segments.iter().any(|s| match self.side(s) {
            Side::Client => !s.is(Flags::SYN) && !s.is(Flags::RST),
            Side::Server => !s.is(Flags::RST),
        });
        !opened && self.conversation.errors.iter().any(|e| self.quotes_syn(e))
    }

    fn was_refused(&self) -> bool {
        let all = &self.conversation.segments;
        let answered = all.iter().any(|s| self.side(s) == Side::Server);
        // An ACK of the client would show that the server had accepted the connection before.
        let only = |s: &Segment| match self.side(s) {
            Side::Client => s.is(Flags::RST) || s.is(Flags::SYN) && !s.is(Flags::ACK),
            Side::Server => s.is(Flags::RST),
        };
        self.half(Side::Client).syn && answered && all.iter().all(only)
    }
}

/// The direction in which the client sends, and whether a SYN shows it.
pub(super) fn client(c: &Conversation, port: u16, marker: &[u8]) -> (Direction, bool) {
    let sender = |want: fn(&Segment) -> bool| c.segments.iter().find(|s| want(s)).map(|s| s.from);
    if let Some(from) = sender(|s| s.is(Flags::SYN) && !s.is(Flags::ACK)) {
        return (from, true);
    }
    if let Some(from) = sender(|s| s.is(Flags::SYN)) {
        return (from.reverse(), true);
    }
    let [first, second] = c.ends;
    match (first.port == port, second.port == port) {
        (true, false) => (Direction::Backward, false),
        (false, true) => (Direction::Forward, false),
        // Both ends use the lab's port: the sender of the marker is the server; without a marker, the first end to
        // send payload is the client.
        _ => {
            let confirms = |d: &Direction| c.halves[*d].bytes_at(c.halves[*d].low(), marker.len()) == marker;
            let server = Direction::BOTH.into_iter().find(confirms);
            let speaks = c.segments.iter().find(|s| s.news.has(News::DATA)).map(|s| s.from);
            (server.map(Direction::reverse).or(speaks).unwrap_or_default(), false)
        }
    }
}
