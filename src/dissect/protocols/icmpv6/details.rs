//! The fields of an ICMPv6 message.

use super::options::{self, PREFERENCES};
use super::{
    DONE, ECHO, ECHO_REPLY, EXTENDED_ECHO, EXTENDED_REPLY, NEIGHBOUR_ADVERTISEMENT, NEIGHBOUR_SOLICITATION,
    NODE_QUERY, NODE_REPLY, PARAMETER, QUERY, REDIRECT, REPORT_V2, ROUTER_ADVERTISEMENT, ROUTER_SOLICITATION,
    TIME_EXCEEDED, TOO_BIG, TYPES, UNREACHABLE, at, listener, shape, write_code,
};
use crate::dissect::protocols::icmp::unanswered;
use crate::dissect::protocols::ipv4::{CHECKSUM_STATES, SET};
use crate::dissect::reading::checksum;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::show::Show;
use crate::dissect::{Context, IcmpFacts, Layer, Visited};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::written;

const QUERIES: Names = &[
    (0, "NOOP"),
    (1, "Supported query types (Obsolete)"),
    (2, "Node Name"),
    (3, "Node Addresses"),
    (4, "IPv4 Addresses"),
];

crate::fields! {
    TYPE = Field::new("icmpv6.type", "Type", Kind::Uint(8)).names(TYPES);
    CODE = Field::new("icmpv6.code", "Code", Kind::Uint(8));
    CHECKSUM = Field::new("icmpv6.checksum", "Checksum", Kind::Uint(16)).hex();
    CHECKSUM_BAD = Field::new("icmpv6.checksum_bad.expert", "Bad checksum", Kind::Label);
    CHECKSUM_STATUS = Field::new("icmpv6.checksum.status", "Checksum Status", Kind::Uint(8)).names(CHECKSUM_STATES).generated();
    RESERVED = Field::new("icmpv6.reserved", "Reserved", Kind::Bytes);
    MTU = Field::new("icmpv6.mtu", "MTU", Kind::Uint(32));
    POINTER = Field::new("icmpv6.pointer", "Pointer", Kind::Uint(32));
    IDENTIFIER = Field::new("icmpv6.echo.identifier", "Identifier", Kind::Uint(16)).hex();
    SEQUENCE = Field::new("icmpv6.echo.sequence_number", "Sequence", Kind::Uint(16));
    RESP_TO = Field::new("icmpv6.resp_to", "Response To", Kind::FrameNo).generated();
    RESP_IN = Field::new("icmpv6.resp_in", "Response In", Kind::FrameNo).generated();
    NO_RESP = Field::new("icmpv6.no_resp", "No response seen", Kind::Label).generated();
    SILENCE = Field::new("icmpv6.resp_not_found", "Response not found", Kind::Label);
    RESPTIME = Field::new("icmpv6.resptime", "Response Time", Kind::Double).generated();
    RA_LIMIT = Field::new("icmpv6.nd.ra.cur_hop_limit", "Cur hop limit", Kind::Uint(8));
    RA_FLAG = Field::new("icmpv6.nd.ra.flag", "Flags", Kind::Uint(8)).hex();
    RA_M = Field::new("icmpv6.nd.ra.flag.m", "Managed address configuration", Kind::Bool).mask(0x80).names(SET);
    RA_O = Field::new("icmpv6.nd.ra.flag.o", "Other configuration", Kind::Bool).mask(0x40).names(SET);
    RA_H = Field::new("icmpv6.nd.ra.flag.h", "Home Agent", Kind::Bool).mask(0x20).names(SET);
    RA_PRF = Field::new("icmpv6.nd.ra.flag.prf", "Prf (Default Router Preference)", Kind::Uint(8)).mask(0x18).names(PREFERENCES);
    RA_P = Field::new("icmpv6.nd.ra.flag.p", "Proxy", Kind::Bool).mask(0x04).names(SET);
    RA_RSV = Field::new("icmpv6.nd.ra.flag.rsv", "Reserved", Kind::Uint(8)).mask(0x03);
    RA_LIFETIME = Field::new("icmpv6.nd.ra.router_lifetime", "Router lifetime (s)", Kind::Uint(16));
    RA_REACHABLE = Field::new("icmpv6.nd.ra.reachable_time", "Reachable time (ms)", Kind::Uint(32));
    RA_RETRANS = Field::new("icmpv6.nd.ra.retrans_timer", "Retrans timer (ms)", Kind::Uint(32));
    NS_TARGET = Field::new("icmpv6.nd.ns.target_address", "Target Address", Kind::Ipv6);
    NA_FLAG = Field::new("icmpv6.nd.na.flag", "Flags", Kind::Uint(32)).hex();
    NA_R = Field::new("icmpv6.nd.na.flag.r", "Router", Kind::Bool).mask(0x8000_0000).names(SET);
    NA_S = Field::new("icmpv6.nd.na.flag.s", "Solicited", Kind::Bool).mask(0x4000_0000).names(SET);
    NA_O = Field::new("icmpv6.nd.na.flag.o", "Override", Kind::Bool).mask(0x2000_0000).names(SET);
    NA_RSV = Field::new("icmpv6.nd.na.flag.rsv", "Reserved", Kind::Uint(32)).mask(0x1fff_ffff);
    NA_TARGET = Field::new("icmpv6.nd.na.target_address", "Target Address", Kind::Ipv6);
    RD_TARGET = Field::new("icmpv6.nd.rd.target_address", "Target Address", Kind::Ipv6);
    RD_DESTINATION = Field::new("icmpv6.rd.na.destination_address", "Destination Address", Kind::Ipv6);
    NI_QTYPE = Field::new("icmpv6.ni.qtype", "Qtype", Kind::Uint(16)).names(QUERIES);
    NI_FLAG = Field::new("icmpv6.ni.flag", "Flags", Kind::Uint(16)).hex();
    NI_NONCE = Field::new("icmpv6.ni.nonce", "Nonce", Kind::Uint(64)).hex();
    NI_SUBJECT = Field::new("icmpv6.ni.query.subject_ipv6", "IPv6 subject address", Kind::Ipv6);
}

