//! Waiting: for a connection, for bytes, for input or for Ctrl-C, and never past a deadline.
//!
//! The only file of the communicator that calls the system by name (poll, connect, signals); the others read and
//! write through it. Another system needs another body for [`Interrupt`] and nothing else.

use super::no_connection::IcmpError;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddrV4, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Why a wait ended without what was waited for.
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

/// Ctrl-C, SIGTERM and SIGHUP as something that can be waited for together with a socket or an input.
#[derive(Debug)]
pub struct Interrupt {
    /// Becomes readable when a signal arrives: a handler may do little more than write a byte into a pipe.
    signals: UnixStream,
    /// Whether SIGTERM or SIGHUP was among them.
    ending: Arc<AtomicBool>,
}

impl Interrupt {
    /// Catches SIGINT and SIGTERM from now on, also where the parent process left them ignored (as shells do for jobs
    /// started with `&`), and SIGHUP unless it was ignored, which is what `nohup` asks for.
    ///
    /// # Errors
    /// When the system refuses a pipe or the handler.
    pub fn install() -> io::Result<Interrupt> {
        let (signals, handler) = UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        let ending = Arc::new(AtomicBool::new(false));
        for signal in ending_signals() {
            signal_hook::flag::register(signal, Arc::clone(&ending))?;
            signal_hook::low_level::pipe::register(signal, handler.try_clone()?)?;
        }
        signal_hook::low_level::pipe::register(SIGINT, handler)?;
        Ok(Interrupt { signals, ending })
    }

