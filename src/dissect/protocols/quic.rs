//! QUIC (`quic`): the headers, which are all that is readable without keys (RFC 9000, RFC 8999, RFC 9369).

use crate::dissect::reading::layer::{show_all, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::{Hex, Line, Push};

crate::fields! {
    PACKET_LENGTH = Field::new("quic.packet_length", "Packet Length", Kind::Uint(32)).generated();
    HEADER_FORM = Field::new("quic.header_form", "Header Form", Kind::Uint(8)).mask(0x80).names(&[(0, "Short Header"), (1, "Long Header")]);
    FIXED_BIT = Field::new("quic.fixed_bit", "Fixed Bit", Kind::Bool).mask(0x40);
    SPIN_BIT = Field::new("quic.spin_bit", "Spin Bit", Kind::Bool).mask(0x20);
    LONG_PACKET_TYPE = Field::new("quic.long.packet_type", "Packet Type", Kind::Uint(8)).mask(0x30).names(TYPES);
    LONG_PACKET_TYPE_V2 = Field::new("quic.long.packet_type_v2", "Packet Type", Kind::Uint(8)).mask(0x30).names(TYPES_V2);
    VERSION = Field::new("quic.version", "Version", Kind::Uint(32)).hex().names(VERSIONS);
    DCIL = Field::new("quic.dcil", "Destination Connection ID Length", Kind::Uint(8));
    DCID = Field::new("quic.dcid", "Destination Connection ID", Kind::Bytes);
    SCIL = Field::new("quic.scil", "Source Connection ID Length", Kind::Uint(8));
    SCID = Field::new("quic.scid", "Source Connection ID", Kind::Bytes);
    TOKEN_LENGTH = Field::new("quic.token_length", "Token Length", Kind::Uint(64));
    TOKEN = Field::new("quic.token", "Token", Kind::Bytes);
    LENGTH = Field::new("quic.length", "Length", Kind::Uint(64));
    SUPPORTED_VERSION = Field::new("quic.supported_version", "Supported Version", Kind::Uint(32)).hex().names(VERSIONS);
    RETRY_TOKEN = Field::new("quic.retry_token", "Retry Token", Kind::Bytes);
    RETRY_INTEGRITY_TAG = Field::new("quic.retry_integrity_tag", "Retry Integrity Tag", Kind::Bytes);
    REMAINING_PAYLOAD = Field::new("quic.remaining_payload", "Remaining Payload", Kind::Bytes);
}

const TYPES: Names = &[(0, "Initial"), (1, "0-RTT"), (2, "Handshake"), (3, "Retry")];
const TYPES_V2: Names = &[(0, "Retry"), (1, "Initial"), (2, "0-RTT"), (3, "Handshake")];

const VERSION_2: u32 = 0x6b33_43cf;
const VERSIONS: Names = &[(0, "Version Negotiation"), (1, "1"), (VERSION_2 as u64, "2")];

/// Longest connection ID of the versions above (RFC 9000, section 17.2).
const MAX_CONNECTION_ID: usize = 20;

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    decode,
    recognise: Some(recognise),
    ..Protocol::new("quic", "QUIC", "QUIC IETF")
};

/// What the first header of a datagram says of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header<'a> {
    /// The ID by which its sender wants to be called.
    Long { source: &'a [u8] },
    /// Nothing that can be read without knowing the connection.
    Short,
}

/// The first header of a datagram, as far as it is there.
pub(crate) fn first_header(bytes: &[u8]) -> Option<Header<'_>> {
    let packet = Packet::read(bytes, 0)?;
    Some(if packet.long { Header::Long { source: packet.scid } } else { Header::Short })
}

/// Whether a datagram between ports that name nothing is QUIC: on the port of HTTPS a short header will do, until the
/// conversation is known.
fn recognise(bytes: &[u8], from: u16, to: u16) -> bool {
    looks_like(bytes) || (from == 443 || to == 443) && may_be(bytes)
}

