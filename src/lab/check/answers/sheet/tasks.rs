//! Finds the address lines and the filter, which come before the questions, with or without headings.

use super::plain::Line;
use super::{ADDRESSES, FILTER, Section};
use crate::filter::Filter;
use crate::lab::check::answers::language::regex;
use regex::Regex;
use std::sync::LazyLock;

/// A line that announces a filter with a colon or `=`, and the text behind that mark.
static ANNOUNCED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^.*?\b(?:task 2|(?:display |capture |wireshark |our |my |the )*filt(?:er|ro|re))\b[^:=?|`.]{0,60}?(?:was|is|ist|es|est|war)?\s*[:=?]\s*(.*)$",
    )
});
/// A line that announces a filter without a mark, and the filter.
static BESIDE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(?:display |capture )?filt(?:er|ro|re)\s+(?:(?:was|is|i used|we used|used|ist|war|lautet|es|fue|est)\s+)*((?:\(|!|not |tcp|ip\.|host |src |dst ).*)$",
    )
});
static HEADING: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b(?:anzeige|mitschnitt|display|capture)?filt(?:er|ro|re)s?\b|^task 2\b"));
/// Text that occurs in filters only: fields with an operator, and primitives of capture filters.
static FIELDS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:ip|ipv6|tcp|eth|udp|frame)\.[a-z_.]+\s*(?:[=!<>]|eq\b|ne\b|in\b|contains\b|&&|\|\||and\b|or\b|$)|\btcp contains\b|\b(?:src |dst )?host [0-9.]+ and\b|\btcp port [0-9]+",
    )
});

/// The beginning of a filter, or an operator in it.
static LIKE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?i)^["“„«`]?\s*(?:\(|!|not\b|tcp\b|ip\b|ipv6\b|host\b|src\b|dst\b|port\b|eth\b|frame\b|udp\b)|[=!<>]=|&&|\|\|"#,
    )
});

/// Whether a line announces the filter and holds it; such a line may come after the answers.
pub(super) fn is_filter_line(line: &Line) -> bool {
    let begins = HEADING.find(&line.text).is_some_and(|found| found.start() < 12);
    let rest = ANNOUNCED.captures(&line.text).and_then(|c| c.get(1)).map_or("", |m| m.as_str());
    begins && line.cells.is_empty() && LIKE.is_match(rest) && FIELDS.is_match(rest)
}

/// The sections of both tasks; a task without any text has none.
pub(super) fn sections(outside: &[&Line]) -> Vec<Section> {
    let mut found = Vec::new();
    let (filter, used) = filter(outside);
    let mut addresses = String::new();
    for (i, line) in outside.iter().enumerate() {
        let mut written = line.written();
        if used.contains(&i) || FIELDS.is_match(&written) {
            // The addresses may be on the filter's line, before it.
            let before = HEADING.find(&written).map_or(0, |found| found.start());
            written.truncate(before);
        }
        addresses.push_str(&written);
        addresses.push('\n');
    }
    if !addresses.trim().is_empty() {
        found.push(Section { id: ADDRESSES.into(), text: addresses.trim().into(), ..Section::default() });
    }
    if let Some(text) = filter {
        found.push(Section { id: FILTER.into(), text, ..Section::default() });
    }
    found
}

/// Whether a text calls a filter a capture filter, or names a program that takes only such filters.
pub(in super::super) fn names_capture_filter(text: &str) -> bool {
    const NAMES: [&str; 10] = [
        "capture filter",
        "using this filter",
        "capture-filter",
        "dumpcap",
        "tcpdump",
        "bpf",
        "mitschnittfilter",
        "aufzeichnungsfilter",
        "filtro de captura",
        "filtre de capture",
    ];
    let lower = text.to_lowercase();
    NAMES.iter().any(|name| lower.contains(name))
}

