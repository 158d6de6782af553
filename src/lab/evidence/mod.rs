//! The evidence in a capture: the segments of each conversation, and what they prove together.

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
    /// It follows from the packets by a rule that may have exceptions.
    Inferred,
    /// The packets show it.
    Proven,
}

impl Confidence {
    /// Its name in answers and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Proven => "proven",
            Confidence::Inferred => "inferred",
            Confidence::CannotTell => "cannot tell",
        }
    }
}
