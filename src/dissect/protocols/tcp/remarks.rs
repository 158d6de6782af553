//! Remarks about a segment, as in Wireshark's expert information.

use super::fields::*;
use super::{Closing, Findings, Flags, Header, SeqNo, TcpFacts};
use crate::dissect::Visited;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::remark::{Group, Severity, remark, remark_below};
use crate::field::{At, Field, Value, Visit};

const GROUP: Group = Group::Sequence;
const PROTOCOL: Group = Group::Protocol;

/// A remark under the last line.
fn below(field: &'static Field, at: At, severity: Severity, message: &str, v: &mut dyn Visit) -> Visited {
    remark_below(field, at, severity, GROUP, message, v)
}

/// What a flag means for the connection, if the flag is set.
pub(super) fn flag(header: &Header, flag: Flags, at: At, v: &mut dyn Visit) -> Visited {
    match (flag, header.flags.has(Flags::ACK)) {
        (Flags::SYN, false) => {
            let text = format!("{}: server port {}", CONNECTION_SYN.label, header.dstport);
            below(&CONNECTION_SYN, at, Severity::Chat, &text, v)
        }
        (Flags::SYN, true) => {
            let text = format!("{}: server port {}", CONNECTION_SYNACK.label, header.srcport);
            below(&CONNECTION_SYNACK, at, Severity::Chat, &text, v)
        }
        (Flags::FIN, _) => below(&CONNECTION_FIN, at, Severity::Chat, CONNECTION_FIN.label, v),
        (Flags::RST, _) => below(&CONNECTION_RST, at, Severity::Warning, CONNECTION_RST.label, v),
        _ => Visited::Continue(()),
    }
}

/// Whether the sender of a FIN closes first or second.
pub(super) fn closing(f: &TcpFacts, at: At, v: &mut dyn Visit) -> Visited {
    let field = match f.closing {
        None => return Visited::Continue(()),
        Some(Closing::Active) => &FIN_ACTIVE,
        Some(Closing::Passive) => &FIN_PASSIVE,
    };
    below(field, at, Severity::Note, field.label, v)
}

/// A SACK option whose first block reports bytes that came twice (RFC 2883): the block is below the acknowledgement
/// number, or within the second block.
pub(super) fn dsack(header: &Header, f: &TcpFacts, blocks: &[u8], at: At, v: &mut dyn Visit) -> Visited {
    let edge = |offset: usize| blocks.u32(offset).map(SeqNo);
    let (Some(left), Some(right)) = (edge(0), edge(4)) else { return Visited::Continue(()) };
    let second = edge(8).zip(edge(12));
    let within = second.is_some_and(|(l, r)| !left.before(l) && right.up_to(r));
    if !right.up_to(header.ack) && !within {
        return Visited::Continue(());
    }
    let relative = if f.ack_base == SeqNo(0) { "" } else { " (relative)" };
    let edges = [(&DSACK_LE, left, 2, "Left"), (&DSACK_RE, right, 6, "Right")];
    for (field, edge, offset, name) in edges {
        let (at, edge) = (At { start: at.start + offset, len: 4, ..at }, edge - f.ack_base);
        let text = format_args!("[D-SACK {name} Edge = {edge}{relative}]");
        v.line(field, at, Value::Uint(edge.into()), text)?;
    }
    v.text(at, format_args!("{}", DSACK.label))?;
    below(&DSACK, at, Severity::Warning, DSACK.label, v)
}

/// A SYN with a Fast Open cookie, which may carry data (RFC 7413).
pub(super) fn fast_open(at: At, v: &mut dyn Visit) -> Visited {
    below(&FAST_OPEN_COOKIE, at, Severity::Note, FAST_OPEN_COOKIE.label, v)
}

/// An option whose length is wrong for its kind.
pub(super) fn option_len(kind: u8, len: usize, at: At, v: &mut dyn Visit) -> Visited {
    let text = match kind {
        2 | 28 => "option length should be 4".to_owned(),
        3 => "option length should be 3".to_owned(),
        4 => "option length should be 2".to_owned(),
        6 | 7 | 11..=13 => "option length should be 6".to_owned(),
        8 => "option length should be 10".to_owned(),
        19 => "option length should be 18".to_owned(),
        29 => "option length should be >= than 4".to_owned(),
        172 | 174 => format!("option length should be 2, 5, 8, or 11 instead of {len}"),
        _ => format!("option length {len} smaller than 4"),
    };
    below(&OPTION_LEN_INVALID, at, Severity::Note, &text, v)
}

/// An MSS option in a segment without SYN (RFC 9293, section 3.7.1).
pub(super) fn mss_present(header: &Header, at: At, v: &mut dyn Visit) -> Visited {
    if header.flags.has(Flags::SYN) {
        return Visited::Continue(());
    }
    remark(&MSS_PRESENT, at, Severity::Warning, PROTOCOL, MSS_PRESENT.label, v)
}

