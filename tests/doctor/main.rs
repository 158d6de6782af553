//! `labkit doctor`, through the binary: each fault is made in the lab's two hosts, and must be found, named and mended.
//!
//! As root, everything is tried as root and as an ordinary user; otherwise as whoever runs the tests.

#[path = "../support/tools.rs"]
mod tools;

#[allow(dead_code)]
#[path = "../lab/harness.rs"]
mod harness;

mod faults;
mod outside;
mod stand;
