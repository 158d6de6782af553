//! The control field of LLC (IEEE 802.2, section 5): information, supervisory and unnumbered frames.

use super::UI;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::field::{Field, Kind, Value};
use crate::text::{Line, Push, written};

/// An unnumbered command or response: the five modifier bits of the control field, its short name and its name.
type Unnumbered = (u8, &'static str, &'static str);

/// The unnumbered frames that are the same as a command and as a response.
const BOTH: &[Unnumbered] = &[
    (0x00, "UI", "Unnumbered Information"),
    (0x08, "UP", "Unnumbered Poll"),
    (0x0b, "SABM", "Set Asynchronous Balanced Mode"),
    (0x13, "SARME", "Set Asynchronous Response Mode Extended"),
    (0x18, "UA", "Unnumbered Acknowledge"),
    (0x1b, "SABME", "Set Asynchronous Balanced Mode Extended"),
    (0x20, "SNRM", "Set Normal Response Mode"),
    (0x21, "FRMR", "Frame reject"),
    (0x23, "RESET", "Reset"),
    (0x2b, "XID", "Exchange identification"),
    (0x31, "CFGR", "Configure"),
    (0x33, "SNRME", "Set Normal Response Mode Extended"),
    (0x38, "TEST", "Test"),
    (0x3b, "BCN", "Beacon"),
];
const COMMANDS: &[Unnumbered] = &[
    (0x01, "SIM", "Set Initialization Mode"),
    (0x03, "SARM", "Set Asynchronous Response Mode"),
    (0x10, "DISC", "Disconnect"),
];
const RESPONSES: &[Unnumbered] = &[
    (0x01, "RIM", "Request Initialization Mode"),
    (0x03, "DM", "Disconnected mode"),
    (0x10, "RD", "Request Disconnect"),
];
/// Short names and names of supervisory frames, by their two bits.
const SUPERVISORY: [(&str, &str); 4] = [
    ("RR", "Receiver ready"),
    ("RNR", "Receiver not ready"),
    ("REJ", "Reject"),
    ("SREJ", "Selective reject"),
];

crate::fields! {
    CONTROL = Field::new("llc.control", "Control", Kind::Uint(16)).hex();
    N_R = Field::new("llc.control.n_r", "N(R)", Kind::Uint(16));
    N_S = Field::new("llc.control.n_s", "N(S)", Kind::Uint(16));
    POLL = Field::new("llc.control.p", "Poll", Kind::Bool);
    FINAL = Field::new("llc.control.f", "Final", Kind::Bool);
    SUPERVISORY_TYPE = Field::new("llc.control.s_ftype", "Supervisory frame type", Kind::Uint(16)).hex();
    COMMAND = Field::new("llc.control.u_modifier_cmd", "Command", Kind::Uint(8)).hex();
    RESPONSE = Field::new("llc.control.u_modifier_resp", "Response", Kind::Uint(8)).hex();
    FRAME_TYPE = Field::new("llc.control.ftype", "Frame type", Kind::Uint(8)).hex();
}

/// The kinds of frames, by the lowest bits of their control field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Information,
    Supervisory,
    Unnumbered,
}

impl Format {
    fn of(control: u16) -> Format {
        match control & 3 {
            3 => Format::Unnumbered,
            1 => Format::Supervisory,
            _ => Format::Information,
        }
    }
}

/// A control field.
#[derive(Clone, Copy)]
pub(super) struct Control {
    /// Its first octet, or both, the second as the higher one.
    value: u16,
    /// Whether the frame is a response, which its source address says.
    response: bool,
}

impl Control {
    /// Reads the control field of an LLC header; `None` if the header is cut before or within it.
    pub(super) fn read(header: &[u8]) -> Option<Control> {
        let (ssap, first) = (header.u8(1)?, header.u8(2)?);
        let value = if first & 3 == 3 { first.into() } else { u16::from_le_bytes([first, header.u8(3)?]) };
        // An information frame is a command, whatever its source address says.
        let informs = Format::of(value) == Format::Information;
        Some(Control { value, response: ssap & 1 == 1 && !informs })
    }

    /// Its length, in octets.
    pub(super) fn len(self) -> usize {
        if self.format() == Format::Unnumbered { 1 } else { 2 }
    }

    /// Whether the frame carries data for the protocol above: an information frame, or an unnumbered one.
    pub(super) fn has_data(self) -> bool {
        self.format() == Format::Information || self.value == u16::from(UI)
    }

    fn format(self) -> Format {
        Format::of(self.value)
    }

    /// Whether the sender asks for an answer at once, or gives one.
    fn polls(self) -> bool {
        self.value & if self.format() == Format::Unnumbered { 0x10 } else { 0x100 } != 0
    }

