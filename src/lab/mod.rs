//! The lab: its definition, the exchange, the answers and the two-host network.

pub mod answer;
pub mod collect;
pub mod definition;
pub mod exchange;
pub mod json;
pub mod narrate;
pub mod prose;
pub mod ranges;
pub mod roles;
pub mod stream;
pub mod tables;

#[cfg(test)]
mod wire;
