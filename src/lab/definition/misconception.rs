//! Misconceptions: wrong ideas, how they show in an answer, and the hint for each. `lab.toml` lists them, so that an
//! instructor can add those that a class comes up with.

use super::Analysis;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use std::sync::OnceLock;

/// A wrong idea about one part of the lab. One of its marks (`numbers`, `signs`, `pattern`) is enough to find it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Misconception {
    /// Short name, as it is counted over a class.
    pub id: String,
    /// The part of the lab that it is about.
    pub about: About,
    /// Wrong numbers that give it away.
    #[serde(default)]
    pub numbers: Vec<Amount>,
    /// Signs, found by labkit itself, that give it away.
    #[serde(default)]
    pub signs: Vec<Sign>,
    /// A sentence that matches gives it away; case is ignored.
    #[serde(default)]
    pub pattern: Option<Pattern>,
    /// A sentence that also matches this does not.
    #[serde(default)]
    pub unless: Option<Pattern>,
    /// The hint that the student gets; it must not contain the answer.
    pub hint: String,
}

impl Misconception {
    /// Whether a sentence gives it away.
    pub fn is_said(&self, sentence: &str) -> bool {
        let is = |p: &Option<Pattern>| p.as_ref().is_some_and(|p| p.is_in(sentence));
        is(&self.pattern) && !is(&self.unless)
    }
}

/// A part of what is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "about must be the analysis of a question, \"filter\" or \"addresses\"")]
pub enum About {
    /// The question with this analysis.
    Question(Analysis),
    /// A part of an earlier task.
    Task(Task),
}

/// A part of the sheet before the questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// The two address lines.
    Addresses,
    /// The display filter of Task 2.
    Filter,
}

/// What labkit notices in an answer besides its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// Ports: none is named.
    NoPort,
    /// Ports: one is named that no connection has.
    UnknownPort,
    /// Ports: the answer gives one to the wrong machine.
    WrongOwner,
    /// Ports: the receiver's port is taken for the sender's, or the other way round.
    ListenerOutgoing,
    /// Ports: the answer concludes from a port's number which side it belongs to.
    PortByNumber,
    /// Port reuse: all ports are said to stay.
    AllSame,
    /// Port reuse: the receiver's port is said to change.
    ListenerChanges,
    /// Counts: the flag PSH is taken for a sign of payload.
    PshMeansPayload,
    /// Receipt: the answer says that the sender of the message sends it.
    SenderConfirms,
    /// Receipt: only one of the two machines is named.
    OneExchange,
    /// Receipt: it is said to close the connection.
    EndCloses,
    /// Receipt: it is taken for an acknowledgement of TCP.
    EndIsAck,
    /// After the receipt: it is said to be the last packet.
    SaysLast,
    /// After the receipt: the server is said to close last, always.
    ServerClosesLast,
    /// SYN: the answer says only that it opens the connection.
    NameOnly,
    /// SYN: sequence numbers are said to begin at 0.
    RelativeNumbers,
    /// Disruption: the answer says that only an attacker on the path can do it.
    OnlyInBetween,
    /// Disruption: the answer injects a packet, without saying which fields must match.
    InjectOnly,
    /// Disruption: an RST anywhere in the window is said to end the connection.
    AnyRst,
    /// Segment size: the buffer of `recv` is given as the reason.
    RecvBuffer,
    /// Segment size: characters of any kind are counted as bytes.
    CharactersForBytes,
    /// An address has fewer than four numbers.
    IncompleteAddress,
    /// Addresses: host and guest are exchanged.
    Swapped,
    /// Addresses: one is the machine's own loopback.
    Loopback,
    /// Addresses: one has no connection in the capture.
    UnknownAddress,
    /// Filter: it is no display filter.
    NoFilter,
    /// Filter: it is a capture filter.
    CaptureFilter,
    /// Filter: it misses one of the two directions.
    OneDirection,
    /// Filter: it misses packets without payload.
    MissesEmpty,
    /// Filter: no packet between the two machines passes.
    MissesAll,
    /// Filter: packets between one of the two machines and others pass.
    OneOfTwo,
    /// Filter: packets between any machines pass.
    AnyMachines,
    /// Filter: it compares addresses with `<` or `>`, and packets of other machines pass.
    Range,
    /// Filter: packets of other protocols than TCP pass.
    NotOnlyTcp,
}

