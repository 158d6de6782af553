//! Frames of Google's QUIC in the details pane.

use super::frames::{self, Frame};
use super::header::Header;
use super::tags;
use crate::dissect::reading::read::Read;
use crate::dissect::reading::walk::{Step, Walk};
use crate::field::{Field, Kind, Names, Value};

crate::fields! {
    FRAME = Field::new("gquic.frame", "Frame", Kind::Label);
    FRAME_TYPE = Field::new("gquic.frame_type", "Frame Type", Kind::Uint(8)).hex();
    FRAME_PADDING_LENGTH = Field::new("gquic.frame_type.padding.length", "Padding Length", Kind::Uint(32)).generated();
    FRAME_PADDING = Field::new("gquic.frame_type.padding", "Padding", Kind::Bytes);
    CLOSE_ERROR = Field::new("gquic.frame_type.cc.error_code", "Error code", Kind::Uint(32));
    CLOSE_LENGTH = Field::new("gquic.frame_type.cc.reason_phrase.length", "Reason phrase Length", Kind::Uint(16));
    CLOSE_REASON = Field::new("gquic.frame_type.cc.reason_phrase", "Reason phrase", Kind::Text);
    SEND_ENTROPY = Field::new("gquic.frame_type.sw.send_entropy", "Send Entropy", Kind::Uint(8));
    LEAST_UNACKED = Field::new("gquic.frame_type.sw.least_unacked_delta", "Least unacked delta", Kind::Uint(64));
    IS_STREAM = Field::new("gquic.frame_type.stream", "Stream", Kind::Bool).mask(0x80);
    STREAM_FIN = Field::new("gquic.frame_type.stream.f", "FIN", Kind::Bool).mask(0x40);
    STREAM_HAS_LENGTH = Field::new("gquic.frame_type.stream.d", "Data Length", Kind::Bool).mask(0x20).names(&[(0, "0 Byte"), (1, "2 Bytes")]);
    STREAM_OFFSET_WIDTH = Field::new("gquic.frame_type.stream.ooo", "Offset Length", Kind::Uint(8)).mask(0x1c).names(OFFSET_LENGTHS);
    STREAM_ID_WIDTH = Field::new("gquic.frame_type.stream.ss", "Stream Length", Kind::Uint(8)).mask(0x03).names(&[(0, "1 Byte"), (1, "2 Bytes"), (2, "3 Bytes"), (3, "4 Bytes")]);
    STREAM_ID = Field::new("gquic.stream_id", "Stream ID", Kind::Uint(32));
    OFFSET = Field::new("gquic.offset", "Offset", Kind::Uint(64));
    DATA_LENGTH = Field::new("gquic.data_len", "Data Length", Kind::Uint(32));
    STREAM_DATA = Field::new("gquic.stream_data", "Stream Data", Kind::Bytes);
    RESET_STREAM_ID = Field::new("gquic.frame_type.rsts.stream_id", "Stream ID", Kind::Uint(32));
    RESET_OFFSET = Field::new("gquic.frame_type.rsts.byte_offset", "Byte offset", Kind::Uint(64));
    RESET_ERROR = Field::new("gquic.frame_type.rsts.error_code", "Error code", Kind::Uint(32));
    AWAY_ERROR = Field::new("gquic.frame_type.goaway.error_code", "Error code", Kind::Uint(32));
    AWAY_STREAM_ID = Field::new("gquic.frame_type.goaway.last_good_stream_id", "Last Good Stream ID", Kind::Uint(32));
    AWAY_LENGTH = Field::new("gquic.frame_type.goaway.reason_phrase.length", "Reason phrase Length", Kind::Uint(16));
    AWAY_REASON = Field::new("gquic.frame_type.goaway.reason_phrase", "Reason phrase", Kind::Text);
    WINDOW_STREAM_ID = Field::new("gquic.frame_type.wu.stream_id", "Stream ID", Kind::Uint(32));
    WINDOW_OFFSET = Field::new("gquic.frame_type.wu.byte_offset", "Byte offset", Kind::Uint(64));
    BLOCKED_STREAM_ID = Field::new("gquic.frame_type.blocked.stream_id", "Stream ID", Kind::Uint(32));
    IS_ACK = Field::new("gquic.frame_type.ack", "ACK", Kind::Bool).mask(0x40);
    ACK_NACK = Field::new("gquic.frame_type.ack.n", "NACK", Kind::Bool).mask(0x20);
    ACK_UNUSED = Field::new("gquic.frame_type.ack.u", "Unused", Kind::Bool).mask(0x10);
    ACK_TRUNCATED = Field::new("gquic.frame_type.ack.t", "Truncated", Kind::Bool).mask(0x10);
    ACK_LARGEST_WIDTH = Field::new("gquic.frame_type.ack.ll", "Largest Observed Length", Kind::Uint(8)).mask(0x0c).names(ACK_WIDTHS);
    ACK_BLOCK_WIDTH = Field::new("gquic.frame_type.ack.mm", "Missing Packet Length", Kind::Uint(8)).mask(0x03).names(ACK_WIDTHS);
    ACK_ENTROPY = Field::new("gquic.frame_type.ack.received_entropy", "Received Entropy", Kind::Uint(8));
    ACK_OBSERVED = Field::new("gquic.frame_type.ack.largest_observed", "Largest Observed", Kind::Uint(64));
    ACK_DELAY = Field::new("gquic.frame_type.ack.ack_delay_time", "Ack Delay time", Kind::Uint(16));
    ACK_TIMES = Field::new("gquic.frame_type.ack.num_timestamp", "Num Timestamp", Kind::Uint(8));
    ACK_TIME_DELTA = Field::new("gquic.frame_type.ack.delta_largest_observed", "Delta Largest Observed", Kind::Uint(8));
    ACK_FIRST_TIME = Field::new("gquic.frame_type.ack.first_timestamp", "First Timestamp", Kind::Uint(32));
    ACK_NEXT_TIME = Field::new("gquic.frame_type.ack.time_since_previous_timestamp", "Time since Previous timestamp", Kind::Uint(16));
    ACK_RANGES = Field::new("gquic.frame_type.ack.num_ranges", "Num Ranges", Kind::Uint(8));
    ACK_MISSING = Field::new("gquic.frame_type.ack.missing_packet", "Missing Packet Number Delta", Kind::Uint(64));
    ACK_RANGE_LENGTH = Field::new("gquic.frame_type.ack.range_length", "Range Length", Kind::Uint(8));
    ACK_REVIVALS = Field::new("gquic.frame_type.ack.num_revived", "Num Revived", Kind::Uint(8));
    ACK_REVIVED = Field::new("gquic.frame_type.ack.revived_packet", "Revived Packet Number", Kind::Uint(64));
    ACK_ACKED = Field::new("gquic.frame_type.ack.largest_acked", "Largest Acked", Kind::Uint(64));
    ACK_ACKED_DELAY = Field::new("gquic.frame_type.ack.largest_acked_delta_time", "Largest Acked Delta Time", Kind::Uint(16));
    ACK_BLOCKS = Field::new("gquic.frame_type.ack.num_blocks", "Num blocks", Kind::Uint(8));
    ACK_FIRST_BLOCK = Field::new("gquic.frame_type.ack.first_ack_block_length", "First Ack block length", Kind::Uint(64));
    ACK_GAP = Field::new("gquic.frame_type.ack.gap_to_next_block", "Gap to next block", Kind::Uint(8));
    ACK_BLOCK = Field::new("gquic.frame_type.ack.ack_block_length", "Ack block length", Kind::Uint(64));
    ACK_ACKED_DELTA = Field::new("gquic.frame_type.ack.delta_largest_acked", "Delta Largest Observed", Kind::Uint(8));
    ACK_SINCE = Field::new("gquic.frame_type.ack.time_since_largest_acked", "Time Since Largest Acked", Kind::Uint(32));
}

