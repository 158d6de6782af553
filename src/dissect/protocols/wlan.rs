//! Wireless networks (`wlan`): management frames and data frames of IEEE 802.11; control frames are known by name
//! only. Its numbers are little-endian.

use super::radiotap;
use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Address, Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push};

const MANAGEMENT: u8 = 0;
const CONTROL: u8 = 1;
const DATA: u8 = 2;
/// Bits in the subtype of a data frame: a QoS control field follows; there is no data.
const QOS: u8 = 8;
const NO_DATA: u8 = 4;
/// Flags in the frame control field.
const TO_DS: u8 = 0x01;
const FROM_DS: u8 = 0x02;
const PROTECTED: u8 = 0x40;
const ORDER: u8 = 0x80;
/// The flag in the QoS control field that the payload is several frames (A-MSDU).
const AGGREGATE: u8 = 0x80;
/// Octets of the header up to the sequence control field, without a fourth address, QoS control and HT control.
const HEADER: usize = 24;

const BEACON: u8 = 8;
const PROBE_REQUEST: u8 = 4;
const PROBE_RESPONSE: u8 = 5;
/// Identifiers of elements.
const SSID: u8 = 0;
const CHANNEL: u8 = 3;

const MANAGEMENTS: Names = &[
    (0, "Association Request"),
    (1, "Association Response"),
    (2, "Reassociation Request"),
    (3, "Reassociation Response"),
    (PROBE_REQUEST as u64, "Probe Request"),
    (PROBE_RESPONSE as u64, "Probe Response"),
    (6, "Measurement Pilot"),
    (BEACON as u64, "Beacon frame"),
    (9, "ATIM"),
    (10, "Disassociate"),
    (11, "Authentication"),
    (12, "Deauthentication"),
    (13, "Action"),
    (14, "Action No Ack"),
];
const CONTROLS: Names = &[
    (4, "Beamforming Report Poll"),
    (7, "Control Wrapper"),
    (8, "802.11 Block Ack Req"),
    (9, "802.11 Block Ack"),
    (10, "Power-Save poll"),
    (11, "Request-to-send"),
    (12, "Clear-to-send"),
    (13, "Acknowledgement"),
    (14, "CF-End (Control-frame)"),
    (15, "CF-End + CF-Ack (Control-frame)"),
];
const DATAS: Names = &[
    (0, "Data"),
    (1, "Data + CF-Ack"),
    (2, "Data + CF-Poll"),
    (3, "Data + CF-Ack + CF-Poll"),
    (4, "Null function (No data)"),
    (5, "Acknowledgement (No data)"),
    (6, "CF-Poll (No data)"),
    (7, "CF-Ack/Poll (No data)"),
    (8, "QoS Data"),
    (9, "QoS Data + CF-Acknowledgment"),
    (10, "QoS Data + CF-Poll"),
    (11, "QoS Data + CF-Ack + CF-Poll"),
    (12, "QoS Null function (No data)"),
    (14, "QoS CF-Poll (No Data)"),
    (15, "QoS CF-Ack + CF-Poll (No data)"),
];
const TYPES: Names = &[
    (MANAGEMENT as u64, "Management frame"),
    (CONTROL as u64, "Control frame"),
    (DATA as u64, "Data frame"),
];