/// A number, or one that depends on the capture: `1024`, `truth+1`, `mss`, `mtu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Amount {
    base: Base,
    plus: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    Zero,
    Truth,
    Mss,
    Mtu,
}

/// The values of a capture that an [`Amount`] can depend on.
#[derive(Clone, Debug, Default)]
pub struct Amounts {
    /// All right values.
    pub truths: Vec<u64>,
    /// The smaller maximum segment size of the connections, in bytes.
    pub mss: Option<u64>,
    /// The MTU that follows from the MSS, with the headers of IP and TCP, in bytes.
    pub mtu: Option<u64>,
}

impl Amount {
    /// Whether `written` is this number.
    pub fn is(self, written: u64, amounts: &Amounts) -> bool {
        let is = |base: u64| base.checked_add_signed(self.plus) == Some(written);
        match self.base {
            Base::Zero => is(0),
            Base::Truth => amounts.truths.iter().any(|t| is(*t)),
            Base::Mss => amounts.mss.is_some_and(is),
            Base::Mtu => amounts.mtu.is_some_and(is),
        }
    }
}

impl TryFrom<String> for Amount {
    type Error = String;

    fn try_from(text: String) -> Result<Amount, String> {
        let bases = [("truth", Base::Truth), ("mss", Base::Mss), ("mtu", Base::Mtu), ("", Base::Zero)];
        let known = bases.iter().find_map(|(name, base)| Some((*base, text.strip_prefix(name)?)));
        let (base, rest) = known.unwrap_or((Base::Zero, &text));
        let plus = match rest {
            "" if base != Base::Zero => Some(0),
            digits if base == Base::Zero => digits.parse::<u32>().ok().map(i64::from),
            signed if signed.starts_with(['+', '-']) => signed.parse::<i32>().ok().map(i64::from),
            _ => None,
        };
        let wrong = || format!("\"{text}\" is no number; write 1024, truth, truth+1, mss or mtu");
        Ok(Amount { base, plus: plus.ok_or_else(wrong)? })
    }
}

/// A regular expression from `lab.toml` that ignores case. It is compiled when it is first needed, since most
/// commands read a definition but no answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Whether a sentence matches; false if the text is no regular expression.
    fn is_in(&self, sentence: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| compile(&self.text).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(sentence))
    }

    /// The text and why it is no regular expression; `None` if it is one.
    pub(super) fn problem(&self) -> Option<(&str, String)> {
        let error = compile(&self.text).err()?;
        Some((&self.text, format!("\"{}\" is no regular expression: {error}", self.text)))
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Pattern {
        Pattern { text, compiled: OnceLock::new() }
    }
}

fn compile(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).case_insensitive(true).size_limit(1 << 20).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_numbers_or_depend_on_the_capture() {
        let amounts = Amounts { truths: vec![3, 4], mss: Some(1460), mtu: Some(1500) };
        let is = |text: &str, n| Amount::try_from(text.to_string()).unwrap().is(n, &amounts);
        assert!(is("1024", 1024) && is("truth", 4) && is("truth+1", 5) && is("truth-1", 2));
        assert!(is("mss", 1460) && is("mss+1", 1461) && is("mtu", 1500));
        assert!(!is("truth-9", 0) && !is("1024", 1025));
        for wrong in ["", "many", "truth1", "-4", "mss+", "truth+99999999999", "+"] {
            let error = Amount::try_from(wrong.to_string()).unwrap_err();
            assert!(error.contains("is no number"), "{wrong}: {error}");
        }
    }
}