const ACK_WIDTHS: Names = &[(0, "1 Byte"), (1, "2 Bytes"), (2, "4 Bytes"), (3, "6 Bytes")];
const OFFSET_LENGTHS: Names = &[
    (0, "0 Byte"),
    (1, "2 Bytes"),
    (2, "3 Bytes"),
    (3, "4 Bytes"),
    (4, "5 Bytes"),
    (5, "6 Bytes"),
    (6, "7 Bytes"),
    (7, "8 Bytes"),
];
/// The stream of the handshake.
pub(super) const HANDSHAKE: u64 = 1;
/// The stream of the headers of HTTP/2.
pub(super) const HEADERS: u64 = 3;

/// Visits a frame, and goes past it.
pub(super) fn frame(w: &mut Walk<'_, '_>, header: &Header) -> Step {
    let Some((frame, len)) = Frame::read(w.bytes, header)? else {
        // Nothing says how long a frame of an unknown type is.
        w.skip(w.left());
        return Ok(());
    };
    let (all, behind) = (w.get(0, len)?, w.left() - len);
    let heading = heading(&frame, all, header)?;
    w.heading(&FRAME, len, format_args!("{heading}"))?;
    let name = frame.name();
    w.uint_line(&FRAME_TYPE, 0, 1, format_args!("Frame Type: {name} (0x{:02x})", all.u8(0).unwrap_or(0)))?;
    parts(w, &frame, header)?;
    w.close();
    w.skip(w.left() - behind);
    Ok(())
}

