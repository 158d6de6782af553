//! The part of a packet's header that is not encrypted (RFC 9000, section 17).

use super::version::VERSION_2;
use crate::dissect::reading::read::Read;
use crate::field::{Names, name_of};

pub(super) const TYPES: Names = &[(0, "Initial"), (1, "0-RTT"), (2, "Handshake"), (3, "Retry")];
pub(super) const TYPES_V2: Names = &[(0, "Retry"), (1, "Initial"), (2, "0-RTT"), (3, "Handshake")];

/// The longest connection ID, in bytes (RFC 9000, section 17.2).
const MAX_CONNECTION_ID: usize = 20;

/// The octets behind the beginning of the packet number that decryption needs: the longest number, and the sample for
/// header protection (RFC 9001, section 5.4.2).
const NUMBER_AND_SAMPLE: usize = 20;

/// The kind of a packet, by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PacketKind {
    Initial,
    /// 0-RTT, which has early data.
    Early,
    Handshake,
    Retry,
    Negotiation,
    Short,
}

/// The part of a packet's header that is not encrypted.
#[derive(Clone)]
pub(crate) struct Packet<'a> {
    pub(super) long: bool,
    pub(super) first: u8,
    /// The version; 0 in a short header.
    pub(crate) version: u32,
    /// The connection ID of the receiver.
    pub(crate) dcid: &'a [u8],
    /// The connection ID of the sender.
    pub(crate) scid: &'a [u8],
    /// Offset of the first byte after the connection IDs.
    pub(super) after: usize,
    /// Offset of the packet number; `None` where the header does not say it.
    pub(crate) number: Option<usize>,
    /// Length of the packet in bytes, which may be more than the datagram has; `None` where the header does not say it.
    len: Option<usize>,
}

impl<'a> Packet<'a> {
    /// Reads the header of a packet; `id` is the length of the connection ID in a short header.
    pub(super) fn read(bytes: &'a [u8], id: usize) -> Option<Packet<'a>> {
        let first = bytes.u8(0)?;
        if first & 0x80 == 0 {
            let len = Some(bytes.len());
            let dcid = bytes.get(1..1 + id).unwrap_or(&[]);
            let after = 1 + dcid.len();
            return Some(Packet {
                long: false,
                first,
                version: 0,
                dcid,
                scid: &[],
                after,
                number: None,
                len,
            });
        }
        let version = bytes.u32(1)?;
        let dcil = usize::from(bytes.u8(5)?);
        let dcid = bytes.get(6..6 + dcil)?;
        let scil = usize::from(bytes.u8(6 + dcil)?);
        let after = 7 + dcil + scil;
        let scid = bytes.get(7 + dcil..after)?;
        if version != 0 && (dcil > MAX_CONNECTION_ID || scil > MAX_CONNECTION_ID) {
            return None;
        }
        let mut packet = Packet { long: true, first, version, dcid, scid, after, number: None, len: None };
        if matches!(packet.name(), "Retry" | "Version Negotiation") {
            packet.len = Some(bytes.len());
        } else if let Some((at, len)) = packet.find_number(bytes) {
            (packet.number, packet.len) = (Some(at), at.checked_add(len));
        }
        Some(packet)
    }

    /// Offset of the packet number, and the length of number and payload together.
    fn find_number(&self, bytes: &[u8]) -> Option<(usize, usize)> {
        let mut at = self.after;
        if self.name() == "Initial" {
            let (token, used) = number(bytes, at)?;
            at = at.checked_add(used)?.checked_add(usize::try_from(token).ok()?)?;
        }
        let (len, used) = number(bytes, at)?;
        Some((at.checked_add(used)?, usize::try_from(len).ok()?))
    }

    /// Length of the packet within a datagram of which `rest` bytes are left; `None` where the header does not say it.
    pub(super) fn len_in(&self, rest: usize) -> Option<usize> {
        self.len.map(|len| len.min(rest))
    }

    /// Whether the packet can be decrypted with its keys: whether it has the sample for header protection. `len` is its
    /// length.
    pub(super) fn has_sample(&self, len: usize) -> bool {
        self.number.is_some_and(|at| at.saturating_add(NUMBER_AND_SAMPLE) <= len)
    }

    /// Whether this is no packet but padding behind `first`: all packets of a datagram have the same connection ID (RFC
    /// 9000, section 12.2).
    pub(crate) fn is_padding_behind(&self, first: &Packet<'_>) -> bool {
        self.dcid != first.dcid
    }

    /// The kind of the packet.
    pub(crate) fn kind(&self) -> PacketKind {
        match self.name() {
            "Initial" => PacketKind::Initial,
            "Retry" => PacketKind::Retry,
            "Version Negotiation" => PacketKind::Negotiation,
            "0-RTT" => PacketKind::Early,
            _ if self.long => PacketKind::Handshake,
            _ => PacketKind::Short,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        let ty = u64::from(self.first >> 4 & 3);
        match (self.long, self.version) {
            (false, _) => "Protected Payload (KP0)",
            (_, 0) => "Version Negotiation",
            (_, VERSION_2) => name_of(TYPES_V2, ty).unwrap_or(""),
            _ => name_of(TYPES, ty).unwrap_or(""),
        }
    }
}

/// A number of variable length (RFC 9000, section 16), and how many octets it takes.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let first = *bytes.get(at)?;
    let len = 1usize << (first >> 6);
    let octets = bytes.get(at..at.checked_add(len)?)?;
    let value = octets.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
    Some((value & (u64::MAX >> (66 - 8 * len as u32)), len))
}

/// The packets of a datagram, each with its bytes; `id` is the length of the connection ID in a short header.
pub(crate) fn packets(datagram: &[u8], id: usize) -> impl Iterator<Item = (Packet<'_>, &[u8])> {
    let mut rest = Some(datagram).filter(|bytes| !bytes.is_empty());
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let packet = Packet::read(bytes, id)?;
        let len = packet.len_in(bytes.len()).filter(|len| *len > 0).unwrap_or(bytes.len());
        let (all, behind) = bytes.split_at(len);
        rest = Some(behind).filter(|rest| !rest.is_empty());
        Some((packet, all))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::bytes;

    #[test]
    fn a_length_beyond_the_datagram_ends_with_it() {
        let long = bytes("c300000001 02 abcd 00 00 4400 0102030405060708090a0b0c0d0e0f101112131415");
        let all: Vec<_> = packets(&long, 0).collect();
        assert_eq!(all.len(), 1);
        let (packet, whole) = &all[0];
        assert_eq!((packet.len_in(long.len()), *whole), (Some(long.len()), long.as_slice()));
        assert!(packet.has_sample(long.len()) && !packet.has_sample(long.len() - 2));
    }

    #[test]
    fn what_follows_with_another_connection_id_is_padding() {
        let packet = "e300000001 02 abcd 00 4003 010203";
        let padding_behind = |rest: &str, id: usize| {
            let datagram = bytes(&format!("{packet}{rest}"));
            let all: Vec<_> = packets(&datagram, id).map(|(packet, _)| packet).collect();
            all[1].is_padding_behind(&all[0])
        };
        assert!(!padding_behind(packet, 0));
        assert!(padding_behind("e300000001 02 abce 00 4003 010203", 0));
        assert!(padding_behind("00000000", 2), "a short header without the ID");
        assert!(!padding_behind("41abcd0000", 2));
    }
}
