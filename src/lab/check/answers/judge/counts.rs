//! How many packets come before the message, and before the end marker.

use super::super::language::{Concept, Reading, Sentence, Word, one_of};
use super::super::{Finding, Mark};
use super::Subject;
use super::flags::{enumerated, successive};
use super::packets::{About, Count, claimed, counts, decisive, views, with_steps};
use crate::lab::definition::misconception::Amounts;
use crate::lab::evidence::exchange::Exchange;

/// The right values for a count of the first `n` packets: with retransmissions and copies, and without them.
fn both_counts(x: &Exchange, n: usize) -> [u64; 2] {
    [n as u64, x.distinct(n) as u64]
}

/// The verdict where none of the numbers is among the right ones.
pub(super) fn wrong(says: &str, numbers: Vec<u64>, truths: Vec<u64>) -> Finding {
    let mut finding = Finding::new(Mark::Wrong, says);
    finding.wrong = numbers;
    finding.amounts = Amounts { truths, ..Amounts::default() };
    finding
}

/// Compares numbers with the right ones.
pub(super) fn compared(numbers: Vec<u64>, truths: Vec<u64>) -> Finding {
    let is_right = |n: &u64| truths.contains(n);
    if numbers.is_empty() {
        return Finding::new(Mark::Partly, "no number of packets can be found in it.");
    }
    if numbers.iter().all(is_right) {
        return Finding::new(Mark::Right, "that is what the capture shows.");
    }
    if numbers.iter().any(is_right) {
        return Finding::new(
            Mark::Partly,
            "it holds several numbers; only one of them is what the capture shows.",
        );
    }
    wrong("the capture shows another number.", numbers, truths)
}

impl Subject<'_> {
    pub(super) fn before_message(&self) -> Finding {
        let truths = self.values(|x| x.before_message().map_or(Vec::new(), |n| both_counts(x, n).to_vec()));
        if truths.is_empty() {
            return self.missing("a connection from its SYN to its first payload");
        }
        let mut numbers = claimed(self.reading, &[About::Marker, About::BehindMessage, About::Behind]);
        self.add_shown(&mut numbers, &truths);
        let first = self.reading.words().next().map_or("", |w| w.text.as_str());
        if numbers.is_empty() && one_of(first, "none nothing keine keins ninguno aucun zero") {
            numbers.push(0);
        }
        if let Some(contradiction) = ordinal(self.reading, Concept::Message, &truths, &truths) {
            return contradiction;
        }
        let stated = |c: &Count| c.superseded && c.part.has(Concept::Before) && truths.contains(&c.value);
        if numbers.iter().all(|n| !truths.contains(n)) && with_steps(self.reading).iter().any(stated) {
            numbers.extend(truths.first());
        }
        compared(numbers, truths)
    }

    pub(super) fn before_receipt(&self) -> Finding {
        // The question is about the packet with the marker, so the outcome of the exchange does not matter.
        let shown = |x: &Exchange| !x.marker.is_empty();
        let whole = self.values(|x| match x.before_receipt().filter(|_| shown(x)) {
            Some(n) => both_counts(x, n).to_vec(),
            None => Vec::new(),
        });
        let between =
            self.values(|x| x.between().filter(|_| shown(x)).map(|n| n as u64).into_iter().collect());
        if whole.is_empty() && between.is_empty() {
            return self.missing("a message and its whole end marker");
        }
        let all = self.views_of_marker();
        if all.is_empty() {
            return Finding::new(Mark::Partly, "no number of packets can be found in it.");
        }
        let right = |c: &Count| match reading_of(&c.part) {
            Some(View::Between) => between.contains(&c.value),
            Some(View::Whole) => whole.contains(&c.value),
            None => whole.contains(&c.value) || between.contains(&c.value),
        };
        let numbers = all.iter().map(|c| c.value).collect();
        let truths = [whole.clone(), between.clone()].concat();
        // "5 in total and 1 in between, that is 6": both readings are right, and a wrong conclusion follows.
        let steps = with_steps(self.reading);
        let stated = |c: &&Count| c.superseded && reading_of(&c.part).is_some() && right(c);
        if !all.iter().any(right) && steps.iter().filter(stated).count() > 1 {
            return Finding::new(Mark::Partly, "one of its numbers is not what the capture shows.");
        }
        if !all.iter().any(right) {
            return wrong("the capture shows another number.", numbers, truths);
        }
        if !all.iter().all(right) {
            let mut finding = Finding::new(Mark::Partly, "one of its numbers is not what the capture shows.");
            finding.wrong = all.iter().filter(|c| !right(c)).map(|c| c.value).collect();
            finding.amounts = Amounts { truths, ..Amounts::default() };
            return finding;
        }
        if let Some(contradiction) = ordinal(self.reading, Concept::Marker, &whole, &truths) {
            return contradiction;
        }
        let has = |truths: &[u64]| all.iter().any(|c| truths.contains(&c.value));
        if has(&whole) && has(&between) {
            return Finding::new(Mark::Right, "that is what the capture shows, for both readings.");
        }
        Finding::new(
            Mark::Partly,
            "right for one reading; the other is missing (count from the beginning of the connection, and from the message).",
        )
    }

    /// The numbers of packets before the marker that the text claims, in either reading of the question.
    fn views_of_marker(&self) -> Vec<Count> {
        let mut all = views(self.reading);
        // Counts of the packets before the message, or after the marker, do not answer this question.
        let mine = |c: &Count| match c.about() {
            Some(About::Message) => false,
            Some(About::Behind) => !c.part.has(Concept::Marker),
            _ => true,
        };
        if all.iter().any(mine) {
            all.retain(mine);
        }
        if all.iter().all(|c| c.value != 1) {
            // "Five since the SYN, and between message and marker only the one ACK": each part has its own reading.
            let parts = |s: &Sentence| s.parts(Word::is_apart).iter().find_map(only_one);
            let one = |s: &Sentence| only_one(s).or_else(|| parts(s));
            all.extend(self.reading.sentences.iter().filter_map(one));
        }
        if all.iter().all(|c| c.value != 0) {
            all.extend(self.reading.sentences.iter().filter_map(none_between));
        }
        all
    }

    /// Adds a count where the text has no number: of packets named by their flags, or of rows copied out of the
    /// packet list.
    pub(super) fn add_shown(&self, numbers: &mut Vec<u64>, truths: &[u64]) {
        let rows = Some(self.reading.rows.len() as u64).filter(|n| *n > 1);
        let fits = |n: &u64| truths.contains(n);
        let by_frames = || successive(self.reading).filter(fits);
        let shown = enumerated(self.reading).filter(fits).or_else(by_frames).or(rows);
        if numbers.is_empty() {
            numbers.extend(shown);
        }
    }
}

