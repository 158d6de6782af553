//! What the packets with SYN do.

use super::{Confidence, Draft, MOST, Material};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::Offer;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};

pub(super) const RULE: &str = "SYN synchronises: each side names the sequence number from which it counts, and offers options that hold for the whole connection. Each SYN uses up one sequence number, so the answer acknowledges that number plus one (RFC 9293, section 3.5).";

impl Material<'_> {
    pub(super) fn syn(&self) -> Draft {
        let mut draft = Draft::new();
        for x in self.distinct().take(MOST) {
            draft.lines.push(format!("{}: {}", self.title(x), self.syn_of(x)));
            if !x.handshake.is_empty() {
                let sure = if x.half(Side::Client).syn { Confidence::Proven } else { Confidence::Inferred };
                draft.sure(sure);
            }
            for p in &x.handshake {
                let Some(s) = x.at(*p) else { continue };
                let why = match (s.is(Flags::SYN), s.is(Flags::ACK)) {
                    (true, false) => format!("SYN, sequence number {}", s.seq.0),
                    (true, true) => format!("SYN,ACK, sequence number {}, acknowledges {}", s.seq.0, s.ack.0),
                    _ => format!("ACK, acknowledges {}", s.ack.0),
                };
                self.prove(&mut draft, x, *p, why);
            }
            for p in x.rst.iter().filter(|_| x.outcome == Outcome::Refused).take(4) {
                self.prove(&mut draft, x, *p, "RST in answer to the SYN: nobody listens");
            }
        }
        self.limit(&mut draft, self.distinct().count());
        draft.head = match draft.confidence {
            Confidence::CannotTell => "Cannot tell from these packets: none of them carries SYN, because the capture starts after the connections were opened. Start it before the message is sent.".into(),
            _ => "A connection is opened: both sides tell each other their initial sequence numbers and what they support. The client sends SYN, the server answers SYN,ACK in kind, and the client's ACK completes the three-way handshake. So two packets of a connection carry SYN, repeats not counted.".into(),
        };
        draft
    }

    fn syn_of(&self, x: &Exchange) -> String {
        let mut parts = Vec::new();
        for s in x.handshake.iter().filter_map(|p| x.at(*p)).filter(|s| s.is(Flags::SYN)) {
            let side = x.side(s);
            parts.push(format!(
                "frame {} ({}) gives the {}'s initial sequence number {} (shown as 0) and offers {}",
                s.frame,
                if s.is(Flags::ACK) { "SYN,ACK" } else { "SYN" },
                self.who(x, side),
                s.seq.0,
                x.offer(side).map(offers).unwrap_or_default()
            ));
        }
        if parts.is_empty() {
            return "no SYN was captured.".into();
        }
        if let Some(s) = x.handshake_ack().and_then(|p| x.at(p)) {
            parts.push(format!(
                "frame {} acknowledges {}, one more, because SYN uses up a number",
                s.frame, s.ack.0
            ));
        }
        let again = x.repeats.iter().filter_map(|p| x.at(*p));
        let again = again.filter(|s| s.is(Flags::SYN) && !s.is_copy()).count();
        let end = match (x.outcome, again) {
            (Outcome::Refused, _) => " An RST answers: nobody listens on that port.".into(),
            (Outcome::Unanswered, 0) => " Nothing answers.".into(),
            (Outcome::Unanswered, 1) => " Nothing answers, and the SYN is repeated once.".into(),
            (Outcome::Unanswered, n) => format!(" Nothing answers, and the SYN is repeated {n} times."),
            (_, 0) => String::new(),
            (_, n) => format!(" Packets with SYN that were repeated because no answer came in time: {n}."),
        };
        format!("{}.{end}", parts.join("; "))
    }
}

/// What a SYN offers, in words.
fn offers(o: Offer) -> String {
    let mut parts = Vec::new();
    parts.extend(o.mss.map(|n| format!("MSS {n}")));
    parts.extend(o.scale.map(|n| format!("window scale {n} (×{})", 1u32 << n.min(14))));
    parts.extend(o.sack.then(|| "selective acknowledgement".to_string()));
    parts.extend(o.timestamps.then(|| "timestamps".to_string()));
    if o.cut {
        parts.push("options that the snapshot length cut off".to_string());
    }
    if parts.is_empty() { "no options".into() } else { parts.join(", ") }
}
