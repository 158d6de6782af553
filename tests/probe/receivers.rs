//! Receivers on trial.

use crate::again::{Again, Probed, at_once, habit};
use crate::harness::free_port;

/// The trials in which a message is sent whole and a receipt is to come.
const ANSWERED: [&str; 10] = [
    "one-byte",
    "handout",
    "1024",
    "1025",
    "4096",
    "4096-wide",
    "halves",
    "marker-inside",
    "newline",
    "after-reset",
];

/// The silence that ends a message, in seconds: even on a busy machine longer than the pause between the halves.
const QUIET: &str = "0.9";

/// Probes the receiver with this habit.
fn probe(name: &'static str) -> Probed {
    let port = free_port().to_string();
    let listens_on = port.clone();
    let _receiver = Again::start(move || {
        habit(&["receive", name, "--bind", "127.0.0.1", "--port", &listens_on, "--quiet", QUIET])
    });
    let probed = Probed::run(&["127.0.0.1", "--port", &port, "--patience", "2.5"]);
    assert_eq!(probed.report["stopped"], serde_json::Value::Null, "{name}: {probed:?}");
    assert_eq!(probed.trials().len(), 12, "{name}");
    probed
}

/// Probes the receiver with this habit, and expects these trials to be unmet, the first for a cause that contains
/// `cause`.
#[track_caller]
fn unmet(name: &'static str, expected: &[&str], cause: &str) -> Probed {
    let probed = probe(name);
    assert_eq!(probed.with("unmet"), expected, "{name}: {:#}", probed.report);
    assert_eq!(probed.code, Some(1));
    assert_eq!(probed.report["met"], false);
    let named = probed.of(expected[0], "cause");
    assert!(named.contains(cause), "{name}: {named}");
    probed
}

fn labkit_itself_meets_all() {
    let port = free_port().to_string();
    let listens_on = port.clone();
    let _receiver = Again::start(move || {
        let mut labkit = std::process::Command::new(env!("CARGO_BIN_EXE_labkit"));
        labkit.args([
            "receive",
            "--count",
            "0",
            "--bind",
            "127.0.0.1",
            "--port",
            &listens_on,
            "--quiet-ms",
            "900",
        ]);
        labkit
    });
    let probed = Probed::run(&["127.0.0.1", "--port", &port]);
    assert_eq!(probed.with("met").len(), 12, "{:#}", probed.report);
    assert_eq!((probed.code, &probed.report["met"]), (Some(0), &true.into()));
}

/// With `--count 1` labkit ends after each message, and closes the other connections that it has accepted.
fn labkit_started_anew_for_each_message_meets_all() {
    let port = free_port().to_string();
    let listens_on = port.clone();
    let _receiver = Again::start(move || {
        let mut labkit = std::process::Command::new(env!("CARGO_BIN_EXE_labkit"));
        labkit.args(["receive", "--bind", "127.0.0.1", "--port", &listens_on, "--quiet-ms", "900"]);
        labkit
    });
    let probed = Probed::run(&["127.0.0.1", "--port", &port]);
    assert_eq!(probed.with("met").len(), 12, "{:#}", probed.report);
}

fn a_program_that_collects_and_confirms_meets_all() {
    let probed = probe("confirms");
    assert_eq!(probed.with("met").len(), 12, "{:#}", probed.report);
    assert_eq!(probed.code, Some(0));
}

fn confirming_after_each_read_is_named() {
    let probed = unmet("confirms-each-read", &ANSWERED, "inside the reading loop");
    assert_eq!(probed.of("4096", "came_back"), "the receipt 4 times");
    assert!(probed.of("halves", "cause").contains("inside the reading loop"));
    assert!(probed.of("handout", "came_back").contains("once more after the sender had closed"));
}

