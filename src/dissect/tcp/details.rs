//! The fields of a TCP segment.

use super::remarks::{self, findings};
use super::{
    Findings, Flags, Header, Options, Scale, SeqNo, TcpFacts, TcpOption, at, scaled_window, segments,
};
use crate::dissect::ipv4::{CHECKSUM_STATES, SET, UNVERIFIED};
use crate::dissect::read::Read;
use crate::dissect::text::{Line, lazy};
use crate::dissect::{Context, Flow, Layer};
use crate::field::{At, Field, Kind, Names, Value, Visit, name_of};

const OPTION_KINDS: Names = &[
    (0, "End of Option List"),
    (1, "No-Operation"),
    (2, "Maximum Segment Size"),
    (3, "Window Scale"),
    (4, "SACK Permitted"),
    (5, "SACK"),
    (8, "Time Stamp Option"),
    (19, "MD5 Signature Option"),
    (28, "User Timeout Option"),
    (29, "The TCP Authentication Option"),
    (30, "Multipath TCP"),
    (34, "TCP Fast Open Cookie"),
    (172, "Accurate ECN Order 0"),
    (174, "Accurate ECN Order 1"),
    (253, "RFC3692-style Experiment 1"),
    (254, "RFC3692-style Experiment 2"),
];

crate::fields! {
    SRCPORT = Field::new("tcp.srcport", "Source Port", Kind::Uint(16));
    DSTPORT = Field::new("tcp.dstport", "Destination Port", Kind::Uint(16));
    PORT = Field::new("tcp.port", "Source or Destination Port", Kind::Uint(16)).hidden();
    STREAM = Field::new("tcp.stream", "Stream index", Kind::Uint(32)).generated();
    COMPLETENESS = Field::new("tcp.completeness", "Conversation completeness", Kind::Uint(8)).generated();
    LEN = Field::new("tcp.len", "TCP Segment Len", Kind::Uint(32)).generated();
    SEQ = Field::new("tcp.seq", "Sequence Number", Kind::Uint(32));
    SEQ_RAW = Field::new("tcp.seq_raw", "Sequence Number (raw)", Kind::Uint(32));
    NXTSEQ = Field::new("tcp.nxtseq", "Next Sequence Number", Kind::Uint(32)).generated();
    ACK = Field::new("tcp.ack", "Acknowledgment Number", Kind::Uint(32));
    ACK_RAW = Field::new("tcp.ack_raw", "Acknowledgment number (raw)", Kind::Uint(32));
    HDR_LEN = Field::new("tcp.hdr_len", "Header Length", Kind::Uint(8)).mask(0xf0);
    FLAGS = Field::new("tcp.flags", "Flags", Kind::Uint(16)).hex().mask(0x0fff);
    FLAGS_RES = Field::new("tcp.flags.res", "Reserved", Kind::Bool).mask(0xe00).width(12).names(SET);
    FLAGS_AE = Field::new("tcp.flags.ae", "Accurate ECN", Kind::Bool).mask(0x100).width(12).names(SET);
    FLAGS_CWR = Field::new("tcp.flags.cwr", "Congestion Window Reduced", Kind::Bool).mask(0x080).width(12).names(SET);
    FLAGS_ECE = Field::new("tcp.flags.ece", "ECN-Echo", Kind::Bool).mask(0x040).width(12).names(SET);
    FLAGS_URG = Field::new("tcp.flags.urg", "Urgent", Kind::Bool).mask(0x020).width(12).names(SET);
    FLAGS_ACK = Field::new("tcp.flags.ack", "Acknowledgment", Kind::Bool).mask(0x010).width(12).names(SET);
    FLAGS_PUSH = Field::new("tcp.flags.push", "Push", Kind::Bool).mask(0x008).width(12).names(SET);
    FLAGS_RESET = Field::new("tcp.flags.reset", "Reset", Kind::Bool).mask(0x004).width(12).names(SET);
    FLAGS_SYN = Field::new("tcp.flags.syn", "Syn", Kind::Bool).mask(0x002).width(12).names(SET);
    FLAGS_FIN = Field::new("tcp.flags.fin", "Fin", Kind::Bool).mask(0x001).width(12).names(SET);
    FLAGS_STR = Field::new("tcp.flags.str", "TCP Flags", Kind::Text).generated();
    WINDOW_VALUE = Field::new("tcp.window_size_value", "Window", Kind::Uint(16));
    WINDOW = Field::new("tcp.window_size", "Calculated window size", Kind::Uint(32)).generated();
    SCALEFACTOR = Field::new("tcp.window_size_scalefactor", "Window size scaling factor", Kind::Int(32)).generated();
    CHECKSUM = Field::new("tcp.checksum", "Checksum", Kind::Uint(16)).hex();
    CHECKSUM_STATUS = Field::new("tcp.checksum.status", "Checksum Status", Kind::Uint(8)).names(CHECKSUM_STATES).generated();
    URGENT_POINTER = Field::new("tcp.urgent_pointer", "Urgent Pointer", Kind::Uint(16));
    OPTIONS = Field::new("tcp.options", "TCP Options", Kind::Bytes);
    OPTION_KIND = Field::new("tcp.option_kind", "Kind", Kind::Uint(8)).names(OPTION_KINDS);
    OPTION_LEN = Field::new("tcp.option_len", "Length", Kind::Uint(8));
    OPTIONS_NOP = Field::new("tcp.options.nop", "TCP Option - No-Operation (NOP)", Kind::Bytes);
    OPTIONS_EOL = Field::new("tcp.options.eol", "TCP Option - End of Option List (EOL)", Kind::Bytes);
    OPTIONS_MSS = Field::new("tcp.options.mss", "TCP Option - Maximum segment size", Kind::Bytes);
    MSS_VAL = Field::new("tcp.options.mss_val", "MSS Value", Kind::Uint(16));
    OPTIONS_WSCALE = Field::new("tcp.options.wscale", "TCP Option - Window scale", Kind::Bytes);
    WSCALE_SHIFT = Field::new("tcp.options.wscale.shift", "Shift count", Kind::Uint(8));
    WSCALE_MULTIPLIER = Field::new("tcp.options.wscale.multiplier", "Multiplier", Kind::Uint(16)).generated();
    SACK_PERM = Field::new("tcp.options.sack_perm", "TCP Option - SACK permitted", Kind::Bytes);
    SACK = Field::new("tcp.options.sack", "TCP Option - SACK", Kind::Bytes);
    SACK_LE = Field::new("tcp.options.sack_le", "TCP SACK Left Edge", Kind::Uint(32));
    SACK_RE = Field::new("tcp.options.sack_re", "TCP SACK Right Edge", Kind::Uint(32));
    SACK_COUNT = Field::new("tcp.options.sack.count", "TCP SACK Count", Kind::Uint(8)).generated();
    TIMESTAMP = Field::new("tcp.options.timestamp", "TCP Option - Timestamps", Kind::Bytes);
    TSVAL = Field::new("tcp.options.timestamp.tsval", "Timestamp value", Kind::Uint(32));
    TSECR = Field::new("tcp.options.timestamp.tsecr", "Timestamp echo reply", Kind::Uint(32));
    OPTIONS_UNKNOWN = Field::new("tcp.options.unknown", "TCP Option - Unknown", Kind::Bytes);
    UNKNOWN_PAYLOAD = Field::new("tcp.options.unknown.payload", "Payload", Kind::Bytes);
    TIME_RELATIVE = Field::new("tcp.time_relative", "Time since first frame in this TCP stream", Kind::Duration).generated();
    TIME_DELTA = Field::new("tcp.time_delta", "Time since previous frame in this TCP stream", Kind::Duration).generated();
    ANALYSIS = Field::new("tcp.analysis", "SEQ/ACK analysis", Kind::Label).generated();
    ACKS_FRAME = Field::new("tcp.analysis.acks_frame", "This is an ACK to the segment in frame", Kind::FrameNo).generated();
    ACK_RTT = Field::new("tcp.analysis.ack_rtt", "The RTT to ACK the segment was", Kind::Duration).generated();
    INITIAL_RTT = Field::new("tcp.analysis.initial_rtt", "iRTT", Kind::Duration).generated();
    BYTES_IN_FLIGHT = Field::new("tcp.analysis.bytes_in_flight", "Bytes in flight", Kind::Uint(32)).generated();
    PUSH_BYTES_SENT = Field::new("tcp.analysis.push_bytes_sent", "Bytes sent since last PSH flag", Kind::Uint(32)).generated();
    ANALYSIS_FLAGS = Field::new("tcp.analysis.flags", "TCP Analysis Flags", Kind::Label).generated();
    RETRANSMISSION = Field::new("tcp.analysis.retransmission", "This frame is a (suspected) retransmission", Kind::Label);
    FAST_RETRANSMISSION =
        Field::new("tcp.analysis.fast_retransmission", "This frame is a (suspected) fast retransmission", Kind::Label);
    SPURIOUS_RETRANSMISSION =
        Field::new("tcp.analysis.spurious_retransmission", "This frame is a (suspected) spurious retransmission", Kind::Label);
    OUT_OF_ORDER = Field::new("tcp.analysis.out_of_order", "This frame is a (suspected) out-of-order segment", Kind::Label);
    LOST_SEGMENT =
        Field::new("tcp.analysis.lost_segment", "Previous segment(s) not captured (common at capture start)", Kind::Label);
    ACK_LOST_SEGMENT =
        Field::new("tcp.analysis.ack_lost_segment", "ACKed segment that wasn't captured (common at capture start)", Kind::Label);
    WINDOW_UPDATE = Field::new("tcp.analysis.window_update", "TCP window update", Kind::Label);
    WINDOW_FULL =
        Field::new("tcp.analysis.window_full", "TCP window specified by the receiver is now completely full", Kind::Label);
    KEEP_ALIVE = Field::new("tcp.analysis.keep_alive", "TCP keep-alive segment", Kind::Label);
    KEEP_ALIVE_ACK = Field::new("tcp.analysis.keep_alive_ack", "ACK to a TCP keep-alive segment", Kind::Label);
    ZERO_WINDOW = Field::new("tcp.analysis.zero_window", "TCP Zero Window segment", Kind::Label);
    ZERO_WINDOW_PROBE = Field::new("tcp.analysis.zero_window_probe", "TCP Zero Window Probe", Kind::Label);
    ZERO_WINDOW_PROBE_ACK =
        Field::new("tcp.analysis.zero_window_probe_ack", "ACK to a TCP Zero Window Probe", Kind::Label);
    REUSED_PORTS = Field::new(
        "tcp.analysis.reused_ports",
        "A new tcp session is started with the same ports as an earlier session in this trace",
        Kind::Label
    );
    DUPLICATE_ACK = Field::new("tcp.analysis.duplicate_ack", "Duplicate ACK", Kind::Label);
    DUPLICATE_ACK_NUM = Field::new("tcp.analysis.duplicate_ack_num", "Duplicate ACK #", Kind::Uint(32)).generated();
    DUPLICATE_ACK_FRAME =
        Field::new("tcp.analysis.duplicate_ack_frame", "Duplicate to the ACK in frame", Kind::FrameNo).generated();
    RTO = Field::new("tcp.analysis.rto", "The RTO for this segment was", Kind::Duration).generated();
    RTO_FRAME = Field::new("tcp.analysis.rto_frame", "RTO based on delta from frame", Kind::FrameNo).generated();
    CONNECTION_SYN = Field::new("tcp.connection.syn", "Connection establish request (SYN)", Kind::Label);
    CONNECTION_SYNACK = Field::new("tcp.connection.synack", "Connection establish acknowledge (SYN+ACK)", Kind::Label);
    CONNECTION_FIN = Field::new("tcp.connection.fin", "Connection finish (FIN)", Kind::Label);
    CONNECTION_RST = Field::new("tcp.connection.rst", "Connection reset (RST)", Kind::Label);
    FIN_ACTIVE = Field::new("tcp.connection.fin_active", "This frame initiates the connection closing", Kind::Label);
    FIN_PASSIVE = Field::new("tcp.connection.fin_passive", "This frame undergoes the connection closing", Kind::Label);
    DSACK = Field::new("tcp.options.sack.dsack", "D-SACK Sequence", Kind::Label);
    DSACK_LE = Field::new("tcp.options.sack.dsack_le", "TCP D-SACK Left Edge", Kind::Uint(32)).generated();
    DSACK_RE = Field::new("tcp.options.sack.dsack_re", "TCP D-SACK Right Edge", Kind::Uint(32)).generated();
    PAYLOAD = Field::new("tcp.payload", "TCP payload", Kind::Bytes);
}

