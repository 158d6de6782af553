//! Cisco Discovery Protocol (`cdp`): how a Cisco device announces itself. Cisco publishes its elements; there is no
//! RFC.

use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push, written};

const HEADER: usize = 4;
/// Octets of an element's header: its type and its length.
const ELEMENT: usize = 4;

const DEVICE_ID: u16 = 1;
const ADDRESSES: u16 = 2;
const PORT_ID: u16 = 3;
const CAPABILITIES: u16 = 4;
const SOFTWARE: u16 = 5;
const PLATFORM: u16 = 6;
const VTP_DOMAIN: u16 = 9;
const NATIVE_VLAN: u16 = 10;
const DUPLEX: u16 = 11;
const MANAGEMENT_ADDRESSES: u16 = 0x16;

const TYPES: Names = &[
    (DEVICE_ID as u64, "Device ID"),
    (ADDRESSES as u64, "Addresses"),
    (PORT_ID as u64, "Port ID"),
    (CAPABILITIES as u64, "Capabilities"),
    (SOFTWARE as u64, "Software version"),
    (PLATFORM as u64, "Platform"),
    (7, "IP Prefix/Gateway (used for ODR)"),
    (8, "Protocol Hello"),
    (VTP_DOMAIN as u64, "VTP Management Domain"),
    (NATIVE_VLAN as u64, "Native VLAN"),
    (DUPLEX as u64, "Duplex"),
    (0x0e, "VoIP VLAN Reply"),
    (0x0f, "VoIP VLAN Query"),
    (0x10, "Power consumption"),
    (0x11, "MTU"),
    (0x12, "Trust Bitmap"),
    (0x13, "Untrusted Port CoS"),
    (0x14, "System Name"),
    (0x15, "System Object ID"),
    (MANAGEMENT_ADDRESSES as u64, "Management Address"),
    (0x17, "Location"),
    (0x19, "Power Requested"),
    (0x1a, "Power Available"),
];
const YES: Names = &[(0, "No"), (1, "Yes")];

crate::fields! {
    VERSION = Field::new("cdp.version", "Version", Kind::Uint(8));
    TTL = Field::new("cdp.ttl", "TTL", Kind::Uint(8));
    CHECKSUM = Field::new("cdp.checksum", "Checksum", Kind::Uint(16)).hex();
    TYPE = Field::new("cdp.tlv.type", "Type", Kind::Uint(16)).hex().names(TYPES);
    LEN = Field::new("cdp.tlv.len", "Length", Kind::Uint(16));
    DEVICE = Field::new("cdp.deviceid", "Device ID", Kind::Text);
    ADDRESS_COUNT = Field::new("cdp.number_of_addresses", "Number of addresses", Kind::Uint(32));
    PROTOCOL_TYPE = Field::new("cdp.protocol_type", "Protocol type", Kind::Uint(8)).hex();
    PROTOCOL_LENGTH = Field::new("cdp.protocol_length", "Protocol length", Kind::Uint(8));
    ADDRESS_PROTOCOL = Field::new("cdp.protocol", "Protocol", Kind::Bytes);
    ADDRESS_LENGTH = Field::new("cdp.address_length", "Address length", Kind::Uint(16));
    ADDRESS = Field::new("cdp.nrgyz.ip_address", "IP Address", Kind::Ipv4);
    PORT = Field::new("cdp.portid", "Sent through Interface", Kind::Text);
    CAPABLE = Field::new("cdp.capabilities", "Capabilities", Kind::Uint(32)).hex();
    ROUTER = Field::new("cdp.capabilities.router", "Router", Kind::Bool).width(32).mask(0x01).names(YES);
    BRIDGE = Field::new("cdp.capabilities.trans_bridge", "Transparent Bridge", Kind::Bool).width(32).mask(0x02).names(YES);
    SOURCE_BRIDGE = Field::new("cdp.capabilities.src_bridge", "Source Route Bridge", Kind::Bool).width(32).mask(0x04).names(YES);
    SWITCH = Field::new("cdp.capabilities.switch", "Switch", Kind::Bool).width(32).mask(0x08).names(YES);
    HOST = Field::new("cdp.capabilities.host", "Host", Kind::Bool).width(32).mask(0x10).names(YES);
    IGMP = Field::new("cdp.capabilities.igmp_capable", "IGMP capable", Kind::Bool).width(32).mask(0x20).names(YES);
    REPEATER = Field::new("cdp.capabilities.repeater", "Repeater", Kind::Bool).width(32).mask(0x40).names(YES);
    PHONE = Field::new("cdp.capabilities.voip_phone", "VoIP Phone", Kind::Bool).width(32).mask(0x80).names(YES);
    VERSION_TEXT = Field::new("cdp.software_version", "Software version", Kind::Text);
    PLATFORM_NAME = Field::new("cdp.platform", "Platform", Kind::Text);
    VTP = Field::new("cdp.vtp_management_domain", "VTP Management Domain", Kind::Text);
    VLAN = Field::new("cdp.native_vlan", "Native VLAN", Kind::Uint(16));
    IS_DUPLEX = Field::new("cdp.duplex", "Duplex", Kind::Bool).width(8).names(&[(0, "Half"), (1, "Full")]);
    DATA = Field::new("cdp.data", "Data", Kind::Bytes);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    decode,
    ..Protocol::new("cdp", "CDP", "Cisco Discovery Protocol")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    crate::dissect::reading::layer::whole(d, Proto::Cdp, span, message)
}

