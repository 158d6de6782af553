//! `labkit sniff` and `labkit interfaces` on real adapters, in network namespaces.

mod adapters;
mod ends;
mod harness;
mod ring;
mod saved;
#[path = "../support/tools.rs"]
mod tools;
