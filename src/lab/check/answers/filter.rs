//! The filter of Task 2: does it let through exactly the TCP packets between the two machines?
//!
//! A lab's capture usually holds no other packets, so running the filter over it shows little. The filter is run over
//! packets made for the purpose instead: some like the lab's own, and others that it should keep out.

use super::sheet::names_capture_filter;
use super::{Finding, Mark, Section, places};
use crate::conversation::Tracker;
use crate::filter::{self, Filter, FilterError};
use crate::frame::{Frame, FrameNo, LinkType, Origin};
use crate::lab::answer::Report;
use crate::lab::definition::misconception::Sign;
use crate::lab::evidence::exchange::Side;
use crate::packet::Packet;
use crate::text::{Push as _, written};
use etherparse::PacketBuilder;
use std::net::{IpAddr, Ipv4Addr};

/// Addresses that are neither machine's: a pair from a range for documentation (RFC 5737), then one low and one high
/// address.
const STRANGERS: [[Ipv4Addr; 2]; 2] = [
    [Ipv4Addr::new(203, 0, 113, 8), Ipv4Addr::new(203, 0, 113, 9)],
    [Ipv4Addr::new(1, 2, 3, 4), Ipv4Addr::new(223, 255, 6, 7)],
];

/// The filter that a section holds, without quotation marks around it.
fn code(section: &Section) -> String {
    unquoted(section.text.trim()).to_string()
}

/// A text without the quotation marks around it.
fn unquoted(text: &str) -> &str {
    let quotes: &[char] = &['“', '”', '„', '«', '»', '`', '‘', '’'];
    // A full stop behind a quotation ends the sentence around the filter: it is "ip.addr == …".
    let text = text.strip_suffix('.').filter(|t| t.ends_with(quotes) || t.ends_with('"')).unwrap_or(text);
    let text = text.trim_matches(quotes).trim();
    // Straight quotation marks are part of the filter language, unless they surround the whole filter.
    let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).filter(|t| !t.contains('"'));
    bare.unwrap_or(text).trim()
}

/// A filter that does what the task asks for; `None` if the report has no connection between two IPv4 machines.
pub(super) fn answer(report: &Report, port: u16) -> Option<String> {
    let [(a, _), (b, _)] = places::ends(report)?;
    filter::between(a, b, port)
}

pub(super) fn grade(report: &Report, section: &Section) -> Finding {
    let text = code(section);
    if text.is_empty() {
        return Finding::new(Mark::Empty, "no filter is written.");
    }
    let (mut filter, text) = match Filter::compile(&text) {
        Ok(filter) => (filter, text),
        Err(error) => match in_prose(&text, |part| Filter::compile(part).ok()) {
            Some(found) => found,
            None => match as_capture_filter(&text) {
                Some(found) => found,
                None => return refused(&text, &error),
            },
        },
    };
    let Some([IpAddr::V4(a), IpAddr::V4(b)]) = places::ends(report).map(|e| e.map(|(ip, _)| ip)) else {
        let says = "it is a display filter; the capture has no connection between two IPv4 machines to compare it with.";
        return Finding::new(Mark::CannotTell, says);
    };
    let signs = signs(&mut filter, report, (a, b), &text);
    // The packets that the filter is tried on have made-up frame numbers and Ethernet addresses, and one stream each.
    let made_up = ["eth.", "frame."].iter().any(|f| text.contains(f));
    if made_up || text.contains("tcp.stream") && !signs.contains(&Sign::AnyMachines) {
        let says = "it goes by something else than addresses and ports; a person has to try it.";
        return Finding::new(Mark::Unread, says);
    }
    if signs.is_empty() {
        return match shows_every_exchange(&mut filter, report) {
            true => Finding::new(
                Mark::Right,
                "it lets through the TCP packets between the two machines, and nothing else.",
            ),
            false => Finding::new(
                Mark::Wrong,
                "it shows one exchange only: the sender's port is another one in the next.",
            ),
        };
    }
    let misses = |s: &Sign| matches!(s, Sign::MissesAll | Sign::OneDirection | Sign::MissesEmpty);
    // A filter that shows all of the exchange and more lacks a part of what the task asks for. A range of addresses
    // does not do what its writer means, and a filter that names neither machines nor TCP does nothing.
    let is_too_wide = match signs.as_slice() {
        [Sign::AnyMachines, Sign::NotOnlyTcp] => false,
        all => !all.iter().any(|s| misses(s) || *s == Sign::Range),
    };
    let (mark, says) = match (signs.iter().any(misses), signs.iter().all(misses)) {
        (true, true) => (Mark::Wrong, "it keeps out packets between the two machines."),
        (true, false) => {
            (Mark::Wrong, "it keeps out packets between the two machines, and lets others through.")
        }
        _ if is_too_wide => (
            Mark::Partly,
            "it lets the packets of the exchange through, but others too: it shall show only TCP between the two machines.",
        ),
        _ => (Mark::Wrong, "it lets through packets that are not TCP between the two machines."),
    };
    let mut finding = Finding::new(mark, says);
    finding.signs = signs;
    if incomplete_address(&text) {
        finding.signs.retain(|s| *s != Sign::MissesAll);
        finding.signs.push(Sign::IncompleteAddress);
    }
    finding
}

