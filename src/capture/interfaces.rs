//! The adapters of this machine: kind, state, addresses, and which adapter leads to an address.

use super::netlink::{self, Link};
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::SockaddrStorage;
use std::fmt;
use std::io;
use std::net::IpAddr;

/// Name of the pseudo-adapter that captures on all adapters.
pub const ANY: &str = "any";

/// The kind of an adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Traffic of this machine to itself.
    Loopback,
    /// A wired network card, real or as a hypervisor shows it.
    Ethernet,
    /// A wireless network card.
    Wireless,
    /// A virtual adapter; the kernel's name for its kind: `veth`, `bridge`, `tun`, `vlan`, `wireguard` ….
    Virtual(String),
    /// Hardware of another sort: its `ARPHRD_` number.
    Other(u16),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Loopback => f.write_str("loopback"),
            Kind::Ethernet => f.write_str("ethernet"),
            Kind::Wireless => f.write_str("wireless"),
            Kind::Virtual(name) => f.write_str(name),
            Kind::Other(number) => write!(f, "hardware type {number}"),
        }
    }
}

/// Whether frames can pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Switched on, and connected as far as the adapter knows.
    Up,
    /// Switched on, but without a cable, a network or a peer.
    NoCarrier,
    /// Switched off; nothing can be captured on it.
    Down,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            State::Up => "up",
            State::NoCarrier => "no carrier",
            State::Down => "down",
        })
    }
}

/// One adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Name, as `sniff -i` takes it.
    pub name: String,
    /// The kernel's number for it.
    pub index: u32,
    /// Whether frames can pass.
    pub state: State,
    /// Addresses with the length of their prefix in bits, in the kernel's order.
    pub addresses: Vec<(IpAddr, u8)>,
    /// Hardware address, where it has one.
    pub mac: Option<[u8; 6]>,
    /// What sort of adapter it is.
    pub kind: Kind,
}

impl Interface {
    /// One line about it, as it stands in a capture file (`if_description`): `veth, 192.168.56.1/24`.
    pub fn description(&self) -> String {
        let mut text = self.kind.to_string();
        for (ip, prefix) in &self.addresses {
            text.push_str(&format!(", {ip}/{prefix}"));
        }
        text
    }
}

/// The adapters of this machine, in the kernel's order; of this network namespace, to be exact.
///
/// # Errors
/// When the kernel does not answer.
pub fn list() -> io::Result<Vec<Interface>> {
    let mut found: Vec<Interface> = netlink::links()?.into_iter().map(interface).collect();
    for entry in getifaddrs()? {
        let Some(adapter) = found.iter_mut().find(|i| i.name == entry.interface_name) else { continue };
        if let Some(ip) = entry.address.as_ref().and_then(ip) {
            adapter.addresses.push((ip, entry.netmask.as_ref().and_then(self::ip).map_or(0, prefix)));
        }
    }
    Ok(found)
}

/// The adapter with this name.
pub fn find(name: &str) -> Option<Interface> {
    list().ok()?.into_iter().find(|i| i.name == name)
}

/// Names of all adapters for an error message: `eth0, lo`.
pub fn names() -> String {
    let names: Vec<String> = list().unwrap_or_default().into_iter().map(|i| i.name).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// The adapter through which this machine would send to `to`; `lo` for its own addresses. No packet is sent.
pub fn towards(to: IpAddr) -> Option<Interface> {
    let index = netlink::route(to).ok()??;
    list().ok()?.into_iter().find(|i| i.index == index)
}

/// The adapter of the default route.
pub fn default_route() -> Option<Interface> {
    // Public addresses that no lab network contains: their route is the default route.
    let public = ["1.1.1.1", "2606:4700:4700::1111"];
    public.iter().filter_map(|ip| ip.parse().ok()).find_map(towards).filter(|i| i.kind != Kind::Loopback)
}

fn interface(link: Link) -> Interface {
    const UP: u32 = 0x1;
    const RUNNING: u32 = 0x40;
    const LOWER_LAYER_DOWN: u8 = 3;
    let state = if link.flags & UP == 0 {
        State::Down
    } else if link.flags & RUNNING == 0 || link.oper_state == LOWER_LAYER_DOWN {
        State::NoCarrier
    } else {
        State::Up
    };
    let kind = kind(&link);
    Interface { name: link.name, index: link.index, state, addresses: Vec::new(), mac: link.mac, kind }
}

fn kind(link: &Link) -> Kind {
    const ETHERNET: u16 = 1;
    const LOOPBACK: u16 = 772;
    match (&link.kind, link.hardware) {
        (Some(kind), _) => Kind::Virtual(kind.clone()),
        (None, LOOPBACK) => Kind::Loopback,
        (None, ETHERNET) if is_wireless(&link.name) => Kind::Wireless,
        (None, ETHERNET) => Kind::Ethernet,
        (None, other) => Kind::Other(other),
    }
}

/// Whether the kernel lists the adapter among the wireless ones; newer kernels do so in sysfs alone.
fn is_wireless(name: &str) -> bool {
    let listed = std::fs::read_to_string("/proc/net/wireless").unwrap_or_default();
    listed.lines().any(|l| l.trim_start().split(':').next() == Some(name))
        || std::path::Path::new("/sys/class/net").join(name).join("phy80211").exists()
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|a| IpAddr::V4(a.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|a| IpAddr::V6(a.ip())))
}

/// Bits of a netmask.
fn prefix(mask: IpAddr) -> u8 {
    match mask {
        IpAddr::V4(m) => u32::from(m).count_ones() as u8,
        IpAddr::V6(m) => u128::from(m).count_ones() as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(name: &str, hardware: u16, flags: u32, kind: Option<&str>) -> Link {
        let kind = kind.map(Into::into);
        Link { index: 7, name: name.into(), hardware, flags, oper_state: 0, mac: None, kind }
    }

    #[test]
    fn kinds_come_from_the_kernel_not_from_names() {
        assert_eq!(kind(&link("wlan0", 1, 0, Some("veth"))), Kind::Virtual("veth".into()));
        assert_eq!(kind(&link("eth0", 772, 0, None)), Kind::Loopback);
        assert_eq!(kind(&link("labkit-none", 1, 0, None)), Kind::Ethernet);
        assert_eq!(kind(&link("can0", 280, 0, None)).to_string(), "hardware type 280");
    }

    #[test]
    fn an_adapter_without_its_peer_is_on_but_has_no_carrier() {
        assert_eq!(interface(link("a", 1, 0x1003, None)).state, State::NoCarrier);
        assert_eq!(interface(link("a", 1, 0x1043, None)).state, State::Up);
        assert_eq!(interface(link("a", 1, 0x1002, None)).state, State::Down);
    }

    #[test]
    fn traffic_to_an_address_of_this_machine_goes_through_the_loopback_adapter() {
        let lo = towards("127.0.0.1".parse().unwrap());
        // In a fresh network namespace the loopback adapter is down and there is no route at all.
        assert!(lo.is_none_or(|i| i.kind == Kind::Loopback));
    }

    #[test]
    fn a_description_names_kind_and_addresses() {
        let mut adapter = interface(link("v", 1, 0x41, Some("veth")));
        adapter.addresses.push(("192.168.56.1".parse().unwrap(), 24));
        assert_eq!(adapter.description(), "veth, 192.168.56.1/24");
    }
}
