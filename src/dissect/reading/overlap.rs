//! Pieces of one whole whose bytes came more than once.

use crate::dissect::{Overlap, Piece, Visited};
use crate::field::{At, Field, Value, Visit};

/// What is said under a piece whose bytes came more than once.
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
