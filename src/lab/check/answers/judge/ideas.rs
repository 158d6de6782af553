//! Reasons that answers give, and wrong ideas behind them. A sentence shows an idea if it has a word for each of the
//! idea's groups of concepts.

use super::super::language::{Concept as C, Reading, Sentence, Word, one_of};
use super::closing::{closes, closes_in_order};
use super::{indifferent, remarks, untrue};
use crate::lab::definition::Analysis;
use crate::lab::definition::misconception::Sign;

/// The verdict on the reasons that an answer gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reasoning {
    /// The answer gives no reason.
    None,
    /// The reason is one that the lab teaches.
    Sound,
    /// The reason is wrong.
    Wrong,
    /// The reason was not understood.
    Unread,
}

/// A wrong idea, as a pattern: a sentence shows it with a word of each group in `all`, and no word of `none`.
struct Idea {
    about: &'static [Analysis],
    sign: Sign,
    /// Groups of concepts; the sentence must have a word of each group.
    all: &'static [&'static [C]],
    /// Concepts that the sentence must not have.
    none: &'static [C],
    /// Whether only a reason or a clause behind "to …" can show the idea.
    in_reason: bool,
}

const fn idea(
    about: &'static [Analysis],
    sign: Sign,
    all: &'static [&'static [C]],
    none: &'static [C],
) -> Idea {
    Idea { about, sign, all, none, in_reason: false }
}

const IDEAS: &[Idea] = &[
    idea(
        &[Analysis::BeforeMessage, Analysis::BeforeReceipt],
        Sign::PshMeansPayload,
        &[&[C::Psh], &[C::Mean, C::Payload, C::Because]],
        &[C::Not],
    ),
    Idea {
        about: &[Analysis::ReceiptSender],
        sign: Sign::EndIsAck,
        all: &[&[C::Tcp], &[C::Needs, C::Ack, C::Confirm]],
        none: &[C::Not, C::Only, C::Os, C::Code],
        in_reason: true,
    },
    // "So that TCP does not send it again."
    Idea {
        about: &[Analysis::ReceiptSender],
        sign: Sign::EndIsAck,
        all: &[&[C::Tcp], &[C::Twice]],
        none: &[C::Only, C::Os, C::Code],
        in_reason: true,
    },
    // "Otherwise TCP would not know that it arrived."
    Idea {
        about: &[Analysis::ReceiptSender],
        sign: Sign::EndIsAck,
        all: &[&[C::Tcp], &[C::Except], &[C::Find, C::Tell, C::Confirm, C::Send, C::Receive]],
        none: &[C::Only, C::Os, C::Code],
        in_reason: false,
    },
    // "It is TCP's way of saying that the bytes arrived."
    Idea {
        about: &[Analysis::ReceiptSender],
        sign: Sign::EndIsAck,
        all: &[&[C::Tcp], &[C::Needs, C::Tell, C::Confirm, C::Find]],
        none: &[C::Not, C::Only, C::Os, C::Code, C::Except, C::Before],
        in_reason: false,
    },
    idea(
        &[Analysis::AfterReceipt],
        Sign::ServerClosesLast,
        &[&[C::Server], &[C::Close], &[C::Last]],
        &[C::Not],
    ),
    idea(
        &[Analysis::Syn],
        Sign::RelativeNumbers,
        &[&[C::Sequence], &[C::Zero]],
        &[C::Relative, C::Raw, C::Not],
    ),
    idea(
        &[Analysis::Disruption],
        Sign::OnlyInBetween,
        &[&[C::Only, C::Not, C::Except], &[C::Middle], &[C::Possible, C::People]],
        &[],
    ),
    idea(&[Analysis::Disruption], Sign::AnyRst, &[&[C::Rst], &[C::Window], &[C::Any]], &[C::Not]),
];

/// The wrong ideas that show in an answer.
pub(in super::super) fn signs(analysis: Analysis, reading: &Reading) -> Vec<Sign> {
    let mut found: Vec<Sign> = Vec::new();
    let patterns = reading
        .sentences
        .iter()
        .flat_map(|s| IDEAS.iter().filter(|i| i.about.contains(&analysis) && shows_in_part(i, s)))
        .map(|i| i.sign);
    for sign in patterns.chain(further_sign(analysis, reading)) {
        if !found.contains(&sign) {
            found.push(sign);
        }
    }
    found
}

