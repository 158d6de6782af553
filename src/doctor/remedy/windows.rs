//! What mends an adapter on Windows, in a terminal that was started as administrator.

/// Switches it on.
pub(super) fn switch_on(adapter: &str) -> String {
    format!("as administrator: netsh interface set interface name=\"{adapter}\" admin=enabled")
}

/// Asks the network's DHCP server for an address.
pub(super) fn ask_for_address(adapter: &str) -> String {
    format!("ipconfig /renew \"{adapter}\"")
}

/// Asks it again.
pub(super) fn ask_again(adapter: &str) -> String {
    ask_for_address(adapter)
}

/// Gives it an address of the lab's network.
pub(super) fn give_address(adapter: &str) -> String {
    format!(
        "as administrator: netsh interface ip add address name=\"{adapter}\" 192.168.56.101 255.255.255.0"
    )
}
