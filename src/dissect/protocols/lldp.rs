//! Link Layer Discovery Protocol (`lldp`, IEEE 802.1AB): a switch announces itself, and the port to which a cable
//! leads.

use crate::dissect::reading::layer::{show_all, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::{Line, Push, written};

const END: u8 = 0;
const CHASSIS: u8 = 1;
const PORT: u8 = 2;
const TIME_TO_LIVE: u8 = 3;
const PORT_DESCRIPTION: u8 = 4;
const SYSTEM_NAME: u8 = 5;
const SYSTEM_DESCRIPTION: u8 = 6;

const TYPES: Names = &[
    (0, "End of LLDPDU"),
    (1, "Chassis Id"),
    (2, "Port Id"),
    (3, "Time to Live"),
    (4, "Port Description"),
    (5, "System Name"),
    (6, "System Description"),
    (7, "System Capabilities"),
    (8, "Management Address"),
    (127, "Organization Specific"),
];
const CHASSIS_TYPES: Names = &[
    (0, "Reserved"),
    (1, "Chassis component"),
    (2, "Interface alias"),
    (3, "Port component"),
    (4, "MAC address"),
    (5, "Network address"),
    (6, "Interface name"),
    (7, "Locally assigned"),
];
const PORT_TYPES: Names = &[
    (0, "Reserved"),
    (1, "Interface alias"),
    (2, "Port component"),
    (3, "MAC address"),
    (4, "Network address"),
    (5, "Interface name"),
    (6, "Agent circuit Id"),
    (7, "Locally assigned"),
];

crate::fields! {
    TYPE = Field::new("lldp.tlv.type", "TLV Type", Kind::Uint(16)).mask(0xfe00).names(TYPES);
    LEN = Field::new("lldp.tlv.len", "TLV Length", Kind::Uint(16)).mask(0x01ff);
    CHASSIS_TYPE = Field::new("lldp.chassis.subtype", "Chassis Id Subtype", Kind::Uint(8)).names(CHASSIS_TYPES);
    CHASSIS_ID = Field::new("lldp.chassis.id", "Chassis Id", Kind::Bytes);
    CHASSIS_MAC = Field::new("lldp.chassis.id.mac", "Chassis Id", Kind::Mac);
    PORT_TYPE = Field::new("lldp.port.subtype", "Port Id Subtype", Kind::Uint(8)).names(PORT_TYPES);
    PORT_ID = Field::new("lldp.port.id", "Port Id", Kind::Text);
    PORT_MAC = Field::new("lldp.port.id.mac", "Port Id", Kind::Mac);
    TTL = Field::new("lldp.time_to_live", "Seconds", Kind::Uint(16));
    DESCRIPTION = Field::new("lldp.port.desc", "Port Description", Kind::Text);
    NAME = Field::new("lldp.tlv.system.name", "System Name", Kind::Text);
    SYSTEM = Field::new("lldp.tlv.system.desc", "System Description", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    decode: |d: &mut Decoder<'_, '_>, span: Span| {
        if span.len() == 0 {
            return d.broken(Proto::Lldp, Span { end: span.end + 1, ..span });
        }
        whole(d, Proto::Lldp, span, message)
    },
    ether_types: &[0x88cc],
    ..Protocol::new("lldp", "LLDP", "Link Layer Discovery Protocol")
};

/// An iterator over the elements of a message: offset, type and value of each, up to and including its end element.
struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = (usize, u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (at, head) = (self.at, self.bytes.u16(self.at)?);
        let value = self.bytes.get(at + 2..at + 2 + usize::from(head & 0x1ff))?;
        let kind = (head >> 9) as u8;
        self.at = if kind == END { self.bytes.len() } else { at + 2 + value.len() };
        Some((at, kind, value))
    }
}

/// Appends an identifier as text: a MAC address, or the device's own name.
fn write_id(subtype: u8, mac_type: u8, id: &[u8], out: &mut Line) {
    match (subtype == mac_type, id.mac(0)) {
        (true, Some(mac)) => out.mac(mac),
        _ => out.decoded(id),
    }
}

/// The abbreviation for a kind of identifier in the list.
fn short(kind: u8, subtype: u8) -> &'static str {
    match (kind, subtype) {
        (CHASSIS, 4) | (PORT, 3) => "MA/",
        (CHASSIS, 6) | (PORT, 5) => "IN/",
        (CHASSIS, 2) | (PORT, 1) => "IA/",
        (_, 7) => "LA/",
        (CHASSIS, 5) | (PORT, 4) => "NA/",
        (CHASSIS, 1) => "CC/",
        (CHASSIS, 3) | (PORT, 2) => "PC/",
        (PORT, 6) => "CI/",
        _ => "",
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    for (_, kind, value) in (Elements { bytes: ctx.layer_bytes(layer), at: 0 }) {
        match (kind, value) {
            (CHASSIS | PORT, [subtype, id @ ..]) => {
                out.text(short(kind, *subtype));
                write_id(*subtype, if kind == CHASSIS { 4 } else { 3 }, id, out);
            }
            (TIME_TO_LIVE, _) => out.num(value.u16(0).unwrap_or(0)),
            (SYSTEM_NAME | SYSTEM_DESCRIPTION, _) => {
                out.text(if kind == SYSTEM_NAME { "SysN=" } else { "SysD=" });
                out.decoded(value);
            }
            _ => continue,
        }
        out.text(" ");
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show_all(ctx, layer, v, message)
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    let bytes = w.bytes;
    w.value(&PROTOCOL.field, 0, bytes.len(), Value::Bytes(bytes))?;
    w.open();
    let mut elements = Elements { bytes, at: 0 };
    for (at, kind, value) in &mut elements {
        element(w, at, kind, value)?;
    }
    // The last element must be there in full.
    w.get(elements.at, 0).map(|_| ())?;
    if elements.at < bytes.len() { Err(End::Short) } else { Ok(()) }
}

fn element(w: &mut Walk<'_, '_>, at: usize, kind: u8, value: &[u8]) -> Step {
    let subtype = value.first().copied().unwrap_or(0);
    let id = value.get(1..).unwrap_or(&[]);
    let text = |mac_type| written(|line| write_id(subtype, mac_type, id, line));
    let len = value.len() + 2;
    match kind {
        CHASSIS => {
            let name = name_of(CHASSIS_TYPES, subtype.into()).unwrap_or("Reserved");
            w.text(at, len, format_args!("Chassis Subtype = {name}, Id: {}", text(4)))?;
        }
        PORT => {
            let name = name_of(PORT_TYPES, subtype.into()).unwrap_or("Reserved");
            w.text(at, len, format_args!("Port Subtype = {name}, Id: {}", text(3)))?;
        }
        TIME_TO_LIVE => w.text(at, len, format_args!("Time To Live = {} sec", value.u16(0).unwrap_or(0)))?,
        PORT_DESCRIPTION | SYSTEM_NAME | SYSTEM_DESCRIPTION => {
            let name = name_of(TYPES, kind.into()).unwrap_or("");
            let shown = written(|line| line.decoded(value));
            w.text(at, len, format_args!("{name} = {shown}"))?;
        }
        _ => w.text(at, len, format_args!("{}", name_of(TYPES, kind.into()).unwrap_or("Reserved")))?,
    }
    w.open();
    w.num(&TYPE, at)?;
    w.num(&LEN, at)?;
    match kind {
        CHASSIS | PORT => {
            let [sub, plain, mac] = match kind {
                CHASSIS => [&CHASSIS_TYPE, &CHASSIS_ID, &CHASSIS_MAC],
                _ => [&PORT_TYPE, &PORT_ID, &PORT_MAC],
            };
            w.num(sub, at + 2)?;
            let is_mac = subtype == if kind == CHASSIS { 4 } else { 3 };
            match id.mac(0).filter(|_| is_mac) {
                Some(address) => w.value(mac, at + 3, 6, Value::Mac(address))?,
                None if plain.kind == Kind::Text => w.value(plain, at + 3, id.len(), Value::Text(id))?,
                None => w.value(plain, at + 3, id.len(), Value::Bytes(id))?,
            }
        }
        TIME_TO_LIVE if value.len() >= 2 => w.num(&TTL, at + 2).map(|_| ())?,
        PORT_DESCRIPTION => w.value(&DESCRIPTION, at + 2, value.len(), Value::Text(value))?,
        SYSTEM_NAME => w.value(&NAME, at + 2, value.len(), Value::Text(value))?,
        SYSTEM_DESCRIPTION => w.value(&SYSTEM, at + 2, value.len(), Value::Text(value))?,
        _ => {}
    }
    w.close();
    Ok(())
}
