//! Why there was no connection, according to the system, a firewall or a router, and what to try.

use super::place::{Own, Place};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

/// An ICMP error that came back for the first packet (RFC 792, RFC 1812 section 5.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// Address of its sender: the recipient, a router, or this machine itself.
    pub from: Ipv4Addr,
    /// Its type: 3 is destination unreachable, 11 is time exceeded.
    pub kind: u8,
    /// Its code, which details the type.
    pub code: u8,
}

impl IcmpError {
    /// Whether a firewall's rule caused it, and not a missing route or machine. A closed port without a firewall
    /// answers TCP with an RST, never with "port unreachable".
    fn is_rejection(&self) -> bool {
        self.kind == 3 && matches!(self.code, 2 | 3 | 9 | 10 | 13)
    }
}

impl fmt::Display for IcmpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match (self.kind, self.code) {
            (3, 0) => "network unreachable",
            (3, 1) => "host unreachable",
            (3, 2) => "protocol unreachable",
            (3, 3) => "port unreachable",
            (3, 9) => "network administratively prohibited",
            (3, 10) => "host administratively prohibited",
            (3, 13) => "communication administratively prohibited",
            (11, _) => "time exceeded",
            (kind, code) => return write!(f, "ICMP type {kind}, code {code}"),
        };
        write!(f, "ICMP {meaning}")
    }
}

/// The facts about a connection attempt that failed.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// The recipient.
    pub(crate) to: SocketAddrV4,
    /// The kind of the recipient's address.
    pub(crate) place: Place,
    /// This machine's own addresses.
    pub(crate) own: Vec<Own>,
    /// The hardware address with which the recipient answered ARP; `None` if it did not, or if that is unknown.
    pub(crate) hardware: Option<String>,
    /// The ICMP error that came back, if one did.
    pub(crate) icmp: Option<IcmpError>,
}

/// Why there was no connection.
#[derive(Debug)]
pub enum NoConnection {
    /// An RST answered the SYN.
    Refused(SocketAddrV4),
    /// A firewall rejects the port.
    Rejected {
        /// The recipient.
        to: SocketAddrV4,
        /// Its answer.
        error: IcmpError,
        /// Whether it is this machine's own firewall.
        own: bool,
    },
    /// A router, or this machine's own system, reports that the recipient cannot be reached.
    Unreachable {
        /// The recipient.
        to: SocketAddrV4,
        /// Its answer.
        error: IcmpError,
    },
    /// Nothing answered ARP at the recipient's address, or at the router's.
    NoNeighbour {
        /// The recipient.
        to: SocketAddrV4,
        /// The adapter in whose network the recipient is; `None` if a router is in between.
        adapter: Option<String>,
    },
    /// This machine has no route to the address.
    NoRoute {
        /// The recipient.
        to: SocketAddrV4,
        /// This machine's addresses, as `192.168.56.1 (enp0s3)`.
        own: Vec<String>,
    },
    /// The address is not that of a single machine; the text says what it is instead.
    NoMachine(Ipv4Addr, String),
    /// Nothing came back.
    Deadline {
        /// The recipient.
        to: SocketAddrV4,
        /// How long this machine waited.
        timeout: Duration,
        /// The hardware address with which the recipient answered ARP; `None` if it did not, or if that is unknown.
        hardware: Option<String>,
        /// Whether the recipient is outside of all networks of this machine.
        elsewhere: bool,
    },
    /// The user pressed Ctrl-C.
    Interrupted(SocketAddrV4),
    /// Anything else that the system reports.
    Other(SocketAddrV4, io::Error),
}

