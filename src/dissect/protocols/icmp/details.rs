//! The fields of an ICMP message.

use super::{
    ADVERTISEMENT, ECHO, ECHO_REPLY, EXTENDED_ECHO, EXTENDED_REPLY, MASK, MASK_REPLY, PARAMETER, REDIRECT,
    TIME_EXCEEDED, TIMESTAMP, TIMESTAMP_REPLY, UNREACHABLE, at, codes, has_ident, type_name,
};
use crate::dissect::protocols::ipv4::{CHECKSUM_STATES, SET};
use crate::dissect::reading::checksum;
use crate::dissect::reading::layer::show;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{Step, Walk};
use crate::dissect::{Context, IcmpFacts, Layer, Visited};
use crate::field::{Field, Kind, Names, Value, Visit, name_of};
use crate::text::plural;

const STATES: Names = &[
    (0, "Reserved"),
    (1, "Incomplete"),
    (2, "Reachable"),
    (3, "Stale"),
    (4, "Delay"),
    (5, "Probe"),
    (6, "Failed"),
];

crate::fields! {
    TYPE = Field::new("icmp.type", "Type", Kind::Uint(8));
    CODE = Field::new("icmp.code", "Code", Kind::Uint(8));
    CHECKSUM = Field::new("icmp.checksum", "Checksum", Kind::Uint(16)).hex();
    CHECKSUM_BAD = Field::new("icmp.checksum_bad", "Bad checksum", Kind::Label);
    CHECKSUM_STATUS = Field::new("icmp.checksum.status", "Checksum Status", Kind::Uint(8)).names(CHECKSUM_STATES).generated();
    UNUSED = Field::new("icmp.unused", "Unused", Kind::Bytes);
    IDENT = Field::new("icmp.ident", "Identifier (BE)", Kind::Uint(16)).dec_hex();
    IDENT_LE = Field::new("icmp.ident_le", "Identifier (LE)", Kind::Uint(16)).dec_hex();
    SEQ = Field::new("icmp.seq", "Sequence Number (BE)", Kind::Uint(16)).dec_hex();
    SEQ_LE = Field::new("icmp.seq_le", "Sequence Number (LE)", Kind::Uint(16)).dec_hex();
    MTU = Field::new("icmp.mtu", "MTU of next hop", Kind::Uint(16));
    NUM_ADDRS = Field::new("icmp.num_addrs", "Number of addresses", Kind::Uint(8));
    ADDR_ENTRY_SIZE = Field::new("icmp.addr_entry_size", "Address entry size", Kind::Uint(8));
    LIFETIME = Field::new("icmp.lifetime", "Lifetime", Kind::Uint(16));
    POINTER = Field::new("icmp.pointer", "Pointer", Kind::Uint(32));
    ORIGINATE = Field::new("icmp.originate_timestamp", "Originate Timestamp", Kind::Uint(32));
    RECEIVE = Field::new("icmp.receive_timestamp", "Receive Timestamp", Kind::Uint(32));
    TRANSMIT = Field::new("icmp.transmit_timestamp", "Transmit Timestamp", Kind::Uint(32));
    ADDRESS_MASK = Field::new("icmp.address_mask", "Address Mask", Kind::Ipv4);
    REDIR_GW = Field::new("icmp.redir_gw", "Gateway Address", Kind::Ipv4);
    LENGTH = Field::new("icmp.length", "Length", Kind::Uint(8));
    ORIGINAL = Field::new("icmp.length.original_datagram", "Length of original datagram", Kind::Uint(8)).generated();
    RESP_TO = Field::new("icmp.resp_to", "Request frame", Kind::FrameNo).generated();
    RESP_IN = Field::new("icmp.resp_in", "Response frame", Kind::FrameNo).generated();
    NO_RESP = Field::new("icmp.no_resp", "No response seen", Kind::Label).generated();
    SILENCE = Field::new("icmp.resp_not_found", "Response not found", Kind::Label);
    RESPTIME = Field::new("icmp.resptime", "Response time", Kind::Double).generated();
    DATA_TIME = Field::new("icmp.data_time", "Timestamp from icmp data", Kind::Time);
    DATA_TIME_RELATIVE =
        Field::new("icmp.data_time_relative", "Timestamp from icmp data (relative)", Kind::Duration).generated();
    EXT_SEQ = Field::new("icmp.ext.echo.seq", "Sequence Number", Kind::Uint(8)).dec_hex();
    EXT_REQ_RES = Field::new("icmp.ext.echo.req.res", "Reserved", Kind::Uint(8)).hex().mask(0xfe);
    EXT_LOCAL = Field::new("icmp.ext.echo.req.local", "Local bit", Kind::Bool).mask(0x01).names(SET);
    EXT_STATE = Field::new("icmp.ext.echo.rsp.state", "State", Kind::Uint(8)).mask(0xe0).names(STATES);
    EXT_RSP_RES = Field::new("icmp.ext.echo.rsp.res", "Reserved", Kind::Uint(8)).hex().mask(0x18);
    EXT_ACTIVE = Field::new("icmp.ext.echo.rsp.active", "Active bit", Kind::Bool).mask(0x04).names(SET);
    EXT_IPV4 = Field::new("icmp.ext.echo.rsp.ipv4", "IPv4 bit", Kind::Bool).mask(0x02).names(SET);
    EXT_IPV6 = Field::new("icmp.ext.echo.rsp.ipv6", "IPv6 bit", Kind::Bool).mask(0x01).names(SET);
}

