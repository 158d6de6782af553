//! Findings on handmade captures of typical programs; and correct exchanges, which must have none.

use super::*;
use crate::lab::evidence::exchange::Outcome;
use crate::lab::evidence::handmade::Wire;

/// The outcome, and the findings with their positions.
fn found(wire: &Wire) -> (Outcome, Vec<(&'static str, Vec<usize>)>) {
    let mut all = [wire.exchange()];
    let roles = Roles::find(&crate::lab::definition::Lab::built_in(), (None, None), &[], &all);
    explain(&mut all, &roles);
    let [x] = all;
    assert!(x.findings.iter().all(|f| !f.says.is_empty() && !f.positions.is_empty()));
    (x.outcome, x.findings.into_iter().map(|f| (f.id, f.positions)).collect())
}

fn opened() -> Wire {
    let mut wire = Wire::new();
    wire.open().c("PA", 1, 1, b"hello").s("A", 1, 6, b"");
    wire
}

#[test]
fn an_exchange_as_it_should_be_has_no_findings() {
    assert_eq!(found(&Wire::whole(b"hello")), (Outcome::Confirmed, vec![]));
}

#[test]
fn a_second_confirmation_after_the_close_is_told_as_what_it_is() {
    let mut wire = opened();
    wire.s("PA", 1, 6, b"#<<END>>#").c("FA", 6, 10, b"").s("PA", 10, 7, b"#<<END>>#").c("R", 7, 0, b"");
    let expected = vec![("confirms-again", vec![7]), ("confirms-after-close", vec![7])];
    assert_eq!(found(&wire), (Outcome::Confirmed, expected));
}

#[test]
fn the_marker_in_one_segment_with_a_line_break() {
    let mut wire = opened();
    wire.s("PA", 1, 6, b"#<<END>>#\n").c("FA", 6, 11, b"").s("FA", 11, 7, b"").c("A", 7, 12, b"");
    assert_eq!(found(&wire), (Outcome::Confirmed, vec![("marker-with-more", vec![5])]));
}

#[test]
fn the_marker_in_other_letters_confirms_nothing() {
    for text in [&b"#<<end>>#"[..], b"<<END>>", b"#<END>#"] {
        let mut wire = opened();
        let end = 1 + text.len() as u32;
        wire.s("PA", 1, 6, text).c("FA", 6, end, b"").s("FA", end, 7, b"").c("A", 7, end + 1, b"");
        assert_eq!(found(&wire), (Outcome::Unconfirmed, vec![("marker-with-more", vec![5])]));
    }
}

#[test]
fn text_before_the_marker_in_the_same_segment_and_in_one_of_its_own() {
    let mut wire = opened();
    wire.s("PA", 1, 6, b"Hi#<<END>>#").c("FA", 6, 12, b"").s("FA", 12, 7, b"").c("A", 7, 13, b"");
    assert_eq!(found(&wire), (Outcome::Unconfirmed, vec![("greeting-before-receipt", vec![5])]));
    let x = wire.exchange();
    assert_eq!(
        (x.marker.clone(), x.before_receipt(), x.packets_after_receipt()),
        (vec![5], Some(5), Some(3))
    );
    let mut wire = opened();
    wire.s("PA", 1, 6, b"Hi").s("PA", 3, 6, b"#<<E").s("PA", 7, 6, b"ND>>#");
    assert_eq!(wire.exchange().marker, [6, 7]);
}

#[test]
fn an_echo_of_a_message_that_begins_with_the_marker_is_called_an_echo() {
    let mut wire = Wire::new();
    let message = b"#<<END>># is what I say";
    wire.open().c("PA", 1, 1, message).s("PA", 1, 24, message);
    wire.c("FA", 24, 24, b"").s("FA", 24, 25, b"").c("A", 25, 25, b"");
    assert_eq!(found(&wire).1, [("echo", vec![4])]);
}

#[test]
fn both_wait_until_the_sender_gives_up_or_the_capture_ends() {
    assert_eq!(found(&opened()).1, [("waits-for-end-of-input", vec![3, 4])]);
    let mut wire = opened();
    wire.c("FA", 6, 1, b"").late(5000).s("PA", 1, 7, b"#<<END>>#").c("R", 7, 0, b"");
    let ids: Vec<&str> = found(&wire).1.iter().map(|f| f.0).collect();
    assert_eq!(ids, ["confirms-after-close", "waits-for-end-of-input"]);
    // A sender that closes its direction at once does not wait.
    let mut half = opened();
    half.c("FA", 6, 1, b"").s("PA", 1, 7, b"#<<END>>#").s("FA", 10, 7, b"").c("A", 7, 11, b"");
    assert_eq!(found(&half), (Outcome::Confirmed, vec![]));
}

#[test]
fn a_reset_instead_of_a_fin_means_unread_bytes_unless_it_answers_a_packet() {
    let mut wire = opened();
    wire.s("PA", 1, 6, b"#<<END>>#").c("A", 6, 10, b"").s("RA", 10, 6, b"");
    assert_eq!(found(&wire), (Outcome::Confirmed, vec![("closed-unread", vec![7])]));
    let mut wire = opened();
    wire.s("PA", 1, 6, b"#<<END>>#").s("FA", 10, 6, b"").c("PA", 6, 11, b"more").s("R", 11, 0, b"");
    assert!(!found(&wire).1.iter().any(|f| f.0 == "closed-unread"));
}

#[test]
fn what_does_not_close_is_named() {
    let mut wire = opened();
    wire.s("PA", 1, 6, b"#<<END>>#").s("FA", 10, 6, b"").c("A", 6, 11, b"");
    assert_eq!(found(&wire), (Outcome::Confirmed, vec![("never-closed", vec![6])]));
}

#[test]
fn a_program_that_sends_its_message_again_is_told_from_its_system() {
    let mut wire = opened();
    wire.c("PA", 6, 1, b"hello").late(2000).s("A", 1, 11, b"");
    assert!(found(&wire).1.contains(&("retries", vec![3, 5])));
    let mut wire = opened();
    wire.c("PA", 1, 1, b"hello").late(2000);
    assert!(!found(&wire).1.iter().any(|f| f.0 == "retries"));
}

#[test]
fn a_further_connection_after_a_refusal_is_a_retry() {
    let mut wire = Wire::new();
    wire.c("S", 0, 0, b"").s("RA", 0, 1, b"");
    let mut again = Wire::whole(b"hello");
    again.client.1 += 1;
    let mut all = [wire.exchange(), again.exchange()];
    let roles = Roles::find(&crate::lab::definition::Lab::built_in(), (None, None), &[], &all);
    explain(&mut all, &roles);
    assert_eq!(all[1].findings.iter().map(|f| f.id).collect::<Vec<_>>(), ["retries"]);
}
