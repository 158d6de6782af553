//! Spanning Tree Protocol (`stp`): IEEE 802.1D, with rapid and multiple spanning trees, and Cisco's PVST+ with one
//! tree for each VLAN.

use crate::dissect::reading::layer::{show_all, whole};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span, Visited};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::{Line, Push, lazy, written};

const CONFIGURATION: u8 = 0;
const RAPID: u8 = 2;
const TOPOLOGY_CHANGE: u8 = 0x80;
const MULTIPLE: u8 = 3;
/// Octets of a configuration message without the parts that later versions append.
const LEN: usize = 35;

const PROTOCOLS: Names = &[(0, "Spanning Tree Protocol")];
const VERSIONS: Names = &[
    (0, "Spanning Tree"),
    (2, "Rapid Spanning Tree"),
    (3, "Multiple Spanning Tree"),
    (4, "Shortest Path Tree"),
];
const TYPES: Names =
    &[(0, "Configuration"), (2, "Rapid/Multiple Spanning Tree"), (0x80, "Topology Change Notification")];
const ROLES: Names = &[(0, "Unknown"), (1, "Alternate or Backup"), (2, "Root"), (3, "Designated")];
const YES: Names = &[(0, "No"), (1, "Yes")];

crate::fields! {
    PROTOCOL_ID = Field::new("stp.protocol", "Protocol Identifier", Kind::Uint(16)).hex().names(PROTOCOLS);
    VERSION = Field::new("stp.version", "Protocol Version Identifier", Kind::Uint(8)).names(VERSIONS);
    TYPE = Field::new("stp.type", "BPDU Type", Kind::Uint(8)).hex().names(TYPES);
    FLAGS = Field::new("stp.flags", "BPDU flags", Kind::Uint(8)).hex();
    TC_ACK = Field::new("stp.flags.tcack", "Topology Change Acknowledgment", Kind::Bool).mask(0x80).names(YES);
    AGREEMENT = Field::new("stp.flags.agreement", "Agreement", Kind::Bool).mask(0x40).names(YES);
    FORWARDING = Field::new("stp.flags.forwarding", "Forwarding", Kind::Bool).mask(0x20).names(YES);
    LEARNING = Field::new("stp.flags.learning", "Learning", Kind::Bool).mask(0x10).names(YES);
    ROLE = Field::new("stp.flags.port_role", "Port Role", Kind::Uint(8)).mask(0x0c).names(ROLES);
    PROPOSAL = Field::new("stp.flags.proposal", "Proposal", Kind::Bool).mask(0x02).names(YES);
    TC = Field::new("stp.flags.tc", "Topology Change", Kind::Bool).mask(0x01).names(YES);
    ROOT_PRIORITY = Field::new("stp.root.prio", "Root Bridge Priority", Kind::Uint(16));
    ROOT_EXT = Field::new("stp.root.ext", "Root Bridge System ID Extension", Kind::Uint(16));
    ROOT = Field::new("stp.root.hw", "Root Bridge System ID", Kind::Mac);
    COST = Field::new("stp.root.cost", "Root Path Cost", Kind::Uint(32));
    BRIDGE_PRIORITY = Field::new("stp.bridge.prio", "Bridge Priority", Kind::Uint(16));
    BRIDGE_EXT = Field::new("stp.bridge.ext", "Bridge System ID Extension", Kind::Uint(16));
    BRIDGE = Field::new("stp.bridge.hw", "Bridge System ID", Kind::Mac);
    PORT = Field::new("stp.port", "Port identifier", Kind::Uint(16)).hex();
    AGE = Field::new("stp.msg_age", "Message Age", Kind::Double);
    MAX_AGE = Field::new("stp.max_age", "Max Age", Kind::Double);
    HELLO = Field::new("stp.hello", "Hello Time", Kind::Double);
    FORWARD = Field::new("stp.forward", "Forward Delay", Kind::Double);
    VERSION_1_LEN = Field::new("stp.version_1_length", "Version 1 Length", Kind::Uint(8));
    UNKNOWN_TYPE = Field::new("stp.type.unknown", "Unknown BPDU type data", Kind::Label);
    VLAN_TYPE = Field::new("stp.pvst.tlvtype", "Type", Kind::Uint(16)).hex().names(&[(0, "Originating VLAN")]);
    VLAN_LEN = Field::new("stp.pvst.tlvlen", "Length", Kind::Uint(16));
    VLAN = Field::new("stp.pvst.origvlan", "Originating VLAN", Kind::Uint(16));
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,
    summary,
    decode,
    ..Protocol::new("stp", "STP", "Spanning Tree Protocol")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    whole(d, Proto::Stp, span, |w| message(w, false))
}

/// Whether the message has Cisco's LLC header, in which case its VLAN comes at the end.
fn is_of_vlan(ctx: &Context<'_>, layer: &Layer) -> bool {
    let around = ctx.layers.around(layer, |p| p == Proto::Llc);
    around.is_some_and(|llc| ctx.layer_bytes(llc).u16(6) == Some(0x010b))
}

