//! The kind of an address from this machine's point of view, by its adapters' networks.

use std::net::Ipv4Addr;
pub(crate) use system::{hardware_address, own_addresses};

#[cfg(unix)]
#[path = "place/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "place/windows.rs"]
mod system;

/// The kind of a recipient's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// An address of this machine, 127.0.0.0/8 included.
    Here,
    /// 0.0.0.0, which names no machine.
    Nowhere,
    /// The broadcast address of this adapter's network, or 255.255.255.255 (`None`).
    Broadcast(Option<String>),
    /// The first address of this adapter's network, which is the number of the network itself.
    Network(String),
    /// A multicast address, 224.0.0.0 to 239.255.255.255.
    Group,
    /// A reserved address, 240.0.0.0 and above except 255.255.255.255.
    Reserved,
    /// An address in this adapter's network, which is reached without a router.
    Neighbour(String),
    /// An address outside of this machine's networks.
    Elsewhere,
}

/// An IPv4 address of an adapter, and the size of its network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    /// The adapter's name.
    pub(crate) adapter: String,
    /// Its address.
    pub(crate) ip: Ipv4Addr,
    /// The mask of its network, such as 255.255.255.0.
    pub(crate) mask: Ipv4Addr,
}

impl Own {
    /// The network's number and its broadcast address; `None` in a network too small to have them (/31 and /32).
    fn ends(&self) -> Option<(Ipv4Addr, Ipv4Addr)> {
        let mask = u32::from(self.mask);
        let first = u32::from(self.ip) & mask;
        (mask.count_ones() < 31).then(|| (first.into(), (first | !mask).into()))
    }

    fn holds(&self, ip: Ipv4Addr) -> bool {
        let mask = u32::from(self.mask);
        u32::from(ip) & mask == u32::from(self.ip) & mask
    }
}

/// The kind of the address `ip` for a machine with the addresses `own`.
pub(crate) fn place(ip: Ipv4Addr, own: &[Own]) -> Place {
    if ip.is_unspecified() {
        return Place::Nowhere;
    }
    if ip.is_loopback() || own.iter().any(|o| o.ip == ip) {
        return Place::Here;
    }
    match ip.octets()[0] {
        224..=239 => return Place::Group,
        255 if ip.is_broadcast() => return Place::Broadcast(None),
        240.. => return Place::Reserved,
        _ => {}
    }
    let Some(network) = own.iter().find(|o| o.holds(ip)) else { return Place::Elsewhere };
    let adapter = network.adapter.clone();
    match network.ends() {
        Some((first, _)) if first == ip => Place::Network(adapter),
        Some((_, last)) if last == ip => Place::Broadcast(Some(adapter)),
        _ => Place::Neighbour(adapter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Vec<Own> {
        let adapter = |name: &str, ip: [u8; 4], mask: [u8; 4]| Own {
            adapter: name.into(),
            ip: ip.into(),
            mask: mask.into(),
        };
        vec![
            adapter("lo", [127, 0, 0, 1], [255, 0, 0, 0]),
            adapter("enp0s3", [192, 168, 56, 1], [255, 255, 255, 0]),
            adapter("wg0", [10, 9, 0, 2], [255, 255, 255, 254]),
        ]
    }

    #[test]
    fn an_address_is_what_this_machines_networks_make_of_it() {
        let at = |ip: [u8; 4]| place(ip.into(), &own());
        let adapter = || "enp0s3".to_owned();
        assert_eq!(at([192, 168, 56, 1]), Place::Here);
        assert_eq!(at([127, 9, 9, 9]), Place::Here);
        assert_eq!(at([0, 0, 0, 0]), Place::Nowhere);
        assert_eq!(at([192, 168, 56, 0]), Place::Network(adapter()));
        assert_eq!(at([192, 168, 56, 255]), Place::Broadcast(Some(adapter())));
        assert_eq!(at([255, 255, 255, 255]), Place::Broadcast(None));
        assert_eq!(at([192, 168, 56, 254]), Place::Neighbour(adapter()));
        assert_eq!(at([224, 0, 0, 251]), Place::Group);
        assert_eq!(at([240, 0, 0, 1]), Place::Reserved);
        assert_eq!(at([192, 168, 57, 255]), Place::Elsewhere);
        // A network of two addresses has neither a number nor a broadcast address (RFC 3021).
        assert_eq!(at([10, 9, 0, 3]), Place::Neighbour("wg0".into()));
    }
}
