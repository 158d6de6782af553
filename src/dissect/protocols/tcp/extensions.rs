//! Less common options: TCP Fast Open (RFC 7413), Accurate ECN (draft-ietf-tcpm-accurate-ecn), experiments (RFC
//! 6994), signatures (RFC 2385, RFC 5925), user timeout (RFC 5482), echo and T/TCP (RFC 1072, RFC 1644).

use super::fields::{OPTIONS_MSS, OPTIONS_WSCALE, SACK_PERM, TIMESTAMP};
use super::{Flags, Header, number, remarks};
use crate::dissect::Visited;
use crate::dissect::reading::read::Read;
use crate::field::{At, Field, Kind, Value, Visit};
use crate::text::{Line, Push as _};

/// Experiments that became options of their own: Fast Open, and Accurate ECN in either order of its counters.
const FAST_OPEN: u16 = 0xf989;
const ACCURATE_ECN_0: u16 = 0xacc0;
const ACCURATE_ECN_1: u16 = 0xacc1;

crate::fields! {
    TFO = Field::new("tcp.options.tfo", "TCP Option - TCP Fast Open", Kind::Bytes);
    TFO_REQUEST = Field::new("tcp.options.tfo.request", "Fast Open Cookie Request", Kind::Label);
    TFO_COOKIE = Field::new("tcp.options.tfo.cookie", "Fast Open Cookie", Kind::Bytes);
    EXPERIMENTAL = Field::new("tcp.options.experimental", "TCP Option - Experimental", Kind::Bytes);
    EXID = Field::new("tcp.options.experimental.exid", "Experiment Identifier", Kind::Uint(16)).hex();
    EXPERIMENT_DATA = Field::new("tcp.options.experimental.data", "Data", Kind::Bytes);
    ACC_ECN = Field::new("tcp.options.acc_ecn", "TCP Option - Accurate ECN", Kind::Bytes);
    EE0B = Field::new("tcp.options.acc_ecn.ee0b", "Accurate ECN Echo ECT(0) Byte Counter", Kind::Uint(24));
    ECEB = Field::new("tcp.options.acc_ecn.eceb", "Accurate ECN Echo CE Byte Counter", Kind::Uint(24));
    EE1B = Field::new("tcp.options.acc_ecn.ee1b", "Accurate ECN Echo ECT(1) Byte Counter", Kind::Uint(24));
    MD5 = Field::new("tcp.options.md5", "TCP Option - TCP MD5 signature", Kind::Bytes);
    MD5_DIGEST = Field::new("tcp.options.md5.digest", "MD5 digest", Kind::Bytes);
    ECHO = Field::new("tcp.options.echo", "TCP Option - Echo", Kind::Bytes);
    ECHO_REPLY = Field::new("tcp.options.echoreply", "TCP Option - Echo reply", Kind::Bytes);
    ECHO_VALUE = Field::new("tcp.options.echo_value", "TCP Echo Option", Kind::Uint(32));
    CC = Field::new("tcp.options.cc", "TCP Option - CC", Kind::Bytes);
    CC_NEW = Field::new("tcp.options.ccnew", "TCP Option - CC.NEW", Kind::Bytes);
    CC_ECHO = Field::new("tcp.options.ccecho", "TCP Option - CC.ECHO", Kind::Bytes);
    CC_VALUE = Field::new("tcp.options.cc_value", "TCP CC Option", Kind::Uint(32));
    AO = Field::new("tcp.options.ao", "TCP Option - TCP AO", Kind::Bytes);
    AO_KEY = Field::new("tcp.options.ao.keyid", "AO KeyID", Kind::Uint(8));
    AO_NEXT_KEY = Field::new("tcp.options.ao.rnextkeyid", "AO RNextKeyID", Kind::Uint(8));
    AO_MAC = Field::new("tcp.options.ao.mac", "AO MAC", Kind::Bytes);
    USER_TIMEOUT = Field::new("tcp.options.user_to", "TCP Option - User Timeout", Kind::Bytes);
    USER_TIMEOUT_UNIT = Field::new("tcp.options.user_to_granularity", "Granularity", Kind::Bool).mask(0x8000)
        .names(&[(0, "Seconds"), (1, "Minutes")]);
    USER_TIMEOUT_VALUE = Field::new("tcp.options.user_to_val", "User Timeout", Kind::Uint(16)).mask(0x7fff);
}

