//! WebSocket (`websocket`): RFC 6455. It follows HTTP in the same connection, after an agreed upgrade.

use crate::dissect::over_tcp::{Application, Begun, Input, Measure, Memory, Need, Session};
use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Work};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push};

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// Values of the length that mean a longer field after it, of 16 or 64 bits.
const LENGTH_16: u8 = 126;
const LENGTH_64: u8 = 127;
/// The most bytes of a fragmented message that are kept until its end.
const MOST: usize = 1 << 20;

const OPCODES: Names = &[
    (CONTINUATION as u64, "Continuation"),
    (TEXT as u64, "Text"),
    (BINARY as u64, "Binary"),
    (CLOSE as u64, "Connection Close"),
    (PING as u64, "Ping"),
    (PONG as u64, "Pong"),
];
/// Status codes (RFC 6455, section 7.4.1).
const STATUSES: Names = &[
    (1000, "Normal Closure"),
    (1001, "Going Away"),
    (1002, "Protocol error"),
    (1003, "Unsupported Data"),
    (1007, "Invalid frame payload data"),
    (1008, "Policy Violation"),
    (1009, "Message Too Big"),
    (1010, "Mandatory Extension"),
    (1011, "Internal Error"),
];

crate::fields! {
    FIN = Field::new("websocket.fin", "Fin", Kind::Bool).mask(0x80);
    RESERVED = Field::new("websocket.rsv", "Reserved", Kind::Uint(8)).hex().mask(0x70);
    OPCODE = Field::new("websocket.opcode", "Opcode", Kind::Uint(8)).mask(0x0f).names(OPCODES);
    MASK = Field::new("websocket.mask", "Mask", Kind::Bool).mask(0x80);
    LENGTH = Field::new("websocket.payload_length", "Payload length", Kind::Uint(8)).mask(0x7f);
    EXTENDED_16 = Field::new("websocket.payload_length_ext_16", "Extended Payload length (16 bits)", Kind::Uint(16));
    EXTENDED_64 = Field::new("websocket.payload_length_ext_64", "Extended Payload length (64 bits)", Kind::Uint(64));
    KEY = Field::new("websocket.masking_key", "Masking-Key", Kind::Bytes);
    MASKED = Field::new("websocket.masked_payload", "Masked payload", Kind::Label);
    PAYLOAD = Field::new("websocket.payload", "Payload", Kind::Label);
    PAYLOAD_TEXT = Field::new("websocket.payload.text", "Text", Kind::Text);
    CLOSING = Field::new("websocket.payload.close", "Close", Kind::Label);
    STATUS = Field::new("websocket.payload.close.status_code", "Status code", Kind::Uint(16)).names(STATUSES);
    REASON = Field::new("websocket.payload.close.reason", "Reason", Kind::Text);
    PING_DATA = Field::new("websocket.payload.ping", "Ping", Kind::Bytes);
    PONG_DATA = Field::new("websocket.payload.pong", "Pong", Kind::Bytes);
    UNKNOWN = Field::new("websocket.payload.unknown", "Unknown", Kind::Bytes);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, frame),
    summary,
    repeats: true,
    says_length: true,
    second_name: "http",
    application: Some(Application { measure, decode, is_likely: None }),
    ..Protocol::new("websocket", "WebSocket", "WebSocket")
};

/// The header of a frame.
struct Header {
    fin: bool,
    opcode: u8,
    key: Option<[u8; 4]>,
    /// Length of the header in octets, with the masking key.
    len: usize,
    /// Length of the payload in octets.
    payload: u64,
}

/// The header at the beginning of some bytes; `None` if it is cut.
fn header(bytes: &[u8]) -> Option<Header> {
    let (first, second) = (bytes.u8(0)?, bytes.u8(1)?);
    let (payload, mut len) = match second & 0x7f {
        LENGTH_16 => (bytes.u16(2)?.into(), 4),
        LENGTH_64 => (u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?), 10),
        short => (short.into(), 2),
    };
    let mut key = None;
    if second & 0x80 != 0 {
        key = Some(*bytes.get(len..)?.first_chunk()?);
        len += 4;
    }
    Some(Header { fin: first & 0x80 != 0, opcode: first & 0x0f, key, len, payload })
}

fn measure(input: &Input<'_>) -> Measure {
    let Some(header) = header(input.bytes) else { return Measure::NeedMore(Need::Segment, Begun::Nothing) };
    let end = header.payload.saturating_add(header.len as u64);
    match end.checked_sub(input.bytes.len() as u64) {
        Some(missing @ 1..) => {
            Measure::NeedMore(Need::Bytes(u32::try_from(missing).unwrap_or(u32::MAX)), Begun::Nothing)
        }
        _ => Measure::Complete(end as u32),
    }
}

/// For each direction: opcode and bytes of a fragmented message that goes on.
#[derive(Clone, Debug, Default)]
struct Talk {
    begun: [Option<(u8, Vec<u8>)>; 2],
}

impl Memory for Talk {
    fn held(&self) -> usize {
        self.begun.iter().flatten().map(|(_, bytes)| bytes.len()).sum()
    }

    fn give_up(&mut self) {
        self.begun = [None, None];
    }
}

fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
    let bytes = work.get(source, span);
    let Some(header) = header(bytes) else { return };
    let payload = unmasked(bytes, &header);
    let direction = work.direction;
    if work.decoder(source).layer(Proto::WebSocket, span, span.len()).is_none() {
        return;
    }
    let talk: &mut Talk = session.get_or_default();
    let begun = &mut talk.begun[direction];
    let (opcode, whole) = match (header.opcode, header.fin) {
        (TEXT | BINARY, true) => (header.opcode, payload),
        (TEXT | BINARY, false) => return *begun = Some((header.opcode, payload)),
        (CONTINUATION, fin) => {
            let Some((opcode, mut so_far)) = begun.take() else { return };
            so_far.extend_from_slice(&payload);
            if !fin {
                // A longer message is not reassembled.
                return *begun = Some((opcode, so_far)).filter(|(_, bytes)| bytes.len() <= MOST);
            }
            (opcode, so_far)
        }
        _ => return,
    };
    if whole.is_empty() {
        return;
    }
    let proto = if opcode == TEXT { Proto::TextLines } else { Proto::Data };
    let inside = Span { start: 0, end: whole.len() as u32 };
    if let Some(source) = work.buffers.add(whole) {
        work.decoder(source).layer(proto, inside, inside.len());
    }
}

/// The payload of a frame with its masking undone (RFC 6455, section 5.3).
fn unmasked(bytes: &[u8], header: &Header) -> Vec<u8> {
    let payload = bytes.get(header.len..).unwrap_or(&[]);
    let key = header.key.unwrap_or_default();
    payload.iter().zip(key.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
}

/// Writes the Info column from the last frame of a segment.
fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    if ctx.layers.after(layer).iter().any(|l| l.proto == Proto::WebSocket) {
        return;
    }
    let Some(header) = header(ctx.layer_bytes(layer)) else { return };
    out.text("WebSocket ");
    out.text(name_of(OPCODES, header.opcode.into()).unwrap_or("Unknown Opcode"));
    out.text(if header.fin { " [FIN]" } else { "" });
    out.text(if header.key.is_some() { " [MASKED]" } else { " " });
}

fn frame(w: &mut Walk<'_, '_>) -> Step {
    let bytes = w.bytes;
    w.num(&FIN, 0)?;
    w.num(&RESERVED, 0)?;
    w.num(&OPCODE, 0)?;
    w.num(&MASK, 1)?;
    match w.num(&LENGTH, 1)? as u8 {
        LENGTH_16 => w.num(&EXTENDED_16, 2).map(drop)?,
        LENGTH_64 => w.num(&EXTENDED_64, 2).map(drop)?,
        _ => {}
    }
    let Some(header) = header(bytes) else { return Ok(()) };
    if header.key.is_some() {
        w.bytes(&KEY, header.len - 4, 4)?;
    }
    let payload = unmasked(bytes, &header);
    if payload.is_empty() {
        return Ok(());
    }
    if header.key.is_some() {
        w.label(&MASKED, header.len, payload.len())?;
    }
    w.label(&PAYLOAD, header.len, payload.len())?;
    w.open();
    contents(w, &header, &payload)?;
    w.close();
    Ok(())
}

/// Visits the payload of one frame. Fragmented text is not shown here, but in the layer of the reassembled message.
fn contents(w: &mut Walk<'_, '_>, header: &Header, payload: &[u8]) -> Step {
    let (at, len) = (header.len, payload.len());
    match header.opcode {
        TEXT if header.fin => w.value(&PAYLOAD_TEXT, at, len, Value::Text(payload)),
        CLOSE => {
            w.label(&CLOSING, at, len)?;
            w.open();
            if let Some(status) = payload.u16(0) {
                w.value(&STATUS, at, 2, Value::Uint(status.into()))?;
            }
            if let Some(reason @ [_, ..]) = payload.get(2..) {
                w.value(&REASON, at + 2, reason.len(), Value::Text(reason))?;
            }
            w.close();
            Ok(())
        }
        PING => w.value(&PING_DATA, at, len, Value::Bytes(payload)),
        PONG => w.value(&PONG_DATA, at, len, Value::Bytes(payload)),
        CONTINUATION | TEXT | BINARY => Ok(()),
        _ => w.value(&UNKNOWN, at, len, Value::Bytes(payload)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::measured;

    #[test]
    fn a_frame_ends_where_its_length_says() {
        assert_eq!(measured(measure, &[0x81, 2, b'h', b'i', 0x89]), Measure::Complete(4));
        assert_eq!(
            measured(measure, &[0x81, 0x82, 1, 2, 3, 4, 0]),
            Measure::NeedMore(Need::Bytes(1), Begun::Nothing)
        );
        assert_eq!(measured(measure, &[0x81, 126, 1]), Measure::NeedMore(Need::Segment, Begun::Nothing));
        let endless = [0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(measured(measure, &endless), Measure::NeedMore(Need::Bytes(u32::MAX), Begun::Nothing));
    }

    #[test]
    fn a_mask_is_taken_off() {
        let frame = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        let header = header(&frame).unwrap();
        assert_eq!(unmasked(&frame, &header), b"Hello", "RFC 6455, section 5.7");
    }
}
