//! Address Resolution Protocol (`arp`): RFC 826; RFC 903 (reverse), RFC 1931 (dynamic), RFC 2390 (inverse), RFC 5227 (probes).

mod columns;
mod duplicate;
pub(super) mod hardware;

pub(crate) use duplicate::users;

use crate::dissect::protocols::ethernet::types::ETHER_TYPES;
use crate::dissect::reading::layer::{show, show_as};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Value, Visit};
use crate::text::{Line, Push};
use hardware::HARDWARE;
use std::net::Ipv4Addr;

mod at {
    //! Offsets in the packet (RFC 826).
    pub(in crate::dissect) const HARDWARE: usize = 0;
    pub(in crate::dissect) const PROTOCOL: usize = 2;
    pub(in crate::dissect) const HARDWARE_LEN: usize = 4;
    pub(in crate::dissect) const PROTOCOL_LEN: usize = 5;
    pub(in crate::dissect) const OPCODE: usize = 6;
    pub(in crate::dissect) const ADDRESSES: usize = 8;
}

const REQUEST: u16 = 1;
const REPLY: u16 = 2;

const OPCODES: Names = &[
    (0, "reserved"),
    (1, "request"),
    (2, "reply"),
    (3, "reverse request"),
    (4, "reverse reply"),
    (5, "drarp request"),
    (6, "drarp reply"),
    (7, "drarp error"),
    (8, "inverse request"),
    (9, "inverse reply"),
    (10, "arp nak"),
    (11, "mars request"),
    (12, "mars multi"),
    (13, "mars mserv"),
    (14, "mars join"),
    (15, "mars leave"),
    (16, "mars nak"),
    (17, "mars unserv"),
    (18, "mars sjoin"),
    (19, "mars sleave"),
    (20, "mars grouplist request"),
    (21, "mars grouplist reply"),
    (22, "mars redirect map"),
    (23, "mapos unarp"),
    (24, "experimental 1"),
    (25, "experimental 2"),
    (65535, "reserved"),
];

crate::fields! {
    HW_TYPE = Field::new("arp.hw.type", "Hardware type", Kind::Uint(16)).names(HARDWARE);
    PROTO_TYPE = Field::new("arp.proto.type", "Protocol type", Kind::Uint(16)).hex().names(ETHER_TYPES);
    HW_SIZE = Field::new("arp.hw.size", "Hardware size", Kind::Uint(8));
    PROTO_SIZE = Field::new("arp.proto.size", "Protocol size", Kind::Uint(8));
    OPCODE = Field::new("arp.opcode", "Opcode", Kind::Uint(16)).names(OPCODES);
    IS_GRATUITOUS = Field::new("arp.isgratuitous", "Is gratuitous", Kind::Bool).names(crate::dissect::FALSE_TRUE).generated();
    IS_PROBE = Field::new("arp.isprobe", "Is probe", Kind::Bool).names(crate::dissect::FALSE_TRUE).generated();
    IS_ANNOUNCEMENT = Field::new("arp.isannouncement", "Is announcement", Kind::Bool).names(crate::dissect::FALSE_TRUE).generated();
    SRC_HW = Field::new("arp.src.hw", "Sender hardware address", Kind::Bytes);
    SRC_MAC = Field::new("arp.src.hw_mac", "Sender MAC address", Kind::Mac);
    SRC_PROTO = Field::new("arp.src.proto", "Sender protocol address", Kind::Bytes);
    SRC_IPV4 = Field::new("arp.src.proto_ipv4", "Sender IP address", Kind::Ipv4);
    DST_HW = Field::new("arp.dst.hw", "Target hardware address", Kind::Bytes);
    DST_MAC = Field::new("arp.dst.hw_mac", "Target MAC address", Kind::Mac);
    DST_PROTO = Field::new("arp.dst.proto", "Target protocol address", Kind::Bytes);
    DST_IPV4 = Field::new("arp.dst.proto_ipv4", "Target IP address", Kind::Ipv4);
    DUPLICATE = Field::new("arp.duplicate-address-detected", "Duplicate IP address configured", Kind::Label);
    DUPLICATE_FRAME = Field::new("arp.duplicate-address-frame", "Frame showing earlier use of IP address", Kind::FrameNo).generated();
    DUPLICATE_SECONDS = Field::new("arp.seconds-since-duplicate-address-frame", "Seconds since earlier frame seen", Kind::Uint(32)).generated();
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary: columns::summary,
    column_of: Some(columns::column),
    damage: Some("ARP/RARP"),
    decode,
    ether_types: &[0x0806, 0x8035],
    ..Protocol::new("arp", "ARP", "Address Resolution Protocol")
};

/// What a packet about IPv4 addresses over Ethernet does, with the sender's and the target's IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The sender asks for the target's hardware address.
    Request(Ipv4Addr, Ipv4Addr),
    /// The sender tells the target its own hardware address.
    Reply(Ipv4Addr, Ipv4Addr),
}

