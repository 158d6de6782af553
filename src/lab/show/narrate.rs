//! One plain sentence about each packet of an exchange.

use crate::conversation::stream::News;
use crate::dissect::protocols::tcp::Flags;
use crate::lab::definition::roles::Roles;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::contradiction::{Contradiction, What};
use crate::lab::evidence::exchange::{Exchange, Outcome, Part, Side};

/// The part of an exchange that a packet belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The handshake.
    Open,
    /// Payload of the client.
    Message,
    /// The receipt.
    Receipt,
    /// Other payload of the server.
    Answer,
    /// FINs or a reset.
    Close,
}

impl Phase {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Open => "handshake",
            Phase::Message => "message",
            Phase::Receipt => "receipt",
            Phase::Answer => "answer",
            Phase::Close => "close",
        }
    }
}

/// The phase of each packet. A SYN, payload, a FIN or a reset begins a new phase.
pub fn phases(x: &Exchange) -> Vec<Phase> {
    let mut now = if x.syn().is_some() { Phase::Open } else { first_phase(x) };
    let next = |s: &Segment| {
        if s.is(Flags::SYN) {
            now = Phase::Open;
        } else if s.len > 0 && !s.is(Flags::RST) {
            now = carrying(x, s);
        } else if s.is(Flags::FIN) || s.is(Flags::RST) {
            now = Phase::Close;
        }
        now
    };
    x.conversation.segments.iter().map(next).collect()
}

/// The phase in which a capture without a SYN begins: that of its first packet with payload or a flag that has a
/// phase.
fn first_phase(x: &Exchange) -> Phase {
    let mut all = x.conversation.segments.iter();
    match all.find(|s| s.len > 0 || s.is(Flags::SYN) || s.is(Flags::FIN) || s.is(Flags::RST)) {
        Some(s) if s.len > 0 => carrying(x, s),
        Some(s) if s.is(Flags::SYN) => Phase::Open,
        _ => Phase::Close,
    }
}

/// The phase of a segment with payload.
fn carrying(x: &Exchange, s: &Segment) -> Phase {
    match x.part(s) {
        Some(Part::Marker) => Phase::Receipt,
        Some(Part::Message) | None => Phase::Message,
        Some(Part::Before | Part::Behind | Part::Instead) => Phase::Answer,
    }
}

/// A short name of a packet for sentences: its important flags, such as `SYN,ACK`, or its payload.
pub fn name(x: &Exchange, s: &Segment) -> String {
    let again = if s.is_copy() {
        "copy of "
    } else if s.news.has(News::REPEAT) {
        "repeated "
    } else {
        ""
    };
    if is_duplicate_ack(x, s) {
        return "duplicate ACK".into();
    }
    let set = [(Flags::SYN, "SYN"), (Flags::FIN, "FIN"), (Flags::RST, "RST"), (Flags::ACK, "ACK")];
    let flags: Vec<&str> = set.iter().filter(|(f, _)| s.is(*f)).map(|(_, n)| *n).collect();
    let payload = match (s.len, x.side(s)) {
        (0, _) => "",
        (_, Side::Client) => " with payload",
        (_, Side::Server) => " with payload of the server",
    };
    format!("{again}{}{payload}", flags.join(","))
}

/// Whether it only repeats its sender's last acknowledgement.
fn is_duplicate_ack(x: &Exchange, s: &Segment) -> bool {
    let others = Flags(Flags::SYN.0 | Flags::FIN.0 | Flags::RST.0);
    let mut before = x.conversation.segments.before(s.position).rev().filter(|o| !o.is_copy());
    let last = before.find(|o| x.side(o) == x.side(s) && o.is(Flags::ACK));
    let same = last.is_some_and(|o| (o.ack, o.window) == (s.ack, s.window) && !o.is(Flags::SYN));
    same && s.len == 0 && !s.is_copy() && !s.is(others)
}