/// Appends a bridge: its priority, system ID extension and address.
fn write_bridge(bytes: &[u8], at: usize, between: &str, out: &mut Line) {
    let (Some(id), Some(mac)) = (bytes.u16(at), bytes.mac(at + 2)) else { return };
    out.num(id & 0xf000);
    out.text(between);
    out.num(id & 0x0fff);
    out.text(between);
    out.mac(mac);
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let (Some(version), Some(kind)) = (bytes.u8(2), bytes.u8(3)) else { return };
    match (kind, version) {
        (CONFIGURATION, _) => out.text("Conf. "),
        (RAPID, MULTIPLE) => out.text("MST. "),
        (RAPID, _) => out.text("RST. "),
        (TOPOLOGY_CHANGE, _) => return out.text("Topology Change Notification"),
        _ => {
            out.text("Unknown BPDU type (");
            out.num(kind);
            return out.text(")");
        }
    }
    if bytes.u8(4).is_some_and(|flags| flags & 0x01 != 0) {
        out.text("TC + ");
    }
    out.text("Root = ");
    write_bridge(bytes, 5, "/", out);
    out.text("  Cost = ");
    out.num(bytes.u32(13).unwrap_or(0));
    out.text("  Port = ");
    out.hex(bytes.u16(25).unwrap_or(0).into(), 4);
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show_all(ctx, layer, v, |w| message(w, is_of_vlan(ctx, layer)))
}

fn message(w: &mut Walk<'_, '_>, of_vlan: bool) -> Step {
    let label = format_args!("{}", PROTOCOL.field.label);
    w.line(&PROTOCOL.field, 0, w.bytes.len(), Value::Bytes(w.bytes), label)?;
    w.open();
    w.num(&PROTOCOL_ID, 0)?;
    w.num(&VERSION, 2)?;
    let kind = w.num(&TYPE, 3)? as u8;
    if kind == TOPOLOGY_CHANGE {
        return Ok(());
    }
    if kind != CONFIGURATION && kind != RAPID {
        return w.remark(&UNKNOWN_TYPE, 3, 1, Severity::Warning, Group::Protocol, UNKNOWN_TYPE.label);
    }
    flags(w, kind == RAPID)?;
    bridge(w, 5, "Root Identifier", [&ROOT_PRIORITY, &ROOT_EXT, &ROOT])?;
    w.num(&COST, 13)?;
    bridge(w, 17, "Bridge Identifier", [&BRIDGE_PRIORITY, &BRIDGE_EXT, &BRIDGE])?;
    w.num(&PORT, 25)?;
    for (field, at) in [(&AGE, 27), (&MAX_AGE, 29), (&HELLO, 31), (&FORWARD, 33)] {
        // The number counts 1/256 seconds.
        let seconds = f64::from(w.u16(at)?) / 256.0;
        w.line(field, at, 2, Value::Double(seconds), format_args!("{}: {seconds}", field.label))?;
    }
    if kind == RAPID && w.bytes.len() > LEN {
        w.num(&VERSION_1_LEN, LEN)?;
    }
    let vlan = LEN + usize::from(kind == RAPID);
    if of_vlan && w.bytes.len() >= vlan + 6 {
        let number = w.u16(vlan + 4)?;
        w.text(vlan, 6, format_args!("Originating VLAN (PVID): {number}"))?;
        w.open();
        w.num(&VLAN_TYPE, vlan)?;
        w.num(&VLAN_LEN, vlan + 2)?;
        w.num(&VLAN, vlan + 4)?;
        w.close();
    }
    Ok(())
}

fn flags(w: &mut Walk<'_, '_>, rapid: bool) -> Step {
    let value = w.u8(4)?;
    let names = lazy(|f| {
        let set = [
            (0x80, "Topology Change Acknowledgment"),
            (0x40, "Agreement"),
            (0x20, "Forwarding"),
            (0x10, "Learning"),
        ];
        for (_, name) in set.into_iter().filter(|(bit, _)| value & bit != 0 && (rapid || *bit == 0x80)) {
            write!(f, ", {name}")?;
        }
        if rapid {
            write!(f, ", Port Role: {}", name_of(ROLES, u64::from(value >> 2 & 3)).unwrap_or(""))?;
        }
        let late = [(0x02, "Proposal"), (0x01, "Topology Change")];
        for (_, name) in late.into_iter().filter(|(bit, _)| value & bit != 0 && (rapid || *bit == 0x01)) {
            write!(f, ", {name}")?;
        }
        Ok(())
    });
    w.line(&FLAGS, 4, 1, Value::Uint(value.into()), format_args!("BPDU flags: 0x{value:02x}{names}"))?;
    w.open();
    let all: &[&'static Field] = match rapid {
        true => &[&TC_ACK, &AGREEMENT, &FORWARDING, &LEARNING, &ROLE, &PROPOSAL, &TC],
        false => &[&TC_ACK, &TC],
    };
    for field in all {
        w.num(field, 4)?;
    }
    w.close();
    Ok(())
}

/// Visits a bridge. Priority and system ID extension share two octets: the upper four bits are the priority, in steps
/// of 4096.
fn bridge(w: &mut Walk<'_, '_>, at: usize, name: &str, fields: [&'static Field; 3]) -> Step {
    let [priority, extension, address] = fields;
    let id = w.u16(at)?;
    let mac = w.bytes.mac(at + 2).ok_or(End::Short)?;
    let text = written(|line| write_bridge(w.bytes, at, " / ", line));
    w.text(at, 8, format_args!("{name}: {text}"))?;
    w.open();
    w.value(priority, at, 1, Value::Uint((id & 0xf000).into()))?;
    w.value(extension, at, 2, Value::Uint((id & 0x0fff).into()))?;
    w.value(address, at + 2, 6, Value::Mac(mac))?;
    w.close();
    Ok(())
}
