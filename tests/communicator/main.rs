//! The communicator from outside: the handout's transcripts at a terminal and on pipes, Python programs as the other
//! side, and what goes wrong.

#[cfg(target_os = "linux")]
mod crowd;
mod failures;
#[cfg(target_os = "linux")]
#[cfg(feature = "capture")]
mod faults;
#[cfg(target_os = "linux")]
#[path = "../support/hang_up.rs"]
mod hang_up;
mod harness;
mod peers;
#[cfg(target_os = "linux")]
mod signals;
mod terminal;
#[path = "../support/tools.rs"]
mod tools;
mod transcripts;
#[path = "../support/wait.rs"]
mod wait;
