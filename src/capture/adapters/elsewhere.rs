//! Adapters on systems that tell nothing of them: what becomes of one shows when its frames are taken.

use super::Change;
use std::convert::Infallible;
use std::os::fd::{AsFd, BorrowedFd};

/// There are none to listen to.
pub(super) struct Changes(Infallible);

impl Changes {
    /// Does nothing.
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
