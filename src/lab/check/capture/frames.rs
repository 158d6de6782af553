//! The requirements on single frames: that they are between the two machines, that none was dropped, that none was
//! cut.

use super::{Check, Subject};
use crate::lab::check::survey::Talk;
use crate::lab::definition::Role;
use crate::lab::definition::roles::Known;
use crate::lab::evidence::exchange::{Exchange, Side};
use crate::text::plural;
use std::net::IpAddr;

/// Protocols of traffic that networks make by themselves, by their names in the packet list's column.
const HOUSEKEEPING: [&str; 22] = [
    "ARP", "RARP", "ICMP", "ICMPv6", "IGMP", "IGMPv2", "IGMPv3", "DHCP", "DHCPv6", "BOOTP", "MDNS", "LLMNR",
    "SSDP", "NBNS", "BROWSER", "DNS", "NTP", "LLDP", "STP", "LOOP", "PIMv2", "0x88cc",
];

impl Subject<'_> {
    pub(super) fn nothing_else(&self) -> Check {
        let id = "nothing-else";
        let (Some(host), Some(guest)) = (self.ip(Role::Host), self.ip(Role::Guest)) else {
            let why = if self.roles.known == Known::Given {
                "no connection of the lab is between the host and the guest that you gave."
            } else {
                "who the two machines are is not known; give --host and --guest."
            };
            return Check::cannot_tell(id, why);
        };
        let ours = Some((host.min(guest), host.max(guest)));
        let others: Vec<&Talk> = self.survey.talks.iter().filter(|t| !(t.tcp && t.between == ours)).collect();
        if others.is_empty() {
            return Check::met(id, format!("all frames are TCP between {host} and {guest}."));
        }
        let total = others.iter().map(|t| t.frames).sum::<u64>() + self.survey.further;
        let mut names: Vec<String> = others.iter().take(5).map(|t| talk(t)).collect();
        if others.len() > 5 {
            names.push("and others".into());
        }
        let family = |ip: IpAddr| if ip.is_ipv4() { "ip" } else { "ipv6" };
        let field = family(host);
        let filter = format!("tcp && {field}.addr == {host} && {field}.addr == {guest}");
        let todo =
            format!("`labkit replay {} -Y '{filter}' -w lab-only.pcapng` keeps only theirs.", self.file);
        let frames = if total == 1 { "frame is" } else { "frames are" };
        let says = format!("{total} {frames} not TCP between {host} and {guest}: {}.", names.join(", "));
        // Any real capture has such frames.
        if self.survey.further == 0 && others.iter().all(|t| is_housekeeping(t)) {
            return Check::note(id, format!("{says} Networks do that by themselves."));
        }
        Check::not_met(id, says, todo)
    }

    pub(super) fn drops(&self, shown: &[&Exchange]) -> Check {
        let id = "no-drops";
        let counts = self.info.interfaces.iter().filter_map(|i| i.statistics);
        let lost: u64 =
            counts.clone().flat_map(|s| [s.dropped, s.os_dropped]).flatten().fold(0, u64::saturating_add);
        let todo = format!("close what loads the machine and set a capture filter. {}", self.again());
        if lost > 0 {
            return Check::not_met(
                id,
                format!("the capturing machine dropped {lost} frames, by its own count."),
                todo,
            );
        }
        let lacks = |x: &&&Exchange| {
            [Side::Client, Side::Server].into_iter().any(|s| {
                let lack = x.half(s).lack();
                lack.before + lack.between + lack.after > 0
            })
        };
        if let Some(x) = shown.iter().find(lacks) {
            let first = x.at(0).map_or(0, |s| s.frame.0);
            let says = format!(
                "sequence and acknowledgement numbers of the connection that begins with frame {first} count bytes that no frame holds."
            );
            return Check::not_met(id, says, self.again());
        }
        let counted = |i: &crate::capture::info::Interface| i.statistics.is_some_and(|s| s.dropped.is_some());
        if !self.info.interfaces.is_empty() && self.info.interfaces.iter().all(counted) {
            Check::met(id, "no frame was dropped, by the capturing machine's own count.")
        } else {
            Check::cannot_tell(id, "the file does not say how many frames were dropped.")
        }
    }

    pub(super) fn uncut(&self) -> Check {
        let id = "not-cut";
        match self.survey.cut {
            (0, _) => Check::met(id, "no frame was cut by the snapshot length."),
            (n, first) => {
                let s = if n == 1 { "frame was" } else { "frames were" };
                let says =
                    format!("{n} {s} cut by the snapshot length, first frame {}.", first.map_or(0, |f| f.0));
                Check::not_met(id, says, format!("capture without -s. {}", self.again()))
            }
        }
    }
}

fn is_housekeeping(talk: &Talk) -> bool {
    !talk.tcp && HOUSEKEEPING.contains(&talk.protocol.as_ref())
}

/// A kind of frames between two addresses, as a phrase.
fn talk(t: &Talk) -> String {
    let s = plural(t.frames);
    let who = t.between.map_or_else(String::new, |(a, b)| format!(" between {a} and {b}"));
    format!("{} frame{s} {}{who} (first: {})", t.frames, t.protocol, t.first.0)
}
