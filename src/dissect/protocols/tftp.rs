//! Trivial File Transfer Protocol (`tftp`): RFC 1350; options (RFC 2347).

use crate::dissect::reading::layer::whole;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::{Line, Push};

const READ: u16 = 1;
const WRITE: u16 = 2;
const DATA: u16 = 3;
const ACK: u16 = 4;
const ERROR: u16 = 5;
const OPTIONS: u16 = 6;

const OPCODES: Names = &[
    (1, "Read Request"),
    (2, "Write Request"),
    (3, "Data Packet"),
    (4, "Acknowledgement"),
    (5, "Error Code"),
    (6, "Option Acknowledgement"),
];
const ERRORS: Names = &[
    (0, "Not defined"),
    (1, "File not found"),
    (2, "Access violation"),
    (3, "Disk full or allocation exceeded"),
    (4, "Illegal TFTP Operation"),
    (5, "Unknown transfer ID"),
    (6, "File already exists"),
    (7, "No such user"),
    (8, "Option negotiation failed"),
];

crate::fields! {
    OPCODE = Field::new("tftp.opcode", "Opcode", Kind::Uint(16)).names(OPCODES);
    SOURCE_FILE = Field::new("tftp.source_file", "Source File", Kind::Text);
    DESTINATION_FILE = Field::new("tftp.destination_file", "Destination File", Kind::Text);
    TYPE = Field::new("tftp.type", "Type", Kind::Text);
    BLOCK = Field::new("tftp.block", "Block", Kind::Uint(16));
    CODE = Field::new("tftp.error.code", "Error code", Kind::Uint(16)).names(ERRORS);
    MESSAGE = Field::new("tftp.error.message", "Error message", Kind::Text);
    REMARK = Field::new("tftp.error", "TFTP ERROR packet", Kind::Label);
    OPTION_NAME = Field::new("tftp.option.name", "Option name", Kind::Text);
    OPTION_VALUE = Field::new("tftp.option.value", "Option value", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    decode,
    udp_ports: &[69],
    ..Protocol::new("tftp", "TFTP", "Trivial File Transfer Protocol")
};

/// Decodes a message. The content of a file, which follows the block number, is a layer of its own.
fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    match d.get(span).u16(0) {
        Some(DATA) if d.get(span).len() >= 4 => match d.layer(Proto::Tftp, span, 4) {
            Some(payload) if payload.len() > 0 => Next::Data(payload),
            _ => Next::Done,
        },
        _ => whole(d, Proto::Tftp, span, message),
    }
}

/// The text up to the next zero byte, and the offset behind that; `None` if there is no zero.
fn text(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..)?;
    let end = rest.iter().position(|b| *b == 0)?;
    Some((rest.get(..end)?, at + end + 1))
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let Some(opcode) = bytes.u16(0) else { return };
    match name_of(OPCODES, opcode.into()) {
        Some(name) => out.text(name),
        None => {
            out.text("Unknown (");
            out.hex(opcode.into(), 4);
            return out.text(")");
        }
    }
    let mut options = 2;
    match opcode {
        READ | WRITE => {
            let Some((file, at)) = text(bytes, 2) else { return };
            out.text(", File: ");
            out.decoded(file);
            let Some((kind, at)) = text(bytes, at) else { return };
            out.text(", Transfer type: ");
            out.decoded(kind);
            options = at;
        }
        DATA | ACK => {
            out.text(", Block: ");
            out.num(bytes.u16(2).unwrap_or(0));
            let is_last = opcode == DATA && layer.end.saturating_sub(layer.start) < 4 + 512;
            out.text(if is_last { " (last)" } else { "" });
            return;
        }
        ERROR => {
            let code = bytes.u16(2).unwrap_or(0);
            out.text(", Code: ");
            out.text(name_of(ERRORS, code.into()).unwrap_or("Unknown"));
            if let Some((message, _)) = text(bytes, 4) {
                out.text(", Message: ");
                out.decoded(message);
            }
            return;
        }
        _ => {}
    }
    while let Some((name, at)) = text(bytes, options)
        && let Some((value, at)) = text(bytes, at)
    {
        out.text(", ");
        out.decoded(name);
        out.text("=");
        out.decoded(value);
        options = at;
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let header = layer.payload.saturating_sub(layer.start) as usize;
    let bytes = ctx.layer_bytes(layer);
    let mut w = Walk::new(bytes.get(..header).unwrap_or(bytes), layer.source, layer.start, v);
    let result = message(&mut w);
    w.finish(result)
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    w.value(&PROTOCOL.field, 0, w.bytes.len(), Value::Bytes(w.bytes))?;
    w.open();
    let opcode = w.num(&OPCODE, 0)? as u16;
    match opcode {
        READ | WRITE => {
            let file = if opcode == READ { &SOURCE_FILE } else { &DESTINATION_FILE };
            let at = string(w, file, 2)?;
            let at = string(w, &TYPE, at)?;
            options(w, at)
        }
        DATA | ACK => w.num(&BLOCK, 2).map(|_| ()),
        ERROR => {
            w.num(&CODE, 2)?;
            string(w, &MESSAGE, 4)?;
            w.remark_beside(&REMARK, 0, 0, Severity::Warning, Group::Response, REMARK.label)
        }
        OPTIONS => options(w, 2),
        _ => Ok(()),
    }
}

fn options(w: &mut Walk<'_, '_>, mut at: usize) -> Step {
    while at < w.bytes.len() {
        at = string(w, &OPTION_NAME, at)?;
        at = string(w, &OPTION_VALUE, at)?;
    }
    Ok(())
}

/// Visits a text with the zero byte that ends it, and returns the offset behind it.
fn string(w: &mut Walk<'_, '_>, field: &'static Field, at: usize) -> Step<usize> {
    let (text, next) = text(w.bytes, at).ok_or(End::Short)?;
    w.value(field, at, next - at, Value::Text(text))?;
    Ok(next)
}
