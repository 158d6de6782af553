//! Linux cooked capture (`sll`), versions 1 and 2: the link layer of captures on the adapter "any".

use crate::dissect::protocols::arp::hardware::HARDWARE;
use crate::dissect::protocols::ethernet::types::{self, ETHER_TYPES, FIRST_TYPE};
use crate::dissect::reading::layer::show_as;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Address, Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Visit, name_of};
use crate::frame::LinkType;
use crate::text::{Line, Push};

/// The two layouts of the header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::dissect) enum Version {
    /// LINKTYPE_LINUX_SLL.
    One,
    /// LINKTYPE_LINUX_SLL2.
    Two,
}

/// Offsets of the parts of a header, and its length.
struct Layout {
    protocol: usize,
    packet_type: usize,
    hardware: usize,
    address_len: usize,
    address: usize,
    len: u32,
}

impl Version {
    fn of(link: LinkType) -> Version {
        if link == LinkType::LINUX_SLL2 { Version::Two } else { Version::One }
    }

    fn layout(self) -> Layout {
        match self {
            Version::One => {
                Layout { packet_type: 0, hardware: 2, address_len: 4, address: 6, protocol: 14, len: 16 }
            }
            Version::Two => {
                Layout { protocol: 0, hardware: 8, packet_type: 10, address_len: 11, address: 12, len: 20 }
            }
        }
    }

    /// Reads a number that has two octets in version 1 and one octet in version 2.
    fn number(self, bytes: &[u8], at: usize) -> Option<u16> {
        match self {
            Version::One => bytes.u16(at),
            Version::Two => bytes.u8(at).map(u16::from),
        }
    }
}

/// Octets of the field for the address; shorter addresses are padded.
const ADDRESS: usize = 8;
/// ARPHRD_IPGRE. For this hardware type, the protocol field is that of GRE.
const GRE: u16 = 778;
const PACKET_TYPES: Names = &[
    (0, "Unicast to us"),
    (1, "Broadcast"),
    (2, "Multicast"),
    (3, "Unicast to another host"),
    (4, "Sent by us"),
];
const LINUX_TYPES: Names = &[
    (1, "Raw 802.3"),
    (3, "Ethernet"),
    (4, "802.2 LLC"),
    (7, "PPP (HDLC)"),
    (12, "CAN"),
    (13, "CAN FD"),
    (23, "IrDA LAP"),
    (245, "ISI"),
    (246, "IEEE 802.15.4"),
];

crate::fields! {
    ETYPE = Field::new("sll.etype", "Protocol", Kind::Uint(16)).hex().names(ETHER_TYPES);
    LTYPE = Field::new("sll.ltype", "Protocol", Kind::Uint(16)).hex().names(LINUX_TYPES);
    GRETYPE = Field::new("sll.gretype", "Protocol", Kind::Uint(16)).hex().names(super::gre::PROTOCOLS);
    IFINDEX = Field::new("sll.ifindex", "Interface index", Kind::Uint(32));
    PKTTYPE = Field::new("sll.pkttype", "Packet type", Kind::Uint(16)).names(PACKET_TYPES);
    HATYPE = Field::new("sll.hatype", "Link-layer address type", Kind::Uint(16)).names(HARDWARE);
    HALEN = Field::new("sll.halen", "Link-layer address length", Kind::Uint(16));
    SRC_ETH = Field::new("sll.src.eth", "Source", Kind::Mac);
    SRC_IPV4 = Field::new("sll.src.ipv4", "Source", Kind::Ipv4);
    SRC_OTHER = Field::new("sll.src.other", "Source", Kind::Bytes);
    UNUSED = Field::new("sll.unused", "Unused", Kind::Bytes);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    addresses,
    summary,
    column_of: Some(|ctx, layer| types::column(layer, ether_type(ctx, layer))),
    decode: |d, span| decode(d, span, Version::of(d.link)),
    link_types: &[113, 276],
    ..Protocol::new("sll", "SLL", "Linux cooked-mode capture")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span, version: Version) -> Next {
    let (layout, bytes) = (version.layout(), d.get(span));
    let parts = (bytes.u16(layout.protocol), bytes.u16(layout.hardware));
    let ((Some(protocol), Some(hardware)), true) = (parts, bytes.len() >= layout.len as usize) else {
        return d.broken(Proto::Sll, span);
    };
    let Some(payload) = d.layer(Proto::Sll, span, layout.len) else { return Next::Done };
    match protocol {
        _ if hardware == GRE => Next::Inner(protocol, payload),
        FIRST_TYPE.. => Next::EtherType(protocol, payload),
        4 => Next::Llc(payload),
        _ => Next::Data(payload),
    }
}

