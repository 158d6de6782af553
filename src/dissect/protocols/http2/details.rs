//! The details of a frame.

use super::fields::*;
use super::frame::*;
use super::{write_gist, write_status};
use crate::dissect::facts::{HeaderField, HeaderItem, HeaderSays, Http2Body, Http2Facts, Wording};
use crate::dissect::reading::layer::show;
use crate::dissect::reading::walk::{End, Step, Walk, step};
use crate::dissect::{Context, Layer, Reassembled, Visited};
use crate::field::{At, Field, Kind, Value, Visit, name_of};
use crate::text::{plural, written};

/// What each length before a name or a value would take, were the header fields not compressed: Wireshark counts it.
const LENGTHS: usize = 8;
/// So many frames of a body are named in its heading.
const MOST_NAMED: usize = 100;

pub(in crate::dissect) fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let empty = Http2Facts::default();
    let facts = ctx.http2(layer).unwrap_or(&empty);
    let body = facts.body.as_ref();
    let whole = body.and_then(|body| body.whole.as_ref()).map_or(&[][..], |whole| ctx.source(whole.source));
    let unpacked = body.and_then(|body| body.unpacked).map_or(&[][..], |(source, _)| ctx.source(source));
    show(ctx, layer, v, |w| walk(w, facts, Bytes { whole, unpacked }))
}

/// The bytes of a body that are not the frame's own; empty where there are none.
#[derive(Clone, Copy, Default)]
pub(super) struct Bytes<'a> {
    /// Those of all its frames.
    whole: &'a [u8],
    /// Those without compression.
    unpacked: &'a [u8],
}

/// Walks over a frame, given what the connection says of it.
pub(super) fn walk(w: &mut Walk<'_, '_>, facts: &Http2Facts, bytes: Bytes<'_>) -> Step {
    if w.bytes.starts_with(PREFACE) {
        w.line(&STREAM, 0, PREFACE.len(), Value::None, format_args!("{}: Magic", STREAM.label))?;
        w.open();
        w.string(&MAGIC, 0, PREFACE.len())?;
        w.close();
        return Ok(());
    }
    let frame = Frame::read(w.bytes).ok_or(End::Short)?;
    let cut = w.left() < HEADER + frame.len;
    let heading = heading(frame, facts);
    w.line(&STREAM, 0, w.left(), Value::None, format_args!("{heading}"))?;
    w.open();
    w.num(&LENGTH, 0)?;
    w.num(&TYPE, 3)?;
    flags(w, frame)?;
    w.num(&RESERVED_BIT, 5)?;
    w.num(&STREAM_ID, 5)?;
    match frame.kind {
        DATA => data(w, frame, facts.body.as_ref(), bytes)?,
        HEADERS | PUSH_PROMISE | CONTINUATION => block(w, frame, facts)?,
        PRIORITY => priority(w, HEADER)?,
        RST_STREAM => w.num(&RESET_ERROR, HEADER).map(drop)?,
        SETTINGS => settings(w)?,
        PING => w.bytes(if frame.has(ACK) { &PONG_DATA } else { &PING_DATA }, HEADER, 8)?,
        GOAWAY => {
            w.num(&GOAWAY_RESERVED, HEADER)?;
            w.num(&LAST_STREAM, HEADER)?;
            w.num(&GOAWAY_ERROR, HEADER + 4)?;
            w.up_to(&DEBUG_DATA, HEADER + 8, usize::MAX)?;
        }
        WINDOW_UPDATE => {
            w.num(&WINDOW_RESERVED, HEADER)?;
            w.num(&INCREMENT, HEADER)?;
        }
        ALTSVC | ORIGIN | PRIORITY_UPDATE => extension(w, frame.kind)?,
        _ => w.up_to(&UNKNOWN, HEADER, usize::MAX)?,
    }
    w.close();
    // Its end may be missing all the same.
    if cut { Err(End::Short) } else { Ok(()) }
}

