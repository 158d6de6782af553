//! How many packets come before the message, and how many before the receipt.

use super::{Confidence, Draft, MOST, Material, count, frames_text};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};

pub(super) const MESSAGE_RULE: &str = "Count the connection's packets before the first one with TCP payload. Payload is what the lengths of IP and TCP leave after the headers: neither the flag PSH nor the padding of short frames makes payload. Packets of other protocols, such as ARP, are not part of the connection.";
pub(super) const RECEIPT_RULE: &str = "The wording allows two readings: all packets of the connection before the first one with a byte of the receipt, and those strictly between the last packet of the message and the first of the receipt.";

impl Material<'_> {
    pub(super) fn packets_before_message(&self) -> Draft {
        let mut draft = Draft::new();
        let mut numbers = Vec::new();
        for x in self.exchanges.iter().take(MOST) {
            let line = match (x.message.first(), x.before_message()) {
                (Some(first), Some(n)) => {
                    draft.sure(Confidence::Proven);
                    numbers.push(x.distinct(n));
                    self.prove_message(x, *first, &mut draft);
                    let all: Vec<usize> = (0..n).collect();
                    format!("{}{}: {}.", counted(x, n), place(x, &all), steps_before(x, *first))
                }
                (Some(first), None) => {
                    self.prove(&mut draft, x, *first, "the first captured payload of the client");
                    format!("cannot tell: {}.", x.missing().join("; "))
                }
                (None, _) if x.is_whole(Side::Client) => {
                    format!("the {} sent no payload ({}).", self.who(x, Side::Client), x.outcome.name())
                }
                (None, _) => format!("no payload of the client was captured ({}).", x.outcome.name()),
            };
            draft.lines.push(format!("{}: {line}", self.title(x)));
        }
        self.limit(&mut draft, self.exchanges.len());
        draft.head = match same(&numbers) {
            _ if numbers.is_empty() => "Cannot tell: no connection was captured from its SYN to its first payload. Start the capture before the message is sent.".into(),
            Some(3) => "3: SYN, SYN,ACK and ACK, the three-way handshake. TCP must agree on sequence numbers before it carries payload.".into(),
            Some(n) => format!("{}, repeats not counted.", count(n as u64, "packet")),
            None => "The connections differ: a connection usually takes 3, and an ACK that rides on the data changes that.".into(),
        };
        draft
    }

    fn prove_message(&self, x: &Exchange, first: usize, draft: &mut Draft) {
        for p in x.handshake.iter().filter(|p| **p < first) {
            self.prove(draft, x, *p, x.at(*p).map_or("", |s| step(s.flags)));
        }
        for p in x.repeats.iter().filter(|p| **p < first).take(4) {
            self.prove(draft, x, *p, "repeats an earlier one");
        }
        let len = x.at(first).map_or(0, |s| s.len);
        self.prove(draft, x, first, format!("the first with payload, {}", count(len, "byte")));
    }

    pub(super) fn packets_before_receipt(&self) -> Draft {
        let mut draft = Draft::new();
        let marker = &self.lab.communicator.marker;
        let (mut whole, mut between) = (Vec::new(), Vec::new());
        for x in self.exchanges.iter().take(MOST) {
            let line = match x.receipt.first().filter(|_| x.outcome == Outcome::Confirmed) {
                Some(first) => {
                    whole.extend(x.before_receipt().map(|n| x.distinct(n)));
                    between.extend(x.between());
                    self.prove_receipt(x, *first, &mut draft);
                    draft.sure(match x.before_receipt() {
                        Some(_) => Confidence::Proven,
                        None => Confidence::CannotTell,
                    });
                    both_readings(x, *first)
                }
                None if x.is_whole(Side::Server) => {
                    format!("the {} sent no {marker} ({}).", self.who(x, Side::Server), x.outcome.name())
                }
                None => format!("the server's {marker} was not captured ({}).", x.outcome.name()),
            };
            draft.lines.push(format!("{}: {line}", self.title(x)));
        }
        self.limit(&mut draft, self.exchanges.len());
        let say = |n: &[usize]| match (same(n), n.is_empty()) {
            (Some(n), _) => n.to_string(),
            (None, true) => "cannot tell".into(),
            (None, false) => "it differs, see below".into(),
        };
        draft.head = if whole.is_empty() && between.is_empty() {
            format!("Cannot tell: no connection here holds a message and its whole {marker}.")
        } else {
            format!(
                "Two readings. All packets of the connection before {marker}: {}. Strictly between message and {marker}: {}.",
                say(&whole),
                say(&between)
            )
        };
        draft
    }

    fn prove_receipt(&self, x: &Exchange, first: usize, draft: &mut Draft) {
        if let Some(last) = x.message.last() {
            let why = if x.parts(Side::Client) == 1 { "the message" } else { "the last of the message" };
            self.prove(draft, x, *last, why);
        }
        let marker = &self.lab.communicator.marker;
        let whole = x.at(first).is_some_and(|s| s.len as usize == marker.len());
        let what = if whole { "carries" } else { "carries the first bytes of" };
        self.prove(draft, x, first, format!("{what} {marker}"));
    }
}

