//! `labkit doctor`, through the binary: each fault is caused on the lab's two hosts, and doctor must find it and name
//! a remedy that mends it.
//!
//! If root runs the tests, each is tried as root and as an ordinary user; otherwise as the user who runs them.

#[path = "../support/tools.rs"]
mod tools;

#[allow(dead_code)]
#[path = "../lab/harness.rs"]
mod harness;

mod faults;
mod outside;
mod stand;
