//! Addresses and neighbours on Unix. Only Linux has a table of neighbours that can be read like a file.

use super::Own;
use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use std::net::Ipv4Addr;

/// The IPv4 addresses of this machine's adapters that are switched on; empty where the system does not tell.
pub(crate) fn own_addresses() -> Vec<Own> {
    let Ok(all) = getifaddrs() else { return Vec::new() };
    let up = all.filter(|a| a.flags.contains(InterfaceFlags::IFF_UP));
    up.filter_map(|a| {
        let ip = a.address?.as_sockaddr_in()?.ip();
        let mask = a.netmask?.as_sockaddr_in()?.ip();
        Some(Own { adapter: a.interface_name, ip, mask })
    })
    .collect()
}

/// The hardware address with which a neighbour has answered ARP; `None` if it has not, or the system does not tell.
pub(crate) fn hardware_address(ip: Ipv4Addr) -> Option<String> {
    answered(&std::fs::read_to_string("/proc/net/arp").ok()?, ip)
}

/// Finds an address in the table of `/proc/net/arp`, with the columns IP address, HW type, Flags, HW address and
/// more.
fn answered(table: &str, ip: Ipv4Addr) -> Option<String> {
    /// ATF_COM: the entry is complete.
    const COMPLETE: u32 = 2;
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.into_iter().find(|row| row.first().and_then(|a| a.parse().ok()) == Some(ip))?;
    let flags = u32::from_str_radix(row.get(2)?.trim_start_matches("0x"), 16).ok()?;
    (flags & COMPLETE != 0).then(|| row.get(3).map(|mac| (*mac).to_owned()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_entry_of_the_table_is_an_answer() {
        let table = "IP address       HW type     Flags       HW address            Mask     Device\n\
                     192.168.56.101   0x1         0x2         08:00:27:00:00:65     *        enp0s3\n\
                     192.168.56.77    0x1         0x0         00:00:00:00:00:00     *        enp0s3\n\
                     192.168.56.78    0x1         0x6         08:00:27:00:00:78     *        enp0s3\n";
        let of = |last| answered(table, Ipv4Addr::new(192, 168, 56, last));
        assert_eq!(of(101).as_deref(), Some("08:00:27:00:00:65"));
        assert_eq!(of(78).as_deref(), Some("08:00:27:00:00:78"));
        assert_eq!((of(77), of(1)), (None, None));
        assert_eq!(answered("", Ipv4Addr::LOCALHOST), None);
    }
}
