//! The lab on one machine, through the binary: what it shows, what it leaves, and that nothing else is left.
//!
//! As root, everything is tried as root and as an ordinary user; otherwise as whoever runs the tests.

#[path = "../support/tools.rs"]
mod tools;

mod faults;
mod harness;
mod interop;
mod killed;
mod newcomer;
mod predict;
mod run;
mod stand;
mod tryout;