/// The filter, and the indices of its lines.
fn filter(lines: &[&Line]) -> (Option<String>, Vec<usize>) {
    let announced = lines.iter().position(|l| HEADING.is_match(&l.written()));
    if let Some(at) = announced {
        let (text, used) = announced_at(lines, at);
        // The words above a filter may say what kind it is.
        let last = used.first().copied().unwrap_or(at).max(at);
        let above = lines.get(at..=last).unwrap_or_default().iter().filter(|line| !line.block);
        let is_capture = above.map(|line| line.written()).any(|line| names_capture_filter(&line));
        if let Some(text) = text {
            let text = if is_capture { format!("capture filter: {text}") } else { text };
            return (Some(text), used);
        }
    }
    // No heading, or nothing below it: the first line that looks like a filter.
    let like = lines.iter().position(|l| l.cells.is_empty() && FIELDS.is_match(&l.text));
    let text = like.and_then(|at| lines.get(at)).map(|l| code_or(l, &l.text));
    (text, like.into_iter().collect())
}

/// The filter that a heading announces: on the same line, or on the next one that is not empty.
fn announced_at(lines: &[&Line], at: usize) -> (Option<String>, Vec<usize>) {
    let Some(line) = lines.get(at) else { return (None, Vec::new()) };
    if let Some((_, cell)) = line.cells.iter().skip(1).find(|(_, cell)| !cell.is_empty()) {
        return (Some(cell.clone()), vec![at]);
    }
    if let Some(code) = line.code.iter().find(|c| !c.trim().is_empty()) {
        return (Some(code.clone()), vec![at]);
    }
    for pattern in [&*ANNOUNCED, &*BESIDE] {
        let rest = pattern.captures(&line.text).and_then(|c| c.get(1)).map_or("", |m| m.as_str().trim());
        // "Filter (typed into the bar):" and "Filter (Task 2)" announce what stands below.
        let remark = rest.starts_with('(') && !FIELDS.is_match(rest) && Filter::compile(rest).is_err();
        if LIKE.is_match(rest) && !rest.ends_with(':') && !remark {
            return (Some(rest.into()), vec![at]);
        }
    }
    let block = |i: &usize| lines.get(*i).is_some_and(|l| l.block && !l.text.is_empty());
    let below: Vec<usize> = (at + 1..lines.len())
        .take_while(|i| lines.get(*i).is_some_and(|l| l.level.is_none() || HEADING.is_match(&l.text)))
        .filter(|i| lines.get(*i).is_some_and(|l| !l.written().is_empty()))
        .collect();
    let of = |i: usize| lines.get(i).map_or(String::new(), |l| code_or(l, &l.written()));
    let blocks: Vec<usize> = below.iter().copied().filter(block).collect();
    if !blocks.is_empty() {
        return (Some(blocks.iter().map(|i| of(*i)).collect::<Vec<_>>().join(" ")), blocks);
    }
    let wanted = |i: &&usize| {
        lines
            .get(**i)
            .is_some_and(|l| l.code.iter().any(|c| !c.trim().is_empty()) || FIELDS.is_match(&l.text))
    };
    let chosen = below.iter().find(wanted).or_else(|| below.first()).copied();
    (chosen.map(of), chosen.into_iter().collect())
}

/// The offset at which a filter begins in the text before its first field: at a quotation mark or behind a colon,
/// else behind the last word that is not of the filter language.
fn filter_begins(before: &str) -> usize {
    let quoted = before.rfind(['"', '“', '„']);
    if let Some(quoted) = quoted {
        return quoted;
    }
    let marked = before.rfind(':').map(|i| i + 1);
    let mut at = before.len();
    for word in before.split_inclusive(' ').rev() {
        let known = ["not", "and", "or", "&&", "||", "!", "tcp", "ip", ""];
        if !known.contains(&word.trim().trim_start_matches(['(', '!']).to_lowercase().as_str()) {
            break;
        }
        at -= word.len();
    }
    marked.unwrap_or(0).max(at)
}

/// The code of a line, or else a text.
fn code_or(line: &Line, text: &str) -> String {
    let code = line.code.iter().find(|c| !c.trim().is_empty());
    // A sentence may precede the filter, which begins near its first field.
    let bare = || match FIELDS.find(text) {
        Some(found) => {
            let before = text.get(..found.start()).unwrap_or_default();
            text.get(filter_begins(before)..).unwrap_or(text).to_string()
        }
        None => text.to_string(),
    };
    code.cloned().unwrap_or_else(bare).trim().to_string()
}
