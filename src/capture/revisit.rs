//! Reads single frames again, in any order. The program stores positions of frames, never decoded packets.

use super::error::CaptureError;
use super::info::{Info, Interface};
use super::input::Input;
use super::reader::Reader;
use super::{Comments, Source};
use crate::frame::{Frame, FrameNo};
use std::fs::File;
use std::path::Path;

/// Fetches single frames of a file that a [`Reader`] has read or is reading.
pub struct Revisit {
    reader: Reader<File>,
}

impl Revisit {
    /// Opens `path` once more, with the descriptions that the first reader has found. `None` if single frames cannot
    /// be fetched: on standard input and in compressed files.
    ///
    /// # Errors
    /// If the file cannot be opened, or is no capture any more.
    pub fn open(path: &Path, info: &Info) -> Result<Option<Self>, CaptureError> {
        if info.compressed || path.as_os_str() == "-" {
            return Ok(None);
        }
        let file = File::open(path).map_err(|reason| CaptureError::Open { path: path.to_owned(), reason })?;
        if !file.metadata().is_ok_and(|m| m.is_file()) {
            return Ok(None);
        }
        let mut reader = Reader::over(Input::small(file), path.display().to_string(), false)?;
        reader.learn(info);
        Ok(Some(Revisit { reader }))
    }

    /// Adopts further descriptions that the first reader has found.
    pub fn learn(&mut self, info: &Info) {
        self.reader.learn(info);
    }

    /// Fetches the frame whose block begins at `position` ([`Source::position`]), the `no`th of the file; `None` if
    /// the file has become shorter.
    ///
    /// # Errors
    /// If the file cannot be read, or has no such frame there.
    pub fn frame(&mut self, no: FrameNo, position: u64) -> Result<Option<Frame<'_>>, CaptureError> {
        if self.reader.move_to(no, position)? { Ok(self.reader.frame()) } else { Ok(None) }
    }

    /// The interface that recorded the frame fetched last.
    pub fn interface(&self) -> Option<&Interface> {
        self.reader.interface()
    }

    /// The comments of the frame fetched last.
    pub fn comments(&self) -> Comments<'_> {
        self.reader.comments()
    }
}
