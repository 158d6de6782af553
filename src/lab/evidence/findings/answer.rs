//! Findings about what the server's program sends, compared with the marker.

use super::{Finding, Scene, bytes, quote};
use crate::lab::evidence::exchange::{Outcome, Side};
use memchr::memmem;

/// Whether `back` is an echo of `sent`: all of it, all of it with something around, or its beginning. Case is
/// ignored; a message that itself begins with the marker is no reason.
pub(super) fn is_echo(sent: &[u8], back: &[u8], marker: &[u8]) -> bool {
    if sent.is_empty() || back.is_empty() || sent == marker {
        return false;
    }
    let text = sent.trim_ascii();
    let begins = |whole: &[u8], part: &[u8]| {
        whole.get(..part.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(part))
    };
    let whole = || {
        let (back, text) = (back.to_ascii_lowercase(), text.to_ascii_lowercase());
        memmem::find(&back, &text).is_some()
    };
    sent.eq_ignore_ascii_case(back)
        || back.len() >= 4 && begins(sent, back) && !begins(back, marker)
        || text.len() > 1 && text.len() <= back.len() && whole()
}

impl Scene<'_> {
    /// How many more whole markers follow the receipt at once, and the bytes behind them.
    fn behind(&self) -> (usize, Vec<u8>) {
        let marker = self.x.marker_text().into_bytes();
        if !self.x.begins_with_marker {
            return (0, Vec::new());
        }
        let mut rest = self.back.get(marker.len()..).unwrap_or_default();
        let mut count = 0;
        while let Some(next) = rest.strip_prefix(marker.as_slice()) {
            (rest, count) = (next, count + 1);
        }
        // A part of one more marker does not count as other text.
        let text = if marker.starts_with(rest) { Vec::new() } else { rest.to_vec() };
        (count, text)
    }

    /// Whether the client's program had closed before the server sent this packet, so that no program read it.
    fn too_late(&self, position: usize) -> bool {
        self.x.at(position).is_some_and(|s| self.knows_fin(s)) && self.reset(Side::Client).is_some()
    }

    pub(super) fn again(&self) -> Option<Finding> {
        let (count, _) = self.behind();
        if count == 0 {
            return None;
        }
        let (marker, server) = (self.x.marker_text(), self.server);
        let positions = self.x.after_receipt.clone();
        let frames = self.frames(&positions);
        let says = if count == 1 && positions.iter().all(|p| self.too_late(*p)) {
            format!(
                "The {server} sends {marker} once more ({frames}): its program confirms after every read, also after the empty one which says that the {} has closed (inferred). The message was confirmed before, and nothing was lost. Look at the loop around recv() on the {server}: leave it when recv() returns no bytes, before sendall().",
                self.client
            )
        } else {
            let times = if count == 1 { "once more".into() } else { format!("{count} more times") };
            format!(
                "The {server} sends {marker} {times} ({frames}): its program confirms after each of its reads (inferred). The first one confirms the message; a sender that reads more than {} at once takes the others for a failure. Look at the loop around recv() on the {server}: collect the whole message, then call sendall() once.",
                bytes(marker.len() as u64)
            )
        };
        Some(Finding::inferred("confirms-again", positions, says))
    }

    pub(super) fn after_close(&self) -> Option<Finding> {
        let x = self.x;
        let late: Vec<usize> = x.answer.iter().copied().filter(|p| self.too_late(*p)).collect();
        let (fin, reset) = (self.fin(Side::Client)?, self.reset(Side::Client)?);
        let (first, marker) = (*late.first()?, x.marker_text());
        let (client, server, frames) = (self.client, self.server, self.frames(&late));
        let own = if x.marker.contains(&first) {
            format!(" {marker} itself came too late: the {client}'s program had given up.")
        } else {
            String::new()
        };
        let says = format!(
            "The {server} sends {frames} after the {client} had closed: it acknowledges the {client}'s FIN ({}). No program of the {client} reads any more, so its system answers with RST ({}).{own}",
            self.frames(&[fin]),
            self.frames(&[reset])
        );
        Some(Finding::proven("confirms-after-close", late, says))
    }

    pub(super) fn greeting(&self) -> Option<Finding> {
        let x = self.x;
        if x.begins_with_marker || x.marker.is_empty() || self.is_echo {
            return None;
        }
        let (marker, server) = (x.marker_text(), self.server);
        let said = &self.back;
        let at = memmem::find(said, marker.as_bytes()).filter(|at| *at > 0)?;
        let half = x.half(Side::Server);
        let end = half.low() + at as i64;
        let before = x.answer.iter().copied().filter(|p| x.at(*p).is_some_and(|s| s.offset < end));
        let positions: Vec<usize> = before.collect();
        let text = said.get(..at).unwrap_or_default();
        let says = format!(
            "The {server} answers with {} ({}, {}) before {marker} ({}). A sender's recv() returns that text first, so by the lab's rule the message is not confirmed. Look at the line on the {server} that sends the text: {marker} must be the first and only answer.",
            quote(text),
            bytes(at as u64),
            self.frames(&positions),
            self.frames(&x.marker)
        );
        Some(Finding::proven("greeting-before-receipt", positions, says))
    }

    pub(super) fn echo(&self) -> Option<Finding> {
        if !self.is_echo {
            return None;
        }
        let x = self.x;
        let (marker, server) = (x.marker_text(), self.server);
        let (sent, back) = (&self.sent, &self.back);
        let how = if sent == back {
            String::new()
        } else if back.len() < sent.len() {
            format!(", {} of {}", bytes(back.len() as u64), bytes(sent.len() as u64))
        } else {
            format!(", as {}", quote(back))
        };
        let meaning = if x.begins_with_marker {
            format!(
                "The message itself begins with {marker}, so the echo looks like a receipt and confirms nothing more than an echo does."
            )
        } else if x.marker.is_empty() {
            format!("That is no {marker}.")
        } else {
            format!("The echo contains {marker}, but a sender's recv() returns the rest of it, too.")
        };
        let says = format!(
            "The {server} sends the message back ({}){how}, as a sample echo server does. {meaning} Look at the line with sendall() on the {server}: it must send b\"{marker}\" instead of the data.",
            self.frames(&x.answer)
        );
        Some(Finding::proven("echo", x.answer.clone(), says))
    }

    pub(super) fn early(&self) -> Option<Finding> {
        let (position, arrived, total) = self.x.early_receipt()?;
        if let Some(later) = self.sent_on() {
            let says = format!(
                "The receipt ({}) confirms the first {arrived} of {}. The {} had it when it sent the rest ({}), which no receipt confirms.",
                self.frames(&[position]),
                bytes(total),
                self.client,
                self.frames(&later)
            );
            return Some(Finding::proven("early-receipt", vec![position], says));
        }
        let says = format!(
            "The receipt left too early: {0} acknowledges {arrived} of the message's {1}, so the {2}'s program cannot have had them all, and the {3} was told that all is well. Look at the line with recv() on the {2}: read until the message is complete, then confirm.",
            self.frames(&[position]),
            bytes(total),
            self.server,
            self.client
        );
        Some(Finding::proven("early-receipt", vec![position], says))
    }

    /// Positions of the packets with the rest of the message, if the client had the receipt before it sent any of
    /// them.
    fn sent_on(&self) -> Option<Vec<usize>> {
        let x = self.x;
        let receipt = x.at(*x.receipt.last()?)?;
        let first = x.marker.first().copied()?;
        let rest: Vec<usize> = x.message.iter().copied().filter(|p| *p > first).collect();
        let knew = |p: &usize| x.at(*p).is_some_and(|s| (receipt.seq + receipt.len).up_to(s.ack));
        (!rest.is_empty() && rest.iter().all(knew)).then_some(rest)
    }

    pub(super) fn more(&self) -> Option<Finding> {
        let (count, rest) = self.behind();
        if rest.is_empty() || self.is_echo {
            return None;
        }
        let x = self.x;
        let (marker, server) = (x.marker_text(), self.server);
        let what = match rest.as_slice() {
            b"\n" | b"\r\n" | b"\r" => "a line break".into(),
            text => format!("{} more, {}", bytes(text.len() as u64), quote(text)),
        };
        let skipped = (marker.len() * (count + 1)) as i64;
        let low = x.half(Side::Server).low() + skipped;
        let carries = |p: &usize| x.at(*p).is_some_and(|s| s.offset + i64::from(s.len) > low);
        let positions: Vec<usize> = x.after_receipt.iter().copied().filter(carries).collect();
        let says = format!(
            "Behind {marker} the {server} sends {what} ({}). A sender that compares all it has read with {marker} takes that for a failure. Look at the line with sendall() on the {server}: it must send exactly b\"{marker}\".",
            self.frames(&positions)
        );
        Some(Finding::proven("marker-with-more", positions, says))
    }

    /// A finding for bytes that were meant to be the marker but differ from it.
    pub(super) fn other_letters(&self) -> Option<Finding> {
        let x = self.x;
        let (marker, server) = (x.marker_text(), self.server);
        let said = &self.back;
        if !x.marker.is_empty() || said.is_empty() || said.len() > 2 * marker.len() || self.is_echo {
            return None;
        }
        // Letters and digits alone are compared, without case or any characters around and between them.
        let letters = |text: &[u8]| {
            text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect::<Vec<u8>>()
        };
        let whole = x.is_whole(Side::Server) || x.outcome == Outcome::Unconfirmed;
        let same = letters(said) == letters(marker.as_bytes()) && !letters(said).is_empty();
        if !same || !whole && marker.as_bytes().starts_with(said) {
            return None;
        }
        let says = format!(
            "The {server} sends {} ({}), and the marker is {marker}: it must be the same in every character, so the message is not confirmed. Look at the line with sendall() on the {server}.",
            quote(said),
            self.frames(&x.answer)
        );
        Some(Finding::proven("marker-with-more", x.answer.clone(), says))
    }
}
