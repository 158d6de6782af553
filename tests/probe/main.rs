//! `labkit probe` against programs with the habits of real ones, and against labkit itself.

#[path = "../support/tools.rs"]
mod tools;
#[path = "../support/wait.rs"]
mod wait;

#[allow(dead_code)]
#[path = "../communicator/harness.rs"]
mod harness;

mod again;
mod receivers;
mod senders;
