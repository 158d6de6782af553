//! ICMP errors that quote a TCP segment: their sender, their meaning, and what to do about them.

use crate::dissect::protocols::tcp::{Flags, SeqNo};
use crate::dissect::{Address, Proto};
use crate::frame::FrameNo;
use crate::lab::evidence::segment::Endpoint;
use crate::packet::Packet;
use std::net::{IpAddr, Ipv6Addr};

/// An ICMP (RFC 792) or ICMPv6 (RFC 4443) error message about a TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// Number of its frame.
    pub frame: FrameNo,
    /// Which machine sent it.
    pub from: IpAddr,
    /// Whether it is ICMPv6.
    pub v6: bool,
    /// ICMP type.
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// The next-hop MTU that it names, in bytes (RFC 1191, RFC 4443 section 3.2); 0 if it names none.
    pub mtu: u32,
    /// Sender and receiver of the quoted segment.
    pub ends: (Endpoint, Endpoint),
    /// Sequence number of the quoted segment.
    pub seq: SeqNo,
    /// Flags of the quoted segment; `None` where the quotation ends before them.
    pub flags: Option<Flags>,
}

/// The machine that sent an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The machine that the quoted segment was sent to.
    Target,
    /// The machine that sent the quoted segment; its own system made the error.
    Own,
    /// A machine on the way.
    Router,
}

/// What an error says about the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A firewall rejects the segment.
    Firewall,
    /// There is no route to the network.
    NoRoute,
    /// The last machine on the way gets no answer from the host (no ARP or neighbour answer).
    NoHost,
    /// The segment went in circles, or the path has too many hops.
    TooFar,
    /// The segment is too big for a link on the path. This is no failure: the sender goes on with smaller ones.
    TooBig,
    /// Something else.
    Other,
}

impl IcmpError {
    /// Address of its sender.
    pub fn sender(&self) -> Sender {
        if self.from == self.ends.1.ip {
            Sender::Target
        } else if self.from == self.ends.0.ip {
            Sender::Own
        } else {
            Sender::Router
        }
    }

    /// What it means. A system answers a closed TCP port with an RST, never with "port unreachable": that one comes
    /// from a firewall's rule (RFC 1122, section 4.2.3.9; it is the default of iptables' and nft's `reject`).
    pub fn meaning(&self) -> Meaning {
        match (self.v6, self.kind, self.code) {
            (false, 3, 4) | (true, 2, _) => Meaning::TooBig,
            (false, 3, 2 | 3 | 9 | 10 | 13) | (true, 1, 1 | 4 | 5 | 6) => Meaning::Firewall,
            (false, 3, 0 | 6 | 11) | (true, 1, 0 | 2) => Meaning::NoRoute,
            (false, 3, 1 | 7 | 8 | 12) | (true, 1, 3) => Meaning::NoHost,
            (false, 11, _) | (true, 3, _) => Meaning::TooFar,
            _ => Meaning::Other,
        }
    }

