//! The way of live frames from the kernel to the disk. Writing never waits for a screen: the thread that shows frames
//! receives copies through a [`Feed`] and misses those that it is too slow for.

use super::CaptureError;
use super::adapters::{Adapters, News};
use super::handover::Feed;
use super::live::{GATHER, LiveError, Statistics};
use super::signals::Signals;
use super::store::Store;
use crate::frame::{Frame, Timestamp};
use std::os::fd::AsFd;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Frames that are taken in one go, before signals and clocks are checked again.
const AT_ONCE: usize = 4096;
/// The longest time between a frame's arrival and its writing to the disk.
const FLUSH: Duration = Duration::from_millis(250);
/// How long the loop sleeps at most when nothing comes.
const TICK: Duration = Duration::from_millis(250);
/// How long frames that arrived before the end may still take to be read.
const DRAIN: Duration = Duration::from_secs(2);

/// When a capture ends by itself.
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
    /// The reader of the list has gone.
    Abandoned,
    /// The adapter failed.
    Live(LiveError),
    /// The file could not be written.
    File(CaptureError),
}

/// A capture while it runs.
pub struct Recording<'a> {
    /// Where frames come from.
    pub adapters: &'a mut Adapters,
    /// Where they are kept.
    pub store: Option<&'a mut Store>,
    /// Who is shown copies of them.
    pub feed: Option<&'a mut Feed>,
    /// When it ends by itself.
    pub limits: Limits,
}

/// Who follows a capture while it runs.
pub trait Watcher {
    /// Called before each wait, four times a second at least, with the number of frames so far; `false` ends the capture.
    fn tick(&mut self, frames: u64) -> bool;

    /// Called when something has become of an adapter.
    fn news(&mut self, news: News);
}

/// What became of a capture.
#[derive(Debug)]
pub struct Outcome {
    /// Why it ended.
    pub end: End,
    /// What the kernel counted on each adapter.
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
    /// Captures until a limit, a signal or a failure ends it. The file is flushed at the end, but not finished.
    pub fn run(&mut self, signals: &Signals, watcher: &mut dyn Watcher) -> Outcome {
        let mut progress = Progress::default();
        let end = self.until_the_end(signals, watcher, &mut progress).unwrap_or_else(|failed| failed);
        let end = match end {
            End::Signal | End::Limit => self.drain(&mut progress).err().unwrap_or(end),
            failed => failed,
        };
        let end = match end {
            // What is wrong with the file is known already.
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
            if self.adapters.wait(signals.as_fd(), longest).map_err(End::Live)? {
                return Ok(End::Signal);
            }
            self.take(progress, false)?;
            self.adapters.news().into_iter().for_each(|news| watcher.news(news));
            if let Some(error) = self.adapters.failure() {
                // None can come any more that is earlier.
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

    /// Frames that may be taken at once before a limit is reached.
    fn room(&self, progress: &Progress) -> usize {
        let rest = self.limits.frames.map_or(u64::MAX, |limit| limit.saturating_sub(progress.taken));
        // Any frame may be the last one that a file takes.
        let most = match &self.store {
            Some(store) if store.is_complete() => 0,
            Some(store) if store.may_complete() => 1,
            _ => AT_ONCE as u64,
        };
        rest.min(most) as usize
    }

    /// Takes the frames that are ready, `all` of them also where earlier ones might still come; their number.
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

    /// Takes the frames that arrived before the end and still lie in the kernel's buffer.
    fn drain(&mut self, progress: &mut Progress) -> Result<(), End> {
        let (begun, now) = (Instant::now(), now());
        if self.room(progress) > 0 {
            // The kernel hands over what it has gathered once its own timeout is over.
            std::thread::sleep(GATHER * 2);
        }
        while self.take(progress, true)? > 0 && progress.last < Some(now) && begun.elapsed() < DRAIN {}
        Ok(())
    }

    /// Takes the frames that arrived before the file failed, so that all that are lost are counted.
    fn count_lost(&mut self, progress: &mut Progress, error: CaptureError) -> End {
        self.store = None;
        // What fails now besides does not count: the capture has ended.
        let _ = self.drain(progress);
        End::File(error)
    }

    /// Hands on what was written, and begins the next file where this one has been open long enough.
    fn flush(&mut self) -> Result<(), CaptureError> {
        // libpcap's counters have 32 bits: looked at often enough, they cannot wrap unseen.
        let counted = self.adapters.statistics();
        self.store.as_mut().map_or(Ok(()), |store| store.flush(counted))
    }
}

/// How far a capture is.
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
