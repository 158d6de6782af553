//! Many peers at once, honest and hostile (`tests/peers/crowd.py`): each message is whole, unmixed and confirmed
//! once, and memory, descriptors and threads end as they began.

use crate::harness::{Output, Program, peer, receiver, run, wait_until};
use crate::tools::tool;
use crate::wait::PATIENCE;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

/// Options of an endless receiver that waits 1.5 s for more, because a busy machine may send the two pieces of a
/// message that far apart.
const ENDLESS: [&str; 4] = ["--count", "0", "--quiet-ms", "1500"];

/// Runs these senders against a receiver, and returns what the honest ones got.
fn crowd(port: u16, args: &[&str]) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/crowd.py");
    let done = tool("python3").args([script, &port.to_string()]).args(args).output().unwrap();
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    serde_json::from_str(&out)
        .unwrap_or_else(|e| panic!("{e}: {out}{}", String::from_utf8_lossy(&done.stderr)))
}

/// The numbers of the honest senders whose messages are whole in a dialogue: each alone between its two lines.
fn whole(dialogue: &str) -> BTreeSet<u64> {
    let blocks = dialogue.split("Connected by (127.0.0.1)\nMessage:\n").skip(1);
    let mut numbers = BTreeSet::new();
    for block in blocks {
        let Some(rest) = block.strip_prefix("honest ") else { continue };
        let (number, rest) = rest.split_once(' ').unwrap();
        assert!(rest.starts_with("é€ #<<END>># end\nEnd of message.\n"), "{block:?}");
        assert!(numbers.insert(number.parse().unwrap()), "{number} came twice");
    }
    numbers
}

/// Resident memory in KiB, threads, and open descriptors.
fn weight(program: &Program) -> (u64, u64, usize) {
    let proc = format!("/proc/{}", program.id());
    let status = std::fs::read_to_string(format!("{proc}/status")).unwrap();
    let number = |name: &str| {
        let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    (number("VmRSS:"), number("Threads:"), std::fs::read_dir(format!("{proc}/fd")).unwrap().count())
}

/// Waits until every connection is closed, then compares with the beginning.
fn assert_as_light_as(before: (u64, u64, usize), program: &Program) {
    let (memory, threads, _) = weight(program);
    assert_eq!(threads, before.1);
    assert!(memory < before.0 + 16 * 1024, "{memory} KiB, before {} KiB", before.0);
    wait_until(
        || format!("{} descriptors as before", before.2),
        || (weight(program).2 == before.2).then_some(()),
    );
}

fn stop(program: Program) -> Output {
    program.interrupt();
    program.finish()
}

fn assert_served(got: &Value, count: u64) {
    assert_eq!((got["confirmed"].as_u64(), &got["errors"]), (Some(count), &Value::Array(Vec::new())));
}

#[test]
fn two_hundred_at_once_are_each_confirmed_once() {
    let (program, port) = receiver(&ENDLESS);
    let before = weight(&program);
    assert_served(&crowd(port, &["--at-once", "200"]), 200);
    assert_as_light_as(before, &program);
    let output = stop(program);
    assert_eq!(whole(&output.stdout), (0..200).collect());
    assert_eq!(output.stderr, "Stopped; 200 messages came.\n");
    assert_eq!(output.code, 0);
}

#[test]
fn a_thousand_one_after_the_other_leave_nothing_behind() {
    let (program, port) = receiver(&["--count", "0"]);
    let before = weight(&program);
    assert_served(&crowd(port, &["--in-turn", "1000"]), 1000);
    assert_as_light_as(before, &program);
    let output = stop(program);
    assert_eq!(whole(&output.stdout), (0..1000).collect());
    assert!(output.stderr.ends_with("Stopped; 1000 messages came.\n"), "{}", output.stderr);
}

#[test]
fn silent_and_dripping_peers_keep_no_one_waiting() {
    let (program, port) = receiver(&ENDLESS);
    let got = crowd(port, &["--silent", "40", "--hostile", "10", "--at-once", "50"]);
    assert_served(&got, 50);
    // Even alone, a message takes the 1.5 s of silence that end it.
    assert!(got["slowest"].as_f64() < Some(15.0), "{got}");
    assert_eq!(whole(&stop(program).stdout), (0..50).collect());
}

#[test]
fn hostile_peers_cost_no_message_and_drive_no_terminal() {
    let (program, port) = receiver(&ENDLESS);
    let before = weight(&program);
    assert_served(&crowd(port, &["--hostile", "60", "--at-once", "100"]), 100);
    assert_as_light_as(before, &program);
    let output = stop(program);
    assert_eq!(whole(&output.stdout), (0..100).collect());
    for text in [&output.stdout, &output.stderr] {
        let bad = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!text.contains(bad));
    }
    for why in
        ["broke the connection off", "the message takes more than 16384 bytes", "without sending anything"]
    {
        assert!(output.stderr.contains(why), "{why}: {}", output.stderr);
    }
    assert_eq!(output.code, 0);
}

