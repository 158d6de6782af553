//! Which ports, used by whom, and which of them stay from run to run.

use super::{Confidence, Draft, MOST, Material};
use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::exchange::{Exchange, Outcome, Side};
use std::collections::BTreeSet;
use std::net::IpAddr;

pub(super) const RULE: &str = "Whoever sends the SYN without ACK is the client and uses an ephemeral port; whoever answers listens on the port that both programs know. Replies swap the two ports. The number of a port alone tells nothing.";
pub(super) const REUSE_RULE: &str = "Compare the connections of all captures: what is the same in each of them stays, what differs changes. One connection alone proves nothing.";

impl Material<'_> {
    pub(super) fn ports(&self) -> Draft {
        let mut draft = Draft::new();
        draft.head = format!(
            "TCP port {} is the receiver's: the program that waits for a message listens there. The sender's port is ephemeral: its system picks one for each connection. Replies swap the two.",
            self.port
        );
        for x in self.distinct().take(MOST) {
            draft.lines.push(self.ports_of(x));
            draft.sure(if x.client_is_proven { Confidence::Proven } else { Confidence::Inferred });
            for p in &x.handshake {
                let Some(s) = x.at(*p).filter(|s| s.is(Flags::SYN)) else { continue };
                let from = self.address(x, x.side(s));
                let why = match x.side(s) {
                    Side::Client => format!("SYN without ACK from {from}: the client"),
                    Side::Server => format!("SYN,ACK from {from}: the listener"),
                };
                self.prove(&mut draft, x, *p, why);
            }
            if !x.client_is_proven {
                self.prove(&mut draft, x, 0, "the first captured one: its ports, without a SYN");
            }
        }
        self.limit(&mut draft, self.distinct().count());
        draft.lines.push(self.roles.explanation().to_string());
        draft
    }

    fn ports_of(&self, x: &Exchange) -> String {
        let (client, server) = (x.end(Side::Client), x.end(Side::Server));
        let (opener, other) = (self.address(x, Side::Client), self.address(x, Side::Server));
        let who = self.who(x, Side::Client);
        let why = match x.syn().and_then(|p| x.at(p)) {
            Some(syn) => format!("Frame {} carries SYN without ACK, so the {who} is the client", syn.frame),
            None if x.client_is_proven => {
                format!("The SYN,ACK goes to the {who}, so it is the client")
            }
            None => format!("No SYN was captured; that the {who} is the client follows from the port alone"),
        };
        let port = if client.port == server.port {
            format!(
                ", and it has bound port {} as well: only the direction of the SYN tells who listens.",
                client.port
            )
        } else {
            format!(", with the ephemeral port {}{}.", client.port, range(client.port))
        };
        let end = match x.outcome {
            Outcome::Refused => " Nobody listened on the other side: the SYN was refused.",
            Outcome::Unanswered => " Nothing answered, so the capture does not show whether anybody listens.",
            _ => "",
        };
        format!("{}: {opener} → {other}. {why}{port}{end}", self.title(x))
    }

    pub(super) fn port_reuse(&self) -> Draft {
        let all: Vec<&Exchange> = self.distinct().collect();
        let mut draft = Draft::new();
        for x in all.iter().take(MOST) {
            let why = format!("{} → {}", self.address(x, Side::Client), self.address(x, Side::Server));
            self.prove(&mut draft, x, x.syn().unwrap_or(0), why);
        }
        if let [x] = all.as_slice() {
            draft.head = format!(
                "Cannot tell: one connection ({} → {}) proves nothing about the next. Run the programs again and give labkit both captures, or one that holds both runs.",
                self.address(x, Side::Client),
                self.address(x, Side::Server)
            );
            return draft;
        }
        let ports = |side| all.iter().map(|x| x.end(side).port).collect::<BTreeSet<u16>>();
        let (servers, clients) = (ports(Side::Server), ports(Side::Client));
        let stays = match servers.first() {
            Some(port) if servers.len() == 1 => format!(
                "The listener's port stays: {port} in {}, because the sender must know it beforehand.",
                if all.len() == 2 {
                    "both connections".into()
                } else {
                    format!("all {} connections", all.len())
                }
            ),
            _ => format!("The listeners use {} different ports.", servers.len()),
        };
        let order: Vec<String> =
            all.iter().take(MOST).map(|x| x.end(Side::Client).port.to_string()).collect();
        let list = format!("{}{}", order.join(", then "), if all.len() > MOST { ", …" } else { "" });
        draft.head = if clients.len() == 1 {
            draft.sure(Confidence::Inferred);
            format!(
                "{stays} The client's port did not change here: {list}. Its program binds a fixed one, or the system happened to choose the same."
            )
        } else {
            draft.sure(Confidence::Proven);
            format!(
                "{stays} The client's port changes: {list}. Its system picks a free one for each connection."
            )
        };
        draft.lines.extend(common_range(&clients));
        if clients.len() > 1 && !one_machine_changes(&all) {
            draft.lines.push("No machine opened two of these connections, so the change is seen between machines; a second run shows it on one machine as well.".into());
        }
        draft
    }
}

/// Whether one machine opened connections from different ports.
fn one_machine_changes(all: &[&Exchange]) -> bool {
    let ends: BTreeSet<(IpAddr, u16)> =
        all.iter().map(|x| x.end(Side::Client)).map(|end| (end.ip, end.port)).collect();
    let machines: BTreeSet<IpAddr> = ends.iter().map(|end| end.0).collect();
    machines.len() < ends.len()
}

/// From which systems' default ranges a port can come.
fn range(port: u16) -> &'static str {
    match port {
        49152..=60999 => {
            " (in the default ranges of Linux, 32768–60999, and of Windows and macOS, 49152–65535)"
        }
        32768..=49151 => " (in Linux's default range, 32768–60999)",
        61000.. => " (in the default range of Windows and macOS, 49152–65535)",
        _ => " (outside the default ranges of Linux, Windows and macOS: it was chosen otherwise)",
    }
}

/// A sentence where all ports fit one system's default range.
fn common_range(ports: &BTreeSet<u16>) -> Option<String> {
    if ports.iter().all(|p| (32768..=60999).contains(p)) {
        Some("All of the clients' ports lie in Linux's default range, 32768–60999.".into())
    } else if ports.iter().all(|p| *p >= 49152) {
        Some("All of the clients' ports lie in the default range of Windows and macOS, 49152–65535.".into())
    } else {
        None
    }
}