/// What the line above a frame says.
fn heading(frame: &Frame, all: &[u8], header: &Header) -> Step<String> {
    let uint = |at, len| header.uint(all, at, len);
    let name = frame.name();
    Ok(match frame {
        Frame::Padding { len } => format!("{name} Length: {}", len - 1),
        Frame::ResetStream => format!("{name} Stream ID: {}, Error code: {}", uint(1, 4)?, uint(13, 4)?),
        Frame::Close { error, .. } => format!("{name} Error code: {error}"),
        Frame::GoAway { .. } => format!("{name} Stream ID: {}, Error code: {}", uint(5, 4)?, uint(1, 4)?),
        Frame::WindowUpdate | Frame::Blocked => format!("{name} Stream ID: {}", uint(1, 4)?),
        Frame::StopWaiting { entropy: true, .. } => format!("{name} Send Entropy: {}", uint(1, 1)?),
        Frame::Stream { id, data, .. } => {
            let bytes = all.get(all.len() - data..).unwrap_or(&[]);
            let tag = String::from_utf8_lossy(tags::name(bytes.get(..4).unwrap_or(&[])));
            let message = frames::message_in(bytes);
            let message = message.map_or(String::new(), |message| format!(", Type: {tag} ({message})"));
            format!("{name} Stream ID: {}{message}", uint(1, *id)?)
        }
        _ => name.to_string(),
    })
}

/// Visits the parts of a frame behind its type.
fn parts(w: &mut Walk<'_, '_>, frame: &Frame, header: &Header) -> Step {
    match frame {
        Frame::Padding { len } => {
            w.value(&FRAME_PADDING_LENGTH, 1, len - 1, Value::Uint(*len as u64 - 1))?;
            w.up_to(&FRAME_PADDING, 1, len - 1)
        }
        Frame::ResetStream => {
            numbers(w, header, 1, &[(&RESET_STREAM_ID, 4), (&RESET_OFFSET, 8), (&RESET_ERROR, 4)]).map(|_| ())
        }
        Frame::Close { reason, .. } => {
            let at = numbers(w, header, 1, &[(&CLOSE_ERROR, 4), (&CLOSE_LENGTH, 2)])?;
            w.string(&CLOSE_REASON, at, *reason).map(|_| ())
        }
        Frame::GoAway { reason } => {
            let at = numbers(w, header, 1, &[(&AWAY_ERROR, 4), (&AWAY_STREAM_ID, 4), (&AWAY_LENGTH, 2)])?;
            w.string(&AWAY_REASON, at, *reason).map(|_| ())
        }
        Frame::WindowUpdate => {
            numbers(w, header, 1, &[(&WINDOW_STREAM_ID, 4), (&WINDOW_OFFSET, 8)]).map(|_| ())
        }
        Frame::Blocked => numbers(w, header, 1, &[(&BLOCKED_STREAM_ID, 4)]).map(|_| ()),
        Frame::StopWaiting { entropy, delta } => {
            let at = if *entropy { numbers(w, header, 1, &[(&SEND_ENTROPY, 1)])? } else { 1 };
            numbers(w, header, at, &[(&LEAST_UNACKED, *delta)]).map(|_| ())
        }
        Frame::Ping => Ok(()),
        Frame::Stream { id, offset, has_len, data } => stream(w, header, (*id, *offset, *has_len, *data)),
        Frame::OldAck { largest, missing, times, ranges } => {
            old_ack(w, header, (*largest, *missing, *times, *ranges))
        }
        Frame::Ack { largest, block, blocks, times } => ack(w, header, (*largest, *block, *blocks, *times)),
    }
}