    /// Whether a signal came that ends the program, and not only what it is doing.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Connects to `to`; the stream that it returns is non-blocking.
    pub(crate) fn connect(&self, to: SocketAddrV4, deadline: Instant) -> Result<TcpStream, NotConnected> {
        let nothing_came = |error: Errno| NotConnected { stop: Stop::Failed(error.into()), icmp: None };
        let socket = nix::sys::socket::socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None)
            .map_err(nothing_came)?;
        let stream = TcpStream::from(socket);
        icmp::hear(&stream, true);
        self.wait_for_connection(&stream, to, deadline)
            .map_err(|stop| NotConnected { stop, icmp: icmp::heard(&stream) })?;
        // From here on an error on the way is for TCP to mend: it repeats what gets lost.
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
        match nix::sys::socket::connect(stream.as_raw_fd(), &SockaddrIn::from(to)) {
            Ok(()) | Err(Errno::EINPROGRESS | Errno::EINTR) => {}
            Err(error) => return Err(Stop::Failed(error.into())),
        }
        self.until(stream, PollFlags::POLLOUT, Some(deadline))?;
        if let Some(error) = stream.take_error()? {
            return Err(Stop::Failed(error));
        }
        // Where no program listens on an ephemeral port of this machine, TCP may connect a socket to itself.
        if stream.local_addr()? == stream.peer_addr()? {
            return Err(Stop::Failed(ErrorKind::ConnectionRefused.into()));
        }
        Ok(())
    }

    /// Reads what is there, at least one byte; 0 when the other side has closed its direction.
    pub(crate) fn read(
        &self,
        mut stream: &TcpStream,
        buffer: &mut [u8],
        deadline: Instant,
    ) -> Result<usize, Stop> {
        loop {
            self.until(stream, PollFlags::POLLIN, Some(deadline))?;
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
            self.until(stream, PollFlags::POLLOUT, Some(deadline))?;
            match stream.write(bytes) {
                Ok(0) => return Err(Stop::Failed(ErrorKind::WriteZero.into())),
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if again(&error) => {}
                Err(error) => return Err(Stop::Failed(error)),
            }
        }
        Ok(())
    }

    /// Reads what is there from an input that may be a pipe, a file or a terminal; 0 at its end.
    pub(crate) fn read_input(&self, mut input: &File, buffer: &mut [u8]) -> Result<usize, Stop> {
        loop {
            self.until(input, PollFlags::POLLIN, None)?;
            match input.read(buffer) {
                Err(error) if again(&error) => {}
                other => return Ok(other?),
            }
        }
    }

    /// Waits until `what` is ready.
    fn until(&self, what: &impl AsFd, ready: PollFlags, deadline: Option<Instant>) -> Result<(), Stop> {
        self.any(&[(what.as_fd(), ready)], deadline).map(|_| ())
    }

    /// Waits until at least one of `all` is ready for what is asked of it; which of them are. A Ctrl-C wins over
    /// readiness: a peer that never stops sending cannot hide it.
    pub(crate) fn any(
        &self,
        all: &[(BorrowedFd<'_>, PollFlags)],
        deadline: Option<Instant>,
    ) -> Result<Vec<bool>, Stop> {
        let signals = std::iter::once((self.signals.as_fd(), PollFlags::POLLIN));
        let mut fds: Vec<PollFd<'_>> =
            signals.chain(all.iter().copied()).map(|(fd, ready)| PollFd::new(fd, ready)).collect();
        loop {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            match nix::poll::poll(&mut fds, left.map_or(PollTimeout::NONE, round_up)) {
                Ok(_) => {}
                Err(Errno::EINTR) => continue,
                Err(error) => return Err(Stop::Failed(error.into())),
            }
            let ready: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(true)).collect();
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

    /// Empties the pipe: several signals in a row are one wish to stop.
    fn forget(&self) {
        let mut signals = &self.signals;
        while matches!(signals.read(&mut [0; 64]), Ok(1..)) {}
    }
}

/// ICMP errors, which Linux queues for the socket whose packet they quote (ip(7), `IP_RECVERR`).
#[cfg(target_os = "linux")]
mod icmp {
    use super::IcmpError;
    use nix::libc;
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, setsockopt, sockopt};
    use std::io::IoSliceMut;
    use std::net::TcpStream;
    use std::os::fd::AsRawFd;

    /// Whether errors are queued from now on. Where the system refuses, only its error numbers tell what happened.
    pub(super) fn hear(stream: &TcpStream, yes: bool) {
        let _ = setsockopt(stream, sockopt::Ipv4RecvErr, &yes);
    }

    /// The first ICMP error in the queue.
    pub(super) fn heard(stream: &TcpStream) -> Option<IcmpError> {
        let mut quoted = [0; 64];
        let mut buffers = [IoSliceMut::new(&mut quoted)];
        let mut space = nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in);
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let message =
            recvmsg::<SockaddrIn>(stream.as_raw_fd(), &mut buffers, Some(&mut space), flags).ok()?;
        message.cmsgs().ok()?.find_map(|control| match control {
            ControlMessageOwned::Ipv4RecvErr(error, Some(from))
                if error.ee_origin == libc::SO_EE_ORIGIN_ICMP =>
            {
                let from = SockaddrIn::from(from).ip();
                Some(IcmpError { from, kind: error.ee_type, code: error.ee_code })
            }
            _ => None,
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod icmp {
    use super::IcmpError;
    use std::net::TcpStream;

    pub(super) fn hear(_: &TcpStream, _: bool) {}

    pub(super) fn heard(_: &TcpStream) -> Option<IcmpError> {
        None
    }
}

/// The signals that end the program: SIGTERM, and SIGHUP unless this process was started with it ignored.
pub(crate) fn ending_signals() -> Vec<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    let mask = mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or(0);
    let ignored = |signal: i32| mask & 1 << (signal - 1) != 0;
    if ignored(SIGHUP) { vec![SIGTERM] } else { vec![SIGTERM, SIGHUP] }
}

/// The time left as poll takes it: whole milliseconds, rounded up so that it never ends before the deadline, and at
/// most a minute at a time.
fn round_up(left: Duration) -> PollTimeout {
    let milliseconds = left.as_nanos().div_ceil(1_000_000).min(60_000);
    PollTimeout::from(u16::try_from(milliseconds).unwrap_or(60_000))
}

/// Not an error, but a reason to wait again.
fn again(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{SocketAddr, TcpListener};

    #[test]
    fn a_deadline_is_never_rounded_down_to_now() {
        assert_eq!(round_up(Duration::from_nanos(1)), PollTimeout::from(1u16));
        assert_eq!(round_up(Duration::from_micros(1_001)), PollTimeout::from(2u16));
        assert_eq!(round_up(Duration::ZERO), PollTimeout::ZERO);
        assert_eq!(round_up(Duration::from_secs(86_400)), PollTimeout::from(60_000u16));
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
