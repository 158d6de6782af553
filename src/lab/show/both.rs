//! The ladder diagram of a connection that two captures hold: each end has the times of the capture made nearer to
//! it, by one clock.

use crate::lab::answer::Report;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::{Exchange, Side};
use crate::lab::evidence::vantage::{Clocks, Vantage};
use crate::lab::show::{flow, tables};
use crate::text::seconds;
use crate::view::flow::{Arrow, Kind, Ladder, Mark, Row, Sight};
use std::collections::HashMap;

/// A connection in two captures: the indices of its two exchanges in the report, and one ladder for both.
#[derive(Debug)]
pub struct Both {
    /// The exchange on the left.
    pub left: usize,
    /// The exchange on the right.
    pub right: usize,
    /// The ladder of both.
    pub ladder: Ladder,
}

/// The ladders of the report's connections that two captures hold; those whose clocks cannot be compared are left
/// out.
pub fn all(report: &Report) -> Vec<Both> {
    report.vantages.iter().filter_map(|v| both(report, v)).collect()
}

/// A packet of the connection: its segment in the capture on the left, and in the one on the right.
struct Pair<'x> {
    left: Option<&'x Segment>,
    right: Option<&'x Segment>,
}

struct Maker<'x> {
    left: &'x Exchange,
    right: &'x Exchange,
    /// Nanoseconds by which the clock on the right is ahead.
    ahead: i64,
    /// Whether there are offloaded frames, which differ between the captures.
    is_offloaded: bool,
}

fn both(report: &Report, v: &Vantage) -> Option<Both> {
    let clocks = v.clocks?;
    let (first, second) = (report.exchanges.get(v.first)?, report.exchanges.get(v.second)?);
    let side = flow::left(first, &report.roles);
    let swapped = clocks.nearer == Some(side.other());
    let pair = |p: &crate::lab::evidence::vantage::Pair| {
        let (a, b) = (p.first.and_then(|at| first.at(at)), p.second.and_then(|at| second.at(at)));
        if swapped { Pair { left: b, right: a } } else { Pair { left: a, right: b } }
    };
    let pairs: Vec<Pair<'_>> = v.pairs.iter().map(pair).collect();
    let (indices, captures, ahead) = if swapped {
        ((v.second, v.first), (second, first), -clocks.offset)
    } else {
        ((v.first, v.second), (first, second), clocks.offset)
    };
    let (left, right) = captures;
    let is_offloaded = [left, right].iter().any(|x| !x.offloaded().is_empty());
    let maker = Maker { left, right, ahead, is_offloaded };
    let name = |x: &Exchange| report.captures.get(x.capture).cloned().unwrap_or_default();
    let mut ladder = flow::ladder(left, report);
    ladder.rows = maker.rows(report, side, &pairs);
    for row in &mut ladder.rows {
        let Row::Arrow(arrow) = row else { continue };
        arrow.marks.iter_mut().for_each(|mark| mark.text = report.phrases.say(&mark.text));
    }
    ladder.second = Some(name(right));
    let place = report.phrases.say(&maker.place(&name(left), &name(right), clocks));
    ladder.notes = std::iter::once(place).chain(tables::remarks(left, report)).collect();
    Some(Both { left: indices.0, right: indices.1, ladder })
}

