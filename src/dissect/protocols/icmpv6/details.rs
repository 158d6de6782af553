//! The fields of an ICMPv6 message.

use super::options::{self, PREFERENCES};
use super::{
    DONE, ECHO, ECHO_REPLY, EXTENDED_ECHO, EXTENDED_REPLY, NEIGHBOUR_ADVERTISEMENT, NEIGHBOUR_SOLICITATION,
    NODE_QUERY, NODE_REPLY, PARAMETER, QUERY, REDIRECT, RENUMBERING, REPORT_V2, ROUTER_ADVERTISEMENT,
    ROUTER_SOLICITATION, TIME_EXCEEDED, TOO_BIG, TYPES, UNREACHABLE, at, listener, renumbering, shape,
    write_code,
};
use crate::dissect::protocols::icmp::{Tie, answers};
use crate::dissect::protocols::ipv4::{CHECKSUM_STATES, SET};
use crate::dissect::protocols::ipv6;
use crate::dissect::reading::checksum;
use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, Layer, Visited};
use crate::field::{Field, Kind, Names, Visit, name_of};
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
    show(ctx, layer, v, |w| {
        let bytes = w.bytes;
        let (kind, code) = (bytes.u8(at::TYPE).unwrap_or(0), bytes.u8(at::CODE).unwrap_or(0));
        w.uint(&TYPE, at::TYPE, 1)?;
        let name = written(|line| write_code(kind, code, line));
        w.uint_line(&CODE, at::CODE, 1, format_args!("Code: {code}{name}"))?;
        let sum = (!layer.quoted).then(|| ipv6::pseudo_header(ctx, layer, 58));
        checksum::show(w, layer, [&CHECKSUM, &CHECKSUM_STATUS, &CHECKSUM_BAD], at::CHECKSUM, sum)?;
        body(ctx, layer, w, kind)?;
        if let (_, Some(start)) = shape(kind) {
            options::visit(w, start)?;
        }
        Ok(())
    })
}

fn body(ctx: &Context<'_>, layer: &Layer, w: &mut Walk<'_, '_>, kind: u8) -> Step {
    match kind {
        UNREACHABLE | TIME_EXCEEDED | ROUTER_SOLICITATION | 141 | 142 => w.up_to(&RESERVED, 4, 4),
        TOO_BIG => w.uint(&MTU, 4, 4),
        PARAMETER => w.uint(&POINTER, 4, 4),
        ECHO | ECHO_REPLY => {
            w.uint(&IDENTIFIER, 4, 2)?;
            w.uint(&SEQUENCE, 6, 2)?;
            let silence = format!("No response seen to ICMPv6 request in frame {}", ctx.frame.no.0);
            answers(ctx, layer, w, &TIE, &silence)
        }
        QUERY..=DONE | REPORT_V2 => listener::visit(w, kind, &RESERVED),
        ROUTER_ADVERTISEMENT => router(w),
        NEIGHBOUR_SOLICITATION => {
            w.up_to(&RESERVED, 4, 4)?;
            w.ipv6(&NS_TARGET, 8)
        }
        NEIGHBOUR_ADVERTISEMENT => {
            flags(w, &NA_FLAG, 4, 4, &[&NA_R, &NA_S, &NA_O])?;
            w.bits(&[&NA_R, &NA_S, &NA_O, &NA_RSV], 4, 4)?;
            w.ipv6(&NA_TARGET, 8)
        }
        REDIRECT => {
            w.up_to(&RESERVED, 4, 4)?;
            w.ipv6(&RD_TARGET, 8)?;
            w.ipv6(&RD_DESTINATION, 24)
        }
        NODE_QUERY | NODE_REPLY => {
            w.uint(&NI_QTYPE, 4, 2)?;
            w.uint(&NI_FLAG, 6, 2)?;
            w.uint(&NI_NONCE, 8, 8)?;
            let is_address = kind == NODE_QUERY && w.bytes.u8(at::CODE) == Some(0);
            if is_address { w.ipv6(&NI_SUBJECT, 16) } else { Ok(()) }
        }
        RENUMBERING => renumbering::visit(w, &RESERVED),
        EXTENDED_ECHO | EXTENDED_REPLY => w.uint(&IDENTIFIER, 4, 2),
        _ => Ok(()),
    }
}

static TIE: Tie =
    Tie { request: &RESP_TO, time: &RESPTIME, reply: &RESP_IN, none: &NO_RESP, silence: &SILENCE };

fn router(w: &mut Walk<'_, '_>) -> Step {
    w.uint(&RA_LIMIT, 4, 1)?;
    let flags = w.bytes.u8(5).unwrap_or(0);
    let names: String = [&RA_M, &RA_O, &RA_H]
        .into_iter()
        .filter(|f| u64::from(flags) & f.mask != 0)
        .flat_map(|f| [", ", f.label])
        .collect();
    let preference = name_of(PREFERENCES, u64::from(flags >> 3 & 3)).unwrap_or("");
    let proxy = if flags & 4 != 0 { ", Proxy" } else { "" };
    let text =
        format_args!("Flags: 0x{flags:02x}{names}, Prf (Default Router Preference): {preference}{proxy}");
    w.uint_line(&RA_FLAG, 5, 1, text)?;
    w.bits(&[&RA_M, &RA_O, &RA_H, &RA_PRF, &RA_P, &RA_RSV], 5, 1)?;
    w.uint(&RA_LIFETIME, 6, 2)?;
    w.uint(&RA_REACHABLE, 8, 4)?;
    w.uint(&RA_RETRANS, 12, 4)
}

/// Visits flags as one number; its line adds the labels of the flags that are set.
pub(super) fn flags(
    w: &mut Walk<'_, '_>,
    field: &'static Field,
    at: usize,
    len: usize,
    bits: &[&'static Field],
) -> Step {
    let value = w.number(at, len)?;
    let names: String = bits.iter().filter(|f| value & f.mask != 0).flat_map(|f| [", ", f.label]).collect();
    let width = len * 2;
    w.uint_line(field, at, len, format_args!("{}: 0x{value:0width$x}{names}", field.label))
}
