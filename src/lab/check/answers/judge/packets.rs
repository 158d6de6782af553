//! Packet counts that an answer claims.

mod about;

use super::super::language::{Amount, Concept, Reading, Sentence, Unit, Word, one_of};
pub(super) use about::About;

/// No connection of the lab has so many packets; larger numbers are ports and sizes.
const MOST: u64 = 1000;
/// A larger number that is not called a number of packets counts something else, if another number is there.
const LARGE: u64 = 50;

/// A number of packets, with the part of the sentence that says what is counted.
#[derive(Clone, Debug)]
pub(super) struct Count {
    /// How many.
    pub(super) value: u64,
    /// The part of the sentence around the number.
    pub(super) part: Sentence,
    /// Whether the text presents it as a conclusion: "so 4", "= 4".
    pub(super) concludes: bool,
    /// Whether "in total" follows it.
    pub(super) totals: bool,
    /// Whether the text says that it counts packets.
    says_packets: bool,
    /// Whether it is the length of a list of frames.
    listed: bool,
    /// Index of its sentence.
    sentence: usize,
    /// Whether it stands in a list or behind a preposition, in a sentence that names a frame: "in frame 4, and in 14".
    beside_frame: bool,
    /// Whether it is alone in brackets, as the number of a frame often is.
    bracketed: bool,
    /// Whether a conclusion follows it in its sentence, so that it is only an intermediate result.
    pub(super) superseded: bool,
}

/// All packet counts that the text claims; those in reasons and intermediate results are left out.
pub(super) fn counts(reading: &Reading) -> Vec<Count> {
    let mut all = with_steps(reading);
    all.retain(|c| !c.superseded);
    if all.iter().any(|c| !c.beside_frame) {
        all.retain(|c| !c.beside_frame);
    }
    concluded(reading, all, 1)
}

/// Like [`counts`], for a question that asks for two numbers: a concluding sentence decides only if it names two.
pub(super) fn views(reading: &Reading) -> Vec<Count> {
    let mut all = with_steps(reading);
    all.retain(|c| !c.superseded);
    concluded(reading, all, 2)
}

/// Like [`counts`], with the intermediate results that a conclusion in their sentence supersedes.
pub(super) fn with_steps(reading: &Reading) -> Vec<Count> {
    let mut all: Vec<Count> = Vec::new();
    let (rows, first) = numbered_rows(&reading.sentences);
    for (n, sentence) in reading.sentences.iter().enumerate() {
        let (claim, reason) = sentence.reason();
        let mut own = of_claim(&claim);
        if let Some(row) = rows.clone().position(|r| r == n) {
            own.retain(|c| c.value != first + row as u64);
        }
        // "Frames 11 to 16 give the same figures": the other exchange, not a count.
        if sentence
            .says("same identical gleiche gleichen selbe selben dasselbe mismo mismos misma memes meme")
        {
            own.retain(|c| !c.listed && c.value <= 10);
        }
        // "No, because four packets follow": the number may stand in the reason.
        if own.is_empty() {
            own = reason
                .iter()
                .flat_map(of_claim)
                .filter(|c| c.concludes || c.totals || c.says_packets || c.part.has(Concept::After))
                .collect();
        }
        all.extend(own.into_iter().map(|c| Count { sentence: n, ..c }));
    }
    if all.is_empty()
        && first == 1
        && let Some(last) = rows.clone().last().and_then(|n| reading.sentences.get(n))
    {
        all.push(Count::of(rows.len() as u64, last));
    }
    // "The answer is 3. … Frames 3 and 4 are separate", "4: … 8 and 9 are FINs": a list after a count names frames.
    if let Some((of, n)) = all.iter().find(|c| !c.listed).map(|c| (c.sentence, c.value)) {
        all.retain(|c| !c.listed || c.sentence < of || c.sentence == of && c.value >= n);
    }
    without_asides(all, reading)
}

