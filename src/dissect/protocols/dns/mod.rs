//! Domain Name System (`dns`, RFC 1035), over UDP or, with a length in front, over TCP; and two protocols with the
//! same messages on the local link: mDNS (`mdns`, RFC 6762) and LLMNR (`llmnr`, RFC 4795).

mod fields;
mod message;
mod name;
mod names;
mod options;
mod rdata;
mod records;
mod service;

pub use crate::dissect::facts::DnsFacts;
pub(in crate::dissect) use name::Name;

use crate::dissect::buffers::Work;
use crate::dissect::over_tcp::{Application, Begun, Input, Measure, Need, Session};
use crate::dissect::reading::layer::{show_all, unseen, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::reading::wording::Escaped;
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Value, Visit, name_of};
use crate::text::{Line, Push};
use fields::*;
use message::{Dialect, Message, header};
use std::fmt::Write as _;

/// Length of the header, in bytes.
const HEADER: usize = 12;

/// The longest Info text, in bytes; a message of 64 KiB with compressed names could fill megabytes.
const MAX_INFO: usize = 4095;

/// DNS. mDNS and LLMNR use its fields, too.
pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    repeats: true,
    says_length: true,
    decode: |d, span| decode(d, Proto::Dns, span),
    udp_ports: &[53],
    recognise: Some(|bytes, _, _| looks_like(bytes)),
    tcp_ports: &[53, 5353],
    application: Some(Application { measure, decode: decode_stream_message, is_likely: None }),
    ..Protocol::new("dns", "DNS", "Domain Name System")
};
pub(in crate::dissect) static MDNS: Protocol = Protocol {
    visit,
    summary,
    language: Some(Proto::Dns),
    decode: |d, span| decode(d, Proto::Mdns, span),
    udp_ports: &[5353],
    ..Protocol::new("mdns", "MDNS", "Multicast Domain Name System")
};
pub(in crate::dissect) static LLMNR: Protocol = Protocol {
    visit,
    summary,
    language: Some(Proto::Dns),
    decode: |d, span| decode(d, Proto::Llmnr, span),
    udp_ports: &[5355],
    ..Protocol::new("llmnr", "LLMNR", "Link-local Multicast Name Resolution")
};

/// Decodes one message of DNS, mDNS or LLMNR, as `proto` says; it takes the whole UDP payload.
fn decode(d: &mut Decoder<'_, '_>, proto: Proto, span: Span) -> Next {
    whole(d, proto, span, |w| Message::new(w, Dialect::of(proto)).alone())
}

/// Where the first message in a TCP stream ends: its first two octets are its length (RFC 1035, section 4.2.2).
pub(in crate::dissect) fn measure(input: &Input<'_>) -> Measure {
    let Some(len) = input.bytes.u16(0) else { return Measure::NeedMore(Need::Segment, Begun::Nothing) };
    match (2 + u32::from(len)).checked_sub(input.bytes.len() as u32) {
        Some(missing @ 1..) => Measure::NeedMore(Need::Bytes(missing), Begun::Nothing),
        _ => Measure::Complete(2 + u32::from(len)),
    }
}

/// Decodes one message from a TCP stream; `span` begins with the two octets of the message's length.
pub(in crate::dissect) fn decode_stream_message(
    work: &mut Work<'_>,
    source: u8,
    span: Span,
    _: &mut Session,
) {
    whole(&mut work.decoder(source), Proto::Dns, span, |w| {
        w.u16(0)?;
        w.skip(2);
        Message::new(w, Dialect::Dns).alone()
    });
}

/// Whether a UDP payload between unknown ports is a complete DNS message: a standard query for one name, or an answer
/// to such a query.
pub(in crate::dissect) fn looks_like(bytes: &[u8]) -> bool {
    let (Some(flags), Some(1)) = (bytes.u16(2), bytes.u16(4)) else { return false };
    let few = [6, 8, 10].iter().all(|at| bytes.u16(*at).is_some_and(|n| n < 100));
    // In a query the flags of answers, the response code among them, are 0.
    let sound = flags & 0x7800 == 0 && flags & 0x0040 == 0 && (flags & 0x8000 != 0 || flags & 0x048f == 0);
    few && sound && unseen(bytes, |w| Message::new(w, Dialect::Dns).alone()).is_ok()
}

/// Length of what comes before the message: 2 octets in a stream, else 0.
fn prefix(ctx: &Context<'_>, layer: &Layer) -> usize {
    let carrier = ctx.layers.before(layer).iter().rev().find(|l| l.proto != Proto::Dns);
    if carrier.is_some_and(|l| l.proto == Proto::Tcp) { 2 } else { 0 }
}

