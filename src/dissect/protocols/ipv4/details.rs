//! The details of an IPv4 header.

use super::{
    ADDR, CHECKSUM, CHECKSUM_STATUS, DSCP, DSCP_SHORT, DSFIELD, DST, DST_HOST, ECN, ECN_SHORT, FLAGS,
    FLAGS_DF, FLAGS_MF, FLAGS_RB, FRAG_OFFSET, HDR_LEN, HOST, ID, LEN, LENGTH_EXCEEDS, PIECES, PROTO,
    PROTOCOL, Problem, SRC, SRC_HOST, TTL, TTL_LOCAL, TTL_SMALL, UNVERIFIED, VERSION, at, fragments, options,
    problem,
};
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity, remark_below};
use crate::dissect::{Context, Layer, Visited};
use crate::field::{At, Field, Value, Visit, name_of};
use crate::text::{Line, Push};
use std::net::Ipv4Addr;

pub(super) fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let (Some(first), Some(src), Some(dst)) = (bytes.u8(0), bytes.ipv4(at::SRC), bytes.ipv4(at::DST)) else {
        return v.line(
            &PROTOCOL.field,
            layer.header_at(),
            Value::Bytes(bytes),
            format_args!("Internet Protocol Version 4"),
        );
    };
    v.line(
        &PROTOCOL.field,
        layer.header_at(),
        Value::Bytes(bytes),
        format_args!("Internet Protocol Version 4, Src: {src}, Dst: {dst}"),
    )?;
    v.open();
    let at = |offset: usize, len: u32| At { source: layer.source, start: layer.start + offset as u32, len };
    let words = first & 15;
    v.field(&VERSION, at(0, 1), Value::Uint((first >> 4).into()))?;
    let header = u32::from(words) * 4;
    // The value is the length in bytes; the header has it in words of four bytes.
    v.line(
        &HDR_LEN,
        at(0, 1),
        Value::Uint(header.into()),
        format_args!(".... {words:04b} = Header Length: {header} bytes ({words})"),
    )?;
    if matches!(problem(bytes), Some((Problem::Version | Problem::HeaderLength, ..))) {
        v.close();
        return Visited::Continue(());
    }
    dsfield(bytes, at(at::DSFIELD, 1), v)?;
    total_length(bytes, layer, at(at::LEN, 2), v)?;
    v.field(&ID, at(at::ID, 2), Value::Uint(bytes.u16(at::ID).unwrap_or(0).into()))?;
    flags(bytes, at(at::FLAGS, 1), v)?;
    frag_offset(bytes, at(at::FLAGS, 2), v)?;
    ttl(bytes, at(at::TTL, 1), v)?;
    v.field(&PROTO, at(at::PROTO, 1), Value::Uint(bytes.u8(at::PROTO).unwrap_or(0).into()))?;
    let checksum = bytes.u16(at::CHECKSUM).unwrap_or(0);
    v.line(
        &CHECKSUM,
        at(at::CHECKSUM, 2),
        Value::Uint(checksum.into()),
        format_args!("Header Checksum: 0x{checksum:04x} [validation disabled]"),
    )?;
    v.field(&CHECKSUM_STATUS, at(at::CHECKSUM, 0), UNVERIFIED)?;
    address(v, at(at::SRC, 4), src, [&SRC, &SRC_HOST])?;
    address(v, at(at::DST, 4), dst, [&DST, &DST_HOST])?;
    options::visit(bytes, layer, v)?;
    fragments::visit(ctx, layer, &PIECES, v)?;
    v.close();
    Visited::Continue(())
}

fn dsfield(bytes: &[u8], at: At, v: &mut dyn Visit) -> Visited {
    let ds = bytes.u8(at::DSFIELD).unwrap_or(0);
    let (dscp, ecn) = (u64::from(ds >> 2), u64::from(ds & 3));
    v.line(
        &DSFIELD,
        at,
        Value::Uint(ds.into()),
        format_args!(
            "Differentiated Services Field: 0x{ds:02x} (DSCP: {}, ECN: {})",
            name_of(DSCP_SHORT, dscp).unwrap_or("Unknown"),
            name_of(ECN_SHORT, ecn).unwrap_or("Unknown")
        ),
    )?;
    v.open();
    v.field(&DSCP, at, Value::Uint(dscp))?;
    v.field(&ECN, at, Value::Uint(ecn))?;
    v.close();
    Visited::Continue(())
}

