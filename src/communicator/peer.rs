//! One connection of a receiver: takes a message, confirms it, and stays until the sender closes.
//!
//! No function here waits. The receiver's loop (`receive.rs`) calls when bytes have come or a deadline has passed, so
//! no peer delays another.

use super::Settings;
use super::floor::Floor;
use super::framing::{Incoming, Progress, Visible, visible};
use super::wait::{reading, writing};
use rustix::event::PollFd;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

/// Limits for a peer that was turned away: the bytes that are still read from it, and the time.
const LEAVING: (usize, Duration) = (4 << 20, Duration::from_secs(2));

/// The result of a message that a peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// It was shown and confirmed.
    Confirmed,
    /// It was shown and not confirmed; standard error says why.
    Unconfirmed,
}

/// A connection that was accepted.
pub(crate) struct Peer {
    no: u64,
    stream: TcpStream,
    from: SocketAddrV4,
    since: Instant,
    state: State,
}

enum State {
    /// Takes the message; with the times of its first and last byte so far, `None` before the first.
    Collecting(Incoming, Option<(Instant, Instant)>),
    /// Sends the receipt, `sent` bytes of which have been sent.
    Confirming { sent: usize, until: Instant, rest: Vec<u8>, closed: bool },
    /// Waits until the sender closes, and shows bytes that still come.
    Staying(Late, Instant),
    /// Was turned away. It reads on for a moment: closing with bytes unread would reset the connection, and to the
    /// sender the refusal would look like a crash.
    Leaving { left: usize, until: Instant },
    /// The connection is over.
    Gone,
}

/// Why a message ended.
enum End<'w> {
    /// The sender closed its side.
    Closed,
    /// It has all the characters that a message may have.
    Complete,
    /// Nothing more came for the quiet time.
    Quiet,
    /// More bytes than a message may have.
    TooLong,
    /// Bytes kept coming past the timeout, when a sender gives up.
    Endless,
    /// The connection broke.
    Failed(io::Error),
    /// The receiver ends the connection, for this reason.
    Dismissed(&'w str),
}

impl Peer {
    /// A connection that was just accepted. `stream` must be non-blocking, and `no` differ from every other peer's.
    pub(crate) fn new(no: u64, stream: TcpStream, from: SocketAddrV4, settings: &Settings) -> Peer {
        let incoming = Incoming::new(settings.max_chars, settings.max_bytes);
        Peer { no, stream, from, since: Instant::now(), state: State::Collecting(incoming, None) }
    }

    /// Prints the line that names the peer.
    pub(crate) fn announce(&self, floor: &mut Floor<'_>) -> io::Result<()> {
        floor.take(self.no, self.from)
    }

