//! How many packets come before the message, and how many before the marker.

use super::draft::{Draft, count, same};
use super::{Confidence, MOST, Material, Part, lacks};
use crate::lab::evidence::exchange::{Exchange, Side};
use crate::lab::show::narrate;
use crate::text::plural;

pub(super) const MESSAGE_RULE: &str = "Count the connection's packets before the first one with TCP payload. Payload is what the lengths of IP and TCP leave after the headers: neither the flag PSH nor the padding of short frames makes payload. Packets of other protocols, such as ARP, are not part of the connection.";
pub(super) const RECEIPT_RULE: &str = "The wording allows two readings: all packets of the connection before the first one with a byte of the marker, and those strictly between the last packet of the message and the first of the marker.";

/// The most packets that a line names one by one.
const NAMED: usize = 8;

impl Material<'_> {
    pub(super) fn packets_before_message(&self) -> Draft {
        let mut draft = Draft::new();
        let mut numbers = Vec::new();
        let mut plain = true;
        for x in self.exchanges.iter().take(MOST) {
            let title = self.title(x);
            match (x.message.first(), x.before_message()) {
                (Some(first), Some(n)) => {
                    numbers.push(x.distinct(n));
                    plain &= x.distinct(n) == 3 && x.handshake.iter().filter(|p| **p < n).count() == 3;
                    self.prove_message(x, *first, &mut draft);
                    draft
                        .claim(format!("{title}: {}", self.before_message(x, *first, n)), Confidence::Proven);
                }
                (Some(first), None) => {
                    self.prove(
                        &mut draft,
                        x,
                        *first,
                        "tcp.payload",
                        "the first captured payload of the client",
                    );
                    draft.claim(
                        format!("{title}: cannot tell: {}.", lacks(x, Part::Beginning)),
                        Confidence::CannotTell,
                    );
                }
                (None, _) => {
                    draft.claim(format!("{title}: no message: {}.", self.ending(x)), Confidence::CannotTell)
                }
            }
        }
        self.limit(&mut draft, self.exchanges.len());
        draft.head = match same(&numbers) {
            _ if numbers.is_empty() => "Cannot tell: no connection was captured from its SYN to its first payload.".into(),
            Some(3) if plain => "3: the handshake, SYN, SYN,ACK and ACK.".into(),
            Some(n) => format!("{}, not counting what was sent or recorded again.", count(n as u64, "packet")),
            None => "It differs: usually 3, the handshake; fewer where its ACK rides on the message, more where other packets come between.".into(),
        };
        draft
    }

    /// Such as `3 (frames 1–3); frame 4 carries the message.`
    fn before_message(&self, x: &Exchange, first: usize, n: usize) -> String {
        let frame = x.at(first).map_or(0, |s| s.frame.0);
        let all: Vec<usize> = (0..n).collect();
        if is_handshake(x, n) {
            return format!("3 ({}); frame {frame} carries the message.", x.frames_text(&all));
        }
        let rides = match x.handshake.contains(&first) {
            true => " and the handshake's ACK",
            false => "",
        };
        let named = self.named(x, &all);
        format!("{}: {named}; frame {frame} carries the message{rides}.", counted(x, 0..n))
    }

    fn prove_message(&self, x: &Exchange, first: usize, draft: &mut Draft) {
        for p in (0..first).take(NAMED) {
            let what = x.at(p).map(|s| narrate::name(x, s)).unwrap_or_default();
            self.prove(draft, x, p, super::purpose(x, p), what);
        }
        let len = x.at(first).map_or(0, |s| s.len);
        self.prove(draft, x, first, "tcp.payload", format!("the first with payload, {}", count(len, "byte")));
    }

    pub(super) fn packets_before_receipt(&self) -> Draft {
        let mut draft = Draft::new();
        let marker = &self.lab.communicator.marker;
        let (mut whole, mut between) = (Vec::new(), Vec::new());
        for x in self.exchanges.iter().take(MOST) {
            let title = self.title(x);
            let Some(first) = self.marker(x).first() else {
                draft.claim(format!("{title}: {}.", self.no_marker(x)), Confidence::CannotTell);
                continue;
            };
            let n = x.before_receipt();
            whole.extend(n.map(|n| x.distinct(n)));
            between.extend(inside(x, *first).map(|i| i.len() - again(x, i)));
            self.prove_receipt(x, *first, &mut draft);
            let sure = if n.is_some() { Confidence::Proven } else { Confidence::CannotTell };
            draft.claim(format!("{title}: {}", self.both_readings(x, *first)), sure);
        }
        self.limit(&mut draft, self.exchanges.len());
        let say = |n: &[usize]| match (same(n), n.is_empty()) {
            (Some(n), _) => n.to_string(),
            (None, true) => "cannot tell".into(),
            (None, false) => "it differs".into(),
        };
        draft.head = if whole.is_empty() && between.is_empty() {
            format!("Cannot tell: no connection here holds a message and then {marker}.")
        } else {
            format!(
                "From the beginning of the connection: {}. Strictly between message and {marker}: {}.",
                say(&whole),
                say(&between)
            )
        };
        draft
    }

    fn prove_receipt(&self, x: &Exchange, first: usize, draft: &mut Draft) {
        if let Some(last) = x.message.last() {
            let why = if x.parts(Side::Client) == 1 { "the message" } else { "the last of the message" };
            self.prove(draft, x, *last, "tcp.payload", why);
        }
        let marker = &self.lab.communicator.marker;
        let what = if self.marker(x).len() == 1 { "carries" } else { "carries the first bytes of" };
        self.prove(draft, x, first, "tcp.payload", format!("{what} {marker}"));
    }

    /// Such as `5 (frames 1–5); 1 in between: 5 (ACK of the guest).`
    fn both_readings(&self, x: &Exchange, first: usize) -> String {
        let before: Vec<usize> = (0..first).collect();
        let mut text = match x.before_receipt() {
            Some(_) => format!("{} ({})", counted(x, 0..first), x.frames_text(&before)),
            None => format!("from the beginning, cannot tell ({})", lacks(x, Part::Beginning)),
        };
        let Some(inside) = inside(x, first) else { return format!("{text}.") };
        let last = x.message.last().copied().unwrap_or(0);
        let positions: Vec<usize> = inside.clone().collect();
        text.push_str(&match positions.len() {
            0 if first < last => "; the marker comes before the message's last packet".to_string(),
            0 => "; none in between: the marker's packet acknowledges the message itself".into(),
            _ => format!("; {} in between: {}", counted(x, inside), self.named(x, &positions)),
        });
        text.push('.');
        let parts = x.parts(Side::Client);
        if parts > 1 {
            let frames = x.frames_text(&x.message);
            text.push_str(&format!(" The message took {parts} packets ({frames})."));
        }
        if !x.offloaded().is_empty() {
            text.push_str(" Offloaded frames stand for several packets on the wire, so there were more.");
        }
        text
    }

    /// Each packet with its frame, sender and flags: `frames 7 (host: ACK), 8 (host: FIN,ACK)`.
    pub(super) fn named(&self, x: &Exchange, positions: &[usize]) -> String {
        let name = |p: &usize| {
            let s = x.at(*p)?;
            Some(format!("{} ({}: {})", s.frame, self.who(x, x.side(s)), narrate::name(x, s)))
        };
        let names: Vec<String> = positions.iter().take(NAMED).filter_map(name).collect();
        let s = plural(positions.len());
        format!("frame{s} {}{}", names.join(", "), if positions.len() > names.len() { ", …" } else { "" })
    }
}