pub(super) fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    v.field(&super::PROTOCOL.field, layer.header_at(), Value::Bytes(bytes))?;
    v.open();
    let mut s = Show::new(bytes, layer, v);
    let (kind, code) = (bytes.u8(at::TYPE).unwrap_or(0), bytes.u8(at::CODE).unwrap_or(0));
    s.uint(&TYPE, at::TYPE, 1)?;
    let name = written(|line| write_code(kind, code, line));
    s.uint_line(&CODE, at::CODE, 1, format_args!("Code: {code}{name}"))?;
    let whole = bytes.len() == layer.end.saturating_sub(layer.start) as usize && !layer.quoted;
    let right =
        whole.then(|| checksum::expected(bytes, at::CHECKSUM, checksum::pseudo_header(ctx, layer, 58)));
    checksum::show(&mut s, [&CHECKSUM, &CHECKSUM_STATUS, &CHECKSUM_BAD], at::CHECKSUM, right)?;
    body(ctx, layer, &mut s, kind)?;
    if let (_, Some(start)) = shape(kind) {
        options::visit(&mut s, start)?;
    }
    s.v.close();
    Visited::Continue(())
}

fn body(ctx: &Context<'_>, layer: &Layer, s: &mut Show<'_, '_>, kind: u8) -> Visited {
    match kind {
        UNREACHABLE | TIME_EXCEEDED | ROUTER_SOLICITATION | 141 | 142 => s.raw(&RESERVED, 4, 4),
        TOO_BIG => s.uint(&MTU, 4, 4),
        PARAMETER => s.uint(&POINTER, 4, 4),
        ECHO | ECHO_REPLY => {
            s.uint(&IDENTIFIER, 4, 2)?;
            s.uint(&SEQUENCE, 6, 2)?;
            answers(ctx, layer, s)
        }
        QUERY..=DONE | REPORT_V2 => listener::visit(s, kind, &RESERVED),
        ROUTER_ADVERTISEMENT => router(s),
        NEIGHBOUR_SOLICITATION => {
            s.raw(&RESERVED, 4, 4)?;
            s.ipv6(&NS_TARGET, 8)
        }
        NEIGHBOUR_ADVERTISEMENT => {
            flags(s, &NA_FLAG, 4, 4, &[&NA_R, &NA_S, &NA_O])?;
            s.bits(&[&NA_R, &NA_S, &NA_O, &NA_RSV], 4, 4)?;
            s.ipv6(&NA_TARGET, 8)
        }
        REDIRECT => {
            s.raw(&RESERVED, 4, 4)?;
            s.ipv6(&RD_TARGET, 8)?;
            s.ipv6(&RD_DESTINATION, 24)
        }
        NODE_QUERY | NODE_REPLY => {
            s.uint(&NI_QTYPE, 4, 2)?;
            s.uint(&NI_FLAG, 6, 2)?;
            s.uint(&NI_NONCE, 8, 8)?;
            let is_address = kind == NODE_QUERY && s.bytes.u8(at::CODE) == Some(0);
            if is_address { s.ipv6(&NI_SUBJECT, 16) } else { Visited::Continue(()) }
        }
        EXTENDED_ECHO | EXTENDED_REPLY => s.uint(&IDENTIFIER, 4, 2),
        _ => Visited::Continue(()),
    }
}

