//! Sentences that explain a contradiction.

use super::{Contradiction, What, next, unlike};
use crate::conversation::stream::News;
use crate::dissect::protocols::tcp::Flags;
use crate::lab::definition::roles::Roles;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::{Exchange, Side};

/// The facts that the sentences need.
struct Scene<'a> {
    x: &'a Exchange,
    c: &'a Contradiction,
    s: &'a Segment,
    /// Name of the alleged sender of the packet; `other` is its receiver's.
    me: &'static str,
    other: &'static str,
}

impl Contradiction {
    /// Two texts: why the packet is contradicted; and what the forger tried, what that achieved, and which frames
    /// show it.
    pub(in crate::lab::evidence) fn words(&self, x: &Exchange, roles: &Roles) -> (String, String) {
        let Some(s) = x.at(self.position) else { return Default::default() };
        let (me, other) = (roles.name(x, x.side(s)), roles.name(x, x.side(s).other()));
        let scene = Scene { x, c: self, s, me, other };
        (scene.why() + &scene.differences(), scene.story())
    }
}

impl Scene<'_> {
    fn why(&self) -> String {
        let (me, other, proofs) = (self.me, self.other, self.x.frames_text(&self.c.proofs));
        match self.c.what {
            What::Data | What::Fin if self.goes_past() => {
                format!("The {me} never sent this FIN: it goes on with payload behind it ({proofs}).")
            }
            What::Data | What::Fin => {
                let what = if self.c.what == What::Data { "these bytes" } else { "this FIN" };
                format!("The {me} never sent {what}: {}.{}", self.stays(), self.blocks())
            }
            What::Ack => format!(
                "The {me} did not send this packet: it acknowledges Ack {}, and later packets of the {me} ({proofs}) acknowledge less.",
                self.x.relative(self.x.side(self.s).other(), self.s.ack)
            ),
            What::Reset => self.futile_reset(),
            What::DeniedReset => format!(
                "The {me} did not send this reset: it goes on with the connection afterwards ({proofs})."
            ),
            What::OtherBytes => format!(
                "It carries other bytes than {proofs} for the same numbers: a system never changes what it has sent, so one of the two is not the {me}'s."
            ),
            What::Unsent(n) => format!(
                "The {me} acknowledges {} that the {other} never sent: {}. Somebody else sent them to the {me}, where this capture does not see it.",
                bytes(n),
                self.stays_of(self.x.side(self.s).other(), other)
            ),
        }
    }

    /// Whether the proofs have numbers above the FIN's.
    fn goes_past(&self) -> bool {
        let proof = self.c.proofs.first().and_then(|p| self.x.at(*p));
        self.c.what == What::Fin && proof.is_some_and(|p| next(p) >= next(self.s))
    }

    fn stays(&self) -> String {
        self.stays_of(self.x.side(self.s), self.me)
    }

    /// Says at which number a side's later packets stay.
    fn stays_of(&self, side: Side, name: &str) -> String {
        let (x, proofs) = (self.x, &self.c.proofs);
        let fin = proofs.iter().copied().find(|p| x.at(*p).is_some_and(|s| s.is(Flags::FIN)));
        let rest: Vec<usize> = proofs.iter().copied().filter(|p| Some(*p) != fin).collect();
        let highest = proofs.iter().filter_map(|p| x.at(*p)).max_by_key(|s| s.offset);
        let seq = highest.map_or(0, |s| x.relative(side, s.seq));
        let whose = match (fin, rest.is_empty()) {
            (Some(fin), true) => format!("the {name}'s own FIN ({}) stays", x.frames_text(&[fin])),
            (Some(fin), false) => {
                format!(
                    "the {name}'s own FIN ({}) and its other packets ({}) stay",
                    x.frames_text(&[fin]),
                    x.frames_text(&rest)
                )
            }
            (None, _) => format!("the later packets of the {name} ({}) stay", x.frames_text(&rest)),
        };
        let at = if rest.is_empty() || fin.is_none() { "at" } else { "at or below" };
        format!("{whose} {at} Seq {seq}")
    }

    /// Duplicate ACKs whose SACK block names what they have acknowledged already (D-SACK, RFC 2883).
    fn blocks(&self) -> String {
        let (x, side) = (self.x, self.x.side(self.s));
        let all =
            x.conversation.segments.iter().filter(|o| o.position > self.c.position && x.side(o) != side);
        let twice = all.filter(|o| o.traits.sack.is_some_and(|(_, right)| right.up_to(o.ack)));
        let positions: Vec<usize> = twice.map(|o| o.position).collect();
        if positions.is_empty() {
            return String::new();
        }
        let answers = if positions.len() == 1 { "a duplicate ACK" } else { "duplicate ACKs" };
        format!(
            " The {} meets the genuine packet with {answers} whose SACK block says that it had these numbers already ({}).",
            self.other,
            x.frames_text(&positions)
        )
    }

    fn futile_reset(&self) -> String {
        let (x, side) = (self.x, self.x.side(self.s));
        let first = self.c.proofs.first().and_then(|p| x.at(*p));
        let Some(challenge) = first.filter(|p| x.side(p) != side) else {
            return format!(
                "It ended nothing: the {} goes on with the connection ({}).",
                self.me,
                x.frames_text(&self.c.proofs)
            );
        };
        let rest = self.c.proofs.get(1..).unwrap_or_default();
        let mut text = format!(
            "It ended nothing: its Seq is {}, the {} expects {}, and answers with a challenge ACK ({}; RFC 5961, section 3.2).",
            x.relative(side, self.s.seq),
            self.other,
            x.relative(side, challenge.ack),
            x.frames_text(&[challenge.position])
        );
        if !rest.is_empty() {
            text.push_str(&format!(" The connection goes on behind it ({}).", x.frames_text(rest)));
        }
        text
    }

    /// Says in what the packet differs from its sender's other packets; empty if in nothing.
    fn differences(&self) -> String {
        let list =
            if matches!(self.c.what, What::Unsent(_)) { Vec::new() } else { unlike(self.x, self.c.position) };
        if list.is_empty() {
            return String::new();
        }
        format!(" It differs from the {}'s other packets: {}.", self.me, list.join("; "))
    }

    fn story(&self) -> String {
        let (me, other, frame) = (self.me, self.other, self.x.frames_text(&[self.c.position]));
        let receipt = self.x.marker.contains(&self.c.position);
        match self.c.what {
            What::Data | What::OtherBytes if receipt => format!(
                "Somebody forged the {me}'s receipt ({frame}). {}, so its program reports success, though the {me} never confirmed.",
                self.deceived("The receipt")
            ),
            What::Data | What::OtherBytes => {
                format!(
                    "Somebody sent {} in the {me}'s name ({frame}). {}.",
                    bytes(self.s.len.into()),
                    self.deceived("They")
                )
            }
            What::Fin => {
                format!("Somebody sent a FIN in the {me}'s name ({frame}). {}.", self.deceived("It"))
            }
            What::Ack => format!(
                "Somebody sent a packet in the {me}'s name with a wrong Ack ({frame}); the {me} goes on as before."
            ),
            What::Reset => format!(
                "Somebody tried to end the connection with an RST in the {me}'s name ({frame}). It achieved nothing: {}.",
                match self.c.proofs.first().and_then(|p| self.x.at(*p)) {
                    Some(p) if self.x.side(p) != self.x.side(self.s) => format!(
                        "its number was not the expected one, and the {other} only asked back ({})",
                        self.x.frames_text(&[p.position])
                    ),
                    _ => format!("the connection goes on ({})", self.x.frames_text(&self.c.proofs)),
                }
            ),
            What::DeniedReset => {
                let shown = if self.c.taken.is_empty() {
                    "nothing more of it follows".into()
                } else {
                    format!("it answers what the {me} sends with RST ({})", self.x.frames_text(&self.c.taken))
                };
                format!(
                    "Somebody ended the connection with an RST in the {me}'s name ({frame}). The {other} took it for genuine: {shown}."
                )
            }
            What::Unsent(n) => format!(
                "Somebody sent the {me} {} in the {other}'s name{}; the packet is not in this capture, a capture at the {me} shows it. The {me} took it for genuine: it acknowledges it ({frame}){}.",
                bytes(n),
                if n == self.x.marker_text().len() as u64 { ", as many as the receipt has" } else { "" },
                self.closing(", and closes")
            ),
        }
    }

    /// Says whether the receiver took the packet for genuine.
    fn deceived(&self, what: &str) -> String {
        if self.c.taken.is_empty() {
            return format!("{what} achieved nothing: no packet of the {} acknowledges it", self.other);
        }
        let taken = self.x.frames_text(self.c.taken.get(..1).unwrap_or_default());
        format!(
            "The {} took it for genuine: it acknowledges it ({taken}){}",
            self.other,
            self.closing(" and closes")
        )
    }

    /// Says that the deceived side closes afterwards; empty if it does not.
    fn closing(&self, what: &str) -> String {
        let deceived = match self.c.what {
            What::Unsent(_) => self.x.side(self.s),
            _ => self.x.side(self.s).other(),
        };
        let mut fins = self.x.conversation.segments.iter().filter(|o| o.position > self.c.position);
        let fin = fins.find(|o| self.x.side(o) == deceived && o.news.has(News::FIN));
        fin.map_or(String::new(), |f| format!("{what} ({})", self.x.frames_text(&[f.position])))
    }
}

fn bytes(n: u64) -> String {
    if n == 1 { "1 byte".into() } else { format!("{n} bytes") }
}