/// Everything a part of the walk needs.
struct Segment<'a> {
    bytes: &'a [u8],
    layer: &'a Layer,
    header: Header,
    facts: TcpFacts,
}

impl Segment<'_> {
    fn at(&self, offset: usize, len: u32) -> At {
        At { source: self.layer.source, start: self.layer.start + offset as u32, len }
    }
}

pub(super) fn visit(ctx: &Context<'_>, layer: &Layer, v: &mut dyn Visit) -> Flow {
    let bytes = ctx.layer_bytes(layer);
    let Some(header) = Header::read(bytes) else { return cut(bytes, layer, v) };
    let facts = ctx.facts.tcp.copied().unwrap_or_default();
    let s = Segment { bytes, layer, header, facts };
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
    if ctx.facts.tcp.is_some() {
        v.field(&STREAM, s.at(0, 0), Value::Uint(facts.stream.into()))?;
        completeness(&s, v)?;
    }
    v.field(&LEN, s.at(at::OFFSET, 0), Value::Uint(len.into()))?;
    numbers(&s, v)?;
    flags(&s, v)?;
    window(&s, v)?;
    v.field(&URGENT_POINTER, s.at(at::URGENT, 2), Value::Uint(header.urgent.into()))?;
    options(&s, v)?;
    if ctx.facts.tcp.is_some() {
        times(&s, v)?;
        analysis(&s, v)?;
    }
    let payload = ctx.payload(layer);
    if !payload.is_empty() {
        let at = At { len: payload.len() as u32, ..layer.payload_at() };
        let plural = if payload.len() == 1 { "" } else { "s" };
        let text = format_args!("TCP payload ({} byte{plural})", payload.len());
        v.line(&PAYLOAD, at, Value::Bytes(payload), text)?;
        let judged = Findings::FAST_RETRANSMISSION | Findings::SPURIOUS_RETRANSMISSION;
        if facts.findings.has(Findings::RETRANSMISSION) && !facts.findings.has(judged) {
            let text = format_args!("Retransmitted TCP segment data ({} byte{plural})", payload.len());
            v.line(&segments::SEGMENT_DATA, at, Value::Bytes(payload), text)?;
        }
        segments::data(ctx, v)?;
    }
    v.close();
    segments::reassembled(ctx, v)
}

