//! The lab's definition, read from `lab.toml`: everything that an instructor can change without programming.

pub mod misconception;
pub mod phrases;
pub mod roles;
mod sense;
pub mod vocabulary;

use misconception::Misconception;
use phrases::Phrases;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

const BUILT_IN: &str = include_str!("../../../labs/unsecure-tcp/lab.toml");

/// A lab: its messages, port, network and questions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    /// Short name, as in `answer --format json`.
    pub id: String,
    /// Heading of write-ups.
    pub title: String,
    /// The communicator's constants.
    pub communicator: Communicator,
    /// The hosts of `lab run`.
    pub network: Network,
    /// The messages, in the order in which they are sent.
    pub steps: Vec<Step>,
    /// What is handed in.
    #[serde(default)]
    pub hand_in: HandIn,
    /// The questions, in the order of the handout.
    pub questions: Vec<Question>,
    /// Further words of students' answers: a concept's name, and words for it beyond those that labkit knows.
    #[serde(default)]
    pub vocabulary: BTreeMap<String, Vec<String>>,
    /// This lab's own phrases for what labkit says.
    #[serde(default)]
    pub phrases: Phrases,
    /// The misconceptions behind wrong answers, for `check --answers`.
    #[serde(default)]
    pub misconceptions: Vec<Misconception>,
}

/// The constants that both sides of the exchange agree on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Communicator {
    /// Title of the menu.
    pub banner: String,
    /// TCP port on which a receiver listens.
    pub port: u16,
    /// The receipt: what a receiver answers once the message is complete.
    pub marker: String,
    /// Seconds from the first connection attempt to the receipt.
    pub timeout_seconds: u64,
    /// Longest message, in Unicode scalar values.
    pub max_characters: usize,
}

impl Communicator {
    /// The deadline as a duration.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }
}

/// Addresses of the two hosts that `lab run` makes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Address of the host.
    pub host: Ipv4Addr,
    /// Address of the guest.
    pub guest: Ipv4Addr,
    /// Length of the network prefix, in bits.
    pub prefix: u8,
    /// Name of the capture file that `lab run` leaves.
    pub capture: String,
}

/// One of the two machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The machine that sends the lab's first message.
    Host,
    /// The other machine.
    Guest,
}

impl Role {
    /// `host` or `guest`.
    pub fn name(self) -> &'static str {
        match self {
            Role::Host => "host",
            Role::Guest => "guest",
        }
    }

    /// The other role.
    pub fn other(self) -> Role {
        match self {
            Role::Host => Role::Guest,
            Role::Guest => Role::Host,
        }
    }
}

/// One message of the lab.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The machine that sends it; the other machine receives.
    pub from: Role,
    /// The message's text.
    pub message: String,
}

/// What the folder that is handed in must hold besides capture and answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HandIn {
    /// Names that the program's file may have; one of them must be there.
    pub programs: Vec<String>,
    /// The tag that the git history must have.
    pub tag: String,
}

impl Default for HandIn {
    fn default() -> HandIn {
        HandIn { programs: vec!["communication.py".into(), "Cargo.toml".into()], tag: "Task1".into() }
    }
}

/// One question and how it is answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Label, such as `Q1`.
    pub id: String,
    /// The analysis that answers it. `None` for a question with free text as its answer, which is listed and not
    /// scored.
    #[serde(default)]
    pub analysis: Option<Analysis>,
    /// The wording.
    pub text: String,
    /// Other wordings of the question, as in an older handout; on a sheet they do not count as the student's text.
    #[serde(default)]
    pub asked: Vec<String>,
    /// Hints, from general to specific; none gives the answer.
    #[serde(default)]
    pub hints: Vec<String>,
    /// Points that a person looks for in a prose answer; labkit does not grade them.
    #[serde(default)]
    pub points: Vec<String>,
}

/// The analyses that labkit can make of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Analysis {
    /// Which ports are used, in which role, and by which machine.
    Ports,
    /// Which ports stay and which change between connections.
    PortReuse,
    /// How many packets come before the first one with payload.
    BeforeMessage,
    /// How many packets come before the receipt.
    BeforeReceipt,
    /// Which side sends the receipt, and why.
    ReceiptSender,
    /// What follows the receipt.
    AfterReceipt,
    /// What the flag SYN does.
    Syn,
    /// How the exchange could be disrupted.
    Disruption,
    /// How much payload fits into one packet.
    SegmentSize,
    /// What a capture of browsing gives away.
    Browsing,
}

