//! What the ladder of an exchange shows, and its plot: made from the exchange, drawn by [`view::flow`](crate::view::flow).

use crate::conversation::stream::News;
use crate::dissect::protocols::tcp::{Flags, SeqNo};
use crate::lab::answer::Report;
use crate::lab::definition::roles::{Known, Roles};
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::contradiction::What;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};
use crate::lab::show::{narrate, tables, way};
use crate::view::flow::plot::{Plot, Point, Series};
use crate::view::flow::{ABOUT_CALLS, Arrow, End, Kind, Ladder, Mark, Row, plot, text};
use std::io::{self, Write};

/// Segments of one conversation that are drawn, from its beginning and from its end.
const SHOWN: (usize, usize) = (40, 20);
/// Conversations that are drawn.
const LADDERS: usize = 50;
/// Characters of payload that are handed to the drawing, which shortens them to what fits.
const PAYLOAD: usize = 120;

/// Writes a ladder for each exchange, `width` columns wide, and remarks below; with `ascii`, nothing but ASCII.
///
/// # Errors
/// When the output cannot be written.
pub fn write(report: &Report, width: usize, ascii: bool, out: &mut dyn Write) -> io::Result<()> {
    for x in report.exchanges.iter().take(LADDERS) {
        text::write(&ladder(x, &report.roles), width, ascii, out)?;
        writeln!(out)?;
    }
    remarks(report).iter().try_for_each(|remark| text::remark(remark, width, ascii, out))
}

/// The ladders of a report's exchanges, the first ones of many.
pub fn ladders(report: &Report) -> Vec<Ladder> {
    report.exchanges.iter().take(LADDERS).map(|x| ladder(x, &report.roles)).collect()
}

/// What is said below all ladders: sentences.
pub fn remarks(report: &Report) -> Vec<String> {
    let mut all = vec![ABOUT_CALLS.to_owned()];
    if !matches!(report.roles.known, Known::Given | Known::Named) {
        all.push(report.roles.explanation().to_owned());
    }
    let more = report.exchanges.len().saturating_sub(LADDERS) as u64 + report.further.iter().sum::<u64>();
    if more > 0 {
        all.push(format!(
            "{more} more connections are not drawn; give the number of one, as labkit conversations lists it."
        ));
    }
    all
}

/// Draws the bytes of both directions over time as one self-contained SVG element, which can stand in HTML as it is.
///
/// # Errors
/// When the output cannot be written.
pub fn plot_svg(x: &Exchange, roles: &Roles, out: &mut dyn Write) -> io::Result<()> {
    plot::write(&plot(x, roles), out)
}

/// The side that stands on the left: the host, else the client.
pub(super) fn left(x: &Exchange, roles: &Roles) -> Side {
    if roles.name(x, Side::Server) == "host" { Side::Server } else { Side::Client }
}

/// What is drawn of an exchange.
pub fn ladder(x: &Exchange, roles: &Roles) -> Ladder {
    let left = left(x, roles);
    let end = |side| End { name: roles.name(x, side).to_owned(), address: x.end(side).to_string() };
    Ladder {
        title: tables::title(x, roles, ""),
        ends: [end(left), end(left.other())],
        rows: rows(x, roles, left, true),
        notes: std::iter::once(way::place(x, roles)).chain(tables::remarks(x, roles)).collect(),
        second: None,
    }
}

/// The rows of a ladder; from one capture `alone` it is said what became of a segment on its way.
pub(super) fn rows(x: &Exchange, roles: &Roles, left: Side, alone: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut reader = Reader::new(x);
    let mut phase = None;
    let mut next = 0;
    let last = x.count().saturating_sub(SHOWN.1).max(SHOWN.0);
    for (s, now) in x.conversation.segments.iter().zip(narrate::phases(x)) {
        // What is not drawn is read as well: marks depend on what came before.
        let mut marks = reader.marks(s);
        let calls = reader.calls(s, left);
        if s.position >= SHOWN.0 && s.position < last {
            continue;
        }
        if s.position > next {
            rows.push(Row::LeftOut(left_out(x, next, s.position)));
        }
        next = s.position + 1;
        if phase != Some(now) {
            phase = Some(now);
            rows.push(Row::Phase(now.name()));
        }
        let lost = way::lost(x, s).filter(|_| alone);
        let crosses = alone && way::crosses(x, s);
        let (is_lost, left_before) = (lost.is_some(), "left before the one above it arrived".to_owned());
        marks.extend(lost.map(|text| Mark { kind: Kind::Lost, text }));
        marks.extend(crosses.then_some(Mark { kind: Kind::Crossing, text: left_before }));
        rows.push(Row::Arrow(Arrow {
            frame: s.frame.0,
            time: tables::since_start(x, s),
            rightwards: x.side(s) == left,
            label: label(x, s),
            payload: quoted(x, s),
            calls,
            marks,
            sentence: narrate::sentence(x, s.position, roles),
            lost: is_lost,
            crosses,
            there: None,
        }));
    }
    rows
}

