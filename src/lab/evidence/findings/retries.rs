//! Findings about attempts that are repeated: by the system, by the program in one connection, and by a new
//! connection.

use super::{Finding, Scene, bytes, seconds};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::definition::roles::Roles;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};

/// The least nanoseconds between two writes of a program that count as a new attempt.
const PAUSE: i64 = 500_000_000;

impl Scene<'_> {
    /// The finding for SYNs that the system sends again, because no answer came or the answer was a refusal.
    pub(super) fn repeated_syn(&self) -> Option<Finding> {
        let x = self.x;
        let syns = x.repeats.iter().copied().filter(|p| {
            x.at(*p).is_some_and(|s| x.side(s) == Side::Client && s.is(Flags::SYN) && !s.is_copy())
        });
        let positions: Vec<usize> = syns.collect();
        let first = *positions.first()?;
        let refused = x.rst.iter().any(|p| *p < first);
        let frame = x.at(first).map(|s| s.frame);
        let has_error = x.conversation.errors.iter().any(|e| Some(e.frame) < frame);
        let times =
            if positions.len() == 1 { "once more".into() } else { format!("{} more times", positions.len()) };
        let why = if refused {
            "after each refusal, as Windows does".to_string()
        } else if has_error {
            "although an ICMP error answers, because the error may be a passing one".to_string()
        } else {
            "because no answer came in time".to_string()
        };
        let says = format!(
            "The {}'s system sends its SYN {times} ({}), {why}. The program calls connect() once; its system tries again by itself.",
            self.client,
            self.frames(&positions)
        );
        Some(Finding::proven("retries", positions, says))
    }

    /// The finding where the program sends the same text several times in one connection, with pauses between.
    pub(super) fn repeated_text(&self) -> Option<Finding> {
        let x = self.x;
        let said = &self.sent;
        let second = x.message.get(1).and_then(|p| x.at(*p))?;
        let first = x.message.first().and_then(|p| x.at(*p))?;
        let size = usize::try_from(second.offset - first.offset).ok().filter(|n| *n > 0)?;
        let times = said.len() / size;
        let same =
            said.len().is_multiple_of(size) && said.chunks(size).all(|part| Some(part) == said.get(..size));
        let apart = self.between(first.position, second.position)?;
        if times < 2 || times != x.message.len() || !same || apart < PAUSE {
            return None;
        }
        let says = format!(
            "The {}'s program sends the same {} {times} times in one connection ({}), {} apart: it tries again because no receipt came (inferred). Its system would have repeated the same sequence numbers; these are new ones.",
            self.client,
            bytes(size as u64),
            self.frames(&x.message),
            seconds(apart)
        );
        Some(Finding::inferred("retries", x.message.clone(), says))
    }
}

/// Adds a finding to each connection that repeats a failed attempt of the same client to the same server.
pub(super) fn between(exchanges: &mut [Exchange], roles: &Roles) {
    let mut found = Vec::new();
    for (i, x) in exchanges.iter().enumerate() {
        let ends = |x: &Exchange| (x.capture, x.end(Side::Client).ip, x.end(Side::Server));
        let Some(before) = exchanges.iter().take(i).rev().take(16).find(|y| ends(y) == ends(x)) else {
            continue;
        };
        let text = |x: &Exchange| x.text(Side::Client).filter(|t| !t.is_empty());
        let failed =
            before.outcome.never_opened() || matches!(before.outcome, Outcome::Unconfirmed | Outcome::Reset);
        let again = text(before).is_none() || text(x).is_none() || text(before) == text(x);
        let Some(first) = x.syn().filter(|_| failed && again) else { continue };
        let says = format!(
            "The {} tries again: the attempt before this one, stream {}, was {}.",
            roles.name(x, Side::Client),
            before.conversation.stream,
            before.outcome.name()
        );
        found.push((i, Finding::proven("retries", vec![first], says)));
    }
    for (i, finding) in found {
        if let Some(x) = exchanges.get_mut(i) {
            x.findings.push(finding);
        }
    }
}