/// Reads a request or a reply about IPv4 over Ethernet; `None` for any other packet.
pub(crate) fn lookup(bytes: &[u8]) -> Option<Lookup> {
    let arp = Arp::read(bytes).filter(|arp| arp.has_mac() && arp.has_ipv4())?;
    let [_, sender, _, target] = arp.addresses;
    let (sender, target) = sender.ipv4(0).zip(target.ipv4(0))?;
    match arp.opcode {
        REQUEST => Some(Lookup::Request(sender, target)),
        REPLY => Some(Lookup::Reply(sender, target)),
        _ => None,
    }
}

/// The header with its four addresses; the header says how long they are.
struct Arp<'a> {
    hardware: u16,
    protocol: u16,
    opcode: u16,
    hardware_len: usize,
    protocol_len: usize,
    /// Sender's hardware and protocol address, target's hardware and protocol address.
    addresses: [&'a [u8]; 4],
}

impl<'a> Arp<'a> {
    fn read(bytes: &'a [u8]) -> Option<Arp<'a>> {
        let hardware_len = usize::from(bytes.u8(at::HARDWARE_LEN)?);
        let protocol_len = usize::from(bytes.u8(at::PROTOCOL_LEN)?);
        let mut start = at::ADDRESSES;
        let mut addresses = [[].as_slice(); 4];
        for (address, len) in addresses.iter_mut().zip([hardware_len, protocol_len].into_iter().cycle()) {
            *address = bytes.get(start..start + len)?;
            start += len;
        }
        Some(Arp {
            hardware: bytes.u16(at::HARDWARE)?,
            protocol: bytes.u16(at::PROTOCOL)?,
            opcode: bytes.u16(at::OPCODE)?,
            hardware_len,
            protocol_len,
            addresses,
        })
    }

    fn len(&self) -> usize {
        at::ADDRESSES + 2 * (self.hardware_len + self.protocol_len)
    }

    /// Whether sender and target have the same protocol address, so that the packet announces it and asks nothing
    /// (RFC 5944).
    fn is_gratuitous(&self) -> bool {
        let [_, sender, _, target] = self.addresses;
        matches!(self.opcode, REQUEST | REPLY) && self.protocol_len > 0 && sender == target
    }

    /// Whether the packet is a probe: a request without a sender's address, which asks whether the target's address
    /// is taken (RFC 5227, section 2.1.1).
    fn is_probe(&self) -> bool {
        let [_, sender, hardware, target] = self.addresses;
        self.opcode == REQUEST && self.has_ipv4() && is_zero(sender) && is_zero(hardware) && !is_zero(target)
    }

    /// Whether the packet is an announcement: a gratuitous request that leaves the target's hardware address out (RFC
    /// 5227, section 2.3).
    fn is_announcement(&self) -> bool {
        let [_, sender, hardware, _] = self.addresses;
        self.opcode == REQUEST && self.is_gratuitous() && is_zero(hardware) && !is_zero(sender)
    }

    fn has_mac(&self) -> bool {
        matches!(self.hardware, 1 | 6) && self.hardware_len == 6
    }

    fn has_ipv4(&self) -> bool {
        self.protocol == 0x0800 && self.protocol_len == 4
    }

    fn write_hardware(&self, address: &[u8], out: &mut Line) {
        match address.mac(0) {
            Some(mac) if self.has_mac() => out.mac(mac),
            _ => write_bytes(address, out),
        }
    }

    fn write_protocol(&self, address: &[u8], out: &mut Line) {
        match address.ipv4(0) {
            Some(ip) if self.has_ipv4() => out.ipv4(ip),
            _ => write_bytes(address, out),
        }
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| *b == 0)
}

fn write_bytes(bytes: &[u8], out: &mut Line) {
    /// The most octets of an address that are shown.
    const SHOWN: usize = 36;
    if bytes.is_empty() {
        out.text("<No address>");
    }
    for byte in bytes.iter().take(SHOWN) {
        for nibble in [byte >> 4, byte & 15] {
            out.push(b"0123456789abcdef"[usize::from(nibble)]);
        }
    }
    if bytes.len() > SHOWN {
        out.text("…");
    }
}

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let Some(arp) = Arp::read(d.get(span)) else { return d.broken(Proto::Arp, span) };
    let len = arp.len() as u32;
    // Ethernet pads short frames; padding is no payload.
    let own = Span { start: span.start, end: span.start + len };
    d.layer(Proto::Arp, own, len);
    Next::Done
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let arp = Arp::read(bytes);
    let opcode = bytes.u16(at::OPCODE).unwrap_or(0);
    let heading = match &arp {
        Some(arp) if arp.is_announcement() => "ARP Announcement",
        Some(arp) if arp.is_probe() => "ARP Probe",
        Some(arp) if arp.is_gratuitous() && opcode == REQUEST => "request/gratuitous ARP",
        Some(arp) if arp.is_gratuitous() => "reply/gratuitous ARP",
        Some(_) => crate::field::name_of(OPCODES, opcode.into()).unwrap_or(""),
        None => "",
    };
    let label = PROTOCOL.field.label;
    let fields = |w: &mut Walk<'_, '_>| fields(w, arp.as_ref());
    match (heading, &arp) {
        ("", None) => show(ctx, layer, v, fields)?,
        ("", Some(_)) => show_as(ctx, layer, format_args!("{label} (opcode 0x{opcode:04x})"), v, fields)?,
        _ => show_as(ctx, layer, format_args!("{label} ({heading})"), v, fields)?,
    }
    duplicate::visit(ctx, bytes, layer.at(0, 0), v)
}

