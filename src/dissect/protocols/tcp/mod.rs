//! Transmission Control Protocol (`tcp`): RFC 9293.

mod details;
mod direct;
mod extensions;
mod fields;
mod options;
mod parts;
mod quoted;
mod remarks;
pub(super) mod segments;

pub use crate::dissect::facts::{Closing, Findings, Scale, SeqNo, TcpFacts};
pub(in crate::dissect) use direct::{DIRECT, OF_CONVERSATION};
pub use options::{Options, TcpOption};

use crate::dissect::protocol::Parts;
use crate::dissect::reading::read::Read;
use crate::dissect::{Context, Decoder, Layer, Next, Overlap, Proto, Protocol, Span};
use crate::field::Field;
use crate::text::{Line, Push};
use etherparse::TcpHeaderSlice;
use parts::Written;

mod at {
    //! Offsets in the header (RFC 9293, figure 1).
    pub(in crate::dissect) const SRCPORT: usize = 0;
    pub(in crate::dissect) const DSTPORT: usize = 2;
    pub(in crate::dissect) const SEQ: usize = 4;
    pub(in crate::dissect) const ACK: usize = 8;
    pub(in crate::dissect) const OFFSET: usize = 12;
    pub(in crate::dissect) const WINDOW: usize = 14;
    pub(in crate::dissect) const CHECKSUM: usize = 16;
    pub(in crate::dissect) const URGENT: usize = 18;
    pub(in crate::dissect) const OPTIONS: usize = 20;
}

/// The flags of a segment: the twelve bits after the data offset, reserved ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u16);

impl Flags {
    /// The sender has no more data to send.
    pub const FIN: Flags = Flags(0x001);
    /// Synchronise sequence numbers.
    pub const SYN: Flags = Flags(0x002);
    /// Reset the connection.
    pub const RST: Flags = Flags(0x004);
    /// Deliver the data received so far to the application.
    pub const PSH: Flags = Flags(0x008);
    /// The acknowledgement number is valid.
    pub const ACK: Flags = Flags(0x010);
    /// The urgent pointer is valid.
    pub const URG: Flags = Flags(0x020);

    /// Whether any of `other` is set.
    pub const fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    /// The flags AE, CWR and ECE as a number of three bits, as Accurate ECN reads them.
    pub const fn ace(self) -> u16 {
        self.0 >> 6 & 7
    }

    /// As [`Flags::write`]. If `ace` is true, the three flags of Accurate ECN are a counter, and their number takes
    /// the place of their names.
    #[inline]
    fn write_counting(self, ace: bool, out: &mut Line) {
        if !ace {
            return self.write(out);
        }
        Flags(self.0 & !0x1c0).write(out);
        out.text(", ACE=");
        out.num(self.ace());
    }

    /// Appends the names of the flags in the order of their bits, from FIN upwards, as in `SYN, ACK`; `<None>` if no
    /// flag is set.
    pub fn write(self, out: &mut Line) {
        // Nearly all segments have one of these combinations.
        match self.0 {
            0x002 => return out.text("SYN"),
            0x010 => return out.text("ACK"),
            0x011 => return out.text("FIN, ACK"),
            0x012 => return out.text("SYN, ACK"),
            0x018 => return out.text("PSH, ACK"),
            _ => {}
        }
        const NAMES: [&str; 9] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"];
        let mut first = true;
        let reserved = if self.0 & 0xe00 != 0 { Some("Reserved") } else { None };
        let set = NAMES.iter().enumerate().filter(|(bit, _)| self.0 >> bit & 1 == 1).map(|(_, n)| *n);
        for name in set.chain(reserved) {
            if !first {
                out.text(", ");
            }
            out.text(name);
            first = false;
        }
        if first {
            out.text("<None>");
        }
    }
}

/// The fixed part of a TCP header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Port of the sender.
    pub srcport: u16,
    /// Port of the receiver.
    pub dstport: u16,
    /// Sequence number of the first byte of payload, or of the SYN.
    pub seq: SeqNo,
    /// Next sequence number that the sender expects.
    pub ack: SeqNo,
    /// Length of the header with its options, in bytes.
    pub len: u8,
    /// The flags.
    pub flags: Flags,
    /// The window as in the header, not scaled.
    pub window: u16,
    /// The urgent pointer.
    pub urgent: u16,
}