/// Whether a datagram begins with a long header of a version that is known, or of one still being drafted.
pub(in crate::dissect) fn looks_like(bytes: &[u8]) -> bool {
    match Packet::read(bytes, 0) {
        Some(packet) if packet.long => {
            let known = matches!(packet.version, 1 | VERSION_2) || packet.version >> 8 == 0xff_0000;
            let initial = packet.kind() == "Initial" && bytes.len() >= 1200;
            known && (initial || packet.kind() != "Initial" && packet.len.is_some())
        }
        _ => false,
    }
}

/// Whether a datagram on QUIC's own port may be one: a long header that is whole, of whatever version, or a short one.
pub(in crate::dissect) fn may_be(bytes: &[u8]) -> bool {
    match Packet::read(bytes, 0) {
        Some(packet) if packet.long => packet.len.is_some_and(|len| len <= bytes.len()),
        Some(_) => bytes.len() > MAX_CONNECTION_ID,
        None => false,
    }
}

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    whole(d, Proto::Quic, span, |w| datagram(w, 0))
}

/// The readable part of one packet's header.
struct Packet<'a> {
    long: bool,
    first: u8,
    version: u32,
    dcid: &'a [u8],
    scid: &'a [u8],
    /// Offset of what follows the connection IDs.
    after: usize,
    /// Length of the packet, where the header says it.
    len: Option<usize>,
}

