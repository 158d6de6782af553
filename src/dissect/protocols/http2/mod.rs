//! Hypertext Transfer Protocol, version 2, in clear (`http2`): RFC 9113. A connection begins with its preface where HTTP
//! is expected, or where HTTP has agreed to an upgrade (`h2c`; RFC 7540, section 3.2).

mod connection;
mod details;
mod fields;
mod frame;
mod hpack;
mod huffman;

use super::http::{status_name, unpack};
use super::media::{self, Media};
use crate::dissect::facts::{Http2Body, Http2Facts};
use crate::dissect::over_tcp::{Application, Begun, Input, Measure, Need, Session};
use crate::dissect::reading::layer::unseen;
use crate::dissect::reading::walk::End;
use crate::dissect::{Context, Layer, Proto, Protocol, Reassembled, Span, Work};
use crate::field::name_of;
use crate::text::{Line, Push};
use connection::{Connection, Ended};
use frame::*;

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: fields::FIELDS,
    visit: details::visit,
    summary,
    records: true,
    repeats: true,
    says_length: true,
    second_name: "http",
    source_name: Some(source_name),
    application: Some(Application { measure, decode, is_likely: None }),
    content_type: Some(|ctx, layer| {
        let body = ctx.http2(layer)?.body.as_ref()?;
        Some(&body.content_type)
    }),
    ..Protocol::new("http2", "HTTP2", "HyperText Transfer Protocol 2")
};

/// Of a frame that goes on in a later segment the list says only that.
const BEGUN: Begun = Begun::Text("");

fn measure(input: &Input<'_>) -> Measure {
    let bytes = input.bytes;
    if let Some(missing) = PREFACE.len().checked_sub(bytes.len()).filter(|_| PREFACE.starts_with(bytes)) {
        return match missing {
            0 => Measure::Complete(PREFACE.len() as u32),
            _ => Measure::NeedMore(Need::Bytes(missing as u32), BEGUN),
        };
    }
    if bytes.starts_with(PREFACE) {
        return Measure::Complete(PREFACE.len() as u32);
    }
    let Some(frame) = Frame::read(bytes) else { return Measure::NeedMore(Need::Segment, BEGUN) };
    match (HEADER + frame.len).checked_sub(bytes.len()) {
        Some(missing @ 1..) => Measure::NeedMore(Need::Bytes(missing as u32), BEGUN),
        _ => Measure::Complete((HEADER + frame.len) as u32),
    }
}

fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
    let bytes = work.get(source, span);
    let (direction, no) = (work.direction, work.no);
    let connection: &mut Connection = session.get_or_default();
    let mut facts = Http2Facts::default();
    let mut body = None;
    let head = Frame::read(bytes).filter(|_| !bytes.starts_with(PREFACE));
    match head {
        Some(frame) if frame.kind == SETTINGS => connection.settings(frame, bytes, direction),
        Some(frame) if matches!(frame.kind, HEADERS | PUSH_PROMISE | CONTINUATION) => {
            facts = connection.headers(frame, bytes, direction);
        }
        Some(frame) if frame.kind == DATA => {
            let range = frame.content(bytes).map_or(0..0, |(range, _)| range);
            let data = bytes.get(range.clone()).filter(|_| range.start > 0);
            if let Some(ended) = connection.data(frame, data, direction, no) {
                let span =
                    Span { start: span.start + range.start as u32, end: span.start + range.end as u32 };
                body = Some((ended, span));
            }
        }
        _ => {}
    }
    let damaged = unseen(bytes, |w| details::walk(w, &Http2Facts::default(), details::Bytes::default()))
        == Err(End::Short);
    let mut decoder = work.decoder(source);
    if decoder.layer(Proto::Http2, span, span.len()).is_none() {
        return;
    }
    if damaged {
        decoder.stop(Proto::Http2, span);
    }
    let at = work.facts.http2.len();
    work.facts.http2.push(facts);
    if let Some((ended, span)) = body.filter(|_| work.layers.has_room(2)) {
        decode_body(work, source, span, ended, at);
    }
}

/// Adds the layer of a body whose last data are in a span, and says of the frame at index `of` what is known of it.
fn decode_body(work: &mut Work<'_>, mut source: u8, mut span: Span, ended: Ended, of: usize) {
    let mut known =
        Http2Body { content_type: ended.content_type, coding: Vec::new(), ..Http2Body::default() };
    if let Some((bytes, pieces)) = ended.whole {
        let len = bytes.len() as u32;
        let Some(added) = work.buffers.add(bytes) else { return };
        (source, span) = (added, Span { start: 0, end: len });
        known.whole = Some(Reassembled { source, pieces, len });
    }
    if !ended.coding.is_empty() {
        let mut out = work.buffers.spare();
        if unpack(&ended.coding, work.get(source, span), &mut out) {
            span = Span { start: 0, end: out.len() as u32 };
            let Some(added) = work.buffers.add(out) else { return };
            source = added;
            known.unpacked = Some((source, span.end));
            known.coding = ended.coding;
        }
    }
    let content_type = known.content_type.clone();
    if let Some(facts) = work.facts.http2.get_mut(of) {
        facts.body = Some(known);
    }
    let media = Media::of(Some(&content_type), work.get(source, span));
    // Of other types Wireshark shows the data alone.
    let shown = !content_type.is_empty() && media != Media::Known(Proto::Media);
    if shown && span.len() > 0 {
        media::decode(work, source, span, media, &content_type);
    }
}

fn source_name(ctx: &Context<'_>, layer: &Layer, inner: Option<&Layer>) -> &'static str {
    match inner {
        Some(inner) if !media::is_body(inner.proto) => "Reassembled TCP",
        Some(_) if ctx.http2(layer).is_some_and(Http2Facts::is_packed) => "Uncompressed entity body",
        _ => "Reassembled body",
    }
}

/// What a header block is about: a method and a path, or a status.
fn write_gist(facts: &Http2Facts, out: &mut Line) -> bool {
    match (facts.value(":method"), facts.value(":path"), facts.value(":status")) {
        (Some(method), path, _) => {
            out.decoded(method);
            if let Some(path) = path {
                out.push(b' ');
                out.decoded(path);
            }
        }
        (None, _, Some(status)) => {
            out.decoded(status);
            write_status(status, out);
        }
        _ => return false,
    }
    true
}

/// What a status means, behind it.
fn write_status(status: &[u8], out: &mut Line) {
    let code = std::str::from_utf8(status).ok().and_then(|text| text.parse().ok());
    if let Some(name) = code.and_then(status_name) {
        out.push(b' ');
        out.text(name);
    }
}

/// Each frame of a segment is a part of the list.
fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let frame = Frame::read(bytes).filter(|_| !bytes.starts_with(PREFACE));
    if frame.is_none() && !bytes.starts_with(PREFACE) {
        return;
    }
    let first = |l: &Layer| l.proto == Proto::Http2 || l.proto == Proto::Http;
    if ctx.layers.before(layer).iter().any(first) {
        out.text(", ");
    }
    let Some(frame) = frame else { return out.text("Magic") };
    match name_of(TYPES, frame.kind.into()) {
        Some(name) => out.text(name),
        None => {
            out.text("Unknown type (");
            out.num(frame.kind);
            out.text(")");
        }
    }
    out.text("[");
    out.num(frame.stream);
    out.text("]");
    let mut gist = Line::new();
    if matches!(frame.kind, HEADERS | PUSH_PROMISE)
        && ctx.http2(layer).is_some_and(|facts| write_gist(facts, &mut gist))
    {
        out.text(": ");
        out.extend_from_slice(&gist);
    }
}

#[cfg(test)]
mod tests;
