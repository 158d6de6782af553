//! What frames say about earlier ones: known once the whole capture was read, and shown then, as in Wireshark's window.

use super::index::Index;
use crate::dissect::protocols::dns::DnsFacts;
use crate::dissect::{AppFacts, Proto};
use crate::packet::Packet;
use std::collections::HashMap;

/// Fields whose values come from later frames.
const FIELDS: [&str; 3] = ["tcp.completeness", "dns.response_in", "http.response_in"];

/// Whether a filter or a column asks for such a field.
pub(crate) fn asks(text: &str) -> bool {
    FIELDS.iter().any(|field| text.contains(field))
}

/// What a whole capture says about its frames.
pub(crate) struct Later {
    /// By request: the frame that answers it.
    answers: HashMap<u32, u32>,
    /// By `tcp.stream`.
    completeness: Vec<u8>,
}

impl Later {
    /// What the index of a capture knows that was read to its end.
    pub(crate) fn of(index: &Index) -> Later {
        // Of several answers, the first counts.
        let answers = index.answers().iter().rev().copied().collect();
        Later { answers, completeness: index.all_completeness().to_vec() }
    }

    /// Does something with a packet as the whole capture shows it.
    pub(crate) fn with<T>(&self, packet: &Packet<'_>, each: impl FnOnce(&Packet<'_>) -> T) -> T {
        let answer = self.answers.get(&(packet.context.frame.no.0 as u32)).copied();
        let stream = packet.context.facts.tcp.map(|facts| facts.stream as usize);
        let completeness = stream.and_then(|stream| self.completeness.get(stream).copied());
        with(packet, completeness, answer, each)
    }
}

/// Does something with a packet of whose conversation the final completeness is known, and which frame answers it.
pub(crate) fn with<T>(
    packet: &Packet<'_>,
    completeness: Option<u8>,
    answer: Option<u32>,
    each: impl FnOnce(&Packet<'_>) -> T,
) -> T {
    let facts = &packet.context.facts;
    let mut tcp = facts.tcp.copied();
    if let Some((tcp, completeness)) = tcp.as_mut().zip(completeness) {
        tcp.completeness = completeness;
    }
    let answer = answer.map(u64::from);
    let app = facts.app.zip(answer).map(|(app, answer)| answered(app, answer));
    let mut packet = *packet;
    let facts = &mut packet.context.facts;
    facts.tcp = tcp.as_ref();
    if let Some(answer) = answer.filter(|_| facts.dns.is_none()) {
        let asks = packet.context.layers.all().iter().any(|layer| layer.proto == Proto::Dns && !layer.quoted);
        facts.dns = asks.then_some(DnsFacts::AnsweredIn(answer));
    }
    if app.is_some() {
        facts.app = app.as_ref();
    }
    each(&packet)
}

/// What is said of the applications, with the frame that answers the first message.
fn answered(app: &AppFacts, answer: u64) -> AppFacts {
    let mut app = app.clone();
    if let Some(first) = app.http.first_mut() {
        first.response = Some(answer);
    }
    if let Some(first @ None) = app.dns.first_mut() {
        *first = Some(DnsFacts::AnsweredIn(answer));
    }
    app
}