impl Maker<'_> {
    fn place(&self, left: &str, right: &str, clocks: Clocks) -> String {
        let ms = |n: i64| format!("{:.3} ms", n as f64 / 1e6);
        let first = self.left.at(self.left.syn().unwrap_or(0)).map_or(0, |s| s.frame.0);
        let ahead = match self.ahead {
            n if n < 0 => format!("{} behind", ms(-n)),
            n => format!("{} ahead", ms(n)),
        };
        let way = match clocks.travel {
            Some(travel) => format!("the way takes {}, as long in either direction", ms(travel)),
            None => "the times vary by more than the way takes".into(),
        };
        format!(
            "On the left frames and times of {left}, on the right those of {right}, whose clock is {ahead} and set right here: {way}. Times count from frame {first} of {left}."
        )
    }

    /// The rows of the left capture, each with its frame and time in the right one; and rows for packets of the right
    /// one alone.
    fn rows(&self, report: &Report, side: Side, pairs: &[Pair<'_>]) -> Vec<Row> {
        let frame = |s: &Segment| s.frame.0;
        let there: HashMap<u64, Option<&Segment>> =
            pairs.iter().filter_map(|p| Some((frame(p.left?), p.right))).collect();
        // Packets of the right capture alone, by the left frame that they follow; `None` for those before all.
        let mut alone: HashMap<Option<u64>, Vec<u64>> = HashMap::new();
        let mut before = None;
        for pair in pairs {
            match (pair.left, pair.right) {
                (Some(left), _) => before = Some(frame(left)),
                (None, Some(right)) => alone.entry(before).or_default().push(frame(right)),
                (None, None) => {}
            }
        }
        let theirs: HashMap<u64, Arrow> = flow::rows(self.right, report, side, false)
            .into_iter()
            .filter_map(|row| if let Row::Arrow(a) = row { Some((a.frame, a)) } else { None })
            .collect();
        let mut only = |after: Option<u64>| -> Vec<Row> {
            let frames = alone.remove(&after).unwrap_or_default();
            frames.iter().filter_map(|f| theirs.get(f)).map(|a| Row::Arrow(self.only_there(a))).collect()
        };
        let mut rows = only(None);
        for row in flow::rows(self.left, report, side, false) {
            let Row::Arrow(mut arrow) = row else {
                rows.push(row);
                continue;
            };
            let frame = arrow.frame;
            self.compare(&mut arrow, there.get(&frame).copied().flatten());
            rows.push(Row::Arrow(arrow));
            rows.extend(only(Some(frame)));
        }
        cross(&mut rows);
        rows
    }

    /// Adds the right capture's frame and time to a packet of the left one, or a mark that it does not have the
    /// packet.
    fn compare(&self, arrow: &mut Arrow, there: Option<&Segment>) {
        match there {
            Some(s) => arrow.there = Some(Sight { frame: s.frame.0, time: self.time(s) }),
            None if self.is_offloaded => {}
            None => {
                arrow.lost = arrow.rightwards;
                let text = if arrow.lost { "lost: it did not arrive" } else { "not in the other capture" };
                arrow.marks.push(Mark { kind: Kind::Lost, text: text.into() });
            }
        }
    }

    /// The arrow of a packet that only the right capture has.
    fn only_there(&self, arrow: &Arrow) -> Arrow {
        let segment = self.right.conversation.segments.iter().find(|s| s.frame.0 == arrow.frame);
        let there = Some(Sight { frame: arrow.frame, time: segment.and_then(|s| self.time(s)) });
        let mut arrow = Arrow { frame: 0, time: None, there, ..arrow.clone() };
        if !self.is_offloaded {
            arrow.lost = !arrow.rightwards;
            let text = if arrow.lost { "lost: it did not arrive" } else { "not in the other capture" };
            arrow.marks.push(Mark { kind: Kind::Lost, text: text.into() });
        }
        arrow
    }

    /// The time of a segment of the right capture, in nanoseconds, by the left one's clock and since its first
    /// packet.
    fn time(&self, s: &Segment) -> Option<i64> {
        let start = self.left.at(self.left.syn().unwrap_or(0))?.time?;
        Some(s.time?.since(start).saturating_sub(self.ahead))
    }
}

/// Marks packets that crossed: of two neighbours in opposite directions, the second left before the first arrived if
/// the right capture has it first.
fn cross(rows: &mut [Row]) {
    let mut above: Option<(bool, Option<i64>)> = None;
    for row in rows {
        let Row::Arrow(arrow) = row else { continue };
        let time = arrow.there.and_then(|there| there.time);
        let earlier = |(rightwards, before): (bool, Option<i64>)| {
            rightwards != arrow.rightwards && before.zip(time).is_some_and(|(before, now)| now < before)
        };
        arrow.crosses = above.is_some_and(earlier);
        if arrow.crosses {
            let before = above.and_then(|a| a.1).map(seconds).unwrap_or_default();
            let text = format!("left before the one above it arrived, at {before}");
            arrow.marks.push(Mark { kind: Kind::Crossing, text });
        }
        above = Some((arrow.rightwards, time));
    }
}
