//! `labkit probe`: is the other side's program a communicator as the handout asks for?
//!
//! [`receiver`] sends to it what a receiver must take, [`sender`] receives from it and answers as a sender must bear. Each
//! trial is judged by what came back on the wire alone. What the program shows in its own window is for the person in front
//! of it, and the report says what to look for there.

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
    /// As the handout asks, with something worth knowing.
    Remark,
    /// Not as the handout asks.
    Unmet,
}

/// One trial and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    /// A short name, which stays the same from version to version.
    pub id: &'static str,
    /// What was sent or done.
    pub sent: String,
    /// What came back: harmless text, one line.
    pub came_back: String,
    /// How it is judged.
    pub verdict: Verdict,
    /// The handout's sentence that asks for it.
    pub handout: &'static str,
    /// The mistake in a typical program that causes it; `None` where all is well.
    pub cause: Option<&'static str>,
    /// What the program's own window must show; nothing of this is judged.
    pub look: &'static str,
}

impl Trial {
    /// The program does not come back after this trial. That alone is no fault: a program whose user does not choose again
    /// looks the same from here as one that crashed; `what` is what was seen of it, `causes` what it can be.
    fn was_the_last(&mut self, what: &str, causes: &'static str) {
        if self.verdict == Verdict::Met {
            self.verdict = Verdict::Remark;
        }
        self.came_back.push_str(&format!("; afterwards {what}"));
        self.cause = self.cause.or(Some(causes));
    }
}

/// How long things may take, and what the two sides agree on.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The lab's port.
    pub port: u16,
    /// The receipt.
    pub marker: &'a str,
    /// Time in which the sender must have its receipt, or give up.
    pub timeout: Duration,
    /// How long a receiver may take to confirm a message that is complete.
    pub patience: Duration,
    /// How long to wait until the program is started, and started again.
    pub wait: Duration,
}

/// Why a probe ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No receiver answers at the address.
    #[error("{0}")]
    Nobody(String),
    /// No sender came.
    #[error(
        "nobody connected to port {port} within {} s: start the program on the other machine, choose to send, and give it \
         this machine's address ({own}); --wait SECONDS waits longer",
        wait.as_secs()
    )]
    NobodyCame {
        /// The port.
        port: u16,
        /// How long was waited.
        wait: Duration,
        /// The addresses of this machine.
        own: String,
    },
    /// Ctrl-C.
    #[error("the probe was stopped before its end")]
    Interrupted,
    /// The port is taken.
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

/// Which kind of program was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tried {
    /// One that receives.
    Receiver,
    /// One that sends.
    Sender,
}

/// All trials of one program.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What it was tried as.
    pub tried: Tried,
    /// Its address; `None` where it never came.
    pub peer: Option<Ipv4Addr>,
    /// The trials, in their order.
    pub trials: Vec<Trial>,
    /// Why there are no more of them; `None` where all were made.
    pub stopped: Option<String>,
}

impl Report {
    /// Whether all trials were made, and none was unmet.
    pub fn is_met(&self) -> bool {
        self.stopped.is_none() && self.trials.iter().all(|t| t.verdict != Verdict::Unmet)
    }
}
