//! ICMP errors, where the system does not hand them on to the socket whose packet they quote.

use super::IcmpError;
use std::net::TcpStream;

pub(super) fn hear(_: &TcpStream, _: bool) {}

pub(super) fn heard(_: &TcpStream) -> Option<IcmpError> {
    None
}
