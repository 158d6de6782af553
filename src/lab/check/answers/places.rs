//! Grades the two address lines.

use super::language::{Concept, Lexicon, fold, one_of, regex};
use super::{Finding, Mark, Section};
use crate::lab::answer::Report;
use crate::lab::definition::Role;
use crate::lab::definition::misconception::Sign;
use crate::lab::evidence::exchange::{Exchange, Side};
use regex::Regex;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::LazyLock;

/// Addresses, also incomplete ones, and words.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?P<address>[0-9]{1,3}(?:\.[0-9]{1,3}){1,3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})|(?P<word>[\p{L}]+)",
    )
});

/// Words by which an author takes back what stands before.
static CORRECTS: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b(?:but|sorry|correction|corrected|typo|mistake|aber|korrektur|pero|mais|erratum)\b")
});

/// A remark in brackets on what stood there before.
static DRAFT: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)\([^()]*\b(?:draft|at first|earlier|entwurf|zuerst|borrador|brouillon|abord)\b[^()]*\)")
});

/// A label and an address, with a remark: `guest (virtual machine): 192.168.56.101 (second adapter)`.
static LABELLED: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^[^:=]{1,60}[:=]\s*[0-9]+(?:\.[0-9]+){2,3}(?:\s*[(,;–-][^.:]{0,60})?\s*$"));

/// The first address of host and of guest, as the student wrote them.
fn written<'a>(text: &'a str, lexicon: &Lexicon) -> Vec<(Role, &'a str)> {
    // "Host IP address:" may have its address on the next line, as in a handout filled in with another colour.
    let mut open = None;
    let lines: Vec<Vec<(Role, &str)>> = text.lines().map(|line| on_line(line, lexicon, &mut open)).collect();
    // A line that names both machines, or says that it is about addresses, counts before the handout's text around
    // it.
    let says = |line: &&str| {
        let lower = line.to_lowercase();
        ["ip", "addr", "adres", "direcc"].iter().any(|w| lower.contains(w))
            || lower.split_whitespace().count() <= 3
            || LABELLED.is_match(&lower)
    };
    let about: Vec<(Role, &str)> = text
        .lines()
        .zip(&lines)
        .filter(|(line, found)| found.len() > 1 || says(line))
        .flat_map(|(_, found)| found.clone())
        .collect();
    let all = if about.is_empty() { lines.concat() } else { about };
    // "I had noted 192.168.56.110, but …": the last one counts.
    let corrects = CORRECTS.is_match(&text.to_lowercase());
    let of = |role| {
        let mut own = all.iter().filter(|(r, _)| *r == role);
        if corrects { own.next_back() } else { own.next() }.copied()
    };
    [of(Role::Host), of(Role::Guest)].into_iter().flatten().collect()
}

/// Whether the text between two roles only lists them: "host / guest", "the host's address and the guest's".
fn is_list(between: &str) -> bool {
    const FILLS: &str = "s ip ipv4 os address addresses addr adress adresse adressen operating system machine \
        computer pc and und y et e the der die das of von del de la el le";
    let mut words = between.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.all(|word| one_of(word, FILLS))
}

