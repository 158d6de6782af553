//! Both directions against Python programs written from the handout, with good and bad habits.

use crate::harness::{Output, file, labkit, peer, python_receiver, receiver, run, wait_until};

/// Sends to a Python receiver with these habits, and returns labkit's output.
fn send_to(habits: &[&str], message: &str) -> Output {
    let (_peer, port) = python_receiver(habits);
    run(
        &["send", "--to", "127.0.0.1", "--port", &port.to_string(), "--timeout", "20", "--message", message],
        "",
    )
}

/// Receives from a Python sender with these habits, and returns labkit's output and the sender's.
fn receive_from(habits: &[&str], args: &[&str], name: &str, message: &[u8]) -> (Output, Output) {
    let (receiver, port) = receiver(args);
    let message = file(name, message);
    let sender = peer("send", port, &[&["--file", message.to_str().unwrap()], habits].concat());
    let sender = sender.finish();
    (receiver.finish(), sender)
}

/// Standard output of `receive`, without the line that names the port.
fn dialogue(output: &Output) -> &str {
    output.stdout.split_once('\n').unwrap().1
}

/// What `receive` prints about this message.
fn confirmed(text: &str) -> String {
    format!("Connected by (127.0.0.1)\nMessage:\n{text}\nEnd of message.\n")
}

#[test]
fn messages_of_every_size_arrive_byte_for_byte_at_a_python_receiver() {
    for (n, text) in ["a", "€", &"a".repeat(4096), &"€".repeat(4096)].into_iter().enumerate() {
        let out = file(&format!("sent-{n}"), b"");
        let whole = text.len().to_string();
        let (peer, port) = python_receiver(&["--whole", &whole, "--out", out.to_str().unwrap()]);
        let output = run(&["send", "--to", "127.0.0.1", "--port", &port.to_string(), "--message", text], "");
        assert_eq!(output.stdout, "Sending.\nMessage sent successfully.\n");
        assert_eq!((output.stderr.as_str(), output.code), ("", 0));
        assert_eq!(peer.finish().code, 0);
        assert!(std::fs::read(out).unwrap() == text.as_bytes());
    }
}

#[test]
fn messages_of_every_size_arrive_byte_for_byte_from_a_python_sender() {
    for (n, text) in ["a", "€", &"a".repeat(4096), &"€".repeat(4096)].into_iter().enumerate() {
        let (output, sender) = receive_from(&[], &[], &format!("received-{n}"), text.as_bytes());
        assert!(dialogue(&output) == confirmed(text), "{output:?}");
        assert_eq!((output.stderr.as_str(), output.code), ("", 0));
        assert_eq!(sender.stdout, "ANSWER #<<END>>#\n");
    }
}

#[test]
fn a_receipt_counts_however_it_comes() {
    for habits in [
        &["--answer", "split"][..],
        &["--delay", "0.5"],
        &["--read", "10"],
        &["--answer", "half-close"],
        &["--answer", "extra"],
        &["--linger", "0.3"],
    ] {
        let output = send_to(habits, "Would you like green eggs and ham?");
        assert_eq!(output.stdout, "Sending.\nMessage sent successfully.\n", "{habits:?} {}", output.stderr);
        assert_eq!((output.stderr.as_str(), output.code), ("", 0), "{habits:?}");
    }
}

#[test]
fn a_failed_receipt_says_why() {
    for (habits, why) in [
        (
            &["--answer", "echo"][..],
            "answered \"Would you like green eggs and ham?\" instead of the receipt #<<END>>#",
        ),
        (&["--answer", "close"], "closed the connection without a receipt"),
        (&["--answer", "part"], "closed the connection in the middle of the receipt, after \"#<<E\""),
        (&["--answer", "reset"], "reset the connection without a receipt"),
    ] {
        let output = send_to(habits, "Would you like green eggs and ham?");
        assert_eq!(output.stdout, "Sending.\nMessage receipt failed.\n", "{habits:?}");
        assert!(output.stderr.contains(why), "{habits:?} {}", output.stderr);
        assert_eq!((output.stderr.lines().count(), output.code), (1, 1), "{habits:?}");
    }
}

#[test]
fn a_missing_receipt_fails_at_the_deadline() {
    // Time enough for a busy machine to connect, to send and to hear a part of the answer.
    for (answer, why) in [("nothing", "within 5 s."), ("part", "within 5 s (it answered \"#<<E\" so far).")] {
        let (_peer, port) = python_receiver(&["--answer", answer, "--linger", "60"]);
        let port = port.to_string();
        let output =
            run(&["send", "--to", "127.0.0.1", "--port", &port, "--timeout", "5", "--message", "x"], "");
        assert_eq!((output.stdout.as_str(), output.code), ("Sending.\nMessage receipt failed.\n", 1));
        assert!(output.stderr.contains(why), "{answer}: {}", output.stderr);
    }
}

#[test]
fn a_message_in_many_pieces_is_one_message() {
    let text = "€".repeat(20);
    let (output, sender) = receive_from(
        &["--pieces", "7", "--pause", "0.05", "--half-close"],
        // With this limit no silence between two pieces ends the message, even on a busy machine.
        &["--quiet-ms", "600000"],
        "pieces",
        text.as_bytes(),
    );
    assert_eq!(dialogue(&output), confirmed(&text));
    assert_eq!((sender.stdout.as_str(), output.code), ("ANSWER #<<END>>#\n", 0));
}

