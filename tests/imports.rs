//! The direction of imports: a file may import only modules to its left.
//!
//! `text, frame, direction, field → dissect → conversation → packet → filter`; `text, frame → capture`;
//! `capture + filter + conversation → pump → view → lab → tui → cli`. `communicator` imports none of these modules.
//! `capture + lab + communicator → doctor → cli`, `communicator → probe → cli`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What each module may import from this crate, besides itself.
const ALLOWED: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("sockets", &[]),
    ("programs", &[]),
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
            "sockets",
            "programs",
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
    // doctor asks about this machine and the way to another one; it connects with the communicator.
    ("doctor", &["text", "frame", "sockets", "programs", "capture", "view", "lab", "communicator"]),
    // probe tries a program over its own connections; it connects, reads and writes with the communicator.
    ("probe", &["text", "view", "communicator"]),
    (
        "cli",
        &[
            "text",
            "programs",
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
            "doctor",
            "probe",
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

/// The code of a file without its comments and without the unit tests at its end, which may import any module.
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
        // Unit tests in their own file may import any module, as those at the end of a file may.
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

/// Further restrictions: files whose path begins with the first text never name the modules in the second.
const NEVER: &[(&str, &[&str])] = &[
    // The loop from file to list names no protocol.
    ("pump", &["dissect::protocols"]),
    ("packet.rs", &["dissect::protocols", "Proto"]),
    ("capture/", &["crate::dissect", "crate::field"]),
    // The contract, the decoder and the reader know protocols only by their rows.
    ("dissect/decoder.rs", &["dissect::protocols", "super::protocols"]),
    ("dissect/protocol.rs", &["dissect::protocols", "super::protocols"]),
    ("dissect/over_", &["dissect::protocols", "super::protocols"]),
    ("dissect/layers.rs", &["dissect::protocols", "super::protocols"]),
    ("dissect/buffers.rs", &["dissect::protocols", "super::protocols"]),
    ("dissect/facts/", &["dissect::protocols"]),
    ("dissect/reading/", &["dissect::protocols"]),
    // A protocol may name another one, but neither the list of all protocols nor the tables made of it.
    (
        "dissect/protocols/",
        &["dissect::registry", "protocols::PROTOCOLS", "dissect::PROTOCOLS", "Proto::ALL"],
    ),
];

/// Exceptions from [`NEVER`]: the dissector of a body is found by its media type, in the rows of all protocols.
const MAY: &[(&str, &str)] =
    &[("dissect/protocols/media.rs", "Proto::ALL"), ("dissect/protocols/mod.rs", "Proto::ALL")];

/// Whether the code names the path, as a whole word.
fn names(code: &str, path: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    code.match_indices(path)
        .any(|(at, _)| !code[..at].ends_with(is_name) && !code[at + path.len()..].starts_with(is_name))
}

#[test]
fn what_must_not_know_a_protocol_names_none() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for (prefix, modules) in NEVER {
        let inside =
            |f: &&PathBuf| f.strip_prefix(&src).expect("inside").to_string_lossy().starts_with(prefix);
        let mut found = files.iter().filter(inside).peekable();
        assert!(found.peek().is_some(), "no file begins with {prefix}");
        for file in found {
            let name = file.strip_prefix(&src).expect("inside").display().to_string();
            let code = code(file);
            let named =
                modules.iter().filter(|module| names(&code, module) && !MAY.contains(&(&name, **module)));
            wrong.extend(named.map(|module| format!("{name} names {module}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The protocols that each protocol's file or folder names.
fn protocols() -> BTreeMap<String, BTreeSet<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dissect/protocols");
    let mut files = Vec::new();
    sources(&folder, &mut files);
    let of = |file: &Path| module_of(file, &folder);
    let all: BTreeSet<String> = files.iter().map(|f| of(f)).filter(|name| name != "mod").collect();
    let mut graph = BTreeMap::<String, BTreeSet<String>>::new();
    for file in files.iter().filter(|f| of(f) != "mod" && !f.ends_with("tests.rs")) {
        let code = code(file);
        let named = all.iter().filter(|other| **other != of(file) && names_protocol(&code, other));
        graph.entry(of(file)).or_default().extend(named.cloned());
    }
    graph
}

/// Whether a protocol's file names another protocol: `protocols::x`, `super::x`, or in braces behind those.
fn names_protocol(code: &str, other: &str) -> bool {
    ["protocols::", "super::"].iter().any(|before| {
        names(code, &format!("{before}{other}"))
            || code.match_indices(&format!("{before}{{")).any(|(at, _)| {
                let group = code[at + before.len() + 1..].split('}').next().unwrap_or_default();
                group.split(',').any(|part| part.trim().split("::").next() == Some(other))
            })
    })
}

#[test]
fn protocols_do_not_import_each_other_in_a_circle() {
    let mut graph = protocols();
    assert!(graph.len() > 25, "only {} protocols were found", graph.len());
    // Repeatedly takes away the protocols that name no other one; those that remain are in circles or lead to one.
    loop {
        let done: Vec<String> =
            graph.iter().filter(|(_, of)| of.is_empty()).map(|(name, _)| name.clone()).collect();
        if done.is_empty() {
            break;
        }
        graph.retain(|name, _| !done.contains(name));
        graph.values_mut().for_each(|of| of.retain(|name| !done.contains(name)));
    }
    assert!(graph.is_empty(), "in circles: {graph:?}");
}

/// `cargo fmt` does not follow the modules that the list of protocols declares.
#[test]
fn the_files_of_protocols_are_formatted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dissect/protocols");
    let mut files = Vec::new();
    sources(&folder, &mut files);
    let rustfmt = Command::new("rustfmt").args(["--check", "--edition", "2024"]).args(&files).output();
    let Ok(output) = rustfmt else {
        return println!("rustfmt is not installed (rustup component add rustfmt): nothing was compared");
    };
    let differences = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "run `rustfmt --edition 2024` on these files:\n{differences}");
}

#[test]
fn an_arrow_that_runs_backwards_would_be_found() {
    let names = imported("use crate::{frame::Frame, view};\nlet x = crate::lab::Lab;\n$crate::field::Field");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["frame", "lab", "view"]);
    assert!(names_protocol("use super::{dns, http::Session};", "http"));
    assert!(names_protocol("super::http::visit(ctx)", "http"));
    assert!(!names_protocol("use super::head::http_version;", "http"));
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
    assert_eq!(naming.into_iter().collect::<Vec<_>>(), ["capture/bpf/libpcap.rs", "capture/live.rs"]);
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("the manifest can be read");
    let page = fs::read_to_string(root.join(".github/CONTRIBUTING.md")).expect("the page can be read");
    let (_, table) = page.split_once("## Dependencies").expect("the page has the section");
    let first_cells = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let told: BTreeSet<&str> = first_cells.flat_map(|cell| cell.split(", ")).collect();
    let mut needed = BTreeSet::new();
    // The dependencies of all systems, of one system, and of the tests.
    for (at, _) in manifest.match_indices("dependencies]\n") {
        let lines = manifest[at..].lines().skip(1).take_while(|line| !line.starts_with('['));
        needed.extend(lines.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name));
    }
    assert!(needed.len() > 20, "{needed:?}");
    let silent: Vec<_> = needed.difference(&told).collect();
    assert!(silent.is_empty(), "CONTRIBUTING's table does not say what these are for: {silent:?}");
    let gone: Vec<_> = told.difference(&needed).filter(|name| !["crate", "---"].contains(name)).collect();
    assert!(gone.is_empty(), "CONTRIBUTING's table has these, and the manifest has not: {gone:?}");
}
