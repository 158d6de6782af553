//! Which packets a count is about.

use super::super::super::language::{Concept, Word, one_of};
use super::Count;

/// Which packets a number counts, by the words around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum About {
    /// The packets before the message.
    Message,
    /// The packets before the marker.
    Marker,
    /// The packets from the message on.
    BehindMessage,
    /// The packets after something else, such as the marker.
    Behind,
}

impl Count {
    /// Which packets it counts, by the words around it; `None` where they leave it open.
    pub(in super::super) fn about(&self) -> Option<About> {
        let words = &self.part.words;
        let message =
            |w: &Word| w.concepts.any(&[Concept::Message, Concept::Payload]) && !w.is(Concept::Marker);
        // "Five packets come before it": "come" means nothing after it here.
        let after = |w: &Word| {
            w.is(Concept::After)
                && !one_of(&w.text, "come comes coming came kommen kommt still noch viene vienen")
        };
        // "Counted from the message", but not "from the SYN to the message".
        let from_message = (0..words.len()).any(|i| {
            words.get(i).is_some_and(|w| w.is(Concept::From)) && words.iter().skip(i + 1).take(2).any(message)
        });
        let (before, marker) = (self.part.has(Concept::Before), self.part.position(Concept::Marker));
        let behind = words.iter().position(after);
        // "The marker comes after 5 others", "if those before the message are not counted".
        if marker.is_some_and(|m| behind.is_some_and(|a| m < a)) || self.part.has(Concept::Not) {
            return None;
        }
        // "With the handshake and the message included, 5 before it": the message is among those before the marker.
        let included = self.part.says(
            "included including inclusive incl counted mitgezahlt eingeschlossen inbegriffen incluido incluida incluyendo \
             inclus incluse compris comprise",
        );
        let message = words.iter().any(message) && !(before && included);
        match (before, behind.is_some(), marker.is_some()) {
            (true, false, true) => Some(About::Marker),
            (true, false, false) if message => Some(About::Message),
            (false, _, false) if from_message || behind.is_some() && message => Some(About::BehindMessage),
            // "1 between the two" is about message and marker, "3 between SYN and message" is not.
            (false, false, _)
                if self.part.has(Concept::Between)
                    && (message || !self.part.any(&[Concept::Start, Concept::Syn, Concept::Handshake])) =>
            {
                Some(About::BehindMessage)
            }
            (false, true, _) => Some(About::Behind),
            _ => None,
        }
    }
}
