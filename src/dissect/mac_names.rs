//! Names of hardware addresses, as Wireshark's window shows them: names of groups that protocols use, and of
//! manufacturers.
//!
//! A run chooses once whether names are shown, as in Wireshark. Until then every address is shown in digits.

use crate::text::{Line, Push};
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

static CHOSEN: OnceLock<Makers> = OnceLock::new();

/// Shows names from now on, with these manufacturers. Only the first call has an effect.
pub fn choose(makers: Makers) {
    let _ = CHOSEN.set(makers);
}

/// Appends an address as the details show it: its name, and its digits in parentheses; only its digits where no names
/// were chosen.
pub fn write_both(mac: [u8; 6], out: &mut Line) {
    if let Some(makers) = CHOSEN.get() {
        makers.write(mac, out);
        out.text(" (");
        out.mac(mac);
        out.text(")");
    } else {
        out.mac(mac);
    }
}

/// Appends the name of an address; its digits where it has none, or no names were chosen.
pub(super) fn write(mac: [u8; 6], out: &mut Line) {
    match CHOSEN.get() {
        Some(makers) => makers.write(mac, out),
        None => out.mac(mac),
    }
}

/// The name of an address; `None` where it has none, or no names were chosen.
pub(super) fn name(mac: [u8; 6]) -> Option<String> {
    let mut out = Line::new();
    CHOSEN.get().filter(|makers| makers.has(mac, &mut out))?;
    Some(String::from_utf8_lossy(&out).into_owned())
}

/// Addresses and ranges of addresses that standards and manufacturers have set aside: the address, how many of its
/// leading bits count, and its name. For an address in a range, the remaining octets follow the name.
const GROUPS: [(u64, u32, &str); 32] = [
    (0xffff_ffff_ffff, 48, "Broadcast"),
    (0x0180_c200_0001, 48, "MAC-specific-ctrl-proto-01"),
    (0x0180_c200_0002, 48, "Slow-Protocols"),
    (0x0180_c200_0003, 48, "Nearest-non-TPMR-bridge"),
    (0x0180_c200_0008, 48, "Provider-Bridge"),
    (0x0180_c200_000d, 48, "Provider-Bridge-MVRP"),
    (0x0180_c200_000e, 48, "LLDP_Multicast"),
    (0x0180_c200_000f, 48, "Reserved-future-std-0f"),
    (0x0180_c200_0010, 48, "Bridge-Management"),
    (0x0180_c200_0014, 48, "ISIS-all-level-1-IS's"),
    (0x0180_c200_0015, 48, "ISIS-all-level-2-IS's"),
    (0x0180_c200_0040, 48, "All-RBridges"),
    (0x0180_c200_0030, 45, "OAM-Multicast-DA-Class-1"),
    (0x0180_c200_0000, 42, "Spanning-tree-(for-bridges)"),
    (0x0100_0ccc_cccc, 48, "CDP/VTP/DTP/PAgP/UDLD"),
    (0x0100_0ccc_cccd, 48, "PVST+"),
    (0x0100_0ccd_cdcd, 48, "STP-UplinkFast"),
    (0x0100_0ccd_cdce, 48, "VLAN-bridge"),
    (0x0100_0cdd_dddd, 48, "CGMP"),
    (0x0100_0c00_0000, 40, "ISL-Frame"),
    (0x0100_5e00_0000, 24, "IPv4mcast"),
    (0x3333_0000_0000, 16, "IPv6mcast"),
    (0x011b_1900_0000, 24, "IEEEI&MS"),
    (0x010e_cf00_0000, 24, "PN-MC"),
    (0x0300_0000_0001, 48, "NETBIOS-"),
    (0x0900_07ff_ffff, 48, "AppleTalk-broadcast-address"),
    (0xcf00_0000_0000, 48, "Ethernet-Configuration-Test-protocol-(Loopback)"),
    (0x0000_5e00_0100, 40, "IETF-VRRP-VRID"),
    (0x0000_0c07_ac00, 40, "All-HSRP-routers"),
    (0x00e0_2b00_0000, 48, "Extreme-EDP"),
    (0x01e0_52cc_cccc, 48, "Foundry-DP"),
    (0x0100_8100_0100, 48, "Nortel-autodiscovery"),
];

/// The address with only its first `bits` bits.
fn masked(address: u64, bits: u32) -> u64 {
    address & !((1_u64 << (48 - bits.min(48))) - 1)
}

