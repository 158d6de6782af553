//! One direction of the cable: which frames come out of it, and when. The code uses no sockets and no clock; callers
//! pass frames and times.

use super::faults::Weather;
use fastrand::Rng;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a held frame waits for the next one to overtake it.
const OVERTAKEN_WITHIN: Duration = Duration::from_millis(20);
/// The most frames on their way; further ones are lost, as in a full queue.
const MOST: usize = 10_000;

/// Frames on their way through one direction.
pub struct Line {
    weather: Weather,
    chance: Rng,
    /// The frames on their way with their times of arrival, in order.
    queue: VecDeque<(Instant, Vec<u8>)>,
    /// A frame that the next one is to overtake, with its time of arrival if none follows.
    held: Option<(Instant, Vec<u8>)>,
}

impl Line {
    /// An empty line with these faults.
    pub fn new(weather: Weather) -> Line {
        let chance = weather.seed.map_or_else(Rng::new, Rng::with_seed);
        Line { weather, chance, queue: VecDeque::new(), held: None }
    }

    /// Sets the faults for frames from now on; those on their way are not affected.
    pub fn change(&mut self, weather: Weather) {
        self.weather = weather;
        if let Some(seed) = weather.seed {
            self.chance = Rng::with_seed(seed);
        }
    }

    fn happens(&mut self, share: f64) -> bool {
        // A share of 0 draws no random number, so that it does not change the course of other faults.
        share > 0.0 && self.chance.f64() < share
    }

    /// Takes a frame in, which may be lost, delayed, doubled or held.
    pub fn enter(&mut self, now: Instant, frame: &[u8]) {
        let Weather { delay, loss, duplicate, reorder, .. } = self.weather;
        if self.happens(loss) || self.queue.len() >= MOST {
            return;
        }
        let out = now + delay;
        if self.held.is_none() && self.happens(reorder) {
            self.held = Some((out + OVERTAKEN_WITHIN, frame.to_vec()));
            return;
        }
        self.push(out, frame.to_vec());
        if self.happens(duplicate) {
            self.push(out, frame.to_vec());
        }
        if let Some((_, overtaken)) = self.held.take() {
            self.push(out, overtaken);
        }
    }

    /// Queues a frame; it never comes out before those that are queued already.
    fn push(&mut self, out: Instant, frame: Vec<u8>) {
        let out = self.queue.back().map_or(out, |(last, _)| out.max(*last));
        self.queue.push_back((out, frame));
    }

    /// When the next frame comes out; `None` if none is on its way.
    pub fn next(&self) -> Option<Instant> {
        let first = self.queue.front().map(|(out, _)| *out);
        let held = self.held.as_ref().map(|(out, _)| *out);
        first.into_iter().chain(held).min()
    }

    /// The next frame that has come out by `now`; `None` if there is none.
    pub fn leave(&mut self, now: Instant) -> Option<Vec<u8>> {
        let held = self.held.take_if(|(out, _)| *out <= now);
        if let Some((out, frame)) = held {
            let at = self.queue.partition_point(|(queued, _)| *queued <= out);
            self.queue.insert(at, (out, frame));
        }
        let is_out = self.queue.front().is_some_and(|(out, _)| *out <= now);
        if is_out { self.queue.pop_front().map(|(_, frame)| frame) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frames that come out of a line after frames 0 to `n` went in, one each millisecond: number, and
    /// milliseconds since the beginning.
    fn through(weather: Weather, n: u16) -> Vec<(u16, u128)> {
        let begin = Instant::now();
        let mut line = Line::new(weather);
        let mut out = Vec::new();
        for ms in 0..u64::from(n) + 1000 {
            let now = begin + Duration::from_millis(ms);
            if ms < u64::from(n) {
                line.enter(now, &(ms as u16).to_be_bytes());
            }
            while let Some(frame) = line.leave(now) {
                out.push((u16::from_be_bytes([frame[0], frame[1]]), u128::from(ms)));
            }
        }
        assert_eq!(line.next(), None);
        out
    }

    fn numbers(out: &[(u16, u128)]) -> Vec<u16> {
        out.iter().map(|(number, _)| *number).collect()
    }

    #[test]
    fn a_fair_line_keeps_all_frames_in_order_at_once() {
        let out = through(Weather::default(), 300);
        assert!(out.iter().enumerate().all(|(i, (n, ms))| i == usize::from(*n) && i as u128 == *ms));
        assert_eq!(out.len(), 300);
    }

    #[test]
    fn delay_moves_every_frame_by_the_same_time() {
        let out = through(Weather { delay: Duration::from_millis(20), ..Weather::default() }, 50);
        assert_eq!(out.len(), 50);
        assert!(out.iter().all(|(n, ms)| u128::from(*n) + 20 == *ms), "{out:?}");
    }

    #[test]
    fn loss_duplicates_and_their_shares() {
        let seed = Some(1);
        let lost = 2000 - through(Weather { loss: 0.1, seed, ..Weather::default() }, 2000).len();
        assert!((140..260).contains(&lost), "{lost}");
        let twice = through(Weather { duplicate: 0.25, seed, ..Weather::default() }, 2000).len() - 2000;
        assert!((420..580).contains(&twice), "{twice}");
        assert!(through(Weather { loss: 1.0, ..Weather::default() }, 50).is_empty());
        let all = through(Weather { duplicate: 1.0, ..Weather::default() }, 3);
        assert_eq!(numbers(&all), [0, 0, 1, 1, 2, 2]);
        // The same seed, the same losses.
        let again = || numbers(&through(Weather { loss: 0.3, seed: Some(9), ..Weather::default() }, 100));
        assert_eq!(again(), again());
    }

    #[test]
    fn a_reordered_frame_comes_right_behind_its_successor_or_soon() {
        let out = numbers(&through(Weather { reorder: 1.0, ..Weather::default() }, 6));
        assert_eq!(out, [1, 0, 3, 2, 5, 4]);
        let out = through(Weather { reorder: 1.0, ..Weather::default() }, 1);
        assert_eq!(out, [(0, 20)]);
    }

    #[test]
    fn a_shorter_delay_lets_nothing_overtake() {
        let begin = Instant::now();
        let mut line = Line::new(Weather { delay: Duration::from_secs(1), ..Weather::default() });
        line.enter(begin, b"slow");
        line.change(Weather::default());
        line.enter(begin, b"fast");
        assert_eq!(line.leave(begin), None);
        let later = line.next().expect("it is on its way");
        assert_eq!(line.leave(later).as_deref(), Some(&b"slow"[..]));
        assert_eq!(line.leave(later).as_deref(), Some(&b"fast"[..]));
    }
}
