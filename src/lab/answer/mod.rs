//! The questions of the lab, answered from captures: each answer with its rule, its evidence and its confidence.

pub mod browsing;
mod counts;
mod disruption;
mod notes;
mod ports;
mod receipt;
mod segment_size;
mod syn;
#[cfg(test)]
mod tests;

use crate::frame::FrameNo;
use crate::lab::definition::roles::Roles;
use crate::lab::definition::{Analysis, Lab, Question};
use crate::lab::evidence::collect::{Evidence, Unresolved};
use crate::lab::evidence::exchange::{Exchange, Side, same_connection};
use crate::lab::evidence::findings;
use crate::lab::evidence::vantage::Vantage;
use browsing::Browsing;
use std::net::IpAddr;

pub use crate::lab::evidence::Confidence;

/// Connections that an answer describes one by one; of more it says how many there are.
const MOST: usize = 12;

/// A packet that an answer rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Index of the capture.
    pub capture: usize,
    /// Number of the frame.
    pub frame: FrameNo,
    /// What it shows; begins with the packet's ordinal within its connection.
    pub why: String,
}

/// A question and its answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Label of the question.
    pub id: String,
    /// Its wording.
    pub question: String,
    /// The answer: a first line for the whole, then a line for each connection. What comes from a payload (only
    /// browsing has such) is escaped.
    pub answer: String,
    /// The rule that yields it.
    pub rule: &'static str,
    /// The packets that it rests on.
    pub evidence: Vec<Proof>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// One capture as it was read.
#[derive(Clone, Debug)]
pub struct Capture {
    /// Its name, as the user gave it.
    pub name: String,
    /// What was gathered from it.
    pub evidence: Evidence,
    /// Addresses with the names that the capture stores for them.
    pub names: Vec<(IpAddr, String)>,
}

/// Everything that is said about one or several captures.
#[derive(Clone, Debug)]
pub struct Report {
    /// Short name of the lab.
    pub lab: String,
    /// Names of the captures.
    pub captures: Vec<String>,
    /// How many connections of each capture are not among the exchanges: those beyond the first
    /// [`MOST_CONVERSATIONS`](crate::lab::evidence::collect::MOST_CONVERSATIONS).
    pub further: Vec<u64>,
    /// The conversations of the lab's port, capture by capture, in the order of their first frames.
    pub exchanges: Vec<Exchange>,
    /// Who is host, who is guest.
    pub roles: Roles,
    /// The answers, in the order of the questions.
    pub answers: Vec<Answer>,
    /// What else is worth knowing: copies, the same connection in two captures, hosts that could not be reached.
    pub notes: Vec<String>,
    /// Connections that two captures hold, packet by packet; of the first exchanges only.
    pub vantages: Vec<Vantage>,
    /// What each capture shows of browsing; empty unless that was asked for or is there.
    pub browsing: Vec<Browsing>,
}

/// What an analysis says about the whole.
struct Draft {
    /// First line.
    head: String,
    /// A line for each connection.
    lines: Vec<String>,
    evidence: Vec<Proof>,
    confidence: Confidence,
}

impl Draft {
    /// Nothing known yet.
    fn new() -> Draft {
        Draft {
            head: String::new(),
            lines: Vec::new(),
            evidence: Vec::new(),
            confidence: Confidence::CannotTell,
        }
    }

    /// At least one connection shows it so surely.
    fn sure(&mut self, confidence: Confidence) {
        self.confidence = self.confidence.max(confidence);
    }
}

/// What the analyses look at.
struct Material<'a> {
    lab: &'a Lab,
    port: u16,
    captures: &'a [String],
    exchanges: &'a [Exchange],
    /// For each exchange, the earlier one that is the same connection in another capture.
    twins: Vec<Option<usize>>,
    roles: &'a Roles,
    unresolved: &'a [(usize, Unresolved)],
    /// For each capture, how many more connections it has than are described.
    further: &'a [u64],
}

