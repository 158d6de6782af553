//! The texts that the programs send, the end marker and the lab's messages: in an answer they are names, and their
//! words have no meaning of their own.

use crate::lab::definition::Lab;

/// Phrases that only join sentences, and whose words would be misread one by one.
const JOINING: [&str; 9] = [
    "on the other hand",
    "on the one hand",
    "in other words",
    "por otro lado",
    "por otra parte",
    "d'autre part",
    "d'un autre cote",
    "andererseits",
    "auf der anderen seite",
];

/// The texts that the lab's programs send.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Said {
    marker: String,
    /// Messages and unique beginnings of them in lower case, each with the number of its exchange, from 1.
    messages: Vec<(String, usize)>,
}

impl Said {
    /// The marker and the messages of a lab.
    pub(in super::super) fn of(lab: &Lab) -> Said {
        let whole: Vec<(String, usize)> =
            lab.steps.iter().zip(1..).map(|(s, n)| (s.message.to_lowercase(), n)).collect();
        let begins = |text: &str| text.split(' ').take(2).collect::<Vec<_>>().join(" ");
        // "Hello guest" stands for the whole message if no other message begins with these words.
        let short = whole.iter().map(|(text, n)| (begins(text), *n)).filter(|(text, _)| {
            text.contains(' ') && whole.iter().filter(|(other, _)| begins(other) == *text).count() == 1
        });
        let mut messages: Vec<(String, usize)> =
            whole.iter().filter(|(text, _)| text.contains(' ')).cloned().collect();
        messages.extend(short);
        Said { marker: lab.communicator.marker.clone(), messages }
    }

    /// The text with the word "endmarker" in place of the marker.
    pub(super) fn named(&self, text: &str) -> String {
        if self.marker.is_empty() { text.to_string() } else { text.replace(&self.marker, " endmarker ") }
    }

    /// A text in lower case, with messages replaced by their numbers, and without joining phrases.
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