/// Short names of manufacturers, by the leading bits of their addresses.
#[derive(Debug, Default)]
pub struct Makers {
    /// The name of each prefix: how many leading bits it has, and their value.
    names: FxHashMap<(u32, u64), Box<str>>,
}

impl Makers {
    /// Adds a manufacturer. A prefix that is known keeps its name; an empty name adds nothing.
    pub fn add(&mut self, prefix: u64, bits: u32, name: &str) {
        if name.is_empty() {
            return;
        }
        self.names.entry((bits, masked(prefix, bits))).or_insert_with(|| name.into());
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn write(&self, mac: [u8; 6], out: &mut Line) {
        if !self.has(mac, out) {
            out.mac(mac);
        }
    }

    /// Appends the name of an address, if it has one; returns whether it has.
    fn has(&self, mac: [u8; 6], out: &mut Line) -> bool {
        let address = mac.iter().fold(0_u64, |n, octet| n << 8 | u64::from(*octet));
        let group = GROUPS.iter().find(|(group, bits, _)| masked(address, *bits) == masked(*group, *bits));
        if let Some((_, bits, name)) = group {
            out.text(name);
            if *bits < 48 {
                let inner = address & !(u64::MAX << (48 - bits));
                // In these ranges leading zero octets are left out; the others say how many octets follow.
                let octets = match *bits {
                    16 | 24 if *bits == 16 || *name == "IPv4mcast" => {
                        (64 - inner.leading_zeros()).div_ceil(8).max(1)
                    }
                    bits => (48 - bits).div_ceil(8),
                };
                write_octets(inner, octets, out);
            }
            return true;
        }
        let known = [36, 28, 24]
            .into_iter()
            .find_map(|bits| Some((bits, self.names.get(&(bits, masked(address, bits)))?)));
        let Some((bits, name)) = known else { return false };
        // Names come from a file, so they are escaped.
        out.decoded(name.as_bytes());
        write_octets(address & !(u64::MAX << (48 - bits)), (48 - bits).div_ceil(8), out);
        true
    }
}

/// Appends an underscore and the last `octets` octets of an address.
fn write_octets(address: u64, octets: u32, out: &mut Line) {
    for place in (0..octets).rev() {
        out.push(if place + 1 == octets { b'_' } else { b':' });
        let octet = (address >> (8 * place)) as usize & 0xff;
        out.push(b"0123456789abcdef"[octet >> 4]);
        out.push(b"0123456789abcdef"[octet & 15]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(mac: [u8; 6]) -> String {
        let mut makers = Makers::default();
        makers.add(0x0800_2700_0000, 24, "PcsCompu");
        makers.add(0xa0bb_3e10_0000, 28, "IVisionE");
        makers.add(0x70b3_d512_3000, 36, "Amfitech");
        let mut out = Line::new();
        makers.write(mac, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn makers_are_named_with_the_rest_of_the_address() {
        assert_eq!(named([8, 0, 0x27, 0, 0, 0x65]), "PcsCompu_00:00:65");
        assert_eq!(named([0xa0, 0xbb, 0x3e, 0x12, 0x34, 0x56]), "IVisionE_02:34:56");
        assert_eq!(named([0x70, 0xb3, 0xd5, 0x12, 0x31, 2]), "Amfitech_01:02");
        assert_eq!(named([0x0a, 0, 0x27, 0, 0, 0]), "0a:00:27:00:00:00");
    }

    #[test]
    fn groups_have_the_names_of_their_protocols() {
        assert_eq!(named([0xff; 6]), "Broadcast");
        assert_eq!(named([1, 0x80, 0xc2, 0, 0, 0]), "Spanning-tree-(for-bridges)_00");
        assert_eq!(named([1, 0x80, 0xc2, 0, 0, 0x2e]), "Spanning-tree-(for-bridges)_2e");
        assert_eq!(named([1, 0x80, 0xc2, 0, 0, 0x35]), "OAM-Multicast-DA-Class-1_05");
        assert_eq!(named([1, 0, 0x5e, 0, 0, 0xfb]), "IPv4mcast_fb");
        assert_eq!(named([1, 0, 0x5e, 0x7f, 0xff, 0xfa]), "IPv4mcast_7f:ff:fa");
        assert_eq!(named([0x33, 0x33, 0xff, 0x12, 0x34, 0x56]), "IPv6mcast_ff:12:34:56");
        assert_eq!(named([1, 0x1b, 0x19, 0, 0, 0]), "IEEEI&MS_00:00:00");
        assert_eq!(named([0, 0, 0x5e, 0, 1, 1]), "IETF-VRRP-VRID_01");
    }
}
