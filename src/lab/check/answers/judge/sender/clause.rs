//! What a clause says about the side that a word in it names: whether it sends, receives, or is only mentioned.

use super::super::super::language::{Concept, Sentence, Word, one_of};

/// Whether a machine is mentioned as an object and not as the sender: "to tell the sender", "from the host", "the
/// host's message".
pub(super) fn is_object(claim: &Sentence, at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).and_then(|i| claim.words.get(i));
    let to = |w: &Word| one_of(&w.text, "to from of for with an vom von zum dem del al du au a de");
    // In "It goes from the receiver to the sender" the receiver, behind "from", sends it.
    let comes = (1..=at).any(|n| {
        before(n).is_some_and(|w| one_of(&w.text, "goes comes sent travels geht kommt va viene vient"))
    });
    let from = (1..=2).any(|n| before(n).is_some_and(|w| one_of(&w.text, "from von vom de del du")));
    // In "Gesendet wird sie vom Gast" the guest is the agent of a passive.
    let passive = claim.says("wird werden wurde wurden") && claim.any(&[Concept::Send, Concept::Confirm]);
    let agent = (1..=2).any(|n| before(n).is_some_and(|w| one_of(&w.text, "von vom")));
    if comes && from || passive && agent {
        return false;
    }
    // "Hello goes to the guest -> guest gives END", but not "-> guest".
    let gives = claim.words.get(at + 1).is_some_and(|w| {
        !w.is_apart()
            && (w.is(Concept::Send) || one_of(&w.text, "gives answers returns confirms gibt antwortet da"))
    });
    if claim.words.get(at).is_some_and(Word::is_after_arrow) {
        return !gives;
    }
    let article = before(1).is_some_and(|w| one_of(&w.text, "the der den le la el l other its"));
    // "Celui qui a envoyé": the verb, no preposition.
    let has = before(1).is_some_and(|w| w.text == "a")
        && before(2).is_some_and(|w| one_of(&w.text, "qui il elle on l"));
    // "Whichever has been spoken to: the guest".
    let marked =
        claim.words.get(at).is_some_and(Word::is_apart) || article && before(1).is_some_and(Word::is_apart);
    let preposition = !has && !marked && before(1).filter(|_| !article).or_else(|| before(2)).is_some_and(to);
    // "In reply to what the guest wrote": the message, by its sender.
    let of_clause = (1..=2).any(|n| before(n).is_some_and(|w| one_of(&w.text, "what whatever que was ce")))
        && claim.words.get(at + 1).is_some_and(|w| !w.is_apart() && w.is(Concept::Send))
        && at > 2;
    // "I'd say the guest" names it, "to tell the guest" does not.
    let own = (1..=5).any(|n| {
        before(n).is_some_and(|w| one_of(&w.text, "i we ich wir yo je nous would wurde diria dirais"))
    });
    let addressed =
        !own && (1..=3).any(|n| before(n).is_some_and(|w| w.is(Concept::Tell) && !w.is(Concept::Confirm)));
    let owns = claim.words.get(at + 1).is_some_and(|w| {
        !w.is_apart() && w.concepts.any(&[Concept::Message, Concept::Payload]) && !w.is(Concept::Marker)
    });
    // "The sender waits for it", "the sender knows".
    let waits = claim.words.get(at + 1).is_some_and(|w| {
        !w.is_apart() && one_of(&w.text, "waits waited knows know gets wartet weiss espera attend can")
    });
    of_clause
        || preposition && !claim.words.get(at).is_some_and(|w| w.address.is_some() && before(1).is_none())
        || addressed
        || owns
        || waits
}