/// Visits numbers of the given lengths one behind the other; returns the offset behind them.
fn numbers(
    w: &mut Walk<'_, '_>,
    header: &Header,
    mut at: usize,
    all: &[(&'static Field, usize)],
) -> Step<usize> {
    for (field, len) in all {
        let value = header.uint(w.bytes, at, *len)?;
        w.value(field, at, *len, Value::Uint(value))?;
        at += len;
    }
    Ok(at)
}

/// Visits an acknowledgement of versions up to 33; its parts have the given lengths and numbers.
fn old_ack(
    w: &mut Walk<'_, '_>,
    header: &Header,
    (largest, missing, times, ranges): (usize, usize, usize, Option<(usize, usize)>),
) -> Step {
    w.bits(&[&IS_STREAM, &IS_ACK, &ACK_NACK, &ACK_TRUNCATED, &ACK_LARGEST_WIDTH, &ACK_BLOCK_WIDTH], 0, 1)?;
    let before = [(&ACK_ENTROPY, 1), (&ACK_OBSERVED, largest), (&ACK_DELAY, 2), (&ACK_TIMES, 1)];
    let mut at = numbers(w, header, 1, &before)?;
    for n in 0..times {
        let time = if n == 0 { (&ACK_FIRST_TIME, 4) } else { (&ACK_NEXT_TIME, 2) };
        at = numbers(w, header, at, &[(&ACK_TIME_DELTA, 1), time])?;
    }
    let Some((missed, revived)) = ranges else { return Ok(()) };
    at = numbers(w, header, at, &[(&ACK_RANGES, 1)])?;
    for _ in 0..missed {
        at = numbers(w, header, at, &[(&ACK_MISSING, missing), (&ACK_RANGE_LENGTH, 1)])?;
    }
    at = numbers(w, header, at, &[(&ACK_REVIVALS, 1)])?;
    (0..revived)
        .try_for_each(|n| numbers(w, header, at + n * largest, &[(&ACK_REVIVED, largest)]).map(|_| ()))
}

/// Visits an acknowledgement of versions from 34 on; its parts have the given lengths and numbers.
fn ack(
    w: &mut Walk<'_, '_>,
    header: &Header,
    (largest, block, blocks, times): (usize, usize, Option<usize>, usize),
) -> Step {
    w.bits(&[&IS_STREAM, &IS_ACK, &ACK_NACK, &ACK_UNUSED, &ACK_LARGEST_WIDTH, &ACK_BLOCK_WIDTH], 0, 1)?;
    let mut at = numbers(w, header, 1, &[(&ACK_ACKED, largest), (&ACK_ACKED_DELAY, 2)])?;
    if blocks.is_some() {
        at = numbers(w, header, at, &[(&ACK_BLOCKS, 1)])?;
    }
    at = numbers(w, header, at, &[(&ACK_FIRST_BLOCK, block)])?;
    for _ in 0..blocks.unwrap_or(0) {
        at = numbers(w, header, at, &[(&ACK_GAP, 1), (&ACK_BLOCK, block)])?;
    }
    at = numbers(w, header, at, &[(&ACK_TIMES, 1)])?;
    for n in 0..times {
        let time = if n == 0 { (&ACK_SINCE, 4) } else { (&ACK_NEXT_TIME, 2) };
        at = numbers(w, header, at, &[(&ACK_ACKED_DELTA, 1), time])?;
    }
    Ok(())
}

/// Visits a frame of a stream; its parts have the given lengths.
fn stream(
    w: &mut Walk<'_, '_>,
    header: &Header,
    (id, offset, has_len, data): (usize, usize, bool, usize),
) -> Step {
    w.bits(&[&IS_STREAM, &STREAM_FIN, &STREAM_HAS_LENGTH, &STREAM_OFFSET_WIDTH, &STREAM_ID_WIDTH], 0, 1)?;
    let number = header.uint(w.bytes, 1, id)?;
    let use_of = match number {
        HANDSHAKE => " (Reserved for (G)QUIC handshake, crypto, config updates...)",
        HEADERS => " (Reserved for H2 HEADERS)",
        _ => "",
    };
    w.line(&STREAM_ID, 1, id, Value::Uint(number), format_args!("Stream ID: {number}{use_of}"))?;
    let mut at = 1 + id;
    if offset > 0 {
        w.value(&OFFSET, at, offset, Value::Uint(header.uint(w.bytes, at, offset)?))?;
        at += offset;
    }
    if has_len {
        w.value(&DATA_LENGTH, at, 2, Value::Uint(data as u64))?;
        at += 2;
    }
    let bytes = w.get(at, data)?;
    match frames::message_in(bytes).filter(|_| number == HANDSHAKE) {
        Some(name) => {
            w.skip(at);
            w.within(data, |w| tags::message(w, name))
        }
        None => w.up_to(&STREAM_DATA, at, data),
    }
}
