//! User Datagram Protocol (`udp`): RFC 768.

use super::ipv4::{CHECKSUM_STATES, UNVERIFIED};
use crate::dissect::protocol::Readers;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity, remark, remark_below};
use crate::dissect::{Context, Decoder, Layer, Next, Proto, Protocol, Quoted, Span, Visited};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::text::{Line, Push, plural};
use etherparse::UdpHeaderSlice;

mod at {
    //! Offsets in the header (RFC 768).
    pub(in crate::dissect) const SRCPORT: usize = 0;
    pub(in crate::dissect) const DSTPORT: usize = 2;
    pub(in crate::dissect) const LENGTH: usize = 4;
    pub(in crate::dissect) const CHECKSUM: usize = 6;
}
const HEADER: u32 = 8;

/// The first port that Wireshark takes for a traceroute probe, and how many ports it takes for probes.
const TRACEROUTE: u16 = 33435;
const PROBES: u16 = 30;

crate::fields! {
    SRCPORT = Field::new("udp.srcport", "Source Port", Kind::Uint(16));
    DSTPORT = Field::new("udp.dstport", "Destination Port", Kind::Uint(16));
    POSSIBLE_TRACEROUTE = Field::new("udp.possible_traceroute", "Possible traceroute", Kind::Label);
    PORT = Field::new("udp.port", "Source or Destination Port", Kind::Uint(16)).hidden();
    LENGTH = Field::new("udp.length", "Length", Kind::Uint(16));
    CHECKSUM = Field::new("udp.checksum", "Checksum", Kind::Uint(16)).hex();
    CHECKSUM_ZERO = Field::new("udp.checksum.zero", "Illegal checksum value (0)", Kind::Label);
    CHECKSUM_STATUS = Field::new("udp.checksum.status", "Checksum Status", Kind::Uint(8)).names(CHECKSUM_STATES).generated();
    STREAM = Field::new("udp.stream", "Stream index", Kind::Uint(32)).generated();
    TIME_RELATIVE = Field::new("udp.time_relative", "Time since first frame", Kind::Duration).generated();
    TIME_DELTA = Field::new("udp.time_delta", "Time since previous frame", Kind::Duration).generated();
    PAYLOAD = Field::new("udp.payload", "UDP payload", Kind::Bytes);
}

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    visit,

    summary,
    silent: |ctx, layer| ctx.layer_bytes(layer).len() < 4,
    unnests: true,
    in_frame: DIRECT,
    decode,
    ip_protocols: &[17],
    ..Protocol::new("udp", "UDP", "User Datagram Protocol")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let Ok(header) = UdpHeaderSlice::from_slice(d.get(span)) else {
        return d.broken(Proto::Udp, span);
    };
    // Length 0 is a jumbogram (RFC 2675). A length beyond the IP payload is taken as far as there are bytes.
    let len = match u32::from(header.length()) {
        n if n < HEADER => span.len(),
        n => n.min(span.len()),
    };
    let span = Span { start: span.start, end: span.start + len };
    match d.layer(Proto::Udp, span, HEADER) {
        Some(payload) => Next::Udp(header.source_port(), header.destination_port(), payload),
        None => Next::Done,
    }
}

fn summary(ctx: &Context<'_>, layer: &Layer, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let (Some(src), Some(dst)) = (bytes.u16(at::SRCPORT), bytes.u16(at::DSTPORT)) else { return };
    out.num(src);
    out.text(" → ");
    out.num(dst);
    let Some(length) = bytes.u16(at::LENGTH).map(u32::from) else { return };
    let ip = ctx.layers.around(layer, |p| matches!(p, Proto::Ipv4 | Proto::Ipv6));
    if length < HEADER && length > 0 {
        out.text(" [BAD UDP LENGTH ");
        out.num(length);
        out.text(" < 8]");
        return;
    }
    // A datagram that was reassembled from fragments ends with its own buffer, not with the IP layer.
    let room = |ip: &Layer| match ip.source == layer.source {
        true => ip.end.saturating_sub(layer.start),
        false => ctx.source(layer.source).len() as u32,
    };
    // A cut first fragment cannot be reassembled, so its length is not checked.
    if ctx.layers.fragment.is_none() && ip.is_some_and(|ip| length > room(ip)) {
        out.text(" [BAD UDP LENGTH ");
        out.num(length);
        out.text(" > IP PAYLOAD LENGTH]");
    }
    out.text(" Len=");
    out.num(length.saturating_sub(HEADER));
    if bytes.u16(at::CHECKSUM) == Some(0) && ip.is_some_and(|ip| ip.proto == Proto::Ipv6) {
        // Over IPv6 a checksum of zero is an error (RFC 8200, section 8.1).
        out.text(" [ILLEGAL CHECKSUM (0)]");
    }
}