/// The filter in a text that has prose behind it ("… && tcp in the end") or around it ("I went with … and tcp, which
/// shows both"); `None` if no part of the text compiles.
fn in_prose<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<(T, String)> {
    const LANGUAGE: [&str; 21] = [
        "and", "or", "not", "xor", "eq", "ne", "gt", "lt", "ge", "le", "contains", "matches", "any", "all",
        "tcp", "udp", "ip", "ipv6", "arp", "host", "port",
    ];
    let words_of = |part: &str| -> Vec<String> {
        let word = |w: &str| {
            w.trim_matches([',', '.', '!', '(', ')', ':', ';', '–', '-', '"', '“', '”', '„']).to_lowercase()
        };
        part.split_whitespace().map(word).filter(|w| !w.is_empty()).collect()
    };
    let plain = |w: &String| w.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '’');
    let leads = |head: &str| words_of(head).iter().all(|w| plain(w) && !LANGUAGE.contains(&w.as_str()));
    let goes_on = |tail: &str| {
        let words = words_of(tail);
        let first = words.first().map_or("", String::as_str);
        words.is_empty() || words.len() > 1 && words.iter().all(plain) && !LANGUAGE.contains(&first)
    };
    let spaces = |part: &str| {
        part.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(i, _)| i).collect::<Vec<_>>()
    };
    for start in [0].into_iter().chain(spaces(text)) {
        let (head, rest) = text.split_at(start);
        if !leads(head) {
            break;
        }
        for cut in spaces(rest).into_iter().chain([rest.len()]).filter(|cut| *cut > 0) {
            let (filter, tail) = rest.split_at(cut);
            let filter = unquoted(filter.trim().trim_end_matches([',', ';', ':']));
            if goes_on(tail)
                && !filter.is_empty()
                && let Some(found) = read(filter)
            {
                return Some((found, filter.to_string()));
            }
        }
    }
    None
}

/// The capture filter in a text that calls it one, as a display filter that keeps the same packets; `None` if there is
/// none.
fn as_capture_filter(text: &str) -> Option<(Filter, String)> {
    if !names_capture_filter(text) {
        return None;
    }
    let display = |part: &str| filter::to_display(part).filter(|_| part.contains(' '));
    let (display, _) = in_prose(text, display)?;
    Some((Filter::compile(&display).ok()?, display))
}

fn refused(text: &str, error: &FilterError) -> Finding {
    let message = written(|line| line.escaped(error.message.as_bytes()));
    let mut finding = Finding::new(Mark::Wrong, format!("it is no display filter: {message}."));
    let capture = |part: &str| filter::to_display(part).filter(|_| part.contains(' '));
    let is_capture = filter::to_display(text).is_some() || in_prose(text, capture).is_some();
    finding.signs.push(if is_capture { Sign::CaptureFilter } else { Sign::NoFilter });
    if incomplete_address(text) {
        finding.signs.push(Sign::IncompleteAddress);
    }
    finding
}

