//! Grading, one file for each kind of question: compares what an answer claims with what the capture shows.

mod closing;
mod counts;
mod explained;
mod flags;
mod ideas;
mod indifferent;
mod last;
mod packets;
mod ports;
mod remarks;
mod reuse;
mod sender;
mod size;
mod untrue;

pub(super) use ideas::signs;

use super::language::{Concept, Reading, Sentence, Word, one_of};
use super::{Finding, Mark};
use crate::lab::answer::{Confidence, Report};
use crate::lab::definition::{Analysis, Role};
use crate::lab::evidence::exchange::{Exchange, Side, on_one_machine};
use ideas::Reasoning;
use std::collections::BTreeSet;

/// An answer, and what it is compared with.
pub(super) struct Subject<'a> {
    /// TCP port of the receiver.
    pub(super) port: u16,
    /// labkit's own report on the capture.
    pub(super) report: &'a Report,
    /// Label of the question.
    pub(super) id: &'a str,
    /// The student's answer, split into words with meanings.
    pub(super) reading: &'a Reading,
}

/// Compares an answer with what the capture shows.
pub(super) fn grade(analysis: Analysis, subject: &Subject<'_>) -> Finding {
    match analysis {
        Analysis::Syn | Analysis::Disruption | Analysis::Browsing => {
            return Finding::new(Mark::Prose, "prose is not scored; the points below are what to look for.");
        }
        _ if subject.report.exchanges.is_empty() => {
            let why =
                format!("the capture has no TCP traffic of port {}, so this is not graded.", subject.port);
            return Finding::new(Mark::CannotTell, why);
        }
        _ if subject.gives_up() => return Finding::new(Mark::Empty, "it says that there is no answer."),
        _ => {}
    }
    let finding = match analysis {
        Analysis::Ports => subject.ports(),
        Analysis::PortReuse => subject.port_reuse(),
        Analysis::BeforeMessage => subject.before_message(),
        Analysis::BeforeReceipt => subject.before_receipt(),
        Analysis::ReceiptSender => subject.receipt_sender(),
        Analysis::AfterReceipt => subject.after_receipt(),
        Analysis::SegmentSize => subject.segment_size(),
        Analysis::Syn | Analysis::Disruption | Analysis::Browsing => return Finding::new(Mark::Prose, ""),
    };
    subject.with_reason(analysis, subject.spared(finding))
}

impl Subject<'_> {
    /// The answer that labkit gives to the same question.
    fn own(&self) -> Option<&crate::lab::answer::Answer> {
        self.report.answers.iter().find(|a| a.id == self.id)
    }

    /// Whether the text says that the student does not know.
    fn gives_up(&self) -> bool {
        let known = [
            "not know",
            "no idea",
            "could not find out",
            "no answer",
            "keine ahnung",
            "weiss nicht",
            "weiss es nicht",
            "no se",
            "ni idea",
            "ne sais pas",
            "aucune idee",
            "not sure",
            "tbd",
        ];
        // "Sorry, I did not manage to do this one before the deadline".
        let unfinished = [
            "no time",
            "not have time",
            "not have the time",
            "skipped this",
            "skipped it",
            "left this out",
            "left it out",
            "left this blank",
            "left it blank",
            "out of time",
            "not manage",
            "not get to",
            "not finish this",
            "not finish it",
            "keine zeit",
            "nicht geschafft",
            "nicht mehr geschafft",
            "ausgelassen",
            "pas eu le temps",
            "pas le temps",
            "no tuve tiempo",
            "sin tiempo",
        ];
        let (words, says) = (self.reading.words().count(), |phrases| self.reading.says_phrase(phrases));
        let counts = self.reading.words().any(|w| w.number.is_some_and(|_| !w.article));
        words == 2 && says(&["n a"])
            // In "Cambia todo cada vez" the word is Spanish.
            || words < 3 && says(&["todo"])
            || words <= 8 && says(&known)
            || words <= 16 && !counts && says(&unfinished)
    }

    /// Turns "wrong" into "cannot tell" where labkit's own answer cannot tell from this capture either.
    fn spared(&self, finding: Finding) -> Finding {
        let Some(own) = self.own().filter(|_| finding.mark == Mark::Wrong) else { return finding };
        if own.confidence == Confidence::CannotTell {
            return Finding::new(Mark::CannotTell, "the capture does not show this, so it is not graded.");
        }
        finding
    }

    /// Lowers a right finding if the reason that the answer gives is wrong or was not understood.
    fn with_reason(&self, analysis: Analysis, mut finding: Finding) -> Finding {
        if finding.mark != Mark::Right {
            return finding;
        }
        match ideas::reasoning(analysis, self.reading) {
            Reasoning::None if explained::is_unread(analysis, self.reading) => unread(&mut finding),
            Reasoning::None | Reasoning::Sound => {}
            Reasoning::Wrong => {
                finding.mark = Mark::ReasonWrong;
                finding.says = "what the capture shows is named, but the reason is not right.".into();
            }
            Reasoning::Unread => unread(&mut finding),
        }
        finding
    }

    /// The finding where the capture lacks `what`, and why it does.
    fn missing(&self, what: &str) -> Finding {
        let why = self.report.exchanges.iter().flat_map(|x| x.missing()).next();
        let why = why.map_or(String::new(), |why| format!(" ({why})"));
        Finding::new(
            Mark::CannotTell,
            format!("the capture does not show {what}{why}, so this is not graded."),
        )
    }

    /// The role that a word names, as host or guest or by an address; `None` if it names none.
    fn role(&self, word: &Word) -> Option<Role> {
        if let Some(address) = word.address {
            return self.report.roles.of(address.into());
        }
        match (word.is(Concept::Host), word.is(Concept::Guest)) {
            (true, _) => Some(Role::Host),
            (_, true) => Some(Role::Guest),
            _ => None,
        }
    }

    /// The role of one side of an exchange; `None` where the capture does not tell, as on one machine.
    fn role_of(&self, x: &Exchange, side: Side) -> Option<Role> {
        if on_one_machine(x).is_some() { None } else { self.report.roles.of(x.end(side).ip) }
    }

    /// All values of the exchanges, each once, in rising order.
    fn values(&self, of: impl Fn(&Exchange) -> Vec<u64>) -> Vec<u64> {
        let values: BTreeSet<u64> = self.report.exchanges.iter().flat_map(of).collect();
        values.into_iter().collect()
    }
}

