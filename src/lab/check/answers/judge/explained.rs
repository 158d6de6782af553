//! Reasons without a word such as "because": "3. They carry the date", "4 more, to charge the battery", "3 (one per
//! layer)". What is only said beside the matter, such as how the capture was made, is none.

use super::super::language::{Concept as C, Reading, Sentence, Word, one_of};
use super::ideas::words_of;
use crate::lab::definition::Analysis;

/// Whether a sentence or a part of one explains the answer in a way that is not understood.
pub(super) fn is_unread(analysis: Analysis, reading: &Reading) -> bool {
    let parts = reading.sentences.iter().enumerate().flat_map(|(n, sentence)| {
        let (claim, _) = sentence.reason();
        let apart = claim.parts(Word::is_apart);
        let whole = (n > 0).then_some((claim, true));
        whole.into_iter().chain(apart.into_iter().skip(1).map(|part| (part, false)))
    });
    parts.into_iter().any(|(part, whole)| {
        let explains = if whole { refers_back(&part) || demands(&part) } else { adds_purpose(&part) };
        explains && !is_beside(&part, whole) && !is_claim(&part) && !is_known(analysis, &part)
    })
}

/// "They carry …", "that's how …", "damit wird …": a sentence about what the answer names.
fn refers_back(sentence: &Sentence) -> bool {
    const PRONOUNS: &str = "they these those it that this sie diese dieses das dies damit dadurch ils elles il elle ce c \
        cela ca estos estas esos esas son sirven ellos eso esto asi lo";
    let word = |i: usize| sentence.words.get(i).map_or("", |w| w.text.as_str());
    let in_them = one_of(word(0), "in with mit en con dans avec")
        && one_of(word(1), "them these those ihnen diesen ellos estos eux");
    sentence.words.len() > 2 && (in_them || sentence.words.first().is_some_and(|w| one_of(&w.text, PRONOUNS)))
}

/// "The guest has to be woken up", "Python can't handle more": what something needs, or cannot do.
fn demands(sentence: &Sentence) -> bool {
    let denied = sentence.words.iter().any(|w| w.is(C::Not) && !w.is(C::NoAnswer));
    let allows = sentence.says("allow allows lets erlaubt permite permet");
    sentence.words.len() > 3
        && (sentence.words.iter().skip(1).any(|w| w.is(C::Needs) && !one_of(&w.text, "uses wants want"))
            || denied && (sentence.has(C::Possible) || allows))
}

/// "…, to check the cable", "(one per layer)", "…, used by the screen": what stands behind a mark and tells why.
fn adds_purpose(part: &Sentence) -> bool {
    let word = |i: usize| part.words.get(i).map_or("", |w| w.text.as_str());
    let purpose =
        one_of(word(0), "to for um zum zur fur para pour used needed caused being meant required which")
            || word(0).len() > 5 && word(0).ends_with("ing");
    let shared = one_of(word(0), "one 1 eins eine einer uno una un une")
        && one_of(word(1), "per for pro je fur por para par pour");
    let owner =
        one_of(word(0), "the der die el la") && one_of(word(1), "one side machine") && word(2) == "with";
    // "…, which is the ACK from the guest" names the packet.
    let names = one_of(word(0), "which that") && one_of(word(1), "is was are were");
    let that = one_of(word(0), "that they these das sie diese") && part.words.len() > 3 && !part.has(C::Not);
    part.words.len() > 2 && !names && (purpose || shared || owner || that)
}

/// What was done, seen or thought on the way, or what it is compared with: it gives no reason.
fn is_beside(part: &Sentence, whole: bool) -> bool {
    const OWN: &str = "i we my our me us mine ours ich wir mein meine meiner unser unsere mir mich uns yo mi nos nosotros \
        je nous mon notre you your see seen sees sieht sehen gesehen erkennt ve ves voit like";
    const TOOLS: &str = "wireshark tshark";
    // "The 1024 of recv has nothing to do with it".
    let is_unrelated = part.says_phrase(&["nothing to do", "nichts zu tun", "rien a voir", "nada que ver"])
        || part.says_phrase(&["damit nichts"]) && part.says_phrase(&["zu tun"]);
    is_unrelated || part.words.iter().any(|w| one_of(&w.text, OWN) || whole && one_of(&w.text, TOOLS))
}

/// Numbers, places and names of packets: the answer itself.
fn is_claim(part: &Sentence) -> bool {
    part.words.iter().any(|w| {
        ["includ", "count", "mitgez", "contar", "compt"].iter().any(|s| w.text.starts_with(s))
            || w.number.is_some_and(|_| !w.article)
            || w.ordinal.is_some()
            || w.address.is_some()
            || w.concepts.any(&[
                C::Before,
                C::After,
                C::Between,
                C::Last,
                C::First,
                C::Second,
                C::Then,
                C::Total,
                C::Marker,
                C::Syn,
                C::Fin,
                C::Ack,
                C::Rst,
                C::Yes,
                C::NoAnswer,
            ])
    })
}

/// Whether it has an idea of the matter in it, or denies something that has no part in it.
fn is_known(analysis: Analysis, part: &Sentence) -> bool {
    const MEETS: [&str; 13] = [
        "introduc",
        "agree",
        "greet",
        "prepar",
        "ready",
        "begru",
        "vorbereit",
        "einig",
        "verabred",
        "aushand",
        "bereit",
        "present",
        "negoti",
    ];
    let meets = part.words.iter().any(|w| MEETS.iter().any(|m| w.text.starts_with(m)))
        || part
            .words
            .windows(2)
            .any(|w| matches!(w, [get, going] if get.text.starts_with("get") && going.text == "going"));
    let denied = part.words.iter().any(|w| w.is(C::Not));
    let (sound, _) = words_of(analysis);
    let further: &[C] = match analysis {
        Analysis::BeforeMessage => &[C::Confirm, C::Tcp],
        Analysis::BeforeReceipt => &[C::Connection, C::Tcp, C::Message, C::Payload, C::Both, C::Exchange],
        Analysis::ReceiptSender => {
            &[C::Client, C::Exchange, C::Host, C::Guest, C::Listen, C::Payload, C::Swap]
        }
        Analysis::AfterReceipt => &[C::Tcp, C::Both, C::Open, C::Exchange],
        Analysis::SegmentSize => &[
            C::Mtu,
            C::Byte,
            C::Character,
            C::Ascii,
            C::Packet,
            C::Message,
            C::Payload,
            C::Tcp,
            C::Handshake,
        ],
        Analysis::PortReuse => &[C::Port, C::Host, C::Guest, C::EveryTime, C::Exchange],
        Analysis::Ports | Analysis::Syn | Analysis::Disruption | Analysis::Browsing => return true,
    };
    // "To give the guest time to start our program": what is started there is no connection.
    let of_program = analysis == Analysis::BeforeMessage
        && part.has(C::Code)
        && !part.any(&[C::Connection, C::Handshake, C::Syn, C::Ack, C::Tcp, C::Message, C::Payload]);
    if of_program {
        return false;
    }
    let before = matches!(analysis, Analysis::BeforeMessage | Analysis::BeforeReceipt);
    // "So that the other program can print its success line."
    let prints = analysis == Analysis::ReceiptSender
        && part.words.iter().any(|w| ["print", "succe", "display"].iter().any(|p| w.text.starts_with(p)));
    part.any(sound)
        || part.any(further)
        || prints
        || before && meets
        || analysis == Analysis::BeforeMessage && denied && part.any(&[C::Message, C::Payload])
}
