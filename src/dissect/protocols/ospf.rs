//! Open Shortest Path First (`ospf`): versions 2 (RFC 2328) and 3 (RFC 5340). Bodies of link state advertisements are
//! not dissected.

use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Span};
use crate::field::{Field, Kind, Names, Value, name_of};
use crate::text::{Line, Push, lazy};

const HELLO: u8 = 1;
const DESCRIPTION: u8 = 2;
const REQUEST: u8 = 3;
const UPDATE: u8 = 4;
const ACKNOWLEDGE: u8 = 5;
const SECOND: u8 = 2;
const THIRD: u8 = 3;
/// Octets of the header of a link state advertisement.
const LSA: usize = 20;

const TYPES: Names = &[
    (HELLO as u64, "Hello Packet"),
    (DESCRIPTION as u64, "DB Description"),
    (REQUEST as u64, "LS Request"),
    (UPDATE as u64, "LS Update"),
    (ACKNOWLEDGE as u64, "LS Acknowledge"),
];
const AUTHENTICATIONS: Names = &[(0, "Null"), (1, "Simple password"), (2, "Cryptographic")];
const LSA_TYPES: Names = &[
    (1, "Router-LSA"),
    (2, "Network-LSA"),
    (3, "Summary-LSA (IP network)"),
    (4, "Summary-LSA (ASBR)"),
    (5, "AS-External-LSA (ASBR)"),
    (6, "Group Membership LSA"),
    (7, "NSSA AS-External-LSA"),
    (8, "External Attributes LSA"),
    (9, "Opaque LSA, Link-local scope"),
    (10, "Opaque LSA, Area-local scope"),
    (11, "Opaque LSA, AS-wide scope"),
];
const SET: Names = &[(0, "Not set"), (1, "Set")];

