//! Packets and bytes over time.

use super::{Sum, grid};
use crate::packet::Packet;
use crate::pump::{Needs, Sink};
use std::io::{self, Write};
use std::ops::ControlFlow;

/// The lengths of an interval if none is given, in nanoseconds; each is a multiple of the one before.
const STEPS: [i64; 10] = {
    const MS: i64 = 1_000_000;
    const S: i64 = 1000 * MS;
    [MS, 10 * MS, 100 * MS, S, 10 * S, 60 * S, 600 * S, 3600 * S, 86_400 * S, 864_000 * S]
};
/// The most intervals if no length is given. If there are more, the next longer length is taken.
const FEW: usize = 40;
/// The most intervals of a given length.
const MOST: usize = 100_000;
/// Width of the longest bar, in columns.
const BAR: u64 = 30;

/// A sink that counts packets in intervals of one length, beginning at the first frame, and writes them at the end of
/// the capture.
pub struct Intervals<W> {
    out: W,
    /// Length of an interval in nanoseconds.
    length: i64,
    /// Whether the length was given; otherwise it grows with the capture.
    given: bool,
    sums: Vec<Sum>,
    /// Packets that are earlier than the capture's first one.
    before: Sum,
}

impl<W: Write> Intervals<W> {
    /// Intervals that go to `out`; `length` is in nanoseconds, at least 1.
    pub fn new(out: W, length: Option<i64>) -> Intervals<W> {
        let given = length.is_some();
        Intervals { out, length: length.unwrap_or(STEPS[0]), given, sums: Vec::new(), before: Sum::default() }
    }

    /// Changes to the next longer interval; `false` if there is none.
    fn widen(&mut self) -> bool {
        let Some(longer) = STEPS.iter().find(|step| **step > self.length).copied() else { return false };
        let ratio = usize::try_from(longer / self.length).unwrap_or(usize::MAX);
        self.sums =
            self.sums.chunks(ratio).map(|part| part.iter().fold(Sum::default(), |a, b| a.and(*b))).collect();
        self.length = longer;
        true
    }
}

impl<W: Write> Sink for Intervals<W> {
    fn packet(&mut self, packet: &Packet<'_>) -> io::Result<ControlFlow<()>> {
        let at = packet.context.facts.frame.time_relative;
        let bytes = u64::from(packet.context.frame.wire_len);
        if at < 0 {
            self.before.add(bytes);
            return Ok(ControlFlow::Continue(()));
        }
        while !self.given && at / self.length >= FEW as i64 && self.widen() {}
        let index = usize::try_from(at / self.length).unwrap_or(usize::MAX);
        if index >= MOST {
            return Err(io::Error::other(format!(
                "the capture has more than {MOST} such intervals; choose a longer --interval"
            )));
        }
        if index >= self.sums.len() {
            self.sums.resize(index + 1, Sum::default());
        }
        if let Some(sum) = self.sums.get_mut(index) {
            sum.add(bytes);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn needs(&self) -> Needs {
        Needs { streams: false, ..Needs::default() }
    }

    fn finish(&mut self) -> io::Result<()> {
        let most = self.sums.iter().map(|sum| sum.bytes).max().unwrap_or(0).max(1);
        let row = |name: String, sum: &Sum| {
            // An interval with any packets has at least a short bar.
            let bar = (sum.bytes * BAR).div_ceil(most) as usize;
            vec![name, sum.packets.to_string(), sum.bytes.to_string(), "█".repeat(bar)]
        };
        let mut rows: Vec<Vec<String>> = Vec::new();
        if self.before.packets > 0 {
            let mut early = row("before the first".to_owned(), &self.before);
            early.truncate(3);
            rows.push(early);
        }
        rows.extend(self.sums.iter().enumerate().map(|(i, sum)| {
            let from = i as i64 * self.length;
            row(format!("{} – {}", short(from), short(from + self.length)), sum)
        }));
        grid(&["Seconds", "Packets", "Bytes"], &rows, &mut self.out)?;
        self.out.flush()
    }
}

/// Seconds, with no more decimals than needed.
fn short(nanos: i64) -> String {
    let text = crate::text::seconds(nanos);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
