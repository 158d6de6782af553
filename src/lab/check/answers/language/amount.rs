//! Tells numbers that count (packets, bytes, characters) from numbers that only name something, such as a frame.

use super::one_of;
use super::text::{Sentence, Word};
use crate::lab::definition::vocabulary::Concept;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Unit {
    /// Packets, frames or segments.
    Packets,
    Bytes,
    Characters,
    /// Packets with a certain flag: `2 FINs`.
    Flags,
    /// Something else, such as the 3 of "3-way".
    Other,
    /// The text does not say.
    Unsaid,
}

/// A number that counts something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Amount {
    pub(in super::super) value: u64,
    pub(in super::super) unit: Unit,
    /// Index of its word in the sentence.
    pub(in super::super) at: usize,
    /// Whether the value is the length of a list of frames, such as 4 for "frames 7–10".
    pub(in super::super) listed: bool,
}

impl Sentence {
    /// The numbers that count something, in order. Numbers of frames, steps and layers do not count, but a list of
    /// frames gives its length.
    pub(in super::super) fn amounts(&self) -> Vec<Amount> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(word) = self.words.get(at) {
            if let Some((next, listed)) = self.named(at) {
                found.extend(listed.map(|value| Amount { value, unit: Unit::Packets, at, listed: true }));
                at = next;
                continue;
            }
            if let Some(value) = word.number
                && !self.is_field(at)
                && !self.is_replaced(at)
                && !self.is_range_of_frames(at)
                && !self.is_in_succession(at)
                && !self.is_in_square_brackets(at)
                && !self.is_in_chain(at)
            {
                // "There are 6 packets, 1 to 6": the range is the same six.
                if let Some(end) = self.range_of(at, found.last()) {
                    at = end;
                    continue;
                }
                let unit = match self.unit(at) {
                    Unit::Unsaid => self.shared_unit(at),
                    unit => unit,
                };
                if !word.article || self.is_count(at, unit) {
                    found.push(Amount { value, unit, at, listed: false });
                }
            } else if word.is(Concept::Not)
                && self.words.get(at + 1..).unwrap_or_default().iter().take(3).any(|w| w.is(Concept::Packet))
                && (word.is(Concept::NoAnswer) && !word.is_apart_next(self, at)
                    || one_of(&word.text, "kein keine ningun aucun")
                    || word.text == "not" && self.words.get(at + 1).is_some_and(|w| w.text == "any"))
                && self.words.get(at + 1..).unwrap_or_default().iter().take(2).all(|w| w.number.is_none())
            {
                found.push(Amount { value: 0, unit: Unit::Packets, at, listed: false });
            }
            at += 1;
        }
        found
    }

    /// Whether a number is the value of a header field or a label, such as `Seq=1` (but `12=1448` is arithmetic).
    fn is_field(&self, at: usize) -> bool {
        let Some(word) = self.words.get(at) else { return false };
        let back = |n: usize| at.checked_sub(n).and_then(|i| self.words.get(i));
        let before = back(1);
        // "A length above 0", "greater than zero", "len>0": what is compared, not counted.
        let over = |n: usize| back(n).is_some_and(|b| b.is(Concept::Over));
        let than = before.is_some_and(|b| one_of(&b.text, "than als que"));
        let compared = word.number == Some(0) && (over(1) || than && over(2))
            || at > 0 && one_of(word.gap.trim(), "> < >= <= == !=");
        // "#4" is a packet's number in the list.
        // "The length, which is 0 in all three".
        let is_length = |b: &Word| one_of(&b.text, "length len lange longueur longitud");
        let length = (1..=5).any(|n| back(n).is_some_and(is_length));
        // "tcp.len is 0 in all of them and becomes 28 in no. 4".
        let becomes = before
            .is_some_and(|b| one_of(&b.text, "becomes become jumps wird springt pasa devient sube"))
            && self.words.iter().take(at).any(is_length);
        // "In number 4, where tcp.len is 28".
        let unsaid = self.unit(at) == Unit::Unsaid;
        let of_len = unsaid && (1..=3).any(|n| back(n).is_some_and(|b| b.text == "len"));
        // "The SYN in frame 1, the SYN-ACK in 2".
        let of_packet = before.is_some_and(|b| one_of(&b.text, "in im en dans"))
            && unsaid
            && back(2)
                .is_some_and(|b| b.concepts.any(&[Concept::Syn, Concept::Ack, Concept::Fin, Concept::Rst]));
        // "The marker is frame 6, and 16 the second time".
        let frame_too = word.number.is_some_and(|n| n > 10)
            && before.is_some_and(|b| one_of(&b.text, "and und y et"))
            && back(2).is_some_and(|b| b.number.is_some())
            && back(3).is_some_and(|b| b.is(Concept::Frame));
        // "You see it again in 18 and 19", "in 14 it is the other way round": no connection has so many packets.
        let led = |n: usize| back(n).is_some_and(|b| one_of(&b.text, "in im en dans"));
        let high = word.number.is_some_and(|n| n > 10 && n < 100) && unsaid;
        let in_frame = high && (led(1) || led(3) && back(2).is_some_and(|b| b.number.is_some()));
        compared || becomes || of_len || of_packet || frame_too || in_frame || word.gap.ends_with('#')
            || word.number == Some(0) && length
            || before.is_some_and(|b| {
                word.gap.trim() == ":" && one_of(&b.text, "seq ack len win mss ws tsval tsecr")
            })
            || word.gap == "="
            && before
                .is_some_and(|b| b.number.is_none() && !b.concepts.any(&[Concept::Packet, Concept::Total]))
            // "Frame 4, resp. 14": the second one is a frame, too.
            || word.number.is_some_and(|n| n > 10) && before.is_some_and(|b| one_of(&b.text, "resp bzw"))
            || before.is_some_and(|b| {
                one_of(&b.text, "step schritt paso etape layer rfc section figure question q stream task version ipv")
            })
            || before.is_some_and(|b| {
                one_of(&b.text, "connection exchange verbindung conexion connexion echange intercambio austausch round runde ronda message nachricht mensaje") && word.gap.trim().is_empty()
                    && word.number.is_some_and(|n| n < 3)
                    && !self.is_counted_from(at)
            })
    }

    /// The end of a range that begins at `at` and is as long as the amount before it; `None` where none begins.
    fn range_of(&self, at: usize, before: Option<&Amount>) -> Option<usize> {
        let number = |i: usize| self.words.get(i).and_then(|w| w.number);
        let joins = |i: usize| self.words.get(i).is_some_and(|w| one_of(&w.text, "to bis through a"));
        let dash = |i: usize| self.words.get(i).is_some_and(|w| one_of(w.gap.trim(), "- – —"));
        let last = if joins(at + 1) {
            at + 2
        } else if dash(at + 1) {
            at + 1
        } else {
            return None;
        };
        let length = (number(last)? + 1).checked_sub(number(at)?)?;
        (length > 1 && before.is_some_and(|b| b.value == length && !b.listed)).then_some(last + 1)
    }

    /// Whether a number is that of a packet in a chain: "1,2,3 handshake -> 4 hello -> 5 ack -> 6 END".
    fn is_in_chain(&self, at: usize) -> bool {
        let is_link = |i: usize| {
            self.words
                .get(i)
                .is_some_and(|w| w.is_after_arrow() && !w.gap.contains("=>") && w.number.is_some())
                && self.words.get(i + 1).is_some_and(|w| w.number.is_none() && !w.is(Concept::Packet))
        };
        let first = (0..self.words.len()).find(|i| is_link(*i));
        let links = (0..self.words.len()).filter(|i| is_link(*i)).count();
        links > 1 && (is_link(at) || first.is_some_and(|first| at < first))
    }

    /// Whether a number ends a part that says from where it counts: the 1 of "since the message 1".
    fn is_counted_from(&self, at: usize) -> bool {
        let ends = self.words.get(at + 1).is_none_or(Word::is_apart);
        let before = self.words.get(at.saturating_sub(3)..at).unwrap_or_default();
        ends && before.iter().any(|w| w.is(Concept::From))
    }

    /// Whether the text names a number only to reject it: the 6 in "5, not 6", the 4 in "3 instead of 4".
    fn is_replaced(&self, at: usize) -> bool {
        let before =
            |n: usize| at.checked_sub(n).and_then(|i| self.words.get(i)).map_or("", |w| w.text.as_str());
        let apart = self.words.get(at).is_some_and(Word::is_apart);
        let but = self.words.iter().skip(at + 1).any(|w| one_of(&w.text, "but sondern sino mais"));
        // In "Number six of ten" neither the position nor the whole is a count.
        let whole = before(1) == "of"
            && at
                .checked_sub(2)
                .and_then(|i| self.words.get(i))
                .is_some_and(|w| w.number.is_some() || w.ordinal.is_some());
        let the_two = before(1) == "the"
            && self.words.get(at).is_some_and(|w| w.number == Some(2))
            && self.unit(at) == Unit::Unsaid;
        // "4 of these were sent before" is a part of a number that was counted already.
        let text = |n: usize| self.words.get(at + n).map_or("", |w| w.text.as_str());
        let behind = self.words.iter().skip(at + 3).take(3);
        let part = text(1) == "of"
            && one_of(text(2), "these them those")
            && self.words.get(at + 3).is_some_and(|w| !w.is_apart())
            && !behind.clone().any(|w| w.concepts.any(&[Concept::After, Concept::Between]));
        part || whole
            || the_two
            || !apart
                && match (before(2), before(1)) {
                    (_, "not" | "nicht")
                    | ("instead" | "rather", "of" | "than")
                    | ("en", "vez")
                    | ("lieu", "de") => true,
                    (_, "statt" | "anstatt") => true,
                    (_, "no" | "pas") => but,
                    _ => false,
                }
    }

    /// Whether "one" is a count here, and no article or pronoun.
    fn is_count(&self, at: usize, unit: Unit) -> bool {
        let before = at.checked_sub(1).and_then(|i| self.words.get(i));
        let next = self.words.get(at + 1);
        let apart = self.words.get(at).is_some_and(Word::is_apart);
        // "The END one".
        let is_the_one = |b: &Word| {
            b.concepts.any(&[Concept::Marker, Concept::Message, Concept::Payload])
                && self.words.get(at).is_some_and(|w| w.text == "one" && !w.gap.contains(':'))
                && at
                    .checked_sub(2)
                    .and_then(|i| self.words.get(i))
                    .is_some_and(|w| one_of(&w.text, "the a an"))
        };
        let pronoun = before.filter(|_| !apart).is_some_and(|b| {
            one_of(&b.text, "no the this that which each every any first second last third next other exchange connection step round as some another side direction message port case") || b.ordinal.is_some()
                || is_the_one(b)
        });
        let of = next.is_some_and(|n| {
            one_of(&n.text, "of der de des that which who go swoop s side would way counts looks starts begins sees might can could has does with") && !n.is_apart()
        });
        // "One of them after the payload".
        let only = before.is_some_and(|b| b.is(Concept::Only));
        let of_them = next.is_some_and(|n| n.text == "of")
            && (only
                || self
                    .words
                    .get(at + 3)
                    .is_some_and(|w| w.concepts.any(&[Concept::After, Concept::Between])));
        // "A single one does".
        let single =
            before.is_some_and(|b| one_of(&b.text, "single lone einziges einzige solo sola seul seule"));
        // "Just the one, a SYN".
        let just_the = before.is_some_and(|b| b.text == "the")
            && at
                .checked_sub(2)
                .and_then(|i| self.words.get(i))
                .is_some_and(|b| one_of(&b.text, "just only"))
            && next.is_none_or(|n| n.is_apart() || one_of(&n.text, "if when"));
        if of_them && !pronoun || single || just_the {
            return true;
        }
        // "4 more. One acknowledges the END itself": one of those.
        let acts = at == 0
            && next.is_some_and(|n| {
                one_of(&n.text, "acknowledges confirms closes carries says ends bestatigt schliesst")
            });
        if acts {
            return false;
        }
        if pronoun || of {
            return false;
        }
        let spare =
            matches!(self.words.get(at).map(|w| w.text.as_str()), Some("one" | "uno" | "eins" | "eines"));
        match unit {
            Unit::Packets => true,
            Unit::Flags => spare || before.is_some_and(|b| b.is(Concept::Only)),
            // "Un depuis le message".
            Unit::Unsaid => {
                next.is_some_and(|n| one_of(&n.text, "depuis desde ab entre apres despues"))
                    || spare
                    || before.is_some_and(|b| b.is(Concept::Only))
                    || next.is_some_and(|n| n.is(Concept::Only))
            }
            _ => false,
        }
    }

    /// The unit that a number shares with the next one: "3 or 4 packets".
    fn shared_unit(&self, at: usize) -> Unit {
        let joins = |w: &Word| one_of(&w.text, "or to bis oder o u a ou");
        let (Some(next), Some(then)) = (self.words.get(at + 1), self.words.get(at + 2)) else {
            return Unit::Unsaid;
        };
        if joins(next) && !next.is_apart() && then.number.is_some_and(|_| !then.article) {
            return self.unit(at + 2);
        }
        let range = next.number.is_some() && one_of(next.gap.trim(), "- – — / ..");
        if range { self.unit(at + 1) } else { Unit::Unsaid }
    }

    /// The unit that the words after a number name.
    pub(super) fn unit(&self, at: usize) -> Unit {
        const BESIDE: &str = "other more further additional extra distinct last final letztes letzter letzte letzten dernier ultimo tcp such total single of small empty weitere andere einziges seul solo autres otros mas noch different whole separate preceding ordinary normal plain usual";
        for word in self.words.get(at + 1..).unwrap_or_default().iter().take(3) {
            // "3-way", but not "3 - SYN, SYN/ACK, ACK".
            if !word.gap.chars().all(|c| c.is_whitespace() || "-*".contains(c)) || word.gap.contains(" - ") {
                break;
            }
            // "Two with SYN and a plain ACK".
            let flag = |n: &Word| n.concepts.any(&[Concept::Syn, Concept::Ack, Concept::Fin, Concept::Rst]);
            if one_of(&word.text, "with mit con avec are is sind ist son")
                && self.words.iter().skip(at + 2).take(2).any(flag)
            {
                return Unit::Flags;
            }
            // "3 handshake ones", "three opening packets".
            let kind = word.is(Concept::Handshake)
                && self.words.iter().skip(at + 2).take(1).any(|n| n.text == "ones" || n.is(Concept::Packet));
            if one_of(&word.text, BESIDE) || kind {
                continue;
            }
            return counted(word);
        }
        Unit::Unsaid
    }
}

