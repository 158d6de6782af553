//! Predicts the packets that one message of the lab takes: an exact number where TCP leaves no choice, a range where
//! timing decides. It also counts the same kinds of packets in a recorded exchange.

use crate::dissect::protocols::tcp::Flags;
use crate::lab::evidence::collect::Segment;
use crate::lab::evidence::exchange::{Exchange, Side};
use std::fmt;

/// The properties of the two systems and their link that decide the number of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Length of the message, in bytes of payload.
    pub message: u32,
    /// Length of the receipt, in bytes of payload.
    pub receipt: u32,
    /// The largest IP packet, in bytes.
    pub mtu: u32,
    /// Whether both systems use TCP's timestamps (RFC 7323), as Linux does by default.
    pub timestamps: bool,
    /// Whether adapters may cut segments (offload), so that a capture shows fewer and longer ones.
    pub offload: bool,
}

/// Bytes of the headers of IPv4 and TCP without options.
const HEADERS: u32 = 40;
/// Bytes of the timestamps option with its padding (RFC 7323).
const TIMESTAMPS: u32 = 12;
/// Bytes of an Ethernet header.
const ETHERNET: u32 = 14;

/// How many packets of one kind there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The least number.
    pub least: u32,
    /// The greatest number.
    pub most: u32,
}

impl Count {
    fn exactly(n: u32) -> Count {
        Count { least: n, most: n }
    }

    /// Whether `n` is within the prediction.
    pub fn holds(self, n: u32) -> bool {
        (self.least..=self.most).contains(&n)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.least == self.most {
            write!(f, "{}", self.least)
        } else {
            write!(f, "{}–{}", self.least, self.most)
        }
    }
}

/// Kinds of packets, in the order in which they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SYN, SYN-ACK and the ACK that ends the handshake.
    Handshake,
    /// Segments that carry the message.
    Message,
    /// ACKs without payload from the receiver, before the first FIN.
    MessageAck,
    /// Segments that carry the receipt.
    Receipt,
    /// ACKs without payload from the sender, before the first FIN.
    ReceiptAck,
    /// FINs without payload, one for each side.
    Fin,
    /// ACKs without payload after the first FIN.
    FinAck,
}

/// All kinds, in order.
pub const KINDS: [Kind; 7] = [
    Kind::Handshake,
    Kind::Message,
    Kind::MessageAck,
    Kind::Receipt,
    Kind::ReceiptAck,
    Kind::Fin,
    Kind::FinAck,
];

impl Kind {
    /// Its name, as in the tables of `predict`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Handshake => "handshake",
            Kind::Message => "message",
            Kind::MessageAck => "ACKs of the message alone",
            Kind::Receipt => "receipt",
            Kind::ReceiptAck => "ACKs of the receipt alone",
            Kind::Fin => "FIN",
            Kind::FinAck => "ACKs of the FINs alone",
        }
    }

    /// The predicted number of packets of this kind, and the reason in words.
    pub fn predicted(self, setting: &Setting) -> (Count, String) {
        let segments = setting.segments();
        let mss = setting.mss();
        let payload = setting.payload();
        match self {
            Kind::Handshake => {
                (Count::exactly(3), format!("SYN, SYN-ACK, ACK; each SYN names an MSS of {mss}"))
            }
            Kind::Message if setting.offload && segments > 1 => (
                Count { least: 1, most: segments },
                format!(
                    "{segments} segments on a cable, of {payload} bytes at most; with offload a capture may show fewer, longer ones"
                ),
            ),
            Kind::Message => {
                let last = setting.message - payload * (segments - 1);
                let sizes = match segments {
                    1 => format!("{last} bytes"),
                    2 => format!("{payload} and {last} bytes"),
                    n => format!("{} of {payload} bytes and one of {last}", n - 1),
                };
                (Count::exactly(segments), sizes)
            }
            Kind::MessageAck => (
                Count { least: 0, most: segments },
                "at least every second segment is acknowledged; the receipt can carry the last ACK"
                    .to_owned(),
            ),
            Kind::Receipt => (Count::exactly(1), format!("{} bytes", setting.receipt)),
            Kind::ReceiptAck => (
                Count { least: 0, most: 1 },
                "the sender's FIN carries it where that comes at once".to_owned(),
            ),
            Kind::Fin => (Count::exactly(2), "each side closes its own direction".to_owned()),
            Kind::FinAck => {
                (Count { least: 1, most: 2 }, "the second FIN can carry the ACK of the first".to_owned())
            }
        }
    }
}

