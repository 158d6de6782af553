//! `labkit sniff` and `labkit interfaces` on real adapters, in network namespaces.

mod adapters;
mod ends;
#[path = "../support/hang_up.rs"]
mod hang_up;
mod harness;
#[path = "../support/network.rs"]
mod network;
mod ring;
mod ring_faults;
mod saved;
#[path = "../support/tools.rs"]
mod tools;
