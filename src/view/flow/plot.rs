//! The time-sequence plot of a conversation as SVG: bytes over time, with a line for each direction.

use super::xml::Escaped;
use std::io::{self, Write};

/// The plot of one conversation.
#[derive(Clone, Debug)]
pub struct Plot {
    /// The title above the plot.
    pub title: String,
    /// The two directions.
    pub series: [Series; 2],
    /// How many segments are not among the points.
    pub left_out: usize,
    /// What is written around all that.
    pub words: Words,
}

/// What the drawing of a plot says by itself; `{1}`, `{2}` … stand for what varies.
#[derive(Clone, Debug)]
pub struct Words {
    /// For who does not see it: both ends, each with its bytes.
    pub sent: String,
    /// The cross: sent again.
    pub again: String,
    /// The axis of bytes.
    pub bytes: String,
    /// The axis of time, in a unit.
    pub since: String,
    /// Segments that are not drawn.
    pub left_out: String,
}

impl Words {
    /// The words as `say` has them.
    pub fn new(say: impl Fn(&str) -> String) -> Words {
        Words {
            sent: say("{1} sent {2} bytes, {3} {4}"),
            again: say("sent again"),
            bytes: say("bytes sent"),
            since: say("{1} since the connection began"),
            left_out: say("{1} segments are not drawn"),
        }
    }
}

/// A text with something in place of each blank.
fn filled(text: &str, parts: &[&str]) -> String {
    parts
        .iter()
        .enumerate()
        .fold(text.to_owned(), |text, (i, part)| text.replace(&format!("{{{}}}", i + 1), part))
}

/// The segments that one end sent.
#[derive(Clone, Debug)]
pub struct Series {
    /// The name of the end, such as `host`.
    pub name: String,
    /// Its segments, in the order of the capture.
    pub points: Vec<Point>,
}

/// A segment.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Nanoseconds since the conversation began.
    pub time: i64,
    /// Sequence offset of its first byte in its direction.
    pub from: u64,
    /// Length of its payload in bytes.
    pub len: u32,
    /// Whether all its bytes were sent before.
    pub again: bool,
}

impl Point {
    /// Offset behind its last byte.
    fn to(self) -> u64 {
        self.from + u64::from(self.len)
    }
}

/// Width and height of the picture, and the edges of the plot in it: left, top, right, bottom.
const SIZE: (u32, u32) = (640, 300);
const FIELD: (f64, f64, f64, f64) = (76.0, 58.0, 616.0, 244.0);

