//! Grades the length, in bytes, from which a message needs a second packet.

use super::super::language::{Amount, BUILT_IN, Concept, Reading, Said, Sentence, Unit, Word, one_of};
use super::super::{Finding, Mark};
use super::Subject;
use super::indifferent::counts_all_characters_alike;
use crate::lab::definition::misconception::{Amounts, Sign};
use crate::lab::evidence::exchange::Exchange;

/// Smaller numbers are not read as sizes of a message: they are header lengths or packet counts.
const SMALLEST_SIZE: u64 = 100;
/// Bytes of the headers of IPv4 and TCP without options.
const HEADERS: u64 = 40;

/// A size that the answer names, with its sentence.
struct Size<'a> {
    amount: Amount,
    sentence: &'a Sentence,
}

impl Size<'_> {
    /// Whether the size is denied, or is only a number from which the result is derived.
    fn is_aside(&self) -> bool {
        let s = self.sentence;
        let near = |n: usize| self.amount.at.checked_sub(n).and_then(|i| s.words.get(i));
        let minus = |w: Option<&Word>| {
            w.is_some_and(|w| {
                w.is(Concept::Minus)
                    || w.gap.contains(['-', '−']) && w.gap.trim().len() == 1 && w.number.is_some()
            })
        };
        let after = s.words.get(self.amount.at + 1);
        let unit = s.words.get(self.amount.at + 2);
        let derived = after.is_some_and(|w| {
            w.concepts.any(&[Concept::Mss, Concept::Mtu, Concept::Option, Concept::Header, Concept::Buffer])
        }) || minus(after)
            || minus(unit)
            || (1..=4).any(|n| {
                near(n).is_some_and(|w| {
                    w.concepts.any(&[Concept::Mss, Concept::Mtu, Concept::Buffer]) && !w.is_apart()
                })
            });
        // "An Ethernet frame carries 1500 bytes, …": from which the headers are taken.
        let of_ethernet = matches!(self.amount.value, 1500 | 1514 | 1518)
            && s.words.iter().any(|w| w.text == "ethernet" || w.is(Concept::Frame));
        s.is_denied(self.amount.at) || derived || of_ethernet
    }

    /// Whether "or" joins it to another size of its sentence.
    fn is_alternative(&self, other: &Size<'_>) -> bool {
        let (a, b) = (self.amount.at.min(other.amount.at), self.amount.at.max(other.amount.at));
        std::ptr::eq(self.sentence, other.sentence)
            && b - a <= 4
            && self.sentence.words.get(a + 1..b).unwrap_or_default().iter().any(|w| w.is(Concept::Or))
    }
}

