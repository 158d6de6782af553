//! Frames in a decrypted Initial packet (RFC 9000, section 19): only those types that an Initial packet may have
//! (section 12.5).

use super::packet::number;
use crate::dissect::Repeat;
use crate::dissect::reading::remark::{Group, Severity};
use crate::dissect::reading::walk::{End, Step, Walk};
use crate::field::{Field, Kind, Names, Value, name_of};

const PADDING: u64 = 0x00;
const PING: u64 = 0x01;
const ACK: u64 = 0x02;
const ACK_ECN: u64 = 0x03;
const CRYPTO: u64 = 0x06;
const CLOSE: u64 = 0x1c;
const CLOSE_APPLICATION: u64 = 0x1d;

const TYPES: Names = &[
    (PADDING, "PADDING"),
    (PING, "PING"),
    (ACK, "ACK"),
    (ACK_ECN, "ACK"),
    (CRYPTO, "CRYPTO"),
    (CLOSE, "CONNECTION_CLOSE (Transport)"),
    (CLOSE_APPLICATION, "CONNECTION_CLOSE (Application)"),
];

crate::fields! {
    FRAME = Field::new("quic.frame", "Frame", Kind::Label);
    TYPE = Field::new("quic.frame_type", "Frame Type", Kind::Uint(64));
    PADDING_LENGTH = Field::new("quic.padding_length", "Padding Length", Kind::Uint(32)).generated();
    LARGEST = Field::new("quic.ack.largest_acknowledged", "Largest Acknowledged", Kind::Uint(64));
    DELAY = Field::new("quic.ack.ack_delay", "ACK Delay", Kind::Uint(64));
    RANGE_COUNT = Field::new("quic.ack.ack_range_count", "ACK Range Count", Kind::Uint(64));
    FIRST_RANGE = Field::new("quic.ack.first_ack_range", "First ACK Range", Kind::Uint(64));
    GAP = Field::new("quic.ack.gap", "Gap", Kind::Uint(64));
    RANGE = Field::new("quic.ack.ack_range", "ACK Range", Kind::Uint(64));
    ECT_0 = Field::new("quic.ack.ect0_count", "ECT(0) Count", Kind::Uint(64));
    ECT_1 = Field::new("quic.ack.ect1_count", "ECT(1) Count", Kind::Uint(64));
    CONGESTED = Field::new("quic.ack.ecn_ce_count", "ECN-CE Count", Kind::Uint(64));
    CRYPTO_OFFSET = Field::new("quic.crypto.offset", "Offset", Kind::Uint(64));
    CRYPTO_LENGTH = Field::new("quic.crypto.length", "Length", Kind::Uint(64));
    CRYPTO_DATA = Field::new("quic.crypto.crypto_data", "Crypto Data", Kind::Label);
    AGAIN = Field::new("quic.retransmission", "This QUIC frame has a reused stream offset (retransmission?)", Kind::Label);
    OVERLAPS = Field::new("quic.overlap", "This QUIC frame overlaps a previous frame in the stream", Kind::Label);
    ERROR = Field::new("quic.cc.error_code", "Error code", Kind::Uint(64));
    APPLICATION_ERROR = Field::new("quic.cc.error_code.app", "Application Error code", Kind::Uint(64));
    ALERT = Field::new("quic.cc.error_code.tls_alert", "TLS Alert Description", Kind::Uint(8));
    CAUSE = Field::new("quic.cc.frame_type", "Frame Type", Kind::Uint(64));
    REASON_LENGTH = Field::new("quic.cc.reason_phrase.length", "Reason phrase Length", Kind::Uint(64));
    REASON = Field::new("quic.cc.reason_phrase", "Reason phrase", Kind::Text);
}

/// The place of a CRYPTO frame's data: its offset in the handshake bytes of its side, its offset in the payload of
/// the packet, and its length, all in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crypto {
    pub(crate) offset: u64,
    pub(crate) at: usize,
    pub(crate) len: usize,
}

/// How a frame is visited: it says whether earlier packets have brought the data of a CRYPTO frame; for other frames the
/// answer does not count.
pub(super) type Seen<'s> = dyn FnMut(Frame) -> Repeat + 's;

/// One frame; a run of padding counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Padding,
    Ping,
    Ack,
    AckEcn,
    Crypto(Crypto),
    Close,
}

impl Frame {
    /// Its name in the Info column.
    pub(super) fn name(self) -> &'static str {
        match self {
            Frame::Padding => "PADDING",
            Frame::Ping => "PING",
            Frame::Ack => "ACK",
            Frame::AckEcn => "ACK_ECN",
            Frame::Crypto(_) => "CRYPTO",
            Frame::Close => "CC",
        }
    }
}

/// Visits the frames of a payload, up to the first that is impossible, and passes each to `seen`.
pub(super) fn walk(w: &mut Walk<'_, '_>, seen: &mut Seen<'_>) -> Step {
    let whole = w.left();
    while w.left() > 0 {
        let (kind, _) = number(w.bytes, 0).ok_or(End::Short)?;
        match kind {
            PADDING => padding(w, seen)?,
            PING => {
                seen(Frame::Ping);
                w.heading(&FRAME, 1, format_args!("PING"))?;
                take_type(w)?;
            }
            ACK | ACK_ECN => acknowledgement(w, kind == ACK_ECN, seen)?,
            CRYPTO => {
                let before = whole - w.left();
                crypto(w, before, seen)?;
            }
            CLOSE | CLOSE_APPLICATION => close(w, kind == CLOSE, seen)?,
            _ => return Err(End::Short),
        }
        w.close();
    }
    Ok(())
}

