//! Sentences on the parts of an exchange that a capture does not hold.

use super::{Exchange, Outcome, Side};
use crate::text::plural;

impl Exchange {
    /// Sentences on what the capture does not hold, and what is unknown for that reason: one for each unknown.
    pub fn missing(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        match (self.half(Side::Client).syn, self.half(Side::Server).syn) {
            (false, false) => out.push("no SYN of either side: the capture starts in the middle, so what came before its first frame cannot be counted, and the MSS is unknown".into()),
            (false, true) => out.push("no SYN of the client: the capture starts in the middle, so what came before its first frame cannot be counted, and the client's MSS is unknown".into()),
            (true, false) => out.push("no SYN,ACK of the server: its MSS is unknown, and the handshake cannot be counted".into()),
            (true, true) => {}
        }
        for side in [Side::Client, Side::Server] {
            match self.offer(side).filter(|o| o.mss.is_none()) {
                Some(o) if o.cut => out.push(format!(
                    "the options in the SYN of the {}: the snapshot length cut them, so its MSS is unknown",
                    side.name()
                )),
                Some(_) => out.push(format!("no MSS in the SYN of the {}: the default counts", side.name())),
                None => {}
            }
        }
        if !self.client_is_proven {
            out.push(
                "no SYN shows who opened the connection: client and server are told apart by the lab's port"
                    .into(),
            );
        }
        for side in [Side::Client, Side::Server] {
            self.missing_of(side, &mut out);
        }
        out.extend(self.missing_end());
        out
    }

    /// Why the end of the connection is unknown or has no FIN; `None` if both FINs are there.
    fn missing_end(&self) -> Option<String> {
        let first = self.fin.first().and_then(|p| self.at(*p));
        match (self.outcome, first) {
            (Outcome::Refused | Outcome::Unanswered, _) => Some("no FIN: the connection never opened".into()),
            (_, None) if self.rst.is_empty() => {
                Some("no FIN and no RST: the capture ends before the connection does".into())
            }
            (_, None) => Some("no FIN: an RST ended the connection".into()),
            (_, Some(fin)) if !self.is_closed() => Some(format!(
                "no FIN of the {} and no RST: the capture ends before the connection does",
                self.side(fin).other().name()
            )),
            _ => None,
        }
    }

    fn missing_of(&self, side: Side, out: &mut Vec<String>) {
        let (lack, who) = (self.half(side).lack(), side.name());
        let seen = self.conversation.segments.iter().any(|s| self.side(s) == side);
        if !seen && self.outcome != Outcome::Unanswered {
            out.push(format!("no frame of the {who}: one direction only was captured"));
        } else if !self.half(side).has_data() {
            out.push(format!(
                "no payload of the {who}: packets before, between or after it cannot be counted"
            ));
        }
        let after = if lack.unexplained > 1 {
            "or more after the last that was captured"
        } else {
            "after the last that was captured"
        };
        for (n, what) in [
            (lack.before, "before the first that was captured"),
            (lack.between, "between those that were captured"),
            (lack.after, after),
        ] {
            if n > 0 {
                let s = plural(n);
                out.push(format!("{n} byte{s} of the {who} {what}: sequence and acknowledgement numbers count them, no frame holds them"));
            }
        }
        if lack.unexplained == 1 {
            out.push(format!(
                "one number of the {who} was acknowledged that no frame shows: a FIN, or one more byte"
            ));
        }
        if lack.cut > 0 {
            out.push(format!(
                "{} bytes of the {who}'s payload: the snapshot length cut the frames",
                lack.cut
            ));
        }
    }
}
