//! Sentences that say of the network what is not true, whatever the number beside them.

use super::super::language::{Concept as C, Sentence, Word, one_of};
use crate::lab::definition::Analysis;

/// Whether a sentence gives a reason that does not hold for the question.
pub(super) fn is_untrue(analysis: Analysis, sentence: &Sentence) -> bool {
    match analysis {
        Analysis::Ports => is_translated(sentence) || is_in_the_client(sentence),
        Analysis::PortReuse => {
            is_given_by_receiver(sentence)
                || is_registered(sentence)
                || is_negotiated(sentence)
                || is_of_the_address(sentence)
                || said(sentence, "dhcp")
        }
        Analysis::BeforeMessage => {
            agrees_on_keys(sentence)
                || resolves(sentence)
                || is_tried_again(sentence)
                || announces_length(sentence)
                || asks_for_each_layer(sentence)
                || sends_copies(sentence)
        }
        Analysis::BeforeReceipt => acknowledges_each(sentence) || asks(sentence) || closes_early(sentence),
        Analysis::AfterReceipt => {
            are_repeats(sentence) || sentence.parts(Word::is_apart).iter().any(opens_the_next)
        }
        Analysis::SegmentSize => {
            counts_ethernet(sentence)
                || is_of_the_window(sentence)
                || is_cut_by_the_program(sentence)
                || is_of_another_layer(sentence)
        }
        Analysis::ReceiptSender => is_full(sentence) || wants_more(sentence),
        Analysis::Syn | Analysis::Disruption | Analysis::Browsing => false,
    }
}

/// "We see 65432 because the firewall translates the port": no device between the two machines changes ports.
fn is_translated(sentence: &Sentence) -> bool {
    sentence.reason().1.is_some_and(|reason| reason.has(C::Outsider) && !reason.has(C::Not))
}

/// "TCP wants one for each layer": the handshake knows nothing of layers.
fn asks_for_each_layer(sentence: &Sentence) -> bool {
    sentence.words.windows(2).any(|w| {
        one_of(&w[0].text, "each every per jede jeder cada chaque")
            && (w[1].text.starts_with("layer") || w[1].text.starts_with("schicht"))
    })
}

/// "It sends its SYN three times, so that one gets through": the three packets are no copies.
fn sends_copies(sentence: &Sentence) -> bool {
    let times = sentence
        .words
        .windows(2)
        .any(|w| w[0].number == Some(3) && one_of(&w[1].text, "times mal veces fois"));
    times && sentence.has(C::Syn) && sentence.has(C::Send) && !sentence.has(C::Not)
}

/// "These are retransmissions."
fn are_repeats(sentence: &Sentence) -> bool {
    let all = sentence.words.iter().take(2).any(|w| one_of(&w.text, "they these those sie diese"));
    all && sentence.has(C::Twice) && !sentence.has(C::Not)
}

/// "In it the guest asks whether it may send": what stands between message and marker acknowledges, and asks nothing.
fn asks(sentence: &Sentence) -> bool {
    const ASKS: &str =
        "ask asks asking request requests fragt fragen bittet anfrage pregunta pide solicita demande requete";
    let at = sentence.words.iter().position(|w| one_of(&w.text, ASKS));
    at.is_some_and(|i| !sentence.is_denied(i))
        && !sentence.any(&[C::Syn, C::Handshake, C::Open])
        && !sentence.says("question exercise task you we i one man on")
}

/// "The one in between is the FIN": no side closes before the marker.
fn closes_early(sentence: &Sentence) -> bool {
    let is = |w: &[Word]| matches!(w, [is, the, fin] if one_of(&is.text, "is was ist war es est") && one_of(&the.text, "the a der ein el un le") && fin.is(C::Fin));
    sentence.words.windows(3).any(is) && !sentence.any(&[C::After, C::Last, C::Not])
}

/// "It asks for the next message with it".
fn wants_more(sentence: &Sentence) -> bool {
    let asks = sentence.words.iter().position(|w| {
        one_of(&w.text, "ask asks asking requests requesting fragt bittet pide pidiendo demande demandant")
    });
    let next = sentence.words.windows(2).any(|w| {
        matches!(w, [next, message] if one_of(&next.text, "next more another new nachste nachsten weitere siguiente otro prochain autre")
            && message.is(C::Message))
    });
    next && asks.is_some_and(|i| !sentence.is_denied(i))
}

