//! Whose ports a clause speaks of, and what it says of them.

use super::super::super::language::{Concept, Sentence, Word, one_of};
use super::{Does, Whose};

/// "So it keeps its port", but not "so that it is found".
pub(super) fn is_consequence(reason: &Sentence) -> bool {
    let text = |i: usize| reason.words.get(i).map_or("", |w| w.text.as_str());
    one_of(text(0), "so thus hence therefore damit dadurch daher deshalb somit entonces donc")
        && text(1) != "that"
}

/// "The port you connect to", "what you send from": a verb whose preposition ends its clause.
fn by_preposition(part: &Sentence) -> Option<Whose> {
    let ends = |i: usize| {
        part.words
            .get(i)
            .is_none_or(|w| w.is_apart() || is_being(w) || one_of(&w.text, "stays changes remains"))
    };
    part.words.windows(2).enumerate().find_map(|(i, pair)| {
        let [verb, preposition] = pair else { return None };
        match preposition.text.as_str() {
            "to" if verb.is(Concept::Open) && ends(i + 2) => Some(Whose::Server),
            "on" if verb.is(Concept::Listen) && ends(i + 2) => Some(Whose::Server),
            "from" if verb.concepts.any(&[Concept::Open, Concept::Send]) && ends(i + 2) => {
                Some(Whose::Client)
            }
            _ => None,
        }
    })
}

/// The side that a clause names by its activity: "El del que envía", "the one that accepts".
pub(super) fn by_deed(part: &Sentence) -> Option<Whose> {
    if let Some(whose) = by_preposition(part) {
        return Some(whose);
    }
    // "The receiving computer gets a different one".
    let acting = part.words.windows(2).find_map(|w| {
        let [deed, party] = w else { return None };
        let of_party = one_of(&party.text, "computer machine side end pc system os host party program one");
        match deed.text.as_str() {
            "receiving" | "listening" if of_party => Some(Whose::Server),
            "sending" | "connecting" if of_party => Some(Whose::Client),
            // "The send port differs."
            "receive" | "receiving" | "listen" | "listening" | "listener" if party.is(Concept::Port) => {
                Some(Whose::Server)
            }
            "send" | "sending" | "connect" | "connecting" if party.is(Concept::Port) => Some(Whose::Client),
            _ => None,
        }
    });
    if acting.is_some() {
        return acting;
    }
    let that = |w: &Word| {
        one_of(
            &w.text,
            "what that who which whichever whoever wer der die dem den welchem welcher where wo donde que quien qui ou \
             lequel celui for zum para pour",
        )
    };
    let gets = |w: &Word| w.concepts.any(&[Concept::Receive, Concept::Listen]);
    let of = |w: &Word| match (w.concepts.any(&[Concept::Send, Concept::Open]), gets(w)) {
        (true, false) => Some(Whose::Client),
        // "The system takes a free one" receives nothing.
        (false, true) if !w.is(Concept::Chosen) && !part.has(Concept::Os) => Some(Whose::Server),
        _ => None,
    };
    let leads = (0..part.words.len()).filter(|i| part.words.get(*i).is_some_and(that));
    leads.into_iter().find_map(|at| part.words.iter().skip(at + 1).take(3).find_map(of))
}

/// Whether a clause expresses doubt and so claims nothing: "I can't say about the other", "not sure about the rest".
pub(super) fn is_doubted(part: &Sentence) -> bool {
    // "No estoy del todo seguro" answers nothing.
    if part.says_phrase(&["no estoy", "no estamos", "no lo se"]) {
        return true;
    }
    let own = part.says("i we ich wir yo je nous can could kann puedo peux");
    let knows = |w: &Word| {
        one_of(
            &w.text,
            "say tell know sure certain sagen weiss sicher decir se seguro dire sais sur certains",
        )
    };
    let not = part.words.iter().position(|w| w.is(Concept::Not) && !w.is(Concept::NoAnswer));
    own && not.is_some_and(|i| part.words.iter().skip(i + 1).take(3).any(knows))
}

/// Whether a clause is about a part of the ports only: "some stay", "not all of them".
pub(super) fn is_a_part(part: &Sentence) -> bool {
    let some = part.says(
        "some manche einige etliche algunos algunas certains certaines partly partially teilweise half halb",
    );
    let not_all = part
        .words
        .windows(2)
        .any(|w| matches!(w, [not, all] if not.is(Concept::Not) && !not.is(Concept::NoAnswer) && all.is(Concept::All)));
    some || not_all
}

