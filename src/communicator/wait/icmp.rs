//! ICMP errors, which Linux queues for the socket whose packet they quote (ip(7), `IP_RECVERR`).

use super::IcmpError;
use nix::libc;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, setsockopt, sockopt};
use std::io::IoSliceMut;
use std::net::TcpStream;
use std::os::fd::AsRawFd;

/// Switches the queue of ICMP errors on or off. If the system refuses, only its error numbers remain as a cause.
pub(super) fn hear(stream: &TcpStream, yes: bool) {
    let _ = setsockopt(stream, sockopt::Ipv4RecvErr, &yes);
}

/// The first ICMP error in the queue; `None` if it is empty.
pub(super) fn heard(stream: &TcpStream) -> Option<IcmpError> {
    let mut quoted = [0; 64];
    let mut buffers = [IoSliceMut::new(&mut quoted)];
    let mut space = nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in);
    let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
    let message = recvmsg::<SockaddrIn>(stream.as_raw_fd(), &mut buffers, Some(&mut space), flags).ok()?;
    message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::Ipv4RecvErr(error, Some(from)) if error.ee_origin == libc::SO_EE_ORIGIN_ICMP => {
            let from = SockaddrIn::from(from).ip();
            Some(IcmpError { from, kind: error.ee_type, code: error.ee_code })
        }
        _ => None,
    })
}
