//! Cisco Hot Standby Router Protocol (`hsrp`): RFC 2281 for version 1. Version 2 has no public specification; its
//! elements are known from its packets.

use crate::dissect::reading::layer::{show, unseen};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push};
use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The group to which version 1 sends: all routers (RFC 2281, section 4).
const FIRST: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 2);
/// The groups to which version 2 sends.
const SECOND: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 102);
const SECOND_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x66);

/// Octets of a message of version 1.
const LEN: usize = 20;
const ADVERTISE: u8 = 3;
/// The default password of a group (RFC 2281, section 5.1).
const PASSWORD: &[u8] = b"cisco";

const OPCODES: Names = &[(0, "Hello"), (1, "Coup"), (2, "Resign"), (ADVERTISE as u64, "Advertise")];
const STATES: Names =
    &[(0, "Initial"), (1, "Learn"), (2, "Listen"), (4, "Speak"), (8, "Standby"), (16, "Active")];
const ADVERTISED: Names = &[(1, "Dormant"), (2, "Passive"), (3, "Active")];
const OPCODES_2: Names = &[(0, "Hello"), (1, "Coup"), (2, "Resign")];
const STATES_2: Names =
    &[(0, "Disabled"), (1, "Init"), (2, "Learn"), (3, "Listen"), (4, "Speak"), (5, "Standby"), (6, "Active")];
const IP_VERSIONS: Names = &[(4, "IPv4"), (6, "IPv6")];

/// Types of elements in version 2.
const GROUP_STATE: u8 = 1;
const INTERFACE_STATE: u8 = 2;
const TEXT: u8 = 3;
const DIGEST: u8 = 4;

crate::fields! {
    VERSION = Field::new("hsrp.version", "Version", Kind::Uint(8));
    OPCODE = Field::new("hsrp.opcode", "Op Code", Kind::Uint(8)).names(OPCODES);
    STATE = Field::new("hsrp.state", "State", Kind::Uint(8)).names(STATES);
    HELLO_TIME = Field::new("hsrp.hellotime", "Hellotime", Kind::Uint(8));
    HOLD_TIME = Field::new("hsrp.holdtime", "Holdtime", Kind::Uint(8));
    PRIORITY = Field::new("hsrp.priority", "Priority", Kind::Uint(8));
    GROUP = Field::new("hsrp.group", "Group", Kind::Uint(8));
    RESERVED = Field::new("hsrp.reserved", "Reserved", Kind::Uint(8));
    AUTH_DATA = Field::new("hsrp.auth_data", "Authentication Data", Kind::Text);
    VIRTUAL = Field::new("hsrp.virt_ip", "Virtual IP Address", Kind::Ipv4);
    ADV_TYPE = Field::new("hsrp.adv.tlvtype", "Adv type", Kind::Uint(16)).names(&[(1, "HSRP interface state")]);
    ADV_LENGTH = Field::new("hsrp.adv.tlvlength", "Adv length", Kind::Uint(16));
    ADV_STATE = Field::new("hsrp.adv.state", "Adv state", Kind::Uint(8)).names(ADVERTISED);
    ADV_RESERVED_1 = Field::new("hsrp.adv.reserved1", "Adv reserved1", Kind::Uint(8));
    ADV_ACTIVE = Field::new("hsrp.adv.activegrp", "Adv active groups", Kind::Uint(16));
    ADV_PASSIVE = Field::new("hsrp.adv.passivegrp", "Adv passive groups", Kind::Uint(16));
    ADV_RESERVED_2 = Field::new("hsrp.adv.reserved2", "Adv reserved2", Kind::Uint(32));
    GROUP_TLV = Field::new("hsrp2.group_state_tlv", "Group State TLV", Kind::Uint(8));
    INTERFACE_TLV = Field::new("hsrp2.interface_state_tlv", "Interface State TLV", Kind::Uint(8));
    TEXT_TLV = Field::new("hsrp2.text_auth_tlv", "Text Authentication TLV", Kind::Uint(8));
    DIGEST_TLV = Field::new("hsrp2.md5_auth_tlv", "MD5 Authentication TLV", Kind::Uint(8));
    VERSION_2 = Field::new("hsrp2.version", "Version", Kind::Uint(8));
    OPCODE_2 = Field::new("hsrp2.opcode", "Op Code", Kind::Uint(8)).names(OPCODES_2);
    STATE_2 = Field::new("hsrp2.state", "State", Kind::Uint(8)).names(STATES_2);
    IP_VERSION = Field::new("hsrp2.ipversion", "IP Ver.", Kind::Uint(8)).names(IP_VERSIONS);
    GROUP_2 = Field::new("hsrp2.group", "Group", Kind::Uint(16));
    IDENTIFIER = Field::new("hsrp2.identifier", "Identifier", Kind::Mac);
    PRIORITY_2 = Field::new("hsrp2.priority", "Priority", Kind::Uint(32));
    HELLO_TIME_2 = Field::new("hsrp2.hellotime", "Hellotime", Kind::Uint(32));
    HOLD_TIME_2 = Field::new("hsrp2.holdtime", "Holdtime", Kind::Uint(32));
    VIRTUAL_2 = Field::new("hsrp2.virt_ip", "Virtual IP Address", Kind::Ipv4);
    VIRTUAL_V6 = Field::new("hsrp2.virt_ip_v6", "Virtual IPv6 Address", Kind::Ipv6);
    AUTH_DATA_2 = Field::new("hsrp2.auth_data", "Authentication Data", Kind::Text);
    ACTIVE = Field::new("hsrp2.active_groups", "Active Groups", Kind::Uint(16));
    PASSIVE = Field::new("hsrp2.passive_groups", "Passive Groups", Kind::Uint(16));
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| {
        let second = is_second(ctx, layer);
        show(ctx, layer, v, |w| if second { elements(w).map(drop) } else { message(w) })
    },
    summary,
    column_of: Some(|ctx, layer| Cow::Borrowed(if is_second(ctx, layer) { "HSRPv2" } else { "HSRP" })),
    decode,
    udp_ports: &[1985, 2029],
    ..Protocol::new("hsrp", "HSRP", "Cisco Hot Standby Router Protocol")
};