/// What a clause that names no owner is about: all ports, or the others; `None` if neither.
pub(super) fn without_names(part: &Sentence) -> Option<Whose> {
    let next = |i: usize, is: &dyn Fn(&Word) -> bool| part.words.get(i + 1).is_some_and(is);
    let at = |is: &dyn Fn(&Word) -> bool| part.words.iter().position(is);
    // "What both programs have agreed on" speaks of programs, "every port" and "both ports" of ports.
    let is_party = |w: &Word| {
        w.concepts.any(&[
            Concept::Code,
            Concept::Os,
            Concept::Host,
            Concept::Guest,
            Concept::Client,
            Concept::Server,
        ]) || w.is(Concept::Party)
    };
    let is_port = |w: &Word| w.is(Concept::Port);
    let both = at(&|w| w.is(Concept::Both) || w.is(Concept::All));
    // "Les deux programmes": the first of two words stands for both.
    let of_programs = both.is_some_and(|i| next(i, &is_party) || next(i + 1, &is_party));
    let every = at(&|w| one_of(&w.text, "every each jeder cada chaque both beide ambos ambas"));
    let every_port = every.is_some_and(|i| next(i, &is_port));
    // "For all the runs" is about the runs.
    let of_runs = |i: usize| {
        let behind = part.words.iter().skip(i + 1).take(2);
        behind.into_iter().any(|w| {
            one_of(&w.text, "runs times rounds tries lauf laufe laufen durchlaufe veces fois essais")
        })
    };
    let all = part.words.iter().enumerate().any(|(i, w)| {
        // "Quand on relance le tout": the programs.
        let everything = w.text == "tout" && i > 0 && part.words.get(i - 1).is_some_and(|b| b.text == "le");
        // "I ran everything once more."
        let ran = one_of(&w.text, "everything all alles todo tout")
            && i.checked_sub(1).and_then(|b| part.words.get(b)).is_some_and(|b| {
                one_of(&b.text, "ran run repeated repeat restarted restart started did redid tried closed hice repeti relance")
            });
        // "When we did the whole thing again."
        let whole = w.text == "whole"
            && part.words.get(i + 1).is_some_and(|n| one_of(&n.text, "thing lab exercise program experiment"));
        let ran = ran || whole;
        w.is(Concept::All) && w.text != "every" && !of_runs(i) && !everything && !ran
            || w.is(Concept::Both) && w.text != "each" && !of_programs
            || one_of(&w.text, "neither none keiner keine ninguno aucun")
    });
    let every_time = part.has(Concept::EveryTime) && !part.words.iter().any(|w| w.text == "all");
    // "Both are different in every run" is about the ports, "for both it is the same each time" is not.
    let both_are = part.words.first().is_some_and(|w| w.text == "both" || w.text == "beide")
        && part
            .words
            .get(1)
            .is_some_and(|w| is_being(w) || w.concepts.any(&[Concept::Change, Concept::Stay]));
    // "Everything changes each time", "cambia todo cada vez": the ports, too.
    let everything =
        part.words.len() < 6 && part.says("everything alles todo tout") && part.has(Concept::Change);
    if every_port || everything || all && (!every_time || both_are) {
        return Some(Whose::All);
    }
    let second = at(&|w| w.is(Concept::Second))
        .is_some_and(|i| next(i, &is_port) || next(i, &|w| one_of(&w.text, "number one")));
    let other = part.words.iter().take_while(|w| !is_being(w)).position(|w| w.is(Concept::Other));
    // In "The other one was different when we ran it" the "it" is the program.
    // "It has to be found by the other side", "the other one would not know it": no port.
    let near = |i: usize, words: &str| {
        part.words.iter().take(i).rev().take(2).any(|w| one_of(&w.text, words))
            || part.words.get(i + 1).is_some_and(|w| one_of(&w.text, words))
    };
    let acts = |i: usize| {
        near(i, "by von vom por par know knows knew find finds wusste weiss kennt sabe sabria sait saurait")
    };
    let others = other.is_some_and(|i| !part.words.iter().take(i).any(|w| w.is(Concept::They)) && !acts(i));
    (second || others).then_some(Whose::Others)
}

/// "Unlike the destination, …", "within one exchange it keeps its value": no claim about the next run.
pub(super) fn is_beside(part: &Sentence) -> bool {
    let first = part.words.first().map_or("", |w| w.text.as_str());
    // "If it were fixed too, it could fail".
    let supposed = one_of(first, "if wenn si") && part.says("were was would ware wurde etait fuera seria");
    // "The sender could not find it otherwise", "our program could not know which one it is".
    let could_not = part.says("could couldn wouldn konnte podria pourrait")
        && part.any(&[Concept::Find, Concept::Except])
        || part.words.last().is_some_and(|w| one_of(&w.text, "otherwise sonst sinon"));
    supposed
        || could_not
        || one_of(first, "unlike contrairement otherwise sonst sinon")
        || first == "within" && part.any(&[Concept::Exchange, Concept::Connection])
}

