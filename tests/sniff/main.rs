//! `labkit sniff` and `labkit interfaces` on real adapters, in network namespaces.

mod adapters;
mod ends;
mod harness;
#[path = "../support/network.rs"]
mod network;
mod ring;
mod ring_faults;
mod saved;
#[path = "../support/tools.rs"]
mod tools;
