//! Finds the wrong part of a capture filter. libpcap names no position, so growing beginnings of the filter are
//! tried, each with endings that could complete it. The first word with which no ending helps is the wrong one.

use std::net::IpAddr;
use std::ops::Range;

/// The most words of a filter that is searched, more than a user types; each word takes a few compilations.
const MOST_WORDS: usize = 200;

/// Endings that may complete the beginning of a filter, one for each kind of word.
const ENDINGS: [&str; 9] =
    ["", " 1", " tcp", " 1.2.3.4", " host 1.2.3.4", " port 1", " = 1", "1] = 1", " 00:00:00:00:00:00"];

/// Words after which libpcap looks a name up.
const BEFORE_NAMES: [&str; 8] = ["host", "src", "dst", "net", "gateway", "and", "or", "not"];

/// Words of the filter language; other words with letters are names.
pub const WORDS: [&str; 27] = [
    "and",
    "or",
    "not",
    "host",
    "net",
    "port",
    "portrange",
    "src",
    "dst",
    "tcp",
    "udp",
    "icmp",
    "icmp6",
    "arp",
    "ip",
    "ip6",
    "ether",
    "proto",
    "gateway",
    "broadcast",
    "multicast",
    "less",
    "greater",
    "vlan",
    "mask",
    "igmp",
    "rarp",
];

/// The byte range of the wrong part of `expression`, which libpcap has refused for `reason`; empty at the end if
/// something is missing. `None` if it cannot be found. `parses` asks libpcap whether a text fits its grammar.
pub(super) fn find(expression: &str, reason: &str, parses: &dyn Fn(&str) -> bool) -> Option<Range<usize>> {
    let words = words(expression);
    if words.len() > MOST_WORDS {
        return None;
    }
    if !reason.contains("syntax error") {
        return named(expression, &words, reason);
    }
    // The tried texts contain no names, which libpcap would look up again and again.
    let mut beginning = String::new();
    let mut before = "";
    let (mut round, mut square) = (0usize, 0usize);
    for at in &words {
        let word = expression.get(at.clone())?;
        beginning.push_str(if spaced(&beginning, word) { " " } else { "" });
        beginning.push_str(if is_name(before, word) { "1.2.3.4" } else { word });
        match word {
            "(" => round += 1,
            ")" => round = round.saturating_sub(1),
            "[" => square += 1,
            "]" => square = square.saturating_sub(1),
            _ => {}
        }
        if !can_go_on(&beginning, round, square, parses) {
            return Some(at.clone());
        }
        before = word;
    }
    Some(expression.len()..expression.len())
}

/// The word that the reason names in quotation marks or as a number; `None` if it names none.
fn named(expression: &str, words: &[Range<usize>], reason: &str) -> Option<Range<usize>> {
    let quoted = reason.split(['\'', '"']).nth(1);
    let number = reason.split(' ').find(|word| word.bytes().all(|b| b.is_ascii_digit()) && !word.is_empty());
    let wanted = quoted.or(number)?;
    let whole = words.iter().find(|at| expression.get((*at).clone()) == Some(wanted)).cloned();
    whole.or_else(|| expression.find(wanted).map(|start| start..start + wanted.len()))
}

fn can_go_on(beginning: &str, round: usize, square: usize, parses: &dyn Fn(&str) -> bool) -> bool {
    let close = ")".repeat(round);
    let ends = [close.clone(), format!("{close} = 1"), format!(" = 1{close}")];
    let inside = if square > 0 { "] = 1" } else { "" };
    ENDINGS.iter().any(|ending| ends.iter().any(|end| parses(&format!("{beginning}{ending}{inside}{end}"))))
}

/// Whether a space belongs between two words; not inside `tcp[13]`.
fn spaced(before: &str, word: &str) -> bool {
    !before.is_empty() && !word.starts_with('[') && !before.ends_with('[')
}

/// Whether libpcap would look this word up.
fn is_name(before: &str, word: &str) -> bool {
    BEFORE_NAMES.contains(&before)
        && word.contains(|c: char| c.is_alphabetic())
        && !WORDS.contains(&word)
        && !word.contains(':')
        && word.parse::<IpAddr>().is_err()
}

/// The words and signs of an expression.
pub(super) fn words(expression: &str) -> Vec<Range<usize>> {
    const SIGNS: [&str; 8] = ["&&", "||", "<<", ">>", "<=", ">=", "!=", "=="];
    let is_word = |c: char| c.is_alphanumeric() || "._-:\\".contains(c);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = expression.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = expression.get(at..).unwrap_or("");
        let len = if is_word(c) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else {
            SIGNS.iter().find(|sign| rest.starts_with(**sign)).map_or(c.len_utf8(), |sign| sign.len())
        };
        if !c.is_whitespace() {
            found.push(at..at + len);
        }
        at += len;
    }
    found
}

#[cfg(all(test, feature = "capture"))]
mod tests {
    use super::super::bpf::FrameFilter;
    use crate::frame::LinkType;

    /// The expression with `«»` around its wrong part.
    fn marked(expression: &str) -> String {
        let error = FrameFilter::new(expression, LinkType::ETHERNET).err().expect("it is refused");
        let at = error.at.expect("the place is found");
        format!("{}«{}»{}", &expression[..at.start], &expression[at.clone()], &expression[at.end..])
    }

    #[test]
    fn the_first_word_that_cannot_be_taken_is_found() {
        for expected in [
            "«prot» 80",
            "«TCP»",
            "tcp and«»",
            "«ip.addr» = 1.2.3.4",
            "host 1.2.3.4 «adn» tcp",
            "(tcp«»",
            "tcp«)»",
            "tcp port«»",
            "tcp port 80«,»443",
            "tcp port «99999»",
            "tcp dst «prt» 80",
            "host «300.1.1.1»",
            "net «10.0.0.1/8»",
            "tcp[13] & 2«»",
            "(tcp[13] & 2 )«»",
            "tcp port «abc»",
            "tcp or «youtube»",
            "vlan 1 «ad»",
        ] {
            let plain = expected.replace(['«', '»'], "");
            assert_eq!(marked(&plain), expected);
        }
    }

    #[test]
    fn any_text_has_a_place_or_none() {
        for odd in ["\u{e9}", "tcp \u{1b}[2J", "[", "[[[", "\"", "((((", "tcp[", "tcp[13", "&", "a b c d"] {
            if let Err(error) = FrameFilter::new(odd, LinkType::ETHERNET) {
                let _ = error.to_string();
            }
        }
    }
}
