//! Moves live frames from the kernel to the disk. Writing never waits for a screen: the thread that shows frames
//! receives copies through a [`Feed`], and misses frames if it is too slow.

use super::CaptureError;
use super::adapters::{Adapters, News};
use super::handover::Feed;
use super::live::{GATHER, LiveError, Statistics};
use super::signals::Signals;
use super::store::Store;
use crate::frame::{Frame, Timestamp};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The most frames that are taken before signals and clocks are checked again.
const AT_ONCE: usize = 4096;
/// The longest time between a frame's arrival and its writing to the disk.
const FLUSH: Duration = Duration::from_millis(250);
/// The longest sleep of the loop when no frames come.
const TICK: Duration = Duration::from_millis(250);
/// How long to read frames at the end that arrived before it.
const DRAIN: Duration = Duration::from_secs(2);

/// The limits at which a capture ends by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// After this many frames.
    pub frames: Option<u64>,
    /// After this time.
    pub time: Option<Duration>,
}

/// Why a capture ended.
#[derive(Debug)]
pub enum End {
    /// A limit was reached.
    Limit,
    /// The user ended it, by a signal.
    Signal,
    /// The receiver of the list is gone.
    Abandoned,
    /// The adapter failed.
    Live(LiveError),
    /// The file could not be written.
    File(CaptureError),
}

/// A running capture.
pub struct Recording<'a> {
    /// The source of frames.
    pub adapters: &'a mut Adapters,
    /// The files that keep them; `None` to keep none.
    pub store: Option<&'a mut Store>,
    /// The list that gets copies of them; `None` without a list.
    pub feed: Option<&'a mut Feed>,
    /// The limits at which it ends by itself.
    pub limits: Limits,
}

/// Watches a running capture.
pub trait Watcher {
    /// Called before each wait, at least four times a second, with the number of frames so far; returning `false`
    /// ends the capture.
    fn tick(&mut self, frames: u64) -> bool;

    /// Called with news about an adapter.
    fn news(&mut self, news: News);
}

/// The result of a capture.
#[derive(Debug)]
pub struct Outcome {
    /// Why it ended.
    pub end: End,
    /// The kernel's counts for each adapter.
    pub statistics: Vec<Statistics>,
    /// Frames that were taken from the adapters.
    pub taken: u64,
}

/// The time of the system's clock.
pub(super) fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_parts(now.as_secs() as i64, i64::from(now.subsec_nanos()))
}

impl Recording<'_> {
    /// Captures until a limit, a signal or a failure. The file is flushed at the end, but not finished.
    pub fn run(&mut self, signals: &Signals, watcher: &mut dyn Watcher) -> Outcome {
        let mut progress = Progress::default();
        let end = self.until_the_end(signals, watcher, &mut progress).unwrap_or_else(|failed| failed);
        let end = match end {
            End::Signal | End::Limit => self.drain(&mut progress).err().unwrap_or(end),
            failed => failed,
        };
        let end = match end {
            // The file's failure is known already.
            End::File(error) => self.count_lost(&mut progress, error),
            end => self.flush().err().map_or(end, End::File),
        };
        Outcome { end, statistics: self.adapters.statistics(), taken: progress.taken }
    }

    fn until_the_end(
        &mut self,
        signals: &Signals,
        watcher: &mut dyn Watcher,
        progress: &mut Progress,
    ) -> Result<End, End> {
        let deadline = self.limits.time.and_then(|t| Instant::now().checked_add(t));
        let mut flushed = Instant::now();
        while watcher.tick(progress.taken) {
            let longest = deadline.map_or(TICK, |d| d.saturating_duration_since(Instant::now()).min(TICK));
            if self.adapters.wait(signals, longest).map_err(End::Live)? {
                return Ok(End::Signal);
            }
            self.take(progress, false)?;
            self.adapters.news().into_iter().for_each(|news| watcher.news(news));
            if let Some(error) = self.adapters.failure() {
                // No earlier frame can come any more.
                self.take(progress, true)?;
                return Err(End::Live(error));
            }
            if self.room(progress) == 0 || deadline.is_some_and(|d| Instant::now() >= d) {
                return Ok(End::Limit);
            }
            if flushed.elapsed() >= FLUSH {
                flushed = Instant::now();
                self.flush().map_err(End::File)?;
            }
        }
        Ok(End::Abandoned)
    }

    /// Number of frames that may be taken before a limit must be checked.
    fn room(&self, progress: &Progress) -> usize {
        let rest = self.limits.frames.map_or(u64::MAX, |limit| limit.saturating_sub(progress.taken));
        // Any frame may be the last one of a file.
        let most = match &self.store {
            Some(store) if store.is_complete() => 0,
            Some(store) if store.may_complete() => 1,
            _ => AT_ONCE as u64,
        };
        rest.min(most) as usize
    }

    /// Takes the frames that are ready, and returns their number. With `all`, also those that an earlier one might
    /// still precede.
    fn take(&mut self, progress: &mut Progress, all: bool) -> Result<usize, End> {
        let mut taken = 0;
        loop {
            let room = self.room(progress);
            let now = self.take_some(progress, room, all)?;
            taken += now;
            if now < room || room == 0 || taken >= AT_ONCE {
                return Ok(taken);
            }
        }
    }

    fn take_some(&mut self, progress: &mut Progress, most: usize, all: bool) -> Result<usize, End> {
        if most == 0 {
            return Ok(0);
        }
        let (store, feed) = (&mut self.store, &mut self.feed);
        let mut failed = None;
        let taken = self.adapters.take(most, all, |frame| {
            progress.frame(frame);
            if let Some(store) = store
                && failed.is_none()
            {
                failed = store.frame(frame).err();
            }
            if let Some(feed) = feed {
                feed.push(frame);
            }
        });
        if let Some(feed) = feed {
            feed.send();
        }
        failed.map_or(Ok(taken), |error| Err(End::File(error)))
    }

    /// Takes the frames that arrived before the end and are still in the kernel's buffer.
    fn drain(&mut self, progress: &mut Progress) -> Result<(), End> {
        let (begun, now) = (Instant::now(), now());
        if self.room(progress) > 0 {
            // The kernel hands over gathered frames only after its own timeout.
            std::thread::sleep(GATHER * 2);
        }
        while self.take(progress, true)? > 0 && progress.last < Some(now) && begun.elapsed() < DRAIN {}
        Ok(())
    }

    /// Takes the frames that arrived before the file failed, to count all that are lost.
    fn count_lost(&mut self, progress: &mut Progress, error: CaptureError) -> End {
        self.store = None;
        // Further failures do not matter, since the capture has ended.
        let _ = self.drain(progress);
        End::File(error)
    }

    /// Flushes the file, and begins the next one if this one has been open long enough.
    fn flush(&mut self) -> Result<(), CaptureError> {
        // libpcap's counters have 32 bits; read this often, they cannot wrap unnoticed.
        let counted = self.adapters.statistics();
        self.store.as_mut().map_or(Ok(()), |store| store.flush(counted))
    }
}

/// The progress of a capture.
#[derive(Default)]
struct Progress {
    taken: u64,
    last: Option<Timestamp>,
}

impl Progress {
    fn frame(&mut self, frame: &Frame<'_>) {
        self.taken += 1;
        self.last = frame.time;
    }
}
