//! Receiving: take a message until it is complete, confirm it, and wait for the sender to close.

use super::Settings;
use super::prompt::Console;
use super::wait::Stop;
use super::wire::{Incoming, Progress, Visible, visible};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// As much as one read takes: more than a message may have, so that a burst is seen as a whole.
const READ: usize = 65_536;

/// Why nothing can be received.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has the port.
    #[error(
        "cannot receive on port {port}: another program of this machine listens there already. End it (perhaps a \
         receiver in another window; `ss -ltnp` names it), or choose another port with --port on both sides",
        port = .0.port()
    )]
    PortTaken(SocketAddrV4),
    /// The address belongs to another machine.
    #[error("cannot receive on {}: it is no address of this machine; `labkit interfaces` lists those that are", .0.ip())]
    NotOurAddress(SocketAddrV4),
    /// A port below 1024 (on Linux) needs more rights.
    #[error(
        "cannot receive on port {port}: ports below 1024 are for programs with root's rights. Choose one from 1024 \
         to 65535 with --port, on both sides",
        port = .0.port()
    )]
    Privileged(SocketAddrV4),
    /// Anything else that the system reports.
    #[error("cannot receive on {0}: {1}. Try another port with --port, or another address with --bind")]
    Other(SocketAddrV4, io::Error),
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// It was shown and confirmed.
    Confirmed,
    /// It was shown, but not confirmed: too long, or its sender had gone.
    Unconfirmed,
    /// None came before Ctrl-C.
    None,
}

/// The result of waiting for one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// What came.
    pub message: Message,
    /// Whether somebody pressed Ctrl-C meanwhile.
    pub interrupted: bool,
}

/// Begins to listen on the settings' address and port. A port that was in use a moment ago can be had again at once.
///
/// # Errors
/// When the system does not give the address and port.
pub fn listen(settings: &Settings) -> Result<TcpListener, ListenError> {
    let at = SocketAddrV4::new(settings.bind, settings.port);
    let failed = |error| listen_error(error, at);
    // The standard library sets SO_REUSEADDR where it means just that, which is everywhere but on Windows.
    let listener = TcpListener::bind(at).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

fn listen_error(error: io::Error, at: SocketAddrV4) -> ListenError {
    match error.kind() {
        ErrorKind::AddrInUse => ListenError::PortTaken(at),
        ErrorKind::AddrNotAvailable => ListenError::NotOurAddress(at),
        ErrorKind::PermissionDenied if at.port() < 1024 => ListenError::Privileged(at),
        _ => ListenError::Other(at, error),
    }
}

/// Waits for a message, shows it and confirms it. Connections that close without a byte are reported and passed over.
///
/// # Errors
/// When the dialogue's output fails or the system cannot accept connections.
pub fn next_message(
    console: &mut Console,
    settings: &Settings,
    listener: &TcpListener,
) -> io::Result<Received> {
    loop {
        console.say(&format!("Waiting for message on port {}", settings.port))?;
        let (stream, from) = match console.interrupt().accept(listener) {
            Ok(connection) => connection,
            Err(Stop::Failed(error)) => {
                let text = format!("cannot accept a connection on port {}: {error}", settings.port);
                return Err(io::Error::other(text));
            }
            Err(Stop::Interrupted | Stop::Deadline) => {
                console.leave_echo()?;
                console.note("Stopped with Ctrl-C; no message came.");
                return Ok(Received { message: Message::None, interrupted: true });
            }
        };
        console.say(&format!("Connected by ({from})"))?;
        let connection = Connection { settings, stream, from };
        let (incoming, end) = connection.collect(console);
        if !incoming.is_empty() {
            return connection.conclude(console, incoming, end);
        }
        if matches!(end, End::Stopped(Stop::Interrupted)) {
            console.leave_echo()?;
            console.note(&format!("Stopped with Ctrl-C before {from} sent anything."));
            return Ok(Received { message: Message::None, interrupted: true });
        }
        console
            .note(&format!("{from} {}: nothing to confirm, waiting for the next.", silent(&end, settings)));
    }
}

/// Why a connection brought no byte.
fn silent(end: &End, settings: &Settings) -> String {
    match end {
        End::Stopped(Stop::Deadline) => {
            format!("connected but sent nothing within {} s", settings.timeout.as_secs_f64())
        }
        End::Stopped(Stop::Failed(error)) if error.kind() == ErrorKind::ConnectionReset => {
            "reset the connection without sending anything".into()
        }
        End::Stopped(Stop::Failed(error)) => format!("sent nothing, the connection failed ({error})"),
        _ => "closed the connection without sending anything".into(),
    }
}

/// Why collecting a message ended.
#[derive(Debug)]
enum End {
    /// The sender closed its side.
    Closed,
    /// All the characters that a message may have.
    Complete,
    /// More bytes than a message may have.
    TooLong,
    /// Silence (or the deadline, before the first byte), Ctrl-C or an error.
    Stopped(Stop),
}

struct Connection<'a> {
    settings: &'a Settings,
    stream: TcpStream,
    from: Ipv4Addr,
}

