//! Waits on Windows, whose captures have no descriptors.

use super::Changes;
use crate::capture::live::{GATHER, Live};
use crate::capture::signals::Signals;
use std::io;
use std::time::Duration;

/// Waits for Ctrl-C for as long as the driver gathers frames, at most `longest`. Returns whether it was pressed.
pub(super) fn wait<'l>(
    signals: &Signals,
    _: Option<&Changes>,
    _: impl Iterator<Item = &'l Live>,
    longest: Duration,
) -> io::Result<bool> {
    Ok(signals.wait(longest.min(GATHER)))
}