pub(super) fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    show(ctx, layer, v, |w| {
        let bytes = w.bytes;
        let (kind, code) = (bytes.u8(at::TYPE).unwrap_or(0), bytes.u8(at::CODE).unwrap_or(0));
        w.uint_line(&TYPE, at::TYPE, 1, format_args!("Type: {kind} ({})", type_name(kind, code)))?;
        match codes(kind) {
            Some(codes) => {
                let unknown = format!("Unknown code: {code}");
                let name = name_of(codes, code.into()).unwrap_or(&unknown);
                w.uint_line(&CODE, at::CODE, 1, format_args!("Code: {code} ({name})"))?;
            }
            None => w.uint(&CODE, at::CODE, 1)?,
        }
        let sum = (!layer.quoted).then_some(0);
        // A datagram that was put together has bytes of its own.
        if ctx.layers.fragment.is_some() && layer.source == 0 {
            checksum::of_fragment(w, &CHECKSUM, &CHECKSUM_STATUS, at::CHECKSUM)?;
        } else {
            checksum::show(w, layer, [&CHECKSUM, &CHECKSUM_STATUS, &CHECKSUM_BAD], at::CHECKSUM, sum)?;
        }
        rest(w, kind, code)?;
        if matches!(kind, ECHO | ECHO_REPLY) && !layer.quoted {
            answers(ctx, layer, w, &TIE, "No response seen to ICMP request")?;
            data_time(ctx, layer, w)?;
        }
        Ok(())
    })
}

