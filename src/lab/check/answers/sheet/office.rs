//! Word (`.docx`) and OpenDocument (`.odt`) files as lines.

use super::FormatError;
use super::plain::{Line, table};
use roxmltree::{Document, Node};
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use zip::ZipArchive;

/// The longest text of a document that is read, in bytes of XML.
const LONGEST: u64 = 16 << 20;

/// The lines of a document.
///
/// # Errors
/// If it is neither kind, is damaged, or holds more text than [`LONGEST`].
pub(super) fn lines(bytes: &[u8]) -> Result<Vec<Line>, FormatError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged("Word or OpenDocument", &e))?;
    if let Some(text) = part(&mut archive, "word/document.xml", "Word")? {
        let numbering = part(&mut archive, "word/numbering.xml", "Word")?;
        let document = parse(&text, "Word")?;
        let numbered = match &numbering {
            Some(text) => numbered_lists(&parse(text, "Word")?),
            None => Vec::new(),
        };
        return Ok(word(&document, &numbered));
    }
    if let Some(text) = part(&mut archive, "content.xml", "OpenDocument")? {
        return Ok(open_document(&parse(&text, "OpenDocument")?));
    }
    Err(FormatError::NoText)
}

fn damaged(kind: &'static str, why: &dyn std::fmt::Display) -> FormatError {
    FormatError::Document { kind, why: why.to_string() }
}

/// The text of a file in the archive; `None` if there is none of this name.
fn part(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    kind: &'static str,
) -> Result<Option<String>, FormatError> {
    let Ok(file) = archive.by_name(name) else { return Ok(None) };
    let mut text = String::new();
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(|e| damaged(kind, &e))?;
    if text.len() as u64 > LONGEST {
        return Err(damaged(kind, &"its text is longer than 16 MiB"));
    }
    Ok(Some(text))
}

fn parse<'a>(text: &'a str, kind: &'static str) -> Result<Document<'a>, FormatError> {
    Document::parse(text).map_err(|e| damaged(kind, &e))
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes().find(|a| a.name() == name).map(|a| a.value())
}

/// The elements with one of these names that are not inside another of them, in document order.
fn topmost<'a, 'i>(document: &'a Document<'i>, names: &[&str]) -> Vec<Node<'a, 'i>> {
    let named = |n: Node<'_, '_>| names.iter().any(|name| is(n, name));
    let topmost =
        |n: &Node<'a, 'i>| named(*n) && !n.ancestors().skip(1).any(|a| named(a) || is(a, "tracked-changes"));
    document.descendants().filter(topmost).collect()
}

