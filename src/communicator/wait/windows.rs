//! Ctrl-C and standard input on Windows.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};

/// An input that can be waited for. Only sockets can: a thread reads standard input and passes it on.
pub(in crate::communicator) type Input = TcpStream;

/// Standard input.
pub(in crate::communicator) fn standard_input() -> io::Result<Input> {
    let (ours, mut theirs) = pair()?;
    std::thread::Builder::new().name("input".into()).spawn(move || {
        // Where the reader has gone, nothing is waited for any more.
        let _ = io::copy(&mut io::stdin().lock(), &mut theirs);
    })?;
    Ok(ours)
}

/// The wishes to stop that have come.
#[derive(Debug)]
pub(super) struct Signals {
    /// Becomes readable at Ctrl-C.
    pipe: TcpStream,
}

/// Who hears of a Ctrl-C. The system knows one handler, which is installed once.
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

    /// Windows ends programs whose window is closed without asking them.
    pub(super) fn is_ending(&self) -> bool {
        false
    }

    pub(super) fn pipe(&self) -> &TcpStream {
        &self.pipe
    }
}

/// Tells everybody who waits.
fn tell() {
    for hearer in HEARERS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let mut hearer = hearer;
        let _ = hearer.write(&[1]);
    }
}

/// Two ends of a connection within this process.
fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let ours = TcpStream::connect(door.local_addr()?)?;
    loop {
        // Another program may have found the door, too.
        let (theirs, from) = door.accept()?;
        if from == ours.local_addr()? {
            return Ok((ours, theirs));
        }
    }
}

/// The system has no socket or no memory left for another connection.
pub(in crate::communicator) fn is_shortage(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let errno = Errno::from_io_error(error);
    error.kind() == io::ErrorKind::OutOfMemory || matches!(errno, Some(Errno::MFILE | Errno::NOBUFS))
}