/// Whether a sentence shows an idea, or what stands before its denial does: "The PSH flag marks a packet with data, and
/// the first three do not have it".
fn shows_in_part(idea: &Idea, sentence: &Sentence) -> bool {
    let of_flag = idea.sign == Sign::PshMeansPayload;
    shows(idea, sentence) || of_flag && before_denial(sentence).is_some_and(|part| shows(idea, &part))
}

/// The parts of a sentence before the first one with a denial; `None` where there is no such one, or none before it.
fn before_denial(sentence: &Sentence) -> Option<Sentence> {
    let denies = |p: &Sentence| p.words.iter().any(|w| w.is(C::Not) && !w.is(C::NoAnswer));
    let parts = sentence.parts(|w| w.gap.contains(','));
    let first = parts.iter().position(denies).filter(|n| *n > 0)?;
    let words = parts.into_iter().take(first).flat_map(|p| p.words).collect();
    Some(Sentence { words, new_line: sentence.new_line })
}

/// A wrong idea that no pattern describes; the first one, if there are several.
fn further_sign(analysis: Analysis, reading: &Reading) -> Option<Sign> {
    let any = |is: &dyn Fn(&Sentence) -> bool| reading.sentences.iter().any(is);
    let found: &[(bool, Sign)] = match analysis {
        Analysis::Ports => &[(any(&by_number), Sign::PortByNumber)],
        Analysis::ReceiptSender => {
            &[(any(&closes), Sign::EndCloses), (any(&|s| tcp_demands(s) || is_ack_of_tcp(s)), Sign::EndIsAck)]
        }
        Analysis::BeforeMessage | Analysis::BeforeReceipt => {
            &[(any(&set_means_payload), Sign::PshMeansPayload)]
        }
        Analysis::AfterReceipt => &[(any(&closes_in_order), Sign::ServerClosesLast)],
        Analysis::Syn => {
            &[(any(&counts_from_zero), Sign::RelativeNumbers), (is_name_only(reading), Sign::NameOnly)]
        }
        Analysis::Disruption => {
            let anything = indifferent::takes_anything(reading);
            let reset = reading.has(C::Rst);
            &[(anything && reset, Sign::AnyRst), (anything || is_inject_only(reading), Sign::InjectOnly)]
        }
        Analysis::SegmentSize => &[(any(&buffer), Sign::RecvBuffer)],
        Analysis::PortReuse | Analysis::Browsing => &[],
    };
    found.iter().find(|(shows, _)| *shows).map(|(_, sign)| *sign)
}

/// "The higher port is the server's", "the client is the one below 65432".
pub(super) fn by_number(sentence: &Sentence) -> bool {
    const COMPARES: &str = "below above under over beneath unter uber debajo encima sous dessous dessus";
    let beside_number = sentence.words.windows(2).any(|w| {
        matches!(w, [than, number] if one_of(&than.text, COMPARES) && number.number.is_some_and(|n| n > 1024))
    });
    // "Servers get the big port numbers and clients the small ones."
    let is = |words: &str| sentence.words.iter().any(|w| one_of(&w.text, words));
    let sized = is("big large high gross grosse grossen grande grandes")
        && is("small low klein kleine kleinen pequeno pequenos petit petits");
    (sentence.has(C::Higher) || beside_number || sized)
        && sentence.any(&[C::Client, C::Server, C::Host, C::Guest])
        && !sentence.words.iter().any(|w| w.is(C::Not) && !w.is(C::NoAnswer))
}

/// A sentence without what it only grants at its end: "…, even if TCP itself had confirmed the bytes".
fn without_concession(sentence: &Sentence) -> Sentence {
    let grants = |w: &[Word]| {
        matches!(w, [even, if_] if even.text == "even" && one_of(&if_.text, "if though when")
            || even.text == "auch" && if_.text == "wenn" || even.text == "aun" && if_.text == "si")
    };
    let end = sentence.words.windows(2).position(grants).filter(|at| *at > 2);
    let words = sentence.words.get(..end.unwrap_or(sentence.words.len())).unwrap_or_default();
    Sentence { words: words.to_vec(), new_line: sentence.new_line }
}

