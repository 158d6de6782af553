//! Remarks about a packet, as Wireshark's expert information words them, and the line for packets that could not be
//! decoded to their end.

use crate::dissect::{Proto, Stop, Visited, Why};
use crate::field::{At, Field, Kind, Names, Value, Visit};
use crate::text::{MOST_IN_LINE, beginning};
use std::fmt;

/// Declares an enum of a field's values: each variant has its number, and its name is the value's name.
macro_rules! named {
    ($(#[$doc:meta])* enum $name:ident { $($(#[$says:meta])* $variant:ident = $number:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub(crate) enum $name { $($(#[$says])* $variant = $number,)+ }

        impl $name {
            const NAMES: Names = &[$(($name::$variant as u64, stringify!($variant)),)+];
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self:?}")
            }
        }
    };
}

named! {
    /// How serious a remark is; the number is its value in `_ws.expert.severity`.
    enum Severity {
        /// A comment that a person wrote.
        Comment = 0x10_0000,
        /// A usual event of the protocol.
        Chat = 0x20_0000,
        /// Worth knowing.
        Note = 0x40_0000,
        /// Unusual.
        Warning = 0x60_0000,
        /// Wrong.
        Error = 0x80_0000,
    }
}

named! {
    /// What a remark is about; the number is its value in `_ws.expert.group`.
    enum Group {
        /// A checksum.
        Checksum = 0x100_0000,
        /// The order of packets.
        Sequence = 0x200_0000,
        /// A response.
        Response = 0x300_0000,
        /// A request.
        Request = 0x400_0000,
        /// Bytes without a dissector.
        Undecoded = 0x500_0000,
        /// Reassembly of messages.
        Reassemble = 0x600_0000,
        /// Bytes that contradict each other.
        Malformed = 0x700_0000,
        /// A violation of the protocol.
        Protocol = 0x900_0000,
        /// Security.
        Security = 0xa00_0000,
        /// A comment that a person wrote.
        Comment = 0xb00_0000,
        /// Encrypted bytes.
        Decryption = 0xc00_0000,
        /// A guess that the dissector made.
        Assumption = 0xd00_0000,
        /// What must no longer be used.
        Deprecated = 0xe00_0000,
    }
}

crate::fields! {
    MESSAGE = Field::new("_ws.expert.message", "Message", Kind::Text).hidden();
    SEVERITY = Field::new("_ws.expert.severity", "Severity level", Kind::Uint(32)).names(Severity::NAMES);
    GROUP = Field::new("_ws.expert.group", "Group", Kind::Uint(32)).names(Group::NAMES);
}

mod exception {
    use crate::field::{Field, Kind};

    crate::fields! {
        EXCEPTION = Field::new("_ws.malformed.expert", "Malformed Packet (Exception occurred)", Kind::Label);
        REASSEMBLY =
            Field::new("_ws.malformed.reassembly", "New fragment overlaps old data (retransmission?)", Kind::Label);
    }
}

mod lone {
    use crate::field::{Field, Kind};

    crate::fields! {
        FRAGMENT = Field::new(
            "_ws.unreassembled.expert",
            "Unreassembled fragment (change preferences to enable reassembly)",
            Kind::Label,
        );
    }
}

/// The fields of every remark.
pub(in crate::dissect) const REMARK_FIELDS: &[&Field] = FIELDS;
/// The fields of the remark on a packet that could not be decoded to its end.
pub(in crate::dissect) const EXCEPTION_FIELDS: &[&Field] = exception::FIELDS;

/// The fields of the remark on a first fragment whose datagram cannot be put together.
pub(in crate::dissect) const UNREASSEMBLED_FIELDS: &[&Field] = lone::FIELDS;

/// Shows a remark: its line, and under it its message, severity and group.
pub(crate) fn remark(
    field: &'static Field,
    at: At,
    severity: Severity,
    group: Group,
    message: &str,
    v: &mut dyn Visit,
) -> Visited {
    v.line(
        &Proto::Expert.get().field,
        at,
        Value::None,
        format_args!("[Expert Info ({severity}/{group}): {message}]"),
    )?;
    v.open();
    // Wireshark cuts longer messages, without a mark.
    let message = beginning(message, MOST_IN_LINE);
    v.line(field, at, Value::None, format_args!("[{message}]"))?;
    v.field(&MESSAGE, at, Value::Text(message.as_bytes()))?;
    v.line(&SEVERITY, at, Value::Uint(severity as u64), format_args!("[Severity level: {severity}]"))?;
    v.line(&GROUP, at, Value::Uint(group as u64), format_args!("[Group: {group}]"))?;
    v.close();
    Visited::Continue(())
}

/// Visits a remark that the details pane leaves out; filters find it.
pub(crate) fn remark_unseen(
    field: &'static Field,
    at: At,
    severity: Severity,
    group: Group,
    message: &str,
    v: &mut dyn Visit,
) -> Visited {
    v.unseen(&Proto::Expert.get().field, at, Value::None)?;
    v.unseen(field, at, Value::None)?;
    v.unseen(&MESSAGE, at, Value::Text(message.as_bytes()))?;
    v.unseen(&SEVERITY, at, Value::Uint(severity as u64))?;
    v.unseen(&GROUP, at, Value::Uint(group as u64))
}

/// Shows a remark under the last line.
pub(crate) fn remark_below(
    field: &'static Field,
    at: At,
    severity: Severity,
    group: Group,
    message: &str,
    v: &mut dyn Visit,
) -> Visited {
    v.open();
    remark(field, at, severity, group, message, v)?;
    v.close();
    Visited::Continue(())
}

/// The remark on a segment inside a message that was reassembled before.
pub(crate) const OLD_DATA: &str =
    "[Reassembly error, protocol TCP: New fragment overlaps old data (retransmission?)]";

/// The last line of the details of a packet that could not be decoded to its end: what stopped the decoder.
pub(crate) fn damage(stop: Stop, v: &mut dyn Visit) -> Visited {
    let row = stop.proto.get();
    let name = row.damage.unwrap_or(row.column);
    let at = At::default();
    match stop.why {
        Why::Cut => {
            let text = format_args!("[Packet size limited during capture: {name} truncated]");
            v.line(&Proto::Short.get().field, at, Value::None, text)
        }
        Why::Malformed => {
            v.line(
                &Proto::Malformed.get().field,
                at,
                Value::None,
                format_args!("[Malformed Packet: {name}]"),
            )?;
            let label = exception::EXCEPTION.label;
            remark_below(&exception::EXCEPTION, at, Severity::Error, Group::Malformed, label, v)
        }
        Why::Unreassembled => {
            let text = format_args!("[BoundError Unreassembled Packet: {name}]");
            v.line(&Proto::Unreassembled.get().field, at, Value::None, text)?;
            let label = lone::FRAGMENT.label;
            remark_below(&lone::FRAGMENT, at, Severity::Note, Group::Reassemble, label, v)
        }
        Why::OldData => {
            v.line(&Proto::Malformed.get().field, at, Value::None, format_args!("{OLD_DATA}"))?;
            let label = exception::REASSEMBLY.label;
            remark_below(&exception::REASSEMBLY, at, Severity::Error, Group::Malformed, label, v)
        }
        Why::TooDeep => v.text(at, format_args!("[Too many layers: {name}]")),
    }
}