impl Setting {
    /// The maximum segment size that each SYN names, in bytes.
    pub fn mss(&self) -> u32 {
        self.mtu.saturating_sub(HEADERS).max(1)
    }

    /// Bytes of payload that one segment carries at most.
    pub fn payload(&self) -> u32 {
        let options = if self.timestamps { TIMESTAMPS } else { 0 };
        self.mss().saturating_sub(options).max(1)
    }

    /// Segments that carry the message on a cable.
    pub fn segments(&self) -> u32 {
        self.message.div_ceil(self.payload()).max(1)
    }

    /// Length of a full frame of the message, in bytes.
    pub fn frame(&self) -> u32 {
        let options = if self.timestamps { TIMESTAMPS } else { 0 };
        ETHERNET + HEADERS + options + self.message.min(self.payload())
    }

    /// All packets of the exchange.
    pub fn total(&self) -> Count {
        let all = KINDS.map(|kind| kind.predicted(self).0);
        Count { least: all.iter().map(|c| c.least).sum(), most: all.iter().map(|c| c.most).sum() }
    }
}

/// How many packets of each kind, in the order of [`KINDS`], an exchange has; retransmissions are not counted.
pub fn recorded(x: &Exchange) -> [u32; 7] {
    let mut counts = [0; 7];
    let mut closing = false;
    for s in x.conversation.segments.iter().filter(|s| !x.repeats.contains(&s.position)) {
        let kind = kind_of(x, s, closing);
        closing |= s.is(Flags::FIN);
        if let Some(count) = counts.get_mut(kind as usize) {
            *count += 1;
        }
    }
    counts
}

fn kind_of(x: &Exchange, s: &Segment, closing: bool) -> Kind {
    match (x.side(s), s.len) {
        _ if s.is(Flags::SYN) || x.handshake_ack() == Some(s.position) && s.len == 0 => Kind::Handshake,
        (Side::Client, 1..) => Kind::Message,
        (Side::Server, 1..) => Kind::Receipt,
        _ if s.is(Flags::FIN) => Kind::Fin,
        _ if closing => Kind::FinAck,
        (Side::Server, 0) => Kind::MessageAck,
        (Side::Client, 0) => Kind::ReceiptAck,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAB: Setting = Setting { message: 28, receipt: 9, mtu: 1500, timestamps: true, offload: false };

    fn message(setting: Setting) -> (Count, String) {
        Kind::Message.predicted(&setting)
    }

    #[test]
    fn a_message_fills_segments_less_their_options() {
        assert_eq!((LAB.mss(), LAB.payload(), LAB.frame()), (1460, 1448, 94));
        for (bytes, segments) in [(1, 1), (1448, 1), (1449, 2), (4096, 3), (12288, 9)] {
            assert_eq!(message(Setting { message: bytes, ..LAB }).0, Count::exactly(segments), "{bytes}");
        }
        assert_eq!(message(Setting { message: 4096, ..LAB }).1, "2 of 1448 bytes and one of 1200");
        let plain = Setting { message: 1460, timestamps: false, ..LAB };
        assert_eq!((message(plain).0, plain.frame()), (Count::exactly(1), 1514));
        let small = Setting { message: 3000, mtu: 600, ..LAB };
        assert_eq!((small.mss(), message(small).0), (560, Count::exactly(6)));
        let offload = Setting { message: 4096, offload: true, ..LAB };
        assert_eq!(message(offload).0.to_string(), "1–3");
    }

    #[test]
    fn the_total_is_a_range() {
        assert_eq!(LAB.total().to_string(), "8–11");
        assert!(LAB.total().holds(10) && !LAB.total().holds(12));
    }
}
