//! What an analysis says before it becomes an answer: a headline, claims with their confidence, and the evidence.

use super::{Answer, Confidence, Proof};
use crate::lab::definition::{Analysis, Question};
use crate::text::plural;

/// An answer in the making.
pub(super) struct Draft {
    /// The first line: the answer for all connections.
    pub(super) head: String,
    claims: Vec<Claim>,
    /// The packets that the claims rest on.
    pub(super) evidence: Vec<Proof>,
    /// The confidence of its surest claim.
    pub(super) confidence: Confidence,
}

/// A line of an answer.
struct Claim {
    text: String,
    /// How sure it is; `None` for a remark that claims nothing about the packets.
    confidence: Option<Confidence>,
}

impl Draft {
    /// A draft that claims nothing: its confidence is the lowest until a claim is added.
    pub(super) fn new() -> Draft {
        Draft {
            head: String::new(),
            claims: Vec::new(),
            evidence: Vec::new(),
            confidence: Confidence::CannotTell,
        }
    }

    /// Adds a line with its confidence; the answer is as sure as its surest line.
    pub(super) fn claim(&mut self, text: impl Into<String>, confidence: Confidence) {
        self.sure(confidence);
        self.claims.push(Claim { text: text.into(), confidence: Some(confidence) });
    }

    /// Adds a line without a confidence of its own.
    pub(super) fn remark(&mut self, text: impl Into<String>) {
        self.claims.push(Claim { text: text.into(), confidence: None });
    }

    /// Raises the answer's confidence to `confidence`, unless it is higher already.
    pub(super) fn sure(&mut self, confidence: Confidence) {
        self.confidence = self.confidence.max(confidence);
    }

    /// The answer to `question`. A claim that is less sure than the whole answer ends with its own confidence.
    pub(super) fn answer(self, question: &Question, analysis: Analysis, rule: &'static str) -> Answer {
        let Draft { head: mut answer, claims, evidence, confidence } = self;
        for claim in claims {
            answer.push('\n');
            answer.push_str(&claim.text);
            if let Some(less) = claim.confidence.filter(|c| *c < confidence && *c != Confidence::CannotTell) {
                answer.push_str(&format!(" ({})", less.name()));
            }
        }
        Answer {
            id: question.id.clone(),
            analysis,
            question: question.text.clone(),
            answer,
            rule: rule.into(),
            evidence,
            confidence,
            sure: confidence.name().into(),
        }
    }
}

/// Such as `1 byte`, `28 bytes`.
pub(super) fn count(n: impl Into<u64>, what: &str) -> String {
    let n = n.into();
    format!("{n} {what}{}", plural(n))
}

/// Such as `a`, `a and b`, `a, b and c`.
pub(super) fn list<S: AsRef<str>>(items: &[S]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The value that all have in common; `None` if two differ or there is none.
pub(super) fn same<T: PartialEq + Copy>(values: &[T]) -> Option<T> {
    let first = values.first()?;
    values.iter().all(|n| n == first).then_some(*first)
}
