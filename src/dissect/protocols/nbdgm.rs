//! NetBIOS Datagram Service (`nbdgm`): RFC 1002, section 4.4.

use super::nbns::NetbiosName;
use super::smb;
use crate::dissect::reading::layer::{show, unseen};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push};

const DIRECT_UNIQUE: u8 = 16;
const BROADCAST: u8 = 18;
const ERROR: u8 = 19;
/// Octets before the names.
const HEADER: usize = 14;
/// Octets of an encoded name, with its length in front and its final zero.
const NAME: usize = 34;

const TYPES: Names = &[
    (DIRECT_UNIQUE as u64, "Direct_unique datagram"),
    (17, "Direct_group datagram"),
    (BROADCAST as u64, "Broadcast datagram"),
    (ERROR as u64, "Datagram error"),
    (20, "Datagram query request"),
    (21, "Datagram positive query response"),
    (22, "Datagram negative query response"),
];
const NODES: Names = &[(0, "B node"), (1, "P node"), (2, "M node"), (3, "NBDD")];
const YES: Names = &[(0, "No"), (1, "Yes")];

crate::fields! {
    TYPE = Field::new("nbdgm.type", "Message Type", Kind::Uint(8)).names(TYPES);
    FLAGS = Field::new("nbdgm.flags", "Flags", Kind::Uint(8)).hex();
    MORE = Field::new("nbdgm.next", "More fragments follow", Kind::Bool).mask(0x01).names(YES);
    FIRST = Field::new("nbdgm.first", "This is first fragment", Kind::Bool).mask(0x02).names(YES);
    NODE = Field::new("nbdgm.node_type", "Node Type", Kind::Uint(8)).mask(0x0c).names(NODES);
    ID = Field::new("nbdgm.dgram_id", "Datagram ID", Kind::Uint(16)).hex();
    SOURCE = Field::new("nbdgm.src.ip", "Source IP", Kind::Ipv4);
    PORT = Field::new("nbdgm.src.port", "Source Port", Kind::Uint(16));
    LENGTH = Field::new("nbdgm.dgram_len", "Datagram length", Kind::Uint(16));
    OFFSET = Field::new("nbdgm.pkt_offset", "Packet offset", Kind::Uint(16));
    SOURCE_NAME = Field::new("nbdgm.source_name", "Source name", Kind::Text);
    DESTINATION_NAME = Field::new("nbdgm.destination_name", "Destination name", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, |w| message(w).map(drop)),
    summary,
    decode,
    udp_ports: &[138],
    ..Protocol::new("nbdgm", "NBDS", "NetBIOS Datagram Service")
};

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let Ok(header) = unseen(bytes, message) else { return d.broken(Proto::Nbdgm, span) };
    let Some(payload) = d.layer(Proto::Nbdgm, span, header as u32) else { return Next::Done };
    if payload.len() > 0 {
        smb::decode_first(d, payload);
    }
    Next::Done
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let Some(kind) = ctx.layer_bytes(layer).u8(0) else { return };
    out.text(name_of(TYPES, kind.into()).unwrap_or("Unknown message type"));
}

/// Visits the header, and returns how many octets it takes.
fn message(w: &mut Walk<'_, '_>) -> Step<usize> {
    let kind = w.num(&TYPE, 0)? as u8;
    w.num(&FLAGS, 1)?;
    w.bits(&[&MORE, &FIRST, &NODE], 1, 1)?;
    w.num(&ID, 2)?;
    w.ipv4(&SOURCE, 4)?;
    w.num(&PORT, 8)?;
    if !(DIRECT_UNIQUE..=BROADCAST).contains(&kind) {
        return Ok(w.left());
    }
    w.num(&LENGTH, 10)?;
    w.num(&OFFSET, 12)?;
    for (field, at) in [(&SOURCE_NAME, HEADER), (&DESTINATION_NAME, HEADER + NAME)] {
        let name = NetbiosName::read(w.bytes, at)?;
        let (text, service) = (name.to_string(), name.service().unwrap_or("Unknown"));
        let line = format_args!("{}: {text} ({service})", field.label);
        w.line(field, at, NAME, Value::Text(text.as_bytes()), line)?;
    }
    w.get(0, HEADER + 2 * NAME)?;
    Ok(HEADER + 2 * NAME)
}
