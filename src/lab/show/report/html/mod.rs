//! The write-up as one self-contained HTML page: it loads nothing from other addresses.

mod exchanges;
mod frames;
mod head;

use super::packets::{BEGINNING, Part};
use super::page::{BOOT, SCRIPT, STYLE};
use super::words;
use super::{Document, MOST};
use crate::filter;
use crate::lab::answer::Answer;
use crate::lab::evidence::exchange::Side;
use crate::lab::show::prose;
use crate::view::column::COLUMNS;
use crate::view::flow::{plot, svg};
use html_escape::{encode_double_quoted_attribute, encode_text};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The most pieces of evidence that are listed for one answer.
const EVIDENCE: usize = 48;

/// Content security policy: the page makes no request, even if a payload contains markup.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

pub(super) fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (title, full) = (encode_text(document.title), document.full_title());
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n<title>{}</title>\n<style>\n{STYLE}{}\n{}\n@page {{ @bottom-left {{ content: \"{}\"; font: 8pt sans-serif; }} }}\n</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#list\">{}</a>\n<header>\n<h1>{title}</h1>",
        document.words(words::LANGUAGE),
        encode_text(&full),
        svg::STYLE,
        plot::STYLE,
        style_text(&full),
        document.words(words::SKIP)
    )?;
    head::who(document, out)?;
    write!(out, "<nav data-stops=\"line\" aria-label=\"{}\">", document.attribute(words::PARTS_OF_THE_PAGE))?;
    // Without an exchange, one notice says so in place of these parts.
    let has_exchanges = !document.report.exchanges.is_empty();
    let is_there = |part: &str| has_exchanges || !["exchanges", "filters"].contains(&part);
    for (part, heading) in words::PARTS.iter().filter(|(part, _)| is_there(part)) {
        write!(out, "<a href=\"#{part}\">{}</a> ", document.words(heading))?;
    }
    writeln!(out, "</nav>")?;
    if has_exchanges {
        writeln!(out, "<p>{}</p>", document.words(document.report.roles.explanation()))?;
    }
    writeln!(out, "</header>\n<main>")?;
    head::glance(document, out)?;
    answers(document, out)?;
    exchanges::write(document, out)?;
    filters(document, out)?;
    captures(document, out)?;
    packets(document, out)?;
    writeln!(out, "</main>\n<p id=\"moving\" class=\"moving\" hidden>{}</p>", document.words(words::MOVING))?;
    script(out)
}

/// Writes the script, packed like the packets, and the few lines that unpack it.
fn script(out: &mut dyn Write) -> io::Result<()> {
    let mut whole = String::from(
        "\"use strict\";\n(() => {\nlet unpack;\ndocument.dispatchEvent(new CustomEvent(\"unpacked\", { detail: (from) => (unpack = from) }));\n",
    );
    for line in SCRIPT.iter().flat_map(|file| bare(file)) {
        whole.push_str(line);
        whole.push('\n');
    }
    whole.push_str("})();\n");
    let part = Part::of_bytes("script", whole.as_bytes())?;
    writeln!(out, "<script type=\"text/plain\" id=\"part-{}\">{}</script>", part.name, part.packed)?;
    let boot: Vec<&str> = bare(BOOT).collect();
    writeln!(out, "<script>\n\"use strict\";\n{}\n</script>\n</body>\n</html>", boot.join("\n"))
}

/// The lines of a file without comments and indentation; readers find these in the sources.
fn bare(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"))
}

fn answers(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section id=\"answers\" data-stops>\n<h2>{}</h2>", document.heading("answers"))?;
    for a in prose::answered(document.report) {
        answer(document, a, out)?;
    }
    for (questions, why) in prose::silence(document.report) {
        let (label, why) = (encode_text(&questions), encode_text(why));
        let Some(graded) = document.head.graded(&questions) else {
            writeln!(out, "<article class=\"answer\">\n<h3>{label}</h3>\n<p>{why}</p>\n</article>")?;
            continue;
        };
        head::open(document, &graded.id, document.head.question(&graded.id), out)?;
        writeln!(out, "<p>{why}</p>")?;
        head::handed_in(document, graded, out)?;
        head::close(out)?;
    }
    head::others(document, out)?;
    if !prose::notes(document.report).is_empty() {
        writeln!(out, "<h3>{}</h3>\n<ul>", document.words(words::NOTES))?;
        for note in prose::notes(document.report) {
            writeln!(out, "<li>{}</li>", document.linked(note, None))?;
        }
        writeln!(out, "</ul>")?;
    }
    writeln!(out, "</section>")
}

fn answer(document: &Document<'_>, a: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = a.answer.lines();
    head::open(document, &a.id, Some(&a.question), out)?;
    writeln!(out, "<p>{}</p>", document.linked(lines.next().unwrap_or(""), None))?;
    list(out, lines.map(|line| document.linked(line, None)))?;
    if let Some(graded) = document.head.graded(&a.id) {
        head::handed_in(document, graded, out)?;
    }
    writeln!(
        out,
        "<p class=\"confidence\">{}: {}</p>\n<details class=\"evidence\"><summary>{}</summary>\n<p>{}</p>",
        document.words(words::CONFIDENCE),
        encode_text(&a.sure),
        document.words(&words::the_rule(a.evidence.len())),
        encode_text(&a.rule)
    )?;
    list(
        out,
        a.evidence.iter().take(EVIDENCE).map(|e| {
            let place = document.place(e);
            let place = encode_text(&place);
            let place = match document.link(e.capture, e.frame) {
                Some(link) => format!("<a href=\"{link}\" data-field=\"{}\">{place}</a>", e.field),
                None => place.into_owned(),
            };
            format!("{place}: {}", encode_text(&e.why))
        }),
    )?;
    if let Some(more) = a.evidence.len().checked_sub(EVIDENCE).filter(|n| *n > 0) {
        writeln!(out, "<p>{}</p>", document.words(&words::more_evidence(more)))?;
    }
    writeln!(out, "</details>")?;
    head::close(out)
}

/// A text for a string in a style sheet: letters and digits stay, and all other characters are escaped.
fn style_text(text: &str) -> String {
    let escaped =
        |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\{:x} ", u32::from(c)) };
    text.chars().map(escaped).collect()
}

/// Writes a list of items that are HTML already; nothing without items.
fn list(out: &mut dyn Write, items: impl Iterator<Item = String>) -> io::Result<()> {
    let mut any = false;
    for item in items {
        writeln!(out, "{}<li>{item}</li>", if any { "" } else { "<ul>\n" })?;
        any = true;
    }
    if any { writeln!(out, "</ul>") } else { Ok(()) }
}

/// Writes the filters for the two hosts; nothing where no exchange names them.
fn filters(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some((display, capture)) = document.filters() else { return Ok(()) };
    writeln!(
        out,
        "<section id=\"filters\">\n<h2>{}</h2>\n<p>{}</p>\n<dl><dt>{}</dt><dd><code>{}</code></dd><dt>{}</dt><dd><code>{}</code></dd></dl>\n</section>",
        document.heading("filters"),
        document.words(words::FILTERS_SAY),
        document.words(words::DISPLAY_FILTER),
        encode_text(&display),
        document.words(words::CAPTURE_FILTER),
        encode_text(&capture)
    )
}

fn captures(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section id=\"captures\">\n<h2>{}</h2>", document.heading("captures"))?;
    for origin in document.origins {
        writeln!(out, "<h3>{}</h3>\n<dl>", encode_text(&origin.name))?;
        for (what, text) in origin.facts(&|text| document.say(text)) {
            writeln!(out, "<dt>{}</dt><dd>{}</dd>", encode_text(&what), encode_text(&text))?;
        }
        writeln!(out, "</dl>")?;
    }
    writeln!(out, "</section>")
}

