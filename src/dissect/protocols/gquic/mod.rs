//! Google's QUIC (`gquic`), versions Q020 to Q049: the public header, and the messages of the handshake, which are sent
//! in clear. All other packets are encrypted.
//!
//! Sources: "QUIC Wire Layout Specification" and "QUIC Crypto", both by Google; `draft-hamilton-early-deployment-quic`.

mod detail;
mod frames;
mod header;
mod tags;

pub use header::Known;

use crate::dissect::reading::layer::{listed_as_datagram, show, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, join};
use crate::field::{Field, Kind, Names, Value};
use crate::text::{Line, Push};
use frames::{Frame, HASH};
use header::{Form, Header, NONCE};

crate::fields! {
    FLAGS = Field::new("gquic.puflags", "Public Flags", Kind::Uint(8)).hex();
    HAS_VERSION = Field::new("gquic.puflags.version", "Version", Kind::Bool).mask(0x01).names(YES);
    RESET = Field::new("gquic.puflags.reset", "Reset", Kind::Bool).mask(0x02).names(YES);
    HAS_NONCE = Field::new("gquic.puflags.nonce", "Diversification nonce", Kind::Bool).mask(0x04).names(YES);
    HAS_ID = Field::new("gquic.puflags.cid", "CID Length", Kind::Bool).mask(0x08).names(&[(0, "0 Byte"), (1, "8 Bytes")]);
    ID_LENGTH = Field::new("gquic.puflags.cid.old", "CID Length", Kind::Uint(8)).hex().mask(0x0c).names(&[(0, "0 Byte"), (1, "1 Bytes"), (2, "4 Bytes"), (3, "8 Bytes")]);
    NUMBER_WIDTH = Field::new("gquic.puflags.pkn", "Packet Number Length", Kind::Uint(8)).hex().mask(0x30).names(&[(0, "1 Byte"), (1, "2 Bytes"), (2, "4 Bytes"), (3, "6 Bytes")]);
    MULTIPATH = Field::new("gquic.puflags.mpth", "Multipath", Kind::Bool).mask(0x40).names(YES);
    FLAGS_RESERVED = Field::new("gquic.puflags.rsv", "Reserved", Kind::Uint(8)).hex().mask(0x80);
    HEADER_FORM = Field::new("gquic.header_form", "Header Form", Kind::Uint(8)).mask(0x80).names(&[(0, "Short Header"), (1, "Long Header")]);
    FIXED_BIT = Field::new("gquic.fixed_bit", "Fixed Bit", Kind::Bool).mask(0x40);
    PACKET_TYPE = Field::new("gquic.long.packet_type", "Packet Type", Kind::Uint(8)).mask(0x30).names(&[(0, "Initial"), (1, "0-RTT"), (2, "Handshake")]);
    RESERVED = Field::new("gquic.long.reserved", "Reserved", Kind::Uint(8)).mask(0x0c);
    NUMBER_LENGTH = Field::new("gquic.packet_number_length", "Packet Number Length", Kind::Uint(8)).mask(0x03).names(&[(0, "1 bytes"), (1, "2 bytes"), (2, "3 bytes"), (3, "4 bytes")]);
    DCIL = Field::new("gquic.dcil", "Destination Connection ID Length", Kind::Uint(8)).mask(0xf0).names(ID_LENGTHS);
    SCIL = Field::new("gquic.scil", "Source Connection ID Length", Kind::Uint(8)).mask(0x0f).names(ID_LENGTHS);
    ID = Field::new("gquic.cid", "CID", Kind::Uint(64));
    VERSION = Field::new("gquic.version", "Version", Kind::Text);
    DIVERSIFICATION = Field::new("gquic.diversification_nonce", "Diversification nonce", Kind::Bytes);
    NUMBER = Field::new("gquic.packet_number", "Packet Number", Kind::Uint(64));
    PAYLOAD = Field::new("gquic.payload", "Payload", Kind::Bytes);
    HASH_FIELD = Field::new("gquic.message_authentication_hash", "Message Authentication Hash", Kind::Bytes);
    PRIVATE = Field::new("gquic.prflags", "Private Flags", Kind::Uint(8)).hex();
    ENTROPY = Field::new("gquic.prflags.entropy", "Entropy", Kind::Bool).mask(0x01).names(YES);
    FEC_GROUP = Field::new("gquic.prflags.fecg", "FEC Group", Kind::Bool).mask(0x02).names(YES);
    FEC = Field::new("gquic.prflags.fec", "FEC", Kind::Bool).mask(0x04).names(YES);
    PRIVATE_RESERVED = Field::new("gquic.prflags.rsv", "Reserved", Kind::Uint(8)).hex().mask(0xf8);
}

