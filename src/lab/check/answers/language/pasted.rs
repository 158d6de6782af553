//! Rows that were copied out of a packet list. They are evidence beside an answer's words, and their numbers claim
//! nothing.

use super::text::regex;
use regex::Regex;
use std::net::IpAddr;
use std::sync::LazyLock;

/// A row of Wireshark's, tshark's or labkit's packet list, from its number to its Info.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Row {
    /// Address of the sender, and its port where Info shows it.
    pub(in super::super) from: (IpAddr, Option<u16>),
    /// Address of the receiver, and its port where Info shows it.
    pub(in super::super) to: (IpAddr, Option<u16>),
}

/// The columns No., Time, Source, Destination, and the rest of the line. Spaces, tabs, commas or bars separate
/// columns, which may have quotation marks.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?m)^[\s>|"*#-]*[0-9]+[\s|",;]+[0-9]+[.,][0-9]{2,}[\s|",;]+(?P<from>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?:[\s|",;→>-]|&gt;)+(?P<to>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?P<info>[^\n]*)$"#,
    )
});
static PORTS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b(?P<from>[0-9]{1,5})\s*(?:→|->|>|&gt;)\s*(?P<to>[0-9]{1,5})\b"));

/// Whether a line is such a row.
pub(in super::super) fn is_row(line: &str) -> bool {
    ROW.is_match(line)
}

/// The rows in a text, and the text without them.
pub(super) fn apart(text: &str) -> (Vec<Row>, String) {
    let read = |found: regex::Captures<'_>| {
        let port = |ports: &regex::Captures<'_>, end: &str| ports.name(end)?.as_str().parse().ok();
        let ports = PORTS.captures(found.name("info")?.as_str());
        let end = |name: &str| {
            let ip = found.name(name)?.as_str().parse().ok()?;
            Some((ip, ports.as_ref().and_then(|p| port(p, name))))
        };
        Some(Row { from: end("from")?, to: end("to")? })
    };
    let rows = ROW.captures_iter(text).filter_map(read).collect();
    (rows, ROW.replace_all(text, "").into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_packet_lists_are_evidence_and_no_words() {
        let text = "These:\n    1   0.000000000 192.168.56.1    192.168.56.101  TCP   74 37818 → 65432 [SYN] Seq=0\n\
            | 2 | 0.000020 | 192.168.56.101 | 192.168.56.1 | TCP | 74 | 65432 > 37818 [SYN, ACK] |\n\
            \"3\",\"0.000042\",\"192.168.56.1\",\"192.168.56.101\",\"TCP\",\"66\",\"37818 → 65432 [ACK]\"\nthree";
        let (rows, rest) = apart(text);
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1].from, ("192.168.56.101".parse().unwrap(), Some(65432)));
        assert_eq!(rows[2].to.1, Some(65432));
        assert_eq!(rest.split_whitespace().collect::<Vec<_>>(), ["These:", "three"]);
        assert!(!is_row("3 packets go from 192.168.56.1 to 192.168.56.101"));
    }
}
