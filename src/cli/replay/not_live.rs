//! `replay --live` where labkit was built without live capture.

use super::Replay;
use crate::capture::NO_CAPTURE;
use crate::cli::gate::Filters;
use anyhow::bail;
use std::path::Path;

/// Fails, and names what to use instead.
pub(super) fn read(_: &Replay, file: &Path, _: &mut Filters, _: &[String]) -> anyhow::Result<()> {
    bail!(
        "cannot follow {} with --live: {NO_CAPTURE}; `labkit replay` lists what is there now",
        file.display()
    )
}