const YES: Names = &[(0, "No"), (1, "Yes")];
const ID_LENGTHS: Names = &[(0, "0 bytes"), (5, "8 bytes")];

static BELOW: [&Field; detail::FIELDS.len() + tags::FIELDS.len()] = join(detail::FIELDS, tags::FIELDS);
static ALL_FIELDS: [&Field; FIELDS.len() + BELOW.len()] = join(FIELDS, &BELOW);

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: &ALL_FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, |w| packet(w, known(ctx))),
    summary,
    decode,
    recognise: Some(|bytes, _, _| header::begins(bytes).is_some()),
    ..Protocol::new("gquic", "GQUIC", "GQUIC (Google Quick UDP Internet Connections)")
};

/// What is known of a conversation after another packet in it; `None` as long as none was Google's QUIC.
pub(crate) fn learn(before: Option<Known>, bytes: &[u8]) -> Option<Known> {
    let known = before.or_else(|| header::begins(bytes).map(|_| Known::default()))?;
    Some(known.with(bytes))
}

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    // The decoder does not know who is the server, so it cannot tell a list of versions from a version.
    let bytes = d.get(span);
    let is_list = bytes.u8(0).is_some_and(|flags| flags & 0xc1 == 1) && header::begins(bytes).is_none();
    whole(d, Proto::Gquic, span, |w| packet(w, Known { from_server: is_list, ..Known::default() }))
}

fn known(ctx: &Context<'_>) -> Known {
    ctx.facts.gquic.unwrap_or_default()
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let header = Header::read(bytes, known(ctx)).ok().filter(|header| !header.is_cut);
    let said = header.and_then(|header| Some((header, says(bytes, &header)?)));
    // A packet that is cut in its header is listed as a datagram.
    let Some((header, says)) = said else {
        return listed_as_datagram(ctx, layer, out);
    };
    out.text(says);
    let is_cut = header.number.is_some() && header.after >= bytes.len();
    if let Some((_, _, number)) = header.number.filter(|_| !is_cut) {
        out.text(", PKN: ");
        out.num(number);
    }
    let answers = matches!(header.form, Form::Negotiation | Form::Reset);
    let id = header.id.map(|(_, id)| id).or(answers.then_some(0));
    if let Some(id) = id.filter(|_| !is_cut) {
        out.text(", CID: ");
        out.num(id);
    }
}

/// What the Info column says of a packet; `None` where it is cut.
fn says(bytes: &[u8], header: &Header) -> Option<&'static str> {
    let rest = bytes.get(header.after..).unwrap_or(&[]);
    match header.form {
        Form::Negotiation => return rest.len().is_multiple_of(4).then_some("Version Negotiation"),
        Form::Reset => return tags::is_whole(rest).then_some("Public Reset"),
        _ if !frames::are_in_clear(rest, header) => return Some("Payload (Encrypted)"),
        _ => {}
    }
    let mut rest = rest.get(HASH..)?;
    rest = rest.get(frames::private_flags(header, rest)..)?;
    // The last frame that has a name of its own counts.
    let mut says = "Payload (Encrypted)";
    while let (false, Ok(Some((frame, len)))) = (rest.is_empty(), Frame::read(rest, header)) {
        match frame {
            Frame::Close { .. } => says = "Connection Close",
            Frame::Stream { id, data, .. } => {
                let message = frames::message_in(rest.get(len - data..).unwrap_or(&[]));
                says = match (header.uint(rest, 1, id).ok()?, message) {
                    (detail::HANDSHAKE, Some(message)) => message,
                    (detail::HANDSHAKE, None) => says,
                    (detail::HEADERS, _) => "H2",
                    _ => "DATA",
                };
            }
            _ => {}
        }
        rest = rest.get(len..)?;
    }
    Some(says)
}

