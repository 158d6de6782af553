//! The ladder as SVG: self-contained, without script, fonts or identifiers, so that several can stand in one page.

use super::xml::Escaped;
use super::{Arrow, Kind, Ladder, Row, fit, wrap};
use std::io::{self, Write};

/// Width of the picture.
const WIDTH: u32 = 1000;
/// Where the phases' names, frame numbers and times end.
const LEFT: [u32; 3] = [94, 164, 246];
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

const STYLE: &str = "\
.labkit-flow{background:#fff;color:#1f2328;max-width:100%;height:auto;font:13px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace}
.labkit-flow text{fill:#1f2328;white-space:pre}
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
@media (prefers-color-scheme:dark){
.labkit-flow{background:#0d1117;color:#e6edf3}
.labkit-flow text{fill:#e6edf3}
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
}";

/// Writes ladders below each other as one SVG element, and remarks below them.
///
/// # Errors
/// When the output cannot be written.
pub fn write(ladders: &[Ladder], remarks: &[String], out: &mut dyn Write) -> io::Result<()> {
    // The height stands in front, so the pictures are laid out first; each is bounded.
    let mut body = Vec::new();
    let mut y = MARGIN;
    for ladder in ladders {
        y = draw(ladder, y, &mut body)? + MARGIN;
    }
    for line in remarks.iter().flat_map(|r| wrap(r, COLUMNS.1, "…")) {
        words(&mut body, (MARGIN, y), "quiet", &line)?;
        y += LINE;
    }
    let height = y + MARGIN / 2;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"labkit-flow\" role=\"group\" aria-label=\"Ladder diagram\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\">"
    )?;
    writeln!(out, "<style>\n{STYLE}\n</style>")?;
    writeln!(out, "<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>")?;
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
fn draw(ladder: &Ladder, mut y: u32, out: &mut dyn Write) -> io::Result<u32> {
    for line in wrap(&ladder.title, COLUMNS.1, "…") {
        words(out, (MARGIN, y), "title", &line)?;
        y += LINE;
    }
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
    y += LINE + 8;
    let top = y;
    let mut begun: Option<(&str, u32)> = None;
    for row in &ladder.rows {
        match row {
            Row::Phase(name) => {
                phase(begun, y, out)?;
                y += if begun.is_some() { SPACE / 2 } else { 0 };
                begun = Some((name, y));
            }
            Row::Arrow(a) => y = arrow(a, y, out)?,
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
    y += MARGIN;
    for line in ladder.notes.iter().flat_map(|n| wrap(n, COLUMNS.1, "…")) {
        words(out, (MARGIN, y), "quiet", &line)?;
        y += LINE;
    }
    Ok(y)
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
    let mut text = a.seconds();
    text.truncate(text.find('.').map_or(10, |point| point.max(10)));
    text
}

/// Draws a segment whose text begins at `y`; where the next one begins.
fn arrow(a: &Arrow, mut y: u32, out: &mut dyn Write) -> io::Result<u32> {
    let direction = if a.rightwards { "rightwards" } else { "leftwards" };
    writeln!(out, "<g class=\"{direction}\"><title>{}</title>", Escaped(&a.sentence))?;
    for line in wrap(&a.label, COLUMNS.0, "…") {
        y += LINE;
        anchored(out, (middle(), y), "label", "middle", &line)?;
    }
    // The number, the time and the call stand where the segment leaves or enters the line.
    let leaves = y + 7;
    let (left, right) = if a.rightwards { (leaves, leaves + FALL) } else { (leaves + FALL, leaves) };
    anchored(out, (LEFT[1], leaves + 4), "number", "end", &a.frame.to_string())?;
    anchored(out, (LEFT[2], leaves + 4), "quiet", "end", &time(a))?;
    let [at_left, at_right] = &a.calls;
    for (i, call) in (0..).zip(at_left) {
        anchored(out, (ENDS[0] - 8, left + 4 + i * LINE), "call", "end", call)?;
    }
    for (i, call) in (0..).zip(at_right) {
        anchored(out, (ENDS[1] + 8, right + 4 + i * LINE), "call", "start", call)?;
    }
    let dashed = if a.is(Kind::Again) { " dashed" } else { "" };
    let [x1, x2] = ENDS;
    writeln!(out, "<line class=\"arrow{dashed}\" x1=\"{x1}\" y1=\"{left}\" x2=\"{x2}\" y2=\"{right}\"/>")?;
    let (tip, back, at) = if a.rightwards { (x2, x2 - 10, right) } else { (x1, x1 + 10, left) };
    writeln!(out, "<path class=\"head\" d=\"M{tip} {at}L{back} {}V{}z\"/>", at - 5, at + 4)?;
    y = leaves + FALL;
    if !a.payload.is_empty() {
        y += LINE - 4;
        anchored(out, (middle(), y), "payload", "middle", &fit(&a.payload, COLUMNS.0, "…"))?;
    }
    for mark in &a.marks {
        let class = match mark.kind {
            Kind::Again => "again",
            Kind::Lost => "lost",
            Kind::Offloaded => "offloaded",
        };
        y += LINE - 2;
        anchored(out, (middle(), y), class, "middle", &fit(&mark.text, COLUMNS.0, "…"))?;
    }
    writeln!(out, "</g>")?;
    Ok(y + SPACE / 2)
}