impl Analysis {
    /// Its name, as in `lab.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Analysis::Ports => "ports",
            Analysis::PortReuse => "port-reuse",
            Analysis::BeforeMessage => "before-message",
            Analysis::BeforeReceipt => "before-receipt",
            Analysis::ReceiptSender => "receipt-sender",
            Analysis::AfterReceipt => "after-receipt",
            Analysis::Syn => "syn",
            Analysis::Disruption => "disruption",
            Analysis::SegmentSize => "segment-size",
            Analysis::Browsing => "browsing",
        }
    }
}

/// Why a lab's definition could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The file could not be read.
    #[error("cannot read the lab's definition {}: {source}; --lab takes a folder that holds a lab.toml", path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a lab's definition.
    #[error("the lab's definition {} is not valid: {reason}", path.display())]
    Invalid {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong, and where in the file.
        reason: String,
    },
}

impl Lab {
    /// The lab that is compiled in.
    pub fn built_in() -> Lab {
        toml::from_str(BUILT_IN).expect("the built-in lab.toml is valid: a test reads it")
    }

    /// The lab that `lab.toml` in the folder `dir` defines.
    pub fn load(dir: &Path) -> Result<Lab, LabError> {
        let path = dir.join("lab.toml");
        let text =
            std::fs::read_to_string(&path).map_err(|source| LabError::Read { path: path.clone(), source })?;
        let lab: Lab = toml::from_str(&text)
            .map_err(|e| LabError::Invalid { path: path.clone(), reason: e.to_string() })?;
        match lab.problem().or_else(|| sense::fault(&lab, &text)) {
            Some(reason) => Err(LabError::Invalid { path, reason }),
            None => Ok(lab),
        }
    }

    /// The first fault of a definition that is valid TOML; `None` if it has none.
    fn problem(&self) -> Option<String> {
        let c = &self.communicator;
        if c.port == 0 {
            Some("communicator.port must be 1 to 65535".into())
        } else if c.marker.is_empty() {
            Some("communicator.marker must not be empty: it confirms a message".into())
        } else if c.max_characters == 0 || c.timeout_seconds == 0 {
            Some("communicator.max_characters and timeout_seconds must be at least 1".into())
        } else if self.network.host == self.network.guest {
            Some("network.host and network.guest must differ".into())
        } else if self.network.prefix > 30 {
            Some("network.prefix must be 30 or less, to hold two hosts".into())
        } else if Path::new(&self.network.capture).file_name() != Some(OsStr::new(&self.network.capture)) {
            Some("network.capture must be the name of a file, without a folder".into())
        } else if self.hand_in.programs.is_empty() || self.hand_in.tag.is_empty() {
            Some("hand_in.programs needs a file's name, and hand_in.tag the name of a tag".into())
        } else if self.steps.is_empty() {
            Some("at least one [[steps]] is needed".into())
        } else {
            self.steps.iter().find_map(|s| {
                let n = s.message.chars().count();
                (n == 0 || n > c.max_characters).then(|| {
                    format!("a step's message has {n} characters; 1 to {} are allowed", c.max_characters)
                })
            })
        }
    }

    /// Address of the machine with this role.
    pub fn address(&self, role: Role) -> Ipv4Addr {
        match role {
            Role::Host => self.network.host,
            Role::Guest => self.network.guest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_lab_is_valid_and_is_the_handouts() {
        let lab = Lab::built_in();
        assert_eq!(lab.problem(), None);
        assert_eq!(lab.communicator.port, 65432);
        assert_eq!(lab.communicator.marker, "#<<END>>#");
        assert_eq!(lab.steps.len(), 2);
        assert_eq!(lab.questions.len(), 10);
    }

    #[test]
    fn a_definition_that_cannot_work_says_what_is_wrong() {
        let mut lab = Lab::built_in();
        lab.communicator.marker.clear();
        assert!(lab.problem().unwrap().contains("marker"));
        let mut lab = Lab::built_in();
        lab.network.capture = "../capture1.pcapng".into();
        assert!(lab.problem().unwrap().contains("without a folder"));
        let mut lab = Lab::built_in();
        lab.steps[0].message = "x".repeat(4097);
        assert!(lab.problem().unwrap().contains("4097 characters"));
    }
}
