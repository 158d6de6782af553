//! The ladder as SVG: self-contained, without script, fonts or identifiers, so that several can stand in one page.

use super::xml::Escaped;
use super::{Arrow, Kind, Ladder, Row, fit, wrap};
use std::io::{self, Write};

/// Width of the picture, and with the columns of a second capture.
const WIDTH: u32 = 1000;
const WIDER: u32 = 1150;
/// Where the phases' names, frame numbers and times end.
const LEFT: [u32; 3] = [94, 164, 246];
/// Where those of a second capture end.
const RIGHT: [u32; 2] = [1052, 1138];
/// Where the two ends' lines stand.
const ENDS: [u32; 2] = [336, 896];
/// Columns of text between the two lines, and across the picture.
const COLUMNS: (usize, usize) = (68, 120);
/// Height of a line of text, and how far an arrow falls.
const LINE: u32 = 17;
const FALL: u32 = 10;
/// Empty space below a segment, and around a ladder.
const SPACE: u32 = 16;
const MARGIN: u32 = 24;

/// How ladders look: for a page that holds many of them.
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

/// Where a frame's number leads to: index of the capture among the ladder's, and number.
pub type Link<'l> = &'l dyn Fn(usize, u64) -> Option<String>;

/// Writes one ladder for a page that has [`STYLE`]: nothing that a screen reader reads, for the page says the same in
/// words, and no heading.
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

/// Writes ladders below each other as one SVG element, and remarks below them.
///
/// # Errors
/// When the output cannot be written.
pub fn write(ladders: &[Ladder], remarks: &[String], out: &mut dyn Write) -> io::Result<()> {
    // The height stands in front, so the pictures are laid out first; each is bounded.
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

/// Draws a ladder from `y` on; where it ends.
fn draw(ladder: &Ladder, mut y: u32, link: Link<'_>, out: &mut dyn Write) -> io::Result<u32> {
    y += SPACE;
    for (i, (end, x)) in ladder.ends.iter().zip(ENDS).enumerate() {
        anchored(out, (x, y), "end", "middle", &fit(&end.name, 20, "…"))?;
        // An address of IPv4 stands in the middle, a longer one has room between the lines.
        let (x, at) = match (end.address.len() > 21, i) {
            (false, _) => (x, "middle"),
            (true, 0) => (x - 80, "start"),
            (true, _) => (x + 80, "end"),
        };
        anchored(out, (x, y + LINE), "quiet", at, &fit(&end.address, 44, "…"))?;
    }
    for (x, heading) in LEFT.into_iter().zip(["Phase", "No.", "Time"]) {
        anchored(out, (x, y + LINE), "quiet", "end", heading)?;
    }
    if let Some(name) = &ladder.second {
        anchored(out, (RIGHT[1], y), "quiet", "end", &fit(name, 22, "…"))?;
        for (x, heading) in RIGHT.into_iter().zip(["No.", "Time"]) {
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

/// The bracket around a phase that ends at `y`.
fn phase(begun: Option<(&str, u32)>, y: u32, out: &mut dyn Write) -> io::Result<()> {
    let Some((name, top)) = begun else { return Ok(()) };
    let (top, end) = (top + 6, y - 6);
    writeln!(out, "<path d=\"M110 {top}H102V{end}H110\"/>")?;
    anchored(out, (LEFT[0], (top + end) / 2 + 4), "phase", "end", name)
}

/// The time with as many decimals as there is room for.
fn time(a: &Arrow) -> String {
    shortened(a.seconds())
}

fn shortened(mut text: String) -> String {
    text.truncate(text.find('.').map_or(10, |point| point.max(10)));
    text
}

/// Where a segment is drawn.
struct Place {
    /// Where its text begins.
    y: u32,
    /// Where the one above it leaves, if it waits for its other end.
    above: Option<u32>,
    /// The one below leaves before it arrives.
    is_crossed: bool,
}

/// Draws a segment; where the next one begins, and where this one leaves if the next one crosses it.
fn arrow(a: &Arrow, place: &Place, link: Link<'_>, out: &mut dyn Write) -> io::Result<(u32, Option<u32>)> {
    let direction = if a.rightwards { "rightwards" } else { "leftwards" };
    writeln!(out, "<g class=\"{direction}\"><title>{}</title>", Escaped(&a.sentence))?;
    let labels = wrap(&a.label, COLUMNS.0, "…");
    let y = place.y + labels.len() as u32 * LINE;
    // The number, the time and the call stand where the segment leaves or enters the line.
    let leaves = y + 7;
    let mut next = below(a, leaves + FALL);
    let (from, to) = match place.above {
        // It left where the one above it does, and crosses it.
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
    // Words stand upon the lines, also where two lines cross.
    shaft(a, (left, right), out)?;
    for (line, y) in labels.iter().zip((1..).map(|i| place.y + i * LINE)) {
        anchored(out, (middle(), y), "label", "middle", line)?;
    }
    under(a, leaves + FALL, out)?;
    writeln!(out, "</g>")?;
    next += SPACE / 2;
    Ok((next, place.is_crossed.then_some(leaves)))
}

/// The line of a segment from end to end, or from its sender to where it is lost.
fn shaft(a: &Arrow, (left, right): (u32, u32), out: &mut dyn Write) -> io::Result<()> {
    let dashed = if a.is(Kind::Again) { " dashed" } else { "" };
    let [mut x1, mut x2] = ENDS;
    let (mut left, mut right) = (left, right);
    if a.lost {
        // Two thirds of the way, and of the fall.
        let (way, fall) = ((x2 - x1) * 2 / 3, FALL * 2 / 3);
        (x1, x2) = if a.rightwards { (x1, x1 + way) } else { (x2 - way, x2) };
        (left, right) = if a.rightwards { (left, left + fall) } else { (right + fall, right) };
    }
    writeln!(out, "<line class=\"arrow{dashed}\" x1=\"{x1}\" y1=\"{left}\" x2=\"{x2}\" y2=\"{right}\"/>")?;
    let (tip, back, at) = if a.rightwards { (x2, x2 - 10, right) } else { (x1, x1 + 10, left) };
    if a.lost {
        return writeln!(out, "<path class=\"stop\" d=\"M{} {}l10 10m0 -10l-10 10\"/>", tip - 5, at - 5);
    }
    // A steep line meets the end at an angle, and so does its head.
    let slope = |over: u32| i64::from(over) * (i64::from(right) - i64::from(left)) / i64::from(x2 - x1);
    let base = if a.rightwards { i64::from(at) - slope(10) } else { i64::from(at) + slope(10) };
    writeln!(out, "<path class=\"head\" d=\"M{tip} {at}L{back} {}V{}z\"/>", base - 4, base + 5)
}

/// Number and time of a frame, with a link if there is one.
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

/// Where ends what stands below a segment's line.
fn below(a: &Arrow, y: u32) -> u32 {
    y + if a.payload.is_empty() { 0 } else { LINE - 4 } + a.marks.len() as u32 * (LINE - 2)
}

/// What stands below a segment's line: its payload, and what is unusual about it.
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
