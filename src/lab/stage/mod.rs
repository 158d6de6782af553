//! The lab on one machine: two hosts in network namespaces, and the run of the exchange between them.

pub mod actors;
pub mod cable;
pub mod disturb;
pub mod namespace;
pub mod network;
pub mod run;
