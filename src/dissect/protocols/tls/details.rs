//! The records of a TLS layer, as the details pane shows them.

use super::super::tcp::segments;
use super::exchange::KeyExchange;
use super::fields::*;
use super::piece::{self, Part, Piece};
use super::session::{Content, HEADER, Record, content};
use super::{PROTOCOL, exchange, extensions, hello, ja3, message_name, names, short_version};
use crate::dissect::reading::remark::{Group, Severity, remark_below};
use crate::dissect::reading::walk::{Step, Walk, step};
use crate::dissect::{Context, Layer, Proto, Visited};
use crate::field::{Value, Visit, name_of};
use crate::text::{Line, plural, written};

/// The port of HTTP over TLS.
const HTTPS: u16 = 443;

/// What the records of one layer need in order to be shown.
struct View<'a> {
    ctx: Context<'a>,
    /// The layer of the records.
    layer: Layer,
    /// The name of the application data's protocol.
    application: &'static str,
    /// The number of the source that holds the next reassembled handshake message.
    next_message: u8,
}

pub(super) fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    if ctx.facts.quic.is_some() {
        return without_records(ctx, layer, v);
    }
    v.field(&PROTOCOL.field, layer.header_at(), Value::Bytes(ctx.layer_bytes(layer)))?;
    v.open();
    let mut view = View {
        ctx: *ctx,
        layer: *layer,
        application: application(ctx),
        next_message: ctx.facts.tls.map_or(0, |f| f.first_message),
    };
    let mut flow = Visited::Continue(());
    super::layers(ctx, |other, walk| {
        for record in walk {
            if other != layer {
                view.pass(&record);
            } else if flow.is_continue() {
                flow = view.record(&record, v);
            }
        }
    });
    flow?;
    v.close();
    Visited::Continue(())
}

/// Visits handshake messages that QUIC carries in its own frames, without records (RFC 9001, section 4.1.3).
fn without_records(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    v.field(&PROTOCOL.field, layer.header_at(), Value::Bytes(bytes))?;
    v.open();
    let mut w = Walk::over(bytes, layer, v);
    let result = bare_messages(&mut w);
    w.finish(result)?;
    v.close();
    Visited::Continue(())
}

fn bare_messages(w: &mut Walk<'_, '_>) -> Step {
    /// QUIC carries no version but TLS 1.3 (RFC 9001, section 4.2).
    const VERSION: u16 = 0x0304;
    while w.left() > 0 {
        let (kind, len) = (w.u8(0)?, w.number(1, 3).unwrap_or(u64::MAX));
        let end = usize::try_from(len).ok().and_then(|len| len.checked_add(piece::HEADER));
        let whole = end.and_then(|end| w.get(0, end).ok());
        let body = whole.and_then(|message| message.get(piece::HEADER..));
        let name = match body {
            Some(body) if hello::is_retry(kind, body) => "Hello Retry Request",
            _ => name_of(names::HANDSHAKE_TYPES, kind.into()).unwrap_or("Unknown"),
        };
        let part = if whole.is_some() { "" } else { " (fragment)" };
        let shown = whole.map_or(w.left(), <[u8]>::len);
        let title = format_args!("{} Record Layer: Handshake Protocol: {name}{part}", short_version(VERSION));
        w.text(0, shown, title)?;
        w.open();
        match whole {
            Some(_) => w.within(shown, |w| message(w, kind, name, VERSION, 0))?,
            None => {
                w.line(&HANDSHAKE, 0, shown, Value::None, format_args!("Handshake Protocol: {name}{part}"))?;
                w.skip(shown);
            }
        }
        w.close();
    }
    Ok(())
}

