//! How many packets: before the message, before the end marker, after it.

use super::super::language::{Concept, Reading, Sentence, Unit, Word, one_of};
use super::super::{Finding, Mark};
use super::Subject;
use super::packets::{About, Count, counts, decisive, enumerated, flags_in, successive, views, with_steps};
use crate::lab::definition::misconception::{Amounts, Sign};
use crate::lab::evidence::exchange::Exchange;

/// The right values for a count of the first `n` packets: with retransmissions and copies, and without them.
fn both_counts(x: &Exchange, n: usize) -> [u64; 2] {
    [n as u64, x.distinct(n) as u64]
}

fn wrong(says: &str, numbers: Vec<u64>, truths: Vec<u64>) -> Finding {
    let mut finding = Finding::new(Mark::Wrong, says);
    finding.wrong = numbers;
    finding.amounts = Amounts { truths, ..Amounts::default() };
    finding
}

/// Compares numbers with the right ones.
fn compared(numbers: Vec<u64>, truths: Vec<u64>) -> Finding {
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
        let all = decisive(counts(self.reading));
        // Counts of the packets after the message, or before the marker, do not answer this question.
        let other =
            |c: &Count| matches!(c.about(), Some(About::Marker | About::BehindMessage | About::Behind));
        let mut numbers: Vec<u64> = all.iter().filter(|c| !other(c)).map(|c| c.value).collect();
        if numbers.is_empty() {
            numbers = all.iter().map(|c| c.value).collect();
        }
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
            return Finding::new(Mark::Partly, "one of its numbers is not what the capture shows.");
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
            all.extend(self.reading.sentences.iter().filter_map(only_one));
        }
        if all.iter().all(|c| c.value != 0) {
            all.extend(self.reading.sentences.iter().filter_map(none_between));
        }
        all
    }

    pub(super) fn after_receipt(&self) -> Finding {
        let truths = self.values(|x| {
            let Some(n) = x.packets_after_receipt() else { return Vec::new() };
            let distinct = x.distinct(x.count()) - x.distinct(x.count() - n);
            vec![n as u64, distinct as u64]
        });
        if truths.is_empty() {
            return self.missing("an exchange to its end");
        }
        let all = decisive(counts(self.reading));
        let other =
            |c: &Count| matches!(c.about(), Some(About::Message | About::Marker | About::BehindMessage));
        let mut numbers: Vec<u64> = all.iter().filter(|c| !other(c)).map(|c| c.value).collect();
        if numbers.is_empty() {
            numbers = all.iter().map(|c| c.value).collect();
        }
        self.add_shown(&mut numbers, &truths);
        if numbers.is_empty()
            && let Some(n) = counted_by_flag(self.reading)
        {
            numbers.push(n);
        }
        if numbers.is_empty() && one_acknowledgement(self.reading) {
            numbers.push(1);
        }
        if numbers.is_empty()
            && let Some(n) = nothing_else(self.reading)
        {
            numbers.push(n);
        }
        self.last(last_is_said(self.reading), numbers, truths)
    }

    /// Adds a count where the text has no number: of packets named by their flags, or of rows copied out of the
    /// packet list.
    fn add_shown(&self, numbers: &mut Vec<u64>, truths: &[u64]) {
        let rows = Some(self.reading.rows.len() as u64).filter(|n| *n > 1);
        let fits = |n: &u64| truths.contains(n);
        let by_frames = || successive(self.reading).filter(fits);
        let shown = enumerated(self.reading).filter(fits).or_else(by_frames).or(rows);
        if numbers.is_empty() {
            numbers.extend(shown);
        }
    }

    /// The verdict on yes, no, and how many packets follow.
    fn last(&self, said: (bool, bool), numbers: Vec<u64>, truths: Vec<u64>) -> Finding {
        let is_last = truths.iter().all(|n| *n == 0);
        match said {
            (false, false) if numbers.is_empty() => match self.reading.has(Concept::After) {
                true => {
                    Finding::new(Mark::Partly, "that something follows is said, but not how many packets.")
                }
                false => Finding::new(Mark::Unread, "neither yes nor no can be read out of it."),
            },
            (true, true) => {
                Finding::new(Mark::Partly, "one sentence says that it is the last, another that it is not.")
            }
            (yes, no) if yes != is_last || no && is_last => {
                let only_number = !yes && !no;
                if only_number {
                    compared(numbers, truths)
                } else {
                    wrong("the capture shows the opposite.", numbers, truths).sign(Sign::SaysLast)
                }
            }
            _ if is_last => Finding::new(Mark::Right, "that is what the capture shows."),
            _ if numbers.is_empty() => {
                Finding::new(Mark::Partly, "yes or no is right; how many packets follow is missing.")
            }
            _ => {
                let mut finding = compared(numbers, truths);
                if finding.mark == Mark::Wrong {
                    finding.says =
                        "yes or no is right, but the capture shows another number of packets after it."
                            .into();
                }
                finding
            }
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
    let between = part.has(Concept::Between)
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
    let nothing = claim.words.iter().any(|w| one_of(&w.text, "nothing none nichts nada rien ninguno aucun"));
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

/// Whether the text says that the marker's packet is the last one, and whether it says that it is not; a text can say
/// both.
fn last_is_said(reading: &Reading) -> (bool, bool) {
    let (mut yes, mut no) = (false, false);
    for (n, sentence) in reading.sentences.iter().enumerate() {
        let first = sentence.words.iter().find(|w| !one_of(&w.text, "well probably i think"));
        if n == 0 || sentence.new_line || sentence.words.len() == 1 {
            yes |= first.is_some_and(|w| w.is(Concept::Yes));
            no |= first.is_some_and(|w| w.is(Concept::NoAnswer) || w.text == "not");
        }
        if sentence.words.len() <= 4 && sentence.has(Concept::Not) && !sentence.has(Concept::After) {
            no = true;
        }
        let (claim, _) = sentence.reason();
        yes |= n == 0 && it_is(&claim);
        for (i, word) in claim.words.iter().enumerate() {
            if word.is(Concept::Last) {
                let other = claim.any(&[Concept::Ack, Concept::Fin]) && !claim.has(Concept::Except)
                    || is_last_with_data(&claim, i)
                    || is_another(&claim, i)
                    || is_conceded(&claim, i);
                let denied = claim.is_denied(i) || is_denied_behind(&claim, i) || is_denied_afar(&claim, i);
                no |= denied;
                yes |= !denied && !other && !no_before(&claim, i);
            }
            if one_of(&word.text, "nothing nichts nada rien") && is_beside_after(&claim, i) {
                yes |= !claim.has(Concept::Except) && flags_in(&claim) == 0;
            }
        }
        no |= so_no(&claim);
    }
    (yes, no)
}

/// "Nothing comes after it", "danach kommt nichts": nothing stands beside a word for after.
fn is_beside_after(claim: &Sentence, at: usize) -> bool {
    let near = |i: &usize| claim.words.get(*i).is_some_and(|w| w.is(Concept::After));
    let apart = |i: usize| claim.words.get(i).is_some_and(Word::is_apart);
    let behind = (at + 1..at + 4).take_while(|i| !apart(*i)).any(|i| near(&i));
    behind || (at.saturating_sub(5)..at).rev().take_while(|i| !apart(*i + 1)).any(|i| near(&i))
}

/// Whether a denial follows in the same clause: "Das letzte Paket ist es nicht".
fn is_denied_behind(claim: &Sentence, at: usize) -> bool {
    let behind = claim.words.iter().skip(at + 1).take(5).take_while(|w| !w.is_apart());
    behind.into_iter().any(|w| one_of(&w.text, "nicht not pas"))
}

/// "I don't think that it is the last one": the denial stands in the clause above.
fn is_denied_afar(claim: &Sentence, at: usize) -> bool {
    const BELIEVES: &str = "think believe say call consider mean claim suppose guess glaube denke meine wurde nennen creo         diria pense crois dirais";
    let before = claim.words.get(..at).unwrap_or_default();
    let start = before.iter().rposition(|w| one_of(&w.text, "but aber pero mais")).map_or(0, |i| i + 1);
    let clause = before.get(start..).unwrap_or_default();
    clause.iter().enumerate().any(|(i, w)| {
        let near = clause.iter().skip(i.saturating_sub(2)).take(5);
        w.is(Concept::Not) && !w.is(Concept::NoAnswer) && near.into_iter().any(|n| one_of(&n.text, BELIEVES))
    })
}

/// Whether the whole claim is a short yes: "It is", "this is so".
fn it_is(claim: &Sentence) -> bool {
    let [it, is, ..] = claim.words.as_slice() else { return false };
    let agrees = one_of(&it.text, "that this das") && one_of(&is.text, "right correct true so stimmt");
    claim.words.len() < 4
        && (agrees
            || one_of(&it.text, "it this that es das lo c") && one_of(&is.text, "is was does ist war es est"))
        && !claim.has(Concept::Not)
}

/// Whether another packet than the marker's is named as the last: "The last packet is No. 10", "the last one is an
/// ACK".
fn is_another(claim: &Sentence, at: usize) -> bool {
    let behind = claim.words.get(at + 1..).unwrap_or_default();
    let is = behind.iter().take(3).position(|w| one_of(&w.text, "is was ist war es est"));
    is.is_some_and(|i| {
        behind.iter().skip(i + 1).take(3).any(|w| {
            w.number.is_some_and(|_| !w.article)
                || w.concepts.any(&[Concept::Ack, Concept::Fin])
                || one_of(&w.text, "number frame nummer numero")
        })
    })
}

/// "Even though it's the last thing our programs say": what is granted, not what is claimed. "4, counting the
/// last" is about another packet.
fn is_conceded(claim: &Sentence, at: usize) -> bool {
    let before = claim.words.get(..at).unwrap_or_default();
    let counted = before.iter().rev().take(2).any(|w| one_of(&w.text, "counting including incl"));
    counted || before.iter().any(|w| one_of(&w.text, "though although obwohl obgleich aunque bien quoique"))
}

/// Whether "last" is only about packets with data: "The last packet that carries data".
fn is_last_with_data(claim: &Sentence, at: usize) -> bool {
    let behind =
        claim.words.get(at + 1..).unwrap_or_default().iter().take(6).take_while(|w| !w.gap.contains(','));
    let behind: Vec<_> = behind.collect();
    let of = |w: &&&Word| one_of(&w.text, "with that which mit con avec qui que das");
    behind.iter().any(|w| of(&w)) && behind.iter().any(|w| w.is(Concept::Payload))
        || behind.first().is_some_and(|w| w.is(Concept::Payload))
}

/// How many packets a sentence counts by their flags, each flag with its number: "Two FIN packets follow".
fn counted_by_flag(reading: &Reading) -> Option<u64> {
    let counts = |s: &&Sentence| {
        let counted = s.amounts().iter().any(|a| a.unit == Unit::Flags && a.value > 1);
        let open = s.words.iter().any(|w| one_of(&w.text, "acks some several"));
        counted && !open && s.has(Concept::After)
    };
    let sentence = reading.sentences.iter().find(counts)?;
    // Another sentence may name further packets.
    let elsewhere = reading.sentences.iter().filter(|s| flags_in(s) > 0).count() > 1;
    Some(flags_in(sentence)).filter(|_| !elsewhere)
}

/// Whether a sentence says that exactly one packet follows: "It is followed by an ACK".
fn one_acknowledgement(reading: &Reading) -> bool {
    let one = |s: &Sentence| {
        s.words.windows(4).any(|w| {
            let [follows, by, an, ack] = w else { return false };
            one_of(&follows.text, "followed gefolgt suivi seguido")
                && one_of(&by.text, "by von par por")
                && one_of(&an.text, "an one its the einem un su")
                && ack.is(Concept::Ack)
        })
    };
    // "One ACK comes after it", "only the ACK follows".
    let comes = |s: &Sentence| {
        let single = |i: usize| {
            (1..=2).any(|n| {
                i.checked_sub(n)
                    .and_then(|b| s.words.get(b))
                    .is_some_and(|w| w.number == Some(1) || w.is(Concept::Only))
            })
        };
        let ack = s.words.iter().enumerate().any(|(i, w)| w.is(Concept::Ack) && single(i));
        ack && s.has(Concept::After)
    };
    reading.sentences.iter().any(|s| one(s) || comes(s))
        && !reading.has(Concept::Fin)
        && !reading.has(Concept::Close)
}

/// How many packets a sentence names before it says that nothing else follows: "The ACK, and then nothing".
fn nothing_else(reading: &Reading) -> Option<u64> {
    let is = |s: &&Sentence| s.words.iter().any(|w| one_of(&w.text, "nothing nichts nada rien"));
    reading.sentences.iter().find(is).map(flags_in).filter(|n| *n > 0)
}

/// Whether the claim concludes with a no: "…, so no".
fn so_no(claim: &Sentence) -> bool {
    let at = claim.words.iter().position(|w| w.is(Concept::NoAnswer));
    at.is_some_and(|i| i > 0 && claim.words.get(i - 1).is_some_and(|w| w.is(Concept::Conclude)))
}

/// Whether a no precedes the word at `at`: in "No, the last packet is …", the words behind it are about another
/// packet.
fn no_before(claim: &Sentence, at: usize) -> bool {
    claim.words.iter().take(at).any(|w| w.is(Concept::NoAnswer))
}
