//! The commands that mend an adapter on Windows; some need a terminal that was started as administrator.

/// The command that switches it on.
pub(super) fn switch_on(adapter: &str) -> String {
    format!("as administrator: netsh interface set interface name=\"{adapter}\" admin=enabled")
}

/// The command that asks the network's DHCP server for an address.
pub(super) fn ask_for_address(adapter: &str) -> String {
    format!("ipconfig /renew \"{adapter}\"")
}

/// The command that asks the DHCP server again.
pub(super) fn ask_again(adapter: &str) -> String {
    ask_for_address(adapter)
}

/// The command that gives it an address of the lab's network.
pub(super) fn give_address(adapter: &str) -> String {
    format!(
        "as administrator: netsh interface ip add address name=\"{adapter}\" 192.168.56.101 255.255.255.0"
    )
}