/// What a clause says about its ports, and whether a denial turns it round; `None` without a verb.
pub(super) fn verb(part: &Sentence, whose: &[Whose], numbers: usize) -> Option<(Does, bool)> {
    // In "The other one no (it is ephemeral)" the no is an answer and does not deny the words after it.
    let answers = |i: usize| part.words.get(i + 1).is_none_or(Word::is_apart);
    let denied = part
        .words
        .iter()
        .enumerate()
        .any(|(i, w)| w.is(Concept::Not) && !(w.is(Concept::NoAnswer) && answers(i)));
    // In "The one that is hard coded doesn't …" the denial is about the verb, not about "hard coded".
    let not = part.position(Concept::Not);
    let set = part.words.iter().position(|w| w.concepts.any(&[Concept::Code]) && w.is(Concept::Stay));
    let denied = denied
        && !(set.is_some_and(|s| not.is_some_and(|n| s < n))
            && part.words.iter().filter(|w| w.is(Concept::Stay)).count() == 1
            && !part.has(Concept::Change));
    let said = |c: Concept| part.words.iter().any(|w| w.is(c));
    // "Always new" means that it changes, in spite of the "always".
    let stays = part.words.iter().any(|w| {
        w.is(Concept::Stay) && !(said(Concept::Change) && one_of(&w.text, "always immer siempre toujours"))
    });
    // "A new one each time, even in the same run": what is the same is the run. "The same run after run" is not.
    let of_run = part.words.windows(2).enumerate().any(|(i, w)| {
        let [same, run] = w else { return false };
        let is_run = one_of(&run.text, "run runs session program lauf programm capture hour");
        let repeats = part.words.get(i + 2).is_some_and(|w| one_of(&w.text, "after to by"));
        same.is(Concept::Stay) && !run.is_apart() && is_run && !repeats
    });
    let stays = stays && !of_run;
    // "65432 is given": a receiver's port is chosen anew only where the system chooses it.
    let chosen = !whose.contains(&Whose::Server) || part.has(Concept::Os);
    match (stays, said(Concept::Change)) {
        // "stays the same, never changes": both verbs say the same, since one is denied.
        (true, true) if denied => Some((Does::Stay, false)),
        (true, _) => Some((Does::Stay, denied)),
        (false, true) => Some((Does::Change, denied)),
        _ if will_be_others(part) => Some((Does::Change, denied)),
        // "Not chosen by us" does not say whether the port stays.
        _ if (said(Concept::Ephemeral) || said(Concept::Chosen) && chosen && !whose.is_empty())
            && !denied =>
        {
            Some((Does::Change, false))
        }
        _ if numbers > 1 => Some((Does::Change, false)),
        _ if said(Concept::EveryTime) && !whose.is_empty() => Some((Does::Stay, denied)),
        // "You will meet 65432 again."
        _ if whose == [Whose::Server] && part.says("again back wieder erneut otra encore") => {
            Some((Does::Stay, denied))
        }
        _ => None,
    }
}

/// Splits a clause at a colon if the part before it claims something: "they differ: the client's …", but not "stays:
/// 65432".
pub(super) fn at_colon(part: &Sentence) -> Vec<Sentence> {
    let colon = (3..part.words.len()).find(|i| part.words.get(*i).is_some_and(|w| w.gap.contains(':')));
    let says =
        |i: &usize| part.words.iter().take(*i).any(|w| w.concepts.any(&[Concept::Stay, Concept::Change]));
    // "65432 never changes. The caller's does: …"
    let does = |i: &usize| {
        i.checked_sub(1).and_then(|b| part.words.get(b)).is_some_and(|w| one_of(&w.text, "does do did"))
    };
    let Some(colon) = colon.filter(|i| says(i) || does(i)) else { return vec![part.clone()] };
    let (before, after) = part.words.split_at(colon);
    [before, after].map(|words| Sentence { words: words.to_vec(), new_line: false }).into()
}

/// Whether a word for "others" follows a form of "to be": "They will be others".
fn will_be_others(part: &Sentence) -> bool {
    // "También coge otro puerto", "it takes another port".
    let other_port = part.words.windows(2).enumerate().any(|(i, w)| {
        let the = i.checked_sub(1).and_then(|b| part.words.get(b));
        matches!(w, [other, port] if other.is(Concept::Other) && port.is(Concept::Port))
            && the.is_some_and(|t| !one_of(&t.text, "the der die den dem el del al le du au l its their"))
    });
    let a_different = other_port || part.words.windows(2).any(|w| {
        matches!(w, [a, other] if one_of(&a.text, "einem einen ein eine un une en a") && other.is(Concept::Other) && !one_of(&other.text, "rest others otros"))
    });
    // "It has to be found by the other side" says nothing of other ports.
    let by = |w: &Word| one_of(&w.text, "by von vom por par");
    let behind = part.words.iter().skip_while(|w| !is_being(w)).skip(1).take_while(|w| !by(w));
    a_different || behind.into_iter().any(|w| w.is(Concept::Other))
}

fn is_being(word: &Word) -> bool {
    one_of(&word.text, "be is are was were ist sind war waren es seran son fue est sera seront sont etait")
}