fn reading_once_is_seen_where_a_message_is_longer_than_a_read() {
    let probed = unmet("reads-once", &["1025", "4096", "4096-wide", "halves"], "recv is called once");
    assert!(probed.of("1025", "came_back").contains("closed before it had read everything"));
    assert_eq!(probed.of("halves", "came_back"), "\"#<<END>>#\" before the second half was sent");
    assert!(probed.of("1025", "handout").contains("4096 characters"));
}

fn waiting_for_the_end_of_input_is_named() {
    unmet("waits-for-end", &ANSWERED, "the sender waits for the receipt before it closes");
}

fn an_answer_that_is_not_the_marker_alone_is_called_what_it_is() {
    let habits = [
        ("greets", "a text of its own before the marker"),
        ("adds-newline", "such as a newline"),
        ("small-letters", "byte by byte"),
        ("echoes-hash", "conn.sendall(data)"),
        ("never-answers", "never sends the marker"),
    ];
    // At the same time, because each of them waits most of its time.
    std::thread::scope(|all| {
        for (name, cause) in habits {
            all.spawn(move || unmet(name, &ANSWERED, cause));
        }
    });
}

fn a_character_cut_in_two_kills_a_program_that_decodes_each_read() {
    let probed = unmet("decodes-each-read", &["4096-wide"], "look for a traceback");
    assert_eq!(probed.of("4096-wide", "came_back"), "it reset the connection without a receipt");
}

fn a_program_that_is_not_started_again_is_missed() {
    let port = free_port().to_string();
    let mut once = habit(&["receive", "confirms", "--bind", "127.0.0.1", "--port", &port]);
    let mut once = once.stdout(std::process::Stdio::null()).spawn().unwrap();
    let probed = Probed::run(&["127.0.0.1", "--port", &port, "--wait", "5"]);
    assert_eq!((probed.trials().len(), probed.code), (1, Some(1)), "{probed:?}");
    assert!(probed.of("one-byte", "came_back").ends_with("afterwards no program listens any more"));
    // It met the trial; the probe cannot see whether it then crashed, or waits in its menu for its user.
    assert_eq!(probed.with("remark"), ["one-byte"]);
    assert!(probed.report["stopped"].as_str().unwrap().contains("refuses connections"));
    once.wait().unwrap();
}

fn where_nobody_listens_at_all_the_error_says_why() {
    let port = free_port().to_string();
    let mut labkit = std::process::Command::new(env!("CARGO_BIN_EXE_labkit"));
    let output = labkit.args(["probe", "127.0.0.1", "--port", &port, "--wait", "0.5"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("waiting until a receiver listens"), "{said}");
    assert!(said.contains("labkit: 127.0.0.1 refuses connections on port"), "{said}");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}

#[test]
fn each_receiver_is_known_by_its_habit() {
    at_once(&[
        ("labkit_itself_meets_all", labkit_itself_meets_all),
        ("labkit_started_anew_for_each_message_meets_all", labkit_started_anew_for_each_message_meets_all),
        ("a_program_that_collects_and_confirms_meets_all", a_program_that_collects_and_confirms_meets_all),
        ("confirming_after_each_read_is_named", confirming_after_each_read_is_named),
        (
            "reading_once_is_seen_where_a_message_is_longer_than_a_read",
            reading_once_is_seen_where_a_message_is_longer_than_a_read,
        ),
        ("waiting_for_the_end_of_input_is_named", waiting_for_the_end_of_input_is_named),
        (
            "an_answer_that_is_not_the_marker_alone_is_called_what_it_is",
            an_answer_that_is_not_the_marker_alone_is_called_what_it_is,
        ),
        (
            "a_character_cut_in_two_kills_a_program_that_decodes_each_read",
            a_character_cut_in_two_kills_a_program_that_decodes_each_read,
        ),
        ("a_program_that_is_not_started_again_is_missed", a_program_that_is_not_started_again_is_missed),
        ("where_nobody_listens_at_all_the_error_says_why", where_nobody_listens_at_all_the_error_says_why),
    ]);
}
