//! Remarks that an answer adds to its claim without a word such as "because": "3 - two of ARP and a SYN". A remark
//! counts as a reason if it brings in something that the question is not about.

use super::super::language::{Concept as C, Reading, Sentence, Word, one_of};
use super::packets::is_supposed;
use crate::lab::definition::Analysis;

/// Whether a remark shows an idea that does not hold.
pub(super) fn is_wrong(analysis: Analysis, reading: &Reading) -> bool {
    let left_out = reading.sentences.iter().any(|s| s.has(C::Lookup) && is_left_out(s));
    let real = reading.sentences.iter().filter(|s| !is_supposed(s));
    real.into_iter().any(|s| foreign(analysis, s, left_out))
}

/// Whether a sentence explains the answer with something that has nothing to do with it.
fn foreign(analysis: Analysis, sentence: &Sentence, left_out: bool) -> bool {
    let shown = |is: &dyn Fn(usize, &Word) -> bool| {
        sentence.words.iter().enumerate().any(|(i, w)| is(i, w) && !sentence.is_denied(i))
    };
    let of = |concept: C| shown(&|_, w| w.is(concept));
    // "My VM was slow": how the capture was made.
    let own = sentence
        .words
        .first()
        .is_some_and(|w| one_of(&w.text, "i we my our ich wir mein unser yo mi je mon"));
    let beside = own && sentence.reason().1.is_none();
    if !beside && analysis != Analysis::PortReuse && shown(&|i, _| is_elsewhere(sentence, i)) {
        return true;
    }
    let counted =
        matches!(analysis, Analysis::BeforeMessage | Analysis::BeforeReceipt | Analysis::AfterReceipt);
    if counted
        && (shown(&|_, w| is_on_the_way(w))
            || carries(sentence)
            || sentence.parts(Word::is_apart).iter().any(carries))
    {
        return true;
    }
    match analysis {
        Analysis::PortReuse => shown(&|i, _| is_doing(sentence, i)),
        Analysis::BeforeMessage => {
            of(C::Login) || of(C::Altered) || of(C::Lookup) && !left_out || repeats(sentence)
        }
        Analysis::BeforeReceipt => {
            of(C::Login) || of(C::Altered) || of(C::Echo) || repeats(sentence) || is_rule(sentence)
        }
        Analysis::AfterReceipt => {
            of(C::Login)
                || of(C::Altered)
                || of(C::Echo)
                || returns(sentence)
                || repeats(sentence)
                || inspects(sentence)
        }
        Analysis::SegmentSize => of(C::Altered) || shown(&|i, _| is_doing(sentence, i)),
        Analysis::ReceiptSender => of(C::Login) || repeats(sentence),
        Analysis::Ports | Analysis::Syn | Analysis::Disruption | Analysis::Browsing => false,
    }
}

/// Whether something in a sentence is denied; a "no" that answers the question denies nothing.
fn denies(sentence: &Sentence) -> bool {
    let answers = |i: usize, w: &Word| i == 0 && w.is(C::NoAnswer);
    sentence.words.iter().enumerate().any(|(i, w)| w.concepts.any(&[C::Not, C::Except]) && !answers(i, w))
}

/// Whether a sentence names packets only to leave them out: "The two frames of ARP are not counted".
fn is_left_out(sentence: &Sentence) -> bool {
    denies(sentence)
        || sentence.words.iter().any(|w| {
            const OUT: &str = "ignore ignoring ignored exclude excluding excluded outside unlike extra plus \
                leave leaves leaving filtered separately ohne ignoriert zusatzlich davor sin ademas sans hormis";
            one_of(&w.text, OUT)
        })
}

