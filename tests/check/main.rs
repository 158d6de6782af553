//! `labkit check` through the binary: whole outputs are compared with tests/expected/check, and its advice is
//! followed.
//!
//! `UPDATE_EXPECTED=1` writes the expected files anew; read the difference before it is committed.

mod answers;
mod class;
mod copies;
mod graded;
mod klartext;
mod pack;

use assert_cmd::Command;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

fn captures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

/// A folder of its own for a test, empty.
///
/// # Panics
/// If another test has a folder of that name: the tests run at the same time, and each would remove the other's files.
#[track_caller]
fn folder(name: &str) -> PathBuf {
    static TAKEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let is_new = TAKEN.lock().unwrap_or_else(PoisonError::into_inner).insert(name.into());
    assert!(is_new, "two tests use the folder {name}");
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("check").join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn labkit(dir: &Path, args: &[&str]) -> (String, String, i32) {
    let done = Command::cargo_bin("labkit").unwrap().current_dir(dir).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(done.stdout), text(done.stderr), done.status.code().unwrap())
}

fn expect(name: &str, said: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/check").join(name);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, said).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(said, expected, "{name}");
}

/// The line of one requirement.
fn line<'a>(out: &'a str, id: &str) -> &'a str {
    let label = format!("  {id}: ");
    out.lines().find(|l| l.contains(&label)).unwrap_or_else(|| panic!("no {id} in\n{out}"))
}

/// capture1 and a recording of ARP alone, one section after the other, as pcapng allows.
fn with_arp(dir: &Path) {
    let mut bytes = std::fs::read(captures("capture1.pcapng")).unwrap();
    bytes.extend(std::fs::read(captures("unreachable.pcapng")).unwrap());
    std::fs::write(dir.join("mixed.pcapng"), bytes).unwrap();
}

#[test]
fn each_kind_of_recording_gets_its_verdicts() {
    let dir = captures("");
    for (name, status) in [
        ("capture1", 0),
        ("one-direction", 1),
        ("reset-before-receipt", 1),
        ("never-confirmed", 1),
        ("echo", 1),
        ("started-late", 1),
        ("loopback", 1),
        ("unreachable", 1),
    ] {
        let (out, err, code) = labkit(&dir, &["check", &format!("{name}.pcapng")]);
        expect(&format!("{name}.txt"), &out);
        assert_eq!((err.as_str(), code), ("", status), "{name}");
    }
}