/// How many segments stand between two positions, in words.
fn left_out(x: &Exchange, from: usize, to: usize) -> String {
    let segments = &x.conversation.segments;
    let (before, after) = (segments.tally_before(from), segments.tally_before(to));
    let again = match after.repeats.saturating_sub(before.repeats) {
        0 => String::new(),
        1 => ", 1 of them sent again".into(),
        n => format!(", {n} of them sent again"),
    };
    match to - from {
        1 => format!("1 segment is left out here{again}"),
        n => format!("{n} segments are left out here{again}"),
    }
}

/// Flags and numbers as Wireshark's Info column has them.
fn label(x: &Exchange, s: &Segment) -> String {
    let side = x.side(s);
    let mut text = format!("[{}] Seq={}", tables::flags(s.flags), tables::relative(x, side, s.seq));
    if s.is(Flags::ACK) {
        text.push_str(&format!(" Ack={}", tables::relative(x, side.other(), s.ack)));
    }
    if s.len > 0 {
        text.push_str(&format!(" Len={}", s.len));
    }
    if let Some(mss) = x.offer(side).and_then(|o| o.mss).filter(|_| s.is(Flags::SYN)) {
        text.push_str(&format!(" MSS={mss}"));
    }
    text
}

/// The payload in quotes; without the second one where it goes on.
fn quoted(x: &Exchange, s: &Segment) -> String {
    match tables::payload(x, s, PAYLOAD) {
        (text, false) if text.is_empty() => text,
        (text, true) if text.is_empty() => "(the capture or its reader did not keep the payload)".into(),
        (text, true) => format!("\"{text}…"),
        (text, false) => format!("\"{text}\""),
    }
}

/// Reads the segments from first to last, and says of each what it means beside those before it.
struct Reader<'a> {
    x: &'a Exchange,
    /// Offset after the last byte (or FIN) of each end that a segment has shown or acknowledged.
    known: [Option<i64>; 2],
    /// Position that comes next, unless segments were left out.
    next: usize,
    /// Who sent the last new payload.
    speaker: Option<Side>,
    /// The payload whose sender and offset these are was sent again, so that it is not known to have arrived before.
    awaited: Option<(Side, i64)>,
}

