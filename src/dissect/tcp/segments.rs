//! The parts of a segment that belong to messages of several segments, and the messages that are complete with it.

use crate::dissect::{Context, Flow, Reassembled};
use crate::field::{At, Field, Kind, Value, Visit};
use std::fmt::Write as _;

/// So many pieces are named in the heading; a message of thousands is not read there.
const MOST_NAMED: usize = 100;

crate::fields! {
    SEGMENT_DATA = Field::new("tcp.segment_data", "TCP segment data", Kind::Bytes);
    SEGMENTS = Field::new("tcp.segments", "Reassembled TCP Segments", Kind::Label);
    SEGMENT = Field::new("tcp.segment", "TCP Segment", Kind::FrameNo);
    SEGMENT_COUNT = Field::new("tcp.segment.count", "Segment count", Kind::Uint(32)).generated();
    REASSEMBLED_LENGTH = Field::new("tcp.reassembled.length", "Reassembled TCP length", Kind::Uint(32)).generated();
    REASSEMBLED_DATA = Field::new("tcp.reassembled.data", "Reassembled TCP Data", Kind::Bytes).generated();
}

/// The lines under the segment's own.
pub(super) fn data(ctx: &Context<'_>, v: &mut dyn Visit) -> Flow {
    let Some(app) = ctx.facts.app else { return Flow::Continue(()) };
    for at in &app.segment_data {
        let bytes = ctx.source(at.source).get(at.range()).unwrap_or(&[]);
        let plural = if at.len == 1 { "" } else { "s" };
        let text = format_args!("TCP segment data ({} byte{plural})", at.len);
        v.line(&SEGMENT_DATA, *at, Value::Bytes(bytes), text)?;
    }
    Flow::Continue(())
}

/// The messages that are complete with this segment.
pub(super) fn reassembled(ctx: &Context<'_>, v: &mut dyn Visit) -> Flow {
    let Some(app) = ctx.facts.app else { return Flow::Continue(()) };
    app.reassembled.iter().try_for_each(|message| one(ctx, message, v))
}

fn one(ctx: &Context<'_>, message: &Reassembled, v: &mut dyn Visit) -> Flow {
    let bytes = ctx.source(message.source);
    let at = |start: u32, len: u32| At { source: message.source, start, len };
    let whole = at(0, bytes.len() as u32);
    let count = message.pieces.len();
    let mut names = String::new();
    for (frame, _, len) in message.pieces.iter().take(MOST_NAMED) {
        let comma = if names.is_empty() { "" } else { ", " };
        // A string takes everything.
        let _ = write!(names, "{comma}#{frame}({len})");
    }
    let more = if count > MOST_NAMED { ", …" } else { "" };
    v.line(
        &SEGMENTS,
        whole,
        Value::None,
        format_args!("[{count} Reassembled TCP Segments ({} bytes): {names}{more}]", message.len),
    )?;
    v.open();
    for (frame, offset, len) in &message.pieces {
        let last = offset.saturating_add(len.saturating_sub(1));
        let plural = if *len == 1 { "" } else { "s" };
        v.line(
            &SEGMENT,
            at(*offset, *len),
            Value::Uint(*frame),
            format_args!("[Frame: {frame}, payload: {offset}-{last} ({len} byte{plural})]"),
        )?;
    }
    v.field(&SEGMENT_COUNT, at(0, 0), Value::Uint(count as u64))?;
    v.field(&REASSEMBLED_LENGTH, at(0, 0), Value::Uint(message.len.into()))?;
    v.field(&REASSEMBLED_DATA, whole, Value::Bytes(bytes))?;
    v.close();
    Flow::Continue(())
}
