//! The packet list of a running capture. It has a thread of its own, so that a slow screen delays no frame.

use super::at_once::Prompt;
use super::input;
use crate::capture::Interface;
use crate::capture::handover::{Feed, handover};
use crate::capture::signals::Signals;
use crate::pump::{self, Gate, Nowhere, PumpError};
use crate::view::detail_pages::DetailPages;
use crate::view::list::List;
use crate::view::time::TimeFormat;
use std::io;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long to wait for the remaining rows after Ctrl-C has ended the capture.
const GRACE: Duration = Duration::from_secs(1);
/// The pause between two looks at the thread's progress.
const LOOK: Duration = Duration::from_millis(10);

/// A packet list that gets copies of frames. The gate `G` sees every packet and decides which ones are listed;
/// [`LiveList::finish`] returns it.
pub(crate) struct LiveList<G> {
    feed: Feed,
    thread: ListThread<G>,
}

/// How the packets are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// What the Time column counts from.
    pub(crate) time: TimeFormat,
    /// Whether their details are written.
    pub(crate) details: bool,
    /// Whether their bytes are written.
    pub(crate) bytes: bool,
}

/// The thread that writes rows.
type ListThread<G> = JoinHandle<(Result<(), PumpError>, G)>;

/// The result of a list.
pub(crate) struct Shown<G> {
    /// Number of rows that were not written, because the screen was too slow or the user did not wait.
    pub(crate) missing: u64,
    /// The gate; `None` if its thread still waits for the screen.
    pub(crate) gate: Option<G>,
}

impl<G: Gate + Send + 'static> LiveList<G> {
    /// Starts the thread that writes to standard output; without `form` nothing is written, but the gate sees all.
    pub(crate) fn start(
        interfaces: Vec<Interface>,
        mut gate: G,
        form: Option<Form>,
    ) -> io::Result<LiveList<G>> {
        let (feed, mut outlet) = handover(interfaces);
        let thread = std::thread::Builder::new().name("list".into()).spawn(move || {
            let screen = input::screen(false);
            let done = match form {
                Some(Form { details, bytes, .. }) if details || bytes => {
                    let inner = DetailPages::new(input::stdout(), details, bytes, screen.palette.is_some());
                    pump::run(&mut outlet, &mut gate, None, &mut Prompt { inner, at_once: false })
                }
                Some(Form { time, .. }) => {
                    let mut list = List::new(input::stdout(), time, screen);
                    pump::run(&mut outlet, &mut gate, None, &mut list)
                }
                None => pump::run(&mut outlet, &mut gate, None, &mut Nowhere),
            };
            (done, gate)
        })?;
        Ok(LiveList { feed, thread })
    }

    /// The feed that takes frames, and the thread that lists them.
    pub(crate) fn parts(&mut self) -> (&mut Feed, &ListThread<G>) {
        (&mut self.feed, &self.thread)
    }

    /// Waits until the remaining rows are written. A signal ends the wait; if the user is `hurried`, having ended the
    /// capture by a signal, it ends after [`GRACE`] as well.
    ///
    /// # Errors
    /// If standard output cannot be written, or if the list's thread has failed.
    pub(crate) fn finish(self, signals: &Signals, hurried: bool) -> io::Result<Shown<G>> {
        signals.forget();
        let patience = hurried.then(|| Instant::now() + GRACE);
        let tally = self.feed.close();
        while !self.thread.is_finished() {
            if signals.wait(LOOK) || patience.is_some_and(|end| Instant::now() >= end) {
                // The thread still waits for the screen; it ends with the process.
                return Ok(Shown { missing: tally.missing(), gate: None });
            }
        }
        match self.thread.join() {
            Ok((Ok(()), gate)) => Ok(Shown { missing: tally.missing(), gate: Some(gate) }),
            Ok((Err(PumpError::Output(error)), _)) => Err(error),
            Ok((Err(error), _)) => Err(io::Error::other(error)),
            Err(_) => Err(io::Error::other("the packet list failed; the frames in the file are complete")),
        }
    }
}