/// Answers the lab's questions from `captures`. `given` are the addresses of host and guest, where the user gave
/// them; `port` is the receiver's.
pub fn report(
    lab: &Lab,
    port: u16,
    captures: Vec<Capture>,
    given: (Option<IpAddr>, Option<IpAddr>),
) -> Report {
    let marker = lab.communicator.marker.as_bytes();
    let (mut names, mut exchanges, mut unresolved) = (vec![], vec![], vec![]);
    let (mut titles, mut further) = (vec![], vec![]);
    for (i, capture) in captures.into_iter().enumerate() {
        titles.push(capture.name);
        names.extend(capture.names);
        further.push(capture.evidence.further);
        unresolved.extend(capture.evidence.unresolved.into_iter().map(|u| (i, u)));
        let conversations = capture.evidence.conversations.into_iter();
        exchanges.extend(conversations.map(|c| Exchange::new(i, c, port, marker)));
    }
    let roles = Roles::find(lab, given, &names, &exchanges);
    findings::explain(&mut exchanges, &roles);
    let material = Material {
        lab,
        port,
        captures: &titles,
        twins: twins(&exchanges),
        exchanges: &exchanges,
        roles: &roles,
        unresolved: &unresolved,
        further: &further,
    };
    let answers = lab.questions.iter().filter_map(|q| Some(material.answer(q, q.analysis?))).collect();
    let vantages = material.vantages();
    let notes = material.notes(&vantages);
    Report {
        lab: lab.id.clone(),
        captures: titles,
        further,
        exchanges,
        roles,
        answers,
        notes,
        vantages,
        browsing: Vec::new(),
    }
}

fn twins(exchanges: &[Exchange]) -> Vec<Option<usize>> {
    // One capture cannot hold a connection twice; most often there is only one.
    if exchanges.iter().all(|x| x.capture == 0) {
        return vec![None; exchanges.len()];
    }
    let twin = |(i, x): (usize, &Exchange)| {
        let mut earlier = exchanges.iter().take(i);
        earlier.position(|y| y.capture != x.capture && same_connection(y, x))
    };
    exchanges.iter().enumerate().map(twin).collect()
}

