//! Edge cases of an exchange that a naive rule gets wrong.

use super::*;
use crate::lab::evidence::handmade::Wire;

fn text(x: &Exchange, side: Side) -> String {
    String::from_utf8(x.half(side).text().unwrap()).unwrap()
}

/// Numbers of packets before the message, before the receipt, between them, and after the receipt.
fn counts(x: &Exchange) -> [Option<usize>; 4] {
    [x.before_message(), x.before_receipt(), x.between(), x.packets_after_receipt()]
}

#[test]
fn the_exchange_of_the_handout() {
    let x = Wire::whole(b"Hello guest operating system").exchange();
    assert_eq!((x.outcome, x.handshake.clone()), (Outcome::Confirmed, vec![0, 1, 2]));
    assert_eq!((x.message.clone(), x.receipt.clone(), x.fin.clone()), (vec![3], vec![5], vec![7, 8]));
    assert_eq!(counts(&x), [Some(3), Some(5), Some(1), Some(4)]);
    assert_eq!(text(&x, Side::Client), "Hello guest operating system");
    assert_eq!(x.segment_room(), Some(Room { mss: 1460, options: 12, payload: 1448 }));
    assert!(x.missing().is_empty() && x.repeats.is_empty(), "{:?}", x.missing());
}

#[test]
fn padding_of_short_frames_is_no_payload() {
    let mut wire = Wire::new();
    wire.timestamps = false;
    wire.open();
    assert!(wire.exchange().message.is_empty());
}

#[test]
fn a_client_on_the_labs_port_is_told_by_its_syn() {
    let mut wire = Wire::new();
    (wire.client, wire.server) = ((101, 65432), (1, 65432));
    wire.open().talk(b"x").close(1);
    let x = wire.exchange();
    assert_eq!(x.end(Side::Client).ip.to_string(), "192.168.56.101");
    assert_eq!((x.client_is_proven, x.outcome), (true, Outcome::Confirmed));
}

#[test]
fn with_both_ports_the_labs_and_no_syn_the_marker_tells() {
    let mut wire = Wire::new();
    wire.client.1 = 65432;
    wire.s("A", 1, 1, b"").talk(b"late").close(4);
    let x = wire.exchange();
    assert_eq!((x.end(Side::Client).ip.to_string().as_str(), x.client_is_proven), ("192.168.56.1", false));
    assert!(x.missing().iter().any(|m| m.contains("by the lab's port")));
}

#[test]
fn a_repeated_syn_is_counted_and_named() {
    let mut wire = Wire::new();
    wire.c("S", 0, 0, b"").open().talk(b"hi").close(2);
    let x = wire.exchange();
    assert_eq!((x.handshake.clone(), x.repeats.clone()), (vec![0, 2, 3], vec![1]));
    assert_eq!(counts(&x), [Some(4), Some(6), Some(1), Some(4)]);
}

#[test]
fn the_handshakes_ack_may_ride_on_the_data() {
    let mut wire = Wire::new();
    wire.c("S", 0, 0, b"").s("SA", 0, 1, b"").talk(b"hi").close(2);
    let x = wire.exchange();
    assert_eq!(
        (x.before_message(), x.handshake.clone(), x.message.clone()),
        (Some(2), vec![0, 1, 2], vec![2])
    );
}

#[test]
fn a_delayed_ack_leaves_nothing_between() {
    let mut wire = Wire::new();
    wire.open().c("PA", 1, 1, b"hi").s("PA", 1, 3, b"#<<END>>#").c("A", 3, 10, b"").close(2);
    assert_eq!(counts(&wire.exchange()), [Some(3), Some(4), Some(0), Some(4)]);
}

#[test]
fn a_segmented_message_with_a_repeat_and_a_late_piece_is_whole() {
    let mut wire = Wire::new();
    wire.open()
        .c("A", 1, 1, b"abc")
        .c("A", 7, 1, b"ghi")
        .s("A", 1, 4, b"")
        .c("A", 4, 1, b"def")
        .c("A", 7, 1, b"ghi")
        .s("PA", 1, 10, b"#<<END>>#")
        .close(9);
    let x = wire.exchange();
    assert_eq!((x.message.clone(), x.repeats.clone()), (vec![3, 4, 6], vec![7]));
    assert_eq!(
        (text(&x, Side::Client).as_str(), x.between(), x.outcome),
        ("abcdefghi", Some(1), Outcome::Confirmed)
    );
}

#[test]
fn a_quoted_marker_is_no_receipt_and_a_split_one_is() {
    let mut wire = Wire::new();
    let message = b"say #<<END>># twice";
    wire.open().c("PA", 1, 1, message).s("PA", 1, 20, b"#<<E").s("PA", 5, 20, b"ND>>#").close(19);
    let x = wire.exchange();
    assert_eq!((x.outcome, x.receipt.clone(), x.message.clone()), (Outcome::Confirmed, vec![4, 5], vec![3]));
    assert_eq!(text(&x, Side::Server), "#<<END>>#");
}

