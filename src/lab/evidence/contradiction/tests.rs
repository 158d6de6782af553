//! Forgeries on handmade captures, and honest packets that look like them.

use super::*;
use crate::lab::evidence::exchange::Outcome;
use crate::lab::evidence::handmade::Wire;

/// The outcome, and the contradictions with their positions.
fn found(wire: &Wire) -> (Outcome, Vec<(usize, What)>) {
    let x = wire.exchange();
    (x.outcome, x.contradicted.iter().map(|c| (c.position, c.what)).collect())
}

fn opened() -> Wire {
    let mut wire = Wire::new();
    wire.open().c("PA", 1, 1, b"hello").s("A", 1, 6, b"");
    wire
}

/// A forged receipt, and what the client answers.
fn forged() -> Wire {
    let mut wire = opened();
    wire.ttl = 61;
    wire.s("PA", 1, 6, b"#<<END>>#");
    wire.ttl = 64;
    wire.c("A", 6, 10, b"").c("FA", 6, 10, b"");
    wire
}

#[test]
fn a_receipt_that_its_sender_denies_with_its_fin_or_a_later_ack_is_forged() {
    let mut wire = forged();
    wire.s("FA", 1, 6, b"").late(3000);
    assert_eq!(found(&wire), (Outcome::Forged, vec![(5, What::Data)]));
    let mut wire = forged();
    wire.s("A", 1, 6, b"").late(300);
    assert_eq!(found(&wire), (Outcome::Forged, vec![(5, What::Data)]));
    let x = wire.exchange();
    assert_eq!(
        (x.contradicted[0].taken.clone(), unlike(&x, 5)),
        (vec![6, 7], vec!["TTL 61 instead of 64".to_string()])
    );
}

#[test]
fn an_ack_that_was_overtaken_denies_nothing() {
    let mut wire = Wire::new();
    // The receipt overtakes the ACK of the message, whose clock is the older one.
    wire.open().c("PA", 1, 1, b"hello").s("PA", 1, 6, b"#<<END>>#").s("A", 1, 6, b"");
    let frames = wire.frames.len();
    wire.timestamps = false;
    let clock: Vec<u8> = wire.frames[frames - 2].bytes[58..62].to_vec();
    wire.frames[frames - 1].bytes[58..62].copy_from_slice(&clock);
    assert_eq!(found(&wire), (Outcome::Confirmed, vec![]));
}

#[test]
fn a_keep_alive_and_a_repeated_part_deny_nothing() {
    let mut wire = Wire::new();
    wire.open().talk(b"hello").s("A", 9, 6, b"").late(60_000).c("A", 6, 10, b"");
    assert_eq!(found(&wire), (Outcome::Confirmed, vec![]));
    let mut wire = opened();
    wire.s("PA", 1, 6, b"#<<END>>#").s("PA", 1, 6, b"#<<E").late(300);
    assert_eq!(found(&wire), (Outcome::Confirmed, vec![]));
}

#[test]
fn where_the_deceived_side_alone_is_captured_its_acknowledgement_tells() {
    let mut wire = opened();
    wire.c("A", 6, 10, b"").c("FA", 6, 10, b"").s("A", 1, 6, b"").s("FA", 1, 6, b"").late(3000);
    assert_eq!(found(&wire), (Outcome::Forged, vec![(5, What::Unsent(9))]));
    // A genuine receipt that is missing from the capture is no contradiction: the server's later packets have numbers
    // above it.
    let mut wire = opened();
    wire.c("A", 6, 10, b"").c("FA", 6, 10, b"").s("FA", 10, 7, b"").late(3000).c("A", 7, 11, b"");
    assert_eq!(found(&wire).1, []);
}

#[test]
fn a_forged_fin_is_no_end() {
    let mut wire = opened();
    wire.s("FA", 1, 6, b"").c("A", 6, 2, b"").s("PA", 1, 6, b"#<<END>>#").c("FA", 6, 10, b"");
    wire.s("FA", 10, 7, b"").c("A", 7, 11, b"");
    let x = wire.exchange();
    assert_eq!(found(&wire), (Outcome::Confirmed, vec![(5, What::Fin)]));
    assert_eq!((x.fin.clone(), x.repeats.clone(), x.length(Side::Server)), (vec![8, 9], vec![], Some(9)));
    assert_eq!(x.distinct(x.count()), x.count());
}

#[test]
fn a_reset_that_draws_a_challenge_ends_nothing() {
    let mut wire = opened();
    wire.s("R", 101, 0, b"")
        .c("A", 6, 1, b"")
        .c("FA", 6, 1, b"")
        .late(2000)
        .s("FA", 1, 7, b"")
        .c("A", 7, 2, b"");
    assert_eq!(found(&wire), (Outcome::Unconfirmed, vec![(5, What::Reset)]));
    assert!(wire.exchange().effective_rst().is_empty());
}

#[test]
fn a_reset_with_the_expected_number_that_its_sender_denies_took_effect() {
    let mut wire = opened();
    wire.s("R", 1, 0, b"").s("FA", 1, 6, b"").late(3000).c("R", 6, 0, b"");
    assert_eq!(found(&wire), (Outcome::Reset, vec![(5, What::DeniedReset)]));
}

#[test]
fn an_honest_reset_is_a_fact_also_with_packets_on_their_way() {
    let mut wire = opened();
    wire.s("RA", 1, 6, b"").c("A", 6, 1, b"").c("FA", 6, 1, b"");
    assert_eq!(found(&wire), (Outcome::Reset, vec![]));
}

#[test]
fn other_bytes_under_the_same_numbers_are_noticed() {
    let mut wire = Wire::new();
    wire.open();
    wire.ttl = 61;
    wire.c("PA", 1, 1, b"HELLO");
    wire.ttl = 64;
    wire.s("A", 1, 6, b"").c("PA", 1, 1, b"hello").s("PA", 1, 6, b"#<<END>>#").c("A", 6, 10, b"").close(5);
    assert_eq!(found(&wire).1, [(3, What::OtherBytes)]);
    assert_eq!(found(&Wire::whole(b"hello")).1, []);
}
