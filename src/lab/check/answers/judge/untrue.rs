//! Sentences that say of the network what is not true, whatever the number beside them.

use super::super::language::{Concept as C, Sentence, one_of};
use crate::lab::definition::Analysis;

/// Whether a sentence gives a reason that does not hold for the question.
pub(super) fn is_untrue(analysis: Analysis, sentence: &Sentence) -> bool {
    match analysis {
        Analysis::Ports => is_translated(sentence) || is_in_the_client(sentence),
        Analysis::PortReuse => is_given_by_receiver(sentence) || is_registered(sentence),
        Analysis::BeforeMessage => resolves(sentence),
        Analysis::BeforeReceipt => acknowledges_each(sentence),
        Analysis::AfterReceipt => are_repeats(sentence) || opens_the_next(sentence),
        Analysis::SegmentSize => counts_ethernet(sentence) || is_of_the_window(sentence),
        Analysis::ReceiptSender | Analysis::Syn | Analysis::Disruption | Analysis::Browsing => false,
    }
}

/// "We see 65432 because the firewall translates the port": no device between the two machines changes ports.
fn is_translated(sentence: &Sentence) -> bool {
    sentence.reason().1.is_some_and(|reason| reason.has(C::Outsider) && !reason.has(C::Not))
}

/// "These are retransmissions."
fn are_repeats(sentence: &Sentence) -> bool {
    let all = sentence.words.iter().take(2).any(|w| one_of(&w.text, "they these those sie diese"));
    all && sentence.has(C::Twice) && !sentence.has(C::Not)
}

/// "That is already the handshake for the next message": packets of the close taken for those of an opening.
fn opens_the_next(sentence: &Sentence) -> bool {
    const NEXT: &str =
        "next new following nachste nachsten neue neuen siguiente nueva suivant suivante nouvelle";
    sentence.any(&[C::Handshake, C::Syn])
        && sentence.words.iter().any(|w| one_of(&w.text, NEXT))
        && !sentence.any(&[C::Not, C::Fin])
}

/// "The client's port changes because the receiver assigns it": the sender's own system does.
fn is_given_by_receiver(sentence: &Sentence) -> bool {
    let (claim, Some(reason)) = sentence.reason() else { return false };
    // "The server assigns the client a new one."
    let gives = reason.words.windows(2).any(|w| matches!(w, [a, b] if a.is(C::Server) && b.is(C::Chosen)));
    claim.any(&[C::Client, C::Ephemeral])
        && !claim.has(C::Server)
        && reason.has(C::Server)
        && reason.has(C::Chosen)
        && !reason.any(&[C::Os, C::Code, C::Not])
        && (!reason.has(C::Client) || gives)
}

/// "65432 stays because it is registered", "the client's port goes up by one each time".
fn is_registered(sentence: &Sentence) -> bool {
    const REGISTERS: &str =
        "registered iana registriert registrado enregistre increments incremented incrementing";
    let counts_up = sentence.words.windows(4).any(|w| {
        matches!(w, [goes, up, by, _] if one_of(&goes.text, "goes go counts counted went") && up.text == "up" && by.text == "by")
    });
    let named =
        sentence.words.iter().enumerate().any(|(i, w)| one_of(&w.text, REGISTERS) && !sentence.is_denied(i));
    named || counts_up
}

/// "37818 and 38200 stand in the program of the client": the system chooses them.
fn is_in_the_client(sentence: &Sentence) -> bool {
    const STANDS: &str = "stand stands written fixed set defined steht stehen escrito ecrit";
    sentence.has(C::Code)
        && sentence.has(C::Client)
        && sentence.words.iter().any(|w| one_of(&w.text, STANDS) || w.text.starts_with("hard"))
        && !sentence.any(&[C::Server, C::Not, C::Os, C::Change])
}

/// "1449, because the window has room for 1448": the window bounds what is on its way, not a packet.
fn is_of_the_window(sentence: &Sentence) -> bool {
    sentence.reason().1.is_some_and(|reason| reason.has(C::Window) && !reason.any(&[C::Mss, C::Not]))
}

/// "The Ethernet header takes 52 bytes": what IP and TCP take, charged to Ethernet.
fn counts_ethernet(sentence: &Sentence) -> bool {
    let header = sentence.words.windows(2).any(|w| {
        matches!(w, [ethernet, header] if ethernet.text == "ethernet" && one_of(&header.text, "header headers kopf"))
    });
    let takes = sentence.words.iter().any(|w| matches!(w.number, Some(12 | 32 | 40 | 52)));
    header && takes && !sentence.any(&[C::Tcp, C::Not, C::Option])
}

/// "TCP sends one ACK for every packet": a rule that does not hold.
fn acknowledges_each(sentence: &Sentence) -> bool {
    let each = sentence.words.windows(2).any(|w| {
        matches!(w, [each, packet] if one_of(&each.text, "every each per jedes cada chaque") && packet.is(C::Packet))
    });
    each && sentence.has(C::Ack) && sentence.any(&[C::Tcp, C::Needs]) && !sentence.has(C::Not)
}

/// Whether a sentence takes the handshake for ARP: "They are sent to find the MAC address".
fn resolves(sentence: &Sentence) -> bool {
    let words = |all: &[&str]| sentence.words.iter().any(|w| all.contains(&w.text.as_str()));
    let resolve = ["resolve", "resolves", "resolved", "resolving", "aufzulosen", "resolver", "resoudre"];
    are_repeats(sentence)
        || (words(&resolve) || sentence.has(C::Find) && words(&["mac", "arp"]))
            && !sentence.has(C::Not)
            && !sentence.has(C::Before)
}