/// The two readings of Q4, by where the counting of packets before the marker begins.
enum View {
    /// From the beginning of the connection.
    Whole,
    /// From the message.
    Between,
}

fn reading_of(part: &Sentence) -> Option<View> {
    // "From the SYN to the ACK of the message".
    let from_syn = part.words.iter().enumerate().any(|(i, w)| {
        w.is(Concept::From) && part.words.iter().skip(i + 1).take(2).any(|n| n.is(Concept::Syn))
    });
    if from_syn {
        return Some(View::Whole);
    }
    let message = part.any(&[Concept::Message, Concept::Payload]);
    let enclosed =
        message && part.has(Concept::Marker) && part.has(Concept::After) && part.has(Concept::Before);
    let between = part.has(Concept::Between)
        || enclosed
        || message
            && part.any(&[Concept::After, Concept::From, Concept::Start])
            && !part.has(Concept::Before);
    if between {
        return Some(View::Between);
    }
    let whole = part.words.iter().any(|w| {
        w.concepts.any(&[Concept::Start, Concept::Total])
            && !w.is(Concept::Connection)
            && !w.is(Concept::Handshake)
            && !w.is(Concept::Syn)
    });
    (whole || part.has(Concept::From) && part.has(Concept::Syn)).then_some(View::Whole)
}

/// A count of one that is not written as a number: "Only frame 5 lies between", "a single packet", "just the ACK in
/// between".
fn only_one(sentence: &Sentence) -> Option<Count> {
    let between = matches!(reading_of(sentence), Some(View::Between));
    let says_one = |only: usize| {
        let behind = || sentence.words.iter().skip(only).take(4);
        let one = behind().any(|w| {
            w.gap.ends_with('#') && w.number.is_some()
                || w.ordinal.is_some()
                || w.concepts.any(&[Concept::Packet, Concept::Ack, Concept::Frame])
                || one_of(&w.text, "acknowledgement acknowledgment bestatigung quittung acuse no")
        });
        let plural = behind().any(|w| one_of(&w.text, "packets frames pakete paquetes paquets acks"));
        let counted = behind().take(3).any(|w| {
            w.number.is_some_and(|n| n < 20) && !w.article && !w.is(Concept::Frame) && !w.gap.ends_with('#')
        });
        let named = behind().skip(1).take(1).any(|w| w.is(Concept::Frame) || w.text == "no");
        one && !plural && (!counted || named)
    };
    let only =
        (0..sentence.words.len()).filter(|i| sentence.words.get(*i).is_some_and(|w| w.is(Concept::Only)));
    (between && only.into_iter().any(says_one)).then(|| Count::of(1, sentence))
}

/// A count of zero in words: "There is nothing between the message and the marker".
fn none_between(sentence: &Sentence) -> Option<Count> {
    let (claim, _) = sentence.reason();
    let nothing = claim.words.iter().enumerate().any(|(i, w)| {
        // "An ACK with nothing in it".
        let inside =
            claim.words.get(i + 1).is_some_and(|n| one_of(&n.text, "in inside darin drin dentro dedans"));
        one_of(&w.text, "nothing none nichts nada rien ninguno aucun") && !inside
    });
    let between = matches!(reading_of(&claim), Some(View::Between));
    let none = nothing && between && !claim.has(Concept::Except);
    none.then(|| Count::of(0, &claim))
}

/// The verdict where all counts are among `truths`, but a sentence calls the packet `what` the n-th and n - 1 is not
/// among the numbers of packets `before` it.
fn ordinal(reading: &Reading, what: Concept, before: &[u64], truths: &[u64]) -> Option<Finding> {
    let says = |s: &&Sentence| {
        s.words.iter().enumerate().any(|(i, w)| {
            let after = s.words.get(i + 1).is_some_and(|n| n.is(Concept::Packet));
            w.ordinal.is_some_and(|n| n > 2 && after && !before.contains(&(n - 1)))
                && s.words.iter().take(i).any(|w| w.is(what))
        })
    };
    reading.sentences.iter().find(says)?;
    // A wrong number that fits the wrong place is one mistake, not a contradiction.
    let numbers = decisive(counts(reading));
    numbers.iter().all(|c| truths.contains(&c.value)).then(|| {
        Finding::new(
            Mark::Partly,
            "the number is right, but another sentence gives the packet another place.",
        )
    })
}
