//! The row of a packet on a narrow terminal: what matters first, so that nothing of it is cut at 80 columns.

use super::time::TimeFormat;
use crate::packet::Packet;
use crate::text::{Line, Push, written};
use unicode_width::UnicodeWidthStr;

/// Terminals narrower than this get such rows.
pub const BELOW: usize = 110;
/// Widths of the columns: number, time, and each address.
const NUMBER: usize = 4;
const TIME: usize = 8;
const ADDRESS: usize = 15;

/// Appends the heading.
pub fn heading(out: &mut Line) {
    let text = format!(
        "{:>NUMBER$} {:>TIME$} {:<ADDRESS$} {:<ADDRESS$} Info",
        "No.", "Time", "Source", "Destination"
    );
    out.text(&text);
}

/// Appends the row, which is to fit into `width` columns if it can.
pub fn row(packet: &Packet<'_>, time: TimeFormat, width: usize, out: &mut Line) {
    let clock = written(|out| time.write(packet, out));
    let clock = match clock.split_once('.') {
        Some((whole, decimals)) => format!("{whole}.{}", decimals.get(..6).unwrap_or(decimals)),
        None => clock,
    };
    let (source, destination) = packet.addresses();
    let [source, destination] = [source, destination].map(|a| middle(&written(|out| a.write(out))));
    let start = format!(
        "{:>NUMBER$} {clock:>TIME$} {source:<ADDRESS$} {destination:<ADDRESS$} ",
        packet.context.frame.no.0
    );
    let room = width.saturating_sub(start.width());
    out.text(&start);
    let protocol = packet.protocol();
    let text = written(|out| packet.info(out));
    match protocol.as_ref() {
        "TCP" => out.text(&segment(&text, room)),
        other => {
            // The name of the protocol often begins its words already.
            if !text.starts_with(other) {
                out.text(other);
                out.push(b' ');
            }
            out.text(&text);
        }
    }
}

/// An address that is too wide, with its middle left out, so that the columns stay in line.
fn middle(address: &str) -> String {
    if address.len() <= ADDRESS {
        return address.to_owned();
    }
    let (head, tail) = (ADDRESS / 2, ADDRESS - ADDRESS / 2 - 1);
    let begin = address.get(..head).unwrap_or(address);
    let end = address.get(address.len() - tail..).unwrap_or("");
    format!("{begin}…{end}")
}

/// What is said of a segment: ports and flags, then its numbers and its length, then the rest. Where there is not
/// enough room, its length comes before its numbers.
fn segment(text: &str, room: usize) -> String {
    let Some((before, rest)) = text.split_once(" → ") else { return text.to_owned() };
    let Some((ports, rest)) = rest.split_once(" [") else { return text.to_owned() };
    let Some((flags, rest)) = rest.split_once(']') else { return text.to_owned() };
    let (mut numbers, mut length, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for word in rest.split_whitespace() {
        match word.split_once('=').map(|(name, _)| name) {
            Some("Seq" | "Ack") => numbers.push(word),
            Some("Len") => length.push(word),
            _ => others.push(word),
        }
    }
    let head = format!("{before}→{ports} [{}]", flags.replace(", ", ","));
    let join =
        |parts: [&[&str]; 2]| parts.concat().iter().fold(head.clone(), |text, word| format!("{text} {word}"));
    let mut line = join([&numbers, &length]);
    if line.width() > room {
        line = join([&length, &numbers]);
    }
    others.iter().fold(line, |text, word| format!("{text} {word}"))
}

/// Breaks a row at its blanks for a terminal of `width` columns; what goes on is indented.
pub fn wrapped(row: &str, width: usize) -> String {
    const INDENT: usize = 5;
    let mut out = String::new();
    let mut used = 0;
    for part in row.split_inclusive(' ') {
        let word = part.trim_end().width();
        if used + word > width && used > INDENT {
            out.truncate(out.trim_end().len());
            out.push_str("\n     ");
            used = INDENT;
        }
        out.push_str(part);
        used += part.width();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = "44150 → 65432 [PSH, ACK] Seq=1 Ack=1 Win=64512 Len=28 TSval=1 TSecr=2";

    #[test]
    fn ports_flags_and_length_fit_into_what_80_columns_leave() {
        let whole = segment(DATA, 60);
        assert!(whole.starts_with("44150→65432 [PSH,ACK] Seq=1 Ack=1 Len=28 Win=64512"), "{whole}");
        let room = 80 - (NUMBER + 1 + TIME + 1 + 2 * (ADDRESS + 1));
        let short = segment(DATA, room);
        assert_eq!(short.chars().take(room).collect::<String>(), "44150→65432 [PSH,ACK] Len=28 Seq=1");
        assert_eq!(segment("Standard query", 10), "Standard query");
    }

    #[test]
    fn wide_addresses_keep_the_columns_in_line() {
        assert_eq!(middle("2001:db8:0:1:1:1:1:1"), "2001:db…1:1:1:1");
        assert_eq!(middle("192.168.56.101"), "192.168.56.101");
    }

    #[test]
    fn rows_break_between_words() {
        assert_eq!(wrapped("aaaa bbbb cccc dddd", 10), "aaaa bbbb\n     cccc\n     dddd");
        assert_eq!(wrapped("aaaa", 2), "aaaa");
    }
}