    /// The readiness of its socket that it waits for.
    pub(crate) fn wish(&self) -> PollFd<'_> {
        if matches!(self.state, State::Confirming { .. }) {
            writing(&self.stream)
        } else {
            reading(&self.stream)
        }
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.state, State::Gone)
    }

    /// The time since which it has sent nothing at all; `None` once a byte has come.
    pub(crate) fn silent_since(&self) -> Option<Instant> {
        matches!(self.state, State::Collecting(_, None)).then_some(self.since)
    }

    /// Whether its message is not over yet, or has not begun.
    pub(crate) fn is_collecting(&self) -> bool {
        matches!(self.state, State::Collecting(..))
    }

    /// The time since which it has its receipt but has not closed; `None` in other states.
    pub(crate) fn staying_since(&self) -> Option<Instant> {
        matches!(self.state, State::Staying(..)).then_some(self.since)
    }

    /// When [`Peer::expired`] is due.
    pub(crate) fn deadline(&self, settings: &Settings) -> Instant {
        match &self.state {
            State::Collecting(_, None) => self.since + settings.timeout,
            State::Collecting(_, Some((first, last))) => {
                (*last + settings.quiet).min(*first + settings.timeout + settings.quiet)
            }
            State::Confirming { until, .. } | State::Staying(_, until) | State::Leaving { until, .. } => {
                *until
            }
            State::Gone => self.since,
        }
    }

    /// Reads or writes after its socket became ready. `buffer` is scratch space for reading. Returns the result of a
    /// message that ends now, else `None`.
    ///
    /// # Errors
    /// If the dialogue's output fails. A failure on the network ends this peer only.
    pub(crate) fn ready(
        &mut self,
        floor: &mut Floor<'_>,
        settings: &Settings,
        buffer: &mut [u8],
    ) -> io::Result<Option<Message>> {
        if matches!(self.state, State::Confirming { .. }) {
            return self.send_receipt(floor, settings);
        }
        // One byte above the limit shows that a message is too long; more need not be kept.
        let room = match &self.state {
            State::Collecting(incoming, _) => (settings.max_bytes + 1).saturating_sub(incoming.len()).max(1),
            _ => buffer.len(),
        };
        let room = room.min(buffer.len());
        let read = (&self.stream).read(buffer.get_mut(..room).unwrap_or_default());
        let bytes = match read {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Ok(None);
            }
            Err(error) => return self.ended(floor, settings, End::Failed(error)),
            Ok(0) => return self.ended(floor, settings, End::Closed),
            Ok(read) => buffer.get(..read).unwrap_or_default(),
        };
        let end = match &mut self.state {
            State::Collecting(incoming, times) => {
                let now = Instant::now();
                *times = Some((times.map_or(now, |(first, _)| first), now));
                match incoming.push(bytes) {
                    Progress::Open => return Ok(None),
                    Progress::Complete => End::Complete,
                    Progress::TooLong => End::TooLong,
                }
            }
            State::Staying(late, _) => {
                late.show(floor, (self.no, self.from), bytes)?;
                if late.left > 0 {
                    return Ok(None);
                }
                floor.note(&format!(
                    "{} does not stop sending: the connection is closed here.",
                    self.from.ip()
                ))?;
                self.state = State::Gone;
                return Ok(None);
            }
            State::Leaving { left, .. } => {
                *left = left.saturating_sub(bytes.len());
                if *left == 0 {
                    self.state = State::Gone;
                }
                return Ok(None);
            }
            State::Confirming { .. } | State::Gone => return Ok(None),
        };
        self.ended(floor, settings, end)
    }

    /// Ends the state whose deadline has passed.
    ///
    /// # Errors
    /// As [`Peer::ready`].
    pub(crate) fn expired(
        &mut self,
        floor: &mut Floor<'_>,
        settings: &Settings,
    ) -> io::Result<Option<Message>> {
        let waited = settings.timeout.as_secs_f64();
        match &self.state {
            State::Collecting(_, None) => {
                let silent = format!("connected but sent nothing within {waited} s");
                self.nothing_came(floor, &silent)
            }
            State::Collecting(_, Some((_, last))) if last.elapsed() >= settings.quiet => {
                self.ended(floor, settings, End::Quiet)
            }
            State::Collecting(..) => self.ended(floor, settings, End::Endless),
            State::Confirming { .. } => self.not_confirmed(floor, "it does not read"),
            State::Staying(..) => {
                floor.note(&format!("{} did not close the connection within {waited} s.", self.from.ip()))?;
                self.state = State::Gone;
                Ok(None)
            }
            State::Leaving { .. } | State::Gone => {
                self.state = State::Gone;
                Ok(None)
            }
        }
    }

    /// Ends the connection for the reason `why`. A message that has begun is shown, but not confirmed.
    ///
    /// # Errors
    /// As [`Peer::ready`].
    pub(crate) fn dismiss(
        &mut self,
        floor: &mut Floor<'_>,
        settings: &Settings,
        why: &str,
    ) -> io::Result<Option<Message>> {
        match &self.state {
            State::Collecting(_, None) => {
                floor.note(&format!("{} was turned away, having sent nothing: {why}.", self.from))?;
                self.state = State::Gone;
                Ok(None)
            }
            State::Collecting(..) => self.ended(floor, settings, End::Dismissed(why)),
            State::Confirming { .. } => self.not_confirmed(floor, why),
            State::Staying(..) | State::Leaving { .. } | State::Gone => {
                self.state = State::Gone;
                Ok(None)
            }
        }
    }

    /// Ends the message for this reason.
    fn ended(
        &mut self,
        floor: &mut Floor<'_>,
        settings: &Settings,
        end: End<'_>,
    ) -> io::Result<Option<Message>> {
        match std::mem::replace(&mut self.state, State::Gone) {
            State::Collecting(incoming, _) if incoming.is_empty() => {
                let silent = match &end {
                    End::Failed(error) if error.kind() == ErrorKind::ConnectionReset => {
                        "reset the connection without sending anything".to_owned()
                    }
                    End::Failed(error) => format!("sent nothing, the connection failed ({error})"),
                    _ => "closed the connection without sending anything".to_owned(),
                };
                self.nothing_came(floor, &silent)
            }
            State::Collecting(incoming, _) => self.conclude(floor, settings, incoming, end),
            State::Staying(late, _) => {
                late.finish(floor)?;
                Ok(None)
            }
            State::Confirming { .. } | State::Leaving { .. } | State::Gone => Ok(None),
        }
    }

    fn nothing_came(&mut self, floor: &mut Floor<'_>, silent: &str) -> io::Result<Option<Message>> {
        floor.note(&format!("{} {silent}: nothing to confirm, waiting for the next.", self.from.ip()))?;
        self.state = State::Gone;
        Ok(None)
    }

    /// Shows a message, and begins to confirm it if it ended as a message should.
    fn conclude(
        &mut self,
        floor: &mut Floor<'_>,
        settings: &Settings,
        incoming: Incoming,
        end: End<'_>,
    ) -> io::Result<Option<Message>> {
        let (message, rest) = incoming.into_parts();
        floor.take(self.no, self.from)?;
        floor.label("Message:")?;
        floor.text(&(visible(&message) + "\n"))?;
        let (problem, polite) = match &end {
            End::Closed | End::Complete | End::Quiet => {
                let until = Instant::now() + settings.timeout;
                self.state = State::Confirming { sent: 0, until, rest, closed: matches!(end, End::Closed) };
                return self.send_receipt(floor, settings);
            }
            End::TooLong => {
                let (bytes, characters) = (settings.max_bytes, settings.max_chars);
                let why = format!(
                    "the message takes more than {bytes} bytes, the most that {characters} characters can take; \
                     this is its beginning"
                );
                (why, true)
            }
            End::Endless => {
                let waited = settings.timeout.as_secs_f64();
                let why = format!(
                    "the message of {} was not over after {waited} s, when a sender gives up; this is its beginning",
                    self.from.ip()
                );
                (why, true)
            }
            End::Failed(error) => (format!("{} broke the connection off ({error})", self.from.ip()), false),
            End::Dismissed(why) => ((*why).to_owned(), true),
        };
        floor.note(&format!("Not confirmed: {problem}."))?;
        if polite && self.stream.shutdown(Shutdown::Write).is_ok() {
            let (left, wait) = LEAVING;
            self.state = State::Leaving { left, until: Instant::now() + settings.timeout.min(wait) };
        }
        Ok(Some(Message::Unconfirmed))
    }

    /// Sends the rest of the receipt, as far as the socket has room.
    fn send_receipt(&mut self, floor: &mut Floor<'_>, settings: &Settings) -> io::Result<Option<Message>> {
        let State::Confirming { sent, rest, closed, .. } = &mut self.state else { return Ok(None) };
        let marker = settings.marker.as_bytes();
        match (&self.stream).write(marker.get(*sent..).unwrap_or_default()) {
            Ok(written) if written > 0 => *sent += written,
            Ok(_) => return self.not_confirmed(floor, "the connection takes nothing more"),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Ok(None);
            }
            Err(error) => return self.not_confirmed(floor, &error.to_string()),
        }
        if *sent < marker.len() {
            return Ok(None);
        }
        let (rest, closed) = (std::mem::take(rest), *closed);
        floor.take(self.no, self.from)?;
        floor.label("End of message.")?;
        let mut late = Late::new(settings.max_bytes);
        late.show(floor, (self.no, self.from), &rest)?;
        self.state = State::Staying(late, Instant::now() + settings.timeout);
        if closed {
            self.ended(floor, settings, End::Closed)?;
        }
        Ok(Some(Message::Confirmed))
    }

    fn not_confirmed(&mut self, floor: &mut Floor<'_>, why: &str) -> io::Result<Option<Message>> {
        let from = self.from.ip();
        floor.note(&format!("Not confirmed: the receipt could not be sent to {from}: {why}."))?;
        self.state = State::Gone;
        Ok(Some(Message::Unconfirmed))
    }
}

/// Bytes that arrive after the receipt. They are shown with a warning, up to the length of a message.
struct Late {
    text: Visible,
    left: usize,
    warned: bool,
}

impl Late {
    fn new(most: usize) -> Late {
        Late { text: Visible::default(), left: most, warned: false }
    }

    fn show(
        &mut self,
        floor: &mut Floor<'_>,
        (peer, from): (u64, SocketAddrV4),
        bytes: &[u8],
    ) -> io::Result<()> {
        if bytes.is_empty() || self.left == 0 {
            return Ok(());
        }
        if !std::mem::replace(&mut self.warned, true) {
            floor.note(&format!(
                "Warning: more came after the end of the message. {} sent it, and the receipt does not cover it: the \
                 message was too long, or paused for too long (see --quiet-ms).",
                from.ip()
            ))?;
        }
        let bytes = bytes.get(..self.left).unwrap_or(bytes);
        self.left -= bytes.len();
        floor.take(peer, from)?;
        floor.text(&self.text.push(bytes))
    }

    fn finish(self, floor: &mut Floor<'_>) -> io::Result<()> {
        floor.text(&self.text.finish())?;
        floor.end_line()
    }
}
