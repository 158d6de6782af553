//! QUIC (`quic`): the headers, and Initial packets, whose keys any observer can derive. The payload of all other
//! packets is encrypted (RFC 9000, RFC 8999, RFC 9001, RFC 9369).

mod frames;
mod initial;

pub(crate) use frames::{Crypto, Frame};
pub(crate) use initial::Secrets;

use crate::dissect::facts::InitialFacts;
use crate::dissect::reading::layer::{show_all, unseen, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{End, Step, Walk, step};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Repeat, Span, Visited, join};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::{Hex, Line, Push};

crate::fields! {
    PACKET_LENGTH = Field::new("quic.packet_length", "Packet Length", Kind::Uint(32)).generated();
    HEADER_FORM = Field::new("quic.header_form", "Header Form", Kind::Uint(8)).mask(0x80).names(&[(0, "Short Header"), (1, "Long Header")]);
    FIXED_BIT = Field::new("quic.fixed_bit", "Fixed Bit", Kind::Bool).mask(0x40);
    SPIN_BIT = Field::new("quic.spin_bit", "Spin Bit", Kind::Bool).mask(0x20);
    LONG_PACKET_TYPE = Field::new("quic.long.packet_type", "Packet Type", Kind::Uint(8)).mask(0x30).names(TYPES);
    LONG_PACKET_TYPE_V2 = Field::new("quic.long.packet_type_v2", "Packet Type", Kind::Uint(8)).mask(0x30).names(TYPES_V2);
    RESERVED = Field::new("quic.long.reserved", "Reserved", Kind::Uint(8)).mask(0x0c);
    NUMBER_LENGTH = Field::new("quic.packet_number_length", "Packet Number Length", Kind::Uint(8)).mask(0x03).names(NUMBER_LENGTHS);
    NUMBER = Field::new("quic.packet_number", "Packet Number", Kind::Uint(64));
    PAYLOAD = Field::new("quic.payload", "Payload", Kind::Bytes);
    CONNECTION = Field::new("quic.connection.number", "Connection Number", Kind::Uint(32)).generated();
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
    SHORT = Field::new("quic.short", "QUIC Short Header", Kind::Label);
    UNKNOWN = Field::new("quic.connection.unknown", "Unknown QUIC connection. Missing Initial Packet or migrated connection?", Kind::Label);
    UNDECRYPTED = Field::new("quic.decryption_failed", "Failed to decrypt handshake", Kind::Label);
}

const TYPES: Names = &[(0, "Initial"), (1, "0-RTT"), (2, "Handshake"), (3, "Retry")];
const TYPES_V2: Names = &[(0, "Retry"), (1, "Initial"), (2, "0-RTT"), (3, "Handshake")];

const NUMBER_LENGTHS: Names = &[(0, "1 bytes"), (1, "2 bytes"), (2, "3 bytes"), (3, "4 bytes")];

static ALL_FIELDS: [&Field; FIELDS.len() + frames::FIELDS.len()] = join(FIELDS, frames::FIELDS);

const VERSION_2: u32 = 0x6b33_43cf;
const VERSIONS: Names = &[(0, "Version Negotiation"), (1, "1"), (VERSION_2 as u64, "2")];

/// The longest connection ID of the versions above, in bytes (RFC 9000, section 17.2).
const MAX_CONNECTION_ID: usize = 20;

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: &ALL_FIELDS,
    visit,
    summary,
    decode,
    recognise: Some(recognise),
    ..Protocol::new("quic", "QUIC", "QUIC IETF")
};

/// Whether a version is one of the drafts of version 1.
fn is_draft(version: u32) -> bool {
    version >> 8 == 0xff_0000
}

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

/// Whether a datagram between ports that name no protocol is QUIC. It needs a long header of a known version; on port
/// 443 a short header is enough, until the conversation decides.
fn recognise(bytes: &[u8], from: u16, to: u16) -> bool {
    looks_like(bytes) || (from == 443 || to == 443) && may_be(bytes)
}

/// Whether a datagram begins with a long header of a known version or of a draft.
pub(in crate::dissect) fn looks_like(bytes: &[u8]) -> bool {
    match Packet::read(bytes, 0) {
        Some(packet) if packet.long => {
            let known = matches!(packet.version, 1 | VERSION_2) || is_draft(packet.version);
            let initial = packet.name() == "Initial" && bytes.len() >= 1200;
            known && (initial || packet.name() != "Initial" && packet.len.is_some())
        }
        _ => false,
    }
}

/// Whether a datagram on port 443 may be QUIC: it has a complete long header of any version, or a short header.
pub(in crate::dissect) fn may_be(bytes: &[u8]) -> bool {
    match Packet::read(bytes, 0) {
        Some(packet) if packet.long => packet.len.is_some_and(|len| len <= bytes.len()),
        Some(_) => bytes.len() > MAX_CONNECTION_ID,
        None => false,
    }
}

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    whole(d, Proto::Quic, span, |w| datagram(w, &Known::default()))
}

