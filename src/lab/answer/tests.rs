//! The answers on handmade captures: numbers, confidence, and cases that a naive rule gets wrong.

use super::*;
use crate::lab::evidence::handmade::{PORT, Wire, evidence};

fn of(captures: &[&Wire]) -> Report {
    let capture = |(i, w): (usize, &&Wire)| Capture {
        name: format!("{i}.pcapng"),
        evidence: w.evidence(),
        names: Vec::new(),
    };
    report(&Lab::built_in(), PORT, captures.iter().enumerate().map(capture).collect(), (None, None))
}

fn answer(report: &Report, id: &str) -> (String, Confidence, Vec<u64>) {
    let a = report.answers.iter().find(|a| a.id == id).unwrap();
    (a.answer.clone(), a.confidence, a.evidence.iter().map(|e| e.frame.0).collect())
}

#[track_caller]
fn says(wire: &Wire, id: &str, parts: &[&str], confidence: Confidence) {
    let (text, sure, _) = answer(&of(&[wire]), id);
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    assert_eq!(sure, confidence, "{text}");
}

use Confidence::{CannotTell, Inferred, Proven};

#[test]
fn the_handouts_exchange_is_answered_with_proof() {
    let wire = Wire::whole(b"Hello guest operating system");
    says(&wire, "Q1", &["host 192.168.56.1:44150 → guest 192.168.56.101:65432", "SYN in frame 1"], Proven);
    says(&wire, "Q3", &["3: the handshake, SYN, SYN,ACK and ACK", "(frames 1–3)"], Proven);
    says(
        &wire,
        "Q4",
        &["From the beginning of the connection: 5.", "Strictly between message and #<<END>>#: 1."],
        Proven,
    );
    says(&wire, "Q5", &["the guest (frame 6), which received the host's message (frame 4)"], Proven);
    says(
        &wire,
        "Q6",
        &["4 follow: frames 7 (host: ACK), 8 (host: FIN,ACK)", "The host closes first."],
        Proven,
    );
    says(&wire, "Q7", &["1 (host: SYN, Seq 1000000)", "Both offer MSS 1460"], Proven);
    says(&wire, "Q8", &["expects Seq 1000001", "with Seq 4294967291, Ack 1000029"], Inferred);
    says(
        &wire,
        "Q9",
        &["1449 need two", "724 of two bytes", "482 of three", "take 3, 6 or 9 packets"],
        Proven,
    );
    assert_eq!(answer(&of(&[&wire]), "Q4").2, [4, 6]);
}

#[test]
fn one_connection_does_not_tell_whether_ports_change() {
    let one = Wire::whole(b"a");
    says(&one, "Q2", &["one connection"], CannotTell);
    let mut other = Wire::new();
    (other.client.1, other.isn.0) = (44152, 77);
    other.open().talk(b"a").close(1);
    let (text, sure, evidence) = answer(&of(&[&one, &other]), "Q2");
    assert!(text.contains("44150, then 44152") && !text.contains("No machine"), "{text}");
    assert_eq!((sure, evidence), (Proven, vec![1, 1]));
}

#[test]
fn one_connection_of_each_machine_only_suggests_that_ports_change() {
    let one = Wire::whole(b"a");
    let mut other = Wire::new();
    (other.client, other.server, other.isn.0) = ((101, 44152), (1, PORT), 77);
    other.open().talk(b"a").close(1);
    let (text, sure, _) = answer(&of(&[&one, &other]), "Q2");
    assert!(text.contains("44150, then 44152") && text.contains("a second run would prove it"), "{text}");
    assert_eq!(sure, Inferred);
}

#[test]
fn fins_can_come_in_another_order_only_where_neither_acknowledges_the_other() {
    let mut crossed = Wire::new();
    crossed.open().talk(b"a").s("FA", 10, 2, b"").c("FA", 2, 10, b"").s("A", 11, 3, b"").c("A", 3, 11, b"");
    says(&crossed, "Q6", &["The FINs crossed", "may show them the other way round"], Proven);
    let (text, _, _) = answer(&of(&[&Wire::whole(b"a")]), "Q6");
    assert!(!text.contains("other way round") && text.contains("The host closes first."), "{text}");
}

