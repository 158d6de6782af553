//! The write-up as one HTML page: everything that it needs stands in it, and it asks for nothing from elsewhere.

mod head;

use super::page::{SCRIPT, STYLE};
use super::{Document, EXCHANGES, MOST};
use crate::filter;
use crate::frame::FrameNo;
use crate::lab::answer::Answer;
use crate::lab::evidence::exchange::Side;
use crate::lab::show::{flow, prose, tables};
use crate::view::column::COLUMNS;
use html_escape::{encode_double_quoted_attribute, encode_text};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Pieces of evidence that are listed for one answer.
const EVIDENCE: usize = 48;

/// No address but the page's own is ever asked, whatever stands in a payload.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

pub(super) fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (title, full) = (encode_text(document.title), document.full_title());
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n<title>{}</title>\n<style>\n{STYLE}@page {{ @bottom-left {{ content: \"{}\"; font-size: 8pt; }} }}\n</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>",
        encode_text(&full),
        style_text(&full)
    )?;
    head::who(document, out)?;
    writeln!(
        out,
        "<nav aria-label=\"Parts\"><a href=\"#glance\">At a glance</a> <a href=\"#answers\">Answers</a> <a href=\"#exchanges\">Exchanges</a> <a href=\"#filters\">Filters</a> <a href=\"#captures\">Captures</a> <a href=\"#packets\">Packets</a></nav>\n<p>{}</p>\n</header>\n<main>",
        encode_text(document.report.roles.explanation())
    )?;
    head::glance(document, out)?;
    answers(document, out)?;
    exchanges(document, out)?;
    filters(document, out)?;
    captures(document, out)?;
    packets(document, out)?;
    writeln!(out, "</main>\n<script>\n\"use strict\";\n(() => {{")?;
    for file in SCRIPT {
        // Whoever wants to read it has the sources: a page of a small capture is half script.
        for line in file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out, "}})();\n</script>\n</body>\n</html>")
}

fn answers(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section id=\"answers\">\n<h2>Answers</h2>")?;
    for a in prose::told(document.report) {
        answer(document, a, out)?;
    }
    for (questions, why) in prose::silence(document.report) {
        writeln!(
            out,
            "<article class=\"answer\">\n<h3>{}</h3>\n<p>{}</p>\n</article>",
            encode_text(&questions),
            encode_text(why)
        )?;
    }
    head::others(document, out)?;
    if !prose::notes(document.report).is_empty() {
        writeln!(out, "<h3>Notes</h3>\n<ul>")?;
        for note in prose::notes(document.report) {
            writeln!(out, "<li>{}</li>", encode_text(note))?;
        }
        writeln!(out, "</ul>")?;
    }
    writeln!(out, "</section>")
}

fn answer(document: &Document<'_>, a: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = a.answer.lines();
    writeln!(
        out,
        "<article class=\"answer\" id=\"answer-{}\">\n<h3>{}</h3>\n<p class=\"question\">{}</p>\n<p>{}</p>",
        head::anchor(&a.id),
        encode_text(&a.id),
        encode_text(&a.question),
        encode_text(lines.next().unwrap_or(""))
    )?;
    list(out, lines.map(|line| encode_text(line).into_owned()))?;
    if let Some(graded) = document.head.graded(&a.id) {
        head::handed_in(document, graded, out)?;
    }
    let packets = match a.evidence.len() {
        0 => String::new(),
        1 => ", and the packet that proves it".into(),
        n => format!(", and the {n} packets that prove it"),
    };
    writeln!(
        out,
        "<p class=\"confidence\">Confidence: {}</p>\n<details class=\"evidence\"><summary>The rule{packets}</summary>\n<p>{}</p>",
        encode_text(&a.sure),
        encode_text(&a.rule)
    )?;
    list(
        out,
        a.evidence.iter().take(EVIDENCE).map(|e| {
            let place = document.place(e);
            let place = encode_text(&place);
            let place = match document.link(e.capture, e.frame) {
                Some(link) => format!("<a href=\"{link}\" data-field=\"{}\">{place}</a>", proving(&e.why)),
                None => place.into_owned(),
            };
            format!("{place}: {}", encode_text(&e.why))
        }),
    )?;
    if let Some(more) = a.evidence.len().checked_sub(EVIDENCE).filter(|n| *n > 0) {
        writeln!(out, "<p>… and {more} more; <code>labkit answer --format json</code> has all.</p>")?;
    }
    writeln!(out, "</details>\n</article>")
}

/// The field that shows what is said of a packet: the page opens and marks it.
fn proving(why: &str) -> &'static str {
    const SIGNS: [(&str, &str); 12] = [
        ("MSS", "tcp.options.mss_val"),
        ("window", "tcp.window_size"),
        ("the message", "tcp.payload"),
        ("#<<", "tcp.payload"),
        ("payload", "tcp.payload"),
        ("bytes", "tcp.payload"),
        ("RST", "tcp.flags"),
        ("FIN", "tcp.flags"),
        ("SYN", "tcp.flags"),
        ("ACK", "tcp.flags"),
        ("server name", "tls.handshake.extensions_server_name"),
        ("asks for the address", "dns.qry.name"),
    ];
    SIGNS.iter().find(|(sign, _)| why.contains(sign)).map_or("", |(_, field)| field)
}

