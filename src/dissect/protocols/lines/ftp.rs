//! File Transfer Protocol (`ftp`): RFC 959; RFC 2428 (EPRT, EPSV).

use super::{TextLine, by_segment, codes, heading, is_request, lines, row, whole_layer};
use crate::dissect::over_tcp::{Memory, Session};
use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Proto, Protocol, Span, Visited, Work};
use crate::field::{At, Field, Kind, Names, Value, Visit};
use crate::text::{Line, Push};
use std::net::Ipv4Addr;

const PORT: u16 = 21;
const FAMILIES: Names = &[(1, "IPv4"), (2, "IPv6")];

crate::fields! {
    REQUEST = Field::new("ftp.request", "Request", Kind::Bool).hidden();
    RESPONSE = Field::new("ftp.response", "Response", Kind::Bool).hidden();
    COMMAND = Field::new("ftp.request.command", "Request command", Kind::Text);
    REQUEST_ARG = Field::new("ftp.request.arg", "Request arg", Kind::Text);
    CODE = Field::new("ftp.response.code", "Response code", Kind::Uint(32)).names(codes::FTP);
    RESPONSE_ARG = Field::new("ftp.response.arg", "Response arg", Kind::Text);
    PASSIVE_IP = Field::new("ftp.passive.ip", "Passive IP address", Kind::Ipv4);
    PASSIVE_PORT = Field::new("ftp.passive.port", "Passive port", Kind::Uint(16));
    ACTIVE_IP = Field::new("ftp.active.cip", "Active IP address", Kind::Ipv4);
    ACTIVE_PORT = Field::new("ftp.active.port", "Active port", Kind::Uint(16));
    EPRT_FAMILY = Field::new("ftp.eprt.af", "Extended active address family", Kind::Uint(8)).names(FAMILIES);
    EPRT_IP = Field::new("ftp.eprt.ip", "Extended active IP address", Kind::Ipv4);
    EPRT_PORT = Field::new("ftp.eprt.port", "Extended active port", Kind::Uint(16));
    EPSV_IP = Field::new("ftp.epsv.ip", "Extended passive IPv4 address", Kind::Ipv4).generated();
    EPSV_PORT = Field::new("ftp.epsv.port", "Extended passive port", Kind::Uint(16));
    DIRECTORY = Field::new("ftp.current-working-directory", "Current working directory", Kind::Text).generated();
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    ..row(&[PORT], by_segment, decode, Protocol::new("ftp", "FTP", "File Transfer Protocol (FTP)"))
};

/// What an FTP session remembers: its working directory, as far as commands and replies name it.
#[derive(Clone, Debug, Default)]
struct Talk {
    directory: Vec<u8>,
    /// The directory of a CWD command that is not answered yet.
    wanted: Option<Vec<u8>>,
}

impl Memory for Talk {}

impl Talk {
    fn message(&mut self, direction_is_request: bool, bytes: &[u8]) {
        let Some(line) = lines(bytes).next() else { return };
        if direction_is_request {
            let (_, command) = line.word(0);
            let changes = command.eq_ignore_ascii_case(b"CWD");
            self.wanted = changes.then(|| line.rest(command.len()).1.to_vec());
            return;
        }
        match (line.code(), self.wanted.take()) {
            (Some(250), Some(wanted)) => self.directory = wanted,
            (Some(257), _) => {
                let mut quoted = line.text.split(|b| *b == b'"');
                if let (Some(_), Some(name), Some(_)) = (quoted.next(), quoted.next(), quoted.next()) {
                    self.directory = name.to_vec();
                }
            }
            _ => {}
        }
    }
}

fn decode(work: &mut Work<'_>, source: u8, span: Span, session: &mut Session) {
    let asks = work.ports.1 == PORT;
    let talk: &mut Talk = session.get_or_default();
    talk.message(asks, work.get(source, span));
    work.facts.lines.directory.clone_from(&talk.directory);
    whole_layer(work, Proto::Ftp, source, span);
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    out.text(if is_request(ctx, PORT) { "Request: " } else { "Response: " });
    if let Some(line) = lines(ctx.layer_bytes(layer)).next() {
        out.decoded(line.text);
    }
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let asks = is_request(ctx, PORT);
    let server = ctx.layers.find(Proto::Ipv4).and_then(|ip| ctx.layer_bytes(ip).ipv4(12));
    show(ctx, layer, v, |w| message(w, asks, server))?;
    let directory = ctx.facts.app.map_or(&[][..], |app| &app.lines.directory);
    let at = At { len: 0, ..layer.at(0, 0) };
    v.field(&DIRECTORY, at, Value::Text(directory))
}

