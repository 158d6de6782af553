//! What the conversation knows about one TCP segment.

use super::SeqNo;
use std::ops::{BitOr, BitOrAssign};

/// Findings of the TCP analysis about one segment, as Wireshark defines them (`tcp.analysis.*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings(u16);

impl Findings {
    /// `tcp.analysis.retransmission`
    pub const RETRANSMISSION: Findings = Findings(1);
    /// `tcp.analysis.fast_retransmission`
    pub const FAST_RETRANSMISSION: Findings = Findings(1 << 1);
    /// `tcp.analysis.spurious_retransmission`
    pub const SPURIOUS_RETRANSMISSION: Findings = Findings(1 << 2);
    /// `tcp.analysis.out_of_order`
    pub const OUT_OF_ORDER: Findings = Findings(1 << 3);
    /// `tcp.analysis.lost_segment`: the previous segment was not captured.
    pub const LOST_SEGMENT: Findings = Findings(1 << 4);
    /// `tcp.analysis.ack_lost_segment`: acknowledges a segment that was not captured.
    pub const ACK_LOST_SEGMENT: Findings = Findings(1 << 5);
    /// `tcp.analysis.duplicate_ack`
    pub const DUPLICATE_ACK: Findings = Findings(1 << 6);
    /// `tcp.analysis.zero_window`
    pub const ZERO_WINDOW: Findings = Findings(1 << 7);
    /// `tcp.analysis.zero_window_probe`
    pub const ZERO_WINDOW_PROBE: Findings = Findings(1 << 8);
    /// `tcp.analysis.zero_window_probe_ack`
    pub const ZERO_WINDOW_PROBE_ACK: Findings = Findings(1 << 9);
    /// `tcp.analysis.window_full`
    pub const WINDOW_FULL: Findings = Findings(1 << 10);
    /// `tcp.analysis.window_update`
    pub const WINDOW_UPDATE: Findings = Findings(1 << 11);
    /// `tcp.analysis.keep_alive`
    pub const KEEP_ALIVE: Findings = Findings(1 << 12);
    /// `tcp.analysis.keep_alive_ack`
    pub const KEEP_ALIVE_ACK: Findings = Findings(1 << 13);
    /// `tcp.analysis.reused_ports`
    pub const REUSED_PORTS: Findings = Findings(1 << 14);

    /// Whether nothing was found.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Whether any of `other` was found.
    pub const fn has(self, other: Findings) -> bool {
        self.0 & other.0 != 0
    }
    /// Whether something was lost, repeated or held up: any finding but a window update, a keep-alive or its ACK.
    pub const fn is_trouble(self) -> bool {
        let harmless = Findings::WINDOW_UPDATE.0 | Findings::KEEP_ALIVE.0 | Findings::KEEP_ALIVE_ACK.0;
        self.0 & !harmless != 0
    }
    /// The findings without those of `other`.
    #[must_use]
    pub const fn without(self, other: Findings) -> Findings {
        Findings(self.0 & !other.0)
    }
}

impl BitOr for Findings {
    type Output = Findings;
    fn bitor(self, other: Findings) -> Findings {
        Findings(self.0 | other.0)
    }
}
impl BitOrAssign for Findings {
    fn bitor_assign(&mut self, other: Findings) {
        self.0 |= other.0;
    }
}

/// How the window is scaled (RFC 7323).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// The handshake was not captured (`tcp.window_size_scalefactor` -1).
    #[default]
    Unknown,
    /// One side did not offer scaling (-2).
    Unused,
    /// Shift count; the factor is 2 to this power.
    Shift(u8),
}

/// Which end of a closing connection a FIN comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The sender of the FIN closes first.
    Active,
    /// The sender of the FIN follows the other side.
    Passive,
}

/// What the conversation knows about one TCP segment. All sequence numbers are raw.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpFacts {
    /// Index of the conversation (`tcp.stream`).
    pub stream: u32,
    /// What is subtracted from the sequence number to make it relative.
    pub seq_base: SeqNo,
    /// What is subtracted from the acknowledgement number.
    pub ack_base: SeqNo,
    /// The scale of the window that this segment announces.
    pub scale: Scale,
    /// Parts of the conversation seen so far (`tcp.completeness`): 1 SYN, 2 SYN-ACK, 4 ACK, 8 data, 16 FIN, 32 RST.
    pub completeness: u8,
    /// Nanoseconds since the first frame of the conversation (`tcp.time_relative`).
    pub time_relative: i64,
    /// Nanoseconds since the previous frame of the conversation (`tcp.time_delta`).
    pub time_delta: i64,
    /// What the analysis found.
    pub findings: Findings,
    /// For a duplicate ACK: the frame that it repeats (`tcp.analysis.duplicate_ack_frame`), and which repeat it is,
    /// from 1 (`tcp.analysis.duplicate_ack_num`).
    pub dup_ack: Option<(u64, u32)>,
    /// The frame whose bytes this one acknowledges (`tcp.analysis.acks_frame`), and nanoseconds since that frame
    /// (`tcp.analysis.ack_rtt`).
    pub acks: Option<(u64, i64)>,
    /// For a retransmission: nanoseconds since the segment that it repeats (`tcp.analysis.rto`), and that segment's
    /// frame (`tcp.analysis.rto_frame`).
    pub rto: Option<(i64, u64)>,
    /// Whether the analysis came to any result (`tcp.analysis`); the number of bytes in flight is one, too.
    pub analysed: bool,
    /// Bytes sent and not yet acknowledged, this segment included (`tcp.analysis.bytes_in_flight`).
    pub bytes_in_flight: Option<u32>,
    /// Bytes since the last PSH (`tcp.analysis.push_bytes_sent`).
    pub push_bytes_sent: Option<u32>,
    /// Nanoseconds from SYN to the ACK that ended the handshake (`tcp.analysis.initial_rtt`).
    pub initial_rtt: Option<i64>,
    /// For the answer to a SYN with data: whether the answer accepts the data (TCP Fast Open, RFC 7413).
    pub fast_open: Option<bool>,
    /// For a FIN: which end it comes from.
    pub closing: Option<Closing>,
    /// Whether both ends use Accurate ECN, so that the flags AE, CWR and ECE are a counter (`tcp.flags.ace`).
    pub ace: bool,
    /// Whether the segment is part of a message that a later frame completes.
    pub part_of_pdu: bool,
    /// The frame that completes the message (`tcp.reassembled_in`); known only after a first pass over the capture.
    pub reassembled_in: Option<u64>,
}
