//! The finding about offload on systems where labkit cannot read these settings.

use super::{Finding, Topic, ipv4};
use crate::capture::interfaces::{Interface, Kind, State};

/// The finding, if an adapter is up and has an IPv4 address.
pub(super) fn look(adapters: &[Interface]) -> Vec<Finding> {
    let used = |a: &Interface| a.kind != Kind::Loopback && a.state == State::Up && ipv4(a).next().is_some();
    if !adapters.iter().any(used) {
        return Vec::new();
    }
    let says = "whether adapters cut and join segments (offload) cannot be found out on this system; where they do, a capture \
                here shows segments larger than the cable carries, and wrong checksums of what is sent";
    let shows = if cfg!(windows) {
        "in PowerShell: Get-NetAdapterLso, Get-NetAdapterRsc"
    } else {
        "ifconfig (TSO, LRO)"
    };
    vec![Finding::undecided(Topic::Offload, "offload", says).mend(format!("{shows} show it"))]
}
