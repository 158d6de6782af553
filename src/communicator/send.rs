//! Sending: one message, one receipt, one deadline.

use super::Settings;
use super::framing::{Receipt, Verdict, visible};
use super::no_connection::NoConnection;
use super::patience::with_sign_of_life;
use super::prompt::Console;
use super::wait::{Interrupt, Stop};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

/// How sending a message ended.
#[derive(Debug)]
pub enum Outcome {
    /// The receiver answered with the marker.
    Confirmed,
    /// The connection opened, but no receipt came; the message may have arrived.
    Unconfirmed(NoReceipt),
    /// No connection opened.
    NotSent(NoConnection),
}

/// Why there was no receipt.
#[derive(Debug, thiserror::Error)]
pub enum NoReceipt {
    /// The answer is not the marker.
    #[error(
        "{from} answered \"{}\" instead of the receipt {marker}: the program there echoes or confirms in another \
         way. Look at what it sends once a message has arrived.",
        excerpt(answer)
    )]
    Wrong {
        /// Address of the receiver.
        from: Ipv4Addr,
        /// The answer, as far as it had come at once.
        answer: Vec<u8>,
        /// The marker, which should have come.
        marker: String,
    },
    /// The other side closed the connection first.
    #[error(
        "{from} closed the connection {}. The message may have arrived: look at what the receiver shows.",
        without(answer)
    )]
    Closed {
        /// Address of the receiver.
        from: Ipv4Addr,
        /// The part of the marker that had come.
        answer: Vec<u8>,
    },
    /// The other side reset the connection.
    #[error(
        "{from} reset the connection {}: the program there ended, or closed before it had read everything. Look \
         there for its error.",
        without(answer)
    )]
    Reset {
        /// Address of the receiver.
        from: Ipv4Addr,
        /// The part of the marker that had come.
        answer: Vec<u8>,
    },
    /// The deadline passed.
    #[error(
        "Connected, but {from} did not confirm within {} s{}. Check that the program there is a receiver that \
         answers {marker}.",
        timeout.as_secs_f64(),
        so_far(answer)
    )]
    Deadline {
        /// Address of the receiver.
        from: Ipv4Addr,
        /// The part of the marker that had come.
        answer: Vec<u8>,
        /// How long this side waited, from the first connection attempt.
        timeout: Duration,
        /// The marker, which should have come.
        marker: String,
    },
    /// The user pressed Ctrl-C.
    #[error(
        "Stopped before {from} confirmed. The message may have arrived: look at what the receiver shows."
    )]
    Interrupted {
        /// Address of the receiver.
        from: Ipv4Addr,
    },
    /// Anything else that the system reports.
    #[error(
        "The connection to {from} failed: {error}. The message may have arrived: look at what the receiver shows."
    )]
    Other {
        /// Address of the receiver.
        from: Ipv4Addr,
        /// What the system said.
        error: io::Error,
    },
}