impl Connection<'_> {
    /// Takes what arrives until the message is over. One read is not enough: a long message comes in several
    /// segments.
    fn collect(&self, console: &Console) -> (Incoming, End) {
        let mut incoming = Incoming::new(self.settings.max_chars, self.settings.max_bytes);
        let mut buffer = vec![0; READ];
        let mut patience = self.settings.timeout;
        let end = loop {
            let deadline = Instant::now() + patience;
            let read = match console.interrupt().read(&self.stream, &mut buffer, deadline) {
                Ok(0) => break End::Closed,
                Ok(read) => read,
                Err(stop) => break End::Stopped(stop),
            };
            match incoming.push(buffer.get(..read).unwrap_or_default()) {
                Progress::Open => patience = self.settings.quiet,
                Progress::Complete => break End::Complete,
                Progress::TooLong => break End::TooLong,
            }
        };
        (incoming, end)
    }

    /// Shows a message, and confirms it if it ended as a message should.
    fn conclude(&self, console: &mut Console, incoming: Incoming, end: End) -> io::Result<Received> {
        let interrupted = matches!(end, End::Stopped(Stop::Interrupted));
        if interrupted {
            console.leave_echo()?;
        }
        let (message, rest) = incoming.into_parts();
        console.say("Message:")?;
        console.say(&visible(&message))?;
        let problem = match &end {
            End::Closed | End::Complete | End::Stopped(Stop::Deadline) => None,
            End::TooLong => Some(format!(
                "the message takes more than {} bytes, the most that {} characters can take; this is its beginning",
                self.settings.max_bytes, self.settings.max_chars
            )),
            End::Stopped(Stop::Interrupted) => Some("stopped with Ctrl-C before the message was over".into()),
            End::Stopped(Stop::Failed(error)) => {
                Some(format!("{} broke the connection off ({error})", self.from))
            }
        };
        if let Some(problem) = problem {
            console.note(&format!("Not confirmed: {problem}."));
            if matches!(end, End::TooLong) {
                self.turn_away(console);
            }
            return Ok(Received { message: Message::Unconfirmed, interrupted });
        }
        self.confirm(console, &rest, matches!(end, End::Closed))
    }

    /// Answers the receipt, and stays until the sender closes.
    fn confirm(&self, console: &mut Console, rest: &[u8], closed: bool) -> io::Result<Received> {
        let deadline = Instant::now() + self.settings.timeout;
        let marker = self.settings.marker.as_bytes();
        if let Err(stop) = console.interrupt().write(&self.stream, marker, deadline) {
            let why = match &stop {
                Stop::Deadline => "it does not read".into(),
                Stop::Interrupted => "stopped with Ctrl-C".into(),
                Stop::Failed(error) => error.to_string(),
            };
            console.note(&format!("Not confirmed: the receipt could not be sent to {}: {why}.", self.from));
            let interrupted = matches!(stop, Stop::Interrupted);
            return Ok(Received { message: Message::Unconfirmed, interrupted });
        }
        console.say("End of message.")?;
        let mut late = Late::new(self.settings.max_bytes);
        late.print(console, rest)?;
        let interrupted = !closed && self.wait_for_close(console, &mut late)?;
        late.finish(console)?;
        Ok(Received { message: Message::Confirmed, interrupted })
    }

    /// Reads until the sender closes, at most as long as the settings' timeout; whether Ctrl-C ended it.
    fn wait_for_close(&self, console: &mut Console, late: &mut Late) -> io::Result<bool> {
        let deadline = Instant::now() + self.settings.timeout;
        let mut buffer = vec![0; READ];
        loop {
            match console.interrupt().read(&self.stream, &mut buffer, deadline) {
                Ok(0) | Err(Stop::Failed(_)) => return Ok(false),
                Ok(read) => late.print(console, buffer.get(..read).unwrap_or_default())?,
                Err(Stop::Deadline) => {
                    let waited = self.settings.timeout.as_secs_f64();
                    console.note(&format!("{} did not close the connection within {waited} s.", self.from));
                    return Ok(false);
                }
                Err(Stop::Interrupted) => {
                    console.leave_echo()?;
                    return Ok(true);
                }
            }
            if late.full() {
                console.note(&format!("{} does not stop sending: the connection is closed here.", self.from));
                return Ok(false);
            }
        }
    }

    /// Closes towards a sender that has sent too much, and reads on for a moment: closing at once, with bytes
    /// unread, would reset the connection, and the sender could not tell a refusal from a crash.
    fn turn_away(&self, console: &Console) {
        let deadline = Instant::now() + self.settings.timeout.min(Duration::from_secs(2));
        let mut buffer = vec![0; READ];
        let mut left = 64 * READ;
        if self.stream.shutdown(std::net::Shutdown::Write).is_err() {
            return;
        }
        while let Ok(read @ 1..) = console.interrupt().read(&self.stream, &mut buffer, deadline) {
            left = left.saturating_sub(read);
            if left == 0 {
                return;
            }
        }
    }
}