crate::fields! {
    HEADER = Field::new("ospf.header", "OSPF Header", Kind::Label);
    VERSION = Field::new("ospf.version", "Version", Kind::Uint(8));
    TYPE = Field::new("ospf.msg", "Message Type", Kind::Uint(8)).names(TYPES);
    LENGTH = Field::new("ospf.packet_length", "Packet Length", Kind::Uint(16));
    ROUTER = Field::new("ospf.srcrouter", "Source OSPF Router", Kind::Ipv4);
    AREA = Field::new("ospf.area_id", "Area ID", Kind::Ipv4);
    CHECKSUM = Field::new("ospf.checksum", "Checksum", Kind::Uint(16)).hex();
    AUTH_TYPE = Field::new("ospf.auth.type", "Auth Type", Kind::Uint(16)).names(AUTHENTICATIONS);
    AUTH_NONE = Field::new("ospf.auth.none", "Auth Data (none)", Kind::Bytes);
    AUTH_SIMPLE = Field::new("ospf.auth.simple", "Auth Data (Simple)", Kind::Text);
    AUTH_KEY = Field::new("ospf.auth.crypt.key_id", "Auth Crypt Key id", Kind::Uint(8));
    AUTH_LENGTH = Field::new("ospf.auth.crypt.data_length", "Auth Crypt Data Length", Kind::Uint(8));
    AUTH_SEQUENCE = Field::new("ospf.auth.crypt.seq_nbr", "Auth Crypt Sequence Number", Kind::Uint(32));
    INSTANCE = Field::new("ospf.instance_id", "Instance ID", Kind::Uint(8));
    MESSAGE_HELLO = Field::new("ospf.msg.hello", "Hello", Kind::Bool).hidden();
    MESSAGE_DESCRIPTION = Field::new("ospf.msg.dbdesc", "Database Description", Kind::Bool).hidden();
    MESSAGE_REQUEST = Field::new("ospf.msg.lsreq", "Link State Adv Request", Kind::Bool).hidden();
    MESSAGE_UPDATE = Field::new("ospf.msg.lsupdate", "Link State Adv Update", Kind::Bool).hidden();
    MESSAGE_ACKNOWLEDGE = Field::new("ospf.msg.lsack", "Link State Adv Acknowledgement", Kind::Bool).hidden();
    HELLO_PACKET = Field::new("ospf.hello", "OSPF Hello Packet", Kind::Label);
    MASK = Field::new("ospf.hello.network_mask", "Network Mask", Kind::Ipv4);
    INTERFACE = Field::new("ospf.hello.interface_id", "Interface ID", Kind::Uint(32));
    INTERVAL = Field::new("ospf.hello.hello_interval", "Hello Interval [sec]", Kind::Uint(32));
    PRIORITY = Field::new("ospf.hello.router_priority", "Router Priority", Kind::Uint(8));
    DEAD = Field::new("ospf.hello.router_dead_interval", "Router Dead Interval [sec]", Kind::Uint(32));
    DESIGNATED = Field::new("ospf.hello.designated_router", "Designated Router", Kind::Ipv4);
    BACKUP = Field::new("ospf.hello.backup_designated_router", "Backup Designated Router", Kind::Ipv4);
    NEIGHBOR = Field::new("ospf.hello.active_neighbor", "Active Neighbor", Kind::Ipv4);
    OPTIONS = Field::new("ospf.v2.options", "Options", Kind::Uint(8)).hex();
    OPTIONS_V3 = Field::new("ospf.v3.options", "Options", Kind::Uint(24)).hex();
    MTU = Field::new("ospf.db.interface_mtu", "Interface MTU", Kind::Uint(16));
    DD_FLAGS = Field::new("ospf.dbd", "DB Description", Kind::Uint(8)).hex();
    DD_RESYNC = Field::new("ospf.dbd.r", "(R) OOBResync", Kind::Bool).mask(0x08).names(SET);
    DD_INIT = Field::new("ospf.dbd.i", "(I) Init", Kind::Bool).mask(0x04).names(SET);
    DD_MORE = Field::new("ospf.dbd.m", "(M) More", Kind::Bool).mask(0x02).names(SET);
    DD_MASTER = Field::new("ospf.dbd.ms", "(MS) Master", Kind::Bool).mask(0x01).names(&[(0, "No"), (1, "Yes")]);
    DD_SEQUENCE = Field::new("ospf.db.dd_sequence", "DD Sequence", Kind::Uint(32));
    REQUESTED = Field::new("ospf.link_state_id", "Link State ID", Kind::Ipv4);
    COUNT = Field::new("ospf.ls.number_of_lsas", "Number of LSAs", Kind::Uint(32));
    LSA_AGE = Field::new("ospf.lsa.age", "LS Age (seconds)", Kind::Uint(16)).mask(0x7fff);
    LSA_NO_AGE = Field::new("ospf.lsa.donotage", "Do Not Age Flag", Kind::Uint(16)).mask(0x8000);
    LSA_TYPE = Field::new("ospf.lsa", "LS Type", Kind::Uint(8)).names(LSA_TYPES);
    LSA_ID = Field::new("ospf.lsa.id", "Link State ID", Kind::Ipv4);
    ADVERTISER = Field::new("ospf.advrouter", "Advertising Router", Kind::Ipv4);
    LSA_SEQUENCE = Field::new("ospf.lsa.seqnum", "Sequence Number", Kind::Uint(32)).hex();
    LSA_CHECKSUM = Field::new("ospf.lsa.chksum", "Checksum", Kind::Uint(16)).hex();
    LSA_LENGTH = Field::new("ospf.lsa.length", "Length", Kind::Uint(16));
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit: |ctx, layer, v| show(ctx, layer, v, message),
    summary,
    decode,
    ip_protocols: &[89],
    ..Protocol::new("ospf", "OSPF", "Open Shortest Path First")
};

/// Octets of the header of a version.
fn header_len(version: u8) -> usize {
    if version == SECOND { 24 } else { 16 }
}

fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let bytes = d.get(span);
    let (Some(version), Some(kind)) = (bytes.u8(0), bytes.u8(1)) else { return d.broken(Proto::Ospf, span) };
    let known = name_of(TYPES, kind.into()).is_some();
    let head = header_len(version);
    if known || bytes.len() <= head {
        return crate::dissect::reading::layer::whole(d, Proto::Ospf, span, message);
    }
    match d.layer(Proto::Ospf, span, head as u32) {
        Some(rest) if rest.len() > 0 => Next::Data(rest),
        _ => Next::Done,
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let Some(kind) = ctx.layer_bytes(layer).u8(1) else { return };
    match name_of(TYPES, kind.into()) {
        Some(name) => out.text(name),
        None => {
            out.text("Unknown (");
            out.num(kind);
            out.text(")");
        }
    }
}