/// The line of a frame.
fn heading(frame: Frame, facts: &Http2Facts) -> String {
    let kind = name_of(TYPES, frame.kind.into());
    let kind = kind.map_or_else(|| format!("Unknown type ({})", frame.kind), str::to_owned);
    let gist = match frame.kind {
        DATA if !frame.has(END_STREAM) => " (partial entity body)".to_owned(),
        HEADERS | PUSH_PROMISE => written(|out| {
            let start = out.len();
            out.extend_from_slice(b", ");
            if !write_gist(facts, out) {
                out.truncate(start);
            }
        }),
        _ => String::new(),
    };
    format!("Stream: {kind}, Stream ID: {}, Length {}{gist}", frame.stream, frame.len)
}

fn flags(w: &mut Walk<'_, '_>, frame: Frame) -> Step {
    let bits: &[&'static Field] = match frame.kind {
        DATA => &[&UNUSED_DATA, &FLAG_PADDED, &FLAG_END_STREAM],
        HEADERS => &[&UNUSED_HEADERS, &FLAG_PRIORITY, &FLAG_PADDED, &FLAG_END_HEADERS, &FLAG_END_STREAM],
        SETTINGS => &[&UNUSED_SETTINGS, &FLAG_SETTINGS_ACK],
        PUSH_PROMISE => &[&UNUSED_PUSH_PROMISE, &FLAG_PADDED, &FLAG_END_HEADERS],
        PING => &[&UNUSED_PING, &FLAG_PING_ACK],
        CONTINUATION => &[&UNUSED_CONTINUATION, &FLAG_PADDED, &FLAG_END_HEADERS],
        _ => &[&UNUSED],
    };
    let (_, flags) = bits.split_first().unwrap_or((&bits[0], &[]));
    let set = flags.iter().filter(|flag| u64::from(frame.flags) & flag.mask != 0);
    let names: String = set.map(|flag| format!(", {}", flag.label)).collect();
    w.uint_line(&FLAGS, 4, 1, format_args!("Flags: 0x{:02x}{names}", frame.flags))?;
    w.bits(bits, 4, 1)
}

/// How much padding a frame has.
fn padding(w: &mut Walk<'_, '_>, frame: Frame) -> Step {
    let mut padding = 0;
    if frame.lead() > 0 {
        padding = w.num(&PADDING, HEADER)?;
    }
    w.value(&PAD_LENGTH, HEADER, 0, Value::Uint(padding))
}

fn priority(w: &mut Walk<'_, '_>, at: usize) -> Step {
    w.num(&EXCLUSIVE, at)?;
    w.num(&DEPENDENCY, at)?;
    let weight = w.num(&WEIGHT, at + 4)?;
    w.value(&WEIGHT_REAL, at + 4, 1, Value::Uint(weight + 1))
}

fn data(w: &mut Walk<'_, '_>, frame: Frame, body: Option<&Http2Body>, bytes: Bytes<'_>) -> Step {
    padding(w, frame)?;
    let (range, padded) = frame.content(w.bytes).ok_or(End::Short)?;
    let whole = body.and_then(|body| body.whole.as_ref());
    if let Some(whole) = whole {
        fragments(w, whole, bytes.whole)?;
    }
    match body.and_then(|body| Some((body, body.unpacked?))) {
        Some((body, (source, len))) => {
            let packed = whole.map_or(range.len(), |whole| whole.len as usize);
            let coding = String::from_utf8_lossy(&body.coding);
            let text = format_args!("Content-encoded entity body ({coding}): {packed} bytes -> {len} bytes");
            w.text(range.start, range.len(), text)?;
            w.open();
            step(w.visitor().field(&BODY, At { source, start: 0, len }, Value::Bytes(bytes.unpacked)))?;
            w.close();
        }
        None => match whole {
            Some(whole) => {
                let at = At { source: whole.source, start: 0, len: whole.len };
                step(w.visitor().field(&BODY, at, Value::Bytes(bytes.whole)))?;
            }
            None => w.up_to(&BODY, range.start, range.len())?,
        },
    }
    w.up_to(&BODY_PADDING, range.end, padded)
}

