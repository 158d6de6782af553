//! QUIC (`quic`): the headers, and Initial packets, whose keys any observer can derive. The payload of all other
//! packets is encrypted (RFC 9000, RFC 8999, RFC 9001, RFC 9369).

mod frames;
mod initial;
mod packet;
mod version;

pub(crate) use frames::{Crypto, Frame};
pub(crate) use initial::Secrets;
pub(crate) use packet::{Packet, PacketKind, packets};

use crate::dissect::facts::InitialFacts;
use crate::dissect::reading::layer::{listed_as_datagram, show_all, unseen, whole};
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{End, Step, Walk, step};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Repeat, Span, Visited, join};
use crate::field::{Field, Kind, Names, Value, Visit};
use crate::text::{Hex, Line, Push};

crate::fields! {
    PACKET_LENGTH = Field::new("quic.packet_length", "Packet Length", Kind::Uint(32)).generated();
    HEADER_FORM = Field::new("quic.header_form", "Header Form", Kind::Uint(8)).mask(0x80).names(&[(0, "Short Header"), (1, "Long Header")]);
    FIXED_BIT = Field::new("quic.fixed_bit", "Fixed Bit", Kind::Bool).mask(0x40);
    SPIN_BIT = Field::new("quic.spin_bit", "Spin Bit", Kind::Bool).mask(0x20);
    LONG_PACKET_TYPE = Field::new("quic.long.packet_type", "Packet Type", Kind::Uint(8)).mask(0x30).names(packet::TYPES);
    LONG_PACKET_TYPE_V2 = Field::new("quic.long.packet_type_v2", "Packet Type", Kind::Uint(8)).mask(0x30).names(packet::TYPES_V2);
    RESERVED = Field::new("quic.long.reserved", "Reserved", Kind::Uint(8)).mask(0x0c);
    NUMBER_LENGTH = Field::new("quic.packet_number_length", "Packet Number Length", Kind::Uint(8)).mask(0x03).names(NUMBER_LENGTHS);
    NUMBER = Field::new("quic.packet_number", "Packet Number", Kind::Uint(64));
    PAYLOAD = Field::new("quic.payload", "Payload", Kind::Bytes);
    CONNECTION = Field::new("quic.connection.number", "Connection Number", Kind::Uint(32)).generated();
    VERSION = Field::new("quic.version", "Version", Kind::Uint(32)).hex().names(version::NAMES);
    DCIL = Field::new("quic.dcil", "Destination Connection ID Length", Kind::Uint(8));
    DCID = Field::new("quic.dcid", "Destination Connection ID", Kind::Bytes);
    SCIL = Field::new("quic.scil", "Source Connection ID Length", Kind::Uint(8));
    SCID = Field::new("quic.scid", "Source Connection ID", Kind::Bytes);
    TOKEN_LENGTH = Field::new("quic.token_length", "Token Length", Kind::Uint(64));
    TOKEN = Field::new("quic.token", "Token", Kind::Bytes);
    LENGTH = Field::new("quic.length", "Length", Kind::Uint(64));
    SUPPORTED_VERSION = Field::new("quic.supported_version", "Supported Version", Kind::Uint(32)).hex().names(version::NAMES);
    RETRY_TOKEN = Field::new("quic.retry_token", "Retry Token", Kind::Bytes);
    RETRY_INTEGRITY_TAG = Field::new("quic.retry_integrity_tag", "Retry Integrity Tag", Kind::Bytes);
    REMAINING_PAYLOAD = Field::new("quic.remaining_payload", "Remaining Payload", Kind::Bytes);
    SHORT = Field::new("quic.short", "QUIC Short Header", Kind::Label);
    UNKNOWN = Field::new("quic.connection.unknown", "Unknown QUIC connection. Missing Initial Packet or migrated connection?", Kind::Label);
    PADDING = Field::new("quic.coalesced_padding_data", "Coalesced Padding Data", Kind::Label);
    UNDECRYPTED = Field::new("quic.decryption_failed", "Failed to decrypt handshake", Kind::Label);
}

const NUMBER_LENGTHS: Names = &[(0, "1 bytes"), (1, "2 bytes"), (2, "3 bytes"), (3, "4 bytes")];

static ALL_FIELDS: [&Field; FIELDS.len() + frames::FIELDS.len()] = join(FIELDS, frames::FIELDS);

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: &ALL_FIELDS,
    visit,
    summary,
    decode,
    recognise: Some(recognise),
    ..Protocol::new("quic", "QUIC", "QUIC IETF")
};

