//! Lists the adapters on Windows, macOS and the BSDs.

use super::{Interface, Kind, State};
use netdev::interface::types::InterfaceType;
use std::io;
use std::net::IpAddr;

/// The adapters, with the names that users know: on Windows `Ethernet 2`, not a GUID in braces.
pub(super) fn list() -> io::Result<Vec<Interface>> {
    Ok(netdev::get_interfaces().into_iter().map(interface).collect())
}

/// What Npcap calls an adapter on Windows. `None` for an unknown adapter, and on systems where names are the same.
#[cfg(feature = "capture")]
pub(super) fn device(name: &str) -> Option<String> {
    let named = |adapter: &netdev::Interface| adapter.friendly_name.as_deref() == Some(name);
    let found = cfg!(windows).then(netdev::get_interfaces)?.into_iter().find(named)?;
    Some(format!("\\Device\\NPF_{}", found.name))
}

/// The number of the adapter through which a packet to `to` would leave.
pub(super) fn route(to: IpAddr) -> Option<u32> {
    let all = netdev::get_interfaces();
    // The smallest network that contains the address decides; without one, the default route.
    let near = |adapter: &netdev::Interface| {
        let four = adapter.ipv4.iter().filter(|net| IpAddr::V4(net.addr()).is_ipv4() == to.is_ipv4());
        let four =
            four.filter(|net| matches!(to, IpAddr::V4(ip) if net.contains(&ip))).map(|net| net.prefix_len());
        let six = adapter.ipv6.iter().filter(|net| matches!(to, IpAddr::V6(ip) if net.contains(&ip)));
        four.chain(six.map(|net| net.prefix_len())).max()
    };
    let nearest = all.iter().filter_map(|adapter| Some((near(adapter)?, adapter.index))).max();
    nearest
        .map(|(_, index)| index)
        .or_else(|| all.iter().find(|adapter| adapter.default).map(|adapter| adapter.index))
}

fn interface(found: netdev::Interface) -> Interface {
    let state = match (found.is_up(), found.is_running()) {
        // Windows does not list adapters that are switched off.
        (false, _) if cfg!(windows) => State::NoCarrier,
        (false, _) => State::Down,
        (true, false) => State::NoCarrier,
        (true, true) => State::Up,
    };
    let kind = kind(&found);
    let mac = found.mac_addr.map(|mac| mac.octets()).filter(|mac| *mac != [0; 6]);
    let four = found.ipv4.iter().map(|net| (IpAddr::V4(net.addr()), net.prefix_len()));
    let six = found.ipv6.iter().map(|net| (IpAddr::V6(net.addr()), net.prefix_len()));
    let addresses = four.chain(six).collect();
    let name = if cfg!(windows) { found.friendly_name.unwrap_or(found.name) } else { found.name };
    Interface { name, index: found.index, state, addresses, mac, kind }
}

fn kind(found: &netdev::Interface) -> Kind {
    match found.if_type {
        _ if found.is_loopback() => Kind::Loopback,
        InterfaceType::Wireless80211 => Kind::Wireless,
        InterfaceType::Tunnel | InterfaceType::ProprietaryVirtual => Kind::Virtual("tunnel".into()),
        InterfaceType::Bridge => Kind::Virtual("bridge".into()),
        _ => Kind::Ethernet,
    }
}
