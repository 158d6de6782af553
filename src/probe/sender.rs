//! Trials of a sender: labkit receives messages, and gives answers that a sender must handle.

use super::connection::{CLOSING, Connection, End, quoted, seconds};
use super::{ProbeError, Report, Rules, Trial, Tried, Verdict};
use crate::communicator::{Interrupt, Settings, Stop, listen, reading};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// Pause between the two halves of a receipt.
const PAUSE: Duration = Duration::from_millis(400);
/// The longest delay of a late receipt that is still in time.
const LATE: Duration = Duration::from_secs(6);
/// A sender that closes later than this after its receipt did not close because of it.
const AT_ONCE: Duration = Duration::from_millis(700);
/// How long after its timeout a sender may give up.
const GRACE: Duration = Duration::from_secs(5);

const SUCCESS: &str =
    "Send: report \"Message sent successfully\" if the marker was received, else \"Message receipt failed\".";
const STREAM: &str =
    "recv receives data over the TCP connection as bytes: how many of them come at once is not said.";
const TIMEOUT: &str = "Send: if the receipt has not come within 30 seconds, time out gracefully.";
const ERRORS: &str = "Send: the program should send the message but handle any errors.";

/// The answer that the sender gets for its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Whole,
    Split,
    Late,
    Wrong,
    Echo,
    Missing,
    Refused,
}

struct Case {
    id: &'static str,
    what: &'static str,
    answer: Answer,
    handout: &'static str,
    look: &'static str,
}

const CASES: &[Case] = &[
    Case {
        id: "whole",
        what: "the receipt, whole",
        answer: Answer::Whole,
        handout: SUCCESS,
        look: "Message sent successfully.",
    },
    Case {
        id: "split",
        what: "the receipt in two halves, 400 ms apart",
        answer: Answer::Split,
        handout: STREAM,
        look: "Message sent successfully.",
    },
    Case {
        id: "late",
        what: "the receipt, late, but in time",
        answer: Answer::Late,
        handout: TIMEOUT,
        look: "Message sent successfully.",
    },
    Case {
        id: "wrong",
        what: "another text than the marker, and then a close",
        answer: Answer::Wrong,
        handout: SUCCESS,
        look: "Message receipt failed.",
    },
    Case {
        id: "echoed",
        what: "the message itself, and then a close",
        answer: Answer::Echo,
        handout: SUCCESS,
        look: "Message receipt failed.",
    },
    Case {
        id: "refused",
        what: "a port that is shut for as long as it takes to try",
        answer: Answer::Refused,
        handout: ERRORS,
        look: "Message sending error. Message not sent. And then the menu again, no traceback",
    },
    Case {
        id: "missing",
        what: "no receipt at all",
        answer: Answer::Missing,
        handout: TIMEOUT,
        look: "Message receipt failed, after 30 s and not later",
    },
];

/// Tries the sender that connects to this machine's port. `say` gets a line before each trial with what to do there.
///
/// # Errors
/// If the port is taken, or no sender connects at all. A later failure ends the report early.
pub fn probe(
    settings: &Settings,
    rules: &Rules<'_>,
    interrupt: &Interrupt,
    say: &mut dyn FnMut(&str),
) -> Result<Report, ProbeError> {
    let mut report = Report { tried: Tried::Sender, peer: None, trials: Vec::new(), stopped: None };
    let mut listener = listen(settings)?;
    for (i, case) in CASES.iter().enumerate() {
        let number = format!("{} of {}: {}", i + 1, CASES.len(), case.what);
        let made = if case.answer == Answer::Refused {
            drop(listener);
            say(&format!("{number}. The port is shut now: send a message within {}", seconds(shut(rules))));
            let waited = pause(interrupt, shut(rules));
            listener = listen(settings)?;
            waited.map_err(ProbeError::from).map(|()| refused())
        } else {
            say(&format!("{number}. Send a message of any text to this machine now"));
            once(case, &listener, rules, interrupt, &mut report.peer)
        };
        match made {
            Ok(judged) => report.trials.push(trial(case, judged)),
            Err(error) if report.trials.is_empty() => return Err(error),
            Err(error) => {
                if matches!(error, ProbeError::NoSender { .. })
                    && let Some(last) = report.trials.last_mut()
                {
                    last.was_the_last("no connection came any more", AWAY);
                }
                report.stopped = Some(error.to_string());
                break;
            }
        }
    }
    Ok(report)
}

fn trial(case: &Case, (verdict, came_back, cause): Judged) -> Trial {
    let (id, sent, handout, look) = (case.id, case.what.to_owned(), case.handout, case.look);
    Trial { id, sent, came_back, verdict, handout, cause, look }
}

