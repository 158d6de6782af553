//! Scripts in network namespaces of their own, as root or as an ordinary user in a user namespace: two hosts on a
//! cable, and faults that a test causes. All of it is gone when the script ends.

use crate::tools::tool;
use std::process::Command;

/// Functions for scripts. They wait for an event and not for time to pass, unless time is the subject; every wait has
/// a deadline far beyond what a busy machine needs.
const WORDS: &str = r#"
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# Runs a command until it succeeds.
until_ok() {
    for _ in $(seq 6000); do
        if "$@" > /dev/null 2>&1; then return; fi
        sleep 0.01
    done
    echo "in vain: $*" >&2
    exit 99
}

# Waits until a file contains a text.
wait_for() { until_ok grep -q -- "$1" "$2" || { cat "$2" >&2; exit 99; }; }

# Whether an adapter carries frames: the kernel notices a moment after both ends of a cable are up.
carries() { ip -o link show "$1" | grep -q ' state UP '; }

# Another host, in a network namespace of its own; this one is the guest.
another_host() {
    unshare -n sleep 1000 &
    HOST=$!
    until_ok eval '[ "$(readlink /proc/$HOST/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
}
on_host() { nsenter --target $HOST --net "$@"; }

# Joins the two with a cable: the adapters of the guest and of the host, and the first three numbers of the addresses.
cable() {
    ip link add "$1" type veth peer name "$2" netns $HOST
    ip addr add "$3.101/24" dev "$1"
    ip link set "$1" up
    on_host ip addr add "$3.1/24" dev "$2"
    on_host ip link set "$2" up
    until_ok carries "$1"
    until_ok on_host bash -c "ip -o link show $2 | grep -q ' state UP '"
}
two_hosts() { another_host; cable guest0 host0 192.168.56; }

ip link set lo up
"#;

/// A script of bash, which ends with the first command that fails, in network namespaces and a mount namespace of its own.
/// `timeout` holds options of the program of that name, which ends it after five minutes; `labkit` is `$LABKIT`.
pub(crate) fn script(text: &str, timeout: &[&str]) -> Command {
    for name in ["ip", "unshare", "nsenter"] {
        tool(name);
    }
    let mut command = tool("timeout");
    command.args(timeout).args(["300", "unshare", "--net", "--mount"]);
    if !nix::unistd::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["bash", "-euc", &format!("{WORDS}\n{text}"), "bash"]);
    command.env("LABKIT", env!("CARGO_BIN_EXE_labkit"));
    command
}
