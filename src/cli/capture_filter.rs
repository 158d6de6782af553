//! Advice about a capture filter that libpcap refuses: it is a display filter, or another filter was probably meant.

use super::UsageError;
use crate::capture::bpf::{BpfError, FrameFilter};
use crate::capture::bpf_place::WORDS;
use crate::filter::{self, Filter};
use crate::frame::LinkType;
use std::net::IpAddr;
use std::ops::Range;

/// The most wrong words that are corrected in one filter.
const MOST_MENDED: usize = 4;

/// The error of the command line for a capture filter that is wrong, with advice.
pub(crate) fn capture_error(error: &BpfError) -> anyhow::Error {
    let advice = advice(error).map_or_else(String::new, |advice| format!("\n{advice}"));
    UsageError(format!("{error}{advice}")).into()
}

fn advice(error: &BpfError) -> Option<String> {
    let text = &error.expression;
    if !error.judged {
        return Some(format!("As a display filter it is:  -Y '{}'", filter::to_display(text)?));
    }
    if Filter::compile(text).is_ok() {
        let translated = filter::to_capture(text)
            .map_or(String::new(), |bpf| format!("; as a capture filter it is `{bpf}`"));
        return Some(format!("This is a display filter: give it with -Y{translated}"));
    }
    if let Some(meant) = meant(error) {
        return Some(format!("Did you mean:  {meant}"));
    }
    // Nearly a display filter, as with a single `=`.
    let display = Filter::compile(text).err()?.corrected?;
    let capture = filter::to_capture(&display)?;
    Some(format!("This is nearly a display filter, -Y '{display}'; as a capture filter it is `{capture}`"))
}

/// The capture filter that was probably meant; libpcap accepts it. `None` if no correction helps.
fn meant(error: &BpfError) -> Option<String> {
    let mut error = error.clone();
    for _ in 0..MOST_MENDED {
        let at = error.at.clone()?;
        let candidates = candidates(&error.expression, &at);
        let mut next = None;
        for candidate in candidates {
            match FrameFilter::new(&candidate, LinkType::ETHERNET) {
                Ok(_) => return Some(candidate),
                // Another wrong word may follow the corrected one.
                Err(further) if further.at.as_ref().is_some_and(|place| place.start > at.start) => {
                    next = next.or(Some(further));
                }
                Err(_) => {}
            }
        }
        error = next?;
    }
    None
}

/// Corrections of `text`, each of which changes the wrong part at `at`.
fn candidates(text: &str, at: &Range<usize>) -> Vec<String> {
    let word = text.get(at.clone()).unwrap_or("");
    let (before, after) = (text.get(..at.start).unwrap_or(""), text.get(at.end..).unwrap_or(""));
    let with = |with: &str| format!("{before}{with}{after}");
    let mut found = Vec::new();
    if word.is_empty() {
        // The end is wrong: a value or a bracket is missing, or there is a word too many.
        let short = text.trim_end();
        let cut = ["and", "or", "not", "&&", "||"].iter().find_map(|last| short.strip_suffix(last));
        found.extend(cut.map(|cut| cut.trim_end().to_owned()));
        found.push(format!("{short})"));
        found.push(format!("{short} != 0"));
        return found;
    }
    let lower = word.to_ascii_lowercase();
    if lower != word {
        found.push(with(&lower));
    }
    found.extend(nearest(&lower).map(with));
    // The beginning of an address is probably meant as a network.
    if let Some(short) = word.strip_suffix('.') {
        let before = before.strip_suffix("host ").map_or(before.to_owned(), |rest| format!("{rest}net "));
        found.push(format!("{before}{short}{after}"));
    }
    if word.parse::<IpAddr>().is_ok() {
        found.push(with(&format!("host {word}")));
    }
    if word.parse::<u16>().is_ok() {
        found.push(with(&format!("port {word}")));
        found.push(with(&format!("and port {word}")));
    }
    match word {
        "," => found.push(with(" or ")),
        "\"" | "'" => found.push(text.replace(word, "")),
        "=" => found.push(with("==")),
        ")" => {
            found.push(format!("{} != 0{word}{after}", before.trim_end()));
            found.push(with(""));
        }
        // Two conditions have no `and` or `or` between them.
        _ => found.push(with(&format!("and {word}"))),
    }
    found
}

/// The word of the filter language nearest to `word`; `None` if none is near.
fn nearest(word: &str) -> Option<&'static str> {
    let most = (word.len() / 4).max(1);
    let near = WORDS.iter().map(|known| (strsim::osa_distance(word, known), *known)).min();
    near.filter(|(distance, known)| (1..=most).contains(distance) && known.len() > 1).map(|(_, known)| known)
}

#[cfg(all(test, feature = "capture"))]
mod tests {
    use super::*;

    fn advised(text: &str) -> String {
        let error = FrameFilter::new(text, LinkType::ETHERNET).err().expect("it is refused");
        advice(&error).unwrap_or_default()
    }

    #[test]
    fn slips_are_mended() {
        for (text, meant) in [
            ("prot 80", "port 80"),
            ("TCP", "tcp"),
            ("TCP Port 80", "tcp port 80"),
            ("tcp and", "tcp"),
            ("(tcp", "(tcp)"),
            ("tcp)", "tcp"),
            ("tcp dst prt 80", "tcp dst port 80"),
            ("host 1.2.3.4 adn tcp", "host 1.2.3.4 and tcp"),
            ("hots 1.2.3.4 adn tpc prot 80", "host 1.2.3.4 and tcp port 80"),
            ("192.168.56.1", "host 192.168.56.1"),
            ("tcp and host 192.168.56.", "tcp and net 192.168.56"),
            ("tcp 80", "tcp port 80"),
            ("tcp port 80,443", "tcp port 80 or 443"),
            ("tcp port \"80\"", "tcp port 80"),
            ("host 1.2.3.4 tcp port 80", "host 1.2.3.4 and tcp port 80"),
            ("tcp[tcpflags] & tcp-syn", "tcp[tcpflags] & tcp-syn != 0"),
        ] {
            assert_eq!(advised(text), format!("Did you mean:  {meant}"), "{text}");
        }
    }

    #[test]
    fn a_display_filter_is_told_from_a_capture_filter() {
        assert!(advised("ip.addr == 1.2.3.4").ends_with("as a capture filter it is `host 1.2.3.4`"));
        let nearly = "This is nearly a display filter, -Y 'ip.addr == 1.2.3.4'; as a capture filter it is `host 1.2.3.4`";
        assert_eq!(advised("ip.addr = 1.2.3.4"), nearly);
        assert_eq!(advised("host nobody.invalid"), "");
    }
}
