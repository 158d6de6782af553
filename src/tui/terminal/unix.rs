//! The terminal's end, and the shell's job control, on Unix.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, raise};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;

/// Starts threads that call `end` with the number of the signal that ends the program, or when the terminal is gone.
/// Waiting for keys does not notice either.
pub(super) fn watch(end: fn(i32) -> !) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            end(signal);
        }
    })?;
    watch_for_hangup(end)
}

/// Suspends the program, until the shell continues it.
pub(super) fn suspend() -> io::Result<()> {
    Ok(raise(Signal::SIGTSTP)?)
}

/// Starts a thread that ends the program when the terminal is gone, even without a SIGHUP. To code that waits for
/// keys, such a terminal is always ready but never gives a key.
fn watch_for_hangup(end: fn(i32) -> !) -> io::Result<()> {
    let terminal = if io::stdin().is_terminal() {
        io::stdin().as_fd().try_clone_to_owned()?
    } else {
        File::open("/dev/tty")?.into()
    };
    std::thread::Builder::new().name("hangup".into()).spawn(move || {
        let over = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
        loop {
            // The poll waits for a hangup only.
            let mut watched = [PollFd::new(terminal.as_fd(), PollFlags::empty())];
            match poll(&mut watched, PollTimeout::NONE) {
                Err(nix::errno::Errno::EINTR) => {}
                Err(_) => return,
                Ok(_) if watched[0].revents().is_some_and(|events| events.intersects(over)) => end(SIGHUP),
                Ok(_) => {}
            }
        }
    })?;
    Ok(())
}