/// Visits the type of a frame, and goes past it.
fn take_type(w: &mut Walk<'_, '_>) -> Step {
    let (kind, len) = number(w.bytes, 0).ok_or(End::Short)?;
    let name = name_of(TYPES, kind).unwrap_or("");
    w.line(&TYPE, 0, len, Value::Uint(kind), format_args!("Frame Type: {name} (0x{kind:016x})"))?;
    w.skip(len);
    Ok(())
}

/// Visits a number of variable length, goes past it, and returns it.
fn take(w: &mut Walk<'_, '_>, field: &'static Field) -> Step<u64> {
    let (value, len) = number(w.bytes, 0).ok_or(End::Short)?;
    w.value(field, 0, len, Value::Uint(value))?;
    w.skip(len);
    Ok(value)
}

fn padding(w: &mut Walk<'_, '_>, seen: &mut Seen<'_>) -> Step {
    let len = w.bytes.iter().take_while(|b| **b == 0).count();
    seen(Frame::Padding);
    w.heading(&FRAME, len, format_args!("PADDING Length: {len}"))?;
    take_type(w)?;
    w.value(&PADDING_LENGTH, 0, 0, Value::Uint(len as u64))?;
    w.skip(len - 1);
    Ok(())
}

/// An ACK frame (RFC 9000, section 19.3).
fn acknowledgement(w: &mut Walk<'_, '_>, counts: bool, seen: &mut Seen<'_>) -> Step {
    seen(if counts { Frame::AckEcn } else { Frame::Ack });
    w.heading(&FRAME, w.left(), format_args!("ACK"))?;
    take_type(w)?;
    take(w, &LARGEST)?;
    take(w, &DELAY)?;
    let ranges = take(w, &RANGE_COUNT)?;
    take(w, &FIRST_RANGE)?;
    for _ in 0..ranges {
        take(w, &GAP)?;
        take(w, &RANGE)?;
    }
    if counts {
        take(w, &ECT_0)?;
        take(w, &ECT_1)?;
        take(w, &CONGESTED)?;
    }
    Ok(())
}

/// A CRYPTO frame (RFC 9000, section 19.6); `before` is the number of octets before it in the payload.
fn crypto(w: &mut Walk<'_, '_>, before: usize, seen: &mut Seen<'_>) -> Step {
    let all = w.left();
    w.heading(&FRAME, all, format_args!("CRYPTO"))?;
    take_type(w)?;
    let offset = take(w, &CRYPTO_OFFSET)?;
    let len = usize::try_from(take(w, &CRYPTO_LENGTH)?).map_err(|_| End::Short)?;
    w.get(0, len)?;
    let repeat = seen(Frame::Crypto(Crypto { offset, at: before + all - w.left(), len }));
    w.value(&CRYPTO_DATA, 0, len, Value::None)?;
    let field = match repeat {
        Repeat::None => None,
        Repeat::Whole => Some(&AGAIN),
        Repeat::Part => Some(&OVERLAPS),
    };
    if let Some(field) = field {
        w.text(0, len, format_args!("{}", field.label))?;
        w.remark(field, 0, 0, Severity::Note, Group::Sequence, field.label)?;
    }
    w.skip(len);
    Ok(())
}

/// A CONNECTION_CLOSE frame (RFC 9000, section 19.19).
fn close(w: &mut Walk<'_, '_>, transport: bool, seen: &mut Seen<'_>) -> Step {
    /// The first error of TLS; the last octet is the alert (RFC 9000, section 20.1).
    const CRYPTO_ERROR: u64 = 0x0100;
    seen(Frame::Close);
    let what = if transport { "Transport" } else { "Application" };
    w.heading(&FRAME, w.left(), format_args!("CONNECTION_CLOSE ({what})"))?;
    take_type(w)?;
    if transport {
        let error = take(w, &ERROR)?;
        if error & !0xff == CRYPTO_ERROR {
            w.value(&ALERT, 0, 0, Value::Uint(error & 0xff))?;
        }
        take(w, &CAUSE)?;
    } else {
        take(w, &APPLICATION_ERROR)?;
    }
    let len = usize::try_from(take(w, &REASON_LENGTH)?).map_err(|_| End::Short)?;
    w.get(0, len)?;
    w.take_up_to(&REASON, len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::reading::layer::unseen;

    fn frames(bytes: &[u8]) -> (Vec<Frame>, Step) {
        let mut all = Vec::new();
        let mut seen = |frame| {
            all.push(frame);
            Repeat::None
        };
        let step = unseen(bytes, |w| walk(w, &mut seen));
        (all, step)
    }

    #[test]
    fn frames_follow_each_other_and_padding_is_one() {
        let bytes = [2, 9, 0, 1, 0, 0, 0, 6, 5, 3, 1, 2, 3, 1, 0, 0, 0, 0x1c, 0x41, 0x28, 0, 2, b'n', b'o'];
        let crypto = Frame::Crypto(Crypto { offset: 5, at: 10, len: 3 });
        let expected = vec![Frame::Ack, crypto, Frame::Ping, Frame::Padding, Frame::Close];
        assert_eq!(frames(&bytes), (expected, Ok(())));
    }

    #[test]
    fn a_frame_that_is_cut_or_has_no_place_there_ends_the_walk() {
        assert_eq!(frames(&[6, 0, 9, 1]), (vec![], Err(End::Short)));
        assert_eq!(frames(&[1, 8, 0, 0]), (vec![Frame::Ping], Err(End::Short)));
    }
}