/// The possible reasons for a sender that does not come back.
const AWAY: &str = "it is in its menu (send the next message), or it crashed: then there is a traceback; catch OSError around \
     connect, send and recv, and go back to the menu";

/// How long the port is shut: long enough for a user to type a message.
fn shut(rules: &Rules<'_>) -> Duration {
    (rules.timeout / 2).clamp(Duration::from_secs(1), Duration::from_secs(15))
}

fn refused() -> Judged {
    (
        Verdict::Met,
        "nothing that can be seen from here; the next connection shows whether the program survived it"
            .into(),
        None,
    )
}

fn pause(interrupt: &Interrupt, time: Duration) -> Result<(), Stop> {
    match interrupt.any([], Some(Instant::now() + time)) {
        Err(Stop::Deadline) | Ok(_) => Ok(()),
        Err(stop) => Err(stop),
    }
}

type Judged = (Verdict, String, Option<&'static str>);

/// Makes one trial: accepts a connection, receives a message, answers, and notes how the sender ends.
fn once(
    case: &Case,
    listener: &TcpListener,
    rules: &Rules<'_>,
    interrupt: &Interrupt,
    peer: &mut Option<Ipv4Addr>,
) -> Result<Judged, ProbeError> {
    let (stream, from) = accept(listener, rules, interrupt)?;
    *peer = Some(from);
    let began = Instant::now();
    let mut wire = Connection::new(interrupt, stream);
    wire.read(began + rules.patience, |came| !came.is_empty())?;
    wire.read_until_quiet(began + rules.timeout)?;
    let message = std::mem::take(&mut wire.came);
    if let Some(judged) = no_message(&message, &wire, rules) {
        return Ok(judged);
    }
    Ok(match case.answer {
        Answer::Whole => receipt(&mut wire, &message, rules, began, &[Duration::ZERO])?,
        Answer::Split => receipt(&mut wire, &message, rules, began, &[Duration::ZERO, PAUSE])?,
        Answer::Late => receipt(&mut wire, &message, rules, began, &[LATE.min(rules.timeout.mul_f64(0.6))])?,
        Answer::Wrong => other(&mut wire, b"#<<NOT>>#")?,
        Answer::Echo => other(&mut wire, &message)?,
        Answer::Missing | Answer::Refused => missing(&mut wire, began, rules)?,
    })
}

fn accept(
    listener: &TcpListener,
    rules: &Rules<'_>,
    interrupt: &Interrupt,
) -> Result<(TcpStream, Ipv4Addr), ProbeError> {
    let until = Instant::now() + rules.wait;
    loop {
        match interrupt.any([reading(listener)], Some(until)) {
            Ok(_) => {}
            Err(Stop::Deadline) => {
                let own = crate::communicator::own_ips();
                return Err(ProbeError::NoSender { port: rules.port, wait: rules.wait, own });
            }
            Err(stop) => return Err(stop.into()),
        }
        // A sender that has closed again meanwhile is no error.
        if let Ok((stream, SocketAddr::V4(from))) = listener.accept() {
            stream.set_nonblocking(true)?;
            return Ok((stream, *from.ip()));
        }
    }
}

/// The judgement on a sender whose message cannot be answered; `None` if there is a message.
fn no_message(message: &[u8], wire: &Connection<'_>, rules: &Rules<'_>) -> Option<Judged> {
    let unmet = |came: String, cause| Some((Verdict::Unmet, came, Some(cause)));
    if message.is_empty() {
        return match wire.end {
            End::Open => unmet(
                format!("a connection, but no byte of a message within {}", seconds(rules.patience)),
                "the program connects before it asks for the message, or never calls sendall",
            ),
            _ => unmet(
                "a connection that closed without a byte".into(),
                "the program closes before it has sent anything",
            ),
        };
    }
    if std::str::from_utf8(message).is_err() {
        return unmet(
            format!("bytes that are not UTF-8: {}", quoted(message)),
            "the text is not encoded with encode(), which is UTF-8",
        );
    }
    if wire.end != End::Open {
        return unmet(
            format!("{}, and a close before any receipt", quoted(message)),
            "the program closes (or shuts down) its side right after sendall: wait for the receipt first",
        );
    }
    None
}

const ONE_READ: &str = "recv is called once, and what it returned is compared with the marker: a receipt may come in pieces. Collect until the marker is there";
const IMPATIENT: &str = "the program's own time limit is shorter than the 30 seconds of the handout";

/// Sends the marker in pieces, one after each pause, and judges how the sender ends.
fn receipt(
    wire: &mut Connection<'_>,
    message: &[u8],
    rules: &Rules<'_>,
    began: Instant,
    pauses: &[Duration],
) -> Result<Judged, ProbeError> {
    let pieces = rules.marker.as_bytes().chunks(rules.marker.len().div_ceil(pauses.len()));
    for (i, (piece, pause)) in pieces.zip(pauses).enumerate() {
        let waited = wire.until_closed(*pause)?;
        if wire.end != End::Open {
            return Ok(match i {
                0 => {
                    let came = format!("a close after {}, before any receipt", seconds(began.elapsed()));
                    (Verdict::Unmet, came, Some(IMPATIENT))
                }
                _ => {
                    let came = format!("a close {} after its first half", seconds(waited));
                    (Verdict::Unmet, came, Some(ONE_READ))
                }
            });
        }
        wire.send(piece)?;
    }
    let (verdict, came, cause) = closes(wire, message)?;
    // A program that closes with bytes unread sends a reset; here, the unread bytes are the second half.
    let is_unread = pauses.len() > 1 && wire.end == End::Reset && verdict == Verdict::Remark;
    Ok(if is_unread { (Verdict::Unmet, came, Some(ONE_READ)) } else { (verdict, came, cause) })
}

/// The judgement on how the sender ends after its receipt.
fn closes(wire: &mut Connection<'_>, message: &[u8]) -> Result<Judged, ProbeError> {
    let length = String::from_utf8_lossy(message).chars().count();
    let message = format!("a message of {length} characters");
    let took = wire.until_closed(CLOSING)?;
    if !wire.came.is_empty() {
        let came = format!("{message}, and more after the receipt: {}", quoted(&wire.came));
        return Ok((
            Verdict::Unmet,
            came,
            Some(
                "the message is sent in pieces with pauses between them, or something is sent after it: one sendall for all of it",
            ),
        ));
    }
    if wire.end == End::Open {
        wire.close_own();
        wire.until_closed(CLOSING)?;
        return Ok(if wire.end == End::Open {
            let came =
                format!("{message}; the connection is still open {} after the receipt", seconds(CLOSING * 2));
            (
                Verdict::Unmet,
                came,
                Some("the socket is never closed: s.close() in finally, or `with socket.socket(…) as s:`"),
            )
        } else {
            let came = format!("{message}; a close only after this side had closed");
            (
                Verdict::Unmet,
                came,
                Some("recv is called again after the receipt, and waits for more: the marker is the end"),
            )
        });
    }
    if wire.end == End::Reset {
        let came = format!("{message}, and a reset after the receipt");
        return Ok((
            Verdict::Remark,
            came,
            Some("the socket was closed with bytes unread, or the program was ended"),
        ));
    }
    Ok(if took > AT_ONCE {
        let came = format!("{message}; a close {} after the receipt", seconds(took));
        (
            Verdict::Remark,
            came,
            Some(
                "close() is not called after the receipt: the socket stays open until something else ends it",
            ),
        )
    } else {
        (Verdict::Met, format!("{message}, and a close right after the receipt"), None)
    })
}

/// Answers with another text than the marker, closes, and judges how the sender ends.
fn other(wire: &mut Connection<'_>, answer: &[u8]) -> Result<Judged, ProbeError> {
    wire.send(answer)?;
    wire.close_own();
    let took = wire.until_closed(CLOSING)?;
    Ok(match wire.end {
        End::Open => (
            Verdict::Unmet,
            format!(
                "the connection is still open {} after that answer and this side's close",
                seconds(CLOSING)
            ),
            Some(
                "the program goes on waiting although recv returns b\"\", or never closes after a receipt that is wrong",
            ),
        ),
        End::Closed | End::Reset => (Verdict::Met, format!("a close {} later", seconds(took)), None),
    })
}

/// Does not answer, and judges whether the sender gives up in time.
fn missing(wire: &mut Connection<'_>, began: Instant, rules: &Rules<'_>) -> Result<Judged, ProbeError> {
    let longest = rules.timeout + GRACE;
    wire.until_closed(longest.saturating_sub(began.elapsed()))?;
    let took = began.elapsed();
    Ok(match wire.end {
        End::Open => (
            Verdict::Unmet,
            format!("it still waits after {}", seconds(took)),
            Some(
                "settimeout(None) before the receipt takes the time limit away: set it again before recv, and catch TimeoutError",
            ),
        ),
        _ if took < rules.timeout.mul_f64(0.8) => {
            (Verdict::Unmet, format!("it gave up after {} already", seconds(took)), Some(IMPATIENT))
        }
        _ => (Verdict::Met, format!("it gave up after {}", seconds(took)), None),
    })
}