#[test]
fn a_fin_before_the_marker_and_a_reset_behind_it_are_told_as_what_they_are() {
    let mut half = Wire::new();
    half.open().c("PA", 1, 1, b"a").c("FA", 2, 1, b"").s("PA", 1, 3, b"#<<END>>#").c("A", 3, 10, b"");
    half.s("FA", 10, 3, b"").c("A", 3, 11, b"");
    says(&half, "Q6", &["closes first, in frame 5, before #<<END>># was sent"], Proven);
    let (text, _, _) = answer(&of(&[&half]), "Q6");
    assert!(!text.contains("one from each side"), "{text}");
    let mut reset = Wire::new();
    reset.open().talk(b"a").c("RA", 2, 10, b"");
    says(&reset, "Q6", &["2 follow", "The RST of the host (frame 8) ends the connection"], Proven);
}

#[test]
fn a_message_that_was_cut_below_the_handshakes_size_decides() {
    let mut wire = Wire::new();
    (wire.mss, wire.timestamps) = (Some(65495), false);
    let half = 0xfaf0 / 2;
    let message = vec![b'a'; half + 1];
    wire.open().c("PA", 1, 1, &message[..half]).c("PA", 1 + half as u32, 1, b"a");
    says(
        &wire,
        "Q9",
        &["32120 bytes fit into one packet, 32121 need two", "half of the largest window", "frame 4"],
        Proven,
    );
    let mut short = Wire::new();
    (short.mss, short.timestamps) = (Some(65495), false);
    short.open().talk(b"a").close(1);
    says(&short, "Q9", &["32120 bytes fit", "Linux cuts at half"], Inferred);
}

#[test]
fn without_traffic_of_the_lab_there_is_one_reason() {
    let report = report(&Lab::built_in(), PORT, Vec::new(), (None, None));
    assert!(report.silent.is_some_and(|why| why.contains("no frame")));
    assert!(of(&[&Wire::whole(b"a")]).silent.is_none());
}

#[test]
fn the_same_connection_in_two_captures_is_one_connection() {
    let host = Wire::whole(b"a");
    let mut guest = Wire::whole(b"a");
    guest.frames.swap(7, 8);
    let report = of(&[&host, &guest]);
    assert_eq!(answer(&report, "Q2").1, CannotTell);
    let note = report.notes.iter().find(|n| n.contains("the same connection")).unwrap();
    assert!(note.contains("10 packets stand in both") && note.contains("order differs"), "{note}");
}

#[test]
fn repeats_are_counted_apart() {
    let mut wire = Wire::new();
    wire.c("S", 0, 0, b"").open().talk(b"hi").close(2);
    says(
        &wire,
        "Q3",
        &["3 distinct and 1 repeated: frames 1 (host: SYN), 2 (host: repeated SYN)", "3: the handshake"],
        Proven,
    );
    says(&wire, "Q7", &["One packet with SYN is a repeat"], Proven);
}

#[test]
fn copies_from_two_adapters_are_said_to_be_copies() {
    let mut wire = Wire::new();
    for frame in Wire::whole(b"hi").frames {
        wire.frames.push(frame);
        wire.copy_on(1);
    }
    says(&wire, "Q3", &["3 distinct and 3 copies", "3: the handshake"], Proven);
    assert!(of(&[&wire]).notes[0].contains("2 adapters recorded it"));
}

#[test]
fn a_capture_that_starts_late_or_stops_early_is_not_guessed_at() {
    let mut late = Wire::new();
    late.talk(b"hi").close(2);
    says(&late, "Q1", &["no SYN was captured"], Inferred);
    says(&late, "Q3", &["cannot tell: no SYN"], CannotTell);
    says(
        &late,
        "Q4",
        &["From the beginning of the connection: cannot tell", "Strictly between message and #<<END>>#: 1"],
        CannotTell,
    );
    says(&late, "Q7", &["no packet here carries SYN"], CannotTell);
    says(&late, "Q9", &["both"], CannotTell);
    let mut early = Wire::new();
    early.open().talk(b"hi").c("FA", 3, 10, b"");
    says(&early, "Q6", &["At least 2", "no FIN of the server"], CannotTell);
}

#[test]
fn an_echo_and_a_quotation_are_no_receipts() {
    let mut wire = Wire::new();
    wire.open().c("PA", 1, 1, b"a #<<END>># b").s("PA", 1, 14, b"a #<<END>># b");
    wire.c("FA", 14, 14, b"").s("FA", 14, 15, b"").c("A", 15, 15, b"");
    says(&wire, "Q5", &["the guest (frame 5)", "The host's message quotes #<<END>>#"], Proven);
}

#[test]
fn a_receipt_that_came_too_early_raises_the_alarm() {
    let mut wire = Wire::new();
    wire.open().c("A", 1, 1, b"abc").s("PA", 1, 4, b"#<<END>>#").c("PA", 4, 10, b"def").close(6);
    says(&wire, "Q5", &["when 3 of 6 bytes had arrived"], Proven);
    let notes = of(&[&wire]).notes;
    assert!(notes.iter().any(|note| note.contains("frame 5") && note.contains("3 of")), "{notes:?}");
}

