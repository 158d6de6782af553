//! The ladder as text, with box-drawing characters or in ASCII.

use super::{Arrow, Ladder, Row, Words, fit, wrap};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// The least width in columns at which a ladder can be read.
pub const NARROWEST: usize = 80;
/// The greatest width in columns; readers lose their place in longer lines.
pub const WIDEST: usize = 120;
/// Columns for a call on each side.
const CALL: usize = 10;
/// By how many columns the arrow of a lost segment is shorter.
const SHORT: usize = 8;

/// The characters for lines.
struct Pen {
    line: &'static str,
    right: &'static str,
    left: &'static str,
    /// The line of an end: plain, where a segment leaves it to the right, where a segment leaves it to the left, and
    /// where segments are left out.
    life: [&'static str; 4],
    /// The bracket of a phase: its begin, its middle, its end.
    bracket: [&'static str; 3],
    dots: &'static str,
    ascii: bool,
}

const BOXES: Pen = Pen {
    line: "─",
    right: "►",
    left: "◄",
    life: ["│", "├", "┤", "┊"],
    bracket: ["┌", "│", "└"],
    dots: "…",
    ascii: false,
};

const ASCII: Pen = Pen {
    line: "-",
    right: ">",
    left: "<",
    life: ["|", "|", "|", ":"],
    bracket: ["+", "|", "+"],
    dots: "...",
    ascii: true,
};

impl Pen {
    /// A text in the characters that the pen can write.
    fn plain(&self, text: &str) -> String {
        if !self.ascii || text.is_ascii() {
            return text.to_owned();
        }
        let mut out = String::new();
        for c in text.chars() {
            match c {
                '→' => out.push_str("->"),
                '…' => out.push_str("..."),
                c if c.is_ascii() => out.push(c),
                c => out.extend(c.escape_unicode()),
            }
        }
        out
    }
}

/// Writes a ladder that is `width` columns wide, within [`NARROWEST`] and [`WIDEST`]; in ASCII only if `ascii` is
/// set.
///
/// # Errors
/// When the output cannot be written.
pub fn write(ladder: &Ladder, width: usize, ascii: bool, out: &mut dyn Write) -> io::Result<()> {
    let pen = if ascii { &ASCII } else { &BOXES };
    let page = Page::new(ladder, width.clamp(NARROWEST, WIDEST), pen);
    for line in wrap(&pen.plain(&ladder.title), page.width, pen.dots) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    page.heading(ladder, out)?;
    let mut lines = Vec::new();
    for row in &ladder.rows {
        if let Row::Phase(_) = row {
            page.bracketed(&lines, out)?;
            lines.clear();
        }
        page.row(row, &mut lines);
    }
    page.bracketed(&lines, out)?;
    ladder.notes.iter().try_for_each(|note| remark(note, width, ascii, out))
}

/// Writes what a frame adds to a ladder: the heading if it is the first, the phase that begins, the arrow. Nothing if
/// the frame does not belong to the ladder, or is not drawn.
///
/// # Errors
/// When the output cannot be written.
pub fn step(ladder: &Ladder, frame: u64, width: usize, ascii: bool, out: &mut dyn Write) -> io::Result<()> {
    let is_frame = |row: &Row| matches!(row, Row::Arrow(arrow) if arrow.frame == frame);
    let Some(at) = ladder.rows.iter().position(is_frame) else { return Ok(()) };
    let before = ladder.rows.get(..at).unwrap_or_default();
    let from = before.iter().rposition(|row| matches!(row, Row::Arrow(_))).map_or(0, |last| last + 1);
    let pen = if ascii { &ASCII } else { &BOXES };
    let page = Page::new(ladder, width.clamp(NARROWEST, WIDEST), pen);
    if from == 0 {
        page.heading(ladder, out)?;
    }
    let mut lines = Vec::new();
    ladder.rows.iter().take(at + 1).skip(from).for_each(|row| page.row(row, &mut lines));
    let [begin, on, _] = pen.bracket;
    lines.iter().try_for_each(|line| line.write(if line.begins { begin } else { on }, out))
}

/// Writes a sentence below ladders of this width.
///
/// # Errors
/// When the output cannot be written.
pub fn remark(text: &str, width: usize, ascii: bool, out: &mut dyn Write) -> io::Result<()> {
    let pen = if ascii { &ASCII } else { &BOXES };
    for line in wrap(&pen.plain(text), width.clamp(NARROWEST, WIDEST), pen.dots) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The layout of one ladder, in columns.
struct Page<'a> {
    width: usize,
    /// Width of frame numbers.
    number: usize,
    /// Width of times.
    time: usize,
    /// Width of the space between the two ends.
    inner: usize,
    pen: &'a Pen,
    words: &'a Words,
}

/// A line of the page without its bracket: the text before the left end, between the ends, and after the right end.
struct Piece {
    before: String,
    life: [&'static str; 2],
    inner: String,
    after: &'static str,
    /// Whether `before` has the name of a phase that begins.
    begins: bool,
}

impl<'a> Page<'a> {
    fn new(ladder: &'a Ladder, width: usize, pen: &'a Pen) -> Page<'a> {
        let arrows = || ladder.rows.iter().filter_map(|r| if let Row::Arrow(a) = r { Some(a) } else { None });
        let number = arrows().map(|a| a.frame.to_string().len()).max().unwrap_or(0).max(3);
        let time = arrows().map(|a| a.seconds().len()).max().unwrap_or(0).max(8);
        let inner = width.saturating_sub(2 + number + 1 + time + 1 + CALL + 1 + 2 + 1 + CALL);
        Page { width, number, time, inner, pen, words: &ladder.words }
    }

    /// Columns before the line of the left end, without the two columns of the bracket.
    fn margin(&self) -> usize {
        self.number + 1 + self.time + 1 + CALL + 1
    }

    fn heading(&self, ladder: &Ladder, out: &mut dyn Write) -> io::Result<()> {
        let [left, right] = &ladder.ends;
        let [_, number, time] = &self.words.headings;
        let columns = format!("  {number:>0$} {time:>1$}", self.number, self.time);
        let full = self.inner + 2;
        for (before, left, right) in
            [(columns.as_str(), &left.name, &right.name), ("", &left.address, &right.address)]
        {
            let left = fit(left, full / 2, self.pen.dots);
            let right = fit(right, full - full / 2 - 1, self.pen.dots);
            let gap = full.saturating_sub(left.width() + right.width());
            writeln!(out, "{before:<0$}{left}{1:gap$}{right}", 2 + self.margin(), "")?;
        }
        Ok(())
    }

    fn row(&self, row: &Row, lines: &mut Vec<Piece>) {
        let [life, _, _, broken] = self.pen.life;
        match row {
            Row::Phase(name) => {
                let before = format!("{name:<0$}", self.margin());
                lines.push(Piece {
                    before,
                    life: [life, life],
                    inner: self.blank(""),
                    after: "",
                    begins: true,
                });
            }
            Row::LeftOut(what) => {
                for line in wrap(&self.pen.plain(what), self.inner.saturating_sub(4), self.pen.dots) {
                    let inner = self.blank(&format!("  {line}"));
                    lines.push(self.piece((None, 0), [broken, broken], inner));
                }
            }
            Row::Arrow(arrow) => self.arrow(arrow, lines),
        }
    }

    /// Line number `row` of a segment, or of a row without a segment.
    fn piece(&self, (arrow, row): (Option<&Arrow>, usize), life: [&'static str; 2], inner: String) -> Piece {
        let (number, time) = match arrow.filter(|_| row == 0) {
            Some(a) if a.frame > 0 => (a.frame.to_string(), a.seconds()),
            Some(_) => Default::default(),
            None => Default::default(),
        };
        let call = |side: usize| arrow.and_then(|a| a.calls.get(side)?.get(row)).copied().unwrap_or("");
        let before = format!("{number:>0$} {time:>1$} {2:>CALL$} ", self.number, self.time, call(0));
        Piece { before, life, inner, after: call(1), begins: false }
    }

    /// Text between the two ends, padded with blanks.
    fn blank(&self, text: &str) -> String {
        format!("{text}{:1$}", "", self.inner.saturating_sub(text.width()))
    }

    fn arrow(&self, arrow: &Arrow, lines: &mut Vec<Piece>) {
        let pen = self.pen;
        let [life, leaves, enters, _] = pen.life;
        // The arrow of a lost segment ends on its way.
        let (right, left) = if arrow.lost { ("×", "×") } else { (pen.right, pen.left) };
        let (right, left) = if arrow.lost && pen.ascii { ("x", "x") } else { (right, left) };
        let room = self.inner.saturating_sub(if arrow.lost { 5 + SHORT } else { 5 });
        let short = if arrow.lost { " ".repeat(SHORT) } else { String::new() };
        let mut labels = wrap(&self.pen.plain(&arrow.label), room, pen.dots).into_iter();
        let label = labels.next().unwrap_or_default();
        let shaft = pen.line.repeat(room - label.width().min(room) + 1);
        let (ends, inner) = match arrow.rightwards {
            true => ([leaves, life], format!("{0} {label} {shaft}{right}{short}", pen.line)),
            false => ([life, enters], format!("{short}{left}{shaft} {label} {0}", pen.line)),
        };
        lines.push(self.piece((Some(arrow), 0), ends, inner));
        let mut details: Vec<String> = labels.collect();
        if !arrow.payload.is_empty() {
            details.push(fit(&self.pen.plain(&arrow.payload), self.inner.saturating_sub(4), pen.dots));
        }
        for mark in &arrow.marks {
            details.extend(wrap(
                &format!("* {}", self.pen.plain(&mark.text)),
                self.inner.saturating_sub(4),
                pen.dots,
            ));
        }
        if let Some((number, time)) = arrow.seen_there() {
            let there = self.words.there.replace("{1}", &number).replace("{2}", &time);
            let there = self.pen.plain(&there);
            details.extend(wrap(&there, self.inner.saturating_sub(4), pen.dots));
        }
        let calls = arrow.calls.iter().map(Vec::len).max().unwrap_or(0);
        details.resize(details.len().max(calls.saturating_sub(1)), String::new());
        for (i, text) in details.iter().enumerate() {
            let inner = match arrow.rightwards {
                true => self.blank(&format!("  {text}")),
                false => format!("{:1$}{text}  ", "", self.inner.saturating_sub(text.width() + 2)),
            };
            lines.push(self.piece((Some(arrow), i + 1), [life, life], inner));
        }
    }

    /// Writes the lines of one phase, with its bracket.
    fn bracketed(&self, lines: &[Piece], out: &mut dyn Write) -> io::Result<()> {
        let [begin, on, end] = self.pen.bracket;
        let has_name = lines.first().is_some_and(|l| l.begins);
        for (i, line) in lines.iter().enumerate() {
            let bracket = match (has_name, line.begins, i + 1 == lines.len()) {
                (false, ..) => " ",
                (true, true, _) => begin,
                (true, false, true) => end,
                (true, false, false) => on,
            };
            line.write(bracket, out)?;
        }
        Ok(())
    }
}

impl Piece {
    fn write(&self, bracket: &str, out: &mut dyn Write) -> io::Result<()> {
        let Piece { before, life: [left, right], inner, after, .. } = self;
        let text = format!("{bracket} {before}{left}{inner}{right} {after}");
        writeln!(out, "{}", text.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::flow::{End, Kind, Mark};

    fn ladder() -> Ladder {
        let end =
            |name: &str| End { name: name.into(), address: "[fe80::a00:27ff:fe4e:66a1%eth0]:65432".into() };
        let arrow = |rightwards| Arrow {
            frame: 12_345_678_901,
            time: Some(99_999_123_456_789),
            rightwards,
            label: "[PSH, ACK, URG] Seq=4000000000 Ack=4000000000 Len=1448".into(),
            payload: "語".repeat(90),
            calls: [vec!["shutdown()"], vec!["accept()", "recv()", "recv() = 0"]],
            marks: vec![Mark { kind: Kind::Lost, text: "previous segment not captured (1448 bytes)".into() }],
            there: Some(crate::view::flow::Sight { frame: 7, time: Some(1) }),
            ..Arrow::default()
        };
        Ladder {
            title: "t ".repeat(90),
            ends: [end("host"), end("guest")],
            rows: vec![Row::Phase("message".into()), Row::Arrow(arrow(true)), Row::Arrow(arrow(false))],
            notes: vec!["n".repeat(200)],
            second: Some("there.pcapng".into()),
            words: Words::new(str::to_owned),
        }
    }

    #[test]
    fn steps_are_the_whole_ladder_piece_by_piece() {
        let mut ladder = ladder();
        if let Some(Row::Arrow(last)) = ladder.rows.last_mut() {
            last.frame += 1;
        }
        let of = |frame| {
            let mut out = Vec::new();
            step(&ladder, frame, 100, false, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let steps = of(12_345_678_901) + &of(12_345_678_902);
        let mut whole = Vec::new();
        write(&Ladder { notes: Vec::new(), ..ladder.clone() }, 100, false, &mut whole).unwrap();
        let whole = String::from_utf8(whole).unwrap();
        let (_, whole) = whole.split_once("\n\n").unwrap();
        // Because the ladder may still grow, no line is the last one of a phase.
        assert_eq!(steps, whole.replace('└', "│"));
        assert_eq!(of(7), "");
    }

    #[test]
    fn nothing_is_wider_than_the_page_however_long_it_is() {
        for (width, ascii) in [(80, false), (80, true), (100, false), (120, true)] {
            let mut out = Vec::new();
            write(&ladder(), width, ascii, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.lines().all(|l| l.width() <= width), "{width}:\n{text}");
            assert!(!ascii || text.is_ascii(), "{text}");
            // The right end is a straight line, and no call is missing.
            let last = |l: &str| l.rfind(['│', '┤', '|']).map(|at| l[..at].width());
            let ends: Vec<usize> = text.lines().filter_map(last).collect();
            assert!(ends.len() > 6 && ends.iter().all(|end| *end == width - 12), "{text}");
            assert!(["accept()", "recv()", "recv() = 0"].iter().all(|c| text.contains(c)), "{text}");
        }
    }
}
