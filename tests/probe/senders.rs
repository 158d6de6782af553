//! Senders on trial.

use crate::again::{Again, Probed, at_once, habit};
use crate::harness::free_port;
use std::process::Command;
use std::time::Duration;

/// Probes the sender that `make` starts for a port; the sender's time limit is two seconds, like the probe's.
fn probe(make: impl Fn(&str) -> Command + Send + 'static) -> Probed {
    let port = free_port().to_string();
    let sends_to = port.clone();
    let _sender = Again::start(move || {
        // A person who types also pauses before trying a closed port again.
        std::thread::sleep(Duration::from_millis(50));
        make(&sends_to)
    });
    Probed::run(&["--listen", "--port", &port, "--timeout", "2", "--patience", "1.5", "--wait", "30"])
}

fn python(name: &'static str) -> Probed {
    probe(move |port| habit(&["send", name, "127.0.0.1", "--port", port, "--seconds", "2"]))
}

fn labkit_itself_meets_all() {
    let probed = probe(|port| {
        let mut labkit = Command::new(env!("CARGO_BIN_EXE_labkit"));
        labkit.args(["send", "--to", "127.0.0.1", "--port", port, "--timeout", "2", "--message", "Hello"]);
        labkit
    });
    assert_eq!(probed.with("met").len(), 7, "{:#}", probed.report);
    assert_eq!(probed.code, Some(0));
    assert_eq!(
        probed.of("whole", "came_back"),
        "a message of 5 characters, and a close right after the receipt"
    );
}

fn comparing_what_one_read_gave_is_named() {
    let probed = python("strict");
    assert_eq!(probed.with("unmet"), ["split"], "{:#}", probed.report);
    assert!(probed.of("split", "cause").contains("recv is called once"));
    assert!(probed.of("missing", "came_back").starts_with("it gave up after 2."));
}

fn a_sender_without_a_time_limit_waits_for_ever() {
    let probed = python("handout");
    assert_eq!(probed.with("unmet"), ["split", "missing"], "{:#}", probed.report);
    assert!(probed.of("missing", "cause").contains("settimeout(None)"));
}

fn a_sender_that_reads_on_is_told_from_one_that_never_closes() {
    let reads_on = python("reads-to-end");
    assert_eq!(reads_on.of("whole", "verdict"), "unmet");
    assert!(reads_on.of("whole", "cause").contains("recv is called again after the receipt"));
    let port = free_port().to_string();
    let sends_to = port.clone();
    let _sender = Again::start(move || habit(&["send", "never-closes", "127.0.0.1", "--port", &sends_to]));
    let stays = Probed::run(&["--listen", "--port", &port, "--timeout", "2", "--wait", "5"]);
    assert!(stays.of("whole", "cause").contains("never closed"), "{:#}", stays.report);
    // It stays in its prompt: no second message comes.
    assert!(stays.report["stopped"].as_str().unwrap().contains("no program connected"));
}

fn a_message_in_pieces_with_pauses_is_no_message() {
    let probed = python("halves");
    let came = probed.of("whole", "came_back");
    assert!(
        came.contains("a message of 14 characters, and more after the receipt: \"erating system\""),
        "{came}"
    );
    assert_eq!(probed.code, Some(1));
}

fn where_nobody_comes_the_error_says_what_to_do() {
    let port = free_port().to_string();
    let mut labkit = Command::new(env!("CARGO_BIN_EXE_labkit"));
    let output = labkit.args(["probe", "--listen", "--port", &port, "--wait", "0.3"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("1 of 7: the receipt, whole. Send a message of any text to this machine now"),
        "{said}"
    );
    assert!(said.contains(&format!("no program connected to port {port} within")), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

fn the_table_names_each_cause_once() {
    let port = free_port().to_string();
    let sends_to = port.clone();
    let _sender = Again::start(move || {
        std::thread::sleep(Duration::from_millis(50));
        habit(&["send", "handout", "127.0.0.1", "--port", &sends_to, "--seconds", "2"])
    });
    let mut labkit = Command::new(env!("CARGO_BIN_EXE_labkit"));
    let output = labkit.args(["probe", "--listen", "--port", &port, "--timeout", "1"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("│ split "), "{text}");
    assert_eq!(text.matches("recv is called once").count(), 1, "{text}");
    assert!(
        text.contains("The handout: recv receives data")
            && text.contains("  whole: Message sent successfully.")
    );
    assert!(text.ends_with("The sender did not meet 2 of 7 trials.\n"), "{text}");
}

fn whom_to_try_must_be_said() {
    for arguments in [&["probe"][..], &["probe", "192.168.56.101", "--listen"]] {
        let status = Command::new(env!("CARGO_BIN_EXE_labkit")).args(arguments).output().unwrap().status;
        assert_eq!(status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn each_sender_is_known_by_its_habit() {
    at_once(&[
        ("labkit_itself_meets_all", labkit_itself_meets_all),
        ("comparing_what_one_read_gave_is_named", comparing_what_one_read_gave_is_named),
        ("a_sender_without_a_time_limit_waits_for_ever", a_sender_without_a_time_limit_waits_for_ever),
        (
            "a_sender_that_reads_on_is_told_from_one_that_never_closes",
            a_sender_that_reads_on_is_told_from_one_that_never_closes,
        ),
        ("a_message_in_pieces_with_pauses_is_no_message", a_message_in_pieces_with_pauses_is_no_message),
        ("where_nobody_comes_the_error_says_what_to_do", where_nobody_comes_the_error_says_what_to_do),
        ("the_table_names_each_cause_once", the_table_names_each_cause_once),
        ("whom_to_try_must_be_said", whom_to_try_must_be_said),
    ]);
}
