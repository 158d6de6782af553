//! Files on systems where an open file cannot be removed, and where pipes are not in the file system.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Does nothing: no limit on file sizes would end the process.
pub(super) fn survive_size_limit() {}

/// Whether an open file was removed: never.
pub(in crate::capture) fn is_removed(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// Whether these are two files, and not one: they began at different times then.
#[cfg(feature = "capture")]
pub(in crate::capture) fn are_two(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    one.created().ok() != other.created().ok()
}

/// Opens a device.
pub(super) fn open_device(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}