/// The frames that a body was put together from.
fn fragments(w: &mut Walk<'_, '_>, whole: &Reassembled, bytes: &[u8]) -> Step {
    let at = |start: u32, len: u32| At { source: whole.source, start, len };
    let (count, len) = (whole.pieces.len(), whole.len);
    let names = whole.pieces.iter().take(MOST_NAMED).map(|piece| format!("#{}({})", piece.frame, piece.len));
    let names = names.collect::<Vec<String>>().join(", ");
    let more = if count > MOST_NAMED { ", …" } else { "" };
    let (s, bytes_s) = (plural(count as u64), plural(len));
    let v = w.visitor();
    let text = format_args!("[{count} Body fragment{s} ({len} byte{bytes_s}): {names}{more}]");
    step(v.line(&FRAGMENTS, at(0, len), Value::None, text))?;
    v.open();
    for piece in &whole.pieces {
        let (frame, len, start) = (piece.frame, piece.len, piece.offset);
        let (last, s) = (start + len.saturating_sub(1), plural(len));
        let text = format_args!("[Frame: {frame}, payload: {start}-{last} ({len} byte{s})]");
        step(v.line(&FRAGMENT, at(start, len), Value::Uint(frame), text))?;
    }
    step(v.field(&FRAGMENT_COUNT, at(0, 0), Value::Uint(count as u64)))?;
    step(v.field(&WHOLE_LENGTH, at(0, 0), Value::Uint(len.into())))?;
    step(v.field(&WHOLE_DATA, at(0, len), Value::Bytes(bytes)))?;
    v.close();
    Ok(())
}

fn block(w: &mut Walk<'_, '_>, frame: Frame, facts: &Http2Facts) -> Step {
    padding(w, frame)?;
    let at = HEADER + frame.lead();
    let (block, after) = match frame.kind {
        PUSH_PROMISE => {
            w.num(&PROMISED_RESERVED, at)?;
            w.num(&PROMISED_STREAM, at)?;
            (&PROMISED_BLOCK, &PROMISED_PADDING)
        }
        CONTINUATION => (&CONTINUED_BLOCK, &CONTINUED_PADDING),
        _ => {
            if frame.has(WITH_PRIORITY) {
                priority(w, at)?;
            }
            (&HEADER_BLOCK, &HEADERS_PADDING)
        }
    };
    let (range, padded) = frame.content(w.bytes).ok_or(End::Short)?;
    w.get(range.start, range.len())?;
    w.up_to(block, range.start, range.len())?;
    let octets = |item: &HeaderItem| match item.says {
        HeaderSays::Field(_) => item.octets() + LENGTHS,
        HeaderSays::TableSize(_) => 0,
    };
    if !facts.headers.is_empty() {
        let length: usize = facts.headers.iter().map(octets).sum();
        w.value(&HEADER_LENGTH, range.start, 0, Value::Uint(length as u64))?;
        w.value(&HEADER_COUNT, range.start, 0, Value::Uint(facts.headers.len() as u64))?;
    }
    for item in &facts.headers {
        let (start, len) = (range.start + item.place.0 as usize, item.place.1 as usize);
        match &item.says {
            HeaderSays::Field(field) => header(w, field, start, len)?,
            HeaderSays::TableSize(size) => {
                w.value(&TABLE_SIZE_UPDATE, start, len, Value::None)?;
                w.open();
                w.value(&NEW_TABLE_SIZE, start, len, Value::Uint((*size).into()))?;
                w.close();
            }
        }
    }
    if let [Some(scheme), Some(authority), Some(path)] =
        [":scheme", ":authority", ":path"].map(|name| facts.value(name))
    {
        let uri = [scheme, b"://", authority, path].concat();
        w.value(&FULL_URI, range.start, 0, Value::Text(&uri))?;
    }
    w.up_to(after, range.end, padded)
}