/// A text as it stands in quotes in a style sheet: letters and digits, and all else as escapes.
fn style_text(text: &str) -> String {
    let escaped =
        |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\{:x} ", u32::from(c)) };
    text.chars().map(escaped).collect()
}

/// A list of items that are HTML already; nothing for none.
fn list(out: &mut dyn Write, items: impl Iterator<Item = String>) -> io::Result<()> {
    let mut any = false;
    for item in items {
        writeln!(out, "{}<li>{item}</li>", if any { "" } else { "<ul>\n" })?;
        any = true;
    }
    if any { writeln!(out, "</ul>") } else { Ok(()) }
}

fn exchanges(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = document.report;
    writeln!(out, "<section id=\"exchanges\">\n<h2>Exchanges</h2>")?;
    if report.exchanges.is_empty() {
        writeln!(out, "<p>No TCP traffic of port {}.</p>", document.port)?;
    }
    for x in document.exchanges() {
        let title = tables::title(x, &report.roles, document.capture_of(x));
        writeln!(out, "<article>\n<h3>{}</h3>\n<figure class=\"ladder\">", encode_text(&title))?;
        flow::ladder_svg(x, &report.roles, out)?;
        // A plot of one segment a side shows nothing that the ladder does not.
        if x.message.len() > 1 || x.answer.len() > 1 {
            writeln!(out, "</figure>\n<figure class=\"plot\">")?;
            flow::plot_svg(x, &report.roles, out)?;
        }
        writeln!(
            out,
            "</figure>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Packet by packet: {}\"><table>\n<thead><tr>",
            encode_double_quoted_attribute(&title)
        )?;
        for heading in tables::HEADINGS {
            write!(out, "<th scope=\"col\">{heading}</th>")?;
        }
        writeln!(out, "</tr></thead>\n<tbody>")?;
        for cells in tables::rows(x, &report.roles) {
            row(document, x.capture, &cells, out)?;
        }
        writeln!(out, "</tbody></table></div>")?;
        list(out, tables::remarks(x, &report.roles).iter().map(|reason| encode_text(reason).into_owned()))?;
        writeln!(out, "</article>")?;
    }
    if let Some(more) = report.exchanges.len().checked_sub(EXCHANGES).filter(|n| *n > 0) {
        writeln!(out, "<p>{more} more connections are not shown here.</p>")?;
    }
    for remark in flow::remarks(report).iter().filter(|_| !report.exchanges.is_empty()) {
        writeln!(out, "<p>{}</p>", encode_text(remark))?;
    }
    writeln!(out, "</section>")
}

fn row(document: &Document<'_>, capture: usize, cells: &[String; 10], out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<tr>")?;
    for (column, cell) in cells.iter().enumerate() {
        let text = encode_text(cell);
        match column {
            1 => match cell.parse().ok().and_then(|frame| document.link(capture, FrameNo(frame))) {
                Some(link) => write!(out, "<td class=\"number\"><a href=\"{link}\">{text}</a></td>")?,
                None => write!(out, "<td class=\"number\">{text}</td>")?,
            },
            2 | 5..=7 => write!(out, "<td class=\"number\">{text}</td>")?,
            8 => write!(out, "<td class=\"payload\">{text}</td>")?,
            _ => write!(out, "<td>{text}</td>")?,
        }
    }
    writeln!(out, "</tr>")
}