/// Whether the first `n` packets are the three of the handshake and nothing else.
fn is_handshake(x: &Exchange, n: usize) -> bool {
    n == 3 && x.handshake == [0, 1, 2]
}

/// Positions strictly between the message and `first`, the first packet with a byte of the marker; `None` where
/// either is missing.
fn inside(x: &Exchange, first: usize) -> Option<std::ops::Range<usize>> {
    x.between()?;
    let last = *x.message.last()?;
    Some(last + 1..first.max(last + 1))
}

/// How many packets of `range` are retransmissions or copies of earlier ones.
fn again(x: &Exchange, range: std::ops::Range<usize>) -> usize {
    let until = |n| {
        let (copies, repeats) = x.again(n);
        copies + repeats
    };
    until(range.end).saturating_sub(until(range.start))
}

/// How many packets there are, distinct ones first: `3`, or `3 distinct packets, 1 repeated and 4 copies`.
pub(super) fn counted(x: &Exchange, range: std::ops::Range<usize>) -> String {
    let ((copies, repeats), (less_copies, less_repeats)) = (x.again(range.end), x.again(range.start));
    let (copies, repeats) = (copies.saturating_sub(less_copies), repeats.saturating_sub(less_repeats));
    let distinct = range.len().saturating_sub(copies + repeats);
    let copies_text = format!("{copies} {}", if copies == 1 { "copy" } else { "copies" });
    match (copies, repeats) {
        (0, 0) => distinct.to_string(),
        (0, _) => format!("{distinct} distinct and {repeats} repeated"),
        (_, 0) => format!("{distinct} distinct and {copies_text}"),
        _ => format!("{distinct} distinct, {repeats} repeated and {copies_text}"),
    }
}
