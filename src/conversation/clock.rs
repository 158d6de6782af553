//! When a frame came, in relation to others.

use crate::dissect::FrameFacts;
use crate::frame::{FrameNo, Timestamp};

/// The times from which other times are counted, in nanoseconds since the epoch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    first: Option<i64>,
    previous: i64,
    displayed: Option<i64>,
}

impl Clock {
    /// A clock that has seen the first frame of the capture, the previous one and the one displayed before, each in
    /// nanoseconds since the epoch.
    pub fn at(first: Option<i64>, previous: i64, displayed: Option<i64>) -> Clock {
        Clock { first, previous, displayed }
    }

    /// Says that the last frame was displayed, which came then.
    pub(super) fn display(&mut self, time: Option<Timestamp>) {
        self.displayed = time.map(|t| t.nanos());
    }

    /// Takes the time of the next frame: when it came, in relation to those before it.
    pub fn tick(&mut self, no: FrameNo, time: Option<Timestamp>) -> FrameFacts {
        // A frame without a time, as a simple packet block has it, stands at the time of the one before.
        let now = time.map_or(self.previous, |t| t.nanos());
        let first = *self.first.get_or_insert(now);
        let previous = if no.0 == 1 { now } else { self.previous };
        self.previous = now;
        FrameFacts {
            time_relative: now.saturating_sub(first),
            time_delta: now.saturating_sub(previous),
            time_delta_displayed: self.displayed.map_or(0, |at| now.saturating_sub(at)),
        }
    }
}
