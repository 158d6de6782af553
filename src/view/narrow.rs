//! The row of a packet on a narrow terminal: the most important parts come first, so that 80 columns show all of
//! them.

use super::time::TimeFormat;
use crate::packet::Packet;
use crate::text::{Line, Push, written};
use unicode_width::UnicodeWidthStr;

/// Terminals narrower than this many columns get such rows.
pub const BELOW: usize = 110;
/// On terminals narrower than this many columns, times have three decimals, and words are shortened if needed.
pub const TIGHT: usize = 90;
/// On terminals narrower than this many columns, only the end of an address is shown, which tells the hosts of one
/// network apart.
pub const TERSE: usize = 72;
/// Columns for an address, enough for the longest IPv4 address.
pub const ADDRESS: usize = 15;
/// Columns for the end of an address, enough for the last two numbers of any IPv4 address.
const END: usize = 8;

/// Columns for an address on a terminal of this width.
pub fn address_room(width: usize) -> usize {
    if width < TERSE { END } else { ADDRESS }
}

/// Columns for number and time.
fn widths(width: usize) -> (usize, usize) {
    if width < TIGHT { (3, 5) } else { (4, 8) }
}

/// The heading of the last column. It explains the letters in the column, if the terminal's width has such letters
/// and room for that.
pub fn info_heading(width: usize) -> &'static str {
    if (60..TIGHT).contains(&width) { "Info (S, A, L: Seq, Ack, Len)" } else { "Info" }
}

/// The heading of the destination column.
pub fn destination_heading(room: usize) -> &'static str {
    if room < "Destination".len() { "Dest." } else { "Destination" }
}

/// Appends the heading.
pub fn heading(width: usize, out: &mut Line) {
    let (number, time) = widths(width);
    let (room, info) = (address_room(width), info_heading(width));
    let to = destination_heading(room);
    let text = format!("{:>number$} {:>time$} {:<room$} {to:<room$} {info}", "No.", "Time", "Source");
    out.text(&text);
}

/// Appends the row, which fits into `width` columns if that is possible.
pub fn row(packet: &Packet<'_>, time: TimeFormat, width: usize, out: &mut Line) {
    let (number, columns) = widths(width);
    let clock = clock(&written(|out| time.write(packet, out)), time, width);
    let (source, destination) = packet.addresses();
    let at = address_room(width);
    let [source, destination] = [source, destination].map(|a| address(&written(|out| a.write(out)), at));
    let start =
        format!("{:>number$} {clock:>columns$} {source:<at$} {destination:<at$} ", packet.context.frame.no.0);
    let room = width.saturating_sub(start.width());
    out.text(&start);
    let text = written(|out| packet.info(out));
    out.text(&info(packet.protocol().as_ref(), &text, room, width));
}

/// A time with as many decimals as there is room for. The time between two packets is often less than a millisecond,
/// so that it keeps six.
pub fn clock(text: &str, time: TimeFormat, width: usize) -> String {
    let digits = if width < TIGHT && !matches!(time, TimeFormat::Delta) { 3 } else { 6 };
    match text.split_once('.') {
        Some((whole, decimals)) => format!("{whole}.{}", decimals.get(..digits).unwrap_or(decimals)),
        None => text.to_owned(),
    }
}

/// An address in a column of `room`. In a narrow column, only the end of a wide address is shown.
pub fn address(text: &str, room: usize) -> String {
    if room > END || text.chars().count() <= room {
        return middle(text, room);
    }
    let last = |sign: char, numbers: usize| text.rmatch_indices(sign).nth(numbers - 1).map(|(at, _)| at);
    match (last(':', 2), last('.', 2)) {
        (None, Some(dot)) => format!("…{}", text.get(dot + 1..).unwrap_or_default()),
        (Some(_), _) => {
            let tail: Vec<char> = text.chars().rev().take(room.saturating_sub(1)).collect();
            format!("…{}", tail.iter().rev().collect::<String>())
        }
        // This address is a name.
        (None, None) => middle(text, room),
    }
}

/// An address with its middle left out if it is too wide, so that the columns stay aligned.
pub fn middle(address: &str, room: usize) -> String {
    let count = address.chars().count();
    if count <= room || room < 3 {
        return address.to_owned();
    }
    let (head, tail) = (room / 2, room - room / 2 - 1);
    let begin: String = address.chars().take(head).collect();
    let end: String = address.chars().skip(count - tail).collect();
    format!("{begin}…{end}")
}

