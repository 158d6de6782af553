//! Whether the packet with the end marker is the last one, and how many packets follow it.

use super::super::language::{Concept, Reading, Sentence, Unit, Word, one_of};
use super::super::{Finding, Mark};
use super::Subject;
use super::counts::{compared, wrong};
use super::flags::flags_in;
use super::packets::{About, claimed};
use crate::lab::definition::misconception::Sign;

impl Subject<'_> {
    pub(super) fn after_receipt(&self) -> Finding {
        let truths = self.values(|x| {
            let Some(n) = x.packets_after_receipt() else { return Vec::new() };
            let distinct = x.distinct(x.count()) - x.distinct(x.count() - n);
            vec![n as u64, distinct as u64]
        });
        if truths.is_empty() {
            return self.missing("an exchange to its end");
        }
        let mut numbers = claimed(self.reading, &[About::Message, About::Marker, About::BehindMessage]);
        self.add_shown(&mut numbers, &truths);
        if numbers.is_empty()
            && let Some(n) = counted_by_flag(self.reading)
        {
            numbers.push(n);
        }
        if numbers.is_empty() {
            numbers.extend(rest_of(self.reading));
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
        no |= n == 0 && it_is_not(&claim);
        for (i, word) in claim.words.iter().enumerate() {
            if word.is(Concept::Last) {
                // "The server always has to close last" is about the close.
                let closes = claim.has(Concept::Close)
                    && claim.any(&[Concept::Server, Concept::Client, Concept::Listen])
                    && !claim.has(Concept::Marker);
                let other = closes
                    || claim.any(&[Concept::Ack, Concept::Fin]) && !claim.has(Concept::Except)
                    || is_last_with_data(&claim, i)
                    || is_another(&claim, i)
                    || is_conceded(&claim, i);
                let denied = claim.is_denied(i) || is_denied_behind(&claim, i) || is_denied_afar(&claim, i);
                no |= denied;
                yes |= !denied && !other && !no_before(&claim, i);
            }
            if one_of(&word.text, "nothing nichts nada rien")
                && is_beside_after(&claim, i)
                && !is_left_to_send(&claim, i)
            {
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

/// "Each side says that it has nothing more to send": that is why it closes, not that no packet follows.
fn is_left_to_send(claim: &Sentence, at: usize) -> bool {
    let behind = claim.words.get(at + 1..).unwrap_or_default().iter().take(3);
    behind.take_while(|w| !w.is_apart()).collect::<Vec<_>>().windows(2).any(|w| {
        matches!(w, [to, verb] if one_of(&to.text, "to zu que a por") && verb.concepts.any(&[Concept::Send, Concept::Tell]))
    })
}

/// Whether a denial follows in the same clause: "Das letzte Paket ist es nicht".
fn is_denied_behind(claim: &Sentence, at: usize) -> bool {
    let behind = claim.words.iter().skip(at + 1).take(5).take_while(|w| !w.is_apart());
    behind.into_iter().any(|w| one_of(&w.text, "nicht not pas"))
}

/// "I don't think that it is the last one": the denial stands in the clause above.
fn is_denied_afar(claim: &Sentence, at: usize) -> bool {
    const BELIEVES: &str = "think believe say call consider mean claim suppose guess glaube denke meine wurde nennen creo \
        diria pense crois dirais";
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

/// "It isn't, there is more to come", "das ist es nicht".
fn it_is_not(claim: &Sentence) -> bool {
    let part = claim.parts(Word::is_apart).into_iter().next().unwrap_or_default();
    let text = |i: usize| part.words.get(i).map_or("", |w| w.text.as_str());
    part.words.len() < 5
        && one_of(text(0), "it this that das es")
        && one_of(text(1), "is was does ist war")
        && part.words.last().is_some_and(|w| w.is(Concept::Not))
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
        let open = s.says("acks some several");
        counted && !open && s.has(Concept::After)
    };
    let sentence = reading.sentences.iter().find(counts)?;
    // Another sentence may name further packets.
    let elsewhere = reading.sentences.iter().filter(|s| flags_in(s) > 0).count() > 1;
    Some(flags_in(sentence)).filter(|_| !elsewhere)
}

/// How many packets follow by "It is number 6 of 10 packets": those behind its place.
fn rest_of(reading: &Reading) -> Option<u64> {
    reading.sentences.iter().flat_map(|s| s.words.windows(3)).find_map(|w| {
        let [place, of, all] = w else { return None };
        let place = place.number.filter(|_| !place.article).or(place.ordinal)?;
        let all = all.number.filter(|_| one_of(&of.text, "of von de"))?;
        (place < all).then(|| all - place)
    })
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
    let is = |s: &&Sentence| s.says("nothing nichts nada rien");
    reading.sentences.iter().find(is).map(flags_in).filter(|n| *n > 0)
}

/// Whether the claim concludes with a no: "…, so no".
fn so_no(claim: &Sentence) -> bool {
    let at = claim.words.iter().position(|w| w.is(Concept::NoAnswer));
    // "Therefore no more packets are needed."
    let of_things = |i: &usize| claim.words.get(i + 1).is_some_and(|w| !w.is_apart());
    let at = at.filter(|i| !of_things(i));
    at.is_some_and(|i| i > 0 && claim.words.get(i - 1).is_some_and(|w| w.is(Concept::Conclude)))
}

/// Whether a no precedes the word at `at`: in "No, the last packet is …", the words behind it are about another
/// packet.
fn no_before(claim: &Sentence, at: usize) -> bool {
    claim.words.iter().take(at).any(|w| w.is(Concept::NoAnswer))
}
