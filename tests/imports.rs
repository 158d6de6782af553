//! The direction of imports: a file may import only what stands to its left.
//!
//! `text, frame, direction, field → dissect → conversation → packet → filter`; `text, frame → capture`;
//! `capture + filter + conversation → pump → view → lab → tui → cli`. `communicator` imports none of these.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may import from this crate, besides itself.
const ALLOWED: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("frame", &[]),
    ("direction", &[]),
    ("field", &["frame"]),
    ("dissect", &["text", "frame", "direction", "field"]),
    ("conversation", &["text", "frame", "direction", "field", "dissect"]),
    ("packet", &["text", "frame", "direction", "field", "dissect", "conversation"]),
    ("filter", &["text", "frame", "direction", "field", "dissect", "conversation", "packet"]),
    ("capture", &["text", "frame"]),
    (
        "pump",
        &["text", "frame", "direction", "field", "dissect", "conversation", "packet", "filter", "capture"],
    ),
    (
        "view",
        &[
            "text",
            "frame",
            "direction",
            "field",
            "dissect",
            "conversation",
            "packet",
            "filter",
            "capture",
            "pump",
        ],
    ),
    (
        "lab",
        &[
            "text",
            "frame",
            "direction",
            "field",
            "dissect",
            "conversation",
            "packet",
            "filter",
            "capture",
            "pump",
            "view",
        ],
    ),
    (
        "tui",
        &[
            "text",
            "frame",
            "direction",
            "field",
            "dissect",
            "conversation",
            "packet",
            "filter",
            "capture",
            "pump",
            "view",
            "lab",
        ],
    ),
    (
        "cli",
        &[
            "text",
            "frame",
            "direction",
            "field",
            "dissect",
            "conversation",
            "packet",
            "filter",
            "capture",
            "pump",
            "view",
            "lab",
            "tui",
            "communicator",
        ],
    ),
    ("communicator", &[]),
    ("lib", &[]),
    ("main", &[]),
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("the source folder can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file without its comments and without the unit tests at its end, which may reach further.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file can be read");
    let body = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
    body.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules that a text names as `crate::module`, braces included.
fn imported(code: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` in a macro and `labkit_crate::` are no imports of this kind.
        if code[..at].ends_with(|c: char| is_name(c) || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let group = rest.strip_prefix('{').and_then(|r| r.split_once('}')).map(|(names, _)| names);
        for part in group.unwrap_or(rest).split(',').take(if group.is_some() { usize::MAX } else { 1 }) {
            let name: String = part.trim_start().chars().take_while(|c| is_name(*c)).collect();
            found.insert(name);
        }
    }
    found
}

fn module_of(path: &Path, src: &Path) -> String {
    let inside = path.strip_prefix(src).expect("the file lies in the source folder");
    let first = inside.components().next().expect("a path has a first part");
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

#[test]
fn no_arrow_runs_backwards() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 50, "only {} source files were found", files.len());
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(module, _)| *module).collect();
    let mut wrong = Vec::new();
    for file in &files {
        let module = module_of(file, &src);
        // Unit tests in a file of their own may reach further, as those at the end of a file may.
        if file.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{}: the module {module} has no place in the order", file.display()));
            continue;
        };
        for import in imported(&code(file)) {
            if known.contains(import.as_str()) && import != module && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{}: {module} must not import {import}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_arrow_that_runs_backwards_would_be_found() {
    let names = imported("use crate::{frame::Frame, view};\nlet x = crate::lab::Lab;\n$crate::field::Field");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["frame", "lab", "view"]);
}

#[test]
fn two_files_alone_name_libpcap() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let naming: BTreeSet<String> = files
        .iter()
        .filter(|f| {
            let code = code(f);
            code.contains("use pcap::") || code.contains(" pcap::") || code.contains("(pcap::")
        })
        .map(|f| f.strip_prefix(&src).expect("inside").display().to_string())
        .collect();
    assert_eq!(naming.into_iter().collect::<Vec<_>>(), ["capture/bpf.rs", "capture/live.rs"]);
}
