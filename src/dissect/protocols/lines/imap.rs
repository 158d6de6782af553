//! Internet Message Access Protocol (`imap`): RFC 3501.

use super::{TextLine, by_line, is_request, lines, row, whole_layer};
use crate::dissect::over_tcp::{Memory, Session};
use crate::dissect::reading::layer::show;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Visited, Work};
use crate::field::{Field, Kind, Value, Visit};
use crate::text::{Line, Push};

const PORT: u16 = 143;

crate::fields! {
    IS_REQUEST = Field::new("imap.isrequest", "Request", Kind::Bool).hidden();
    LINE = Field::new("imap.line", "Line", Kind::Text);
    REQUEST = Field::new("imap.request", "Request", Kind::Text);
    REQUEST_TAG = Field::new("imap.request_tag", "Request Tag", Kind::Text);
    RESPONSE = Field::new("imap.response", "Response", Kind::Text);
    RESPONSE_TAG = Field::new("imap.response_tag", "Response Tag", Kind::Text);
    TAG = Field::new("imap.tag", "Tag", Kind::Text).hidden();
    REQUEST_COMMAND = Field::new("imap.request.command", "Request Command", Kind::Text);
    REQUEST_UID = Field::new("imap.request.command.uid", "Request isUID", Kind::Bool);
    RESPONSE_COMMAND = Field::new("imap.response.command", "Response Command", Kind::Text);
    COMMAND = Field::new("imap.command", "Command", Kind::Text).hidden();
    STATUS = Field::new("imap.response.status", "Response Status", Kind::Text);
    RESPONSE_TO = Field::new("imap.response_to", "Request In", Kind::FrameNo).generated();
    TIME = Field::new("imap.time", "Response Time", Kind::Duration).generated();
    FOLDER = Field::new("imap.request.folder", "Request Folder", Kind::Text);
    USERNAME = Field::new("imap.request.username", "Request Username", Kind::Text);
    PASSWORD = Field::new("imap.request.password", "Request Password", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    ..row(&[PORT], by_line, decode, Protocol::new("imap", "IMAP", "Internet Message Access Protocol"))
};

/// The most requests without a response that are remembered.
const MOST_OPEN: usize = 32;

/// What an IMAP session remembers: tag, frame and time of each request without a response.
#[derive(Clone, Debug, Default)]
struct Talk {
    open: Vec<(Vec<u8>, u64, i64)>,
}

impl Memory for Talk {}

fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
    let asks = work.ports.1 == PORT;
    let talk: &mut Talk = session.get_or_default();
    let bytes = work.get(source, span);
    let mut answered = None;
    for line in lines(bytes) {
        let (_, tag) = line.word(0);
        if asks {
            if talk.open.len() >= MOST_OPEN {
                talk.open.remove(0);
            }
            talk.open.push((tag.to_vec(), work.no, work.time));
        } else if let Some(at) = talk.open.iter().position(|(open, ..)| open == tag) {
            let (_, frame, time) = talk.open.remove(at);
            answered = Some((frame, work.time - time));
        }
    }
    work.facts.lines.request = answered;
    whole_layer(work, Proto::Imap, source, span);
}

/// Writes the Info column from the last line: in a response, the status of the command comes after all untagged
/// lines.
fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    out.text(if is_request(ctx, PORT) { "Request: " } else { "Response: " });
    if let Some(line) = lines(ctx.layer_bytes(layer)).last() {
        out.decoded(line.text);
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let asks = is_request(ctx, PORT);
    let answered = ctx.facts.app.and_then(|app| app.lines.request);
    show(ctx, layer, v, |w| {
        w.value(&IS_REQUEST, 0, 0, Value::Bool(asks))?;
        for line in lines(w.bytes) {
            w.string(&LINE, line.at, line.len)?;
            let (at, tag) = line.word(0);
            if tag.is_empty() || tag == b"*" {
                continue;
            }
            w.open();
            w.string(if asks { &REQUEST } else { &RESPONSE }, line.at, line.text.len())?;
            w.string(if asks { &REQUEST_TAG } else { &RESPONSE_TAG }, at, tag.len())?;
            w.string(&TAG, at, tag.len())?;
            if asks {
                request(w, &line, tag.len())?;
            } else {
                response(w, &line, tag.len())?;
                if let Some((frame, time)) = answered.filter(|_| tag != b"+") {
                    w.value(&RESPONSE_TO, line.at, 0, Value::Uint(frame))?;
                    w.value(&TIME, line.at, 0, Value::Duration(time))?;
                }
            }
            w.close();
        }
        Ok(())
    })
}

fn request(w: &mut Walk<'_, '_>, line: &TextLine<'_>, from: usize) -> Step {
    let (mut at, mut command) = line.word(from);
    let (first, first_len) = (at, command.len());
    if command.eq_ignore_ascii_case(b"uid") {
        w.value(&REQUEST_UID, at, command.len(), Value::Bool(true))?;
        (at, command) = line.word(at - line.at + command.len());
    }
    if command.is_empty() {
        return Ok(());
    }
    w.string(&REQUEST_COMMAND, at, command.len())?;
    w.string(&COMMAND, first, first_len)?;
    let (at, argument) = line.word(at - line.at + command.len());
    if argument.is_empty() {
        return Ok(());
    }
    match command.to_ascii_lowercase().as_slice() {
        b"login" => {
            let name = unquoted(argument);
            let quote = usize::from(name.len() < argument.len());
            w.string(&USERNAME, at + quote, name.len())?;
            let (at, argument) = line.word(at - line.at + argument.len());
            let secret = unquoted(argument);
            let quote = usize::from(secret.len() < argument.len());
            if secret.is_empty() { Ok(()) } else { w.string(&PASSWORD, at + quote, secret.len()).map(|_| ()) }
        }
        b"select" | b"examine" | b"create" | b"delete" | b"subscribe" | b"unsubscribe" | b"status" => {
            w.string(&FOLDER, at, argument.len()).map(|_| ())
        }
        _ => Ok(()),
    }
}

/// A word without the quotes around it.
fn unquoted(word: &[u8]) -> &[u8] {
    word.strip_prefix(b"\"").and_then(|word| word.strip_suffix(b"\"")).unwrap_or(word)
}

fn response(w: &mut Walk<'_, '_>, line: &TextLine<'_>, from: usize) -> Step {
    let (at, status) = line.word(from);
    if status.is_empty() {
        return Ok(());
    }
    w.string(&STATUS, at, status.len())?;
    let (at, command) = line.word(at - line.at + status.len());
    if command.is_empty() {
        return Ok(());
    }
    w.string(&RESPONSE_COMMAND, at, command.len())?;
    w.string(&COMMAND, at, command.len()).map(|_| ())
}
