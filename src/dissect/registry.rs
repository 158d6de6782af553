//! Tables made from the rows of all protocols: which protocol a number names, which fields there are, sets of
//! protocols.

use super::over_tcp::Application;
use super::protocol::Direct;
use super::protocols::{COUNT, PROTOCOLS, Proto};
use super::{Layer, Stop};
use crate::field::{Field, Kind};

/// How many slots a [`Table`] has: several times as many as the numbers in it, so that most searches end at once.
const SLOTS: usize = 512;

/// The protocols that numbers name. A number is in the slot of its remainder modulo [`SLOTS`], or in the first free
/// one after it.
struct Table([Option<(u16, Proto)>; SLOTS]);

impl Table {
    const fn add(&mut self, number: u16, proto: Proto) {
        let mut at = number as usize % SLOTS;
        while self.0[at].is_some() {
            at = (at + 1) % SLOTS;
        }
        self.0[at] = Some((number, proto));
    }

    /// The protocol that a number names, if it names one.
    #[inline]
    fn get(&self, number: u16) -> Option<Proto> {
        let mut at = usize::from(number);
        loop {
            let (known, proto) = (*self.0.get(at % SLOTS)?)?;
            if known == number {
                return Some(proto);
            }
            at += 1;
        }
    }
}

/// Declares the table of the numbers in one column of the rows.
macro_rules! table {
    ($name:ident, $column:ident, $what:literal) => {
        #[doc = $what]
        static $name: Table = {
            let mut table = Table([None; SLOTS]);
            let mut row = 0;
            while row < COUNT {
                let numbers = PROTOCOLS[row].$column;
                let mut i = 0;
                while i < numbers.len() {
                    table.add(numbers[i], Proto::ALL[row]);
                    i += 1;
                }
                row += 1;
            }
            table
        };
    };
}

table!(LINK_TYPES, link_types, "By link type.");
table!(ETHER_TYPES, ether_types, "By EtherType.");
table!(IP_PROTOCOLS, ip_protocols, "By IP protocol number.");
table!(UDP_PORTS, udp_ports, "By UDP port.");
table!(TCP_PORTS, tcp_ports, "By TCP port.");

/// Declares the list of the protocols whose rows have a function that recognises the protocol.
macro_rules! having {
    ($name:ident, $row:ident, $has:expr, $what:literal) => {
        #[doc = $what]
        static $name: [Proto; {
            let (mut count, mut at) = (0, 0);
            while at < COUNT {
                let $row = PROTOCOLS[at];
                count += $has as usize;
                at += 1;
            }
            count
        }] = {
            let mut list = [Proto::Frame; $name.len()];
            let (mut filled, mut at) = (0, 0);
            while at < COUNT {
                let $row = PROTOCOLS[at];
                if $has {
                    list[filled] = Proto::ALL[at];
                    filled += 1;
                }
                at += 1;
            }
            list
        };
    };
}

having!(
    LIKELY,
    row,
    matches!(row.application, Some(Application { is_likely: Some(_), .. })),
    "Over TCP, by content."
);
having!(RECOGNISED, row, row.recognise.is_some(), "Over UDP, by content.");

impl Proto {
    /// The protocol's row.
    #[inline]
    pub fn get(self) -> &'static super::Protocol {
        PROTOCOLS[self as usize]
    }

    /// The protocol that frames of a link type begin with.
    pub(super) fn of_link_type(number: u16) -> Option<Proto> {
        LINK_TYPES.get(number)
    }

    /// The protocol that an EtherType names.
    pub(super) fn of_ether_type(number: u16) -> Option<Proto> {
        ETHER_TYPES.get(number)
    }

    /// The protocol that an IP protocol number names.
    pub(super) fn of_ip_protocol(number: u8) -> Option<Proto> {
        IP_PROTOCOLS.get(number.into())
    }

    /// The protocol that a UDP port names.
    pub(super) fn of_udp_port(port: u16) -> Option<Proto> {
        UDP_PORTS.get(port)
    }

    /// The protocol that a TCP port names.
    pub(super) fn of_tcp_port(port: u16) -> Option<Proto> {
        TCP_PORTS.get(port)
    }

    /// The protocol that the first bytes of a TCP segment look like.
    pub(super) fn of_segment(bytes: &[u8]) -> Option<Proto> {
        let is_likely = |proto: &Proto| proto.get().application.and_then(|a| a.is_likely);
        LIKELY.into_iter().find(|proto| is_likely(proto).is_some_and(|is| is(bytes)))
    }

    /// The protocol that a UDP payload between two ports looks like.
    pub(super) fn of_datagram(bytes: &[u8], from: u16, to: u16) -> Option<Proto> {
        RECOGNISED.into_iter().find(|proto| proto.get().recognise.is_some_and(|is| is(bytes, from, to)))
    }

    /// The protocol whose fields this one uses: another one where several protocols share one set of fields, else
    /// itself.
    pub(crate) fn fields_of(self) -> Proto {
        self.get().language.unwrap_or(self)
    }
}

/// All protocols with their rows.
fn rows() -> impl Iterator<Item = (Proto, &'static super::Protocol)> {
    Proto::ALL.into_iter().zip(PROTOCOLS)
}

