//! What a capture proves: the segments of each conversation, and what they say together.

pub mod collect;
pub mod contradiction;
pub mod errors;
pub mod exchange;
pub mod findings;
pub mod segment;
pub mod segments;
pub mod vantage;

#[cfg(test)]
pub(crate) mod handmade;

/// How sure a statement about the traffic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// The packets do not show it.
    CannotTell,
    /// A rule, applied to the packets, says it.
    Inferred,
    /// The packets show it.
    Proven,
}

impl Confidence {
    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Proven => "proven",
            Confidence::Inferred => "inferred",
            Confidence::CannotTell => "cannot tell",
        }
    }
}