fn message(w: &mut Walk<'_, '_>, asks: bool, server: Option<Ipv4Addr>) -> Step {
    w.value(&REQUEST, 0, 0, Value::Bool(asks))?;
    w.value(&RESPONSE, 0, 0, Value::Bool(!asks))?;
    for (n, line) in lines(w.bytes).enumerate() {
        heading(w, &line)?;
        if n == 0 {
            w.open();
            if asks {
                request(w, &line)?
            } else {
                response(w, &line, server)?
            }
            w.close();
        }
    }
    Ok(())
}

fn request(w: &mut Walk<'_, '_>, line: &TextLine<'_>) -> Step {
    let (at, command) = line.word(0);
    if command.is_empty() {
        return Ok(());
    }
    w.string(&COMMAND, at, command.len())?;
    let (at, arg) = line.rest(command.len());
    if !arg.is_empty() {
        w.string(&REQUEST_ARG, at, arg.len())?;
    }
    match command {
        b"PORT" => address(w, at, arg, [&ACTIVE_IP, &ACTIVE_PORT]),
        b"EPRT" => extended(w, at, arg),
        _ => Ok(()),
    }
}

fn response(w: &mut Walk<'_, '_>, line: &TextLine<'_>, server: Option<Ipv4Addr>) -> Step {
    let (from, code) = match line.code() {
        Some(code) => {
            w.value(&CODE, line.at, 3, Value::Uint(code))?;
            (4, code)
        }
        None => (0, 0),
    };
    let arg = line.text.get(from..).unwrap_or(&[]);
    let at = line.at + from;
    if !arg.is_empty() {
        w.string(&RESPONSE_ARG, at, arg.len())?;
    }
    match code {
        227 => {
            let digits = arg.iter().position(u8::is_ascii_digit).unwrap_or(arg.len());
            address(w, at + digits, arg.get(digits..).unwrap_or(&[]), [&PASSIVE_IP, &PASSIVE_PORT])
        }
        229 => {
            // The argument looks like (|||6446|): the delimiter may be any character, and there is only a port.
            let open = arg.iter().position(|b| *b == b'(').map_or(arg.len(), |at| at + 4);
            let (port, len) = number(arg.get(open..).unwrap_or(&[]));
            if len == 0 {
                return Ok(());
            }
            // The data connection goes to the address that sends this reply.
            if let Some(ip) = server {
                w.value(&EPSV_IP, 0, 0, Value::Ipv4(ip))?;
            }
            w.value(&EPSV_PORT, at + open, len, Value::Uint(port))
        }
        _ => Ok(()),
    }
}

/// The number at the beginning of some bytes, and how many digits it has.
fn number(bytes: &[u8]) -> (u64, usize) {
    let digits = bytes.iter().take(9).take_while(|b| b.is_ascii_digit());
    digits.fold((0, 0), |(n, len), digit| (n * 10 + u64::from(digit - b'0'), len + 1))
}

/// Visits an address and a port: six numbers with commas between them, four octets of the address and two of the
/// port.
fn address(w: &mut Walk<'_, '_>, at: usize, text: &[u8], [ip, port]: [&'static Field; 2]) -> Step {
    let (mut octets, mut ends, mut from) = ([0u8; 6], [0usize; 6], 0);
    for (octet, end) in octets.iter_mut().zip(&mut ends) {
        let (value, len) = number(text.get(from..).unwrap_or(&[]));
        let Some(value) = u8::try_from(value).ok().filter(|_| len > 0) else { return Ok(()) };
        (*octet, *end) = (value, from + len);
        from += len + 1;
    }
    let [a, b, c, d, high, low] = octets;
    let start = ends[3] + 1;
    w.value(ip, at, ends[3], Value::Ipv4(Ipv4Addr::new(a, b, c, d)))?;
    w.value(port, at + start, ends[5] - start, Value::Uint(u16::from_be_bytes([high, low]).into()))
}

/// Visits the argument of EPRT: family, address and port, with a delimiter before, between and after them.
fn extended(w: &mut Walk<'_, '_>, at: usize, arg: &[u8]) -> Step {
    let Some((delimiter, rest)) = arg.split_first() else { return Ok(()) };
    let mut parts = rest.split(|b| b == delimiter);
    let (Some(family), Some(address), Some(port)) = (parts.next(), parts.next(), parts.next()) else {
        return Ok(());
    };
    let (of_address, of_port) = (at + 2 + family.len(), at + 3 + family.len() + address.len());
    w.value(&EPRT_FAMILY, at + 1, family.len(), Value::Uint(number(family).0))?;
    if let Some(ip) = std::str::from_utf8(address).ok().and_then(|text| text.parse().ok()) {
        w.value(&EPRT_IP, of_address, address.len(), Value::Ipv4(ip))?;
    }
    w.value(&EPRT_PORT, of_port, port.len(), Value::Uint(number(port).0))
}