/// The part of a packet's header that is not encrypted.
pub(crate) struct Packet<'a> {
    long: bool,
    first: u8,
    /// The version; 0 in a short header.
    pub(crate) version: u32,
    /// The connection ID of the receiver.
    pub(crate) dcid: &'a [u8],
    /// The connection ID of the sender.
    pub(crate) scid: &'a [u8],
    /// Offset of the first byte after the connection IDs.
    after: usize,
    /// Offset of the packet number; `None` where the header does not say it.
    pub(crate) number: Option<usize>,
    /// Length of the packet in bytes; `None` where the header does not say it.
    len: Option<usize>,
}

impl<'a> Packet<'a> {
    /// Reads the header of a packet; `id` is the length of the connection ID in a short header.
    fn read(bytes: &'a [u8], id: usize) -> Option<Packet<'a>> {
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

    fn name(&self) -> &'static str {
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
fn number(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let first = *bytes.get(at)?;
    let len = 1usize << (first >> 6);
    let octets = bytes.get(at..at.checked_add(len)?)?;
    let value = octets.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
    Some((value & (u64::MAX >> (66 - 8 * len as u32)), len))
}

/// The packets of a datagram, each with its bytes; `id` is the length of the connection ID in a short header.
pub(crate) fn packets(datagram: &[u8], id: usize) -> impl Iterator<Item = (Packet<'_>, &[u8])> {
    let (mut rest, mut first) = (Some(datagram).filter(|bytes| !bytes.is_empty()), true);
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let packet = Packet::read(bytes, id)?;
        // A packet after the first cannot begin with these bits: it is padding of the datagram.
        if packet.first & 0xc0 == 0 && !first {
            return None;
        }
        first = false;
        let len = packet.len.filter(|len| *len > 0);
        rest = len.and_then(|len| bytes.get(len..)).filter(|rest| !rest.is_empty());
        let all = len.and_then(|len| bytes.get(..len)).unwrap_or(bytes);
        Some((packet, all))
    })
}

/// The frames of a decrypted payload, up to the first that is impossible.
pub(crate) fn frames_in(payload: &[u8]) -> Vec<Frame> {
    let mut found = Vec::new();
    // If a frame is impossible, the frames before it still count.
    let _ = unseen(payload, |w| {
        frames::walk(w, &mut |frame| {
            found.push(frame);
            Repeat::None
        })
    });
    found
}

/// Writes the Info column from the last packet of a datagram, which may be a server's Handshake packet after its
/// Initial packet.
fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    use std::io::Write as _;
    let known = Known::of(ctx);
    let (mut last, mut initials) = (None, 0);
    for (packet, _) in packets(ctx.layer_bytes(layer), known.id) {
        initials += usize::from(packet.kind() == PacketKind::Initial);
        last = Some(packet);
    }
    let Some(last) = last else { return };
    out.text(last.name());
    // Writing to a vector cannot fail.
    if !last.dcid.is_empty() {
        let _ = write!(out, ", DCID={}", Hex::plain(last.dcid));
    }
    if !last.scid.is_empty() {
        let _ = write!(out, ", SCID={}", Hex::plain(last.scid));
    }
    let initial = known.initial.get(initials.wrapping_sub(1)).filter(|_| last.kind() == PacketKind::Initial);
    if let Some((initial, number)) = initial.and_then(|initial| Some((initial, initial.number?))) {
        out.text(", PKN: ");
        out.num(number);
        for frame in frames_in(known.payload(initial)) {
            out.text(", ");
            out.text(frame.name());
        }
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show_all(ctx, layer, v, |w| datagram(w, &Known::of(ctx)))
}

/// What the connection knows about a datagram.
#[derive(Default)]
struct Known<'a> {
    connection: Option<u32>,
    /// Length of the connection IDs in short headers, in bytes.
    id: usize,
    /// Whether the first packet belongs to no known connection.
    unknown: bool,
    initial: &'a [InitialFacts],
    /// For each packet: why it could not be decrypted.
    undecrypted: &'a [Option<&'static str>],
    /// For each CRYPTO frame: whether its data came before.
    repeats: &'a [Repeat],
    buffers: &'a [Vec<u8>],
}

impl<'a> Known<'a> {
    fn of(ctx: &Context<'a>) -> Known<'a> {
        let Some(facts) = ctx.facts.quic else { return Known::default() };
        Known {
            connection: facts.connection,
            id: facts.short_id.into(),
            unknown: facts.unknown,
            initial: &facts.initial,
            undecrypted: &facts.undecrypted,
            repeats: &facts.repeats,
            buffers: ctx.buffers,
        }
    }

    /// The decrypted payload of an Initial packet; empty where it could not be decrypted.
    fn payload(&self, initial: &InitialFacts) -> &'a [u8] {
        let buffer = usize::from(initial.source).checked_sub(1).and_then(|at| self.buffers.get(at));
        buffer.map_or(&[], |buffer| buffer.as_slice())
    }
}

