//! What the programs say: the end marker and the lab's messages, which are names in an answer, not its words.

use crate::lab::definition::Lab;

/// Phrases that only join sentences, and whose words would mislead.
const JOINING: [&str; 11] = [
    "on the other hand",
    "on the one hand",
    "in other words",
    "the other way round",
    "the other way around",
    "por otro lado",
    "por otra parte",
    "d'autre part",
    "d'un autre cote",
    "andererseits",
    "auf der anderen seite",
];

/// The texts that travel in the lab.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Said {
    marker: String,
    /// In small letters, each with the number of its exchange.
    messages: Vec<(String, usize)>,
}

impl Said {
    /// The marker and the messages of a lab.
    pub(in super::super) fn of(lab: &Lab) -> Said {
        let whole: Vec<(String, usize)> =
            lab.steps.iter().zip(1..).map(|(s, n)| (s.message.to_lowercase(), n)).collect();
        let begins = |text: &str| text.split(' ').take(2).collect::<Vec<_>>().join(" ");
        // "Hello guest" is short for the message where no other begins so.
        let short = whole.iter().map(|(text, n)| (begins(text), *n)).filter(|(text, _)| {
            text.contains(' ') && whole.iter().filter(|(other, _)| begins(other) == *text).count() == 1
        });
        let mut messages: Vec<(String, usize)> =
            whole.iter().filter(|(text, _)| text.contains(' ')).cloned().collect();
        messages.extend(short);
        Said { marker: lab.communicator.marker.clone(), messages }
    }

    /// The text with a word in the marker's place.
    pub(super) fn named(&self, text: &str) -> String {
        if self.marker.is_empty() { text.to_string() } else { text.replace(&self.marker, " endmarker ") }
    }

    /// A text in small letters, with the numbers of messages in their place, and without joining phrases.
    pub(super) fn without_messages(&self, text: &str) -> String {
        let mut text = text.to_string();
        for (message, n) in &self.messages {
            if text.contains(message.as_str()) {
                text = text.replace(message.as_str(), &format!(" message {n} "));
            }
        }
        for phrase in JOINING {
            if text.contains(phrase) {
                text = text.replace(phrase, ",");
            }
        }
        text
    }
}
