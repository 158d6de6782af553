//! Waiting for what is to happen, and for no time.

use std::time::{Duration, Instant};

/// Far beyond what a busy machine needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Calls `ready` until it gives something; panics with `what` when it never does.
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