/// Fields that are read without a walk.
pub(in crate::dissect) static DIRECT: Readers = &[
    (&SRCPORT, |ctx, layer, out| ports(ctx, layer, |src, _| out(Value::Uint(src.into())))),
    (&DSTPORT, |ctx, layer, out| ports(ctx, layer, |_, dst| out(Value::Uint(dst.into())))),
    (&PORT, |ctx, layer, out| {
        ports(ctx, layer, |src, dst| {
            out(Value::Uint(src.into()));
            out(Value::Uint(dst.into()));
        })
    }),
];

fn ports(ctx: &Context<'_>, layer: &Layer, mut give: impl FnMut(u16, u16)) -> bool {
    let bytes = ctx.layer_bytes(layer);
    let (Some(src), Some(dst)) = (bytes.u16(at::SRCPORT), bytes.u16(at::DSTPORT)) else { return false };
    give(src, dst);
    true
}

fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let at = |offset: usize, len: u32| At { source: layer.source, start: layer.start + offset as u32, len };
    let (Some(src), Some(dst)) = (bytes.u16(at::SRCPORT), bytes.u16(at::DSTPORT)) else {
        return v.field(&PROTOCOL.field, layer.header_at(), Value::Bytes(bytes));
    };
    v.line(
        &PROTOCOL.field,
        layer.header_at(),
        Value::Bytes(bytes),
        format_args!("User Datagram Protocol, Src Port: {src}, Dst Port: {dst}"),
    )?;
    v.open();
    for (field, offset, port) in [(&SRCPORT, at::SRCPORT, src), (&DSTPORT, at::DSTPORT, dst)] {
        v.field(field, at(offset, 2), Value::Uint(port.into()))?;
        v.field(&PORT, at(offset, 2), Value::Uint(port.into()))?;
        traceroute(port, at(offset, 2), v)?;
    }
    if let Some(length) = bytes.u16(at::LENGTH) {
        v.field(&LENGTH, at(at::LENGTH, 2), Value::Uint(length.into()))?;
    }
    let Some(checksum) = bytes.u16(at::CHECKSUM) else {
        v.close();
        return Visited::Continue(());
    };
    let over_ipv6 = ctx.layers.around(layer, |p| matches!(p, Proto::Ipv4 | Proto::Ipv6));
    let over_ipv6 = over_ipv6.is_some_and(|ip| ip.proto == Proto::Ipv6);
    let (state, status) = match (checksum, over_ipv6) {
        (0, false) => ("zero-value ignored", Value::Uint(3)),
        (0, true) => ("zero-value illegal", Value::Uint(4)),
        _ => ("unverified", UNVERIFIED),
    };
    let text = format_args!("Checksum: 0x{checksum:04x} [{state}]");
    v.line(&CHECKSUM, at(at::CHECKSUM, 2), Value::Uint(checksum.into()), text)?;
    if checksum == 0 {
        v.open();
        if over_ipv6 {
            // RFC 8200, section 8.1.
            let at = at(at::CHECKSUM, 2);
            remark(&CHECKSUM_ZERO, at, Severity::Error, Group::Checksum, CHECKSUM_ZERO.label, v)?;
        }
    }
    v.field(&CHECKSUM_STATUS, at(at::CHECKSUM, 0), status)?;
    if checksum == 0 {
        v.close();
    }
    conversation(ctx, layer, at(0, 0), v)?;
    let payload = ctx.payload(layer);
    if !payload.is_empty() {
        let text = format_args!("UDP payload ({} byte{})", payload.len(), plural(payload.len()));
        v.line(&PAYLOAD, at(HEADER as usize, payload.len() as u32), Value::Bytes(payload), text)?;
    }
    v.close();
    Visited::Continue(())
}

/// The remark on a datagram to a port of traceroute, which sends three probes for each hop.
fn traceroute(port: u16, at: At, v: &mut dyn Visit) -> Visited {
    let Some(nth) = port.checked_sub(TRACEROUTE).filter(|nth| *nth < PROBES) else {
        return Visited::Continue(());
    };
    let text = format!("Possible traceroute: hop #{}, attempt #{}", nth / 3 + 1, nth % 3 + 1);
    remark_below(&POSSIBLE_TRACEROUTE, at, Severity::Chat, Group::Sequence, &text, v)
}

fn conversation(ctx: &Context<'_>, layer: &Layer, none: At, v: &mut dyn Visit) -> Visited {
    let facts = match ctx.facts.quoted {
        Some(Quoted::Udp(facts)) if layer.quoted => Some(facts),
        _ => ctx.facts.udp.filter(|_| !layer.quoted),
    };
    let Some(udp) = facts else { return Visited::Continue(()) };
    v.field(&STREAM, none, Value::Uint(udp.stream.into()))?;
    let Some((relative, delta)) = udp.times else { return Visited::Continue(()) };
    v.text(none, format_args!("[Timestamps]"))?;
    v.open();
    v.field(&TIME_RELATIVE, none, Value::Duration(relative))?;
    v.field(&TIME_DELTA, none, Value::Duration(delta))?;
    v.close();
    Visited::Continue(())
}
