//! Waits for a connection, for bytes, for input or for Ctrl-C, but never past a deadline.
//!
//! The other modules of the communicator read and write through it. The files in `wait/` hold what differs between
//! systems: signals and Ctrl-C, an input that can be polled, ICMP errors.

use super::no_connection::IcmpError;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::io::Errno;
use socket2::{Domain, SockRef, Socket, Type};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};
use system::Signals;
#[cfg(unix)]
pub(super) use system::ending_signals;
pub(super) use system::{Input, is_shortage, standard_input};

#[cfg(unix)]
#[path = "wait/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "wait/windows.rs"]
mod system;

#[cfg(target_os = "linux")]
#[path = "wait/icmp.rs"]
mod icmp;

#[cfg(not(target_os = "linux"))]
#[path = "wait/no_icmp.rs"]
mod icmp;

/// Polls for something to read, or a connection to accept.
pub(crate) fn reading(what: &impl AsFd) -> PollFd<'_> {
    PollFd::new(what, PollFlags::IN)
}

/// Polls for room to write, or for the end of a connection attempt.
pub(crate) fn writing(what: &impl AsFd) -> PollFd<'_> {
    PollFd::new(what, PollFlags::OUT)
}

/// Polls for a failure only.
pub(crate) fn resting(what: &impl AsFd) -> PollFd<'_> {
    PollFd::new(what, PollFlags::empty())
}

/// Why a wait ended without success.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The deadline passed.
    Deadline,
    /// Ctrl-C was pressed, or a signal asked for the end.
    Interrupted,
    /// The system reported an error.
    Failed(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Failed(error)
    }
}

/// A connection attempt that failed.
#[derive(Debug)]
pub(crate) struct NotConnected {
    /// How it ended.
    pub(crate) stop: Stop,
    /// The ICMP error behind it, where one came and the system hands it on (Linux does).
    pub(crate) icmp: Option<IcmpError>,
}

/// Ctrl-C, SIGTERM and SIGHUP, in a form that can be polled together with a socket or an input.
#[derive(Debug)]
pub struct Interrupt {
    signals: Signals,
}

impl Interrupt {
    /// Catches the signals that end a program from now on: SIGINT (Ctrl-C) and SIGTERM, even if the parent process
    /// left them ignored, as shells do for jobs started with `&`; and SIGHUP unless it was ignored, as `nohup` does.
    ///
    /// # Errors
    /// If the system refuses a pipe or the handler.
    pub fn install() -> io::Result<Interrupt> {
        Ok(Interrupt { signals: Signals::install()? })
    }

    /// Whether a signal came that ends the whole program, and not only the current action.
    pub(crate) fn is_ending(&self) -> bool {
        self.signals.is_ending()
    }