/// A header that is not all there: what an ICMP error quotes, or what a snapshot length has left.
fn cut(bytes: &[u8], layer: &Layer, v: &mut dyn Visit) -> Flow {
    let at = |offset: usize, len: u32| At { source: layer.source, start: layer.start + offset as u32, len };
    v.line(
        &super::PROTOCOL.field,
        layer.header_at(),
        Value::Bytes(bytes),
        format_args!("Transmission Control Protocol"),
    )?;
    v.open();
    for (field, offset) in [(&SRCPORT, at::SRCPORT), (&DSTPORT, at::DSTPORT)] {
        if let Some(port) = bytes.u16(offset) {
            v.field(field, at(offset, 2), Value::Uint(port.into()))?;
            v.field(&PORT, at(offset, 2), Value::Uint(port.into()))?;
        }
    }
    if let Some(seq) = bytes.u32(at::SEQ) {
        v.field(&SEQ, at(at::SEQ, 4), Value::Uint(seq.into()))?;
        v.field(&SEQ_RAW, at(at::SEQ, 4), Value::Uint(seq.into()))?;
    }
    v.close();
    Flow::Continue(())
}

fn ports(s: &Segment<'_>, v: &mut dyn Visit) -> Flow {
    for (field, offset, port) in
        [(&SRCPORT, at::SRCPORT, s.header.srcport), (&DSTPORT, at::DSTPORT, s.header.dstport)]
    {
        v.field(field, s.at(offset, 2), Value::Uint(port.into()))?;
        v.field(&PORT, s.at(offset, 2), Value::Uint(port.into()))?;
    }
    Flow::Continue(())
}

