//! A capture file that still grows: reading waits at its end for more.

use super::error::CaptureError;
use super::output;
use super::reader::{FileReader, Reader};
use super::signals::Signals;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The pause between two looks at the end of the file.
const LOOK: Duration = Duration::from_millis(50);

/// Why reading a growing file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The user ended it, by a signal.
    Signal,
    /// The file was removed.
    Removed,
    /// Another file has its name now.
    Replaced,
    /// The file has become shorter: another capture was begun in it.
    Shortened,
}

impl FileReader {
    /// Opens a capture file that may still grow. Reading waits at its end, also in the middle of a block, until a
    /// signal comes, or the file is removed or replaced; `ended` then holds the reason.
    ///
    /// # Errors
    /// As [`FileReader::open`].
    pub fn follow(
        path: &Path,
        signals: Signals,
        ended: Arc<OnceLock<Ended>>,
    ) -> Result<FileReader, CaptureError> {
        let failed = |reason| CaptureError::Open { path: path.to_owned(), reason };
        let file = File::open(path).map_err(failed)?;
        let tail = Tail { file, path: path.to_owned(), read: 0, signals, ended };
        Reader::unpack(Box::new(tail), path.display().to_string(), false)
    }
}

struct Tail {
    file: File,
    path: PathBuf,
    /// Bytes that were read.
    read: u64,
    signals: Signals,
    ended: Arc<OnceLock<Ended>>,
}

impl Tail {
    /// Why no more bytes can come, if the file was removed, replaced or shortened; else `None`.
    fn has_gone(&self) -> io::Result<Option<Ended>> {
        let here = self.file.metadata()?;
        Ok(match std::fs::metadata(&self.path) {
            _ if here.len() < self.read => Some(Ended::Shortened),
            Ok(there) if output::are_two(&here, &there) => Some(Ended::Replaced),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Ended::Removed),
            // If the folder cannot be read without rights, the file itself shows whether it was removed.
            _ => output::is_removed(&self.file)?.then_some(Ended::Removed),
        })
    }
}

impl Read for Tail {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut longest = Duration::ZERO;
        let mut gone = None;
        loop {
            if self.signals.wait(longest) {
                let _ = self.ended.set(Ended::Signal);
                return Ok(0);
            }
            let got = self.file.read(room)?;
            if got > 0 || room.is_empty() {
                self.read += got as u64;
                return Ok(got);
            }
            // This comes after reading, so that bytes written before the file was removed are read.
            if let Some(ended) = gone {
                let _ = self.ended.set(ended);
                return Ok(0);
            }
            (gone, longest) = (self.has_gone()?, LOOK);
        }
    }
}
