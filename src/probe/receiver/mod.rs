//! Trials of a receiver: labkit sends messages, and judges the answers.

mod diagnosis;

use super::connection::{CLOSING, Connection, End, QUIET, is_reset};
use super::{ProbeError, Report, Rules, Trial, Tried};
use crate::communicator::{Interrupt, NoConnection, Stop};
use diagnosis::diagnose;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

/// Pause between the two halves of a message.
const PAUSE: Duration = Duration::from_millis(200);
/// The pause between two attempts to reach a receiver that does not listen.
const LOOK: Duration = Duration::from_millis(100);

const CONFIRM: &str =
    "Receive: to show the sender that the message was received, send back #<<END>>#, and that alone.";
const LENGTH: &str =
    "Send: a message has at most 4096 characters. All of them belong to one message, which gets one receipt.";
const RESILIENT: &str = "Grading: resilience to user error, and no crashes.";

/// The possible reasons for a receiver that does not come back.
const AWAY: &str = "it is in its menu (choose to receive again), it takes one message and ends (start it again), or it crashed: \
     then there is a traceback; catch OSError around each connection, and go back to the menu";

/// How a message is sent, and how the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// At once; the connection stays open until the receipt.
    Whole,
    /// In two halves.
    Halves,
    /// At once, and closed without waiting for the receipt.
    CloseEarly,
    /// Half of it, and then a RST.
    Reset,
}

/// One trial: a message, and how it is sent.
struct Case {
    id: &'static str,
    what: &'static str,
    message: fn(&str) -> String,
    way: Way,
    handout: &'static str,
    look: &'static str,
}

const CASES: &[Case] = &[
    Case {
        id: "one-byte",
        what: "1 byte",
        message: |_| "a".into(),
        way: Way::Whole,
        handout: CONFIRM,
        look: "the letter a",
    },
    Case {
        id: "handout",
        what: "28 bytes, the message of the lab",
        message: |_| "Hello guest operating system".into(),
        way: Way::Whole,
        handout: CONFIRM,
        look: "Hello guest operating system",
    },
    Case {
        id: "1024",
        what: "1,024 bytes",
        message: |_| numbered(1024),
        way: Way::Whole,
        handout: LENGTH,
        look: "numbered groups up to x0128",
    },
    Case {
        id: "1025",
        what: "1,025 bytes, one more than a read of the example takes",
        message: |_| numbered(1025),
        way: Way::Whole,
        handout: LENGTH,
        look: "the same, and one dot more",
    },
    Case {
        id: "4096",
        what: "4,096 bytes, the longest message",
        message: |_| numbered(4096),
        way: Way::Whole,
        handout: LENGTH,
        look: "all groups up to x0512, as one message with one End of message",
    },
    Case {
        id: "4096-wide",
        what: "4,096 characters of three bytes each (12,288 bytes)",
        message: |_| "€".repeat(4096),
        way: Way::Whole,
        handout: LENGTH,
        look: "€ 4,096 times, and no UnicodeDecodeError",
    },
    Case {
        id: "halves",
        what: "one message in two halves, 200 ms apart",
        message: |_| "the first half | the second half".into(),
        way: Way::Halves,
        handout: LENGTH,
        look: "the first half | the second half, as one message",
    },
    Case {
        id: "marker-inside",
        what: "a message that holds the marker",
        message: |marker| format!("before {marker} after"),
        way: Way::Whole,
        handout: CONFIRM,
        look: "the whole message, with the marker in its middle",
    },
    Case {
        id: "newline",
        what: "a message of two lines",
        message: |_| "the first line\nthe second line".into(),
        way: Way::Whole,
        handout: CONFIRM,
        look: "both lines",
    },
    Case {
        id: "close-early",
        what: "28 bytes, and the connection closed at once",
        message: |_| "Hello guest operating system".into(),
        way: Way::CloseEarly,
        handout: RESILIENT,
        look: "the message, and no traceback",
    },
    Case {
        id: "reset",
        what: "half a message, and then a reset",
        message: |_| "Hello guest operating system".into(),
        way: Way::Reset,
        handout: RESILIENT,
        look: "no traceback",
    },
    Case {
        id: "after-reset",
        what: "28 bytes, after all that",
        message: |_| "Hello guest operating system".into(),
        way: Way::Whole,
        handout: RESILIENT,
        look: "Hello guest operating system",
    },
];