/// The rows of a table, as lines; the first row holds headings if none of its cells has a digit.
fn rows(node: Node<'_, '_>, row: &str, cell: &str, text: impl Fn(Node<'_, '_>) -> String) -> Vec<Line> {
    let of_row = |r: Node<'_, '_>| {
        r.children()
            .filter(|c| is(*c, cell))
            .map(|c| text(c).split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    };
    let rows: Vec<Vec<String>> = node.descendants().filter(|n| is(*n, row)).map(of_row).collect();
    let headed = rows.len() > 1
        && rows.first().is_some_and(|r| r.iter().all(|c| !c.contains(|c: char| c.is_ascii_digit())));
    table(rows, headed)
}

/// A paragraph as one line or, where it holds line breaks, several.
fn paragraph(text: &str, level: Option<u8>, prefix: &str) -> Vec<Line> {
    let mut all = Vec::new();
    for (i, part) in text.split('\n').enumerate() {
        let text = if i == 0 { format!("{prefix}{}", part.trim()) } else { part.trim().to_string() };
        let indent = part.chars().take_while(|c| c.is_whitespace()).count();
        all.push(Line { text, level: level.filter(|_| i == 0), indent, ..Line::default() });
    }
    all
}

/// The identifiers, as paragraphs name them, of lists whose first level has numbers.
fn numbered_lists(numbering: &Document<'_>) -> Vec<String> {
    let decimal = |a: &Node<'_, '_>| {
        let first = a.children().find(|l| is(*l, "lvl") && attribute(*l, "ilvl") == Some("0"));
        let format = first.and_then(|l| l.children().find(|f| is(*f, "numFmt")));
        format.and_then(|f| attribute(f, "val")) == Some("decimal")
    };
    let kinds: Vec<&str> = numbering
        .descendants()
        .filter(|n| is(*n, "abstractNum"))
        .filter(decimal)
        .filter_map(|n| attribute(n, "abstractNumId"))
        .collect();
    let lists = numbering.descendants().filter(|n| is(*n, "num"));
    let of_kind = |n: &Node<'_, '_>| {
        let kind = n.children().find(|c| is(*c, "abstractNumId")).and_then(|c| attribute(c, "val"));
        kind.is_some_and(|k| kinds.contains(&k))
    };
    lists.filter(of_kind).filter_map(|n| attribute(n, "numId").map(String::from)).collect()
}

fn word(document: &Document<'_>, numbered: &[String]) -> Vec<Line> {
    let mut all = Vec::new();
    let mut counters: BTreeMap<String, u64> = BTreeMap::new();
    for node in topmost(document, &["p", "tbl"]) {
        if is(node, "tbl") {
            all.extend(rows(node, "tr", "tc", |cell| {
                let paragraphs = cell.descendants().filter(|n| is(*n, "p"));
                paragraphs.map(word_text).collect::<Vec<_>>().join(" ")
            }));
            continue;
        }
        let properties = node.children().find(|c| is(*c, "pPr"));
        let property =
            |name: &str| properties?.descendants().find(|n| is(*n, name)).and_then(|n| attribute(n, "val"));
        let level = property("pStyle").and_then(heading_level);
        let mut prefix = String::new();
        if let Some(list) = property("numId").filter(|l| numbered.iter().any(|n| n == l))
            && property("ilvl").is_none_or(|l| l == "0")
        {
            let counter = counters.entry(list.to_string()).or_default();
            *counter += 1;
            prefix = format!("{counter}. ");
        }
        all.extend(paragraph(&word_text(node), level, &prefix));
    }
    all
}

/// The level of a heading by the name of its style, such as `Heading2`, in several languages; `None` for other
/// styles.
fn heading_level(style: &str) -> Option<u8> {
    let lower = style.to_lowercase();
    let known =
        ["heading", "berschrift", "titre", "ttulo", "titulo", "title"].iter().any(|s| lower.contains(s));
    let digits: String = style.chars().filter(char::is_ascii_digit).collect();
    known.then(|| digits.parse().unwrap_or(1))
}

/// The text of a paragraph. A line begins where colour begins, since students write answers in colour behind the
/// question.
fn word_text(paragraph: Node<'_, '_>) -> String {
    let (mut text, mut plain, mut coloured) = (String::new(), false, false);
    for run in paragraph.descendants().filter(|n| is(*n, "r") && !n.ancestors().any(|a| is(a, "del"))) {
        let properties = || run.children().filter(|c| is(*c, "rPr")).flat_map(|p| p.children());
        let off = |n: Node<'_, '_>| matches!(attribute(n, "val"), Some("0" | "false" | "off"));
        if properties().any(|n| (is(n, "strike") || is(n, "dstrike")) && !off(n)) {
            continue;
        }
        let colour = properties().find(|c| is(*c, "color"));
        let colour = colour.and_then(|c| attribute(c, "val")).filter(|c| !matches!(*c, "auto" | "000000"));
        let mut own = String::new();
        for node in run.children() {
            match node.tag_name().name() {
                "t" => own.push_str(node.text().unwrap_or_default()),
                "tab" => own.push(' '),
                "br" | "cr" => own.push('\n'),
                "noBreakHyphen" => own.push('-'),
                _ => {}
            }
        }
        if !own.trim().is_empty() {
            if colour.is_some() && plain && !coloured {
                text.push('\n');
            }
            coloured |= colour.is_some();
            plain |= colour.is_none();
        }
        text.push_str(&own);
    }
    text
}

fn open_document(document: &Document<'_>) -> Vec<Line> {
    let mut all = Vec::new();
    let struck = struck_styles(document);
    for node in topmost(document, &["p", "h", "table"]) {
        if is(node, "table") {
            all.extend(rows(node, "table-row", "table-cell", |cell| open_text(cell, &struck)));
            continue;
        }
        let level =
            is(node, "h").then(|| attribute(node, "outline-level").and_then(|l| l.parse().ok()).unwrap_or(1));
        all.extend(paragraph(&open_text(node, &struck), level, ""));
    }
    all
}

/// The names of the styles that cross text out.
fn struck_styles<'a>(document: &'a Document<'_>) -> Vec<&'a str> {
    let line = |n: Node<'_, '_>| {
        let kind = attribute(n, "text-line-through-style").or(attribute(n, "text-line-through-type"));
        is(n, "text-properties") && kind.is_some_and(|k| k != "none")
    };
    let styles = document.descendants().filter(|n| is(*n, "style") && n.children().any(line));
    styles.filter_map(|n| attribute(n, "name")).collect()
}

fn open_text(node: Node<'_, '_>, struck: &[&str]) -> String {
    let mut text = String::new();
    for part in node.descendants() {
        if part.is_text() {
            // Deleted text is in the file's list of changes and not met here; notes and comments are, and are
            // skipped.
            let crossed =
                |a| is(a, "span") && attribute(a, "style-name").is_some_and(|s| struck.contains(&s));
            if !part.ancestors().any(|a| is(a, "note") || is(a, "annotation") || crossed(a)) {
                text.push_str(part.text().unwrap_or_default());
            }
        } else if is(part, "line-break") {
            text.push('\n');
        } else if is(part, "tab") || is(part, "s") || is(part, "p") {
            text.push(' ');
        }
    }
    text
}
