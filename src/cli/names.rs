//! Names of hardware addresses (`--names`), from tables that are installed, never from the network.

use super::input;
use crate::dissect::mac_names::{self, Makers};
use clap::Args;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

/// Wireshark's table up to version 4.0; a line has an address or prefix, a short name and a long one.
const WIRESHARK: &str = "/usr/share/wireshark/manuf";

/// The tables of Debian's package `ieee-data`, each with the length of its prefixes in bits.
const IEEE: [(&str, u32); 3] = [
    ("/usr/share/ieee-data/oui.txt", 24),
    ("/usr/share/ieee-data/mam.txt", 28),
    ("/usr/share/ieee-data/oui36.txt", 36),
];

/// The longest short name, in characters, as in Wireshark.
const SHORT: usize = 8;

/// Whether hardware addresses are shown by their names.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Names {
    /// Show hardware addresses by name, as Wireshark's window does: Broadcast, PcsCompu_00:00:65
    #[arg(long)]
    names: bool,
}

impl Names {
    /// Shows names from now on, if the option is given. The tables are read here, before rights are given up.
    pub(crate) fn choose(self) {
        if !self.names {
            return;
        }
        let mut makers = Makers::default();
        read(Path::new(WIRESHARK), |line| wireshark(line, &mut makers));
        if makers.is_empty() {
            for (path, bits) in IEEE {
                let mut at = 0;
                read(Path::new(path), |line| ieee(line, bits, &mut at, &mut makers));
            }
        }
        if makers.is_empty() {
            input::say(format_args!(
                "--names: no table of manufacturers is installed, so only groups have names; Debian and Ubuntu have one: apt install ieee-data"
            ));
        }
        mac_names::choose(makers);
    }
}

/// Calls `each` with every line of a file; not at all if it cannot be read.
fn read(path: &Path, mut each: impl FnMut(&str)) {
    let Ok(file) = std::fs::File::open(path) else { return };
    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    lines.for_each(|line| each(&String::from_utf8_lossy(&line)));
}

/// Adds a line of Wireshark's table: `08:00:27<tab>PcsCompu<tab>…`, or `00:50:C2:00:00:00/36<tab>TLS<tab>…`.
fn wireshark(line: &str, makers: &mut Makers) {
    let mut parts = line.split('\t').map(str::trim);
    let (Some(prefix), Some(name)) = (parts.next(), parts.next()) else { return };
    let (address, bits) = prefix.split_once('/').unwrap_or((prefix, "24"));
    if let (Some(address), Ok(bits @ 1..=48), false) = (number(address), bits.parse(), name.is_empty()) {
        makers.add(address, bits, name);
    }
}

/// Adds a line of the IEEE's tables, such as `08-00-27   (hex)<tab>PCS Systemtechnik GmbH`. For prefixes of more than
/// 24 bits, the next line has the further digits: `123000-123FFF     (base 16)<tab>…`. `at` is the address of the
/// line before.
fn ieee(line: &str, bits: u32, at: &mut u64, makers: &mut Makers) {
    if let Some((start, name)) = line.split_once("(hex)") {
        *at = number(start.trim()).unwrap_or(0);
        if bits == 24 && *at != 0 {
            makers.add(*at, bits, &short(name));
        }
    } else if let Some((range, name)) = line.split_once("(base 16)").filter(|_| bits > 24) {
        let first = range.split('-').next().unwrap_or("").trim();
        if let Ok(further) = u64::from_str_radix(first, 16) {
            makers.add(*at | further, bits, &short(name));
        }
    }
}

/// An address or prefix as a number of 48 bits; `None` for other texts.
fn number(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    let value = u64::from_str_radix(&digits, 16).ok().filter(|_| (6..=12).contains(&digits.len()))?;
    Some(value << (4 * (12 - digits.len())))
}

/// A short form of a registered name: without words for the kind of company, each word with a capital letter.
fn short(name: &str) -> String {
    const KINDS: [&str; 28] = [
        "ab",
        "ag",
        "as",
        "bv",
        "co",
        "company",
        "corp",
        "corporate",
        "corporation",
        "gmbh",
        "group",
        "holding",
        "inc",
        "incorporated",
        "international",
        "kg",
        "limited",
        "llc",
        "ltd",
        "nv",
        "of",
        "oy",
        "plc",
        "pte",
        "pty",
        "sa",
        "spa",
        "the",
    ];
    let words = name.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| {
        let bare: String = word.to_lowercase();
        !word.is_empty() && !KINDS.contains(&bare.as_str())
    });
    let joined: String = words
        .map(|word| {
            let all_capitals = word.chars().all(|c| !c.is_lowercase());
            let mut letters = word.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            let rest = letters.as_str();
            if all_capitals { first + &rest.to_lowercase() } else { first + rest }
        })
        .collect();
    joined.chars().take(SHORT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registered_names_become_short_ones() {
        assert_eq!(short(" Cisco Systems, Inc"), "CiscoSys");
        assert_eq!(short("PCS Systemtechnik GmbH"), "PcsSyste");
        assert_eq!(short("Hewlett Packard"), "HewlettP");
        assert_eq!(short("Giga-Byte Technology Co.,Ltd."), "Giga-Byt");
    }

    #[test]
    fn longer_beginnings_stand_in_two_lines() {
        let (mut makers, mut at) = (Makers::default(), 0);
        ieee("70-B3-D5   (hex)\t\tAmfitech ApS", 36, &mut at, &mut makers);
        assert!(makers.is_empty());
        ieee("123000-123FFF     (base 16)\t\tAmfitech ApS", 36, &mut at, &mut makers);
        assert_eq!(format!("{makers:?}").matches("Amfitech").count(), 1);
        assert_eq!(at, 0x70b3_d500_0000);
    }

    #[test]
    fn an_address_is_read_however_it_is_written() {
        assert_eq!(number("08:00:27"), Some(0x0800_2700_0000));
        assert_eq!(number("00-50-C2-00-00-00"), Some(0x0050_c200_0000));
        assert_eq!(number("(hex)"), None);
    }
}
