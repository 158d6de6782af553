//! The walk over the fields of a TCP segment.

use super::fields::*;
use super::remarks::{self, findings};
use super::{
    Findings, Flags, Header, Options, Scale, SeqNo, TcpFacts, TcpOption, at, extensions, quoted,
    scaled_window, segments,
};
use crate::dissect::protocols::ipv4::UNVERIFIED;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Layer, Quoted, Visited};
use crate::field::{At, Field, Value, Visit};
use crate::text::{lazy, plural, written};
use std::borrow::Cow;

/// What the parts of the walk need.
pub(super) struct Segment<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) layer: &'a Layer,
    pub(super) header: Header,
    pub(super) facts: TcpFacts,
    /// Whether the conversation of the segment is known; for a segment that an ICMP error quotes, it may be unknown.
    pub(super) followed: bool,
}

impl Segment<'_> {
    pub(super) fn at(&self, offset: usize, len: u32) -> At {
        At { source: self.layer.source, start: self.layer.start + offset as u32, len }
    }
}

pub(super) fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Visited {
    let bytes = ctx.layer_bytes(layer);
    let Some(header) = Header::read(bytes) else { return quoted::cut(bytes, layer, v) };
    let facts = facts_of(ctx, layer);
    let s = Segment {
        bytes,
        layer,
        header,
        facts: facts.copied().unwrap_or_default(),
        followed: facts.is_some(),
    };
    if layer.quoted {
        return quoted::visit(ctx, &s, v);
    }
    let facts = s.facts;
    let (seq, ack) = (header.seq - facts.seq_base, header.ack - facts.ack_base);
    let (src, dst, len) = (header.srcport, header.dstport, layer.payload_len());
    let ack_text = lazy(|f| if header.flags.has(Flags::ACK) { write!(f, ", Ack: {ack}") } else { Ok(()) });
    v.line(
        &super::PROTOCOL.field,
        layer.header_at(),
        Value::Bytes(bytes),
        format_args!(
            "Transmission Control Protocol, Src Port: {src}, Dst Port: {dst}, Seq: {seq}{ack_text}, Len: {len}"
        ),
    )?;
    v.open();
    ports(&s, v)?;
    if s.followed {
        v.field(&STREAM, s.at(0, 0), Value::Uint(facts.stream.into()))?;
        completeness(&s, v)?;
    }
    v.field(&LEN, s.at(at::OFFSET, 0), Value::Uint(len.into()))?;
    numbers(&s, v)?;
    rest(ctx, &s, v)
}

/// Visits the flags, all fields after them, and the payload.
pub(super) fn rest(ctx: &Context<'_>, s: &Segment<'_>, v: &mut dyn Visit) -> Visited {
    let (layer, facts) = (s.layer, &s.facts);
    flags(s, v)?;
    window(s, v)?;
    v.field(&URGENT_POINTER, s.at(at::URGENT, 2), Value::Uint(s.header.urgent.into()))?;
    remarks::urgent(&s.header, s.at(at::URGENT, 2), v)?;
    options(s, v)?;
    if s.followed {
        times(s, v)?;
        analysis(s, v)?;
    }
    let payload = ctx.payload(layer);
    if !payload.is_empty() {
        let at = At { len: payload.len() as u32, ..layer.payload_at() };
        let (len, s) = (layer.payload_len(), plural(layer.payload_len()));
        let text = format_args!("TCP payload ({len} byte{s})");
        v.line(&PAYLOAD, at, Value::Bytes(payload), text)?;
        // Messages that state their length.
        for message in ctx.layers.after(layer).iter().filter(|l| l.proto.get().says_length && !l.quoted) {
            let size = Value::Uint((message.end - message.start).into());
            v.field(&PDU_SIZE, At { source: message.source, start: message.start, len: 0 }, size)?;
        }
        let judged = Findings::FAST_RETRANSMISSION | Findings::SPURIOUS_RETRANSMISSION;
        let stale = ctx.facts.app.is_some_and(|app| app.stale);
        if stale || facts.findings.has(Findings::RETRANSMISSION) && !facts.findings.has(judged) {
            let text = format_args!("Retransmitted TCP segment data ({} byte{s})", payload.len());
            v.line(&segments::SEGMENT_DATA, at, Value::Bytes(payload), text)?;
        }
        segments::data(ctx, layer, facts.reassembled_in, v)?;
    }
    v.close();
    segments::reassembled(ctx, v)
}

