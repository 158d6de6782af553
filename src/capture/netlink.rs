//! Asks the Linux kernel over rtnetlink(7) for the adapters, for their changes, and for the adapter through which a
//! packet would leave. Nothing is sent on any network.
//!
//! sysfs lists adapters, too, but those of the network namespace in which it was mounted, which differs from this
//! process's own under `unshare -rn`.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{self, AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType};
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

const GET_LINK: u16 = 18;
const GET_ROUTE: u16 = 26;
const REQUEST: u16 = 0x1;
const DUMP: u16 = 0x300;
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// `nlmsghdr`: length, type, flags, sequence number, port.
const HEADER: usize = 16;

/// An adapter as `RTM_NEWLINK` describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) index: u32,
    pub(super) name: String,
    /// `ARPHRD_` number of the hardware.
    pub(super) hardware: u16,
    /// `IFF_` flags.
    pub(super) flags: u32,
    /// RFC 2863 `ifOperStatus`, in Linux's numbers.
    pub(super) oper_state: u8,
    pub(super) mac: Option<[u8; 6]>,
    /// Kind of a virtual adapter: `veth`, `bridge`, `tun`, …; `None` for hardware.
    pub(super) kind: Option<String>,
}

/// All adapters of this network namespace.
pub(super) fn links() -> nix::Result<Vec<Link>> {
    let mut found = Vec::new();
    // ifinfomsg: family, padding, hardware, index, flags, mask.
    ask(GET_LINK, DUMP, &[0; 16], |body| found.extend(link(body)))?;
    Ok(found)
}

/// Index of the adapter through which a packet to `to` would leave; an error if there is no route.
pub(super) fn route(to: IpAddr) -> nix::Result<Option<u32>> {
    let (family, address) = match to {
        IpAddr::V4(ip) => (2, ip.octets().to_vec()),
        IpAddr::V6(ip) => (10, ip.octets().to_vec()),
    };
    // rtmsg: family, bits of the destination, bits of the source, TOS, table, protocol, scope, type, flags.
    let mut body = vec![family, (address.len() * 8) as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    // RTA_DST.
    body.extend((4 + address.len() as u16).to_ne_bytes());
    body.extend(1u16.to_ne_bytes());
    body.extend(address);
    let mut through = None;
    ask(GET_ROUTE, 0, &body, |body| {
        // RTA_OIF.
        through = through.or(body.get(12..).and_then(|a| attribute(a, 4)).and_then(|a| u32_at(a, 0)));
    })?;
    Ok(through)
}

fn link(body: &[u8]) -> Option<Link> {
    let attributes = body.get(16..)?;
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes.split(|b| *b == 0).next().unwrap_or_default()).into_owned()
    };
    let mac = attribute(attributes, 1).and_then(|a| <[u8; 6]>::try_from(a).ok());
    Some(Link {
        index: u32_at(body, 4)?,
        name: text(attribute(attributes, 3)?),
        hardware: u16_at(body, 2)?,
        flags: u32_at(body, 8)?,
        oper_state: attribute(attributes, 16).and_then(|a| a.first().copied()).unwrap_or(0),
        mac: mac.filter(|m| *m != [0; 6]),
        kind: attribute(attributes, 18).and_then(|info| attribute(info, 1)).map(text),
    })
}

/// A change of an adapter.
#[derive(Debug)]
pub(super) enum Change {
    /// The adapter's new description.
    Link(Link),
    /// The adapter with this index is gone.
    Gone(u32),
}

/// The changes of this network namespace's adapters; readable once there are some.
#[derive(Debug)]
pub(super) struct Changes(OwnedFd);

