//! Changes of adapters on systems that do not report them: a loss shows when frames are taken.

use super::Change;
use std::convert::Infallible;

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

#[cfg(unix)]
impl std::os::fd::AsFd for Changes {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match self.0 {}
    }
}
