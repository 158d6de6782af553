//! Judges a trial of a receiver, and names the usual mistake behind a fault.

use super::{Case, Seen};
use crate::probe::connection::{CLOSING, End, quoted, seconds};
use crate::probe::{Rules, Verdict};

pub(super) type Judged = (Verdict, String, Option<&'static str>);

const EACH_READ: &str = "the receipt is sent inside the reading loop, after each recv: collect the message first, and confirm it once";
const ONE_READ: &str = "recv is called once: it returns what has arrived so far (at most its argument), not a whole message. Read in a loop until the message is over";
const END_OF_INPUT: &str = "the loop reads until recv returns b\"\", which it does only once the sender has closed; the sender waits for the receipt before it closes. Take a short silence (settimeout) or the sender's close for the end, whichever comes first";
const OWN_TEXT: &str =
    "the program answers with a text of its own before the marker: the sender's first recv sees that text";

const MORE: &str =
    "something is added to the marker, such as a newline: send exactly its bytes, b\"#<<END>>#\"";
const ECHO: &str = "the example of the handout sends the data back (conn.sendall(data)); the task asks for the marker instead";
const LETTERS: &str = "the marker is compared byte by byte: write it as the handout does";
const CUT: &str = "the marker is cut: encode the whole text, and send it with sendall";

/// Judges a trial. If several causes fit, the one that explains most is named.
pub(super) fn diagnose(case: &Case, seen: &Seen, message: &str, rules: &Rules<'_>) -> Judged {
    if case.does_not_wait() {
        return (
            Verdict::Met,
            "nothing, as it must be; the next connection shows whether the program survived it".into(),
            None,
        );
    }
    let marker = rules.marker.as_bytes();
    if !seen.early.is_empty() {
        let came = format!("{} before the second half was sent", quoted(&seen.early));
        let again = [&seen.answer, &seen.late].iter().any(|more| more.starts_with(marker));
        let cause = match wrong(&seen.early, message.as_bytes(), marker) {
            Some((_, cause)) => cause,
            None if again => EACH_READ,
            None => ONE_READ,
        };
        return (Verdict::Unmet, came, Some(cause));
    }
    if seen.answer.is_empty() {
        return silent(seen, marker, rules);
    }
    match wrong(&seen.answer, message.as_bytes(), marker) {
        None => confirmed(seen, marker),
        Some((what, cause)) => (Verdict::Unmet, what, Some(cause)),
    }
}

/// What is wrong with an answer, and its cause; `None` if the answer is exactly the marker.
fn wrong(answer: &[u8], message: &[u8], marker: &[u8]) -> Option<(String, &'static str)> {
    let came = quoted(answer);
    if answer == marker {
        return None;
    }
    let contains = |part: &[u8]| answer.windows(part.len()).any(|w| w == part);
    Some(if answer.chunks(marker.len()).all(|chunk| chunk == marker) {
        (format!("the receipt {} times", answer.len() / marker.len()), EACH_READ)
    } else if answer.starts_with(marker) {
        (format!("the marker, and more behind it: {came}"), MORE)
    } else if answer.starts_with(message) || message.starts_with(answer) {
        (format!("the message itself: {came}"), ECHO)
    } else if contains(marker) {
        (format!("another text before the marker: {came}"), OWN_TEXT)
    } else if answer.eq_ignore_ascii_case(marker) {
        (format!("the marker in other letters: {came}"), LETTERS)
    } else if marker.starts_with(answer) {
        (format!("only the beginning of the marker: {came}"), CUT)
    } else {
        (format!("something else: {came}"), OWN_TEXT)
    })
}

/// The judgement if no answer came while the sender waited.
fn silent(seen: &Seen, marker: &[u8], rules: &Rules<'_>) -> Judged {
    let unmet = |came: String, cause| (Verdict::Unmet, came, Some(cause));
    let wait = seconds(rules.patience);
    match seen.ends.0 {
        End::Closed => unmet(
            "it closed without a receipt".into(),
            "the program closes before it has sent the marker, or never sends it",
        ),
        End::Reset => unmet(
            "it reset the connection without a receipt".into(),
            "the program ended while it received (look for a traceback), or closed with bytes unread and no receipt",
        ),
        End::Open if seen.late.starts_with(marker) => unmet(
            format!("nothing within {wait}; the receipt only after the sender had closed"),
            END_OF_INPUT,
        ),
        End::Open if seen.late.is_empty() => unmet(
            format!("nothing within {wait}, and nothing after the sender had closed"),
            "the program never sends the marker, or it does not accept this connection: perhaps its user has to choose to receive again",
        ),
        End::Open => unmet(
            format!("nothing within {wait}; {} after the sender had closed", quoted(&seen.late)),
            END_OF_INPUT,
        ),
    }
}

/// The judgement if the receipt came once: looks at resets, later bytes and the close.
fn confirmed(seen: &Seen, marker: &[u8]) -> Judged {
    let came = format!("the receipt, after {:.0} ms", seen.took.as_secs_f64() * 1000.0);
    if seen.ends.0 == End::Reset {
        return (
            Verdict::Unmet,
            format!("{came}, and then a reset: it closed before it had read everything"),
            Some(ONE_READ),
        );
    }
    if !seen.late.is_empty() {
        let again = if seen.late.starts_with(marker) { "the receipt once more" } else { "something more" };
        let came = format!("{came}, and {again} after the sender had closed: {}", quoted(&seen.late));
        return (Verdict::Unmet, came, Some(EACH_READ));
    }
    match seen.ends.1 {
        End::Open => (
            Verdict::Remark,
            format!("{came}; it does not close its side within {} of the sender's close", seconds(CLOSING)),
            Some("the connection is never closed: conn.close(), or `with conn:` around all that uses it"),
        ),
        End::Closed | End::Reset => (Verdict::Met, came, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::receiver::CASES;
    use std::time::Duration;

    const RULES: Rules<'_> = Rules {
        port: 65_432,
        marker: "#<<END>>#",
        timeout: Duration::from_secs(30),
        patience: Duration::from_secs(3),
        wait: Duration::from_secs(30),
    };

    fn seen(early: &str, answer: &str, late: &str, ends: (End, End)) -> Seen {
        Seen { early: early.into(), answer: answer.into(), late: late.into(), took: Duration::ZERO, ends }
    }

    fn cause(seen: &Seen) -> (Verdict, Option<&'static str>) {
        let (verdict, _, cause) = diagnose(&CASES[1], seen, "Hello guest operating system", &RULES);
        (verdict, cause)
    }

    #[test]
    fn each_habit_has_its_cause() {
        let open = (End::Open, End::Closed);
        let end = "#<<END>>#";
        assert_eq!(cause(&seen("", end, "", open)), (Verdict::Met, None));
        assert_eq!(cause(&seen("", end, "", (End::Open, End::Open))).0, Verdict::Remark);
        assert_eq!(cause(&seen("", &end.repeat(2), "", open)).1, Some(EACH_READ));
        assert_eq!(cause(&seen("", end, end, open)).1, Some(EACH_READ));
        assert_eq!(cause(&seen(end, end, "", open)).1, Some(EACH_READ));
        assert_eq!(cause(&seen(end, "", "", open)).1, Some(ONE_READ));
        assert_eq!(cause(&seen("", end, "", (End::Reset, End::Reset))).1, Some(ONE_READ));
        assert_eq!(cause(&seen("", "", end, open)).1, Some(END_OF_INPUT));
        assert_eq!(cause(&seen("", "Thanks#<<END>>#", "", open)).1, Some(OWN_TEXT));
        for (answer, word) in [
            ("Hello guest", "sends the data back"),
            ("Hello guest operating system#", "sends the data back"),
            ("#<<END>>#\n", "newline"),
            ("#<<end>>#", "byte by byte"),
            ("#<<EN", "cut"),
        ] {
            let (verdict, cause) = cause(&seen("", answer, "", open));
            assert_eq!(verdict, Verdict::Unmet);
            assert!(cause.is_some_and(|c| c.contains(word)), "{answer}: {cause:?}");
        }
    }
}