fn packets(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let packets = &document.packets;
    writeln!(out, "<section id=\"packets\">\n<h2>{}</h2>", document.heading("packets"))?;
    if packets.left_out > 0 {
        writeln!(out, "<p>{}</p>", document.words(&words::left_out(packets.left_out, MOST)))?;
    }
    if packets.cut > 0 {
        writeln!(out, "<p>{}</p>", document.words(&words::cut(packets.cut, BEGINNING)))?;
    }
    writeln!(
        out,
        r#"<noscript><p>{}</p></noscript>
<p id="unable" hidden>{}</p>
<div class="filter"><label for="filter">{}</label> <input id="filter" type="search" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="tcp.port == {} {}" aria-describedby="count"> <output id="count" for="filter"></output></div>
<p id="wrong" role="alert"></p>
<div id="list" role="grid" tabindex="0" aria-label="{}" aria-readonly="true"><div class="head row" role="row"></div><div id="rows" role="rowgroup"></div></div>
<p id="paper"></p>
<dl id="summary" aria-label="{}"></dl>
<div class="panes"><div id="details" role="tree" tabindex="0" aria-label="{}"></div><div id="bytes" tabindex="0" role="group" aria-label="{}"></div></div>
<p id="byte-status" class="unseen" role="status"></p>
<p class="follow"><button id="follow" type="button" aria-expanded="false" aria-controls="stream" disabled></button></p>
<div id="stream" role="region" aria-label="{}" tabindex="0" hidden></div>
<p class="keys">{}</p>
</section>"#,
        document.words(words::NEEDS_SCRIPT),
        document.words(words::UNABLE),
        document.words(words::FILTER),
        document.port,
        document.attribute(words::OR_A_TEXT),
        document.attribute(words::LIST),
        document.attribute(words::COLUMNS_OF),
        document.attribute(words::DETAILS_OF),
        document.attribute(words::BYTES_OF),
        document.attribute(words::CONVERSATION_OF),
        document.words(words::KEYS),
    )?;
    writeln!(out, "<script type=\"application/json\" id=\"about\">{}</script>", data(&About::of(document))?)?;
    for part in &packets.parts {
        // The names are constants, and Base64 has no character that is special in HTML.
        writeln!(out, "<script type=\"text/plain\" id=\"part-{}\">{}</script>", part.name, part.packed)?;
    }
    Ok(())
}

