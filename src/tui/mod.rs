//! The seat: a capture's packets in three panes, full screen.

pub(crate) mod index;
pub(crate) mod origin;
pub(crate) mod session;
pub(crate) mod sift;
