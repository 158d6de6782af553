//! `labkit check` over students' folders: the table, shared captures, and that a broken folder does not stop the
//! others.

use super::{captures, expect, folder, labkit};
use std::path::{Path, PathBuf};

fn sheet(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/sheets").join(name)
}

/// Five folders: two with the same file, one with its packets in another file, one with its own, one broken.
fn class(name: &str) -> PathBuf {
    let dir = folder(name);
    for (student, capture, answers) in [
        ("anna", "capture1.pcapng", "right.md"),
        ("ben", "capture1.pcapng", "wrong.md"),
        ("carl", "second-run.pcapng", "wrong.md"),
    ] {
        let own = dir.join(student);
        std::fs::create_dir_all(&own).unwrap();
        std::fs::copy(captures(capture), own.join("capture1.pcapng")).unwrap();
        std::fs::copy(sheet(answers), own.join("answers.md")).unwrap();
        std::fs::write(own.join("communication.py"), "# a program\n").unwrap();
    }
    std::fs::create_dir_all(dir.join("dora")).unwrap();
    let copy = dir.join("dora/capture1.pcapng");
    // Another section header makes another file with the same packets.
    let (_, error, status) =
        labkit(&dir, &["replay", "anna/capture1.pcapng", "-w", copy.to_str().expect("UTF-8")]);
    assert_eq!(status, 0, "{error}");
    std::fs::create_dir_all(dir.join("=evil\u{1b}[31m")).unwrap();
    std::fs::write(dir.join("=evil\u{1b}[31m/capture1.pcapng"), "no capture").unwrap();
    dir
}

const ALL: [&str; 6] = ["anna", "ben", "carl", "dora", "=evil\u{1b}[31m", "nobody"];

#[test]
fn a_class_is_a_table_with_what_its_captures_have_in_common() {
    let dir = class("class-table");
    let (out, error, status) = labkit(&dir, &[&["check"], &ALL[..]].concat());
    assert_eq!((error.as_str(), status), ("", 1));
    assert!(!out.contains('\u{1b}'), "{out:?}");
    expect("class.txt", &out);
}

#[test]
fn a_class_is_a_line_a_student_for_a_spreadsheet() {
    let dir = class("class-csv");
    let (out, error, status) = labkit(&dir, &[&["check", "--format", "csv"], &ALL[..]].concat());
    assert_eq!((error.as_str(), status), ("", 1));
    assert!(!out.contains('\u{1b}') && out.lines().count() == 1 + ALL.len(), "{out:?}");
    assert!(out.contains("\n'=evil"), "a folder's name could run in a spreadsheet:\n{out}");
    let cells = |name: &str| {
        let line = out.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("no {name} in\n{out}"));
        line.to_owned()
    };
    assert!(cells("anna").contains("ben (same packets); dora (same packets)"), "copies:\n{out}");
    assert!(!cells("carl").contains("anna"), "{out}");
}

#[test]
fn a_class_as_json_counts_misconceptions() {
    let dir = class("class-json");
    let (out, _, _) = labkit(&dir, &["check", "--format", "json", "anna", "ben", "carl"]);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["students"].as_array().unwrap().len(), 3);
    let counts = document["misconceptions"].as_array().unwrap();
    let buffer = counts.iter().find(|c| c["id"] == "recv-buffer").unwrap();
    assert_eq!(buffer["students"], 2, "{out}");
    assert_eq!(document["groups"][0]["kind"], "same file");
    assert_eq!(document["groups"][0]["members"], serde_json::json!(["anna", "ben"]));
}

#[test]
fn folders_and_what_is_for_one_capture_are_told_apart() {
    let dir = class("class-misuse");
    for (arguments, says) in [
        (vec!["check", "anna", "--answers", "x.md"], "--answers goes with one capture"),
        (vec!["check", "anna", "anna/capture1.pcapng"], "is no folder and no archive"),
        (vec!["check", "anna/capture1.pcapng", "--format", "csv"], "are for students' hand-ins"),
    ] {
        let (out, error, status) = labkit(&dir, &arguments);
        assert_eq!((out.as_str(), status), ("", 2), "{arguments:?}: {error}");
        assert!(error.contains(says), "{arguments:?}: {error}");
    }
}