/// The sentences that are rows of a table with a packet each, whose first column numbers them from 1 or has their
/// frames, "packet 1, from host", "packet 2, from guest"; and the first number. Empty where there is no such table.
fn numbered_rows(sentences: &[Sentence]) -> (std::ops::Range<usize>, u64) {
    fn number(s: &Sentence) -> Option<(Vec<&str>, u64)> {
        let at = s.words.iter().position(|w| w.number.is_some())?;
        let ends = s.words.get(at + 1).is_some_and(|w| w.gap.starts_with(','));
        let heading: Vec<&str> = s.words.iter().take(at).map(|w| w.text.as_str()).collect();
        (ends && !heading.is_empty()).then_some((heading, s.words.get(at)?.number?))
    }
    let all: Vec<Option<(Vec<&str>, u64)>> = sentences.iter().map(number).collect();
    let follows = |a: &Option<(Vec<&str>, u64)>, b: &Option<(Vec<&str>, u64)>| matches!((a, b), (Some((x, m)), Some((y, n))) if x == y && m + 1 == *n);
    let mut start = 0;
    for run in all.chunk_by(follows) {
        if let [Some((_, first)), _, _, ..] = run {
            return (start..start + run.len(), *first);
        }
        start += run.len();
    }
    (0..0, 0)
}

/// Leaves out the counts that claim nothing, kind by kind, as long as others are left.
fn without_asides(mut all: Vec<Count>, reading: &Reading) -> Vec<Count> {
    let supposed: Vec<bool> = reading.sentences.iter().map(is_supposed).collect();
    let most = all.iter().map(|c| (c.sentence, c.value)).max_by_key(|(_, n)| *n);
    let is_bracketed = |c: &Count| c.bracketed;
    let is_of_supposed = |c: &Count| supposed.get(c.sentence) == Some(&true);
    // "94 bytes long compared with 66 or 74".
    let is_large = |c: &Count| c.value > LARGE && !c.says_packets;
    // "4 more after it. One ACK, and then three to close": a part of the four.
    let is_part = |c: &Count| {
        let to_close = c.part.has(Concept::Close) && !c.part.any(&[Concept::After, Concept::Before]);
        to_close && most.is_some_and(|(sentence, n)| sentence < c.sentence && n > c.value)
    };
    // "Four. First the three of the handshake, and then the one with the message".
    let is_of_handshake = |c: &Count| {
        c.part.has(Concept::Handshake)
            && most.is_some_and(|(sentence, n)| sentence < c.sentence && n > c.value)
    };
    let asides: [&dyn Fn(&Count) -> bool; 5] =
        [&is_bracketed, &is_of_supposed, &is_large, &is_part, &is_of_handshake];
    for is_aside in asides {
        if all.iter().any(|c| !is_aside(c)) {
            all.retain(|c| !is_aside(c));
        }
    }
    all
}

/// "It would be 4 if a SYN got lost", but not "if you begin at the SYN it would be 5".
pub(super) fn is_supposed(sentence: &Sentence) -> bool {
    let modal = sentence.says("would might could d ware waren wurde seria serait");
    let condition = sentence.words.windows(2).any(|w| {
        matches!(w, [if_, who] if one_of(&if_.text, "if wenn falls si")
            && !one_of(&who.text, "you one we i man on se du wir only"))
    });
    modal && condition
}

/// Keeps the counts from the last concluding sentence on ("So: five."), or the first count if the others add up to it
/// ("Seven. Two of ARP and five of TCP.").
fn concluded(reading: &Reading, mut all: Vec<Count>, asked: usize) -> Vec<Count> {
    let so = |s: &Sentence| s.words.first().is_some_and(|w| w.is(Concept::Conclude) && w.text != "namely");
    let last = reading.sentences.iter().rposition(so);
    if let Some(last) = last.filter(|n| all.iter().filter(|c| c.sentence >= *n).count() >= asked) {
        all.retain(|c| c.sentence >= last);
    }
    let whole = all.first().map_or(0, |c| c.value);
    let rest: u64 = all.iter().skip(1).map(|c| c.value).sum();
    if all.len() > 2 && whole == rest && all.get(1).is_some_and(|c| c.sentence > 0) {
        all.truncate(1);
    }
    all
}

