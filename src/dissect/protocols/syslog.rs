//! Syslog over UDP (`syslog`): RFC 3164, RFC 5424.

use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::{Line, Push};

const FACILITIES: Names = &[
    (0, "KERN - kernel messages"),
    (1, "USER - random user-level messages"),
    (2, "MAIL - mail system"),
    (3, "DAEMON - system daemons"),
    (4, "AUTH - security/authorization messages"),
    (5, "SYSLOG - messages generated internally by syslogd"),
    (6, "LPR - line printer subsystem"),
    (7, "NEWS - network news subsystem"),
    (8, "UUCP - UUCP subsystem"),
    (9, "CRON - clock daemon (BSD, Linux)"),
    (10, "AUTHPRIV - security/authorization messages (private)"),
    (11, "FTP - ftp daemon"),
    (12, "NTP - ntp subsystem"),
    (13, "LOGAUDIT - log audit"),
    (14, "LOGALERT - log alert"),
    (15, "CRON - clock daemon (Solaris)"),
    (16, "LOCAL0 - reserved for local use"),
    (17, "LOCAL1 - reserved for local use"),
    (18, "LOCAL2 - reserved for local use"),
    (19, "LOCAL3 - reserved for local use"),
    (20, "LOCAL4 - reserved for local use"),
    (21, "LOCAL5 - reserved for local use"),
    (22, "LOCAL6 - reserved for local use"),
    (23, "LOCAL7 - reserved for local use"),
];
const LEVELS: Names = &[
    (0, "EMERG - system is unusable"),
    (1, "ALERT - action must be taken immediately"),
    (2, "CRIT - critical conditions"),
    (3, "ERR - error conditions"),
    (4, "WARNING - warning conditions"),
    (5, "NOTICE - normal but significant condition"),
    (6, "INFO - informational"),
    (7, "DEBUG - debug-level messages"),
];

crate::fields! {
    FACILITY = Field::new("syslog.facility", "Facility", Kind::Uint(8)).mask(0xf8).names(FACILITIES);
    LEVEL = Field::new("syslog.level", "Level", Kind::Uint(8)).mask(0x07).names(LEVELS);
    MESSAGE = Field::new("syslog.msg", "Message", Kind::Text);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    decode: |d: &mut Decoder<'_, '_>, span: Span| {
        d.layer(Proto::Syslog, span, span.len());
        Next::Done
    },
    udp_ports: &[514],
    ..Protocol::new("syslog", "Syslog", "Syslog message")
};

/// The priority in angle brackets at the beginning of a message, and the text after it; all bytes are text if there
/// is no priority.
fn priority(bytes: &[u8]) -> (Option<u16>, &[u8]) {
    let Some(rest) = bytes.strip_prefix(b"<") else { return (None, bytes) };
    let digits = rest.iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    let number =
        std::str::from_utf8(rest.get(..digits).unwrap_or(&[])).ok().and_then(|text| text.parse().ok());
    match (number, rest.get(digits)) {
        (Some(number), Some(b'>')) => (Some(number), rest.get(digits + 1..).unwrap_or(&[])),
        _ => (None, bytes),
    }
}

fn word(names: Names, value: u64) -> &'static str {
    name_of(names, value).and_then(|name| name.split(' ').next()).unwrap_or("UNKNOWN")
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let (number, message) = priority(ctx.layer_bytes(layer));
    if let Some(number) = number {
        out.text(word(FACILITIES, u64::from(number >> 3)));
        out.text(".");
        out.text(word(LEVELS, u64::from(number & 7)));
        out.text(": ");
    }
    out.decoded(message);
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let (number, message) = priority(bytes);
    let text = crate::text::written(|line| summary(ctx, layer, line));
    v.line(
        &PROTOCOL.field,
        layer.at(0, bytes.len()),
        Value::Bytes(bytes),
        format_args!("Syslog message: {}{text}", if number.is_none() { "(unknown): " } else { "" }),
    )?;
    v.open();
    let head = bytes.len() - message.len();
    if let Some(number) = number {
        v.field(&FACILITY, layer.at(0, head), Value::Uint(u64::from(number >> 3)))?;
        v.field(&LEVEL, layer.at(0, head), Value::Uint(u64::from(number & 7)))?;
    }
    v.field(&MESSAGE, layer.at(head, message.len()), Value::Text(message))?;
    v.close();
    Visited::Continue(())
}