/// What the packets before the message are.
fn steps_before(x: &Exchange, first: usize) -> String {
    let before = x.handshake.iter().filter(|p| **p < first).filter_map(|p| x.at(*p));
    let names: Vec<&str> = before.map(|s| step(s.flags)).collect();
    let what = match names.as_slice() {
        [_, _, _] => "SYN, SYN,ACK, ACK, the handshake".to_string(),
        [] => "the connection begins with payload".to_string(),
        some => format!("{}; the handshake's ACK rides on the first packet with payload", some.join(", ")),
    };
    let frame = x.at(first).map_or(0, |s| s.frame.0);
    format!("{what}. Frame {frame}, packet {} of the connection, carries the first payload", first + 1)
}

fn both_readings(x: &Exchange, first: usize) -> String {
    let before = match x.before_receipt() {
        Some(n) => format!("{} before it in the connection", counted(x, n)),
        None => format!("how many come before it cannot be told ({})", x.missing().join("; ")),
    };
    let Some(between) = x.between() else { return format!("{before}.") };
    let last = x.message.last().copied().unwrap_or(0);
    let inside: Vec<usize> = (last + 1..first).collect();
    let bare_ack =
        |p: &usize| x.at(*p).is_some_and(|s| x.side(s) == Side::Server && s.len == 0 && s.is(Flags::ACK));
    let what = match between {
        0 if first < last => "the receipt comes before the message's last packet".to_string(),
        0 => {
            "none between message and receipt, because the receipt carries the acknowledgement itself".into()
        }
        n if inside.iter().all(bare_ack) => {
            format!("{n} between message and receipt{}, TCP's own acknowledgement", place(x, &inside))
        }
        n => format!("{n} between message and receipt{}", place(x, &inside)),
    };
    let mut text = format!("{before}; {what}.");
    let parts = x.parts(Side::Client);
    if parts > 1 {
        let frames = frames_text(x, &x.message);
        text.push_str(&format!(" The message took {parts} packets, {frames}."));
    }
    if !x.offloaded().is_empty() {
        text.push_str(" Offloaded frames stand for several packets on the wire, so there were more.");
    }
    text
}

/// The value that all have in common.
fn same(numbers: &[usize]) -> Option<usize> {
    let first = numbers.first()?;
    numbers.iter().all(|n| n == first).then_some(*first)
}

/// Such as `3` or `4 (3 distinct and 1 retransmitted)`.
fn counted(x: &Exchange, n: usize) -> String {
    match x.again(n) {
        (0, 0) => n.to_string(),
        (0, r) => format!("{n} ({} distinct and {r} retransmitted)", n - r),
        (c, 0) => {
            format!("{n} frames, of which {} are distinct packets and {} a second time", n - c, recorded(c))
        }
        (c, r) => format!(
            "{n} frames, of which {} are distinct packets, {r} retransmitted and {} a second time",
            n - c - r,
            recorded(c)
        ),
    }
}

fn recorded(copies: usize) -> String {
    format!("{copies} {} recorded", if copies == 1 { "copy" } else { "copies" })
}

/// Such as ` (frames 11–13)`; nothing for none.
fn place(x: &Exchange, positions: &[usize]) -> String {
    if positions.is_empty() { String::new() } else { format!(" ({})", frames_text(x, positions)) }
}

fn step(flags: Flags) -> &'static str {
    match (flags.has(Flags::SYN), flags.has(Flags::ACK)) {
        (true, false) => "SYN",
        (true, true) => "SYN,ACK",
        _ => "ACK",
    }
}
