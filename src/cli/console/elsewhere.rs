//! The terminal, which understands colours without being asked.

/// Nothing is to be done.
pub(super) fn prepare() {}
