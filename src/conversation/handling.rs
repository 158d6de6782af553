//! What happens to a segment's payload. The findings of the TCP analysis decide whether it joins a message that waits
//! for it, and whether an application decodes what it completes or begins.

use crate::dissect::protocols::tcp::Findings;

/// What happens to a segment's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handling {
    /// Whether it joins the message that waits for its bytes.
    pub(super) reassembled: bool,
    /// Whether messages are decoded from it: those that it completes, and those inside it.
    pub(super) dissected: bool,
    /// Whether bytes that no application takes are shown as data.
    pub(super) shown: bool,
}

/// What Wireshark does with each finding; the first finding in this table that a segment has decides. The Info column
/// of a segment that is not dissected is TCP's: with `[TCP segment of a reassembled PDU]` if its bytes have joined an
/// incomplete message, with a reassembly error if they lie in a message that was complete before.
const TABLE: [(Findings, Handling); 5] = [
    (Findings::FAST_RETRANSMISSION, Handling { reassembled: true, dissected: true, shown: false }),
    (Findings::SPURIOUS_RETRANSMISSION, Handling { reassembled: false, dissected: false, shown: false }),
    (Findings::RETRANSMISSION, Handling { reassembled: false, dissected: false, shown: false }),
    (Findings::OUT_OF_ORDER, Handling { reassembled: true, dissected: false, shown: false }),
    (Findings::KEEP_ALIVE, Handling { reassembled: true, dissected: false, shown: true }),
];

impl Handling {
    /// What happens to a segment without these findings. Others, such as a lost segment before it or a full window,
    /// change nothing.
    pub(super) const USUAL: Handling = Handling { reassembled: true, dissected: true, shown: true };

    /// What happens to a segment with these findings.
    #[inline]
    pub(super) fn of(findings: Findings) -> Handling {
        if findings.is_empty() {
            return Handling::USUAL;
        }
        TABLE
            .iter()
            .find(|(finding, _)| findings.has(*finding))
            .map_or(Handling::USUAL, |(_, handling)| *handling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_repeat_is_seen_again_and_others_are_not() {
        let fast = Handling::of(Findings::FAST_RETRANSMISSION | Findings::RETRANSMISSION);
        assert!(fast.reassembled && fast.dissected);
        let again = Handling::of(Findings::SPURIOUS_RETRANSMISSION | Findings::RETRANSMISSION);
        assert!(!again.reassembled && !again.dissected);
        assert_eq!(Handling::of(Findings::LOST_SEGMENT | Findings::WINDOW_FULL), Handling::USUAL);
    }

    #[test]
    fn what_is_late_joins_without_being_seen() {
        let late = Handling::of(Findings::OUT_OF_ORDER);
        assert!(late.reassembled && !late.dissected);
    }
}
