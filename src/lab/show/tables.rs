//! `labkit exchange`: a table for each conversation of the lab.

use crate::dissect::protocols::tcp::{Flags, SeqNo};
use crate::lab::answer::Report;
use crate::lab::definition::roles::Roles;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::errors::{Meaning, Sender};
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};
use crate::lab::show::narrate::{self, Phase};
use crate::text::{Push as _, seconds, written};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use std::io::{self, Write};

/// How many packets of one conversation its table shows, at its beginning and at its end.
const SHOWN: (usize, usize) = (120, 60);
/// The most conversations that get a table; further ones are only counted.
const TABLES: usize = 200;
/// The most characters of payload that a row shows.
const PAYLOAD: usize = 48;
/// Width, in characters, of a table that does not go to a terminal.
const WIDTH: u16 = 140;
/// The least width, in characters, at which a table with all its columns is readable.
const NARROWEST: u16 = 80;

/// Writes a table for each exchange of the report, `width` characters wide, or [`WIDTH`] without a terminal.
///
/// # Errors
/// When the output cannot be written.
pub fn write(report: &Report, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    if report.exchanges.is_empty() {
        let none = format!("No TCP traffic of the lab's port in {}.", report.captures.join(", "));
        writeln!(out, "{}", report.phrases.say(&none))?;
    }
    for (i, x) in report.exchanges.iter().enumerate().take(TABLES) {
        if i > 0 {
            writeln!(out)?;
        }
        let capture = match report.captures.as_slice() {
            [_] => "",
            all => all.get(x.capture).map_or("", String::as_str),
        };
        exchange(x, report, capture, width, out)?;
    }
    if let Some(more) = report.exchanges.len().checked_sub(TABLES).filter(|n| *n > 0) {
        let more = format!(
            "{more} more connections have no table here; --stream N shows the one that labkit conversations lists as N."
        );
        writeln!(out, "\n{}", report.phrases.say(&more))?;
    }
    for note in &report.notes {
        writeln!(out, "\n{note}")?;
    }
    Ok(())
}

fn exchange(
    x: &Exchange,
    report: &Report,
    capture: &str,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}", title(x, report, capture))?;
    writeln!(out, "{}", table(x, report, width))?;
    for sentence in remarks(x, report) {
        writeln!(out, "{sentence}")?;
    }
    Ok(())
}

/// A line with client, server, outcome and number of the conversation, and the name of the `capture` unless it is
/// empty.
pub fn title(x: &Exchange, report: &Report, capture: &str) -> String {
    let roles = &report.roles;
    let end = |side| format!("{} {}", roles.name(x, side), x.end(side));
    let gap = if capture.is_empty() { "" } else { ", " };
    let (client, server, stream) = (end(Side::Client), end(Side::Server), x.conversation.stream);
    let title = format!("{client} → {server}: {} (stream {stream}{gap}{capture})", verdict(x, roles));
    report.phrases.say(&title)
}

/// Remarks on an exchange besides its packets, a line each: forgeries, errors, findings about the programs, and what
/// the capture does not hold.
pub fn remarks(x: &Exchange, report: &Report) -> Vec<String> {
    let roles = &report.roles;
    let say = |text: &str| report.phrases.say(text);
    let mut all = Vec::new();
    for c in &x.contradicted {
        let frame = x.at(c.position).map_or(0, |s| s.frame.0);
        all.push(say(&format!("Contradicted: frame {frame}. {} {}", c.why, c.story)));
    }
    if let (Some(error), Some(says)) = (x.error(), x.error_says(roles)) {
        let todo = x.error_todo(roles).map_or(String::new(), |todo| format!(" {todo}"));
        let place = say(&format!("Error: frame {}:", error.frame));
        all.push(format!("{place} {}", say(&format!("{says}{todo}"))));
    }
    // The sentences of notes stand among the answers, too: they are the same phrases there.
    all.extend(x.findings.iter().map(|f| format!("{} {}", say("Note:"), say(&f.says))));
    // The capture shows all of a connection that never opened, so nothing is missing.
    if !x.outcome.never_opened() {
        let missing = |reason: &String| format!("{} {}", say("Missing:"), say(&format!("{reason}.")));
        all.extend(x.missing().iter().map(missing));
    }
    all
}

/// The outcome with its meaning.
fn verdict(x: &Exchange, roles: &Roles) -> String {
    let (client, server) = (roles.name(x, Side::Client), roles.name(x, Side::Server));
    let why = match x.outcome {
        Outcome::Confirmed if is_late(x) => {
            format!("the {server} confirmed the {client}'s message, but only when the {client} had closed")
        }
        Outcome::Confirmed => format!("the {server} confirmed the {client}'s message"),
        Outcome::Forged => format!("somebody forged the {server}'s receipt, which the {server} never sent"),
        Outcome::Rejected => rejected(x, client, server),
        Outcome::Refused => format!("port {} of the {server} refuses", x.end(Side::Server).port),
        Outcome::Unanswered => format!("nothing came back from the {server}"),
        Outcome::Reset => "an RST ended it without a confirmation".into(),
        Outcome::Unconfirmed => format!("it was closed without the {server}'s receipt"),
        Outcome::Incomplete => "the capture does not show all of it".into(),
    };
    format!("{}, {why}", x.outcome.name())
}

