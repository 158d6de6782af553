//! The communicator: framing, sending, receiving and the menu. Imports nothing else of this crate.
//!
//! One side connects, sends its message and keeps the connection open; the other side decides when the message is
//! complete, answers the marker and waits for the sender to close. The dialogue is on standard output, the reasons
//! behind a failure are on standard error.

mod floor;
mod framing;
mod menu;
mod no_connection;
mod patience;
mod peer;
mod place;
mod prompt;
mod reach;
mod receive;
mod send;
mod wait;

pub use menu::menu;
pub use no_connection::{IcmpError, NoConnection};
pub(crate) use place::{Place, hardware_address};
pub use prompt::{Asked, Console, Words, ask_message, ask_recipient};
pub(crate) use reach::own_ips;
pub use receive::{ListenError, MOST_PEERS, Tally, listen, receive};
pub use send::{NoReceipt, Outcome, send};
pub use wait::Interrupt;
pub(crate) use wait::{Stop, reading};

use std::net::Ipv4Addr;
use std::time::Duration;

/// The constants that both sides of an exchange agree on, and the waiting times of this side.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Title of the menu.
    pub banner: String,
    /// TCP port on which a receiver listens.
    pub port: u16,
    /// Address on which to receive; 0.0.0.0 for all addresses of this machine.
    pub bind: Ipv4Addr,
    /// The receipt, which a receiver sends once the message is complete. Not empty.
    pub marker: String,
    /// Time from the first connection attempt to the receipt.
    pub timeout: Duration,
    /// Silence after which a message that has begun counts as complete.
    pub quiet: Duration,
    /// Longest message, in Unicode scalar values.
    pub max_chars: usize,
    /// Longest message, in bytes; enough for `max_chars` characters of UTF-8.
    pub max_bytes: usize,
}

/// A message that the protocol does not allow.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the message has {characters} characters; 1 to {max} are allowed")]
pub struct MessageLength {
    /// Unicode scalar values that it has.
    pub characters: usize,
    /// The most that it may have.
    pub max: usize,
}

impl Settings {
    /// Whether a message with this many Unicode scalar values may be sent.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn check_length(&self, characters: usize) -> Result<(), MessageLength> {
        if (1..=self.max_chars).contains(&characters) {
            Ok(())
        } else {
            Err(MessageLength { characters, max: self.max_chars })
        }
    }
}
