//! Transport Layer Security (`tls`): SSL 3.0 (RFC 6101), TLS 1.0 to 1.2 (RFC 5246), TLS 1.3 (RFC 8446).

mod connection;
mod details;
mod exchange;
mod extensions;
mod fields;
mod groups;
mod hello;
mod ja3;
mod names;
mod parameters;
mod piece;
mod sct;
mod session;
mod suites;
mod x509;

pub use crate::dissect::facts::TlsFacts;
pub use crate::dissect::facts::tls::Session;
use connection::{decode, is_likely, measure};
pub use session::{Fragment, Measure, advance};

use crate::dissect::over_tcp::Application;
use crate::dissect::{Context, Decoder, Layer, Proto, Protocol, Span, Visited, join};
use crate::field::{At, Field, Value, Visit, name_of};
use crate::text::{Line, Push};
use piece::Part;
use session::{Content, Record, Walk};
use std::borrow::Cow;

const WITH_PARAMETERS: usize = fields::FIELDS.len() + parameters::FIELDS.len();
static WITHOUT_TIMESTAMPS: [&Field; WITH_PARAMETERS] = join(fields::FIELDS, parameters::FIELDS);
static ALL_FIELDS: [&Field; WITH_PARAMETERS + sct::FIELDS.len()] = join(&WITHOUT_TIMESTAMPS, sct::FIELDS);

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: &ALL_FIELDS,
    visit: details::visit,

    summary,
    column_of: Some(column),
    // A record that goes on in a later segment has nothing to show yet; in QUIC, the layer of QUIC speaks for the
    // packet.
    silent: |ctx, layer| layer.start == layer.end || ctx.facts.quic.is_some(),
    records: true,
    path: Some(write_parts),
    application: Some(Application { measure, decode, is_likely: Some(is_likely) }),
    tcp_ports: &[
        324, 443, 465, 636, 802, 853, 993, 995, 1300, 2221, 2443, 3249, 3250, 3251, 3252, 3496, 5061, 5671,
        5684, 5868, 8883, 11207, 19999, 27017,
    ],
    ..Protocol::new("tls", "TLS", "Transport Layer Security")
};

/// Adds a layer of complete records; `malformed` if the last of them contradicts itself, or is cut.
fn layer(d: &mut Decoder<'_, '_>, span: Span, malformed: bool) {
    if d.layer(Proto::Tls, span, span.len()).is_some() && malformed {
        d.stop(Proto::Tls, span);
    }
}

/// Calls `each` with every TLS layer of a packet and a walk over its records. The walk must be finished before the
/// next begins, because it carries the session along.
fn layers<'a>(ctx: &Context<'a>, mut each: impl FnMut(&Layer, &mut Walk<'a>)) {
    let facts = ctx.facts.tls.copied().unwrap_or_default();
    let mut session = facts.session;
    for layer in ctx.layers.all().iter().filter(|l| l.proto == Proto::Tls && !l.quoted) {
        let bytes = (ctx.layer_bytes(layer), layer.end.saturating_sub(layer.start) as usize);
        let mut walk = Walk::new(session, bytes, facts.side, ctx.frame.no.0);
        each(layer, &mut walk);
        walk.by_ref().for_each(drop);
        session = walk.session;
    }
}

/// The name of a version in the Protocol column.
fn short_version(version: u16) -> &'static str {
    match version {
        0x0002 => "SSLv2",
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLSv1.1",
        0x0303 => "TLSv1.2",
        0x0304 => "TLSv1.3",
        _ => "SSL",
    }
}

/// The text of the Protocol column: the version in use.
fn column(ctx: &Context<'_>, _: &Layer) -> Cow<'static, str> {
    let mut version = 0;
    layers(ctx, |_, walk| {
        let unknown = walk.session.version == 0;
        while let Some(record) = walk.next() {
            if record.content == Content::Beyond {
                version = walk.session.version;
                break;
            }
            version = if walk.session.version == 0 { record.version } else { walk.session.version };
            // A Client Hello with early data needs a version to which the server has not agreed yet.
            if unknown && walk.session.version != 0 && record.is_client_hello() {
                version = record.version;
                break;
            }
        }
    });
    Cow::Borrowed(short_version(version))
}

/// Writes the Info column. All TLS layers of the packet are one list, which the first of them writes.
fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    if ctx.layers.find(Proto::Tls).is_some_and(|first| first != layer) {
        return;
    }
    let mut list = List { start: out.len(), out };
    layers(ctx, |_, walk| walk.for_each(|record| list.record(&record)));
}

