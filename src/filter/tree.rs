//! The tree of a parsed filter, which the compiler reads.

use std::ops::Range;

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expr {
    Or(Box<Expr>, Box<Expr>),
    Xor(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    /// An operand without a comparison: true if the packet has a value for it.
    Exists(Operand),
    Compare {
        left: Operand,
        op: Op,
        quantifier: Option<Quantifier>,
        right: Operand,
        op_at: Range<usize>,
    },
    In {
        left: Operand,
        quantifier: Option<Quantifier>,
        set: Vec<(Operand, Option<Operand>)>,
    },
}

/// Which of a field's several values must fulfil a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    Any,
    All,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// `==`: any value is equal.
    AnyEq,
    /// `!=`: all values differ.
    AllNe,
    /// `===`: all values are equal.
    AllEq,
    /// `~=`, `!==`: any value differs.
    AnyNe,
    Gt,
    Ge,
    Lt,
    Le,
    Contains,
    Matches,
}

/// One side of a comparison, with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// A field's name or a literal; the compiler decides by the types.
    Word {
        word: String,
        at: Range<usize>,
    },
    Text {
        text: Vec<u8>,
        at: Range<usize>,
    },
    Char {
        byte: u8,
        at: Range<usize>,
    },
    /// The values of a field in some layers of its protocol: numbered from 1, or below 0 from the innermost.
    Layer {
        of: Box<Operand>,
        layers: Vec<SliceRange>,
    },
    Slice {
        of: Box<Operand>,
        ranges: Vec<SliceRange>,
        at: Range<usize>,
    },
    Call {
        name: String,
        args: Vec<Operand>,
        at: Range<usize>,
    },
    Arithmetic {
        left: Box<Operand>,
        op: char,
        right: Box<Operand>,
    },
    Negative {
        of: Box<Operand>,
        at: Range<usize>,
    },
}

/// One range of a slice. Negative numbers count from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SliceRange {
    /// `i:n`: n bytes from i on; to the end if n is left out.
    From(i64, Option<i64>),
    /// `i-j`: from i to j, both included.
    Between(i64, i64),
}

impl SliceRange {
    /// Whether a layer is in the range; the layer has a number from 1, and one from -1 on counted from the innermost.
    pub(super) fn has(self, nth: i64, from_end: i64) -> bool {
        let place = |start: i64| if start < 0 { from_end } else { nth };
        match self {
            SliceRange::From(start, len) => {
                place(start) >= start && len.is_none_or(|len| place(start) < start.saturating_add(len))
            }
            SliceRange::Between(first, last) => (first..=last).contains(&place(first)),
        }
    }

    /// Why the range can have no bytes in any value, and what to write instead; `None` if it can.
    pub(super) fn fault(self) -> Option<(&'static str, &'static str)> {
        match self {
            SliceRange::From(_, Some(..=0)) => Some((
                "has no bytes",
                "The number behind the colon is a length, from 1: [0:4] are the first four bytes.",
            )),
            SliceRange::Between(first, last) if (first < 0) != (last < 0) => Some((
                "counts from both ends",
                "Both numbers count from the beginning, or both from the end, as in [-3--1].",
            )),
            SliceRange::Between(first, last) if first >= last => Some((
                "does not end behind its beginning",
                "The number behind the dash is the last byte, as in [0-3]; one byte alone is [0].",
            )),
            _ => None,
        }
    }
}

impl Operand {
    /// The place of the operand in the input, in bytes.
    pub(super) fn at(&self) -> Range<usize> {
        match self {
            Operand::Word { at, .. }
            | Operand::Text { at, .. }
            | Operand::Char { at, .. }
            | Operand::Call { at, .. } => at.clone(),
            Operand::Slice { of, at, .. } | Operand::Negative { of, at } => {
                // Called once only: two calls on each level would double the time with each level.
                let inner = of.at();
                at.start.min(inner.start)..at.end.max(inner.end)
            }
            Operand::Layer { of, .. } => of.at(),
            Operand::Arithmetic { left, right, .. } => left.at().start..right.at().end,
        }
    }
}
