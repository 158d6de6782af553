//! The questions of the lab, answered from captures: each answer with its rule, its evidence and its confidence.

pub mod browsing;
mod counts;
mod disruption;
mod draft;
mod notes;
mod ports;
mod receipt;
pub mod segment_size;
mod syn;
#[cfg(test)]
mod tests;

use crate::dissect::protocols::tcp::Flags;
use crate::frame::FrameNo;
use crate::lab::definition::phrases::Phrases;
use crate::lab::definition::roles::Roles;
use crate::lab::definition::{Analysis, Lab, Question};
use crate::lab::evidence::collect::{Evidence, Unresolved};
use crate::lab::evidence::exchange::frames_text;
use crate::lab::evidence::exchange::{Exchange, Side, same_connection};
use crate::lab::evidence::findings;
use crate::lab::evidence::vantage::Vantage;
use browsing::Browsing;
use draft::Draft;
use std::net::IpAddr;

pub use crate::lab::evidence::Confidence;

/// Connections that an answer describes one by one; of further ones it says only how many there are.
const MOST: usize = 12;

/// A packet that an answer rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Index into [`Report::captures`].
    pub capture: usize,
    /// Number of the frame.
    pub frame: FrameNo,
    /// What it shows; begins with the packet's ordinal within its connection.
    pub why: String,
    /// The field that shows it, by Wireshark's name.
    pub field: &'static str,
}

/// A question and its answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Label of the question.
    pub id: String,
    /// The analysis that answers it.
    pub analysis: Analysis,
    /// Its wording.
    pub question: String,
    /// The answer: a first line for the whole, then a line for each connection. A line that is less sure than the
    /// whole ends with its confidence. Text from payloads, which only browsing quotes, is escaped.
    pub answer: String,
    /// The rule by which a person finds the answer in a capture.
    pub rule: String,
    /// The packets that it rests on.
    pub evidence: Vec<Proof>,
    /// How sure it is.
    pub confidence: Confidence,
    /// The confidence in the lab's words.
    pub sure: String,
}

impl Answer {
    /// Replaces labkit's wording by the lab's own phrases; labels, frame numbers and the confidence stay.
    fn say(&mut self, phrases: &Phrases) {
        if phrases.is_empty() {
            return;
        }
        for text in [&mut self.answer, &mut self.rule, &mut self.sure] {
            *text = phrases.say(text);
        }
        self.evidence.iter_mut().for_each(|proof| proof.why = phrases.say(&proof.why));
    }

    /// Whether the question is about the lab's exchange; otherwise it is about browsing.
    pub fn is_of_exchange(&self) -> bool {
        self.analysis != Analysis::Browsing
    }
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
    /// Which address is the host, and which the guest.
    pub roles: Roles,
    /// The answers, in the order of the questions.
    pub answers: Vec<Answer>,
    /// Where no capture holds a conversation of the lab's port: why, which then answers each question about the
    /// exchange. `None` otherwise.
    pub silent: Option<String>,
    /// What else is worth knowing: copies, the same connection in two captures, hosts that could not be reached.
    pub notes: Vec<String>,
    /// Connections that two captures hold, packet by packet; of the first exchanges only.
    pub vantages: Vec<Vantage>,
    /// The lab's own phrases for what labkit says.
    pub phrases: Phrases,
    /// What each capture shows of browsing; empty if none shows any and no words were looked for.
    pub browsing: Vec<Browsing>,
}

