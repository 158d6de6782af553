//! The questions, one function each: what the capture shows, beside what was written.

use super::words::{self, Actor, Number, Unit, regex};
use super::{Finding, Mark};
use crate::lab::answer::Report;
use crate::lab::definition::misconception::{Amounts, Sign};
use crate::lab::definition::{Analysis, Role};
use crate::lab::evidence::exchange::{Exchange, Outcome, Side, on_one_machine};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Compares the answer `text` to a question with what the capture shows.
pub(super) fn grade(analysis: Analysis, port: u16, report: &Report, text: &str) -> Finding {
    match analysis {
        Analysis::Syn | Analysis::Disruption => {
            Finding::new(Mark::ByHand, "prose is not graded; the points below are what to look for.")
        }
        _ if report.exchanges.is_empty() => {
            Finding::new(Mark::CannotTell, format!("the capture has no TCP traffic of port {port}."))
        }
        Analysis::Ports => ports(port, report, text),
        Analysis::PortReuse => port_reuse(port, report, text),
        Analysis::BeforeMessage => before_message(report, text),
        Analysis::BeforeReceipt => before_receipt(report, text),
        Analysis::ReceiptSender => receipt_sender(report, text),
        Analysis::AfterReceipt => after_receipt(report, text),
        Analysis::SegmentSize => segment_size(report, text),
    }
}

/// A count of the first `n` packets as a list of right values: all of them, and without repeats and copies.
fn both_counts(x: &Exchange, n: usize) -> [u64; 2] {
    [n as u64, x.distinct(n) as u64]
}

fn all(report: &Report, count: impl Fn(&Exchange) -> Vec<u64>) -> Vec<u64> {
    let values: BTreeSet<u64> = report.exchanges.iter().flat_map(count).collect();
    values.into_iter().collect()
}

fn missing(report: &Report, what: &str) -> Finding {
    let why = report.exchanges.iter().flat_map(|x| x.missing()).next();
    let why = why.map_or(String::new(), |why| format!(" ({why})"));
    Finding::new(Mark::CannotTell, format!("the capture does not show {what}{why}, so this is not graded."))
}

/// The numbers of packets that a text names: those that say so, else those that say nothing.
fn packets(text: &str) -> Vec<u64> {
    let numbers = words::numbers(text);
    let of = |unit| numbers.iter().filter(|n| n.unit == unit).map(|n| n.value).collect::<Vec<u64>>();
    let said = of(Unit::Packets);
    if said.is_empty() { of(Unit::Unsaid) } else { said }
}

fn counted(written: Vec<u64>, truths: Vec<u64>) -> Finding {
    let is_right = |n: &u64| truths.contains(n);
    if written.is_empty() {
        return Finding::new(Mark::Incomplete, "no number of packets can be found in it.");
    }
    if written.iter().all(is_right) {
        return Finding::new(Mark::Right, "that is what the capture shows.");
    }
    if written.iter().any(is_right) {
        return Finding::new(Mark::Unclear, "it holds several numbers; which one is the answer?");
    }
    let mut finding = Finding::new(Mark::Wrong, "the capture shows another number.");
    finding.wrong = written;
    finding.amounts = Amounts { truths, ..Amounts::default() };
    finding
}

fn before_message(report: &Report, text: &str) -> Finding {
    let truths = all(report, |x| x.before_message().map_or(Vec::new(), |n| both_counts(x, n).to_vec()));
    if truths.is_empty() {
        return missing(report, "a connection from its SYN to its first payload");
    }
    counted(packets(text), truths)
}

fn before_receipt(report: &Report, text: &str) -> Finding {
    let confirmed = |x: &Exchange| x.outcome == Outcome::Confirmed;
    let whole = all(report, |x| match x.before_receipt().filter(|_| confirmed(x)) {
        Some(n) => both_counts(x, n).to_vec(),
        None => Vec::new(),
    });
    let between =
        all(report, |x| x.between().filter(|_| confirmed(x)).map(|n| n as u64).into_iter().collect());
    if whole.is_empty() && between.is_empty() {
        return missing(report, "a message and its whole end marker");
    }
    let written = packets(text);
    let has = |truths: &[u64]| written.iter().any(|n| truths.contains(n));
    let both = has(&whole) && has(&between);
    let mut finding = counted(written.clone(), [whole, between].concat());
    if finding.mark == Mark::Right && !both {
        finding.says = "right for one reading; the question can also be read in another way (count from the beginning of the connection, or from the message).".into();
    }
    finding
}