/// The name of the application data's protocol, by the port.
fn application(ctx: &Context<'_>) -> &'static str {
    let ports = ctx.layers.find(Proto::Tcp).and_then(|l| super::super::tcp::Header::read(ctx.layer_bytes(l)));
    let tunnel = ctx.facts.app.and_then(|app| app.tunnel.as_ref()).map(|tunnel| tunnel.port);
    let web = |port| port == HTTPS;
    if tunnel.is_some_and(web) || ports.is_some_and(|h| web(h.srcport) || web(h.dstport)) {
        "Hypertext Transfer Protocol"
    } else {
        "Application Data"
    }
}

impl View<'_> {
    /// Skips a record of an earlier layer, and counts the messages that end in it.
    fn pass(&mut self, record: &Record<'_>) {
        if record.content == Content::Handshake {
            let ended = record.pieces().filter(|p| p.part == Part::Last).count();
            self.next_message = self.next_message.saturating_add(ended as u8);
        }
    }

    fn record(&mut self, record: &Record<'_>, v: &mut dyn Visit) -> Visited {
        let header =
            if matches!(record.content, Content::Ignored | Content::Continuation) { 0 } else { HEADER };
        let len = header + record.body.len();
        match record.content {
            Content::Ignored => {
                let at = self.layer.at(record.at, len);
                v.text(at, format_args!("{}", IGNORED.label))?;
                return remark_below(&IGNORED, at, Severity::Warning, Group::Protocol, IGNORED.label, v);
            }
            Content::Continuation | Content::Beyond => return Visited::Continue(()),
            Content::Ssl2Hello => return Visited::Continue(()),
            _ => {}
        }
        let title = written(|line| self.title(record, line));
        v.line(&RECORD, self.layer.at(record.at, len), Value::None, format_args!("{title}"))?;
        v.open();
        let bytes = self.ctx.layer_bytes(&self.layer).get(record.at..).unwrap_or(&[]);
        let bytes = bytes.get(..len).unwrap_or(bytes);
        let start = self.layer.start as usize + record.at;
        let mut w = Walk::new(bytes, self.layer.source, start as u32, v);
        let result = self.contents(record, &mut w);
        w.finish(result)?;
        if record.content == Content::Handshake {
            self.messages(record, start + HEADER, v)?;
        }
        v.close();
        Visited::Continue(())
    }

    /// Visits the header of a record and, unless it has handshake messages, its body.
    fn contents(&self, record: &Record<'_>, w: &mut Walk<'_, '_>) -> Step {
        let opaque = record.kind == content::APPLICATION_DATA && record.version == 0x0304;
        w.take(if opaque { &OPAQUE_TYPE } else { &CONTENT_TYPE }, 1)?;
        w.take(&RECORD_VERSION, 2)?;
        w.take(&RECORD_LENGTH, 2)?;
        if record.content == Content::Handshake { Ok(()) } else { self.body(record, w) }
    }

    /// Writes the line of a record: its version and its content.
    fn title(&self, record: &Record<'_>, out: &mut Line) {
        use crate::text::Push;
        if matches!(record.content, Content::Other | Content::Empty | Content::Cut) {
            return out.text("Record Layer");
        }
        out.text(short_version(record.version));
        out.text(" Record Layer: ");
        match record.content {
            Content::ChangeCipherSpec => out.text("Change Cipher Spec Protocol: Change Cipher Spec"),
            Content::Alert(level, description) => super::write_alert(level, description, out),
            Content::EncryptedAlert => out.text("Encrypted Alert"),
            Content::ApplicationData => {
                out.text("Application Data Protocol: ");
                out.text(self.application);
            }
            Content::Heartbeat(1) => out.text("Heartbeat Request"),
            Content::Heartbeat(_) => out.text("Heartbeat Response"),
            Content::EncryptedHeartbeat => out.text("Encrypted Heartbeat"),
            Content::Handshake => {
                out.text("Handshake Protocol: ");
                handshake_title(record, out);
            }
            _ => {}
        }
    }

    fn body(&self, record: &Record<'_>, w: &mut Walk<'_, '_>) -> Step {
        let left = w.left();
        match record.content {
            Content::ChangeCipherSpec => {
                w.value(&CHANGE_CIPHER_SPEC, 0, left, Value::None)?;
                if record.resumes {
                    w.remark(&RESUMED, 0, left, Severity::Note, Group::Sequence, RESUMED.label)?;
                }
                Ok(())
            }
            Content::Alert(..) => {
                w.heading(&ALERT_MESSAGE, left, format_args!("Alert Message"))?;
                w.take(&ALERT_LEVEL, 1)?;
                w.take(&ALERT_DESC, 1)?;
                w.close();
                Ok(())
            }
            Content::EncryptedAlert => {
                let text = format_args!("Alert Message: Encrypted Alert");
                w.line(&ALERT_MESSAGE, 0, left, Value::None, text)
            }
            Content::ApplicationData => {
                w.up_to(&APP_DATA, 0, left)?;
                if self.application == "Application Data" {
                    return Ok(());
                }
                w.value(&APP_DATA_PROTO, 0, left, Value::Text(self.application.as_bytes()))
            }
            Content::Heartbeat(_) => heartbeat(w),
            Content::EncryptedHeartbeat => {
                let text = format_args!("Encrypted Heartbeat Message");
                w.line(&HEARTBEAT_MESSAGE, 0, left, Value::None, text)
            }
            _ => Ok(()),
        }
    }

    fn messages(&mut self, record: &Record<'_>, start: usize, v: &mut dyn Visit) -> Visited {
        for piece in record.pieces() {
            let name = message_name(&piece);
            let at = crate::field::At {
                source: self.layer.source,
                start: (start + piece.at) as u32,
                len: piece.bytes.len() as u32,
            };
            let part = match piece.part {
                Part::Whole => {
                    let mut w = Walk::new(piece.bytes, self.layer.source, at.start, v);
                    let result = message(&mut w, piece.kind.unwrap_or(0), name, record.version, record.suite);
                    w.finish(result)?;
                    continue;
                }
                Part::Encrypted => {
                    let text = format_args!("Handshake Protocol: Encrypted Handshake Message");
                    v.line(&HANDSHAKE, at, Value::None, text)?;
                    continue;
                }
                Part::First | Part::Middle => "fragment",
                Part::Last => "last fragment",
            };
            v.line(&HANDSHAKE, at, Value::None, format_args!("Handshake Protocol: {name} ({part})"))?;
            if piece.part == Part::Last {
                let source = self.next_message;
                self.next_message = source.saturating_add(1);
                let whole = self.ctx.source(source);
                let done =
                    self.ctx.facts.app.and_then(|app| app.handshakes.iter().find(|h| h.source == source));
                if let Some(done) = done {
                    segments::pieces(
                        done,
                        "Handshake Fragments",
                        [&FRAGMENTS, &FRAGMENT, &FRAGMENT, &FRAGMENT_COUNT],
                        v,
                    )?;
                }
                if source > 0 && !whole.is_empty() {
                    let mut w = Walk::new(whole, source, 0, v);
                    let result = message(&mut w, piece.kind.unwrap_or(0), name, record.version, record.suite);
                    w.finish(result)?;
                }
            }
        }
        Visited::Continue(())
    }
}

