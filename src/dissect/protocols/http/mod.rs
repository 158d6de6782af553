//! Hypertext Transfer Protocol, version 1.x (`http`): RFC 9112.

mod body;
mod details;
mod fields;
mod head;
mod session;

pub(in crate::dissect) use body::unpack;
pub(in crate::dissect) use details::{visit, whole_file};
pub(in crate::dissect) use fields::status_name;
pub(crate) use session::Session;

use super::media::{self, Media};
use crate::dissect::buffers::Work;
use crate::dissect::facts::HttpFacts;
use crate::dissect::over_tcp::{self, App, Application, Begun, Input, Measure, Need};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, decode_data};
use crate::text::{Line, Push};
use body::BodyLen;
use head::{Head, Start};

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: fields::FIELDS,
    visit: details::visit,

    summary,
    column_of: Some(media::column),
    // The layer without bytes that a tunnel leaves behind shows nothing in the list.
    silent: |_, layer| layer.start == layer.end,
    repeats: true,
    // Lines of text that turn out to be XML are named before it.
    second_name: "data-text-lines",
    source_name: Some(source_name),
    application: Some(Application { measure, decode, is_likely: Some(is_likely) }),
    tcp_ports: &[80, 631, 1900, 2710, 2869, 3128, 3132, 3689, 5985, 8080, 8088, 11371],
    content_type: Some(content_type),
    ..Protocol::new("http", "HTTP", "Hypertext Transfer Protocol")
};

/// What a client sends first that knows the server speaks HTTP/2 (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Whether the bytes begin with the first line of a message, including the version.
fn is_likely(bytes: &[u8]) -> bool {
    if !bytes.first().is_some_and(u8::is_ascii_uppercase) {
        return false;
    }
    let Some(first) = head::line(bytes, 0) else { return false };
    let text = first.text.bytes;
    let version = text.len().checked_sub(8).and_then(|at| text.get(at..));
    text.starts_with(b"HTTP/1.")
        || version.is_some_and(|v| v.starts_with(b"HTTP/1.")) && head::start(first.text).is_some()
}

/// Where the message at the beginning of the bytes ends.
fn measure(input: &Input<'_>) -> Measure {
    let bytes = input.bytes;
    if bytes.starts_with(b"PRI") && PREFACE.iter().zip(bytes).all(|(a, b)| a == b) {
        return match PREFACE.len().checked_sub(bytes.len()) {
            Some(missing @ 1..) => Measure::NeedMore(Need::Bytes(missing as u32), Begun::Nothing),
            _ => Measure::Complete(PREFACE.len() as u32),
        };
    }
    let seen = input.session.get::<Session>().is_some_and(|s| s.seen);
    let rest = Measure::Complete(bytes.len() as u32);
    let text = bytes.first().is_some_and(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
    // Cut text may have been anything, so it counts as a continuation.
    let continuation = if seen || input.cut && text { rest } else { Measure::Silent };
    let at = head::leading_crlf(bytes);
    let Some(first) = head::line(bytes, at) else {
        return match text && input.may_wait {
            true => Measure::NeedMore(Need::Segment, Begun::Nothing),
            false => continuation,
        };
    };
    if head::start(first.text).is_none() {
        return continuation;
    }
    let need = match message_len(input) {
        Ok(len) => return Measure::Complete(len.clamp(1, bytes.len()) as u32),
        Err(need) => need,
    };
    if !input.may_wait || input.fin && need == Need::Fin {
        return rest;
    }
    Measure::NeedMore(need, Begun::Line { at: at as u32, len: first.text.bytes.len() as u32 })
}

/// Length of the message with its body, or what is still missing.
fn message_len(input: &Input<'_>) -> Result<usize, Need> {
    let bytes = input.bytes;
    let session = input.session.get::<Session>();
    let asked_head = session.is_some_and(|s| s.asked_head);
    let asked_connect = session.is_some_and(|s| s.asked_connect);
    let len = head::head_len(bytes).ok_or(Need::Segment)?;
    let Some(head) = Head::read(bytes) else { return Ok(bytes.len()) };
    match body::body_len(&head, asked_head, asked_connect) {
        BodyLen::Bytes(body) => {
            let end = (len as u64).saturating_add(body);
            match end.checked_sub(bytes.len() as u64) {
                Some(missing @ 1..) => Err(Need::Bytes(u32::try_from(missing).unwrap_or(u32::MAX))),
                _ => Ok(end as usize),
            }
        }
        BodyLen::Here(body) => {
            let rest = bytes.get(len..).unwrap_or(&[]);
            // Wireshark would take the next response for the body.
            let next = rest.iter().zip(b"HTTP/").all(|(a, b)| a == b);
            Ok(if next { len } else { len + (rest.len() as u64).min(body) as usize })
        }
        BodyLen::Chunked => match body::chunked_len(bytes, len) {
            Ok(body) => Ok(len + body),
            Err(_) if asked_head && bytes.len() == len => Ok(len),
            Err(true) => Err(Need::Segment),
            Err(false) => Ok(bytes.len()),
        },
        BodyLen::UntilFin => Err(Need::Fin),
    }
}

/// What the head says about decoding the body.
struct Plan {
    head: u32,
    chunked: bool,
    coding: Option<Vec<u8>>,
    media: Media,
    /// The Content-Type says lines of text, whatever the body begins with.
    lines: bool,
    /// The Content-Type of a multipart body, with the boundary of its parts; empty for any other body.
    content_type: Vec<u8>,
}

/// What is known about a message whose first line the snapshot length has cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// It begins like a request.
    Request,
    /// It begins like a response.
    Response,
    /// It could begin anything.
    Text,
}