fn receipt_sender(report: &Report, text: &str) -> Finding {
    let confirmed: Vec<&Exchange> =
        report.exchanges.iter().filter(|x| x.outcome == Outcome::Confirmed).collect();
    if confirmed.is_empty() {
        return missing(report, "a message that was confirmed");
    }
    let role = |x: &&Exchange| {
        if on_one_machine(x).is_some() { None } else { report.roles.of(x.end(Side::Server).ip) }
    };
    let roles: Option<Vec<Role>> = confirmed.iter().map(role).collect();
    let said = words::senders(text);
    if said.contains(&Actor::Sender) {
        let finding = Finding::new(Mark::Wrong, "the capture shows that the other side sends it.");
        return finding.sign(Sign::SenderConfirms);
    }
    if said.contains(&Actor::Receiver) {
        return Finding::new(Mark::Right, "that is what the capture shows.");
    }
    let has = |role| said.contains(&if role == Role::Host { Actor::Host } else { Actor::Guest });
    let Some(roles) = roles else {
        return Finding::new(
            Mark::CannotTell,
            "the capture does not tell who is host and who is guest; give --host and --guest.",
        );
    };
    match [Role::Host, Role::Guest].map(|r| (has(r), roles.contains(&r))) {
        [(false, _), (false, _)] => {
            Finding::new(Mark::Unclear, "who sends it cannot be read out of the answer.")
        }
        [(a, b), (c, d)] if a == b && c == d => Finding::new(Mark::Right, "that is what the capture shows."),
        [(true, false), _] | [_, (true, false)] => {
            Finding::new(Mark::Wrong, "the capture shows another machine.").sign(Sign::SenderConfirms)
        }
        _ => Finding::new(Mark::Incomplete, "it names the machine for one exchange only.")
            .sign(Sign::OneExchange),
    }
}

static NOT_LAST: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)(\bnot|n['’]t|never)\b[^.!?\n]{0,40}\b(last|final)\b"));
static LAST: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b(is|as) (always )?(the )?(very )?(last|final)\b"));
static FOLLOWS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)after|follow|more|other|further|later|remain|then|come"));

fn after_receipt(report: &Report, text: &str) -> Finding {
    let truths = all(report, |x| {
        let Some(n) = x.packets_after_receipt() else { return Vec::new() };
        let distinct = x.distinct(x.count()) - x.distinct(x.count() - n);
        vec![n as u64, distinct as u64]
    });
    if truths.is_empty() {
        return missing(report, "an exchange to its end");
    }
    let says_last = match words::yes_no(text) {
        said @ Some(_) => said,
        None if NOT_LAST.is_match(text) => Some(false),
        None if LAST.is_match(text) => Some(true),
        None => None,
    };
    let follow = |sentence: &&str| FOLLOWS.is_match(sentence);
    let numbers = text.split(['.', '!', '?', '\n']).filter(follow).flat_map(words::numbers);
    let written: Vec<u64> = numbers.filter(|n| n.unit == Unit::Packets).map(|n| n.value).collect();
    let is_last = truths.iter().all(|n| *n == 0);
    match says_last {
        None => Finding::new(Mark::Unclear, "neither yes nor no can be read out of it."),
        Some(said) if said != is_last => {
            Finding::new(Mark::Wrong, "the capture shows the opposite.").sign(Sign::SaysLast)
        }
        Some(_) if written.is_empty() => {
            Finding::new(Mark::Right, "yes or no is right; how many packets follow is not said.")
        }
        Some(_) => {
            let mut finding = counted(written, truths);
            if finding.mark == Mark::Wrong {
                finding.says =
                    "yes or no is right, but the capture shows another number of packets after it.".into();
            }
            finding
        }
    }
}

/// Numbers below are no size of a message: header lengths, numbers of packets.
const SMALLEST_SIZE: u64 = 100;
/// Bytes of the headers of IPv4 and TCP without options.
const HEADERS: u64 = 40;

fn segment_size(report: &Report, text: &str) -> Finding {
    let rooms: Vec<_> = report.exchanges.iter().filter_map(Exchange::segment_room).collect();
    let Some(first) = rooms.first() else {
        return missing(report, "both SYNs of a connection, which hold the MSS");
    };
    let one = |n: u32| [u64::from(n), u64::from(n) + 1];
    let bytes: Vec<u64> = rooms.iter().flat_map(|r| one(r.payload)).collect();
    let wide: Vec<u64> =
        rooms.iter().flat_map(|r| [one(r.payload / 2), one(r.payload / 3)].concat()).collect();
    let size = |n: &&Number| !matches!(n.unit, Unit::Packets | Unit::Other) && n.value >= SMALLEST_SIZE;
    let numbers = words::numbers(text);
    let written: Vec<&Number> = numbers.iter().filter(size).collect();
    if written.is_empty() {
        return Finding::new(Mark::Incomplete, "no size can be found in it.");
    }
    let right =
        |n: &&Number| bytes.contains(&n.value) || n.unit == Unit::Characters && wide.contains(&n.value);
    if written.iter().any(right) {
        return Finding::new(Mark::Right, "that is what follows from the handshake.");
    }
    let mut finding = Finding::new(
        Mark::Wrong,
        "another size follows from the handshake and the options of the data packets.",
    );
    finding.wrong = written.iter().map(|n| n.value).collect();
    let mss = u64::from(first.mss);
    finding.amounts = Amounts { truths: bytes, mss: Some(mss), mtu: Some(mss + HEADERS) };
    finding
}

/// Bounds of the ranges from which systems take ephemeral ports: not ports of a connection.
const RANGES: [u64; 4] = [32768, 49152, 60999, 65535];
static OWNED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(host|guest)(?:['’]s)?[\s:(]*(?:(?:os|operating system|machine|uses|used|has|port|ports|number|tcp|ephemeral|source|on|is)[\s:(]+){0,6}([0-9]{4,5})\b",
    )
});