/// The facts that all analyses work on.
struct Material<'a> {
    lab: &'a Lab,
    port: u16,
    captures: &'a [String],
    exchanges: &'a [Exchange],
    /// For each exchange, the index of an earlier one that is the same connection in another capture.
    twins: Vec<Option<usize>>,
    roles: &'a Roles,
    unresolved: &'a [(usize, Unresolved)],
    /// For each capture, how many connections it has beyond the exchanges.
    further: &'a [u64],
    /// Frames in all captures.
    frames: u64,
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
    let (mut titles, mut further, mut frames) = (vec![], vec![], 0);
    for (i, capture) in captures.into_iter().enumerate() {
        titles.push(capture.name);
        names.extend(capture.names);
        further.push(capture.evidence.further);
        frames += capture.evidence.frames;
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
        frames,
    };
    let answers = lab.questions.iter().filter_map(|q| Some(material.answer(q, q.analysis?))).collect();
    let silent = exchanges.is_empty().then(|| lab.phrases.say(&material.nothing().head));
    let vantages = material.vantages();
    let notes = material.notes(&vantages).iter().map(|note| lab.phrases.say(note)).collect();
    Report {
        lab: lab.id.clone(),
        captures: titles,
        further,
        exchanges,
        roles,
        answers,
        silent,
        notes,
        vantages,
        phrases: lab.phrases.clone(),
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
            Analysis::Browsing => return browsing::unread().answer(question, analysis, browsing::RULE),
        };
        let draft = if self.exchanges.is_empty() { self.nothing() } else { analyse(self) };
        let mut answer = draft.answer(question, analysis, rule);
        answer.say(&self.lab.phrases);
        answer
    }

    /// The answer where no capture holds a conversation of the lab's port.
    fn nothing(&self) -> Draft {
        let mut draft = Draft::new();
        draft.head = match self.frames {
            0 => "Cannot tell: there is no frame in the capture.".into(),
            _ => format!("Cannot tell: there is no TCP traffic of port {} here.", self.port),
        };
        for (capture, u) in self.unresolved.iter().take(MOST) {
            draft.head.push_str(&format!(
                " {} asked by ARP for {} ({}), and no answer was captured; without one it can send no TCP packet there.",
                u.asker,
                u.target,
                frames_text(&u.frames)
            ));
            let why = || format!("ARP request for {}, unanswered", u.target);
            draft.evidence.extend(u.frames.iter().map(|f| Proof {
                capture: *capture,
                frame: *f,
                why: why(),
                field: "arp.dst.proto_ipv4",
            }));
        }
        draft.head.push_str(match self.unresolved {
            [] => " Capture again, on the adapter between the two machines, and start before the message is sent.",
            _ => " Check that address, and that both machines are on and in the same network.",
        });
        draft
    }

    /// Connections that two captures hold, with their packets matched.
    fn vantages(&self) -> Vec<Vantage> {
        let twin = |(i, t): (usize, &Option<usize>)| {
            let (x, t) = (self.exchanges.get(i)?, (*t)?);
            Vantage::of((t, self.exchanges.get(t)?), (i, x))
        };
        self.twins.iter().enumerate().take(MOST).filter_map(twin).collect()
    }

    /// Each connection once, also where several captures hold it.
    fn distinct(&self) -> impl Iterator<Item = &Exchange> + Clone {
        self.exchanges.iter().zip(&self.twins).filter(|(_, twin)| twin.is_none()).map(|(x, _)| x)
    }

    /// What an exchange is called, such as `Connection 2`.
    fn title(&self, x: &Exchange) -> String {
        let same = self.exchanges.iter().filter(|y| y.capture == x.capture);
        let n = same.take_while(|y| y.conversation.stream != x.conversation.stream).count() + 1;
        match self.captures {
            [_] => format!("Connection {n}"),
            _ => format!("Connection {n} of {}", self.name(x)),
        }
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

    /// Adds the packet at `position` to the evidence: what it shows, and the field that shows it.
    fn prove(
        &self,
        draft: &mut Draft,
        x: &Exchange,
        position: usize,
        field: &'static str,
        why: impl AsRef<str>,
    ) {
        if let Some(segment) = x.at(position) {
            let why = format!("packet {} of its connection: {}", position + 1, why.as_ref());
            draft.evidence.push(Proof { capture: x.capture, frame: segment.frame, why, field });
        }
    }

    /// Says how many connections there are beyond the first [`MOST`], if any.
    fn limit(&self, draft: &mut Draft, total: usize) {
        if total > MOST {
            draft.remark(format!("… and {} more; labkit exchange shows each.", total - MOST));
        }
    }
}

/// The field that shows what a packet is for: its payload, or the flag that matters.
fn purpose(x: &Exchange, position: usize) -> &'static str {
    match x.at(position) {
        Some(s) if s.is(Flags::RST) => "tcp.flags.reset",
        Some(s) if s.is(Flags::SYN) => "tcp.flags.syn",
        Some(s) if s.len > 0 => "tcp.payload",
        Some(s) if s.is(Flags::FIN) => "tcp.flags.fin",
        _ => "tcp.flags.ack",
    }
}

/// The part of a connection that a claim rests on.
#[derive(Clone, Copy)]
enum Part {
    /// From the SYN on.
    Beginning,
    /// To the last ACK.
    End,
}

/// What the capture lacks of that part of the connection, as a clause.
fn lacks(x: &Exchange, part: Part) -> String {
    let all = x.missing();
    let one_direction = all.iter().find(|why| why.contains("one direction"));
    let why = one_direction.or(match part {
        Part::Beginning => all.first(),
        Part::End => all.last(),
    });
    why.cloned().unwrap_or_else(|| "the capture does not hold it".into())
}

impl Report {
    /// Answers the questions about browsing from what was `found`: one entry for each capture, in order.
    pub fn browse(&mut self, lab: &Lab, found: Vec<Browsing>) {
        for question in lab.questions.iter().filter(|q| q.analysis == Some(Analysis::Browsing)) {
            if let Some(answer) = self.answers.iter_mut().find(|a| a.id == question.id) {
                *answer = browsing::answer(&self.captures, &found).answer(
                    question,
                    Analysis::Browsing,
                    browsing::RULE,
                );
                answer.say(&lab.phrases);
            }
        }
        if found.iter().any(|b| b.is_any() || !b.words.is_empty()) {
            self.browsing = found;
        }
    }

    /// Keeps only the answers to the questions with these labels. The notes go, since they are about the captures as
    /// a whole.
    pub fn keep(&mut self, labels: &[&str]) {
        self.answers.retain(|a| labels.contains(&a.id.as_str()));
        self.notes.clear();
    }
}