fn shows(idea: &Idea, sentence: &Sentence) -> bool {
    let part;
    let sentence = if idea.in_reason {
        let Some(reason) = sentence.reason().1 else { return false };
        part = reason;
        &part
    } else {
        sentence
    };
    let granted = without_concession(sentence);
    let sentence = &granted;
    let zero = |concept: &C| *concept == C::Zero && sentence.words.iter().any(|w| w.number == Some(0));
    // "No, …" answers; it does not deny what follows.
    // "To be sure that nothing got lost" denies nothing either.
    let lost = sentence.words.windows(3).any(|w| {
        one_of(&w[0].text, "nothing nichts nada rien")
            && w.iter().any(|n| one_of(&n.text, "lost missing verloren fehlt perdido pierde perdu manque"))
    });
    let spoken = |w: &Word| {
        w.concepts.any(idea.none)
            && !w.is(C::NoAnswer)
            && !(lost && one_of(&w.text, "nothing nichts nada rien"))
    };
    // "[PSH, ACK] with 28 bytes of data" names a packet.
    let names = sentence.words.iter().any(|w| w.is(C::Psh) && w.gap.ends_with('['))
        && !sentence.any(&[C::Mean, C::Because]);
    // "FIN of the sender, FIN of the receiver, last ACK".
    let last_ack = sentence
        .words
        .windows(2)
        .any(|w| matches!(w, [a, b] if a.is(C::Last) && b.is(C::Ack) || a.is(C::Ack) && b.is(C::Last)));
    let is_aside = match idea.sign {
        Sign::PshMeansPayload => names,
        Sign::ServerClosesLast => last_ack,
        _ => false,
    };
    !is_aside
        && idea.all.iter().all(|group| sentence.any(group) || group.iter().any(zero))
        && !sentence.words.iter().any(spoken)
}

/// "The marker is the ACK that TCP makes for the data", "it generates the marker as the ACK", "the marker has to replace
/// the ACK".
fn is_ack_of_tcp(sentence: &Sentence) -> bool {
    // "It's the ACK which TCP sends back": the marker was named before.
    let it = sentence.words.first().is_some_and(|w| one_of(&w.text, "it that this ce c"))
        && !sentence.words.iter().take(5).any(|w| w.is(C::Not));
    let of_tcp = sentence.words.windows(3).take(4).any(|w| {
        matches!(w, [ack, which, tcp] if ack.is(C::Ack) && tcp.is(C::Tcp) && one_of(&which.text, "which that of from von que qui de"))
    });
    if it && of_tcp {
        return true;
    }
    let Some(marker) = sentence.position(C::Marker) else { return false };
    let behind = sentence.words.get(marker + 1..).unwrap_or_default();
    let is = behind.first().is_some_and(|w| one_of(&w.text, "is was ist war es est as als como comme"));
    let ack = behind.iter().take(6).any(|w| w.concepts.any(&[C::Ack, C::Confirm]));
    // "END is the TCP acknowledgement, and the operating system sends it."
    let named =
        behind.windows(2).take(5).any(|w| w[0].is(C::Tcp) && w[1].concepts.any(&[C::Ack, C::Confirm]));
    if is && named && !sentence.any(&[C::Not, C::Only, C::Except]) {
        return true;
    }
    let replaces = sentence.says("replace replaces replacing ersetzen ersetzt reemplaza sustituye remplace");
    let of_tcp = sentence.words.iter().any(|w| w.is(C::Tcp));
    let plain = !sentence.any(&[C::Not, C::Only, C::Except, C::Os]);
    ack && of_tcp && (is && plain || replaces)
}

/// "TCP demands it": the marker as something that TCP wants.
fn tcp_demands(sentence: &Sentence) -> bool {
    sentence.words.iter().enumerate().any(|(i, w)| {
        let behind = sentence.words.iter().skip(i + 1).take(2);
        let wants = behind.into_iter().any(|n| {
            one_of(&n.text, "demands requires wants insists obliges prescribes verlangt fordert braucht exige requiere requiert")
        });
        w.is(C::Tcp) && wants && !sentence.is_denied(i)
    }) && !sentence.any(&[C::Only, C::Os, C::Code])
}