/// Whether a datagram between ports that name no protocol is QUIC: it begins with a long header of a known version.
fn recognise(bytes: &[u8], _: u16, _: u16) -> bool {
    Packet::read(bytes, 0).is_some_and(|packet| packet.long && version::is_known(packet.version))
}

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    whole(d, Proto::Quic, span, |w| datagram(w, &Known::default()))
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
    let (mut first, mut last, mut initials) = (None, None, 0);
    for (packet, all) in packets(ctx.layer_bytes(layer), known.id) {
        let first = first.get_or_insert_with(|| packet.clone());
        let is_initial = packet.kind() == PacketKind::Initial;
        if !known.unknown && packet.is_padding_behind(first) || is_initial && !packet.has_sample(all.len()) {
            break;
        }
        initials += usize::from(is_initial);
        last = Some(packet);
    }
    // A packet that is cut so early is listed as a datagram.
    let Some(last) = last else {
        return listed_as_datagram(ctx, layer, out);
    };
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
    let missing = ((layer.end - layer.start) as usize).saturating_sub(ctx.layer_bytes(layer).len());
    show_all(ctx, layer, v, |w| datagram(w, &Known { missing, ..Known::of(ctx) }))
}

/// What the connection knows about a datagram.
#[derive(Default)]
struct Known<'a> {
    connection: Option<u32>,
    /// How many octets of the datagram were not captured.
    missing: usize,
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
            missing: 0,
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
    let mut initial = known.initial.iter();
    let (mut reasons, mut repeats) = (known.undecrypted.iter(), known.repeats.iter());
    let mut head: Option<Packet<'_>> = None;
    while !w.bytes.is_empty() {
        let packet = Packet::read(w.bytes, known.id).ok_or(End::Short)?;
        if !known.unknown && head.as_ref().is_some_and(|first| packet.is_padding_behind(first)) {
            return padding(w);
        }
        let len = packet.len_in(w.bytes.len()).ok_or(End::Short)?;
        let bytes = w.get(0, len)?;
        w.line(&PROTOCOL.field, 0, len, Value::Bytes(bytes), format_args!("QUIC IETF"))?;
        w.open();
        if head.is_none() && (known.unknown || known.connection.is_some()) {
            w.text(0, 0, format_args!("QUIC Connection information"))?;
            w.open();
            match known.connection.filter(|_| !known.unknown) {
                Some(number) => w.value(&CONNECTION, 0, 0, Value::Uint(number.into()))?,
                None => w.remark_beside(&UNKNOWN, 0, 0, Severity::Note, Group::Protocol, UNKNOWN.label)?,
            }
            w.close();
        }
        // The length counts octets that were not captured, too.
        let whole = packet.len_in(w.bytes.len() + known.missing).unwrap_or(len);
        w.value(&PACKET_LENGTH, 0, len, Value::Uint(whole as u64))?;
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
        head.get_or_insert(packet);
    }
    Ok(())
}

/// Visits the rest of a datagram, which is no packet.
fn padding(w: &mut Walk<'_, '_>) -> Step {
    let len = w.bytes.len();
    let bytes = w.get(0, len)?;
    w.line(&PROTOCOL.field, 0, len, Value::Bytes(bytes), format_args!("QUIC IETF"))?;
    w.open();
    let message = "(Random) padding data appended to the datagram";
    w.remark_beside(&PADDING, 0, len, Severity::Note, Group::Protocol, message)?;
    w.close();
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
    if packet.kind() == PacketKind::Initial && !packet.has_sample(len) {
        return Err(End::Short);
    }
    if packet.version != 0 {
        if packet.kind() != PacketKind::Retry {
            w.num(&FIXED_BIT, 0)?;
        }
        w.num(
            if packet.version == version::VERSION_2 { &LONG_PACKET_TYPE_V2 } else { &LONG_PACKET_TYPE },
            0,
        )?;
    }
    if let Some(opened) = opened {
        for (field, value) in [(&RESERVED, opened.first >> 2 & 3), (&NUMBER_LENGTH, opened.first & 3)] {
            w.value(field, 0, 1, Value::Uint(value.into()))?;
        }
    }
    match version::is_reserved(packet.version) {
        false => _ = w.num(&VERSION, 1)?,
        true => {
            let text =
                format_args!("Version: Unknown (0x{:08x}) (Forcing Version Negotiation)", packet.version);
            w.uint_line(&VERSION, 1, 4, text)?;
        }
    }
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
            let (token, used) = packet::number(w.bytes, at).ok_or(End::Short)?;
            w.value(&TOKEN_LENGTH, at, used, Value::Uint(token))?;
            at += used;
            if token > 0 {
                w.bytes(&TOKEN, at, token as usize)?;
                at += token as usize;
            }
        }
        _ => {}
    }
    let (value, used) = packet::number(w.bytes, at).ok_or(End::Short)?;
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
