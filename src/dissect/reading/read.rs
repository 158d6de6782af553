//! Numbers at offsets that may lie beyond the end: in network byte order, or (`_le`) in little-endian order.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Reading from bytes that may be cut anywhere. `None` where the bytes end too early.
pub(crate) trait Read {
    /// The octet at `at`.
    fn u8(&self, at: usize) -> Option<u8>;
    /// Two octets.
    fn u16(&self, at: usize) -> Option<u16>;
    /// Three octets.
    fn u24(&self, at: usize) -> Option<u32>;
    /// Four octets.
    fn u32(&self, at: usize) -> Option<u32>;
    /// Two octets, little-endian.
    fn u16_le(&self, at: usize) -> Option<u16>;
    /// Four octets, little-endian.
    fn u32_le(&self, at: usize) -> Option<u32>;
    /// Eight octets, little-endian.
    fn u64_le(&self, at: usize) -> Option<u64>;
    /// An Ethernet address.
    fn mac(&self, at: usize) -> Option<[u8; 6]>;
    /// An IPv4 address.
    fn ipv4(&self, at: usize) -> Option<Ipv4Addr>;
    /// An IPv6 address.
    fn ipv6(&self, at: usize) -> Option<Ipv6Addr>;
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

impl Read for [u8] {
    #[inline]
    fn u8(&self, at: usize) -> Option<u8> {
        self.get(at).copied()
    }
    #[inline]
    fn u16(&self, at: usize) -> Option<u16> {
        array(self, at).map(u16::from_be_bytes)
    }
    #[inline]
    fn u24(&self, at: usize) -> Option<u32> {
        array(self, at).map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }
    #[inline]
    fn u32(&self, at: usize) -> Option<u32> {
        array(self, at).map(u32::from_be_bytes)
    }
    #[inline]
    fn u16_le(&self, at: usize) -> Option<u16> {
        array(self, at).map(u16::from_le_bytes)
    }
    #[inline]
    fn u32_le(&self, at: usize) -> Option<u32> {
        array(self, at).map(u32::from_le_bytes)
    }
    #[inline]
    fn u64_le(&self, at: usize) -> Option<u64> {
        array(self, at).map(u64::from_le_bytes)
    }
    #[inline]
    fn mac(&self, at: usize) -> Option<[u8; 6]> {
        array(self, at)
    }
    #[inline]
    fn ipv4(&self, at: usize) -> Option<Ipv4Addr> {
        array::<4>(self, at).map(Ipv4Addr::from)
    }
    #[inline]
    fn ipv6(&self, at: usize) -> Option<Ipv6Addr> {
        array::<16>(self, at).map(Ipv6Addr::from)
    }
}