fn completeness(s: &Segment<'_>, v: &mut dyn Visit) -> Flow {
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

fn numbers(s: &Segment<'_>, v: &mut dyn Visit) -> Flow {
    let (h, f) = (&s.header, &s.facts);
    let seq = h.seq - f.seq_base;
    let ack = h.ack - f.ack_base;
    let uses = u32::from(h.flags.has(Flags(Flags::SYN.0 | Flags::FIN.0)));
    let next = seq.wrapping_add(s.layer.payload_len()).wrapping_add(uses);
    let (seq_note, ack_note) = match f.seq_base {
        SeqNo(0) => ("", ""),
        _ => ("    (relative sequence number)", "    (relative ack number)"),
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
    v.field(&ACK_RAW, s.at(at::ACK, 4), Value::Uint(h.ack.0.into()))?;
    let words = h.len / 4;
    v.line(
        &HDR_LEN,
        s.at(at::OFFSET, 1),
        Value::Uint(h.len.into()),
        format_args!("{words:04b} .... = Header Length: {} bytes ({words})", h.len),
    )
}

fn flags(s: &Segment<'_>, v: &mut dyn Visit) -> Flow {
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
    let names = lazy(|f| {
        let mut names = Line::new();
        s.header.flags.write(&mut names);
        f.write_str(&String::from_utf8_lossy(&names))
    });
    v.line(&FLAGS, at, Value::Uint(bits.into()), format_args!("Flags: 0x{bits:03x} ({names})"))?;
    v.open();
    for (field, mask) in BITS {
        v.field(field, at, Value::Bool(bits & mask != 0))?;
        if bits & mask != 0 {
            remarks::flag(&s.header, Flags(mask), at, v)?;
        }
    }
    // Twelve characters; a dot in the middle of a line takes two bytes.
    let (mut letters, mut len) = ([0; 24], 0);
    for (i, letter) in "RRRACEUAPRSF".chars().enumerate() {
        let shown = if bits >> (11 - i) & 1 == 1 { letter } else { '·' };
        len += shown.encode_utf8(letters.get_mut(len..).unwrap_or_default()).len();
    }
    v.field(&FLAGS_STR, at, Value::Text(letters.get(..len).unwrap_or_default()))?;
    remarks::closing(&s.facts, at, v)?;
    v.close();
    Flow::Continue(())
}

fn window(s: &Segment<'_>, v: &mut dyn Visit) -> Flow {
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

fn options(s: &Segment<'_>, v: &mut dyn Visit) -> Flow {
    let end = usize::from(s.header.len).min(s.bytes.len());
    let Some(bytes) = s.bytes.get(at::OPTIONS..end).filter(|b| !b.is_empty()) else {
        return Flow::Continue(());
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
    v.close();
    Flow::Continue(())
}

/// An option's name in the heading of the list.
fn title(option: &TcpOption<'_>) -> &'static str {
    match option {
        TcpOption::End => "End of Option List (EOL)",
        TcpOption::Nop => "No-Operation (NOP)",
        TcpOption::Mss(_) => "Maximum segment size",
        TcpOption::WindowScale(_) => "Window scale",
        TcpOption::SackPermitted => "SACK permitted",
        TcpOption::Sack(_) => "SACK",
        TcpOption::Timestamps(..) => "Timestamps",
        TcpOption::Other(kind, _) | TcpOption::Damaged(kind, _) => {
            name_of(OPTION_KINDS, u64::from(*kind)).unwrap_or("Unknown")
        }
    }
}

fn one_option(s: &Segment<'_>, at: At, raw: &[u8], option: TcpOption<'_>, v: &mut dyn Visit) -> Flow {
    let value = Value::Bytes(raw);
    match option {
        TcpOption::End => v.field(&OPTIONS_EOL, at, value)?,
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
        TcpOption::Other(..) | TcpOption::Damaged(..) => v.field(&OPTIONS_UNKNOWN, at, value)?,
    }
    v.open();
    let byte = |offset: u32, len: u32| At { start: at.start + offset, len, ..at };
    v.field(&OPTION_KIND, byte(0, 1), Value::Uint(raw.u8(0).unwrap_or(0).into()))?;
    if raw.len() > 1 {
        v.field(&OPTION_LEN, byte(1, 1), Value::Uint(raw.u8(1).unwrap_or(0).into()))?;
    }
    match option {
        TcpOption::Mss(mss) => v.field(&MSS_VAL, byte(2, 2), Value::Uint(mss.into()))?,
        TcpOption::WindowScale(shift) => {
            v.field(&WSCALE_SHIFT, byte(2, 1), Value::Uint(shift.into()))?;
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
                let relative = if s.facts.ack_base == SeqNo(0) { "" } else { " (relative)" };
                let text = format_args!("left edge = {left}{relative}");
                v.line(&SACK_LE, left_at, Value::Uint(left.into()), text)?;
                let text = format_args!("right edge = {right}{relative}");
                v.line(&SACK_RE, right_at, Value::Uint(right.into()), text)?;
            }
            v.field(&SACK_COUNT, byte(0, 0), Value::Uint(blocks.len() as u64 / 8))?;
            remarks::dsack(&s.header, &s.facts, blocks, at, v)?;
        }
        TcpOption::Other(_, data) => {
            v.field(&UNKNOWN_PAYLOAD, byte(2, data.len() as u32), Value::Bytes(data))?;
        }
        _ => {}
    }
    v.close();
    Flow::Continue(())
}

/// The blocks of a SACK option as ` 1449-2897 4345-5793`, relative.
fn sack_ranges(blocks: &[u8], base: SeqNo) -> impl std::fmt::Display {
    lazy(move |f| {
        blocks.chunks_exact(8).try_for_each(|block| {
            let edge = |o: usize| SeqNo(block.u32(o).unwrap_or(0)) - base;
            write!(f, " {}-{}", edge(0), edge(4))
        })
    })
}

fn times(s: &Segment<'_>, v: &mut dyn Visit) -> Flow {
    v.text(s.at(0, 0), format_args!("[Timestamps]"))?;
    v.open();
    v.field(&TIME_RELATIVE, s.at(0, 0), Value::Duration(s.facts.time_relative))?;
    v.field(&TIME_DELTA, s.at(0, 0), Value::Duration(s.facts.time_delta))?;
    v.close();
    Flow::Continue(())
}

fn analysis(s: &Segment<'_>, v: &mut dyn Visit) -> Flow {
    let (f, none) = (&s.facts, s.at(0, 0));
    let said = f.acks.is_some() || f.initial_rtt.is_some() || f.bytes_in_flight.is_some();
    if !said && f.findings.is_empty() && f.dup_ack.is_none() {
        return Flow::Continue(());
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
    Flow::Continue(())
}
