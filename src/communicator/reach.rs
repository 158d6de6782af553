//! Connects to another machine, or finds out why that fails.

use super::no_connection::{Attempt, NoConnection};
use super::place::{self, Place};
use super::wait::{Interrupt, NotConnected, Stop};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

impl Place {
    /// The kind of the address `ip` for this machine's present addresses.
    pub(crate) fn of(ip: Ipv4Addr) -> Place {
        place::place(ip, &place::own_addresses())
    }
}

impl Interrupt {
    /// Connects to `to` within `patience`. The stream is non-blocking; the error says why there is no connection.
    pub(crate) fn reach(&self, to: SocketAddrV4, patience: Duration) -> Result<TcpStream, NoConnection> {
        self.reach_until(to, Instant::now() + patience, patience)
    }

    /// Like [`Interrupt::reach`], until `deadline`. `patience` is the whole time from the caller's beginning to the
    /// deadline, for the error.
    pub(crate) fn reach_until(
        &self,
        to: SocketAddrV4,
        deadline: Instant,
        patience: Duration,
    ) -> Result<TcpStream, NoConnection> {
        self.connect(to, deadline).map_err(|failed| no_connection(failed, to, patience))
    }
}

/// The addresses of this machine besides loopback, as `192.168.56.1, 10.0.0.5`, or `it has none`.
pub(crate) fn own_ips() -> String {
    let own = place::own_addresses().into_iter().filter(|o| !o.ip.is_loopback());
    let ips: Vec<String> = own.map(|o| o.ip.to_string()).collect();
    if ips.is_empty() { "it has none".into() } else { ips.join(", ") }
}

/// Why a connection attempt failed, with what this machine knows about the address.
fn no_connection(failed: NotConnected, to: SocketAddrV4, timeout: Duration) -> NoConnection {
    let attempt = || {
        let own = place::own_addresses();
        let hardware = place::hardware_address(*to.ip());
        Attempt { to, place: place::place(*to.ip(), &own), own, hardware, icmp: failed.icmp }
    };
    match failed.stop {
        Stop::Deadline => NoConnection::silence(timeout, attempt()),
        Stop::Interrupted => NoConnection::Interrupted(to),
        Stop::Failed(error) => NoConnection::failed(error, attempt()),
    }
}
