//! What `labkit answer` says of every recording: whole documents, each of them proved by what tshark says of the same
//! packets, and of thousands of damaged variants of the recordings.
//!
//! `UPDATE_EXPECTED=1 cargo test --test answers_on_recordings` writes the documents anew; the proofs remain.

use assert_cmd::Command;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The recordings of `captures/`, by name.
fn recordings() -> BTreeSet<String> {
    let files = fs::read_dir(root().join("captures")).unwrap().map(|f| f.unwrap().file_name());
    files.map(|f| f.into_string().unwrap()).filter(|f| f.ends_with(".pcapng")).collect()
}

/// The document of one or several recordings.
fn answer(captures: &[&str]) -> String {
    let mut command = Command::cargo_bin("labkit").unwrap();
    command.current_dir(root().join("captures")).args(["answer", "--format", "json"]).args(captures);
    let done = command.output().unwrap();
    let (out, err) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    assert_eq!((err.as_str(), done.status.code()), ("", Some(0)), "{captures:?}");
    out
}

fn python(script: &str, arguments: &[PathBuf]) {
    let mut command = std::process::Command::new("python3");
    command.arg("-B").arg(root().join("tests/oracle").join(script)).args(arguments);
    let done = command.output().expect("python3 is needed for this test");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{err}");
}

#[test]
fn every_recording_has_its_document() {
    let folder = root().join("tests/expected/answers");
    let all = recordings();
    let mut sets: Vec<Vec<&str>> = all.iter().map(|name| vec![name.as_str()]).collect();
    sets.push(vec!["capture1.pcapng", "second-run.pcapng"]);
    sets.push(vec!["both-ends-host.pcapng", "both-ends-guest.pcapng"]);
    sets.push(vec!["long-segments-host.pcapng", "long-segments.pcapng"]);
    let write = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut known = BTreeSet::new();
    for set in sets {
        let name = format!("{}.json", set.join("+").replace(".pcapng", ""));
        let (path, said) = (folder.join(&name), answer(&set));
        if write {
            fs::write(&path, &said).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(said == expected, "{name} differs: {}", first_difference(&said, &expected));
        known.insert(name);
    }
    let there = fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    assert_eq!(there.collect::<BTreeSet<_>>(), known);
}

fn first_difference(said: &str, expected: &str) -> String {
    let pair = said.lines().zip(expected.lines()).enumerate().find(|(_, (a, b))| a != b);
    pair.map_or("one ends early".into(), |(n, (a, b))| format!("line {}\n said {a}\n not  {b}", n + 1))
}

#[test]
fn the_documents_say_what_tshark_shows() {
    python(
        "oracle.py",
        &["--expected".into(), root().join("tests/expected/answers"), root().join("captures")],
    );
}

#[test]
fn damaged_captures_are_read_as_tshark_reads_them() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("damaged");
    fs::create_dir_all(&folder).unwrap();
    let mut arguments = vec![assert_cmd::cargo::cargo_bin("labkit"), folder];
    arguments.extend(recordings().iter().map(|name| root().join("captures").join(name)));
    python("mutate.py", &arguments);
}

#[test]
fn the_documents_say_what_was_worked_out_by_hand() {
    let table = fs::read_to_string(root().join("tests/expected/answers.txt")).unwrap();
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    let mut wrong = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [name, id, confidence, parts @ ..] = cells.as_slice() else { panic!("{row}") };
        let path = root().join("tests/expected/answers").join(format!("{name}.json"));
        let said = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let document: serde_json::Value = serde_json::from_str(&said).unwrap();
        let answers = document["answers"].as_array().unwrap();
        let answer = answers.iter().find(|a| a["id"] == *id).unwrap();
        let text = answer["answer"].as_str().unwrap();
        if answer["confidence"] != *confidence || !parts.iter().all(|part| text.contains(part)) {
            wrong.push(format!("{row}\n  {}: {text}", answer["confidence"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