/// What cut bytes begin with; `None` if they are not cut, or have their first line.
fn cut_start(bytes: &[u8], span: Span) -> Option<Cut> {
    if bytes.len() as u32 >= span.len() {
        return None;
    }
    let line = head::line(bytes, head::leading_crlf(bytes));
    if line.as_ref().is_some_and(|line| head::start(line.text).is_some()) {
        return None;
    }
    Some(match bytes {
        _ if line.is_some() => Cut::Text,
        [b'H', b'T', b'T', b'P', b'/', ..] => Cut::Response,
        bytes if head::begins_request(bytes) => Cut::Request,
        _ => Cut::Text,
    })
}

/// Adds an HTTP layer for a message that is cut in its first line. The layer is empty, so that the TCP segment speaks
/// for the packet, unless messages came before: then a response or any text continues the conversation, and a request
/// does if another message precedes it in the same packet.
fn decode_cut(work: &mut Work<'_>, source: u8, span: Span, what: Cut, seen: bool) {
    let speaks = seen && (what != Cut::Request || !work.facts.http.is_empty());
    if !speaks && what == Cut::Text {
        // `frame.protocols` names it all the same.
        work.layers.mark_twofold();
        decode_data(work, source, span);
        return work.decoder(source).stop(Proto::Http, span);
    }
    let own = if speaks { span } else { Span { end: span.start, ..span } };
    let mut decoder = work.decoder(source);
    if decoder.layer(Proto::Http, own, 0).is_none() {
        return;
    }
    if speaks {
        work.facts.http.push(HttpFacts::default());
    }
    if what == Cut::Text {
        decode_data(work, source, span);
    }
    work.decoder(source).stop(Proto::Http, span);
}