impl<'a> Packet<'a> {
    /// Reads the header of a packet; `id` is the length of the connection ID of a short one.
    fn read(bytes: &'a [u8], id: usize) -> Option<Packet<'a>> {
        let first = bytes.u8(0)?;
        if first & 0x80 == 0 {
            let len = Some(bytes.len());
            let dcid = bytes.get(1..1 + id).unwrap_or(&[]);
            let after = 1 + dcid.len();
            return Some(Packet { long: false, first, version: 0, dcid, scid: &[], after, len });
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
        let mut packet = Packet { long: true, first, version, dcid, scid, after, len: None };
        packet.len = packet.find_len(bytes);
        Some(packet)
    }

    fn find_len(&self, bytes: &[u8]) -> Option<usize> {
        let mut at = self.after;
        match self.kind() {
            "Retry" | "Version Negotiation" => return Some(bytes.len()),
            "Initial" => {
                let (token, used) = number(bytes, at)?;
                at = at.checked_add(used)?.checked_add(usize::try_from(token).ok()?)?;
            }
            _ => {}
        }
        let (len, used) = number(bytes, at)?;
        at.checked_add(used)?.checked_add(usize::try_from(len).ok()?)
    }

    fn kind(&self) -> &'static str {
        let ty = u64::from(self.first >> 4 & 3);
        match (self.long, self.version) {
            (false, _) => "Protected Payload (KP0)",
            (_, 0) => "Version Negotiation",
            (_, VERSION_2) => name_of(TYPES_V2, ty).unwrap_or(""),
            _ => name_of(TYPES, ty).unwrap_or(""),
        }
    }
}

/// A number of variable length (RFC 9000, section 16) and how many octets it took.
fn number(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let first = *bytes.get(at)?;
    let len = 1usize << (first >> 6);
    let octets = bytes.get(at..at.checked_add(len)?)?;
    let value = octets.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
    Some((value & (u64::MAX >> (66 - 8 * len as u32)), len))
}

/// The list shows the last packet of a datagram: a server's Handshake, say, behind its Initial.
fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    use std::io::Write as _;
    let (mut bytes, id) = (ctx.layer_bytes(layer), short_id(ctx));
    let Some(mut last) = Packet::read(bytes, id) else { return };
    while let Some(rest) = last.len.filter(|len| *len > 0).and_then(|len| bytes.get(len..)) {
        bytes = rest;
        match Packet::read(bytes, id) {
            // Padding behind the last packet is none.
            Some(packet) if packet.first & 0xc0 != 0 => last = packet,
            _ => break,
        }
    }
    out.text(last.kind());
    // Writing to a vector cannot fail.
    if !last.dcid.is_empty() {
        let _ = write!(out, ", DCID={}", Hex::plain(last.dcid));
    }
    if !last.scid.is_empty() {
        let _ = write!(out, ", SCID={}", Hex::plain(last.scid));
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show_all(ctx, layer, v, |w| datagram(w, short_id(ctx)))
}

/// How long the connection IDs of short headers are.
fn short_id(ctx: &Context<'_>) -> usize {
    ctx.facts.quic.map_or(0, usize::from)
}

/// Visits the packets of a datagram, whose short headers have connection IDs of `id` bytes.
fn datagram(w: &mut Walk<'_, '_>, id: usize) -> Step {
    let mut first = true;
    while !w.bytes.is_empty() {
        let packet = Packet::read(w.bytes, id).ok_or(End::Short)?;
        if packet.first & 0xc0 == 0 && !first {
            return Ok(());
        }
        first = false;
        let len = packet.len.filter(|len| *len <= w.bytes.len()).ok_or(End::Short)?;
        let bytes = w.get(0, len)?;
        w.line(&PROTOCOL.field, 0, len, Value::Bytes(bytes), format_args!("QUIC IETF"))?;
        w.open();
        w.value(&PACKET_LENGTH, 0, len, Value::Uint(len as u64))?;
        header(w, &packet, len)?;
        w.close();
        w.skip(len);
    }
    Ok(())
}

fn header(w: &mut Walk<'_, '_>, packet: &Packet<'_>, len: usize) -> Step {
    w.num(&HEADER_FORM, 0)?;
    if !packet.long {
        w.num(&FIXED_BIT, 0)?;
        w.num(&SPIN_BIT, 0)?;
        if !packet.dcid.is_empty() {
            w.bytes(&DCID, 1, packet.dcid.len())?;
        }
        return w.bytes(&REMAINING_PAYLOAD, packet.after, len.saturating_sub(packet.after));
    }
    if packet.version != 0 {
        w.num(&FIXED_BIT, 0)?;
        w.num(if packet.version == VERSION_2 { &LONG_PACKET_TYPE_V2 } else { &LONG_PACKET_TYPE }, 0)?;
    }
    w.num(&VERSION, 1)?;
    w.num(&DCIL, 5)?;
    if !packet.dcid.is_empty() {
        w.bytes(&DCID, 6, packet.dcid.len())?;
    }
    let scil = 6 + packet.dcid.len();
    w.num(&SCIL, scil)?;
    if !packet.scid.is_empty() {
        w.bytes(&SCID, scil + 1, packet.scid.len())?;
    }
    let mut at = packet.after;
    match packet.kind() {
        "Version Negotiation" => {
            return (at..len).step_by(4).try_for_each(|at| w.num(&SUPPORTED_VERSION, at).map(|_| ()));
        }
        "Retry" => {
            let token = len.checked_sub(at + 16).ok_or(End::Short)?;
            w.bytes(&RETRY_TOKEN, at, token)?;
            return w.bytes(&RETRY_INTEGRITY_TAG, at + token, 16);
        }
        "Initial" => {
            let (token, used) = number(w.bytes, at).ok_or(End::Short)?;
            w.value(&TOKEN_LENGTH, at, used, Value::Uint(token))?;
            at += used;
            if token > 0 {
                w.bytes(&TOKEN, at, token as usize)?;
                at += token as usize;
            }
        }
        _ => {}
    }
    let (value, used) = number(w.bytes, at).ok_or(End::Short)?;
    w.value(&LENGTH, at, used, Value::Uint(value))?;
    w.bytes(&REMAINING_PAYLOAD, at + used, len.checked_sub(at + used).ok_or(End::Short)?)
}
