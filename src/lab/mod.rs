//! The lab: its definition, the exchange, the answers and the two-host network.

pub mod answer;
pub mod browsing;
pub mod check;
pub mod collect;
pub mod definition;
pub mod exchange;
pub mod flow;
pub mod json;
pub mod misconception;
#[cfg(target_os = "linux")]
pub mod namespace;
pub mod narrate;
#[cfg(target_os = "linux")]
pub mod network;
pub mod prose;
pub mod ranges;
pub mod report;
pub mod roles;
#[cfg(target_os = "linux")]
pub mod run;
pub mod segments;
#[cfg(target_os = "linux")]
pub mod stage;
pub mod stream;
pub mod tables;
pub mod vantage;

#[cfg(test)]
mod wire;