/// Leaves the reason to a person.
fn unread(finding: &mut Finding) {
    finding.mark = Mark::ReasonUnread;
    finding.says = "what the capture shows is named; the reason was not understood, read it.".into();
}

/// Which exchange a word points to, from 0: `first`, `exchange 2`, `step 4` (the handout's second).
fn exchange(sentence: &Sentence, at: usize) -> Option<usize> {
    let word = sentence.words.get(at)?;
    if word.is(Concept::First) {
        return Some(0);
    }
    if word.is(Concept::Second) && word.number.is_none() {
        return Some(1);
    }
    if word.ordinal == Some(1) || word.ordinal == Some(2) {
        return word.ordinal.map(|n| usize::from(n == 2));
    }
    let next = sentence.words.get(at + 1).filter(|w| !w.is_apart())?;
    // "The third exchange", not "the third packet".
    if let Some(n @ 3..=9) = word.ordinal {
        return usize::try_from(n - 1).ok().filter(|_| next.is(Concept::Exchange));
    }
    let step = one_of(&word.text, "step schritt paso etape steps");
    // "In exchange 1 it's the guest, in 2 it's the host."
    if one_of(&word.text, "in im en dans") && matches!(next.number, Some(1 | 2)) {
        let named = |i: usize| {
            i != at && !one_of(sentence.words.get(i).map_or("", |w| w.text.as_str()), "in im en dans")
        };
        let before = (0..at).any(|i| named(i) && exchange(sentence, i).is_some());
        return next.number.filter(|_| before).and_then(|n| usize::try_from(n - 1).ok());
    }
    // "Guest on msg 1, host on msg 2".
    if word.is(Concept::Message)
        && !word.is(Concept::Marker)
        && matches!(next.number, Some(1 | 2))
        && !next.article
    {
        let packets = sentence.words.get(at + 2).is_some_and(|w| w.is(Concept::Packet));
        return next.number.filter(|_| !packets).and_then(|n| usize::try_from(n - 1).ok());
    }
    if !word.is(Concept::Exchange) {
        return None;
    }
    // "For steps 3 and 4" is about both.
    let joined = sentence.words.get(at + 2).is_some_and(|w| one_of(&w.text, "and und y et"));
    if joined && sentence.words.get(at + 3).is_some_and(|w| w.number.is_some() && !w.article) {
        return None;
    }
    match (next.text.as_str(), next.number) {
        ("a", _) => Some(0),
        ("b", _) => Some(1),
        (_, Some(3)) if step => Some(0),
        (_, Some(4)) if step => Some(1),
        (_, Some(n @ 1..=9)) => usize::try_from(n - 1).ok(),
        _ => None,
    }
}