/// Type and value of each element of a message, up to the first that is incomplete.
fn elements(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes.get(HEADER..).unwrap_or(&[]);
    std::iter::from_fn(move || {
        let (kind, len) = (rest.u16(0)?, usize::from(rest.u16(2)?));
        let value = rest.get(ELEMENT..len)?;
        rest = rest.get(len..)?;
        Some((kind, value))
    })
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    for (kind, value) in elements(ctx.layer_bytes(layer)) {
        match kind {
            DEVICE_ID => out.text("Device ID: "),
            PORT_ID => out.text("Port ID: "),
            _ => continue,
        }
        out.decoded(value);
        out.text("  ");
    }
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    w.num(&VERSION, 0)?;
    let (ttl, _) = w.read(&TTL, 1)?;
    w.line(&TTL, 1, 1, Value::Uint(ttl), format_args!("TTL: {ttl} seconds"))?;
    w.num(&CHECKSUM, 2)?;
    w.skip(HEADER);
    // A remainder shorter than an element's header is ignored.
    while w.left() >= ELEMENT {
        let (kind, len) = (w.u16(0)?, usize::from(w.u16(2)?));
        if len < ELEMENT {
            w.text(0, ELEMENT, format_args!("TLV with invalid length {len} (< 4)"))?;
            w.open();
            w.num(&TYPE, 0)?;
            w.num(&LEN, 2)?;
            w.close();
            return Ok(());
        }
        let value = w.get(ELEMENT, len - ELEMENT)?;
        title(w, kind, len, value)?;
        w.open();
        w.num(&TYPE, 0)?;
        w.num(&LEN, 2)?;
        w.within(len, |w| {
            w.skip(ELEMENT);
            element(w, kind)
        })?;
        w.close();
    }
    Ok(())
}

/// The line of an element: its value where that is short, else its name.
fn title(w: &mut Walk<'_, '_>, kind: u16, len: usize, value: &[u8]) -> Step {
    let name = name_of(TYPES, kind.into()).unwrap_or("Unknown");
    let text = written(|line| line.decoded(value));
    match kind {
        DEVICE_ID | PORT_ID | PLATFORM | VTP_DOMAIN => w.text(0, len, format_args!("{name}: {text}")),
        NATIVE_VLAN => w.text(0, len, format_args!("{name}: {}", value.u16(0).unwrap_or(0))),
        DUPLEX => {
            let duplex = if value.first().is_some_and(|b| *b != 0) { "Full" } else { "Half" };
            w.text(0, len, format_args!("{name}: {duplex}"))
        }
        _ => w.text(0, len, format_args!("{name}")),
    }
}

fn element(w: &mut Walk<'_, '_>, kind: u16) -> Step {
    let all = w.left();
    match kind {
        DEVICE_ID => w.up_to(&DEVICE, 0, all),
        PORT_ID => w.up_to(&PORT, 0, all),
        ADDRESSES | MANAGEMENT_ADDRESSES => addresses(w),
        CAPABILITIES => {
            w.num(&CAPABLE, 0)?;
            w.bits(&[&ROUTER, &BRIDGE, &SOURCE_BRIDGE, &SWITCH, &HOST, &IGMP, &REPEATER, &PHONE], 0, 4)
        }
        // Each line of the text is a value of its own.
        SOFTWARE => w
            .bytes
            .split(|b| *b == b'\n')
            .try_fold(0, |at, line| {
                w.value(&VERSION_TEXT, at, line.len(), Value::Text(line))?;
                Ok(at + line.len() + 1)
            })
            .map(drop),
        PLATFORM => w.up_to(&PLATFORM_NAME, 0, all),
        VTP_DOMAIN => w.up_to(&VTP, 0, all),
        NATIVE_VLAN => w.num(&VLAN, 0).map(drop),
        DUPLEX => w.num(&IS_DUPLEX, 0).map(drop),
        _ => w.up_to(&DATA, 0, all),
    }
}

fn addresses(w: &mut Walk<'_, '_>) -> Step {
    /// The network layer protocol ID of IP (ISO 9577).
    const IP: &[u8] = &[0xcc];
    let count = w.num(&ADDRESS_COUNT, 0)?;
    w.skip(4);
    for _ in 0..count {
        let protocol_len = usize::from(w.u8(1)?);
        let protocol = w.get(2, protocol_len)?;
        let len = usize::from(w.u16(2 + protocol_len)?);
        let at = 4 + protocol_len;
        w.text(0, at + len, format_args!("Address"))?;
        w.open();
        w.num(&PROTOCOL_TYPE, 0)?;
        w.num(&PROTOCOL_LENGTH, 1)?;
        w.up_to(&ADDRESS_PROTOCOL, 2, protocol_len)?;
        w.num(&ADDRESS_LENGTH, 2 + protocol_len)?;
        if protocol == IP && len == 4 {
            w.ipv4(&ADDRESS, at)?;
        }
        w.close();
        w.skip(at + len);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    fn message(body: &str) -> (String, String) {
        let body = format!("aaaa03 00000c 2000 {body}");
        let length = body.replace(' ', "").len() / 2;
        summary(LinkType::ETHERNET, &format!("01000ccccccc 020000000001 {length:04x} {body}"))
    }

    #[test]
    fn device_and_port_are_listed() {
        let (path, info) = message("02b40000 0001 0006 5231 0003 0007 476930 0009 0007 6c6162");
        assert_eq!((path.as_str(), info.as_str()), ("eth:llc:cdp", "Device ID: R1  Port ID: Gi0  "));
    }

    #[test]
    fn an_element_that_is_longer_than_its_message_is_an_error() {
        assert_eq!(message("02b40000 0001 0026 5231").1, " Malformed");
        assert_eq!(message("02b40000 0001 0002").1, "");
    }
}