/// What is known about the segment of a layer from its conversation; the layer may be quoted by an ICMP error.
pub(super) fn facts_of<'a>(ctx: &Context<'a>, layer: &Layer) -> Option<&'a TcpFacts> {
    match ctx.facts.quoted {
        Some(Quoted::Tcp(facts)) if layer.quoted => Some(facts),
        _ => ctx.facts.tcp.filter(|_| !layer.quoted),
    }
}

pub(super) fn ports(s: &Segment<'_>, v: &mut dyn Visit) -> Visited {
    for (field, offset, port) in
        [(&SRCPORT, at::SRCPORT, s.header.srcport), (&DSTPORT, at::DSTPORT, s.header.dstport)]
    {
        v.field(field, s.at(offset, 2), Value::Uint(port.into()))?;
        v.field(&PORT, s.at(offset, 2), Value::Uint(port.into()))?;
    }
    Visited::Continue(())
}

pub(super) fn completeness(s: &Segment<'_>, v: &mut dyn Visit) -> Visited {
    let seen = s.facts.completeness;
    let word = match (seen & 0b11_0111, seen & 8) {
        _ if seen & 7 != 7 => "Incomplete",
        (c, 8) if c & 0b11_0000 != 0 => "Complete, WITH_DATA",
        (c, 0) if c & 0b11_0000 != 0 => "Complete, NO_DATA",
        (_, 8) => "Incomplete, DATA",
        _ => "Incomplete, ESTABLISHED",
    };
    let word = match seen {
        1 => "Incomplete, SYN_SENT",
        3 => "Incomplete, CLIENT_ESTABLISHED",
        _ => word,
    };
    v.line(
        &COMPLETENESS,
        s.at(0, 0),
        Value::Uint(seen.into()),
        format_args!("[Conversation completeness: {word} ({seen})]"),
    )
}

fn numbers(s: &Segment<'_>, v: &mut dyn Visit) -> Visited {
    let (h, f) = (&s.header, &s.facts);
    let seq = h.seq - f.seq_base;
    let ack = h.ack - f.ack_base;
    let uses = u32::from(h.flags.has(Flags(Flags::SYN.0 | Flags::FIN.0)));
    let next = seq.wrapping_add(s.layer.payload_len()).wrapping_add(uses);
    let (seq_note, ack_note) = match s.followed {
        false => ("", ""),
        true => ("    (relative sequence number)", "    (relative ack number)"),
    };
    v.line(
        &SEQ,
        s.at(at::SEQ, 4),
        Value::Uint(seq.into()),
        format_args!("Sequence Number: {seq}{seq_note}"),
    )?;
    v.field(&SEQ_RAW, s.at(at::SEQ, 4), Value::Uint(h.seq.0.into()))?;
    v.line(
        &NXTSEQ,
        s.at(0, 0),
        Value::Uint(next.into()),
        format_args!("[Next Sequence Number: {next}{seq_note}]"),
    )?;
    let ack = if h.flags.has(Flags::ACK) { ack } else { h.ack.0 };
    v.line(
        &ACK,
        s.at(at::ACK, 4),
        Value::Uint(ack.into()),
        format_args!("Acknowledgment Number: {ack}{}", if h.flags.has(Flags::ACK) { ack_note } else { "" }),
    )?;
    remarks::acknowledgement(h, s.at(at::ACK, 4), v)?;
    remarks::fast_open_answer(f, s.at(at::ACK, 4), v)?;
    v.field(&ACK_RAW, s.at(at::ACK, 4), Value::Uint(h.ack.0.into()))?;
    header_length(s, v)
}

pub(super) fn header_length(s: &Segment<'_>, v: &mut dyn Visit) -> Visited {
    let (len, words) = (s.header.len, s.header.len / 4);
    let text = format_args!("{words:04b} .... = Header Length: {len} bytes ({words})");
    v.line(&HDR_LEN, s.at(at::OFFSET, 1), Value::Uint(len.into()), text)
}

