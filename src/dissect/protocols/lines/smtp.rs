//! Simple Mail Transfer Protocol (`smtp`): RFC 5321; RFC 4954 (AUTH), RFC 3207 (STARTTLS).

use super::{TextLine, by_line, by_segment, codes, lines, row, whole_layer};
use crate::direction::Direction;
use crate::dissect::facts::Stage;
use crate::dissect::over_tcp::{Input, Measure, Memory, Session};
use crate::dissect::protocols::imf;
use crate::dissect::reading::layer::show;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Visited, Work};
use crate::field::{Field, Kind, Value, Visit};
use crate::text::{Line, Push, plural};
use memchr::memmem;

const PORTS: &[u16] = &[25, 587];

/// The end of a mail: a line of a full stop alone (RFC 5321, section 4.1.1.4), and what ends the line before it.
const END: &[u8] = b"\n.\r\n";

/// The most bytes of a mail that are kept until it ends. A longer mail is shown in fragments only.
const LONGEST_MAIL: usize = 1 << 20;

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
    source_name: Some(|_, _, _| "Reassembled SMTP"),
    ..row(PORTS, measure, decode, Protocol::new("smtp", "SMTP", "Simple Mail Transfer Protocol"))
};

/// What an SMTP session remembers.
#[derive(Clone, Debug, Default)]
struct Talk {
    stage: Stage,
    /// The stage that begins when the server accepts the last command.
    asked: Stage,
    /// The direction of the client's messages; `None` before the first one.
    client: Option<Direction>,
    /// The fragments of a mail that has not ended.
    mail: Vec<u8>,
    /// Whether `mail` has all fragments.
    whole: bool,
}

/// A mail that has ended.
enum Mail {
    /// It is this many bytes at the beginning of the segment.
    Here(usize),
    /// Its bytes, from several segments.
    Whole(Vec<u8>),
}

impl Memory for Talk {
    fn held(&self) -> usize {
        self.mail.len()
    }

    fn give_up(&mut self) {
        (self.mail, self.whole) = (Vec::new(), false);
    }
}

impl Talk {
    /// Takes a fragment of a mail. Returns how much of `bytes` belongs to the mail, and the offset behind its end, if
    /// it ends there.
    fn fragment(&mut self, bytes: &[u8]) -> Option<(usize, usize)> {
        let before = self.mail.last().copied().unwrap_or(b'\n');
        let at = match before == b'\n' && bytes.starts_with(&END[1..]) {
            true => Some(0),
            false => memmem::find(bytes, END).map(|at| at + 1),
        };
        // An empty line before the end is no part of the mail.
        let text = at.map_or(bytes, |at| bytes.get(..at).unwrap_or(bytes));
        let empty = at.is_some() && (text == b"\r\n" || text.ends_with(b"\n\r\n"));
        let len = text.len() - if empty { 2 } else { 0 };
        self.whole &= self.mail.len() + len <= LONGEST_MAIL;
        if !self.whole {
            self.mail.clear();
        }
        let kept = if self.whole { 0 } else { len.saturating_sub(1) };
        self.mail.extend_from_slice(bytes.get(kept..len).unwrap_or(&[]));
        Some((len, at? + END.len() - 1))
    }

    /// Takes a message of the client. Returns the stage to which it belongs, and the mail that ends in it.
    fn ask(&mut self, bytes: &[u8], direction: Direction) -> (Stage, Option<Mail>) {
        self.client = Some(direction);
        if self.stage != Stage::Mail {
            return (self.request(bytes), None);
        }
        let is_first = self.mail.is_empty();
        let Some((len, end)) = self.fragment(bytes) else { return (Stage::Mail, None) };
        self.stage = Stage::Command;
        // Commands may follow at once.
        self.request(bytes.get(end..).unwrap_or(&[]));
        let mail = std::mem::take(&mut self.mail);
        let is_there = self.whole && !mail.is_empty() && mail != b"\r\n";
        let mail = if is_first { Mail::Here(len) } else { Mail::Whole(mail) };
        (Stage::MailEnd, Some(mail).filter(|_| is_there))
    }

    /// Notes commands of the client, and returns the stage to which they belong.
    fn request(&mut self, bytes: &[u8]) -> Stage {
        let stage = self.stage;
        for line in lines(bytes) {
            self.stage = match self.stage {
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

    /// Notes an answer of the server, and returns its stage.
    fn response(&mut self, bytes: &[u8]) -> Stage {
        let code = lines(bytes).next().and_then(|line| line.code());
        if matches!(code, Some(334 | 354)) && self.stage == Stage::Command {
            self.stage = std::mem::take(&mut self.asked);
            (self.mail, self.whole) = (Vec::new(), true);
        }
        Stage::Command
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

/// Ends a message at the end of a line. In a mail, a segment with any line end is a message.
fn measure(input: &Input<'_>) -> Measure {
    let talk = input.session.get::<Talk>();
    let in_mail = talk.is_some_and(|talk| talk.stage == Stage::Mail && talk.client == Some(input.direction));
    match in_mail && input.bytes.contains(&b'\n') {
        true => by_segment(input),
        false => by_line(input),
    }
}

fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
    let talk: &mut Talk = session.get_or_default();
    let bytes = work.get(source, span);
    let (stage, mail) = match PORTS.contains(&work.ports.1) {
        true => talk.ask(bytes, work.direction),
        false => (talk.response(bytes), None),
    };
    work.facts.lines.stage = stage;
    whole_layer(work, Proto::Smtp, source, span);
    match mail {
        None => {}
        Some(Mail::Here(len)) => imf::decode(work, source, Span { end: span.start + len as u32, ..span }),
        Some(Mail::Whole(mail)) => {
            let span = Span { start: 0, end: mail.len() as u32 };
            if let Some(source) = work.buffers.add(mail) {
                imf::decode(work, source, span);
            }
        }
    }
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
        // A mail speaks for itself.
        Some(Stage::MailEnd) if ctx.layers.has(Proto::Imf) => return out.truncate(out.len() - 3),
        Some(Stage::MailEnd) => return out.text("."),
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
        Some(Stage::Mail) => lines(w.bytes).try_for_each(|line| super::heading(w, &line)),
        Some(Stage::MailEnd) => {
            let end = lines(w.bytes).filter(|line| line.text == b".").last();
            end.map_or(Ok(()), |line| w.line(&EOM, line.at, 1, Value::None, format_args!("C: .")))
        }
        Some(stage) => lines(w.bytes).try_for_each(|line| request(w, &line, stage)),
    })
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