#[test]
fn the_json_says_the_same() {
    let (out, _, code) = labkit(&captures(""), &["check", "never-confirmed.pcapng", "--format", "json"]);
    expect("never-confirmed.json", &out);
    assert_eq!(code, 1);
    let (out, _, code) = labkit(&captures(""), &["check", "capture1.pcapng", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((value["met"].as_bool(), code), (Some(true), 0));
}

#[test]
fn what_networks_do_by_themselves_is_a_note() {
    let dir = folder("housekeeping");
    with_arp(&dir);
    let (out, _, code) = labkit(&dir, &["check", "mixed.pcapng"]);
    assert_eq!(code, 0, "{out}");
    expect("mixed.txt", &out);
    let (out, _, _) = labkit(&dir, &["check", "mixed.pcapng", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    let check = value["checks"].as_array().unwrap().iter().find(|c| c["id"] == "nothing-else").unwrap();
    assert_eq!((check["verdict"].as_str(), value["met"].as_bool()), (Some("note"), Some(true)));
}

#[test]
fn the_advice_on_other_traffic_mends_the_capture() {
    let dir = folder("mixed");
    let mut bytes = std::fs::read(captures("capture1.pcapng")).unwrap();
    // The same capture with a third machine, which no step of the lab asks for.
    let mut foreign = bytes.clone();
    for at in 0..foreign.len() - 4 {
        if foreign[at..at + 4] == [192, 168, 56, 101] {
            foreign[at + 3] = 102;
        }
    }
    bytes.extend(foreign);
    std::fs::write(dir.join("mixed.pcapng"), bytes).unwrap();
    let (out, _, code) = labkit(&dir, &["check", "mixed.pcapng"]);
    assert_eq!(code, 1, "{out}");
    assert!(line(&out, "nothing-else").starts_with("not met"), "{out}");
    let filter = line(&out, "nothing-else").split('\'').nth(1).unwrap();
    let (_, err, code) = labkit(&dir, &["replay", "mixed.pcapng", "-Y", filter, "-w", "lab-only.pcapng"]);
    assert_eq!(code, 0, "{err}");
    let (out, _, code) = labkit(&dir, &["check", "lab-only.pcapng"]);
    assert!(line(&out, "nothing-else").starts_with("met "), "{out}");
    assert_eq!(code, 0, "{out}");
}

#[test]
fn the_advice_on_classic_pcap_mends_the_capture() {
    let dir = folder("classic");
    let source = captures("capture1.pcapng").display().to_string();
    assert_eq!(labkit(&dir, &["replay", &source, "-w", "old.pcap"]).2, 0);
    let (out, _, code) = labkit(&dir, &["check", "old.pcap"]);
    assert_eq!(code, 1);
    expect("classic.txt", &out);
    assert_eq!(labkit(&dir, &["replay", "old.pcap", "-w", "converted.pcapng"]).2, 0);
    let (out, _, code) = labkit(&dir, &["check", "converted.pcapng"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn addresses_that_are_given_decide_the_direction() {
    let check =
        |host, guest| labkit(&captures(""), &["check", "capture1.pcapng", "--host", host, "--guest", guest]);
    let (out, _, code) = check("192.168.56.101", "192.168.56.1");
    assert_eq!(code, 1);
    assert!(line(&out, "message-1").contains("the guest (192.168.56.1) sends it, not the host"), "{out}");
    assert!(line(&out, "message-2").starts_with("not met"), "{out}");
    let (out, _, code) = check("10.0.0.1", "10.0.0.2");
    assert_eq!(code, 1);
    assert!(line(&out, "message-1").contains("are not the host and the guest that you gave"), "{out}");
    assert!(line(&out, "nothing-else").starts_with("cannot tell"), "{out}");
    assert_eq!(check("10.0.0.1", "10.0.0.1").2, 2);
}

#[test]
fn messages_in_the_wrong_order_are_noticed() {
    let dir = folder("order");
    let source = captures("capture1.pcapng").display().to_string();
    for (filter, name) in [("tcp.stream == 0", "first.pcapng"), ("tcp.stream == 1", "second.pcapng")] {
        assert_eq!(labkit(&dir, &["replay", &source, "-Y", filter, "-w", name]).2, 0);
    }
    let mut bytes = std::fs::read(dir.join("second.pcapng")).unwrap();
    bytes.extend(std::fs::read(dir.join("first.pcapng")).unwrap());
    std::fs::write(dir.join("swapped.pcapng"), bytes).unwrap();
    let (out, _, code) = labkit(&dir, &["check", "swapped.pcapng"]);
    assert!(line(&out, "order").starts_with("not met"), "{out}");
    assert!(line(&out, "message-1").starts_with("met"), "{out}");
    assert_eq!(code, 1);
}

#[test]
fn a_damaged_file_is_checked_as_far_as_it_goes_and_no_capture_is_an_error() {
    let dir = folder("damaged");
    let bytes = std::fs::read(captures("capture1.pcapng")).unwrap();
    std::fs::write(dir.join("short.pcapng"), &bytes[..bytes.len() / 2]).unwrap();
    let (out, _, code) = labkit(&dir, &["check", "short.pcapng"]);
    assert!(line(&out, "readable").starts_with("not met"), "{out}");
    assert!(line(&out, "message-1").starts_with("met"), "{out}");
    assert!(line(&out, "message-2").starts_with("cannot tell"), "{out}");
    assert_eq!(code, 1);
    std::fs::write(dir.join("notes.txt"), "no capture at all, just a text of some length").unwrap();
    let (out, err, code) = labkit(&dir, &["check", "notes.txt"]);
    assert_eq!((out.as_str(), code), ("", 1));
    assert!(err.contains("notes.txt"), "{err}");
}

#[test]
fn frames_cut_by_the_snapshot_length_are_counted() {
    let dir = folder("cut");
    let mut file: Vec<u8> = Vec::new();
    for word in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 14, 1, 1_700_000_000, 0, 14, 60] {
        file.extend(word.to_le_bytes());
    }
    file.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    std::fs::write(dir.join("cut.pcap"), file).unwrap();
    let (out, _, _) = labkit(&dir, &["check", "cut.pcap"]);
    assert!(line(&out, "not-cut").starts_with("not met      not-cut: 1 frame was cut"), "{out}");
}