impl Header {
    /// Reads the fixed header at the beginning of `bytes`; `None` when it is cut.
    #[inline]
    pub fn read(bytes: &[u8]) -> Option<Header> {
        let h: &[u8; 20] = bytes.first_chunk()?;
        let offset = u16::from_be_bytes([h[at::OFFSET], h[at::OFFSET + 1]]);
        Some(Header {
            srcport: u16::from_be_bytes([h[0], h[1]]),
            dstport: u16::from_be_bytes([h[2], h[3]]),
            seq: SeqNo(u32::from_be_bytes([h[4], h[5], h[6], h[7]])),
            ack: SeqNo(u32::from_be_bytes([h[8], h[9], h[10], h[11]])),
            len: (offset >> 12) as u8 * 4,
            flags: Flags(offset & 0xfff),
            window: u16::from_be_bytes([h[at::WINDOW], h[at::WINDOW + 1]]),
            urgent: u16::from_be_bytes([h[at::URGENT], h[at::URGENT + 1]]),
        })
    }
}

/// The options of a segment, given the bytes of its whole layer.
pub fn options<'a>(layer: &'a [u8], header: &Header) -> Options<'a> {
    let end = usize::from(header.len).min(layer.len());
    Options::new(layer.get(at::OPTIONS..end).unwrap_or(&[]))
}

const OWN: usize = fields::FIELDS.len() + segments::FIELDS.len();
static OWN_FIELDS: [&Field; OWN] = crate::dissect::join(fields::FIELDS, segments::FIELDS);
static FIELDS: [&Field; OWN + extensions::FIELDS.len()] =
    crate::dissect::join(&OWN_FIELDS, extensions::FIELDS);

pub(in crate::dissect) static PROTOCOL: Protocol = Protocol {
    fields: &FIELDS,
    visit: details::visit,

    summary: |ctx, layer, out| summary(ctx, layer, None, out),
    early: Some(parts::EARLY),
    silent: |ctx, layer| ctx.layer_bytes(layer).len() < 4,
    carry: Some(carry),
    second_name: "http",
    in_frame: DIRECT,
    in_conversation: OF_CONVERSATION,
    decode,
    ip_protocols: &[6],
    ..Protocol::new("tcp", "TCP", "Transmission Control Protocol")
};

pub(in crate::dissect) fn decode(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    match TcpHeaderSlice::from_slice(d.get(span)) {
        // Only the conversation can decode the payload, because earlier segments may have begun a message.
        Ok(header) => {
            d.layer(Proto::Tcp, span, header.slice().len() as u32);
            Next::Done
        }
        Err(_) => cut(d, span),
    }
}

/// Writes the Info column of a packet that TCP carries. `speaker` is the layer that speaks for the packet.
fn carry(ctx: &Context<'_>, speaker: &Layer, out: &mut Line) {
    carry_with(ctx, speaker, None, out);
}

/// As [`carry`], for a segment whose summary was partly written before.
fn finish(ctx: &Context<'_>, segment: &Layer, parts: Parts<'_>, out: &mut Line) {
    carry_with(ctx, segment, Written::of(parts), out);
}