/// What arrives after the receipt. It is shown with a warning, and only as much as a message may have.
struct Late {
    text: Visible,
    left: usize,
    /// Whether anything was printed, and whether that ended with a newline.
    printed: Option<bool>,
}

impl Late {
    fn new(most: usize) -> Late {
        Late { text: Visible::default(), left: most, printed: None }
    }

    fn full(&self) -> bool {
        self.left == 0
    }

    fn print(&mut self, console: &mut Console, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() || self.full() {
            return Ok(());
        }
        if self.printed.is_none() {
            console.note(
                "Warning: more came after the end of the message. It is not covered by the receipt: the message was \
                 too long, or paused for too long (see --quiet-ms).",
            );
        }
        let bytes = bytes.get(..self.left).unwrap_or(bytes);
        self.left -= bytes.len();
        let text = self.text.push(bytes);
        self.printed = Some(text.ends_with('\n') || (text.is_empty() && self.printed == Some(true)));
        console.print(&text)
    }

    fn finish(self, console: &mut Console) -> io::Result<()> {
        let rest = self.text.finish();
        match self.printed {
            None => Ok(()),
            Some(true) if rest.is_empty() => Ok(()),
            Some(_) => console.say(&rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_why_nothing_can_be_received_says_what_to_do() {
        let at = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 80);
        let text = |kind: ErrorKind| listen_error(kind.into(), at).to_string();
        assert!(text(ErrorKind::AddrInUse).contains("another program"));
        assert!(text(ErrorKind::AddrNotAvailable).contains("10.0.0.9: it is no address of this machine"));
        assert!(text(ErrorKind::PermissionDenied).contains("below 1024"));
        assert!(text(ErrorKind::OutOfMemory).contains("10.0.0.9:80"));
    }
}
