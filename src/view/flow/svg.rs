//! The ladder as SVG: self-contained, without script, fonts or identifiers, so that one page can include several.

use super::xml::Escaped;
use super::{Arrow, Kind, Ladder, Row, fit, wrap};
use std::io::{self, Write};

/// Width of the picture: with one capture, and with the columns of a second one.
const WIDTH: u32 = 1000;
const WIDER: u32 = 1150;
/// Right edges of the columns for phases, frame numbers and times.
const LEFT: [u32; 3] = [94, 164, 246];
/// Right edges of the columns for numbers and times of a second capture.
const RIGHT: [u32; 2] = [1052, 1138];
/// The x coordinates of the lines of both ends.
const ENDS: [u32; 2] = [336, 896];
/// How many characters fit between the two lines, and across the picture.
const COLUMNS: (usize, usize) = (68, 120);
/// Height of a line of text, and by how much an arrow falls.
const LINE: u32 = 17;
const FALL: u32 = 10;
/// Space below a segment, and around a ladder.
const SPACE: u32 = 16;
const MARGIN: u32 = 24;

/// The style sheet for a page with several ladders.
pub const STYLE: &str = "\
.labkit-flow{background:#fff;color:#1f2328;max-width:100%;height:auto;font:13px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace}
.labkit-flow text{fill:#1f2328;white-space:pre;paint-order:stroke;stroke:#fff;stroke-width:3px}
.labkit-flow .paper{fill:#fff}
.labkit-flow .title,.labkit-flow .end{font-weight:bold}
.labkit-flow .quiet{fill:#59636e}
.labkit-flow .call{fill:#8250df}
.labkit-flow .payload{fill:#116329}
.labkit-flow .lost{fill:#cf222e}
.labkit-flow .again,.labkit-flow .offloaded{fill:#9a6700}
.labkit-flow line,.labkit-flow path{stroke:#59636e;fill:none}
.labkit-flow .arrow{stroke:#0969da;stroke-width:1.5}
.labkit-flow .head{fill:#0969da;stroke:none}
.labkit-flow .leftwards .arrow{stroke:#1a7f37}
.labkit-flow .leftwards .head{fill:#1a7f37}
.labkit-flow .dashed{stroke-dasharray:6 4}
.labkit-flow .stop{stroke:#cf222e;stroke-width:2}
.labkit-flow a text{fill:#0550ae;text-decoration:underline}
@media (prefers-color-scheme:dark){
.labkit-flow{background:#0d1117;color:#e6edf3}
.labkit-flow text{fill:#e6edf3;stroke:#0d1117}
.labkit-flow .paper{fill:#0d1117}
.labkit-flow .quiet{fill:#9198a1}
.labkit-flow .call{fill:#d2a8ff}
.labkit-flow .payload{fill:#7ee787}
.labkit-flow .lost{fill:#ff7b72}
.labkit-flow .again,.labkit-flow .offloaded{fill:#e3b341}
.labkit-flow line,.labkit-flow path{stroke:#9198a1}
.labkit-flow .arrow{stroke:#58a6ff}
.labkit-flow .head{fill:#58a6ff;stroke:none}
.labkit-flow .leftwards .arrow{stroke:#3fb950}
.labkit-flow .leftwards .head{fill:#3fb950}
.labkit-flow .stop{stroke:#ff7b72}
.labkit-flow a text{fill:#79c0ff}
}";

/// The link of a frame number: from the index of the capture and the number to an address; `None` for no link.
pub type Link<'l> = &'l dyn Fn(usize, u64) -> Option<String>;

/// Writes one ladder for a page that includes [`STYLE`], without a heading. It is hidden from screen readers, because
/// the page says the same in words.
///
/// # Errors
/// When the output cannot be written.
pub fn part(ladder: &Ladder, link: Link<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut body = Vec::new();
    let y = draw(ladder, 0, link, &mut body)?;
    let (width, height) = (width(ladder), y);
    writeln!(
        out,
        "<svg class=\"labkit-flow\" aria-hidden=\"true\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">"
    )?;
    out.write_all(&body)?;
    writeln!(out, "</svg>")
}

fn width(ladder: &Ladder) -> u32 {
    if ladder.second.is_some() { WIDER } else { WIDTH }
}

/// Writes ladders one below the other as one SVG element, and the remarks below them.
///
/// # Errors
/// When the output cannot be written.
pub fn write(ladders: &[Ladder], remarks: &[String], out: &mut dyn Write) -> io::Result<()> {
    // The height comes first in the file, so the ladders are drawn to memory before; each has a limited size.
    let mut body = Vec::new();
    let mut y = MARGIN;
    let width = ladders.iter().map(width).max().unwrap_or(WIDTH);
    for ladder in ladders {
        for line in wrap(&ladder.title, COLUMNS.1, "…") {
            words(&mut body, (MARGIN, y), "title", &line)?;
            y += LINE;
        }
        y = draw(ladder, y, &|_, _| None, &mut body)? + MARGIN;
        for line in ladder.notes.iter().flat_map(|n| wrap(n, COLUMNS.1, "…")) {
            words(&mut body, (MARGIN, y), "quiet", &line)?;
            y += LINE;
        }
        y += if ladder.notes.is_empty() { 0 } else { MARGIN };
    }
    for line in remarks.iter().flat_map(|r| wrap(r, COLUMNS.1, "…")) {
        words(&mut body, (MARGIN, y), "quiet", &line)?;
        y += LINE;
    }
    let height = y + MARGIN / 2;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"labkit-flow\" role=\"group\" aria-label=\"Ladder diagram\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">"
    )?;
    writeln!(out, "<style>\n{STYLE}\n</style>")?;
    writeln!(out, "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>")?;
    out.write_all(&body)?;
    writeln!(out, "</svg>")
}

fn words(out: &mut dyn Write, (x, y): (u32, u32), class: &str, text: &str) -> io::Result<()> {
    writeln!(out, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{}</text>", Escaped(text))
}

fn anchored(out: &mut dyn Write, (x, y): (u32, u32), class: &str, at: &str, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let text = Escaped(text);
    writeln!(out, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\" text-anchor=\"{at}\">{text}</text>")
}

/// Draws a ladder from `y` on, and returns the y coordinate of its end.
fn draw(ladder: &Ladder, mut y: u32, link: Link<'_>, out: &mut dyn Write) -> io::Result<u32> {
    y += SPACE;
    for (i, (end, x)) in ladder.ends.iter().zip(ENDS).enumerate() {
        anchored(out, (x, y), "end", "middle", &fit(&end.name, 20, "…"))?;
        // An IPv4 address is centred on its line; a longer address takes the room between the lines.
        let (x, at) = match (end.address.len() > 21, i) {
            (false, _) => (x, "middle"),
            (true, 0) => (x - 80, "start"),
            (true, _) => (x + 80, "end"),
        };
        anchored(out, (x, y + LINE), "quiet", at, &fit(&end.address, 44, "…"))?;
    }
    for (x, heading) in LEFT.into_iter().zip(&ladder.words.headings) {
        anchored(out, (x, y + LINE), "quiet", "end", heading)?;
    }
    if let Some(name) = &ladder.second {
        anchored(out, (RIGHT[1], y), "quiet", "end", &fit(name, 22, "…"))?;
        for (x, heading) in RIGHT.into_iter().zip(ladder.words.headings.iter().skip(1)) {
            anchored(out, (x, y + LINE), "quiet", "end", heading)?;
        }
    }
    y += LINE + 8;
    let top = y;
    let mut begun: Option<(&str, u32)> = None;
    let mut above: Option<u32> = None;
    for (i, row) in ladder.rows.iter().enumerate() {
        match row {
            Row::Phase(name) => {
                phase(begun, y, out)?;
                y += if begun.is_some() { SPACE / 2 } else { 0 };
                begun = Some((name, y));
            }
            Row::Arrow(a) => {
                let below = ladder
                    .rows
                    .iter()
                    .skip(i + 1)
                    .find_map(|r| if let Row::Arrow(next) = r { Some(next) } else { None });
                let place = Place { y, above, is_crossed: below.is_some_and(|next| next.crosses) };
                (y, above) = arrow(a, &place, link, out)?;
            }
            Row::LeftOut(what) => {
                y += LINE + SPACE / 2;
                anchored(out, (middle(), y), "quiet", "middle", &format!("⋮ {what} ⋮"))?;
                y += SPACE;
            }
        }
    }
    phase(begun, y, out)?;
    for x in ENDS {
        writeln!(out, "<line x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{y}\"/>")?;
    }
    Ok(y + MARGIN)
}

const fn middle() -> u32 {
    (ENDS[0] + ENDS[1]) / 2
}

/// Draws the bracket around a phase that ends at `y`, if one has begun.
fn phase(begun: Option<(&str, u32)>, y: u32, out: &mut dyn Write) -> io::Result<()> {
    let Some((name, top)) = begun else { return Ok(()) };
    let (top, end) = (top + 6, y - 6);
    writeln!(out, "<path d=\"M110 {top}H102V{end}H110\"/>")?;
    anchored(out, (LEFT[0], (top + end) / 2 + 4), "phase", "end", name)
}

/// The time, with as many decimals as there is room for.
fn time(a: &Arrow) -> String {
    shortened(a.seconds())
}

fn shortened(mut text: String) -> String {
    text.truncate(text.find('.').map_or(10, |point| point.max(10)));
    text
}

/// The place of a segment in the picture.
struct Place {
    /// The y coordinate at which its text begins.
    y: u32,
    /// Where the segment above it leaves, if that one waits to be drawn as crossed.
    above: Option<u32>,
    /// Whether the segment below it leaves before it arrives.
    is_crossed: bool,
}

/// Draws a segment. Returns where the next one begins and, if the next one crosses it, where this one leaves.
fn arrow(a: &Arrow, place: &Place, link: Link<'_>, out: &mut dyn Write) -> io::Result<(u32, Option<u32>)> {
    let direction = if a.rightwards { "rightwards" } else { "leftwards" };
    writeln!(out, "<g class=\"{direction}\"><title>{}</title>", Escaped(&a.sentence))?;
    let labels = wrap(&a.label, COLUMNS.0, "…");
    let y = place.y + labels.len() as u32 * LINE;
    // Number, time and calls are placed where the segment leaves or enters the line.
    let leaves = y + 7;
    let mut next = below(a, leaves + FALL);
    let (from, to) = match place.above {
        // It leaves where the segment above it leaves, and crosses that.
        Some(above) if a.crosses => (above, leaves + FALL),
        _ if place.is_crossed => (leaves, next + LINE + 7 + FALL),
        _ => (leaves, leaves + FALL),
    };
    let (left, right) = if a.rightwards { (from, to) } else { (to, from) };
    if a.frame > 0 {
        let at = if a.crosses { leaves } else { left.min(leaves) };
        numbered(out, [LEFT[1], LEFT[2]], at + 4, (a.frame, &time(a)), link(0, a.frame))?;
    }
    if let (Some(there), Some((_, seen))) = (a.there, a.seen_there()) {
        let at = if a.rightwards { right } else { leaves };
        numbered(out, RIGHT, at + 4, (there.frame, &shortened(seen)), link(1, there.frame))?;
    }
    let [at_left, at_right] = &a.calls;
    for (i, call) in (0..).zip(at_left) {
        anchored(out, (ENDS[0] - 8, left + 4 + i * LINE), "call", "end", call)?;
    }
    for (i, call) in (0..).zip(at_right) {
        anchored(out, (ENDS[1] + 8, right + 4 + i * LINE), "call", "start", call)?;
    }
    // The text comes after the lines, so that it stays readable where two lines cross.
    shaft(a, (left, right), out)?;
    for (line, y) in labels.iter().zip((1..).map(|i| place.y + i * LINE)) {
        anchored(out, (middle(), y), "label", "middle", line)?;
    }
    under(a, leaves + FALL, out)?;
    writeln!(out, "</g>")?;
    next += SPACE / 2;
    Ok((next, place.is_crossed.then_some(leaves)))
}

/// Draws the line of a segment from end to end, or from its sender to where it is lost.
fn shaft(a: &Arrow, (left, right): (u32, u32), out: &mut dyn Write) -> io::Result<()> {
    let dashed = if a.is(Kind::Again) { " dashed" } else { "" };
    let [mut x1, mut x2] = ENDS;
    let (mut left, mut right) = (left, right);
    if a.lost {
        // A lost segment goes two thirds of the way, and falls two thirds as far.
        let (way, fall) = ((x2 - x1) * 2 / 3, FALL * 2 / 3);
        (x1, x2) = if a.rightwards { (x1, x1 + way) } else { (x2 - way, x2) };
        (left, right) = if a.rightwards { (left, left + fall) } else { (right + fall, right) };
    }
    writeln!(out, "<line class=\"arrow{dashed}\" x1=\"{x1}\" y1=\"{left}\" x2=\"{x2}\" y2=\"{right}\"/>")?;
    let (tip, back, at) = if a.rightwards { (x2, x2 - 10, right) } else { (x1, x1 + 10, left) };
    if a.lost {
        return writeln!(out, "<path class=\"stop\" d=\"M{} {}l10 10m0 -10l-10 10\"/>", tip - 5, at - 5);
    }
    // The head of a steep arrow is turned to its angle.
    let slope = |over: u32| i64::from(over) * (i64::from(right) - i64::from(left)) / i64::from(x2 - x1);
    let base = if a.rightwards { i64::from(at) - slope(10) } else { i64::from(at) + slope(10) };
    writeln!(out, "<path class=\"head\" d=\"M{tip} {at}L{back} {}V{}z\"/>", base - 4, base + 5)
}

/// Writes number and time of a frame; the number has the link, if there is one.
fn numbered(
    out: &mut dyn Write,
    [number, time]: [u32; 2],
    y: u32,
    (frame, when): (u64, &str),
    link: Option<String>,
) -> io::Result<()> {
    if let Some(link) = &link {
        writeln!(out, "<a href=\"{}\" tabindex=\"-1\">", Escaped(link))?;
    }
    anchored(out, (number, y), "number", "end", &frame.to_string())?;
    if link.is_some() {
        writeln!(out, "</a>")?;
    }
    anchored(out, (time, y), "quiet", "end", when)
}

/// The y coordinate at which the lines below a segment end.
fn below(a: &Arrow, y: u32) -> u32 {
    y + if a.payload.is_empty() { 0 } else { LINE - 4 } + a.marks.len() as u32 * (LINE - 2)
}

/// Writes the lines below a segment: its payload, and its remarks.
fn under(a: &Arrow, mut y: u32, out: &mut dyn Write) -> io::Result<()> {
    if !a.payload.is_empty() {
        y += LINE - 4;
        anchored(out, (middle(), y), "payload", "middle", &fit(&a.payload, COLUMNS.0, "…"))?;
    }
    for mark in &a.marks {
        let class = match mark.kind {
            Kind::Again => "again",
            Kind::Lost => "lost",
            Kind::Offloaded => "offloaded",
            Kind::Crossing => "quiet",
        };
        y += LINE - 2;
        anchored(out, (middle(), y), class, "middle", &fit(&mark.text, COLUMNS.0, "…"))?;
    }
    Ok(())
}