/// Whether the text holds an IPv4 address with only two or three of its four numbers.
fn incomplete_address(text: &str) -> bool {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "._:".contains(c)));
    words.into_iter().any(|word| {
        let parts: Vec<&str> = word.split('.').filter(|p| !p.is_empty()).collect();
        let numbers = parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_digit()));
        numbers && (2..4).contains(&parts.len())
    })
}

/// A packet to try a filter on.
#[derive(Clone, Copy)]
struct Probe {
    from: (Ipv4Addr, u16),
    to: (Ipv4Addr, u16),
    payload: &'static [u8],
    udp: bool,
}

impl Probe {
    fn bytes(&self) -> Vec<u8> {
        let start = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]).ipv4(
            self.from.0.octets(),
            self.to.0.octets(),
            64,
        );
        let mut bytes = Vec::new();
        let (from, to) = (self.from.1, self.to.1);
        // Writing into memory does not fail, and so short a packet has room for its length.
        let _ = if self.udp {
            start.udp(from, to).write(&mut bytes, self.payload)
        } else if self.payload.is_empty() {
            start.tcp(from, to, 1, 64240).syn().write(&mut bytes, &[])
        } else {
            start.tcp(from, to, 1, 64240).ack(1).psh().write(&mut bytes, self.payload)
        };
        bytes
    }

    fn passes(&self, filter: &mut Filter) -> bool {
        let bytes = self.bytes();
        let frame = Frame {
            no: FrameNo(1),
            time: None,
            precision: 9,
            link: LinkType::ETHERNET,
            wire_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            interface: 0,
            origin: Origin::default(),
            bytes: &bytes,
        };
        let mut tracker = Tracker::new();
        let packet = Packet { context: tracker.track(&frame) };
        filter.matches(&packet)
    }
}

/// Whether the filter lets packets of all exchanges of the capture through, each with its own ports.
fn shows_every_exchange(filter: &mut Filter, report: &Report) -> bool {
    report.exchanges.iter().all(|x| {
        let [from, to] = [Side::Client, Side::Server].map(|side| x.end(side)).map(|end| match end.ip {
            IpAddr::V4(ip) => Some((ip, end.port)),
            IpAddr::V6(_) => None,
        });
        let (Some(from), Some(to)) = (from, to) else { return true };
        let probe = |from, to| Probe { from, to, payload: b"Hello", udp: false };
        probe(from, to).passes(filter) && probe(to, from).passes(filter)
    })
}