impl Material<'_> {
    fn answer(&self, question: &Question, analysis: Analysis) -> Answer {
        type Analyse<'m> = fn(&Material<'m>) -> Draft;
        let (rule, analyse): (&'static str, Analyse<'_>) = match analysis {
            Analysis::Ports => (ports::RULE, Material::ports),
            Analysis::PortReuse => (ports::REUSE_RULE, Material::port_reuse),
            Analysis::BeforeMessage => (counts::MESSAGE_RULE, Material::packets_before_message),
            Analysis::BeforeReceipt => (counts::RECEIPT_RULE, Material::packets_before_receipt),
            Analysis::ReceiptSender => (receipt::SENDER_RULE, Material::receipt_sender),
            Analysis::AfterReceipt => (receipt::AFTER_RULE, Material::after_receipt),
            Analysis::Syn => (syn::RULE, Material::syn),
            Analysis::Disruption => (disruption::RULE, Material::disruption),
            Analysis::SegmentSize => (segment_size::RULE, Material::segment_size),
        };
        let draft = if self.exchanges.is_empty() { self.nothing() } else { analyse(self) };
        let mut answer = draft.head;
        for line in draft.lines {
            answer.push('\n');
            answer.push_str(&line);
        }
        Answer {
            id: question.id.clone(),
            question: question.text.clone(),
            answer,
            rule,
            evidence: draft.evidence,
            confidence: draft.confidence,
        }
    }

    /// There is no conversation of the lab's port.
    fn nothing(&self) -> Draft {
        let mut draft = Draft::new();
        draft.head = format!("Cannot tell: there is no TCP traffic of port {} here.", self.port);
        for (capture, u) in self.unresolved.iter().take(MOST) {
            draft.head.push_str(&format!(
                " {} asked by ARP for {} and got no answer, so no TCP packet could be sent to it.",
                u.asker, u.target
            ));
            let why = || format!("ARP request for {}, unanswered", u.target);
            draft.evidence.extend(u.frames.iter().map(|f| Proof {
                capture: *capture,
                frame: *f,
                why: why(),
            }));
        }
        draft.head.push_str(
            " Capture again, on the adapter between the two machines, and start before the message is sent.",
        );
        draft
    }

    /// Connections that stand in two captures, lined up.
    fn vantages(&self) -> Vec<Vantage> {
        let twin = |(i, t): (usize, &Option<usize>)| {
            let (x, t) = (self.exchanges.get(i)?, (*t)?);
            Vantage::of((t, self.exchanges.get(t)?), (i, x))
        };
        self.twins.iter().enumerate().take(MOST).filter_map(twin).collect()
    }

    /// Each connection once, however many captures hold it.
    fn distinct(&self) -> impl Iterator<Item = &Exchange> + Clone {
        self.exchanges.iter().zip(&self.twins).filter(|(_, twin)| twin.is_none()).map(|(x, _)| x)
    }

    /// What an exchange is called: where it stands, and between whom it is.
    fn title(&self, x: &Exchange) -> String {
        let same = self.exchanges.iter().filter(|y| y.capture == x.capture);
        let n = same.take_while(|y| y.conversation.stream != x.conversation.stream).count() + 1;
        let of = if self.captures.len() > 1 { format!(" of {}", self.name(x)) } else { String::new() };
        format!("Connection {n}{of} ({} → {})", self.who(x, Side::Client), self.who(x, Side::Server))
    }

    /// Name of the capture that holds an exchange.
    fn name(&self, x: &Exchange) -> &str {
        self.captures.get(x.capture).map_or("?", String::as_str)
    }

    fn who(&self, x: &Exchange, side: Side) -> &'static str {
        self.roles.name(x, side)
    }

    /// Such as `host 192.168.56.1:44150`.
    fn address(&self, x: &Exchange, side: Side) -> String {
        format!("{} {}", self.who(x, side), x.end(side))
    }

    /// Adds the packet at `position` to the evidence.
    fn prove(&self, draft: &mut Draft, x: &Exchange, position: usize, why: impl AsRef<str>) {
        if let Some(segment) = x.at(position) {
            let why = format!("packet {} of its connection: {}", position + 1, why.as_ref());
            draft.evidence.push(Proof { capture: x.capture, frame: segment.frame, why });
        }
    }

    /// Says of connections beyond the first [`MOST`] how many there are.
    fn limit(&self, draft: &mut Draft, total: usize) {
        if total > MOST {
            draft.lines.push(format!("… and {} more; labkit exchange shows each.", total - MOST));
        }
    }
}

/// Such as `frame 11`, `frames 11–13` or `frames 11, 13, 15–17`.
fn frames_text(x: &Exchange, positions: &[usize]) -> String {
    let numbers: Vec<u64> = x.frames(positions).iter().map(|f| f.0).collect();
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for n in &numbers {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == *n => run.1 = *n,
            _ => runs.push((*n, *n)),
        }
    }
    let more = if runs.len() > 8 { " …" } else { "" };
    let run = |r: &(u64, u64)| match r.1 - r.0 {
        0 => r.0.to_string(),
        1 => format!("{}, {}", r.0, r.1),
        _ => format!("{}–{}", r.0, r.1),
    };
    let text: Vec<String> = runs.iter().take(8).map(run).collect();
    format!("{} {}{more}", if numbers.len() == 1 { "frame" } else { "frames" }, text.join(", "))
}

/// Such as `1 byte`, `28 bytes`.
fn count(n: impl Into<u64>, what: &str) -> String {
    let n = n.into();
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
