//! What the capture says about a frame (`frame`): number, times, lengths, interface, comment.

use crate::dissect::protocol::Readers;
use crate::dissect::reading::remark::{Group, Severity, remark_below};
use crate::dissect::{Context, Layer, Protocol, Visited, protocol_path};
use crate::field::{At, Field, Kind, Names, Value, Visit};
use crate::frame::LinkType;
use crate::text::{Line, plural};

/// Wireshark's numbers for link types; they differ from the registry's LINKTYPE_ values.
const ENCAPSULATIONS: Names = &[
    (1, "Ethernet"),
    (7, "Raw IP"),
    (15, "NULL/Loopback"),
    (20, "IEEE 802.11 Wireless LAN"),
    (23, "IEEE 802.11 plus radiotap radio header"),
    (25, "Linux cooked-mode capture v1"),
    (92, "OpenBSD loopback"),
    (129, "Raw IPv4"),
    (130, "Raw IPv6"),
    (210, "Linux cooked-mode capture v2"),
];

crate::fields! {
    SECTION = Field::new("frame.section_number", "Section number", Kind::Uint(32));
    INTERFACE_ID = Field::new("frame.interface_id", "Interface id", Kind::Uint(32));
    INTERFACE_NAME = Field::new("frame.interface_name", "Interface name", Kind::Text);
    INTERFACE_DESCRIPTION = Field::new("frame.interface_description", "Interface description", Kind::Text);
    ENCAP_TYPE = Field::new("frame.encap_type", "Encapsulation type", Kind::Int(16)).names(ENCAPSULATIONS);
    TIME = Field::new("frame.time", "Arrival Time", Kind::Time);
    OFFSET_SHIFT = Field::new("frame.offset_shift", "Time shift for this packet", Kind::Duration).generated();
    TIME_EPOCH = Field::new("frame.time_epoch", "Epoch Time", Kind::Duration);
    TIME_DELTA = Field::new("frame.time_delta", "Time delta from previous captured frame", Kind::Duration).generated();
    TIME_DELTA_DISPLAYED =
        Field::new("frame.time_delta_displayed", "Time delta from previous displayed frame", Kind::Duration).generated();
    TIME_RELATIVE = Field::new("frame.time_relative", "Time since reference or first frame", Kind::Duration).generated();
    NUMBER = Field::new("frame.number", "Frame Number", Kind::Uint(32));
    LEN = Field::new("frame.len", "Frame Length", Kind::Uint(32));
    CAP_LEN = Field::new("frame.cap_len", "Capture Length", Kind::Uint(32));
    MARKED = Field::new("frame.marked", "Frame is marked", Kind::Bool).names(crate::dissect::FALSE_TRUE).generated();
    IGNORED = Field::new("frame.ignored", "Frame is ignored", Kind::Bool).names(crate::dissect::FALSE_TRUE).generated();
    PROTOCOLS = Field::new("frame.protocols", "Protocols in frame", Kind::Text).generated();
    COMMENT = Field::new("frame.comment", "Comment", Kind::Text);
    COMMENT_REMARK = Field::new("frame.comment.expert", "Formatted comment", Kind::Label);
}

pub(in crate::dissect) static PROTOCOL: Protocol =
    Protocol { fields: FIELDS, visit, in_frame: DIRECT, ..Protocol::new("frame", "", "Frame") };

/// Wireshark's number for a link type (`frame.encap_type`); 0 for link types that labkit does not know.
fn encapsulation(link: LinkType) -> i64 {
    match link {
        LinkType::ETHERNET => 1,
        LinkType::RAW => 7,
        LinkType::NULL => 15,
        LinkType::IEEE802_11 => 20,
        LinkType::RADIOTAP => 23,
        LinkType::LINUX_SLL => 25,
        LinkType::LOOP => 92,
        LinkType::IPV4 => 129,
        LinkType::IPV6 => 130,
        LinkType::LINUX_SLL2 => 210,
        _ => 0,
    }
}

/// Fields that are read without a walk.
pub(in crate::dissect) static DIRECT: Readers = &[
    (&NUMBER, |ctx, _, out| one(out, Value::Uint(ctx.frame.no.0))),
    (&LEN, |ctx, _, out| one(out, Value::Uint(ctx.frame.wire_len.into()))),
    (&CAP_LEN, |ctx, _, out| one(out, Value::Uint(ctx.frame.bytes.len() as u64))),
];

