//! The time-sequence plot of a conversation as SVG: bytes over time, a line a direction.

use super::xml::Escaped;
use crate::text::seconds;
use std::io::{self, Write};

/// What is plotted of one conversation.
#[derive(Clone, Debug)]
pub struct Plot {
    /// Stands above.
    pub title: String,
    /// The two directions.
    pub series: [Series; 2],
    /// Segments that are not among the points.
    pub left_out: usize,
}

/// What one end sent.
#[derive(Clone, Debug)]
pub struct Series {
    /// Such as `host`.
    pub name: String,
    /// Its segments, in the order of the capture.
    pub points: Vec<Point>,
}

/// A segment.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Nanoseconds since the conversation began.
    pub time: i64,
    /// Offset of its first byte in its direction.
    pub from: u64,
    /// Bytes that it carries.
    pub len: u32,
    /// It carries nothing new.
    pub again: bool,
}

impl Point {
    /// Offset after its last byte.
    fn to(self) -> u64 {
        self.from + u64::from(self.len)
    }
}

/// Width and height of the picture, and the field within it: left, top, right, bottom.
const SIZE: (u32, u32) = (520, 220);
const FIELD: (f64, f64, f64, f64) = (64.0, 40.0, 500.0, 180.0);

const STYLE: &str = "\
.labkit-plot{background:#fff;max-width:100%;height:auto;font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace}
.labkit-plot text{fill:#59636e}
.labkit-plot .paper{fill:#fff}
.labkit-plot .axis{stroke:#d1d9e0;fill:none}
.labkit-plot .a{stroke:#0969da;fill:none;stroke-width:1.5}
.labkit-plot .b{stroke:#1a7f37;fill:none;stroke-width:1.5;stroke-dasharray:5 3}
.labkit-plot .again{stroke:#cf222e;fill:none;stroke-width:1.5}
@media (prefers-color-scheme:dark){
.labkit-plot{background:#0d1117}
.labkit-plot text{fill:#9198a1}
.labkit-plot .paper{fill:#0d1117}
.labkit-plot .axis{stroke:#3d444d}
.labkit-plot .a{stroke:#58a6ff}
.labkit-plot .b{stroke:#3fb950}
.labkit-plot .again{stroke:#ff7b72}
}";

/// Writes a plot as one SVG element.
///
/// # Errors
/// When the output cannot be written.
pub fn write(plot: &Plot, out: &mut dyn Write) -> io::Result<()> {
    let (width, height) = SIZE;
    let scale = Scale::new(plot);
    let [a, b] = &plot.series;
    let label = format!("{}: {} sent {} bytes, {} {}", plot.title, a.name, most(a), b.name, most(b));
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"labkit-plot\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">",
        Escaped(&label)
    )?;
    writeln!(out, "<style>\n{STYLE}\n</style>")?;
    writeln!(out, "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>")?;
    axes(plot, &scale, out)?;
    for (series, class) in plot.series.iter().zip(["a", "b"]) {
        line(series, class, &scale, out)?;
    }
    writeln!(out, "</svg>")
}

/// Bytes that a series reaches. What follows a FIN has an offset one higher, and is no byte.
fn most(series: &Series) -> u64 {
    series.points.iter().filter(|p| p.len > 0).map(|p| p.to()).max().unwrap_or(0)
}

/// From nanoseconds and bytes to places in the picture.
struct Scale {
    first: i64,
    span: i64,
    bytes: u64,
}

impl Scale {
    fn new(plot: &Plot) -> Scale {
        let times = || plot.series.iter().flat_map(|s| s.points.iter().map(|p| p.time));
        let first = times().min().unwrap_or(0);
        let span = times().max().unwrap_or(0).saturating_sub(first).max(1);
        Scale { first, span, bytes: plot.series.iter().map(most).max().unwrap_or(0) }
    }

    fn x(&self, time: i64) -> f64 {
        FIELD.0 + (FIELD.2 - FIELD.0) * time.saturating_sub(self.first) as f64 / self.span as f64
    }

    fn y(&self, bytes: u64) -> f64 {
        FIELD.3 - (FIELD.3 - FIELD.1) * bytes.min(self.bytes) as f64 / self.bytes.max(1) as f64
    }
}

fn axes(plot: &Plot, scale: &Scale, out: &mut dyn Write) -> io::Result<()> {
    let (left, top, right, bottom) = FIELD;
    writeln!(out, "<path class=\"axis\" d=\"M{left} {top}V{bottom}H{right}\"/>")?;
    let [a, b] = &plot.series;
    let (title, below) = (Escaped(&plot.title), bottom + 18.0);
    writeln!(out, "<text x=\"{left}\" y=\"16\">{title}</text>")?;
    // The legend: a piece of each line with its name.
    let mut x = left;
    for (series, class) in [(a, "a"), (b, "b")] {
        let name = format!("{} {} B", series.name, most(series));
        writeln!(out, "<path class=\"{class}\" d=\"M{x} 28h24\"/>")?;
        writeln!(out, "<text x=\"{}\" y=\"32\">{}</text>", x + 30.0, Escaped(&name))?;
        x += 170.0;
    }
    if plot.series.iter().any(|s| s.points.iter().any(|p| p.again)) {
        writeln!(out, "<path class=\"again\" d=\"M{} 24l8 8m-8 0l8 -8\"/>", x + 4.0)?;
        writeln!(out, "<text x=\"{}\" y=\"32\">sent again</text>", x + 20.0)?;
    }
    let marks = [(scale.bytes, top + 4.0), (0, bottom + 4.0)];
    for (bytes, y) in marks.into_iter().filter(|(bytes, y)| *bytes > 0 || *y > bottom) {
        writeln!(out, "<text x=\"{}\" y=\"{y}\" text-anchor=\"end\">{bytes} B</text>", left - 6.0)?;
    }
    for (time, at, anchor) in [(scale.first, left, "start"), (scale.first + scale.span, right, "end")] {
        let text = seconds(time);
        writeln!(out, "<text x=\"{at}\" y=\"{below}\" text-anchor=\"{anchor}\">{text} s</text>")?;
    }
    if plot.left_out > 0 {
        let (x, y) = ((left + right) / 2.0, bottom + 34.0);
        let what = format!("{} segments are not drawn", plot.left_out);
        writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{what}</text>")?;
    }
    Ok(())
}

/// A staircase: it rises where bytes were sent; a cross where they were sent again.
fn line(series: &Series, class: &str, scale: &Scale, out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = series.points.first() else { return Ok(()) };
    write!(out, "<path class=\"{class}\" d=\"M{:.1} {:.1}", scale.x(first.time), scale.y(first.from))?;
    for p in series.points.iter().filter(|p| !p.again) {
        write!(out, "H{:.1}", scale.x(p.time))?;
        if p.len > 0 {
            write!(out, "V{:.1}", scale.y(p.to()))?;
        }
    }
    writeln!(out, "H{:.1}\"/>", FIELD.2)?;
    for p in series.points.iter().filter(|p| p.again) {
        let (x, y) = (scale.x(p.time) - 4.0, scale.y(p.to()) - 4.0);
        writeln!(out, "<path class=\"again\" d=\"M{x:.1} {y:.1}l8 8m-8 0l8 -8\"/>")?;
    }
    Ok(())
}
