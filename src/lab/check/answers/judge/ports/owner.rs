//! Finds the owner of a port in the words around its number. `at`, `before` and `next` are indices of words: the
//! port, the port before it, and the port after it or the end.

use super::super::super::language::{Concept, Sentence, Unit, Word, one_of};
use crate::lab::evidence::exchange::Side;

/// Bounds of the ranges from which systems take ephemeral ports; these numbers are not read as ports of a connection.
const RANGES: [u64; 5] = [1024, 32768, 49152, 60999, 65535];

/// What an owner may be called.
const PARTIES: [Concept; 4] = [Concept::Host, Concept::Guest, Concept::Client, Concept::Server];

/// The side that a word names, by its part or by its activity: "65432 is used by whichever machine is receiving".
pub(super) fn side_or_deed(word: &Word) -> Option<Side> {
    match word.text.as_str() {
        "receiving" | "listening" => Some(Side::Server),
        "sending" | "connecting" => Some(Side::Client),
        _ => side(word),
    }
}

/// The side that a word names.
pub(super) fn side(word: &Word) -> Option<Side> {
    match (word.is(Concept::Client), word.is(Concept::Server)) {
        (true, false) => Some(Side::Client),
        (false, true) => Some(Side::Server),
        _ => None,
    }
}

/// The ports that a sentence names, each with the index of its word.
pub(super) fn port_places(sentence: &Sentence) -> Vec<(usize, u16)> {
    let bytes: Vec<usize> = sentence
        .amounts()
        .iter()
        .filter(|a| matches!(a.unit, Unit::Bytes | Unit::Packets))
        .map(|a| a.at)
        .collect();
    let is = |(i, w): (usize, &Word)| {
        let n =
            w.number.filter(|n| (1025..=65535).contains(n) && !RANGES.contains(n) && !bytes.contains(&i))?;
        Some((i, u16::try_from(n).ok()?))
    };
    sentence.words.iter().enumerate().filter_map(is).collect()
}

/// Words that may stand between a port and its owner: "37818 on the host", "65432 is the guest's".
fn links(word: &Word) -> bool {
    const LINKS: &str = "of at on in by for the is as a an its belongs used uses os where which was s my der des vom am auf beim dem den gehort ist als del de en el la es como du sur chez le l est comme von machine side por par belonging whichever whoever when system program open offen abierto ouvert waiting listening waits listens dabei hier also jeweils aqui ici sont les son los sind die receive function funktion script python code";
    one_of(&word.text, LINKS)
}

/// The owner named after a port: "37818 (host)", "65432 of the guest".
pub(super) fn behind<T>(
    sentence: &Sentence,
    at: usize,
    next: usize,
    owner_first: bool,
    of: impl Fn(&Word) -> Option<T>,
) -> Option<T> {
    let bracket = bracket_behind(sentence, at);
    // "(host to guest)" gives the packet's direction, not the port's owner.
    let inside = sentence.words.get(at + 1..bracket.max(at + 1)).unwrap_or_default();
    if inside.iter().any(|w| w.is(Concept::Host)) && inside.iter().any(|w| w.is(Concept::Guest)) {
        return None;
    }
    if let Some(owner) = in_apposition(sentence, at).and_then(&of) {
        return Some(owner);
    }
    for i in at + 1..next {
        let word = sentence.words.get(i)?;
        let within = i > at + 1 && i < bracket;
        let comma = !within && (word.gap.contains([',', '/', '|']) || word.is_after_arrow());
        if comma && word.text != "where" && !belongs_behind(sentence, i) {
            return None;
        }
        // In "37818 an Gast" the guest is the destination; in "65432 for the host's message" the host owns the
        // message.
        let leads = word.text == "an" && sentence.words.get(i + 1).is_some_and(|w| of(w).is_some());
        let of_message = sentence.words.get(i + 1).is_some_and(|w| w.is(Concept::Message) && !w.is_apart());
        if leads || of_message && of(word).is_some() {
            return None;
        }
        if !within && is_bound(sentence, i) {
            return None;
        }
        if let Some(owner) = of(word) {
            let touches = i == at + 1 && !word.gap.contains('(');
            return (!touches || !owner_first).then_some(owner);
        }
        let neutral = word.concepts.any(&[
            Concept::Port,
            Concept::Host,
            Concept::Guest,
            Concept::Client,
            Concept::Server,
        ]);
        // "65432 belongs to the host and 37818 to the guest".
        let belongs = one_of(&word.text, "to a au al zum")
            && sentence.says("belongs belong gehort gehoren pertenece appartient");
        if !links(word)
            && !neutral
            && !within
            && !belongs
            && !belongs_behind(sentence, i)
            && !word.gap.contains('(')
        {
            return None;
        }
    }
    None
}

