//! The fragments of a reassembled datagram, shown under the header of the fragment that completed it.

use crate::dissect::reading::overlap::overlap;
use crate::dissect::{Context, Layer, Overlap, Piece, Proto, Visited};
use crate::field::{At, Field, Kind, Value, Visit};

/// The name of an IP version, and its fields about fragments.
pub(in crate::dissect) struct Names {
    /// `IPv4` or `IPv6`.
    pub(in crate::dissect) ip: &'static str,
    /// The heading over all fragments.
    pub(in crate::dissect) all: &'static Field,
    /// One fragment: its frame.
    pub(in crate::dissect) one: &'static Field,
    /// A fragment overlaps earlier ones; it overlaps them with different bytes.
    pub(in crate::dissect) overlap: [&'static Field; 2],
    /// The frame that completes the datagram.
    pub(in crate::dissect) elsewhere: &'static Field,
    /// One fragment that contradicts earlier ones, in place of `one`.
    pub(in crate::dissect) error: &'static Field,
    /// The number of fragments.
    pub(in crate::dissect) count: &'static Field,
    /// Length of the datagram's payload in bytes.
    pub(in crate::dissect) len: &'static Field,
    /// The datagram's payload.
    pub(in crate::dissect) data: &'static Field,
}

/// Visits the fragments, if `layer` is the header of the fragment that completed the datagram.
pub(in crate::dissect) fn visit(
    ctx: &Context<'_>,
    layer: &Layer,
    names: &Names,
    v: &mut dyn Visit,
) -> Visited {
    // `layer` has to be the last layer in the frame itself; the layers after it lie in the reassembled data.
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
        // Wireshark has a field of its own for a fragment that contradicts earlier ones.
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