/// Narrows counts of the same packets to the conclusions, if there are any. Within a sentence, numbers followed by
/// "packets" go before those without a unit.
pub(super) fn decisive(all: Vec<Count>) -> Vec<Count> {
    for decides in [|c: &Count| c.concludes, |c: &Count| c.totals] {
        if all.iter().any(decides) {
            return all.into_iter().filter(decides).collect();
        }
    }
    let says: Vec<usize> = all.iter().filter(|c| c.says_packets).map(|c| c.sentence).collect();
    all.into_iter().filter(|c| c.says_packets || !says.contains(&c.sentence)).collect()
}

/// The packet counts that a text decides on for a question; those about `others` do not answer it. All, if no others
/// are left.
pub(super) fn claimed(reading: &Reading, others: &[About]) -> Vec<u64> {
    let all = decisive(counts(reading));
    let is_other = |c: &Count| c.about().is_some_and(|about| others.contains(&about));
    let own: Vec<u64> = all.iter().filter(|c| !is_other(c)).map(|c| c.value).collect();
    if own.is_empty() { all.iter().map(|c| c.value).collect() } else { own }
}

fn of_claim(claim: &Sentence) -> Vec<Count> {
    let amounts: Vec<Amount> = claim.amounts().into_iter().filter(|a| a.value < MOST).collect();
    let counted: Vec<Amount> =
        amounts.into_iter().filter(|a| matches!(a.unit, Unit::Packets | Unit::Unsaid)).collect();
    let mut all: Vec<Count> = Vec::new();
    let run = consecutive(claim, &counted);
    for (i, amount) in counted.iter().enumerate() {
        if let Some(run) = &run
            && run.contains(&i)
        {
            if *run.start() == i {
                all.push(count(claim, amount, (run.end() - run.start() + 1) as u64));
            }
            continue;
        }
        let detail = counted.first().is_some_and(|f| f.at < amount.at && is_detail(claim, f.at, amount.at));
        let part = part(claim, amount.at);
        let cue = part.any(&[
            Concept::Between,
            Concept::Start,
            Concept::Total,
            Concept::After,
            Concept::From,
            Concept::Only,
        ]) && !part.has(Concept::Handshake);
        if (cue || !detail) && !is_with_message(claim, amount, i > 0) {
            all.push(count(claim, amount, amount.value));
        }
    }
    // "3 in each exchange, 6 in both": the second is the first twice over.
    if let Some(one) = all.first().map(|c| c.value).filter(|n| *n > 0) {
        let both = |c: &Count| c.part.has(Concept::Both);
        all.retain(|c| c.value != 2 * one || !both(c));
    }
    let first = all.iter().position(|c| c.concludes);
    if let Some(first) = first {
        all.iter_mut().take(first).for_each(|c| c.superseded = true);
    }
    // "5 packets: two of ARP and three of TCP": the other numbers add up to the first.
    let viewed = all.iter().any(|c| c.superseded || c.part.any(&[Concept::Between, Concept::Total]));
    let sum = all
        .iter()
        .position(|c| all.len() > 2 && !viewed && all.iter().map(|c| c.value).sum::<u64>() == 2 * c.value);
    match sum {
        Some(sum) => vec![all.swap_remove(sum)],
        None => all,
    }
}