/// An option of this module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension<'a> {
    /// A Fast Open cookie; empty if it is a request for one (kind 34).
    FastOpen(&'a [u8]),
    /// The counters of Accurate ECN, three bytes each, and their order (kinds 172 and 174).
    AccurateEcn(Order, &'a [u8]),
    /// An experiment: its identifier and its data (kinds 253 and 254).
    Experiment(u16, &'a [u8]),
    /// An option with one number: its kind, and the number. Echo and echo reply are kinds 6 and 7, connection counts
    /// are 11 to 13.
    Number(u8, u32),
    /// A signature of 16 bytes (kind 19).
    Md5(&'a [u8]),
    /// How long data may stay unacknowledged: in seconds, or in minutes if the first bit is set (kind 28).
    UserTimeout(u16),
    /// Two key identifiers and a signature (kind 29).
    Authentication(&'a [u8]),
    /// An option of a known kind whose length is wrong: its kind and its data.
    Odd(u8, &'a [u8]),
}

/// The order of the counters of Accurate ECN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// ECT(0), CE, ECT(1).
    Zero,
    /// ECT(1), CE, ECT(0).
    One,
}

impl Order {
    fn digit(self) -> u8 {
        if self == Order::Zero { 0 } else { 1 }
    }

    /// Names and fields of the counters.
    fn counters(self) -> [(&'static str, &'static Field); 3] {
        match self {
            Order::Zero => [("EE0B", &EE0B), ("ECEB", &ECEB), ("EE1B", &EE1B)],
            Order::One => [("EE1B", &EE1B), ("ECEB", &ECEB), ("EE0B", &EE0B)],
        }
    }
}

impl<'a> Extension<'a> {
    /// Reads an option of `kind`; `None` if the kind is not of this module. A function of its own, so that the loop
    /// over the usual options stays small.
    #[cold]
    pub(super) fn read(kind: u8, data: &'a [u8]) -> Option<Extension<'a>> {
        let counts = data.len() <= 9 && data.len().is_multiple_of(3);
        Some(match (kind, data.len()) {
            (6 | 7 | 11..=13, 4) => Extension::Number(kind, data.u32(0)?),
            (19, 16) => Extension::Md5(data),
            (28, 2) => Extension::UserTimeout(data.u16(0)?),
            (29, 2..) => Extension::Authentication(data),
            (34, _) => Extension::FastOpen(data),
            (172, _) if counts => Extension::AccurateEcn(Order::Zero, data),
            (174, _) if counts => Extension::AccurateEcn(Order::One, data),
            (253 | 254, 2..) => Extension::Experiment(data.u16(0)?, data.get(2..)?),
            (2..=4 | 6..=8 | 11..=13 | 19 | 28 | 29 | 172 | 174 | 253 | 254, _) => Extension::Odd(kind, data),
            _ => return None,
        })
    }

    /// The option that an experiment became, if it became one.
    fn adopted(self) -> Option<Extension<'a>> {
        let Extension::Experiment(id, data) = self else { return None };
        match id {
            FAST_OPEN => Extension::read(34, data),
            ACCURATE_ECN_0 => Extension::read(172, data),
            ACCURATE_ECN_1 => Extension::read(174, data),
            _ => None,
        }
    }

    /// The name of the option in the heading of the list.
    pub(super) fn title(self, kind: u8) -> &'static str {
        let label = field(kind).label;
        label.strip_prefix("TCP Option - ").unwrap_or(label)
    }

    /// Appends the option to the Info column.
    #[cold]
    pub(super) fn write(self, out: &mut Line) {
        match self {
            Extension::FastOpen([]) => out.text(" TFO=R"),
            Extension::FastOpen(_) => out.text(" TFO=C"),
            Extension::AccurateEcn(_, []) => out.text(" AccECN"),
            Extension::AccurateEcn(order, data) => {
                for ((name, _), count) in order.counters().into_iter().zip(data.chunks_exact(3)) {
                    out.text(" ");
                    out.text(name);
                    out.text("=");
                    out.num(count.u24(0).unwrap_or(0));
                }
            }
            Extension::Experiment(id, _) => match self.adopted() {
                Some(adopted) => adopted.write(out),
                None => out.extend_from_slice(format!(" ExID={id:X}").as_bytes()),
            },
            Extension::Number(6 | 7, n) => number(out, " ECHO=", n),
            Extension::Number(_, n) => number(out, " CC=", n),
            Extension::Md5(_) | Extension::Odd(19, _) => out.text(" MD5"),
            Extension::UserTimeout(n) => number(out, " USER_TO=", n.into()),
            // Wireshark puts no blank in front of this one.
            Extension::Authentication(_) | Extension::Odd(29, _) => out.text("TCP AO"),
            Extension::Odd(..) => {}
        }
    }

    /// The text after the label in the option's own line.
    fn value(self) -> String {
        match self {
            Extension::Number(_, n) if n > 0 => format!(": {n}"),
            Extension::AccurateEcn(_, []) => String::new(),
            Extension::AccurateEcn(order, data) => {
                let counts = order.counters().into_iter().zip(data.chunks_exact(3));
                let counts = counts.map(|((name, _), n)| format!("{name} {}", n.u24(0).unwrap_or(0)));
                format!(" (Order {}): {}", order.digit(), counts.collect::<Vec<_>>().join(", "))
            }
            Extension::Experiment(id, _) => {
                let inner = match self.adopted() {
                    Some(ecn @ Extension::AccurateEcn(_, [_, ..])) => {
                        format!(": Accurate ECN{}", ecn.value())
                    }
                    _ => String::new(),
                };
                format!(": {}{inner}", experiment(id))
            }
            _ => String::new(),
        }
    }
}

/// The field of an option.
fn field(kind: u8) -> &'static Field {
    match kind {
        2 => &OPTIONS_MSS,
        3 => &OPTIONS_WSCALE,
        4 => &SACK_PERM,
        6 => &ECHO,
        7 => &ECHO_REPLY,
        8 => &TIMESTAMP,
        11 => &CC,
        12 => &CC_NEW,
        13 => &CC_ECHO,
        19 => &MD5,
        28 => &USER_TIMEOUT,
        29 => &AO,
        34 => &TFO,
        172 | 174 => &ACC_ECN,
        _ => &EXPERIMENTAL,
    }
}

/// The name of an experiment (IANA, TCP Experimental Option Experiment Identifiers).
fn experiment(id: u16) -> &'static str {
    match id {
        FAST_OPEN => "Fast Open",
        // Wireshark has this spelling mistake, too.
        0xe2d4 => "Shared Memory communications over RMDA protocol",
        ACCURATE_ECN_0 => "Accurate ECN - Order 0",
        ACCURATE_ECN_1 => "Accurate ECN - Order 1",
        _ => "Unknown",
    }
}

/// Visits the option's own line.
pub(super) fn heading(option: Extension<'_>, kind: u8, at: At, raw: &[u8], v: &mut dyn Visit) -> Visited {
    let field = field(kind);
    v.line(field, at, Value::Bytes(raw), format_args!("{}{}", field.label, option.value()))
}

/// Visits the fields after kind and length.
pub(super) fn contents(header: &Header, option: Extension<'_>, at: At, v: &mut dyn Visit) -> Visited {
    let part = |offset: u32, len: usize| At { start: at.start + offset, len: len as u32, ..at };
    match option {
        Extension::FastOpen(cookie) => fast_open(header, cookie, part(2, cookie.len()), v),
        Extension::AccurateEcn(order, data) => counters(order, data, part(2, 3), v),
        Extension::Experiment(id, data) => {
            let text = format_args!("{}: {} (0x{id:04x})", EXID.label, experiment(id));
            v.line(&EXID, part(2, 2), Value::Uint(id.into()), text)?;
            match option.adopted() {
                Some(Extension::FastOpen(cookie)) => fast_open(header, cookie, part(4, cookie.len()), v),
                Some(Extension::AccurateEcn(order, data)) => counters(order, data, part(4, 3), v),
                _ if data.is_empty() => Visited::Continue(()),
                _ => v.field(&EXPERIMENT_DATA, part(4, data.len()), Value::Bytes(data)),
            }
        }
        Extension::Number(6 | 7, n) => v.field(&ECHO_VALUE, part(2, 4), Value::Uint(n.into())),
        Extension::Number(_, n) => v.field(&CC_VALUE, part(2, 4), Value::Uint(n.into())),
        Extension::Md5(digest) => v.field(&MD5_DIGEST, part(2, 16), Value::Bytes(digest)),
        Extension::UserTimeout(n) => {
            v.field(&USER_TIMEOUT_UNIT, part(2, 2), Value::Bool(n >> 15 == 1))?;
            v.field(&USER_TIMEOUT_VALUE, part(2, 2), Value::Uint((n & 0x7fff).into()))
        }
        Extension::Authentication(data) => {
            for (field, offset) in [(&AO_KEY, 0), (&AO_NEXT_KEY, 1)] {
                let key = data.u8(offset).unwrap_or(0);
                v.field(field, part(2 + offset as u32, 1), Value::Uint(key.into()))?;
            }
            match data.get(2..) {
                Some(mac @ [_, ..]) => v.field(&AO_MAC, part(4, mac.len()), Value::Bytes(mac)),
                _ => Visited::Continue(()),
            }
        }
        Extension::Odd(kind, data) => remarks::option_len(kind, data.len() + 2, at, v),
    }
}

fn fast_open(header: &Header, cookie: &[u8], at: At, v: &mut dyn Visit) -> Visited {
    if cookie.is_empty() {
        return v.line(&TFO_REQUEST, at, Value::None, format_args!("{}", TFO_REQUEST.label));
    }
    v.field(&TFO_COOKIE, at, Value::Bytes(cookie))?;
    let opens = header.flags.has(Flags::SYN) && !header.flags.has(Flags::ACK);
    if opens { remarks::fast_open(at, v) } else { Visited::Continue(()) }
}

fn counters(order: Order, data: &[u8], mut at: At, v: &mut dyn Visit) -> Visited {
    for ((_, field), count) in order.counters().into_iter().zip(data.chunks_exact(3)) {
        v.field(field, at, Value::Uint(count.u24(0).unwrap_or(0).into()))?;
        at.start += 3;
    }
    Visited::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::written;

    fn info(kind: u8, data: &[u8]) -> Option<String> {
        Extension::read(kind, data).map(|option| written(|line| option.write(line)))
    }

    #[test]
    fn fast_open_is_the_same_as_an_option_and_as_an_experiment() {
        for (kind, before) in [(34, &[][..]), (253, &[0xf9, 0x89]), (254, &[0xf9, 0x89])] {
            assert_eq!(info(kind, before).as_deref(), Some(" TFO=R"));
            assert_eq!(info(kind, &[before, &[1, 2]].concat()).as_deref(), Some(" TFO=C"));
        }
        assert_eq!(info(254, &[0x0e, 0x50, 1]).as_deref(), Some(" ExID=E50"));
    }

    #[test]
    fn the_counters_of_accurate_ecn_stand_in_two_orders() {
        let counters = [0, 0, 1, 0, 1, 0, 1, 0, 0];
        assert_eq!(info(172, &counters).as_deref(), Some(" EE0B=1 ECEB=256 EE1B=65536"));
        assert_eq!(info(174, &counters).as_deref(), Some(" EE1B=1 ECEB=256 EE0B=65536"));
        assert_eq!(info(254, &[&[0xac, 0xc1][..], &counters[..3]].concat()).as_deref(), Some(" EE1B=1"));
        assert_eq!(info(172, &[]).as_deref(), Some(" AccECN"));
        assert_eq!(info(172, &[1]).as_deref(), Some(""));
    }

    #[test]
    fn a_length_that_is_not_right_is_no_value() {
        for kind in [6, 7, 11, 12, 13, 28, 253] {
            assert_eq!(Extension::read(kind, &[1]), Some(Extension::Odd(kind, &[1])));
        }
        assert_eq!(Extension::read(99, &[1]), None);
    }
}
