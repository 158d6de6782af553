//! Sentences that say that something does not matter: "It makes no difference which characters you type".

use super::super::language::{Concept as C, Reading, Sentence, Word, one_of};

/// Letters that take more than one byte in UTF-8.
const WIDE: &str = "accent accents accented emoji emojis emoticon emoticons umlaut umlauts umlaute tilde tildes acento \
    acentos acentuada acentuadas akzent akzente akzenten smiley smileys euro é è ä ö ü ß ñ €";

/// Whether a sentence counts every character as one byte: "An emoji takes one byte just like an a", "da igual que sean
/// letras sin tilde o emojis".
pub(super) fn counts_all_characters_alike(sentence: &Sentence) -> bool {
    let is_wide = |w: &Word| one_of(&w.text, WIDE);
    let wide = sentence.words.iter().any(is_wide);
    let alike =
        about(sentence, 6, |w| w.is(C::Character) || is_wide(w)) && !about(sentence, 4, |w| w.is(C::Byte));
    let (mut one, mut several) = (false, false);
    for (i, word) in sentence.words.iter().enumerate().filter(|(_, w)| w.number.is_some()) {
        let of_bytes = sentence.words.iter().skip(i + 1).take(2).any(|w| w.is(C::Byte));
        one |= of_bytes && word.number == Some(1) && !sentence.is_denied(i);
        several |= word.number.is_some_and(|n| n > 1 && n < 10);
    }
    // "Each character is one byte", but not "as long as each character is one byte".
    let each = sentence.words.windows(2).position(|w| {
        matches!(w, [each, of] if one_of(&each.text, "each every any all jedes cada chaque") && of.is(C::Character))
    });
    // "A letter is always one byte."
    let always = sentence.says("always immer siempre toujours");
    let each = each.or_else(|| sentence.position(C::Character).filter(|_| always));
    let supposes = |w: &Word| one_of(&w.text, "if when long wenn falls si suppose supposing");
    let each = each.is_some_and(|at| {
        !sentence.words.iter().take(at).skip(at.saturating_sub(3)).any(supposes) && !sentence.has(C::Ascii)
    });
    let more =
        sentence.words.iter().any(|w| w.is(C::Over) || one_of(&w.text, "several mehrere varios plusieurs"));
    // "Each letter takes up one place, whichever it is", "cada letra ocupa lo mismo".
    let fills = sentence.says("takes take occupies occupy counts needs ocupa ocupan cuenta belegt braucht zahlt prend occupe compte");
    let same = sentence.says("one same mismo misma gleich dasselbe gleichviel meme autant");
    alike || (wide || each) && one && !several && !more || each && fills && same && !sentence.has(C::Byte)
}

/// Whether an answer says that a forged packet may hold anything: "It does not matter which sequence number is in it",
/// "whatever the other fields contain", "nothing in it has to fit".
pub(super) fn takes_anything(reading: &Reading) -> bool {
    let number = |w: &Word| {
        w.is(C::Sequence)
            || w.is(C::Window)
            || one_of(
                &w.text,
                "number numbers nummer nummern zahl numero numeros value values wert werte valor valores valeur \
                 field fields header feld felder campo campos champ champs",
            )
    };
    if reading.sentences.iter().any(|s| about(s, 4, number)) {
        return true;
    }
    // "Send any RST at all", "the guest would believe it": without a word on numbers anywhere.
    let any_rst = |s: &Sentence| {
        s.words.windows(2).any(|w| matches!(w, [any, rst] if any.text == "any" && rst.is(C::Rst)))
    };
    !reading.words().any(number)
        && reading.sentences.iter().any(|s| any_rst(s) || nothing_must_fit(s) || is_taken_as_it_comes(s))
}

/// "TCP takes in whatever arrives", "the receiver will simply take it".
fn is_taken_as_it_comes(sentence: &Sentence) -> bool {
    let takes = |w: &Word| {
        one_of(
            &w.text,
            "take takes accept accepts believe believes nimmt akzeptiert glaubt acepta cree accepte croit",
        )
    };
    let all = |w: &Word| {
        one_of(
            &w.text,
            "whatever anything everything simply just blindly alles einfach todo simplemente tout simplement",
        )
    };
    // "The guest would print it as if the host had written it."
    let as_if = sentence
        .words
        .windows(2)
        .any(|w| matches!(w, [a, b] if a.text == "as" && one_of(&b.text, "if though")))
        && sentence.says("print prints show shows display displays accept accepts");
    as_if
        || sentence.words.iter().enumerate().any(|(i, w)| {
            let near = sentence.words.iter().skip(i.saturating_sub(2)).take(5);
            takes(w) && !sentence.is_denied(i) && near.into_iter().any(all)
        })
}

/// "Nothing in the packet has to fit", "es muss nichts stimmen".
fn nothing_must_fit(sentence: &Sentence) -> bool {
    let nothing = sentence.says("nothing nichts nada rien none");
    let fits = sentence.words.iter().any(|w| {
        w.is(C::Fit)
            || one_of(&w.text, "match right correct agree stimmen ubereinstimmen coincidir correspondre")
    });
    nothing && fits && sentence.has(C::Needs)
}

/// Whether a sentence says that something does not matter, and `what` stands at most `near` words away.
fn about(sentence: &Sentence, near: usize, what: impl Fn(&Word) -> bool) -> bool {
    (0..sentence.words.len()).filter(|i| does_not_matter(sentence, *i)).any(|i| {
        let start = i.saturating_sub(near);
        sentence.words.iter().skip(start).take(i - start + near + 1).any(&what)
    })
}

/// "It does not matter", "makes no difference", "egal", "da igual", "peu importe", "whatever".
fn does_not_matter(sentence: &Sentence, at: usize) -> bool {
    let Some(word) = sentence.words.get(at) else { return false };
    let behind = sentence.words.get(at + 1).map_or("", |w| w.text.as_str());
    let before = at.checked_sub(1).and_then(|i| sentence.words.get(i)).map_or("", |w| w.text.as_str());
    let denied = sentence.is_denied(at);
    let matters = one_of(
        &word.text,
        "matter matters difference unterschied rolle importa importan importe diferencia part role",
    );
    let indifferent =
        one_of(&word.text, "egal gleichgultig irrelevant whatever regardless indifferent indiferente")
            || word.text == "da" && behind == "igual";
    matters && (denied || before == "peu" || before == "n") || indifferent && !denied
}