/// Whether a message is of version 2, which only its destination address says; `None` if it goes to no group of HSRP.
fn second(proto: Proto, header: &[u8]) -> Option<bool> {
    match proto {
        Proto::Ipv4 => match header.ipv4(16)? {
            FIRST => Some(false),
            SECOND => Some(true),
            _ => None,
        },
        Proto::Ipv6 => (header.ipv6(24)? == SECOND_V6).then_some(true),
        _ => None,
    }
}

fn is_second(ctx: &Context<'_>, layer: &Layer) -> bool {
    let ip = ctx.layers.around(layer, |p| matches!(p, Proto::Ipv4 | Proto::Ipv6));
    ip.and_then(|ip| second(ip.proto, ctx.layer_bytes(ip))).unwrap_or(false)
}

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let around = d.layers.all().iter().rev().find(|l| matches!(l.proto, Proto::Ipv4 | Proto::Ipv6));
    let ip = around.map(|ip| (ip.proto, d.get(Span { start: ip.start, end: ip.end })));
    let Some(second) = ip.and_then(|(proto, header)| second(proto, header)) else { return Next::Data(span) };
    let bytes = d.get(span);
    let read = if second { unseen(bytes, elements) } else { unseen(bytes, |w| message(w).map(|_| w.left())) };
    let Ok(len) = read else { return d.broken(Proto::Hsrp, span) };
    match d.layer(Proto::Hsrp, span, len as u32) {
        Some(rest) if second && rest.len() > 0 => Next::Data(rest),
        _ => Next::Done,
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    if is_second(ctx, layer) {
        match bytes {
            [GROUP_STATE, ..] => write_state(OPCODES_2, STATES_2, bytes.u8(3), bytes.u8(4), out),
            [INTERFACE_STATE, _, rest @ ..] => {
                out.text("Interface State TLV (Act=");
                out.num(rest.u16(0).unwrap_or(0));
                out.text(" Pass=");
                out.num(rest.u16(2).unwrap_or(0));
                out.text(")");
            }
            _ => {}
        }
    } else {
        let advertises = bytes.u8(1) == Some(ADVERTISE);
        let (states, state) = if advertises { (ADVERTISED, bytes.u8(6)) } else { (STATES, bytes.u8(2)) };
        write_state(OPCODES, states, bytes.u8(1), state, out);
    }
}

fn write_state(opcodes: Names, states: Names, opcode: Option<u8>, state: Option<u8>, out: &mut Line) {
    let Some(opcode) = opcode else { return };
    out.text(name_of(opcodes, opcode.into()).unwrap_or("Unknown"));
    let Some(state) = state else { return };
    out.text(" (state ");
    // In Wireshark, only the details have a name for a group that is off.
    let known = name_of(states, state.into()).filter(|name| *name != "Disabled");
    out.text(known.unwrap_or("Unknown"));
    out.text(")");
}

/// Visits a time; its line says whether it is the default.
fn time(w: &mut Walk<'_, '_>, field: &'static Field, at: usize, usual: u64) -> Step {
    let (value, len) = w.read(field, at)?;
    let word = if value == usual { "Default" } else { "Non-Default" };
    w.line(field, at, len, Value::Uint(value), format_args!("{}: {word} ({value})", field.label))
}

