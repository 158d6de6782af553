//! The commands that mend an adapter on Linux.

/// The command that switches it on.
pub(super) fn switch_on(adapter: &str) -> String {
    format!("sudo ip link set {adapter} up")
}

/// The command that asks the network's DHCP server for an address.
pub(super) fn ask_for_address(adapter: &str) -> String {
    format!("sudo dhclient {adapter}, or with NetworkManager: nmcli device connect {adapter}")
}

/// The command that asks the DHCP server again.
pub(super) fn ask_again(adapter: &str) -> String {
    format!("sudo dhclient {adapter}")
}

/// The command that gives it an address of the lab's network.
pub(super) fn give_address(adapter: &str) -> String {
    format!("sudo ip address add 192.168.56.101/24 dev {adapter}")
}