/// The EtherType of the payload; `None` where the header has another kind of number.
fn ether_type(ctx: &Context<'_>, layer: &Layer) -> Option<u16> {
    let layout = Version::of(ctx.frame.link).layout();
    let bytes = ctx.layer_bytes(layer);
    let named = bytes.u16(layout.hardware)? != GRE && bytes.len() >= layout.len as usize;
    bytes.u16(layout.protocol).filter(|ty| named && *ty >= FIRST_TYPE)
}

/// The sender's Ethernet address; `None` if the adapter has no such addresses.
fn source(bytes: &[u8], version: Version) -> Option<[u8; 6]> {
    let layout = version.layout();
    let len = version.number(bytes, layout.address_len)?;
    bytes.mac(layout.address).filter(|_| len == 6)
}

fn addresses(ctx: &Context<'_>, layer: &Layer) -> (Address, Address) {
    let source = source(ctx.layer_bytes(layer), Version::of(ctx.frame.link));
    (source.map_or(Address::None, Address::Mac), Address::None)
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let version = Version::of(ctx.frame.link);
    let Some(kind) = version.number(ctx.layer_bytes(layer), version.layout().packet_type) else { return };
    match types::name(ether_type(ctx, layer)) {
        Some(name) => out.text(name),
        None => match name_of(PACKET_TYPES, kind.into()) {
            Some(name) => out.text(name),
            None => {
                out.text("Unknown (");
                out.num(kind);
                out.text(")");
            }
        },
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let version = Version::of(ctx.frame.link);
    let heading = match version {
        Version::One => "Linux cooked capture v1",
        Version::Two => "Linux cooked capture v2",
    };
    show_as(ctx, layer, format_args!("{heading}"), v, |w| {
        let layout = version.layout();
        match version {
            Version::One => {
                w.uint(&PKTTYPE, layout.packet_type, 2)?;
                w.uint(&HATYPE, layout.hardware, 2)?;
                w.uint(&HALEN, layout.address_len, 2)?;
                address(w, version)?;
                protocol(w, &layout)?;
            }
            Version::Two => {
                protocol(w, &layout)?;
                w.uint(&IFINDEX, 4, 4)?;
                w.uint(&HATYPE, layout.hardware, 2)?;
                w.uint(&PKTTYPE, layout.packet_type, 1)?;
                w.uint(&HALEN, layout.address_len, 1)?;
                address(w, version)?;
            }
        }
        Ok(())
    })
}

/// Visits the address; its length decides its kind. Octets after it are unused.
fn address(w: &mut Walk<'_, '_>, version: Version) -> Step {
    let layout = version.layout();
    let len = usize::from(version.number(w.bytes, layout.address_len).unwrap_or(0)).min(ADDRESS);
    match len {
        0 => {}
        4 => w.ipv4(&SRC_IPV4, layout.address)?,
        6 => w.mac(&SRC_ETH, layout.address)?,
        _ => w.up_to(&SRC_OTHER, layout.address, len)?,
    }
    w.up_to(&UNUSED, layout.address + len, ADDRESS - len)
}

fn protocol(w: &mut Walk<'_, '_>, layout: &Layout) -> Step {
    let number = w.number(layout.protocol, 2).unwrap_or(0);
    let field = match w.number(layout.hardware, 2) {
        Ok(hardware) if hardware == u64::from(GRE) => &GRETYPE,
        _ if number < u64::from(FIRST_TYPE) => &LTYPE,
        _ => &ETYPE,
    };
    w.uint(field, layout.protocol, 2)
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    #[test]
    fn loopback_and_tun_hardware_carry_ip_as_any_other() {
        assert_eq!(
            summary(
                LinkType::LINUX_SLL,
                "000003040006000000000000000008004500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f"
            ),
            ("sll:ethertype:ip:udp:data".into(), "40000 → 40001 Len=5".into())
        );
        assert_eq!(
            summary(
                LinkType::LINUX_SLL,
                "0000fffe0000000000000000000008004500002100010000401166c90a0000010a0000029c409c41000d6f7d68656c6c6f"
            ),
            ("sll:ethertype:ip:udp:data".into(), "40000 → 40001 Len=5".into())
        );
    }

    #[test]
    fn version_2_has_its_parts_elsewhere() {
        assert_eq!(
            summary(
                LinkType::LINUX_SLL2,
                "080600000000000200010106020000000001000000010800060400010200000000010a0000010000000000000a000002"
            ),
            ("sll:ethertype:arp".into(), "Who has 10.0.0.2? Tell 10.0.0.1".into())
        );
    }

    #[test]
    fn a_header_that_ends_early_keeps_what_it_said() {
        assert_eq!(
            summary(LinkType::LINUX_SLL, "000000010006020000000001000008"),
            ("sll".into(), "Unicast to us Malformed".into())
        );
    }
}
