//! The parts of a segment that belong to messages of several segments, and the messages that the segment completes.

use super::fields::REASSEMBLED_IN;
use crate::dissect::reading::overlap::overlap;
use crate::dissect::{Context, FALSE_TRUE, Layer, Overlap, Piece, Reassembled, Visited};
use crate::field::{At, Field, Kind, Value, Visit};
use crate::text::{lazy, plural};
use std::fmt::Write as _;

/// The most pieces that the heading names; a message may have thousands.
const MOST_NAMED: usize = 100;

crate::fields! {
    SEGMENT_DATA = Field::new("tcp.segment_data", "TCP segment data", Kind::Bytes);
    SEGMENTS = Field::new("tcp.segments", "Reassembled TCP Segments", Kind::Label);
    SEGMENT = Field::new("tcp.segment", "TCP Segment", Kind::FrameNo);
    OVERLAP = Field::new("tcp.segment.overlap", "Segment overlap", Kind::Bool).names(FALSE_TRUE).generated();
    CONFLICT =
        Field::new("tcp.segment.overlap.conflict", "Conflicting data in segment overlap", Kind::Bool).names(FALSE_TRUE).generated();
    ERROR = Field::new("tcp.segment.error", "Reassembling error", Kind::FrameNo);
    SEGMENT_COUNT = Field::new("tcp.segment.count", "Segment count", Kind::Uint(32)).generated();
    REASSEMBLED_LENGTH = Field::new("tcp.reassembled.length", "Reassembled TCP length", Kind::Uint(32)).generated();
    REASSEMBLED_DATA = Field::new("tcp.reassembled.data", "Reassembled TCP Data", Kind::Bytes).generated();
}

/// Visits the parts of the payload that belong to messages of several segments, and the frame that completes the last
/// of them.
pub(super) fn data(
    ctx: &Context<'_>,
    layer: &Layer,
    reassembled_in: Option<u64>,
    v: &mut dyn Visit,
) -> Visited {
    let parts = ctx.facts.app.map_or(&[][..], |app| &app.segment_data);
    for (i, at) in parts.iter().enumerate() {
        if let Some(frame) = reassembled_in.filter(|_| i + 1 == parts.len()) {
            v.field(&REASSEMBLED_IN, layer.at(0, 0), Value::Uint(frame))?;
        }
        let bytes = ctx.source(at.source).get(at.range()).unwrap_or(&[]);
        let s = plural(at.len);
        let text = format_args!("TCP segment data ({} byte{s})", at.len);
        v.line(&SEGMENT_DATA, *at, Value::Bytes(bytes), text)?;
    }
    Visited::Continue(())
}

/// Visits the messages that this segment completes.
pub(super) fn reassembled(ctx: &Context<'_>, v: &mut dyn Visit) -> Visited {
    let Some(app) = ctx.facts.app else { return Visited::Continue(()) };
    app.reassembled.iter().try_for_each(|message| one(ctx, message, v))
}

fn one(ctx: &Context<'_>, message: &Reassembled, v: &mut dyn Visit) -> Visited {
    pieces(message, "TCP Segments", [&SEGMENTS, &SEGMENT, &ERROR, &SEGMENT_COUNT], v)?;
    let bytes = ctx.source(message.source);
    let at = |len: usize| At { source: message.source, start: 0, len: len as u32 };
    v.open();
    v.field(&REASSEMBLED_LENGTH, at(0), Value::Uint(message.len.into()))?;
    v.field(&REASSEMBLED_DATA, at(bytes.len()), Value::Bytes(bytes))?;
    v.close();
    Visited::Continue(())
}

/// Visits the pieces of a reassembled message. `what` is the name of the pieces; the fields are the heading, a piece,
/// a piece that contradicts others, and the number of pieces.
pub(in crate::dissect) fn pieces(
    message: &Reassembled,
    what: &str,
    [heading, piece, error, number]: [&'static Field; 4],
    v: &mut dyn Visit,
) -> Visited {
    let at = |start: u32, len: u32| At { source: message.source, start, len };
    let count = message.pieces.len();
    let mut names = String::new();
    for Piece { frame, len, .. } in message.pieces.iter().take(MOST_NAMED) {
        let comma = if names.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(names, "{comma}#{frame}({len})");
    }
    let more = if count > MOST_NAMED { ", …" } else { "" };
    v.line(
        heading,
        at(0, message.len),
        Value::None,
        format_args!("[{count} Reassembled {what} ({} bytes): {names}{more}]", message.len),
    )?;
    v.open();
    for piece_of in &message.pieces {
        let Piece { frame, offset, len, .. } = piece_of;
        let last = offset.saturating_add(len.saturating_sub(1));
        let s = plural(*len);
        // Wireshark has a field of its own for a piece that contradicts earlier ones.
        let field = if piece_of.overlap == Overlap::Conflict { error } else { piece };
        v.line(
            field,
            at(*offset, *len),
            Value::Uint(*frame),
            format_args!(
                "{}",
                lazy(|f| match len {
                    0 => write!(f, "[Frame: {frame} (no data)]"),
                    _ => write!(f, "[Frame: {frame}, payload: {offset}-{last} ({len} byte{s})]"),
                })
            ),
        )?;
        overlap(piece_of, [&OVERLAP, &CONFLICT], at(0, 0), v)?;
    }
    v.field(number, at(0, 0), Value::Uint(count as u64))?;
    v.close();
    Visited::Continue(())
}
