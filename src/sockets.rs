//! The kernel's list of TCP sockets over IPv4 and IPv6, from /proc, and the programs that own them.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// States of a socket (the kernel's `net/tcp_states.h`).
pub const TIME_WAIT: u8 = 6;
/// A socket that waits for connections.
pub const LISTEN: u8 = 10;

/// One TCP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its own address; unspecified if it listens on all addresses.
    pub ip: IpAddr,
    /// Its own port.
    pub port: u16,
    /// The port of the other side; 0 if it listens.
    pub peer_port: u16,
    /// Its state, such as [`LISTEN`].
    pub state: u8,
    /// Its inode number; 0 if no process has it open any more.
    pub inode: u64,
}

/// A program that has a socket open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The process ID.
    pub pid: i32,
    /// The command line with which it was started; any text is possible.
    pub command: String,
}

/// The sockets of a list such as /proc/net/tcp. Lines of another form are skipped.
pub fn parse(list: &str) -> impl Iterator<Item = Socket> {
    list.lines().skip(1).filter_map(|line| {
        let mut columns = line.split_whitespace().skip(1);
        let (ip, port) = end(columns.next()?)?;
        let (_, peer_port) = end(columns.next()?)?;
        let state = u8::from_str_radix(columns.next()?, 16).ok()?;
        // The columns before the inode are: queues, timer, retransmissions, user ID, timeout.
        let inode = columns.nth(5).and_then(|n| n.parse().ok()).unwrap_or(0);
        Some(Socket { ip, port, peer_port, state, inode })
    })
}

/// Reads an address and a port in hexadecimal; the address consists of 32-bit words in the machine's byte order.
fn end(text: &str) -> Option<(IpAddr, u16)> {
    let (ip, port) = text.split_once(':')?;
    let word = |at: usize| u32::from_str_radix(ip.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    let ip = match ip.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(words.concat()).ok()?))
        }
        _ => return None,
    };
    Some((ip, u16::from_str_radix(port, 16).ok()?))
}

/// All TCP sockets of this network namespace; empty if the system has no such list.
pub fn all() -> Vec<Socket> {
    listed().unwrap_or_default()
}

/// All TCP sockets of this network namespace; `None` if the system has no such list.
pub fn listed() -> Option<Vec<Socket>> {
    let lists = ["tcp", "tcp6"].map(|name| fs::read_to_string(format!("/proc/self/net/{name}")).ok());
    let found = lists.iter().flatten().flat_map(|list| parse(list)).collect();
    lists.iter().any(Option::is_some).then_some(found)
}

/// The programs that have the socket with this inode open, as far as this user may see them.
pub fn owners(inode: u64) -> Vec<Owner> {
    let link = format!("socket:[{inode}]");
    let has = |pid: &i32| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.into_iter().any(|f| fs::read_link(f.path()).is_ok_and(|to| to.as_os_str() == link.as_str()))
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(has).map(|pid| Owner { pid, command: command(pid) }).collect()
}

fn command(pid: i32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|b| *b == 0).filter(|w| !w.is_empty()).map(String::from_utf8_lossy);
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_os = "linux")]
    use std::net::TcpListener;

    #[test]
    fn the_kernels_list_of_sockets_is_read() {
        const TCP: &str = "  sl  local_address rem_address   st tx_queue\n\
            0: 00000000:FF98 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1\n\
            1: 0138A8C0:AC76 6538A8C0:FF98 06 00000000:00000000 00:00000000\n\
            2: 0138A8C0:AC78 6538A8C0:FF98 01 00000000:00000000 00:00000000\n\
            broken line\n";
        let states: Vec<_> = parse(TCP).map(|s| (s.port, s.peer_port, s.state, s.inode)).collect();
        assert_eq!(states, [(65432, 0, LISTEN, 4711), (44150, 65432, TIME_WAIT, 0), (44152, 65432, 1, 0)]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn addresses_and_owners_are_those_of_real_sockets() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // A machine without IPv6 cannot have such a socket.
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let at = listener.local_addr().unwrap();
            let found = all().into_iter().find(|s| s.port == at.port() && s.state == LISTEN).unwrap();
            assert_eq!(found.ip, at.ip());
            let owners = owners(found.inode);
            assert!(owners.iter().any(|o| o.pid == std::process::id() as i32), "{owners:?}");
        }
    }
}
