//! The exchanges on the page: ladders, the same in words for screen readers, and tables of packets.

use super::{Document, list};
use crate::frame::FrameNo;
use crate::lab::evidence::exchange::Exchange;
use crate::lab::show::both::{self, Both};
use crate::lab::show::report::words;
use crate::lab::show::report::{DRAWN, EXCHANGES};
use crate::lab::show::{flow, tables};
use crate::text::seconds;
use crate::view::flow::{Ladder, Row, plot, svg};
use html_escape::{encode_double_quoted_attribute, encode_text};
use std::io::{self, Write};

/// Writes the part of the page; nothing without an exchange, since the answers say so.
pub(super) fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = document.report;
    if report.exchanges.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section id=\"exchanges\" data-stops>\n<h2>{}</h2>", document.heading("exchanges"))?;
    let both = both::all(report);
    let is_drawn_elsewhere = |i: usize| both.iter().any(|b| i == b.left.max(b.right));
    let shown = || report.exchanges.iter().enumerate().filter(|(i, _)| !is_drawn_elsewhere(*i));
    for (n, (i, x)) in shown().take(DRAWN).enumerate() {
        // The first one is open; the title of each says how it ended.
        let open = if n == 0 { " open" } else { "" };
        let title = tables::title(x, report, document.capture_of(x));
        writeln!(
            out,
            "<article>\n<details class=\"exchange\"{open}><summary><h3>{}</h3></summary>",
            encode_text(&title)
        )?;
        exchange(document, x, &title, both.iter().find(|b| i == b.left.min(b.right)), out)?;
        writeln!(out, "</details>\n</article>")?;
    }
    further(document, shown().skip(DRAWN).map(|(_, x)| x).collect(), out)?;
    for remark in flow::remarks(report) {
        writeln!(out, "<p class=\"quiet\">{}</p>", encode_text(&remark))?;
    }
    writeln!(out, "</section>")
}

/// Writes a line for each connection that is not drawn, with a link to its first packet.
fn further(document: &Document<'_>, all: Vec<&Exchange>, out: &mut dyn Write) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<details class=\"further\">\n<summary>{}</summary>",
        document.words(&words::further(all.len()))
    )?;
    let line = |x: &&Exchange| {
        let title = tables::title(x, document.report, document.capture_of(x));
        let title = encode_text(&title).into_owned();
        let link = x.at(0).and_then(|s| document.link(x.capture, s.frame));
        link.map_or(title.clone(), |link| format!("<a href=\"{link}\">{title}</a>"))
    };
    list(out, all.iter().take(EXCHANGES).map(line))?;
    if let Some(more) = all.len().checked_sub(EXCHANGES).filter(|n| *n > 0) {
        writeln!(out, "<p>{}</p>", document.words(&words::not_shown(more)))?;
    }
    writeln!(out, "</details>")
}

fn exchange(
    document: &Document<'_>,
    x: &Exchange,
    title: &str,
    both: Option<&Both>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let report = document.report;
    let alone = flow::ladder(x, report);
    let captures: Vec<usize> = match both {
        Some(b) => [b.left, b.right].iter().filter_map(|i| Some(report.exchanges.get(*i)?.capture)).collect(),
        None => vec![x.capture],
    };
    let ladder = both.map_or(&alone, |b| &b.ladder);
    let link = |side: usize, frame: u64| document.link(*captures.get(side)?, FrameNo(frame));
    writeln!(out, "<figure class=\"ladder\">\n{}", document.region(words::LADDER, title))?;
    svg::part(ladder, &link, out)?;
    document.in_words(ladder, out)?;
    writeln!(out, "</div>\n<figcaption>")?;
    for note in ladder.notes.iter().chain(document.clock(x).iter()) {
        writeln!(out, "<p>{}</p>", document.linked(note, both.is_none().then_some(x.capture)))?;
    }
    writeln!(out, "</figcaption>\n</figure>")?;
    // With one segment for each side, a plot shows no more than the ladder.
    if x.message.len() > 1 || x.answer.len() > 1 {
        writeln!(out, "<figure class=\"plot\">{}", document.region(words::PLOT, title))?;
        plot::part(&flow::plot(x, report), out)?;
        writeln!(out, "</div></figure>")?;
    }
    table(document, x, title, out)?;
    let indices = both.map(|b| b.left.max(b.right));
    if let Some(other) = indices.and_then(|i| report.exchanges.get(i)) {
        let name = report.captures.get(other.capture).map_or("?", String::as_str);
        writeln!(out, "<p>{}</p>", document.words(&words::same_connection(name)))?;
        table(document, other, &tables::title(other, report, name), out)?;
    }
    Ok(())
}

fn table(document: &Document<'_>, x: &Exchange, title: &str, out: &mut dyn Write) -> io::Result<()> {
    let region = document.region(words::PACKET_BY_PACKET, title);
    writeln!(
        out,
        "<details class=\"evidence\"><summary>{}</summary>\n{region}<table>\n<thead><tr>",
        document.words(words::PACKET_BY_PACKET)
    )?;
    for heading in tables::headings(document.report) {
        write!(out, "<th scope=\"col\">{}</th>", encode_text(&heading))?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for cells in tables::rows(x, document.report) {
        row(document, x.capture, &cells, out)?;
    }
    writeln!(out, "</tbody></table></div></details>")
}

fn row(document: &Document<'_>, capture: usize, cells: &[String; 10], out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<tr>")?;
    for (column, cell) in cells.iter().enumerate() {
        let text = encode_text(cell);
        match column {
            1 => match cell.parse().ok().and_then(|frame| document.link(capture, FrameNo(frame))) {
                Some(link) => write!(out, "<td><a href=\"{link}\">{text}</a>")?,
                None => write!(out, "<td>{text}")?,
            },
            _ => write!(out, "<td>{text}")?,
        }
    }
    writeln!(out)
}

impl Document<'_> {
    /// Writes the ladder as a list for screen readers: sender, receiver and content of each packet.
    fn in_words(&self, ladder: &Ladder, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<ol class=\"unseen\">")?;
        let [left, right] = &ladder.ends;
        for row in &ladder.rows {
            let Row::Arrow(a) = row else {
                if let Row::LeftOut(what) = row {
                    writeln!(out, "<li>{}</li>", encode_text(what))?;
                }
                continue;
            };
            let (from, to) = if a.rightwards { (left, right) } else { (right, left) };
            let frame = if a.frame > 0 { a.frame } else { a.there.map_or(0, |there| there.frame) };
            let marks: String = a.marks.iter().map(|mark| format!(" ({})", mark.text)).collect();
            let lead = self.say(&words::arrow(&frame.to_string(), &from.name, &to.name));
            writeln!(out, "<li>{}</li>", encode_text(&format!("{lead} {}{marks}", a.sentence)))?;
        }
        writeln!(out, "</ol>")
    }

    /// The opening tag of a part that scrolls on a narrow screen, with a name for screen readers.
    fn region(&self, what: &str, title: &str) -> String {
        let name = format!("{}: {title}", self.say(what));
        let name = encode_double_quoted_attribute(&name);
        format!("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\">")
    }

    /// A sentence on where the list of packets counts its times from; `None` if the ladder counts from the same
    /// packet.
    fn clock(&self, x: &Exchange) -> Option<String> {
        let (first, _) = self.origins.get(x.capture)?.span?;
        let start = x.at(x.syn().unwrap_or(0))?.time?;
        let earlier = start.since(first);
        (earlier != 0).then(|| self.say(&words::clock(&seconds(earlier))))
    }
}