impl Subject<'_> {
    pub(super) fn segment_size(&self) -> Finding {
        let rooms: Vec<_> = self.report.exchanges.iter().filter_map(Exchange::segment_room).collect();
        let Some(first) = rooms.first() else {
            return self.missing("both SYNs of a connection, which hold the MSS");
        };
        let one = |n: u32| [u64::from(n), u64::from(n) + 1];
        let mut bytes: Vec<u64> = rooms.iter().flat_map(|r| one(r.payload)).collect();
        bytes.extend(self.said());
        let wide: Vec<u64> =
            rooms.iter().flat_map(|r| [one(r.payload / 2), one(r.payload / 3)].concat()).collect();
        let sizes = sizes(self.reading);
        if sizes.is_empty() && self.reading.sentences.iter().any(never_splits) {
            return Finding::new(
                Mark::Wrong,
                "a longer message is divided: the handshake says how much one packet carries.",
            );
        }
        let large = |w: &Word| one_of(&w.text, "mb gb megabyte megabytes gigabyte gigabytes megas mo");
        if sizes.is_empty() && self.reading.words().any(large) {
            return Finding::new(Mark::Wrong, "a packet carries far less than that.");
        }
        if let Some(small) = smallest(self.reading).filter(|_| sizes.is_empty()) {
            let mut finding = Finding::new(Mark::Wrong, "a packet carries far more than that.");
            finding.wrong.push(small);
            return finding;
        }
        if sizes.is_empty() && self.reading.sentences.iter().any(depends_on_others) {
            return Finding::new(Mark::Wrong, "the size follows from the handshake, and from nothing else.");
        }
        if sizes.is_empty() {
            return Finding::new(Mark::Partly, "no size can be found in it.");
        }
        let is_right = |s: &&Size<'_>| {
            bytes.contains(&s.amount.value)
                || s.amount.unit == Unit::Characters && wide.contains(&s.amount.value)
        };
        let right: Vec<&Size<'_>> =
            sizes.iter().filter(is_right).filter(|s| !s.sentence.is_denied(s.amount.at)).collect();
        if sizes.len() == 2 && self.is_range(&bytes) {
            return Finding::new(Mark::Partly, "it gives a range; the exact size is missing.");
        }
        if !right.is_empty() {
            return self.right_size(&sizes, &right, &bytes, u64::from(first.mss));
        }
        if self.is_range(&bytes) {
            return Finding::new(Mark::Partly, "it gives a range; the exact size is missing.");
        }
        let mut finding = Finding::new(
            Mark::Wrong,
            "another size follows from the handshake and the options of the data packets.",
        );
        let main: Vec<u64> = sizes.iter().filter(|s| !s.is_aside()).map(|s| s.amount.value).collect();
        finding.wrong = if main.is_empty() { sizes.iter().map(|s| s.amount.value).collect() } else { main };
        let mss = u64::from(first.mss);
        finding.amounts = Amounts { truths: bytes, mss: Some(mss), mtu: Some(mss + HEADERS) };
        finding
    }

    /// The sizes in bytes that the first line of labkit's own answer gives, for example of a split that the capture
    /// shows.
    fn said(&self) -> Vec<u64> {
        let line = self.own().and_then(|a| a.answer.lines().next()).unwrap_or_default();
        let reading = Reading::of(line, &Said::default(), &BUILT_IN);
        let amounts = reading.sentences.iter().flat_map(Sentence::amounts);
        amounts.filter(|a| a.unit == Unit::Bytes && a.value >= SMALLEST_SIZE).map(|a| a.value).collect()
    }

    /// The verdict where the answer names the right size, perhaps beside others.
    fn right_size(&self, sizes: &[Size<'_>], right: &[&Size<'_>], bytes: &[u64], mss: u64) -> Finding {
        let largest = bytes.iter().max().copied().unwrap_or_default();
        // A claim against the right size: a larger one fits into a packet, or is the limit.
        let against = |s: &Size<'_>| {
            let value = s.amount.value;
            let claims = !s.is_aside()
                && !bytes.contains(&value)
                && matches!(s.amount.unit, Unit::Bytes | Unit::Characters);
            let fits = s.sentence.has(Concept::Fit) && !s.sentence.has(Concept::Not);
            let own = right.iter().any(|r| std::ptr::eq(r.sentence, s.sentence));
            // "A frame takes 1500 bytes, of which …, which leaves room for 1448": the room is that of the right size.
            let fits = fits
                && (!own || {
                    let near = s.sentence.words.iter().skip(s.amount.at.saturating_sub(3)).take(7);
                    near.into_iter().any(|w| w.is(Concept::Fit))
                });
            claims && value > largest && (fits || in_one_packet(s.sentence) || !own && needs_more(s.sentence))
        };
        if sizes.iter().any(against) {
            return Finding::new(
                Mark::Partly,
                "the size is right, but another sentence says that more fits into one packet.",
            );
        }
        // "Either 1448 or 1460" does not decide.
        let undecided = |s: &&Size<'_>| {
            let is_right = right.iter().any(|r| std::ptr::eq(*r, *s));
            !is_right && !s.is_aside() && right.iter().any(|r| s.is_alternative(r))
        };
        let others: Vec<u64> = sizes.iter().filter(undecided).map(|s| s.amount.value).collect();
        if !others.is_empty() {
            let mut finding =
                Finding::new(Mark::Partly, "it names the right size and another one, and does not decide.");
            finding.wrong = others;
            finding.amounts = Amounts { truths: bytes.to_vec(), mss: Some(mss), mtu: Some(mss + HEADERS) };
            return finding;
        }
        if self.reading.sentences.iter().any(counts_all_characters_alike) {
            let says = "the number is right for bytes, but not every character is one byte.";
            return Finding::new(Mark::Partly, says).sign(Sign::CharactersForBytes);
        }
        let of = |unit: Unit| right.iter().any(|s| s.amount.unit == unit && bytes.contains(&s.amount.value));
        let characters = of(Unit::Characters) && !of(Unit::Bytes);
        let any = self.reading.has(Concept::Any);
        if characters && !self.reading.has(Concept::Ascii) && (any || !self.reading.has(Concept::Byte)) {
            let finding = Finding::new(
                Mark::Partly,
                "the number is right for bytes; a character may take more than one.",
            );
            return if any { finding.sign(Sign::CharactersForBytes) } else { finding };
        }
        Finding::new(Mark::Right, "that is what follows from the handshake.")
    }

    /// Whether the answer gives a range around the right size: "Between 1400 and 1500".
    fn is_range(&self, bytes: &[u64]) -> bool {
        self.reading.sentences.iter().any(|s| {
            let values: Vec<u64> =
                s.amounts().iter().filter(|a| a.value >= SMALLEST_SIZE).map(|a| a.value).collect();
            let [low, high] = values.as_slice() else { return false };
            (s.has(Concept::Between) || is_from_to(s)) && bytes.iter().all(|b| (low..=high).contains(&b))
        })
    }
}

