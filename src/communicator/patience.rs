//! A countdown on the terminal while waiting for the other side; it is erased at the end.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The countdown begins after this time; most answers come sooner.
const AT_ONCE: Duration = Duration::from_secs(2);
/// How often the line changes.
const PACE: Duration = Duration::from_secs(1);

/// Does `work`, which ends after `timeout` at the latest, and meanwhile shows a line on standard error if that is a
/// terminal. `text` makes the line from the seconds that are left. The line is erased when `work` has ended.
pub(super) fn with_sign_of_life<T>(
    timeout: Duration,
    text: &(dyn Fn(u64) -> String + Sync),
    work: impl FnOnce() -> T,
) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    let deadline = Instant::now() + timeout;
    std::thread::scope(|scope| {
        let (done, ended) = channel();
        let counting = std::thread::Builder::new().name("patience".into());
        // If the thread cannot start, the wait goes on without a countdown.
        let _ = counting.spawn_scoped(scope, move || count_down(&ended, deadline, text, &mut io::stderr()));
        let result = work();
        drop(done);
        result
    })
}

/// Writes the line once a second until the other end of the channel is dropped, then erases it.
fn count_down(ended: &Receiver<()>, deadline: Instant, text: &dyn Fn(u64) -> String, out: &mut dyn Write) {
    let mut wait = AT_ONCE;
    while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        let left = deadline.saturating_duration_since(Instant::now()).as_secs();
        // A terminal that is gone must not fail the work.
        let _ = write!(out, "\r{}\x1b[K", text(left)).and_then(|()| out.flush());
        wait = PACE;
    }
    if wait == PACE {
        let _ = write!(out, "\r\x1b[K").and_then(|()| out.flush());
    }
}
