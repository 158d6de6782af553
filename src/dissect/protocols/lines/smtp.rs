//! Simple Mail Transfer Protocol (`smtp`): RFC 5321; RFC 4954 (AUTH), RFC 3207 (STARTTLS).

use super::{TextLine, by_line, codes, lines, row, whole_layer};
use crate::dissect::facts::Stage;
use crate::dissect::over_tcp::{Memory, Session};
use crate::dissect::reading::layer::show;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Visited, Work};
use crate::field::{Field, Kind, Value, Visit};
use crate::text::{Line, Push, plural};

const PORTS: &[u16] = &[25, 587];

crate::fields! {
    REQ = Field::new("smtp.req", "Request", Kind::Bool).hidden();
    RSP = Field::new("smtp.rsp", "Response", Kind::Bool).hidden();
    COMMAND_LINE = Field::new("smtp.command_line", "Command Line", Kind::Text);
    COMMAND = Field::new("smtp.req.command", "Command", Kind::Text);
    PARAMETER = Field::new("smtp.req.parameter", "Request parameter", Kind::Text);
    RESPONSE = Field::new("smtp.response", "Response", Kind::Text);
    CODE = Field::new("smtp.response.code", "Response code", Kind::Uint(32)).names(codes::SMTP);
    RSP_PARAMETER = Field::new("smtp.rsp.parameter", "Response parameter", Kind::Text);
    USERNAME = Field::new("smtp.auth.username", "Username", Kind::Text);
    PASSWORD = Field::new("smtp.auth.password", "Password", Kind::Text);
    BOTH = Field::new("smtp.auth.username_password", "Username/Password", Kind::Text);
    EOM = Field::new("smtp.eom", "EOM", Kind::Label);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    ..row(PORTS, by_line, decode, Protocol::new("smtp", "SMTP", "Simple Mail Transfer Protocol"))
};

/// What an SMTP session remembers.
#[derive(Clone, Copy, Debug, Default)]
struct Talk {
    stage: Stage,
    /// The stage that begins when the server accepts the last command.
    asked: Stage,
}

impl Memory for Talk {}

impl Talk {
    /// Notes a message of the client, and returns the stage to which it belongs.
    fn request(&mut self, bytes: &[u8]) -> Stage {
        let stage = self.stage;
        for line in lines(bytes) {
            self.stage = match self.stage {
                Stage::Mail if line.text != b"." => Stage::Mail,
                Stage::Username => Stage::Password,
                Stage::Command => {
                    self.asked = asked(&line);
                    Stage::Command
                }
                _ => Stage::Command,
            };
        }
        stage
    }

    fn response(&mut self, bytes: &[u8]) {
        let code = lines(bytes).next().and_then(|line| line.code());
        if matches!(code, Some(334 | 354)) && self.stage == Stage::Command {
            self.stage = std::mem::take(&mut self.asked);
        }
    }
}

/// The stage that follows when the server accepts a command.
fn asked(line: &TextLine<'_>) -> Stage {
    let (_, command) = line.word(0);
    let (_, argument) = line.rest(command.len());
    match (command, argument) {
        _ if command.eq_ignore_ascii_case(b"DATA") => Stage::Mail,
        _ if !command.eq_ignore_ascii_case(b"AUTH") => Stage::Command,
        (_, how) if how.eq_ignore_ascii_case(b"LOGIN") => Stage::Username,
        (_, how) if how.eq_ignore_ascii_case(b"PLAIN") => Stage::Both,
        _ => Stage::Command,
    }
}

fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
    let asks = PORTS.contains(&work.ports.1);
    let talk: &mut Talk = session.get_or_default();
    let bytes = work.get(source, span);
    let stage = if asks { talk.request(bytes) } else { Stage::Command };
    if !asks {
        talk.response(bytes);
    }
    work.facts.lines.stage = stage;
    whole_layer(work, Proto::Smtp, source, span);
}

/// The stage of a message from the client; `None` for a message from the server.
fn stage(ctx: &Context<'_>) -> Option<Stage> {
    let asks = ctx.tcp().is_some_and(|(_, header)| PORTS.contains(&header.dstport));
    asks.then(|| ctx.facts.app.map(|app| app.lines.stage).unwrap_or_default())
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let stage = stage(ctx);
    out.text(if stage.is_some() { "C: " } else { "S: " });
    match stage {
        Some(Stage::Mail) => {
            out.text("DATA fragment, ");
            out.num(bytes.len());
            out.text(" byte");
            return out.text(plural(bytes.len()));
        }
        Some(Stage::Username) => out.text("User: "),
        Some(Stage::Password) => out.text("Pass: "),
        _ => {}
    }
    for (n, line) in lines(bytes).enumerate() {
        let reply = stage.is_none();
        if reply && line.code().is_none() {
            continue;
        }
        out.text(if n > 0 { " | " } else { "" });
        out.decoded(if reply && n > 0 { line.text.get(4..).unwrap_or(&[]) } else { line.text });
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let stage = stage(ctx);
    show(ctx, layer, v, |w| match stage {
        None => response(w),
        Some(Stage::Mail) => mail(w),
        Some(stage) => lines(w.bytes).try_for_each(|line| request(w, &line, stage)),
    })
}

fn mail(w: &mut Walk<'_, '_>) -> Step {
    for line in lines(w.bytes) {
        match line.text {
            b"." => w.line(&EOM, line.at, 1, Value::None, format_args!("C: ."))?,
            _ => super::heading(w, &line)?,
        }
    }
    Ok(())
}

fn request(w: &mut Walk<'_, '_>, line: &TextLine<'_>, stage: Stage) -> Step {
    w.value(&REQ, line.at, 0, Value::Bool(true))?;
    let secret = match stage {
        Stage::Username => Some(&USERNAME),
        Stage::Password => Some(&PASSWORD),
        Stage::Both => Some(&BOTH),
        _ => None,
    };
    if let Some(field) = secret {
        return w.string(field, line.at, line.text.len()).map(|_| ());
    }
    w.string(&COMMAND_LINE, line.at, line.len)?;
    w.open();
    let (at, command) = line.word(0);
    w.string(&COMMAND, at, command.len())?;
    let (at, parameter) = line.rest(command.len());
    if !parameter.is_empty() {
        w.string(&PARAMETER, at, parameter.len())?;
    }
    let plain = parameter.first_chunk::<6>().is_some_and(|how| how.eq_ignore_ascii_case(b"PLAIN "));
    if plain && command.eq_ignore_ascii_case(b"AUTH") {
        w.string(&BOTH, at + 6, parameter.len() - 6)?;
    }
    w.close();
    Ok(())
}

fn response(w: &mut Walk<'_, '_>) -> Step {
    w.value(&RSP, 0, 0, Value::Bool(true))?;
    for (n, line) in lines(w.bytes).enumerate() {
        let Some(code) = line.code() else { continue };
        if n == 0 {
            w.string(&RESPONSE, line.at, line.len)?;
            w.open();
            w.value(&CODE, line.at, 3, Value::Uint(code))?;
        }
        let parameter = line.text.get(4..).unwrap_or(&[]);
        if !parameter.is_empty() {
            w.string(&RSP_PARAMETER, line.at + 4, parameter.len())?;
        }
    }
    Ok(())
}