/// "It depends on how fast the network is": on something that has no part in it.
fn depends_on_others(sentence: &Sentence) -> bool {
    const PARTS: [Concept; 5] =
        [Concept::Mss, Concept::Mtu, Concept::Option, Concept::Header, Concept::Handshake];
    sentence.says("depends depend depending hangt depende depend abhangig") && !sentence.any(&PARTS)
        && (sentence.has(Concept::Foreign)
            || sentence.says("fast speed network internet computer netz netzwerk geschwindigkeit red velocidad reseau vitesse"))
}

/// "94 bytes": a size that is given as the limit, and is too small to be one.
fn smallest(reading: &Reading) -> Option<u64> {
    let first = reading.sentences.first()?;
    let limit =
        |s: &&Sentence| std::ptr::eq(*s, first) || s.any(&[Concept::Limit, Concept::Over, Concept::Fit]);
    let is = |a: &Amount| matches!(a.unit, Unit::Bytes | Unit::Characters) && a.value > 20;
    let of = |s: &Sentence| s.amounts().iter().find(|a| is(a)).map(|a| a.value);
    reading.sentences.iter().filter(limit).find_map(of)
}

/// All sizes that a text names.
fn sizes(reading: &Reading) -> Vec<Size<'_>> {
    let is_size = |a: &Amount| {
        !matches!(a.unit, Unit::Packets | Unit::Other | Unit::Flags) && !a.listed && a.value >= SMALLEST_SIZE
    };
    let of = |sentence| Sentence::amounts(sentence).into_iter().map(move |amount| Size { amount, sentence });
    reading.sentences.iter().flat_map(of).filter(|s| is_size(&s.amount)).collect()
}

/// "1400 to 1500 bytes", "1400–1500".
fn is_from_to(sentence: &Sentence) -> bool {
    let sizes = sentence.amounts();
    sizes.windows(2).any(|pair| {
        let [low, high] = pair else { return false };
        let between = sentence.words.get(low.at + 1..=high.at).unwrap_or_default();
        let joins = |w: &Word| one_of(&w.text, "to bis a until hasta");
        let dash = between.first().is_some_and(|w| between.len() == 1 && one_of(w.gap.trim(), "- – — ..."));
        let last = between.len().saturating_sub(1);
        let words = between.get(..last).unwrap_or_default();
        low.value < high.value
            && (dash || words.iter().any(joins) && words.iter().all(|w| joins(w) || w.is(Concept::Byte)))
    })
}

/// Whether a sentence presents its size as the limit: "Above 1500 bytes it needs two".
fn needs_more(sentence: &Sentence) -> bool {
    let two =
        sentence.words.iter().any(|w| w.number == Some(2) || w.is(Concept::Second) || w.is(Concept::Over));
    sentence.has(Concept::Needs) && two && !sentence.has(Concept::Not)
}

/// "I saw one packet of 3000 bytes."
fn in_one_packet(sentence: &Sentence) -> bool {
    let one = |w: &Word| w.number == Some(1) || w.is(Concept::Only);
    let packet =
        sentence.words.windows(2).any(|w| matches!(w, [a, packet] if one(a) && packet.is(Concept::Packet)));
    let seen = sentence.says("saw see seen gesehen sah vi visto vu vimos");
    packet && seen && !sentence.words.iter().any(|w| w.is(Concept::Not))
}

/// "It never does, any message goes in a single packet."
fn never_splits(sentence: &Sentence) -> bool {
    let single = sentence.words.windows(2).any(|w| {
        let [one, packet] = w else { return false };
        packet.is(Concept::Packet) && (one.number == Some(1) || one.is(Concept::Only))
    });
    // "No longer", "any more" and "no matter" are about something else.
    let any = sentence.words.iter().enumerate().any(|(i, w)| {
        w.is(Concept::Any) && !sentence.words.get(i + 1).is_some_and(|n| one_of(&n.text, "more longer"))
    });
    let unlimited = sentence
        .words
        .windows(2)
        .any(|w| matches!(w, [no, limit] if no.is(Concept::Not) && limit.is(Concept::Limit)))
        || sentence.says("unlimited unbegrenzt ilimitado illimite");
    unlimited || single && (any || sentence.says("never always nie immer nunca siempre jamais toujours"))
}