/// Whether the word at `at` is a verb with the meaning `what` in a clause that names a side by what it did: "The one
/// who received the message", "the side that got it".
pub(super) fn is_relative_clause(claim: &Sentence, at: usize, what: Concept) -> bool {
    if !claim.words.get(at).is_some_and(|w| w.is(what)) {
        return false;
    }
    // "So that the one who reads knows that nothing more comes": whom it is for.
    if claim.words.get(at + 1).is_some_and(|w| !w.is_apart() && one_of(&w.text, "knows know weiss sabe sait"))
    {
        return false;
    }
    // "Always who received".
    let who = at.checked_sub(1).and_then(|i| claim.words.get(i)).is_some_and(|w| w.text == "who");
    let begins = at.checked_sub(2).and_then(|i| claim.words.get(i));
    if who && begins.is_none_or(|w| one_of(&w.text, "always it is s")) {
        return true;
    }
    // "Whichever of the two has just read the greeting".
    for n in 1..=6 {
        let Some(w) = at.checked_sub(n).and_then(|i| claim.words.get(i)) else { return false };
        if w.concepts.any(&[Concept::Host, Concept::Guest, Concept::Client, Concept::Server])
            || w.address.is_some()
        {
            return false;
        }
        // "The OS that sent it" names a side; "the host OS that sent it" names a machine.
        let of_machine = at
            .checked_sub(n + 1)
            .and_then(|i| claim.words.get(i))
            .is_some_and(|b| b.concepts.any(&[Concept::Host, Concept::Guest]));
        if w.is(Concept::Os) && !of_machine {
            return true;
        }
        // "Immer der, der die Nachricht geschickt hat".
        let twice = w.text == "der"
            && at.checked_sub(n + 1).and_then(|i| claim.words.get(i)).is_some_and(|b| b.text == "der");
        if w.is(Concept::Party) && (!one_of(&w.text, "der which that who") || twice) {
            return true;
        }
    }
    false
}

/// "Whoever typed the message": its sender.
pub(super) fn is_typed(claim: &Sentence, at: usize) -> bool {
    let typed = claim.words.get(at).is_some_and(|w| {
        one_of(&w.text, "typed types typing entered tippt getippt eingegeben tecleo escribio tape")
    });
    let before = claim.words.get(at.saturating_sub(3)..at).unwrap_or_default();
    typed && before.iter().any(|w| w.is(Concept::Party))
}

/// Whether words before it turn a side into its opposite: "The opposite side of the one who sent the message".
pub(super) fn is_opposite(claim: &Sentence, at: usize) -> bool {
    let before = claim.words.get(..at).unwrap_or_default();
    before.windows(2).any(|w| {
        let [a, b] = w else { return false };
        one_of(&a.text, "gegenseite gegenstelle gegenuber gegenteil opposite counterpart contrary contrario contraire oppose")
            || one_of(&a.text, "other andere otra otro autre") && one_of(&b.text, "side end party machine seite lado cote maquina")
                && before.iter().any(|w| one_of(&w.text, "of than von als de que"))
    })
}

pub(super) fn message_follows(claim: &Sentence, at: usize) -> bool {
    claim
        .words
        .iter()
        .skip(at + 1)
        .take(3)
        .take_while(|w| !w.is_apart())
        .any(|w| w.concepts.any(&[Concept::Message, Concept::Payload]) && !w.is(Concept::Marker))
}

/// Whether the message comes before the verb, as in "Wer die Nachricht geschickt hat".
pub(super) fn message_between(claim: &Sentence, at: usize) -> bool {
    let before = claim.words.get(at.saturating_sub(4)..at).unwrap_or_default();
    let party = before.iter().rposition(|w| w.is(Concept::Party));
    party.is_some_and(|i| {
        let between = before.get(i..).unwrap_or_default();
        between.iter().any(|w| w.is(Concept::Message) && !w.is(Concept::Marker))
            && !between.iter().any(|w| w.is(Concept::Receive))
    })
}

/// Whether a sentence explains the machine that the sentence before has named: "It's the one who got the message".
pub(super) fn explains(claim: &Sentence) -> bool {
    let word = |i: usize| claim.words.get(i).map_or("", |w| w.text.as_str());
    let it = one_of(word(0), "it he she this that er es das c ce il");
    let is = one_of(word(1), "is was s the one got received had has hat ist war est a");
    // "It's the one that was written to".
    let addressed = claim.has(Concept::Send) && claim.words.last().is_some_and(|w| w.text == "to");
    it && is && (claim.has(Concept::Receive) || addressed)
}

/// Verbs for what a program shows on the screen.
const SHOWS: &str = "print prints printed display displays displayed gibt ausgibt imprime muestra affiche";

/// "Our program prints \"Message sent successfully\"": what a program shows, not what it sends.
pub(super) fn is_about_the_screen(claim: &Sentence) -> bool {
    claim.says(SHOWS) && !claim.has(Concept::Marker)
}

/// "If the sender sent the marker itself, it would only reassure itself": nobody does it.
pub(super) fn is_supposed(sentence: &Sentence) -> bool {
    let begins = sentence.words.first().is_some_and(|w| one_of(&w.text, "if wenn falls si"));
    let would = |w: &Word| {
        one_of(&w.text, "would wouldn d wurde wurden ware waren")
            || w.text.ends_with("rait")
            || w.text.ends_with("ria")
    };
    begins && sentence.words.iter().any(would)
}

