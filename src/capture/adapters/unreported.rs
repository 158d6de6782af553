//! Changes of adapters on systems that do not report them: a loss shows when frames are taken.

use super::Change;
use std::convert::Infallible;
use std::os::fd::{AsFd, BorrowedFd};

/// Changes, which no system reports here.
pub(super) struct Changes(Infallible);

impl Changes {
    /// Returns `None`.
    pub(super) fn listen() -> Option<Changes> {
        None
    }

    /// Never called.
    pub(super) fn take(&self) -> Vec<Change> {
        match self.0 {}
    }
}

impl AsFd for Changes {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}