impl NoConnection {
    /// Why an attempt failed, by the system's error, the ICMP error, and the kind of the address.
    pub(crate) fn failed(error: io::Error, attempt: Attempt) -> NoConnection {
        let to = attempt.to;
        if let Some(what) = no_machine(&attempt.place) {
            return NoConnection::NoMachine(*to.ip(), what);
        }
        if let Some(icmp) = attempt.icmp {
            return by_icmp(icmp, attempt);
        }
        match error.kind() {
            ErrorKind::ConnectionRefused => NoConnection::Refused(to),
            // Where the system does not pass on the ICMP error itself, these error codes are all that it gives.
            ErrorKind::HostUnreachable => NoConnection::NoNeighbour { to, adapter: neighbour(attempt.place) },
            ErrorKind::NetworkUnreachable => {
                let outside = attempt.own.into_iter().filter(|o| !o.ip.is_loopback());
                let own = outside.map(|o| format!("{} ({})", o.ip, o.adapter)).collect();
                NoConnection::NoRoute { to, own }
            }
            _ => NoConnection::Other(to, error),
        }
    }

    /// Why no answer came in time.
    pub(crate) fn silence(timeout: Duration, attempt: Attempt) -> NoConnection {
        let to = attempt.to;
        match (no_machine(&attempt.place), attempt.icmp) {
            (Some(what), _) => NoConnection::NoMachine(*to.ip(), what),
            (None, Some(icmp)) => by_icmp(icmp, attempt),
            (None, None) => {
                let elsewhere = attempt.place == Place::Elsewhere;
                NoConnection::Deadline { to, timeout, hardware: attempt.hardware, elsewhere }
            }
        }
    }
}

/// What an ICMP error means, which depends on its sender.
fn by_icmp(error: IcmpError, attempt: Attempt) -> NoConnection {
    let to = attempt.to;
    let own = error.from != *to.ip() && attempt.own.iter().any(|o| o.ip == error.from);
    match error {
        // This machine's own system reports "host unreachable" if nothing answers ARP.
        IcmpError { kind: 3, code: 1, .. } if own => {
            NoConnection::NoNeighbour { to, adapter: neighbour(attempt.place) }
        }
        // A recipient that answers can be reached, so its error comes from a firewall there.
        _ if error.is_rejection() || error.from == *to.ip() => NoConnection::Rejected { to, error, own },
        _ => NoConnection::Unreachable { to, error },
    }
}

fn neighbour(place: Place) -> Option<String> {
    if let Place::Neighbour(adapter) = place { Some(adapter) } else { None }
}

/// The words for an address that no single machine has; `None` for others.
fn no_machine(place: &Place) -> Option<String> {
    Some(match place {
        Place::Broadcast(Some(adapter)) => format!("the broadcast address of the network on {adapter}"),
        Place::Broadcast(None) => "the broadcast address of every network".into(),
        Place::Network(adapter) => format!("the number of the network on {adapter}"),
        Place::Group => "a multicast address, which stands for a group of machines".into(),
        Place::Reserved => "a reserved address".into(),
        Place::Nowhere => "no address at all: it stands for \"any of this machine's\"".into(),
        Place::Here | Place::Neighbour(_) | Place::Elsewhere => return None,
    })
}

/// The commands that open a port in each firewall, for the receiving machine.
fn open(port: u16) -> String {
    format!(
        "Open the port there with the tool of its firewall: firewalld: sudo firewall-cmd --add-port={port}/tcp; \
         ufw: sudo ufw allow {port}/tcp; nftables: sudo nft insert rule inet filter input tcp dport {port} accept; \
         Windows: Windows Defender Firewall, Advanced Settings, Inbound Rules, New Rule, Port, TCP {port}, Allow."
    )
}

