//! A connection under trial: sending, reading until silence, closing, and noting how the other side ends.

use crate::communicator::{Interrupt, Stop};
use crate::text::{beginning, harmless};
use socket2::SockRef;
use std::io::ErrorKind;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// Silence after which the answer of the other side counts as complete.
pub(super) const QUIET: Duration = Duration::from_millis(300);
/// The time within which the other side must close when it should.
pub(super) const CLOSING: Duration = Duration::from_secs(2);
/// The most bytes that are kept of what the other side sends.
const MOST: usize = 1 << 16;

/// The state of the other side's direction of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It may send more.
    Open,
    /// It has closed.
    Closed,
    /// It has reset the connection.
    Reset,
}

/// A connection under trial, with the bytes that came over it.
pub(super) struct Connection<'a> {
    pub(super) interrupt: &'a Interrupt,
    pub(super) stream: TcpStream,
    pub(super) came: Vec<u8>,
    pub(super) end: End,
    /// Whether sending has reported a reset. The system reports it only once, and reading afterwards looks like a
    /// close.
    was_reset: bool,
}

impl<'a> Connection<'a> {
    pub(super) fn new(interrupt: &'a Interrupt, stream: TcpStream) -> Connection<'a> {
        // Without Nagle's algorithm, each piece is sent in its own segment, as the trial intends.
        let _ = stream.set_nodelay(true);
        Connection { interrupt, stream, came: Vec::new(), end: End::Open, was_reset: false }
    }

    /// Sends the bytes. A reset by the other side is noted and no error: bytes that it sent before can still be read.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        match self.interrupt.write(&self.stream, bytes, Instant::now() + CLOSING) {
            Err(Stop::Interrupted) => return Err(Stop::Interrupted),
            Err(Stop::Failed(error)) => self.was_reset |= is_reset(error.kind()),
            Err(Stop::Deadline) | Ok(()) => {}
        }
        Ok(())
    }

    /// Reads until `enough` is true for all bytes that came, the other side ends, or the time `until`.
    pub(super) fn read(&mut self, until: Instant, enough: impl Fn(&[u8]) -> bool) -> Result<(), Stop> {
        let mut buffer = [0; 4096];
        while self.end == End::Open && !enough(&self.came) {
            match self.interrupt.read(&self.stream, &mut buffer, until) {
                Ok(0) => self.end = if self.was_reset { End::Reset } else { End::Closed },
                Ok(read) => {
                    let room = MOST.saturating_sub(self.came.len());
                    self.came.extend(buffer.iter().take(read.min(room)));
                }
                Err(Stop::Deadline) => return Ok(()),
                Err(Stop::Interrupted) => return Err(Stop::Interrupted),
                Err(Stop::Failed(error)) if is_reset(error.kind()) => self.end = End::Reset,
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Reads until nothing has come for [`QUIET`], at most until `until`.
    pub(super) fn read_until_quiet(&mut self, until: Instant) -> Result<(), Stop> {
        while self.end == End::Open && Instant::now() < until {
            let had = self.came.len();
            self.read((Instant::now() + QUIET).min(until), |came| came.len() > had)?;
            if self.came.len() == had {
                break;
            }
        }
        Ok(())
    }

    /// Closes this side's direction of the connection.
    pub(super) fn close_own(&self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads until the other side closes or resets, at most for `time`. Returns how long that took.
    pub(super) fn until_closed(&mut self, time: Duration) -> Result<Duration, Stop> {
        let began = Instant::now();
        self.read(began + time, |_| false)?;
        Ok(began.elapsed())
    }

    /// Ends the connection with a RST.
    pub(super) fn reset(self) {
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }
}

/// Whether an error means that the other side has reset the connection.
pub(super) fn is_reset(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}

/// Bytes from the other side, quoted, escaped and shortened to one line.
pub(super) fn quoted(bytes: &[u8]) -> String {
    const SHOWN: usize = 48;
    let text = harmless(&String::from_utf8_lossy(bytes)).replace('\n', "\\n").replace('\t', "\\t");
    let shown = beginning(&text, SHOWN);
    let more = if shown.len() < text.len() { format!("… ({} bytes)", bytes.len()) } else { String::new() };
    format!("\"{shown}\"{more}")
}

/// A time in seconds with one decimal, such as `1.5 s`.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_reset_that_shows_when_something_is_sent_is_no_close() {
        let interrupt = Interrupt::install().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut wire = Connection::new(&interrupt, stream);
        // Dropping a listener resets the connections in its queue.
        drop(listener);
        wire.send(b"message").unwrap();
        wire.until_closed(CLOSING).unwrap();
        assert_eq!((wire.end, wire.came.len()), (End::Reset, 0));
    }

    #[test]
    fn what_came_is_quoted_on_one_harmless_line() {
        assert_eq!(quoted(b"#<<END>>#\n"), "\"#<<END>>#\\n\"");
        assert!(!quoted(b"\x1b[2J").contains('\u{1b}'));
        assert!(quoted(&[b'a'; 100]).ends_with("a\"… (100 bytes)"));
    }
}
