//! The adapters of one capture: their frames in the order of time, and changes of their state while it runs.

use super::interfaces::{self, ANY, State};
use super::live::{GATHER, Live, LiveError, Statistics};
use super::signals::Signals;
use super::{Interface, record};
use crate::frame::{Frame, FrameNo, Outline, Timestamp};
use std::time::Duration;
use system::Changes;
use waiting::wait;

/// How long a frame of one adapter waits for earlier ones of the others: the kernel hands each adapter's frames over
/// within [`GATHER`].
const HOLD: Duration = GATHER.saturating_mul(2);

#[cfg(target_os = "linux")]
#[path = "adapters/linux.rs"]
mod system;

#[cfg(not(target_os = "linux"))]
#[path = "adapters/unreported.rs"]
mod system;

#[cfg(unix)]
#[path = "adapters/poll.rs"]
mod waiting;

#[cfg(windows)]
#[path = "adapters/windows.rs"]
mod waiting;

/// A change that the system reports of an adapter.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
enum Change {
    /// The adapter with this number now has this name and state.
    Now(u32, String, State),
    /// The adapter with this number is gone.
    Gone(u32),
}

/// The adapters that are captured on at once.
pub struct Adapters {
    all: Vec<Adapter>,
    changes: Option<Changes>,
    /// Frames that wait until no earlier one can come. Empty if there is only one adapter.
    held: Vec<Held>,
    /// Number of frames that were handed out.
    frames: u64,
}

struct Adapter {
    live: Live,
    /// The kernel's number and the state seen last; `None` for `any`, which is not one adapter.
    known: Option<(u32, State)>,
    /// Why no more frames come from it.
    lost: Option<LiveError>,
    /// Whether [`Adapters::news`] has reported the loss.
    told: bool,
}

/// A frame that waits for its turn.
struct Held {
    time: Option<Timestamp>,
    outline: Outline,
    bytes: Vec<u8>,
}

/// News about an adapter.
#[derive(Debug)]
pub enum News {
    /// Its name and its new state; frames come again once it is up.
    State(String, State),
    /// It is lost, and other adapters are left; the text says why.
    Lost(String),
}

impl Adapters {
    /// These adapters; each gets its index as its number.
    pub fn new(lives: Vec<Live>) -> Adapters {
        let adapter = |(index, live): (usize, Live)| {
            let live = live.numbered(index as u32);
            let name = live.name();
            let found = (name != ANY).then(|| interfaces::find(&name)).flatten();
            Adapter { live, known: found.map(|found| (found.index, found.state)), lost: None, told: false }
        };
        // Without these messages, there is no news about an adapter that is switched off.
        let changes = Changes::listen();
        let all = lives.into_iter().enumerate().map(adapter).collect();
        Adapters { all, changes, held: Vec::new(), frames: 0 }
    }

    /// The adapters as a capture file describes them.
    pub fn interfaces(&self) -> Vec<Interface> {
        self.all.iter().map(|adapter| adapter.live.interface().clone()).collect()
    }

    /// Waits until there are frames or news, a signal has come, or `longest` has passed. Returns whether a signal has
    /// come.
    ///
    /// # Errors
    /// [`LiveError::Other`] when the system cannot wait.
    pub fn wait(&self, signals: &Signals, longest: Duration) -> Result<bool, LiveError> {
        let longest = if self.held.is_empty() { longest } else { longest.min(HOLD) };
        let present = self.all.iter().filter(|adapter| adapter.lost.is_none()).map(|adapter| &adapter.live);
        wait(signals, self.changes.as_ref(), present, longest).map_err(|error| {
            let interface = self.all.first().map(|adapter| adapter.live.name()).unwrap_or_default();
            LiveError::Other { interface, reason: error.to_string() }
        })
    }

