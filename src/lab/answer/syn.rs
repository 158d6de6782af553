//! What packets with the flag SYN do.

use super::draft::Draft;
use super::{Confidence, MOST, Material};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::{Offer, Segment};
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};
use crate::text::plural;

pub(super) const RULE: &str = "SYN synchronises: each side names the sequence number from which it counts, and offers options that hold for the whole connection. Each SYN uses up one sequence number, so the answer acknowledges that number plus one (RFC 9293, section 3.5).";

impl Material<'_> {
    pub(super) fn syn(&self) -> Draft {
        let mut draft = Draft::new();
        let mut both = false;
        let alike = self.offered_by_all();
        for x in self.distinct().take(MOST) {
            let syns = syns(x);
            both |= syns.len() == 2;
            let sure = match syns.is_empty() {
                true => Confidence::CannotTell,
                false if x.half(Side::Client).syn => Confidence::Proven,
                false => Confidence::Inferred,
            };
            draft.claim(format!("{}: {}", self.title(x), self.syn_of(x, &syns, alike.is_some())), sure);
            for p in &x.handshake {
                let Some(s) = x.at(*p) else { continue };
                let why = match (s.is(Flags::SYN), s.is(Flags::ACK)) {
                    (true, false) => format!("SYN, sequence number {}", s.seq.0),
                    (true, true) => format!("SYN,ACK, sequence number {}, acknowledges {}", s.seq.0, s.ack.0),
                    _ => format!("ACK, acknowledges {}", s.ack.0),
                };
                self.prove(&mut draft, x, *p, super::purpose(x, *p), why);
            }
            for p in x.rst.iter().filter(|_| x.outcome == Outcome::Refused).take(4) {
                self.prove(
                    &mut draft,
                    x,
                    *p,
                    "tcp.flags.reset",
                    "RST in answer to the SYN: the port refuses",
                );
            }
        }
        self.limit(&mut draft, self.distinct().count());
        draft.head = match (draft.confidence, both) {
            (Confidence::CannotTell, _) => "Cannot tell: no packet here carries SYN; the capture starts after the connections were opened.".into(),
            (_, true) => "A connection opens: each side tells its initial sequence number and the options that it supports. Two packets carry SYN; each SYN uses up one number.".into(),
            (_, false) => "A side asks for a connection: it tells its initial sequence number and the options that it supports.".into(),
        };
        if let Some(offer) = alike {
            draft.head.push_str(&format!(" All offer {offer}."));
        }
        draft
    }

    /// What all SYNs offer, where there are several connections and all their SYNs offer the same; `None` otherwise.
    fn offered_by_all(&self) -> Option<String> {
        if self.distinct().count() < 2 {
            return None;
        }
        let all = self.distinct().flat_map(|x| [x.offer(Side::Client), x.offer(Side::Server)]);
        let mut all = all.map(|offer| offer.map(offers));
        let first = all.next()??;
        all.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    fn syn_of(&self, x: &Exchange, syns: &[&Segment], said: bool) -> String {
        if syns.is_empty() {
            return "no SYN was captured.".into();
        }
        let offered: Vec<String> =
            syns.iter().map(|s| x.offer(x.side(s)).map(offers).unwrap_or_default()).collect();
        let alike = offered.first() == offered.last() && offered.len() == 2;
        let mut parts: Vec<String> = Vec::new();
        for (s, offer) in syns.iter().zip(&offered) {
            let flags = if s.is(Flags::ACK) { "SYN,ACK" } else { "SYN" };
            let own = if alike || said { String::new() } else { format!(", {offer}") };
            parts.push(format!("{} ({}: {flags}, Seq {}{own})", s.frame, self.who(x, x.side(s)), s.seq.0));
        }
        if let Some(s) = x.handshake_ack().and_then(|p| x.at(p)) {
            parts.push(format!("{} (ACK {})", s.frame, s.ack.0));
        }
        let both = match (alike, offered.first()) {
            (true, Some(offer)) if !said => format!(" Both offer {offer}."),
            _ => String::new(),
        };
        let s = plural(parts.len());
        format!("frame{s} {}.{both}{}", parts.join(", "), self.syn_answered(x))
    }

    /// What followed the SYN where no handshake did.
    fn syn_answered(&self, x: &Exchange) -> String {
        let again = x.repeats.iter().filter_map(|p| x.at(*p));
        let again = again.filter(|s| s.is(Flags::SYN) && !s.is_copy()).count();
        let repeated = match again {
            0 => String::new(),
            1 => " One packet with SYN is a repeat: no answer had come in time.".into(),
            n => format!(" {n} packets with SYN are repeats: no answer had come in time."),
        };
        match x.outcome {
            Outcome::Refused => format!("{repeated} An RST answers: the port refuses."),
            Outcome::Unanswered => format!(" Nothing answers.{repeated}"),
            Outcome::Rejected => {
                let frame = x.error().map_or(0, |error| error.frame.0);
                format!("{repeated} An ICMP error answers (frame {frame}).")
            }
            _ => repeated,
        }
    }
}

/// The first SYN of each side, as far as captured.
fn syns(x: &Exchange) -> Vec<&Segment> {
    x.handshake.iter().filter_map(|p| x.at(*p)).filter(|s| s.is(Flags::SYN)).collect()
}

/// What a SYN offers, in words.
fn offers(o: Offer) -> String {
    let mut parts = Vec::new();
    parts.extend(o.mss.map(|n| format!("MSS {n}")));
    parts.extend(o.scale.map(|n| format!("window scale {n}")));
    parts.extend(o.sack.then(|| "SACK".to_string()));
    parts.extend(o.timestamps.then(|| "timestamps".to_string()));
    if o.cut {
        parts.push("further options that the snapshot length cut off".to_string());
    }
    if parts.is_empty() { "no options".into() } else { parts.join(", ") }
}
