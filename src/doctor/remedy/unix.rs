//! The commands that mend an adapter on macOS and the BSDs.

/// The command that switches it on.
pub(super) fn switch_on(adapter: &str) -> String {
    format!("sudo ifconfig {adapter} up")
}

/// The command that asks the network's DHCP server for an address.
pub(super) fn ask_for_address(adapter: &str) -> String {
    format!("sudo ipconfig set {adapter} DHCP")
}

/// The command that asks the DHCP server again.
pub(super) fn ask_again(adapter: &str) -> String {
    ask_for_address(adapter)
}

/// The command that gives it an address of the lab's network.
pub(super) fn give_address(adapter: &str) -> String {
    format!("sudo ifconfig {adapter} inet 192.168.56.101/24 alias")
}
