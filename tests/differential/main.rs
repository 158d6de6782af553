//! labkit against tshark: every capture of `captures/`, and every one below the folder that `LABKIT_CORPUS` names.
//!
//! Packet count, time, addresses, protocol, length and Info, the values of the fields in `fields.txt`, the packets
//! that pass the filters in `../filters.txt`, details and bytes. `tshark -n`, one pass, is the reference. Agreement is
//! printed as N/M for each category, with every disagreement by its cause; those that are meant stand in `kept.txt`
//! with their reason. On `captures/` any other disagreement fails the test, and so does an entry of `kept.txt` that
//! no longer occurs. The corpus only reports: `LABKIT_CORPUS=dir cargo test --test differential -- --nocapture`.
//!
//! `LABKIT_SHOW=N` prints at most N disagreements of each cause (5 unless it says otherwise).

#[path = "../support/tools.rs"]
mod programs;

mod details;
mod filters;
mod kept;
mod packets;
mod report;
mod tools;

use kept::{Kept, Place};
use report::Report;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Captures that are compared at the same time.
const WORKERS: usize = 2;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lines of a list file without its comments.
fn list(name: &str) -> Vec<String> {
    let path = project().join("tests").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned).collect()
}

/// All captures below `folder`, in the order of their names.
fn captures(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            found.extend(captures(&path));
        } else if [".pcap", ".pcapng", ".cap", ".gz", ".trace"].iter().any(|end| name.ends_with(end)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Compares all captures below `folder`.
fn compare(folder: &Path) -> Report {
    let files = captures(folder);
    assert!(!files.is_empty(), "there are no captures in {}", folder.display());
    let fields = list("differential/fields.txt");
    let filters = filters::list();
    let next = AtomicUsize::new(0);
    let whole = Mutex::new(Report::default());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
                    let mut report = Report::of(name);
                    packets::compare(file, &fields, &mut report);
                    details::compare(file, &mut report);
                    filters::compare(file, &filters, &mut report);
                    whole.lock().unwrap_or_else(|e| e.into_inner()).add(report);
                }
            });
        }
    });
    whole.into_inner().unwrap_or_else(|e| e.into_inner())
}

#[test]
fn the_recordings_are_read_as_tshark_reads_them() {
    let mut kept = Kept::read(Place::Captures);
    let mut report = compare(&project().join("captures"));
    // A site with HTTP, TLS and DNS, which the lab's own captures have little of.
    report.add(compare(&project().join("tests/recordings")));
    let left = report.without(&mut kept);
    println!("{report}{left}");
    assert!(left.is_empty(), "{} disagreements with tshark are not in kept.txt\n{left}", left.len());
    let stale = kept.stale();
    assert!(stale.is_empty(), "these entries of kept.txt no longer occur:\n{}", stale.join("\n"));
}

#[test]
fn the_rows_of_other_protocols_are_those_of_tshark() {
    // Their columns and the fields in `rows.txt`; their details go less deep than tshark's.
    let folder = project().join("tests/rows");
    let (fields, filters) = (list("differential/rows.txt"), filters::list());
    let mut report = Report::default();
    for file in captures(&folder) {
        let mut of = Report::of(file.strip_prefix(&folder).unwrap_or(&file).display().to_string());
        packets::compare(&file, &fields, &mut of);
        filters::compare(&file, &filters, &mut of);
        report.add(of);
    }
    let left = report.without(&mut Kept::read(Place::Captures));
    println!("{report}{left}");
    assert!(left.is_empty(), "{} disagreements with tshark\n{left}", left.len());
}

#[test]
fn the_corpus_is_compared_where_one_is_named() {
    let Some(folder) = std::env::var_os("LABKIT_CORPUS") else { return };
    let mut kept = Kept::read(Place::Corpus);
    let report = compare(Path::new(&folder));
    let left = report.without(&mut kept);
    println!("{report}{left}");
}