fn ports(port: u16, report: &Report, text: &str) -> Finding {
    let named: BTreeSet<u64> = words::numbers(text)
        .iter()
        .filter(|n| n.unit != Unit::Bytes && (1025..=65535).contains(&n.value) && !RANGES.contains(&n.value))
        .map(|n| n.value)
        .collect();
    if named.is_empty() {
        return Finding::new(Mark::Incomplete, "it names no port number.").sign(Sign::NoPort);
    }
    let ports =
        |side| report.exchanges.iter().map(|x| u64::from(x.end(side).port)).collect::<BTreeSet<u64>>();
    let (servers, clients) = (ports(Side::Server), ports(Side::Client));
    if named.iter().any(|n| !servers.contains(n) && !clients.contains(n)) {
        let says = "it names a port that no connection of the capture has.";
        return Finding::new(Mark::Wrong, says).sign(Sign::UnknownPort);
    }
    for owned in OWNED.captures_iter(text) {
        let role = if owned.get(1).is_some_and(|r| r.as_str().eq_ignore_ascii_case("host")) {
            Role::Host
        } else {
            Role::Guest
        };
        let number: Option<u16> = owned.get(2).and_then(|n| n.as_str().parse().ok());
        let mut with =
            report.exchanges.iter().filter(|x| Some(x.end(Side::Client).port) == number).peekable();
        let roles = |x: &Exchange| report.roles.of(x.end(Side::Client).ip);
        if number != Some(port) && with.peek().is_some() && with.all(|x| roles(x).is_some_and(|r| r != role))
        {
            let says = "it gives a port to the machine that does not use it.";
            return Finding::new(Mark::Wrong, says).sign(Sign::WrongOwner);
        }
    }
    match (servers.is_subset(&named), clients.is_subset(&named)) {
        (true, true) => Finding::new(Mark::Right, "all ports of the capture are named."),
        (false, _) => Finding::new(Mark::Incomplete, "the port on which the receiver listens is not named."),
        (true, false) => Finding::new(
            Mark::Incomplete,
            "not every sender's port is named: there is one for each exchange.",
        ),
    }
}

static CHANGES: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(chang|differ|var(y|ies|ying)\b|random|ephemeral|another port|new port|not (\w+ )?(the )?same)",
    )
});
static STAYS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(same|stays?|static|fixed|constant|always|remains?|does(n['’]t| not) change|never changes)\b",
    )
});
static RECEIVER: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b(receiver|server|listen(er|ing|s)?|recipient|destination|inbound)"));

fn port_reuse(port: u16, report: &Report, text: &str) -> Finding {
    let ports = |side| report.exchanges.iter().map(|x| x.end(side).port).collect::<BTreeSet<u16>>();
    let (servers, clients) = (ports(Side::Server), ports(Side::Client));
    if report.exchanges.len() < 2 {
        return Finding::new(
            Mark::CannotTell,
            "one connection proves nothing about the next, so this is not graded; capture both exchanges, or a second run.",
        );
    }
    if servers.len() != 1 || clients.len() < 2 {
        return Finding::new(
            Mark::CannotTell,
            "in this capture the ports do not behave as they usually do, so this is not graded.",
        );
    }
    let listener = |s: &&str| RECEIVER.is_match(s) || s.contains(&port.to_string());
    let stays = text.split(['.', '!', '?', ';', ',', '\n']).filter(listener).any(|s| STAYS.is_match(s));
    let yes = words::yes_no(text);
    let changes = CHANGES.is_match(text) || yes == Some(false);
    match (changes, stays) {
        (true, true) => Finding::new(Mark::Right, "that is what the capture shows."),
        (true, false) => Finding::new(
            Mark::Incomplete,
            "that something changes is right; say also which port stays, and why.",
        ),
        (false, true) => {
            Finding::new(Mark::Incomplete, "that a port stays is right; say also which one changes, and why.")
        }
        (false, false) if yes == Some(true) || STAYS.is_match(text) => {
            Finding::new(Mark::Wrong, "the connections of the capture differ.").sign(Sign::AllSame)
        }
        (false, false) => {
            Finding::new(Mark::Unclear, "neither that ports stay nor that they change can be read out of it.")
        }
    }
}