/// Visits the packets of a datagram.
fn datagram(w: &mut Walk<'_, '_>, known: &Known<'_>) -> Step {
    let (mut first, mut initial) = (true, known.initial.iter());
    let (mut reasons, mut repeats) = (known.undecrypted.iter(), known.repeats.iter());
    while !w.bytes.is_empty() {
        let packet = Packet::read(w.bytes, known.id).ok_or(End::Short)?;
        if packet.first & 0xc0 == 0 && !first {
            return Ok(());
        }
        let len = packet.len.filter(|len| *len <= w.bytes.len()).ok_or(End::Short)?;
        let bytes = w.get(0, len)?;
        w.line(&PROTOCOL.field, 0, len, Value::Bytes(bytes), format_args!("QUIC IETF"))?;
        w.open();
        if first && (known.unknown || known.connection.is_some()) {
            w.text(0, 0, format_args!("QUIC Connection information"))?;
            w.open();
            match known.connection.filter(|_| !known.unknown) {
                Some(number) => w.value(&CONNECTION, 0, 0, Value::Uint(number.into()))?,
                None => w.remark_beside(&UNKNOWN, 0, 0, Severity::Note, Group::Protocol, UNKNOWN.label)?,
            }
            w.close();
        }
        first = false;
        w.value(&PACKET_LENGTH, 0, len, Value::Uint(len as u64))?;
        let opened = if packet.kind() == PacketKind::Initial { initial.next() } else { None };
        let reason = reasons.next().copied().flatten();
        header(w, &packet, len, (opened, reason))?;
        if let Some(opened) = opened.filter(|opened| opened.source > 0) {
            let payload = known.payload(opened);
            let mut inside = Walk::new(payload, opened.source, 0, w.visitor());
            let mut repeat = |frame| match frame {
                Frame::Crypto(_) => repeats.next().copied().unwrap_or_default(),
                _ => Repeat::None,
            };
            let result = frames::walk(&mut inside, &mut repeat);
            step(inside.finish(result))?;
        }
        w.close();
        w.skip(len);
    }
    Ok(())
}

/// Visits a short header.
fn short_header(w: &mut Walk<'_, '_>, packet: &Packet<'_>) -> Step {
    let id = if packet.dcid.is_empty() { "" } else { " DCID=" };
    let text = format_args!("QUIC Short Header{id}{}", Hex::plain(packet.dcid));
    w.line(&SHORT, 0, packet.after, Value::None, text)?;
    w.open();
    w.num(&HEADER_FORM, 0)?;
    w.num(&FIXED_BIT, 0)?;
    w.num(&SPIN_BIT, 0)?;
    if !packet.dcid.is_empty() {
        w.bytes(&DCID, 1, packet.dcid.len())?;
    }
    w.close();
    Ok(())
}

/// Visits the payload from `at` on that could not be decrypted.
fn remaining(w: &mut Walk<'_, '_>, at: usize, len: usize, reason: Option<&str>) -> Step {
    if let Some(reason) = reason {
        w.remark_beside(&UNDECRYPTED, at, 0, Severity::Warning, Group::Decryption, reason)?;
    }
    w.bytes(&REMAINING_PAYLOAD, at, len.checked_sub(at).ok_or(End::Short)?)
}

/// What decryption found in a packet: of an Initial packet, or the reason why it failed.
type Opening<'a> = (Option<&'a InitialFacts>, Option<&'static str>);

/// Visits the header of a packet and its payload.
fn header(w: &mut Walk<'_, '_>, packet: &Packet<'_>, len: usize, (opened, reason): Opening<'_>) -> Step {
    if !packet.long {
        short_header(w, packet)?;
        return remaining(w, packet.after.min(len), len, reason);
    }
    w.num(&HEADER_FORM, 0)?;
    if packet.version != 0 {
        if packet.kind() != PacketKind::Retry {
            w.num(&FIXED_BIT, 0)?;
        }
        w.num(if packet.version == VERSION_2 { &LONG_PACKET_TYPE_V2 } else { &LONG_PACKET_TYPE }, 0)?;
    }
    if let Some(opened) = opened {
        for (field, value) in [(&RESERVED, opened.first >> 2 & 3), (&NUMBER_LENGTH, opened.first & 3)] {
            w.value(field, 0, 1, Value::Uint(value.into()))?;
        }
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
    match packet.name() {
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
    at += used;
    if let Some((opened, number)) = opened.and_then(|opened| Some((opened, opened.number?))) {
        let width = usize::from(opened.first & 3) + 1;
        w.value(&NUMBER, at, width, Value::Uint(number))?;
        let payload = len.checked_sub(at + width).ok_or(End::Short)?;
        w.bytes(&PAYLOAD, at + width, payload)?;
        return match reason {
            Some(reason) => {
                w.remark(&UNDECRYPTED, at + width, 0, Severity::Warning, Group::Decryption, reason)
            }
            None => Ok(()),
        };
    }
    remaining(w, at, len, reason)
}
