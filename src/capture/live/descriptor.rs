//! The descriptor of a running capture.

use super::Live;
use std::os::fd::{AsFd, BorrowedFd};

impl AsFd for Live {
    /// Readable once there are frames. Callers wait for this descriptor, because libpcap's own timeout never fires on
    /// an idle adapter.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.capture.as_fd()
    }
}
