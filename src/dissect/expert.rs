//! Remarks about a packet, as Wireshark's expert information words them, and what could not be decoded to its end.

use super::{Flow, Proto, Protocol, Stop, Why, no_addresses};
use crate::field::{At, Field, Kind, Names, Value, Visit};
use crate::text::{MOST_IN_LINE, beginning};

/// How much a remark matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// What somebody has written.
    Comment,
    /// Part of the normal course.
    Chat,
    /// Worth knowing.
    Note,
    /// Unusual.
    Warning,
    /// Wrong.
    Error,
}

const SEVERITIES: Names = &[
    (0x20_0000, "Chat"),
    (0x40_0000, "Note"),
    (0x60_0000, "Warning"),
    (0x80_0000, "Error"),
    (0x10_0000, "Comment"),
];

const GROUPS: Names = &[
    (0x100_0000, "Checksum"),
    (0x200_0000, "Sequence"),
    (0x300_0000, "Response"),
    (0x400_0000, "Request"),
    (0x500_0000, "Undecoded"),
    (0x600_0000, "Reassemble"),
    (0x700_0000, "Malformed"),
    (0x900_0000, "Protocol"),
    (0xa00_0000, "Security"),
    (0xb00_0000, "Comment"),
    (0xd00_0000, "Assumption"),
];

crate::fields! {
    MESSAGE = Field::new("_ws.expert.message", "Message", Kind::Text).hidden();
    SEVERITY = Field::new("_ws.expert.severity", "Severity level", Kind::Uint(32)).names(SEVERITIES);
    GROUP = Field::new("_ws.expert.group", "Group", Kind::Uint(32)).names(GROUPS);
}

mod malformed {
    use crate::field::{Field, Kind};

    crate::fields! {
        EXCEPTION = Field::new("_ws.malformed.expert", "Malformed Packet (Exception occurred)", Kind::Label);
    }
}

/// Remarks; they stand in the layers of others.
pub(super) static PROTOCOL: Protocol = named("_ws.expert", "Expert", "Expert Info", FIELDS);
/// What contradicts itself.
pub(super) static MALFORMED: Protocol =
    named("_ws.malformed", "Malformed packet", "Malformed Packet", malformed::FIELDS);
/// What the snapshot length has cut.
pub(super) static SHORT: Protocol = named("_ws.short", "Short frame", "Short Frame", &[]);

const fn named(
    name: &'static str,
    column: &'static str,
    label: &'static str,
    fields: &'static [&'static Field],
) -> Protocol {
    Protocol {
        field: Field::new(name, label, Kind::Protocol),
        column,
        fields,
        visit: |_, _, _| Flow::Continue(()),
        addresses: no_addresses,
        summary: |_, _, _| {},
    }
}

/// Shows a remark: its line, and under it the message, how much it matters, and its `group`.
pub(crate) fn remark(
    field: &'static Field,
    at: At,
    severity: Severity,
    group: &str,
    message: &str,
    v: &mut dyn Visit,
) -> Flow {
    v.line(
        &PROTOCOL.field,
        at,
        Value::None,
        format_args!("[Expert Info ({severity:?}/{group}): {message}]"),
    )?;
    v.open();
    // Longer ones are cut without a word.
    let message = beginning(message, MOST_IN_LINE);
    v.line(field, at, Value::None, format_args!("[{message}]"))?;
    v.field(&MESSAGE, at, Value::Text(message.as_bytes()))?;
    let number =
        |names: Names, name: &str| names.iter().find(|(_, n)| *n == name).map_or(0, |(number, _)| *number);
    let level = format!("{severity:?}");
    let number_of_level = Value::Uint(number(SEVERITIES, &level));
    v.line(&SEVERITY, at, number_of_level, format_args!("[Severity level: {level}]"))?;
    v.line(&GROUP, at, Value::Uint(number(GROUPS, group)), format_args!("[Group: {group}]"))?;
    v.close();
    Flow::Continue(())
}

/// Shows a remark under the last line.
pub(crate) fn remark_below(
    field: &'static Field,
    at: At,
    severity: Severity,
    group: &str,
    message: &str,
    v: &mut dyn Visit,
) -> Flow {
    v.open();
    remark(field, at, severity, group, message, v)?;
    v.close();
    Flow::Continue(())
}

/// The last line of the details of a packet that could not be decoded to its end.
pub(crate) fn damage(stop: Stop, v: &mut dyn Visit) -> Flow {
    let name = match stop.proto {
        Proto::Arp => "ARP/RARP",
        Proto::Dhcp => "DHCP/BOOTP",
        Proto::UrlEncoded => "URL Encoded Form Data",
        proto => proto.get().column,
    };
    let at = At::default();
    match stop.why {
        Why::Cut => {
            let text = format_args!("[Packet size limited during capture: {name} truncated]");
            v.line(&SHORT.field, at, Value::None, text)
        }
        Why::Malformed => {
            v.line(&MALFORMED.field, at, Value::None, format_args!("[Malformed Packet: {name}]"))?;
            let label = malformed::EXCEPTION.label;
            remark_below(&malformed::EXCEPTION, at, Severity::Error, "Malformed", label, v)
        }
        Why::TooDeep => v.text(at, format_args!("[Too many layers: {name}]")),
    }
}