fn answers(ctx: &Context<'_>, layer: &Layer, s: &mut Show<'_, '_>) -> Visited {
    let Some(facts) = ctx.facts.icmp.filter(|_| !layer.quoted) else { return Visited::Continue(()) };
    let none = s.at(0, 0);
    match facts {
        IcmpFacts::Reply { request, time } => {
            let ms = time as f64 / 1e6;
            s.v.field(&RESP_TO, none, Value::Uint(request))?;
            s.v.line(&RESPTIME, none, Value::Double(ms), format_args!("[Response Time: {ms:.3} ms]"))
        }
        IcmpFacts::AnsweredIn(frame) => s.v.field(&RESP_IN, none, Value::Uint(frame)),
        IcmpFacts::Unanswered => {
            let words = format!("No response seen to ICMPv6 request in frame {}", ctx.frame.no.0);
            unanswered([&NO_RESP, &SILENCE], &words, none, s.v)
        }
        IcmpFacts::ToMany { .. } => Visited::Continue(()),
    }
}

fn router(s: &mut Show<'_, '_>) -> Visited {
    s.uint(&RA_LIMIT, 4, 1)?;
    let flags = s.bytes.u8(5).unwrap_or(0);
    let names: String = [&RA_M, &RA_O, &RA_H]
        .into_iter()
        .filter(|f| u64::from(flags) & f.mask != 0)
        .flat_map(|f| [", ", f.label])
        .collect();
    let preference = name_of(PREFERENCES, u64::from(flags >> 3 & 3)).unwrap_or("");
    let proxy = if flags & 4 != 0 { ", Proxy" } else { "" };
    let text =
        format_args!("Flags: 0x{flags:02x}{names}, Prf (Default Router Preference): {preference}{proxy}");
    s.uint_line(&RA_FLAG, 5, 1, text)?;
    s.bits(&[&RA_M, &RA_O, &RA_H, &RA_PRF, &RA_P, &RA_RSV], 5, 1)?;
    s.uint(&RA_LIFETIME, 6, 2)?;
    s.uint(&RA_REACHABLE, 8, 4)?;
    s.uint(&RA_RETRANS, 12, 4)
}

/// Flags as a number, followed by the labels of those that are set.
fn flags(
    s: &mut Show<'_, '_>,
    field: &'static Field,
    at: usize,
    len: usize,
    bits: &[&'static Field],
) -> Visited {
    let Some(value) = s.number(at, len) else { return Visited::Continue(()) };
    let names: String = bits.iter().filter(|f| value & f.mask != 0).flat_map(|f| [", ", f.label]).collect();
    let width = len * 2;
    s.uint_line(field, at, len, format_args!("{}: 0x{value:0width$x}{names}", field.label))
}