/// "A packet has data in it when the PSH flag is set": what only the length tells.
fn set_means_payload(sentence: &Sentence) -> bool {
    let tells = "know knows tell tells see sees shows sign signals erkennt zeigt heisst indica dice muestra indique dit montre";
    let in_part = |p: &Sentence| {
        p.has(C::Psh) && p.any(&[C::Payload, C::Message]) && p.says(tells) && !p.any(&[C::Not, C::Except])
    };
    if sentence.parts(|w| w.gap.contains(',')).iter().any(in_part) {
        return true;
    }
    let set = sentence.says("set gesetzt puesto activado active mis unless");
    sentence.has(C::Psh)
        && sentence.any(&[C::Payload, C::Message])
        && set
        && sentence.says("when if wenn si cuando quand because as unless")
        && !sentence.says("though although but even obwohl aber")
}

/// "Both counters are set to zero", "every connection starts to count at 0".
fn counts_from_zero(sentence: &Sentence) -> bool {
    const STEMS: [&str; 7] = ["count", "zahl", "gezahlt", "contador", "contar", "compt", "number"];
    // "To 0, because nothing has been sent yet": only the claim counts.
    let (claim, _) = sentence.reason();
    let counts = claim.words.iter().any(|w| w.is(C::Sequence) || STEMS.iter().any(|s| w.text.starts_with(s)));
    let zero = claim.words.iter().any(|w| w.is(C::Zero) || w.number == Some(0));
    counts && zero && !claim.any(&[C::Relative, C::Raw, C::Not])
}

/// Whether an answer explains no more than the name of the flag: "it starts the connection".
fn is_name_only(reading: &Reading) -> bool {
    let deeper = [C::Sequence, C::Synchronise, C::Ack, C::Mss, C::Option, C::Window, C::Handshake];
    let opens = reading.sentences.iter().any(|s| s.has(C::Open) && s.any(&[C::Connection, C::Handshake]));
    opens && !reading.words().any(|w| w.concepts.any(&deeper))
}

/// Whether an answer injects a packet without saying which of its fields must match.
fn is_inject_only(reading: &Reading) -> bool {
    let matching = [C::Sequence, C::Port, C::Window, C::Ack, C::Rst, C::Syn, C::Fin, C::Marker];
    let inject =
        reading.sentences.iter().any(|s| s.has(C::Inject) && s.any(&[C::Packet, C::Message, C::Payload]));
    let alone = reading.words().count() <= 2 && reading.has(C::Inject);
    (inject || alone) && !reading.words().any(|w| w.concepts.any(&matching) || w.address.is_some())
}

/// Whether a sentence gives the receive buffer as the reason.
fn buffer(sentence: &Sentence) -> bool {
    let named = sentence.words.iter().enumerate().any(|(i, w)| w.is(C::Buffer) && !sentence.is_denied(i));
    let though = sentence.says("though although but obwohl auch aunque bien aber even");
    // "recv(4096) is irrelevant", "that is only the buffer".
    let only_it =
        sentence.words.iter().enumerate().any(|(i, w)| {
            w.is(C::Only) && sentence.words.iter().skip(i + 1).take(2).any(|n| n.is(C::Buffer))
        });
    let beside = only_it || sentence.says("irrelevant unrelated unwichtig irrelevante egal");
    (named || remarks::reads_at_once(sentence)) && !beside && !though && !sentence.any(&[C::Mss, C::Not])
}

/// For each analysis, the concepts that make a reason sound, and those that make it wrong.
pub(super) fn words_of(analysis: Analysis) -> (&'static [C], &'static [C]) {
    match analysis {
        Analysis::PortReuse => (
            &[
                C::Os,
                C::Code,
                C::Chosen,
                C::Find,
                C::Ephemeral,
                C::Needs,
                C::Change,
                C::Stay,
                C::Server,
                C::Client,
            ],
            &[C::Outsider],
        ),
        Analysis::BeforeMessage => (
            &[C::Handshake, C::Syn, C::Ack, C::Open, C::Sequence, C::Synchronise, C::Connection, C::Before],
            &[C::Outsider, C::Foreign, C::Psh, C::Twice],
        ),
        Analysis::BeforeReceipt => (
            &[C::Ack, C::Confirm, C::Handshake, C::Syn, C::Receive, C::Open, C::Os, C::Marker],
            &[C::Outsider, C::Foreign, C::Twice, C::Psh],
        ),
        Analysis::ReceiptSender => (
            &[C::Receive, C::Confirm, C::Tell, C::Message, C::Send, C::Server, C::Ack],
            &[C::Outsider, C::Foreign, C::Twice],
        ),
        Analysis::AfterReceipt => (
            &[C::Close, C::EndVerb, C::Fin, C::Ack, C::Connection, C::Confirm, C::Tell],
            &[C::Twice, C::Outsider, C::Foreign],
        ),
        Analysis::SegmentSize => (
            &[C::Mss, C::Option, C::Header, C::Minus, C::Fit, C::Limit],
            &[C::Outsider, C::Foreign, C::Buffer, C::Code],
        ),
        Analysis::Ports | Analysis::Syn | Analysis::Disruption | Analysis::Browsing => (&[], &[]),
    }
}