/// Whether a word is about things that decide none of the questions: the speed of the network, the memory of a card,
/// packets that Wireshark makes.
fn is_elsewhere(sentence: &Sentence, at: usize) -> bool {
    let Some(word) = sentence.words.get(at) else { return false };
    let next = sentence.words.get(at + 1);
    // Wireshark only shows packets; a sentence in which it makes some is wrong.
    let makes = |w: &Word| {
        one_of(
            &w.text,
            "takes needs adds sends makes creates inserts generates duplicates braucht sendet erzeugt fugt necesita anade envia ajoute envoie",
        )
    };
    let tool = word.text == "wireshark" && sentence.words.iter().skip(at + 1).take(2).any(makes);
    // TCP itself delays acknowledgements.
    let of_tcp = next.is_some_and(|n| n.concepts.any(&[C::Ack, C::Confirm]));
    tool || word.is(C::Foreign) && !of_tcp && !cuts_segments(sentence, at)
}

/// "The network card does the cutting": a card may divide what Wireshark saw as one packet, which is no reason for a size.
fn cuts_segments(sentence: &Sentence, at: usize) -> bool {
    const CUTS: &str = "cut cuts cutting split splits splitting divide divides dividing segment segments segmenting \
        segmentation offload offloading offloads tso gso zerlegt zerteilt teilt aufteilt corta divide segmenta coupe decoupe";
    const CARDS: &str = "nic card cards network netzwerkkarte netzkarte tarjeta carte";
    let card = sentence.words.get(at).is_some_and(|w| one_of(&w.text, CARDS));
    // "I did not trust the screen, since my card cuts them up" explains how it was found out.
    let own = sentence.words.first().is_some_and(|w| one_of(&w.text, "i we ich wir yo je nous"));
    card && (own || sentence.reason().1.is_none()) && sentence.says(CUTS)
}

/// Whether a word names a device or service that takes no part in a connection within one network.
fn is_on_the_way(word: &Word) -> bool {
    one_of(
        &word.text,
        "router routers switch nat dhcp firewall isp hub gateway modem provider internet enrutador routeur pare-feu \
         cortafuegos antivirus server_room proxy vpn",
    )
}

/// Whether a sentence gives a payload to packets that have none: "They carry the rest of the message".
fn carries(sentence: &Sentence) -> bool {
    let they = sentence
        .words
        .iter()
        .take(2)
        .any(|w| one_of(&w.text, "they these those which sie diese ellos estos ils"));
    let more = sentence.words.iter().position(|w| {
        one_of(&w.text, "carry carries contain contains hold holds transport transports deliver bring brings lleva llevan \
            traen contienen enthalten tragen bringen portent apportent contiennent transportieren")
    });
    // "They carry no data" and "they don't carry it", but not "they bring the part that did not fit".
    let denied = |at: usize| sentence.words.iter().take(at + 3).any(|w| w.concepts.any(&[C::Not, C::Except]));
    they && more.is_some_and(|at| !denied(at))
        && sentence.any(&[C::Message, C::Payload])
        && !sentence.has(C::Marker)
}

/// Whether a word names an outsider that acts: "the router assigns it", "assigned by the router", "die vergibt der
/// Switch".
fn is_doing(sentence: &Sentence, at: usize) -> bool {
    let Some(word) = sentence.words.get(at).filter(|w| w.is(C::Outsider)) else { return false };
    // "Ethernet allows 1500 bytes" is true.
    let frame = sentence.words.iter().any(|w| matches!(w.number, Some(1500 | 1514 | 1518)));
    if word.text == "ethernet" && frame || cuts_segments(sentence, at) {
        return false;
    }
    let acts = |w: &Word| {
        w.is(C::Chosen) && !w.is(C::Change)
            || one_of(
                &w.text,
                "hands handed gives allows allow permits permit cuts splits limits let lets permet limita erlaubt \
                 handle handles store stores hold holds process manage manages zwischenspeichern speichern \
                 verarbeiten schafft guardar procesar manejar stocker traiter gerer",
            )
    };
    let near = sentence.words.iter().skip(at.saturating_sub(6)).take(13);
    let by = (1..=2).any(|n| {
        at.checked_sub(n)
            .and_then(|i| sentence.words.get(i))
            .is_some_and(|w| one_of(&w.text, "by vom von por par"))
    });
    by && word.text != "wireshark" || near.clone().any(acts)
}