/// A claim without the line that the sender's program prints at its end: "Message sent successfully".
pub(super) fn without_screen_text(mut claim: Sentence) -> Sentence {
    let prints = |w: &[Word]| {
        matches!(w, [message, sent, well] if message.text == "message" && one_of(&sent.text, "sent receipt")
            && one_of(&well.text, "successfully failed"))
    };
    while let Some(at) = claim.words.windows(3).position(prints) {
        claim.words.drain(at..at + 3);
    }
    claim
}

/// "It's the VM that is the server": what part a machine has, not which side sends.
pub(super) fn is_the_part_of(claim: &Sentence, at: usize) -> bool {
    let before = claim.words.get(at.saturating_sub(5)..at).unwrap_or_default();
    let is = |w: &[Word]| {
        matches!(w, [machine, that, is] if machine.concepts.any(&[Concept::Host, Concept::Guest])
            && one_of(&that.text, "that which who") && one_of(&is.text, "is was acts"))
    };
    before.windows(3).any(is)
}

/// "From the same computer as the message": its sender.
pub(super) fn is_of_the_sender(claim: &Sentence) -> bool {
    claim.words.windows(3).enumerate().any(|(i, w)| {
        let [same, party, as_] = w else { return false };
        let behind = claim.words.iter().skip(i + 3).take(3);
        same.text == "same"
            && (party.is(Concept::Party) || one_of(&party.text, "end host place"))
            && one_of(&as_.text, "as that which who")
            && behind
                .into_iter()
                .any(|w| w.concepts.any(&[Concept::Message, Concept::Payload]) && !w.is(Concept::Marker))
    })
}

/// "From the end the message went to", "the machine my text was meant for": its receiver.
pub(super) fn is_of_the_addressee(claim: &Sentence) -> bool {
    let goes = |w: &Word| {
        w.is(Concept::Send) || one_of(&w.text, "went goes go meant addressed intended came arrived arrives")
    };
    claim.words.iter().enumerate().any(|(i, party)| {
        let behind: Vec<&Word> = claim.words.iter().skip(i + 1).take(7).collect();
        let message = behind.iter().take(3).position(|w| w.is(Concept::Message) && !w.is(Concept::Marker));
        let verb = message.and_then(|m| behind.iter().skip(m + 1).position(|w| goes(w)).map(|v| m + 1 + v));
        let to = verb.and_then(|v| behind.get(v + 1));
        party.is(Concept::Party) && to.is_some_and(|w| one_of(&w.text, "to for at in"))
    })
}

/// A claim up to "otherwise": what would happen else is not claimed.
pub(super) fn without_otherwise(mut claim: Sentence) -> Sentence {
    let otherwise = |w: &Word| one_of(&w.text, "otherwise sonst ansonsten andernfalls sinon");
    let end = claim.words.iter().position(otherwise).unwrap_or(claim.words.len());
    claim.words.truncate(end);
    claim
}

/// Whether "sent by" precedes: "It is sent by the machine that began".
pub(super) fn is_sent_by(claim: &Sentence, at: usize) -> bool {
    let before = claim.words.get(..at).unwrap_or_default();
    before
        .windows(2)
        .any(|w| matches!(w, [sent, by] if sent.is(Concept::Send) && one_of(&by.text, "by von vom por par")))
}

/// Whether a claim says that an outsider sends the marker: "Wireshark adds it", "it is the router that …".
pub(super) fn does_it(claim: &Sentence, at: usize) -> bool {
    let adds = claim
        .words
        .iter()
        .skip(at + 1)
        .take(3)
        .any(|w| one_of(&w.text, "adds added inserts puts makes generates creates does"));
    sends(claim, at) || adds
}

/// Whether a word for sending or confirming follows soon, or "by" precedes.
pub(super) fn sends(claim: &Sentence, at: usize) -> bool {
    let by = (1..=2).any(|n| {
        at.checked_sub(n)
            .and_then(|i| claim.words.get(i))
            .is_some_and(|w| one_of(&w.text, "by vom von por par"))
    });
    let shows = |w: &&Word| one_of(&w.text, SHOWS);
    let behind = claim.words.iter().skip(at + 1).take(4).take_while(|w| !shows(w));
    by || behind.into_iter().any(|w| w.concepts.any(&[Concept::Send, Concept::Confirm]))
}