#[test]
fn a_frame_larger_than_a_packet_is_offloaded() {
    let message = [b'a'; 4096];
    let wire = Wire::whole(&message);
    says(
        &wire,
        "Q9",
        &["1448 bytes fit", "Frame 4 holds 4096 bytes", "about 3 segments on the wire"],
        Proven,
    );
}

#[test]
fn refused_and_unanswered_are_named() {
    let mut wire = Wire::new();
    wire.c("S", 0, 0, b"").s("RA", 0, 1, b"");
    says(&wire, "Q5", &["the port refused the connection"], CannotTell);
    says(&wire, "Q7", &["An RST answers: the port refuses"], Proven);
    says(&wire, "Q3", &["no message: the port refused the connection"], CannotTell);
    let mut wire = Wire::new();
    wire.c("S", 0, 0, b"").c("S", 0, 0, b"");
    says(&wire, "Q7", &["Nothing answers.", "One packet with SYN is a repeat"], Proven);
}

#[test]
fn without_tcp_unanswered_arp_requests_explain_why() {
    let request = |op: u8, from: u8, to: u8| {
        let mut b = vec![255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, from, 8, 6, 0, 1, 8, 0, 6, 4, 0, op];
        b.extend([2, 0, 0, 0, 0, from, 192, 168, 56, from, 0, 0, 0, 0, 0, 0, 192, 168, 56, to]);
        crate::lab::evidence::handmade::Recorded {
            wire_len: b.len() as u32,
            bytes: b,
            interface: 0,
            nanos: 0,
        }
    };
    let found = evidence(&[request(1, 1, 9), request(1, 1, 101), request(2, 101, 1), request(1, 1, 9)]);
    assert_eq!(found.unresolved.len(), 1);
    let capture = Capture { name: "arp.pcap".into(), evidence: found, names: vec![] };
    let report = report(&Lab::built_in(), PORT, vec![capture], (None, None));
    let (text, sure, frames) = answer(&report, "Q1");
    assert!(text.contains("192.168.56.1 asked by ARP for 192.168.56.9"), "{text}");
    assert_eq!((sure, frames), (CannotTell, vec![1, 4]));
}

#[test]
fn every_answer_has_a_rule_and_evidence_that_exists() {
    let wire = Wire::whole(b"hi");
    for a in of(&[&wire]).answers.into_iter().filter(Answer::is_of_exchange) {
        assert!(!a.rule.is_empty() && !a.evidence.is_empty(), "{}", a.id);
        assert!(a.evidence.iter().all(|e| (1..=10).contains(&e.frame.0)), "{}", a.id);
    }
}

#[test]
fn of_more_connections_than_are_described_it_is_said_how_many_there_are() {
    let mut all = Wire::new();
    for i in 0..4100u16 {
        let mut one = Wire::new();
        (one.client.1, one.isn.0) = (20_000 + i, 7000 + u32::from(i));
        one.open().talk(b"Hello").close(5);
        all.frames.append(&mut one.frames);
    }
    let report = of(&[&all]);
    assert_eq!((report.exchanges.len(), report.further.as_slice()), (4096, &[4][..]));
    assert!(report.exchanges.iter().all(|x| x.outcome.name() == "confirmed"));
    assert!(report.notes[0].starts_with("0.pcapng holds 4 more connections"), "{}", report.notes[0]);
}

#[test]
fn a_connection_too_long_to_be_kept_is_counted_to_its_end() {
    let mut wire = Wire::new();
    wire.open();
    for i in 0..3000 {
        wire.c("PA", 1 + 4 * i, 1, b"abcd").s("A", 1, 5 + 4 * i, b"");
    }
    wire.s("PA", 1, 12_001, b"#<<END>>#").c("A", 12_001, 10, b"").close(12_000);
    says(&wire, "Q3", &["3: the handshake"], Proven);
    says(
        &wire,
        "Q4",
        &["From the beginning of the connection: 6003.", "The message took 3000 packets"],
        Proven,
    );
    says(&wire, "Q6", &["4 follow"], Proven);
    let report = of(&[&wire]);
    assert_eq!(report.exchanges[0].count(), 6008);
    assert!(report.exchanges[0].conversation.segments.iter().count() < 2100);
    assert!(report.notes[0].contains("all 6008 packets are counted"), "{:?}", report.notes);
}