fn filters(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section id=\"filters\">\n<h2>Filters</h2>")?;
    match document.filters() {
        Some((display, capture)) => writeln!(
            out,
            "<p>They let through the packets between the two hosts and nothing else.</p>\n<dl><dt>Display filter (Wireshark, labkit -Y)</dt><dd><code>{}</code></dd><dt>Capture filter (tcpdump, labkit sniff)</dt><dd><code>{}</code></dd></dl>",
            encode_text(&display),
            encode_text(&capture)
        )?,
        None => writeln!(out, "<p>No two hosts are known, so there is no filter for their packets.</p>")?,
    }
    writeln!(out, "</section>")
}

fn captures(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section id=\"captures\">\n<h2>Captures</h2>")?;
    for origin in document.origins {
        writeln!(out, "<h3>{}</h3>\n<dl>", encode_text(&origin.name))?;
        for (what, text) in origin.facts() {
            writeln!(out, "<dt>{what}</dt><dd>{}</dd>", encode_text(&text))?;
        }
        writeln!(out, "</dl>")?;
    }
    writeln!(out, "</section>")
}

fn packets(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let packets = &document.packets;
    writeln!(out, "<section id=\"packets\">\n<h2>Packets</h2>")?;
    if packets.left_out > 0 {
        writeln!(
            out,
            "<p>{} packets are not in this list: a page holds {MOST}. Those that are evidence come first, then those of the lab's conversations, then the others from the start.</p>",
            packets.left_out
        )?;
    }
    writeln!(
        out,
        r#"<noscript><p>The list needs JavaScript; answers and exchanges above do not.</p></noscript>
<div class="filter"><label for="filter">Filter</label> <input id="filter" type="search" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="tcp.port == {} or a text" aria-describedby="count"> <output id="count" for="filter"></output></div>
<p id="wrong" role="alert"></p>
<div id="list" role="grid" tabindex="0" aria-label="Packets" aria-readonly="true"><div class="head row" role="row"></div><div id="rows" role="rowgroup"></div></div>
<p id="paper"></p>
<dl id="summary" aria-label="Columns of the chosen packet"></dl>
<div class="panes"><div id="details" role="tree" tabindex="0" aria-label="Details of the packet"></div><div id="bytes" tabindex="0" role="group" aria-label="Bytes of the packet"></div></div>
<p class="keys">The box takes the display filters of Wireshark and of <code>labkit replay -Y</code>; anything else is looked for in columns and payload, and so is what stands in double quotes. Keys: arrows and Page up and down move in the list and in the details; left and right close and open a branch there, and move from byte to byte in the bytes.</p>
</section>"#,
        document.port
    )?;
    writeln!(out, "<script type=\"application/json\" id=\"about\">{}</script>", data(&About::of(document))?)?;
    for part in &packets.parts {
        // The names are our own and Base64 has no character that HTML knows.
        writeln!(out, "<script type=\"text/plain\" id=\"part-{}\">{}</script>", part.name, part.packed)?;
    }
    Ok(())
}

/// What the script is told about the page.
#[derive(serde::Serialize)]
struct About<'d> {
    captures: Vec<&'d str>,
    headings: Vec<&'static str>,
    /// Which column each field `_ws.col.…` stands for.
    fields: BTreeMap<&'static str, usize>,
    /// Which columns hold addresses.
    addresses: Vec<usize>,
    /// The role of each machine, by its address.
    roles: BTreeMap<String, &'static str>,
}

impl<'d> About<'d> {
    fn of(document: &Document<'d>) -> About<'d> {
        let is_address = |name: &str| ["source", "destination"].contains(&name);
        let ends = document.report.exchanges.iter().flat_map(|x| [x.end(Side::Client), x.end(Side::Server)]);
        let role = |ip| document.report.roles.of(ip).map(|role| (ip.to_string(), role.name()));
        About {
            captures: document.origins.iter().map(|o| o.name.as_str()).collect(),
            headings: COLUMNS.iter().map(|column| column.heading).collect(),
            fields: filter::columns()
                .filter_map(|f| Some((f.name, COLUMNS.iter().position(|c| c.heading == f.label)?)))
                .collect(),
            addresses: (0..COLUMNS.len()).filter(|i| is_address(COLUMNS[*i].name)).collect(),
            roles: ends.filter_map(|end| role(end.ip)).collect(),
        }
    }
}

/// JSON that ends no script element and starts no comment, whatever stands in it.
fn data(value: &impl serde::Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}
