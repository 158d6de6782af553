//! Post Office Protocol, version 3 (`pop`): RFC 1939.

use super::{TextLine, by_segment, is_request, lines, row, whole_layer};
use crate::dissect::facts::Stage;
use crate::dissect::over_tcp::{Memory, Session};
use crate::dissect::reading::layer::show;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Visited, Work};
use crate::field::{Field, Kind, Value, Visit};
use crate::text::{Line, Push, plural};

const PORT: u16 = 110;

crate::fields! {
    RESPONSE = Field::new("pop.response", "Response", Kind::Text);
    INDICATOR = Field::new("pop.response.indicator", "Response indicator", Kind::Text);
    DESCRIPTION = Field::new("pop.response.description", "Response description", Kind::Text);
    RESPONSE_DATA = Field::new("pop.response.data", "Data", Kind::Text);
    REQUEST = Field::new("pop.request", "Request", Kind::Text);
    COMMAND = Field::new("pop.request.command", "Request command", Kind::Text);
    PARAMETER = Field::new("pop.request.parameter", "Request parameter", Kind::Text);
    REQUEST_DATA = Field::new("pop.request.data", "Data", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    ..row(&[PORT], by_segment, decode, Protocol::new("pop", "POP", "Post Office Protocol"))
};

/// What a POP session remembers: whether the server is in the middle of a mail.
#[derive(Clone, Copy, Debug, Default)]
struct Talk {
    /// Whether the client's last command asks for a mail.
    asked: bool,
    mail: bool,
}

impl Memory for Talk {}

/// Whether a line is the status of a command.
fn is_indicator(text: &[u8]) -> bool {
    text.starts_with(b"+OK") || text.starts_with(b"-ERR")
}

fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
    let asks = work.ports.1 == PORT;
    let talk: &mut Talk = session.get_or_default();
    let bytes = work.get(source, span);
    let mut mail = false;
    if asks {
        let command = bytes.get(..4).unwrap_or(&[]).to_ascii_uppercase();
        talk.asked = command == b"RETR" || command.starts_with(b"TOP ");
    } else if is_indicator(bytes) {
        talk.mail |= talk.asked && bytes.starts_with(b"+OK");
    } else {
        mail = talk.mail;
    }
    work.facts.lines.stage = if mail { Stage::Mail } else { Stage::Command };
    whole_layer(work, Proto::Pop, source, span);
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    out.text(if is_request(ctx, PORT) { "C: " } else { "S: " });
    if ctx.facts.app.is_some_and(|app| app.lines.stage == Stage::Mail) {
        out.text("DATA fragment, ");
        out.num(bytes.len());
        out.text(" byte");
        return out.text(plural(bytes.len()));
    }
    if let Some(line) = lines(bytes).next() {
        out.decoded(line.text);
    }
}

/// Visits a whole line, which the details show without a label.
fn plain(w: &mut Walk<'_, '_>, field: &'static Field, line: &TextLine<'_>) -> Step {
    let whole = w.get(line.at, line.len)?;
    w.line(field, line.at, line.len, Value::Text(whole), format_args!("{}", String::from_utf8_lossy(whole)))
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let asks = is_request(ctx, PORT);
    let mail = ctx.facts.app.is_some_and(|app| app.lines.stage == Stage::Mail);
    let [whole, word, rest, data] = match asks {
        true => [&REQUEST, &COMMAND, &PARAMETER, &REQUEST_DATA],
        false => [&RESPONSE, &INDICATOR, &DESCRIPTION, &RESPONSE_DATA],
    };
    show(ctx, layer, v, |w| {
        for (n, line) in lines(w.bytes).enumerate().take_while(|_| !mail) {
            if n > 0 {
                plain(w, data, &line)?;
                continue;
            }
            plain(w, whole, &line)?;
            w.open();
            let (at, first) = line.word(0);
            if !first.is_empty() {
                w.string(word, at, first.len())?;
            }
            let (at, more) = line.rest(first.len());
            if !more.is_empty() {
                w.string(rest, at, more.len())?;
            }
            w.close();
        }
        Ok(())
    })
}
