//! Markdown and plain text as lines, without their markup.

use super::super::language::regex;
use regex::Regex;
use std::mem;
use std::sync::LazyLock;

/// Tags of HTML that only say how text looks: students colour their answers with them. The lab's end marker is none.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)</?(?:span|font|p|div|b|i|u|em|strong|small|mark|center|code|kbd|tt|sub|sup|h[1-6])(?:\s[^<>]*)?>",
    )
});

/// What a student crossed out and left standing, as Markdown and HTML write it.
static STRUCK: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?is)~~(?:[^~\n]|\n[^\n~])+~~|<s>.*?</s>|<del>.*?</del>|<strike>.*?</strike>"));

/// A line of a sheet, or a row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Its text without markup; empty for a row of a table.
    pub(super) text: String,
    /// The pieces of inline code in it.
    pub(super) code: Vec<String>,
    /// Its level if it is a heading.
    pub(super) level: Option<u8>,
    /// Whether it is quoted.
    pub(super) quote: bool,
    /// Whether it is in a block of code.
    pub(super) block: bool,
    /// Whether it is an item of a list without numbers.
    pub(super) bullet: bool,
    /// Its indentation, in columns.
    pub(super) indent: usize,
    /// The cells of a row, each with the heading of its column.
    pub(super) cells: Vec<(String, String)>,
}

impl Line {
    /// The text on it; in a row, each cell follows the heading of its column.
    pub(super) fn written(&self) -> String {
        if self.cells.is_empty() {
            return self.text.clone();
        }
        let named = |(heading, cell): &(String, String)| match (heading.as_str(), cell.as_str()) {
            (_, "") => None,
            ("", cell) => Some(cell.to_string()),
            (heading, cell) => Some(format!("{heading} {cell}")),
        };
        let all: Vec<String> = self.cells.iter().filter_map(named).collect();
        // The first cell without a heading names the row.
        match self.cells.first() {
            Some((heading, first)) if heading.is_empty() && !first.is_empty() && all.len() > 1 => {
                format!("{}: {}", first, all.get(1..).unwrap_or_default().join(", "))
            }
            _ => all.join(", "),
        }
    }
}

/// The lines of a text.
pub(super) fn of_text(text: &str) -> Vec<Line> {
    let text = without_comments(text);
    let text = STRUCK.replace_all(&text, "");
    let (mut all, mut fence, mut rows): (Vec<Line>, bool, Vec<Vec<String>>) = (Vec::new(), false, Vec::new());
    let mut ruled = false;
    for raw in text.lines().flat_map(|l| l.split("<br>")).flat_map(|l| l.split("<br/>")) {
        let trimmed = raw.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            fence = !fence;
            continue;
        }
        if !fence && trimmed.starts_with('|') {
            let cells: Vec<String> = trimmed.trim_matches('|').split('|').map(|c| plain(c).0).collect();
            let is_rule = trimmed.chars().all(|c| "|-: ".contains(c)) && trimmed.contains('-');
            if is_rule {
                ruled = rows.len() == 1;
            } else {
                rows.push(code_kept(trimmed).unwrap_or(cells));
            }
            continue;
        }
        all.extend(table(mem::take(&mut rows), mem::take(&mut ruled)));
        if !fence && !trimmed.is_empty() && trimmed.len() > 2 && trimmed.chars().all(|c| c == '=' || c == '-')
        {
            // An underlined heading.
            if let Some(last) = all.last_mut().filter(|l| !l.text.is_empty() && l.cells.is_empty()) {
                last.level.get_or_insert(if trimmed.starts_with('=') { 1 } else { 2 });
            }
            continue;
        }
        all.push(line(raw, fence));
    }
    all.extend(table(rows, ruled));
    all
}

/// The cells of a row whose inline code holds a `|`, which does not divide cells; `None` for other rows.
fn code_kept(row: &str) -> Option<Vec<String>> {
    if !row.contains('`') || !row.contains("||") {
        return None;
    }
    let (mut cells, mut code) = (vec![String::new()], false);
    for c in row.trim_matches('|').chars() {
        match c {
            '`' => code = !code,
            '|' if !code => cells.push(String::new()),
            c => cells.last_mut()?.push(c),
        }
    }
    Some(cells.into_iter().map(|c| c.trim().to_string()).collect())
}

/// The rows of a table as lines. In a `ruled` table, with a line below its first row, that row holds the headings.
pub(super) fn table(rows: Vec<Vec<String>>, ruled: bool) -> Vec<Line> {
    let mut rows = rows.into_iter();
    let heading = if ruled { rows.next().unwrap_or_default() } else { Vec::new() };
    let row = |cells: Vec<String>| {
        let named = |(i, cell): (usize, String)| (heading.get(i).cloned().unwrap_or_default(), cell);
        Line { cells: cells.into_iter().enumerate().map(named).collect(), ..Line::default() }
    };
    rows.map(row).collect()
}

fn line(raw: &str, fence: bool) -> Line {
    let indent = raw.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { 4 } else { 1 }).sum();
    if fence {
        return Line {
            text: raw.trim().into(),
            code: vec![raw.trim().into()],
            block: true,
            indent,
            ..Line::default()
        };
    }
    let mut rest = raw.trim();
    let quote = rest.starts_with('>');
    rest = rest.trim_start_matches(['>', ' ']);
    let hashes = rest.chars().take_while(|c| *c == '#').count();
    let behind = rest.get(hashes..).unwrap_or_default();
    let level = (1..=6).contains(&hashes)
        && (behind.is_empty() || behind.starts_with([' ', '\t', 'Q', 'q']))
        && !behind.starts_with("<<");
    if level {
        rest = behind.trim().trim_end_matches('#').trim_end();
    }
    let marks = ["- ", "* ", "+ ", "• ", "– ", "o ", "· ", ": "];
    let bullet = marks.iter().any(|b| rest.starts_with(b));
    if bullet {
        rest = rest.split_once(' ').map_or("", |(_, r)| r).trim_start();
    }
    // A check box at the beginning of an item is no part of the text.
    let ticked = ["[x] ", "[X] ", "[ ] ", "[] ", "☑ ", "☐ ", "✓ ", "✔ "];
    let rest = ticked.iter().find_map(|box_| rest.strip_prefix(box_)).unwrap_or(rest);
    let (text, code) = plain(rest);
    let level = level.then(|| u8::try_from(hashes).unwrap_or(6));
    Line { text, code, level, quote, bullet, indent, ..Line::default() }
}

/// A text without the markup of emphasis, links and code; and the pieces of inline code in it.
fn plain(text: &str) -> (String, Vec<String>) {
    let (mut out, mut code) = (String::new(), Vec::new());
    for (i, part) in text.split('`').enumerate() {
        let closed = i + 1 < text.split('`').count();
        if i % 2 == 1 && closed {
            code.push(part.to_string());
            out.push_str(part);
        } else {
            let part = TAG.replace_all(part, "");
            out.push_str(&without_links(&part).replace("**", "").replace("__", "").replace(['*', '\\'], ""));
        }
    }
    (out.trim().to_string(), code)
}

/// Links as their text; pictures are left out.
fn without_links(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, link)) = rest.split_once('[') {
        let Some((name, target)) = link.split_once("](") else { break };
        let Some((_, after)) = target.split_once(')') else { break };
        match before.strip_suffix('!') {
            Some(before) => out.push_str(before),
            None => out.push_str(&format!("{before}{name}")),
        }
        rest = after;
    }
    out + rest
}

/// The text without HTML comments, which may span lines. The lab's end marker is no comment.
fn without_comments(text: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    kept + rest
}