fn message(w: &mut Walk<'_, '_>) -> Step {
    let (version, kind) = (w.u8(0)?, w.u8(1)?);
    header(w, version, kind)?;
    w.skip(header_len(version));
    match kind {
        HELLO => hello(w, version),
        DESCRIPTION => description(w, version),
        REQUEST if version == SECOND => requests(w),
        UPDATE => update(w, version),
        ACKNOWLEDGE => advertisements(w, version),
        _ => Ok(()),
    }
}

/// The header (RFC 2328, section A.3.1; RFC 5340, section A.3.1).
fn header(w: &mut Walk<'_, '_>, version: u8, kind: u8) -> Step {
    w.line(&HEADER, 0, header_len(version).min(w.left()), Value::None, format_args!("OSPF Header"))?;
    w.open();
    w.num(&VERSION, 0)?;
    w.num(&TYPE, 1)?;
    let hidden =
        [&MESSAGE_HELLO, &MESSAGE_DESCRIPTION, &MESSAGE_REQUEST, &MESSAGE_UPDATE, &MESSAGE_ACKNOWLEDGE];
    if let Some(field) = kind.checked_sub(1).and_then(|n| hidden.get(usize::from(n))) {
        w.unseen(field, 1, 1, Value::Bool(true))?;
    }
    w.num(&LENGTH, 2)?;
    w.ipv4(&ROUTER, 4)?;
    let area = w.bytes.ipv4(8).ok_or(End::Short)?;
    let backbone = if area.is_unspecified() { " (Backbone)" } else { "" };
    w.line(&AREA, 8, 4, Value::Ipv4(area), format_args!("Area ID: {area}{backbone}"))?;
    w.num(&CHECKSUM, 12)?;
    match version {
        SECOND => match w.num(&AUTH_TYPE, 14)? {
            0 => w.bytes(&AUTH_NONE, 16, 8)?,
            1 => w.string(&AUTH_SIMPLE, 16, 8).map(drop)?,
            2 => {
                w.num(&AUTH_KEY, 18)?;
                w.num(&AUTH_LENGTH, 19)?;
                w.num(&AUTH_SEQUENCE, 20)?;
            }
            _ => {}
        },
        THIRD => w.num(&INSTANCE, 14).map(drop)?,
        _ => {}
    }
    w.close();
    Ok(())
}

/// Visits the options; the line has the names of those that are set.
fn options(w: &mut Walk<'_, '_>, version: u8, at: usize) -> Step {
    if version != SECOND {
        return w.num(&OPTIONS_V3, at).map(drop);
    }
    let value = w.u8(at)?;
    let names = lazy(|f| {
        let all = [
            (0x80, "DN"),
            (0x40, "O"),
            (0x20, "(DC) Demand Circuits"),
            (0x10, "(L) LLS Data block"),
            (0x08, "(N) NSSA"),
            (0x04, "(MC) Multicast"),
            (0x02, "(E) External Routing"),
            (0x01, "(MT) Multi-Topology Routing"),
        ];
        all.into_iter().filter(|(bit, _)| value & bit != 0).try_for_each(|(_, name)| write!(f, ", {name}"))
    });
    w.line(&OPTIONS, at, 1, Value::Uint(value.into()), format_args!("Options: 0x{value:02x}{names}"))
}

/// A Hello packet (RFC 2328, section A.3.2; RFC 5340, section A.3.2).
fn hello(w: &mut Walk<'_, '_>, version: u8) -> Step {
    w.line(&HELLO_PACKET, 0, w.left(), Value::None, format_args!("OSPF Hello Packet"))?;
    w.open();
    if version == SECOND {
        w.ipv4(&MASK, 0)?;
        w.uint(&INTERVAL, 4, 2)?;
        options(w, version, 6)?;
        w.num(&PRIORITY, 7)?;
        w.num(&DEAD, 8)?;
    } else {
        w.num(&INTERFACE, 0)?;
        w.num(&PRIORITY, 4)?;
        options(w, version, 5)?;
        w.uint(&INTERVAL, 8, 2)?;
        w.uint(&DEAD, 10, 2)?;
    }
    w.ipv4(&DESIGNATED, 12)?;
    w.ipv4(&BACKUP, 16)?;
    w.skip(20);
    while w.left() > 0 {
        w.ipv4(&NEIGHBOR, 0)?;
        w.skip(4);
    }
    w.close();
    Ok(())
}

