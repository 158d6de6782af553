//! The time of a frame in relation to other frames.

use crate::dissect::FrameFacts;
use crate::frame::{FrameNo, Timestamp};

/// The frames from which times are counted, each by its time in nanoseconds since the epoch: the first, the previous
/// and the last displayed one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    first: Option<i64>,
    previous: i64,
    displayed: Option<i64>,
}

impl Clock {
    /// A clock after these frames: the first one of the capture, the previous one, and the last displayed one. Each
    /// is a time in nanoseconds since the epoch; `None` if there is no such frame.
    pub fn at(first: Option<i64>, previous: i64, displayed: Option<i64>) -> Clock {
        Clock { first, previous, displayed }
    }

    /// Notes that the last frame, of this time, was displayed.
    pub(super) fn display(&mut self, time: Option<Timestamp>) {
        self.displayed = time.map(|t| t.nanos());
    }

    /// Takes the time of the next frame, and returns that time in relation to earlier frames.
    pub fn tick(&mut self, no: FrameNo, time: Option<Timestamp>) -> FrameFacts {
        // A frame without a time (in a simple packet block of pcapng) gets the time of the frame before.
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