/// A sentence on what happens in the packet at `position`; empty if it was not kept.
pub fn sentence(x: &Exchange, position: usize, roles: &Roles) -> String {
    let Some(s) = x.at(position) else { return String::new() };
    let (me, other) = (roles.name(x, x.side(s)), roles.name(x, x.side(s).other()));
    let mut text = if s.is_copy() {
        "The same packet, recorded once more.".to_string()
    } else if let Some(c) = x.contradiction(position) {
        contradicted(c, me, other)
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

/// The sentence for a packet that other packets contradict.
fn contradicted(c: &Contradiction, me: &str, other: &str) -> String {
    match c.what {
        What::Data => format!("Contradicted: the {me} never sent these bytes."),
        What::OtherBytes => format!("Contradicted: not what the {me} sends under these numbers."),
        What::Fin => format!("Contradicted: the {me} never sent this FIN."),
        What::Ack => format!("Contradicted: the {me} did not send this."),
        What::Reset => "Contradicted: this RST ends nothing.".into(),
        What::DeniedReset => {
            format!("Contradicted: the {me} did not send this RST, and the {other} obeys it.")
        }
        What::Unsent(_) => format!("The {me} acknowledges bytes that the {other} never sent."),
    }
}

fn reset(x: &Exchange, s: &Segment, me: &str, other: &str) -> String {
    let before = x.conversation.segments.before(s.position);
    let late = before.rev().find(|o| x.side(o) != x.side(s));
    let closed =
        x.conversation.segments.before(s.position).any(|o| x.side(o) == x.side(s) && o.is(Flags::FIN));
    match (x.outcome, x.side(s)) {
        (Outcome::Refused, Side::Server) => {
            format!("The {me} refuses: its port {} takes no connection.", x.end(Side::Server).port)
        }
        _ if closed && late.is_some_and(|o| o.len > 0) => {
            format!("The {me}'s system answers with a reset: no program reads here any more.")
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
    let mut text = match x.part(s) {
        None | Some(Part::Message) => message(x, s, me, &bytes),
        Some(part) => answer(x, s, part, me, &bytes),
    };
    if let Some(n) = x.wire_segments(s) {
        text.push_str(&format!(" Offloaded: about {n} segments on the wire."));
    }
    text
}

fn message(x: &Exchange, s: &Segment, me: &str, bytes: &str) -> String {
    let part = s.before.parts[s.from] + 1;
    match x.parts(Side::Client) {
        1 => format!("The {me} sends the message: {bytes}."),
        n => format!("The {me} sends part {part} of {n} of the message: {bytes}."),
    }
}

/// The sentence for payload of the server.
fn answer(x: &Exchange, s: &Segment, part: Part, me: &str, bytes: &str) -> String {
    let marker = x.marker_text();
    let place = |list: &[usize]| list.iter().position(|p| *p == s.position).map_or(0, |at| at + 1);
    match part {
        Part::Marker if x.marker.len() > 1 => {
            format!("The {me} sends part {} of {} of {marker}: {bytes}.", place(&x.marker), x.marker.len())
        }
        Part::Marker if !x.begins_with_marker => {
            format!("The {me} sends {marker}, behind other text: {bytes}.")
        }
        Part::Marker if x.half(Side::Client).has_data() => {
            format!("The {me} confirms: its program has the message.")
        }
        Part::Marker => format!("The {me} sends {marker}, and no message was captured."),
        Part::Before => format!("The {me} sends text of its own before {marker}: {bytes}."),
        Part::Behind if x.half(Side::Server).bytes_at(s.offset, marker.len()) == marker.as_bytes() => {
            format!("The {me} sends {marker} again, behind the receipt.")
        }
        Part::Behind => format!("The {me} sends more behind {marker}: {bytes}."),
        Part::Message | Part::Instead => {
            let part = match x.answer.len() {
                0 | 1 => String::new(),
                all => format!("part {} of {all} of ", place(&x.answer)),
            };
            instead(x, &format!("The {me} sends {part}an answer"), bytes)
        }
    }
}

/// The sentence for payload in place of the receipt. It calls the payload another text only if all of it was
/// captured.
fn instead(x: &Exchange, sends: &str, bytes: &str) -> String {
    let marker = x.marker_text();
    let half = x.half(Side::Server);
    if !half.lack().bytes() {
        format!("{sends} that is not the receipt: {bytes}.")
    } else if x.may_begin_with_marker() && !half.bytes_at(half.low(), 1).is_empty() {
        format!("{sends}: {bytes}. It begins as {marker} does, and the rest of it was not captured.")
    } else {
        format!("{sends}: {bytes}. Not all of it was captured, so whether it holds {marker} is not seen.")
    }
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
    let challenges = |c: &&Contradiction| c.what == What::Reset && c.proofs.first() == Some(&position);
    if x.contradicted.iter().any(|c| challenges(&c)) {
        return format!("The {me} asks back (challenge ACK): the RST has not the number that it expects.");
    }
    if x.contradicted.iter().any(|c| c.taken.first() == Some(&position)) {
        return format!("The {me}'s system takes what was forged for genuine.");
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
        Side::Client if acks_marker(x, s) => format!("The {me}'s system has the receipt."),
        Side::Client => format!("The {me}'s system has the bytes."),
    }
}

/// Whether an ACK of the client is the first one that covers the whole receipt, and no more.
fn acks_marker(x: &Exchange, s: &Segment) -> bool {
    let end = x.receipt.last().and_then(|p| x.at(*p)).map(|r| r.seq + r.len);
    x.begins_with_marker && end.is_some_and(|end| end.up_to(s.ack))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::definition::Lab;
    use crate::lab::evidence::handmade::Wire;

    /// The sentence for the server's answer, the sixth packet, where each frame is cut to `bytes` bytes.
    fn answer_cut(answer: &[u8], bytes: usize) -> String {
        let mut wire = Wire::new();
        wire.open().c("PA", 1, 1, b"hi").s("A", 1, 3, b"").s("PA", 1, 3, answer);
        for frame in &mut wire.frames {
            frame.bytes.truncate(bytes);
        }
        let x = [wire.exchange()];
        sentence(&x[0], 5, &Roles::find(&Lab::built_in(), (None, None), &[], &x))
    }

    #[test]
    fn what_was_cut_is_not_called_another_text() {
        let begins = "It begins as #<<END>># does, and the rest of it was not captured.";
        assert!(answer_cut(b"#<<END>>#", 70).ends_with(begins));
        let unknown = "Not all of it was captured, so whether it holds #<<END>># is not seen.";
        assert!(answer_cut(b"#<<END>>#", 66).ends_with(unknown));
        assert!(answer_cut(b"Hello, and then #<<END>>#", 75).ends_with(unknown));
        assert!(answer_cut(b"Hello there", 99).ends_with("an answer that is not the receipt: 11 bytes."));
    }
}