/// The word between commas behind a port, "38200, guest, and 65432, host", where every port of the sentence has one.
fn in_apposition(sentence: &Sentence, at: usize) -> Option<&Word> {
    let word = |i: usize| sentence.words.get(i);
    let closes = |i: usize| word(i).is_none_or(|w| w.gap.starts_with(',') && w.number.is_none());
    let has = |i: usize| {
        word(i + 1).is_some_and(|w| w.gap.trim() == "," && (w.concepts.any(&PARTIES) || w.address.is_some()))
            && closes(i + 2)
    };
    port_places(sentence).iter().all(|(i, _)| has(*i)).then(|| word(at + 1)).flatten()
}

/// "37818, which belongs to the host", "37818, that is the host's": a clause about the port's owner begins at the word.
fn belongs_behind(sentence: &Sentence, at: usize) -> bool {
    let relative =
        sentence.words.get(at).is_some_and(|w| one_of(&w.text, "which that this it der die das que qui ce"));
    // "37818, that's the host": the verb is a part of its word.
    let short = |w: &Word| one_of(&w.text, "the our my");
    let verb = |w: &Word| {
        short(w) && sentence.words.get(at).is_some_and(|r| one_of(&r.text, "that this it"))
            || one_of(&w.text, "belongs belonged is was s gehort ist war pertenece es appartient est etait")
    };
    relative && sentence.words.get(at + 1).is_some_and(verb)
}

/// "…, where the client is the host": what the word is, not whose the port.
fn is_bound(sentence: &Sentence, at: usize) -> bool {
    let is = sentence.words.get(at + 1).is_some_and(|w| one_of(&w.text, "is was ist war es era est etait"));
    let is = is && sentence.words.get(at).is_some_and(|w| w.concepts.any(&PARTIES));
    is && sentence.words.iter().skip(at + 2).take(2).any(|w| w.concepts.any(&PARTIES))
}

/// The word before a bracket that holds a port and nothing else: "the host (37818)", "host (port 37818)".
pub(super) fn before_bracket(sentence: &Sentence, at: usize) -> Option<&Word> {
    let closed = sentence.words.get(at + 1).is_none_or(|w| w.gap.starts_with(')'));
    let is_port = |i: usize| {
        i == at || sentence.words.get(i).is_some_and(|w| w.is(Concept::Port) || w.is(Concept::Tcp))
    };
    let opened = (0..=at)
        .rev()
        .take_while(|i| is_port(*i))
        .find(|i| sentence.words.get(*i).is_some_and(|w| w.gap.ends_with('(')))?;
    sentence.words.get(opened.checked_sub(1)?).filter(|_| closed)
}

/// The last word of the brackets that open behind a port, as in "37818 (host, client)"; `at` where none open.
pub(super) fn bracket_behind(sentence: &Sentence, at: usize) -> usize {
    if sentence.words.get(at + 1).is_none_or(|w| w.gap.trim() != "(") {
        return at;
    }
    let closes = |i: &usize| sentence.words.get(*i).is_none_or(|w| w.gap.contains(')'));
    (at + 2..=sentence.words.len()).find(closes).unwrap_or(at)
}

/// The side by the purpose that follows a port: "65432 to send", "37818 for receiving".
pub(super) fn purpose(sentence: &Sentence, at: usize, next: usize) -> Option<Side> {
    let to = sentence.words.get(at + 1).filter(|w| one_of(&w.text, "to for zum para pour"))?;
    let verb = sentence.words.get(at + 2).filter(|_| at + 2 < next && !to.is_apart())?;
    match (verb.is(Concept::Send), verb.is(Concept::Receive)) {
        (true, false) => Some(Side::Client),
        (false, true) => Some(Side::Server),
        _ => None,
    }
}

/// The side by the verb and preposition before a port: "Sent from 65432", "angenommen auf 37818".
pub(super) fn by_deed(sentence: &Sentence, at: usize) -> Option<Side> {
    let before = sentence.words.get(at.saturating_sub(6)..at).unwrap_or_default();
    let port = |w: &&Word| {
        w.concepts.any(&[Concept::Port, Concept::Change, Concept::Ephemeral, Concept::Stay])
            || one_of(&w.text, "the its their a an der dem den seinem einem le la el un")
    };
    let leaves = |w: &Word| one_of(&w.text, "leaves leave left verlasst sale salen sort quitte");
    let preposition = before.iter().rev().find(|w| !port(w))?;
    let deeds = [Concept::Send, Concept::Receive, Concept::Listen];
    let verb = before.iter().rev().skip(1).find(|w| w.concepts.any(&deeds) || leaves(w))?;
    if leaves(verb)
        && one_of(&preposition.text, "through via from by over uber durch von por desde par depuis")
    {
        return Some(Side::Client);
    }
    let from = one_of(&preposition.text, "from von vom desde depuis");
    let on = one_of(&preposition.text, "on at auf an en sur")
        || verb.is(Concept::Listen) && one_of(&preposition.text, "to in por");
    // A reply goes in the opposite direction, so its verb says nothing about the side.
    let answer = before.iter().any(|w| {
        w.concepts.any(&[Concept::Swap, Concept::Confirm, Concept::Marker])
            || one_of(&w.text, "answers answered answering responds responded contesta responde repond")
    });
    match (verb.is(Concept::Send), verb.concepts.any(&[Concept::Receive, Concept::Listen])) {
        (true, false) if from && !answer => Some(Side::Client),
        (false, true) if on && !answer => Some(Side::Server),
        _ => None,
    }
}

