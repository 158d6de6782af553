//! Numbers that name frames, steps or layers and count nothing: "frame 4", "No. 7 to 10", "(17 to 20)".

use super::amount::Unit;
use super::one_of;
use super::text::{Sentence, Word};
use crate::lab::definition::vocabulary::Concept;

/// Numbers of frames behind a word such as "frames".
struct List {
    /// Index of the word after the last number.
    end: usize,
    /// The lengths of its runs: 4 and 4 for "7-10, 17-20".
    runs: Vec<u64>,
    /// Whether the numbers name one frame in each exchange, as in "6 / 16".
    alternatives: bool,
}

impl List {
    /// How many frames the list names; of equal runs, one for each exchange, how many one run names. `None` for a
    /// single frame.
    fn length(&self) -> Option<u64> {
        let each = self.runs.first().filter(|n| **n > 1 && self.runs.iter().all(|m| m == *n));
        let count = each.copied().unwrap_or_else(|| self.runs.iter().sum());
        (count > 1 && !self.alternatives).then_some(count)
    }
}

impl Sentence {
    /// The numbers that name one frame each, in order.
    pub(in super::super) fn frames(&self) -> Vec<u64> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            let Some((next, listed)) = self.named(at) else {
                at += 1;
                continue;
            };
            // "After No. 6 there come No. 7 to 10": the first one only says where they begin.
            let after = at
                .checked_sub(1)
                .and_then(|b| self.words.get(b))
                .is_some_and(|w| one_of(&w.text, "after behind nach hinter tras apres"));
            if after && listed.is_none() {
                at = next;
                continue;
            }
            let numbers = self.words.get(at..next).unwrap_or_default().iter().filter_map(|w| w.number);
            found.extend(numbers.take(usize::from(listed.is_none())));
            at = next;
        }
        found
    }

    /// Numbers that name frames, steps or layers, where the word at `at` begins such a name: the index of the word
    /// after them, and the length if they are a list of frames. `None` if no name begins here.
    pub(super) fn named(&self, at: usize) -> Option<(usize, Option<u64>)> {
        let word = self.words.get(at)?;
        let number = self.is_word_for_number(at);
        if !(word.is(Concept::Frame) || is_name(&word.text) || number) {
            return None;
        }
        let mut next = at + 1;
        // "packet number 4", "frames No. 7 to 10"
        while self.words.get(next).is_some_and(|w| one_of(&w.text, "number numbers no nr num nummer numero"))
        {
            next += 1;
        }
        let first = self.words.get(next)?;
        // In "3 packets, 28 bytes" and "packets: 3" the numbers name no frames.
        if !first.gap.trim_matches(|c: char| c.is_whitespace() || "#(.".contains(c)).is_empty() {
            return None;
        }
        let list = self.list(next + 1, first.number.filter(|_| !first.article)?);
        let length = list.length().filter(|_| word.is(Concept::Frame) || number);
        Some((list.end, length))
    }

    /// Whether the word at `at` says that a frame's number follows: "No. 5 lies between", but not "No. 5 packets
    /// follow"; "the numbers 1 to 5", but not "the port numbers 37818 and 38200".
    fn is_word_for_number(&self, at: usize) -> bool {
        let Some(word) = self.words.get(at) else { return false };
        let before = at.checked_sub(1).and_then(|i| self.words.get(i));
        let next = self.words.get(at + 1);
        let abbreviated = word.text == "no"
            && next.is_some_and(|n| n.number.is_some() && n.gap.starts_with('.'))
            && matches!(self.unit(at + 1), Unit::Unsaid | Unit::Flags);
        let several = one_of(&word.text, "numbers nummern numeros")
            && before.is_some_and(|b| one_of(&b.text, "the die los les with"))
            && next.and_then(|n| n.number).is_some_and(|n| n < 1000);
        one_of(&word.text, "nr num") || abbreviated || several
    }

    /// The numbers from the word at `next` on that go on a list whose first number is `last`.
    fn list(&self, mut next: usize, mut last: u64) -> List {
        let text = |i: usize| self.words.get(i).map_or("", |w| w.text.as_str());
        let number = |i: usize| self.words.get(i).and_then(|w| w.number);
        let (mut runs, mut alternatives) = (vec![1], false);
        loop {
            // "Frame 5 or 15": one in each exchange.
            if one_of(text(next), "or oder o ou resp bzw") && number(next + 1).is_some_and(|n| n > last) {
                alternatives = true;
                next += 2;
                continue;
            }
            let word_between = one_of(text(next), "and to through und bis y a et until");
            let at = next + usize::from(word_between);
            let Some((gap, value)) = self.words.get(at).and_then(|w| Some((w.gap.trim(), w.number?))) else {
                break;
            };
            // "Frames 6 / 16": one in each exchange.
            if gap == "/" && value > last {
                alternatives = true;
                next += 1;
                continue;
            }
            let counted_on = gap.is_empty() && !word_between && value == last + 1;
            let plain = gap.is_empty() && word_between || counted_on || one_of(gap, ", - – — & + ,# ..");
            // "3 packets, 28 bytes": the number after the comma has its own unit.
            let has_unit = matches!(self.unit(at), Unit::Bytes | Unit::Packets | Unit::Characters);
            if !plain || value <= last || has_unit {
                break;
            }
            let range = one_of(gap, "- – — ..") || word_between && !one_of(text(next), "and und y et");
            let step = if range { value - last } else { 1 };
            let goes_on = range || value == last + 1 || runs == [1];
            match runs.last_mut() {
                Some(run) if goes_on => *run += step,
                _ => runs.push(1),
            }
            (last, next) = (value, at + 1);
        }
        List { end: next, runs, alternatives }
    }

    /// Whether a number is one of at least three that follow each other and count nothing: "these are 7 (the host
    /// confirms), 8 (its FIN), 9 (the other one)". They are numbers of frames; the first counts are lower.
    pub(super) fn is_in_succession(&self, at: usize) -> bool {
        let number = |i: usize| {
            let word = self.words.get(i)?;
            word.number.filter(|_| !word.article && matches!(self.unit(i), Unit::Unsaid | Unit::Flags))
        };
        // "9 the guest's FIN, which acknowledges 8": a frame that was named before.
        let mut all: Vec<(usize, u64)> = Vec::new();
        for (i, n) in (0..self.words.len()).filter_map(|i| Some((i, number(i)?))) {
            if !(n > 5 && all.iter().any(|(_, known)| *known == n)) {
                all.push((i, n));
            }
        }
        let runs = all.chunk_by(|(_, a), (_, b)| a + 1 == *b);
        // "1 (host asks), 2 (guest agrees), 3 (host agrees)".
        let explained = |i: usize| self.words.get(i + 1).is_some_and(|w| w.gap.trim() == "(");
        let names = |run: &&[(usize, u64)]| {
            run.first().is_some_and(|(_, n)| *n > 5) || run.iter().all(|(i, _)| explained(*i))
        };
        let is = |(i, n): &(usize, u64)| *i == at || *n > 5 && number(at) == Some(*n);
        runs.filter(|run| run.len() > 2 && names(run)).any(|run| run.iter().any(is))
    }

    /// `The marker is in [6]`, `[1]-[5]`, `[17-20]`: a number or range in square brackets names frames, beside other
    /// words.
    pub(super) fn is_in_square_brackets(&self, at: usize) -> bool {
        let gap = |i: usize| self.words.get(i).map_or("", |w| w.gap.as_str());
        let is_number = |i: usize| self.words.get(i).is_some_and(|w| w.number.is_some());
        let opens = |i: usize| gap(i).trim_end().ends_with('[');
        let closed = |i: usize| gap(i + 1).starts_with(']') || i + 1 == self.words.len();
        let single = opens(at) && closed(at);
        let first = opens(at) && is_number(at + 1) && closed(at + 1);
        let last = at.checked_sub(1).is_some_and(|i| opens(i) && is_number(i)) && closed(at);
        let alone = self.words.iter().all(|w| w.number.is_some());
        (single || first || last) && !alone && matches!(self.unit(at), Unit::Unsaid | Unit::Flags)
    }

    /// "The same in 17-20", "(17 to 20)", "#1: 7-10": a range so high, or behind the number of an exchange, is one of
    /// frames.
    pub(super) fn is_range_of_frames(&self, at: usize) -> bool {
        let word = |i: usize| self.words.get(i);
        let of_exchange = |i: usize| {
            let label = i.checked_sub(1).and_then(word);
            word(i).is_some_and(|w| w.gap.trim() == ":")
                && label.is_some_and(|l| l.gap.ends_with('#') && l.number.is_some_and(|n| n < 10))
        };
        let number = |i: usize| word(i).and_then(|w| w.number).filter(|n| (6..1000).contains(n));
        let is_dash = |i: usize| word(i).is_some_and(|w| one_of(w.gap.trim(), "- – —"));
        // "7-10, 17-20": the same in both exchanges.
        let in_both = |last: usize| {
            let joined = word(last + 1).is_some_and(|w| w.gap.trim() == ",");
            joined && number(last + 1).is_some_and(|n| n > 10) && is_dash(last + 2)
        };
        let to = |i: usize| word(i).is_some_and(|w| one_of(&w.text, "to bis through a"));
        // "8-10 is closing": which packets close, not how many.
        let acts = |i: usize, last: usize| {
            let begins = i == 0 || word(i).is_some_and(Word::is_apart);
            let verb = |w: &Word| w.is(Concept::Close) || one_of(&w.text, "is are belong sind ist son sont");
            begins && word(last + 1).is_some_and(verb)
        };
        // Index of the last word of a range that begins at `i`.
        let end = |i: usize| {
            let last = if is_dash(i + 1) {
                i + 1
            } else if to(i + 1) {
                i + 2
            } else {
                return None;
            };
            let rises = number(i)
                .zip(number(last))
                .is_some_and(|(a, b)| a < b && (a > 10 || of_exchange(i) || in_both(last) || acts(i, last)));
            let counts = !matches!(self.unit(last), Unit::Unsaid | Unit::Flags);
            (rises && !counts).then_some(last)
        };
        end(at).is_some() || (1..=2).any(|n| at.checked_sub(n).and_then(end) == Some(at))
    }
}

fn is_name(word: &str) -> bool {
    one_of(
        word,
        "step steps layer question figure rfc section stream task version line number nummer numero schritt paso etape page",
    )
}
