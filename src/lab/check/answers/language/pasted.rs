//! Rows that were copied out of a packet list. They are evidence beside an answer's words, and their numbers claim
//! nothing.

use super::text::regex;
use regex::Regex;
use std::net::IpAddr;
use std::sync::LazyLock;

/// A row of Wireshark's, tshark's or labkit's packet list, from its number to its Info.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Row {
    /// Sender and receiver: their addresses, and their ports where Info shows them; `None` in a row without addresses.
    pub(in super::super) ends: Option<[(IpAddr, Option<u16>); 2]>,
}

/// The columns No., Time, Source, Destination, and the rest of the line. Spaces, tabs, commas or bars separate
/// columns, which may have quotation marks. A row that was shortened by hand begins with `No.` and may lack columns.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?mi)^[\s>|"*#-]*(?:(?:no\.?|frame|#|nr\.?)\s*[0-9]+[\s|",;:]+|[0-9]+[\s|",;]+[0-9]+[.,][0-9]{2,}[\s|",;]+)(?P<from>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?:[\s|",;→>-]|&gt;)+(?P<to>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?P<info>[^\n]*)$"#,
    )
});
/// A row without addresses: its number, and Info from the ports or flags on, to the end of the line.
static SHORT: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?mi)^[\s>|"*#-]*(?:no\.?|nr\.?|frame|#)?\s*[0-9]{1,3}[\s|",;:]+(?P<info>(?:TCP\s+(?:[0-9]+\s+)?)?(?:[0-9]{1,5}\s*(?:→|->|>|&gt;)\s*[0-9]{1,5}\s*)?\[(?:SYN|ACK|PSH|FIN|RST)(?:,\s?(?:SYN|ACK|PSH|FIN|RST))*\](?:\s+[A-Z_]+=?[0-9]*)*)\s*$"#,
    )
});
static PORTS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b(?P<from>[0-9]{1,5})\s*(?:→|->|>|&gt;)\s*(?P<to>[0-9]{1,5})\b"));

/// Whether a line is such a row.
pub(in super::super) fn is_row(line: &str) -> bool {
    ROW.is_match(line) || SHORT.is_match(line)
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
        Some(Row { ends: Some([end("from")?, end("to")?]) })
    };
    let mut rows: Vec<Row> = ROW.captures_iter(text).filter_map(read).collect();
    let text = ROW.replace_all(text, "");
    rows.extend(SHORT.find_iter(&text).map(|_| Row { ends: None }));
    (rows, SHORT.replace_all(&text, "").into_owned())
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
        assert_eq!(rows[1].ends.unwrap()[0], ("192.168.56.101".parse().unwrap(), Some(65432)));
        assert_eq!(rows[2].ends.unwrap()[1].1, Some(65432));
        assert_eq!(rest.split_whitespace().collect::<Vec<_>>(), ["These:", "three"]);
        let shortened = "No. 1   10.0.0.1 -> 10.0.0.2  TCP 74 37818 -> 65432 [SYN] Seq=0 Win=64240 MSS=1460\n\
            No. 2   65432 -> 37818 [SYN, ACK] Seq=0 Ack=1\n3 [ACK]\n= 3 packets";
        let (rows, rest) = apart(shortened);
        assert_eq!((rows.len(), rows[0].ends.unwrap()[1].1, rows[1].ends), (3, Some(65432), None));
        assert_eq!(rest.trim(), "= 3 packets");
        assert!(!is_row("3 packets [SYN] come first"));
        assert!(!is_row("3 packets go from 192.168.56.1 to 192.168.56.101"));
    }
}
