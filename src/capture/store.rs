//! The files of a live capture: one, or one after the other.

use super::info::{self, Section};
use super::live::Statistics;
use super::output::Growing;
use super::ring::{FileLimits, Keeper};
use super::writer::{FileFormat, FileWriter, Writer};
use super::{CaptureError, Interface, record};
use crate::frame::{Frame, Timestamp};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The descriptions that each file has before its first frame.
pub struct Heading {
    /// The adapters.
    pub interfaces: Vec<Interface>,
    /// Names of addresses.
    pub names: Vec<(IpAddr, String)>,
}

/// The current file, and the means to get the next one.
pub struct Store {
    heading: Heading,
    file: FileWriter,
    /// The file's path.
    path: PathBuf,
    /// The process that makes the next file; `None` if there is only one file.
    keeper: Option<Keeper>,
    limits: FileLimits,
    /// Number of frames in the completed files.
    written: u64,
    /// Number of files that were begun.
    files: u64,
    /// When the file was begun.
    begun: (Instant, Timestamp),
    /// For each adapter, the number of its frames in the current file.
    delivered: Vec<u64>,
    /// The adapters' counts when the file was begun; `counted` are those at present.
    before: Vec<Statistics>,
    counted: Vec<Statistics>,
}

impl Store {
    /// One file; `-` is standard output. The capture ends when it is full.
    ///
    /// # Errors
    /// If the file exists (without `force`), or cannot be created or written.
    pub fn one(
        path: &Path,
        limits: FileLimits,
        force: bool,
        heading: Heading,
    ) -> Result<Store, CaptureError> {
        let file = FileWriter::create(path, force, &Section::of_this_machine())?;
        Store::with(file, path.to_owned(), None, limits, heading)
    }

    /// One file after the other, named after `pattern`.
    ///
    /// # Errors
    /// When the first file cannot be created or written.
    pub fn ring(
        pattern: &Path,
        limits: FileLimits,
        force: bool,
        heading: Heading,
    ) -> Result<Store, CaptureError> {
        let no_keeper =
            |error| CaptureError::Ring(format!("cannot start the process that makes the files: {error}"));
        let mut keeper = Keeper::start(pattern, limits.kept, force).map_err(no_keeper)?;
        let (file, path) = keeper.next_file()?;
        let file = writer(file, &path);
        Store::with(file, path, Some(keeper), limits, heading)
    }

    fn with(
        file: FileWriter,
        path: PathBuf,
        keeper: Option<Keeper>,
        limits: FileLimits,
        heading: Heading,
    ) -> Result<Store, CaptureError> {
        let adapters = heading.interfaces.len();
        let begun = (Instant::now(), record::now());
        let (delivered, before) = (vec![0; adapters], vec![Statistics::default(); adapters]);
        let counted = before.clone();
        let mut store = Store {
            heading,
            file,
            path,
            keeper,
            limits,
            written: 0,
            files: 1,
            begun,
            delivered,
            before,
            counted,
        };
        store.describe()?;
        Ok(store)
    }

    fn describe(&mut self) -> Result<(), CaptureError> {
        for interface in &self.heading.interfaces {
            self.file.interface(interface)?;
        }
        self.file.names(&self.heading.names)?;
        self.file.flush()
    }

    /// Writes a frame; to the next file if this one is full.
    ///
    /// # Errors
    /// When a file cannot be written, or the next one cannot be made.
    #[inline]
    pub fn frame(&mut self, frame: &Frame<'_>) -> Result<(), CaptureError> {
        if self.is_full() {
            self.turn()?;
        }
        if let Some(count) = self.delivered.get_mut(frame.interface as usize) {
            *count += 1;
        }
        self.file.frame(frame.interface, frame)
    }

    /// Whether the file has all the bytes or frames that it may have.
    fn is_full(&self) -> bool {
        self.limits.bytes.is_some_and(|most| self.file.size() >= most)
            || self.limits.frames.is_some_and(|most| self.delivered.iter().sum::<u64>() >= most)
    }

    /// Whether the file is the last one.
    fn is_last(&self) -> bool {
        self.keeper.is_none() || self.limits.total.is_some_and(|most| self.files >= most)
    }

    /// Whether no further frame is to be kept.
    pub fn is_complete(&self) -> bool {
        self.is_last() && (self.is_full() || self.is_over())
    }

    /// Whether any frame may be the last one.
    pub fn may_complete(&self) -> bool {
        let ends = self.keeper.is_none() || self.limits.total.is_some();
        ends && self.limits.bytes.or(self.limits.frames).is_some()
    }

    /// Whether the file has been open long enough.
    fn is_over(&self) -> bool {
        self.limits.time.is_some_and(|most| self.begun.0.elapsed() >= most)
    }

    /// Ends the file and begins the next one.
    #[cold]
    fn turn(&mut self) -> Result<(), CaptureError> {
        if self.keeper.is_none() {
            return Ok(());
        }
        // This file is completed first: with `kept` 1, it is removed before the next one is made.
        self.end()?;
        let Some((file, path)) = self.keeper.as_mut().map(Keeper::next_file).transpose()? else {
            return Ok(());
        };
        self.written += self.file.frames();
        (self.file, self.path) = (writer(file, &path), path);
        self.files += 1;
        self.begun = (Instant::now(), record::now());
        self.before.clone_from(&self.counted);
        self.delivered.fill(0);
        self.describe()
    }

    /// Flushes the file, and begins the next one if this one has been open long enough. `counted` are the adapters'
    /// present counts.
    ///
    /// # Errors
    /// When the file cannot be written, or was removed; when the next one cannot be made.
    pub fn flush(&mut self, counted: Vec<Statistics>) -> Result<(), CaptureError> {
        self.counted = counted;
        if self.is_over() && !self.is_last() { self.turn() } else { self.file.flush() }
    }

    /// Writes the adapters' counts, which completes the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn end(&mut self) -> Result<(), CaptureError> {
        for (index, counted) in self.for_file().iter().enumerate() {
            self.file.statistics(index as u32, counted)?;
        }
        self.file.flush()
    }

    /// The statistics for the file. Frames that the kernel dropped are also counted among those that the adapter
    /// dropped, because other programs write and read them there.
    fn for_file(&self) -> Vec<info::Statistics> {
        let now = record::now();
        let each = self.counted.iter().zip(&self.before).zip(&self.delivered);
        let counted = each.map(|((after, before), delivered)| {
            let dropped = after.dropped.saturating_sub(before.dropped);
            let by_adapter = after.dropped_by_adapter.saturating_sub(before.dropped_by_adapter);
            info::Statistics {
                time: Some(now),
                start: Some(self.begun.1),
                end: Some(now),
                received: Some(delivered + dropped),
                dropped: Some(dropped + by_adapter),
                accepted: Some(delivered + dropped),
                os_dropped: Some(dropped),
                delivered: Some(*delivered),
            }
        });
        counted.collect()
    }

    /// Number of frames in all files.
    pub fn frames(&self) -> u64 {
        self.written + self.file.frames()
    }

    /// Path of the latest file, and the number of files.
    pub fn files(&self) -> (&Path, u64) {
        (&self.path, self.files)
    }
}

fn writer(file: std::fs::File, path: &Path) -> FileWriter {
    let name = path.display().to_string();
    Writer::new(Box::new(Growing::new(file)), name, FileFormat::of(path), &Section::of_this_machine())
}