#[test]
fn a_peer_that_is_turned_away_is_named_and_the_silent_one_goes_first() {
    let (program, port) = receiver(&ENDLESS);
    let got = crowd(port, &["--silent", "300", "--at-once", "20"]);
    assert_served(&got, 20);
    let output = stop(program);
    let why =
        "was turned away, having sent nothing: 256 connections are open, and another one wants to begin.";
    let line =
        output.stderr.lines().find(|l| l.ends_with(why)).unwrap_or_else(|| panic!("{}", output.stderr));
    assert!(line.starts_with("127.0.0.1:"), "{line}");
    assert_eq!(whole(&output.stdout), (0..20).collect());
}

#[test]
fn with_few_descriptors_further_peers_wait_and_are_served() {
    let port = crate::harness::free_port();
    let words = format!(
        "ulimit -n 40; exec {} receive --bind 127.0.0.1 --port {port} --count 0 --quiet-ms 1500",
        env!("CARGO_BIN_EXE_labkit")
    );
    let program = Program::start(Command::new("sh").args(["-c", &words]));
    program.wait_for(&format!("Waiting for message on port {port}\n"));
    assert_served(&crowd(port, &["--at-once", "120"]), 120);
    let output = stop(program);
    assert!(output.stderr.contains("further ones wait until one closes"), "{}", output.stderr);
    assert_eq!(whole(&output.stdout), (0..120).collect());
}

#[test]
fn a_counting_receiver_takes_as_many_as_it_was_asked_for_and_turns_the_others_away() {
    let (program, port) = receiver(&["--count", "5", "--quiet-ms", "1500"]);
    let got = crowd(port, &["--at-once", "12", "--seconds", "20"]);
    assert_eq!(got["confirmed"], 5, "{got}");
    let output = program.finish();
    assert_eq!((output.stdout.matches("End of message.\n").count(), output.code), (5, 0), "{output:?}");
    let why = "all messages that were waited for have come.";
    assert!(output.stderr.lines().all(|line| line.ends_with(why)), "{}", output.stderr);
}

#[test]
fn a_message_that_drips_ends_when_its_sender_must_have_given_up() {
    let (program, port) = receiver(&["--timeout", "1"]);
    let begun = Instant::now();
    let _drip = peer("send", port, &["--file", "/etc/services", "--pieces", "1", "--pause", "0.1"]);
    let output = program.finish();
    assert!(begun.elapsed() < PATIENCE / 2);
    let why = "Not confirmed: the message of 127.0.0.1 was not over after 1 s, when a sender gives up";
    assert!(output.stderr.starts_with(why), "{}", output.stderr);
    assert_eq!(output.code, 1);
}

#[test]
fn ctrl_c_says_how_many_messages_came() {
    let (program, port) = receiver(&["--count", "0"]);
    let port = port.to_string();
    for count in ["1 message", "2 messages"] {
        let output = run(&["send", "--to", "127.0.0.1", "--port", &port, "--message", count], "");
        assert_eq!(output.code, 0);
    }
    assert_eq!(stop(program).stderr, "Stopped; 2 messages came.\n");
}

/// Servers keep a sender waiting in each possible way; the sender gives up at its one deadline.
#[test]
fn the_sender_keeps_its_one_deadline_against_every_server() {
    for (habit, so_far) in [
        ("silent", ""),
        ("drips", " (it answered \"#"),
        ("begins", " (it answered \"#<<E\" so far)"),
        ("never-accepts", ""),
    ] {
        let port = crate::harness::free_port();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/stall.py");
        let server = Program::start(tool("python3").args([script, habit, &port.to_string()]));
        server.wait_for("LISTENING\n");
        let begun = Instant::now();
        let message = "€".repeat(4096);
        let args = [
            "send",
            "--to",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--timeout",
            "2",
            "--message",
            &message,
        ];
        let output = run(&args, "");
        let took = begun.elapsed();
        assert!(took >= Duration::from_secs(2) && took < PATIENCE / 2, "{habit}: {took:?}");
        assert_eq!(
            (output.stdout.as_str(), output.code),
            ("Sending.\nMessage receipt failed.\n", 1),
            "{habit}"
        );
        let why = format!("Connected, but 127.0.0.1 did not confirm within 2 s{so_far}");
        assert!(output.stderr.starts_with(&why), "{habit}: {}", output.stderr);
        assert!(output.stderr.contains(". `labkit probe 127.0.0.1 --port "), "{habit}: {}", output.stderr);
    }
}