/// The addresses of a line. `waiting` is the role that a line above ended with, without an address.
fn on_line<'a>(line: &'a str, lexicon: &Lexicon, waiting: &mut Option<Role>) -> Vec<(Role, &'a str)> {
    let lower = line.to_lowercase();
    // In some scripts lower case takes more bytes than upper case; such a line is read as it is.
    let lower = if lower.len() == line.len() { lower } else { line.to_string() };
    if line.trim().is_empty() {
        return Vec::new();
    }
    let starts = line.trim_start().starts_with(|c: char| c.is_ascii_digit());
    // Roles that wait for their addresses: "host / guest: 192.168.56.1 / 192.168.56.101".
    let mut roles: VecDeque<Role> = waiting.take().filter(|_| starts).into_iter().collect();
    let (mut found, mut open, mut last, mut behind) = (Vec::new(), None, 0, 0);
    for part in PART.captures_iter(&lower) {
        if let Some(word) = part.name("word") {
            // A host-only adapter is no host.
            if lower.get(word.end()..).is_some_and(|rest| rest.starts_with("-only")) {
                continue;
            }
            let concepts = lexicon.word(&fold(word.as_str()));
            let named = match (concepts.has(Concept::Host), concepts.has(Concept::Guest)) {
                (true, _) => Role::Host,
                (_, true) => Role::Guest,
                _ => continue,
            };
            // "(192.168.56.101, that's the guest)" names the role again.
            let again = found.last().is_some_and(|(role, _)| *role == named) && roles.is_empty();
            if again && lower.get(behind..word.start()).is_some_and(|t| t.len() < 16 && t.starts_with(',')) {
                continue;
            }
            // "It ran in the VM, so the host is 192.168.56.1": only roles that are listed wait for several addresses.
            if !lower.get(last..word.start()).is_some_and(is_list) {
                roles.clear();
            }
            last = word.end();
            // "192.168.56.1 (host)": the address that came before has no role yet.
            match open.take() {
                Some(address) => found.push((named, address)),
                None if roles.back() != Some(&named) => roles.push_back(named),
                None => {}
            }
        } else if let Some(address) = part.name("address") {
            behind = address.end();
            let address = line.get(address.range()).unwrap_or_default();
            match roles.pop_front() {
                Some(role) => found.push((role, address)),
                None => open = Some(address),
            }
        }
    }
    *waiting = roles.pop_back().filter(|_| found.is_empty() && line.trim_end().ends_with(':'));
    found
}

/// The two addresses between which the lab's messages go, with their roles where known. A confirmed exchange decides
/// before others; `None` without an exchange between two addresses.
pub(super) fn ends(report: &Report) -> Option<[(IpAddr, Option<Role>); 2]> {
    let differ = |x: &&Exchange| x.end(Side::Client).ip != x.end(Side::Server).ip;
    let all = || report.exchanges.iter().filter(differ);
    let x = all().find(|x| !x.receipt.is_empty()).or_else(|| all().next())?;
    Some([Side::Client, Side::Server].map(|side| {
        let ip = x.end(side).ip;
        (ip, report.roles.of(ip))
    }))
}

/// Both addresses, in the template's words.
pub(super) fn answer(report: &Report) -> Option<String> {
    let named =
        ends(report)?.map(|(ip, role)| format!("{}: {ip}", role.map_or("one of the two", Role::name)));
    Some(named.join(", "))
}

pub(super) fn grade(report: &Report, section: &Section, lexicon: &Lexicon) -> Finding {
    let text = DRAFT.replace_all(&section.text, "");
    let written = written(&text, lexicon);
    if written.is_empty() {
        return Finding::new(Mark::Empty, "no address of host or guest is written.");
    }
    let parsed: Option<Vec<(Role, IpAddr)>> =
        written.iter().map(|(role, text)| Some((*role, text.parse().ok()?))).collect();
    let Some(parsed) = parsed else {
        return Finding::new(Mark::Wrong, "one of them is no IP address.").sign(Sign::IncompleteAddress);
    };
    if parsed.iter().any(|(_, ip)| ip.is_loopback()) {
        return Finding::new(Mark::Wrong, "one of them is the machine's own.").sign(Sign::Loopback);
    }
    let Some(ends) = ends(report) else {
        return Finding::new(Mark::CannotTell, "the capture has no connection between two machines.");
    };
    if parsed.iter().any(|(_, ip)| ends.iter().all(|(end, _)| end != ip)) {
        return Finding::new(Mark::Wrong, "one of them has no connection in the capture.")
            .sign(Sign::UnknownAddress);
    }
    if ends.iter().any(|(_, role)| role.is_none()) {
        return Finding::new(
            Mark::CannotTell,
            "both occur in the capture, but it does not tell which is the host; give --host and --guest.",
        );
    }
    if parsed.iter().any(|(role, ip)| report.roles.of(*ip) != Some(*role)) {
        return Finding::new(Mark::Wrong, "host and guest are exchanged.").sign(Sign::Swapped);
    }
    let has = |role| parsed.iter().any(|(r, _)| *r == role);
    if has(Role::Host) && has(Role::Guest) {
        Finding::new(Mark::Right, "both have connections in the capture.")
    } else {
        Finding::new(Mark::Partly, "one of the two is missing.")
    }
}