fn one(out: &mut dyn FnMut(Value<'_>), value: Value<'_>) -> bool {
    out(value);
    true
}

fn visit(ctx: &Context<'_>, _: &Layer, v: &mut dyn Visit) -> Visited {
    if let Some(text) = ctx.frame.origin.comment {
        comment(text, v)?;
    }
    let (frame, origin) = (ctx.frame, &ctx.frame.origin);
    let whole = At::new(0, frame.bytes.len());
    let none = At::default();
    let (wire, cap) = (frame.wire_len, frame.bytes.len());
    let on = (origin.section > 0).then(|| {
        let name = origin.interface_name.unwrap_or("unknown");
        format!(" on interface {name}, id {}", frame.interface)
    });
    v.line(
        &PROTOCOL.field,
        whole,
        Value::Bytes(frame.bytes),
        format_args!(
            "Frame {}: {wire} byte{} on wire ({} bits), {cap} byte{} captured ({} bits){}",
            frame.no,
            plural(wire),
            u64::from(wire) * 8,
            plural(cap),
            cap * 8,
            on.as_deref().unwrap_or("")
        ),
    )?;
    v.open();
    if origin.section > 0 {
        v.field(&SECTION, none, Value::Uint(u64::from(origin.section)))?;
        interface(ctx, v)?;
    }
    v.field(&ENCAP_TYPE, none, Value::Int(encapsulation(frame.link)))?;
    times(ctx, v)?;
    v.field(&NUMBER, none, Value::Uint(frame.no.0))?;
    v.line(
        &LEN,
        none,
        Value::Uint(wire.into()),
        format_args!("Frame Length: {wire} byte{} ({} bits)", plural(wire), u64::from(wire) * 8),
    )?;
    v.line(
        &CAP_LEN,
        none,
        Value::Uint(cap as u64),
        format_args!("Capture Length: {cap} byte{} ({} bits)", plural(cap), cap * 8),
    )?;
    v.field(&MARKED, none, Value::Bool(false))?;
    v.field(&IGNORED, none, Value::Bool(false))?;
    let mut path = Line::new();
    protocol_path(ctx, &mut path);
    v.field(&PROTOCOLS, none, Value::Text(&path))?;
    v.close();
    Visited::Continue(())
}

/// Visits a comment that a person wrote about the frame; the details show it above the frame.
fn comment(comment: &str, v: &mut dyn Visit) -> Visited {
    let none = At::default();
    v.text(none, format_args!("Packet comments"))?;
    v.open();
    v.line(&COMMENT, none, Value::Text(comment.as_bytes()), format_args!("{comment}"))?;
    remark_below(&COMMENT_REMARK, none, Severity::Comment, Group::Comment, comment, v)?;
    v.close();
    Visited::Continue(())
}

fn interface(ctx: &Context<'_>, v: &mut dyn Visit) -> Visited {
    let origin = &ctx.frame.origin;
    let id = Value::Uint(ctx.frame.interface.into());
    let name = origin.interface_name.unwrap_or("unknown");
    v.line(&INTERFACE_ID, At::default(), id, format_args!("Interface id: {} ({name})", ctx.frame.interface))?;
    v.open();
    v.field(&INTERFACE_NAME, At::default(), Value::Text(name.as_bytes()))?;
    if let Some(description) = origin.interface_description {
        v.field(&INTERFACE_DESCRIPTION, At::default(), Value::Text(description.as_bytes()))?;
    }
    v.close();
    Visited::Continue(())
}

fn times(ctx: &Context<'_>, v: &mut dyn Visit) -> Visited {
    let (none, facts) = (At::default(), &ctx.facts.frame);
    let Some(time) = ctx.frame.time else { return Visited::Continue(()) };
    v.field(&TIME, none, Value::Time(time))?;
    v.field(&OFFSET_SHIFT, none, Value::Duration(0))?;
    v.field(&TIME_EPOCH, none, Value::Duration(time.nanos()))?;
    v.field(&TIME_DELTA, none, Value::Duration(facts.time_delta))?;
    v.field(&TIME_DELTA_DISPLAYED, none, Value::Duration(facts.time_delta_displayed))?;
    v.field(&TIME_RELATIVE, none, Value::Duration(facts.time_relative))
}