impl Word {
    /// Whether punctuation separates the word after this one: "No, packets follow".
    fn is_apart_next(&self, sentence: &Sentence, at: usize) -> bool {
        sentence.words.get(at + 1).is_some_and(Word::is_apart)
    }
}

fn counted(word: &Word) -> Unit {
    if word.text == "ones" {
        return Unit::Packets;
    }
    // "28 B".
    if word.text == "b" && word.gap == " " {
        return Unit::Bytes;
    }
    const OTHERS: &str = "os pc computer computers program programs programm way ways mal time times connection connections message messages side sides machine machines second seconds ms millisecond milliseconds millisekunde millisekunden milisegundo milisegundos milliseconde bit bits reading readings exchange exchanges port ports step steps host hosts option options programs runs attempts tries attempt try recordings captures minutes hours days terminals windows people students exercises anlaufe versuche intentos essais tentatives directions handshake handshakes verbindungen seiten maschinen puertos veces fois sekunden numbers figures counts values results answers zahlen werte cifras chiffres";
    if word.is(Concept::Packet) {
        Unit::Packets
    } else if word.is(Concept::Byte) {
        Unit::Bytes
    } else if word.is(Concept::Character) {
        Unit::Characters
    } else if word.concepts.any(&[Concept::Fin, Concept::Ack, Concept::Syn, Concept::Rst]) {
        Unit::Flags
    } else if one_of(&word.text, OTHERS) {
        Unit::Other
    } else {
        Unit::Unsaid
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BUILT_IN, Reading, Said};
    use super::*;

    fn amounts(text: &str) -> Vec<(u64, Unit)> {
        let reading = Reading::of(text, &Said::default(), &BUILT_IN);
        reading.sentences.iter().flat_map(Sentence::amounts).map(|a| (a.value, a.unit)).collect()
    }

    fn values(text: &str) -> Vec<u64> {
        amounts(text).iter().map(|(n, _)| *n).collect()
    }

    #[test]
    fn thousands_are_read_in_english_and_in_german_and_decimals_are_no_counts() {
        assert_eq!(values("1,448 or 1.448 or 1'448 or 1448"), [1448; 4]);
        assert!(values("1,5 and 2.25 and 40,000s").is_empty());
        assert_eq!(values("99999999999999999999999"), [1 << 40], "what follows it can still be added");
        assert_eq!(values("37818,65432"), [37818, 65432]);
    }

    #[test]
    fn long_number_words_are_read_in_four_languages() {
        assert_eq!(values("one thousand four hundred and forty-nine bytes"), [1449]);
        assert_eq!(values("tausendvierhundertneunundvierzig Bytes"), [1449]);
        assert_eq!(values("mil cuatrocientos cuarenta y nueve bytes"), [1449]);
        assert_eq!(values("mille quatre cent quarante-neuf octets"), [1449]);
        assert_eq!(values("port thirty-seven thousand eight hundred and eighteen (37818)"), [37818, 37818]);
    }

    #[test]
    fn numbers_of_frames_addresses_and_fields_are_no_counts() {
        assert!(values("packet 4; step 3; frame 11; Seq=1 Len=28; 4th; Q3; IPv4").is_empty());
        assert_eq!(values("192.168.56.1:44150 to 192.168.56.101, 65432/tcp, 192.168.122."), [44150, 65432]);
        assert_eq!(values("3 packets, see frame 11. Then 2."), [3, 2]);
        assert_eq!(values("1460 - 12=1448"), [1460, 12, 1448]);
    }

    #[test]
    fn a_list_of_frames_counts_as_long_as_it_is() {
        assert_eq!(values("frames 7–10 follow"), [4]);
        assert_eq!(values("Frames 1, 2 and 3"), [3]);
        assert_eq!(values("frames 7-10, 17-20"), [4]);
        assert_eq!(values("four more | 7-10, 17-20"), [4]);
        assert_eq!(values("Pakete 1 bis 3"), [3]);
        assert_eq!(values("It is 5 packets, the numbers 1 to 5"), [5, 5]);
    }

    #[test]
    fn one_is_a_count_only_where_it_counts() {
        assert_eq!(values("one packet"), [1]);
        assert_eq!(values("exactly one between them"), [1]);
        assert_eq!(values("Only one of them, the ACK in frame 5 or 15, is between"), [1]);
        assert_eq!(values("un seul paquet, ein Paket, una trama"), [1, 1, 1]);
        assert!(values("the fourth one is the one that has it; one of them; in exchange one").is_empty());
        assert_eq!(values("There are no packets before it"), [0]);
    }

    #[test]
    fn units_follow_the_number() {
        assert_eq!(amounts("3 other packets, 28 bytes"), [(3, Unit::Packets), (28, Unit::Bytes)]);
        assert_eq!(
            amounts("2 FINs. 1449B. 3-way"),
            [(2, Unit::Flags), (1449, Unit::Bytes), (3, Unit::Other)]
        );
    }
}