impl Changes {
    /// Listens from now on.
    pub(super) fn listen() -> nix::Result<Changes> {
        // RTMGRP_LINK.
        const LINKS: u32 = 1;
        let socket = open()?;
        fcntl(&socket, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        socket::bind(socket.as_raw_fd(), &NetlinkAddr::new(0, LINKS))?;
        Ok(Changes(socket))
    }

    /// The changes since the last call, in order. If the kernel has lost some, all present adapters as they are now.
    pub(super) fn take(&self) -> Vec<Change> {
        let mut found = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match socket::recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Ok(n) => {
                    messages(buffer.get(..n).unwrap_or_default(), |kind, body| {
                        found.extend(change(kind, body));
                        true
                    });
                }
                Err(Errno::ENOBUFS) => {
                    found.extend(links().unwrap_or_default().into_iter().map(Change::Link))
                }
                Err(Errno::EINTR) => {}
                Err(_) => return found,
            }
        }
    }
}

impl AsFd for Changes {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn change(kind: u16, body: &[u8]) -> Option<Change> {
    const NEW_LINK: u16 = 16;
    const DELETED_LINK: u16 = 17;
    // Messages of another family than 0 are about a part of the adapter, such as its port in a bridge.
    match (kind, body.first()?) {
        (NEW_LINK, 0) => link(body).map(Change::Link),
        (DELETED_LINK, 0) => u32_at(body, 4).map(Change::Gone),
        _ => None,
    }
}

/// Passes type and body of each message in a datagram to `each`, until that returns false. Returns whether all were
/// passed.
fn messages(mut rest: &[u8], mut each: impl FnMut(u16, &[u8]) -> bool) -> bool {
    while let (Some(len), Some(kind)) = (u32_at(rest, 0), u16_at(rest, 4)) {
        let goes_on = rest.get(HEADER..len as usize).is_some_and(|body| each(kind, body));
        if !goes_on {
            return false;
        }
        rest = rest.get((len as usize).next_multiple_of(4)..).unwrap_or_default();
    }
    true
}

/// Sends one request, and passes the body of each answer to `each`.
fn ask(kind: u16, flags: u16, body: &[u8], mut each: impl FnMut(&[u8])) -> nix::Result<()> {
    let socket = open()?;
    let mut request = Vec::with_capacity(HEADER + body.len());
    request.extend(((HEADER + body.len()) as u32).to_ne_bytes());
    request.extend(kind.to_ne_bytes());
    request.extend((flags | REQUEST).to_ne_bytes());
    request.extend([0; 8]);
    request.extend(body);
    socket::sendto(socket.as_raw_fd(), &request, &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
    // The kernel never puts more into one datagram than 32 KiB.
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = socket::recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
        let mut failed = Ok(());
        let more = messages(buffer.get(..n).unwrap_or_default(), |kind, body| match kind {
            DONE => false,
            ERROR => {
                failed = Err(Errno::from_raw(-(u32_at(body, 0).unwrap_or(0) as i32)));
                false
            }
            _ => {
                each(body);
                true
            }
        });
        if !more || flags & DUMP == 0 {
            return failed;
        }
    }
}

fn open() -> nix::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC;
    socket::socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkRoute)
}

/// The value of the first attribute of type `wanted`; `None` if there is none.
fn attribute(mut rest: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let len = usize::from(u16_at(rest, 0)?);
        let value = rest.get(4..len)?;
        // The two upper bits say "nested" and "network byte order".
        if u16_at(rest, 2)? & 0x3fff == wanted {
            return Some(value);
        }
        rest = rest.get(len.next_multiple_of(4)..)?;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_adapter_is_found_with_its_index() {
        let links = links().unwrap();
        let lo = links.iter().find(|l| l.name == "lo").expect("every Linux machine has lo");
        assert_eq!(lo.hardware, 772);
        assert_eq!(nix::net::if_::if_nametoindex("lo").unwrap(), lo.index);
    }

    #[test]
    fn damaged_attributes_end_the_search_instead_of_panicking() {
        for bytes in [&[][..], &[3], &[0, 0, 1, 0], &[200, 0, 1, 0, 9], &[4, 0, 9, 0]] {
            assert_eq!(attribute(bytes, 1), None);
        }
        assert_eq!(attribute(&[5, 0, 2, 0, 9, 0, 0, 0, 6, 0, 1, 0, 7, 8], 1), Some(&[7, 8][..]));
    }
}
