//! `labkit exchange` and `labkit answer` through the binary, on a capture that is written here byte by byte.

#[path = "support/frames.rs"]
mod frames;

use assert_cmd::Command;
use frames::Segment;
use labkit::frame::LinkType;
use std::path::PathBuf;

/// Whether the client sent it, flags, sequence and acknowledgement number, payload.
type Row = (bool, u8, u32, u32, &'static [u8]);

const EXCHANGE: [Row; 10] = [
    (true, 0x02, 100, 0, b""),
    (false, 0x12, 900, 101, b""),
    (true, 0x10, 101, 901, b""),
    (true, 0x18, 101, 901, b"Hello \x1b[31mguest"),
    (false, 0x10, 901, 117, b""),
    (false, 0x18, 901, 117, b"#<<END>>#"),
    (true, 0x10, 117, 910, b""),
    (true, 0x11, 117, 910, b""),
    (false, 0x11, 910, 118, b""),
    (true, 0x10, 118, 911, b""),
];

/// A classic pcap file of the rows, a millisecond apart.
fn pcap(rows: &[Row]) -> Vec<u8> {
    let frame = |(i, (client, flags, seq, ack, payload)): (usize, &Row)| {
        let segment = Segment::of_lab(i, *client, (*flags, *seq, *ack, payload)).with_size();
        (i as u64 * 1000, segment.frame())
    };
    frames::pcap(LinkType::ETHERNET, rows.iter().enumerate().map(frame))
}

fn saved(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn labkit(args: &[&str]) -> (String, String, i32) {
    let done = Command::cargo_bin("labkit").unwrap().args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(done.stdout), text(done.stderr), done.status.code().unwrap())
}

#[test]
fn the_exchange_is_a_table_without_escapes_in_a_pipe() {
    let file = saved("exchange.pcap", &pcap(&EXCHANGE));
    let (out, err, status) = labkit(&["exchange", file.to_str().unwrap()]);
    assert_eq!((err.as_str(), status), ("", 0));
    assert!(!out.contains('\x1b'), "{out}");
    assert!(out.contains("Hello \\x1b[31mguest") && out.contains("confirmed"), "{out}");
    let order: Vec<usize> = ["handshake", "message ", "receipt ", "close"]
        .iter()
        .map(|phase| out.find(&format!("│ {phase}")).unwrap_or_else(|| panic!("{phase}: {out}")))
        .collect();
    assert!(order.is_sorted(), "{out}");
}

#[test]
fn answers_come_as_json_with_the_roles_that_were_given() {
    let file = saved("answer.pcap", &pcap(&EXCHANGE));
    let args = ["answer", "--format", "json", "--host", "192.168.56.101", file.to_str().unwrap()];
    let (out, err, status) = labkit(&args);
    assert_eq!((err.as_str(), status), ("", 0));
    let v: serde_json::Value = serde_json::from_str(&out).unwrap();
    let x = &v["exchanges"][0];
    assert_eq!(x["client"]["role"], "guest");
    assert_eq!((&x["max_payload"], &x["packets_after_receipt"]), (&1460.into(), &4.into()));
    assert_eq!(v["captures"][0], file.to_str().unwrap());
    assert_eq!(v["answers"].as_array().unwrap().len(), 10);
}

#[test]
fn markdown_has_a_heading_for_each_question() {
    let file = saved("markdown.pcap", &pcap(&EXCHANGE));
    let (out, _, status) = labkit(&["answer", "--format", "markdown", file.to_str().unwrap()]);
    let headings: Vec<&str> = out.lines().filter(|l| l.starts_with("## ")).collect();
    assert_eq!((headings.len(), headings[0], status), (10, "## Q1", 0));
}

#[test]
fn a_damaged_capture_is_answered_up_to_the_damage_and_exits_1() {
    let mut bytes = pcap(&EXCHANGE);
    bytes.truncate(bytes.len() - 10);
    let file = saved("damaged.pcap", &bytes);
    let (out, err, status) = labkit(&["answer", file.to_str().unwrap()]);
    assert!(out.contains("3: the handshake") && !err.is_empty(), "{out}{err}");
    assert_eq!(status, 1);
}

#[test]
fn no_traffic_of_the_lab_is_no_error() {
    let file = saved("other-port.pcap", &pcap(&EXCHANGE));
    let (out, _, status) = labkit(&["answer", "--format", "json", "--port", "7", file.to_str().unwrap()]);
    let v: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((v["exchanges"].as_array().unwrap().len(), status), (0, 0));
    assert_eq!(v["answers"][0]["confidence"], "cannot tell");
}

#[test]
fn where_there_is_no_traffic_of_the_lab_one_notice_stands_for_all_questions() {
    let file = saved("no-traffic.pcap", &pcap(&EXCHANGE));
    let (out, _, status) = labkit(&["answer", "--port", "7", file.to_str().unwrap()]);
    assert!(out.starts_with("Q1 to Q9. Cannot tell: there is no TCP traffic of port 7 here."), "{out}");
    assert_eq!((out.matches("Capture again").count(), status), (1, 0), "{out}");
}

#[test]
fn one_question_is_answered_with_its_evidence_where_that_is_wanted() {
    let path = saved("question.pcap", &pcap(&EXCHANGE));
    let file = path.to_str().unwrap();
    let (short, _, _) = labkit(&["answer", "--question", "q6", file]);
    assert!(short.starts_with("Q6. ") && !short.contains("\nQ") && !short.contains("Rule:"), "{short}");
    assert!(short.contains("4 follow: frames 7 (host: ACK)"), "{short}");
    let (long, _, _) = labkit(&["answer", "--question", "6", "--evidence", file]);
    assert!(
        long.contains("\n    Rule: ") && long.contains("\n    frame 7: packet 7 of its connection"),
        "{long}"
    );
    let (two, _, _) = labkit(&["answer", "--question", "Q6,Q3", "--format", "json", file]);
    let two: serde_json::Value = serde_json::from_str(&two).unwrap();
    let ids: Vec<_> = two["answers"].as_array().unwrap().iter().map(|a| a["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["Q3", "Q6"]);
    let (_, error, status) = labkit(&["answer", "--question", "Q11", file]);
    assert!(error.contains("it has Q1, Q2, Q3") && status == 2, "{error}");
}

#[test]
fn hints_need_no_capture_and_are_as_many_as_wanted() {
    let (all, error, status) = labkit(&["answer", "--question", "Q4", "--hint"]);
    assert_eq!((error.as_str(), status), ("", 0));
    assert!(all.starts_with("Q4. ") && all.contains("\n    1. ") && all.contains("\n    3. "), "{all}");
    let (first, _, _) = labkit(&["answer", "--question", "Q4", "--hint=1"]);
    assert!(first.contains("\n    1. ") && !first.contains("\n    2. "), "{first}");
    assert!(first.ends_with("There are 3 hints; --hint=3 shows all.\n"), "{first}");
    let (_, error, status) = labkit(&["answer", "--question", "Q4"]);
    assert!(error.contains("<FILE>") && status == 2, "{error}");
}

#[test]
fn two_roles_for_one_address_are_a_wrong_command_line() {
    let (_, err, status) = labkit(&["answer", "--host", "10.0.0.1", "--guest", "10.0.0.1", "x.pcap"]);
    assert!(err.contains("two machines"), "{err}");
    assert_eq!(status, 2);
}

#[test]
fn one_conversation_can_be_asked_for() {
    let path = saved("one-stream.pcap", &pcap(&EXCHANGE));
    let file = path.to_str().unwrap();
    let (text, _, code) = labkit(&["exchange", "--stream", "0", file]);
    assert!(text.contains("(stream 0)") && code == 0, "{text}");
    let (text, error, code) = labkit(&["answer", "--stream", "7", file]);
    assert_eq!((text.as_str(), code), ("", 1));
    let why = "labkit: stream 7: no TCP conversation of port 65432 has that number in ";
    assert!(error.starts_with(why) && error.lines().count() == 1, "{error}");
}