/// The Info column of a packet of `protocol`, in `room` columns of a terminal of `width`, with the most important
/// parts first.
pub fn info(protocol: &str, text: &str, room: usize, width: usize) -> String {
    if protocol == "TCP"
        && let Some(segment) = Segment::of(text)
    {
        return segment.fitted(room, width < TIGHT);
    }
    // The text often begins with the name of the protocol already.
    if text.starts_with(protocol) { text.to_owned() } else { format!("{protocol} {text}") }
}

/// The Info column of a segment, taken apart.
struct Segment<'a> {
    /// The findings of the analysis, such as `[TCP Retransmission]`.
    remarks: &'a str,
    ports: String,
    flags: &'a str,
    /// The words with `Seq=` and `Ack=`.
    numbers: Vec<&'a str>,
    /// The digits after `Len=`.
    length: Option<&'a str>,
    others: Vec<&'a str>,
}

/// How short flags and numbers of a segment are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// `[PSH,ACK] Seq=1 Ack=1 Len=28`
    Whole,
    /// `PSH,ACK Seq=1 Ack=1 Len=28`
    Bare,
    /// `PSH,ACK S=1 A=1 Len=28`
    Letters,
    /// `PSH,ACK S=1 A=1 L=28`
    AllLetters,
    /// `PA S=1 A=1 L=28`
    Least,
    /// `PA S1 A1 L28`
    Shortest,
}

impl<'a> Segment<'a> {
    fn of(text: &'a str) -> Option<Segment<'a>> {
        let (before, rest) = text.split_once(" → ")?;
        let (to, rest) = rest.split_once(" [")?;
        let (flags, rest) = rest.split_once(']')?;
        let (remarks, from) = before.rsplit_once("] ").map_or(("", before), |(r, from)| (r, from));
        let remarks = before.get(..remarks.len() + usize::from(!remarks.is_empty()))?;
        let ports = format!("{from}→{to}");
        let mut segment =
            Segment { remarks, ports, flags, numbers: Vec::new(), length: None, others: Vec::new() };
        for word in rest.split_whitespace() {
            match word.split_once('=') {
                Some(("Seq" | "Ack", _)) => segment.numbers.push(word),
                Some(("Len", digits)) => segment.length = Some(digits),
                _ => segment.others.push(word),
            }
        }
        Some(segment)
    }

    /// Ports, flags, numbers and length in this form.
    fn head(&self, form: Form) -> String {
        let mut line = self.ports.clone();
        let flags = self.flags.replace(", ", ",");
        match form {
            Form::Whole => line.push_str(&format!(" [{flags}]")),
            Form::Least | Form::Shortest => {
                line.extend(" ".chars().chain(flags.split(',').filter_map(|f| f.chars().next())));
            }
            _ => line.push_str(&format!(" {flags}")),
        }
        let is = if form == Form::Shortest { "" } else { "=" };
        for number in &self.numbers {
            let short = number.get(..1).zip(number.split_once('=')).map(|(l, (_, n))| format!("{l}{is}{n}"));
            let short = short.filter(|_| form >= Form::Letters);
            line.push_str(&format!(" {}", short.as_deref().unwrap_or(number)));
        }
        if let Some(digits) = self.length {
            let name = if form >= Form::AllLetters { "L" } else { "Len" };
            line.push_str(&format!(" {name}{is}{digits}"));
        }
        line
    }

    /// The longest form that fits together with the remarks; if none does, the shortest, with the remarks cut. Of the
    /// other words, as many as fit completely are added, because a number that is cut looks like another number.
    fn fitted(&self, room: usize, tight: bool) -> String {
        let forms = [Form::Whole, Form::Bare, Form::Letters, Form::AllLetters, Form::Least, Form::Shortest];
        let from = usize::from(tight);
        let remarks = self.remarks.replace("[TCP ", "[");
        let with = |form| format!("{} {remarks}", self.head(form)).trim_end().to_owned();
        let fits = forms.iter().skip(from).map(|form| with(*form)).find(|line| line.width() <= room);
        // Remarks that are cut still show that there are some.
        let cut = || {
            let head = |form: &Form| self.head(*form).width() <= room;
            [Form::Least, Form::Shortest].into_iter().find(head).map(with)
        };
        let Some(mut line) = fits.or_else(cut) else { return self.beginning(room) };
        for word in &self.others {
            if line.width() + 1 + word.width() > room {
                break;
            }
            line.push(' ');
            line.push_str(word);
        }
        line
    }

    /// The part that fits where the room is not enough for the shortest form: ports and flags, and as many words as
    /// possible.
    fn beginning(&self, room: usize) -> String {
        let head = self.head(Form::Shortest);
        let words: Vec<&str> = head.split(' ').collect();
        let (first, rest) = words.split_at(words.len().min(2));
        let fit = |line: String, word: &&str| {
            if line.width() + 1 + word.width() <= room { format!("{line} {word}") } else { line }
        };
        // The length comes first: it says whether there is a message.
        rest.iter().rev().fold(first.join(" "), fit)
    }
}

/// Breaks a row at its blanks for a terminal of `width` columns; further lines are indented.
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