/// The Info column as a list of records, separated by commas.
struct List<'o> {
    start: usize,
    out: &'o mut Line,
}

impl List<'_> {
    fn item(&mut self) -> &mut Line {
        if self.out.len() > self.start {
            self.out.text(", ");
        }
        self.out
    }

    fn record(&mut self, record: &Record<'_>) {
        let text = match record.content {
            Content::ChangeCipherSpec => "Change Cipher Spec",
            Content::Alert(level, description) => return write_alert(level, description, self.item()),
            Content::EncryptedAlert => "Encrypted Alert",
            Content::ApplicationData => "Application Data",
            Content::Heartbeat(1) => "Heartbeat Request",
            Content::Heartbeat(_) => "Heartbeat Response",
            Content::EncryptedHeartbeat => "Encrypted Heartbeat",
            // A record that is cut has no entry in the list.
            Content::Ignored if record.body.len() < record.len => return,
            Content::Ignored => "Ignored Unknown Record",
            Content::Continuation => "Continuation Data",
            Content::Ssl2Hello => "Client Hello",
            Content::Handshake => return self.messages(record),
            Content::Other | Content::Empty | Content::Cut | Content::Beyond => return,
        };
        self.item().text(text);
    }

    fn messages(&mut self, record: &Record<'_>) {
        for piece in record.pieces() {
            let name = message_name(&piece);
            match piece.part {
                Part::Encrypted => self.item().text("Encrypted Handshake Message"),
                Part::Whole | Part::Last => self.item().text(name),
                Part::First if piece.at == 0 => {
                    let out = self.item();
                    out.text("[");
                    out.text(name);
                    out.text(" Fragment]");
                }
                Part::First | Part::Middle => {}
            }
        }
    }
}

/// The name of a message. A Server Hello that asks for another Client Hello has a name of its own (RFC 8446, section
/// 4.1.4).
fn message_name(piece: &piece::Piece<'_>) -> &'static str {
    match piece.whole() {
        Some((kind, body)) if hello::is_retry(kind, body) => "Hello Retry Request",
        _ => piece.name().unwrap_or("Unknown"),
    }
}

/// The name of a type of handshake message; `None` for unknown types.
pub(super) fn handshake_name(kind: u8) -> Option<&'static str> {
    name_of(names::HANDSHAKE_TYPES, kind.into())
}

/// Appends the text of an alert.
pub(super) fn write_alert(level: u8, description: u8, out: &mut Line) {
    out.text("Alert (Level: ");
    out.text(name_of(names::ALERT_LEVELS, level.into()).unwrap_or("Unknown"));
    out.text(", Description: ");
    out.text(name_of(names::ALERTS, description.into()).unwrap_or("Unknown"));
    out.text(")");
}

/// Appends what `frame.protocols` has after a layer of TLS: the names of Wireshark's dissectors for parts of
/// certificates.
pub(in crate::dissect) fn write_parts(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    const HANDSHAKE: u8 = 22;
    // Only handshake records have certificates.
    if ctx.layer_bytes(layer).first() == Some(&HANDSHAKE) {
        // This visitor never breaks the visit off.
        let _ = details::visit(ctx, layer, &mut Parts(out));
    }
}

struct Parts<'o>(&'o mut Line);

impl Visit for Parts<'_> {
    fn field(&mut self, _: &'static Field, _: At, _: Value<'_>) -> Visited {
        Visited::Continue(())
    }

    fn unseen(&mut self, field: &'static Field, _: At, _: Value<'_>) -> Visited {
        if x509::is_part(field) {
            self.0.text(":");
            self.0.text(field.name);
        }
        Visited::Continue(())
    }
}

#[cfg(test)]
mod tests;