/// Visits a packet.
fn packet(w: &mut Walk<'_, '_>, known: Known) -> Step {
    let header = Header::read(w.bytes, known)?;
    flags(w, &header)?;
    if header.form == Form::Long {
        w.string(&VERSION, 1, 4)?;
        w.num(&DCIL, 5)?;
        w.num(&SCIL, 5)?;
    }
    if let Some((at, id)) = header.id {
        w.value(&ID, at, 8, Value::Uint(id))?;
    }
    match header.form {
        Form::Negotiation | Form::Reset if header.is_cut => return Err(End::Short),
        Form::Negotiation => {
            let len = w.bytes.len();
            return (header.after..len).step_by(4).try_for_each(|at| w.string(&VERSION, at, 4).map(|_| ()));
        }
        Form::Reset => {
            w.skip(header.after);
            return tags::message(w, "Public Reset");
        }
        Form::Public => {
            if let Some(at) = header.tag {
                w.string(&VERSION, at, 4)?;
            }
        }
        _ => {}
    }
    if let Some(at) = header.nonce {
        w.bytes(&DIVERSIFICATION, at, NONCE)?;
    }
    if let Some((at, len, number)) = header.number {
        w.value(&NUMBER, at, len, Value::Uint(number))?;
    }
    w.skip(header.after);
    if header.is_cut || w.left() == 0 {
        return Err(End::Short);
    }
    if !frames::are_in_clear(w.bytes, &header) {
        return w.up_to(&PAYLOAD, 0, w.left());
    }
    w.bytes(&HASH_FIELD, 0, HASH)?;
    w.skip(HASH);
    let private = frames::private_flags(&header, w.bytes);
    if private > 0 {
        w.num(&PRIVATE, 0)?;
        w.bits(&[&ENTROPY, &FEC_GROUP, &FEC, &PRIVATE_RESERVED], 0, 1)?;
        w.skip(private);
    }
    while w.left() > 0 {
        detail::frame(w, &header)?;
    }
    Ok(())
}

/// Visits the flags, whose bits depend on the layout of the packet.
fn flags(w: &mut Walk<'_, '_>, header: &Header) -> Step {
    w.num(&FLAGS, 0)?;
    match header.form {
        Form::Long => w.bits(&[&HEADER_FORM, &FIXED_BIT, &PACKET_TYPE, &RESERVED, &NUMBER_LENGTH], 0, 1),
        Form::Short => w.bits(&[&HEADER_FORM, &FIXED_BIT, &NUMBER_LENGTH], 0, 1),
        _ if header.has_nonce_bit() => w.bits(
            &[&HAS_VERSION, &RESET, &HAS_NONCE, &HAS_ID, &NUMBER_WIDTH, &MULTIPATH, &FLAGS_RESERVED],
            0,
            1,
        ),
        _ => w.bits(&[&HAS_VERSION, &RESET, &ID_LENGTH, &NUMBER_WIDTH, &MULTIPATH, &FLAGS_RESERVED], 0, 1),
    }
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{datagram, over_ipv4, summary};
    use crate::frame::LinkType;

    fn row(body: &str) -> (String, String) {
        summary(LinkType::ETHERNET, &over_ipv4("4011", "0a000002", &datagram("9c40 01bb", body)))
    }

    #[test]
    fn a_client_hello_is_known_on_any_port() {
        let hello = "a001 2100 43484c4f 0200 0000 534e4900 05000000 56455200 09000000 612e636f6d 51303235";
        let packet = |flags: &str, sum: &str| {
            row(&format!("{flags} 0102030405060708 51303235 07 {} {sum} {hello}", "00".repeat(12)))
        };
        let (path, info) = packet("0d", "00");
        assert_eq!(path, "eth:ethertype:ip:udp:gquic");
        assert_eq!(info, "Client Hello, PKN: 7, CID: 578437695752307201");
        // A bit that has to be zero.
        assert_eq!(packet("8d", "00").0, "eth:ethertype:ip:udp:data");
    }

    #[test]
    fn what_is_no_message_of_the_handshake_is_encrypted() {
        let (_, info) = row(&format!("c3 51303436 50 0102030405060708 00000009 {}", "17".repeat(40)));
        assert_eq!(info, "Payload (Encrypted), PKN: 9, CID: 72623859790382856");
    }

    #[test]
    fn a_value_beyond_the_message_ends_it() {
        let broken = "a001 1000 43484c4f 0100 0000 534e4900 ff000000";
        let (_, info) = row(&format!("0d 0102030405060708 51303235 07 {} 00 {broken}", "00".repeat(12)));
        assert_eq!(info, "Client Hello, PKN: 7, CID: 578437695752307201");
    }
}