/// Whether the receipt was sent after its reader had closed.
fn is_late(x: &Exchange) -> bool {
    let late = x.findings.iter().find(|f| f.id == "confirms-after-close");
    late.is_some_and(|f| x.marker.first().is_some_and(|p| f.positions.contains(p)))
}

/// Says which machine rejects a connection.
fn rejected(x: &Exchange, client: &str, server: &str) -> String {
    let Some(error) = x.error() else { return "an ICMP error answers".into() };
    let port = x.end(Side::Server).port;
    match (error.meaning(), error.sender()) {
        (Meaning::Firewall, Sender::Target) => format!("a firewall on the {server} rejects port {port}"),
        (Meaning::Firewall, Sender::Own) => format!("a firewall on the {client} itself rejects port {port}"),
        (Meaning::Firewall, Sender::Router) => format!("a firewall at {} rejects port {port}", error.from),
        _ => format!("{} answers with {}", error.from, error.name()),
    }
}

fn table(x: &Exchange, report: &Report, width: Option<usize>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    let width = width.and_then(|w| u16::try_from(w).ok()).unwrap_or(WIDTH);
    table.set_width(width.max(NARROWEST));
    table.set_header(headings(report));
    for column in [1, 2, 5, 6, 7] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for row in rows(x, report) {
        table.add_row(row);
    }
    table
}

/// The columns' headings.
pub(super) fn headings(report: &Report) -> [String; 10] {
    ["Phase", "Frame", "Time", "From → to", "Flags", "Seq", "Ack", "Len", "Payload", "What happens"]
        .map(|heading| report.phrases.say(heading))
}

/// The rows of an exchange, under [`headings`].
pub(super) fn rows(x: &Exchange, report: &Report) -> Vec<[String; 10]> {
    let mut rows = Vec::new();
    let phases = narrate::phases(x);
    let mut last: Option<Phase> = None;
    let end = x.count().saturating_sub(SHOWN.1).max(SHOWN.0);
    let shown = x.conversation.segments.iter().zip(phases);
    let mut next = 0;
    for (segment, phase) in shown.filter(|(s, _)| s.position < SHOWN.0 || s.position >= end) {
        if segment.position > next {
            let note = format!("{} packets are left out here.", segment.position - next);
            let [more, none] = ["…", ""].map(str::to_owned);
            let mut row = std::array::from_fn(|column| if column < 2 { more.clone() } else { none.clone() });
            row[9] = report.phrases.say(&note);
            rows.push(row);
            last = None;
        }
        next = segment.position + 1;
        let label = if last == Some(phase) { "" } else { phase.name() };
        last = Some(phase);
        rows.push(row(x, segment, label, report));
    }
    rows
}

fn row(x: &Exchange, s: &Segment, phase: &str, report: &Report) -> [String; 10] {
    let say = |text: &str| report.phrases.say(text);
    let roles = &report.roles;
    let side = x.side(s);
    let time = since_start(x, s).map(seconds);
    let ack = if s.is(Flags::ACK) { relative(x, side.other(), s.ack) } else { String::new() };
    [
        say(phase),
        s.frame.to_string(),
        time.unwrap_or_default(),
        format!("{} → {}", say(roles.name(x, side)), say(roles.name(x, side.other()))),
        flags(s.flags),
        relative(x, side, s.seq),
        ack,
        s.len.to_string(),
        shown_payload(x, s),
        say(&narrate::sentence(x, s.position, roles)),
    ]
}

/// Nanoseconds since the conversation's SYN, or its first segment.
pub(super) fn since_start(x: &Exchange, s: &Segment) -> Option<i64> {
    let start = x.at(x.syn().unwrap_or(0))?.time?;
    Some(s.time?.since(start))
}

/// The names of the flags that are set.
pub(super) fn flags(flags: Flags) -> String {
    written(|line| flags.write(line))
}

/// A sequence number of `side` relative to its initial one, as Wireshark shows it.
pub(super) fn relative(x: &Exchange, side: Side, number: SeqNo) -> String {
    x.relative(side, number).to_string()
}

/// The payload of a segment, escaped and shortened for a table.
fn shown_payload(x: &Exchange, s: &Segment) -> String {
    let (mut text, more) = payload(x, s, PAYLOAD);
    if more {
        text.push('…');
    }
    text
}

/// The payload of a segment, as far as it was kept, as escaped text of at most `most` characters; and whether there
/// is more of it.
pub(super) fn payload(x: &Exchange, s: &Segment, most: usize) -> (String, bool) {
    if s.len == 0 || s.is(Flags::RST) {
        return (String::new(), false);
    }
    let bytes = x.half(x.side(s)).bytes_at(s.offset, (s.len as usize).min(4 * most));
    let text = written(|line| line.escaped(&bytes));
    let shown: String = text.chars().take(most).collect();
    let more = shown.len() < text.len() || bytes.len() < s.len as usize;
    (shown, more)
}
