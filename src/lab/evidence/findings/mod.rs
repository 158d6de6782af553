//! Findings about the two programs, as far as their packets show them: each with its frames, a sentence on its
//! meaning and on the line of the program to look at, and its confidence.

mod answer;
mod closing;
mod retries;
#[cfg(test)]
mod tests;

use crate::lab::definition::roles::Roles;
use crate::lab::evidence::Confidence;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::{Exchange, Side};
use crate::text::{Push as _, written};

/// The most characters of payload that a sentence quotes.
const QUOTED: usize = 40;
/// The most packets that one finding names.
const MOST: usize = 32;

/// A habit or fault of one of the programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name: one of `confirms-again`, `confirms-after-close`, `greeting-before-receipt`, `waits-for-end-of-input`,
    /// `closed-unread`, `early-receipt`, `echo`, `marker-with-more`, `never-closed`, `retries`, `refuses`.
    pub id: &'static str,
    /// Positions of the packets that show it.
    pub positions: Vec<usize>,
    /// What it means, in a few sentences; those that are only inferred say so.
    pub says: String,
    /// How sure it is.
    pub confidence: Confidence,
}

impl Finding {
    fn new(id: &'static str, confidence: Confidence, mut positions: Vec<usize>, says: String) -> Finding {
        positions.truncate(MOST);
        Finding { id, positions, says, confidence }
    }

    fn proven(id: &'static str, positions: Vec<usize>, says: String) -> Finding {
        Finding::new(id, Confidence::Proven, positions, says)
    }

    fn inferred(id: &'static str, positions: Vec<usize>, says: String) -> Finding {
        Finding::new(id, Confidence::Inferred, positions, says)
    }
}

/// Writes the sentences of all exchanges' contradictions and findings, with the names that `roles` gives to the
/// sides.
pub fn explain(exchanges: &mut [Exchange], roles: &Roles) {
    for x in exchanges.iter_mut() {
        x.explain(roles);
    }
    retries::between(exchanges, roles);
}

/// The findings of one conversation.
pub(super) fn find(x: &Exchange, roles: &Roles) -> Vec<Finding> {
    let scene = Scene::new(x, roles);
    let all = [
        scene.greeting(),
        scene.echo(),
        scene.early(),
        scene.again(),
        scene.after_close(),
        scene.more(),
        scene.other_letters(),
        scene.waits(),
        scene.unread(),
        scene.never_closed(),
        scene.refuses(),
        scene.repeated_syn(),
        scene.repeated_text(),
    ];
    all.into_iter().flatten().collect()
}

/// A conversation, and the names of its two sides.
struct Scene<'a> {
    x: &'a Exchange,
    client: &'static str,
    server: &'static str,
    /// The bytes that the client sent, as far as they were kept, up to the first gap.
    sent: Vec<u8>,
    /// The bytes that the server sent, likewise.
    back: Vec<u8>,
    /// Whether the server sends the message back.
    is_echo: bool,
}

impl<'a> Scene<'a> {
    fn new(x: &'a Exchange, roles: &Roles) -> Scene<'a> {
        let (client, server) = (roles.name(x, Side::Client), roles.name(x, Side::Server));
        let (sent, back) = (said(x, Side::Client), said(x, Side::Server));
        let is_echo = answer::is_echo(&sent, &back, x.marker_text().as_bytes());
        Scene { x, client, server, sent, back, is_echo }
    }

    fn frames(&self, positions: &[usize]) -> String {
        self.x.frames_text(positions)
    }

    fn name(&self, side: Side) -> &'static str {
        if side == Side::Client { self.client } else { self.server }
    }

    /// Position of the first FIN of `side`, unless it is contradicted.
    fn fin(&self, side: Side) -> Option<usize> {
        self.x.fin.iter().copied().find(|p| self.x.at(*p).is_some_and(|s| self.x.side(s) == side))
    }

    /// Position of the first reset of `side` that took effect.
    fn reset(&self, side: Side) -> Option<usize> {
        let all = self.x.effective_rst();
        all.into_iter().find(|p| self.x.at(*p).is_some_and(|s| self.x.side(s) == side))
    }

    /// Whether a packet acknowledges the other side's FIN, so that its sender knew that no more bytes come.
    fn knows_fin(&self, s: &Segment) -> bool {
        let half = self.x.half(self.x.side(s).other());
        half.fin.zip(half.offset_of(s.ack)).is_some_and(|(fin, ack)| ack > fin)
    }

    /// Nanoseconds from one packet to another; `None` without times.
    fn between(&self, from: usize, to: usize) -> Option<i64> {
        let (a, b) = (self.x.at(from)?, self.x.at(to)?);
        Some(b.time?.since(a.time?))
    }
}

/// The bytes that `side` sent, as far as they were kept, up to the first gap.
fn said(x: &Exchange, side: Side) -> Vec<u8> {
    let half = x.half(side);
    if !half.has_data() || half.lack().before > 0 {
        return Vec::new();
    }
    half.bytes_at(half.low(), crate::lab::evidence::collect::TEXT_LIMIT)
}

/// Text from the network in quotation marks, escaped, and cut at [`QUOTED`] characters.
fn quote(bytes: &[u8]) -> String {
    let text = written(|line| line.escaped(bytes.get(..4 * QUOTED).unwrap_or(bytes)));
    let short: String = text.chars().take(QUOTED).collect();
    let more = if short.len() < text.len() || bytes.len() > 4 * QUOTED { "…" } else { "" };
    format!("\"{short}{more}\"")
}

fn bytes(n: u64) -> String {
    if n == 1 { "1 byte".into() } else { format!("{n} bytes") }
}

/// Seconds in words, such as `0.3 s` or `12 s`.
fn seconds(nanos: i64) -> String {
    let s = nanos as f64 / 1e9;
    if s < 10.0 { format!("{s:.1} s") } else { format!("{s:.0} s") }
}
