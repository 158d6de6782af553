//! The packets that pass display filters.
//!
//! tshark takes all filters in one run: its statistics count and add up the numbers of the packets that pass each.
//! Only where count or sum differ is tshark asked which packets they are.

use super::report::Report;
use super::tools::{self, Passes};
use std::fmt::Write as _;
use std::path::Path;

/// The filters of `tests/filters.txt`, one a line; none before the file exists.
pub(crate) fn list() -> Vec<String> {
    if super::project().join("tests/filters.txt").exists() { super::list("filters.txt") } else { Vec::new() }
}

/// How many packets pass, and the sum of their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Passed {
    count: u64,
    sum: u64,
}

/// Compares which packets of `file` pass each filter.
pub(crate) fn compare(file: &Path, filters: &[String], report: &mut Report) {
    let theirs = if filters.is_empty() { Vec::new() } else { statistics(file, filters) };
    for (filter, passed) in filters.iter().zip(theirs) {
        let ours = ours(file, filter);
        let mine = Passed { count: ours.len() as u64, sum: ours.iter().sum() };
        if mine == passed {
            report.agree("filters", 1);
        } else {
            let args = ["-Y", filter, "-T", "fields", "-e", "frame.number"].map(str::to_owned);
            let theirs = numbers(&tools::tshark(file, Passes::One, &args));
            report.compare("filters", filter, 0, &format!("{ours:?}"), &format!("{theirs:?}"));
        }
    }
}

fn ours(file: &Path, filter: &str) -> Vec<u64> {
    let args = ["-Y", filter, "--format", "fields", "-e", "frame.number"].map(str::to_owned);
    numbers(&tools::labkit(file, Passes::One, &args))
}

fn numbers(lines: &[String]) -> Vec<u64> {
    lines.iter().filter_map(|line| line.parse().ok()).collect()
}

/// tshark's counts and sums, in the order of the filters.
fn statistics(file: &Path, filters: &[String]) -> Vec<Passed> {
    let mut args = vec!["-q".to_owned()];
    let mut columns = String::from("io,stat,0");
    for (i, filter) in filters.iter().enumerate() {
        // A macro carries the filter past the statistics' own commas.
        args.extend(["-o".to_owned(), format!("uat:dfilter_macros:\"f{i}\",\"{}\"", escaped(filter))]);
        for what in ["COUNT", "SUM"] {
            let _ = write!(columns, ",{what}(frame.number)frame.number && (${{f{i}}})");
        }
    }
    args.extend(["-z".to_owned(), columns]);
    let lines = tools::tshark(file, Passes::One, &args);
    let Some(row) = lines.iter().find(|line| line.contains(" <> ")) else {
        return vec![Passed::default(); filters.len()];
    };
    let cells: Vec<u64> = row.split('|').skip(2).filter_map(|cell| cell.trim().parse().ok()).collect();
    assert_eq!(cells.len(), 2 * filters.len(), "tshark refuses a filter: {lines:?}");
    cells.chunks(2).map(|pair| Passed { count: pair[0], sum: pair[1] }).collect()
}

/// For a preference: everything but letters, digits and blanks as `\x2e`.
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
