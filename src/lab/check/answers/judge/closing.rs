//! What an answer says about closing: that the marker closes the connection, or that one side closes first.

use super::super::language::{Concept as C, Sentence, Word, one_of};

/// "A server may not close before its client": one order of closing as a rule of TCP.
fn must_wait(sentence: &Sentence) -> bool {
    const MAY: &str = "permitted allowed allow allows let lets may can darf lasst kann puede deja peut laisse erlaubt permitido permite permis \
        autorise";
    let may_not = sentence.words.iter().enumerate().any(|(i, w)| {
        let behind = sentence.words.iter().skip(i + 1).take(2).any(|n| n.is(C::Not));
        one_of(&w.text, MAY) && (behind || sentence.is_denied(i) || sentence.has(C::Only))
    });
    // "The server has to wait for that, it is never the first to send its FIN."
    let waits = sentence.says_phrase(&[
        "never the first",
        "be the first",
        "makes it wait",
        "must be the second",
        "has to be the second",
        "has to wait",
        "have to wait",
        "must wait",
        "muss warten",
        "debe esperar",
        "doit attendre",
    ]);
    let one_side = sentence.has(C::Server) || sentence.says_phrase(&["that accepted", "who accepted"]);
    if waits && sentence.any(&[C::Close, C::Fin]) && one_side && !sentence.has(C::Marker) {
        return true;
    }
    // "The sender can only close after it has got the marker" is true.
    let both = sentence.has(C::Client) && sentence.has(C::Server) && !sentence.has(C::Marker);
    let order = sentence.any(&[C::Before, C::After, C::Last]) || sentence.says("until bis hasta jusqu erst");
    may_not && both && sentence.any(&[C::Close, C::Fin]) && order
}

/// "The server always closes second": one order, which is a race between two programs, taken for a rule.
pub(super) fn closes_in_order(sentence: &Sentence) -> bool {
    must_wait(sentence)
        || has_fixed_order(sentence)
        || sentence.parts(Word::is_apart).iter().any(has_fixed_order)
}

/// "Always the client first": the order of the FINs as a rule, in a sentence or a part of one.
fn has_fixed_order(sentence: &Sentence) -> bool {
    let always = |w: &Word| one_of(&w.text, "always immer siempre toujours stets");
    let order = |w: &Word| w.concepts.any(&[C::Last, C::First, C::Second]) || w.ordinal.is_some();
    let (claim, _) = sentence.reason();
    sentence.any(&[C::Client, C::Server])
        && sentence.any(&[C::Close, C::Fin])
        && sentence.words.iter().any(always)
        && sentence.words.iter().any(order)
        && !sentence.any(&[C::Both])
        && !claim.words.iter().any(|w| w.is(C::Not) && !w.is(C::NoAnswer))
}

/// Whether a sentence takes the receipt for a FIN: "To close the connection", "it would stay open otherwise", "that
/// is a goodbye".
pub(super) fn closes(sentence: &Sentence) -> bool {
    const FAREWELLS: &str = "bye goodbye byebye farewell tschuss tschuess adios despide despedida despedirse \
        verabschiedet verabschieden verabschiedung";
    if sentence.has(C::Fin) {
        return false;
    }
    let (claim, reason) = sentence.reason();
    let in_reason = reason.is_some();
    // "Otherwise it would stay open", "without it the connection never ends".
    let left_open = sentence.has(C::Except)
        && sentence.any(&[C::Connection, C::Party])
        && (sentence
            .words
            .windows(2)
            .any(|w| matches!(w, [stay, open] if stay.is(C::Stay) && open.is(C::Open)))
            || sentence.any(&[C::Close, C::EndVerb]) && sentence.has(C::Not));
    // "If the receiver does not send it, the connection does not end."
    let nots = sentence.words.iter().filter(|w| w.is(C::Not)).count();
    let unless = sentence.says("if wenn falls si")
        && nots > 1
        && sentence.has(C::Connection)
        && sentence.any(&[C::Close, C::EndVerb]);
    // "Then the connection can be closed, that's what it is for."
    let purpose = sentence.words.last().is_some_and(|w| one_of(&w.text, "for da"))
        && sentence.words.iter().rev().take(7).any(|w| one_of(&w.text, "what dafur"))
        && sentence.any(&[C::Close]);
    let farewell = |i: usize, w: &Word| one_of(&w.text, FAREWELLS) && !sentence.is_denied(i);
    left_open
        || unless
        || purpose
        || sentence
            .words
            .iter()
            .enumerate()
            .any(|(i, w)| farewell(i, w) || is_closing(sentence, i, in_reason && i >= claim.words.len()))
}

/// Whether a word says that the marker closes the connection.
fn is_closing(sentence: &Sentence, at: usize, in_reason: bool) -> bool {
    let Some(word) = sentence.words.get(at) else { return false };
    let about = sentence.has(C::Connection);
    let to = (1..=2).any(|n| {
        at.checked_sub(n)
            .and_then(|b| sentence.words.get(b))
            .is_some_and(|w| one_of(&w.text, "to zu para pour um must debe doit"))
    });
    let strong = word.is(C::Close) && (about || to || in_reason || with_it(sentence, at));
    let weak = word.is(C::EndVerb) && !word.is(C::Marker) && about;
    let earlier = sentence.words.get(..at).unwrap_or_default();
    let other = earlier.iter().rev().take(5).take_while(|w| !w.is(C::Because)).any(|w| {
        w.concepts.any(&[C::Before, C::After, C::Then, C::Possible]) && !w.is(C::Last) && !comes_last(earlier)
    });
    let sender = earlier.iter().rev().take(3).any(|w| w.is(C::Client));
    (strong || weak) && !sentence.is_denied(at) && (!other || with_it(sentence, at)) && !sender
}

/// Whether the words say that the marker comes last, and so name no packet after it: "It comes last and closes".
fn comes_last(words: &[Word]) -> bool {
    words.windows(2).any(|w| matches!(w, [comes, last] if comes.is(C::After) && last.is(C::Last)))
}

/// Whether the sentence says that the marker itself closes: "Hanging up with it", "damit legt er auf", "it hangs up".
fn with_it(sentence: &Sentence, at: usize) -> bool {
    let word = sentence.words.get(at).map_or("", |w| w.text.as_str());
    let participle = ["ing", "ando", "iendo", "ant", "end"].iter().any(|e| word.ends_with(e));
    let by_it = |w: &Word| {
        one_of(
            &w.text,
            "damit dadurch hiermit so thus thereby ainsi asi it its that this con avec es das eso cela endmarker marker",
        )
    };
    let near = sentence.words.get(at.saturating_sub(4)..at).unwrap_or_default();
    // "He hangs up with it", "that is how the line gets closed".
    let behind = sentence.words.iter().skip(at + 1).take(3).take_while(|w| !w.is_apart());
    let with = behind.collect::<Vec<_>>().windows(2).any(|w| {
        one_of(&w[0].text, "with mit con avec by") && one_of(&w[1].text, "it this that eso ello cela")
    });
    let how = sentence.words.get(at.saturating_sub(7)..at).unwrap_or_default().windows(3).any(|w| {
        matches!(w, [that, is, how] if one_of(&that.text, "that this so") && one_of(&is.text, "is s") && one_of(&how.text, "how what"))
    });
    let apart = sentence.words.get(at).is_some_and(Word::is_apart);
    let alone = !sentence.any(&[C::Packet, C::After, C::Ack, C::Syn, C::Not]);
    alone && (participle && apart || with || how || near.iter().any(by_it))
}
