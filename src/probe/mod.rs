//! `labkit probe`: is the other side's program a communicator as the handout asks for?
//!
//! [`receiver`] sends messages that a receiver must accept; [`sender`] receives messages, and gives answers that a
//! sender must handle. Each trial is judged only by what comes back on the wire. The person in front of the program
//! judges what its own window shows; the report says what to look for there.

mod connection;
pub mod receiver;
pub mod sender;
pub mod write;

use crate::communicator::Stop;
use serde::Serialize;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As the handout asks.
    Met,
    /// As the handout asks, but with a remark.
    Remark,
    /// Not as the handout asks.
    Unmet,
}

/// One trial and its result.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    /// A short name that does not change between versions.
    pub id: &'static str,
    /// What was sent or done.
    pub sent: String,
    /// What came back, in one escaped line.
    pub came_back: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The handout's sentence that asks for it.
    pub handout: &'static str,
    /// The usual mistake in a program that causes this result; `None` if there is none.
    pub cause: Option<&'static str>,
    /// What the program's own window must show; labkit cannot judge it.
    pub look: &'static str,
}

impl Trial {
    /// Adds the remark that the program did not come back after this trial. That alone is no fault: seen from here, a
    /// program that waits in its menu looks like one that crashed. `what` is the observation, `causes` are the
    /// possible reasons.
    fn was_the_last(&mut self, what: &str, causes: &'static str) {
        if self.verdict == Verdict::Met {
            self.verdict = Verdict::Remark;
        }
        self.came_back.push_str(&format!("; afterwards {what}"));
        self.cause = self.cause.or(Some(causes));
    }
}

/// The times of the trials, and the constants that the two sides agree on.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The lab's TCP port.
    pub port: u16,
    /// The receipt.
    pub marker: &'a str,
    /// Time in which the sender must have its receipt, or give up.
    pub timeout: Duration,
    /// How long a receiver may take to confirm a message that is complete.
    pub patience: Duration,
    /// How long to wait for the program to be started, and started again.
    pub wait: Duration,
}

/// Why a probe ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No receiver answers at the address.
    #[error("{0}")]
    NoReceiver(String),
    /// No sender came.
    #[error(
        "no program connected to port {port} within {} s: start the program on the other machine, choose to send, and give it \
         this machine's address ({own}); --wait SECONDS waits longer",
        wait.as_secs()
    )]
    NoSender {
        /// The port.
        port: u16,
        /// How long labkit waited.
        wait: Duration,
        /// The addresses of this machine, as text.
        own: String,
    },
    /// The user pressed Ctrl-C.
    #[error("the probe was stopped before its end")]
    Interrupted,
    /// Listening on the port failed.
    #[error(transparent)]
    Listen(#[from] crate::communicator::ListenError),
    /// The system failed.
    #[error("the probe failed: {0}")]
    System(#[from] io::Error),
}

impl From<Stop> for ProbeError {
    fn from(stop: Stop) -> ProbeError {
        match stop {
            Stop::Interrupted => ProbeError::Interrupted,
            Stop::Failed(error) => ProbeError::System(error),
            Stop::Deadline => ProbeError::System(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// The kind of program that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tried {
    /// A program that receives.
    Receiver,
    /// A program that sends.
    Sender,
}

/// All trials of one program.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The kind of program.
    pub tried: Tried,
    /// Its address; `None` if it never connected.
    pub peer: Option<Ipv4Addr>,
    /// The trials, in order.
    pub trials: Vec<Trial>,
    /// Why not all trials were made; `None` if all were.
    pub stopped: Option<String>,
}

impl Report {
    /// Whether all trials were made, and none was unmet.
    pub fn is_met(&self) -> bool {
        self.stopped.is_none() && self.trials.iter().all(|t| t.verdict != Verdict::Unmet)
    }
}
