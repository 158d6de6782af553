//! The lab on one machine, through the binary: what it shows, which files it leaves, and that it leaves nothing else.
//!
//! If root runs the tests, each is tried as root and as an ordinary user; otherwise as the user who runs them.

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