    /// Hands out at most `most` of the frames that are ready, in the order of time, and returns their number. Never
    /// waits. With `all`, also frames that an earlier one of another adapter might still precede.
    ///
    /// [`Adapters::news`] reports the error of an adapter that is lost.
    pub fn take(&mut self, most: usize, all: bool, mut each: impl FnMut(&Frame<'_>)) -> usize {
        if let [only] = &mut self.all[..] {
            return only.take(most, each);
        }
        let mut safe = record::now().nanos() - HOLD.as_nanos() as i64;
        for adapter in &mut self.all {
            let (held, mut last) = (&mut self.held, None);
            let taken = adapter.take(most, |frame| {
                last = frame.time;
                held.push(Held { time: frame.time, outline: frame.outline(), bytes: frame.bytes.to_vec() });
            });
            // More frames of this adapter may be ready, and earlier than those of the others.
            if let Some(last) = last.filter(|_| taken == most) {
                safe = safe.min(last.nanos());
            }
        }
        // Frames with equal times stay in the order of the adapters.
        self.held.sort_by_key(|held| held.time);
        let ready =
            self.held.partition_point(|held| all || held.time.is_none_or(|time| time.nanos() <= safe));
        let ready = ready.min(most);
        for mut held in self.held.drain(..ready) {
            let adapter = self.all.get(held.outline.interface as usize);
            let origin = adapter.map(|a| super::handover::origin(a.live.interface())).unwrap_or_default();
            self.frames += 1;
            held.outline.no = FrameNo(self.frames);
            each(&held.outline.frame(origin, &held.bytes));
        }
        ready
    }

    /// The news about the adapters since the last call.
    pub fn news(&mut self) -> Vec<News> {
        let mut news = Vec::new();
        let changes: Vec<Change> = self.changes.iter().flat_map(Changes::take).collect();
        for change in changes {
            self.learn(change, &mut news);
        }
        if self.all.iter().any(|adapter| adapter.lost.is_none()) {
            for adapter in self.all.iter_mut().filter(|adapter| !adapter.told) {
                let error = adapter.lost.as_ref().map(LiveError::to_string);
                adapter.told = error.is_some();
                news.extend(error.map(News::Lost));
            }
        }
        news
    }

    fn learn(&mut self, change: Change, news: &mut Vec<News>) {
        let (Change::Now(number, ..) | Change::Gone(number)) = change;
        let known = |adapter: &&mut Adapter| adapter.known.is_some_and(|(index, _)| index == number);
        let Some(adapter) = self.all.iter_mut().find(known) else { return };
        let name = adapter.live.name();
        match change {
            Change::Gone(_) => adapter.lose("the adapter has gone".into()),
            Change::Now(_, other, _) if other != name => {
                adapter.lose(format!("the adapter is called '{other}' now"));
            }
            Change::Now(_, _, state) => {
                if adapter.known.is_some_and(|(_, before)| before != state) {
                    news.push(News::State(name, state));
                    adapter.known = Some((number, state));
                }
            }
        }
    }

    /// The error of the last adapter, if all are lost; else `None`.
    pub fn failure(&mut self) -> Option<LiveError> {
        let all_lost = self.all.iter().all(|adapter| adapter.lost.is_some());
        all_lost.then(|| self.all.iter_mut().rev().find_map(|adapter| adapter.lost.take())).flatten()
    }

    /// Whether an adapter is lost.
    pub fn has_lost_one(&self) -> bool {
        self.all.iter().any(|adapter| adapter.lost.is_some())
    }

    /// The kernel's counts of each adapter so far.
    pub fn statistics(&mut self) -> Vec<Statistics> {
        self.all.iter_mut().map(|adapter| adapter.live.statistics()).collect()
    }
}

impl Adapter {
    fn take(&mut self, most: usize, each: impl FnMut(&Frame<'_>)) -> usize {
        if self.lost.is_some() {
            return 0;
        }
        let taken = self.live.take(most, each);
        taken.unwrap_or_else(|error| {
            self.lost = Some(error);
            0
        })
    }

    /// Notes the loss, with the reason that the kernel gave, which is clearer than libpcap's error.
    fn lose(&mut self, reason: String) {
        let interface = self.live.name();
        self.lost = Some(LiveError::Lost { interface, reason });
    }
}
