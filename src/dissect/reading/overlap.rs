//! Remarks on pieces of a reassembled message that overlap.

use crate::dissect::{Overlap, Piece, Visited};
use crate::field::{At, Field, Value, Visit};

/// Shows under a piece whether it overlaps earlier pieces, and whether the bytes differ; nothing if it does not.
pub(in crate::dissect) fn overlap(
    piece: &Piece,
    [overlap, conflict]: [&'static Field; 2],
    at: At,
    v: &mut dyn Visit,
) -> Visited {
    if piece.overlap == Overlap::None {
        return Visited::Continue(());
    }
    v.open();
    v.field(overlap, at, Value::Bool(true))?;
    if piece.overlap == Overlap::Conflict {
        v.field(conflict, at, Value::Bool(true))?;
    }
    v.close();
    Visited::Continue(())
}