impl Document<'_> {
    /// A text of the page's own, in the words of the lab; what stands in backticks is code.
    fn words(&self, text: &str) -> String {
        let said = self.say(text);
        let mut out = String::with_capacity(said.len());
        for (i, part) in said.split('`').enumerate() {
            let (begin, end) = if i % 2 == 1 { ("<code>", "</code>") } else { ("", "") };
            out.push_str(&format!("{begin}{}{end}", encode_text(part)));
        }
        out
    }

    /// A text of the page's own in the quotes of an attribute.
    fn attribute(&self, text: &str) -> String {
        encode_double_quoted_attribute(&self.say(text)).into_owned()
    }

    /// The heading of a part.
    fn heading(&self, part: &str) -> String {
        self.words(words::heading(part))
    }
}

/// The facts about the page that the script needs.
#[derive(serde::Serialize)]
struct About<'d> {
    captures: Vec<&'d str>,
    headings: Vec<String>,
    /// The index of the column for each field `_ws.col.…`.
    fields: BTreeMap<&'static str, usize>,
    /// Indices of the columns that hold addresses.
    addresses: Vec<usize>,
    /// The role of each machine, by its address.
    roles: BTreeMap<String, String>,
    /// What the script says.
    words: BTreeMap<&'static str, String>,
}

impl<'d> About<'d> {
    fn of(document: &Document<'d>) -> About<'d> {
        let is_address = |name: &str| ["source", "destination"].contains(&name);
        let ends = document.report.exchanges.iter().flat_map(|x| [x.end(Side::Client), x.end(Side::Server)]);
        let role = |ip| document.report.roles.of(ip).map(|role| (ip.to_string(), document.say(role.name())));
        About {
            captures: document.origins.iter().map(|o| o.name.as_str()).collect(),
            headings: COLUMNS.iter().map(|column| document.say(column.heading)).collect(),
            fields: filter::columns()
                .filter_map(|f| Some((f.name, COLUMNS.iter().position(|c| c.heading == f.label)?)))
                .collect(),
            addresses: (0..COLUMNS.len()).filter(|i| is_address(COLUMNS[*i].name)).collect(),
            roles: ends.filter_map(|end| role(end.ip)).collect(),
            words: words::SCRIPT.into_iter().map(|(name, text)| (name, document.say(text))).collect(),
        }
    }
}

/// JSON in which no value can end a script element or start a comment.
fn data(value: &impl serde::Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}
