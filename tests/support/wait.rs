//! Waiting for an event, and not for a fixed time.

use std::time::{Duration, Instant};

/// The longest wait, far beyond what a busy machine needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Calls `ready` until it returns `Some`, and returns the value; panics with `what` after [`PATIENCE`].
pub(crate) fn wait_until<T>(what: impl Fn() -> String, mut ready: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "in vain: {}", what());
        std::thread::sleep(Duration::from_millis(5));
    }
}