    /// Connects to `to`; the stream that it returns is non-blocking.
    pub(crate) fn connect(&self, to: SocketAddrV4, deadline: Instant) -> Result<TcpStream, NotConnected> {
        let nothing_came = |error| NotConnected { stop: Stop::Failed(error), icmp: None };
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).map_err(nothing_came)?;
        let stream = TcpStream::from(socket);
        icmp::hear(&stream, true);
        self.wait_for_connection(&stream, to, deadline)
            .map_err(|stop| NotConnected { stop, icmp: icmp::heard(&stream) })?;
        // After connecting, ICMP errors are left to TCP, which retransmits lost segments.
        icmp::hear(&stream, false);
        Ok(stream)
    }

    fn wait_for_connection(
        &self,
        stream: &TcpStream,
        to: SocketAddrV4,
        deadline: Instant,
    ) -> Result<(), Stop> {
        stream.set_nonblocking(true)?;
        match SockRef::from(stream).connect(&SocketAddr::V4(to).into()) {
            Err(error) if !is_under_way(&error) => return Err(Stop::Failed(error)),
            _ => {}
        }
        self.until(writing(stream), Some(deadline))?;
        if let Some(error) = stream.take_error()? {
            return Err(Stop::Failed(error));
        }
        // If no program listens on an ephemeral port of this machine, TCP may connect a socket to itself. The check
        // uses the local address, because a connection that was reset meanwhile has no peer's address.
        if stream.local_addr()? == SocketAddr::from(to) {
            return Err(Stop::Failed(ErrorKind::ConnectionRefused.into()));
        }
        Ok(())
    }

    /// Waits for bytes and reads them. Returns their number, 0 if the other side has closed its direction.
    pub(crate) fn read(
        &self,
        mut stream: &TcpStream,
        buffer: &mut [u8],
        deadline: Instant,
    ) -> Result<usize, Stop> {
        loop {
            self.until(reading(&stream), Some(deadline))?;
            match stream.read(buffer) {
                Err(error) if again(&error) => {}
                other => return Ok(other?),
            }
        }
    }

    /// Writes all of `bytes`.
    pub(crate) fn write(
        &self,
        mut stream: &TcpStream,
        mut bytes: &[u8],
        deadline: Instant,
    ) -> Result<(), Stop> {
        while !bytes.is_empty() {
            self.until(writing(&stream), Some(deadline))?;
            match stream.write(bytes) {
                Ok(0) => return Err(Stop::Failed(ErrorKind::WriteZero.into())),
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if again(&error) => {}
                Err(error) => return Err(Stop::Failed(error)),
            }
        }
        Ok(())
    }

    /// Waits for bytes of a pipe, a file or a terminal, and reads them. Returns their number, 0 at the end.
    pub(crate) fn read_input(&self, mut input: &Input, buffer: &mut [u8]) -> Result<usize, Stop> {
        loop {
            self.until(reading(&input), None)?;
            match input.read(buffer) {
                Err(error) if again(&error) => {}
                other => return Ok(other?),
            }
        }
    }

    /// Waits until `what` is ready.
    fn until(&self, what: PollFd<'_>, deadline: Option<Instant>) -> Result<(), Stop> {
        self.any([what], deadline).map(|_| ())
    }

    /// Waits until at least one of `all` is ready, and returns which of them are. Ctrl-C goes before readiness, so a
    /// peer that never stops sending cannot hide it.
    pub(crate) fn any<'a>(
        &'a self,
        all: impl IntoIterator<Item = PollFd<'a>>,
        deadline: Option<Instant>,
    ) -> Result<Vec<bool>, Stop> {
        let mut fds: Vec<PollFd<'_>> = vec![reading(self.signals.pipe())];
        fds.extend(all);
        loop {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            match poll(&mut fds, left.map(round_up).as_ref()) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(Stop::Failed(error.into())),
            }
            let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
            match ready.split_first() {
                Some((true, _)) => {
                    self.forget();
                    return Err(Stop::Interrupted);
                }
                Some((false, rest)) if rest.contains(&true) => return Ok(rest.to_vec()),
                _ if left == Some(Duration::ZERO) => return Err(Stop::Deadline),
                _ => {}
            }
        }
    }

    /// Empties the pipe, so that several signals in a row count as one.
    fn forget(&self) {
        let mut signals = self.signals.pipe();
        while matches!(signals.read(&mut [0; 64]), Ok(1..)) {}
    }
}

/// The remaining time for poll: whole milliseconds, rounded up so that the wait does not end before the deadline, and
/// at most a minute.
fn round_up(left: Duration) -> Timespec {
    let milliseconds = left.as_nanos().div_ceil(1_000_000).min(60_000) as i64;
    Timespec { tv_sec: milliseconds / 1000, tv_nsec: (milliseconds % 1000 * 1_000_000) as _ }
}

/// Whether a connection attempt goes on in the background, so that the caller must wait for its end.
fn is_under_way(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::INPROGRESS | Errno::INTR | Errno::WOULDBLOCK))
}

/// Whether an error only means that the caller must wait again.
fn again(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_deadline_is_never_rounded_down_to_now() {
        let parts = |time| {
            let rounded = round_up(time);
            (rounded.tv_sec, rounded.tv_nsec)
        };
        assert_eq!(parts(Duration::from_nanos(1)), (0, 1_000_000));
        assert_eq!(parts(Duration::from_micros(1_001)), (0, 2_000_000));
        assert_eq!(parts(Duration::ZERO), (0, 0));
        assert_eq!(parts(Duration::from_secs(86_400)), (60, 0));
    }

    #[test]
    fn reading_ends_at_the_deadline_when_nothing_comes() {
        let interrupt = Interrupt::install().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let SocketAddr::V4(at) = listener.local_addr().unwrap() else { unreachable!("an IPv4 listener") };
        let stream = interrupt.connect(at, Instant::now() + Duration::from_secs(20)).unwrap();
        let deadline = Instant::now() + Duration::from_millis(30);
        assert!(matches!(interrupt.read(&stream, &mut [0; 8], deadline), Err(Stop::Deadline)));
        assert!(Instant::now() >= deadline);
    }
}
