//! One plain sentence about each packet of an exchange.

use crate::conversation::stream::News;
use crate::dissect::protocols::tcp::Flags;
use crate::lab::definition::roles::Roles;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};

/// The part of an exchange that a packet belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The handshake.
    Open,
    /// What the client sends.
    Message,
    /// What the server sends.
    Receipt,
    /// FINs or a reset.
    Close,
}

impl Phase {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Open => "open",
            Phase::Message => "message",
            Phase::Receipt => "receipt",
            Phase::Close => "close",
        }
    }
}

/// The phase of each packet: it changes with a SYN, with payload, with a FIN or a reset.
pub fn phases(x: &Exchange) -> Vec<Phase> {
    let mut now = if x.syn().is_some() { Phase::Open } else { first_phase(x) };
    let next = |s: &Segment| {
        if s.is(Flags::SYN) {
            now = Phase::Open;
        } else if s.len > 0 && !s.is(Flags::RST) {
            now = if x.side(s) == Side::Client { Phase::Message } else { Phase::Receipt };
        } else if s.is(Flags::FIN) || s.is(Flags::RST) {
            now = Phase::Close;
        }
        now
    };
    x.conversation.segments.iter().map(next).collect()
}

/// Where a capture without a SYN starts: in the phase of its first packet that has one.
fn first_phase(x: &Exchange) -> Phase {
    let mut all = x.conversation.segments.iter();
    match all.find(|s| s.len > 0 || s.is(Flags::SYN) || s.is(Flags::FIN) || s.is(Flags::RST)) {
        Some(s) if s.len > 0 && x.side(s) == Side::Client => Phase::Message,
        Some(s) if s.len > 0 => Phase::Receipt,
        Some(s) if s.is(Flags::SYN) => Phase::Open,
        _ => Phase::Close,
    }
}

/// The flags that matter, as `SYN,ACK`, or `payload`.
pub fn name(x: &Exchange, s: &Segment) -> String {
    let again = if s.is_copy() {
        "copy of "
    } else if s.news.has(News::REPEAT) {
        "repeated "
    } else {
        ""
    };
    let set = [(Flags::SYN, "SYN"), (Flags::FIN, "FIN"), (Flags::RST, "RST"), (Flags::ACK, "ACK")];
    let flags: Vec<&str> = set.iter().filter(|(f, _)| s.is(*f)).map(|(_, n)| *n).collect();
    let payload = match (s.len, x.side(s)) {
        (0, _) => "",
        (_, Side::Client) => " with payload",
        (_, Side::Server) => " with payload of the server",
    };
    format!("{again}{}{payload}", flags.join(","))
}

/// What happens in the packet at `position`.
pub fn sentence(x: &Exchange, position: usize, roles: &Roles) -> String {
    let Some(s) = x.at(position) else { return String::new() };
    let (me, other) = (roles.name(x, x.side(s)), roles.name(x, x.side(s).other()));
    let mut text = if s.is_copy() {
        "The same packet, recorded once more.".to_string()
    } else if s.is(Flags::RST) {
        reset(x, s, me, other)
    } else if s.is(Flags::SYN) {
        syn(x, s, me, other)
    } else if s.len > 0 {
        payload(x, s, me)
    } else if s.is(Flags::FIN) {
        fin(s, me)
    } else {
        ack(x, position, s, me, other)
    };
    if s.len > 0 && s.is(Flags::FIN) && s.news.has(News::FIN) && !s.is_copy() {
        text.push_str(&format!(" With it the {me} says that it sends no more."));
    }
    text
}

fn reset(x: &Exchange, s: &Segment, me: &str, other: &str) -> String {
    match (x.outcome, x.side(s)) {
        (Outcome::Refused, Side::Server) => {
            format!("The {me} refuses: no program listens on port {}.", x.end(Side::Server).port)
        }
        _ => format!("The {me} ends the connection at once; the {other} must not send any more."),
    }
}

fn syn(x: &Exchange, s: &Segment, me: &str, other: &str) -> String {
    if s.news.has(News::REPEAT) {
        return format!("The {me} sends it again, because no answer came in time.");
    }
    match (s.is(Flags::ACK), x.side(s)) {
        (false, Side::Client) => format!("The {me} asks the {other} for a connection."),
        _ => format!("The {me} agrees and asks the same in return."),
    }
}

fn payload(x: &Exchange, s: &Segment, me: &str) -> String {
    let bytes = if s.len == 1 { "1 byte".to_string() } else { format!("{} bytes", s.len) };
    if s.news.has(News::REPEAT) {
        return format!("The {me} sends these {bytes} again.");
    }
    let what = match x.side(s) {
        Side::Client => "message",
        Side::Server if x.outcome == Outcome::Confirmed => "receipt",
        Side::Server => "answer, which is not the receipt",
    };
    let part = s.before.parts[s.from] + 1;
    let mut text = match (x.parts(x.side(s)), x.side(s)) {
        (1, Side::Client) => format!("The {me} sends the message: {bytes}."),
        (1, Side::Server) if x.outcome == Outcome::Confirmed => {
            format!("The {me} confirms: its program has the message.")
        }
        (1, Side::Server) => format!("The {me} sends an answer that is not the receipt: {bytes}."),
        (n, _) => format!("The {me} sends part {part} of {n} of the {what}: {bytes}."),
    };
    if let Some(n) = x.wire_segments(s) {
        text.push_str(&format!(" Offloaded: about {n} segments on the wire."));
    }
    text
}

fn fin(s: &Segment, me: &str) -> String {
    if s.news.has(News::REPEAT) {
        return format!("The {me} sends its FIN again.");
    }
    format!("The {me} says that it sends no more.")
}

fn ack(x: &Exchange, position: usize, s: &Segment, me: &str, other: &str) -> String {
    if x.handshake_ack() == Some(position) {
        return "The connection is open.".into();
    }
    let before = x.conversation.segments.before(position).filter(|o| x.side(o) == x.side(s));
    let last = before.rev().find(|o| o.is(Flags::ACK));
    if last.is_some_and(|o| o.ack == s.ack) {
        return match last.is_some_and(|o| o.window != s.window) {
            true => format!("The {me} says how much it can take now."),
            false => format!("The {me} repeats its acknowledgement."),
        };
    }
    let half = x.half(x.side(s).other());
    let finished = half.fin.and_then(|f| half.seq_at(f)).is_some_and(|f| (f + 1).up_to(s.ack));
    if finished
        && x.conversation.segments.before(position).any(|o| x.side(o) != x.side(s) && o.is(Flags::FIN))
    {
        return format!("The {me} acknowledges the {other}'s FIN.");
    }
    match x.side(s) {
        Side::Server => format!("The {me}'s system has the bytes; its program has not said so yet."),
        Side::Client if x.outcome == Outcome::Confirmed => format!("The {me}'s system has the receipt."),
        Side::Client => format!("The {me}'s system has the bytes."),
    }
}
