//! Lists the adapters on Linux.

use super::{Interface, Kind, State};
use crate::capture::netlink::{self, Link};
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::SockaddrStorage;
use std::io;
use std::net::IpAddr;

/// The adapters of this network namespace.
pub(super) fn list() -> io::Result<Vec<Interface>> {
    let mut found: Vec<Interface> = netlink::links()?.into_iter().map(interface).collect();
    for entry in getifaddrs()? {
        let Some(adapter) = found.iter_mut().find(|i| i.name == entry.interface_name) else { continue };
        if let Some(ip) = entry.address.as_ref().and_then(ip) {
            adapter.addresses.push((ip, entry.netmask.as_ref().and_then(self::ip).map_or(0, prefix)));
        }
    }
    Ok(found)
}

/// The number of the adapter through which a packet to `to` would leave.
pub(super) fn route(to: IpAddr) -> Option<u32> {
    netlink::route(to).ok()?
}

/// Always `None`: libpcap uses the kernel's names.
#[cfg(feature = "capture")]
pub(super) fn device(_: &str) -> Option<String> {
    None
}

/// The state of an adapter that the kernel has described.
#[cfg(feature = "capture")]
pub(in crate::capture) fn state(link: Link) -> State {
    interface(link).state
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

/// Whether the kernel lists the adapter as wireless; newer kernels do so only in sysfs.
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
}