impl Case {
    /// Whether labkit closes or resets the connection without waiting for the receiver.
    fn does_not_wait(&self) -> bool {
        matches!(self.way, Way::CloseEarly | Way::Reset)
    }
}

/// A text of so many bytes, made of groups of eight characters with their numbers, so that its end shows its length.
fn numbered(bytes: usize) -> String {
    let mut text: String = (1..=bytes.div_ceil(8)).map(|n| format!("..x{n:04} ")).collect();
    text.truncate(bytes);
    text
}

/// Tries the receiver at `ip`. `say` gets a line before each trial, and a line while labkit waits for the receiver.
///
/// # Errors
/// [`ProbeError::NoReceiver`] if no receiver answers at the beginning. A later failure ends the report early.
pub fn probe(
    ip: Ipv4Addr,
    rules: &Rules<'_>,
    interrupt: &Interrupt,
    say: &mut dyn FnMut(&str),
) -> Result<Report, ProbeError> {
    let to = SocketAddrV4::new(ip, rules.port);
    let mut report = Report { tried: Tried::Receiver, peer: Some(ip), trials: Vec::new(), stopped: None };
    for (i, case) in CASES.iter().enumerate() {
        say(&format!("{} of {}: {}", i + 1, CASES.len(), case.what));
        let hasty = i.checked_sub(1).and_then(|before| CASES.get(before)).is_some_and(Case::does_not_wait);
        let mut made = once(case, to, rules, interrupt, say);
        // A program that ends breaks at most two connections: one that it had accepted, and one in its queue.
        for _ in 0..if hasty { 2 } else { 1 } {
            if made.as_ref().is_ok_and(|(seen, _)| seen.is_stillborn(hasty)) {
                made = once(case, to, rules, interrupt, say);
            }
        }
        match made {
            Ok((seen, message)) => {
                let (verdict, came_back, cause) = diagnose(case, &seen, &message, rules);
                let (id, sent, handout, look) = (case.id, case.what.to_owned(), case.handout, case.look);
                report.trials.push(Trial { id, sent, came_back, verdict, handout, cause, look });
            }
            Err(ProbeError::NoReceiver(why)) if i == 0 => return Err(ProbeError::NoReceiver(why)),
            Err(ProbeError::Interrupted) if i == 0 => return Err(ProbeError::Interrupted),
            Err(error) => {
                if let (ProbeError::NoReceiver(_), Some(last)) = (&error, report.trials.last_mut()) {
                    last.was_the_last("no program listens any more", AWAY);
                }
                report.stopped = Some(error.to_string());
                break;
            }
        }
    }
    Ok(report)
}

/// The observations of one trial.
#[derive(Debug)]
struct Seen {
    /// Bytes that came before the whole message was sent.
    early: Vec<u8>,
    /// Bytes that came until the answer was complete, or the time was over.
    answer: Vec<u8>,
    /// Time from the message's last byte to the answer's first.
    took: Duration,
    /// Bytes that came after this side had closed.
    late: Vec<u8>,
    /// State of the other side before this side closed, and at the end.
    ends: (End, End),
}

impl Seen {
    /// Whether the program may have been about to end when this connection came, so that the trial proves nothing. A
    /// connection in the queue of such a program gets a reset. One that it has accepted beside the trial before is
    /// closed; that can happen if the trial before did not wait for the receiver (`hasty`).
    fn is_stillborn(&self, hasty: bool) -> bool {
        let nothing = self.early.is_empty() && self.answer.is_empty() && self.late.is_empty();
        nothing && (self.ends.0 == End::Reset || hasty && self.ends.0 == End::Closed)
    }
}

