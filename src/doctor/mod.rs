//! `labkit doctor`: what stands in the way of the lab on this machine, and on the way to another one.
//!
//! Each module looks at one topic and adds its findings. A finding states a fact, its meaning for the lab, and the
//! command that mends it. A fact that cannot be found out is "undecided", with the reason; labkit never guesses.

mod adapters;
pub(crate) mod firewall;
#[cfg(target_os = "linux")]
mod offload;
#[cfg(not(target_os = "linux"))]
#[path = "offload/elsewhere.rs"]
mod offload;
mod peer;
mod port;
#[cfg(target_os = "linux")]
#[path = "remedy/linux.rs"]
mod remedy;
#[cfg(all(unix, not(target_os = "linux")))]
#[path = "remedy/unix.rs"]
mod remedy;
#[cfg(windows)]
#[path = "remedy/windows.rs"]
mod remedy;
#[cfg(all(target_os = "linux", feature = "capture"))]
#[path = "rights/linux.rs"]
mod rights;
#[cfg(not(all(target_os = "linux", feature = "capture")))]
#[path = "rights/elsewhere.rs"]
mod rights;
pub mod write;

use crate::capture::interfaces::{self, Interface};
use crate::communicator::Interrupt;
use serde::Serialize;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

/// How a finding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As the lab needs it.
    Good,
    /// A remark; the lab works nevertheless.
    Note,
    /// It could not be found out.
    Undecided,
    /// The lab does not work until it is mended.
    Obstacle,
}

/// The topic of a finding, in the order of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Adapters and addresses.
    Adapters,
    /// The rights to capture, and to make the lab's two hosts.
    Rights,
    /// The port of the lab.
    Port,
    /// The firewall of this machine.
    Firewall,
    /// Settings of adapters that make captures surprising.
    Offload,
    /// The other machine.
    Peer,
}

/// One fact that was found out.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// A short name that does not change between versions.
    pub id: &'static str,
    /// Its topic.
    pub topic: Topic,
    /// How it counts.
    pub verdict: Verdict,
    /// The fact and its meaning, in one escaped line.
    pub says: String,
    /// Ways to mend it: commands, or steps in words.
    #[serde(rename = "try")]
    pub remedies: Vec<String>,
}

impl Finding {
    fn new(topic: Topic, verdict: Verdict, id: &'static str, says: impl Into<String>) -> Finding {
        Finding { id, topic, verdict, says: says.into(), remedies: Vec::new() }
    }

    fn good(topic: Topic, id: &'static str, says: impl Into<String>) -> Finding {
        Finding::new(topic, Verdict::Good, id, says)
    }

    fn note(topic: Topic, id: &'static str, says: impl Into<String>) -> Finding {
        Finding::new(topic, Verdict::Note, id, says)
    }

    fn undecided(topic: Topic, id: &'static str, says: impl Into<String>) -> Finding {
        Finding::new(topic, Verdict::Undecided, id, says)
    }

    fn obstacle(topic: Topic, id: &'static str, says: impl Into<String>) -> Finding {
        Finding::new(topic, Verdict::Obstacle, id, says)
    }

    /// Adds a way to mend it.
    fn mend(mut self, remedy: impl Into<String>) -> Finding {
        self.remedies.push(remedy.into());
        self
    }
}

/// The question to this machine.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The TCP port on which the lab's receivers listen.
    pub port: u16,
    /// The other machine's address, if the user gave one.
    pub peer: Option<Ipv4Addr>,
    /// How long the other machine may take to answer.
    pub patience: Duration,
}

/// All findings, in the order of [`Topic`].
///
/// # Errors
/// If the adapters of this machine cannot be listed, or the handler for Ctrl-C cannot be installed.
pub fn examine(question: &Question) -> io::Result<Vec<Finding>> {
    let adapters = interfaces::list()?;
    let mut findings = adapters::look(&adapters);
    findings.extend(rights::look(question.port));
    findings.extend(port::look(question.port));
    findings.extend(firewall::look(question, &adapters));
    findings.extend(offload::look(&adapters));
    if let Some(peer) = question.peer {
        findings.extend(peer::look(question, peer, &adapters, &Interrupt::install()?));
    }
    Ok(findings)
}

/// Whether no finding is an obstacle.
pub fn is_ready(findings: &[Finding]) -> bool {
    findings.iter().all(|f| f.verdict != Verdict::Obstacle)
}

/// The IPv4 addresses of an adapter, with the lengths of their prefixes.
fn ipv4(adapter: &Interface) -> impl Iterator<Item = (Ipv4Addr, u8)> {
    adapter.addresses.iter().filter_map(|(ip, prefix)| match ip {
        std::net::IpAddr::V4(ip) => Some((*ip, *prefix)),
        std::net::IpAddr::V6(_) => None,
    })
}
