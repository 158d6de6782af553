//! The lab: its definition, the exchange, the answers and the two-host network.

pub mod definition;