crate::fields! {
    TYPE_SUBTYPE = Field::new("wlan.fc.type_subtype", "Type/Subtype", Kind::Uint(16)).hex();
    TYPE = Field::new("wlan.fc.type", "Type", Kind::Uint(8)).mask(0x0c).names(TYPES);
    SUBTYPE = Field::new("wlan.fc.subtype", "Subtype", Kind::Uint(8)).mask(0xf0);
    IS_TO_DS = Field::new("wlan.fc.tods", "To DS", Kind::Bool).mask(TO_DS as u64);
    IS_FROM_DS = Field::new("wlan.fc.fromds", "From DS", Kind::Bool).mask(FROM_DS as u64);
    RETRY = Field::new("wlan.fc.retry", "Retry", Kind::Bool).mask(0x08);
    SLEEPS = Field::new("wlan.fc.pwrmgt", "PWR MGT", Kind::Bool).mask(0x10);
    IS_PROTECTED = Field::new("wlan.fc.protected", "Protected flag", Kind::Bool).mask(PROTECTED as u64);
    DURATION = Field::new("wlan.duration", "Duration", Kind::Uint(16));
    RECEIVER = Field::new("wlan.ra", "Receiver address", Kind::Mac);
    DESTINATION = Field::new("wlan.da", "Destination address", Kind::Mac);
    TRANSMITTER = Field::new("wlan.ta", "Transmitter address", Kind::Mac);
    SOURCE = Field::new("wlan.sa", "Source address", Kind::Mac);
    BSSID = Field::new("wlan.bssid", "BSS Id", Kind::Mac);
    ADDRESS = Field::new("wlan.addr", "Hardware address", Kind::Mac).hidden();
    FRAGMENT = Field::new("wlan.frag", "Fragment number", Kind::Uint(16));
    SEQUENCE = Field::new("wlan.seq", "Sequence number", Kind::Uint(16));
    INTERVAL = Field::new("wlan.fixed.beacon", "Beacon Interval", Kind::Uint(32));
    TAG = Field::new("wlan.tag.number", "Tag Number", Kind::Uint(8));
    TAG_LENGTH = Field::new("wlan.tag.length", "Tag length", Kind::Uint(32));
    NAME = Field::new("wlan.ssid", "SSID", Kind::Bytes);
    CURRENT_CHANNEL = Field::new("wlan.ds.current_channel", "Current Channel", Kind::Uint(8));
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, frame),
    addresses,
    summary,
    decode,
    link_types: &[105],
    ..Protocol::new("wlan", "802.11", "IEEE 802.11")
};

/// The frame control field.
#[derive(Clone, Copy)]
struct Control {
    kind: u8,
    subtype: u8,
    flags: u8,
}

impl Control {
    fn read(bytes: &[u8]) -> Option<Control> {
        let first = bytes.u8(0)?;
        Some(Control { kind: first >> 2 & 3, subtype: first >> 4, flags: bytes.u8(1)? })
    }

    fn name(self) -> &'static str {
        let names = match self.kind {
            MANAGEMENT => MANAGEMENTS,
            CONTROL => CONTROLS,
            DATA => DATAS,
            _ => &[],
        };
        name_of(names, self.subtype.into()).unwrap_or("Unrecognized (Reserved frame)")
    }

    /// Length of the header in octets.
    fn len(self) -> usize {
        let has = |flag| self.flags & flag != 0;
        let quality = self.kind == DATA && self.subtype & QOS != 0;
        match self.kind {
            // Acknowledgements and clear-to-send frames have only one address.
            CONTROL if matches!(self.subtype, 12 | 13) => 10,
            CONTROL => 16,
            _ => {
                let four = self.kind == DATA && has(TO_DS) && has(FROM_DS);
                let extended = has(ORDER) && (quality || self.kind == MANAGEMENT);
                HEADER + if four { 6 } else { 0 } + if quality { 2 } else { 0 } + if extended { 4 } else { 0 }
            }
        }
    }

    /// Offsets of the addresses of destination, source and network (BSSID). A frame between two networks has no
    /// BSSID.
    fn ends(self) -> (usize, usize, Option<usize>) {
        let data = self.kind == DATA;
        match (data && self.flags & TO_DS != 0, data && self.flags & FROM_DS != 0) {
            (false, false) => (4, 10, Some(16)),
            (true, false) => (16, 10, Some(4)),
            (false, true) => (4, 16, Some(10)),
            (true, true) => (16, 24, None),
        }
    }

    /// Octets of fixed fields before the elements of a management frame; `None` if it is encrypted or of another
    /// type.
    fn fixed(self) -> Option<usize> {
        (self.kind == MANAGEMENT && self.flags & PROTECTED == 0).then_some(())?;
        Some(match self.subtype {
            BEACON | PROBE_RESPONSE => 12,
            PROBE_REQUEST => 0,
            0 => 4,
            2 => 10,
            1 | 3 | 11 => 6,
            10 | 12 => 2,
            _ => return None,
        })
    }
}

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let Some(control) = Control::read(bytes).filter(|control| bytes.len() >= control.len()) else {
        return d.broken(Proto::Wlan, span);
    };
    if control.kind != DATA {
        return crate::dissect::reading::layer::whole(d, Proto::Wlan, span, frame);
    }
    let quality = control.subtype & QOS != 0;
    let last = if quality { bytes.u8(control.len() - 2).unwrap_or(0) } else { 0 };
    let Some(payload) = d.layer(Proto::Wlan, span, control.len() as u32) else { return Next::Done };
    let opaque = control.flags & PROTECTED != 0 || last & AGGREGATE != 0;
    match payload.len() {
        0 => Next::Done,
        _ if control.subtype & NO_DATA != 0 => Next::Done,
        _ if opaque => Next::Data(payload),
        _ => Next::Llc(payload),
    }
}

