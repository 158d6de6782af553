//! libpcap's compiler, and its numbers for link types.

use super::BpfError;
use crate::capture::bpf_place;
use crate::frame::LinkType;
use pcap::{Capture, Linktype};

/// A compiled filter.
pub(super) type Program = pcap::BpfProgram;

/// Compiles a filter for frames of one link type.
///
/// # Errors
/// If libpcap refuses it.
pub(super) fn compile(expression: &str, link: LinkType) -> Result<Program, BpfError> {
    Capture::dead(Linktype(dlt(link)))
        .and_then(|dead| dead.compile(expression, true))
        .map_err(|e| error(expression, &e))
}

/// The error for an expression that libpcap refuses.
pub(in crate::capture) fn error(expression: &str, error: &pcap::Error) -> BpfError {
    let said = message(error);
    let at = bpf_place::find(expression, &said, &|text| parses(text));
    let reason = match &at {
        Some(at) if said.contains("syntax error") && at.is_empty() => "it ends too early".to_owned(),
        Some(_) if said.contains("syntax error") => "it cannot go on like this".to_owned(),
        _ => said,
    };
    BpfError { expression: expression.to_owned(), reason, at, judged: true }
}

/// Whether the text fits libpcap's grammar, whatever its names and numbers mean.
fn parses(text: &str) -> bool {
    let compiled = Capture::dead(Linktype::ETHERNET).and_then(|dead| dead.compile(text, false));
    !compiled.is_err_and(|error| error.to_string().contains("syntax error"))
}

/// libpcap's own message, without the prefix that the crate adds.
pub(in crate::capture) fn message(error: &pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(text) => text.trim().to_owned(),
        pcap::Error::InvalidString | pcap::Error::InvalidInputString => "it contains a NUL byte".into(),
        other => other.to_string(),
    }
}

/// Linux cooked capture, version 2.
pub(in crate::capture) const COOKED_V2: Linktype = Linktype(LinkType::LINUX_SLL2.0 as i32);

/// `DLT_` numbers that differ from the registry's `LINKTYPE_`, on this system.
const DIFFERENT: [(i32, u16); 5] = [
    (if cfg!(target_os = "openbsd") { 14 } else { 12 }, 101), // Raw IP.
    (11, 100),                                                // ATM, RFC 1483.
    (13, 102),                                                // SLIP, BSD/OS.
    (14, 103),                                                // PPP, BSD/OS.
    (18, 246),                                                // pfsync.
];

/// The registry's number for libpcap's.
pub(in crate::capture) fn link_type(dlt: Linktype) -> LinkType {
    let found = DIFFERENT.iter().find(|(d, _)| *d == dlt.0);
    LinkType(found.map_or(dlt.0 as u16, |(_, l)| *l))
}

/// libpcap's number for the registry's.
fn dlt(link: LinkType) -> i32 {
    let found = DIFFERENT.iter().find(|(_, l)| *l == link.0);
    found.map_or(i32::from(link.0), |(d, _)| *d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_link_types_survive_the_way_to_libpcap_and_back() {
        for link in [0, 1, 101, 108, 113, 228, 229, 276] {
            assert_eq!(link_type(Linktype(dlt(LinkType(link)))), LinkType(link));
        }
        assert_eq!(dlt(LinkType::RAW), if cfg!(target_os = "openbsd") { 14 } else { 12 });
    }
}
