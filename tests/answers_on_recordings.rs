//! What `labkit answer` says of every recording: five documents are compared whole, of all others only the numbers
//! and frames, so that a better wording changes only five files. tshark's fields prove every document, also those of
//! thousands of damaged variants of the recordings.
//!
//! `UPDATE_EXPECTED=1 cargo test --test answers_on_recordings` writes the documents anew; the comparison with tshark
//! still runs.

#[path = "support/tools.rs"]
mod tools;

use assert_cmd::Command;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tools::tool;

/// The recordings whose documents are compared word by word: a complete exchange, one without a receipt, a refused
/// one, one that was recorded from its middle on, and one with segments longer than a packet.
const PROSE: [&str; 5] = ["capture1", "never-confirmed", "refused", "started-late", "long-offload"];

/// Captures that are answered together.
const TOGETHER: [[&str; 2]; 4] = [
    ["capture1", "second-run"],
    ["both-ends-host", "both-ends-guest"],
    ["long-segments-host", "long-segments"],
    ["two-machines-host", "two-machines-guest"],
];

/// The documents of all recordings, by name.
static DOCUMENTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let all = recordings();
    let alone = all.iter().map(|name| vec![name.as_str()]);
    let sets = alone.chain(TOGETHER.iter().map(|set| set.to_vec()));
    sets.map(|set| (set.join("+"), answer(&set))).collect()
});

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the files in a folder that end in `ending`, without it.
fn names(folder: &Path, ending: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    files.filter_map(|f| Some(f.strip_suffix(ending)?.to_owned())).collect()
}

/// The recordings of `captures/`, by name.
fn recordings() -> BTreeSet<String> {
    names(&root().join("captures"), ".pcapng")
}

/// The document of one or several recordings.
fn answer(captures: &[&str]) -> String {
    let mut command = Command::cargo_bin("labkit").unwrap();
    let files = captures.iter().map(|name| format!("{name}.pcapng"));
    command.current_dir(root().join("captures")).args(["answer", "--format", "json"]).args(files);
    let done = command.output().unwrap();
    let (out, err) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    assert_eq!((err.as_str(), done.status.code()), ("", Some(0)), "{captures:?}");
    out
}

fn python(script: &str, arguments: &[PathBuf]) {
    let mut command = tool("python3");
    command.arg("-B").arg(root().join("tests/oracle").join(script)).args(arguments);
    let done = command.output().expect("python3 is needed for this test");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{err}");
}

/// Numbers and frames of a document: everything but its sentences.
fn numbers(document: &str) -> String {
    let mut out = String::new();
    lines(&without_sentences(serde_json::from_str(document).unwrap()), 0, &mut out);
    out + "\n"
}

fn without_sentences(value: Value) -> Value {
    match value {
        Value::Array(all) => all.into_iter().map(without_sentences).collect(),
        Value::Object(all) => {
            let is_sentence =
                |key: &str| matches!(key, "question" | "answer" | "rule" | "why" | "says" | "hints");
            let kept = all.into_iter().filter(|(key, _)| !is_sentence(key));
            let said = |(key, value): (String, Value)| match value {
                Value::Array(sentences) if key == "missing" => (key, sentences.len().into()),
                value => (key, without_sentences(value)),
            };
            Value::Object(kept.map(said).collect())
        }
        value => value,
    }
}

/// Writes a value on one line if it is short or holds no further list, else a line for each part.
fn lines(value: &Value, depth: usize, out: &mut String) {
    let (flat, inner) = (value.to_string(), "  ".repeat(depth + 1));
    let parts: Vec<(String, &Value)> = match value {
        Value::Array(all) if all.iter().any(|v| v.is_object() || v.is_array()) => {
            all.iter().map(|v| (String::new(), v)).collect()
        }
        Value::Object(all) => all.iter().map(|(key, v)| (format!("{}: ", Value::from(&**key)), v)).collect(),
        _ => Vec::new(),
    };
    if parts.is_empty() || depth > 1 && flat.len() < 100 {
        out.push_str(&flat);
        return;
    }
    let (open, close) = if value.is_array() { ("[", "]") } else { ("{", "}") };
    out.push_str(open);
    for (i, (key, part)) in parts.iter().enumerate() {
        out.push_str(&format!("{}\n{inner}{key}", if i > 0 { "," } else { "" }));
        lines(part, depth + 1, out);
    }
    out.push_str(&format!("\n{}{close}", "  ".repeat(depth)));
}

#[test]
fn every_recording_has_its_document() {
    let (prose, rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
        DOCUMENTS.iter().partition(|(name, _)| PROSE.contains(&name.as_str()));
    compare("prose", prose.into_iter().map(|(name, said)| (name, said.clone())).collect());
    compare("numbers", rest.into_iter().map(|(name, said)| (name, numbers(said))).collect());
}

/// Compares documents with the files of a folder of `tests/expected/answers`, or writes these anew.
fn compare(folder: &str, documents: BTreeMap<&String, String>) {
    let folder = root().join("tests/expected/answers").join(folder);
    for (name, said) in &documents {
        let path = folder.join(format!("{name}.json"));
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&path, said).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(*said == expected, "{name} differs: {}", first_difference(said, &expected));
    }
    assert_eq!(names(&folder, ".json"), documents.into_keys().cloned().collect());
}

fn first_difference(said: &str, expected: &str) -> String {
    let pair = said.lines().zip(expected.lines()).enumerate().find(|(_, (a, b))| a != b);
    pair.map_or("one ends early".into(), |(n, (a, b))| format!("line {}\n said {a}\n not  {b}", n + 1))
}

#[test]
fn the_documents_say_what_tshark_shows() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("documents");
    fs::create_dir_all(&folder).unwrap();
    for (name, said) in DOCUMENTS.iter() {
        fs::write(folder.join(format!("{name}.json")), said).unwrap();
    }
    python("oracle.py", &["--expected".into(), folder, root().join("captures")]);
}

#[test]
fn damaged_captures_are_read_as_tshark_reads_them() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("damaged");
    fs::create_dir_all(&folder).unwrap();
    let mut arguments = vec![assert_cmd::cargo::cargo_bin("labkit"), folder];
    arguments.extend(recordings().iter().map(|name| root().join("captures").join(format!("{name}.pcapng"))));
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
        let said = DOCUMENTS.get(*name).unwrap_or_else(|| panic!("{row}"));
        let document: Value = serde_json::from_str(said).unwrap();
        let answers = document["answers"].as_array().unwrap();
        let answer = answers.iter().find(|a| a["id"] == *id).unwrap();
        let text = answer["answer"].as_str().unwrap();
        if answer["confidence"] != *confidence || !parts.iter().all(|part| text.contains(part)) {
            wrong.push(format!("{row}\n  {}: {text}", answer["confidence"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
