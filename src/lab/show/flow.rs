//! Makes the ladder diagram and the plot of an exchange; [`view::flow`](crate::view::flow) draws them.

use crate::conversation::stream::News;
use crate::dissect::protocols::tcp::{Flags, SeqNo};
use crate::lab::answer::Report;
use crate::lab::definition::roles::{Known, Roles};
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::contradiction::What;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};
use crate::lab::show::{narrate, tables, way};
use crate::view::flow::plot::{Plot, Point, Series};
use crate::view::flow::{ABOUT_CALLS, Arrow, End, Kind, Ladder, Mark, Row, Words, plot, text};
use std::io::{self, Write};

/// How many segments of one conversation are drawn, at its beginning and at its end.
const SHOWN: (usize, usize) = (40, 20);
/// The most conversations that are drawn.
const LADDERS: usize = 50;
/// The most characters of payload that a row gets; drawing shortens them to what fits.
const PAYLOAD: usize = 120;

/// Writes a ladder for each exchange, `width` columns wide, and remarks below; with `ascii` in ASCII alone.
///
/// # Errors
/// When the output cannot be written.
pub fn write(report: &Report, width: usize, ascii: bool, out: &mut dyn Write) -> io::Result<()> {
    for x in report.exchanges.iter().take(LADDERS) {
        text::write(&ladder(x, report), width, ascii, out)?;
        writeln!(out)?;
    }
    remarks(report).iter().try_for_each(|remark| text::remark(remark, width, ascii, out))
}

/// The ladders of a report's first [`LADDERS`] exchanges.
pub fn ladders(report: &Report) -> Vec<Ladder> {
    report.exchanges.iter().take(LADDERS).map(|x| ladder(x, report)).collect()
}

/// The sentences below all ladders.
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
    all.iter().map(|remark| report.phrases.say(remark)).collect()
}

/// Draws the bytes of both directions over time as one self-contained SVG element, ready for use in HTML.
///
/// # Errors
/// When the output cannot be written.
pub fn plot_svg(x: &Exchange, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    plot::write(&plot(x, report), out)
}

/// The side on the left of a ladder: the host, or the client where the roles are unknown.
pub(super) fn left(x: &Exchange, roles: &Roles) -> Side {
    if roles.name(x, Side::Server) == "host" { Side::Server } else { Side::Client }
}

/// The ladder of an exchange.
pub fn ladder(x: &Exchange, report: &Report) -> Ladder {
    let (roles, say) = (&report.roles, |text: &str| report.phrases.say(text));
    let left = left(x, roles);
    let end = |side| End { name: say(roles.name(x, side)), address: x.end(side).to_string() };
    Ladder {
        title: tables::title(x, report, ""),
        ends: [end(left), end(left.other())],
        rows: rows(x, report, left, true),
        notes: std::iter::once(say(&way::place(x, roles))).chain(tables::remarks(x, report)).collect(),
        second: None,
        words: Words::new(say),
    }
}

/// The rows of a ladder. If the exchange is `alone`, in one capture, the rows also mark segments that were probably
/// lost or crossed.
pub(super) fn rows(x: &Exchange, report: &Report, left: Side, alone: bool) -> Vec<Row> {
    let say = |text: &str| report.phrases.say(text);
    let mut rows = Vec::new();
    let mut reader = Reader::new(x);
    let mut phase = None;
    let mut next = 0;
    let last = x.count().saturating_sub(SHOWN.1).max(SHOWN.0);
    for (s, now) in x.conversation.segments.iter().zip(narrate::phases(x)) {
        // Segments that are not drawn are read, too: marks depend on earlier segments.
        let mut marks = reader.marks(s);
        let calls = reader.calls(s, left);
        if s.position >= SHOWN.0 && s.position < last {
            continue;
        }
        if s.position > next {
            rows.push(Row::LeftOut(say(&left_out(x, next, s.position))));
        }
        next = s.position + 1;
        if phase != Some(now) {
            phase = Some(now);
            rows.push(Row::Phase(say(now.name())));
        }
        let lost = way::lost(x, s).filter(|_| alone);
        let crosses = alone && way::crosses(x, s);
        let (is_lost, left_before) = (lost.is_some(), "left before the one above it arrived".to_owned());
        marks.extend(lost.map(|text| Mark { kind: Kind::Lost, text }));
        marks.extend(crosses.then_some(Mark { kind: Kind::Crossing, text: left_before }));
        marks.iter_mut().for_each(|mark| mark.text = say(&mark.text));
        rows.push(Row::Arrow(Arrow {
            frame: s.frame.0,
            time: tables::since_start(x, s),
            rightwards: x.side(s) == left,
            label: label(x, s),
            payload: quoted(x, s).unwrap_or_else(|| say(NOT_KEPT)),
            calls,
            marks,
            sentence: say(&narrate::sentence(x, s.position, &report.roles)),
            lost: is_lost,
            crosses,
            there: None,
        }));
    }
    rows
}

/// How many segments are between two positions, in words.
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

/// The text in place of a payload that was not kept.
const NOT_KEPT: &str = "(the capture or its reader did not keep the payload)";

/// The payload in quotation marks; the closing mark is left out if there is more of it. `None` if none of it was kept.
fn quoted(x: &Exchange, s: &Segment) -> Option<String> {
    match tables::payload(x, s, PAYLOAD) {
        (text, false) if text.is_empty() => Some(text),
        (text, true) if text.is_empty() => None,
        (text, true) => Some(format!("\"{text}…")),
        (text, false) => Some(format!("\"{text}\"")),
    }
}

/// Reads the segments from first to last, and finds the marks of each in the light of those before it.
struct Reader<'a> {
    x: &'a Exchange,
    /// For each end, the offset behind the last byte or FIN that a segment has shown or acknowledged.
    known: [Option<i64>; 2],
    /// The next position, if no segments are left out.
    next: usize,
    /// The side that sent the last new payload.
    speaker: Option<Side>,
    /// Sender and offset of a payload that was sent again, so that its first transmission may not have arrived.
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

    /// A mark for a gap or an overlap between this segment and earlier ones in its direction; `None` without.
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

    /// Whether it acknowledges more than the captured segments of the other side hold.
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
            // No socket call returns because of a reset without effect.
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
            // A side that reads more afterwards has closed one direction only.
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
        // A server that waits for more learns from the first FIN that no more comes.
        if s.news.has(News::FIN) && me == Side::Client && self.x.fin.first() == Some(&s.position) {
            calls.push("recv() = 0");
        }
    }

    /// The receiver's call that this payload ends. If the payload is sent again before an acknowledgement, the call
    /// belongs to its last transmission.
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
pub fn plot(x: &Exchange, report: &Report) -> Plot {
    let (roles, say) = (&report.roles, |text: &str| report.phrases.say(text));
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
        Series { name: say(roles.name(x, side)), points: mine.iter().filter_map(point).collect() }
    };
    let left = left(x, roles);
    Plot {
        title: say(&format!("Bytes over time, stream {}", x.conversation.stream)),
        series: [series(left), series(left.other())],
        words: plot::Words::new(say),
        left_out: x.conversation.segments.left_out(),
    }
}