/// "All of them are retransmissions", "TCP sends every packet twice".
fn repeats(sentence: &Sentence) -> bool {
    const STEMS: [&str; 9] =
        ["retransmi", "resen", "duplicat", "duplik", "wiederhol", "repet", "repit", "retransmet", "reenvi"];
    let stem = |w: &Word| {
        STEMS.iter().any(|s| w.text.starts_with(s))
            || one_of(&w.text, "copy copies kopie kopien copia copias copie")
    };
    let twice = |w: &Word| one_of(&w.text, "twice doppelt zweimal double") || w.text == "veces";
    // "The one is the message again."
    let message_again = sentence.words.windows(2).any(|w| {
        matches!(w, [message, again] if message.is(C::Message) && one_of(&again.text, "again nochmal erneut encore"))
    });
    // "The host sends its message a second time."
    let second_time = sentence.words.windows(3).any(|w| {
        matches!(w, [a, second, time] if one_of(&a.text, "a ein una une")
            && (second.is(C::Second) || second.ordinal == Some(2))
            && one_of(&time.text, "time mal vez fois"))
    });
    let denied = denies(sentence);
    let everything =
        sentence.any(&[C::All, C::Tcp, C::Message]) || sentence.says("every each jedes cada chaque");
    let is = |of: &dyn Fn(&Word) -> bool| sentence.words.iter().any(of);
    !denied
        && ((message_again || is(&stem)) && !is(&|w| one_of(&w.text, "if would could unless"))
            || (is(&twice) || second_time && sentence.has(C::Message))
                && everything
                && sentence.any(&[C::Send, C::Mean, C::Tell]))
}

/// Whether a sentence claims a rule that does not hold: "Every packet with data is followed by two packets".
fn is_rule(sentence: &Sentence) -> bool {
    let every = sentence.words.windows(2).any(|w| {
        matches!(w, [each, packet] if one_of(&each.text, "every each per jedes jedem cada chaque") && packet.is(C::Packet))
    });
    every
        && sentence.any(&[C::Ack, C::Packet])
        && sentence.any(&[C::Tcp, C::Needs, C::After, C::Confirm])
        && !denies(sentence)
}

/// "The message is sent back in pieces", "in which the message is repeated".
fn returns(sentence: &Sentence) -> bool {
    let back = |w: &Word| one_of(&w.text, "back zuruck vuelta retour");
    sentence.has(C::Message)
        && sentence.words.iter().any(back)
        && !sentence.has(C::Marker)
        && !denies(sentence)
}

/// "To check that nobody changed the text on the way": what no packet behind the marker does.
fn inspects(sentence: &Sentence) -> bool {
    const CHANGED: &str = "changed modified altered tampered manipulated corrupted verandert manipuliert modificado \
        cambiado alterado modifie altere";
    const CHECKS: &str = "check checks checking verify verifies double-check prufen pruft uberprufen comprobar verificar \
        verifier";
    let is = |words: &str| sentence.words.iter().any(|w| one_of(&w.text, words));
    is(CHANGED) && is(CHECKS) && sentence.any(&[C::Message, C::Payload])
}

/// Whether a sentence takes a read of the program for a packet: "The program takes 1448 at a time".
pub(super) fn reads_at_once(sentence: &Sentence) -> bool {
    const AT_ONCE: [&str; 13] = [
        "at a time",
        "at once",
        "in one go",
        "per call",
        "in one read",
        "per read",
        "each read",
        "auf einmal",
        "a la fois",
        "d un coup",
        "d'un coup",
        "de una vez",
        "a la vez",
    ];
    let reads = sentence.has(C::Buffer)
        || sentence.says("read reads reading loop takes accepts liest lesen nimmt lee leer lit lire");
    reads && sentence.says_phrase(&AT_ONCE) && !sentence.any(&[C::Not, C::Mss, C::Packet])
}
