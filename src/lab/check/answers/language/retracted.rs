//! Removes what an answer says only to take it back: "at first we counted 4, but …", "one might think that …".

use super::one_of;
use super::text::{Sentence, Word};
use crate::lab::definition::vocabulary::Concept;

/// A sentence without what it takes back; `None` if nothing is left.
pub(super) fn without(sentence: &Sentence) -> Option<Sentence> {
    if (0..sentence.words.len()).any(|i| is_of_another_person(&sentence.words, i)) {
        return None;
    }
    let sentence = &real(&contrasted(sentence))?;
    let Some(at) = (0..sentence.words.len()).find(|i| is_taken_back(&sentence.words, *i)) else {
        return Some(sentence.clone());
    };
    let clause = (1..=at).rev().find(|i| sentence.words.get(*i).is_some_and(|w| w.gap.contains([',', '('])));
    // In "Not 1460 as I thought: 1448" and "I first had 4, so 3" the words after the mark are a claim of their own.
    let aside = (1..=at)
        .rev()
        .take(3)
        .any(|i| sentence.words.get(i).is_some_and(|w| one_of(&w.text, "as wie como comme like than que")));
    let resumes =
        (at..sentence.words.len()).find(|i| sentence.words.get(*i).is_some_and(is_but)).or_else(|| {
            let mark = |w: &Word| {
                w.gap.contains([':', '–', '—']) || w.gap.contains(" - ") || aside && w.gap.contains(',')
            };
            (at + 1..sentence.words.len()).find(|i| sentence.words.get(*i).is_some_and(mark)).map(|i| i - 1)
        });
    let mut words = sentence.words.get(..clause.unwrap_or(0)).unwrap_or_default().to_vec();
    // In "… but not 4" the denial stays; the rest is a claim of its own.
    words.extend(
        sentence.words.get(resumes.map_or(sentence.words.len(), |i| i + 1)..).unwrap_or_default().to_vec(),
    );
    (!words.is_empty()).then_some(Sentence { words, new_line: sentence.new_line })
}

/// A sentence without what did not happen: "It would have been 2 had the ACK come with the message". `None` if nothing
/// is left.
fn real(sentence: &Sentence) -> Option<Sentence> {
    let parts = sentence.parts(Word::is_apart);
    let Some(unreal) = (0..parts.len()).find(|i| is_unreal(parts.get(*i..).unwrap_or_default())) else {
        return Some(sentence.clone());
    };
    // The condition may stand in the part before: "If the guest had held it back, it would be none".
    let words: Vec<Word> = parts.iter().take(unreal).flat_map(|p| p.words.clone()).collect();
    (!words.is_empty()).then_some(Sentence { words, new_line: sentence.new_line })
}

/// Whether the first of these parts begins a condition that was not met, or what would have followed from it.
fn is_unreal(parts: &[Sentence]) -> bool {
    let Some(part) = parts.first() else { return false };
    let text = |i: usize| part.words.get(i).map_or("", |w| w.text.as_str());
    let all = || parts.iter().flat_map(|p| &p.words);
    let in_part = |words: &str| part.words.iter().any(|w| one_of(&w.text, words));
    let would = all().any(|w| one_of(&w.text, "would wouldn d wurde wurden habria hubiera aurait aurais"));
    let would_have =
        part.words.windows(2).any(|w| matches!(w, [a, b] if a.text == "would" && b.text == "have"));
    let if_had = one_of(text(0), "if had") && in_part("had") && would;
    let had = all().any(|w| w.text == "had");
    // "Hätte der Gast …", "wäre END …": the verb at the beginning.
    let german = one_of(text(0), "hatte ware waren") && parts.len() > 1;
    let french = text(0) == "si"
        && in_part("etait avait hubiera")
        && all().any(|w| w.text.ends_with("rait") || w.text.ends_with("ria"));
    would_have && (had || in_part("if")) || if_had || german || french
}

/// Rewrites a contrast to what it affirms: "It is not the host that has it but the guest" to "it is the guest that
/// has it", "neither 4 nor 5 but 3" to "3".
fn contrasted(sentence: &Sentence) -> Sentence {
    let words = &sentence.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.text.as_str());
    let named = |w: &Word| {
        w.number.is_some_and(|_| !w.article)
            || w.concepts.any(&[Concept::Host, Concept::Guest, Concept::Client, Concept::Server])
    };
    let find = || {
        // "No, 4 come, but …" answers the question.
        let answers = |i: usize| text(i) == "no" && words.get(i + 1).is_some_and(Word::is_apart);
        let denies = |i: &usize| one_of(text(*i), "not neither nicht weder no ni pas") && !answers(*i);
        let not = (0..words.len()).find(denies)?;
        let but = (not + 2..words.len()).find(|i| one_of(text(*i), "but sondern sino mais"))?;
        let between = words.get(not + 1..but)?;
        // The denied words follow at once: "not the host", "nor 1460".
        let close = between.iter().take(2).any(named) && between.len() <= 12;
        (close && !between.iter().any(|w| w.gap.contains([';', ':']))).then_some((not, but))
    };
    let Some((not, but)) = find() else { return sentence.clone() };
    let which = |i: &usize| one_of(text(*i), "that who which die der das que qui");
    let rest = (not + 2..but).find(which).unwrap_or(but);
    let ends = |i: &usize| words.get(*i).is_some_and(|w| w.gap.contains([',', ';', ':', '(']));
    let end = (but + 2..words.len()).find(ends).unwrap_or(words.len());
    let part = |from: usize, to: usize| words.get(from..to).unwrap_or_default().to_vec();
    let new = [part(0, not), part(but + 1, end), part(rest, but), part(end, words.len())].concat();
    Sentence { words: new, new_line: sentence.new_line }
}