/// Adds the layers of a message.
fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut over_tcp::Session) {
    if work.get(source, span) == PREFACE {
        session.get_or_default::<Session>().begin_http2();
        if work.layers.all().last().is_some_and(|layer| layer.proto != Proto::Http) {
            work.layers.mark_twofold();
        }
        return App::of(Proto::Http2).into_iter().for_each(|app| app.decode(work, source, span, session));
    }
    let session: &mut Session = session.get_or_default();
    let bytes = work.get(source, span);
    if let Some(what) = cut_start(bytes, span) {
        let seen = session.seen;
        session.seen |= what != Cut::Text;
        return decode_cut(work, source, span, what, seen);
    }
    let (plan, facts) = match Head::read(bytes) {
        Some(head) => {
            let body = bytes.get(head.len..).unwrap_or(&[]);
            let declared = match head.content_type {
                // A Content-Type without a name is an unknown type.
                Some(b"") => Media::Known(Proto::Media),
                of => Media::of(of, &[]),
            };
            let is_settled = head.chunked || body.is_empty() || head.content_type == Some(b"");
            let media = if is_settled { declared } else { declared.checked(body) };
            let divided = media == Media::Known(Proto::Multipart);
            let plan = Plan {
                head: head.len as u32,
                chunked: head.chunked,
                coding: head
                    .content_encoding
                    .filter(|c| !c.eq_ignore_ascii_case(b"identity"))
                    .map(<[u8]>::to_vec),
                media,
                lines: declared == Media::Known(Proto::TextLines),
                content_type: head.content_type.filter(|_| divided).unwrap_or(&[]).to_vec(),
            };
            (plan, session.message(&head, work.no, work.time))
        }
        None => {
            let head = details::continued_head(bytes) as u32;
            let plan = Plan {
                head,
                chunked: false,
                coding: None,
                media: Media::Unknown,
                lines: false,
                content_type: Vec::new(),
            };
            (plan, HttpFacts::default())
        }
    };
    if !work.layers.has_room(3) {
        return;
    }
    work.facts.http.push(facts);
    let mut decoder = work.decoder(source);
    let Some(body) = decoder.layer(Proto::Http, span, plan.head) else { return };
    if (decoder.get(span).len() as u32) < span.len() {
        decoder.stop(Proto::Http, span);
    }
    if !work.get(source, body).is_empty() {
        decode_body(work, source, body, plan);
    }
}

fn decode_body(work: &mut Work<'_>, mut source: u8, mut span: Span, plan: Plan) {
    let mut media = plan.media;
    if plan.chunked {
        let mut out = work.buffers.spare();
        body::dechunk(work.get(source, span), &mut out);
        if out.is_empty() {
            return;
        }
        span = Span { start: 0, end: out.len() as u32 };
        match work.buffers.add(out) {
            Some(added) => source = added,
            None => return,
        }
        media = media.checked(work.get(source, span));
    }
    if let Some(coding) = plan.coding {
        let mut out = work.buffers.spare();
        if body::unpack(&coding, work.get(source, span), &mut out) {
            span = Span { start: 0, end: out.len() as u32 };
            match work.buffers.add(out) {
                Some(added) => source = added,
                None => return,
            }
            media = media.checked(work.get(source, span));
        } else {
            media = Media::Unknown;
        }
    }
    if plan.lines && media == Media::Known(Proto::Xml) {
        work.layers.mark_twofold();
    }
    media::decode(work, source, span, media, &plan.content_type);
}

/// The name of a body's bytes in the bytes pane: decompressed where a coding was undone, else the joined chunks.
fn source_name(ctx: &Context<'_>, message: &Layer, inner: Option<&Layer>) -> &'static str {
    let is_packed =
        || Head::read(ctx.layer_bytes(message)).is_some_and(|head| head.content_encoding.is_some());
    match inner {
        Some(inner) if !media::is_body(inner.proto) => "Reassembled TCP",
        Some(_) if is_packed() => "Uncompressed entity body",
        // Bytes without a layer are joined chunks that were decompressed then.
        _ => "De-chunked entity body",
    }
}

/// The Content-Type of a message, with its parameters.
fn content_type<'a>(ctx: &Context<'a>, message: &Layer) -> Option<&'a [u8]> {
    Head::read(ctx.layer_bytes(message))?.content_type
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    // For a response of OCSP, the layer inside writes the Info column.
    if bytes.is_empty() || ctx.layers.after(layer).iter().any(|l| l.proto == Proto::Ocsp) {
        return;
    }
    match head::line(bytes, head::leading_crlf(bytes)).filter(|l| head::start(l.text).is_some()) {
        Some(first) => {
            out.decoded(first.text.bytes);
            out.push(b' ');
        }
        None => out.text("Continuation"),
    }
}

/// Facts about the message of a datagram from earlier datagrams of its conversation (`ssdp`); `None` if the datagram
/// has no message.
pub(crate) fn datagram(session: &mut Session, bytes: &[u8], frame: u64, time: i64) -> Option<HttpFacts> {
    Some(session.message(&Head::read(bytes)?, frame, time))
}

/// Whether a message is a request; `None` if it is neither a request nor a response.
fn is_request(head: &Head<'_>) -> Option<bool> {
    head.start.map(|s| matches!(s, Start::Request { .. }))
}
