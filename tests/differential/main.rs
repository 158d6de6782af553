//! labkit compared with tshark on every capture of `captures/`, and on every capture below the folder
//! `LABKIT_CORPUS`.
//!
//! Compared are packet count, time, addresses, protocol, length and Info, the values of the fields in `fields.txt`,
//! the packets that pass the filters in `../filters.txt`, details and bytes. `tshark -n` is the reference, in one
//! pass, and in two for `replay -2`. The test prints agreement as N/M for each category, and every disagreement by
//! its cause; `kept.txt` lists the intended ones with their reason. On `captures/` any other disagreement fails the
//! test, and so does an entry of `kept.txt` that no longer occurs. The corpus only reports: `LABKIT_CORPUS=dir cargo
//! test --test differential -- --nocapture`.
//!
//! `LABKIT_SHOW=N` prints at most N disagreements of each cause (5 without it).

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
use tools::Passes;

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

/// Compares all captures below `folder` in one pass: columns, fields, details, bytes and filters.
fn compare(folder: &Path) -> Report {
    let fields = list("differential/fields.txt");
    let filters = filters::list();
    each(folder, &|file, report| {
        rows(file, &fields, &filters, report);
        details::compare(file, Passes::One, report);
    })
}

/// Compares columns, fields and filters, with one run of tshark.
fn rows(file: &Path, fields: &[String], filters: &[String], report: &mut Report) {
    let printed = packets::compare(file, Passes::One, fields, &filters::arguments(filters), report);
    filters::compare(file, &printed, filters, report);
}

/// Compares all captures below `folder` as both programs show them in a second pass; with `details` also the details,
/// for protocols whose details go as deep as tshark's.
fn compare_twice(folder: &Path, fields: &[String], details: bool) -> Report {
    each(folder, &|file, report| {
        packets::compare(file, Passes::Two, fields, &[], report);
        if details {
            details::compare(file, Passes::Two, report);
        }
    })
}

/// The reports of `compare` on all captures below `folder`, added up.
fn each(folder: &Path, compare: &(dyn Fn(&Path, &mut Report) + Sync)) -> Report {
    let files = captures(folder);
    assert!(!files.is_empty(), "there are no captures in {}", folder.display());
    let next = AtomicUsize::new(0);
    let whole = Mutex::new(Report::default());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
                    let mut report = Report::of(name);
                    compare(file, &mut report);
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
    // Recordings of a site with HTTP, TLS and DNS, which are rare in the lab's own captures.
    report.add(compare(&project().join("tests/recordings")));
    let left = report.without(&mut kept);
    println!("{report}{left}");
    assert!(left.is_empty(), "{} disagreements with tshark are not in kept.txt\n{left}", left.len());
    let stale = kept.stale();
    assert!(stale.is_empty(), "these entries of kept.txt no longer occur:\n{}", stale.join("\n"));
}

#[test]
fn the_rows_of_other_protocols_are_those_of_tshark() {
    // Only columns, the fields in `rows.txt` and the filters in `row_filters.txt`: the details of these protocols go
    // less deep than tshark's.
    let folder = project().join("tests/rows");
    let (fields, filters) = (list("differential/rows.txt"), list("differential/row_filters.txt"));
    let report = each(&folder, &|file, report| rows(file, &fields, &filters, report));
    let left = report.without(&mut Kept::read(Place::Captures));
    println!("{report}{left}");
    assert!(left.is_empty(), "{} disagreements with tshark\n{left}", left.len());
}

#[test]
fn frames_that_are_cut_are_listed_as_tshark_lists_them() {
    let folder = tempfile::tempdir().expect("a folder");
    // Other recordings are left out: labkit reads a cut SSH message otherwise than tshark, and an HTTP body whose
    // head is in another packet.
    let names =
        ["capture1", "handshakes", "order", "segments", "exchanges", "errors", "services", "neighbours"];
    let whole =
        ["captures", "tests/recordings", "tests/rows"].map(|name| captures(&project().join(name))).concat();
    for file in
        whole.iter().filter(|file| names.iter().any(|name| file.file_stem().is_some_and(|s| s == *name)))
    {
        for length in ["96", "128"] {
            let cut =
                folder.path().join(format!("{length}-{}", file.file_name().unwrap_or_default().display()));
            let made = programs::tool("editcap").args(["-s", length]).arg(file).arg(&cut).status();
            assert!(made.expect("editcap starts").success(), "{}", file.display());
        }
    }
    let report = each(folder.path(), &|file, report| {
        packets::compare(file, Passes::One, &[], &[], report);
    });
    let left = report.without(&mut Kept::read(Place::Captures));
    println!("{report}{left}");
    assert!(left.is_empty(), "{} disagreements with tshark\n{left}", left.len());
}

#[test]
fn what_a_second_pass_knows_is_what_tshark_knows() {
    let later = list("differential/later.txt");
    let fields: Vec<String> = list("differential/fields.txt").into_iter().chain(later.clone()).collect();
    let mut report = compare_twice(&project().join("captures"), &fields, true);
    report.add(compare_twice(&project().join("tests/recordings"), &fields, true));
    let rows: Vec<String> = list("differential/rows.txt").into_iter().chain(later).collect();
    report.add(compare_twice(&project().join("tests/rows"), &rows, false));
    // Once a CONNECT has succeeded, tshark's second pass takes the whole conversation for a tunnel, also the refused
    // exchange before it: there it says "Unencrypted HTTP protocol detected over encrypted port", and forgets the
    // second exchange.
    report.pass_over("exchanges.pcap", 57..=60);
    // In a second pass tshark takes the whole conversation for HTTP, also cut packets before the first HTTP message.
    report.pass_over("cut.pcap", 1..=1000);
    let mut kept = Kept::read(Place::Twice);
    let left = report.without(&mut kept);
    println!("{report}{left}");
    assert!(left.is_empty(), "{} disagreements with tshark -2 are not in kept.txt\n{left}", left.len());
    let stale = kept.stale();
    assert!(stale.is_empty(), "these entries of kept.txt no longer occur:\n{}", stale.join("\n"));
}

#[test]
fn the_corpus_is_compared_where_one_is_named() {
    let Some(folder) = std::env::var_os("LABKIT_CORPUS") else { return };
    let mut kept = Kept::read(Place::Corpus);
    let report = compare(Path::new(&folder));
    let left = report.without(&mut kept);
    println!("{report}{left}");
    let fields: Vec<String> =
        ["fields", "later"].iter().flat_map(|name| list(&format!("differential/{name}.txt"))).collect();
    println!("in two passes:\n{}", compare_twice(Path::new(&folder), &fields, false));
}