/// Writes the name of a handshake record: the name of its message if it has exactly one.
fn handshake_title(record: &Record<'_>, out: &mut Line) {
    use crate::text::Push;
    let mut pieces = record.pieces();
    let first: Option<Piece<'_>> = pieces.next();
    let more = pieces.next().is_some();
    match first {
        Some(piece) if !more && piece.part != Part::Middle => {
            out.text(if piece.part == Part::Encrypted {
                "Encrypted Handshake Message"
            } else {
                message_name(&piece)
            });
            out.text(if piece.part == Part::First { " (fragment)" } else { "" });
        }
        _ => out.text("Multiple Handshake Messages"),
    }
}

/// Visits a complete message with its header; `version` and `suite` are those of the connection.
fn message(w: &mut Walk<'_, '_>, kind: u8, name: &str, version: u16, suite: u16) -> Step {
    w.heading(&HANDSHAKE, w.left(), format_args!("Handshake Protocol: {name}"))?;
    w.take(&TYPE, 1)?;
    let len = w.take(&LENGTH, 3)?;
    w.within(len, |w| {
        match kind {
            names::CLIENT_HELLO => {
                let body = w.bytes;
                hello::client(w, version)?;
                step(ja3::client(body, w.visitor()))?;
            }
            names::SERVER_HELLO => {
                let body = w.bytes;
                hello::server(w)?;
                step(ja3::server(body, w.visitor()))?;
            }
            piece::SESSION_TICKET => exchange::session_ticket(w, version)?,
            piece::ENCRYPTED_EXTENSIONS => extensions::all(w, kind)?,
            piece::CERTIFICATE => exchange::certificates(w, version)?,
            piece::SERVER_KEY => exchange::server_key(w, version, KeyExchange::of(suite))?,
            piece::CERTIFICATE_REQUEST => exchange::certificate_request(w, version)?,
            piece::CERTIFICATE_VERIFY => exchange::certificate_verify(w, version)?,
            piece::CLIENT_KEY => exchange::client_key(w, version, KeyExchange::of(suite))?,
            piece::FINISHED => exchange::finished(w)?,
            piece::CERTIFICATE_STATUS => exchange::certificate_status(w)?,
            piece::KEY_UPDATE => exchange::key_update(w)?,
            _ => {}
        }
        Ok(())
    })?;
    w.close();
    Ok(())
}

/// A heartbeat message (RFC 6520, section 4).
fn heartbeat(w: &mut Walk<'_, '_>) -> Step {
    /// The least padding, in bytes.
    const PADDING: usize = 16;
    w.heading(&HEARTBEAT_MESSAGE, w.left(), format_args!("Heartbeat Message"))?;
    w.take(&HEARTBEAT_TYPE, 1)?;
    let said = usize::from(w.u16(0)?);
    let room = w.left().saturating_sub(2);
    let payload = if said + PADDING <= room { said } else { room.saturating_sub(PADDING) };
    if said == payload {
        w.num(&HEARTBEAT_LENGTH, 0)?;
    } else {
        let text = format_args!("Payload Length: {said} (invalid, using {payload} to decode payload)");
        w.uint_line(&HEARTBEAT_LENGTH, 0, 2, text)?;
    }
    w.skip(2);
    let parts =
        [(&HEARTBEAT_PAYLOAD, "Payload", payload), (&HEARTBEAT_PADDING, "Padding and HMAC", room - payload)];
    for (field, what, n) in parts {
        if n > 0 || field == &HEARTBEAT_PAYLOAD {
            let text = format_args!("{what} ({n} byte{})", plural(n));
            w.line(field, 0, n, Value::Bytes(w.peek(n)), text)?;
        }
        w.skip(n);
    }
    w.close();
    Ok(())
}
