//! labkit: a teaching lab kit. Two hosts exchange short messages over plain TCP, and the people at the keyboard
//! capture the traffic, read it packet by packet and answer questions about it.
//!
//! The modules, in the order in which they may import each other (a file imports only its own module and those above it):
//!
//! | module | holds |
//! |---|---|
//! | [`frame`] | a frame, its number, time and link type |
//! | [`text`] | writing text without allocation; escaping text from the network |
//! | `programs` | other programs of this system, run for their output |
//! | [`sockets`] | the kernel's list of TCP sockets, and the programs that own them |
//! | [`direction`] | the two directions of a conversation |
//! | [`field`] | fields, and the visitor for a walk over the fields of a packet |
//! | [`capture`] | frames in and out: file reader, pcapng writer, live capture, interfaces, rights |
//! | [`dissect`] | one file or folder for each protocol: decoder, summary, fields |
//! | [`conversation`] | both directions of a connection: numbering, TCP analysis, reassembly |
//! | [`packet`] | a frame, its layers, and what the conversation adds |
//! | [`filter`] | the display-filter language |
//! | [`pump`] | the main loop: source, dissectors, conversations, filter, sink |
//! | [`view`] | packet list, table, JSON and the other ways to show packets |
//! | [`lab`] | the lab's definition, the exchange, the answers, the two-host network |
//! | [`tui`] | the full-screen view: list, details and bytes of a capture |
//! | [`communicator`] | send, receive and the menu; imports none of the others |
//! | [`doctor`] | obstacles to the lab on this machine, and on the way to another one |
//! | [`probe`] | trials of another program: whether it is a communicator as the handout asks for |
//! | [`cli`] | the command line: one file for each command |
//!
//! Only `capture::live` and `capture::bpf` use libpcap; the feature `capture` needs libpcap.

#[cfg(test)]
extern crate self as labkit;
#[cfg(test)]
#[path = "../tests/support/frames.rs"]
mod frames;

pub mod capture;
pub mod cli;
pub mod communicator;
pub mod conversation;
pub mod direction;
pub mod dissect;
pub mod doctor;
pub mod field;
pub mod filter;
pub mod frame;
pub mod lab;
pub mod packet;
pub mod probe;
mod programs;
pub mod pump;
pub mod sockets;
pub mod text;
pub mod tui;
pub mod view;
