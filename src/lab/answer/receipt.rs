//! Who sends the receipt, and what follows it.

use super::{Confidence, Draft, MOST, Material, count, frames_text};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};
use crate::lab::show::narrate;
use memchr::memmem;

pub(super) const SENDER_RULE: &str = "The receipt is what the server sends: all of its bytes, put in order, must equal the marker. A marker inside a message is no receipt, and a receipt may be split over packets.";
pub(super) const AFTER_RULE: &str = "List the connection's packets after the last one with new bytes of the receipt: its ACK, a FIN from each side, and their ACKs. FIN closes the connection; the receipt only confirms the message.";

impl Material<'_> {
    pub(super) fn receipt_sender(&self) -> Draft {
        let marker = &self.lab.communicator.marker;
        let mut draft = Draft::new();
        for x in self.exchanges.iter().take(MOST) {
            draft.lines.push(format!("{}: {}", self.title(x), self.sender_in(x, marker)));
            if x.outcome != Outcome::Confirmed {
                continue;
            }
            draft.sure(if x.client_is_proven { Confidence::Proven } else { Confidence::Inferred });
            if let Some(p) = x.message.last() {
                let why = format!("ends the message of the {}", self.who(x, Side::Client));
                self.prove(&mut draft, x, *p, why);
            }
            let part = if x.receipt.len() > 1 { "a part of " } else { "" };
            for p in x.receipt.iter().take(4) {
                let why = format!("the {} sends {part}{marker}", self.who(x, Side::Server));
                self.prove(&mut draft, x, *p, why);
            }
        }
        self.limit(&mut draft, self.exchanges.len());
        draft.head = match draft.confidence {
            Confidence::CannotTell => format!(
                "Cannot tell from these packets: no connection here holds a message and its whole {marker}. By the lab's protocol the receiver of the message sends it."
            ),
            _ => format!(
                "The receiver of the message sends {marker}: it tells the sender that its program has the message. TCP's ACK says only that the other system has the bytes."
            ),
        };
        draft
    }

    fn sender_in(&self, x: &Exchange, marker: &str) -> String {
        let (client, server) = (self.who(x, Side::Client), self.who(x, Side::Server));
        let sent = x.half(Side::Client).text();
        let frames = frames_text(x, &x.receipt);
        let mut line = match x.outcome {
            Outcome::Confirmed => {
                let split = if x.receipt.len() > 1 { ", split over several packets" } else { "" };
                let message = frames_text(x, &x.message);
                format!(
                    "the {server} sends it ({frames}{split}): it received the {client}'s message ({message})."
                )
            }
            Outcome::Refused => "nobody, because the connection was refused.".to_string(),
            Outcome::Unanswered => "nobody, because the SYN was not answered.".to_string(),
            _ => self.why_not_confirmed(x, &frames, marker),
        };
        if sent.is_some_and(|text| memmem::find(&text, marker.as_bytes()).is_some()) {
            line.push_str(&format!(" The message itself contains {marker}; there it is quoted by the {client} and confirms nothing."));
        }
        if let Some((p, arrived, total)) = x.early_receipt() {
            let frame = x.at(p).map_or(0, |s| s.frame.0);
            line.push_str(&format!(
                " Warning: frame {frame} confirms when only {arrived} of {} had arrived, as its Ack number says; the sender was told that all is well too early.",
                count(total, "byte")
            ));
        }
        line
    }

    fn why_not_confirmed(&self, x: &Exchange, frames: &str, marker: &str) -> String {
        let server = self.who(x, Side::Server);
        let half = x.half(Side::Server);
        match half.text() {
            Some(_) if !half.has_data() && x.is_whole(Side::Server) => format!(
                "nobody: the {server} sent nothing ({}). At most TCP acknowledged the message, and that is no receipt.",
                x.outcome.name()
            ),
            Some(_) if !half.has_data() => format!(
                "nobody, as far as the capture goes ({}). At most TCP acknowledged the message, and that is no receipt.",
                x.outcome.name()
            ),
            Some(text) if x.half(Side::Client).text().is_some_and(|sent| sent == text) => {
                format!("nobody: the {server} echoes the message ({frames}), which is no {marker}.")
            }
            Some(_) => format!("nobody: what the {server} sends ({frames}) is not {marker}."),
            None => format!("cannot tell: {}.", x.missing().join("; ")),
        }
    }

    pub(super) fn after_receipt(&self) -> Draft {
        let marker = &self.lab.communicator.marker;
        let mut draft = Draft::new();
        for x in self.exchanges.iter().take(MOST) {
            let line = match x.receipt.last().filter(|_| x.outcome == Outcome::Confirmed) {
                Some(last) => {
                    draft.sure(if x.packets_after_receipt().is_some() {
                        Confidence::Proven
                    } else {
                        Confidence::CannotTell
                    });
                    self.prove(&mut draft, x, *last, format!("ends {marker}"));
                    for p in (last + 1..x.count()).take(8) {
                        let what = x.at(p).map(|s| narrate::name(x, s)).unwrap_or_default();
                        self.prove(&mut draft, x, p, format!("after the receipt: {what}"));
                    }
                    self.after_in(x, *last)
                }
                None if x.is_whole(Side::Server) => {
                    format!("the {} sent no {marker} ({}).", self.who(x, Side::Server), x.outcome.name())
                }
                None => format!("no receipt was captured ({}).", x.outcome.name()),
            };
            draft.lines.push(format!("{}: {line}", self.title(x)));
        }
        self.limit(&mut draft, self.exchanges.len());
        draft.head = match draft.confidence {
            Confidence::CannotTell => format!(
                "Cannot tell how many packets follow: no connection here was captured from its {marker} to its end."
            ),
            _ => format!(
                "No: {marker} confirms the message, it does not close the connection. Its ACK follows, then each side says with a FIN that it sends no more, and each FIN is acknowledged."
            ),
        };
        draft
    }

    fn after_in(&self, x: &Exchange, last: usize) -> String {
        let after = last + 1..x.count();
        let shown = after.clone().take(10).filter_map(|p| x.at(p));
        let names: Vec<String> = shown
            .map(|s| format!("{} ({} of the {})", s.frame, narrate::name(x, s), self.who(x, x.side(s))))
            .collect();
        let list = format!("{}{}", names.join(", "), if after.len() > names.len() { ", …" } else { "" });
        if x.packets_after_receipt().is_none() {
            let missing = x.missing().join("; ");
            return match after.len() {
                0 => format!("cannot tell: {missing}. Nothing after the receipt was captured."),
                n => format!("cannot tell how many follow: {missing}. At least {n}: {list}."),
            };
        }
        let all = &x.conversation.segments;
        let (before, total) = (all.tally_before(last + 1), all.tally());
        let repeats = (total.repeats + total.copies - before.repeats - before.copies) as usize;
        let counted = match repeats {
            0 => after.len().to_string(),
            n => format!("{} ({} distinct and {n} repeated)", after.len(), after.len() - n),
        };
        if after.is_empty() {
            return "none follows in this capture.".into();
        }
        format!("{counted} follow: {list}.{}", self.why_so_many(x))
    }

    /// What the number of packets after the receipt depends on.
    fn why_so_many(&self, x: &Exchange) -> String {
        if !x.rst.is_empty() {
            return " The RST ends the connection at once, without an orderly close.".into();
        }
        let [first, second] = x.fin.as_slice() else { return String::new() };
        let (Some(one), Some(two)) = (x.at(*first), x.at(*second)) else { return String::new() };
        let mut text = format!(
            " The {} sends the first FIN; which side is first is a race, and a capture at the other machine may show another order.",
            self.who(x, x.side(one))
        );
        if !two.is(Flags::ACK) || two.ack.up_to(one.seq + one.len) {
            text.push_str(" The FINs crossed on their way: a simultaneous close.");
        }
        if !(x.half(Side::Client).fin_acked() && x.half(Side::Server).fin_acked()) {
            text.push_str(" The ACK of the last FIN is not in the capture, so at least one more was sent.");
        }
        text
    }
}