/// Visits the four octets after the checksum, and the data that they describe.
fn rest(w: &mut Walk<'_, '_>, kind: u8, code: u8) -> Step {
    if has_ident(kind) {
        twice(w, [&IDENT, &IDENT_LE], at::IDENT)?;
        twice(w, [&SEQ, &SEQ_LE], at::SEQ)?;
    }
    match kind {
        UNREACHABLE | TIME_EXCEEDED | PARAMETER => quoting(w, kind, code),
        REDIRECT => w.ipv4(&REDIR_GW, 4),
        ADVERTISEMENT => {
            w.uint(&NUM_ADDRS, 4, 1)?;
            w.uint(&ADDR_ENTRY_SIZE, 5, 1)?;
            w.uint(&LIFETIME, 6, 2)
        }
        TIMESTAMP | TIMESTAMP_REPLY => {
            for (field, offset) in [(&ORIGINATE, 8), (&RECEIVE, 12), (&TRANSMIT, 16)] {
                let ms = w.number(offset, 4)?;
                let (label, when) = (field.label, since_midnight(ms));
                let text = format_args!("{label}: {ms} ({when} after midnight UTC)");
                w.uint_line(field, offset, 4, text)?;
            }
            Ok(())
        }
        MASK | MASK_REPLY => w.ipv4(&ADDRESS_MASK, 8),
        EXTENDED_ECHO => {
            twice(w, [&IDENT, &IDENT_LE], 4)?;
            w.uint(&EXT_SEQ, 6, 1)?;
            w.uint(&EXT_REQ_RES, 7, 1)?;
            w.uint(&EXT_LOCAL, 7, 1)
        }
        EXTENDED_REPLY => {
            twice(w, [&IDENT, &IDENT_LE], 4)?;
            w.uint(&EXT_SEQ, 6, 1)?;
            for field in [&EXT_STATE, &EXT_RSP_RES, &EXT_ACTIVE, &EXT_IPV4, &EXT_IPV6] {
                w.uint(field, 7, 1)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Visits a number in both byte orders, because systems differ in the order that they use.
fn twice(w: &mut Walk<'_, '_>, [big, little]: [&'static Field; 2], offset: usize) -> Step {
    w.uint(big, offset, 2)?;
    let n = w.u16(offset)?;
    w.value(little, offset, 2, Value::Uint(n.swap_bytes().into()))
}

/// Visits the second four octets of messages that quote a packet, and that may have the length of the quoted packet
/// (RFC 4884).
fn quoting(w: &mut Walk<'_, '_>, kind: u8, code: u8) -> Step {
    const FRAGMENTATION_NEEDED: u8 = 4;
    if kind == PARAMETER {
        w.uint(&POINTER, 4, 1)?;
    }
    let words = w.bytes.u8(5).unwrap_or(0);
    let after = if words > 0 {
        if kind != PARAMETER {
            w.up_to(&UNUSED, 4, 1)?;
        }
        w.uint(&LENGTH, 5, 1)?;
        w.value(&ORIGINAL, 5, 0, Value::Uint(u64::from(words) * 4))?;
        6
    } else if kind == PARAMETER {
        5
    } else {
        4
    };
    if kind == UNREACHABLE && code == FRAGMENTATION_NEEDED {
        w.up_to(&UNUSED, after, 6 - after)?;
        return w.uint(&MTU, 6, 2);
    }
    w.up_to(&UNUSED, after, 8 - after)
}

/// Milliseconds as a duration in words: `6 days, 23 hours, 46 minutes, 19.845 seconds`.
fn since_midnight(ms: u64) -> String {
    let (s, ms) = (ms / 1000, ms % 1000);
    let mut text = String::new();
    for (n, unit) in [(s / 86_400, "day"), (s / 3600 % 24, "hour"), (s / 60 % 60, "minute")] {
        if n > 0 {
            text += &format!("{n} {unit}{}, ", plural(n));
        }
    }
    text + &format!("{}.{ms:03} seconds", s % 60)
}

/// The fields that link a request and its reply.
pub(in crate::dissect) struct Tie {
    /// For a reply: the frame of its request, and the time since then.
    pub(in crate::dissect) request: &'static Field,
    pub(in crate::dissect) time: &'static Field,
    /// For a request: the frame of its reply, or the line that there is none, and the remark on that.
    pub(in crate::dissect) reply: &'static Field,
    pub(in crate::dissect) none: &'static Field,
    pub(in crate::dissect) silence: &'static Field,
}

static TIE: Tie =
    Tie { request: &RESP_TO, time: &RESPTIME, reply: &RESP_IN, none: &NO_RESP, silence: &SILENCE };

/// Visits the link to the other message of the exchange; `silence` is the text of the remark on a request without a
/// reply.
pub(in crate::dissect) fn answers(
    ctx: &Context<'_>,
    layer: &Layer,
    w: &mut Walk<'_, '_>,
    tie: &Tie,
    silence: &str,
) -> Step {
    let Some(facts) = ctx.facts.icmp.filter(|_| !layer.quoted) else { return Ok(()) };
    match facts {
        IcmpFacts::Reply { request, time } => {
            let (ms, label) = (time as f64 / 1e6, tie.time.label);
            w.value(tie.request, 0, 0, Value::Uint(request))?;
            w.line(tie.time, 0, 0, Value::Double(ms), format_args!("[{label}: {ms:.3} ms]"))
        }
        IcmpFacts::AnsweredIn(frame) => w.value(tie.reply, 0, 0, Value::Uint(frame)),
        IcmpFacts::Unanswered => {
            w.line(tie.none, 0, 0, Value::None, format_args!("[No response seen]"))?;
            w.remark(tie.silence, 0, 0, Severity::Warning, Group::Sequence, silence)
        }
        IcmpFacts::ToMany { .. } => Ok(()),
    }
}

/// Visits the time at which ping sent a request, if the data begins with it.
fn data_time(ctx: &Context<'_>, layer: &Layer, w: &mut Walk<'_, '_>) -> Step {
    // The decoder has made the header longer where it found the time.
    let found = layer.payload.saturating_sub(layer.start) == super::HEADER + super::DATA_TIME_LEN;
    let (Some(time), Some(sent), true) = (ctx.frame.time, super::data_time(w.bytes, ctx.frame.time), found)
    else {
        return Ok(());
    };
    let (at, len) = (super::HEADER as usize, super::DATA_TIME_LEN as usize);
    w.value(&DATA_TIME, at, len, Value::Time(sent))?;
    w.value(&DATA_TIME_RELATIVE, at, len, Value::Duration(time.since(sent)))
}
