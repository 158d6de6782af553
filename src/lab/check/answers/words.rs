//! What can be read out of prose: numbers with what they count, yes or no, and who does something.

use regex::Regex;
use std::net::Ipv4Addr;
use std::sync::LazyLock;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Packets,
    Bytes,
    Characters,
    /// Something else, such as the 3 of "3-way".
    Other,
    /// The text does not say.
    Unsaid,
}

/// A number in the text that is neither part of an address nor the number of a frame, step or layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// The largest of all where the text has more digits than fit.
    pub(super) value: u64,
    pub(super) unit: Unit,
}

/// Words and numbers, with whatever joins them without a space.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| regex(r"[\p{L}\p{Nd}_]+(?:[.,:'’/–—-][\p{L}\p{Nd}_]+)*"));
/// Thousands set apart, in English or German.
static GROUPED: LazyLock<Regex> = LazyLock::new(|| regex(r"^[0-9]{1,3}[.,'’][0-9]{3}$"));
static DIGITS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^([0-9]+)(b|bytes?|packets?|chars?|characters?)?$"));

pub(super) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that a test uses")
}

/// All numbers of a text, in their order.
pub(super) fn numbers(text: &str) -> Vec<Number> {
    let text = text.to_lowercase();
    let tokens: Vec<_> = TOKEN.find_iter(&text).collect();
    let mut found = Vec::new();
    let mut naming = false;
    for (i, token) in tokens.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|p| tokens.get(p));
        let gap = text.get(before.map_or(0, |t| t.end())..token.start()).unwrap_or("");
        let word = token.as_str();
        let read = value(word, gap);
        naming = names_one(word) || naming && goes_on(before.map_or("", |t| t.as_str()), gap, word);
        let next = tokens.get(i + 1..).unwrap_or(&[]);
        let unit = || unit(&text, token.end(), next);
        match read {
            Some((value, own)) if !naming => found.push(Number { value, unit: own.unwrap_or_else(unit) }),
            None => {
                let counted = number_word(word).or_else(|| {
                    Some(u64::from(word == "one"))
                        .filter(|_| matches!(word, "one" | "no") && unit() == Unit::Packets)
                });
                found.extend(counted.filter(|_| !naming).map(|value| Number { value, unit: unit() }));
            }
            Some(_) => {}
        }
    }
    found
}

/// Words after which a number is a name.
fn names_one(word: &str) -> bool {
    matches!(
        word,
        "frame"
            | "frames"
            | "packet"
            | "packets"
            | "step"
            | "steps"
            | "layer"
            | "question"
            | "figure"
            | "rfc"
            | "section"
            | "stream"
            | "task"
            | "connection"
            | "version"
            | "line"
    )
}

/// Whether what a word names goes on: "frames 11, 12 and 13", but not "3 packets, 28 bytes".
fn goes_on(before: &str, gap: &str, word: &str) -> bool {
    let listed = matches!(word, "and" | "to" | "through" | "or" | "number" | "und" | "bis");
    let allowed = if names_one(before) { "#" } else { ",#&–-" };
    gap.chars().all(|c| c.is_whitespace() || allowed.contains(c))
        && (listed || word.starts_with(|c: char| c.is_ascii_digit()))
}

/// The number that a token is, and its unit where that is part of the token.
fn value(token: &str, gap: &str) -> Option<(u64, Option<Unit>)> {
    // `Seq=1` is a field; `12=1448` is arithmetic.
    let field = gap.ends_with('=') && gap.len() == 1 && token.len() < 4;
    let (whole, last) = (token, token.rsplit([':', '/']).next().unwrap_or(token));
    if field || whole.parse::<Ipv4Addr>().is_ok() || last.parse::<Ipv4Addr>().is_ok() {
        return None;
    }
    let last = if whole.ends_with("/tcp") { whole.strip_suffix("/tcp").unwrap_or(last) } else { last };
    if GROUPED.is_match(last) {
        let digits: String = last.chars().filter(char::is_ascii_digit).collect();
        return Some((digits.parse().unwrap_or(u64::MAX), None));
    }
    let parts = DIGITS.captures(last)?;
    let value = parts.get(1)?.as_str().parse().unwrap_or(u64::MAX);
    Some((value, parts.get(2).map(|u| counted(u.as_str()))))
}

fn number_word(word: &str) -> Option<u64> {
    const WORDS: [&str; 11] =
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    match word {
        "zero" | "none" => Some(0),
        _ => WORDS.iter().position(|w| *w == word).map(|at| at as u64 + 2),
    }
}