/// "Because its memory is full and it has to say stop": the marker says that the message is there.
fn is_full(sentence: &Sentence) -> bool {
    let full = |s: &Sentence| s.says("full voll lleno plein");
    sentence.reason().1.is_some_and(|reason| full(&reason) && !reason.has(C::Not))
        || sentence.has(C::Buffer) && full(sentence)
}

/// "A message is announced three times before it is sent": three tries instead of three packets of a handshake.
fn is_tried_again(sentence: &Sentence) -> bool {
    const TRIES: &str = "announced announces knock knocks knocked tries tried try attempts attempted asks asked calls \
        klopft klopfen versucht angekundigt fragt intenta llama anuncia essaie frappe annonce demande";
    let times = sentence.words.windows(2).any(|w| {
        matches!(w, [three, times] if three.number == Some(3) && one_of(&times.text, "times mal veces fois"))
    }) || sentence.words.iter().any(|w| w.text == "dreimal");
    let again = sentence.words.windows(2).any(|w| {
        matches!(w, [sent, again] if sent.is(C::Send) && one_of(&again.text, "again erneut nochmal otra"))
    });
    times && (again || sentence.says(TRIES)) && !sentence.has(C::Handshake)
}

/// "The MTU is 1448", "two MAC addresses are taken off", "the virtual switch has room for 1448": not TCP's limit.
fn is_of_another_layer(sentence: &Sentence) -> bool {
    let though = sentence.says("though although obwohl aunque bien not");
    let mtu = sentence.position(C::Mtu).is_some_and(|at| {
        let behind = sentence.words.iter().skip(at + 1).take(6);
        behind.into_iter().any(|w| w.number.is_some_and(|n| (1440..1455).contains(&n)))
    });
    let minus = sentence.any(&[C::Minus, C::Mss, C::Header]);
    !though && (mtu && !minus || said(sentence, "mac switch router firewall vpn proxy dhcp"))
}

/// Whether a sentence has one of these words, and does not deny it.
fn said(sentence: &Sentence, words: &str) -> bool {
    sentence.words.iter().enumerate().any(|(i, w)| one_of(&w.text, words) && !sentence.is_denied(i))
}

/// "It has a new port because it gets a new IP address": the machines keep their addresses.
fn is_of_the_address(sentence: &Sentence) -> bool {
    sentence.reason().1.is_some_and(|reason| {
        let address = reason.says("address addresses adresse adressen direccion adresses");
        address && reason.has(C::Change) && !reason.any(&[C::Not, C::Port, C::Os])
    })
}

/// "That is already the handshake for the next message": packets of the close taken for those of an opening.
fn opens_the_next(sentence: &Sentence) -> bool {
    const NEXT: &str =
        "next new following nachste nachsten neue neuen siguiente nueva suivant suivante nouvelle";
    let opens = sentence.any(&[C::Handshake, C::Syn])
        || sentence.says("opening opens open opened eroffnet offnet geoffnet abre ouvre")
            && sentence.has(C::Connection);
    opens
        && sentence.words.iter().any(|w| one_of(&w.text, NEXT) || one_of(&w.text, "already own again"))
        && !sentence.any(&[C::Not, C::Fin])
}

/// "The client's port changes because the receiver assigns it": the sender's own system does.
fn is_given_by_receiver(sentence: &Sentence) -> bool {
    let (claim, Some(reason)) = sentence.reason() else { return false };
    let tells = reason.words.iter().enumerate().any(|(i, w)| {
        let behind = reason.words.iter().skip(i + 1).take(3);
        w.is(C::Server) && behind.into_iter().any(|n| n.is(C::Tell) || one_of(&n.text, "allows permits lets"))
    });
    // "The waiting program tells it which one it may have."
    if claim.has(C::Change) && tells && !reason.has(C::Not) && reason.says("which welchen welche cual quel") {
        return true;
    }
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
    // "The system counts upwards with every connection."
    let upwards = sentence.reason().1.is_some_and(|reason| {
        reason.says_phrase(&[
            "counts upwards",
            "counts up",
            "counting upwards",
            "counting up",
            "counted up",
            "zahlt hoch",
        ])
    });
    // "C'est un compteur commun qui augmente."
    let counter = said(sentence, "counter compteur contador zahler")
        && sentence.says("augmente increases rises incremented aumenta sube erhoht steigt up monte");
    (named || counts_up || upwards || counter) && !sentence.has(C::Except)
}

