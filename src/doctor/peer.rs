//! Findings about the way to another machine: the kind of its address, whether it answers ARP, and whether its port
//! answers.

use super::{Finding, Question, Topic, firewall};
use crate::capture::interfaces::{self, Interface};
use crate::communicator::{Interrupt, NoConnection, Place};
use crate::text::{Push as _, harmless, written};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Instant;

/// The findings about `peer`. Tries to open one connection to it, and closes it at once.
pub(super) fn look(
    question: &Question,
    peer: Ipv4Addr,
    adapters: &[Interface],
    interrupt: &Interrupt,
) -> Vec<Finding> {
    let place = Place::of(peer);
    let mut findings = Vec::new();
    findings.extend(way(peer, &place));
    let began = Instant::now();
    let to = SocketAddrV4::new(peer, question.port);
    let tried = interrupt.reach(to, question.patience);
    let took = began.elapsed();
    findings.extend(neighbour(peer, &place, adapters));
    match tried {
        Ok(stream) => {
            drop(stream);
            let says = format!(
                "{peer} answers on port {} (after {:.1} ms): a program listens there. The connection was closed without a \
                 message: a program that takes one connection only must be started again",
                question.port,
                took.as_secs_f64() * 1000.0
            );
            findings.push(Finding::good(Topic::Peer, "peer-answers", says));
        }
        Err(why) => {
            findings.push(failed(&why, question.port));
            findings.extend(firewall::outgoing(question, adapters));
        }
    }
    findings
}

/// The finding about the kind of the address; `None` for an address that no machine can have, which the attempt to
/// connect explains.
fn way(peer: Ipv4Addr, place: &Place) -> Option<Finding> {
    let good = |says: String| Some(Finding::good(Topic::Peer, "route", says));
    match place {
        Place::Here if !peer.is_loopback() => {
            let says = format!(
                "{peer} is this machine's own address: the packets stay here, and only sniff -i lo sees them. If the other \
                 machine has the same one, it is a clone"
            );
            Some(
                Finding::note(Topic::Peer, "own-address", says).mend(
                    "VirtualBox, for the clone: Settings, Network, Advanced, a new MAC address; then ask for an address again",
                ),
            )
        }
        Place::Here => good(format!("{peer} is this machine itself, through its loopback adapter")),
        Place::Neighbour(adapter) => {
            good(format!("{peer} is in the network on {}: no router is between", harmless(adapter)))
        }
        Place::Elsewhere => {
            let through = interfaces::towards(peer.into())?;
            let says = format!(
                "{peer} is in none of this machine's networks: packets to it leave through {} to a router",
                harmless(&through.name)
            );
            Some(Finding::note(Topic::Peer, "route", says).mend(
                "for the lab, put both machines into one network (VirtualBox: host-only or bridged); check the address",
            ))
        }
        _ => None,
    }
}

/// The finding about a neighbour's answer to ARP, after a packet was sent to it; `None` without an answer.
fn neighbour(peer: Ipv4Addr, place: &Place, adapters: &[Interface]) -> Option<Finding> {
    let Place::Neighbour(_) = place else { return None };
    let mac = crate::communicator::hardware_address(peer)?;
    let twin = adapters.iter().find(|a| a.mac.is_some_and(|own| written(|line| line.mac(own)) == mac));
    Some(match twin {
        Some(twin) => {
            let says = format!(
                "{peer} has the same hardware address ({mac}) as {} of this machine: it is a clone, and answers get lost",
                harmless(&twin.name)
            );
            Finding::obstacle(Topic::Peer, "twin", says)
                .mend("VirtualBox, for one of the two: Settings, Network, Advanced, a new MAC address")
        }
        None => Finding::good(
            Topic::Peer,
            "arp",
            format!("{peer} answered ARP as {mac}: the machine is there and on"),
        ),
    })
}

/// The finding about a connection that failed.
fn failed(why: &NoConnection, port: u16) -> Finding {
    let (id, remedies): (_, Vec<String>) = match why {
        NoConnection::Refused(_) => (
            "refused",
            vec![
                format!("there, start the receiver: labkit receive --port {port}"),
                "there: labkit doctor (it tells the three apart: no listener, 127.0.0.1 alone, a firewall)"
                    .into(),
            ],
        ),
        NoConnection::Rejected { .. } => {
            ("rejected", vec!["there: sudo labkit doctor (it names the rule)".into()])
        }
        NoConnection::Unreachable { .. } => ("unreachable", Vec::new()),
        NoConnection::NoNeighbour { .. } => (
            "no-machine",
            vec!["there: labkit interfaces (it shows the address that the machine has)".into()],
        ),
        NoConnection::NoRoute { .. } => (
            "no-route",
            vec!["labkit interfaces (it shows what is off, and the addresses of this machine)".into()],
        ),
        NoConnection::NoMachine(..) => ("not-a-machine", Vec::new()),
        NoConnection::Deadline { hardware: Some(_), .. } => {
            ("dropped", vec!["there: sudo labkit doctor (it names the rule)".into()])
        }
        NoConnection::Deadline { .. } => ("silent", Vec::new()),
        NoConnection::Interrupted(_) => ("interrupted", Vec::new()),
        NoConnection::Other(..) => ("failed", Vec::new()),
    };
    let text = why.to_string();
    // The lines after the first are the commands that open the port in each firewall.
    let mut lines = text.lines();
    let says = harmless(lines.next().unwrap_or_default());
    let mut finding = Finding::obstacle(Topic::Peer, id, says);
    finding.remedies = remedies;
    finding.remedies.extend(lines.map(harmless));
    finding
}