/// The beginning of an answer, short enough for a line.
fn excerpt(answer: &[u8]) -> String {
    const MOST: usize = 40;
    let text = visible(answer).replace('\n', "\\n").replace('\t', "\\t");
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn without(answer: &[u8]) -> String {
    if answer.is_empty() {
        "without a receipt".into()
    } else {
        format!("in the middle of the receipt, after \"{}\"", excerpt(answer))
    }
}

fn so_far(answer: &[u8]) -> String {
    if answer.is_empty() { String::new() } else { format!(" (it answered \"{}\" so far)", excerpt(answer)) }
}

/// Sends `message` to `to`, and prints and returns the outcome.
///
/// # Errors
/// If the dialogue's output fails. Failures on the network are an [`Outcome`].
pub fn send(console: &mut Console, settings: &Settings, to: Ipv4Addr, message: &str) -> io::Result<Outcome> {
    console.say("Sending.")?;
    let waiting = |left: u64| format!("labkit: waiting for {to}, {left} s left (Ctrl-C stops)");
    let interrupt = console.interrupt();
    let outcome = with_sign_of_life(settings.timeout, &waiting, || deliver(interrupt, settings, to, message));
    let (line, reason, interrupted) = match &outcome {
        Outcome::Confirmed => ("Message sent successfully.", None, false),
        Outcome::Unconfirmed(why) => {
            ("Message receipt failed.", Some(why.to_string()), matches!(why, NoReceipt::Interrupted { .. }))
        }
        Outcome::NotSent(why) => (
            "Message sending error. Message not sent.",
            Some(why.to_string()),
            matches!(why, NoConnection::Interrupted(_)),
        ),
    };
    if interrupted {
        console.leave_echo()?;
    }
    console.say(line)?;
    if let Some(reason) = reason {
        let advice = if interrupted { String::new() } else { advice(&outcome, settings, to) };
        console.note(&format!("{reason}{advice}"));
    }
    Ok(outcome)
}

/// A sentence with the command that finds out more about a failure, which follows the reason in the same line.
fn advice(outcome: &Outcome, settings: &Settings, to: Ipv4Addr) -> String {
    let port = if settings.port == 65_432 { String::new() } else { format!(" --port {}", settings.port) };
    match outcome {
        Outcome::NotSent(_) => {
            format!(
                " `labkit doctor --peer {to}{port}` finds what stands in the way, on this machine and on the way there."
            )
        }
        _ => {
            format!(
                " `labkit probe {to}{port}` tries what the program there does with messages of all kinds."
            )
        }
    }
}

fn deliver(interrupt: &Interrupt, settings: &Settings, to: Ipv4Addr, message: &str) -> Outcome {
    let deadline = Instant::now() + settings.timeout;
    let address = SocketAddrV4::new(to, settings.port);
    let stream = match interrupt.reach_until(address, deadline, settings.timeout) {
        Ok(stream) => stream,
        Err(why) => return Outcome::NotSent(why),
    };
    let exchange = Exchange { interrupt, settings, from: to, stream: &stream };
    let result = match interrupt.write(&stream, message.as_bytes(), deadline) {
        Ok(()) => exchange.receipt(deadline),
        // The connection broke while sending, but a receipt may have come before, which Linux keeps readable.
        Err(Stop::Failed(error)) => match exchange.receipt(Instant::now()) {
            Ok(()) => Ok(()),
            Err(_) => Err(exchange.failed(Stop::Failed(error), Vec::new())),
        },
        Err(stop) => Err(exchange.failed(stop, Vec::new())),
    };
    match result {
        Ok(()) => Outcome::Confirmed,
        Err(why) => Outcome::Unconfirmed(why),
    }
}

/// A connection over which a message was sent.
struct Exchange<'a> {
    interrupt: &'a Interrupt,
    settings: &'a Settings,
    from: Ipv4Addr,
    stream: &'a TcpStream,
}

impl Exchange<'_> {
    /// Waits for the receipt, and returns as soon as the verdict is certain.
    fn receipt(&self, deadline: Instant) -> Result<(), NoReceipt> {
        let mut receipt = Receipt::new(self.settings.marker.as_bytes());
        let mut buffer = [0; 512];
        loop {
            let room = receipt.missing().min(buffer.len());
            let room = buffer.get_mut(..room).unwrap_or_default();
            let read = match self.interrupt.read(self.stream, room, deadline) {
                Ok(0) => return Err(NoReceipt::Closed { from: self.from, answer: receipt.into_bytes() }),
                Ok(read) => read,
                Err(stop) => return Err(self.failed(stop, receipt.into_bytes())),
            };
            match receipt.push(room.get(..read).unwrap_or_default()) {
                Verdict::Pending => {}
                Verdict::Confirmed => {
                    self.take_what_is_there(&mut Vec::new());
                    return Ok(());
                }
                Verdict::Wrong => {
                    let mut answer = receipt.into_bytes();
                    self.take_what_is_there(&mut answer);
                    let marker = self.settings.marker.clone();
                    return Err(NoReceipt::Wrong { from: self.from, answer, marker });
                }
            }
        }
    }

    /// Reads, without waiting, further bytes that the other side has sent: to show them, and because closing with
    /// bytes unread would reset the connection.
    fn take_what_is_there(&self, answer: &mut Vec<u8>) {
        let mut buffer = [0; 16_384];
        for _ in 0..4 {
            match self.interrupt.read(self.stream, &mut buffer, Instant::now()) {
                Ok(read @ 1..) => answer.extend_from_slice(buffer.get(..read).unwrap_or_default()),
                _ => return,
            }
        }
    }

    fn failed(&self, stop: Stop, answer: Vec<u8>) -> NoReceipt {
        let (from, marker) = (self.from, self.settings.marker.clone());
        match stop {
            Stop::Deadline => NoReceipt::Deadline { from, answer, timeout: self.settings.timeout, marker },
            Stop::Interrupted => NoReceipt::Interrupted { from },
            Stop::Failed(error) => match error.kind() {
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => NoReceipt::Reset { from, answer },
                _ => NoReceipt::Other { from, error },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_quoted_on_one_short_line_and_cannot_drive_the_terminal() {
        assert_eq!(excerpt(b"a\n\x1b[2Jb"), "a\\n\\x1b[2Jb");
        assert_eq!(excerpt("€".repeat(41).as_bytes()), format!("{}…", "€".repeat(40)));
    }
}