/// The style sheet for a page with several plots.
pub const STYLE: &str = "\
.labkit-plot{background:#fff;max-width:100%;height:auto;font:13px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace}
.labkit-plot text{fill:#59636e}
.labkit-plot .paper{fill:#fff}
.labkit-plot .axis{stroke:#6e7781;fill:none}
.labkit-plot .grid{stroke:#d1d9e0;fill:none}
.labkit-plot .a{stroke:#0969da;fill:none;stroke-width:1.5}
.labkit-plot .b{stroke:#1a7f37;fill:none;stroke-width:1.5;stroke-dasharray:5 3}
.labkit-plot .again{stroke:#cf222e;fill:none;stroke-width:1.5}
@media (prefers-color-scheme:dark){
.labkit-plot{background:#0d1117}
.labkit-plot text{fill:#9198a1}
.labkit-plot .paper{fill:#0d1117}
.labkit-plot .axis{stroke:#9198a1}
.labkit-plot .grid{stroke:#3d444d}
.labkit-plot .a{stroke:#58a6ff}
.labkit-plot .b{stroke:#3fb950}
.labkit-plot .again{stroke:#ff7b72}
}";

/// Writes a plot as one self-contained SVG element.
///
/// # Errors
/// When the output cannot be written.
pub fn write(plot: &Plot, out: &mut dyn Write) -> io::Result<()> {
    draw(plot, Some(STYLE), out)
}

/// Writes a plot for a page that includes [`STYLE`].
///
/// # Errors
/// When the output cannot be written.
pub fn part(plot: &Plot, out: &mut dyn Write) -> io::Result<()> {
    draw(plot, None, out)
}

fn draw(plot: &Plot, style: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let (width, height) = SIZE;
    let scale = Scale::new(plot);
    let [a, b] = &plot.series;
    let [a_bytes, b_bytes] = [a, b].map(|series| most(series).to_string());
    let sent = filled(&plot.words.sent, &[&a.name, &a_bytes, &b.name, &b_bytes]);
    let label = format!("{}: {sent}", plot.title);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"labkit-plot\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">",
        Escaped(&label)
    )?;
    if let Some(style) = style {
        writeln!(out, "<style>\n{style}\n</style>")?;
    }
    writeln!(out, "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>")?;
    axes(plot, &scale, out)?;
    for (series, class) in plot.series.iter().zip(["a", "b"]) {
        line(series, class, &scale, out)?;
    }
    writeln!(out, "</svg>")
}

/// The highest offset of payload in a series. Offsets after a FIN are one higher, but the FIN is no byte.
fn most(series: &Series) -> u64 {
    series.points.iter().filter(|p| p.len > 0).map(|p| p.to()).max().unwrap_or(0)
}

/// Converts times in nanoseconds and offsets in bytes to coordinates.
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
    let (title, below) = (Escaped(&plot.title), bottom + 20.0);
    writeln!(out, "<text x=\"{left}\" y=\"16\">{title}</text>")?;
    // The legend: a short piece of each line, with its name.
    let mut x = left;
    for (series, class) in [(a, "a"), (b, "b")] {
        let name = format!("{} {} B", series.name, most(series));
        writeln!(out, "<path class=\"{class}\" d=\"M{x} 28h24\"/>")?;
        writeln!(out, "<text x=\"{}\" y=\"32\">{}</text>", x + 30.0, Escaped(&name))?;
        x += 170.0;
    }
    if plot.series.iter().any(|s| s.points.iter().any(|p| p.again)) {
        writeln!(out, "<path class=\"again\" d=\"M{} 24l8 8m-8 0l8 -8\"/>", x + 4.0)?;
        writeln!(out, "<text x=\"{}\" y=\"32\">{}</text>", x + 20.0, Escaped(&plot.words.again))?;
    }
    let (above, bytes) = (top - 10.0, Escaped(&plot.words.bytes));
    writeln!(out, "<text x=\"{left}\" y=\"{above}\" text-anchor=\"middle\">{bytes}</text>")?;
    for bytes in ticks(0, scale.bytes) {
        let (y, x) = (scale.y(bytes), left - 6.0);
        if bytes > 0 {
            writeln!(out, "<path class=\"grid\" d=\"M{left} {y:.1}H{right}\"/>")?;
        }
        writeln!(out, "<text x=\"{x}\" y=\"{:.1}\" text-anchor=\"end\">{bytes}</text>", y + 4.0)?;
    }
    let (unit, name) = unit(scale.span);
    let (first, last) = (scale.first.max(0) as u64, scale.first.saturating_add(scale.span).max(0) as u64);
    for time in ticks(first / unit, last / unit) {
        let x = scale.x((time * unit) as i64);
        writeln!(out, "<path class=\"axis\" d=\"M{x:.1} {bottom}v5\"/>")?;
        writeln!(out, "<text x=\"{x:.1}\" y=\"{below}\" text-anchor=\"middle\">{time}</text>")?;
    }
    let (x, y) = (right, bottom + 38.0);
    let since = filled(&plot.words.since, &[name]);
    writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{}</text>", Escaped(&since))?;
    if plot.left_out > 0 {
        let what = filled(&plot.words.left_out, &[&plot.left_out.to_string()]);
        writeln!(out, "<text x=\"{left}\" y=\"{y}\">{}</text>", Escaped(&what))?;
    }
    Ok(())
}

/// At most six round numbers from `first` to `last`, in steps of 1, 2 or 5 times a power of ten.
fn ticks(first: u64, last: u64) -> Vec<u64> {
    let span = last.saturating_sub(first);
    let steps = (0..19).flat_map(|zeros| [1, 2, 5].map(|n| n * 10u64.pow(zeros)));
    let step = steps.into_iter().find(|step| span / step <= 5).unwrap_or(u64::MAX);
    let begin = first.div_ceil(step).saturating_mul(step);
    (0..=5).map(|i| begin.saturating_add(step.saturating_mul(i))).filter(|n| *n <= last).collect()
}

/// The unit for times on an axis of `span` nanoseconds: nanoseconds in it, and its symbol.
fn unit(span: i64) -> (u64, &'static str) {
    match span {
        0..10_000 => (1, "ns"),
        10_000..10_000_000 => (1_000, "µs"),
        10_000_000..10_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    }
}

/// Draws a series: a staircase that rises where bytes were sent, and a cross where bytes were sent again.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers() {
        assert_eq!(ticks(0, 4096), [0, 1000, 2000, 3000, 4000]);
        assert_eq!(ticks(0, 9), [0, 2, 4, 6, 8]);
        assert_eq!(ticks(0, 0), [0]);
        assert_eq!(ticks(13, 207), [50, 100, 150, 200]);
        assert!(ticks(0, u64::MAX).len() <= 6 && ticks(u64::MAX - 1, u64::MAX).len() <= 6);
        assert_eq!(
            (unit(9), unit(300_000_000), unit(i64::MAX)),
            ((1, "ns"), (1_000_000, "ms"), (1_000_000_000, "s"))
        );
    }
}