/// Whether the number at `at` is only a detail of the one at `first`: in brackets behind it, "five (three of them
/// …)".
fn is_detail(claim: &Sentence, first: usize, at: usize) -> bool {
    let between = claim.words.get(first + 1..=at).unwrap_or_default();
    let opened = between.iter().rposition(|w| w.gap.contains('('));
    // "Five packets: the three of the handshake, …": the three were counted already.
    let the = at
        .checked_sub(1)
        .and_then(|i| claim.words.get(i))
        .is_some_and(|w| one_of(&w.text, "the die los las les"));
    let above = claim
        .words
        .get(at + 1)
        .is_some_and(|w| one_of(&w.text, "above obigen mentioned anteriores previous genannten"));
    // "4 come before it, the 3 of the handshake and the 1 with the message".
    let of = claim
        .words
        .iter()
        .skip(at + 1)
        .take(2)
        .any(|w| one_of(&w.text, "of with containing der des mit del con du de avec"));
    let of_handshake =
        claim.words.iter().skip(at + 1).take(4).any(|w| w.is(Concept::Handshake) || w.is(Concept::Open))
            && claim.words.get(at + 1).is_some_and(|w| one_of(&w.text, "for of from fur vom para pour"));
    the && (of || above)
        || of_handshake
        || opened
            .is_some_and(|i| between.get(i + 1..).unwrap_or_default().iter().all(|w| !w.gap.contains(')')))
}

fn count(claim: &Sentence, amount: &Amount, value: u64) -> Count {
    let word = claim.words.get(amount.at);
    let next = claim.words.get(amount.at + 1);
    let before = |n: usize| amount.at.checked_sub(n).and_then(|i| claim.words.get(i));
    let mut concludes = word.is_some_and(|w| w.gap.contains('='));
    for n in 1..=4 {
        let Some(w) = before(n) else { break };
        if w.is(Concept::Conclude) && !one_of(&w.text, "namely namlich") {
            concludes = true;
        }
        if w.is_apart() && n < 4 && !w.is(Concept::Conclude) {
            break;
        }
    }
    let totals = claim
        .words
        .iter()
        .skip(amount.at + 1)
        .take(3)
        .take_while(|w| !w.gap.contains(','))
        .any(|w| w.is(Concept::Total))
        || (1..=2).any(|n| before(n).is_some_and(|w| w.is(Concept::Total) && !w.is(Concept::Conclude)))
            && word.is_some_and(|w| !w.gap.contains(','));
    let bracketed = word
        .is_some_and(|w| w.gap.ends_with('(') && w.text.starts_with(|c: char| c.is_ascii_digit()))
        && next.is_none_or(|n| n.gap.starts_with(')'))
        && !amount.listed;
    Count {
        value,
        part: part(claim, amount.at),
        concludes,
        totals,
        says_packets: amount.unit == Unit::Packets,
        listed: amount.listed,
        sentence: 0,
        beside_frame: amount.unit == Unit::Unsaid && !amount.listed && is_beside_frame(claim, amount.at),
        bracketed,
        superseded: false,
    }
}

/// "The text is in frame 4, and in 14", "Len=0 for 1, 2 and 3, and 28 for number 4", "1 to 3 are before frame 4".
fn is_beside_frame(claim: &Sentence, at: usize) -> bool {
    let text = |i: Option<usize>| i.and_then(|i| claim.words.get(i)).map_or("", |w| w.text.as_str());
    let number = |i: Option<usize>| i.and_then(|i| claim.words.get(i)).is_some_and(|w| w.number.is_some());
    let (before, behind) = (at.checked_sub(1), Some(at + 1));
    let joins = |i| one_of(text(i), "to bis and und y et a through");
    let joined = joins(before) && number(at.checked_sub(2)) || joins(behind) && number(Some(at + 2));
    let led = one_of(text(before), "in im en dans for fur para pour at bei");
    (joined || led || number(before) || number(behind)) && !claim.frames().is_empty()
}

