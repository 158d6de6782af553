//! Signals that ask a capture to end, through a descriptor that can be polled.

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// While it exists, SIGINT and SIGTERM do not end the process: they make the descriptor readable.
pub struct Signals {
    pipe: UnixStream,
}

impl Signals {
    /// Takes over SIGINT and SIGTERM, even if the parent process left them ignored, as scripts do for background
    /// jobs; and SIGHUP unless it was ignored, as `nohup` does.
    ///
    /// # Errors
    /// If the system has no descriptors left.
    pub fn install() -> io::Result<Signals> {
        let (pipe, write) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if signal != SIGHUP || !is_ignored(signal) {
                signal_hook::low_level::pipe::register(signal, write.try_clone()?)?;
            }
        }
        Ok(Signals { pipe })
    }

    /// Discards the signals that have come so far, so that only a later one counts.
    pub fn forget(&self) {
        let mut buffer = [0; 64];
        while matches!((&self.pipe).read(&mut buffer), Ok(1..)) {}
    }

    /// Waits for a signal, at most `longest`, and returns whether one has come.
    pub fn wait(&self, longest: Duration) -> bool {
        let mut fds = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::try_from(longest).unwrap_or(PollTimeout::MAX)) {
            Ok(n) => n > 0,
            // The handler has written to the pipe by now, if it was one of ours.
            Err(Errno::EINTR) => self.wait(Duration::ZERO),
            Err(_) => false,
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

/// Whether this process was started with the signal ignored.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:")).map(str::trim);
    mask.and_then(|m| u64::from_str_radix(m, 16).ok()).is_some_and(|m| m & 1 << (signal - 1) != 0)
}