/// "They agree on the keys": plain TCP has none.
fn agrees_on_keys(sentence: &Sentence) -> bool {
    let agree = sentence.says("agree agrees exchange exchanges negotiate negotiates einigen tauschen acuerdan intercambian echangent");
    agree
        && said(
            sentence,
            "key keys encryption cipher schlussel verschlusselung clave claves cifrado cle cles chiffrement",
        )
}

/// "Because the two machines negotiate a free number in the handshake": the sender's system chooses it alone.
fn is_negotiated(sentence: &Sentence) -> bool {
    const STEMS: [&str; 5] = ["negoti", "negoci", "aushandel", "vereinbar", "agree"];
    sentence.reason().1.is_some_and(|reason| {
        reason.has(C::Handshake)
            && !reason.has(C::Not)
            && reason.words.iter().any(|w| STEMS.iter().any(|s| w.text.starts_with(s)))
    })
}

/// "The last ACK tells the receiver how long the message will be": TCP announces no length.
fn announces_length(sentence: &Sentence) -> bool {
    let length = sentence.says_phrase(&[
        "how long",
        "how many bytes",
        "how big",
        "how large",
        "wie lang",
        "wie gross",
    ]) || sentence.says("length size lange grosse longitud tamano longueur taille");
    let tells = sentence.words.iter().position(|w| {
        w.is(C::Tell) || one_of(&w.text, "announce announces announced ankundigt kundigt anuncia annonce")
    });
    let flags =
        sentence.any(&[C::Syn, C::Ack, C::Handshake]) || sentence.words.iter().take(2).any(|w| w.is(C::They));
    flags
        && length
        && tells.is_some_and(|i| !sentence.is_denied(i))
        && sentence.any(&[C::Message, C::Payload])
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
    // "The receiver has a window of 1448 bytes."
    let of_size = sentence.position(C::Window).is_some_and(|at| {
        let behind = sentence.words.iter().skip(at + 1).take(3);
        !sentence.is_denied(at)
            && behind.into_iter().any(|w| w.number.is_some_and(|n| (1440..1455).contains(&n)))
    });
    of_size
        || sentence.reason().1.is_some_and(|reason| reason.has(C::Window) && !reason.any(&[C::Mss, C::Not]))
}

/// "Python's sendall slices the text into pieces of 1448": TCP cuts, the program does not know how.
fn is_cut_by_the_program(sentence: &Sentence) -> bool {
    const CUTS: &str = "slices slice sliced splits split cuts cut chops chopped divides divided breaks teilt zerteilt \
        schneidet zerlegt corta parte divide trocea coupe decoupe divise";
    let cuts = sentence.words.iter().position(|w| one_of(&w.text, CUTS));
    let by = |w: &Word| {
        one_of(&w.text, "python sendall send socket script module library our unser nuestro notre")
            || w.is(C::Code)
    };
    cuts.is_some_and(|at| {
        let before = sentence.words.get(at.saturating_sub(5)..at).unwrap_or_default();
        let actor = before.iter().any(by) && !before.iter().any(|w| w.is(C::Tcp) || w.is(C::Os));
        actor && !sentence.is_denied(at) && sentence.any(&[C::Byte, C::Message, C::Payload, C::Packet])
    })
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
    // "For every 32 bytes there must be an ACK."
    let bytes = sentence.words.windows(3).any(|w| {
        matches!(w, [each, n, byte] if one_of(&each.text, "every each per je cada chaque") && n.number.is_some() && byte.is(C::Byte))
    });
    (each || bytes) && sentence.has(C::Ack) && sentence.any(&[C::Tcp, C::Needs]) && !sentence.has(C::Not)
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
