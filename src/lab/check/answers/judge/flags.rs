//! How many packets an answer names one by one: by their flags, or by their frames.

use super::super::language::{Concept, Reading, Sentence, Word, one_of};

/// How many packets an enumeration of flags names, such as 4 for "ACK, FIN,ACK, FIN,ACK and ACK"; `None` if no
/// sentence names two or more.
pub(super) fn enumerated(reading: &Reading) -> Option<u64> {
    reading.sentences.iter().filter_map(of_flags).max().filter(|n| *n > 1)
}

/// How many frames the text names one by one, in succession: "frame 7 acknowledges it, frame 8 is the host's FIN, frame
/// 9 …". `None` for fewer than three.
pub(super) fn successive(reading: &Reading) -> Option<u64> {
    let frames: Vec<u64> = reading.sentences.iter().flat_map(Sentence::frames).collect();
    // "It acknowledges the marker (7), sends its FIN (8), …".
    let bracketed: Vec<u64> = reading.sentences.iter().flat_map(in_brackets).collect();
    let longest = |all: &[u64]| all.chunk_by(|a, b| a + 1 == *b).map(<[u64]>::len).max();
    let in_a_row = reading.sentences.iter().map(|s| longest(&in_a_row(s))).max().flatten();
    longest(&frames).max(longest(&bracketed)).max(in_a_row).filter(|n| *n > 2).map(|n| n as u64)
}

/// The numbers of a sentence that stand directly behind each other: "7 8 9 10 come later".
fn in_a_row(sentence: &Sentence) -> Vec<u64> {
    let number = |i: usize| sentence.words.get(i).and_then(|w| w.number.filter(|n| (6..1000).contains(n)));
    let beside = |i: &usize| number(i + 1).is_some() || i.checked_sub(1).is_some_and(|b| number(b).is_some());
    (0..sentence.words.len()).filter(beside).filter_map(number).collect()
}

/// The numbers that stand alone in brackets.
fn in_brackets(sentence: &Sentence) -> impl Iterator<Item = u64> + '_ {
    let closes = |i: usize| sentence.words.get(i).is_none_or(|w| w.gap.starts_with(')'));
    let alone = move |(i, w): (usize, &Word)| w.number.filter(|_| w.gap.ends_with('(') && closes(i + 1));
    sentence.words.iter().enumerate().filter_map(alone)
}

/// How many packets a sentence names by their flags; 0 if it names none.
pub(super) fn flags_in(sentence: &Sentence) -> u64 {
    of_flags(sentence).unwrap_or(0)
}

fn of_flags(sentence: &Sentence) -> Option<u64> {
    let flags = [Concept::Syn, Concept::Ack, Concept::Fin, Concept::Rst];
    // Beside two FINs, "an acknowledgement" is one more packet of the close.
    let fins = sentence.words.iter().filter(|w| w.is(Concept::Fin)).count();
    let is_packet = |i: usize| {
        let article =
            |w: &Word| one_of(&w.text, "the an one another final last its first more ein die der una un");
        let before = i.checked_sub(1).and_then(|b| sentence.words.get(b));
        fins > 1 && before.is_some_and(article)
    };
    let is_flag = |i: usize| {
        let flag = |w: &Word| w.concepts.any(&flags) && (!w.is(Concept::Confirm) || is_packet(i));
        sentence.words.get(i).is_some_and(flag)
    };
    let places: Vec<usize> = (0..sentence.words.len()).filter(|i| is_flag(*i)).collect();
    let apart = |i: usize| {
        let Some(w) = sentence.words.get(i) else { return true };
        let joined = i > 0 && is_flag(i - 1);
        !joined
            || w.gap.contains(", ")
            || w.gap.contains(" + ")
            || w.gap.contains('\n')
            || w.gap.contains(['→', '>'])
    };
    let marked = places.iter().skip(1).any(|i| apart(*i));
    let mut total = 0;
    for (n, i) in places.iter().enumerate() {
        let space = sentence.words.get(*i).is_some_and(|w| w.gap == " ");
        if n == 0 || apart(*i) || space && !marked {
            let times = i
                .checked_sub(1)
                .and_then(|b| sentence.words.get(b))
                .and_then(|w| w.number.filter(|_| !w.article));
            total += times.filter(|n| *n < 10).unwrap_or(1);
        }
    }
    (total > 0).then_some(total)
}
