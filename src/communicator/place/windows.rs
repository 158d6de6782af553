//! Addresses on Windows.

use super::Own;
use std::net::Ipv4Addr;

/// The IPv4 addresses of this machine's adapters that are switched on; empty where the system does not tell.
pub(crate) fn own_addresses() -> Vec<Own> {
    let up = netdev::get_interfaces().into_iter().filter(netdev::Interface::is_up);
    up.flat_map(|adapter| {
        let name = adapter.friendly_name.unwrap_or(adapter.name);
        let own = move |net: netdev::ipnet::Ipv4Net| Own {
            adapter: name.clone(),
            ip: net.addr(),
            mask: net.netmask(),
        };
        adapter.ipv4.into_iter().map(own)
    })
    .collect()
}

/// Always `None`: labkit does not read the ARP table on Windows.
pub(crate) fn hardware_address(_: Ipv4Addr) -> Option<String> {
    None
}