fn fields(w: &mut Walk<'_, '_>, arp: Option<&Arp<'_>>) -> Step {
    w.uint(&HW_TYPE, at::HARDWARE, 2)?;
    w.uint(&PROTO_TYPE, at::PROTOCOL, 2)?;
    w.uint(&HW_SIZE, at::HARDWARE_LEN, 1)?;
    w.uint(&PROTO_SIZE, at::PROTOCOL_LEN, 1)?;
    w.uint(&OPCODE, at::OPCODE, 2)?;
    let Some(arp) = arp else { return Ok(()) };
    for (field, is) in [
        (&IS_PROBE, arp.is_probe()),
        (&IS_GRATUITOUS, arp.is_gratuitous()),
        (&IS_ANNOUNCEMENT, arp.is_announcement()),
    ] {
        if is {
            w.value(field, 0, 0, Value::Bool(true))?;
        }
    }
    let (hw, proto) = (arp.hardware_len, arp.protocol_len);
    let sender = at::ADDRESSES;
    hardware(w, arp, [&SRC_MAC, &SRC_HW], sender)?;
    protocol(w, arp, [&SRC_IPV4, &SRC_PROTO], sender + hw)?;
    hardware(w, arp, [&DST_MAC, &DST_HW], sender + hw + proto)?;
    protocol(w, arp, [&DST_IPV4, &DST_PROTO], sender + 2 * hw + proto)
}

fn hardware(w: &mut Walk<'_, '_>, arp: &Arp<'_>, [mac, other]: [&'static Field; 2], offset: usize) -> Step {
    if arp.has_mac() { w.mac(mac, offset) } else { w.up_to(other, offset, arp.hardware_len) }
}

fn protocol(w: &mut Walk<'_, '_>, arp: &Arp<'_>, [ipv4, other]: [&'static Field; 2], offset: usize) -> Step {
    if arp.has_ipv4() { w.ipv4(ipv4, offset) } else { w.up_to(other, offset, arp.protocol_len) }
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{cut, summary};
    use crate::frame::LinkType;

    #[test]
    fn a_question_and_its_answer() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "020000000002020000000001080600010800060400010200000000010a0000010000000000000a000002"
            ),
            ("eth:ethertype:arp".into(), "Who has 10.0.0.2? Tell 10.0.0.1".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "020000000002020000000001080600010800060400020200000000020a0000020200000000010a000001"
            ),
            ("eth:ethertype:arp".into(), "10.0.0.2 is at 02:00:00:00:00:02".into())
        );
    }

    #[test]
    fn probes_and_announcements_are_told_from_questions() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "ffffffffffff02000000000108060001080006040001020000000001000000000000000000000a000001"
            ),
            ("eth:ethertype:arp".into(), "Who has 10.0.0.1? (ARP Probe)".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "ffffffffffff020000000001080600010800060400010200000000010a0000010000000000000a000001"
            ),
            ("eth:ethertype:arp".into(), "ARP Announcement for 10.0.0.1".into())
        );
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "ffffffffffff020000000001080600010800060400020200000000010a000001ffffffffffff0a000001"
            ),
            ("eth:ethertype:arp".into(), "Gratuitous ARP for 10.0.0.1 (Reply)".into())
        );
    }

    #[test]
    fn addresses_without_length_are_none() {
        assert_eq!(
            summary(LinkType::ETHERNET, "02000000000202000000000108060001080000000001"),
            ("eth:ethertype:arp".into(), "Who has <No address>? Tell <No address>".into())
        );
    }

    #[test]
    fn a_damaged_header_says_nothing() {
        assert_eq!(
            summary(
                LinkType::ETHERNET,
                "020000000002020000000001080600010800060400010200000000010a0000010000"
            ),
            ("eth:ethertype:arp".into(), " Malformed".into())
        );
        assert_eq!(
            cut(
                LinkType::ETHERNET,
                "020000000002020000000001080600010800060400010200000000010a0000010000000000000a000002",
                30
            ),
            ("eth:ethertype:arp".into(), " Cut".into())
        );
    }
}
