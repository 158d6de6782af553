//! `labkit doctor`: what stands in the way of the lab on this machine, and on the way to another one.
//!
//! Each part looks at one thing and adds its findings. A finding says what is so, what that means for the lab, and which
//! command mends it. What cannot be found out is said to be undecided, with the reason; it is never guessed.

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
    /// Worth knowing; the lab works all the same.
    Note,
    /// It could not be found out.
    Undecided,
    /// It stands in the way.
    Obstacle,
}

/// What a finding is about, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Adapters and addresses.
    Adapters,
    /// The right to capture, and to make the lab's two hosts.
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

/// One thing that was found out.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// A short name for it, which stays the same from version to version.
    pub id: &'static str,
    /// What it is about.
    pub topic: Topic,
    /// How it counts.
    pub verdict: Verdict,
    /// What is so and what it means: one line of harmless text.
    pub says: String,
    /// What mends it: commands, or steps in words.
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

    /// The same, with one more way to mend it.
    fn mend(mut self, remedy: impl Into<String>) -> Finding {
        self.remedies.push(remedy.into());
        self
    }
}

/// What is asked of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The port on which the lab's receivers listen.
    pub port: u16,
    /// The other machine.
    pub peer: Option<Ipv4Addr>,
    /// How long the other machine may take to answer.
    pub patience: Duration,
}

/// Looks at everything, in the order of [`Topic`].
///
/// # Errors
/// When the adapters of this machine cannot be listed, or no signal can be waited for.
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

/// Whether nothing that was found stands in the way.
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