    /// The words for its type and code, such as `communication administratively prohibited`.
    pub fn name(&self) -> &'static str {
        match (self.v6, self.kind, self.code) {
            (false, 3, 0) => "network unreachable",
            (false, 3, 1) => "host unreachable",
            (false, 3, 2) => "protocol unreachable",
            (false, 3, 3) | (true, 1, 4) => "port unreachable",
            (false, 3, 4) => "fragmentation needed",
            (false, 3, 5) => "source route failed",
            (false, 3, 6) => "destination network unknown",
            (false, 3, 7) => "destination host unknown",
            (false, 3, 8) => "source host isolated",
            (false, 3, 9) => "network administratively prohibited",
            (false, 3, 10) => "host administratively prohibited",
            (false, 3, 11) => "network unreachable for this type of service",
            (false, 3, 12) => "host unreachable for this type of service",
            (false, 3, 13) | (true, 1, 1) => "communication administratively prohibited",
            (false, 3, _) => "destination unreachable",
            (false, 11, 0) | (true, 3, 0) => "time to live exceeded on the way",
            (false, 11, _) | (true, 3, _) => "reassembly time exceeded",
            (false, 12, _) | (true, 4, _) => "parameter problem",
            (true, 1, 0) => "no route to destination",
            (true, 1, 2) => "beyond scope of source address",
            (true, 1, 3) => "address unreachable",
            (true, 1, 5) => "source address failed policy",
            (true, 1, 6) => "reject route to destination",
            (true, 1, _) => "destination unreachable",
            (true, 2, _) => "packet too big",
            _ => "an error",
        }
    }

    /// What it says, in a sentence or two. `target` is the name of the machine that the segment was sent to, `own` of
    /// the machine that sent it.
    pub fn says(&self, target: &str, own: &str) -> String {
        let port = self.ends.1.port;
        let icmp = if self.v6 { "ICMPv6" } else { "ICMP" };
        let who = match self.sender() {
            Sender::Target => format!("The {target} itself ({})", self.from),
            Sender::Own => format!("The {own}'s own system ({})", self.from),
            Sender::Router => format!("{}, a machine on the way,", self.from),
        };
        let what =
            format!("{who} answers with {icmp} type {} code {}: {}", self.kind, self.code, self.name());
        let means = match (self.meaning(), self.sender()) {
            (Meaning::Firewall, Sender::Target) => {
                format!("The packet reached the {target}, and a firewall there rejects port {port}. The program behind it may well be listening")
            }
            (Meaning::Firewall, Sender::Own) => {
                format!("A firewall on the {own} rejects what it sends itself to port {port}")
            }
            (Meaning::Firewall, Sender::Router) => {
                format!("A firewall on that machine rejects port {port}; the {target} never saw the packet")
            }
            (Meaning::NoRoute, Sender::Own) => {
                format!("The {own} has no route to {}: check the address, and that both machines are on one network", self.ends.1.ip)
            }
            (Meaning::NoRoute, _) => {
                format!("That machine has no route to {}: check the address, and that both machines are on one network", self.ends.1.ip)
            }
            (Meaning::NoHost, Sender::Own) => {
                format!("Its question for the hardware address of {} got no answer: the {target} is off, or on another network, or the address is wrong", self.ends.1.ip)
            }
            (Meaning::NoHost, Sender::Target) => format!("The {target} says so about itself; a firewall there can be set to reject in this way"),
            (Meaning::NoHost, Sender::Router) => {
                format!("That router got no answer from {} on its own network: the {target} is off, or the address is wrong", self.ends.1.ip)
            }
            (Meaning::TooFar, _) => "The packet went in circles, or the way has too many routers: check the routes between the two".into(),
            (Meaning::TooBig, _) if self.mtu > 0 => {
                format!("That is path MTU discovery at work, no failure: the {own} sends packets of at most {} bytes from then on", self.mtu)
            }
            (Meaning::TooBig, _) => format!("That is path MTU discovery at work, no failure: the {own} sends smaller packets from then on"),
            (Meaning::Other, _) => "It stopped there".into(),
        };
        format!("{what}. {means}.")
    }

    /// What to do about it, in a sentence; `None` where nothing has to be done.
    pub fn todo(&self, target: &str, own: &str) -> Option<String> {
        let port = self.ends.1.port;
        match (self.meaning(), self.sender()) {
            (Meaning::Firewall, Sender::Target) => Some(format!("On the {target}, {}", opens(port))),
            (Meaning::Firewall, Sender::Own) => {
                Some(format!("On the {own}, allow outgoing TCP to port {port} in its firewall (`sudo nft list ruleset` shows the rule)."))
            }
            (Meaning::Firewall, Sender::Router) => {
                Some(format!("Open TCP port {port} on {}, or put both machines on one network without it.", self.from))
            }
            (Meaning::TooBig, _) => None,
            _ => Some("Compare the addresses with `labkit interfaces` on both machines, and put both on one network.".into()),
        }
    }
}