fn header(w: &mut Walk<'_, '_>, field: &HeaderField, at: usize, len: usize) -> Step {
    let HeaderField { name, value, wording, index } = field;
    let (shown_name, shown) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
    let means = match name.as_slice() {
        b":status" => written(|out| write_status(value, out)),
        _ => String::new(),
    };
    w.line(&ITEM, at, len, Value::None, format_args!("Header: {shown_name}: {shown}{means}"))?;
    w.open();
    w.value(&NAME_LENGTH, at, len, Value::Uint(name.len() as u64))?;
    w.value(&NAME, at, len, Value::Text(name))?;
    w.value(&VALUE_LENGTH, at, len, Value::Uint(value.len() as u64))?;
    w.value(&VALUE, at, len, Value::Text(value))?;
    if let Some((_, known)) = NAMED.iter().find(|(known, _)| known.as_bytes() == name) {
        match (known.kind, shown.trim().parse()) {
            (Kind::Text, _) => w.value(known, at, len, Value::Text(value))?,
            (_, Ok(number)) => w.value(known, at, len, Value::Uint(number))?,
            _ => {}
        }
    }
    w.value(&UNESCAPED, at, len, Value::Text(value))?;
    w.value(&WORDING, at, len, Value::Text(wording_of(*wording, *index).as_bytes()))?;
    if *index > 0 {
        w.value(&INDEX, at, len, Value::Uint((*index).into()))?;
    }
    w.close();
    Ok(())
}

/// How Wireshark calls what RFC 7541, section 6, tells apart.
fn wording_of(wording: Wording, index: u32) -> &'static str {
    match (wording, index) {
        (Wording::Indexed, _) => "Indexed Header Field",
        (Wording::AddedToTable, 0) => "Literal Header Field with Incremental Indexing - New Name",
        (Wording::AddedToTable, _) => "Literal Header Field with Incremental Indexing - Indexed Name",
        (Wording::Plain, 0) => "Literal Header Field without Indexing - New Name",
        (Wording::Plain, _) => "Literal Header Field without Indexing - Indexed Name",
        (Wording::NeverIndexed, 0) => "Literal Header Field never Indexed - New Name",
        (Wording::NeverIndexed, _) => "Literal Header Field never Indexed - Indexed Name",
    }
}

fn settings(w: &mut Walk<'_, '_>) -> Step {
    let mut at = HEADER;
    while at < w.left() {
        let id = w.u16(at)?;
        let name = name_of(SETTINGS_NAMES, id.into());
        let name = name.map_or_else(|| format!("Unknown ({id})"), str::to_owned);
        let value = w.u32(at + 2);
        let said = value.map_or(String::new(), |value| format!(" : {value}"));
        w.line(&SETTING, at, 6.min(w.left() - at), Value::None, format_args!("Settings - {name}{said}"))?;
        w.open();
        w.num(&SETTING_ID, at)?;
        w.num(of_setting(id), at + 2)?;
        w.close();
        at += 6;
    }
    Ok(())
}

/// Frames of extensions of the protocol.
fn extension(w: &mut Walk<'_, '_>, kind: u8) -> Step {
    w.skip(HEADER);
    match kind {
        ALTSVC => {
            let len = w.take(&ALTSVC_ORIGIN_LENGTH, 2)?;
            w.string(&ALTSVC_ORIGIN, 0, len)?;
            w.skip(len);
            w.take_up_to(&ALTSVC_VALUE, usize::MAX)?;
        }
        ORIGIN => {
            while w.left() > 0 {
                let len = usize::from(w.u16(0)?);
                w.value(&ORIGIN_ENTRY, 0, 2 + len, Value::None)?;
                w.open();
                w.take(&ORIGIN_LENGTH, 2)?;
                w.string(&ORIGIN_NAME, 0, len)?;
                w.skip(len);
                w.close();
            }
        }
        _ => {
            w.uint(&PRIORITY_STREAM, 0, 4)?;
            w.skip(4);
            w.take_up_to(&PRIORITY_VALUE, usize::MAX)?;
        }
    }
    Ok(())
}