/// "Because frame 6 is the marker": a reason that names a packet by its number.
fn names_frame(reason: &Sentence, analysis: Analysis) -> bool {
    matches!(analysis, Analysis::BeforeMessage | Analysis::BeforeReceipt)
        && reason.words.windows(2).any(|w| {
            let [a, b] = w else { return false };
            let number = b.number.is_some() && !b.article && !b.is_apart();
            a.is(C::Frame) && number || a.ordinal.is_some() && b.is(C::Packet)
        })
        // "Because the fourth is the message itself."
        || analysis == Analysis::BeforeMessage
            && reason.words.iter().any(|w| w.ordinal.is_some())
            && reason.any(&[C::Message, C::Payload])
}

/// "As there are still 4 to come": a reason that counts what follows.
fn counts_on(reason: &Sentence, analysis: Analysis) -> bool {
    analysis == Analysis::AfterReceipt && reason.has(C::After) && !reason.amounts().is_empty()
}

/// The verdict on the reasons in an answer.
pub(super) fn reasoning(analysis: Analysis, reading: &Reading) -> Reasoning {
    if !signs(analysis, reading).is_empty()
        || remarks::is_wrong(analysis, reading)
        || reading.sentences.iter().any(|s| untrue::is_untrue(analysis, s))
    {
        return Reasoning::Wrong;
    }
    let (sound, wrong) = words_of(analysis);
    if sound.is_empty() {
        return Reasoning::None;
    }
    let mut found = Reasoning::None;
    for reason in reading.sentences.iter().filter_map(|s| s.reason().1) {
        let said = |concepts: &[C]| {
            reason
                .words
                .iter()
                .skip(1)
                .enumerate()
                .any(|(i, w)| w.concepts.any(concepts) && !reason.is_denied(i + 1))
        };
        let denied = |concepts: &[C]| {
            reason.words.iter().enumerate().any(|(i, w)| w.concepts.any(concepts) && reason.is_denied(i))
        };
        // "TCP always needs one ACK per packet": a rule that does not hold.
        let rule = analysis == Analysis::BeforeReceipt
            && reason.says("always immer siempre toujours per")
            && reason.has(C::Ack);
        let of_reason = if said(wrong) || rule {
            Reasoning::Wrong
        } else if said(sound)
            || denied(wrong)
            || names_frame(&reason, analysis)
            || counts_on(&reason, analysis)
        {
            Reasoning::Sound
        } else {
            Reasoning::Unread
        };
        found = match (found, of_reason) {
            (Reasoning::Wrong, _) | (_, Reasoning::Wrong) => Reasoning::Wrong,
            (Reasoning::Sound, _) | (_, Reasoning::Sound) => Reasoning::Sound,
            (_, other) => other,
        };
    }
    match found {
        // "The MSS is 1460, of which 12 go for timestamps. Umlauts take more, because …": what stands without "because"
        // is the reason.
        Reasoning::Unread if calculates(analysis, reading) => Reasoning::Sound,
        found => found,
    }
}

/// Whether a sentence without "because" names two of the parts from which the size of a segment is calculated.
fn calculates(analysis: Analysis, reading: &Reading) -> bool {
    const PARTS: [C; 4] = [C::Mss, C::Mtu, C::Option, C::Header];
    let names_two = |s: &Sentence| PARTS.iter().filter(|part| s.has(**part)).count() > 1;
    analysis == Analysis::SegmentSize
        && reading.sentences.iter().any(|s| s.reason().1.is_none() && names_two(s))
}
