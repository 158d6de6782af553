//! Ring files on Windows, where a process keeps its rights and so makes its files itself.

use super::Ring;
use crate::capture::error::CaptureError;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// No other process keeps files here.
///
/// # Errors
/// Always.
pub fn keep(_: &Path, _: Option<u32>, _: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes the files of a capture.
pub struct Keeper(Ring);

impl Keeper {
    /// A ring of at most `most` files, or of any number without it; `force` allows overwriting.
    ///
    /// # Errors
    /// None.
    pub fn start(pattern: &Path, most: Option<u32>, force: bool) -> io::Result<Keeper> {
        Ok(Keeper(Ring::new(pattern, most, force)))
    }

    /// The next file, and its path.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn next_file(&mut self) -> Result<(File, PathBuf), CaptureError> {
        self.0.next_file()
    }
}