impl<'a> Reader<'a> {
    fn new(x: &'a Exchange) -> Reader<'a> {
        let [first, second] = &x.conversation.halves;
        Reader { x, known: [first.start, second.start], next: 0, speaker: None, awaited: None }
    }

    fn marks(&mut self, s: &Segment) -> Vec<Mark> {
        if s.position != std::mem::replace(&mut self.next, s.position + 1) {
            self.known = [None, None];
        }
        let mut marks = Vec::new();
        let mut mark = |kind, text: String| marks.push(Mark { kind, text });
        if s.is_copy() {
            mark(Kind::Again, "the same packet, recorded twice".into());
        } else if s.news.has(News::REPEAT) {
            mark(Kind::Again, "retransmission".into());
        }
        if !s.is(Flags::RST) {
            if let Some(text) = self.gap(s) {
                mark(Kind::Lost, text);
            }
            if self.unseen(s) {
                mark(Kind::Lost, "acknowledges what no earlier frame holds".into());
            }
        }
        if self.x.contradiction(s.position).is_some() {
            mark(Kind::Lost, "contradicted by other packets".into());
        }
        if let Some(n) = self.x.wire_segments(s) {
            mark(Kind::Offloaded, format!("offloaded: about {n} segments on the wire"));
        }
        marks
    }

    /// What lies between this segment and the ones before it in its direction, if anything does.
    fn gap(&mut self, s: &Segment) -> Option<String> {
        let known = &mut self.known[s.from];
        let end = s.offset + i64::from(s.len) + i64::from(s.is(Flags::FIN));
        let before = known.replace(known.map_or(end, |k| k.max(end)))?;
        let new = s.news.has(News::DATA) && !s.is_copy();
        match s.offset - before {
            1 => Some("previous segment not captured (1 byte)".into()),
            n if n > 1 => Some(format!("previous segment not captured ({n} bytes)")),
            n if n < 0 && new => Some("out of order: what follows it came first".into()),
            _ => None,
        }
    }

    /// Whether it acknowledges more than the other side was seen to send.
    fn unseen(&mut self, s: &Segment) -> bool {
        let other = s.from.reverse();
        let (half, known) = (&self.x.conversation.halves[other], &mut self.known[other]);
        let distance = |to: SeqNo, at: i64| half.seq_at(at).map(|from| i64::from((to - from) as i32));
        let at = known.unwrap_or(0);
        let Some(more) = distance(s.ack, at).filter(|_| s.is(Flags::ACK)) else { return false };
        let seen = known.is_none();
        if seen || more > 0 {
            *known = Some(at + more);
        }
        !seen && more > 0
    }

    /// The socket calls on the left and on the right that a segment belongs to.
    fn calls(&mut self, s: &Segment, left: Side) -> [Vec<&'static str>; 2] {
        let me = self.x.side(s);
        let (mut mine, mut theirs) = (Vec::new(), Vec::new());
        if self.x.contradiction(s.position).is_some_and(|c| c.what == What::Reset) {
            // No call returns with it.
        } else if s.is(Flags::RST) {
            let refused = self.x.outcome == Outcome::Refused && me == Side::Server;
            theirs.push(if refused { "refused" } else { "reset" });
        } else if !s.is_copy() {
            self.own_calls(s, me, &mut mine);
            self.calls_of_receiver(s, me, &mut theirs);
            if s.news.has(News::DATA) {
                self.speaker = Some(me);
            }
        }
        if me == left { [mine, theirs] } else { [theirs, mine] }
    }

    fn own_calls(&self, s: &Segment, me: Side, calls: &mut Vec<&'static str>) {
        if s.news.has(News::SYN) && me == Side::Client {
            calls.push("connect()");
        }
        if s.news.has(News::DATA) && self.speaker != Some(me) {
            calls.push("sendall()");
        }
        if s.news.has(News::FIN) {
            // A side that still reads what the other one sends has closed one direction alone.
            calls.push(if self.speaks_later(s, me.other()) { "shutdown()" } else { "close()" });
        }
    }

    fn calls_of_receiver(&mut self, s: &Segment, me: Side, calls: &mut Vec<&'static str>) {
        if self.x.handshake_ack() == Some(s.position) {
            calls.push("accept()");
        }
        let new = s.news.has(News::DATA) && self.speaker != Some(me);
        if new || self.awaited == Some((me, s.offset)) && s.len > 0 {
            calls.extend(self.recv(s, me));
        }
        // A server that waits for more learns from the first FIN that nothing comes.
        if s.news.has(News::FIN) && me == Side::Client && self.x.fin.first() == Some(&s.position) {
            calls.push("recv() = 0");
        }
    }

    /// The receiver's call, unless the payload is sent again before anything acknowledges it: the last one counts.
    fn recv(&mut self, s: &Segment, me: Side) -> Option<&'static str> {
        let end = s.seq + s.len;
        let later = self.x.conversation.segments.iter().filter(|o| o.position > s.position && !o.is_copy());
        for o in later {
            if self.x.side(o) != me && o.is(Flags::ACK) && end.up_to(o.ack) {
                break;
            }
            if self.x.side(o) == me && o.news.has(News::REPEAT) && o.len > 0 && o.offset == s.offset {
                self.awaited = Some((me, s.offset));
                return None;
            }
        }
        self.awaited = None;
        Some("recv()")
    }

    /// Whether `side` sends new payload after a segment.
    fn speaks_later(&self, s: &Segment, side: Side) -> bool {
        let list = if side == Side::Client { &self.x.message } else { &self.x.answer };
        list.last().is_some_and(|p| *p > s.position)
    }
}

/// The plot of an exchange: bytes of payload over time.
pub fn plot(x: &Exchange, roles: &Roles) -> Plot {
    let series = |side: Side| {
        let half = x.half(side);
        let of = |s: &&Segment| x.side(s) == side && !s.is(Flags::RST) && !s.is_copy();
        let mine: Vec<&Segment> = x.conversation.segments.iter().filter(of).collect();
        let low = half.start.or(mine.iter().map(|s| s.offset).min()).unwrap_or(0);
        let point = |s: &&Segment| {
            Some(Point {
                time: tables::since_start(x, s)?,
                from: u64::try_from(s.offset - low).unwrap_or(0),
                len: s.len,
                again: s.news.has(News::REPEAT),
            })
        };
        Series { name: roles.name(x, side).to_owned(), points: mine.iter().filter_map(point).collect() }
    };
    let left = left(x, roles);
    Plot {
        title: format!("Bytes over time, stream {}", x.conversation.stream),
        series: [series(left), series(left.other())],
        left_out: x.conversation.segments.left_out(),
    }
}