    /// The room that 80 columns leave for the last column.
    const ROOM: usize = 80 - (3 + 1 + 5 + 1 + 2 * (ADDRESS + 1));

    fn at_80(text: &str) -> String {
        let line = info("TCP", text, ROOM, 80);
        assert!(line.width() <= ROOM, "{line}");
        line
    }

    #[test]
    fn ports_flags_numbers_and_length_fit_into_what_80_columns_leave() {
        let whole = info("TCP", DATA, 60, 109);
        assert_eq!(whole, "44150→65432 [PSH,ACK] Seq=1 Ack=1 Len=28 Win=64512 TSval=1");
        assert_eq!(at_80(DATA), "44150→65432 PSH,ACK Seq=1 Ack=1 Len=28");
        assert_eq!(
            at_80("44150 → 65432 [FIN, ACK] Seq=29 Ack=10 Win=0 Len=0"),
            "44150→65432 FIN,ACK S=29 A=10 Len=0"
        );
        let long = "44150 → 65432 [FIN, PSH, ACK] Seq=2897 Ack=1 Win=64512 Len=1448";
        assert_eq!(at_80(long), "44150→65432 FPA S=2897 A=1 L=1448");
        assert_eq!(info("TCP", DATA, 25, 50), "44150→65432 PA S1 A1 L28");
        assert_eq!(info("TCP", DATA, 20, 50), "44150→65432 PA L28");
        assert_eq!(info("TCP", DATA, 14, 50), "44150→65432 PA");
    }

    #[test]
    fn at_60_columns_too() {
        const ROOM: usize = 60 - (3 + 1 + 5 + 1 + 2 * (END + 1));
        assert_eq!(info("TCP", DATA, ROOM, 60), "44150→65432 PSH,ACK S=1 A=1 L=28");
        let long = "44150 → 65432 [FIN, PSH, ACK] Seq=12345 Ack=1 Win=64512 Len=1448";
        assert_eq!(info("TCP", long, ROOM, 60), "44150→65432 FPA S12345 A1 L1448");
        assert_eq!(address("192.168.56.101", END), "…56.101");
        assert_eq!(address("192.168.156.1", END), "…156.1");
        assert_eq!(address("10.0.0.1", END), "10.0.0.1");
        assert_eq!(address("fe80::6ac7:8e05:f6da:ba2b", END), "…da:ba2b");
        assert_eq!(address("08:00:27:00:00:65", END), "…0:00:65");
        assert_eq!(address("Broadcast", END), "Broa…ast");
    }

    #[test]
    fn what_the_analysis_found_comes_behind_what_matters_more() {
        let text = "[TCP Retransmission] 44150 → 65432 [PSH, ACK] Seq=1 Ack=1 Win=64512 Len=28";
        assert_eq!(info("TCP", text, ROOM, 80), "44150→65432 PA S=1 A=1 L=28 [Retransmission]");
        let text = "[TCP Dup ACK 5#1] 44150 → 65432 [ACK] Seq=1 Ack=1 Win=64512 Len=0 SLE=1";
        assert_eq!(info("TCP", text, 60, 109), "44150→65432 [ACK] Seq=1 Ack=1 Len=0 [Dup ACK 5#1] Win=64512");
        assert_eq!(info("TCP", "Standard query", 10, 80), "TCP Standard query");
        assert_eq!(info("ARP", "Who has 10.0.0.1?", 10, 80), "ARP Who has 10.0.0.1?");
    }

    #[test]
    fn wide_addresses_keep_the_columns_in_line() {
        assert_eq!(middle("2001:db8:0:1:1:1:1:1", ADDRESS), "2001:db…1:1:1:1");
        assert_eq!(middle("192.168.56.101", ADDRESS), "192.168.56.101");
    }

    #[test]
    fn times_keep_what_they_are_looked_at_for() {
        assert_eq!(clock("0.300892123", TimeFormat::Relative, 80), "0.300");
        assert_eq!(clock("0.000020123", TimeFormat::Delta, 80), "0.000020");
        assert_eq!(clock("0.300892123", TimeFormat::Relative, 100), "0.300892");
    }

    #[test]
    fn rows_break_between_words() {
        assert_eq!(wrapped("aaaa bbbb cccc dddd", 10), "aaaa bbbb\n     cccc\n     dddd");
        assert_eq!(wrapped("aaaa", 2), "aaaa");
    }
}
