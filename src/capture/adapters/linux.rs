//! Changes of adapters that the Linux kernel reports during a capture.

use super::Change;
use crate::capture::interfaces;
use crate::capture::netlink;
use std::os::fd::{AsFd, BorrowedFd};

/// The kernel's messages; readable once something has changed.
pub(super) struct Changes(netlink::Changes);

impl Changes {
    /// Listens from now on; `None` if the kernel refuses.
    pub(super) fn listen() -> Option<Changes> {
        netlink::Changes::listen().ok().map(Changes)
    }

    /// The changes since the last call, in order.
    pub(super) fn take(&self) -> Vec<Change> {
        let told = |change| match change {
            netlink::Change::Link(link) => {
                Change::Now(link.index, link.name.clone(), interfaces::state(link))
            }
            netlink::Change::Gone(index) => Change::Gone(index),
        };
        self.0.take().into_iter().map(told).collect()
    }
}

impl AsFd for Changes {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
