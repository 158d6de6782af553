//! Which side uses which port, and which ports stay the same from run to run.

use super::draft::{Draft, list};
use super::{Confidence, MOST, Material};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::definition::roles::Known;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::RangeInclusive;

pub(super) const RULE: &str = "The sender of the SYN without ACK is the client and uses an ephemeral port; the side that answers listens on the port that both programs know. Replies swap the two ports. The number of a port alone tells nothing.";
pub(super) const REUSE_RULE: &str = "Compare the connections of all captures: what is the same in each of them stays, what differs changes. Two connections that one machine opened prove it; one connection each of two machines suggest it; one connection alone proves nothing.";

impl Material<'_> {
    pub(super) fn ports(&self) -> Draft {
        let mut draft = Draft::new();
        let chosen =
            |x: &Exchange| EPHEMERAL.iter().any(|(_, range)| range.contains(&x.end(Side::Client).port));
        let sender = match self.distinct().all(|x| chosen(x) && !is_symmetric(x)) {
            true => "the sender's is ephemeral, picked by its system",
            false => "the sender's is usually ephemeral, picked by its system",
        };
        draft.head = format!("TCP port {} is the receiver's; {sender}.", self.port);
        for x in self.distinct().take(MOST) {
            let sure = if x.client_is_proven { Confidence::Proven } else { Confidence::Inferred };
            draft.claim(self.ports_of(x), sure);
            for p in &x.handshake {
                let Some(s) = x.at(*p).filter(|s| s.is(Flags::SYN)) else { continue };
                let from = self.address(x, x.side(s));
                let why = match x.side(s) {
                    Side::Client => format!("SYN without ACK from {from}: it opens the connection"),
                    Side::Server => format!("SYN,ACK from {from}: it listens"),
                };
                self.prove(&mut draft, x, *p, "tcp.flags.syn", why);
            }
            if !x.client_is_proven {
                self.prove(
                    &mut draft,
                    x,
                    0,
                    "tcp.srcport",
                    "the first captured one: its ports, without a SYN",
                );
            }
        }
        self.limit(&mut draft, self.distinct().count());
        // Roles that the user gave or the capture names need no explanation.
        if !matches!(self.roles.known, Known::Given | Known::Named) {
            draft.remark(self.roles.explanation());
        }
        draft
    }

    fn ports_of(&self, x: &Exchange) -> String {
        let client = x.end(Side::Client);
        let (opener, other) = (self.address(x, Side::Client), self.address(x, Side::Server));
        let frame = |side: Side| {
            let mut syns = x.handshake.iter().filter_map(|p| x.at(*p)).filter(|s| s.is(Flags::SYN));
            syns.find(|s| x.side(s) == side).map(|s| s.frame)
        };
        let seen = match (frame(Side::Client), frame(Side::Server)) {
            (Some(syn), _) => format!("SYN in frame {syn}"),
            (None, Some(answer)) => format!("SYN,ACK in frame {answer}"),
            (None, None) => "no SYN was captured: the direction follows from the port alone".into(),
        };
        let own = match is_symmetric(x) {
            true => format!(
                "The {} has bound {} as well: the direction of the SYN alone tells who listens.",
                self.who(x, Side::Client),
                client.port
            ),
            false => String::new(),
        };
        let end = match x.outcome {
            Outcome::Refused => "The port refused the SYN.",
            Outcome::Rejected => "An ICMP error rejected the SYN.",
            Outcome::Unanswered => {
                "Nothing answered, so the capture does not show whether a program listens there."
            }
            _ => "",
        };
        let mut line = format!("{}: {opener} → {other} ({seen}).", self.title(x));
        for more in [own.as_str(), end].into_iter().filter(|m| !m.is_empty()) {
            line.push(' ');
            line.push_str(more);
        }
        line
    }

    pub(super) fn port_reuse(&self) -> Draft {
        let all: Vec<&Exchange> = self.distinct().collect();
        let mut draft = Draft::new();
        for x in all.iter().take(MOST) {
            let why = format!("{} → {}", self.address(x, Side::Client), self.address(x, Side::Server));
            self.prove(&mut draft, x, x.syn().unwrap_or(0), "tcp.srcport", why);
        }
        if all.len() == 1 {
            draft.head = "Cannot tell: one connection proves nothing about the next. Run the programs again, and give labkit both captures or one that holds both runs.".into();
            return draft;
        }
        let ports = |side| all.iter().map(|x| x.end(side).port).collect::<BTreeSet<u16>>();
        let (servers, clients) = (ports(Side::Server), ports(Side::Client));
        let stays = match servers.first() {
            Some(port) if servers.len() == 1 => {
                format!("The receiver's port stays ({port}), since the sender must know it.")
            }
            _ => format!("The receivers use {} different ports.", servers.len()),
        };
        let order: Vec<String> =
            all.iter().take(MOST).map(|x| x.end(Side::Client).port.to_string()).collect();
        let order = format!("{}{}", order.join(", then "), if all.len() > MOST { ", …" } else { "" });
        draft.head = match clients.len() {
            1 => format!(
                "{stays} The sender's port did not change here ({order}): its program binds a fixed one, or the system happened to choose the same."
            ),
            _ => format!("{stays} The sender's changes ({order}): its system picks a free one."),
        };
        draft.sure(if one_machine_changes(&all) { Confidence::Proven } else { Confidence::Inferred });
        if clients.len() > 1 && !one_machine_changes(&all) {
            draft.remark("No machine opened two of these connections; a second run would prove it.");
        }
        if clients.len() > 1 {
            draft.remark(ranges(&clients));
        }
        draft
    }
}

/// The default ranges from which systems pick ports.
const EPHEMERAL: [(&str, RangeInclusive<u16>); 2] =
    [("Linux (32768–60999)", 32768..=60999), ("Windows and macOS (49152–65535)", 49152..=65535)];

/// Whether both ends have the same port.
fn is_symmetric(x: &Exchange) -> bool {
    x.end(Side::Client).port == x.end(Side::Server).port
}

/// Whether one machine opened connections from different ports.
fn one_machine_changes(all: &[&Exchange]) -> bool {
    let ends: BTreeSet<(IpAddr, u16)> =
        all.iter().map(|x| x.end(Side::Client)).map(|end| (end.ip, end.port)).collect();
    let machines: BTreeSet<IpAddr> = ends.iter().map(|end| end.0).collect();
    machines.len() < ends.len()
}

/// Says which systems' default range holds all these ports.
fn ranges(ports: &BTreeSet<u16>) -> String {
    let fits = |range: &RangeInclusive<u16>| ports.iter().all(|p| range.contains(p));
    let fit: Vec<&str> = EPHEMERAL.iter().filter(|(_, range)| fits(range)).map(|(name, _)| *name).collect();
    match fit.is_empty() {
        true => "They do not all lie in the default range of one system (Linux 32768–60999, Windows and macOS 49152–65535).".into(),
        false => format!("All senders' ports lie in the default range of {}.", list(&fit)),
    }
}