fn addresses(ctx: &Context<'_>, layer: &Layer) -> (Address, Address) {
    let bytes = ctx.layer_bytes(layer);
    let address = |at: usize| bytes.mac(at).map_or(Address::None, Address::Mac);
    match Control::read(bytes) {
        Some(Control { kind: CONTROL, subtype: 12 | 13, .. }) => (Address::None, address(4)),
        Some(Control { kind: CONTROL, .. }) => (address(10), address(4)),
        Some(control) => {
            let (destination, source, _) = control.ends();
            (address(source), address(destination))
        }
        None => (Address::None, Address::None),
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let Some(control) = Control::read(bytes) else { return };
    out.text(control.name());
    if control.kind != CONTROL {
        let sequence = bytes.u16_le(22).unwrap_or(0);
        out.text(", SN=");
        out.num(sequence >> 4);
        out.text(", FN=");
        out.num(sequence & 15);
    }
    out.text(", Flags=");
    for (bit, letter) in (0..8).rev().zip("opmPRMFT".chars()) {
        out.extend_from_slice(
            if control.flags >> bit & 1 != 0 { letter } else { '.' }.encode_utf8(&mut [0; 4]).as_bytes(),
        );
    }
    let radio = ctx.layers.before(layer).last().filter(|l| l.proto == Proto::Radiotap);
    out.text(if radio.is_some_and(|radio| radiotap::has_fcs(ctx.layer_bytes(radio))) { "C" } else { "" });
    let Some(body) = bytes.get(control.len()..) else { return };
    if matches!(control.subtype, BEACON | PROBE_RESPONSE)
        && control.kind == MANAGEMENT
        && let Some(interval) = body.u16_le(8)
    {
        out.text(", BI=");
        out.num(interval);
    }
    let elements = control.fixed().and_then(|fixed| body.get(fixed..)).unwrap_or(&[]);
    if let [SSID, len, rest @ ..] = elements
        && let Some(name) = rest.get(..usize::from(*len))
    {
        out.text(", SSID=");
        write_name(name, out);
    }
}

/// Appends the name of a network. An empty name asks for all networks, or belongs to a hidden one.
fn write_name(name: &[u8], out: &mut Line) {
    if name.is_empty() {
        return out.text("Wildcard (Broadcast)");
    }
    out.text("\"");
    out.decoded(name);
    out.text("\"");
}

fn frame(w: &mut Walk<'_, '_>) -> Step {
    let control = Control::read(w.bytes).ok_or(End::Short)?;
    let kind = u64::from(control.kind) << 4 | u64::from(control.subtype);
    let line = format_args!("Type/Subtype: {} (0x{kind:04x})", control.name());
    w.line(&TYPE_SUBTYPE, 0, 2, Value::Uint(kind), line)?;
    w.text(0, 2, format_args!("Frame Control Field"))?;
    w.open();
    w.num(&TYPE, 0)?;
    w.num(&SUBTYPE, 0)?;
    for field in [&IS_TO_DS, &IS_FROM_DS, &RETRY, &SLEEPS, &IS_PROTECTED] {
        w.num(field, 1)?;
    }
    w.close();
    w.num_le(&DURATION, 2, 2)?;
    w.mac(&RECEIVER, 4)?;
    address(w, 4)?;
    if control.kind == CONTROL {
        w.get(0, control.len())?;
        if control.len() > 10 {
            w.mac(&TRANSMITTER, 10)?;
            address(w, 10)?;
        }
        return Ok(());
    }
    let (destination, source, network) = control.ends();
    w.mac(&TRANSMITTER, 10)?;
    address(w, 10)?;
    w.mac(&DESTINATION, destination)?;
    w.mac(&SOURCE, source)?;
    if let Some(network) = network {
        w.mac(&BSSID, network)?;
    }
    address(w, 16)?;
    if network.is_none() {
        address(w, 24)?;
    }
    let sequence = w.bytes.u16_le(22).ok_or(End::Short)?;
    w.value(&FRAGMENT, 22, 2, Value::Uint((sequence & 15).into()))?;
    w.value(&SEQUENCE, 22, 2, Value::Uint((sequence >> 4).into()))?;
    w.get(0, control.len())?;
    w.skip(control.len());
    management(w, control)
}

/// Visits an address as `wlan.addr`, too, so that filters find it in any role.
fn address(w: &mut Walk<'_, '_>, at: usize) -> Step {
    let address = w.bytes.mac(at).ok_or(End::Short)?;
    w.unseen(&ADDRESS, at, 6, Value::Mac(address))
}

/// Visits a management frame: its fixed fields and its elements.
fn management(w: &mut Walk<'_, '_>, control: Control) -> Step {
    let Some(fixed) = control.fixed() else { return Ok(()) };
    if fixed == 12 {
        w.num_le(&INTERVAL, 8, 2)?;
    }
    w.get(0, fixed)?;
    w.skip(fixed);
    while w.left() > 0 {
        let (kind, len) = (w.u8(0)?, usize::from(w.u8(1)?));
        w.get(2, len)?;
        w.group(2 + len, format_args!("Tag: {kind}"))?;
        w.num(&TAG, 0)?;
        w.uint(&TAG_LENGTH, 1, 1)?;
        match kind {
            SSID if len > 0 => w.bytes(&NAME, 2, len)?,
            CHANNEL if len == 1 => w.num(&CURRENT_CHANNEL, 2).map(drop)?,
            _ => {}
        }
        w.close();
        w.skip(2 + len);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::summary;
    use crate::frame::LinkType;

    #[test]
    fn a_beacon_names_its_network() {
        let beacon =
            "80000000 ffffffffffff 0011223344aa 0011223344aa 1000 0000000000000000 6400 3104 00036c6162";
        let expected =
            ("wlan".into(), "Beacon frame, SN=1, FN=0, Flags=........, BI=100, SSID=\"lab\"".into());
        assert_eq!(summary(LinkType::IEEE802_11, beacon), expected);
        let cut_short = "80000000 ffffffffffff 0011223344aa 0011223344aa 1000 00000000";
        assert_eq!(
            summary(LinkType::IEEE802_11, cut_short).1,
            "Beacon frame, SN=1, FN=0, Flags=........ Malformed"
        );
    }

    #[test]
    fn data_lead_to_what_is_inside_unless_they_are_protected() {
        let inner = "aaaa03 000000 888e 01010000";
        let open = format!("88020000 0a0027000001 0011223344aa 0011223344aa 5000 0000 {inner}");
        assert_eq!(summary(LinkType::IEEE802_11, &open).0, "wlan:llc:eapol");
        let protected = format!("88420000 0a0027000001 0011223344aa 0011223344aa 5000 0000 {inner}");
        let (path, _) = summary(LinkType::IEEE802_11, &protected);
        assert_eq!(path, "wlan:data");
        let nothing = "48110000 0011223344aa 0a0027000001 ffffffffffff 5000";
        assert_eq!(
            summary(LinkType::IEEE802_11, nothing).1,
            "Null function (No data), SN=5, FN=0, Flags=...P...T"
        );
    }
}