/// The side by the verb and preposition after a port: "65432 is what the sender sends from", "37818, from which …".
pub(super) fn deed_behind(sentence: &Sentence, at: usize, next: usize) -> Option<Side> {
    let words = sentence.words.get(at + 1..next)?;
    let relative = |w: &Word| one_of(&w.text, "what which where that");
    let clause = words.iter().take(5).position(relative)?;
    let behind =
        words.get(clause..)?.iter().enumerate().take_while(|(i, w)| *i == 0 || !w.gap.contains([',', '(']));
    let behind: Vec<&Word> = behind.map(|(_, w)| w).collect();
    let has = |concepts: &[Concept]| behind.iter().any(|w| w.concepts.any(concepts));
    // "That is waiting on 65432": the preposition leads to the next port.
    let whole = at + 1 + clause + behind.len() < next || next == sentence.words.len();
    let last = behind.last().filter(|_| whole).map_or("", |w| w.text.as_str());
    match last {
        "from" if has(&[Concept::Send]) => Some(Side::Client),
        "on" | "at" if has(&[Concept::Receive, Concept::Listen]) => Some(Side::Server),
        _ => None,
    }
}

/// The owner named before a port: "the host uses 37818". Words before another port count only where `across` allows
/// it: "host: 37818 and 65432". After "to" or an arrow, the owner of the port comes behind it. `of` gets each word
/// with its index.
pub(super) fn ahead<T>(
    sentence: &Sentence,
    at: usize,
    before: Option<usize>,
    across: bool,
    of: impl Fn(usize, &Word) -> Option<T>,
) -> Option<T> {
    for i in (0..=at).rev() {
        let word = sentence.words.get(i)?;
        if i < at
            && let Some(owner) = of(i, word)
        {
            // "65432 for the host's message, and 38200 …": the host owns the message that went to the port before.
            let of_message =
                sentence.words.get(i + 1).is_some_and(|w| w.is(Concept::Message) && !w.is_apart());
            return Some(owner).filter(|_| !(of_message && before.is_some_and(|b| b < i)));
        }
        // "It connects to it out of 37818" leads to no port.
        let pronoun =
            sentence.words.get(i + 1).is_some_and(|n| one_of(&n.text, "it him them ihm ihr el lui"));
        let leads = i < at && one_of(&word.text, "to towards into an zu zum hacia vers al au") && !pronoun;
        let known = i < at && word.is(Concept::Find) && !word.is(Concept::Port);
        if leads || known || word.is_after_arrow() || before == Some(i) && !across {
            return None;
        }
    }
    None
}

/// The word before the nearest comma that precedes the word at `at`.
pub(super) fn comma_before(sentence: &Sentence, at: usize) -> Option<usize> {
    let comma = (1..=at).rev().find(|i| sentence.words.get(*i).is_some_and(|w| w.gap.contains(',')))?;
    // "… to the guest as the caller, and 65432 to the host": the clause before ends at the comma.
    let and = sentence.words.get(comma).is_some_and(|w| one_of(&w.text, "and und y et"));
    Some(if and { comma } else { comma - 1 })
}

/// Whether an arrow or "to" leads from this port to the next one, or from the port before to this one.
pub(super) fn directed(sentence: &Sentence, at: usize, before: Option<usize>, next: Option<usize>) -> bool {
    let near = |at: usize, words: &[&str]| {
        (1..=3).any(|n| {
            at.checked_sub(n)
                .and_then(|i| sentence.words.get(i))
                .is_some_and(|w| words.contains(&w.text.as_str()))
        })
    };
    let leads = |from: usize, to: usize| {
        // "From port 37818, which its system had picked, to port 65432".
        if near(from, &["from", "von", "vom", "desde", "de", "depuis"])
            && near(to, &["to", "an", "zu", "al", "a", "vers", "au"])
        {
            return true;
        }
        // "src 37818 dst 65432"
        if near(from, &["src", "source", "quelle", "origen"])
            && near(to, &["dst", "dest", "destination", "ziel", "destino"])
        {
            return true;
        }
        let between = sentence.words.get(from + 1..=to).unwrap_or_default();
        between.iter().any(|w| w.is_after_arrow() || one_of(&w.text, "to an zu zum nach a al vers au"))
            && !between.iter().any(|w| w.gap.contains(','))
    };
    before.is_some_and(|b| leads(b, at)) || next.is_some_and(|n| leads(at, n))
}