#[test]
fn a_sender_that_closes_its_direction_is_confirmed_without_waiting_for_silence() {
    let (output, sender) = receive_from(&["--half-close"], &["--quiet-ms", "600000"], "half", b"hello");
    assert_eq!((dialogue(&output), output.code), (confirmed("hello").as_str(), 0));
    assert_eq!(sender.stdout, "ANSWER #<<END>>#\n");
}

#[test]
fn a_full_message_is_confirmed_without_waiting_for_silence() {
    let text = "é".repeat(4096);
    let (output, sender) = receive_from(&[], &["--quiet-ms", "600000"], "full", text.as_bytes());
    assert!(dialogue(&output) == confirmed(&text));
    assert_eq!((sender.stdout.as_str(), output.code), ("ANSWER #<<END>>#\n", 0));
}

#[test]
fn what_comes_after_the_receipt_is_shown_with_a_warning() {
    let (output, _) = receive_from(&["--late", "and\x1b[2J ham"], &[], "late", b"green eggs");
    assert_eq!(dialogue(&output), format!("{}and\\x1b[2J ham\n", confirmed("green eggs")));
    assert!(
        output.stderr.starts_with("Warning: more came after the end of the message."),
        "{}",
        output.stderr
    );
    assert_eq!(output.code, 0);
}

#[test]
fn characters_beyond_the_limit_are_not_part_of_the_message() {
    let (output, _) = receive_from(&[], &[], "beyond", format!("{}bc", "a".repeat(4096)).as_bytes());
    assert!(dialogue(&output) == format!("{}bc\n", confirmed(&"a".repeat(4096))), "{output:?}");
    assert!(output.stderr.starts_with("Warning: more came"), "{}", output.stderr);
}

#[test]
fn more_bytes_than_a_message_may_have_are_not_confirmed() {
    let (output, sender) = receive_from(&[], &[], "flood", &[0xff; 16_385]);
    assert!(output.stdout.ends_with("\\xff\n"), "{output:?}");
    assert!(
        output.stderr.starts_with("Not confirmed: the message takes more than 16384 bytes"),
        "{}",
        output.stderr
    );
    assert_eq!((sender.stdout.as_str(), output.code), ("ANSWER \n", 1));
}

#[test]
fn lines_of_a_message_are_kept_and_nothing_in_it_drives_the_terminal() {
    let (output, _) = receive_from(&[], &[], "unsafe", b"one\ttab\ntwo\r\x1b]0;x\x07caf\xe9");
    assert_eq!(dialogue(&output), confirmed("one\ttab\ntwo\\x0d\\x1b]0;x\\x07caf\\xe9"));
}

#[test]
fn connections_without_a_byte_are_reported_and_not_counted() {
    let (receiver, port) = receiver(&[]);
    let nothing = file("nothing", b"");
    let waiting = format!("Waiting for message on port {port}\n");
    for (n, habit) in ["--close-early", "--reset"].into_iter().enumerate() {
        peer("send", port, &["--file", nothing.to_str().unwrap(), "--close-early", habit]).finish();
        let heard = || receiver.stdout().matches(&waiting).count() == n + 2;
        wait_until(|| receiver.stdout(), || heard().then_some(()));
    }
    let hello = file("something", b"hello");
    peer("send", port, &["--file", hello.to_str().unwrap()]).finish();
    let output = receiver.finish();
    let empty = format!("{waiting}Connected by (127.0.0.1)\n");
    assert_eq!(output.stdout, format!("{empty}{empty}{waiting}{}", confirmed("hello")));
    assert!(
        output.stderr.contains("127.0.0.1 closed the connection without sending anything"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("127.0.0.1 reset the connection without sending anything"),
        "{}",
        output.stderr
    );
    assert_eq!(output.code, 0);
}

#[test]
fn a_sender_that_breaks_off_is_not_confirmed() {
    let (output, _) =
        receive_from(&["--close-early", "--reset"], &["--quiet-ms", "600000"], "broken", b"hel");
    assert!(output.stderr.contains("Not confirmed: 127.0.0.1 broke the connection off"), "{}", output.stderr);
    assert!(!output.stdout.contains("End of message."), "{}", output.stdout);
    assert_eq!(output.code, 1);
}

#[test]
fn several_messages_are_received_one_after_the_other() {
    let (receiver, port) = receiver(&["--count", "2"]);
    let port = port.to_string();
    for message in ["first", "second"] {
        let output = run(&["send", "--to", "127.0.0.1", "--port", &port, "--message", message], "");
        assert_eq!((output.stdout.as_str(), output.code), ("Sending.\nMessage sent successfully.\n", 0));
    }
    let waiting = format!("Waiting for message on port {port}\n");
    let output = receiver.finish();
    assert_eq!(output.stdout, format!("{waiting}{}{waiting}{}", confirmed("first"), confirmed("second")));
    assert_eq!((output.stderr.as_str(), output.code), ("", 0));
}

#[test]
fn the_lab_can_change_marker_and_banner() {
    let lab = include_str!("../../labs/unsecure-tcp/lab.toml")
        .replace("#<<END>>#", "over")
        .replace("The Rust Communicator", "Walkie-talkie");
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("walkie-talkie");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("lab.toml"), lab).unwrap();
    let (receiver, port) = receiver(&["--lab", dir.to_str().unwrap()]);
    let mut menu = labkit(&["--lab", dir.to_str().unwrap(), "menu", "--port", &port.to_string()]);
    menu.type_in(b"1\nhello\n127.0.0.1\n");
    let output = menu.finish();
    assert!(output.stdout.starts_with("===Walkie-talkie===\n"), "{output:?}");
    assert!(output.stdout.contains("Message sent successfully.\n"), "{output:?}");
    assert_eq!(receiver.finish().code, 0);
}
