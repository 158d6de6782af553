//! labkit: a teaching lab kit. Two hosts exchange short messages over plain TCP, and the people at the keyboard
//! capture the traffic, read it packet by packet and answer questions about it.
//!
//! Where things live, in the order in which they may import each other (a file imports only what stands before it):
//!
//! | module | holds |
//! |---|---|
//! | [`frame`] | a frame, its number, time and link type |
//! | [`text`] | writing text without allocation; text from the network made harmless |
//! | `programs` | other programs of this system, asked for what they know |
//! | [`sockets`] | the kernel's list of TCP sockets, and the programs behind them |
//! | [`direction`] | the two directions of a conversation |
//! | [`field`] | what a field is, and how to walk the fields of a packet |
//! | [`capture`] | frames in and out: file reader, pcapng writer, live capture, interfaces, rights |
//! | [`dissect`] | one file or folder a protocol: decode, summary line, fields |
//! | [`conversation`] | both directions of a connection: numbering, TCP analysis, reassembly |
//! | [`packet`] | a frame, its layers, and what the conversation adds |
//! | [`filter`] | the display-filter language |
//! | [`pump`] | the one loop: source, dissect, conversation, filter, sink |
//! | [`view`] | packet list, table, JSON and the other ways to show packets |
//! | [`lab`] | the lab's definition, the exchange, the answers, the two-host network |
//! | [`tui`] | the seat: list, details and bytes of a capture, full screen |
//! | [`communicator`] | send, receive and the menu; imports none of the others |
//! | [`doctor`] | what stands in the way of the lab on this machine, and on the way to another one |
//! | [`probe`] | trials of the other side's program: is it a communicator as the handout asks for |
//! | [`cli`] | the command line: one file a command |
//!
//! Nothing outside `capture::live` and `capture::bpf` knows libpcap; the feature `capture` is what needs it.

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