fn carry_with(ctx: &Context<'_>, speaker: &Layer, written: Option<Written<'_>>, out: &mut Line) {
    let is_segment = speaker.proto == Proto::Tcp;
    if is_segment && ctx.facts.app.is_none() {
        return summary(ctx, speaker, written, out);
    }
    let mut listed = false;
    if let Some(tcp) = ctx.facts.tcp.filter(|_| !is_segment) {
        let before = out.len();
        write_findings(tcp, out);
        // Findings in front of a list count as its first item.
        listed = speaker.proto.get().records && out.len() > before;
        if listed {
            out.text(", ");
        }
    }
    match ctx.facts.app {
        Some(_) if is_segment && ctx.layers.all().iter().any(|l| l.proto.get().records) => {
            let before = out.len();
            ctx.facts.tcp.into_iter().for_each(|tcp| write_findings(tcp, out));
            out.text(if out.len() > before { " " } else { "" });
            out.text("[TCP segment of a reassembled PDU]");
        }
        Some(app) if is_segment && !app.begun.is_empty() => {
            ctx.facts.tcp.into_iter().for_each(|tcp| write_findings(tcp, out));
            out.decoded(&app.begun);
            out.text("  [TCP segment of a reassembled PDU]");
        }
        Some(app) if is_segment && app.begun_text.is_some() => {
            ctx.facts.tcp.into_iter().for_each(|tcp| write_findings(tcp, out));
            out.text(app.begun_text.unwrap_or(""));
            out.text("[TCP segment of a reassembled PDU]");
        }
        Some(app) if !is_segment => {
            let before = out.len();
            // Each message of the frame appends its own summary.
            for layer in ctx.layers.all().iter().skip_while(|l| l.proto != Proto::Tcp).skip(1) {
                (layer.proto.get().summary)(ctx, layer, out);
            }
            if out.len() == before && listed {
                // The list has no further item, so its comma is removed.
                out.truncate(before - 2);
            }
            if !app.begun.is_empty() {
                out.decoded(&app.begun);
                out.push(b' ');
            }
        }
        _ if is_segment => summary(ctx, speaker, written, out),
        _ => (speaker.proto.get().summary)(ctx, speaker, out),
    }
    let Some(app) = ctx.facts.app else { return };
    if app.reassembled.iter().flat_map(|message| &message.pieces).any(|p| p.overlap == Overlap::Conflict) {
        out.text("[Illegal Segments]");
    }
}

impl<'a> Context<'a> {
    /// The packet's own TCP segment: its layer and its header. `None` if the packet has none, or its header is cut.
    pub fn tcp(&self) -> Option<(&'a Layer, Header)> {
        let layer = self.layers.find(Proto::Tcp)?;
        Some((layer, Header::read(self.layer_bytes(layer))?))
    }
}

/// Adds the layer of a segment whose header is cut. If the fixed part is there, the data offset says how long the
/// header is, so that options that were cut off do not count as payload.
fn cut(d: &mut Decoder<'_, '_>, span: Span) -> Next {
    let length = Header::read(d.get(span)).map_or(span.len(), |header| header.len.into());
    d.cut_layer(Proto::Tcp, span, length);
    Next::Done
}

fn summary(ctx: &Context<'_>, layer: &Layer, written: Option<Written<'_>>, out: &mut Line) {
    let bytes = ctx.layer_bytes(layer);
    let known = ctx.segment.filter(|_| !layer.quoted && layer.source == 0);
    let Some(header) = known.copied().or_else(|| Header::read(bytes)) else {
        if let (Some(src), Some(dst)) = (bytes.u16(at::SRCPORT), bytes.u16(at::DSTPORT)) {
            out.num(src);
            out.text(" → ");
            out.num(dst);
        }
        return;
    };
    let unknown = TcpFacts::default();
    let facts = ctx.facts.tcp.unwrap_or(&unknown);
    write_findings(facts, out);
    match written.filter(|_| !facts.ace) {
        Some(parts) => out.extend_from_slice(parts.ports),
        None => header.write_ports(facts.ace, out),
    }
    if header.len < 20 {
        out.text(", bogus TCP header length (");
        out.num(header.len);
        out.text(", must be at least 20)");
        return;
    }
    number(out, " Seq=", header.seq - facts.seq_base);
    if header.flags.has(Flags::ACK) {
        number(out, " Ack=", header.ack - facts.ack_base);
    }
    number(out, " Win=", scaled_window(&header, facts));
    if header.flags.has(Flags::URG) {
        number(out, " Urg=", header.urgent.into());
    }
    number(out, " Len=", layer.payload_len());
    match written.filter(|parts| !parts.timestamps.is_empty()) {
        Some(parts) => out.extend_from_slice(parts.timestamps),
        None => write_options(bytes, &header, facts, out),
    }
    if facts.part_of_pdu {
        out.text(" [TCP segment of a reassembled PDU]");
    }
}

#[inline(always)]
fn number(out: &mut Line, label: &str, n: u32) {
    out.text(label);
    out.num(n);
}