impl fmt::Display for NoConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoConnection::Refused(to) => write!(
                f,
                "{ip} refuses connections on port {port} (RST): the machine is there, but no program listens on the \
                 port, or it listens on 127.0.0.1 alone, or a firewall resets. Start the receiver there, check with \
                 `ss -ltn` that it listens on 0.0.0.0 or {ip}, then send again.",
                ip = to.ip(),
                port = to.port()
            ),
            NoConnection::Rejected { to, error, own } => rejected(f, *to, error, *own),
            NoConnection::Unreachable { to, error } => unreachable(f, *to, error),
            NoConnection::NoNeighbour { to, adapter: Some(adapter) } => write!(
                f,
                "No machine answers at {}: it would be in the network on {adapter}, but nothing there answered ARP, the \
                 question who has this address. Check the address, that the other machine is on, and that both \
                 adapters are in one network (VirtualBox: host-only or bridged, not NAT).",
                to.ip()
            ),
            NoConnection::NoNeighbour { to, adapter: None } => write!(
                f,
                "No way to {ip}: it is in none of this machine's networks, and the router that leads there does not \
                 answer. Check the address, and the router with `ip route get {ip}`.",
                ip = to.ip()
            ),
            NoConnection::NoRoute { to, own } => no_route(f, *to, own),
            NoConnection::NoMachine(ip, what) => write!(
                f,
                "{ip} is {what}, and TCP connects to one machine. Give the receiver's own address; `labkit interfaces` \
                 there shows it."
            ),
            NoConnection::Deadline { to, timeout, hardware, elsewhere } => {
                silent(f, *to, *timeout, hardware.as_deref(), *elsewhere)
            }
            NoConnection::Interrupted(to) => {
                write!(f, "Stopped before {} answered.", to.ip())
            }
            NoConnection::Other(to, error) => write!(
                f,
                "Connecting to {to} failed: {error}. Check the address, and this machine's own firewall."
            ),
        }
    }
}

impl std::error::Error for NoConnection {}

fn rejected(f: &mut fmt::Formatter<'_>, to: SocketAddrV4, error: &IcmpError, own: bool) -> fmt::Result {
    let (ip, port, from) = (to.ip(), to.port(), error.from);
    if own {
        return write!(
            f,
            "This machine's own firewall rejects TCP to {ip}, port {port} ({error}). Allow it to go out: \
             `sudo nft list ruleset` or `sudo iptables -L OUTPUT` shows the rule."
        );
    }
    if from != *ip {
        return write!(
            f,
            "A firewall on the way to {ip}, at {from}, rejects TCP port {port} ({error}). It must let the port through; \
             or put both machines into one network."
        );
    }
    write!(f, "A firewall on {ip} itself rejects TCP port {port} ({error}).\n{}", open(port))
}

fn unreachable(f: &mut fmt::Formatter<'_>, to: SocketAddrV4, error: &IcmpError) -> fmt::Result {
    let (ip, from) = (to.ip(), error.from);
    match (error.kind, error.code) {
        (3, 1) => write!(
            f,
            "The router {from} finds no machine at {ip} ({error}). Check the address, and that the other machine is on \
             and connected to that network."
        ),
        (3, _) => write!(
            f,
            "The router {from} knows no way to {ip} ({error}). Check the address; two machines in one network need no \
             router."
        ),
        _ => write!(
            f,
            "{from} gave up the packets to {ip} ({error}): they went in a circle, or too far. Check the address, and \
             the routes with `ip route`."
        ),
    }
}

fn no_route(f: &mut fmt::Formatter<'_>, to: SocketAddrV4, own: &[String]) -> fmt::Result {
    let has = if own.is_empty() { "no address".into() } else { own.join(", ") };
    write!(
        f,
        "No route from this machine to {}: none of its adapters is in that network, and no router leads there. It has \
         {has}. Check the address, and that the adapter of that network is on.",
        to.ip()
    )
}