/// Options without an MSS in a segment with SYN.
pub(super) fn mss_absent(header: &Header, present: bool, at: At, v: &mut dyn Visit) -> Visited {
    if present || !header.flags.has(Flags::SYN) {
        return Visited::Continue(());
    }
    remark(&MSS_ABSENT, at, Severity::Note, PROTOCOL, MSS_ABSENT.label, v)
}

/// A window scale above 14, the largest that RFC 7323, section 2.3, allows.
pub(super) fn window_scale(shift: u8, at: At, v: &mut dyn Visit) -> Visited {
    if shift <= 14 {
        return Visited::Continue(());
    }
    remark_below(&WSCALE_INVALID, at, Severity::Warning, PROTOCOL, WSCALE_INVALID.label, v)
}

/// An urgent pointer without the flag URG.
pub(super) fn urgent(header: &Header, at: At, v: &mut dyn Visit) -> Visited {
    if header.urgent == 0 || header.flags.has(Flags::URG) {
        return Visited::Continue(());
    }
    remark_below(&URGENT_UNUSED, at, Severity::Note, PROTOCOL, URGENT_UNUSED.label, v)
}

/// Whether the data in a SYN was accepted.
pub(super) fn fast_open_answer(facts: &TcpFacts, at: At, v: &mut dyn Visit) -> Visited {
    let Some(accepted) = facts.fast_open else { return Visited::Continue(()) };
    let field = if accepted { &TFO_ACK } else { &TFO_IGNORED };
    below(field, at, Severity::Note, field.label, v)
}

/// An acknowledgement number without the flag ACK.
pub(super) fn acknowledgement(header: &Header, at: At, v: &mut dyn Visit) -> Visited {
    if header.flags.has(Flags::ACK) || header.ack == SeqNo(0) {
        return Visited::Continue(());
    }
    remark_below(&ACK_NONZERO, at, Severity::Note, PROTOCOL, ACK_NONZERO.label, v)
}

/// The findings of the analysis.
pub(super) fn findings(f: &TcpFacts, none: At, v: &mut dyn Visit) -> Visited {
    use Severity::{Chat, Note, Warning};
    const FIELDS: [(Findings, &Field, Severity); 14] = [
        (Findings::REUSED_PORTS, &REUSED_PORTS, Note),
        (Findings::FAST_RETRANSMISSION, &FAST_RETRANSMISSION, Note),
        (Findings::SPURIOUS_RETRANSMISSION, &SPURIOUS_RETRANSMISSION, Note),
        (Findings::RETRANSMISSION, &RETRANSMISSION, Note),
        (Findings::OUT_OF_ORDER, &OUT_OF_ORDER, Warning),
        (Findings::LOST_SEGMENT, &LOST_SEGMENT, Warning),
        (Findings::ACK_LOST_SEGMENT, &ACK_LOST_SEGMENT, Warning),
        (Findings::WINDOW_UPDATE, &WINDOW_UPDATE, Chat),
        (Findings::WINDOW_FULL, &WINDOW_FULL, Warning),
        (Findings::KEEP_ALIVE, &KEEP_ALIVE, Note),
        (Findings::KEEP_ALIVE_ACK, &KEEP_ALIVE_ACK, Note),
        (Findings::ZERO_WINDOW_PROBE, &ZERO_WINDOW_PROBE, Note),
        (Findings::ZERO_WINDOW, &ZERO_WINDOW, Warning),
        (Findings::ZERO_WINDOW_PROBE_ACK, &ZERO_WINDOW_PROBE_ACK, Note),
    ];
    if f.findings.is_empty() {
        return Visited::Continue(());
    }
    v.line(&ANALYSIS_FLAGS, none, Value::None, format_args!("[TCP Analysis Flags]"))?;
    v.open();
    for (finding, field, severity) in FIELDS {
        if f.findings.has(finding) {
            remark(field, none, severity, GROUP, field.label, v)?;
        }
        if finding == Findings::RETRANSMISSION
            && let Some((rto, frame)) = f.rto
        {
            v.field(&RTO, none, Value::Duration(rto))?;
            v.field(&RTO_FRAME, none, Value::Uint(frame))?;
        }
    }
    if f.dup_ack.is_some() {
        v.line(&DUPLICATE_ACK, none, Value::None, format_args!("[This is a TCP duplicate ack]"))?;
    }
    v.close();
    if let Some((frame, n)) = f.dup_ack {
        v.field(&DUPLICATE_ACK_NUM, none, Value::Uint(n.into()))?;
        v.field(&DUPLICATE_ACK_FRAME, none, Value::Uint(frame))?;
        below(&DUPLICATE_ACK, none, Severity::Note, &format!("Duplicate ACK (#{n})"), v)?;
    }
    Visited::Continue(())
}
