//! The details tree and the bytes: `-V -x` of both programs, line by line.

use super::report::Report;
use super::tools::{self, Passes};
use std::path::Path;

/// One packet's page: its details, and the dumps of its bytes.
#[derive(Default)]
struct Page<'a> {
    frame: u64,
    details: Vec<&'a str>,
    bytes: Vec<&'a str>,
}

/// Splits the output of `-V -x` into packets. Each begins with the line of its frame.
fn pages(lines: &[String]) -> Vec<Page<'_>> {
    let mut pages: Vec<Page<'_>> = Vec::new();
    let mut in_bytes = false;
    for line in lines {
        if line.starts_with("Frame ") && line.contains(" on wire (") {
            let number = line.split([' ', ':']).nth(1).and_then(|n| n.parse().ok());
            pages.push(Page { frame: number.unwrap_or(0), ..Page::default() });
            in_bytes = false;
        }
        let Some(page) = pages.last_mut() else { continue };
        if line.is_empty() {
            in_bytes |= !page.details.is_empty();
        } else if in_bytes || is_dump(line) {
            page.bytes.push(line.trim_end());
        } else {
            page.details.push(line.trim_end());
        }
    }
    pages
}

/// Whether a line is a row of a dump: an offset in hexadecimal digits, two blanks, bytes.
fn is_dump(line: &str) -> bool {
    let Some((offset, rest)) = line.split_once("  ") else { return false };
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    (4..8).contains(&offset.len()) && hex(offset) && rest.get(..2).is_some_and(hex)
}

/// Compares details and bytes of every packet in `file`.
pub(crate) fn compare(file: &Path, passes: Passes, report: &mut Report) {
    let args = ["-V".to_owned(), "-x".to_owned()];
    let (theirs, ours) = (tools::tshark(file, passes, &args), tools::labkit(file, passes, &args));
    let theirs = pages(&theirs);
    for ours in pages(&ours) {
        let Some(theirs) = theirs.iter().find(|page| page.frame == ours.frame) else { continue };
        compare_lines("details", ours.frame, &ours.details, &theirs.details, report);
        compare_dumps(ours.frame, &ours.bytes, &theirs.bytes, report);
    }
}

/// Compares dumps row by row; rows with the same offset belong together.
fn compare_dumps(frame: u64, ours: &[&str], theirs: &[&str], report: &mut Report) {
    for i in 0..ours.len().max(theirs.len()) {
        let (ours, theirs) = (ours.get(i).unwrap_or(&""), theirs.get(i).unwrap_or(&""));
        let line = if theirs.is_empty() { ours } else { theirs };
        let cause = if is_dump(line) { "a row of bytes".to_owned() } else { label(line) };
        report.compare("bytes", &cause, frame, ours, theirs);
    }
}

/// Compares two lists of lines: what is not in their longest common subsequence is reported.
fn compare_lines(category: &'static str, frame: u64, ours: &[&str], theirs: &[&str], report: &mut Report) {
    let head = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    report.agree(category, head as u64);
    let (ours, theirs) = (&ours[head..], &theirs[head..]);
    // common[i][j]: length of the longest common subsequence of ours[i..] and theirs[j..].
    let mut common = vec![vec![0u32; theirs.len() + 1]; ours.len() + 1];
    for i in (0..ours.len()).rev() {
        for j in (0..theirs.len()).rev() {
            common[i][j] = if ours[i] == theirs[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let (mut extra, mut missing) = (Vec::new(), Vec::new());
    while i < ours.len() || j < theirs.len() {
        if i < ours.len() && j < theirs.len() && ours[i] == theirs[j] {
            pair(category, frame, &mut extra, &mut missing, report);
            report.agree(category, 1);
            (i, j) = (i + 1, j + 1);
        } else if j == theirs.len() || (i < ours.len() && common[i + 1][j] >= common[i][j + 1]) {
            extra.push(ours[i]);
            i += 1;
        } else {
            missing.push(theirs[j]);
            j += 1;
        }
    }
    pair(category, frame, &mut extra, &mut missing, report);
}

/// Reports the lines between two common ones, in pairs as far as both lists have some.
fn pair<'a>(
    category: &'static str,
    frame: u64,
    extra: &mut Vec<&'a str>,
    missing: &mut Vec<&'a str>,
    report: &mut Report,
) {
    for i in 0..extra.len().max(missing.len()) {
        let ours = extra.get(i).copied().unwrap_or("");
        let theirs = missing.get(i).copied().unwrap_or("");
        let line = if theirs.is_empty() { ours } else { theirs };
        report.compare(category, &label(line), frame, ours, theirs);
    }
    extra.clear();
    missing.clear();
}

/// A line without the parts that differ from packet to packet.
fn label(line: &str) -> String {
    let end = line.find(": ").unwrap_or(line.len());
    line[..end].trim_start().chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect()
}
