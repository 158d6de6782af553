//! ICMP errors on systems that do not pass them to the socket whose packet they quote: there are never any.

use super::IcmpError;
use std::net::TcpStream;

pub(super) fn hear(_: &TcpStream, _: bool) {}

pub(super) fn heard(_: &TcpStream) -> Option<IcmpError> {
    None
}