/// The commands that let a TCP port through a machine's firewall, as the rest of a sentence.
pub fn opens(port: u16) -> String {
    format!(
        "open the port: `sudo firewall-cmd --add-port={port}/tcp` (firewalld), `sudo ufw allow {port}/tcp` (ufw), `sudo nft insert rule inet filter input tcp dport {port} accept` (nft; table and chain as `sudo nft list ruleset` names them), or on Windows, as administrator, `New-NetFirewallRule -DisplayName labkit -Direction Inbound -Protocol TCP -LocalPort {port} -Action Allow`."
    )
}

/// Reads the ICMP error in a packet and the TCP header that it quotes; `None` if there is none.
pub(super) fn quoted(packet: &Packet<'_>) -> Option<IcmpError> {
    let layers = packet.context.layers;
    let (layer, v6) = match layers.rfind(Proto::Icmp) {
        Some(layer) => (layer, false),
        None => (layers.rfind(Proto::Icmpv6)?, true),
    };
    let bytes = packet.context.layer_bytes(layer);
    let (kind, code) = (*bytes.first()?, *bytes.get(1)?);
    let is_error = if v6 { matches!(kind, 1..=4) } else { matches!(kind, 3 | 11 | 12) };
    if !is_error {
        return None;
    }
    let mtu = match (v6, kind, code) {
        (false, 3, 4) => u32::from(u16::from_be_bytes(*bytes.get(6..)?.first_chunk()?)),
        (true, 2, _) => u32::from_be_bytes(*bytes.get(4..)?.first_chunk()?),
        _ => 0,
    };
    let (from, to, tcp) = inner(bytes.get(8..)?)?;
    let port = |at: usize| tcp.get(at..)?.first_chunk().map(|b| u16::from_be_bytes(*b));
    let seq = SeqNo(u32::from_be_bytes(*tcp.get(4..)?.first_chunk()?));
    let sender = match packet.addresses().0 {
        Address::Ipv4(ip) => IpAddr::V4(ip),
        Address::Ipv6(ip) => IpAddr::V6(ip),
        Address::None | Address::NotApplicable | Address::Mac(_) => return None,
    };
    Some(IcmpError {
        frame: packet.context.frame.no,
        from: sender,
        v6,
        kind,
        code,
        mtu,
        ends: (Endpoint { ip: from, port: port(0)? }, Endpoint { ip: to, port: port(2)? }),
        seq,
        flags: tcp.get(13).map(|b| Flags(u16::from(*b))),
    })
}

/// The addresses of a quoted IP header, and the bytes of TCP behind it; `None` for another protocol, or if the header
/// is cut.
fn inner(bytes: &[u8]) -> Option<(IpAddr, IpAddr, &[u8])> {
    let v4 = |at: usize| bytes.get(at..)?.first_chunk::<4>().map(|o| IpAddr::from(*o));
    let v6 = |at: usize| bytes.get(at..)?.first_chunk::<16>().map(|o| IpAddr::V6(Ipv6Addr::from(*o)));
    let first = *bytes.first()?;
    match first >> 4 {
        4 if bytes.get(9) == Some(&6) => {
            let len = usize::from(first & 15) * 4;
            Some((v4(12)?, v4(16)?, bytes.get(len.max(20)..)?))
        }
        6 => {
            let (mut next, mut at) = (*bytes.get(6)?, 40);
            // Extension headers may come before TCP (RFC 8200, section 4), as many as fit.
            while matches!(next, 0 | 43 | 44 | 60) {
                let len = if next == 44 { 8 } else { 8 + usize::from(*bytes.get(at + 1)?) * 8 };
                next = *bytes.get(at)?;
                at += len;
            }
            (next == 6).then_some((v6(8)?, v6(24)?, bytes.get(at..)?))
        }
        _ => None,
    }
}
