//! The two address lines.

use super::words::regex;
use super::{Finding, Mark, Section};
use crate::lab::answer::Report;
use crate::lab::definition::Role;
use crate::lab::definition::misconception::Sign;
use crate::lab::evidence::exchange::{Exchange, Side};
use regex::Regex;
use std::net::IpAddr;
use std::sync::LazyLock;

static LINE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?im)\b(host|guest)\b[^:\n]*:[\s`*_]*([0-9a-f.:]*[0-9a-f.])"));

/// The two addresses between which the lab's messages go, and their roles if they are known; a confirmed exchange
/// comes first.
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

pub(super) fn grade(report: &Report, section: &Section) -> Finding {
    let mut written: Vec<(Role, &str)> = Vec::new();
    for found in LINE.captures_iter(&section.text) {
        let (Some(who), Some(what)) = (found.get(1), found.get(2)) else { continue };
        let role = if who.as_str().eq_ignore_ascii_case("host") { Role::Host } else { Role::Guest };
        written.push((role, what.as_str()));
    }
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
        Finding::new(Mark::Incomplete, "one of the two is missing.")
    }
}
