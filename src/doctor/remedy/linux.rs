//! What mends an adapter on Linux.

/// Switches it on.
pub(super) fn switch_on(adapter: &str) -> String {
    format!("sudo ip link set {adapter} up")
}

/// Asks the network's DHCP server for an address.
pub(super) fn ask_for_address(adapter: &str) -> String {
    format!("sudo dhclient {adapter}, or with NetworkManager: nmcli device connect {adapter}")
}

/// Asks it again.
pub(super) fn ask_again(adapter: &str) -> String {
    format!("sudo dhclient {adapter}")
}

/// Gives it an address of the lab's network.
pub(super) fn give_address(adapter: &str) -> String {
    format!("sudo ip address add 192.168.56.101/24 dev {adapter}")
}