fn is_but(word: &Word) -> bool {
    one_of(&word.text, "but however yet aber jedoch doch sondern pero sino mais pourtant")
}

/// "My neighbour has 4": another one's capture.
fn is_of_another_person(words: &[Word], at: usize) -> bool {
    let is =
        |i: Option<usize>, names: &str| i.and_then(|i| words.get(i)).is_some_and(|w| one_of(&w.text, names));
    let who = is(
        Some(at),
        "neighbour neighbor friend classmate nachbar nachbarin freund voisin voisine ami amie vecino amigo companero",
    );
    // "The partner" may be the other end of the connection, and with "and I" the author counted, too.
    let partner = is(Some(at), "partner teammate mate partnerin kommilitone kommilitonin binome companera")
        && is(at.checked_sub(1), "my our mein meine unser mon ma mi")
        && !is(Some(at + 1), "and und et y");
    (who || partner)
        && words.iter().skip(at + 1).take(3).any(|w| {
            one_of(
                &w.text,
                "has had got counted says said swore thought insisted believed hat hatte zahlt meinte behauptete a avait \
                 compte etait disait tiene tenia decia",
            )
        })
}

/// Whether "I wanted to", "ich wollte" precedes a verb.
fn person_far(words: &[Word], at: usize) -> bool {
    words.get(at.saturating_sub(4)..at).unwrap_or_default().windows(2).any(|w| {
        matches!(w, [person, wanted] if one_of(&person.text, "i we ich wir") && one_of(&wanted.text, "wanted meant wollte wollten"))
    })
}

/// Whether the word at `at` is the verb of a belief that the author has given up.
fn is_taken_back(words: &[Word], at: usize) -> bool {
    let Some(word) = words.get(at) else { return false };
    let near = |n: usize, of: &[&str]| {
        (1..=n).any(|n| {
            at.checked_sub(n).and_then(|i| words.get(i)).is_some_and(|w| of.contains(&w.text.as_str()))
        })
    };
    let person = near(
        3,
        &["i", "we", "you", "one", "they", "my", "our", "ich", "wir", "man", "yo", "je", "nous", "on"],
    );
    let around =
        |names: &str| words.iter().skip(at.saturating_sub(4)).take(9).any(|w| one_of(&w.text, names));
    // "Had 4 here, because …", "thought 3 at first": the person is left out.
    if at == 0
        && one_of(&word.text, "had thought wrote put")
        && words.get(1).is_some_and(|w| w.number.is_some())
    {
        return true;
    }
    // "We nearly wrote 4", "j'avais d'abord répondu quatre", "zuerst hatte ich 1461 stehen".
    let nearly = near(2, &["nearly", "almost", "beinahe", "fast", "casi", "presque"]);
    if nearly && one_of(&word.text, "wrote put answered said counted geschrieben gezahlt")
        || one_of(&word.text, "avais avait avions") && around("abord")
        || one_of(&word.text, "hatte hatten") && around("zuerst anfangs zunachst")
        || one_of(&word.text, "habia habiamos puse pusimos conte escribi") && around("primero principio")
    {
        return true;
    }
    // "My first idea, that it closes the connection, does not hold".
    if one_of(&word.text, "idea guess theory assumption idee vermutung annahme suposicion")
        && near(2, &["first", "my", "our", "erste", "meine", "mi", "primera", "premiere", "ma"])
        && words.iter().any(|w| w.is(Concept::Not) || one_of(&w.text, "wrong false falsch falsa fausse"))
    {
        return true;
    }
    match word.text.as_str() {
        "thought" | "bet" | "believed" | "expected" | "assumed" | "supposed" | "guessed" | "dachte"
        | "dachten" | "glaubte" | "glaubten" | "vermutet" | "vermuteten" | "erwartet" | "erwarteten" => {
            person && !near(1, &["as", "wie"])
        }
        "attendais" | "attendait" | "attendions" | "creia" | "creiamos" | "pensaba" | "pensabamos"
        | "esperaba" | "esperabamos" | "pensais" | "pensait" | "pensions" | "croyais" | "croyait"
        | "croyions" => true,
        "think" | "believe" | "expect" | "say" | "guess" | "assume" | "denken" | "meinen" | "glauben"
        | "pensar" | "creer" | "penser" | "croire" => {
            // "I would say that …" is a careful claim; "one would say" reports what others believe.
            let own = near(3, &["i", "we", "ich", "wir", "yo", "je", "nous"]);
            near(2, &["might", "could", "would", "may", "konnte", "podria", "pourrait"]) && !own
                || near(2, &["wrong", "mistake", "incorrect", "tempting", "falsch"])
        }
        // "I wanted to answer the host, but …".
        "answer" | "write" | "put" | "antworten" | "schreiben" => {
            person_far(words, at) && words.iter().skip(at).any(is_but)
        }
        "counted" | "had" | "got" | "wrote" | "took" | "count" | "said" | "answered" => {
            // "If you count from the first SYN" takes nothing back.
            let names = [Concept::Syn, Concept::Packet, Concept::Message, Concept::Handshake];
            let alone = |i: usize| words.get(i + 1).is_none_or(|next| !next.concepts.any(&names));
            let first = |i: usize| words.get(i).is_some_and(|w| w.text == "first") && alone(i);
            let soon = (at + 1..at + 6).any(first);
            person
                && (soon || near(4, &["first", "initially", "originally"]))
                && words.iter().take(at).all(|w| !w.is(Concept::Exchange))
        }
        _ => false,
    }
}
