//! What a capture proves: the segments of each conversation, and what they say together.

pub mod collect;
pub mod exchange;
pub mod segments;
pub mod vantage;

#[cfg(test)]
pub(crate) mod wire;
