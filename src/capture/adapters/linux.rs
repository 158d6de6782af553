//! What the Linux kernel tells of adapters while they are captured on.

use super::Change;
use crate::capture::interfaces;
use crate::capture::netlink;
use std::os::fd::{AsFd, BorrowedFd};

/// Readable once something has changed.
pub(super) struct Changes(netlink::Changes);

impl Changes {
    /// Listens from now on, where the kernel lets it.
    pub(super) fn listen() -> Option<Changes> {
        netlink::Changes::listen().ok().map(Changes)
    }

    /// What has changed since the last question, in its order.
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
