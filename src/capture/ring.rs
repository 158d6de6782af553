//! Ring files: one file after the other, with a number and a time in its name; only the latest ones are kept.
//!
//! The process that captures has given up the right to make files when it needs the next one. So another process, the
//! keeper, makes and removes them. Where a process cannot give up rights, it makes them itself.

use super::error::CaptureError;
use super::output;
use jiff::Zoned;
use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use keeper::{Keeper, keep};

#[cfg(unix)]
#[path = "ring/unix.rs"]
mod keeper;

#[cfg(windows)]
#[path = "ring/windows.rs"]
mod keeper;

/// When a file is full, and how many files there are. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileLimits {
    /// Bytes of a file; the frame that exceeds the limit is its last.
    pub bytes: Option<u64>,
    /// Frames of a file.
    pub frames: Option<u64>,
    /// Time from a file's beginning to its end.
    pub time: Option<Duration>,
    /// Files that are kept; the oldest is removed when there would be one more.
    pub kept: Option<u32>,
    /// Files after which the capture ends.
    pub total: Option<u64>,
}

impl FileLimits {
    /// Whether a file ever becomes full.
    pub fn is_bounded(&self) -> bool {
        self.bytes.is_some() || self.frames.is_some() || self.time.is_some()
    }
}

/// The name of a file, with number and time before the ending, as in `lab_00001_20261129201500.pcapng`.
fn name(pattern: &Path, number: u64, time: &Zoned) -> PathBuf {
    let mut name = pattern.file_stem().unwrap_or_default().to_os_string();
    name.push(format!("_{number:05}_{}", time.strftime("%Y%m%d%H%M%S")));
    if let Some(ending) = pattern.extension() {
        name.push(".");
        name.push(ending);
    }
    pattern.with_file_name(name)
}

/// Makes one file after the other.
struct Ring {
    pattern: PathBuf,
    /// The most files that are kept; `None` keeps all.
    most: Option<u32>,
    /// Whether files that are there already are overwritten.
    force: bool,
    kept: VecDeque<PathBuf>,
    number: u64,
}

impl Ring {
    fn new(pattern: &Path, most: Option<u32>, force: bool) -> Ring {
        Ring { pattern: pattern.to_owned(), most, force, kept: VecDeque::new(), number: 0 }
    }

    /// The next file, and its path.
    fn next_file(&mut self) -> Result<(File, PathBuf), CaptureError> {
        self.number += 1;
        // The oldest file is removed before the next one is made, so that there are never more than `most`.
        while self.most.is_some_and(|most| self.kept.len() >= most as usize) {
            // Removing fails if the user has moved the file away, which is fine.
            let _ = self.kept.pop_front().map(std::fs::remove_file);
        }
        let path = name(&self.pattern, self.number, &Zoned::now());
        let file = output::create(&path, self.force)?;
        self.kept.push_back(path.clone());
        Ok((file, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_time_stand_before_the_ending() {
        let time: Zoned = "2026-11-29T20:15:00[UTC]".parse().expect("a time");
        let of = |pattern| name(Path::new(pattern), 7, &time).display().to_string();
        assert_eq!(of("folder/lab.pcapng"), "folder/lab_00007_20261129201500.pcapng");
        assert_eq!(of("a.b.pcap"), "a.b_00007_20261129201500.pcap");
        assert_eq!(of("lab"), "lab_00007_20261129201500");
        assert_eq!(name(Path::new("x.pcap"), 123_456, &time).as_os_str(), "x_123456_20261129201500.pcap");
    }
}
