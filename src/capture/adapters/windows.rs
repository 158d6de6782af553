//! Windows reports no changes of adapters, and its captures have no descriptors.

use super::Change;
use crate::capture::live::{GATHER, Live};
use crate::capture::signals::Signals;
use std::convert::Infallible;
use std::io;
use std::time::Duration;

/// Changes, which the system does not report here.
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

/// Waits for Ctrl-C for as long as the driver gathers frames, at most `longest`. Returns whether it was pressed.
pub(super) fn wait<'l>(
    signals: &Signals,
    _: Option<&Changes>,
    _: impl Iterator<Item = &'l Live>,
    longest: Duration,
) -> io::Result<bool> {
    Ok(signals.wait(longest.min(GATHER)))
}
