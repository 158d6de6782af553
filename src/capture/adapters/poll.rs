//! Waits for frames, news and signals on systems where all of them have descriptors.

use super::Changes;
use crate::capture::live::Live;
use crate::capture::signals::Signals;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

/// Waits until there are frames or changes, a signal has come, or `longest` has passed. Returns whether a signal has come.
pub(super) fn wait<'l>(
    signals: &'l Signals,
    changes: Option<&'l Changes>,
    lives: impl Iterator<Item = &'l Live>,
    longest: Duration,
) -> io::Result<bool> {
    let fds = std::iter::once(signals.as_fd()).chain(changes.map(AsFd::as_fd)).chain(lives.map(AsFd::as_fd));
    let mut fds: Vec<PollFd<'_>> = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
    // The timeout is rounded up: rounded down, waiting for the rest of a millisecond would be a busy loop.
    let timeout = PollTimeout::try_from(longest + Duration::from_micros(999)).unwrap_or(PollTimeout::MAX);
    match poll(&mut fds, timeout) {
        Ok(_) | Err(Errno::EINTR) => Ok(fds.first().and_then(|fd| fd.any()).unwrap_or(false)),
        Err(errno) => Err(io::Error::other(errno.desc())),
    }
}