    /// The five modifier bits of an unnumbered frame, as a number of six bits with a gap.
    fn modifier(self) -> u8 {
        (self.value >> 2) as u8 & 0x3b
    }

    /// The short name and the name of an unnumbered frame.
    fn unnumbered(self) -> (&'static str, &'static str) {
        let own = if self.response { RESPONSES } else { COMMANDS };
        let found = BOTH.iter().chain(own).find(|(modifier, ..)| *modifier == self.modifier());
        found.map_or(("Unknown", "Unknown"), |(_, short, name)| (short, name))
    }

    fn supervisory(self) -> (&'static str, &'static str) {
        SUPERVISORY[usize::from(self.value >> 2 & 3)]
    }

    fn received(self) -> u16 {
        self.value >> 9
    }

    fn sent(self) -> u16 {
        self.value >> 1 & 0x7f
    }

    /// Writes the field as the packet list shows it: `S P, func=RR, N(R)=3`.
    pub(super) fn write(self, out: &mut Line) {
        out.text(match self.format() {
            Format::Information => "I",
            Format::Supervisory => "S",
            Format::Unnumbered => "U",
        });
        if self.polls() {
            out.text(if self.response { " F" } else { " P" });
        }
        match self.format() {
            Format::Unnumbered => {
                out.text(", func=");
                return out.text(self.unnumbered().0);
            }
            Format::Supervisory => {
                out.text(", func=");
                out.text(self.supervisory().0);
            }
            Format::Information => {}
        }
        out.text(", N(R)=");
        out.num(self.received());
        if self.format() == Format::Information {
            out.text(", N(S)=");
            out.num(self.sent());
        }
    }

    /// Visits the field, which is at offset 2 of the header.
    pub(super) fn visit(self, w: &mut Walk<'_, '_>) -> Step {
        let text = written(|line| self.write(line));
        let (len, value) = (self.len(), Value::Uint(self.value.into()));
        let digits = 2 * len;
        w.line(&CONTROL, 2, len, value, format_args!("Control field: {text} (0x{:0digits$X})", self.value))?;
        w.open();
        match self.format() {
            Format::Unnumbered => self.visit_modifier(w)?,
            _ => self.visit_numbers(w)?,
        }
        w.close();
        Ok(())
    }

    fn visit_modifier(self, w: &mut Walk<'_, '_>) -> Step {
        let field = if self.response { &RESPONSE } else { &COMMAND };
        let (modifier, name) = (self.modifier(), self.unnumbered().1);
        let (high, low) = (modifier >> 3, modifier & 3);
        let value = Value::Uint(modifier.into());
        let label = field.label;
        if self.polls() {
            self.visit_poll(w, "...1 ....")?;
        }
        w.line(
            field,
            2,
            1,
            value,
            format_args!("{high:03b}. {low:02b}.. = {label}: {name} (0x{modifier:02x})"),
        )?;
        w.line(
            &FRAME_TYPE,
            2,
            1,
            Value::Uint(3),
            format_args!(".... ..11 = Frame type: Unnumbered frame (0x3)"),
        )
    }

    fn visit_numbers(self, w: &mut Walk<'_, '_>) -> Step {
        let bits = |n: u16| (n >> 3, n & 7);
        let (received, sent) = (self.received(), self.sent());
        let (high, low) = bits(received);
        let value = |n: u16| Value::Uint(n.into());
        w.line(
            &N_R,
            2,
            2,
            value(received),
            format_args!("{high:04b} {low:03b}. .... .... = N(R): {received}"),
        )?;
        let informs = self.format() == Format::Information;
        if informs {
            let (high, low) = bits(sent);
            w.line(&N_S, 2, 2, value(sent), format_args!(".... .... {high:04b} {low:03b}. = N(S): {sent}"))?;
        }
        if self.polls() {
            self.visit_poll(w, ".... ...1 .... ....")?;
        }
        if informs {
            let text = format_args!(".... .... .... ...0 = Frame type: Information frame (0x0)");
            return w.line(&FRAME_TYPE, 2, 2, Value::Uint(0), text);
        }
        let (kind, name) = (self.value >> 2 & 3, self.supervisory().1);
        let text = format_args!(".... .... .... {kind:02b}.. = Supervisory frame type: {name} (0x{kind:x})");
        w.line(&SUPERVISORY_TYPE, 2, 2, value(kind), text)?;
        let text = format_args!(".... .... .... ..01 = Frame type: Supervisory frame (0x1)");
        w.line(&FRAME_TYPE, 2, 2, Value::Uint(1), text)
    }

    fn visit_poll(self, w: &mut Walk<'_, '_>, bits: &str) -> Step {
        let field = if self.response { &FINAL } else { &POLL };
        let label = field.label;
        w.line(field, 2, self.len(), Value::Bool(true), format_args!("{bits} = {label}: Set"))
    }
}