/// Visits the length of the packet, and a remark where it is more than there is in the frame.
fn total_length(bytes: &[u8], layer: &Layer, at: At, v: &mut dyn Visit) -> Visited {
    let total = u32::from(bytes.u16(at::LEN).unwrap_or(0));
    v.field(&LEN, at, Value::Uint(total.into()))?;
    let room = layer.end.saturating_sub(layer.start);
    // An ICMP error quotes only the beginning of a packet.
    if total <= room || layer.quoted {
        return Visited::Continue(());
    }
    let text = format!("IPv4 total length exceeds packet length ({room} bytes)");
    remark_below(&LENGTH_EXCEEDS, at, Severity::Error, Group::Protocol, &text, v)
}

/// Visits the time to live, and a remark where the value is unusual: a small number, or one above 1 for a group that
/// is never routed (RFC 5771, section 4).
fn ttl(bytes: &[u8], at: At, v: &mut dyn Visit) -> Visited {
    let (ttl, dst) = (bytes.u8(at::TTL).unwrap_or(0), bytes.ipv4(at::DST).unwrap_or(Ipv4Addr::UNSPECIFIED));
    v.field(&TTL, at, Value::Uint(ttl.into()))?;
    let local = match dst.octets() {
        // VRRP, GLBP and mDNS demand 255; LLMNR allows any value.
        [224, 0, 0, 18 | 102 | 251] => Some(255),
        [224, 0, 0, 252] => Some(ttl),
        [224, 0, 0, _] => Some(1),
        _ => None,
    };
    let (field, text) = match local {
        Some(usual) if ttl != usual => (
            &TTL_LOCAL,
            format!(
                "\"Time To Live\" != {usual} for a packet sent to the Local Network Control Block (see RFC 3171)"
            ),
        ),
        None if ttl < 5 && !dst.is_multicast() => (&TTL_SMALL, format!("\"Time To Live\" only {ttl}")),
        _ => return Visited::Continue(()),
    };
    remark_below(field, at, Severity::Note, Group::Sequence, &text, v)
}

/// Visits the fragment offset: the value is in units of eight octets, its line in octets.
fn frag_offset(bytes: &[u8], at: At, v: &mut dyn Visit) -> Visited {
    let units = bytes.u16(at::FLAGS).unwrap_or(0) & 0x1fff;
    let nibble = |n: u16| units >> (n * 4) & 15;
    let (top, a, b, c, octets) = (units >> 12, nibble(2), nibble(1), nibble(0), u32::from(units) * 8);
    let text = format_args!("...{top:b} {a:04b} {b:04b} {c:04b} = Fragment Offset: {octets}");
    v.line(&FRAG_OFFSET, at, Value::Uint(units.into()), text)
}

fn flags(bytes: &[u8], at: At, v: &mut dyn Visit) -> Visited {
    let bits = bytes.u8(at::FLAGS).unwrap_or(0) >> 5;
    let names: &[&str] = match bits {
        0 => &[],
        1 => &[", More fragments"],
        2 => &[", Don't fragment"],
        3 => &[", Don't fragment", ", More fragments"],
        4 => &[", Reserved bit"],
        5 => &[", Reserved bit", ", More fragments"],
        6 => &[", Reserved bit", ", Don't fragment"],
        _ => &[", Reserved bit", ", Don't fragment", ", More fragments"],
    };
    v.line(
        &FLAGS,
        at,
        Value::Uint(bits.into()),
        format_args!("{bits:03b}. .... = Flags: 0x{bits:x}{}", names.concat()),
    )?;
    v.open();
    v.field(&FLAGS_RB, at, Value::Bool(bits & 4 != 0))?;
    v.field(&FLAGS_DF, at, Value::Bool(bits & 2 != 0))?;
    v.field(&FLAGS_MF, at, Value::Bool(bits & 1 != 0))?;
    v.close();
    Visited::Continue(())
}

/// Visits one of the two addresses: as its own field, and as `ip.addr` and `ip.host`.
fn address(v: &mut dyn Visit, at: At, ip: Ipv4Addr, fields: [&'static Field; 2]) -> Visited {
    let [own, host] = fields;
    let mut text = Line::new();
    text.ipv4(ip);
    v.field(own, at, Value::Ipv4(ip))?;
    v.field(&ADDR, at, Value::Ipv4(ip))?;
    v.field(host, at, Value::Text(&text))?;
    v.field(&HOST, at, Value::Text(&text))
}
