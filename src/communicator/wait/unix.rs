//! Signals and standard input on Unix.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An input that can be polled: a pipe, a file or a terminal.
pub(in crate::communicator) type Input = File;

/// Standard input.
pub(in crate::communicator) fn standard_input() -> io::Result<Input> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// The signals that have come.
#[derive(Debug)]
pub(super) struct Signals {
    /// Becomes readable when a signal arrives: a handler may do little more than write a byte into a pipe.
    pipe: UnixStream,
    /// Whether SIGTERM or SIGHUP was among them.
    ending: Arc<AtomicBool>,
}

impl Signals {
    pub(super) fn install() -> io::Result<Signals> {
        let (pipe, handler) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let ending = Arc::new(AtomicBool::new(false));
        for signal in ending_signals() {
            signal_hook::flag::register(signal, Arc::clone(&ending))?;
            signal_hook::low_level::pipe::register(signal, handler.try_clone()?)?;
        }
        signal_hook::low_level::pipe::register(SIGINT, handler)?;
        Ok(Signals { pipe, ending })
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    pub(super) fn pipe(&self) -> &UnixStream {
        &self.pipe
    }
}

/// The signals that end the program: SIGTERM, and SIGHUP unless this process was started with it ignored.
pub(in crate::communicator) fn ending_signals() -> Vec<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    let mask = mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or(0);
    let ignored = |signal: i32| mask & 1 << (signal - 1) != 0;
    if ignored(SIGHUP) { vec![SIGTERM] } else { vec![SIGTERM, SIGHUP] }
}

/// Whether the error means that the system has no descriptor or no memory left for another connection.
pub(in crate::communicator) fn is_shortage(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM))
}
