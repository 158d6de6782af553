//! Findings about adapters and addresses, worded for users of virtual machines.

use super::{Finding, Topic, ipv4, is_ready, remedy};
use crate::capture::interfaces::{Interface, Kind, State};
use crate::text::harmless;
use std::net::Ipv4Addr;

/// The first three bytes of hardware addresses that VirtualBox gives to guests.
const VIRTUALBOX: [u8; 3] = [0x08, 0x00, 0x27];
/// The first three bytes of hardware addresses that QEMU gives to guests.
const QEMU: [u8; 3] = [0x52, 0x54, 0x00];

/// The kind of network that an address belongs to, as far as it matters to other machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    /// A hypervisor's NAT: no other machine reaches this one.
    Nat(&'static str),
    /// A link-local address (RFC 3927), which a machine gives itself without a DHCP server.
    SelfMade,
    /// A network for containers of this machine.
    Containers,
    /// A network in which machines reach each other, and the kind that its address suggests.
    Open(Option<&'static str>),
}

/// The findings about this machine's adapters.
pub(super) fn look(adapters: &[Interface]) -> Vec<Finding> {
    let lab: Vec<&Interface> =
        adapters.iter().filter(|a| a.kind != Kind::Loopback && !is_of_the_kernel(a)).collect();
    if lab.is_empty() {
        return vec![no_adapter()];
    }
    let usable = lab.iter().any(|a| a.state == State::Up && ipv4(a).any(|(ip, _)| is_open(a, ip)));
    let mut findings: Vec<Finding> = lab.into_iter().flat_map(|a| judge(a, usable)).collect();
    if !usable && is_ready(&findings) {
        findings.push(no_adapter());
    }
    if let Some(lo) = adapters.iter().find(|a| a.kind == Kind::Loopback && a.state == State::Down) {
        let says =
            format!("{} is switched off: programs of this machine cannot talk over 127.0.0.1", lo.name);
        let mend = remedy::switch_on(&lo.name);
        findings.push(Finding::note(Topic::Adapters, "loopback-down", says).mend(mend));
    }
    findings
}

/// Whether the adapter is one that kernel modules create, and is still switched off.
fn is_of_the_kernel(adapter: &Interface) -> bool {
    let kinds = [
        "ifb", "dummy", "ipip", "sit", "gre", "gretap", "erspan", "ip6tnl", "ip6gre", "vti", "vti6", "nlmon",
    ];
    let made = matches!(&adapter.kind, Kind::Virtual(kind) if kinds.contains(&kind.as_str()));
    adapter.state == State::Down && (made || matches!(adapter.kind, Kind::Other(_)))
}

fn no_adapter() -> Finding {
    let says = "no network adapter of this machine leads to other machines: none of them can reach it";
    Finding::obstacle(Topic::Adapters, "no-adapter", says).mend(
        "in a virtual machine, with it switched off: VirtualBox Manager, Settings, Network, Adapter 1, Enable Network Adapter",
    )
}

fn is_open(adapter: &Interface, ip: Ipv4Addr) -> bool {
    matches!(network(adapter, ip), Network::Open(_))
}

/// The findings about one adapter. A fault of it is an obstacle only if no other adapter is `usable`.
fn judge(adapter: &Interface, usable: bool) -> Vec<Finding> {
    let name = harmless(&adapter.name);
    let lacking = if usable { Finding::note } else { Finding::obstacle };
    match adapter.state {
        State::Down => {
            let says = format!("{name} is switched off{}", despite(adapter));
            vec![lacking(Topic::Adapters, "adapter-down", says).mend(remedy::switch_on(&name))]
        }
        State::NoCarrier => {
            let says = format!("{name} is on, but connected to nothing{}", despite(adapter));
            vec![lacking(Topic::Adapters, "no-carrier", says).mend(
                "plug the cable in or join the wireless network; VirtualBox: Settings, Network, Advanced, Cable Connected",
            )]
        }
        State::Up if ipv4(adapter).next().is_none() => {
            vec![lacks_address(adapter, &name, lacking)]
        }
        State::Up => ipv4(adapter).map(|(ip, prefix)| address(adapter, ip, prefix, usable)).collect(),
    }
}

fn despite(adapter: &Interface) -> String {
    let addresses: Vec<String> = ipv4(adapter).map(|(ip, _)| ip.to_string()).collect();
    if addresses.is_empty() {
        String::new()
    } else {
        format!(", so nothing reaches its address {}", addresses.join(" and "))
    }
}

fn lacks_address(
    adapter: &Interface,
    name: &str,
    lacking: fn(Topic, &'static str, String) -> Finding,
) -> Finding {
    let six = if adapter.addresses.is_empty() {
        ""
    } else {
        " (an IPv6 address alone does not help: the lab uses IPv4)"
    };
    let says = format!("{name} is up and has no IPv4 address{six}");
    lacking(Topic::Adapters, "no-address", says)
        .mend(format!("ask for one: {}", remedy::ask_for_address(name)))
        .mend(format!("or give it one of the other machine's network: {}", remedy::give_address(name)))
}

/// The finding about an address of an adapter that is up.
fn address(adapter: &Interface, ip: Ipv4Addr, prefix: u8, usable: bool) -> Finding {
    let name = harmless(&adapter.name);
    let lacking = if usable { Finding::note } else { Finding::obstacle };
    match network(adapter, ip) {
        Network::Nat(whose) => lacking(
            Topic::Adapters,
            "nat",
            format!("{name}: this looks like {whose} NAT ({ip}): the host cannot reach you; choose host-only or bridged"),
        )
        .mend("with the machine switched off: VirtualBox Manager, Settings, Network, Attached to: Host-only Adapter (or Bridged Adapter)"),
        Network::SelfMade => lacking(
            Topic::Adapters,
            "self-made-address",
            format!("{name} gave itself {ip}, because no server gave it an address: it can reach only machines that did the same"),
        )
        .mend(format!("ask again: {}; VirtualBox: the host-only network's DHCP server must be on", remedy::ask_again(&name))),
        Network::Containers => {
            Finding::note(Topic::Adapters, "containers", format!("{name} ({ip}/{prefix}) leads to containers of this machine, not to other machines"))
        }
        Network::Open(looks) => {
            let looks = looks.map(|l| format!(": this looks like {l}")).unwrap_or_default();
            Finding::good(Topic::Adapters, "address", format!("{name} is up and has {ip}/{prefix}{looks}"))
        }
    }
}

/// The kind of network, guessed from the address and the hardware address: hypervisors use the same ones everywhere.
fn network(adapter: &Interface, ip: Ipv4Addr) -> Network {
    let vendor = adapter.mac.map(|[a, b, c, ..]| [a, b, c]);
    let containers = ["docker", "br-", "podman", "cni", "lxcbr"];
    match ip.octets() {
        [10, 0, 2, 3..=254] if vendor == Some(QEMU) => Network::Nat("QEMU user"),
        // VirtualBox numbers the NAT networks of a guest's adapters 10.0.2, 10.0.3 and so on, and gives the guest
        // number 15.
        [10, 0, 2, 15] => Network::Nat("VirtualBox"),
        [10, 0, 3..=9, 15] if vendor == Some(VIRTUALBOX) => Network::Nat("VirtualBox"),
        [169, 254, ..] => Network::SelfMade,
        _ if containers.iter().any(|c| adapter.name.starts_with(c)) => Network::Containers,
        [192, 168, 56, 1] => Network::Open(Some("the host's end of VirtualBox's host-only network")),
        [192, 168, 56, _] => {
            Network::Open(Some("VirtualBox's host-only network: host and guests reach each other"))
        }
        [192, 168, 122, 1] => Network::Open(Some("the host's end of libvirt's network")),
        [192, 168, 122, _] => Network::Open(Some("libvirt's network: host and guests reach each other")),
        _ if vendor == Some(VIRTUALBOX) => {
            Network::Open(Some("a VirtualBox guest that is bridged, or in a network of its own"))
        }
        _ => Network::Open(None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn adapter(name: &str, state: State, ip: Option<[u8; 4]>) -> Interface {
        let addresses = ip.map(|ip| (Ipv4Addr::from(ip).into(), 24)).into_iter().collect();
        let mac = Some([8, 0, 0x27, 1, 2, 3]);
        Interface { name: name.into(), index: 2, state, addresses, mac, kind: Kind::Ethernet }
    }

    fn ids(adapters: &[Interface]) -> Vec<(&'static str, Verdict)> {
        look(adapters).into_iter().map(|f| (f.id, f.verdict)).collect()
    }

    #[test]
    fn nat_is_in_the_way_unless_another_adapter_is_not() {
        let nat = adapter("enp0s3", State::Up, Some([10, 0, 2, 15]));
        let findings = look(std::slice::from_ref(&nat));
        assert!(
            findings[0].says.contains(
                "this looks like VirtualBox NAT (10.0.2.15): the host cannot reach you; choose host-only or bridged"
            ),
            "{findings:?}"
        );
        assert!(!is_ready(&findings));
        let second = adapter("enp0s8", State::Up, Some([192, 168, 56, 101]));
        assert_eq!(ids(&[nat, second]), [("nat", Verdict::Note), ("address", Verdict::Good)]);
    }

    #[test]
    fn what_an_adapter_lacks_is_named() {
        let of = |state, ip| ids(&[adapter("enp0s3", state, ip)]);
        assert_eq!(of(State::Down, None), [("adapter-down", Verdict::Obstacle)]);
        assert_eq!(of(State::NoCarrier, Some([192, 168, 56, 5])), [("no-carrier", Verdict::Obstacle)]);
        assert_eq!(of(State::Up, None), [("no-address", Verdict::Obstacle)]);
        assert_eq!(of(State::Up, Some([169, 254, 7, 7])), [("self-made-address", Verdict::Obstacle)]);
        assert_eq!(ids(&[]), [("no-adapter", Verdict::Obstacle)]);
        // Docker's own network does not lead to another machine.
        assert_eq!(
            ids(&[adapter("docker0", State::Up, Some([172, 17, 0, 1]))]),
            [("containers", Verdict::Note), ("no-adapter", Verdict::Obstacle)]
        );
    }
}