#[test]
fn an_echo_confirms_nothing() {
    let mut wire = Wire::new();
    wire.open().c("PA", 1, 1, b"hi").s("PA", 1, 3, b"hi");
    wire.c("FA", 3, 3, b"").s("FA", 3, 4, b"").c("A", 4, 4, b"");
    assert_eq!(wire.exchange().outcome, Outcome::Unconfirmed);
}

#[test]
fn refused_unanswered_and_reset_are_different_failures() {
    let mut wire = Wire::new();
    wire.c("S", 0, 0, b"").s("RA", 0, 1, b"");
    assert_eq!(wire.exchange().outcome, Outcome::Refused);
    assert_eq!((wire.exchange().length(Side::Server), wire.exchange().missing().len()), (Some(0), 4));
    let mut wire = Wire::new();
    wire.c("S", 0, 0, b"").c("S", 0, 0, b"").c("S", 0, 0, b"");
    let x = wire.exchange();
    assert_eq!((x.outcome, x.repeats.clone(), counts(&x)), (Outcome::Unanswered, vec![1, 2], [None; 4]));
    let mut wire = Wire::new();
    wire.open().c("PA", 1, 1, b"hi").s("RA", 1, 3, b"");
    assert_eq!((wire.exchange().outcome, wire.exchange().rst.clone()), (Outcome::Reset, vec![4]));
}

#[test]
fn an_abortive_close_after_the_receipt_leaves_two_packets() {
    let mut wire = Wire::new();
    wire.open().talk(b"hi").c("RA", 3, 10, b"");
    let x = wire.exchange();
    assert_eq!((x.outcome, x.packets_after_receipt()), (Outcome::Confirmed, Some(2)));
}

#[test]
fn a_capture_that_started_late_knows_no_counts_from_the_beginning() {
    let mut wire = Wire::new();
    wire.talk(b"hi").close(2);
    let x = wire.exchange();
    assert_eq!(counts(&x), [None, None, Some(1), Some(4)]);
    assert_eq!((x.outcome, x.segment_room(), x.handshake.len()), (Outcome::Confirmed, None, 0));
    assert!(x.missing()[0].starts_with("no SYN of either side"));
}

#[test]
fn a_capture_that_stopped_before_the_second_fin_does_not_know_what_followed() {
    let mut wire = Wire::new();
    wire.open().talk(b"hi").c("FA", 3, 10, b"");
    let x = wire.exchange();
    assert_eq!((x.outcome, x.packets_after_receipt()), (Outcome::Confirmed, None));
    assert_eq!(x.missing(), ["no FIN of the server and no RST: the capture ends before the connection does"]);
}

#[test]
fn one_direction_alone_shows_what_the_other_must_have_sent() {
    let whole = Wire::whole(b"hi");
    let mut wire = Wire::new();
    wire.frames = whole.frames.iter().filter(|f| f.bytes[29] == 1).cloned().collect();
    let x = wire.exchange();
    assert_eq!((x.outcome, x.half(Side::Server).len()), (Outcome::Incomplete, None));
    assert!(x.missing().iter().any(|m| m.contains("no frame of the server")), "{:?}", x.missing());
    assert_eq!((text(&x, Side::Client).as_str(), x.before_message()), ("hi", None));
}

#[test]
fn a_header_cut_in_its_options_still_has_its_length() {
    let mut wire = Wire::whole(b"Hello guest operating system");
    for f in &mut wire.frames {
        f.bytes.truncate(60);
    }
    let x = wire.exchange();
    assert_eq!((x.half(Side::Client).len(), x.half(Side::Server).len()), (Some(28), Some(9)));
    assert_eq!((x.outcome, counts(&x)), (Outcome::Incomplete, [Some(3), Some(5), Some(1), Some(4)]));
}

#[test]
fn a_gap_and_a_cut_make_the_text_unknown_not_the_length() {
    let mut wire = Wire::new();
    wire.open().c("A", 1, 1, b"abc").c("PA", 7, 1, b"ghi").s("A", 1, 10, b"");
    let x = wire.exchange();
    assert_eq!((x.half(Side::Client).len(), x.half(Side::Client).text()), (Some(9), None));
    assert_eq!(x.before_message(), Some(3));
    assert_eq!(x.outcome, Outcome::Incomplete);
    let mut wire = Wire::whole(b"Hello guest operating system");
    for f in &mut wire.frames {
        f.bytes.truncate(75);
    }
    let x = wire.exchange();
    assert_eq!((x.outcome, x.half(Side::Client).len()), (Outcome::Confirmed, Some(28)));
    assert_eq!(x.half(Side::Client).text(), None);
}

