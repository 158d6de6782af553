//! The adapters of this machine: kind, state, addresses, and which adapter leads to an address.

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
    /// A virtual adapter, with the kernel's name for its kind: `veth`, `bridge`, `tun`, `vlan`, `wireguard` ….
    Virtual(String),
    /// Hardware of another kind, with its `ARPHRD_` number.
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
    /// Switched on, and connected as far as the adapter can tell.
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
    /// Addresses with their prefix lengths in bits, in the kernel's order.
    pub addresses: Vec<(IpAddr, u8)>,
    /// Hardware address; `None` if it has none.
    pub mac: Option<[u8; 6]>,
    /// The kind of adapter.
    pub kind: Kind,
}

impl Interface {
    /// One line about it for a capture file (`if_description`), such as `veth, 192.168.56.1/24`.
    pub fn description(&self) -> String {
        let mut text = self.kind.to_string();
        for (ip, prefix) in &self.addresses {
            text.push_str(&format!(", {ip}/{prefix}"));
        }
        text
    }
}

/// The adapters of this machine, in the system's order; on Linux, those of this network namespace.
///
/// # Errors
/// If the system refuses to list them.
pub fn list() -> io::Result<Vec<Interface>> {
    system::list()
}

/// The adapter with this name; `None` if there is none.
pub fn find(name: &str) -> Option<Interface> {
    list().ok()?.into_iter().find(|i| i.name == name)
}

/// What libpcap calls the adapter: its name, except on Windows.
#[cfg(feature = "capture")]
pub(super) fn device(name: &str) -> String {
    system::device(name).unwrap_or_else(|| name.to_owned())
}

/// Names of all adapters for an error message: `eth0, lo`.
pub fn names() -> String {
    let names: Vec<String> = list().unwrap_or_default().into_iter().map(|i| i.name).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// The adapter through which this machine would send to `to`; on Linux `lo` for its own addresses. `None` without a
/// route. No packet is sent.
pub fn towards(to: IpAddr) -> Option<Interface> {
    let index = system::route(to)?;
    list().ok()?.into_iter().find(|i| i.index == index)
}

/// The adapter of the default route; `None` without one.
pub fn default_route() -> Option<Interface> {
    // Public addresses that no lab network contains: their route is the default route.
    let public = ["1.1.1.1", "2606:4700:4700::1111"];
    public.iter().filter_map(|ip| ip.parse().ok()).find_map(towards).filter(|i| i.kind != Kind::Loopback)
}

#[cfg(all(target_os = "linux", feature = "capture"))]
pub(super) use system::state;

#[cfg(target_os = "linux")]
#[path = "interfaces/linux.rs"]
mod system;

#[cfg(not(target_os = "linux"))]
#[path = "interfaces/elsewhere.rs"]
mod system;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_to_an_address_of_this_machine_goes_through_the_loopback_adapter() {
        let lo = towards("127.0.0.1".parse().unwrap());
        // In a fresh network namespace the loopback adapter is down and there is no route at all.
        assert!(lo.is_none_or(|i| i.kind == Kind::Loopback));
    }

    #[test]
    fn a_description_names_kind_and_addresses() {
        let addresses = vec![("192.168.56.1".parse().unwrap(), 24)];
        let (name, state, kind) = ("v".into(), State::Up, Kind::Virtual("veth".into()));
        let adapter = Interface { name, index: 7, state, addresses, mac: None, kind };
        assert_eq!(adapter.description(), "veth, 192.168.56.1/24");
    }
}
