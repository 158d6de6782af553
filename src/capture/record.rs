//! The way of live frames from the kernel to the disk. Writing never waits for a screen: the thread that shows frames
//! receives copies through a [`Feed`] and misses those that it is too slow for.

use super::live::{GATHER, Live, LiveError, Statistics};
use super::relay::Feed;
use super::signals::Signals;
use super::writer::FileWriter;
use super::{CaptureError, info};
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
    pub live: &'a mut Live,
    /// Where they are kept.
    pub file: Option<&'a mut FileWriter>,
    /// Who is shown copies of them.
    pub feed: Option<&'a mut Feed>,
    /// When it ends by itself.
    pub limits: Limits,
}

/// What became of a capture.
#[derive(Debug)]
pub struct Outcome {
    /// Why it ended.
    pub end: End,
    /// What the kernel counted.
    pub statistics: Statistics,
    /// Frames that were taken from the adapter.
    pub taken: u64,
    /// Frames that are in the file.
    pub written: u64,
    /// When it began.
    pub begin: Timestamp,
}

impl Outcome {
    /// What belongs into the file's statistics. Frames that the kernel dropped stand with those that the adapter dropped,
    /// too, because that is where other programs write and look for them.
    pub fn for_file(&self) -> info::Statistics {
        let counted = &self.statistics;
        info::Statistics {
            time: Some(now()),
            start: Some(self.begin),
            end: Some(now()),
            received: Some(counted.received),
            dropped: Some(counted.dropped + counted.dropped_by_adapter),
            accepted: Some(counted.received),
            os_dropped: Some(counted.dropped),
            delivered: Some(self.taken),
        }
    }
}

fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_parts(now.as_secs() as i64, i64::from(now.subsec_nanos()))
}

impl Recording<'_> {
    /// Captures until a limit, a signal or a failure ends it. `tick` is called before each wait, four times a second at
    /// least, with the number of frames so far; `false` ends the capture. The file is flushed at the end, but not finished.
    pub fn run(&mut self, signals: &Signals, tick: &mut dyn FnMut(u64) -> bool) -> Outcome {
        let (begin, mut progress) = (now(), Progress::default());
        let end = self.until_the_end(signals, tick, &mut progress).unwrap_or_else(|failed| failed);
        let end = match end {
            End::Signal | End::Limit => self.drain(&mut progress).err().unwrap_or(end),
            failed => failed,
        };
        let end = self.flush().err().map_or(end, End::File);
        let Progress { taken, written, .. } = progress;
        Outcome { end, statistics: self.live.statistics(), taken, written, begin }
    }

    fn until_the_end(
        &mut self,
        signals: &Signals,
        tick: &mut dyn FnMut(u64) -> bool,
        progress: &mut Progress,
    ) -> Result<End, End> {
        let deadline = self.limits.time.and_then(|t| Instant::now().checked_add(t));
        let mut flushed = Instant::now();
        while tick(progress.taken) {
            let longest = deadline.map_or(TICK, |d| d.saturating_duration_since(Instant::now()).min(TICK));
            if self.live.wait(signals.as_fd(), longest).map_err(End::Live)? {
                return Ok(End::Signal);
            }
            self.take(progress)?;
            if self.room(progress) == 0 || deadline.is_some_and(|d| Instant::now() >= d) {
                return Ok(End::Limit);
            }
            if flushed.elapsed() >= FLUSH {
                flushed = Instant::now();
                self.flush().map_err(End::File)?;
                // libpcap's counters have 32 bits: looked at often enough, they cannot wrap unseen.
                self.live.statistics();
            }
        }
        Ok(End::Abandoned)
    }

    /// Frames that may be taken at once before a limit is reached.
    fn room(&self, progress: &Progress) -> usize {
        let rest = self.limits.frames.map_or(u64::MAX, |limit| limit.saturating_sub(progress.taken));
        rest.min(AT_ONCE as u64) as usize
    }

    /// Takes the frames that are ready and returns their number.
    fn take(&mut self, progress: &mut Progress) -> Result<usize, End> {
        let room = self.room(progress);
        let (file, feed) = (&mut self.file, &mut self.feed);
        let mut failed = None;
        let taken = self.live.take(room, |frame| {
            progress.frame(frame);
            if let Some(file) = file
                && failed.is_none()
            {
                match file.frame(0, frame) {
                    Ok(()) => progress.written += 1,
                    Err(e) => failed = Some(e),
                }
            }
            if let Some(feed) = feed {
                feed.push(frame);
            }
        });
        if let Some(feed) = feed {
            feed.send();
        }
        match failed {
            Some(e) => Err(End::File(e)),
            None => taken.map_err(End::Live),
        }
    }

    /// Takes the frames that arrived before the end and still lie in the kernel's buffer.
    fn drain(&mut self, progress: &mut Progress) -> Result<(), End> {
        let (begun, now) = (Instant::now(), now());
        if self.room(progress) > 0 {
            // The kernel hands over what it has gathered once its own timeout is over.
            std::thread::sleep(GATHER * 2);
        }
        while self.take(progress)? > 0 && progress.last < Some(now) && begun.elapsed() < DRAIN {}
        Ok(())
    }

    fn flush(&mut self) -> Result<(), CaptureError> {
        self.file.as_mut().map_or(Ok(()), |file| file.flush())
    }
}

/// How far a capture is.
#[derive(Default)]
struct Progress {
    taken: u64,
    written: u64,
    last: Option<Timestamp>,
}

impl Progress {
    fn frame(&mut self, frame: &Frame<'_>) {
        self.taken += 1;
        self.last = frame.time;
    }
}