/// Makes one trial. Returns the observations and the message that was sent.
fn once(
    case: &Case,
    to: SocketAddrV4,
    rules: &Rules<'_>,
    interrupt: &Interrupt,
    say: &mut dyn FnMut(&str),
) -> Result<(Seen, String), ProbeError> {
    let message = (case.message)(rules.marker);
    let stream = connect(to, rules, interrupt, say)?;
    let mut wire = Connection::new(interrupt, stream);
    let seen = match case.way {
        Way::Whole => send(&mut wire, &[message.as_bytes()], rules)?,
        Way::Halves => {
            let (first, second) = message.as_bytes().split_at(message.len() / 2);
            send(&mut wire, &[first, second], rules)?
        }
        Way::CloseEarly => {
            wire.send(message.as_bytes())?;
            drop(wire);
            nothing()
        }
        Way::Reset => {
            wire.send(message.as_bytes().get(..message.len() / 2).unwrap_or_default())?;
            wire.reset();
            nothing()
        }
    };
    Ok((seen, message))
}

fn nothing() -> Seen {
    let (early, answer, late) = Default::default();
    Seen { early, answer, late, took: Duration::ZERO, ends: (End::Open, End::Open) }
}

/// Connects. If no receiver listens at the moment, waits until one does.
fn connect(
    to: SocketAddrV4,
    rules: &Rules<'_>,
    interrupt: &Interrupt,
    say: &mut dyn FnMut(&str),
) -> Result<TcpStream, ProbeError> {
    let until = Instant::now() + rules.wait;
    let mut said = false;
    loop {
        match interrupt.reach(to, rules.wait.max(Duration::from_secs(5))) {
            Ok(stream) => return Ok(stream),
            Err(NoConnection::Interrupted(_)) => return Err(ProbeError::Interrupted),
            Err(why) if is_between_programs(&why) && Instant::now() < until => {
                if !said {
                    say(&format!("waiting until a receiver listens on {to}: start it (again) there"));
                    said = true;
                }
                match interrupt.any([], Some(Instant::now() + LOOK)) {
                    Err(Stop::Deadline) => {}
                    Err(stop) => return Err(stop.into()),
                    Ok(_) => {}
                }
            }
            Err(why) => return Err(ProbeError::NoReceiver(why.to_string())),
        }
    }
}

/// Whether a receiver may listen again in a moment: none listens now, or the connection was reset in the queue of a
/// program that ended.
fn is_between_programs(why: &NoConnection) -> bool {
    match why {
        NoConnection::Refused(_) => true,
        NoConnection::Other(_, error) => is_reset(error.kind()),
        _ => false,
    }
}

/// Sends the pieces, and notes what comes back before and after this side closes.
fn send(wire: &mut Connection<'_>, pieces: &[&[u8]], rules: &Rules<'_>) -> Result<Seen, ProbeError> {
    let marker = rules.marker.as_bytes();
    for (i, piece) in pieces.iter().enumerate() {
        if i > 0 {
            wire.read(Instant::now() + PAUSE, |_| false)?;
        }
        if i + 1 < pieces.len() || wire.end != End::Reset {
            wire.send(piece)?;
        }
    }
    let early = std::mem::take(&mut wire.came);
    let sent = Instant::now();
    let until = sent + rules.patience;
    wire.read(until, |came| !came.is_empty())?;
    let took = sent.elapsed();
    // After a beginning of the marker, the rest may come; after other bytes, silence ends the answer.
    let is_clear = |came: &[u8]| !marker.starts_with(came) || came.len() >= marker.len();
    wire.read(until, is_clear)?;
    if !wire.came.is_empty() {
        wire.read_until_quiet(Instant::now() + rules.patience)?;
    }
    let answer = std::mem::take(&mut wire.came);
    let before = wire.end;
    wire.close_own();
    wire.until_closed(if answer.is_empty() { CLOSING } else { CLOSING.max(QUIET) })?;
    Ok(Seen { early, answer, took, late: std::mem::take(&mut wire.came), ends: (before, wire.end) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_numbered_text_tells_its_length() {
        assert_eq!(numbered(1025).len(), 1025);
        assert!(numbered(4096).ends_with("x0512 ") && numbered(1024).ends_with("x0128 "));
        for case in CASES {
            assert!((case.message)("#<<END>>#").chars().count() <= 4096, "{}", case.id);
        }
    }
}