fn silent(
    f: &mut fmt::Formatter<'_>,
    to: SocketAddrV4,
    timeout: Duration,
    hardware: Option<&str>,
    elsewhere: bool,
) -> fmt::Result {
    let (ip, port) = (to.ip(), to.port());
    write!(f, "No answer from {ip} on port {port} within {} s", timeout.as_secs_f64())?;
    match hardware {
        Some(mac) => write!(
            f,
            ", although a machine with this address is there (it answered ARP as {mac}): most likely its firewall drops \
             the packets."
        )?,
        None if elsewhere => write!(
            f,
            ". It is in none of this machine's networks: check the address first, then that the machine is on, and that \
             no firewall on the way or there drops the packets."
        )?,
        None => write!(f, ". Check the address, that the machine is on, and its firewall.")?,
    }
    write!(f, "\n{}", open(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 56, 101), 65_432);
    const OWN: Ipv4Addr = Ipv4Addr::new(192, 168, 56, 1);
    const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);

    fn attempt(place: Place, icmp: Option<(Ipv4Addr, u8, u8)>) -> Attempt {
        let own = Own { adapter: "enp0s3".into(), ip: OWN, mask: Ipv4Addr::new(255, 255, 255, 0) };
        let icmp = icmp.map(|(from, kind, code)| IcmpError { from, kind, code });
        Attempt { to: TO, place, own: vec![own], hardware: None, icmp }
    }

    fn text(kind: ErrorKind, place: Place, icmp: Option<(Ipv4Addr, u8, u8)>) -> String {
        NoConnection::failed(kind.into(), attempt(place, icmp)).to_string()
    }

    fn near() -> Place {
        Place::Neighbour("enp0s3".into())
    }

    #[test]
    fn an_icmp_error_means_what_its_sender_makes_of_it() {
        let unreachable = ErrorKind::HostUnreachable;
        let there = text(unreachable, near(), Some((*TO.ip(), 3, 13)));
        assert!(there.starts_with("A firewall on 192.168.56.101 itself rejects TCP port 65432"), "{there}");
        assert!(
            there.contains("administratively prohibited") && there.contains("ufw allow 65432/tcp"),
            "{there}"
        );
        assert_eq!(there.lines().count(), 2);
        let here = text(unreachable, near(), Some((OWN, 3, 13)));
        assert!(here.starts_with("This machine's own firewall rejects"), "{here}");
        let nobody = text(unreachable, near(), Some((OWN, 3, 1)));
        assert!(nobody.contains("nothing there answered ARP"), "{nobody}");
        let router = text(unreachable, Place::Elsewhere, Some((ROUTER, 3, 1)));
        assert!(router.starts_with("The router 10.0.2.2 finds no machine at 192.168.56.101"), "{router}");
        let way = text(unreachable, Place::Elsewhere, Some((ROUTER, 3, 13)));
        assert!(way.starts_with("A firewall on the way to 192.168.56.101, at 10.0.2.2, rejects"), "{way}");
        let unknown = text(unreachable, Place::Elsewhere, Some((ROUTER, 12, 1)));
        assert!(unknown.contains("ICMP type 12, code 1"), "{unknown}");
    }

    #[test]
    fn port_unreachable_is_a_firewall_and_a_reset_may_be_one() {
        let refused = ErrorKind::ConnectionRefused;
        assert!(
            text(refused, near(), Some((*TO.ip(), 3, 3))).starts_with("A firewall on 192.168.56.101 itself")
        );
        let reset = text(refused, near(), None);
        assert!(reset.contains("no program listens") && reset.contains("or a firewall resets"), "{reset}");
    }

    #[test]
    fn an_address_that_no_machine_has_is_called_what_it_is() {
        let of = |place| text(ErrorKind::NetworkUnreachable, place, None);
        assert!(
            of(Place::Broadcast(Some("enp0s3".into())))
                .contains("the broadcast address of the network on enp0s3")
        );
        assert!(of(Place::Group).contains("a multicast address"));
        let elsewhere = of(Place::Elsewhere);
        assert!(elsewhere.contains("It has 192.168.56.1 (enp0s3)."), "{elsewhere}");
    }

    #[test]
    fn silence_is_a_firewall_where_the_machine_answers_arp() {
        let wait = Duration::from_secs(30);
        let mut known = attempt(near(), None);
        known.hardware = Some("08:00:27:00:00:65".into());
        let known = NoConnection::silence(wait, known).to_string();
        assert!(
            known.starts_with("No answer from 192.168.56.101 on port 65432 within 30 s, although"),
            "{known}"
        );
        let late = NoConnection::silence(wait, attempt(Place::Elsewhere, Some((ROUTER, 3, 0)))).to_string();
        assert!(late.starts_with("The router 10.0.2.2 knows no way"), "{late}");
    }
}
