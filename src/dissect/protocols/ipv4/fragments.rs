//! What a datagram was put together from: shown with the header of the piece that completed it.

use crate::dissect::reading::overlap::overlap;
use crate::dissect::{Context, Layer, Overlap, Piece, Proto, Visited};
use crate::field::{At, Field, Kind, Value, Visit};

/// The fields of one version of IP, and its name.
pub(in crate::dissect) struct Names {
    /// `IPv4` or `IPv6`.
    pub(in crate::dissect) ip: &'static str,
    /// The heading.
    pub(in crate::dissect) all: &'static Field,
    /// One piece: its frame.
    pub(in crate::dissect) one: &'static Field,
    /// A piece has bytes that came before, and other bytes in their place.
    pub(in crate::dissect) overlap: [&'static Field; 2],
    /// The frame that completes the datagram of another piece.
    pub(in crate::dissect) elsewhere: &'static Field,
    /// One piece that contradicts another.
    pub(in crate::dissect) error: &'static Field,
    /// How many pieces.
    pub(in crate::dissect) count: &'static Field,
    /// Length of the datagram's payload in bytes.
    pub(in crate::dissect) len: &'static Field,
    /// That payload.
    pub(in crate::dissect) data: &'static Field,
}

/// Shows the pieces, if `layer` is the header with which the datagram was complete.
pub(in crate::dissect) fn visit(
    ctx: &Context<'_>,
    layer: &Layer,
    names: &Names,
    v: &mut dyn Visit,
) -> Visited {
    // The header's own bytes end there; what comes after it lies in the reassembled ones.
    let last = || ctx.layers.all().iter().rev().find(|l| l.source == 0 && l.proto != Proto::Data);
    if let Some(frame) = ctx.facts.reassembled_in.filter(|_| last() == Some(layer)) {
        v.field(names.elsewhere, layer.at(0, 0), Value::Uint(frame))?;
    }
    let Some(datagram) = ctx.facts.datagram.filter(|_| last() == Some(layer)) else {
        return Visited::Continue(());
    };
    let data = ctx.source(1);
    let at = At { source: 1, start: 0, len: data.len() as u32 };
    let mut pieces = String::new();
    for Piece { frame, len, .. } in &datagram.pieces {
        let comma = if pieces.is_empty() { "" } else { ", " };
        pieces.push_str(&format!("{comma}#{frame}({len})"));
    }
    let (n, len, ip) = (datagram.pieces.len(), datagram.len, names.ip);
    let text = format_args!("[{n} {ip} Fragments ({len} bytes): {pieces}]");
    let value = if names.all.kind == Kind::Label { Value::None } else { Value::Bytes(data) };
    v.line(names.all, at, value, text)?;
    v.open();
    for piece in &datagram.pieces {
        let Piece { frame, offset: start, len, .. } = piece;
        let end = (start + len).saturating_sub(1);
        let text = format_args!("[Frame: {frame}, payload: {start}-{end} ({len} bytes)]");
        // Wireshark names one that contradicts others by the field of an error.
        let field = if piece.overlap == Overlap::Conflict { names.error } else { names.one };
        v.line(field, At { source: 1, start: *start, len: *len }, Value::Uint(*frame), text)?;
        overlap(piece, names.overlap, At { len: 0, ..at }, v)?;
    }
    v.field(names.count, At { len: 0, ..at }, Value::Uint(n as u64))?;
    v.field(names.len, At { len: 0, ..at }, Value::Uint(len.into()))?;
    v.field(names.data, at, Value::Bytes(data))?;
    v.close();
    Visited::Continue(())
}