fn flags(s: &Segment<'_>, v: &mut dyn Visit) -> Visited {
    const BITS: [(&Field, u16); 10] = [
        (&FLAGS_RES, 0xe00),
        (&FLAGS_AE, 0x100),
        (&FLAGS_CWR, 0x080),
        (&FLAGS_ECE, 0x040),
        (&FLAGS_URG, 0x020),
        (&FLAGS_ACK, 0x010),
        (&FLAGS_PUSH, 0x008),
        (&FLAGS_RESET, 0x004),
        (&FLAGS_SYN, 0x002),
        (&FLAGS_FIN, 0x001),
    ];
    let bits = s.header.flags.0;
    let at = s.at(at::OFFSET, 2);
    let names = lazy(|f| f.write_str(&written(|line| s.header.flags.write_counting(s.facts.ace, line))));
    v.line(&FLAGS, at, Value::Uint(bits.into()), format_args!("Flags: 0x{bits:03x} ({names})"))?;
    v.open();
    for (field, mask) in BITS {
        if s.facts.ace && mask & 0x1c0 != 0 {
            if mask == 0x100 {
                v.field(&FLAGS_ACE, at, Value::Uint(s.header.flags.ace().into()))?;
            }
            continue;
        }
        let value = Value::Bool(bits & mask != 0);
        match bits & mask {
            // Some, but not all, of the three bits are set.
            some @ 0x200..0xe00 => {
                v.line(field, at, value, format_args!("{:03b}. .... .... = Reserved: Set", some >> 9))?;
            }
            _ => v.field(field, at, value)?,
        }
        if bits & mask != 0 {
            remarks::flag(&s.header, Flags(mask), at, v)?;
        }
    }
    // Twelve characters: a bit that is not set is a middle dot, which has two bytes.
    let (mut letters, mut len) = ([0; 24], 0);
    for (i, letter) in "RRRACEUAPRSF".chars().enumerate() {
        let shown = match (s.facts.ace, i) {
            (true, 3 | 5) => '-',
            (true, 4) => char::from_digit(s.header.flags.ace().into(), 8).unwrap_or('-'),
            _ if bits >> (11 - i) & 1 == 1 => letter,
            _ => '·',
        };
        len += shown.encode_utf8(letters.get_mut(len..).unwrap_or_default()).len();
    }
    v.field(&FLAGS_STR, at, Value::Text(letters.get(..len).unwrap_or_default()))?;
    remarks::closing(&s.facts, at, v)?;
    v.close();
    Visited::Continue(())
}

fn window(s: &Segment<'_>, v: &mut dyn Visit) -> Visited {
    let at = s.at(at::WINDOW, 2);
    v.field(&WINDOW_VALUE, at, Value::Uint(s.header.window.into()))?;
    let scaled = scaled_window(&s.header, &s.facts);
    v.field(&WINDOW, at, Value::Uint(scaled.into()))?;
    if !s.header.flags.has(Flags::SYN) {
        let (factor, note) = match s.facts.scale {
            Scale::Unknown => (-1, " (unknown)"),
            Scale::Unused => (-2, " (no window scaling used)"),
            Scale::Shift(shift) => (1 << shift.min(14), ""),
        };
        v.line(
            &SCALEFACTOR,
            at,
            Value::Int(factor),
            format_args!("[Window size scaling factor: {factor}{note}]"),
        )?;
    }
    let sum = s.bytes.u16(at::CHECKSUM).unwrap_or(0);
    let at = s.at(at::CHECKSUM, 2);
    v.line(&CHECKSUM, at, Value::Uint(sum.into()), format_args!("Checksum: 0x{sum:04x} [unverified]"))?;
    v.field(&CHECKSUM_STATUS, s.at(at::CHECKSUM, 0), UNVERIFIED)
}