#[test]
fn frames_from_two_adapters_are_copies_not_repeats_of_the_sender() {
    let mut wire = Wire::new();
    for frame in Wire::whole(b"hi").frames {
        wire.frames.push(frame);
        wire.copy_on(1);
    }
    let x = wire.exchange();
    assert_eq!((x.count(), x.copies.len()), (20, 10));
    assert_eq!(x.before_message(), Some(6), "all frames count, copies too");
    assert!(Wire::whole(b"hi").exchange().copies.is_empty());
}

#[test]
fn a_syn_ack_that_answers_a_repeated_syn_is_no_copy() {
    let mut wire = Wire::new();
    wire.timestamps = false;
    wire.c("S", 0, 0, b"").s("SA", 0, 1, b"").c("S", 0, 0, b"").s("SA", 0, 1, b"").c("A", 1, 1, b"");
    // Linux gives its SYN,ACKs no identification.
    for frame in [1, 3] {
        wire.frames[frame].bytes[18..20].fill(0);
    }
    let x = wire.exchange();
    assert_eq!((x.copies.clone(), x.repeats.clone()), (vec![], vec![2, 3]));
}

#[test]
fn a_reset_after_the_clients_ack_is_no_refusal() {
    let mut wire = Wire::new();
    wire.c("S", 0, 0, b"").c("A", 1, 1, b"").s("RA", 1, 29, b"");
    assert_eq!(wire.exchange().outcome, Outcome::Reset);
}

#[test]
fn the_handshakes_ack_is_known_by_its_numbers() {
    let mut one = Wire::new();
    one.c("S", 0, 0, b"").c("A", 1, 1, b"").c("PA", 1, 1, b"hi").c("FA", 3, 10, b"");
    assert_eq!(one.exchange().handshake, [0, 1], "one direction only");
    let mut swapped = Wire::new();
    swapped.c("S", 0, 0, b"").c("A", 1, 1, b"").s("SA", 0, 1, b"").talk(b"hi").close(2);
    assert_eq!(swapped.exchange().handshake, [0, 1, 2]);
    let mut lost = Wire::new();
    lost.c("S", 0, 0, b"").s("SA", 0, 1, b"").s("PA", 1, 3, b"#<<END>>#").c("FA", 3, 10, b"");
    assert_eq!(lost.exchange().handshake, [0, 1], "an ACK after the message is not the handshake's");
}

#[test]
fn an_mss_that_the_snapshot_length_cut_is_unknown_not_absent() {
    let mut wire = Wire::whole(b"hi");
    for frame in &mut wire.frames {
        frame.bytes.truncate(54);
    }
    let x = wire.exchange();
    assert!(x.segment_room().is_none());
    assert!(x.missing().iter().any(|m| m.contains("the snapshot length cut them")), "{:?}", x.missing());
}

#[test]
fn a_receipt_before_the_last_byte_arrived_is_noticed() {
    let mut wire = Wire::new();
    wire.open().c("A", 1, 1, b"abc").s("PA", 1, 4, b"#<<END>>#").c("PA", 4, 10, b"def").close(6);
    assert_eq!(wire.exchange().early_receipt(), Some((4, 3, 6)));
    assert_eq!(Wire::whole(b"abc").exchange().early_receipt(), None);
}

#[test]
fn a_receipt_that_was_repeated_after_the_fin_is_still_one_receipt() {
    let mut wire = Wire::new();
    wire.open().c("PA", 1, 1, b"hi").s("PA", 1, 3, b"#<<END>>#").s("FA", 10, 3, b"");
    wire.s("PA", 1, 3, b"#<<END>>#").c("FA", 3, 11, b"").s("A", 11, 4, b"");
    let x = wire.exchange();
    assert_eq!(
        (x.receipt.clone(), x.repeats.clone(), x.packets_after_receipt()),
        (vec![4], vec![6], Some(4))
    );
}

#[test]
fn a_simultaneous_close_has_a_first_fin_by_the_captures_order() {
    let mut wire = Wire::new();
    wire.open().talk(b"hi").s("FA", 10, 3, b"").c("FA", 3, 10, b"").s("A", 11, 4, b"").c("A", 4, 11, b"");
    let x = wire.exchange();
    assert_eq!((x.fin.clone(), x.packets_after_receipt()), (vec![7, 8], Some(5)));
    assert_eq!(x.at(7).map(|s| x.side(s)), Some(Side::Server));
}

#[test]
fn without_an_mss_option_the_default_applies() {
    let mut wire = Wire::new();
    (wire.mss, wire.timestamps) = (None, false);
    wire.open().talk(b"x").close(1);
    assert_eq!(wire.exchange().segment_room(), Some(Room { mss: 536, options: 0, payload: 536 }));
}
