//! Terminals outside Windows understand colours without preparation.

/// Does nothing.
pub(super) fn prepare() {}
