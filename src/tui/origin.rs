//! Where the frames come from: a complete file, or one that still grows because a capture or a pipe fills it.

use crate::capture::buffer::Place;
use crate::capture::reader::{FileReader, Reader};
use crate::capture::{CaptureError, Comments, Info, Interface, Source};
use crate::frame::Frame;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The pause between two looks at the end of a growing file.
const LOOK: Duration = Duration::from_millis(15);

/// A capture that can be read again and again from its beginning.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    path: PathBuf,
    /// Its name for the user.
    name: String,
    /// Set once the file is complete; `None` for a file that does not grow.
    done: Option<Arc<AtomicBool>>,
    /// The frame at which its readers are held, so that a test sees the screens of that moment.
    #[cfg(test)]
    pub(crate) hold: Option<Arc<Hold>>,
}

impl Origin {
    /// A file that does not grow.
    pub(crate) fn file(path: &Path) -> Origin {
        Origin::of(path, path.display().to_string(), None)
    }

    /// A file that grows until `done`.
    pub(crate) fn growing(path: &Path, name: &str, done: Arc<AtomicBool>) -> Origin {
        Origin::of(path, name.to_owned(), Some(done))
    }

    fn of(path: &Path, name: String, done: Option<Arc<AtomicBool>>) -> Origin {
        Origin {
            path: path.to_owned(),
            name,
            done,
            #[cfg(test)]
            hold: None,
        }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its name for the user.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Sets its name for the user, to that of the file into which it was saved.
    pub(crate) fn rename(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    /// Whether frames may still be added.
    pub(crate) fn grows(&self) -> bool {
        self.done.as_ref().is_some_and(|done| !done.load(Ordering::Acquire))
    }

    /// Its present length in bytes; 0 if that is unknown.
    pub(crate) fn len(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |m| m.len())
    }

    /// Opens it for reading from its beginning; reading a growing file waits for more until it is done. `stop` ends
    /// the reading at any time. [`Watched::progress`] has the position of the last frame.
    ///
    /// # Errors
    /// If it cannot be opened, or is no capture.
    pub(crate) fn open(&self, stop: &Arc<AtomicBool>) -> Result<Watched, CaptureError> {
        let source = match &self.done {
            None => FileReader::open(&self.path)?,
            Some(done) => {
                let failed = |reason| CaptureError::Open { path: self.path.clone(), reason };
                let file = File::open(&self.path).map_err(failed)?;
                let tail = Tail { file, done: done.clone(), stop: stop.clone() };
                Reader::new(Box::new(tail) as Box<dyn Read + Send>, self.name.clone())?
            }
        };
        Ok(Watched {
            source,
            stop: stop.clone(),
            position: Arc::default(),
            #[cfg(test)]
            hold: self.hold.clone(),
        })
    }
}

/// Reads a growing file, and waits at its end for more.
struct Tail {
    file: File,
    done: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl Read for Tail {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            // `done` must be asked before reading, so that the last bytes before it was set are read.
            let done = self.done.load(Ordering::Acquire) || self.stop.load(Ordering::Relaxed);
            let got = self.file.read(room)?;
            if got > 0 || done || room.is_empty() {
                return Ok(got);
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// A capture whose reading shows its progress and can be ended.
pub(crate) struct Watched {
    source: FileReader,
    stop: Arc<AtomicBool>,
    position: Arc<AtomicU64>,
    #[cfg(test)]
    hold: Option<Arc<Hold>>,
}

/// Holds readers at frame `at` until the test releases them.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct Hold {
    at: u64,
    let_go: AtomicBool,
}

#[cfg(test)]
// Only tests of screens with live capture hold readers.
#[cfg_attr(not(feature = "capture"), allow(dead_code))]
impl Hold {
    /// Holds readers at this frame.
    pub(crate) fn at(frame: u64) -> Arc<Hold> {
        Arc::new(Hold { at: frame, let_go: AtomicBool::new(false) })
    }

    /// Releases all readers.
    pub(crate) fn release(&self) {
        self.let_go.store(true, Ordering::Release);
    }

    fn pass(&self, frame: Option<Frame<'_>>, stop: &AtomicBool) {
        let is_there = frame.is_some_and(|frame| frame.no.0 >= self.at);
        while is_there && !self.let_go.load(Ordering::Acquire) && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Watched {
    /// Offset in bytes of its last frame, updated while it is read.
    pub(crate) fn progress(&self) -> Arc<AtomicU64> {
        self.position.clone()
    }
}

impl Source for Watched {
    fn advance(&mut self) -> Result<bool, CaptureError> {
        #[cfg(test)]
        if let Some(hold) = &self.hold {
            hold.pass(self.source.frame(), &self.stop);
        }
        if self.stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let more = self.source.advance()?;
        if more {
            self.position.store(self.source.position(), Ordering::Relaxed);
        }
        Ok(more)
    }

    fn frame(&self) -> Option<Frame<'_>> {
        self.source.frame()
    }

    fn place(&self) -> Option<Place<'_>> {
        self.source.place()
    }

    fn info(&self) -> &Info {
        self.source.info()
    }

    fn interface(&self) -> Option<&Interface> {
        self.source.interface()
    }

    fn comments(&self) -> Comments<'_> {
        self.source.comments()
    }

    fn position(&self) -> u64 {
        self.source.position()
    }

    fn would_wait(&mut self) -> bool {
        !self.source.holds_next()
    }

    fn is_large(&self) -> bool {
        self.source.is_large()
    }
}
