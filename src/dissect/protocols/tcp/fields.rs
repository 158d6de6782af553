//! The fields of a TCP segment (`tcp`), and the kinds of its options.

use crate::dissect::protocols::ipv4::{CHECKSUM_STATES, SET};
use crate::field::{Field, Kind, Names};

/// Kinds of options (IANA, TCP Option Kind Numbers).
pub(super) const OPTION_KINDS: Names = &[
    (0, "End of Option List"),
    (1, "No-Operation"),
    (2, "Maximum Segment Size"),
    (3, "Window Scale"),
    (4, "SACK Permitted"),
    (5, "SACK"),
    (6, "Echo"),
    (7, "Echo Reply"),
    (8, "Time Stamp Option"),
    (9, "Partial Order Connection Permitted"),
    (10, "Partial Order Service Profile"),
    (11, "CC"),
    (12, "CC.NEW"),
    (13, "CC.ECHO"),
    (14, "TCP Alternate Checksum Request"),
    (15, "TCP Alternate Checksum Data"),
    (16, "Skeeter"),
    (17, "Bubba"),
    (18, "Trailer Checksum Option"),
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
    FLAGS_ACE = Field::new("tcp.flags.ace", "ACE", Kind::Uint(8)).mask(0x1c0).width(12);
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
    URGENT_UNUSED = Field::new(
        "tcp.urgent_pointer.non_zero",
        "The urgent pointer field is nonzero while the URG flag is not set",
        Kind::Label,
    );
    TFO_ACK = Field::new("tcp.analysis.tfo_ack", "TCP SYN-ACK accepting TFO data", Kind::Label);
    TFO_IGNORED = Field::new("tcp.analysis.tfo_ignored", "TCP SYN-ACK ignoring TFO data", Kind::Label);
    PDU_SIZE = Field::new("tcp.pdu.size", "PDU Size", Kind::Uint(32)).generated();
    REASSEMBLED_IN = Field::new("tcp.reassembled_in", "Reassembled PDU in frame", Kind::FrameNo).generated();
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
    FAST_OPEN_COOKIE = Field::new("tcp.analysis.tfo_syn", "TCP SYN with TFO Cookie", Kind::Label);
    OPTION_LEN_INVALID = Field::new("tcp.option.len.invalid", "Invalid length for option", Kind::Label);
    ACK_NONZERO = Field::new(
        "tcp.ack.nonzero",
        "The acknowledgment number field is nonzero while the ACK flag is not set",
        Kind::Label
    );
    WSCALE_INVALID = Field::new("tcp.options.wscale.shift.invalid", "Window scale shift exceeds 14", Kind::Label);
    MSS_ABSENT = Field::new("tcp.options.mss.absent", "The SYN packet does not contain a MSS option", Kind::Label);
    MSS_PRESENT = Field::new("tcp.options.mss.present", "The non-SYN packet does contain a MSS option", Kind::Label);
    PAYLOAD = Field::new("tcp.payload", "TCP payload", Kind::Bytes);
}