/// The part of a sentence around a word, up to the next other number or mark.
fn part(claim: &Sentence, at: usize) -> Sentence {
    // The "and" of "between the text and the marker" joins.
    let joins = |i: usize| {
        let before = claim.words.get(i.saturating_sub(4)..i).unwrap_or_default();
        let first = before
            .last()
            .is_some_and(|w| w.concepts.any(&[Concept::Message, Concept::Payload, Concept::Marker]));
        // "After the text and ahead of the marker".
        let ahead = claim.words.iter().skip(i + 1).take(2).any(|w| w.is(Concept::Before));
        first && before.iter().any(|w| w.is(Concept::Between) || ahead && w.is(Concept::After))
    };
    let divides = |i: usize| {
        claim.words.get(i).is_some_and(|w| {
            w.is_apart()
                || w.is(Concept::Or)
                || one_of(&w.text, "but aber pero mais while whereas")
                || one_of(&w.text, "and und et y") && !joins(i)
        })
    };
    let mut start = (0..=at).rev().find(|i| divides(*i)).unwrap_or(0);
    // "Counting from the message: one".
    if claim.words.get(start).is_some_and(|w| w.gap.contains(':')) {
        let before = (0..start).rev().find(|i| divides(*i)).unwrap_or(0);
        // "If you begin at the SYN it is five: three for setting up": the number before the colon has those words.
        let taken = claim.words.get(before..start).unwrap_or_default();
        if !taken.iter().any(|w| w.number.is_some_and(|n| n < MOST) && !w.article) {
            start = before;
        }
    }
    let end = (at + 1..claim.words.len()).find(|i| divides(*i)).unwrap_or(claim.words.len());
    Sentence { words: claim.words.get(start..end).unwrap_or_default().to_vec(), new_line: false }
}

/// The places of three or more consecutive numbers, such as "7, 8, 9, 10": they name frames and count nothing.
fn consecutive(claim: &Sentence, all: &[Amount]) -> Option<std::ops::RangeInclusive<usize>> {
    let follows = |i: usize| {
        let (Some(a), Some(b)) = (all.get(i), all.get(i + 1)) else { return false };
        let near = b.at - a.at <= 2
            && claim.words.get(b.at).is_some_and(|w| w.gap.contains(',') || b.at - a.at == 2);
        near && b.value == a.value + 1 && a.unit == Unit::Unsaid && b.unit == Unit::Unsaid
    };
    let start = (0..all.len()).find(|i| follows(*i) && follows(i + 1))?;
    let end = (start..all.len()).take_while(|i| follows(*i)).last()? + 1;
    Some(start..=end)
}

/// "three, plus the message makes four": the second number counts the message as well.
fn is_with_message(claim: &Sentence, amount: &Amount, is_second: bool) -> bool {
    let before = claim.words.get(..amount.at).unwrap_or_default();
    let with = before
        .iter()
        .rposition(|w| one_of(&w.text, "plus including inclusive with counting mit con avec incl"));
    // "With the message: one" counts from there on.
    let colon = claim.words.get(amount.at).is_some_and(|w| w.gap.contains(':'));
    // "If you begin counting after the greeting": from there on.
    let from = with.is_some_and(|i| {
        before.get(i + 1).is_some_and(|w| {
            w.concepts.any(&[
                Concept::After,
                Concept::From,
                Concept::Before,
                Concept::Between,
                Concept::Start,
            ])
        })
    });
    is_second
        && !from
        && !colon
        && with.is_some_and(|i| {
            // "5 until the one with the marker, and if you begin at the hello 1": the comma ends it.
            let behind = before.get(i..).unwrap_or_default();
            let ends = |w: &Word| w.gap.contains(',');
            !behind.iter().skip(1).any(ends)
                && behind
                    .iter()
                    .any(|w| w.concepts.any(&[Concept::Message, Concept::Payload, Concept::Marker]))
        })
}

impl Count {
    /// A count of `value` packets that the whole sentence is about.
    pub(super) fn of(value: u64, sentence: &Sentence) -> Count {
        Count {
            value,
            part: sentence.clone(),
            concludes: false,
            totals: false,
            says_packets: true,
            listed: false,
            sentence: 0,
            beside_frame: false,
            bracketed: false,
            superseded: false,
        }
    }
}
