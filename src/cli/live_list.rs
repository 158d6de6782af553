//! The packet list of a running capture: a thread of its own, which may be as slow as the screen.

use super::input;
use crate::capture::live::Live;
use crate::capture::relay::{Feed, relay};
use crate::capture::signals::Signals;
use crate::pump::{self, Open, PumpError};
use crate::view::list::List;
use crate::view::time::TimeFormat;
use std::io;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long rows may still take to appear after the user said that it is enough.
const GRACE: Duration = Duration::from_secs(1);
/// How long to wait before looking again whether the thread has got on.
const LOOK: Duration = Duration::from_millis(10);

/// A list that is fed with copies of frames.
pub(crate) struct LiveList {
    feed: Feed,
    thread: JoinHandle<Result<(), PumpError>>,
}

impl LiveList {
    /// Starts the thread that writes to standard output.
    pub(crate) fn start(live: &Live) -> io::Result<LiveList> {
        let (feed, mut outlet) = relay(live.interface().clone());
        let thread = std::thread::Builder::new().name("list".into()).spawn(move || {
            let screen = input::screen(false);
            let mut list = List::new(input::stdout(), TimeFormat::Relative, screen);
            pump::run(&mut outlet, &mut Open, None, &mut list)
        })?;
        Ok(LiveList { feed, thread })
    }

    /// The end for the frames, and the thread.
    pub(crate) fn parts(&mut self) -> (&mut Feed, &JoinHandle<Result<(), PumpError>>) {
        (&mut self.feed, &self.thread)
    }

    /// Waits until the rows that are still due are written; a signal ends that, and where the `hurried` user has sent
    /// one already, so does a short grace. How many rows were not written.
    pub(crate) fn finish(self, signals: &Signals, hurried: bool) -> io::Result<u64> {
        signals.forget();
        let patience = hurried.then(|| Instant::now() + GRACE);
        let mut go_on = || !signals.wait(LOOK) && patience.is_none_or(|end| Instant::now() < end);
        let tally = self.feed.close();
        while !self.thread.is_finished() {
            if !go_on() {
                // The thread waits for a screen that does not take anything; it ends with the process.
                return Ok(tally.missing());
            }
        }
        match self.thread.join() {
            Ok(Ok(())) => Ok(tally.missing()),
            Ok(Err(PumpError::Output(error))) => Err(error),
            Ok(Err(PumpError::Capture(error))) => Err(io::Error::other(error)),
            Err(_) => Err(io::Error::other("the packet list failed; the frames in the file are complete")),
        }
    }
}