/// A Database Description packet (RFC 2328, section A.3.3; RFC 5340, section A.3.3).
fn description(w: &mut Walk<'_, '_>, version: u8) -> Step {
    let len = if version == SECOND { 8 } else { 12 };
    w.text(0, len, format_args!("OSPF DB Description"))?;
    w.open();
    let flags = match version {
        SECOND => {
            w.num(&MTU, 0)?;
            options(w, version, 2)?;
            3
        }
        _ => {
            options(w, version, 1)?;
            w.num(&MTU, 4)?;
            7
        }
    };
    w.num(&DD_FLAGS, flags)?;
    w.bits(&[&DD_RESYNC, &DD_INIT, &DD_MORE, &DD_MASTER], flags, 1)?;
    w.num(&DD_SEQUENCE, flags + 1)?;
    w.close();
    w.skip(len);
    advertisements(w, version)
}

/// A Link State Request packet (RFC 2328, section A.3.4).
fn requests(w: &mut Walk<'_, '_>) -> Step {
    while w.left() > 0 {
        w.text(0, 12, format_args!("Link State Request"))?;
        w.open();
        w.uint(&LSA_TYPE, 0, 4)?;
        w.ipv4(&REQUESTED, 4)?;
        w.ipv4(&ADVERTISER, 8)?;
        w.close();
        w.skip(12);
    }
    Ok(())
}

/// A Link State Update packet (RFC 2328, section A.3.5).
fn update(w: &mut Walk<'_, '_>, version: u8) -> Step {
    w.text(0, w.left(), format_args!("LS Update Packet"))?;
    w.open();
    let count = w.num(&COUNT, 0)?;
    w.skip(4);
    for _ in 0..count {
        let len = usize::from(w.u16(18)?);
        advertisement(w, version)?;
        w.get(0, len.max(LSA))?;
        w.skip(len.max(LSA));
    }
    w.close();
    Ok(())
}

/// Visits the headers of advertisements that come without bodies.
fn advertisements(w: &mut Walk<'_, '_>, version: u8) -> Step {
    while w.left() > 0 {
        advertisement(w, version)?;
        w.skip(LSA);
    }
    Ok(())
}

/// The header of an advertisement (RFC 2328, section A.4.1). In version 3 its type includes the flooding scope (RFC
/// 5340, section A.4.2.1).
fn advertisement(w: &mut Walk<'_, '_>, version: u8) -> Step {
    let (kind, len) = (w.u8(3)?, w.u16(18)?);
    if version != SECOND {
        return w.text(0, LSA, format_args!("LSA-type {}, len {len}", w.u16(2)?));
    }
    let name = name_of(LSA_TYPES, kind.into()).unwrap_or("Unknown");
    w.text(0, LSA, format_args!("LSA-type {kind} ({name}), len {len}"))?;
    w.open();
    w.num(&LSA_AGE, 0)?;
    w.num(&LSA_NO_AGE, 0)?;
    options(w, version, 2)?;
    w.num(&LSA_TYPE, 3)?;
    w.ipv4(&LSA_ID, 4)?;
    w.ipv4(&ADVERTISER, 8)?;
    w.num(&LSA_SEQUENCE, 12)?;
    w.num(&LSA_CHECKSUM, 16)?;
    w.num(&LSA_LENGTH, 18)?;
    w.close();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::dissect::testing::{over_ipv4, summary};
    use crate::frame::LinkType;

    fn message(body: &str) -> (String, String) {
        summary(LinkType::ETHERNET, &over_ipv4("0159", "e0000005", body))
    }

    #[test]
    fn packets_are_named_and_a_hello_must_be_whole() {
        let head = "02 01 002c 01010101 00000000 1234 0000 0000000000000000";
        let hello = "ffffff00 000a 02 01 00000028 0a000001 00000000";
        assert_eq!(
            message(&format!("{head} {hello}")),
            ("eth:ethertype:ip:ospf".into(), "Hello Packet".into())
        );
        assert_eq!(message(&format!("{head} ffffff00")).1, "Hello Packet Malformed");
        let other = "02 09 002c 01010101 00000000 1234 0000 0000000000000000";
        assert_eq!(
            message(&format!("{other} 00000000")),
            ("eth:ethertype:ip:ospf:data".into(), "Unknown (9)".into())
        );
    }
}