/// What the filter wrongly lets through or keeps out.
fn signs(filter: &mut Filter, report: &Report, (a, b): (Ipv4Addr, Ipv4Addr), text: &str) -> Vec<Sign> {
    let ports = report.exchanges.first().map(|x| (x.end(Side::Client).port, x.end(Side::Server).port));
    let (near, far) = ports.unwrap_or((40000, 65432));
    let mut passes = |from: Ipv4Addr, to: Ipv4Addr, payload: &'static [u8], udp: bool| {
        let there = Probe { from: (from, near), to: (to, far), payload, udp };
        let back = Probe { from: (to, far), to: (from, near), payload, udp };
        [there.passes(filter), back.passes(filter)]
    };
    let hello: &[u8] = b"Hello";
    let lab = [passes(a, b, hello, false), passes(b, a, hello, false)].concat();
    let empty = [passes(a, b, b"", false), passes(b, a, b"", false)].concat();
    let mut signs = Vec::new();
    if !lab.iter().chain(&empty).any(|p| *p) {
        signs.push(Sign::MissesAll);
    } else if lab.contains(&false) {
        signs.push(Sign::OneDirection);
    } else if empty.contains(&false) {
        signs.push(Sign::MissesEmpty);
    }
    let strangers: Vec<bool> = STRANGERS.iter().flat_map(|[x, y]| passes(*x, *y, hello, false)).collect();
    let [[below, _], [_, above]] = STRANGERS;
    let one: Vec<bool> = [a, b]
        .iter()
        .flat_map(|end| {
            [below, above].into_iter().flat_map(|x| passes(*end, x, hello, false)).collect::<Vec<_>>()
        })
        .collect();
    if strangers.contains(&true) {
        signs.push(if text.contains(['<', '>']) { Sign::Range } else { Sign::AnyMachines });
    } else if one.contains(&true) {
        // Without "or", one of the two addresses is not named at all.
        let names_either =
            text.contains("||") || text.split_whitespace().any(|w| w.eq_ignore_ascii_case("or"));
        signs.push(match (text.contains(['<', '>']), names_either) {
            (true, _) => Sign::Range,
            (false, true) => Sign::OneOfTwo,
            (false, false) => Sign::AnyMachines,
        });
    }
    if passes(a, b, hello, true).contains(&true) {
        signs.push(Sign::NotOnlyTcp);
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::answer::{Capture, report};
    use crate::lab::definition::Lab;
    use crate::lab::evidence::handmade::{PORT, Wire};

    fn graded(filter: &str) -> (Mark, Vec<Sign>) {
        let capture =
            Capture { name: "a".into(), evidence: Wire::whole(b"hi").evidence(), names: Vec::new() };
        let report = report(&Lab::built_in(), PORT, vec![capture], (None, None));
        let section = Section { text: filter.into(), ..Section::default() };
        let finding = grade(&report, &section);
        (finding.mark, finding.signs)
    }

    #[test]
    fn filters_that_do_the_same_are_right() {
        for filter in [
            "ip.addr == 192.168.56.1 && ip.addr == 192.168.56.101 && tcp.port == 65432",
            "tcp and ip.host == 192.168.56.1 and ip.host == 192.168.56.101",
            "ip.addr == 192.168.56.1 && ip.addr == 192.168.56.101 && tcp in the end.",
            "\"ip.addr == 192.168.56.1 && ip.addr == 192.168.56.101 && tcp\".",
            "we used ip.addr == 192.168.56.1 && ip.addr == 192.168.56.101 && tcp, which shows both directions",
            "“(ip.src == 192.168.56.1 and ip.dst == 192.168.56.101 or ip.src==192.168.56.101 and ip.dst==192.168.56.1) and tcp”",
        ] {
            assert_eq!(graded(filter), (Mark::Right, vec![]), "{filter}");
        }
    }

    #[test]
    fn each_wrong_filter_shows_what_is_wrong_with_it() {
        for (filter, signs) in [
            ("ip.host == 192.168.122. and tcp", vec![Sign::NoFilter, Sign::IncompleteAddress]),
            ("ip.addr == 192.168.56 and tcp", vec![Sign::NoFilter, Sign::IncompleteAddress]),
            ("host 192.168.56.1 and tcp", vec![Sign::CaptureFilter]),
            ("ip.src == 192.168.56.1 and ip.dst == 192.168.56.101 and tcp", vec![Sign::OneDirection]),
            ("ip", vec![Sign::AnyMachines, Sign::NotOnlyTcp]),
            ("tcp and ip.addr >= 192.168.56.1 and ip.addr <= 192.168.56.101", vec![Sign::Range]),
            ("tcp.len > 0 && ip.addr == 192.168.56.1 && ip.addr == 192.168.56.101", vec![Sign::MissesEmpty]),
        ] {
            assert_eq!(graded(filter), (Mark::Wrong, signs), "{filter}");
        }
    }

    #[test]
    fn a_filter_that_shows_more_than_the_exchange_is_partly_right() {
        for (filter, signs) in [
            ("tcp and (ip.addr == 192.168.56.1 or ip.addr == 192.168.56.101)", vec![Sign::OneOfTwo]),
            ("tcp.port == 65432", vec![Sign::AnyMachines]),
            ("ip.addr == 192.168.56.1 && ip.addr == 192.168.56.101", vec![Sign::NotOnlyTcp]),
        ] {
            assert_eq!(graded(filter), (Mark::Partly, signs), "{filter}");
        }
    }

    #[test]
    fn what_goes_by_other_things_is_not_judged() {
        assert_eq!(graded("eth.addr == 02:00:00:00:00:01").0, Mark::Unread);
        assert_eq!(graded(" ").0, Mark::Empty);
    }
}