/// Writes the Info column. Of several messages in one segment, only the last one is listed, besides the message that
/// the segment completes.
fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    if ctx.layers.after(layer).iter().any(|l| l.proto == Proto::Dns && l.source == layer.source) {
        return;
    }
    let bytes = ctx.layer_bytes(layer).get(prefix(ctx, layer)..).unwrap_or(&[]);
    let (Some(id), Some(flags)) = (bytes.u16(0), bytes.u16(2)) else { return };
    let start = out.len();
    let opcode = u64::from(flags >> 11 & 15);
    match name_of(names::OPCODES, opcode) {
        Some(name) => out.text(name),
        None => {
            out.text("Unknown operation (");
            out.num(opcode);
            out.text(")");
        }
    }
    if flags & 0x8000 != 0 {
        out.text(" response");
    }
    out.text(" ");
    out.hex(id.into(), 4);
    let rcode = u64::from(flags & 15);
    if flags & 0x8000 != 0 && rcode != 0 {
        out.text(" ");
        match name_of(names::RCODES, rcode) {
            Some(name) => out.text(name),
            None => {
                out.text("Unknown error (");
                out.num(rcode);
                out.text(")");
            }
        }
    }
    let dialect = Dialect::of(layer.proto);
    // A message that breaks off is listed up to where it does.
    let limit = match ctx.layers.stop {
        None => u32::MAX,
        Some(_) => unseen(bytes, |w| {
            let mut message = Message::new(w, dialect);
            let _ = message.visit(None);
            message.begun
        }),
    };
    let _ = list(bytes, dialect, limit, start, out);
    let end = (0..=start + MAX_INFO)
        .rev()
        .find(|end| std::str::from_utf8(out.get(start..*end).unwrap_or(&[])).is_ok());
    out.truncate(end.unwrap_or(start));
}

/// Lists the questions and the records, at most `limit` of them and up to [`MAX_INFO`] bytes from `start` on.
fn list(bytes: &[u8], dialect: Dialect, limit: u32, start: usize, out: &mut Line) -> Step {
    let (counts, mut at, mut left) = (header(bytes)?, HEADER, limit);
    for _ in 0..counts.questions {
        if left == 0 || out.len() - start > MAX_INFO {
            break;
        }
        let question = message::Question::read(bytes, at)?;
        at = question.end;
        let _ = write!(Escaped(out), " {} {}", names::Type(question.ty), question.name);
        if dialect == Dialect::Mdns {
            out.text(if question.class & 0x8000 != 0 { ", \"QU\" question" } else { ", \"QM\" question" });
        }
        left -= 1;
    }
    for _ in 0..counts.records() {
        if left == 0 || out.len() - start > MAX_INFO {
            break;
        }
        let record = message::Record::read(bytes, at)?;
        at = record.end();
        let _ = write!(Escaped(out), " {}", names::Type(record.ty));
        if dialect == Dialect::Mdns && record.ty != 41 && record.class & 0x8000 != 0 {
            out.text(", cache flush");
        }
        // An incomplete value is not shown; the listing ends with it.
        let _ = write!(Escaped(out), "{}", record.gist(bytes).brief());
        left -= 1;
    }
    Ok(())
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show_all(ctx, layer, v, |w| tree(ctx, layer, w))
}

fn tree(ctx: &Context<'_>, layer: &Layer, w: &mut Walk<'_, '_>) -> Step {
    let field = &layer.proto.get().field;
    let (bytes, prefix) = (w.bytes, prefix(ctx, layer));
    let kind = match bytes.u16(prefix + 2) {
        Some(flags) if flags & 0x8000 != 0 => " (response)",
        Some(_) => " (query)",
        None => "",
    };
    w.line(field, 0, bytes.len(), Value::Bytes(bytes), format_args!("{}{kind}", field.label))?;
    w.open();
    if prefix > 0 {
        w.num(&LENGTH, 0)?;
        w.skip(prefix);
    }
    let mut message = Message::new(w, Dialect::of(layer.proto));
    let facts = facts(ctx, layer);
    let end = message.visit(facts)?;
    if let Some(facts) = facts {
        relation(facts, message.w)?;
    }
    message.rest(end)?;
    w.close();
    Ok(())
}

/// What the conversation says about the message of a layer.
fn facts(ctx: &Context<'_>, layer: &Layer) -> Option<DnsFacts> {
    let Some(app) = ctx.facts.app else { return ctx.facts.dns };
    let before = ctx.layers.before(layer).iter().filter(|l| l.proto == Proto::Dns).count();
    app.dns.get(before).copied().flatten()
}

/// Visits how the message relates to earlier messages.
fn relation(facts: DnsFacts, w: &mut Walk<'_, '_>) -> Step {
    match facts {
        DnsFacts::RepeatedQuery(frame) => {
            w.value(&RETRANSMIT_REQUEST_IN, 0, 0, Value::Uint(frame))?;
            w.value(&RETRANSMISSION, 0, 0, Value::Bool(true))
        }
        DnsFacts::AnsweredIn(frame) => w.value(&RESPONSE_IN, 0, 0, Value::Uint(frame)),
        DnsFacts::Answer { query, time } => {
            w.value(&RESPONSE_TO, 0, 0, Value::Uint(query))?;
            w.value(&TIME, 0, 0, Value::Duration(time))
        }
        DnsFacts::RepeatedAnswer(frame) => {
            w.value(&RETRANSMIT_RESPONSE_IN, 0, 0, Value::Uint(frame))?;
            w.value(&RETRANSMISSION, 0, 0, Value::Bool(true))
        }
        DnsFacts::Unsolicited => w.value(&UNSOLICITED, 0, 0, Value::Bool(true)),
    }
}
