//! The columns of the packet list and the values of fields.

use super::report::Report;
use super::tools::{self, Passes};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The columns of the packet list: the category that they are reported in, and the name for `-e`.
const COLUMNS: [(&str, &str); 8] = [
    ("number", "frame.number"),
    ("time", "frame.time_relative"),
    ("time", "frame.time_epoch"),
    ("source", "_ws.col.Source"),
    ("destination", "_ws.col.Destination"),
    ("protocol", "_ws.col.Protocol"),
    ("length", "frame.len"),
    ("info", "_ws.col.Info"),
];

/// Compares columns and fields of every packet in `file`. Returns tshark's whole output, with the lines that `more`
/// asks for.
pub(crate) fn compare(
    file: &Path,
    passes: Passes,
    fields: &[String],
    more: &[String],
    report: &mut Report,
) -> Vec<String> {
    let names: Vec<&str> =
        COLUMNS.iter().map(|(_, name)| *name).chain(fields.iter().map(String::as_str)).collect();
    let wanted: Vec<String> = names.iter().flat_map(|name| ["-e".to_owned(), (*name).to_owned()]).collect();
    let with = |first: &[&str]| -> Vec<String> {
        first.iter().map(|s| (*s).to_owned()).chain(wanted.iter().cloned()).collect()
    };
    let printed = tools::tshark(file, passes, &[with(&["-T", "fields"]), more.to_vec()].concat());
    let ours = tools::labkit(file, passes, &with(&["--format", "fields"]));
    let theirs = without_blocks(tools::rows(&printed, names.len()));
    let ours = tools::rows(&ours, names.len());
    report.compare("count", "packets", 0, &ours.len().to_string(), &theirs.len().to_string());
    let numbers: BTreeSet<_> = theirs.keys().filter(|n| ours.contains_key(n)).collect();
    for number in numbers {
        for (i, name) in names.iter().enumerate() {
            let (a, b) = (ours[number][i], theirs[number][i]);
            match COLUMNS.get(i) {
                Some((category, _)) => report.compare(category, &cause(category, b), *number, a, b),
                None if a.is_empty() && b.is_empty() => {}
                None => report.compare("fields", name, *number, a, b),
            }
        }
    }
    printed
}

/// tshark lists custom blocks of a capture as packets; without them, its packets have labkit's numbers.
fn without_blocks(rows: BTreeMap<u64, Vec<&str>>) -> BTreeMap<u64, Vec<&str>> {
    let is_block = |cells: &Vec<&str>| cells.get(5) == Some(&"PCAPNG");
    if !rows.values().any(is_block) {
        return rows;
    }
    (1..).zip(rows.into_values().filter(|cells| !is_block(cells))).collect()
}

/// The cause under which a difference in a column is reported: for Protocol tshark's text, for Info its first word of
/// letters only.
fn cause(category: &str, theirs: &str) -> String {
    match category {
        "protocol" => theirs.to_owned(),
        "info" => theirs.split(' ').find(|w| w.chars().all(char::is_alphabetic)).unwrap_or("").to_owned(),
        _ => category.to_owned(),
    }
}
