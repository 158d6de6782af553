//! A capture file that still grows: at its end, reading waits for more.

use super::error::CaptureError;
use super::reader::{FileReader, Reader};
use super::signals::Signals;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How often a file is looked at when nothing was new.
const LOOK: Duration = Duration::from_millis(50);

/// Why a file that grows was read no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The user ended it, by a signal.
    Signal,
    /// The file was removed.
    Removed,
    /// Another file has its name now.
    Replaced,
    /// It is shorter than it was: another capture was begun in it.
    Shortened,
}

impl FileReader {
    /// Opens a capture file that may still grow. Reading waits at its end, in the middle of a block, too, until a signal
    /// comes or the file goes; `ended` says then what it was.
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
    /// Whether nothing more comes, because the file is not there any more as it was.
    fn has_gone(&self) -> io::Result<Option<Ended>> {
        let here = self.file.metadata()?;
        Ok(match std::fs::metadata(&self.path) {
            _ if here.len() < self.read => Some(Ended::Shortened),
            Ok(there) if (there.dev(), there.ino()) != (here.dev(), here.ino()) => Some(Ended::Replaced),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Ended::Removed),
            // Where the folder cannot be looked into without rights, the file itself tells.
            _ => (here.nlink() == 0).then_some(Ended::Removed),
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
            // Only now: what was written before the file went is read.
            if let Some(ended) = gone {
                let _ = self.ended.set(ended);
                return Ok(0);
            }
            (gone, longest) = (self.has_gone()?, LOOK);
        }
    }
}