fn options(s: &Segment<'_>, v: &mut dyn Visit) -> Visited {
    let end = usize::from(s.header.len).min(s.bytes.len());
    let Some(bytes) = s.bytes.get(at::OPTIONS..end).filter(|b| !b.is_empty()) else {
        return Visited::Continue(());
    };
    let names =
        lazy(|f| Options::new(bytes).try_for_each(|(_, _, option)| write!(f, ", {}", title(&option))));
    let at = s.at(at::OPTIONS, bytes.len() as u32);
    let text = format_args!("Options: ({} bytes){names}", bytes.len());
    v.line(&OPTIONS, at, Value::Bytes(bytes), text)?;
    v.open();
    for (offset, len, option) in Options::new(bytes) {
        let at = s.at(at::OPTIONS + offset, len as u32);
        one_option(s, at, bytes.get(offset..offset + len).unwrap_or(&[]), option, v)?;
    }
    let has_mss = Options::new(bytes).any(|(offset, _, _)| bytes.u8(offset) == Some(2));
    remarks::mss_absent(&s.header, has_mss, at, v)?;
    v.close();
    Visited::Continue(())
}

/// The name of an option in the heading of the list.
fn title(option: &TcpOption<'_>) -> Cow<'static, str> {
    Cow::Borrowed(match option {
        TcpOption::End => "End of Option List (EOL)",
        TcpOption::Nop => "No-Operation (NOP)",
        TcpOption::Mss(_) => "Maximum segment size",
        TcpOption::WindowScale(_) => "Window scale",
        TcpOption::SackPermitted => "SACK permitted",
        TcpOption::Sack(_) => "SACK",
        TcpOption::Timestamps(..) => "Timestamps",
        TcpOption::Extension(kind, option) => option.title(*kind),
        TcpOption::Other(kind, _) | TcpOption::Damaged(kind, _) => {
            return Cow::Owned(format!("Unknown (0x{kind:02x})"));
        }
    })
}

fn one_option(s: &Segment<'_>, at: At, raw: &[u8], option: TcpOption<'_>, v: &mut dyn Visit) -> Visited {
    let value = Value::Bytes(raw);
    match option {
        TcpOption::End => v.line(&OPTIONS_EOL, at, value, format_args!("{}", OPTIONS_EOL.label))?,
        TcpOption::Nop => v.line(&OPTIONS_NOP, at, value, format_args!("{}", OPTIONS_NOP.label))?,
        TcpOption::Mss(mss) => {
            v.line(&OPTIONS_MSS, at, value, format_args!("{}: {mss} bytes", OPTIONS_MSS.label))?;
        }
        TcpOption::WindowScale(shift) => {
            let factor = 1u32 << shift.min(14);
            let label = OPTIONS_WSCALE.label;
            v.line(&OPTIONS_WSCALE, at, value, format_args!("{label}: {shift} (multiply by {factor})"))?;
        }
        TcpOption::SackPermitted => {
            v.line(&SACK_PERM, at, value, format_args!("{}", SACK_PERM.label))?;
        }
        TcpOption::Sack(blocks) => {
            v.line(&SACK, at, value, format_args!("{}{}", SACK.label, sack_ranges(blocks, s.facts.ack_base)))?
        }
        TcpOption::Timestamps(val, ecr) => {
            v.line(&TIMESTAMP, at, value, format_args!("{}: TSval {val}, TSecr {ecr}", TIMESTAMP.label))?;
        }
        TcpOption::Extension(kind, option) => extensions::heading(option, kind, at, raw, v)?,
        TcpOption::Other(..) | TcpOption::Damaged(..) => {
            v.line(&OPTIONS_UNKNOWN, at, value, format_args!("{}", OPTIONS_UNKNOWN.label))?;
        }
    }
    v.open();
    if matches!(option, TcpOption::Mss(_)) {
        remarks::mss_present(&s.header, at, v)?;
    }
    let byte = |offset: u32, len: u32| At { start: at.start + offset, len, ..at };
    v.field(&OPTION_KIND, byte(0, 1), Value::Uint(raw.u8(0).unwrap_or(0).into()))?;
    if raw.len() > 1 {
        v.field(&OPTION_LEN, byte(1, 1), Value::Uint(raw.u8(1).unwrap_or(0).into()))?;
    }
    match option {
        TcpOption::Mss(mss) => {
            v.field(&MSS_VAL, byte(2, 2), Value::Uint(mss.into()))?;
        }
        TcpOption::WindowScale(shift) => {
            v.field(&WSCALE_SHIFT, byte(2, 1), Value::Uint(shift.into()))?;
            remarks::window_scale(shift, at, v)?;
            v.field(&WSCALE_MULTIPLIER, byte(2, 1), Value::Uint(1 << shift.min(14)))?;
        }
        TcpOption::Timestamps(val, ecr) => {
            v.field(&TSVAL, byte(2, 4), Value::Uint(val.into()))?;
            v.field(&TSECR, byte(6, 4), Value::Uint(ecr.into()))?;
        }
        TcpOption::Sack(blocks) => {
            for (i, block) in blocks.chunks_exact(8).enumerate() {
                let edge = |o: usize| SeqNo(block.u32(o).unwrap_or(0)) - s.facts.ack_base;
                let start = 2 + 8 * i as u32;
                let (left, right) = (edge(0), edge(4));
                let (left_at, right_at) = (byte(start, 4), byte(start + 4, 4));
                let relative = if s.followed { " (relative)" } else { "" };
                let text = format_args!("left edge = {left}{relative}");
                v.line(&SACK_LE, left_at, Value::Uint(left.into()), text)?;
                let text = format_args!("right edge = {right}{relative}");
                v.line(&SACK_RE, right_at, Value::Uint(right.into()), text)?;
            }
            v.field(&SACK_COUNT, byte(0, 0), Value::Uint(blocks.len() as u64 / 8))?;
            remarks::dsack(&s.header, &s.facts, blocks, at, v)?;
        }
        TcpOption::Extension(_, option) => extensions::contents(&s.header, option, at, v)?,
        TcpOption::Other(_, []) => {}
        TcpOption::Other(_, data) => {
            v.field(&UNKNOWN_PAYLOAD, byte(2, data.len() as u32), Value::Bytes(data))?;
        }
        _ => {}
    }
    v.close();
    Visited::Continue(())
}

/// The blocks of a SACK option with relative numbers: ` 1449-2897 4345-5793`.
fn sack_ranges(blocks: &[u8], base: SeqNo) -> impl std::fmt::Display {
    lazy(move |f| {
        blocks.chunks_exact(8).try_for_each(|block| {
            let edge = |o: usize| SeqNo(block.u32(o).unwrap_or(0)) - base;
            write!(f, " {}-{}", edge(0), edge(4))
        })
    })
}

fn times(s: &Segment<'_>, v: &mut dyn Visit) -> Visited {
    v.text(s.at(0, 0), format_args!("[Timestamps]"))?;
    v.open();
    v.field(&TIME_RELATIVE, s.at(0, 0), Value::Duration(s.facts.time_relative))?;
    v.field(&TIME_DELTA, s.at(0, 0), Value::Duration(s.facts.time_delta))?;
    v.close();
    Visited::Continue(())
}

fn analysis(s: &Segment<'_>, v: &mut dyn Visit) -> Visited {
    let (f, none) = (&s.facts, s.at(0, 0));
    if !f.analysed {
        return Visited::Continue(());
    }
    v.line(&ANALYSIS, none, Value::None, format_args!("[SEQ/ACK analysis]"))?;
    v.open();
    if let Some((frame, rtt)) = f.acks {
        v.field(&ACKS_FRAME, none, Value::Uint(frame))?;
        v.field(&ACK_RTT, none, Value::Duration(rtt))?;
    }
    if let Some(rtt) = f.initial_rtt {
        v.field(&INITIAL_RTT, none, Value::Duration(rtt))?;
    }
    if let Some(bytes) = f.bytes_in_flight {
        v.field(&BYTES_IN_FLIGHT, none, Value::Uint(bytes.into()))?;
    }
    if let Some(bytes) = f.push_bytes_sent {
        v.field(&PUSH_BYTES_SENT, none, Value::Uint(bytes.into()))?;
    }
    findings(f, none, v)?;
    v.close();
    Visited::Continue(())
}