/// What the words after a number say that it counts.
fn unit(text: &str, mut end: usize, next: &[regex::Match<'_>]) -> Unit {
    for word in next.iter().take(3) {
        if !text.get(end..word.start()).unwrap_or(".").chars().all(char::is_whitespace) {
            break;
        }
        end = word.end();
        match word.as_str() {
            "other" | "more" | "further" | "additional" | "extra" | "distinct" | "tcp" | "such" | "total" => {
            }
            word => return counted(word),
        }
    }
    Unit::Unsaid
}

fn counted(word: &str) -> Unit {
    const OTHERS: [&str; 22] = [
        "way",
        "ways",
        "time",
        "times",
        "connection",
        "connections",
        "fin",
        "fins",
        "syn",
        "syns",
        "ack",
        "acks",
        "message",
        "messages",
        "side",
        "sides",
        "machine",
        "machines",
        "second",
        "seconds",
        "bit",
        "bits",
    ];
    let begins = |all: &[&str]| all.iter().any(|w| word.starts_with(w));
    if begins(&["packet", "frame", "segment"]) {
        Unit::Packets
    } else if begins(&["byte", "octet"]) || word == "b" {
        Unit::Bytes
    } else if begins(&["char", "letter"]) {
        Unit::Characters
    } else if OTHERS.contains(&word)
        || begins(&["reading", "exchange", "port", "step", "host", "three-", "option"])
    {
        Unit::Other
    } else {
        Unit::Unsaid
    }
}

/// Yes or no, if the text begins with it.
pub(super) fn yes_no(text: &str) -> Option<bool> {
    let text = text.to_lowercase();
    match TOKEN.find(&text)?.as_str() {
        "yes" | "ja" | "y" => Some(true),
        "no" | "nein" | "n" | "nope" => Some(false),
        _ => None,
    }
}

/// Who, in a student's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    Host,
    Guest,
    Receiver,
    Sender,
}

/// Who is said to send something: whoever stands just before a verb of sending, or after "by"; where nobody does,
/// the only one that is named.
pub(super) fn senders(text: &str) -> Vec<Actor> {
    let text = text.to_lowercase();
    let words: Vec<&str> = TOKEN.find_iter(&text).map(|m| m.as_str()).collect();
    let (mut sending, mut named): (Vec<Actor>, Vec<Actor>) = (Vec::new(), Vec::new());
    for (i, word) in words.iter().enumerate() {
        let Some(actor) = actor(word) else { continue };
        named.push(actor);
        let after =
            words.iter().skip(i + 1).take(4).take_while(|w| self::actor(w).is_none() && **w != "which");
        let active = after.clone().any(|w| {
            ["send", "sent", "repl", "answer", "confirm", "acknowledge"].iter().any(|v| w.starts_with(v))
        });
        let passive = i.checked_sub(3).map_or(0, |s| s);
        let by = words.get(passive..i).unwrap_or(&[]).contains(&"by");
        let was = after.clone().any(|w| matches!(*w, "is" | "was" | "were" | "are"));
        if by || active && !was {
            sending.push(actor);
        }
    }
    named.sort_by_key(|a| *a as u8);
    named.dedup();
    if sending.is_empty() && named.len() == 1 { named } else { sending }
}

fn actor(word: &str) -> Option<Actor> {
    let word = word.trim_end_matches("'s").trim_end_matches("’s");
    match word {
        "host" => Some(Actor::Host),
        "guest" => Some(Actor::Guest),
        "receiver" | "server" | "recipient" | "listener" => Some(Actor::Receiver),
        "sender" | "client" => Some(Actor::Sender),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<u64> {
        numbers(text).iter().map(|n| n.value).collect()
    }

    #[test]
    fn thousands_are_read_in_english_and_in_german_and_decimals_are_no_counts() {
        assert_eq!(values("1,448 or 1.448 or 1'448 or 1448"), [1448; 4]);
        assert!(values("1,5 and 2.25 and 40,000s").is_empty());
        assert_eq!(values("99999999999999999999999"), [u64::MAX]);
    }

    #[test]
    fn numbers_of_frames_addresses_and_fields_are_no_counts() {
        assert!(values("frames 11, 12 and 13; packet 4; step 3; Seq=1 Len=28; 4th; Q3; IPv4").is_empty());
        assert_eq!(values("192.168.56.1:44150 to 192.168.56.101, 65432/tcp, 192.168.122."), [44150, 65432]);
        assert_eq!(values("3 packets, see frame 11. Then 2."), [3, 2]);
        assert_eq!(values("1460 - 12=1448"), [1460, 12, 1448]);
    }

    #[test]
    fn units_follow_the_number() {
        let units = |text: &str| numbers(text).iter().map(|n| (n.value, n.unit)).collect::<Vec<_>>();
        assert_eq!(units("3 other packets, 28 bytes"), [(3, Unit::Packets), (28, Unit::Bytes)]);
        assert_eq!(
            units("three, one packet and no more packets"),
            [(3, Unit::Unsaid), (1, Unit::Packets), (0, Unit::Packets)]
        );
        assert_eq!(units("2 FINs. 1449B"), [(2, Unit::Other), (1449, Unit::Bytes)]);
    }

    #[test]
    fn yes_and_no_stand_at_the_beginning() {
        assert_eq!(yes_no("\n No, it isn't"), Some(false));
        assert_eq!(yes_no("Yes."), Some(true));
        assert_eq!(yes_no("Nothing to say"), None);
    }

    #[test]
    fn whoever_stands_before_the_verb_sends() {
        use Actor::{Guest, Host, Receiver};
        assert_eq!(senders("The guest OS sends it, closing from the receiver to the sender."), [Guest]);
        assert_eq!(senders("First the guest sends it, then the host replies."), [Guest, Host]);
        assert_eq!(senders("It is sent by the receiver of the sender's message."), [Receiver]);
        assert_eq!(senders("the guest"), [Guest]);
        assert_eq!(senders("host and guest"), []);
    }
}
