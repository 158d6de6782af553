//! `labkit answer` through the binary, on two captures of one connection, made at either end of a path that takes 2
//! ms.

#[path = "support/frames.rs"]
mod frames;

use frames::Segment;
use labkit::frame::LinkType;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

/// The time of sending in milliseconds, whether the client sent it, whether it was lost on its way, flags, sequence
/// and acknowledgement number, payload.
type Row = (i64, bool, bool, u8, u32, u32, &'static [u8]);

/// The message is lost once, and the two FINs cross.
const EXCHANGE: [Row; 11] = [
    (0, true, false, 0x02, 100, 0, b""),
    (2, false, false, 0x12, 900, 101, b""),
    (4, true, false, 0x10, 101, 901, b""),
    (5, true, true, 0x18, 101, 901, b"hello"),
    (205, true, false, 0x18, 101, 901, b"hello"),
    (207, false, false, 0x10, 901, 106, b""),
    (208, false, false, 0x18, 901, 106, b"#<<END>>#"),
    (220, true, false, 0x11, 106, 910, b""),
    (221, false, false, 0x11, 910, 106, b""),
    (223, true, false, 0x10, 107, 911, b""),
    (224, false, false, 0x10, 911, 107, b""),
];

const TRAVEL: i64 = 2;

/// The capture of the machine at the client's end, or at the server's, with a clock that is `ahead` milliseconds
/// fast.
fn capture(at_client: bool, ahead: i64) -> Vec<u8> {
    let mut seen: Vec<(i64, usize)> = Vec::new();
    for (i, (sent, client, lost, ..)) in EXCHANGE.iter().enumerate() {
        if *client == at_client {
            seen.push((*sent, i));
        } else if !lost {
            seen.push((sent + TRAVEL, i));
        }
    }
    seen.sort();
    let recorded = seen.into_iter().map(|(time, i)| ((time + ahead + 10_000) as u64 * 1000, frame(i)));
    frames::pcap(LinkType::ETHERNET, recorded)
}

fn frame(i: usize) -> Vec<u8> {
    let (_, client, _, flags, seq, ack, payload) = &EXCHANGE[i];
    Segment::of_lab(i, *client, (*flags, *seq, *ack, payload)).frame()
}

fn saved(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("vantages-{name}"));
    std::fs::write(&path, bytes).unwrap();
    path
}

fn answer(files: &[&PathBuf], format: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labkit"));
    let done = command.arg("answer").args(files).args(["--format", format]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn packets_of_one_connection_are_lined_up_and_the_clocks_compared() {
    let host = saved("host.pcap", &capture(true, 0));
    let guest = saved("guest.pcap", &capture(false, 5000));
    let document: Value = serde_json::from_str(&answer(&[&host, &guest], "json")).unwrap();
    let same = &document["same_connection"];
    assert_eq!(same.as_array().unwrap().len(), 1);
    let same = &same[0];
    assert_eq!((&same["captures"], &same["streams"]), (&json!([0, 1]), &json!([0, 0])));
    assert_eq!(same["clock_offset_ns"], 5_000_000_000u64);
    assert_eq!(same["travel_ns"], 2_000_000);
    let frames: Vec<&Value> = same["packets"].as_array().unwrap().iter().map(|p| &p["frames"]).collect();
    let expected = [
        json!([1, 1]),
        json!([2, 2]),
        json!([3, 3]),
        json!([4, null]),
        json!([5, 4]),
        json!([6, 5]),
        json!([7, 6]),
        json!([8, 8]),
        json!([9, 7]),
        json!([10, 10]),
        json!([11, 9]),
    ];
    assert_eq!(frames, expected.iter().collect::<Vec<_>>());
    assert_eq!(same["packets"][0]["apart_ns"], 5_002_000_000u64);
    assert_eq!(same["packets"][1]["apart_ns"], 4_998_000_000u64);
}

#[test]
fn the_notes_say_what_only_one_saw_and_where_it_was_recorded() {
    let host = saved("host-text.pcap", &capture(true, 0));
    let guest = saved("guest-text.pcap", &capture(false, -5000));
    for (first, second, only, place, ahead) in [
        (&host, &guest, "host-text", "host", "5.000 s behind"),
        (&guest, &host, "host-text", "guest", "5.000 s ahead of"),
    ] {
        let said = answer(&[first, second], "markdown");
        let note = said.lines().find(|l| l.contains("hold the same connection")).unwrap();
        let name = |p: &PathBuf| p.display().to_string().replace('_', "\\_");
        assert!(note.contains("10 packets stand in both"), "{note}");
        assert!(note.contains(&format!("{only}.pcap: frame 4.")), "{note}");
        assert!(note.contains("Their order differs"), "{note}");
        assert!(note.contains("it takes 2.000 ms"), "{note}");
        assert!(note.contains(&format!("{} was recorded nearer to the {place}", name(first))), "{note}");
        assert!(note.contains(&format!("{} is {ahead} that of {}", name(second), name(first))), "{note}");
    }
}

#[test]
fn one_capture_and_two_connections_have_nothing_to_line_up() {
    let host = saved("host-alone.pcap", &capture(true, 0));
    let document: Value = serde_json::from_str(&answer(&[&host], "json")).unwrap();
    assert!(document.get("same_connection").is_none());
    let files = [&lab("capture1.pcapng"), &lab("second-run.pcapng")];
    let document: Value = serde_json::from_str(&answer(&files, "json")).unwrap();
    assert!(document.get("same_connection").is_none());
}

/// A recording of `captures/`.
fn lab(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

#[test]
fn clocks_of_two_machines_that_are_hours_apart_are_told_in_hours() {
    let far = answer(&[&lab("two-machines-host.pcapng"), &lab("two-machines-guest.pcapng")], "markdown");
    assert!(far.contains("two-machines-guest.pcapng is 8 h 26 min 56.071 s ahead of that of"), "{far}");
    assert!(far.contains("go by the order of the packets"), "{far}");
}