/// Visits the password of a group, which is not encrypted.
fn password(w: &mut Walk<'_, '_>, field: &'static Field, at: usize) -> Step {
    let bytes = w.get(at, 8)?;
    let text = bytes.split(|b| *b == 0).next().unwrap_or(bytes);
    let word = if text == PASSWORD { "Default" } else { "Non-Default" };
    let shown = crate::text::written(|line| line.decoded(text));
    w.line(field, at, 8, Value::Text(text), format_args!("{}: {word} ({shown})", field.label))
}

/// A message of version 1 (RFC 2281, section 5.1).
fn message(w: &mut Walk<'_, '_>) -> Step {
    w.num(&VERSION, 0)?;
    if w.num(&OPCODE, 1)? == u64::from(ADVERTISE) {
        for field in
            [&ADV_TYPE, &ADV_LENGTH, &ADV_STATE, &ADV_RESERVED_1, &ADV_ACTIVE, &ADV_PASSIVE, &ADV_RESERVED_2]
        {
            let (_, len) = w.read(field, 2)?;
            w.num(field, 2)?;
            w.skip(len);
        }
        return Ok(());
    }
    w.num(&STATE, 2)?;
    time(w, &HELLO_TIME, 3, 3)?;
    time(w, &HOLD_TIME, 4, 10)?;
    w.num(&PRIORITY, 5)?;
    w.num(&GROUP, 6)?;
    w.num(&RESERVED, 7)?;
    password(w, &AUTH_DATA, 8)?;
    w.ipv4(&VIRTUAL, 16)?;
    w.get(0, LEN).map(drop)
}

/// Visits the elements of version 2 that are known, and returns how many octets they take.
fn elements(w: &mut Walk<'_, '_>) -> Step<usize> {
    let whole = w.left();
    while w.left() > 0 {
        let (kind, len) = (w.u8(0)?, usize::from(w.u8(1)?));
        let Some(field) = element_of(kind).filter(|_| w.left() >= 2 + len) else { break };
        let text = format_args!("{}: Type={kind} Len={len}", field.label);
        w.line(field, 0, 2 + len, Value::Uint(kind.into()), text)?;
        w.open();
        w.skip(2);
        let (rest, body) = (w.left() - len, w.peek(len));
        match kind {
            GROUP_STATE => group_state(w, body.u8(3) == Some(6))?,
            INTERFACE_STATE => {
                w.num(&ACTIVE, 0)?;
                w.num(&PASSIVE, 2)?;
            }
            TEXT => password(w, &AUTH_DATA_2, 0)?,
            _ => {}
        }
        w.close();
        w.skip(w.left() - rest);
    }
    match w.left() {
        left if left == whole && whole < 2 => Err(End::Short),
        left => Ok(whole - left),
    }
}

fn element_of(kind: u8) -> Option<&'static Field> {
    match kind {
        GROUP_STATE => Some(&GROUP_TLV),
        INTERFACE_STATE => Some(&INTERFACE_TLV),
        TEXT => Some(&TEXT_TLV),
        DIGEST => Some(&DIGEST_TLV),
        _ => None,
    }
}

fn group_state(w: &mut Walk<'_, '_>, sixth: bool) -> Step {
    w.num(&VERSION_2, 0)?;
    w.num(&OPCODE_2, 1)?;
    w.num(&STATE_2, 2)?;
    w.num(&IP_VERSION, 3)?;
    w.num(&GROUP_2, 4)?;
    w.mac(&IDENTIFIER, 6)?;
    w.num(&PRIORITY_2, 12)?;
    time(w, &HELLO_TIME_2, 16, 3000)?;
    time(w, &HOLD_TIME_2, 20, 10000)?;
    if sixth { w.ipv6(&VIRTUAL_V6, 24) } else { w.ipv4(&VIRTUAL_2, 24) }
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{datagram, over_ipv4, summary};
    use crate::frame::LinkType;

    fn message(to: &str, body: &str) -> (String, String) {
        summary(LinkType::ETHERNET, &over_ipv4("0111", to, &datagram("07c1 07c1", body)))
    }

    #[test]
    fn the_group_that_it_goes_to_tells_the_version() {
        let hello = "00 00 10 03 0a 78 01 00 636973636f000000 0a0000fe";
        assert_eq!(
            message("e0000002", hello),
            ("eth:ethertype:ip:udp:hsrp".into(), "Hello (state Active)".into())
        );
        assert_eq!(message("e0000005", hello).0, "eth:ethertype:ip:udp:data");
        let group =
            "0128 02 01 05 04 0014 001122334455 00000064 00000bb8 00002710 0a0000fe 000000000000000000000000";
        assert_eq!(
            message("e0000066", group),
            ("eth:ethertype:ip:udp:hsrp".into(), "Coup (state Standby)".into())
        );
        assert_eq!(message("e0000066", "0204 0001 0002").1, "Interface State TLV (Act=1 Pass=2)");
    }

    #[test]
    fn a_message_that_ends_early_is_malformed() {
        assert_eq!(message("e0000002", "00 00 10 03").1, "Hello (state Active) Malformed");
    }
}
