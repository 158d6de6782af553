//! Ctrl-C and standard input on Windows.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};

/// An input that can be polled. On Windows only sockets can, so a thread reads standard input and passes it on.
pub(in crate::communicator) type Input = TcpStream;

/// Standard input.
pub(in crate::communicator) fn standard_input() -> io::Result<Input> {
    let (ours, mut theirs) = pair()?;
    std::thread::Builder::new().name("input".into()).spawn(move || {
        // If the reader is gone, no more input is needed.
        let _ = io::copy(&mut io::stdin().lock(), &mut theirs);
    })?;
    Ok(ours)
}

/// The presses of Ctrl-C that have come.
#[derive(Debug)]
pub(super) struct Signals {
    /// Becomes readable at Ctrl-C.
    pipe: TcpStream,
}

/// The sockets that become readable at Ctrl-C. The handler is installed once and serves all.
static HEARERS: Mutex<Vec<TcpStream>> = Mutex::new(Vec::new());

impl Signals {
    pub(super) fn install() -> io::Result<Signals> {
        let (pipe, handler) = pair()?;
        pipe.set_nonblocking(true)?;
        let mut hearers = HEARERS.lock().unwrap_or_else(PoisonError::into_inner);
        if hearers.is_empty() {
            ctrlc::set_handler(tell).map_err(io::Error::other)?;
        }
        hearers.push(handler);
        Ok(Signals { pipe })
    }

    /// Always false: Windows ends a program whose window is closed without a signal that could be caught.
    pub(super) fn is_ending(&self) -> bool {
        false
    }

    pub(super) fn pipe(&self) -> &TcpStream {
        &self.pipe
    }
}

/// Makes all sockets of waiting callers readable.
fn tell() {
    for hearer in HEARERS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let mut hearer = hearer;
        let _ = hearer.write(&[1]);
    }
}

/// The two ends of a connection within this process.
fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let ours = TcpStream::connect(door.local_addr()?)?;
    loop {
        // Another program may have connected to the listener, too.
        let (theirs, from) = door.accept()?;
        if from == ours.local_addr()? {
            return Ok((ours, theirs));
        }
    }
}

/// Whether the error means that the system has no socket or no memory left for another connection.
pub(in crate::communicator) fn is_shortage(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let errno = Errno::from_io_error(error);
    error.kind() == io::ErrorKind::OutOfMemory || matches!(errno, Some(Errno::MFILE | Errno::NOBUFS))
}