/// The protocol whose layers have `field`, and the reader that finds it there without a walk; `None` if no protocol
/// has one.
pub fn direct(field: &'static Field) -> Option<(Proto, Direct)> {
    rows().find_map(|(proto, row)| {
        let mut readers = row.in_frame.iter().chain(row.in_conversation);
        readers.find(|(known, _)| *known == field).map(|(_, read)| (proto, *read))
    })
}

/// Whether the frame itself has the values of `field`: a packet that is no fragment has them before its conversation
/// is known, and keeps them. For a protocol: whether no conversation adds layers of it.
pub fn stands_in_frame(field: &Field) -> bool {
    rows().filter(|(_, row)| !row.in_frame.is_empty()).any(|(_, row)| match field.kind {
        Kind::Protocol => row.field == *field,
        _ => row.in_frame.iter().any(|(known, _)| *known == field),
    })
}

/// A set of protocols, for walks that need only some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProtoSet(u128);

impl ProtoSet {
    /// Every protocol.
    pub const ALL: ProtoSet = ProtoSet(u128::MAX);

    /// The set with `proto` added.
    #[must_use]
    pub const fn with(self, proto: Proto) -> ProtoSet {
        ProtoSet(self.0 | 1 << proto as u8)
    }

    /// The set with the protocol at `index` of [`PROTOCOLS`] added.
    #[must_use]
    pub const fn with_index(self, index: usize) -> ProtoSet {
        ProtoSet(self.0 | 1 << index)
    }

    /// The union of both sets.
    #[must_use]
    pub const fn and(self, other: ProtoSet) -> ProtoSet {
        ProtoSet(self.0 | other.0)
    }

    /// Whether layers of `proto` may have fields of a protocol in the set.
    pub fn wants(self, proto: Proto) -> bool {
        self.has(proto) || self.has(proto.fields_of())
    }

    /// Whether `proto` is in the set.
    pub const fn has(self, proto: Proto) -> bool {
        self.0 & 1 << proto as u8 != 0
    }

    /// The layers to walk for this set. If remarks are in it, all layers: any of them may have remarks.
    pub fn to_walk(self) -> ProtoSet {
        if self.has(Proto::Expert) { ProtoSet::ALL } else { self }
    }

    /// A layer that represents the frame itself; `None` where the set does not have [`Proto::Frame`].
    pub fn frame_layer(self) -> Option<Layer> {
        let frame = Layer { proto: Proto::Frame, source: 0, quoted: false, start: 0, payload: 0, end: 0 };
        self.has(Proto::Frame).then_some(frame)
    }

    /// Whether the set has the protocols of remarks on packets that were not decoded to their end.
    pub fn has_damage(self) -> bool {
        self.has(Proto::Malformed) || self.has(Proto::Short) || self.has(Proto::Unreassembled)
    }

    /// Whether the set has the protocol of the remark on this reason.
    pub fn has_stop(self, stop: Stop) -> bool {
        stop.why.remark().is_some_and(|proto| self.has(proto))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_field_has_a_name_of_its_own_under_that_of_its_protocol() {
        let mut seen = HashSet::new();
        for protocol in PROTOCOLS {
            let prefix = protocol.field.name.split('.').next().unwrap_or("");
            assert!(seen.insert(protocol.field.name), "{} twice", protocol.field.name);
            for field in protocol.fields {
                // Wireshark gives the version of IPv6 the name of IPv4's, too, so that one filter finds both.
                let shared = field.name == "ip.version" && prefix == "ipv6";
                assert!(seen.insert(field.name) || shared, "{} twice", field.name);
                // Fields of certificates have the names of their own formats, in whatever protocol a certificate
                // appears.
                let formats = ["x509", "pkcs1.", "pkix1", "ber.", "ns_cert_exts.", "ns.cert.exts."];
                // Both stages of PPPoE share one header.
                let stage = prefix == "pppoes" && field.name.starts_with("pppoe.");
                // Fields of IEEE 802.11's keys in 802.1X have a prefix of their own.
                let keys = prefix == "eapol" && field.name.starts_with("wlan_rsna_eapol.");
                let own = field.name.starts_with(prefix)
                    || shared
                    || stage
                    || keys
                    || prefix == "tls" && formats.iter().any(|f| field.name.starts_with(f));
                assert!(own, "{} in {prefix}", field.name);
            }
        }
    }

    #[test]
    fn a_number_leads_to_one_protocol() {
        for table in [&LINK_TYPES, &ETHER_TYPES, &IP_PROTOCOLS, &UDP_PORTS, &TCP_PORTS] {
            let rows: Vec<(u16, Proto)> = table.0.iter().flatten().copied().collect();
            assert!(rows.len() < SLOTS / 2, "few numbers are far from their slots");
            // Of two rows with the same number, the second would never be found.
            assert!(rows.iter().all(|(number, proto)| table.get(*number) == Some(*proto)), "{rows:?}");
        }
        assert_eq!(Proto::of_udp_port(53), Some(Proto::Dns));
        assert_eq!(Proto::of_tcp_port(443), Some(Proto::Tls));
        assert_eq!(Proto::of_ether_type(0x0800), Some(Proto::Ipv4));
        assert_eq!(Proto::of_ip_protocol(6), Some(Proto::Tcp));
        assert_eq!(Proto::of_udp_port(54), None);
    }

    #[test]
    fn the_rows_fit_into_a_set() {
        assert!(PROTOCOLS.len() <= 128, "a set of protocols is a number of 128 bits");
    }
}
