//! The packets that pass display filters.
//!
//! tshark takes all filters in the run that lists the packets: its statistics count the packets that pass each
//! filter, and add up their numbers. Only if count or sum differ, another run of tshark lists these packets. labkit's
//! side is the loop of `replay -Y` with the sink of `-e frame.number`, called here: 26,000 starts of the program
//! would take longer than the rest of the test.

use super::report::Report;
use super::tools::{self, Passes};
use labkit::capture::reader::FileReader;
use labkit::filter::Filter;
use labkit::packet::Packet;
use labkit::pump::{self, Gate, Looks, PumpError};
use labkit::view::fields::Fields;
use std::fmt::Write as _;
use std::path::Path;

/// The filters of `tests/filters.txt`, one in each line; none before the file exists.
pub(crate) fn list() -> Vec<String> {
    if super::project().join("tests/filters.txt").exists() { super::list("filters.txt") } else { Vec::new() }
}

/// How many packets pass, and the sum of their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Passed {
    count: u64,
    sum: u64,
}

/// Compares which packets of `file` pass each filter. `theirs` is tshark's output, of a run whose arguments include
/// [`arguments`].
pub(crate) fn compare(file: &Path, theirs: &[String], filters: &[String], report: &mut Report) {
    for (filter, passed) in filters.iter().zip(statistics(theirs, filters.len())) {
        let ours = ours(file, filter);
        let mine = Passed { count: ours.len() as u64, sum: ours.iter().sum() };
        if mine == passed {
            report.agree("filters", 1);
        } else {
            let args = ["-Y", filter, "-T", "fields", "-e", "frame.number"].map(str::to_owned);
            let theirs = numbers(tools::tshark(file, Passes::One, &args).iter().map(String::as_str));
            report.compare("filters", filter, 0, &format!("{ours:?}"), &format!("{theirs:?}"));
        }
    }
}

/// A gate of the display filter alone, which may decide before a packet's turn, as the gate of `-Y` may.
struct Display(Filter);

impl Gate for Display {
    fn looks(&self) -> Looks {
        Looks { at_frames: false, inside: true, early: self.0.judge() }
    }

    fn packet(&mut self, packet: &Packet<'_>) -> bool {
        self.0.matches(packet)
    }
}

/// The numbers of the packets that pass: none if the file is no capture, and only those before the damage if the file
/// is damaged, as with tshark.
fn ours(file: &Path, filter: &str) -> Vec<u64> {
    let Ok(mut source) = FileReader::open(file) else { return Vec::new() };
    let mut gate = Display(Filter::compile(filter).unwrap_or_else(|e| panic!("{filter}: {e}")));
    let mut rows = Vec::new();
    let mut sink = Fields::new(&mut rows, &["frame.number".to_owned()], false).expect("the field is known");
    match pump::run(&mut source, &mut gate, None, &mut sink) {
        Ok(()) | Err(PumpError::Capture(_)) => {}
        Err(error) => panic!("{}: {filter}: {error}", file.display()),
    }
    drop(sink);
    numbers(String::from_utf8(rows).expect("numbers").lines())
}

fn numbers<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<u64> {
    lines.into_iter().filter_map(|line| line.parse().ok()).collect()
}

/// Arguments that make tshark print the [`statistics`].
pub(crate) fn arguments(filters: &[String]) -> Vec<String> {
    let mut args = Vec::new();
    let mut columns = String::from("io,stat,0");
    for (i, filter) in filters.iter().enumerate() {
        // A macro carries the filter past the statistics' own commas.
        args.extend(["-o".to_owned(), format!("uat:dfilter_macros:\"f{i}\",\"{}\"", escaped(filter))]);
        for what in ["COUNT", "SUM"] {
            let _ = write!(columns, ",{what}(frame.number)frame.number && (${{f{i}}})");
        }
    }
    args.extend(["-z".to_owned(), columns]);
    args
}

/// tshark's counts and sums, in the order of the filters. Their row follows all packets.
fn statistics(lines: &[String], filters: usize) -> Vec<Passed> {
    let is_row = |line: &&String| line.starts_with('|') && line.contains(" <> ");
    let Some(row) = lines.iter().rev().find(is_row) else {
        return vec![Passed::default(); filters];
    };
    let cells: Vec<u64> = row.split('|').skip(2).filter_map(|cell| cell.trim().parse().ok()).collect();
    assert_eq!(cells.len(), 2 * filters, "tshark refuses a filter: {lines:?}");
    cells.chunks(2).map(|pair| Passed { count: pair[0], sum: pair[1] }).collect()
}

/// A filter as text in a preference: all but letters, digits and blanks as `\x2e`.
fn escaped(filter: &str) -> String {
    let mut text = String::new();
    for byte in filter.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b' ' {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}