/// The window in bytes (`tcp.window_size`). The window of a SYN is never scaled.
pub fn scaled_window(header: &Header, facts: &TcpFacts) -> u32 {
    match facts.scale {
        Scale::Shift(shift) if !header.flags.has(Flags::SYN) => u32::from(header.window) << shift.min(14),
        _ => header.window.into(),
    }
}

/// Appends the findings of the analysis in square brackets, as they begin the Info column.
pub(crate) fn write_findings(facts: &TcpFacts, out: &mut Line) {
    if facts.findings.is_empty() {
        return;
    }
    // The finding on a duplicate ACK is not in this table, because its text has the number of the repeat.
    const TEXTS: [(Findings, &str); 14] = [
        (Findings::ZERO_WINDOW_PROBE_ACK, "[TCP ZeroWindowProbeAck] "),
        (Findings::ZERO_WINDOW, "[TCP ZeroWindow] "),
        (Findings::ZERO_WINDOW_PROBE, "[TCP ZeroWindowProbe] "),
        (Findings::KEEP_ALIVE_ACK, "[TCP Keep-Alive ACK] "),
        (Findings::KEEP_ALIVE, "[TCP Keep-Alive] "),
        (Findings::WINDOW_FULL, "[TCP Window Full] "),
        (Findings::WINDOW_UPDATE, "[TCP Window Update] "),
        (Findings::ACK_LOST_SEGMENT, "[TCP ACKed unseen segment] "),
        (Findings::LOST_SEGMENT, "[TCP Previous segment not captured] "),
        (Findings::OUT_OF_ORDER, "[TCP Out-Of-Order] "),
        (Findings::SPURIOUS_RETRANSMISSION, "[TCP Spurious Retransmission] "),
        (Findings::FAST_RETRANSMISSION, "[TCP Fast Retransmission] "),
        (Findings::RETRANSMISSION, "[TCP Retransmission] "),
        (Findings::REUSED_PORTS, "[TCP Port numbers reused] "),
    ];
    let mut shown = facts.findings;
    if shown.has(Findings::FAST_RETRANSMISSION | Findings::SPURIOUS_RETRANSMISSION) {
        shown = shown.without(Findings::RETRANSMISSION);
    }
    if let Some((frame, n)) = facts.dup_ack {
        out.text("[TCP Dup ACK ");
        out.num(frame);
        out.text("#");
        out.num(n);
        out.text("] ");
    }
    for (finding, text) in TEXTS {
        if shown.has(finding) {
            out.text(text);
        }
    }
}

/// The values of a timestamp option that is the only one. Most segments have exactly this option, and reading it
/// directly saves the iteration over options.
#[inline]
pub(crate) fn lone_timestamps(layer: &[u8], header: &Header) -> Option<(u32, u32)> {
    let lone = header.len == 32 && layer.get(at::OPTIONS..at::OPTIONS + 4) == Some(&[1, 1, 8, 10]);
    if lone { layer.u32(24).zip(layer.u32(28)) } else { None }
}

fn write_timestamps(val: u32, ecr: u32, out: &mut Line) {
    number(out, " TSval=", val);
    number(out, " TSecr=", ecr);
}

fn write_options(bytes: &[u8], header: &Header, facts: &TcpFacts, out: &mut Line) {
    if let Some((val, ecr)) = lone_timestamps(bytes, header) {
        return write_timestamps(val, ecr, out);
    }
    for (_, _, option) in options(bytes, header) {
        match option {
            TcpOption::Mss(mss) => number(out, " MSS=", mss.into()),
            TcpOption::WindowScale(shift) => number(out, " WS=", 1 << shift.min(14)),
            TcpOption::SackPermitted => out.text(" SACK_PERM"),
            TcpOption::Timestamps(val, ecr) => write_timestamps(val, ecr, out),
            TcpOption::Sack(blocks) => {
                for block in blocks.chunks_exact(8) {
                    let (left, right) = (SeqNo(block.u32(0).unwrap_or(0)), SeqNo(block.u32(4).unwrap_or(0)));
                    number(out, " SLE=", left - facts.ack_base);
                    number(out, " SRE=", right - facts.ack_base);
                }
            }
            TcpOption::Extension(_, option) => option.write(out),
            _ => {}
        }
    }
}
